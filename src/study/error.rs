//! What can go wrong with a study as a whole; what goes wrong with one case is recorded and told at the end.

use std::{io, path::PathBuf};

/// A study cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum StudyError {
    /// The folder for results is something else.
    #[error(
        "{} is not a folder of study results: it holds files but no study.json; name another folder with --results",
        path.display()
    )]
    NotResults {
        /// The folder.
        path: PathBuf,
    },
    /// A file of the results folder cannot be understood.
    #[error("{} is not a result of this program ({reason}); move it elsewhere, and its case is run again", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// What the folder remembers of the study cannot be understood.
    #[error(
        "{} is not what this program keeps of a study ({reason}); move it elsewhere and run the study again, which keeps every finished case",
        path.display()
    )]
    ForeignManifest {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The results folder cannot be used.
    #[error("cannot use {}: {source}; check the folder and its rights", path.display())]
    Folder {
        /// What was to be read or written.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A result cannot be stored.
    #[error("{} cannot be stored: {source}; {}", path.display(), advice(source))]
    NotStored {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A part of the study that does not exist.
    #[error("the shard \"{text}\" is not one; write K/N with K from 1 to N, such as 3/16")]
    Shard {
        /// As typed.
        text: String,
    },
    /// A name that a script of Slurm cannot hold.
    #[error("{what} \"{text}\" holds {why}, which a Slurm script cannot hold; rename it")]
    Script {
        /// "the study file", or the option.
        what: String,
        /// The name, with control characters escaped.
        text: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Fewer GPUs than asked for.
    #[error(
        "GPUs asked for: {wanted}, visible on this machine: {found}; see `voxion devices`, or solve with --backend host"
    )]
    FewGpus {
        /// GPUs asked for.
        wanted: usize,
        /// Real GPUs that are visible.
        found: usize,
    },
    /// An input file that is not what it was when the study began.
    #[error("{} has changed while the study ran; run the study again, which then runs this case anew", path.display())]
    InputChanged {
        /// The file.
        path: PathBuf,
    },
    /// A fault of this program, in one case.
    #[error("this is a fault of voxion: {what}; please report it with the study file")]
    Panic {
        /// What it said.
        what: String,
    },
    /// Nothing to merge.
    #[error("no case of this study is finished; run it with `voxion study run`")]
    NothingFinished,
    /// A table in a format that is not written.
    #[error("{} does not end with .h5, .csv or .parquet; name the file so that its format is clear", path.display())]
    Format {
        /// The file.
        path: PathBuf,
    },
    /// A file of which no report can be made.
    #[error(
        "{} cannot be shown ({reason}); give a file of `voxion study merge`, or one that a run wrote with --fields",
        path.display()
    )]
    NoReport {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A file of merged results that HDF5 or Parquet cannot write.
    #[error("cannot write the table to {}: {reason}; check the folder, its rights and the free space", path.display())]
    Table {
        /// The file.
        path: PathBuf,
        /// What the writer said.
        reason: String,
    },
}

/// What to do about a result that cannot be stored. Those that are stored stay, whatever the reason.
fn advice(error: &io::Error) -> &'static str {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    match error.kind() {
        StorageFull | QuotaExceeded | FileTooLarge => {
            "the disk or a quota is full, but every finished result is kept; make room and run the same command again"
        }
        _ => "every finished result is kept; check the folder and run the same command again",
    }
}

impl StudyError {
    /// Whether the user has to change what was typed, rather than the machine.
    pub fn is_input(&self) -> bool {
        !matches!(
            self,
            Self::NotStored { .. } | Self::Table { .. } | Self::Panic { .. } | Self::FewGpus { .. }
        )
    }
}
