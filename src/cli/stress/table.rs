//! Stress as tables, for people.

use super::{
    super::{
        numbers::grouped,
        table::{fraction, heading, plain_table},
    },
    Answer, State,
    transport::Carried,
};
use comfy_table::Table;
use voxion::{
    physics::elasticity::{Deformed, Distribution, PhaseStress, Solid, Stiffness},
    report::numbers::{brief, plain, with_bound},
    scenario::words::COMPONENTS,
};

/// What `voxion stress` prints.
pub(super) fn answer(answer: &Answer<'_>) -> String {
    let mut parts = vec![
        heading(answer.reading),
        phases(answer).to_string() + &origins(answer),
    ];
    let several = answer.states.len() > 1;
    // A stiffness may be all that is asked for.
    let told = |state: &&State| answer.stiffness.is_none() || state.largest_strain != 0.0;
    for state in answer.states.iter().filter(told) {
        if several {
            parts.push(format!("{} % converted", plain(100.0 * state.converted)));
        }
        parts.push(eigenstrains(answer, state) + &means(state).to_string());
        parts.push(stresses(answer, state).to_string());
        if !state.interfaces.is_empty() {
            parts.push(interfaces(answer, state).to_string());
        }
        parts.push(
            carried(state) + &cracks(answer, state) + &flown(answer, state) + &small_strain(state),
        );
    }
    parts.extend(answer.stiffness.as_ref().map(moduli));
    parts.push(explanation(answer));
    parts.join("\n\n") + "\n"
}

fn phases(answer: &Answer<'_>) -> Table {
    let volume = &answer.reading.volume;
    let mut table = plain_table(&["phase", "label", "E (GPa)", "nu", "voxels", "fraction"]);
    let total: usize = volume.shape().iter().product();
    for (&label, count) in volume.labels().iter().zip(volume.counts()) {
        let Some(phase) = answer.question.phase_of(label) else {
            continue;
        };
        let (young, poisson) = match phase.solid {
            Solid::Void => ("void".to_owned(), "-".to_owned()),
            Solid::Isotropic { young, poisson } => (plain(young / 1e9), plain(poisson)),
        };
        let (count, share) = (grouped(count), fraction(count, total));
        table.add_row([
            answer.question.name_of(label),
            label.to_string(),
            young,
            poisson,
            count,
            share,
        ]);
    }
    table
}

/// Where moduli come from, a line for each phase whose scenario says so.
fn origins(answer: &Answer<'_>) -> String {
    let phases = answer.question.phases.iter();
    let origin = |phase: &super::question::Phase| {
        let (name, origin) = (phase.name.as_ref()?, phase.origin.as_ref()?);
        Some(format!("\n{name}: {origin}"))
    };
    phases.filter_map(origin).collect()
}

/// "Eigenstrain of active: 0.216." for each phase that has one.
fn eigenstrains(answer: &Answer<'_>, state: &State) -> String {
    let present = answer.reading.volume.labels().iter();
    let where_all = match answer.question.fractions {
        Some(_) => " where the field of fractions is 1",
        None => "",
    };
    let own = |&label: &i64| {
        let phase = answer.question.phase_of(label)?;
        let strain = phase.swelling.eigenstrain(state.converted);
        let [x, y, z] = strain;
        let text = if x == y && y == z {
            brief(x)
        } else {
            format!("{} (x, y, z)", strain.map(brief).join(", "))
        };
        (strain != [0.0; 3]).then(|| {
            format!(
                "Eigenstrain of {}{where_all}: {text}.\n",
                answer.question.name_of(label)
            )
        })
    };
    present.filter_map(own).collect()
}

