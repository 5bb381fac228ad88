//! Where a result came from, kept as attributes of the group `/voxion` of every file of fields.

use crate::io::image_data::text;
use hdf5::Group;
use std::time::SystemTime;

/// Where a result came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provenance {
    /// The command that makes the result again, quoted for a shell.
    pub command: String,
    /// The input as the user named it.
    pub input: String,
    /// SHA-256 of the input file, hexadecimal.
    pub sha256: String,
    /// Every parameter of the run, as JSON text.
    pub parameters: String,
    /// When the run was started.
    pub date: SystemTime,
}

impl Provenance {
    /// An attribute for each, with the program and its version.
    pub(super) fn write(&self, group: &Group) -> hdf5::Result<()> {
        let date = humantime::format_rfc3339_seconds(self.date).to_string();
        let attributes = [
            ("program", env!("CARGO_PKG_NAME")),
            ("version", env!("CARGO_PKG_VERSION")),
            ("command", &self.command),
            ("date", &date),
            ("input", &self.input),
            ("sha256", &self.sha256),
            ("parameters", &self.parameters),
        ];
        attributes
            .into_iter()
            .try_for_each(|(name, value)| text(group, name, value))
    }
}
