//! What a user types for a volume, and which format that is.

use super::IoError;
use std::{
    convert::Infallible,
    fmt,
    fs::File,
    io::{Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    str::FromStr,
};

/// Endings of HDF5 files; a colon right behind one of them starts the path of a dataset.
const HDF5_ENDINGS: [&str; 8] = [
    "h5", "hdf5", "hdf", "he5", "nxs", "vtkhdf", "ims", "dream3d",
];

/// Endings of formats that other programs write and this one does not read, and what they are.
const FOREIGN: [(&str, &str); 12] = [
    ("vti", "a VTK image"),
    ("vtk", "a legacy VTK file"),
    ("nii", "a NIfTI image"),
    ("gz", "compressed with gzip"),
    ("zip", "a ZIP archive"),
    ("npz", "an archive of NumPy arrays"),
    ("mat", "a MATLAB file older than version 7.3"),
    ("czi", "a Zeiss CZI file"),
    ("lif", "a Leica LIF file"),
    ("bmp", "a Windows bitmap"),
    ("am", "an Amira mesh"),
    ("vol", "a raw volume of unknown type"),
];

/// Offsets at which the signature of an HDF5 file may stand, behind a user block; MATLAB 7.3 has one of 512 bytes.
const HDF5_OFFSETS: [u64; 5] = [0, 512, 1024, 2048, 4096];

/// How a volume is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A dataset of an HDF5 file.
    Hdf5,
    /// A TIFF file, one page per z.
    Tiff,
    /// One PNG image, a volume one voxel thick.
    Png,
    /// One JPEG picture, for grey values alone.
    Jpeg,
    /// A NumPy array.
    Npy,
    /// Voxels and nothing else, x fastest, perhaps behind a header that is passed over.
    Raw,
    /// A MetaImage: a text header (.mhd, .mha) and raw voxels, x fastest.
    MetaImage,
    /// An NRRD file: a text header (.nrrd, .nhdr) and raw voxels.
    Nrrd,
    /// A folder of numbered PNG or TIFF images, one per z.
    Folder,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Hdf5 => "HDF5",
            Self::Tiff => "TIFF",
            Self::Png => "PNG",
            Self::Jpeg => "JPEG",
            Self::Npy => "NPY",
            Self::Raw => "raw",
            Self::MetaImage => "MetaImage",
            Self::Nrrd => "NRRD",
            Self::Folder => "folder",
        })
    }
}

/// What a file is whose format is known but not read.
fn foreign(path: &Path) -> Option<&'static str> {
    let ending = path.extension()?.to_str()?.to_ascii_lowercase();
    let known = FOREIGN.iter().find(|(known, _)| *known == ending);
    known.map(|(_, name)| *name)
}

impl Format {
    /// From the ending of a file's name.
    fn from_ending(path: &Path) -> Option<Self> {
        let ending = path.extension()?.to_str()?.to_ascii_lowercase();
        match ending.as_str() {
            "tif" | "tiff" => Some(Self::Tiff),
            "png" => Some(Self::Png),
            "jpg" | "jpeg" => Some(Self::Jpeg),
            "npy" => Some(Self::Npy),
            "raw" => Some(Self::Raw),
            "mhd" | "mha" => Some(Self::MetaImage),
            "nrrd" | "nhdr" => Some(Self::Nrrd),
            other => HDF5_ENDINGS.contains(&other).then_some(Self::Hdf5),
        }
    }

    /// What a name asks to be written.
    ///
    /// # Errors
    /// [`IoError::UnknownOutput`].
    pub(super) fn of_output(path: &Path) -> Result<Self, IoError> {
        let written =
            |format: &Self| matches!(format, Self::Hdf5 | Self::Tiff | Self::Npy | Self::Raw);
        Self::from_ending(path)
            .filter(written)
            .ok_or_else(|| IoError::UnknownOutput {
                path: path.to_owned(),
            })
    }