fn means(state: &State) -> Table {
    let deformed = &state.deformed;
    let mut table = plain_table(&[&["of the cell"], &COMPONENTS[..]].concat());
    let row = |name: &str, values: [f64; 6], bounds: [f64; 6], unit: f64| {
        let scale = largest(&values);
        let mut cells = vec![name.to_owned()];
        cells.extend((0..6).map(|i| match bounds[i] {
            bound if bound.is_finite() => with_bound(values[i] / unit, bound / unit),
            _ => small(values[i] / unit, scale / unit),
        }));
        cells
    };
    table.add_row(row(
        "mean stress (MPa)",
        deformed.mean_stress,
        deformed.mean_stress_bound,
        1e6,
    ));
    table.add_row(row(
        "mean strain",
        deformed.mean_strain,
        deformed.mean_strain_bound,
        1.0,
    ));
    if let Some(strain) = state.effective_eigenstrain {
        let mut cells = vec!["effective eigenstrain".to_owned()];
        let scale = largest(&strain);
        cells.extend(strain.map(|value| small(value, scale)));
        table.add_row(cells);
    }
    table
}

fn largest(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |most, value| most.max(value.abs()))
}

/// Zero where rounding left next to nothing of a scale.
fn small(value: f64, scale: f64) -> String {
    if value.abs() <= 1e-12 * scale {
        "0".to_owned()
    } else {
        brief(value)
    }
}

/// Mean and percentiles of what matters, phase by phase.
fn stresses(answer: &Answer<'_>, state: &State) -> Table {
    let mut table = plain_table(&["in MPa", "mean", "5 %", "median", "95 %", "largest"]);
    let mut add = |name: String, own: &Distribution| {
        let [_, low, _, median, _, high, most] = own.percentiles;
        let mut cells = vec![name];
        cells.extend([own.mean, low, median, high, most].map(|value| brief(value / 1e6)));
        table.add_row(cells);
    };
    for phase in &state.phases {
        let name = answer.question.name_of(phase.label);
        add(format!("{name}: von Mises"), &phase.von_mises);
        add(format!("{name}: hydrostatic"), &phase.hydrostatic);
        add(
            format!("{name}: largest principal"),
            &phase.largest_principal,
        );
    }
    table
}

/// "Conductivity along z: 0.031 S/m, 0.028 once faces are open; ..." for each axis.
fn carried(state: &State) -> String {
    let sentence = |own: &Carried| {
        let [before, after] =
            [own.before, own.after].map(|side| brief(side.effective_conductivity));
        let percolating =
            [own.before, own.after].map(|side| format!("{:.4}", side.percolating_fraction));
        format!(
            "Conductivity along {}: {before} S/m, with open faces {after}; part of what conducts that carries: {}, {}.\n",
            own.axis.name(),
            percolating[0],
            percolating[1],
        )
    };
    state.carried.iter().map(sentence).collect()
}

/// "1 234 faces within electrolyte crack." for each phase that does.
fn cracks(answer: &Answer<'_>, state: &State) -> String {
    let within = state.opened.iter().filter(|([a, b], _)| a == b);
    let sentence = |([label, _], count): &([i64; 2], usize)| {
        format!(
            "{} faces within {} crack.\n",
            grouped(*count),
            answer.question.name_of(*label)
        )
    };
    within.map(sentence).collect()
}

/// "Plastic strain of electrolyte: 0.021 in the mean, 0.34 at most." for each phase that flows.
fn flown(answer: &Answer<'_>, state: &State) -> String {
    let flowing = state
        .phases
        .iter()
        .filter(|phase| phase.plastic_strain.percentiles[6] > 0.0);
    let sentence = |phase: &PhaseStress| {
        let (mean, most) = (
            brief(phase.plastic_strain.mean),
            brief(phase.plastic_strain.percentiles[6]),
        );
        let (name, work) = (
            answer.question.name_of(phase.label),
            brief(phase.plastic_work),
        );
        format!(
            "Plastic strain of {name}: {mean} in the mean, {most} at most; it took {work} J/m3 in the mean.\n"
        )
    };
    flowing.map(sentence).collect()
}

