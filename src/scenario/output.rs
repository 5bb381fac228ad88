//! What a run writes, and the file that it is described in.

use crate::io::Overwrite;
use std::path::PathBuf;

/// The file that a run is described in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Its name as the user typed it.
    pub name: String,
    /// Its text.
    pub text: String,
    /// The seed that was drawn because it gives none.
    pub drawn_seed: Option<u64>,
}

/// What to write besides what is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// The results as JSON.
    pub json: Option<PathBuf>,
    /// Fields as HDF5 and VTKHDF.
    pub fields: Option<PathBuf>,
    /// A folder of PNG slices.
    pub slices: Option<PathBuf>,
    /// Whether files that exist are replaced.
    pub overwrite: Overwrite,
    /// The scenario file, which goes into the file of fields.
    pub origin: Option<Origin>,
}

impl Default for Output {
    fn default() -> Self {
        Self {
            json: None,
            fields: None,
            slices: None,
            overwrite: Overwrite::Keep,
            origin: None,
        }
    }
}
