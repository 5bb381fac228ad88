//! What the fuzz targets of the readers share: bytes go through a file, since that is what readers take.

use std::{fs, path::PathBuf, sync::LazyLock};
use tempfile::TempDir;
use voxion::io::{VolumeSource, read};

static FOLDER: LazyLock<TempDir> =
    LazyLock::new(|| tempfile::tempdir().expect("a temporary folder"));

/// A file of these bytes with this ending.
pub fn file(ending: &str, bytes: &[u8]) -> PathBuf {
    let path = FOLDER.path().join("input").with_extension(ending);
    fs::write(&path, bytes).expect("room for a temporary file");
    path
}

/// Reads a source; it may hold a volume or an error, as long as the error is one line.
pub fn read_any(source: &VolumeSource) {
    if let Err(error) = read(source) {
        assert!(!error.to_string().contains('\n'), "{error}");
    }
}
