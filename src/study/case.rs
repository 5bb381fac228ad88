//! One case: build or read the volume, solve along each axis, measure what is asked for. What comes out is a record
//! without times, so that the same case gives the same bytes whenever and wherever it runs on the host.

use crate::{
    Result,
    io::Reading,
    microstructure::{
        Axis, Volume,
        measure::triple_line::{Roles, Separator, active_boundary},
    },
    physics::conduction::Effective,
    scenario::{Scenario, sweep::Collected},
    solve::Observer,
};
use serde_json::{Map, Value, json};

/// Runs a case.
///
/// # Errors
/// What reading, building, solving or measuring refuses.
pub fn run(
    scenario: &Scenario,
    collected: &[Collected],
    observer: &mut dyn Observer,
) -> Result<Value> {
    let (reading, notes) = scenario.volume.volume()?;
    let volume = &reading.volume;
    tracing::info!(shape = ?volume.shape(), sha256 = %reading.sha256, "volume: {}", reading.file_type);
    for note in &notes {
        tracing::warn!("{note}");
    }
    let mut results = Vec::new();
    for effective in effective(scenario, volume, observer)? {
        tracing::info!(
            axis = effective.axis.name(),
            iterations = effective.iterations,
            seconds = effective.seconds,
            "effective conductivity {} +- {}",
            effective.effective_conductivity,
            effective.error_bound
        );
        results.push(numbers(&effective, volume));
    }
    let mut record = describe(scenario, &reading);
    record.insert("results".to_owned(), results.into());
    record.insert(
        "slice".to_owned(),
        slice(volume, scenario.transport.axes[0]).into(),
    );
    record.insert("warnings".to_owned(), json!(notes));
    let pores = pores(scenario, volume);
    let share = |of: fn(&Volume, &[bool]) -> f64| pores.as_deref().map(|pores| of(volume, pores));
    record.insert("porosity".to_owned(), json!(share(porosity)));
    record.insert(
        "surface_porosity".to_owned(),
        json!(share(surface_porosity)),
    );
    if collected.iter().any(|result| result.is_measured()) {
        record.extend(triple_lines(scenario, volume)?);
    }
    Ok(record.into())
}

/// What is effective along each axis; in a cell, what its tensor says of it.
fn effective(
    scenario: &Scenario,
    volume: &Volume,
    observer: &mut dyn Observer,
) -> Result<Vec<Effective>> {
    let grains = scenario.particle_ids(volume)?;
    let problem = scenario.problem_with(volume, grains.as_ref())?;
    let (tolerance, backend) = (scenario.tolerance(), &scenario.execution.backend);
    let axes = scenario.transport.axes.iter();
    if scenario.transport.boundary.is_cell() {
        let tensor = problem.tensor(tolerance, backend, observer)?.tensor;
        return Ok(axes.map(|axis| tensor.axes[axis.index()].clone()).collect());
    }
    axes.map(|&axis| Ok(problem.solve(axis, tolerance, backend, observer)?.effective))
        .collect()
}

/// Which volume, and what its phases are.
fn describe(scenario: &Scenario, reading: &Reading) -> Map<String, Value> {
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
        })
    });
    let entries = [
        ("phases", phases.collect::<Vec<_>>().into()),
        (
            "units",
            json!(if scenario.has_units() {
                "S/m"
            } else {
                "relative"
            }),
        ),
        ("rtol", json!(scenario.transport.relative_error)),
        (
            "input",
            json!({
                "file_type": reading.file_type,
                "checksum": format!("sha256:{}", reading.sha256),
                "shape": volume.shape(),
                "voxel_size_m": volume.spacing(),
            }),
        ),
    ];
    entries
        .map(|(key, value)| (key.to_owned(), value))
        .into_iter()
        .collect()
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

