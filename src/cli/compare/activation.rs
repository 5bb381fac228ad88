//! The apparent activation energy of a sweep over temperature: a sentence, numbers, and a chart.

use super::Row;
use serde_json::{Value, json};
use voxion::{
    materials::ActivationFit,
    report::chart::{Chart, Places, Range},
    scenario::Study,
};

/// The line through all cases; none where something other than the temperature differs.
pub(super) fn fit(study: &Study, rows: &[Row<'_>]) -> Option<ActivationFit> {
    if study.parameter != "transport.temperature" {
        return None;
    }
    ActivationFit::through(&points(rows))
}

/// Temperature and effective conductivity of every case that has one.
fn points(rows: &[Row<'_>]) -> Vec<(f64, f64)> {
    let point = |row: &Row<'_>| {
        let numbers = row.outcome.as_ref().ok()?;
        let temperature = row.case.scenario.transport.temperature;
        Some((temperature, numbers.effective.effective_conductivity))
    };
    rows.iter().filter_map(point).collect()
}

fn energy(fit: &ActivationFit) -> String {
    match fit.standard_error {
        Some(error) => format!("{:.4} ± {error:.4} eV", fit.energy),
        None => format!("{:.4} eV", fit.energy),
    }
}

/// What a reader is told; empty where there is nothing to tell.
pub(super) fn sentence(study: &Study, rows: &[Row<'_>]) -> String {
    fit(study, rows).map_or(String::new(), |fit| {
        format!(
            "Apparent activation energy: {}, of the line through ln(conductivity) against 1/T at {} temperatures; the error is \
             that\nof the line, since a composite of phases that are activated differently does not follow one exactly.",
            energy(&fit),
            fit.count
        )
    })
}

/// The same for programs.
pub(super) fn json(study: &Study, rows: &[Row<'_>]) -> Value {
    fit(study, rows).map_or(Value::Null, |fit| {
        json!({
            "energy_ev": fit.energy,
            "standard_error_ev": fit.standard_error,
            "temperatures": fit.count,
        })
    })
}

/// The name of the chart.
pub(super) const CHART: &str = "arrhenius.png";

/// Conductivities on a logarithmic scale against 1/T, and the line.
pub(super) fn chart(study: &Study, rows: &[Row<'_>]) -> Option<Chart> {
    let fit = fit(study, rows)?;
    let points: Vec<(f64, f64)> = points(rows).into_iter().filter(|p| p.1 > 0.0).collect();
    let least = points.iter().map(|p| p.1).fold(f64::INFINITY, f64::min);
    let over = |sigma: f64| (sigma / least).log10().max(0.0);
    let title = study.about.title.clone();
    Some(Chart {
        file_name: CHART.to_owned(),
        title: title.unwrap_or("apparent activation energy".to_owned()),
        across: "1000 / temperature (1/K)".to_owned(),
        up: "log10(conductivity / lowest)".to_owned(),
        places: Places::Numbers(points.iter().map(|p| 1000.0 / p.0).collect()),
        range: Range::FromZero,
        computed: vec![(
            "computed".to_owned(),
            points.iter().map(|p| over(p.1)).collect(),
        )],
        measured: Vec::new(),
        caption: vec![format!(
            "The straight line through them has {}.",
            energy(&fit)
        )],
    })
}
