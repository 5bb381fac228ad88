//! A comparison as one JSON object. Numbers are in SI units; infinity is the string "inf".

use super::{
    super::{
        electrode,
        json::{parameters, stated},
        stdout,
    },
    Numbers, Row, activation,
};
use anyhow::Result;
use serde_json::{Map, Value, json};
use voxion::scenario::{Study, words::RESULTS};

/// The object with all rows, with a line end.
pub(super) fn document(study: &Study, rows: &[Row<'_>]) -> Result<String> {
    let units = match study.cases[0].scenario.has_units() {
        true => "S/m",
        false => "relative",
    };
    let measured = study.measured.iter().map(|measured| {
        json!({
            "result": RESULTS.word(measured.result),
            "values": measured.values,
            "source": measured.source,
        })
    });
    let about = &study.about;
    stdout::json(&json!({
        "voxion": env!("CARGO_PKG_VERSION"),
        "title": about.title,
        "question": about.question,
        "fitted": about.fitted,
        "predicted": about.predicted,
        "parameter": study.parameter,
        "units": units,
        "rows": rows.iter().map(row).collect::<Vec<_>>(),
        "measured": measured.collect::<Vec<_>>(),
        "apparent_activation": activation::json(study, rows),
    }))
}

fn row(row: &Row<'_>) -> Value {
    let mut object = Map::new();
    object.insert("value".to_owned(), row.case.value.clone().into());
    match &row.outcome {
        Ok(numbers) => object.extend(values(numbers)),
        Err(error) => drop(object.insert("error".to_owned(), error.clone().into())),
    }
    object.insert("parameters".to_owned(), parameters(&row.case.scenario));
    object.into()
}

fn values(numbers: &Numbers) -> Map<String, Value> {
    let mut object = Map::new();
    for word in RESULTS.all() {
        let value = RESULTS.value(word).and_then(|result| numbers.get(result));
        object.insert(word.to_owned(), value.map_or(Value::Null, number));
    }
    let (effective, reading) = (&numbers.effective, &numbers.reading);
    let volume = &reading.volume;
    let counts = volume.counts();
    let voxels: usize = counts.iter().sum();
    let fractions = counts.iter().map(|&n| n as f64 / voxels.max(1) as f64);
    let fractions: Map<String, Value> = volume
        .labels()
        .iter()
        .map(i64::to_string)
        .zip(fractions.map(Value::from))
        .collect();
    for (key, value) in [
        ("axis", json!(effective.axis.name())),
        ("error_bound", number(effective.error_bound)),
        ("iterations", json!(effective.iterations)),
        ("seconds", json!(effective.seconds)),
        ("adapter", json!(effective.adapter)),
        ("fractions", fractions.into()),
        ("shape", json!(volume.shape())),
        ("voxel_size_m", json!(volume.spacing())),
        ("input", json!(reading.path.display().to_string())),
        ("file_type", json!(reading.file_type)),
        (
            "stated_voxel_size",
            json!(reading.voxel_size.as_ref().map(stated)),
        ),
        ("notes", json!(reading.notes)),
        ("checksum", json!(format!("sha256:{}", reading.sha256))),
        ("warnings", json!(numbers.warnings)),
        (
            "electrode",
            json!(numbers.operation.as_ref().map(electrode::document)),
        ),
    ] {
        object.insert(key.to_owned(), value);
    }
    object
}

fn number(value: f64) -> Value {
    if value.is_infinite() {
        "inf".into()
    } else {
        value.into()
    }
}
