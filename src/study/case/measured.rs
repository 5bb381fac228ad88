//! What is measured on the volume of a case: pores, and the lines where three phases meet.

use super::object;
use crate::{
    Result,
    microstructure::{
        Volume,
        measure::triple_line::{Roles, Separator, active_boundary},
    },
    scenario::{Scenario, sweep::Collected},
};
use serde_json::{Map, Value, json};

/// Fractions of pores; nothing where no phase is one.
pub(super) fn porosities(scenario: &Scenario, volume: &Volume) -> Map<String, Value> {
    let pores = pores(scenario, volume);
    let share =
        |of: fn(&Volume, &[bool]) -> f64| json!(pores.as_deref().map(|own| of(volume, own)));
    object([
        ("porosity", share(porosity)),
        ("surface_porosity", share(surface_porosity)),
    ])
}

/// Length per volume of the triple-phase boundary, smoothed; the separator lies before the first layer.
pub(super) fn triple_lines(scenario: &Scenario, volume: &Volume) -> Result<Map<String, Value>> {
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
    let lengths = [
        (Collected::TriplePhaseBoundary, boundary.total),
        (Collected::ActiveTriplePhaseBoundary, boundary.active),
    ];
    Ok(object(lengths.map(|(result, length)| {
        (result.word(), Value::from(length.smoothed / size))
    })))
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
