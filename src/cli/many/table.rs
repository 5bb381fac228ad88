//! Many volumes for people: a line for each and axis.

use super::{
    super::table::{conventions, plain_table, scaled, unit},
    Row, title,
};
use comfy_table::Table;
use voxion::{physics::conduction::Effective, report::numbers::with_bound};

/// What `voxion solve` prints of several volumes.
pub(super) fn text(rows: &[Row<'_>]) -> String {
    let Some(first) = rows.first() else {
        return String::new();
    };
    let parts = [
        table(rows).to_string() + "\n" + &machines(rows),
        conventions(first.scenario),
    ];
    parts.join("\n\n") + "\n"
}

fn table(rows: &[Row<'_>]) -> Table {
    let unit = rows.first().map_or("", |row| unit(row.scenario));
    let conductivity = format!("effective\nconductivity\n{}", unit.trim());
    let columns = [
        "volume",
        "along",
        &conductivity,
        "tortuosity\nfactor",
        "conducting\nfraction",
        "percolating\npart of it",
        "iterations",
    ];
    let mut table = plain_table(&columns);
    for row in rows {
        let name = title(row.scenario);
        match &row.outcome {
            Err(_) => {
                table.add_row([&*name, "-", "failed", "-", "-", "-", "-"]);
            }
            Ok(numbers) => {
                for solved in &numbers.results {
                    table.add_row([vec![name.clone()], cells(&solved.effective)].concat());
                }
            }
        }
    }
    table
}

fn cells(effective: &Effective) -> Vec<String> {
    vec![
        effective.axis.name().to_owned(),
        with_bound(effective.effective_conductivity, effective.error_bound),
        scaled(effective, effective.tortuosity_factor),
        format!("{:.4}", effective.conducting_fraction),
        format!("{:.4}", effective.percolating_fraction),
        effective.iterations.to_string(),
    ]
}

/// "Solved 19 on the host, 1 on NVIDIA H200."
fn machines(rows: &[Row<'_>]) -> String {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    let solved = rows.iter().filter_map(|row| row.outcome.as_ref().ok());
    for solved in solved.flat_map(|numbers| &numbers.results) {
        let machine = solved.effective.adapter.as_deref().unwrap_or("the host");
        match counts.iter_mut().find(|(known, _)| *known == machine) {
            Some((_, count)) => *count += 1,
            None => counts.push((machine, 1)),
        }
    }
    let counts: Vec<String> = counts
        .into_iter()
        .map(|(machine, count)| format!("{count} on {machine}"))
        .collect();
    match counts.is_empty() {
        true => "Nothing was solved.".to_owned(),
        false => format!("Solved {}.", counts.join(", ")),
    }
}
