//! Many volumes as one JSON object. Numbers are in SI units; infinity is the string "inf".

use super::{
    super::{
        json::{parameters, row},
        stdout,
    },
    Row, title,
};
use anyhow::Result;
use serde_json::{Value, json};

/// The object with all volumes, with a line end.
pub(super) fn document(rows: &[Row<'_>], notices: &[String]) -> Result<String> {
    let scenario = rows.first().map(|row| row.scenario);
    let units = match scenario.is_some_and(|scenario| scenario.has_units()) {
        true => "S/m",
        false => "relative",
    };
    stdout::json(&json!({
        "voxion": env!("CARGO_PKG_VERSION"),
        "units": units,
        "tolerance": scenario.map(|scenario| scenario.transport.relative_error),
        "parameters": scenario.map(parameters),
        "volumes": rows.iter().map(volume).collect::<Vec<_>>(),
        "warnings": notices,
    }))
}

fn volume(of: &Row<'_>) -> Value {
    match &of.outcome {
        Err(error) => json!({ "path": title(of.scenario), "error": error }),
        Ok(numbers) => {
            let results = numbers.results.iter();
            let results: Vec<_> = results.map(|it| row(it, numbers.read_seconds)).collect();
            json!({ "input": numbers.input, "results": results, "warnings": of.warnings })
        }
    }
}