/// The numbers of an axis. Area-specific resistance is length over conductivity, in voxels where no size is known.
fn numbers(effective: &Effective, volume: &Volume) -> Value {
    let axis = effective.axis.index();
    let length = volume.shape()[axis] as f64 * volume.spacing().map_or(1.0, |size| size[axis]);
    json!({
        "axis": effective.axis.name(),
        "effective_conductivity": number(effective.effective_conductivity),
        "error_bound": number(effective.error_bound),
        "relative_conductivity": number(effective.relative_conductivity),
        "tortuosity_factor": number(effective.tortuosity_factor),
        "macmullin_number": number(effective.macmullin_number),
        "area_resistance": number(length / effective.effective_conductivity),
        "conducting_fraction": effective.conducting_fraction,
        "percolating_fraction": effective.percolating_fraction,
        "iterations": effective.iterations,
        "adapter": effective.adapter,
    })
}

/// A number, or "inf", which JSON has no number for.
fn number(value: f64) -> Value {
    if value.is_infinite() {
        "inf".into()
    } else {
        value.into()
    }
}

/// Length per volume of the triple-phase boundary, smoothed; the separator lies before the first layer.
fn triple_lines(scenario: &Scenario, volume: &Volume) -> Result<Map<String, Value>> {
    let of = |name: &str| -> Vec<i64> {
        let named = |label: &&i64| {
            let phase = scenario.phase_of(**label);
            phase.is_some_and(|phase| phase.name.as_deref() == Some(name))
        };
        volume.labels().iter().filter(named).copied().collect()
    };
    let roles = Roles {
        active: of("active"),
        electrolyte: of("electrolyte"),
        carbon: of("carbon"),
    };
    let axis = scenario.transport.axes[0];
    let boundary = active_boundary(volume, &roles, axis, Separator::First)?;
    let voxel: f64 = volume.spacing().map_or(1.0, |size| size.iter().product());
    let size = volume.shape().iter().product::<usize>() as f64 * voxel;
    let per_volume = |length: f64| Value::from(length / size);
    let entries = [
        (
            Collected::TriplePhaseBoundary,
            per_volume(boundary.total.smoothed),
        ),
        (
            Collected::ActiveTriplePhaseBoundary,
            per_volume(boundary.active.smoothed),
        ),
    ];
    Ok(entries
        .into_iter()
        .map(|(result, value)| (result.word().to_owned(), value))
        .collect())
}

/// Whether each code of the volume is a pore, by the name of its phase; none where no phase is called so.
pub fn pores(scenario: &Scenario, volume: &Volume) -> Option<Vec<bool>> {
    let called = |label: &i64| {
        let name = scenario.phase_of(*label)?.name.as_deref()?;
        Some(["pore", "pores", "void", "voids"].contains(&name))
    };
    let called = volume
        .labels()
        .iter()
        .map(|label| called(label) == Some(true));
    let pores: Vec<bool> = called.collect();
    pores.contains(&true).then_some(pores)
}

/// Fraction of the voxels that are pores.
pub fn porosity(volume: &Volume, pores: &[bool]) -> f64 {
    share(volume.codes(), pores)
}

/// Part of the six faces of the volume that is pore: what a picture of a cut and polished surface would count.
pub fn surface_porosity(volume: &Volume, pores: &[bool]) -> f64 {
    let codes = volume.codes();
    let faces = (0..3).flat_map(|axis| {
        let last = codes.len_of(ndarray::Axis(axis)) - 1;
        [0, last].map(|place| codes.index_axis(ndarray::Axis(axis), place))
    });
    share(
        faces.flat_map(|face| face.iter().copied().collect::<Vec<u8>>()),
        pores,
    )
}

fn share<C: std::borrow::Borrow<u8>>(codes: impl IntoIterator<Item = C>, pores: &[bool]) -> f64 {
    let (mut inside, mut all) = (0.0, 0.0);
    for code in codes {
        all += 1.0;
        inside += f64::from(u8::from(pores[usize::from(*code.borrow())]));
    }
    inside / f64::max(all, 1.0)
}
