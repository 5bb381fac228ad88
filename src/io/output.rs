//! Writing results so that a file is either complete or not there: under a temporary name in the same folder, renamed
//! when done, removed when anything goes wrong.

use super::{IoError, VolumeSource, header};
use std::{
    collections::BTreeSet,
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
};
use tempfile::{Builder, TempPath};

/// What happens to a file that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Overwrite {
    /// It is kept, and writing is an error.
    #[default]
    Keep,
    /// It is replaced, at the moment when the new one is complete.
    Replace,
}

/// Whether a file can be written, asked before an expensive run. Nothing is left behind.
///
/// # Errors
/// [`IoError::NotAFile`], [`IoError::OutputExists`] and [`IoError::Unwritable`].
pub fn check_writable(path: &Path, overwrite: Overwrite) -> Result<(), IoError> {
    let target = target(path)?;
    if overwrite == Overwrite::Keep && path.symlink_metadata().is_ok() {
        return Err(IoError::OutputExists {
            path: path.to_owned(),
        });
    }
    temporary(&target)
        .map(drop)
        // Its kind alone: the rest is about the temporary name.
        .map_err(|source| unwritable(path, plain(source)))
}

/// Calls `write` with a temporary path beside `path` (same ending), and renames the file when it succeeds. A symbolic link
/// stays, and what it points at is replaced.
///
/// The temporary file exists and is empty when `write` is called, which may also create it anew; it vanishes when
/// `write` fails or panics.
///
/// # Errors
/// Those of [`check_writable`], and what `write` returns.
pub fn write_atomically<T, E: From<IoError>>(
    path: &Path,
    overwrite: Overwrite,
    write: impl FnOnce(&Path) -> Result<T, E>,
) -> Result<T, E> {
    check_writable(path, overwrite)?;
    let target = target(path)?;
    let unwritable = |source| unwritable(path, source);
    let partial = temporary(&target).map_err(|source| unwritable(plain(source)))?;
    let value = write(&partial)?;
    // On disk before the new name is, so that a crash of the machine cannot leave an empty file under it.
    let synced = fs::OpenOptions::new()
        .write(true)
        .open(&partial)
        .and_then(|f| f.sync_all());
    synced.map_err(unwritable)?;
    let renamed = match overwrite {
        Overwrite::Replace => partial.persist(&target),
        Overwrite::Keep => partial.persist_noclobber(&target),
    };
    match renamed.map_err(|error| error.error) {
        Ok(()) => Ok(value),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(IoError::OutputExists {
            path: path.to_owned(),
        }
        .into()),
        Err(error) => Err(unwritable(error).into()),
    }
}

/// Symbolic links that are followed before a path counts as a circle; as many as Linux follows.
const MAX_LINKS: usize = 40;

/// The file that a path names: itself, or what a symbolic link points at, which need not exist.
///
/// # Errors
/// [`IoError::NotAFile`] for devices, pipes, sockets and descriptors under `/proc`, to which `/dev/stdout` leads;
/// [`IoError::Unwritable`] for a circle of links.
fn target(path: &Path) -> Result<PathBuf, IoError> {
    let not_a_file = |kind| IoError::NotAFile {
        path: path.to_owned(),
        kind,
    };
    let mut target = path.to_owned();
    for _ in 0..MAX_LINKS {
        let Ok(next) = target.read_link() else {
            return match target.metadata().map(|data| kind(data.file_type())) {
                Ok(Some(kind)) => Err(not_a_file(kind)),
                _ => Ok(target),
            };
        };
        let folder = folder_of(&target);
        if folder
            .canonicalize()
            .is_ok_and(|it| it.starts_with("/proc"))
        {
            return Err(not_a_file("an open stream of a process"));
        }
        target = folder.join(next);
    }
    let circle = io::Error::new(
        io::ErrorKind::InvalidInput,
        "its symbolic links form a circle",
    );
    Err(unwritable(path, circle))
}

/// A file type in words, where it is neither a regular file nor a folder.
#[cfg(unix)]
fn kind(found: fs::FileType) -> Option<&'static str> {
    use std::os::unix::fs::FileTypeExt;
    [
        (found.is_char_device(), "a character device"),
        (found.is_block_device(), "a block device"),
        (found.is_fifo(), "a named pipe"),
        (found.is_socket(), "a socket"),
    ]
    .into_iter()
    .find_map(|(is, kind)| is.then_some(kind))
}

