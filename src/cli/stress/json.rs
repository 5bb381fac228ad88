//! Stress as one JSON object: Pa, J/m3, strains without unit; tensors in the order xx yy zz yz xz xy.

use super::{super::{json::Input, stdout}, Answer, Phase};
use anyhow::Result;
use serde_json::{Value, json};
use voxion::physics::elasticity::{Distribution, Held, Hold, InterfaceTraction, PERCENTS, PhaseStress, Solid, Stiffness};

/// The object that `--json` prints, with a line end.
pub(super) fn answer(answer: &Answer<'_>) -> Result<String> {
    let question = answer.question;
    stdout::json(&json!({
        "voxion": env!("CARGO_PKG_VERSION"),
        "backend": "host",
        "results": [result(answer)],
        "units": "Pa",
        "tolerance": question.relative_error,
        "input": serde_json::to_value(Input::of(answer.reading))?,
        "parameters": parameters(answer),
        "warnings": answer.warnings.iter().map(ToString::to_string).collect::<Vec<_>>(),
    }))
}

fn result(answer: &Answer<'_>) -> Value {
    let deformed = &answer.deformed;
    let iterations = deformed.iterations + answer.stiffness.as_ref().map_or(0, |s| s.iterations);
    let seconds = deformed.seconds + answer.stiffness.as_ref().map_or(0.0, |s| s.seconds);
    let mut result = json!({
        "mean_stress": deformed.mean_stress,
        "mean_stress_bound": deformed.mean_stress_bound,
        "mean_strain": deformed.mean_strain,
        "mean_strain_bound": deformed.mean_strain_bound,
        "bounds_are_proven": deformed.proven,
        "effective_eigenstrain": answer.effective_eigenstrain,
        "largest_strain": answer.largest_strain,
        "small_strain_holds": answer.small_strain,
        "phases": answer.phases.iter().map(|phase| self::phase(phase, answer)).collect::<Vec<_>>(),
        "interfaces": answer.interfaces.iter().map(|pair| interface(pair, answer)).collect::<Vec<_>>(),
        "iterations": iterations,
        "seconds": seconds,
        "read_seconds": answer.read_seconds,
    });
    if let (Some(stiffness), Some(fields)) = (&answer.stiffness, result.as_object_mut()) {
        fields.extend(moduli(stiffness));
    }
    result
}

fn moduli(stiffness: &Stiffness) -> [(String, Value); 5] {
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
    ]
    .map(|(key, value)| (key.to_owned(), value))
}

fn phase(stress: &PhaseStress, answer: &Answer<'_>) -> Value {
    json!({
        "label": stress.label,
        "name": answer.question.phases.iter().find(|phase| phase.label == stress.label).map(|phase| &phase.name),
        "voxels": stress.voxels,
        "mean_stress": stress.mean,
        "hydrostatic": distribution(&stress.hydrostatic),
        "von_mises": distribution(&stress.von_mises),
        "largest_principal": distribution(&stress.largest_principal),
        "energy_density": distribution(&stress.energy),
    })
}

fn interface(pair: &InterfaceTraction, answer: &Answer<'_>) -> Value {
    let opened = answer.opened.iter().find(|(labels, _)| *labels == pair.labels);
    json!({
        "labels": pair.labels,
        "faces": pair.faces,
        "normal_traction": distribution(&pair.traction),
        "opened_faces": opened.map(|(_, count)| count),
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
pub(super) fn parameters(answer: &Answer<'_>) -> Value {
    let question = answer.question;
    json!({
        "phases": question.phases.iter().map(described).collect::<Vec<_>>(),
        "hold": hold(&question.hold),
        "stiffness": question.stiffness,
        "bond_strength_pa": question.bond,
        "rtol": question.relative_error,
        "threads": question.threads,
    })
}

fn described(phase: &Phase) -> Value {
    let (young, poisson) = match phase.solid {
        Solid::Void => (None, None),
        Solid::Isotropic { young, poisson } => (Some(young), Some(poisson)),
    };
    json!({
        "name": phase.name,
        "label": phase.label,
        "void": phase.solid == Solid::Void,
        "youngs_modulus_pa": young,
        "poisson_ratio": poisson,
        "eigenstrain_xyz": phase.eigenstrain,
    })
}

fn hold(hold: &Hold) -> Vec<Value> {
    let component = |held: &Held| match held {
        Held::Strain(strain) => json!({ "strain": strain }),
        Held::Stress(stress) => json!({ "stress_pa": stress }),
    };
    hold.0.iter().map(component).collect()
}