    /// From the first bytes of a file, and those behind a user block of HDF5.
    fn from_signature(path: &Path) -> Result<Option<Self>, IoError> {
        let os = |error| IoError::os(path, error);
        let mut file = File::open(path).map_err(os)?;
        for offset in HDF5_OFFSETS {
            let mut head = Vec::new();
            file.seek(SeekFrom::Start(offset))
                .and_then(|_| file.by_ref().take(8).read_to_end(&mut head))
                .map_err(os)?;
            let found = match head.as_slice() {
                [0x89, b'H', b'D', b'F', b'\r', b'\n', 0x1a, b'\n'] => Some(Self::Hdf5),
                _ if offset > 0 => None,
                [0x89, b'P', b'N', b'G', ..] => Some(Self::Png),
                [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
                [b'I', b'I', 42 | 43, 0, ..] | [b'M', b'M', 0, 42 | 43, ..] => Some(Self::Tiff),
                [0x93, b'N', b'U', b'M', b'P', b'Y', ..] => Some(Self::Npy),
                [b'N', b'R', b'R', b'D', b'0', ..] => Some(Self::Nrrd),
                _ => None,
            };
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }
}

/// The type of a raw voxel: unsigned or signed integer or floating point, its bytes, and their order.
///
/// ```
/// use voxion::io::SampleType;
/// assert_eq!("u16be".parse::<SampleType>()?.bytes(), 2);
/// assert_eq!("float32".parse::<SampleType>()?.to_string(), "f32");
/// # Ok::<(), String>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SampleType {
    pub(super) kind: SampleKind,
    pub(super) bytes: usize,
    pub(super) is_big_endian: bool,
}

/// What the bits of a raw voxel mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SampleKind {
    Unsigned,
    Signed,
    Float,
}

impl SampleType {
    /// One unsigned byte.
    pub const U8: Self = Self {
        kind: SampleKind::Unsigned,
        bytes: 1,
        is_big_endian: false,
    };

    /// Bytes of one voxel: 1, 2, 4 or 8.
    pub fn bytes(self) -> usize {
        self.bytes
    }
}

impl FromStr for SampleType {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let name = text.trim().to_ascii_lowercase();
        let (name, is_big_endian) = match (name.strip_suffix("be"), name.strip_suffix("le")) {
            (Some(name), _) => (name, true),
            (_, Some(name)) => (name, false),
            _ => (name.as_str(), false),
        };
        let (kind, bytes) = match name {
            "u8" | "uint8" | "byte" => (SampleKind::Unsigned, 1),
            "u16" | "uint16" => (SampleKind::Unsigned, 2),
            "u32" | "uint32" => (SampleKind::Unsigned, 4),
            "u64" | "uint64" => (SampleKind::Unsigned, 8),
            "i8" | "int8" => (SampleKind::Signed, 1),
            "i16" | "int16" => (SampleKind::Signed, 2),
            "i32" | "int32" => (SampleKind::Signed, 4),
            "i64" | "int64" => (SampleKind::Signed, 8),
            "f32" | "float32" => (SampleKind::Float, 4),
            "f64" | "float64" => (SampleKind::Float, 8),
            _ => {
                return Err(format!(
                    "\"{text}\" is not a sample type; give u8, u16, u32, u64, i8, i16, i32, i64, f32 or f64, \
                     with be behind it for big-endian bytes"
                ));
            }
        };
        Ok(Self {
            kind,
            bytes,
            is_big_endian,
        })
    }
}

impl fmt::Display for SampleType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            SampleKind::Unsigned => 'u',
            SampleKind::Signed => 'i',
            SampleKind::Float => 'f',
        };
        let order = if self.is_big_endian { "be" } else { "" };
        write!(f, "{kind}{}{order}", 8 * self.bytes)
    }
}

/// What a file does not say of itself, or not unambiguously.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReadOptions {
    /// Voxels along (z, y, x), for raw voxels.
    pub shape: Option<[usize; 3]>,
    /// Type of raw voxels; one unsigned byte unless given.
    pub sample_type: Option<SampleType>,
    /// Bytes before the first raw voxel; 0 unless given.
    pub offset: Option<u64>,
    /// Which channel, frame or position to read of a file that holds several volumes, counted from 0: an entry for each
    /// such axis, in the file's order.
    pub channel: Vec<usize>,
    /// Whether a voxel size is given besides: contradictory statements of the file then do not matter.
    pub has_voxel_size: bool,
    /// Label of voxels that hold no finite number (NaN, infinity), such as those outside a round field of view; without it
    /// such voxels are an error. Grey values of such voxels become NaN.
    pub nan_label: Option<i64>,
    /// Labels to keep apart where a volume holds too many, as one of particle ids does: all others are joined under the
    /// smallest of them. Empty: too many labels are an error.
    pub kept_labels: Vec<i64>,
}

