//! Where a result came from, in the group `/voxion` of its file: what was run, on what, and the command that runs it again.
//!
//! ```text
//! /voxion        program, version, date, input, sha256, input_notes, parameters (JSON); command, as typed; drawn_seed where one was drawn
//!   scenario     the text of the scenario file, its name as an attribute; of `voxion run` alone
//! ```

use crate::{
    io::image_data::{long_text, text},
    scenario::Origin,
};
use hdf5::Group;
use std::time::SystemTime;

/// Where a result came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provenance {
    /// The input as the user named it.
    pub input: String,
    /// SHA-256 of the input file, hexadecimal.
    pub sha256: String,
    /// Decisions taken from the metadata of the input, a line each.
    pub notes: String,
    /// Every parameter of the run, as JSON text.
    pub parameters: String,
    /// The command as it was typed, quoted for a shell.
    pub command: Option<String>,
    /// The scenario file, where there was one.
    pub origin: Option<Origin>,
    /// When the run was started.
    pub date: SystemTime,
}

/// Writes all of it into the group.
pub(super) fn write(group: &Group, provenance: &Provenance) -> hdf5::Result<()> {
    let date = humantime::format_rfc3339_seconds(provenance.date).to_string();
    for (name, value) in [
        ("program", env!("CARGO_PKG_NAME")),
        ("version", env!("CARGO_PKG_VERSION")),
        ("date", &date),
        ("input", &provenance.input),
        ("sha256", &provenance.sha256),
        ("input_notes", &provenance.notes),
        ("parameters", &provenance.parameters),
    ] {
        text(group, name, value)?;
    }
    if let Some(command) = &provenance.command {
        text(group, "command", command)?;
    }
    let Some(origin) = &provenance.origin else {
        return Ok(());
    };
    long_text(group, "scenario", &origin.text)?;
    text(&*group.dataset("scenario")?, "name", &origin.name)?;
    match origin.drawn_seed {
        Some(seed) => group
            .new_attr::<u64>()
            .create("drawn_seed")?
            .write_scalar(&seed),
        None => Ok(()),
    }
}
