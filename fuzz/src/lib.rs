//! What the fuzz targets of the readers share: bytes go through a file, since that is what readers take.

use std::{fs, path::PathBuf, sync::LazyLock};
use tempfile::TempDir;
use voxion::io::{VolumeSource, read, read_grey};

static FOLDER: LazyLock<TempDir> =
    LazyLock::new(|| tempfile::tempdir().expect("a temporary folder"));

/// A file of these bytes with this ending.
pub fn file(ending: &str, bytes: &[u8]) -> PathBuf {
    let path = FOLDER.path().join("input").with_extension(ending);
    fs::write(&path, bytes).expect("room for a temporary file");
    path
}

/// Reads a source as labels and as grey values; it may hold either or an error, as long as the error is one line.
pub fn read_any(source: &VolumeSource) {
    for error in [read(source).err(), read_grey(source).err()] {
        let said = error.map(|error| error.to_string()).unwrap_or_default();
        assert!(!said.contains('\n'), "{said}");
    }
}
