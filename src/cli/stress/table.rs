//! Stress as tables, for people.

use super::{
    super::{
        numbers::grouped,
        table::{fraction, heading, plain_table},
    },
    Answer,
};
use comfy_table::Table;
use voxion::{
    physics::elasticity::{Distribution, Solid, Stiffness},
    report::numbers::{brief, plain, with_bound},
};

const COMPONENTS: [&str; 6] = ["xx", "yy", "zz", "yz", "xz", "xy"];

/// What `voxion stress` prints.
pub(super) fn answer(answer: &Answer<'_>) -> String {
    let mut parts = vec![
        heading(answer.reading),
        phases(answer).to_string(),
        means(answer).to_string(),
        stresses(answer).to_string(),
    ];
    if !answer.interfaces.is_empty() {
        parts.push(interfaces(answer).to_string());
    }
    if let Some(stiffness) = &answer.stiffness {
        parts.push(moduli(stiffness));
    }
    parts.push(small_strain(answer));
    parts.push(explanation(answer));
    parts.join("\n\n") + "\n"
}

fn name(answer: &Answer<'_>, label: i64) -> String {
    let phase = answer.question.phases.iter().find(|phase| phase.label == label);
    phase.and_then(|phase| phase.name.clone()).unwrap_or_else(|| format!("label {label}"))
}

fn phases(answer: &Answer<'_>) -> Table {
    let volume = &answer.reading.volume;
    let mut table = plain_table(&["phase", "label", "E (GPa)", "nu", "eigenstrain", "voxels", "fraction"]);
    let total: usize = volume.shape().iter().product();
    for (&label, count) in volume.labels().iter().zip(volume.counts()) {
        let Some(phase) = answer.question.phases.iter().find(|phase| phase.label == label) else {
            continue;
        };
        let (young, poisson) = match phase.solid {
            Solid::Void => ("void".to_owned(), "-".to_owned()),
            Solid::Isotropic { young, poisson } => (plain(young / 1e9), plain(poisson)),
        };
        let [x, y, z] = phase.eigenstrain;
        let strain = if x == y && y == z { plain(x) } else { [x, y, z].map(plain).join(" : ") };
        let (count, share) = (grouped(count), fraction(count, total));
        table.add_row([name(answer, label), label.to_string(), young, poisson, strain, count, share]);
    }
    table
}

fn means(answer: &Answer<'_>) -> Table {
    let deformed = &answer.deformed;
    let mut table = plain_table(&[&["of the cell"], &COMPONENTS[..]].concat());
    let row = |name: &str, values: [f64; 6], bounds: [f64; 6], unit: f64| {
        let mut cells = vec![name.to_owned()];
        cells.extend((0..6).map(|i| with_bound(values[i] / unit, bounds[i] / unit)));
        cells
    };
    table.add_row(row("mean stress (MPa)", deformed.mean_stress, deformed.mean_stress_bound, 1e6));
    table.add_row(row("mean strain", deformed.mean_strain, deformed.mean_strain_bound, 1.0));
    if let Some(strain) = answer.effective_eigenstrain {
        let mut cells = vec!["effective eigenstrain".to_owned()];
        cells.extend(strain.map(brief));
        table.add_row(cells);
    }
    table
}

/// Mean, median and the 95th percentile of what matters, phase by phase.
fn stresses(answer: &Answer<'_>) -> Table {
    let mut table = plain_table(&["in MPa", "mean", "5 %", "median", "95 %", "largest"]);
    let mut add = |name: String, own: &Distribution| {
        let [_, low, _, median, _, high, most] = own.percentiles;
        let mut cells = vec![name];
        cells.extend([own.mean, low, median, high, most].map(|value| brief(value / 1e6)));
        table.add_row(cells);
    };
    for phase in &answer.phases {
        let name = name(answer, phase.label);
        add(format!("{name}: von Mises"), &phase.von_mises);
        add(format!("{name}: hydrostatic"), &phase.hydrostatic);
        add(format!("{name}: largest principal"), &phase.largest_principal);
    }
    table
}

fn interfaces(answer: &Answer<'_>) -> Table {
    let opens = answer.question.bond.map(|bond| format!("above {} MPa", plain(bond / 1e6)));
    let header = ["faces between", "faces", "mean traction (MPa)", "95 %", "largest"];
    let header: Vec<String> = header.map(str::to_owned).into_iter().chain(opens).collect();
    let mut table = plain_table(&header);
    for pair in &answer.interfaces {
        let [_, _, _, _, _, high, most] = pair.traction.percentiles;
        let title = pair.labels.map(|label| name(answer, label)).join(" and ");
        let mut cells = vec![title, grouped(pair.faces)];
        cells.extend([pair.traction.mean, high, most].map(|value| brief(value / 1e6)));
        let opened = answer.opened.iter().find(|(labels, _)| *labels == pair.labels);
        cells.extend(opened.map(|(_, count)| format!("{} ({})", grouped(*count), fraction(*count, pair.faces))));
        table.add_row(cells);
    }
    table
}

fn moduli(stiffness: &Stiffness) -> String {
    let mut table = plain_table(&[&["stiffness (GPa)"], &COMPONENTS[..]].concat());
    for (name, row) in COMPONENTS.iter().zip(&stiffness.matrix) {
        let mut cells = vec![(*name).to_owned()];
        cells.extend(row.map(|value| brief(value / 1e9)));
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

fn small_strain(answer: &Answer<'_>) -> String {
    let verdict = if answer.small_strain { "small strain holds" } else { "small strain does not hold" };
    format!("Largest strain {}: {verdict}.", brief(answer.largest_strain))
}

fn explanation(answer: &Answer<'_>) -> String {
    let deformed = &answer.deformed;
    let bound = if deformed.proven {
        "The bounds (±) are proven for the algebraic error"
    } else {
        "The bounds (±) of the algebraic error rest, with pores, on an estimate of the smallest eigenvalue"
    };
    format!(
        "Linear elasticity on a periodic cell, one element per voxel; shear strains are twice the tensor's, tension is positive.\n\
         {bound}; the discretisation error is not in them.\n\
         Solved on the host in {:.2} s, {} iterations.",
        deformed.seconds, deformed.iterations
    )
}