/// A volume on disk: a path, and for some formats what the path alone does not say.
///
/// As text: `file.h5`, `file.h5:/path/to/dataset`, `stack.tif`, `slices/`, `volume.npy`, `volume.raw`. The path of a
/// dataset starts behind the colon that follows the longest name of an existing file, or, where there is none, an HDF5
/// ending; every other colon belongs to the file's name, so `C:\scans\a.h5:/image` and `run:2/a.tif` mean what they say.
///
/// ```
/// use voxion::io::VolumeSource;
/// let source: VolumeSource = "scan.h5:/exchange/data".into();
/// assert_eq!(source.path().to_str(), Some("scan.h5"));
/// assert_eq!(source.dataset(), Some("/exchange/data"));
/// let raw = VolumeSource::from("volume.raw").with_shape([50, 100, 100]);
/// assert_eq!(raw.shape(), Some([50, 100, 100]));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct VolumeSource {
    path: PathBuf,
    dataset: Option<String>,
    options: ReadOptions,
}

impl VolumeSource {
    /// A file or folder, whatever characters its name has.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            dataset: None,
            options: ReadOptions::default(),
        }
    }

    /// The dataset of an HDF5 file to read.
    pub fn with_dataset(mut self, dataset: impl Into<String>) -> Self {
        self.dataset = Some(dataset.into());
        self
    }

    /// Voxels along (z, y, x), for raw bytes.
    pub fn with_shape(mut self, shape: [usize; 3]) -> Self {
        self.options.shape = Some(shape);
        self
    }

    /// Labels that are kept apart where there are too many; see [`ReadOptions::kept_labels`].
    pub fn with_kept_labels(mut self, labels: Vec<i64>) -> Self {
        self.options.kept_labels = labels;
        self
    }

    /// A label for voxels that hold no finite number; see [`ReadOptions::nan_label`].
    pub fn with_nan_label(mut self, label: Option<i64>) -> Self {
        self.options.nan_label = label;
        self
    }

    /// What the file does not say of itself.
    pub fn with_options(mut self, options: ReadOptions) -> Self {
        self.options = options;
        self
    }

    /// Says that a voxel size is given, which is used instead of the one that the file states; none leaves it at that.
    pub fn with_voxel_size(mut self, metres: Option<[f64; 3]>) -> Self {
        self.options.has_voxel_size = metres.is_some();
        self
    }

    /// The file or folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The dataset named, if any.
    pub fn dataset(&self) -> Option<&str> {
        self.dataset.as_deref()
    }

    /// The shape given, (z, y, x), if any.
    pub fn shape(&self) -> Option<[usize; 3]> {
        self.options.shape
    }

    /// What is given besides the path.
    pub fn options(&self) -> &ReadOptions {
        &self.options
    }

    /// The format: a folder is a stack of slices; else a signature in the file decides, then the ending of its name, then
    /// a shape (raw voxels).
    ///
    /// # Errors
    /// Where nothing is there, no format fits, or what is given besides the path does not go with the format.
    pub fn format(&self) -> Result<Format, IoError> {
        let path = || self.path.clone();
        let metadata =
            std::fs::metadata(&self.path).map_err(|error| IoError::os(&self.path, error))?;
        let is_raw = self.options.shape.is_some();
        let format = if metadata.is_dir() {
            Format::Folder
        } else if !metadata.is_file() {
            return Err(IoError::UnknownFormat { path: path() });
        } else if self.is_told_to_be_raw() {
            Format::Raw
        } else if let Some(format) = Format::from_signature(&self.path)? {
            format
        } else if let (Some(format), false) = (foreign(&self.path), is_raw) {
            return Err(IoError::Foreign {
                path: path(),
                format,
            });
        } else if let Some(format) = Format::from_ending(&self.path) {
            format
        } else if is_raw {
            Format::Raw
        } else {
            return Err(IoError::UnknownFormat { path: path() });
        };
        self.check_options(format)?;
        Ok(format)
    }

    /// Whether shape and type, offset or ending say that the file is to be read as raw voxels, whatever it seems to be.
    fn is_told_to_be_raw(&self) -> bool {
        let ReadOptions {
            shape,
            sample_type,
            offset,
            ..
        } = &self.options;
        let is_named_raw = Format::from_ending(&self.path) == Some(Format::Raw);
        shape.is_some() && (is_named_raw || sample_type.is_some() || offset.is_some())
    }

    /// Whether the format can use what is given besides the path.
    fn check_options(&self, format: Format) -> Result<(), IoError> {
        let path = || self.path.clone();
        if let Some(dataset) = &self.dataset
            && (format != Format::Hdf5 || dataset.trim_matches('/').is_empty())
        {
            return Err(IoError::NotADataset {
                path: path(),
                dataset: dataset.clone(),
            });
        }
        if format == Format::Raw {
            return match self.options.shape {
                Some(_) => Ok(()),
                None => Err(IoError::ShapeMissing { path: path() }),
            };
        }
        if let Some(shape) = self.options.shape {
            return Err(IoError::ShapeNotNeeded {
                path: path(),
                format,
                shape,
            });
        }
        let given = [
            ("--type", self.options.sample_type.is_some()),
            ("--offset", self.options.offset.is_some()),
        ];
        match given.into_iter().find(|(_, given)| *given) {
            Some((option, _)) => Err(IoError::RawOption {
                path: path(),
                format,
                option,
            }),
            None => Ok(()),
        }
    }
}

