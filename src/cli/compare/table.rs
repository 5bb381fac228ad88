//! A comparison for people: one line for each case, what was measured beside it, and what the numbers rest on.

use super::{
    super::{
        electrode,
        table::{heading, plain_table, unit},
    },
    Numbers, Row, activation,
};
use comfy_table::Table;
use voxion::{
    report::numbers::{plain, with_bound},
    scenario::{Measured, Phase, Quantified, Scenario, Study, words::RESULTS},
};

/// What `voxion run` prints.
pub(super) fn text(study: &Study, rows: &[Row<'_>]) -> String {
    let about = &study.about;
    let heading: Vec<&str> = [&about.title, &about.question]
        .into_iter()
        .flatten()
        .map(String::as_str)
        .collect();
    let parts = [
        heading.join("\n"),
        volumes(rows),
        table(study, rows).to_string(),
        activation::sentence(study, rows),
        electrodes(study, rows),
        phases(study),
        listed("Fitted", &about.fitted),
        listed("Predicted", &about.predicted),
        sources(study),
        EXPLANATION.to_owned(),
    ];
    let said: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    said.join("\n\n") + "\n"
}

const EXPLANATION: &str = "\
Porosity: voxels of phases called pore or void. Surface porosity: the same on the six faces of the volume, as a picture of a
cut surface would count it. Percolating: part of the conducting voxels on a path between the ends. Differences are ours less
the measured, of fractions in points, of all others in per cent. The bound (±) is certified for the algebraic error on these
voxels; it says nothing of voxel size, sample size, or whether the model is right.";

/// A column for the electrode of each case, and how to read them; nothing where there is none.
fn electrodes(study: &Study, rows: &[Row<'_>]) -> String {
    if study.cases[0].scenario.electrode.is_none() {
        return String::new();
    }
    let mut columns = Vec::new();
    for row in rows {
        let numbers = row.outcome.as_ref().ok();
        let operation = numbers.and_then(|numbers| numbers.operation.as_ref());
        columns.push((row.case.value.clone(), operation));
    }
    electrode::table(&columns) + "\n\n" + electrode::EXPLANATION
}

/// Which volumes: one line where all are alike.
fn volumes(rows: &[Row<'_>]) -> String {
    let line = |row: &Row<'_>| {
        let reading = &row.outcome.as_ref().ok()?.reading;
        Some(heading(reading))
    };
    distinct(rows.iter().filter_map(line)).join("\n")
}

fn distinct(lines: impl Iterator<Item = String>) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for line in lines {
        if !found.contains(&line) {
            found.push(line);
        }
    }
    found
}

fn table(study: &Study, rows: &[Row<'_>]) -> Table {
    let scenario = &study.cases[0].scenario;
    let parameter = study.parameter.split_once('.').map_or("", |(_, key)| key);
    let mut columns: Vec<String> = [
        parameter,
        "porosity",
        "surface\nporosity",
        &format!("effective\nconductivity\n{}", unit(scenario).trim()),
        "tortuosity\nfactor",
        "percolating",
        "relative\nto first",
    ]
    .map(str::to_owned)
    .into();
    for measured in &study.measured {
        let lines = title(measured.result).replace(' ', "\n");
        columns.push(format!("measured\n{lines}\n(difference)"));
    }
    let mut table = plain_table(&columns);
    for (place, row) in rows.iter().enumerate() {
        let mut cells = vec![row.case.value.clone()];
        match &row.outcome {
            Ok(numbers) => cells.extend(own(numbers)),
            Err(_) => cells.extend(["failed", "-", "-", "-", "-", "-"].map(str::to_owned)),
        }
        for measured in &study.measured {
            cells.push(beside(measured, place, row));
        }
        table.add_row(cells);
    }
    table
}

fn title(result: Quantified) -> String {
    RESULTS.word(result).unwrap_or_default().replace('_', " ")
}

fn own(numbers: &Numbers) -> [String; 6] {
    let effective = &numbers.effective;
    let (value, bound) = (effective.effective_conductivity, effective.error_bound);
    let shown = |result| {
        let value = numbers.get(result);
        value.map_or("-".to_owned(), |value| show(result, value))
    };
    [
        shown(Quantified::Porosity),
        shown(Quantified::SurfacePorosity),
        with_bound(value, bound),
        match effective.tortuosity_factor {
            factor if factor.is_finite() => format!("{factor:.3}"),
            factor => plain(factor),
        },
        shown(Quantified::PercolatingFraction),
        shown(Quantified::RelativeToFirst),
    ]
}

/// A measured value and how far ours is from it.
fn beside(measured: &Measured, place: usize, row: &Row<'_>) -> String {
    let Some(value) = measured.values[place] else {
        return "-".to_owned();
    };
    let ours = row.outcome.as_ref().ok();
    let ours = ours.and_then(|numbers| numbers.get(measured.result));
    let difference = ours.map_or("-".to_owned(), |ours| {
        if is_fraction(measured.result) {
            format!("{:+.1}", 100.0 * (ours - value))
        } else {
            format!("{:+.0} %", 100.0 * (ours / value - 1.0))
        }
    });
    format!("{} ({difference})", show(measured.result, value))
}

fn is_fraction(result: Quantified) -> bool {
    matches!(
        result,
        Quantified::Porosity | Quantified::SurfacePorosity | Quantified::PercolatingFraction
    )
}

fn show(result: Quantified, value: f64) -> String {
    match result {
        _ if is_fraction(result) => format!("{:.2} %", 100.0 * value),
        Quantified::RelativeToFirst => format!("{value:.3}"),
        _ => plain(value),
    }
}

/// "electrolyte: ions 0.307 S/m, electrons none" of each phase of an electrode, with where either comes from.
fn of_carriers(scenario: &Scenario) -> Vec<String> {
    let plan = scenario.electrode.iter();
    plan.flat_map(|plan| {
        let phases = scenario.phases.iter().enumerate();
        phases.map(|(place, phase)| format!("{}: {}", phase.title(), plan.conducts(place)))
    })
    .collect()
}

/// What phases conduct and where that comes from, of all cases together.
fn phases(study: &Study) -> String {
    let unit = if study.cases[0].scenario.has_units() {
        " S/m"
    } else {
        ""
    };
    let line = |phase: &Phase| {
        let across = phase.normal.map_or(String::new(), |normal| {
            let value = plain(normal.conductivity.value);
            format!(", {value}{unit} along {}", normal.axis.name())
        });
        let origin = phase
            .origin()
            .map_or(String::new(), |origin| format!(", {origin}"));
        match phase.conductivity.value {
            0.0 if origin.is_empty() => format!("{}: insulates", phase.title()),
            value => format!("{}: {}{unit}{across}{origin}", phase.title(), plain(value)),
        }
    };
    if study
        .cases
        .iter()
        .any(|case| case.scenario.electrode.is_some())
    {
        let all = study
            .cases
            .iter()
            .flat_map(|case| of_carriers(&case.scenario));
        return listed("Phases", &distinct(all));
    }
    let all = study.cases.iter().flat_map(|case| &case.scenario.phases);
    listed("Phases", &distinct(all.map(line)))
}

fn sources(study: &Study) -> String {
    let source = |m: &Measured| format!("{}: {}", title(m.result), m.source);
    let sources: Vec<String> = study.measured.iter().map(source).collect();
    listed("Measured", &sources)
}

/// "Fitted:" and a line for each; nothing where there is none.
fn listed(title: &str, lines: &[String]) -> String {
    if lines.is_empty() {
        return String::new();
    }
    format!("{title}:\n  {}", lines.join("\n  "))
}