/// Other systems have no such files under ordinary names.
#[cfg(not(unix))]
fn kind(_found: fs::FileType) -> Option<&'static str> {
    None
}

/// The folder of a file; "." where its name has none.
fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// Endings of images, which a folder of slices takes in.
const IMAGES: [&str; 5] = ["png", "tif", "tiff", "jpg", "jpeg"];

/// Files and folders that a run reads, none of which its outputs may replace or add to.
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    files: BTreeSet<PathBuf>,
}

impl Inputs {
    /// Adds a file or a folder of slices; one that does not exist does no harm.
    pub fn add(&mut self, path: impl Into<PathBuf>) {
        let path = path.into();
        // Voxels that a header beside them describes.
        if let Ok(format) = VolumeSource::new(&path).format()
            && let Ok(Some(data)) = header::data_file(&path, format)
        {
            self.files.insert(data);
        }
        self.files.insert(path);
    }

    /// Whether outputs are distinct, and none is an input, whatever name or hard link it goes by, nor an image in a folder
    /// of slices that is read.
    ///
    /// # Errors
    /// [`IoError::OutputIsInput`], [`IoError::OutputAmongSlices`] and [`IoError::OutputTwice`].
    pub fn check<'a>(&self, outputs: impl IntoIterator<Item = &'a PathBuf>) -> Result<(), IoError> {
        let read: BTreeSet<Identity> = self.files.iter().filter_map(|it| identity(it)).collect();
        let (mut names, mut seen) = (BTreeSet::new(), BTreeSet::new());
        for path in outputs {
            let (found, folder) = (identity(path), folder_of(path));
            if found.as_ref().is_some_and(|found| read.contains(found)) {
                let path = path.clone();
                return Err(IoError::OutputIsInput { path });
            }
            let is_image = path.extension().is_some_and(|ending| {
                IMAGES.contains(&&*ending.to_string_lossy().to_ascii_lowercase())
            });
            if is_image && identity(&folder).is_some_and(|folder| read.contains(&folder)) {
                let path = path.clone();
                return Err(IoError::OutputAmongSlices { path });
            }
            let folder = folder.canonicalize().unwrap_or(folder);
            let name = folder.join(path.file_name().unwrap_or_default());
            if !names.insert(name) || found.is_some_and(|found| !seen.insert(found)) {
                let path = path.clone();
                return Err(IoError::OutputTwice { path });
            }
        }
        Ok(())
    }
}

/// Device and inode of a file.
#[cfg(unix)]
type Identity = [u64; 2];

/// Device and inode of what a path leads to.
#[cfg(unix)]
fn identity(path: &Path) -> Option<Identity> {
    use std::os::unix::fs::MetadataExt;
    let data = path.metadata().ok()?;
    Some([data.dev(), data.ino()])
}

/// The path without links.
#[cfg(not(unix))]
type Identity = PathBuf;

/// The path without links of what is there.
#[cfg(not(unix))]
fn identity(path: &Path) -> Option<Identity> {
    path.canonicalize().ok()
}

/// Letters that a temporary name takes from the name it stands for, and the longest ending it keeps: names end at 255 bytes.
const STEM: usize = 50;
const ENDING: usize = 16;

/// An empty file `.name.XXXXXX.partial.ending` beside `path`, removed when dropped.
fn temporary(path: &Path) -> io::Result<TempPath> {
    let invalid = |text| Err(io::Error::new(io::ErrorKind::InvalidInput, text));
    let (Some(stem), false) = (path.file_stem(), path.is_dir()) else {
        return invalid("it is a folder, not the name of a file");
    };
    let folder = folder_of(path);
    if !folder.is_dir() {
        return invalid("the folder does not exist");
    }
    let stem: String = stem.to_string_lossy().chars().take(STEM).collect();
    let mut suffix = OsString::from(".partial");
    if let Some(ending) = path.extension().filter(|ending| ending.len() <= ENDING) {
        suffix.push(".");
        suffix.push(ending);
    }
    let mut builder = Builder::new();
    let prefix = format!(".{stem}.");
    builder.prefix(&prefix).suffix(&suffix);
    #[cfg(unix)]
    {
        // As any other new file: what the umask leaves, not the owner alone.
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder
        .tempfile_in(folder)
        .map(|file| file.into_temp_path())
}

fn plain(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::InvalidInput => error,
        kind => kind.into(),
    }
}

fn unwritable(path: &Path, source: io::Error) -> IoError {
    IoError::Unwritable {
        path: path.to_owned(),
        source,
    }
}
