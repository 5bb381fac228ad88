//! The electrode of `[reaction]` at work, in numbers.

use super::{number, object};
use crate::{Result, microstructure::Volume, scenario::Scenario, solve::Observer};
use serde_json::{Map, Value, json};

/// Every number of the electrode; the bound is that of the power, an estimate where the kinetics are not linear.
pub(super) fn results(
    scenario: &Scenario,
    volume: &Volume,
    observer: &mut dyn Observer,
) -> Result<Map<String, Value>> {
    let Some(worked) = scenario.work(volume, observer)? else {
        return Ok(Map::new());
    };
    let found = worked.operation;
    let (whole, parts) = (found.parts.total(), found.parts);
    let bound = |value: f64| match value.is_finite() {
        true => number((found.error * value).abs()),
        false => 0.0.into(),
    };
    Ok(object([
        ("current_density", number(found.current_density)),
        ("current_density_bound", bound(found.current_density)),
        ("overpotential", number(found.overpotential)),
        ("electrode_resistance", number(whole)),
        ("electrode_resistance_bound", bound(whole)),
        ("ionic_resistance", number(parts.ionic)),
        ("electronic_resistance", number(parts.electronic)),
        ("contact_resistance", number(parts.contact)),
        ("kinetic_resistance", number(parts.kinetic)),
        ("active_sites", number(found.active_sites)),
        ("reached_sites", number(found.reached)),
        ("utilisation", json!(found.dead.map(|dead| dead.alive()))),
        (
            "penetration_depth",
            json!(found.penetration.map(|found| found.depth)),
        ),
    ]))
}
