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

mod axes;
mod calibration;
mod checksum;
mod error;
mod folder;
mod grey;
mod hdf5;
mod header;
mod ids;
pub mod image_data;
mod jpeg;
mod labels;
pub mod microstructure;
mod npy;
mod output;
mod pages;
mod png;
mod raw;
mod sentence;
mod source;
mod tiff;
mod volume;

pub use calibration::StatedVoxelSize;
pub use checksum::sha256_of_labels;
pub use error::IoError;
pub use hdf5::{ELEMENT_SIZE_ATTRIBUTE, VOXEL_SIZE_ATTRIBUTE};
pub use labels::{MAX_LABELS, MAX_VOXELS};
pub use output::{Inputs, Overwrite, check_writable, write_atomically};
pub use source::{Format, ReadOptions, SampleType, VolumeSource};
pub use volume::{check_output_format, write_volume};

use crate::microstructure::Volume;
use grey::Greys;
use ids::Ids;
use labels::{Collect, Encoder, Labelled};
use ndarray::Array3;
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
    /// The voxel size that the file states; `volume` has it until another is given.
    pub voxel_size: Option<StatedVoxelSize>,
    /// Decisions taken from the file's metadata, a sentence each.
    pub notes: Vec<String>,
    /// Labels and their names, where the file states them.
    pub names: Vec<(i64, String)>,
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

/// Grey values and where they came from.
#[derive(Debug, Clone)]
pub struct GreyReading {
    /// The values `[z][y][x]`; of a picture, one layer.
    pub values: Array3<f32>,
    /// The voxel size that the file states.
    pub voxel_size: Option<StatedVoxelSize>,
    /// Decisions taken from the file's metadata, a sentence each.
    pub notes: Vec<String>,
    /// The file or folder.
    pub path: PathBuf,
    /// Format and sample type in words; of colours it says that they were turned into grey values.
    pub file_type: String,
    /// SHA-256, as in [`Reading`].
    pub sha256: String,
}

impl GreyReading {
    /// Whether the file holds colours, which were turned into grey values (luma, ITU-R BT.709).
    pub fn is_from_colours(&self) -> bool {
        self.file_type.contains(pages::CONVERTED)
    }
}

/// What one format's reader hands back.
struct Contents<T> {
    volume: T,
    dataset: Option<String>,
    voxel_size: Option<StatedVoxelSize>,
    notes: Vec<String>,
    names: Vec<(i64, String)>,
    file_type: String,
}

/// Reads a volume of labels; the checksum is computed meanwhile.
///
/// # Errors
/// Each way in which the input can be unusable is one variant of [`IoError`].
pub fn read(source: &VolumeSource) -> Result<Reading, IoError> {
    let (contents, sha256) = collect::<Encoder>(source)?;
    let Labelled { volume, note } = contents.volume;
    let volume = match &contents.voxel_size {
        Some(size) => volume.with_spacing(size.metres),
        None => volume,
    };
    Ok(Reading {
        volume,
        voxel_size: contents.voxel_size,
        notes: contents.notes.into_iter().chain(note).collect(),
        names: contents.names,
        path: source.path().to_owned(),
        dataset: contents.dataset,
        file_type: contents.file_type,
        sha256,
    })
}

/// Reads particle ids: whole numbers, any number of different ones; the ids that come out count from 0 by first appearance.
///
/// # Errors
/// Each way in which the input can be unusable is one variant of [`IoError`].
pub fn read_ids(source: &VolumeSource) -> Result<Array3<u32>, IoError> {
    let (contents, _) = collect::<Ids>(source)?;
    let numbers = contents.volume.numbers;
    Ok(numbers.as_standard_layout().into_owned())
}

/// Values of a volume that holds too many to be labels, such as grey values or particle ids.
#[derive(Debug, Clone)]
pub struct ValueReading {
    /// Voxels along (z, y, x).
    pub shape: [usize; 3],
    /// Each value that occurs, and how many voxels have it; ascending.
    pub counts: Vec<ValueCount>,
    /// The voxel size that the file states.
    pub voxel_size: Option<StatedVoxelSize>,
    /// Decisions taken from the file's metadata, a sentence each.
    pub notes: Vec<String>,
    /// Format and sample type in words.
    pub file_type: String,
    /// SHA-256, as in [`Reading`].
    pub sha256: String,
}