fn interfaces(answer: &Answer<'_>, state: &State) -> Table {
    let opens = answer
        .question
        .bond
        .map(|bond| format!("above {} MPa", plain(bond / 1e6)));
    let header = [
        "faces between",
        "faces",
        "mean traction (MPa)",
        "95 %",
        "largest",
    ];
    let header: Vec<String> = header.map(str::to_owned).into_iter().chain(opens).collect();
    let mut table = plain_table(&header);
    for pair in &state.interfaces {
        let [_, _, _, _, _, high, most] = pair.traction.percentiles;
        let title = pair
            .labels
            .map(|label| answer.question.name_of(label))
            .join(" and ");
        let mut cells = vec![title, grouped(pair.faces)];
        cells.extend([pair.traction.mean, high, most].map(|value| brief(value / 1e6)));
        if answer.question.bond.is_some() {
            let opened = state
                .opened
                .iter()
                .find(|(labels, _)| *labels == pair.labels);
            let count = opened.map_or(0, |(_, count)| *count);
            cells.push(format!(
                "{} ({})",
                grouped(count),
                fraction(count, pair.faces)
            ));
        }
        table.add_row(cells);
    }
    table
}

fn moduli(stiffness: &Stiffness) -> String {
    let mut table = plain_table(&[&["stiffness (GPa)"], &COMPONENTS[..]].concat());
    let scale = stiffness.matrix.iter().map(|row| largest(row));
    let scale = scale.fold(0.0, f64::max);
    for (name, row) in COMPONENTS.iter().zip(&stiffness.matrix) {
        let mut cells = vec![(*name).to_owned()];
        let entry = |value: f64| {
            if value.abs() < 1e-6 * scale {
                "0".to_owned()
            } else {
                brief(value / 1e9)
            }
        };
        cells.extend(row.map(entry));
        table.add_row(cells);
    }
    let fit = stiffness.isotropic_fit();
    let index = match stiffness.anisotropy_index() {
        Some(index) => format!("universal anisotropy index {}", brief(index)),
        None => "no compliance: some strain meets no resistance".to_owned(),
    };
    format!(
        "{table}\nNearest isotropic solid: E {} GPa, nu {}, K {} GPa, G {} GPa; {index}.",
        brief(fit.young / 1e9),
        brief(fit.poisson),
        brief(fit.bulk / 1e9),
        brief(fit.shear / 1e9),
    )
}

fn small_strain(state: &State) -> String {
    let verdict = if state.small_strain {
        "small strain holds"
    } else {
        "small strain does not hold"
    };
    format!("Largest strain {}: {verdict}.", brief(state.largest_strain))
}

fn explanation(answer: &Answer<'_>) -> String {
    let deformed = || answer.states.iter().map(|state| &state.deformed);
    let bound = if deformed().any(Deformed::yields) {
        "Where phases flow there are no bounds: the residual meets the tolerance"
    } else if deformed().all(|deformed| deformed.proven) {
        "The bounds (±) are proven for the algebraic error"
    } else {
        "The bounds (±) of the algebraic error rest, with pores, on an estimate of the smallest eigenvalue"
    };
    let law = match answer
        .question
        .phases
        .iter()
        .any(|phase| phase.limit.is_some())
    {
        true => "Small-strain elastoplasticity (von Mises, isotropic hardening)",
        false => "Linear elasticity",
    };
    let stiffness = answer.stiffness.iter();
    let machine = answer.adapter().unwrap_or("the host");
    let seconds: f64 = deformed()
        .map(|d| d.seconds)
        .chain(stiffness.clone().map(|s| s.seconds))
        .sum();
    let iterations: usize = deformed()
        .map(|d| d.iterations)
        .chain(stiffness.map(|s| s.iterations))
        .sum();
    format!(
        "{law} on a periodic cell, one element per voxel; shear strains are twice the tensor's, tension is positive.\n\
         {bound}; the discretisation error is not in them.\n\
         Solved on {machine} in {seconds:.2} s, {iterations} iterations."
    )
}
