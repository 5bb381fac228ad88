//! A scenario file as text: read once, and refused where it cannot be one.

use super::ScenarioError;
use std::{
    fs::{self, File},
    io::Read,
    path::{Path, PathBuf},
};

/// The most bytes of a scenario file, 16 MiB: some hundred thousand values.
const MOST_BYTES: u64 = 16 << 20;

/// First bytes of files that are taken for scenarios by mistake.
const BEGINNINGS: [(&[u8], &str); 8] = [
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
    (b"II*\0", "a TIFF file"),
    (b"MM\0*", "a TIFF file"),
    (b"II+\0", "a TIFF file"),
    (b"\x93NUMPY", "an NPY file"),
    (b"\x89PNG", "a PNG file"),
    (b"\x1f\x8b", "a compressed file"),
    (b"PK\x03\x04", "a zip archive"),
];

/// The text of a scenario or study file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScenarioFile {
    /// Where it is, as typed.
    pub path: PathBuf,
    /// Its content.
    pub text: String,
}

impl ScenarioFile {
    /// Reads a file.
    ///
    /// # Errors
    /// [`ScenarioError::Unreadable`]; [`ScenarioError::NotScenario`] for what is no file (a pipe would wait for ever), holds a volume
    /// or other bytes than UTF-8, or is longer than 16 MiB.
    pub fn read(path: &Path) -> Result<Self, ScenarioError> {
        let unreadable = |source| ScenarioError::Unreadable {
            path: path.to_owned(),
            source,
        };
        let refused = |found: &str| {
            Err(ScenarioError::NotScenario {
                path: path.to_owned(),
                found: found.to_owned(),
            })
        };
        let metadata = fs::metadata(path).map_err(unreadable)?;
        if metadata.is_dir() {
            return refused("a folder");
        }
        if !metadata.is_file() {
            return refused("a pipe or a device");
        }
        let mut bytes = Vec::new();
        let file = File::open(path).map_err(unreadable)?;
        let mut limited = file.take(MOST_BYTES + 1);
        limited.read_to_end(&mut bytes).map_err(unreadable)?;
        let mut beginnings = BEGINNINGS.into_iter();
        if let Some((_, what)) = beginnings.find(|(start, _)| bytes.starts_with(start)) {
            return refused(what);
        }
        if bytes.len() as u64 > MOST_BYTES {
            return refused(&format!("longer than {} MiB", MOST_BYTES >> 20));
        }
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Self {
                path: path.to_owned(),
                text,
            }),
            Err(error) => {
                let place = error.utf8_error().valid_up_to() + 1;
                refused(&format!("no text in UTF-8 (byte {place})"))
            }
        }
    }

    /// As messages call it.
    pub fn name(&self) -> String {
        self.path.display().to_string()
    }

    /// The folder that paths inside are relative to.
    pub fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(bytes: &[u8]) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("scan");
        fs::write(&path, bytes).unwrap();
        let error = ScenarioFile::read(&path).unwrap_err();
        error.to_string()
    }

    #[test]
    fn what_is_no_scenario_is_named() {
        for (bytes, what) in [
            (b"\x89HDF\r\n\x1a\n\0\0".as_slice(), "an HDF5 file"),
            (b"II*\0\0\0", "a TIFF file"),
            (b"\x93NUMPY\x01\0", "an NPY file"),
            (b"title = \"\xff\"", "UTF-8 (byte 10)"),
        ] {
            let said = said(bytes);
            assert!(
                said.contains(what) && said.contains("voxion solve"),
                "{said}"
            );
        }
        let long = vec![b'#'; usize::try_from(MOST_BYTES).unwrap() + 1];
        assert!(said(&long).contains("longer than 16 MiB"));
        let folder = tempfile::tempdir().unwrap();
        let said = ScenarioFile::read(folder.path()).unwrap_err().to_string();
        assert!(said.contains("is a folder"), "{said}");
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_is_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&path).status();
        assert!(made.unwrap().success());
        let said = ScenarioFile::read(&path).unwrap_err().to_string();
        assert!(said.contains("is a pipe or a device"), "{said}");
    }
}
