//! The folder of results: finished cases, failed ones, locks. Every file is complete or not there, and the lock of a case
//! belongs to the operating system, which takes it back from a process that dies.

use super::StudyError;
use crate::{
    Error, Result,
    io::{IoError, Overwrite, write_atomically},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::{
    fs::{self, File, TryLockError},
    io::ErrorKind,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

/// What is known of a case.
#[derive(Debug, Clone, PartialEq)]
pub enum State {
    /// Neither finished nor failed.
    Open,
    /// Its record.
    Finished(Value),
    /// Why.
    Failed(String),
}

/// A folder of results.
#[derive(Debug, Clone)]
pub struct Store {
    folder: PathBuf,
}

/// The right to run a case, as long as it lives.
#[derive(Debug)]
pub(super) struct Claim {
    _lock: File,
    path: PathBuf,
}

/// What came of asking for a case.
#[derive(Debug)]
pub(super) enum Asked {
    /// It is ours.
    Ours(Claim),
    /// Another process runs it.
    Busy,
}

const PARTS: [&str; 5] = ["cases", "failed", "locks", "logs", "slurm"];
const MANIFEST: &str = "study.json";
/// The lock of the study's own file, beside those of cases.
const STUDY_LOCK: &str = "study";

impl Store {
    /// A folder that is there and holds results of a study.
    ///
    /// # Errors
    /// [`StudyError::NotResults`] and [`StudyError::Folder`].
    pub fn open(folder: &Path) -> Result<Option<Self>> {
        let store = Self {
            folder: folder.to_owned(),
        };
        match fs::read_dir(folder) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(source) => Err(store.unusable(folder, source)),
            Ok(mut entries) => {
                // Between its making and its first file, a folder is empty but for its parts.
                let strange = entries.any(|entry| {
                    entry.is_ok_and(|entry| {
                        let name = entry.file_name();
                        let name = name.to_string_lossy();
                        !PARTS.contains(&&*name) && !name.starts_with(".study.")
                    })
                });
                // Asked for after the listing: another process may write it, and more, at this moment.
                match store.manifest_path().is_file() {
                    true => Ok(Some(store)),
                    false if strange => Err(StudyError::NotResults {
                        path: folder.to_owned(),
                    }
                    .into()),
                    false => Ok(None),
                }
            }
        }
    }

    /// The folder, made where it is missing.
    ///
    /// # Errors
    /// Those of [`Store::open`].
    pub fn create(folder: &Path) -> Result<Self> {
        Self::open(folder)?;
        let store = Self {
            folder: folder.to_owned(),
        };
        for part in &PARTS[..4] {
            let path = folder.join(part);
            fs::create_dir_all(&path).map_err(|source| store.unusable(&path, source))?;
        }
        Ok(store)
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The log of a case.
    pub fn log(&self, key: &str) -> PathBuf {
        self.folder.join("logs").join(format!("{key}.log"))
    }

    fn unusable(&self, path: &Path, source: std::io::Error) -> Error {
        StudyError::Folder {
            path: path.to_owned(),
            source,
        }
        .into()
    }

    pub(super) fn manifest_path(&self) -> PathBuf {
        self.folder.join(MANIFEST)
    }

    fn file(&self, part: &str, key: &str) -> PathBuf {
        self.folder.join(part).join(format!("{key}.json"))
    }

    /// What is known of a case.
    ///
    /// # Errors
    /// [`StudyError::Foreign`] where its file is no result, [`StudyError::Folder`].
    pub fn state(&self, key: &str) -> Result<State> {
        if let Some(record) = self.record("cases", key)? {
            return Ok(State::Finished(record));
        }
        Ok(match self.record("failed", key)? {
            Some(record) => State::Failed(record["reason"].as_str().unwrap_or_default().to_owned()),
            None => State::Open,
        })
    }

    fn record(&self, part: &str, key: &str) -> Result<Option<Value>> {
        let path = self.file(part, key);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(self.unusable(&path, source)),
        };
        let foreign = |reason: String| StudyError::Foreign {
            path: path.clone(),
            reason,
        };
        let text = String::from_utf8(bytes).map_err(|error| foreign(error.to_string()))?;
        let record: Value =
            serde_json::from_str(&text).map_err(|error| foreign(error.to_string()))?;
        if record["case"].as_str() != Some(key) {
            return Err(foreign("it is about another case".to_owned()).into());
        }
        match sealed(&text) {
            Some(sum) if record[CHECKSUM].as_str() == Some(&sum) => Ok(Some(record)),
            _ => {
                Err(foreign("its content has been changed: the checksum differs".to_owned()).into())
            }
        }
    }

    /// Whether a case is finished, without reading it.
    pub(super) fn is_finished(&self, key: &str) -> bool {
        self.file("cases", key).is_file()
    }

    /// Whether a case has failed, without reading why.
    pub(super) fn has_failed(&self, key: &str) -> bool {
        self.file("failed", key).is_file()
    }

    /// Whether a process runs this case now.
    ///
    /// # Errors
    /// [`StudyError::Folder`].
    pub fn is_running(&self, key: &str) -> Result<bool> {
        if !self.folder.join("locks").join(key).is_file() {
            return Ok(false);
        }
        match self.ask(key)? {
            Asked::Busy => Ok(true),
            Asked::Ours(claim) => {
                claim.release();
                Ok(false)
            }
        }
    }

    /// Asks for the right to run a case; does not wait.
    pub(super) fn ask(&self, key: &str) -> Result<Asked> {
        let path = self.folder.join("locks").join(key);
        loop {
            if !is_own_lock(&path) {
                let reason = "a lock of this program is an empty file".to_owned();
                return Err(StudyError::Foreign { path, reason }.into());
            }
            let lock = own_file(&path, Content::Kept);
            let lock = lock.map_err(|source| self.unusable(&path, source))?;
            match lock.try_lock() {
                Ok(()) if is_at(&lock, &path) => {
                    return Ok(Asked::Ours(Claim { _lock: lock, path }));
                }
                // Its owner took it away between our two steps.
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Ok(Asked::Busy),
                Err(TryLockError::Error(source)) => return Err(self.unusable(&path, source)),
            }
        }
    }

    /// Keeps the record of a finished case, by whoever holds its claim.
    pub(super) fn finish(&self, key: &str, mut record: Value, claim: Claim) -> Result<()> {
        identify(&mut record, key);
        self.keep_sealed(&self.file("cases", key), record)?;
        let failed = self.file("failed", key);
        if failed.is_file() {
            fs::remove_file(&failed).map_err(|source| self.unusable(&failed, source))?;
        }
        claim.release();
        Ok(())
    }

    /// Keeps the reason why a case failed.
    pub(super) fn fail(&self, key: &str, reason: &str, claim: Claim) -> Result<()> {
        let mut record = json!({ "reason": reason });
        identify(&mut record, key);
        self.keep_sealed(&self.file("failed", key), record)?;
        claim.release();
        Ok(())
    }

    /// Writes a record with the checksum of its text.
    fn keep_sealed(&self, path: &Path, mut record: Value) -> Result<()> {
        record[CHECKSUM] = "".into();
        let sum = sealed(&written(&record)).unwrap_or_default();
        record[CHECKSUM] = sum.into();
        self.keep(path, &record)
    }

    /// Writes a document so that it is complete or not there.
    pub(super) fn keep(&self, path: &Path, document: &Value) -> Result<()> {
        let text = written(document);
        if fs::symlink_metadata(path).is_ok_and(|found| !found.is_file()) {
            let (path, reason) = (path.to_owned(), "it is a link or a folder".to_owned());
            return Err(StudyError::Foreign { path, reason }.into());
        }
        let stored: std::result::Result<(), IoError> =
            write_atomically(path, Overwrite::Replace, |temporary| {
                fs::write(temporary, &text).map_err(|source| IoError::Unwritable {
                    path: path.to_owned(),
                    source,
                })
            });
        stored.map_err(|error| match error {
            IoError::Unwritable { path, source } => StudyError::NotStored { path, source }.into(),
            other => other.into(),
        })
    }

    /// Removes what killed processes left half-written, and returns the names of files that are nobody's.
    ///
    /// # Errors
    /// [`StudyError::Folder`].
    pub fn tidy(&self) -> Result<Vec<PathBuf>> {
        let mut strange = Vec::new();
        for path in self
            .entries("cases")?
            .into_iter()
            .chain(self.entries("failed")?)
        {
            match kind(&path) {
                Kind::Record(key) if self.is_finished(&key) && path != self.file("cases", &key) => {
                    // It was finished by a process that did not live to take the old failure away.
                    self.remove_of(&key, &path)?;
                }
                Kind::Record(_) => {}
                Kind::Partial(key) => self.remove_of(&key, &path)?,
                Kind::Strange => strange.push(path),
            }
        }
        for lock in self.entries("locks")? {
            let name = lock.file_name().and_then(|name| name.to_str());
            match name {
                Some(name) if (is_key(name) || name == STUDY_LOCK) && is_own_lock(&lock) => {
                    if let Asked::Ours(claim) = self.ask(name)? {
                        claim.release();
                    }
                }
                _ => strange.push(lock),
            }
        }
        strange.sort();
        Ok(strange)
    }

    /// The files of a part of the folder.
    fn entries(&self, part: &str) -> Result<Vec<PathBuf>> {
        let folder = self.folder.join(part);
        let unusable = |source| self.unusable(&folder, source);
        let entries = fs::read_dir(&folder).map_err(unusable)?;
        let path = |entry: std::io::Result<fs::DirEntry>| Ok(entry.map_err(unusable)?.path());
        entries.map(path).collect()
    }

    /// Calls `write` as the only process that changes the study's own file, without what earlier ones left half-written.
    pub(super) fn with_manifest(&self, write: impl FnOnce() -> Result<()>) -> Result<()> {
        let claim = loop {
            match self.ask(STUDY_LOCK)? {
                Asked::Ours(claim) => break claim,
                Asked::Busy => thread::sleep(Duration::from_millis(10)),
            }
        };
        for path in self.entries("")? {
            let name = path.file_name().and_then(|name| name.to_str());
            if name
                .is_some_and(|name| name.starts_with(".study.") && name.ends_with(".partial.json"))
            {
                fs::remove_file(&path).map_err(|source| self.unusable(&path, source))?;
            }
        }
        let written = write();
        claim.release();
        written
    }

    /// What is left of a case belongs to whoever holds its claim; without one it is waste.
    fn remove_of(&self, key: &str, path: &Path) -> Result<()> {
        let Asked::Ours(claim) = self.ask(key)? else {
            return Ok(());
        };
        match fs::remove_file(path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(self.unusable(path, error));
            }
            _ => {}
        }
        claim.release();
        Ok(())
    }
}

