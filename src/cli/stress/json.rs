//! Stress as one JSON object: Pa, J/m3, strains without unit; tensors in the order xx yy zz yz xz xy.

use super::{
    super::{
        json::{Input, backend},
        stdout,
    },
    Answer, State,
    question::{Phase, Question},
    transport::Carried,
};
use anyhow::Result;
use serde_json::{Value, json};
use voxion::{
    physics::{
        elasticity::{
            Distribution, Held, Hold, InterfaceTraction, PERCENTS, PhaseStress, Solid, Stiffness,
        },
        opened::Remaining,
        swelling::Swelling,
    },
    scenario::words,
};

/// The object that `--json` prints, with a line end.
pub(super) fn answer(answer: &Answer<'_>) -> Result<String> {
    stdout::json(&json!({
        "voxion": env!("CARGO_PKG_VERSION"),
        "backend": if answer.adapter().is_some() { "device" } else { "host" },
        "adapter": answer.adapter(),
        "results": answer.states.iter().map(|state| result(answer, state)).collect::<Vec<_>>(),
        "units": "Pa",
        "tolerance": answer.question.tolerance.relative_error,
        "input": serde_json::to_value(Input::of(answer.reading))?,
        "parameters": parameters(answer.question),
        "warnings": answer.warnings.iter().map(ToString::to_string).collect::<Vec<_>>(),
    }))
}

fn result(answer: &Answer<'_>, state: &State) -> Value {
    let deformed = &state.deformed;
    let question = answer.question;
    let mut result = json!({
        "converted": state.converted,
        "mean_stress": deformed.mean_stress,
        "mean_stress_bound": deformed.mean_stress_bound,
        "mean_strain": deformed.mean_strain,
        "mean_strain_bound": deformed.mean_strain_bound,
        "bounds_are_proven": deformed.proven,
        "converged": state.shortfall.is_none(),
        "effective_eigenstrain": state.effective_eigenstrain,
        "largest_strain": state.largest_strain,
        "small_strain_holds": state.small_strain,
        "phases": state.phases.iter().map(|stress| phase(stress, question)).collect::<Vec<_>>(),
        "interfaces": state.interfaces.iter().map(|pair| interface(pair, state)).collect::<Vec<_>>(),
        "increments": deformed.increments,
        "opened": state.opened.iter().map(|(labels, faces)| json!({ "labels": labels, "faces": faces })).collect::<Vec<_>>(),
        "transport": state.carried.iter().map(carried).collect::<Vec<_>>(),
        "iterations": deformed.iterations,
        "seconds": deformed.seconds,
        "read_seconds": answer.read_seconds,
    });
    if let (Some(stiffness), Some(fields)) = (&answer.stiffness, result.as_object_mut()) {
        fields.extend(moduli(stiffness));
        let converged = answer.stiffness_shortfall.is_none();
        fields.insert("stiffness_converged".to_owned(), converged.into());
    }
    result
}

fn moduli(stiffness: &Stiffness) -> [(String, Value); 7] {
    let fit = stiffness.isotropic_fit();
    let fit = json!({
        "bulk_modulus": fit.bulk,
        "shear_modulus": fit.shear,
        "youngs_modulus": fit.young,
        "poisson_ratio": fit.poisson,
    });
    [
        ("stiffness", json!(stiffness.matrix)),
        ("stiffness_bound", json!(stiffness.bound)),
        ("isotropic_fit", fit),
        ("anisotropy_index", json!(stiffness.anisotropy_index())),
        ("youngs_modulus_xyz", json!(stiffness.young_along())),
        ("stiffness_iterations", json!(stiffness.iterations)),
        ("stiffness_seconds", json!(stiffness.seconds)),
    ]
    .map(|(key, value)| (key.to_owned(), value))
}

fn phase(stress: &PhaseStress, question: &Question) -> Value {
    json!({
        "label": stress.label,
        "name": question.phase_of(stress.label).map(|phase| &phase.name),
        "voxels": stress.voxels,
        "mean_stress": stress.mean,
        "hydrostatic": distribution(&stress.hydrostatic),
        "von_mises": distribution(&stress.von_mises),
        "largest_principal": distribution(&stress.largest_principal),
        "energy_density": distribution(&stress.energy),
        "plastic_strain": distribution(&stress.plastic_strain),
        "mean_plastic_work": stress.plastic_work,
    })
}

fn interface(pair: &InterfaceTraction, state: &State) -> Value {
    let opened = state
        .opened
        .iter()
        .find(|(labels, _)| *labels == pair.labels);
    json!({
        "labels": pair.labels,
        "faces": pair.faces,
        "normal_traction": distribution(&pair.traction),
        "opened_faces": opened.map_or(0, |(_, count)| *count),
    })
}

fn carried(carried: &Carried) -> Value {
    let side = |remaining: &Remaining| {
        json!({
            "effective_conductivity": remaining.effective_conductivity,
            "error_bound": remaining.error_bound,
            "percolating_fraction": remaining.percolating_fraction,
        })
    };
    json!({
        "axis": carried.axis.name(),
        "before": side(&carried.before),
        "after": side(&carried.after),
    })
}

fn distribution(distribution: &Distribution) -> Value {
    json!({
        "mean": distribution.mean,
        "percents": PERCENTS,
        "percentiles": distribution.percentiles,
        "histogram": distribution.histogram,
    })
}

/// Every parameter: with the input, all that is needed to repeat the run.
pub(super) fn parameters(question: &Question) -> Value {
    json!({
        "phases": question.phases.iter().map(described).collect::<Vec<_>>(),
        "hold": hold(&question.hold),
        "converted": question.converted,
        "fractions": question.fractions.as_ref().map(ToString::to_string),
        "stiffness": question.stiffness,
        "bond_strength_pa": question.bond,
        "strength_pa": question.strength,
        "rtol": question.tolerance.relative_error,
        "max_iterations": question.tolerance.max_iterations,
        "backend": backend(&question.execution.backend),
        "threads": question.execution.threads,
    })
}

fn described(phase: &Phase) -> Value {
    let (young, poisson) = match phase.solid {
        Solid::Void => (None, None),
        Solid::Isotropic { young, poisson } => (Some(young), Some(poisson)),
    };
    json!({
        "name": phase.name,
        "labels": phase.labels,
        "origin": phase.origin,
        "void": phase.solid == Solid::Void,
        "youngs_modulus_pa": young,
        "poisson_ratio": poisson,
        "yield_stress_pa": phase.limit.map(|limit| limit.stress),
        "hardening_pa": phase.limit.map(|limit| limit.hardening),
        "eigenstrain_xyz": phase.swelling.eigenstrain(1.0),
        "conversion": match phase.swelling {
            Swelling::Strain(_) => None,
            Swelling::Reaction(conversion) => words::CONVERSIONS.word(conversion),
        },
    })
}

fn hold(hold: &Hold) -> Vec<Value> {
    let component = |held: &Held| match held {
        Held::Strain(strain) => json!({ "strain": strain }),
        Held::Stress(stress) => json!({ "stress_pa": stress }),
    };
    hold.0.iter().map(component).collect()
}