impl From<&str> for VolumeSource {
    /// Splits `FILE:/dataset` at the last colon behind which a file ends that exists; where none does, at the first colon
    /// behind an HDF5 ending.
    fn from(text: &str) -> Self {
        if Path::new(text).exists() {
            return Self::new(text);
        }
        let colons = || text.match_indices(':').map(|(colon, _)| colon);
        let existing = colons()
            .rev()
            .find(|&colon| Path::new(&text[..colon]).is_file());
        let split = existing.or_else(|| {
            colons().find(|&colon| {
                let ending = Path::new(&text[..colon])
                    .extension()
                    .and_then(|ending| ending.to_str());
                ending.is_some_and(|e| HDF5_ENDINGS.contains(&e.to_ascii_lowercase().as_str()))
            })
        });
        match split {
            Some(colon) => Self::new(&text[..colon]).with_dataset(&text[colon + 1..]),
            None => Self::new(text),
        }
    }
}

impl FromStr for VolumeSource {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(text.into())
    }
}

impl fmt::Display for VolumeSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.dataset {
            Some(dataset) => write!(f, "{}:{dataset}", self.path.display()),
            None => write!(f, "{}", self.path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colon_behind_an_hdf5_ending_starts_the_dataset() {
        for (text, path, dataset) in [
            ("a.h5", "a.h5", None),
            ("a.h5:/g/image", "a.h5", Some("/g/image")),
            ("a.h5:image", "a.h5", Some("image")),
            ("a.H5:/b.h5:/c", "a.H5", Some("/b.h5:/c")),
            ("a.h5:", "a.h5", Some("")),
            (
                r"C:\scans\a.hdf5:/image",
                r"C:\scans\a.hdf5",
                Some("/image"),
            ),
            (r"C:\scans\a.tif", r"C:\scans\a.tif", None),
            ("run:2/a.tif", "run:2/a.tif", None),
            ("run:2/a.h5:/image", "run:2/a.h5", Some("/image")),
            ("a.npy:/image", "a.npy:/image", None),
            (".h5:/image", ".h5:/image", None),
            ("", "", None),
        ] {
            let source = VolumeSource::from(text);
            assert_eq!(source.path(), Path::new(path), "{text}");
            assert_eq!(source.dataset(), dataset, "{text}");
            assert_eq!(source.to_string(), text);
        }
    }
}
