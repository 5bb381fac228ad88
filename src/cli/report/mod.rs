//! `voxion report`: a merged study, or the result file of one run, as one HTML page.

mod again;
mod histograms;
mod phases;
mod plots;
mod relative;
mod single;
mod study;

use super::files::not_written;
use anyhow::Result;
use clap::Args;
use std::{
    fs,
    path::{Path, PathBuf},
};
use voxion::{
    Error,
    io::{Inputs, IoError, Overwrite, check_writable, image_data::system_error, write_atomically},
    report::html::render,
    study::{StudyError, merge},
};

#[derive(Debug, Args)]
pub(crate) struct ReportArguments {
    /// A merged study (`voxion study merge`), or the result file of a run (--fields)
    file: PathBuf,
    /// The page to write
    #[arg(short, long, value_name = "OUT.html", default_value = "report.html")]
    output: PathBuf,
    /// Replace the page if it exists
    #[arg(long)]
    force: bool,
}

/// Writes the page.
pub(crate) fn report(arguments: &ReportArguments) -> Result<()> {
    let overwrite = match arguments.force {
        true => Overwrite::Replace,
        false => Overwrite::Keep,
    };
    let output = &arguments.output;
    let mut inputs = Inputs::default();
    inputs.add(&arguments.file);
    inputs.check([output]).map_err(Error::from)?;
    check_writable(output, overwrite).map_err(Error::from)?;
    let page = render(&read(&arguments.file)?);
    let unwritable = |source| IoError::Unwritable {
        path: output.clone(),
        source,
    };
    let write = |temporary: &Path| Ok(fs::write(temporary, &page).map_err(unwritable)?);
    write_atomically(output, overwrite, write).map_err(not_written)?;
    say!(
        "wrote {} ({} kB)",
        output.display(),
        page.len().div_ceil(1000)
    );
    Ok(())
}

fn read(path: &Path) -> Result<voxion::report::html::Report> {
    // Opened by the standard library first, whose errors are clear about files that are missing or may not be read.
    fs::File::open(path).map_err(|source| {
        let path = path.to_owned();
        Error::from(StudyError::Folder { path, source })
    })?;
    let refuse = |reason: String| {
        let path = path.to_owned();
        Error::from(StudyError::NoReport { path, reason })
    };
    let found = merge::read(path).map_err(|error| refuse(system_error(&error).to_string()))?;
    match found {
        Some((table, provenance)) => Ok(study::page(path, &table, &provenance)),
        None => single::page(path).map_err(|error| refuse(error.to_string()).into()),
    }
}
