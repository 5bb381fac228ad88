//! The cell of `[cell]` with the volume as its membrane: resistance, energy per mass, and the loading that its target needs.

use super::{number, object};
use crate::{
    microstructure::Volume,
    physics::{conduction::Effective, energy_density::Membrane},
    scenario::{CellPlan, Scenario},
};
use serde_json::{Map, Value, json};

/// In kg/m2.
const MILLIGRAM_PER_SQUARE_CENTIMETRE: f64 = 1e-2;

/// Numbers with their bounds, which follow from that of the conductivity; none without `[cell]`.
pub(super) fn numbers(
    scenario: &Scenario,
    volume: &Volume,
    effective: &Effective,
) -> Map<String, Value> {
    let conductivity = effective.effective_conductivity;
    let (Some(plan), Some(membrane)) = (&scenario.cell, scenario.membrane(volume, conductivity))
    else {
        return Map::new();
    };
    let CellPlan { design, target, .. } = plan;
    // Everything is monotonous in the resistance, so the ends of its interval bound it.
    let [low, high] = [1.0, -1.0].map(|side| {
        let least = (conductivity + side * effective.error_bound).max(0.0);
        scenario.membrane(volume, least).unwrap_or(membrane)
    });
    let bounded = |of: &dyn Fn(Membrane) -> f64| {
        let value = of(membrane);
        let bound = (of(low) - value).abs().max((of(high) - value).abs());
        [value, if bound.is_nan() { 0.0 } else { bound }].map(number)
    };
    let needed = |membrane| {
        let loading = target.and_then(|target| design.loading_for(target, membrane));
        loading.map_or(f64::INFINITY, |loading| {
            loading / MILLIGRAM_PER_SQUARE_CENTIMETRE
        })
    };
    let [resistance, resistance_bound] = bounded(&|membrane| membrane.resistance);
    let [energy, energy_bound] = bounded(&|membrane| design.energy_density(membrane));
    let [loading, loading_bound] = match target {
        Some(_) => bounded(&needed),
        None => [Value::Null, Value::Null],
    };
    object([
        ("membrane_resistance", resistance),
        ("membrane_resistance_bound", resistance_bound),
        ("energy_density", energy),
        ("energy_density_bound", energy_bound),
        ("loading_needed", loading),
        ("loading_needed_bound", loading_bound),
        ("cell_sources", json!(plan.sources)),
    ])
}
