//! What a user types for a volume, and which format that is.

use super::IoError;
use std::{
    convert::Infallible,
    fmt,
    fs::File,
    io::Read,
    path::{Path, PathBuf},
    str::FromStr,
};

/// Endings of HDF5 files; a colon right behind one of them starts the path of a dataset.
const HDF5_ENDINGS: [&str; 6] = ["h5", "hdf5", "hdf", "he5", "nxs", "vtkhdf"];

/// Endings of formats that other programs write and this one does not read, and what they are.
const FOREIGN: [(&str, &str); 9] = [
    ("vti", "a VTK image"),
    ("vtk", "a legacy VTK file"),
    ("dream3d", "a DREAM.3D file"),
    ("mhd", "a MetaImage"),
    ("mha", "a MetaImage"),
    ("nrrd", "an NRRD file"),
    ("nii", "a NIfTI image"),
    ("am", "an Amira mesh"),
    ("vol", "a raw volume of unknown type"),
];

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
    /// One byte per voxel and nothing else, x fastest.
    Raw,
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
            other => HDF5_ENDINGS.contains(&other).then_some(Self::Hdf5),
        }
    }

    /// What a name asks to be written.
    ///
    /// # Errors
    /// [`IoError::UnknownOutput`].
    pub(super) fn of_output(path: &Path) -> Result<Self, IoError> {
        let written = |format: &Self| !matches!(format, Self::Png | Self::Jpeg | Self::Folder);
        Self::from_ending(path)
            .filter(written)
            .ok_or_else(|| IoError::UnknownOutput {
                path: path.to_owned(),
            })
    }

    /// From the first bytes of a file.
    fn from_signature(path: &Path) -> Result<Option<Self>, IoError> {
        let mut head = Vec::new();
        File::open(path)
            .and_then(|file| file.take(8).read_to_end(&mut head))
            .map_err(|error| IoError::os(path, error))?;
        Ok(match head.as_slice() {
            [0x89, b'H', b'D', b'F', ..] => Some(Self::Hdf5),
            [0x89, b'P', b'N', b'G', ..] => Some(Self::Png),
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [b'I', b'I', 42 | 43, 0, ..] | [b'M', b'M', 0, 42 | 43, ..] => Some(Self::Tiff),
            [0x93, b'N', b'U', b'M', b'P', b'Y', ..] => Some(Self::Npy),
            _ => None,
        })
    }
}

/// A volume on disk: a path, and for some formats what the path alone does not say.
///
/// As text: `file.h5`, `file.h5:/path/to/dataset`, `stack.tif`, `slices/`, `volume.npy`, `volume.raw`. The path of a
/// dataset starts behind the first colon that follows an HDF5 ending; every other colon belongs to the file's name,
/// so `C:\scans\a.h5:/image` and `run:2/a.tif` mean what they say.
///
/// ```
/// use voxion::io::VolumeSource;
/// let source: VolumeSource = "scan.h5:/exchange/data".into();
/// assert_eq!(source.path().to_str(), Some("scan.h5"));
/// assert_eq!(source.dataset(), Some("/exchange/data"));
/// let raw = VolumeSource::from("volume.raw").with_shape([50, 100, 100]);
/// assert_eq!(raw.shape(), Some([50, 100, 100]));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VolumeSource {
    path: PathBuf,
    dataset: Option<String>,
    shape: Option<[usize; 3]>,
}

impl VolumeSource {
    /// A file or folder, whatever characters its name has.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            dataset: None,
            shape: None,
        }
    }

    /// The dataset of an HDF5 file to read.
    pub fn with_dataset(mut self, dataset: impl Into<String>) -> Self {
        self.dataset = Some(dataset.into());
        self
    }

    /// Voxels along (z, y, x), for raw bytes.
    pub fn with_shape(mut self, shape: [usize; 3]) -> Self {
        self.shape = Some(shape);
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
        self.shape
    }

    /// The format: a folder is a stack of slices; else the ending of the name decides, then a shape (raw bytes), then
    /// the first bytes of the file.
    ///
    /// # Errors
    /// Where nothing is there, no format fits, or dataset or shape do not go with the format.
    pub fn format(&self) -> Result<Format, IoError> {
        let path = || self.path.clone();
        let metadata =
            std::fs::metadata(&self.path).map_err(|error| IoError::os(&self.path, error))?;
        let format = if metadata.is_dir() {
            Format::Folder
        } else if !metadata.is_file() {
            return Err(IoError::UnknownFormat { path: path() });
        } else if let (Some(format), None) = (foreign(&self.path), self.shape) {
            return Err(IoError::Foreign {
                path: path(),
                format,
            });
        } else if let Some(format) = Format::from_ending(&self.path) {
            format
        } else if self.shape.is_some() {
            Format::Raw
        } else {
            Format::from_signature(&self.path)?
                .ok_or_else(|| IoError::UnknownFormat { path: path() })?
        };
        match (&self.dataset, self.shape) {
            (Some(dataset), _)
                if format != Format::Hdf5 || dataset.trim_matches('/').is_empty() =>
            {
                Err(IoError::NotADataset {
                    path: path(),
                    dataset: dataset.clone(),
                })
            }
            (_, Some(shape)) if format != Format::Raw => Err(IoError::ShapeNotNeeded {
                path: path(),
                format,
                shape,
            }),
            (_, None) if format == Format::Raw => Err(IoError::ShapeMissing { path: path() }),
            _ => Ok(format),
        }
    }
}

impl From<&str> for VolumeSource {
    fn from(text: &str) -> Self {
        let split = text.match_indices(':').find(|&(colon, _)| {
            let ending = Path::new(&text[..colon])
                .extension()
                .and_then(|ending| ending.to_str());
            ending.is_some_and(|e| HDF5_ENDINGS.contains(&e.to_ascii_lowercase().as_str()))
        });
        match split {
            Some((colon, _)) => Self::new(&text[..colon]).with_dataset(&text[colon + 1..]),
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
