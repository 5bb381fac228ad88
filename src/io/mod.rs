//! File formats only: labelled volumes in, finished files out, nothing about what they mean.
//!
//! [`read`] takes a [`VolumeSource`] (what a user types: `electrode.tif`, `scan.h5:/image`, a folder of slices) and
//! returns a [`Reading`]: the [`Volume`], the words for what was read, and a checksum for provenance. One file here
//! per format; each turns its samples into labels through `labels`, which holds the rules that are common to all:
//! at most 256 labels, whole numbers only, no allocation that the size of the file does not justify.
//!
//! Memory: one byte per voxel for the volume, and one page or block of the file on top of it.
//!
//! [`write_atomically`] is the only way output reaches the disk: under a temporary name, then renamed.

mod checksum;
mod error;
mod folder;
mod hdf5;
pub mod image_data;
mod labels;
pub mod microstructure;
mod npy;
mod output;
mod pages;
mod png;
mod raw;
mod source;
mod tiff;

pub use error::IoError;
pub use hdf5::{ELEMENT_SIZE_ATTRIBUTE, VOXEL_SIZE_ATTRIBUTE};
pub use labels::{MAX_LABELS, MAX_VOXELS};
pub use output::{Overwrite, check_room, check_writable, write_atomically};
pub use source::{Format, VolumeSource};

use crate::microstructure::Volume;
use std::{
    panic::resume_unwind,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

/// A volume and where it came from.
#[derive(Debug, Clone)]
pub struct Reading {
    /// Labels, shape, and the voxel size where the file states one.
    pub volume: Volume,
    /// The file or folder.
    pub path: PathBuf,
    /// The dataset inside an HDF5 file, such as `/image`.
    pub dataset: Option<String>,
    /// Format and sample type in words: "HDF5 uint8", "TIFF 1-bit", "PNG uint16".
    pub file_type: String,
    /// SHA-256 in lower-case hexadecimal of the file; of a folder, of its images one after the other in slice order
    /// (`cat` them into `sha256sum` to get the same).
    pub sha256: String,
}

/// What one format's reader hands back.
struct Contents {
    volume: Volume,
    dataset: Option<String>,
    file_type: String,
}

/// Reads a volume of labels; the checksum is computed meanwhile.
///
/// # Errors
/// Each way in which the input can be unusable is one variant of [`IoError`].
pub fn read(source: &VolumeSource) -> Result<Reading, IoError> {
    let format = source.format()?;
    let path = source.path();
    let files = match format {
        Format::Folder => folder::slices(path)?,
        _ => vec![path.to_owned()],
    };
    let stop = AtomicBool::new(false);
    let (contents, sha256) = thread::scope(|scope| {
        let checksum = scope.spawn(|| checksum::sha256(&files, &stop));
        let contents = contents(source, format, &files);
        stop.store(contents.is_err(), Ordering::Relaxed);
        (
            contents,
            checksum.join().unwrap_or_else(|panic| resume_unwind(panic)),
        )
    });
    let Contents {
        volume,
        dataset,
        file_type,
    } = contents?;
    Ok(Reading {
        volume,
        path: path.to_owned(),
        dataset,
        file_type,
        sha256: sha256?,
    })
}

fn contents(source: &VolumeSource, format: Format, files: &[PathBuf]) -> Result<Contents, IoError> {
    let path = source.path();
    match format {
        Format::Hdf5 => hdf5::read(path, source.dataset()),
        Format::Tiff => tiff::read(path),
        Format::Png => png::read(path),
        Format::Npy => npy::read(path),
        Format::Raw => raw::read(path, source.shape()),
        Format::Folder => folder::read(path, files),
    }
}

/// Bytes of a file, for the checks of what its header claims.
fn file_size(path: &Path) -> Result<u64, IoError> {
    std::fs::metadata(path)
        .map(|data| data.len())
        .map_err(|error| IoError::os(path, error))
}
