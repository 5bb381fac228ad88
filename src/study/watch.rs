//! What a worker puts round the work of a case: panics become failures of it alone, notices are kept, a stop is heeded.

use super::{Monitor, StudyError};
use crate::{
    Result,
    solve::{Continue, Observer, Progress},
};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Some work of a case; a panic is a failure of it alone.
pub(super) fn guarded<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let what = words(&*panic);
        Err(StudyError::Panic { what }.into())
    })
}

/// What a panic said.
fn words(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
    text.unwrap_or_else(|| "no message".to_owned())
}

/// Listens to the solve of a case.
pub(super) struct Watch<'a> {
    monitor: &'a dyn Monitor,
    pub(super) notices: Vec<String>,
}

impl<'a> Watch<'a> {
    pub(super) fn new(monitor: &'a dyn Monitor) -> Self {
        let notices = Vec::new();
        Self { monitor, notices }
    }

    fn go_on(&self) -> Continue {
        match self.monitor.stopped() {
            true => Continue::No,
            false => Continue::Yes,
        }
    }
}

impl Observer for Watch<'_> {
    fn progress(&mut self, progress: &Progress) -> Continue {
        tracing::debug!(
            iterations = progress.iterations,
            residual = progress.residual,
            error_bound = progress.error_bound,
        );
        self.go_on()
    }

    fn solved(&mut self, _done: usize, _all: usize) -> Continue {
        self.go_on()
    }

    fn notice(&mut self, sentence: &str) {
        tracing::warn!("{sentence}");
        self.notices.push(sentence.to_owned());
    }
}
