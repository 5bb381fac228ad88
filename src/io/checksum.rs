//! The checksum that ties a result to its input, computed while the input is being decoded.

use super::IoError;
use crate::microstructure::Volume;
use sha2::{Digest, Sha256};
use std::{
    fs::File,
    io::Read,
    path::PathBuf,
    sync::atomic::{AtomicBool, Ordering},
};

/// SHA-256 in hexadecimal of the codes of a volume that no file holds, one byte per voxel, x fastest.
pub fn sha256_of_labels(volume: &Volume) -> String {
    let bytes: Vec<u8> = volume.codes().iter().copied().collect();
    hexadecimal(&Sha256::digest(bytes))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// SHA-256 of the files' bytes one after the other, in hexadecimal; gives up early once `stop` is set, when the answer
/// no longer matters.
pub(super) fn sha256(files: &[PathBuf], stop: &AtomicBool) -> Result<String, IoError> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    for path in files {
        let mut file = File::open(path).map_err(|error| IoError::os(path, error))?;
        while !stop.load(Ordering::Relaxed) {
            match file
                .read(&mut buffer)
                .map_err(|error| IoError::os(path, error))?
            {
                0 => break,
                count => hasher.update(&buffer[..count]),
            }
        }
    }
    Ok(hexadecimal(&hasher.finalize()))
}
