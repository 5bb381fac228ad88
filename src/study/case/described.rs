//! Which volume a record is of: its phases, where their numbers come from, and a slice to look at.

use super::object;
use crate::{
    io::Reading,
    microstructure::{Axis, Volume},
    scenario::Scenario,
};
use serde_json::{Map, Value, json};

/// Which volume, and what its phases are.
pub(super) fn describe(scenario: &Scenario, reading: &Reading) -> Map<String, Value> {
    let volume = &reading.volume;
    let counts = volume.counts();
    let total = counts.iter().sum::<usize>().max(1) as f64;
    let phases = volume.labels().iter().zip(&counts).map(|(&label, &count)| {
        let phase = scenario.phase_of(label);
        json!({
            "label": label,
            "name": phase.and_then(|phase| phase.name.clone()),
            "fraction": count as f64 / total,
            "conductivity": phase.map(|phase| phase.conductivity.value),
            "material": phase.and_then(|phase| phase.material.as_ref().map(|used| used.material)),
            "origin": phase.and_then(|phase| phase.origin()),
            "carriers": scenario.carriers_of(label),
        })
    });
    let units = if scenario.has_units() {
        "S/m"
    } else {
        "relative"
    };
    object([
        ("phases", phases.collect()),
        ("units", units.into()),
        ("rtol", scenario.transport.relative_error.into()),
        ("slice", slice(volume, scenario.transport.axes[0]).into()),
        (
            "input",
            json!({
                "file_type": reading.file_type,
                "checksum": format!("sha256:{}", reading.sha256),
                "shape": volume.shape(),
                "voxel_size_m": volume.spacing(),
                "voxel_size_stated_in": reading.voxel_size.as_ref().map(|size| &size.stated_in),
                "notes": reading.notes,
            }),
        ),
    ])
}

/// The most rows and columns of a slice.
const SLICE: usize = 96;

/// The codes of a plane through the middle that holds the transport axis, the other direction across: rows of digits and
/// letters, every n-th voxel of large volumes.
fn slice(volume: &Volume, axis: Axis) -> Vec<String> {
    let normal = if axis == Axis::Y { 2 } else { 1 };
    let codes = volume.codes();
    let plane = codes.index_axis(
        ndarray::Axis(normal),
        codes.len_of(ndarray::Axis(normal)) / 2,
    );
    let step = plane.nrows().max(plane.ncols()).div_ceil(SLICE).max(1);
    let letter = |code: &u8| char::from_digit(u32::from(*code), 36).unwrap_or('.');
    let row = |row: ndarray::ArrayView1<'_, u8>| row.iter().step_by(step).map(letter).collect();
    plane.rows().into_iter().step_by(step).map(row).collect()
}