impl Claim {
    /// Gives the right back.
    pub(super) fn release(self) {
        drop(self);
    }
}

impl Drop for Claim {
    /// Takes the lock's file away before the lock ends. Whoever opened that file before finds, once it has the lock, that it
    /// is no longer the one under that name, and asks again.
    fn drop(&mut self) {
        if cfg!(unix) {
            // A lock file that stays does no harm.
            drop(fs::remove_file(&self.path));
        }
    }
}

/// True where a lock is an empty file or missing: nothing else is ever opened or removed.
fn is_own_lock(path: &Path) -> bool {
    match fs::symlink_metadata(path) {
        Ok(found) => found.is_file() && found.len() == 0,
        Err(_) => true,
    }
}

/// The fate of the content of a file that is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    /// It stays.
    Kept,
    /// It goes.
    Emptied,
}

/// Opens a file of the folder for writing, and makes it where it is missing. A link is not followed: in a folder that several people
/// share it may lead to a file of somebody else.
pub(super) fn own_file(path: &Path, content: Content) -> std::io::Result<File> {
    let mut options = fs::OpenOptions::new();
    options
        .write(true)
        .create(true)
        .truncate(content == Content::Emptied);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        let flags = rustix::fs::OFlags::NOFOLLOW.bits();
        options.custom_flags(i32::try_from(flags).unwrap_or(0));
    }
    options.open(path)
}

