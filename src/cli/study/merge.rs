//! `voxion study merge`: one table of all results.

use super::{super::files::not_written, Place};
use anyhow::Result;
use clap::Args;
use std::path::PathBuf;
use voxion::{
    io::{check_writable, write_atomically},
    study::{
        Store, StudyError, Table,
        merge::{Format, provenance, write},
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
}

/// Writes the table of what is finished.
pub(super) fn merge(arguments: &MergeArguments) -> Result<()> {
    let outputs = outputs(arguments)?;
    let overwrite = super::overwrite(arguments.force);
    for (path, _) in &outputs {
        check_writable(path, overwrite).map_err(voxion::Error::from)?;
    }
    let plan = arguments.place.plan()?;
    let folder = arguments.place.folder();
    let Some(store) = Store::open(&folder)? else {
        return Err(voxion::Error::from(StudyError::NothingFinished).into());
    };
    let table = Table::read(&plan, &store)?;
    if table.unfinished > 0 {
        eprintln!(
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
        eprintln!("wrote {}: {} rows", path.display(), table.rows());
    }
    Ok(())
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
