//! An electrode as JSON: its numbers, and what a scenario says of it.

use serde_json::{Value, json};
use voxion::{
    physics::carriers::{Dead, Drive, Homogenised, Operation, Parts, Profile},
    scenario::{ElectrodePlan, Scenario, SitePlan, words},
};

/// The numbers of an electrode, in SI units; infinity is the string "inf".
pub(crate) fn document(operation: &Operation) -> Value {
    let mut document = json!({
        "overpotential_V": operation.overpotential,
        "current_density_A_m2": operation.current_density,
        "relative_error": operation.error,
        "charge_imbalance": operation.charge_imbalance,
        "energy_imbalance": operation.energy_imbalance,
        "active_sites": number(operation.active_sites),
        "utilisation": operation.dead.as_ref().map(Dead::alive),
        "reached_sites": number(operation.reached),
        "penetration_depth_m": operation.penetration.map(|found| found.depth),
        "penetration_from": operation.penetration.map(|found| {
            if found.from_separator { "separator" } else { "collector" }
        }),
        "dead": operation.dead.as_ref().map(dead),
        "homogenised": homogenised(&operation.homogenised),
        "profile": profile(&operation.profile),
        "newton_steps": operation.steps,
        "iterations": operation.iterations,
        "seconds": operation.seconds,
        "adapter": operation.adapter,
    });
    for (key, resistance) in resistances(&operation.parts) {
        document[key] = number(resistance);
    }
    document
}

fn resistances(parts: &Parts) -> [(&'static str, f64); 5] {
    [
        ("resistance_ohm_m2", parts.total()),
        ("ionic_ohm_m2", parts.ionic),
        ("electronic_ohm_m2", parts.electronic),
        ("contact_ohm_m2", parts.contact),
        ("kinetic_ohm_m2", parts.kinetic),
    ]
}

fn dead(dead: &Dead) -> Value {
    json!({
        "alive": dead.alive(),
        "for_want_of_ions": dead.ions,
        "for_want_of_electrons": dead.electrons,
        "for_want_of_both": dead.both,
    })
}

fn homogenised(homogenised: &Homogenised) -> Value {
    json!({
        "resistance_ohm_m2": number(homogenised.resistance),
        "ionic_conductivity_S_m": homogenised.conductivity[0],
        "electronic_conductivity_S_m": homogenised.conductivity[1],
        "transfer_conductance_S_m3": homogenised.transfer,
    })
}

fn profile(profile: &Profile) -> Value {
    let list = |values: &[f64]| values.iter().copied().map(number).collect::<Vec<_>>();
    json!({
        "distance_from_separator_m": list(&profile.distance),
        "ionic_potential_V": list(&profile.ionic),
        "electronic_potential_V": list(&profile.electronic),
        "reaction_current_A_m3": list(&profile.reaction),
    })
}

/// What a scenario says of its electrode.
pub(crate) fn plan(scenario: &Scenario) -> Option<Value> {
    let plan = scenario.electrode.as_ref()?;
    let title = |&place: &usize| scenario.phases[place].title();
    let by_phase = |values: &[f64]| -> Value {
        let entries = values.iter().enumerate();
        Value::Object(
            entries
                .map(|(place, &sigma)| (title(&place), sigma.into()))
                .collect(),
        )
    };
    Some(json!({
        "separator": words::ELECTRODE_ENDS.word(plan.separator),
        "ionic_conductivity_S_m": by_phase(&plan.conductivity[0]),
        "electronic_conductivity_S_m": by_phase(&plan.conductivity[1]),
        "kinetics": words::KINETICS.word(plan.kinetics.law),
        "transfer_coefficients": plan.kinetics.transfer,
        "temperature_K": plan.kinetics.temperature,
        "drive": drive(plan),
        "active": plan.active.iter().map(title).collect::<Vec<_>>(),
        "reach_m": plan.reach,
        "sites": plan.sites.iter().map(|plan| site(scenario, plan)).collect::<Vec<_>>(),
    }))
}

fn drive(plan: &ElectrodePlan) -> Value {
    match plan.drive {
        Drive::Overpotential(value) => json!({ "overpotential_V": value }),
        Drive::Voltage(value) => json!({ "voltage_V": value }),
        Drive::CurrentDensity(value) => json!({ "current_density_A_m2": value }),
    }
}

fn site(scenario: &Scenario, site: &SitePlan) -> Value {
    let titles = |role: usize| -> Vec<String> {
        let places = site.roles[role].iter();
        places
            .map(|&place| scenario.phases[place].title())
            .collect()
    };
    json!({
        "kind": format!("{:?}", site.kind).to_lowercase(),
        "ions": titles(0),
        "electrons": titles(1),
        "active": titles(2),
        "exchange_current_A_per_m2_m3_or_m": site.exchange,
        "film_resistance_ohm_m2": site.film,
        "equilibrium_potential_V": site.equilibrium,
        "capacitance_F_m2": site.capacitance,
    })
}

/// A number, or "inf", or null where there is none.
fn number(value: f64) -> Value {
    match value {
        value if value.is_infinite() => "inf".into(),
        value if value.is_nan() => Value::Null,
        value => value.into(),
    }
}
