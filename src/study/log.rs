//! A log for each case, with times, beside what is shown on stderr.

use super::{
    StudyError,
    store::{Content, own_file},
};
use std::{fs::File, io::stderr, path::Path, sync::Arc};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::{Layer, filter::filter_fn, fmt, layer::SubscriberExt, registry};

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

/// The log of a case: a file, and as much of it on stderr as is wanted.
#[derive(Debug)]
pub(super) struct Log {
    file: Arc<File>,
    title: String,
    verbosity: Verbosity,
}

impl Log {
    /// Begins the log of a case, in place of an earlier one. On stderr, where cases mix, each line has its title.
    ///
    /// # Errors
    /// A file that cannot be made.
    pub(super) fn begin(
        path: &Path,
        title: &str,
        verbosity: Verbosity,
    ) -> Result<Self, StudyError> {
        let file = own_file(path, Content::Emptied).map_err(|source| StudyError::NotStored {
            path: path.to_owned(),
            source,
        })?;
        Ok(Self {
            file: Arc::new(file),
            title: title.to_owned(),
            verbosity,
        })
    }

    /// Does some work whose events go to the log; the work is that of this thread.
    pub(super) fn of<T>(&self, work: impl FnOnce() -> T) -> T {
        let kept = fmt::layer()
            .with_ansi(false)
            .with_target(false)
            .log_internal_errors(false)
            .with_writer(Arc::clone(&self.file))
            .with_filter(filter_fn(|event| {
                !event.is_span() && *event.level() <= LevelFilter::DEBUG
            }));
        let shown = fmt::layer()
            .with_ansi(false)
            .with_target(false)
            .log_internal_errors(false)
            .with_writer(stderr)
            .with_filter(self.verbosity.filter());
        let subscriber = registry().with(kept).with(shown);
        tracing::subscriber::with_default(subscriber, || {
            tracing::info_span!("case", "{}", self.title).in_scope(work)
        })
    }
}
