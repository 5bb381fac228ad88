//! The stress of `[stress]`, in numbers: means over the volume with their bounds, and how it is distributed over each solid phase.

use super::{number, object};
use crate::{
    Result,
    microstructure::Volume,
    physics::elasticity::{Distribution, LARGE_EIGENSTRAIN, PERCENTS, PhaseStress},
    scenario::{Scenario, sweep::Collected, words::COMPONENTS},
    solve::Observer,
};
use serde_json::{Map, Value};

/// What of the stress is asked for.
pub(super) fn results(
    scenario: &Scenario,
    volume: &Volume,
    collected: &[Collected],
    observer: &mut dyn Observer,
) -> Result<Map<String, Value>> {
    let Some(mechanics) = &scenario.stress else {
        return Ok(Map::new());
    };
    let converted = mechanics.converted.first().copied().unwrap_or(1.0);
    let problem = scenario.elasticity(volume, converted)?;
    let strain = problem.largest_eigenstrain();
    if strain > LARGE_EIGENSTRAIN {
        observer.notice(&format!(
            "an eigenstrain of {strain:.3} is beyond small-strain theory; take the stresses as a trend, not as values"
        ));
    }
    let tolerance = mechanics.tolerance;
    let mut results = Map::new();
    if collected.contains(&Collected::YoungsModulus) {
        let stiffness = problem.stiffness(tolerance, observer)?;
        results.extend(object([
            ("youngs_modulus", number(stiffness.isotropic_fit().young)),
            ("youngs_modulus_bound", number(stiffness.young_bound())),
        ]));
    }
    if collected.iter().any(|result| result.is_of_a_state()) {
        let state = problem.deform(mechanics.hold, tolerance, observer)?;
        let phases = state.phases(volume);
        let of_phases = |of: fn(&PhaseStress) -> f64| -> Value {
            let named = phases
                .iter()
                .map(|phase| (title(scenario, phase.label), number(of(phase))));
            Value::Object(named.collect())
        };
        results.extend(object([
            ("mean_stress", by_component(state.mean_stress)),
            ("mean_stress_bound", by_component(state.mean_stress_bound)),
            ("mean_strain", by_component(state.mean_strain)),
            ("mean_strain_bound", by_component(state.mean_strain_bound)),
            ("von_mises", of_phases(|phase| phase.von_mises.mean)),
            ("von_mises_95", of_phases(|phase| upper(&phase.von_mises))),
            (
                "hydrostatic_stress",
                of_phases(|phase| phase.hydrostatic.mean),
            ),
            (
                "principal_stress_95",
                of_phases(|phase| upper(&phase.largest_principal)),
            ),
            ("bounds_are_proven", state.proven.into()),
        ]));
    }
    Ok(results)
}

fn by_component(values: [f64; 6]) -> Value {
    let named = COMPONENTS.iter().zip(values);
    Value::Object(
        named
            .map(|(name, value)| ((*name).to_owned(), number(value)))
            .collect(),
    )
}

/// What 5 % of the voxels exceed.
fn upper(distribution: &Distribution) -> f64 {
    let place = PERCENTS.iter().position(|&percent| percent == 95);
    place.map_or(f64::NAN, |place| distribution.percentiles[place])
}

fn title(scenario: &Scenario, label: i64) -> String {
    let phase = scenario.phase_of(label);
    phase.map_or(format!("label {label}"), crate::scenario::Phase::title)
}