/// Whether an open file is the one under a name.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let identity = |data: fs::Metadata| (data.dev(), data.ino());
    match (file.metadata(), fs::metadata(path)) {
        (Ok(open), Ok(named)) => identity(open) == identity(named),
        _ => false,
    }
}

/// Elsewhere lock files stay.
#[cfg(not(unix))]
fn is_at(_file: &File, _path: &Path) -> bool {
    true
}

/// The text of a document.
fn written(document: &Value) -> String {
    format!("{document:#}\n")
}

/// The key of a record with the checksum of its text.
const CHECKSUM: &str = "checksum";

/// SHA-256 of the text of a record without the line of its checksum; none without that line.
fn sealed(text: &str) -> Option<String> {
    let start = format!("\n  \"{CHECKSUM}\": ");
    let at = text.find(&start)?;
    let end = at + 1 + text[at + 1..].find('\n')?;
    let mut hash = Sha256::new();
    hash.update(&text[..at]);
    hash.update(&text[end..]);
    let sum: String = hash
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    Some(format!("sha256:{sum}"))
}

/// Which case and which program a document is of.
fn identify(record: &mut Value, key: &str) {
    record["case"] = key.into();
    record["voxion"] = env!("CARGO_PKG_VERSION").into();
}

enum Kind {
    Record(String),
    Partial(String),
    Strange,
}

/// True for the key of a case.
fn is_key(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// What a file of results is by its name: `KEY.json`, or `.KEY.XXXXXX.partial.json` on the way to it.
fn kind(path: &Path) -> Kind {
    let name = path
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    let parts: Vec<&str> = name.split('.').collect();
    match parts.as_slice() {
        [key, "json"] if is_key(key) => Kind::Record((*key).to_owned()),
        ["", key, _, "partial", "json"] if is_key(key) => Kind::Partial((*key).to_owned()),
        _ => Kind::Strange,
    }
}
