//! Writing results so that a file is either complete or not there: under a temporary name in the same folder, renamed
//! when done, removed when anything goes wrong.

use super::IoError;
use std::{
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
/// [`IoError::OutputExists`] and [`IoError::Unwritable`].
pub fn check_writable(path: &Path, overwrite: Overwrite) -> Result<(), IoError> {
    if overwrite == Overwrite::Keep && path.symlink_metadata().is_ok() {
        return Err(IoError::OutputExists {
            path: path.to_owned(),
        });
    }
    temporary(path)
        .map(drop)
        // Its kind alone: the rest is about the temporary name.
        .map_err(|source| unwritable(path, plain(source)))
}

/// Calls `write` with a temporary path beside `path` (same ending), and renames the file when it succeeds.
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
    let unwritable = |source| unwritable(path, source);
    let partial = temporary(path).map_err(unwritable)?;
    let value = write(&partial)?;
    // On disk before the new name is, so that a crash of the machine cannot leave an empty file under it.
    let synced = fs::OpenOptions::new()
        .write(true)
        .open(&partial)
        .and_then(|f| f.sync_all());
    synced.map_err(unwritable)?;
    let renamed = match overwrite {
        Overwrite::Replace => partial.persist(path),
        Overwrite::Keep => partial.persist_noclobber(path),
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

/// Whether the file system of `path` has so many bytes left; asked by writers that must not be caught by a full disk in
/// the middle. Where the system does not tell, the answer is yes.
///
/// # Errors
/// A sentence with both numbers.
#[cfg(unix)]
pub fn check_room(path: &Path, needed: u64) -> Result<(), String> {
    let Ok(system) = rustix::fs::statvfs(path) else {
        return Ok(());
    };
    let free = system.f_bavail.saturating_mul(system.f_frsize);
    if free >= needed {
        return Ok(());
    }
    Err(format!(
        "the disk has {free} bytes left, and the next part needs up to {needed}"
    ))
}

/// Other systems do not tell.
#[cfg(not(unix))]
pub fn check_room(_path: &Path, _needed: u64) -> Result<(), String> {
    Ok(())
}

/// An empty file `.name.XXXXXX.partial.ending` beside `path`, removed when dropped.
fn temporary(path: &Path) -> io::Result<TempPath> {
    let invalid = |text| Err(io::Error::new(io::ErrorKind::InvalidInput, text));
    let (Some(stem), false) = (path.file_stem(), path.is_dir()) else {
        return invalid("it is a folder, not the name of a file");
    };
    let folder = match path.parent() {
        Some(parent) if parent != Path::new("") => parent.to_owned(),
        _ => PathBuf::from("."),
    };
    if !folder.is_dir() {
        return invalid("the folder does not exist");
    }
    let mut prefix = OsString::from(".");
    prefix.push(stem);
    prefix.push(".");
    let mut suffix = OsString::from(".partial");
    if let Some(ending) = path.extension() {
        suffix.push(".");
        suffix.push(ending);
    }
    let mut builder = Builder::new();
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
