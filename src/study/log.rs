//! A log for each case, with times, beside what is shown on stderr.

use super::StudyError;
use std::{fs::File, io::stderr, path::Path, sync::Mutex};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::{Layer, fmt, layer::SubscriberExt, registry};

/// How much of the logs is also shown on stderr.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Verbosity {
    /// Nothing.
    #[default]
    Silent,
    /// Volumes, results, warnings.
    Steps,
    /// Iterations, too.
    Iterations,
}

impl Verbosity {
    fn filter(self) -> LevelFilter {
        match self {
            Self::Silent => LevelFilter::OFF,
            Self::Steps => LevelFilter::INFO,
            Self::Iterations => LevelFilter::DEBUG,
        }
    }
}

/// Does some work whose events go to a file, and to stderr as far as wanted.
///
/// # Errors
/// A file that cannot be made.
pub(super) fn with_log<T>(
    path: &Path,
    verbosity: Verbosity,
    work: impl FnOnce() -> T,
) -> Result<T, StudyError> {
    let file = File::create(path).map_err(|source| StudyError::NotStored {
        path: path.to_owned(),
        source,
    })?;
    let kept = fmt::layer()
        .with_ansi(false)
        .with_target(false)
        .with_writer(Mutex::new(file))
        .with_filter(LevelFilter::DEBUG);
    let shown = fmt::layer()
        .with_ansi(false)
        .with_target(false)
        .with_writer(stderr)
        .with_filter(verbosity.filter());
    let subscriber = registry().with(kept).with(shown);
    Ok(tracing::subscriber::with_default(subscriber, work))
}
