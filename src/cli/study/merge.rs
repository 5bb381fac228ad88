//! `voxion study merge`: one table of all results.

use super::{
    super::files::{self, Planned, not_written},
    Place,
};
use anyhow::Result;
use clap::Args;
use std::path::{Path, PathBuf};
use voxion::{
    io::{Inputs, IoError, write_atomically},
    study::{
        Plan, Store, StudyError, Table,
        merge::{Format, is_table_of, provenance, write},
    },
};

#[derive(Debug, Args)]
pub(super) struct MergeArguments {
    #[command(flatten)]
    place: Place,
    /// A file to write: .h5, .csv or .parquet; may be given several times [default: all three beside the study]
    #[arg(short, long, value_name = "FILE")]
    output: Vec<PathBuf>,
    /// Replace files that exist
    #[arg(long)]
    force: bool,
    /// Replace tables that were merged from this study before, and nothing else
    #[arg(long, conflicts_with = "force")]
    update: bool,
}

/// Writes the table of what is finished.
pub(super) fn merge(arguments: &MergeArguments) -> Result<()> {
    let outputs = outputs(arguments)?;
    let overwrite = super::overwrite(arguments.force || arguments.update);
    let plan = arguments.place.plan()?;
    let folder = arguments.place.folder();
    let planned = Planned {
        folder: None,
        files: outputs.iter().map(|(path, _)| path.clone()).collect(),
        overwrite,
    };
    planned
        .check(&read_by(&plan, &folder))
        .map_err(voxion::Error::from)?;
    if arguments.update {
        check_own(&plan, &planned.files).map_err(voxion::Error::from)?;
    }
    let Some(store) = Store::open(&folder)? else {
        return Err(voxion::Error::from(StudyError::NothingFinished).into());
    };
    let table = Table::read(&plan, &store)?;
    if table.unfinished > 0 {
        say!(
            "warning: {} cases are not finished and are left out of the table; run the study again for them",
            table.unfinished
        );
    }
    let provenance = provenance(&plan, &table);
    for (path, format) in &outputs {
        let written: voxion::Result<()> = write_atomically(path, overwrite, |temporary| {
            write(*format, (temporary, path), &table, &provenance)
        });
        written.map_err(not_written)?;
        say!("wrote {}: {} rows", path.display(), table.rows());
    }
    Ok(())
}

/// Every file that a study reads: itself, its base, its inputs, and what is known of its cases.
fn read_by(plan: &Plan, folder: &Path) -> Inputs {
    let mut inputs = files::inputs(plan.sweep.points.iter().map(|point| &point.scenario));
    inputs.add(&plan.path);
    plan.sweep
        .base
        .iter()
        .for_each(|base| inputs.add(&base.path));
    plan.inputs.keys().for_each(|input| inputs.add(input));
    inputs.add(folder.join("study.json"));
    for key in &plan.keys {
        inputs.add(folder.join("cases").join(format!("{key}.json")));
    }
    inputs
}

/// Whether the files that exist are tables of this study.
fn check_own(plan: &Plan, files: &[PathBuf]) -> std::result::Result<(), IoError> {
    let mut found = files.iter().filter(|path| path.exists());
    match found.find(|path| !is_table_of(path, plan)) {
        Some(path) => Err(IoError::NotOwnTable { path: path.clone() }),
        None => Ok(()),
    }
}

fn outputs(arguments: &MergeArguments) -> Result<Vec<(PathBuf, Format)>> {
    let usual = ["h5", "csv", "parquet"].map(|ending| arguments.place.file.with_extension(ending));
    let paths = match arguments.output.as_slice() {
        [] => usual.to_vec(),
        named => named.to_vec(),
    };
    let mut outputs = Vec::new();
    for path in paths {
        let Some(format) = Format::of(&path) else {
            return Err(voxion::Error::from(StudyError::Format { path }).into());
        };
        outputs.push((path, format));
    }
    Ok(outputs)
}
