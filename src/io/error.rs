//! Every way in which reading or writing a file can fail, each as one sentence that says what to do.

pub(super) use super::sentence::commas;
use super::{
    Format, MAX_LABELS, MAX_VOXELS,
    sentence::{counted, name},
};
use std::{io, path::Path, path::PathBuf};

/// A file that cannot be read as a volume, or a result that cannot be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IoError {
    /// Nothing of that name.
    #[error("{path} does not exist; check the name and the folder the program runs in")]
    NotFound {
        /// The file or folder asked for.
        path: PathBuf,
    },
    /// The operating system refused.
    #[error("{path} cannot be read: {source}")]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// Neither the name nor the first bytes tell the format.
    #[error(
        "the format of {path} is not known; give HDF5 (.h5), TIFF, a folder of PNG or TIFF slices, .npy, \
         or raw bytes with a shape"
    )]
    UnknownFormat {
        /// The file.
        path: PathBuf,
    },
    /// A format that is not read.
    #[error(
        "{path} is {format}, which is not read; save it as HDF5, a TIFF stack or .npy with the program it comes from"
    )]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What it is, by its ending.
        format: &'static str,
    },
    /// A dataset was named in a file that has none, or the name is empty.
    #[error(
        "\"{dataset}\" does not name a dataset of {path}; write an HDF5 file, a colon and the path inside it, \
         as in scan.h5:/image"
    )]
    NotADataset {
        /// The file.
        path: PathBuf,
        /// What stands behind the colon.
        dataset: String,
    },
    /// Raw bytes without a shape.
    #[error("{path} holds raw bytes, whose shape is not in the file; give it as --shape z,y,x")]
    ShapeMissing {
        /// The file.
        path: PathBuf,
    },
    /// A shape for a file that states its own.
    #[error(
        "{path} ({format}) states its own shape; leave out {}", commas(*shape)
    )]
    ShapeNotNeeded {
        /// The file.
        path: PathBuf,
        /// Its format.
        format: Format,
        /// The shape given, (z, y, x).
        shape: [usize; 3],
    },
    /// The file breaks the rules of its format.
    #[error(
        "{path} is not a sound {format} file: {reason}; it may be cut short or damaged, so copy or export it again"
    )]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The format it was read as.
        format: Format,
        /// What the decoder found.
        reason: String,
    },
    /// A sound file that uses a part of the format that is not read here.
    #[error(
        "{path} uses a part of {format} that is not read ({reason}); export it as plain grey values, uncompressed"
    )]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// Its format.
        format: Format,
        /// What is not read.
        reason: String,
    },
    /// More than one dataset might be meant.
    #[error(
        "{path} holds {} that might be meant; name one, as in {path}:{}: {candidates}",
        counted(*count, "volume"), first
    )]
    SeveralDatasets {
        /// The file.
        path: PathBuf,
        /// How many.
        count: usize,
        /// The first, as an example.
        first: String,
        /// All, with shapes and types.
        candidates: String,
    },
    /// No dataset, or not the one asked for.
    #[error("{path} has no {wanted}; it holds {candidates}")]
    NoSuchDataset {
        /// The file.
        path: PathBuf,
        /// What was looked for.
        wanted: String,
        /// The datasets there are, with shapes and types, and how to name one.
        candidates: String,
    },
    /// Not three dimensions.
    #[error(
        "{path} holds {} dimensions ({}) instead of three; give a volume z,y,x, in HDF5 by naming its dataset",
        shape.len(), commas(shape)
    )]
    Rank {
        /// The file.
        path: PathBuf,
        /// The shape found.
        shape: Vec<usize>,
    },
    /// A file that a dataset or link refers to and that is not there.
    #[error(
        "{dataset} of {path} lies in {source_file}, which is missing; copy it into the folder of {path}"
    )]
    MissingSource {
        /// The file.
        path: PathBuf,
        /// The virtual dataset or external link.
        dataset: String,
        /// The file and dataset referred to, as stated.
        source_file: String,
    },
    /// A dataset whose elements lie in a file that is not read for its sake.
    #[error(
        "{dataset} of {path} refers to {source_file}, which is not read: raw external storage, and files outside the folder \
         of {path}, could be private data; copy the elements into one file, as h5py's copy does"
    )]
    OutsideSource {
        /// The file.
        path: PathBuf,
        /// The dataset or link.
        dataset: String,
        /// The file referred to, as stated.
        source_file: String,
    },
    /// A filter that is not undone here.
    #[error(
        "{dataset} of {path} is compressed with {filter} (HDF5 filter {number}), which is not read; rewrite it with gzip: \
         h5repack -f GZIP=4 {path} NEW.h5, with HDF5_PLUGIN_PATH set to the folder of the filter's plug-in"
    )]
    Filter {
        /// The file.
        path: PathBuf,
        /// The dataset.
        dataset: String,
        /// The filter's name.
        filter: String,
        /// Its number in the registry of HDF5.
        number: usize,
    },
    /// A file that another program is writing.
    #[error("another program has {path} open for writing, so it may be incomplete; {advice}")]
    OpenForWriting {
        /// The file.
        path: PathBuf,
        /// What to do.
        advice: &'static str,
    },
    /// Several volumes in one array or stack: channels, frames or positions.
    #[error(
        "{path} holds {axes}, not one volume; choose one with --channel, counted from 0, as in --channel {example}"
    )]
    SeveralVolumes {
        /// The file.
        path: PathBuf,
        /// The axes in words, such as "2 channels".
        axes: String,
        /// What could follow `--channel`.
        example: String,
    },
    /// A channel, frame or position that the file does not have.
    #[error("channel {chosen} was asked for, but {path} holds {found}")]
    NoSuchChannel {
        /// The file.
        path: PathBuf,
        /// The entry asked for, from 0.
        chosen: usize,
        /// What there is, such as "2 channels, counted from 0".
        found: String,
    },
    /// Two places of a file that state different things.
    #[error("{path} contradicts itself: {first}, but {second}; {advice}")]
    Contradiction {
        /// The file.
        path: PathBuf,
        /// One statement with its place and value, such as "the ImageJ description states 12 images".
        first: String,
        /// The other.
        second: String,
        /// What to do, such as "give --voxel-size".
        advice: &'static str,
    },
    /// An option of raw files for a file that states its own layout.
    #[error(
        "{path} ({format}) states its own layout; leave out {option}, or give the shape too to read it as raw voxels"
    )]
    RawOption {
        /// The file.
        path: PathBuf,
        /// Its format.
        format: Format,
        /// The option.
        option: &'static str,
    },
    /// Samples that cannot be labels.
    #[error(
        "{path} holds samples of type {found}; labels are integers, booleans, or whole floating-point numbers"
    )]
    SampleType {
        /// The file.
        path: PathBuf,
        /// The type found.
        found: String,
    },
    /// A colour image.
    #[error(
        "{path} is a colour image ({found}); export the labels as one grey value per voxel, or read one colour with --channel, \
         as in --channel 0"
    )]
    Colour {
        /// The file.
        path: PathBuf,
        /// The colour type found.
        found: String,
    },
    /// No voxel.
    #[error("{path} holds an empty volume ({}); check how it was exported", commas(*shape))]
    Empty {
        /// The file.
        path: PathBuf,
        /// The shape found, (z, y, x).
        shape: [usize; 3],
    },
    /// More voxels than any volume may have, or than memory can hold.
    #[error("{path} claims {voxels} voxels, more than {limit}; crop or coarsen it")]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Voxels by its header.
        voxels: u128,
        /// The limit in words: [`MAX_VOXELS`] or the memory there is.
        limit: String,
    },
    /// A header that claims far more than the file can hold.
    #[error(
        "{path} claims {voxels} voxels in {bytes} bytes, which no compression explains; it is damaged, or its data lie \
         in other files and have to be copied into one"
    )]
    Implausible {
        /// The file or folder.
        path: PathBuf,
        /// Voxels by its header.
        voxels: u64,
        /// Bytes on disk.
        bytes: u64,
    },
    /// Bytes that do not make up the shape.
    #[error(
        "{path} holds {found} bytes of data where {} voxels of {sample_bytes} byte(s) need {expected}; {hint}",
        commas(*shape)
    )]
    DataSize {
        /// The file.
        path: PathBuf,
        /// The shape given or stated, (z, y, x).
        shape: [usize; 3],
        /// Bytes per voxel.
        sample_bytes: u64,
        /// Bytes that the shape needs.
        expected: u128,
        /// Bytes that are there.
        found: u64,
        /// What may explain that, and what to do.
        hint: String,
    },
    /// Pages of one stack that differ in size.
    #[error(
        "{page} of {path} is {} pixels (y,x) where the first is {}; crop all slices to one size",
        commas(*found), commas(*expected)
    )]
    PageSize {
        /// The file or folder.
        path: PathBuf,
        /// "page 3", or the name of the file.
        page: String,
        /// Size found, (y, x).
        found: [usize; 2],
        /// Size of the first page, (y, x).
        expected: [usize; 2],
    },
    /// Pages of one stack that differ in their type of samples.
    #[error(
        "{page} of {path} holds {found} where the first holds {expected}; convert all slices to one type"
    )]
    PageType {
        /// The file or folder.
        path: PathBuf,
        /// "page 3", or the name of the file.
        page: String,
        /// Sample type found.
        found: String,
        /// Sample type of the first page.
        expected: String,
    },
    /// Names of slices in which several numbers change.
    #[error(
        "the names of the slices in {path} differ in {numbers}, so the slice number is not clear; keep one series per folder"
    )]
    SeveralNumbers {
        /// The folder.
        path: PathBuf,
        /// The numbers that change, in words.
        numbers: String,
    },
    /// Too many different values for labels.
    #[error(
        "{path} holds {} {count} different values where a volume has at most {MAX_LABELS} labels; if they are grey values, segment \
         them first: voxion convert IN OUT --threshold otsu; if they are particle ids, ask for one label (--phase of `solve` and \
         `measure`) or make two: voxion convert IN OUT --threshold 0", if *exact { "exactly" } else { "more than" }
    )]
    TooManyLabels {
        /// The file.
        path: PathBuf,
        /// Different values counted.
        count: usize,
        /// Whether the count covers the whole file.
        exact: bool,
    },
    /// A fraction where a label should be.
    #[error(
        "{path} holds the value {value}, which is not a whole number; segment the grey-scale image first, as `voxion convert \
         --threshold` does"
    )]
    Fraction {
        /// The file.
        path: PathBuf,
        /// The first such value.
        value: f64,
    },
    /// Voxels without a value.
    #[error(
        "{voxels} of {of} voxels of {path} ({:.3} %) hold no finite number (NaN or infinity); give them a label of their own, as \
         in --map nan=255 (`info`, `measure`, `solve`, `convert`)", 100.0 * *voxels as f64 / *of as f64
    )]
    NotFinite {
        /// The file.
        path: PathBuf,
        /// Voxels without a finite number.
        voxels: usize,
        /// All voxels.
        of: usize,
    },
    /// A label beyond the range of i64, or of whole numbers in a float.
    #[error(
        "{path} holds the value {value}, too large for a label; renumber the labels, best from 0 to 255"
    )]
    LabelRange {
        /// The file.
        path: PathBuf,
        /// The value.
        value: String,
    },
    /// A folder without slices.
    #[error("{path} holds no PNG or TIFF image; give the folder with the slices themselves")]
    NoSlices {
        /// The folder.
        path: PathBuf,
    },
    /// A slice whose place is unknown.
    #[error("{path} has no slice number in its name; number the slices, as in slice_0001.png")]
    SliceNumber {
        /// The image.
        path: PathBuf,
    },
    /// Two names that do not belong to one numbered series.
    #[error(
        "{first} and {} are not two slices of one numbered series; keep one series per folder",
        name(second)
    )]
    TwoSeries {
        /// One image.
        first: PathBuf,
        /// The other.
        second: PathBuf,
    },
    /// A slice that is a stack itself.
    #[error(
        "{path} has several pages where a slice has one; give that stack by itself, not its folder"
    )]
    SliceWithPages {
        /// The image.
        path: PathBuf,
    },
    /// A missing slice.
    #[error(
        "slice {missing} is missing: {} comes right after {before}; add it or renumber the slices",
        name(after)
    )]
    SliceGap {
        /// The first number that is missing.
        missing: u64,
        /// The slice before it.
        before: PathBuf,
        /// The slice that follows.
        after: PathBuf,
    },
    /// No format to write.
    #[error("{path} does not end in .h5, .npy, .tif or .raw, the formats that are written")]
    UnknownOutput {
        /// The output.
        path: PathBuf,
    },
    /// A label that does not fit the format to write.
    #[error(
        "{path} cannot hold label {label}: {format} takes {range}; renumber it with --map, or write .h5 or .npy"
    )]
    OutputLabel {
        /// The output.
        path: PathBuf,
        /// The label.
        label: i64,
        /// The format.
        format: &'static str,
        /// The labels it takes.
        range: &'static str,
    },
    /// The output would replace what the run reads.
    #[error("{path} is an input of this run and would be lost; choose another name for the output")]
    OutputIsInput {
        /// The output.
        path: PathBuf,
    },
    /// An image that a folder of slices would take in.
    #[error(
        "{path} would become a slice of the volume that this run reads; choose another folder for the output"
    )]
    OutputAmongSlices {
        /// The output.
        path: PathBuf,
    },
    /// A device, a pipe, a socket or an open descriptor where a file is written.
    #[error("{path} is {kind}, and results are written to regular files; name a file")]
    NotAFile {
        /// The output.
        path: PathBuf,
        /// What it is instead.
        kind: &'static str,
    },
    /// A file in the place of a table of a study, and no table of that study itself.
    #[error(
        "{path} exists and is no table that `voxion study merge` wrote of this study; choose another name with -o, or \
         replace it with --force"
    )]
    NotOwnTable {
        /// The output.
        path: PathBuf,
    },
    /// Two outputs under one name.
    #[error("{path} is named for two outputs; give each a name of its own")]
    OutputTwice {
        /// The output.
        path: PathBuf,
    },
    /// The output is there already.
    #[error("{path} exists already; choose another name, or replace it with --force")]
    OutputExists {
        /// The output.
        path: PathBuf,
    },
    /// The output cannot be written.
    #[error(
        "{path} cannot be written: {source}; check the folder, its permissions and the free space"
    )]
    Unwritable {
        /// The output.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
}

impl IoError {
    /// What the operating system said about reading a file.
    pub(super) fn os(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::NotFound => Self::NotFound { path },
            _ => Self::Unreadable { path, source },
        }
    }

    /// A file that breaks the rules of its format; of a reason with several lines the first says enough.
    pub(super) fn malformed(path: &Path, format: Format, reason: impl ToString) -> Self {
        let reason = reason.to_string();
        let line = reason
            .lines()
            .next()
            .unwrap_or_default()
            .trim_end_matches('.');
        let reason = line.replace(char::is_control, " ");
        Self::Malformed {
            path: path.to_owned(),
            format,
            reason,
        }
    }

    /// The same for the name that the user knows, where an output was written under a temporary one.
    #[must_use]
    pub fn of(mut self, final_path: &Path) -> Self {
        if let Self::Unwritable { path, .. } | Self::OutputLabel { path, .. } = &mut self {
            final_path.clone_into(path);
        }
        self
    }

    /// More voxels than [`MAX_VOXELS`].
    pub(super) fn too_large(path: &Path, voxels: u128) -> Self {
        let limit = format!("the limit of {MAX_VOXELS}");
        Self::TooLarge {
            path: path.to_owned(),
            voxels,
            limit,
        }
    }
}