/// A value and the voxels that have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ValueCount {
    /// A whole number.
    pub value: i64,
    /// How many voxels have it.
    pub voxels: usize,
}

/// Counts the voxels of each value, of which there may be any number.
///
/// # Errors
/// Each way in which the input can be unusable is one variant of [`IoError`].
pub fn read_values(source: &VolumeSource) -> Result<ValueReading, IoError> {
    let (contents, sha256) = collect::<Ids>(source)?;
    let mut voxels = vec![0; contents.volume.ids.len()];
    for &number in &contents.volume.numbers {
        voxels[number as usize] += 1;
    }
    let pairs = contents.volume.ids.into_iter().zip(voxels);
    let mut counts: Vec<ValueCount> = pairs
        .map(|(value, voxels)| ValueCount { value, voxels })
        .collect();
    counts.sort_unstable_by_key(|count| count.value);
    let (z, y, x) = contents.volume.numbers.dim();
    Ok(ValueReading {
        shape: [z, y, x],
        counts,
        voxel_size: contents.voxel_size,
        notes: contents.notes,
        file_type: contents.file_type,
        sha256,
    })
}

/// Reads a picture or a volume of grey values: any number of different ones, fractions too; colours are turned into greys.
///
/// # Errors
/// Each way in which the input can be unusable is one variant of [`IoError`].
pub fn read_grey(source: &VolumeSource) -> Result<GreyReading, IoError> {
    let (contents, sha256) = collect::<Greys>(source)?;
    Ok(GreyReading {
        values: contents.volume.as_standard_layout().into_owned(),
        voxel_size: contents.voxel_size,
        notes: contents.notes,
        path: source.path().to_owned(),
        file_type: contents.file_type,
        sha256,
    })
}

/// The checksum alone of what a source holds, as [`Reading`] has it.
///
/// # Errors
/// A file that cannot be found or read.
pub fn checksum(source: &VolumeSource) -> Result<String, IoError> {
    let files = files(source.path(), source.format()?)?;
    checksum::sha256(&files, &AtomicBool::new(false))
}

/// What a source holds, and its checksum.
fn collect<C: Collect>(source: &VolumeSource) -> Result<(Contents<C::Output>, String), IoError> {
    let format = source.format()?;
    let path = source.path();
    let files = files(path, format)?;
    let stop = AtomicBool::new(false);
    let (contents, sha256) = thread::scope(|scope| {
        let checksum = scope.spawn(|| checksum::sha256(&files, &stop));
        let contents = contents::<C>(source, format, &files);
        stop.store(contents.is_err(), Ordering::Relaxed);
        (
            contents,
            checksum.join().unwrap_or_else(|panic| resume_unwind(panic)),
        )
    });
    Ok((contents?, sha256?))
}

/// All files that a volume is read from, in the order in which their bytes make the checksum.
fn files(path: &Path, format: Format) -> Result<Vec<PathBuf>, IoError> {
    if format == Format::Folder {
        return folder::slices(path);
    }
    let mut files = vec![path.to_owned()];
    files.extend(header::data_file(path, format)?);
    Ok(files)
}

fn contents<C: Collect>(
    source: &VolumeSource,
    format: Format,
    files: &[PathBuf],
) -> Result<Contents<C::Output>, IoError> {
    let path = source.path();
    match format {
        Format::Hdf5 => hdf5::read::<C>(path, source.dataset(), source.options()),
        Format::Tiff => tiff::read::<C>(path, source.options()),
        Format::Png => png::read::<C>(path, source.options()),
        Format::Jpeg => jpeg::read::<C>(path, source.options()),
        Format::Npy => npy::read::<C>(path, source.options()),
        Format::Raw => raw::read::<C>(path, source.options()),
        Format::MetaImage => header::read_metaimage::<C>(path, source.options()),
        Format::Nrrd => header::read_nrrd::<C>(path, source.options()),
        Format::Folder => folder::read::<C>(path, files, source.options()),
    }
}

/// Bytes of a file, for the checks of what its header claims.
fn file_size(path: &Path) -> Result<u64, IoError> {
    std::fs::metadata(path)
        .map(|data| data.len())
        .map_err(|error| IoError::os(path, error))
}
