//! What `voxion run` says of an electrode: one table that shows where the resistance sits and how much active material is
//! reached, the same as JSON, pictures and fields.

mod document;
mod table;

pub(crate) use document::{document, plan};
pub(crate) use table::{EXPLANATION, table};

use super::{
    files::not_written, interrupt::Interrupt, json, provenance::provenance, solve::Outcome,
};
use anyhow::Result;
use std::path::{Path, PathBuf};
use voxion::{
    io::{Overwrite, write_atomically},
    microstructure::Volume,
    report::{electrode, slices::Picture},
    scenario::{Scenario, Worked},
};

/// The pictures of an electrode that worked.
pub(crate) fn pictures(scenario: &Scenario, volume: &Volume, worked: &Worked) -> Vec<Picture> {
    sheet(scenario, volume, worked).map_or(Vec::new(), |sheet| electrode::draw(&sheet))
}

fn sheet<'a>(
    scenario: &Scenario,
    volume: &'a Volume,
    worked: &'a Worked,
) -> Option<electrode::Sheet<'a>> {
    Some(electrode::Sheet {
        volume,
        axis: scenario.transport.axes[0],
        separator: scenario.electrode.as_ref()?.separator,
        conducts: &worked.conducts,
        operation: &worked.operation,
        fields: &worked.fields,
    })
}

/// The files that an electrode leaves besides those of conduction.
pub(crate) fn outputs(scenario: &Scenario) -> Vec<PathBuf> {
    if scenario.electrode.is_none() {
        return Vec::new();
    }
    let fields = scenario.output.fields.as_deref().map(beside);
    let folder = scenario.output.slices.iter();
    let pictures = folder
        .flat_map(|folder| electrode::PICTURES.map(|name| folder.join(format!("{name}.png"))));
    fields.into_iter().chain(pictures).collect()
}

/// "fields-electrode.h5" for "fields.h5".
fn beside(fields: &Path) -> PathBuf {
    let mut name = fields.file_stem().unwrap_or_default().to_owned();
    name.push("-electrode");
    if let Some(end) = fields.extension() {
        name.push(".");
        name.push(end);
    }
    fields.with_file_name(name)
}

/// Writes the files of an electrode.
///
/// # Errors
/// The first file that cannot be written.
pub(crate) fn write(outcome: &Outcome<'_>, worked: &Worked, interrupt: &Interrupt) -> Result<()> {
    let (scenario, volume) = (outcome.scenario, &outcome.reading.volume);
    let overwrite = scenario.output.overwrite;
    if let (Some(path), Some(sheet)) = (&scenario.output.fields, sheet(scenario, volume, worked)) {
        let path = beside(path);
        let provenance = provenance(
            (&scenario.volume, outcome.reading),
            &json::parameters(scenario),
            &scenario.output,
            outcome.started,
        )?;
        write_atomically(&path, overwrite, |temporary| {
            electrode::write(temporary, &sheet, &provenance).map_err(|error| error.of(&path))?;
            interrupt.check()
        })
        .map_err(not_written)?;
    }
    if let Some(folder) = &scenario.output.slices {
        write_pictures(
            folder,
            &pictures(scenario, volume, worked),
            (overwrite, interrupt),
        )?;
    }
    Ok(())
}

fn write_pictures(
    folder: &Path,
    pictures: &[Picture],
    (overwrite, interrupt): (Overwrite, &Interrupt),
) -> Result<()> {
    for picture in pictures {
        let path = folder.join(picture.file_name());
        write_atomically(&path, overwrite, |temporary| {
            picture.write(temporary).map_err(|error| error.of(&path))?;
            interrupt.check()
        })
        .map_err(not_written)?;
    }
    Ok(())
}
