//! The table of a study as a file: HDF5 (everything, for the report), CSV and Parquet (the table, for pandas and polars).
//!
//! The same results give the same bytes: nothing here has a time.

mod csv;
mod hdf5;
mod parquet;

pub use self::hdf5::read;

use super::{Plan, StudyError, Table};
use crate::Result;
use serde_json::{Value, json};
use std::path::Path;

/// Kinds of files that a table can be written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// HDF5.
    Hdf5,
    /// Comma-separated values.
    Csv,
    /// Apache Parquet.
    Parquet,
}

impl Format {
    /// From the ending of a name.
    pub fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "h5" | "hdf5" => Some(Self::Hdf5),
            "csv" => Some(Self::Csv),
            "parquet" => Some(Self::Parquet),
            _ => None,
        }
    }
}

/// Where a table comes from: the texts of the study's files, which make it again, and what they say about themselves.
pub fn provenance(plan: &Plan, table: &Table) -> Value {
    let name = |path: &Path| {
        let name = path.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    };
    let file = |path: &Path, text: &str| json!({ "name": name(path), "text": text });
    let sweep = &plan.sweep;
    let measured = sweep.measured.as_ref().map(|beside| {
        let series = beside.measured.iter().map(|measured| {
            json!({
                "result": crate::scenario::words::RESULTS.word(measured.result),
                "values": measured.values,
                "source": measured.source,
            })
        });
        json!({ "parameter": beside.parameter, "at": beside.at, "series": series.collect::<Vec<_>>() })
    });
    let about = &sweep.about;
    let along = sweep.parameters.iter().zip(&sweep.along);
    let along = along.map(|(key, along)| (key.clone(), Value::from(along.word())));
    let inputs = plan
        .inputs
        .iter()
        .map(|(path, sum)| (name(path), Value::from(format!("sha256:{sum}"))));
    json!({
        "program": "voxion",
        "version": env!("CARGO_PKG_VERSION"),
        "title": about.title,
        "question": about.question,
        "fitted": about.fitted,
        "predicted": about.predicted,
        "study": file(&plan.path, &sweep.text),
        "base": sweep.base.as_ref().map(|base| file(&base.path, &base.text)),
        "inputs": inputs.collect::<serde_json::Map<_, _>>(),
        "measured": measured,
        "along": along.collect::<serde_json::Map<_, _>>(),
        "phases": table.phases,
        "warnings": table.warnings,
        "unfinished": table.unfinished,
    })
}

/// Whether a file is a table that this program wrote of a study, whose provenance is given: HDF5 and Parquet by the name of
/// the study file that they hold, CSV by its first columns, which are the case and the study's parameters.
pub fn is_table_of(path: &Path, plan: &Plan) -> bool {
    let name = plan.path.file_name().unwrap_or_default().to_string_lossy();
    let is_own = |provenance: &Value| {
        provenance["program"] == "voxion" && provenance["study"]["name"] == *name
    };
    match Format::of(path) {
        Some(Format::Hdf5) => {
            let found = hdf5::read(path).ok().flatten();
            found.is_some_and(|(_, provenance)| is_own(&provenance))
        }
        Some(Format::Parquet) => parquet::provenance(path).is_some_and(|found| is_own(&found)),
        Some(Format::Csv) => csv::has_columns(path, &plan.sweep.parameters),
        None => false,
    }
}

/// Writes a table to a path, which is that of a temporary file beside `named`.
///
/// # Errors
/// [`StudyError::Table`].
pub fn write(
    format: Format,
    (path, named): (&Path, &Path),
    table: &Table,
    provenance: &Value,
) -> Result<()> {
    let written = match format {
        Format::Hdf5 => hdf5::write(path, table, provenance).map_err(|error| error.to_string()),
        Format::Csv => csv::write(path, table).map_err(|error| error.to_string()),
        Format::Parquet => {
            parquet::write(path, table, provenance).map_err(|error| error.to_string())
        }
    };
    written.map_err(|reason| {
        let path = named.to_owned();
        StudyError::Table { path, reason }.into()
    })
}
