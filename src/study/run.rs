//! Runs the cases of a study: a queue, and workers that take from it, each with threads of its own.
//!
//! A result does not depend on the number of workers or threads. A case that fails, even by a panic, is recorded and the
//! others go on; a result that cannot be stored ends the study, because the next could not be stored either.

use super::{Plan, Shard, State, Store, Verbosity, changes, worker::Running};
use crate::{Result, field::Backend, solve::SolveError};
use std::{collections::VecDeque, num::NonZeroUsize, thread};

/// How to run a study.
#[derive(Debug, Clone)]
pub struct Options {
    /// Cases at once.
    pub jobs: NonZeroUsize,
    /// Where cases that a device may solve go, a queue each; empty leaves it to their scenarios.
    pub machines: Vec<Backend>,
    /// Threads of each.
    pub threads: NonZeroUsize,
    /// Which part of the study.
    pub shard: Shard,
    /// Whether cases that failed are run again.
    pub failed: Failed,
    /// How much is said on stderr.
    pub verbosity: Verbosity,
}

/// What becomes of cases that have failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failed {
    /// They stay as they are.
    Keep,
    /// They are run again.
    Retry,
}

/// Watches a study; called from several threads.
pub trait Monitor: Sync {
    /// So many cases are to be run; so many were finished before.
    fn begin(&self, open: usize, finished: usize);
    /// A case is settled: finished, or failed for a reason.
    fn settled(&self, title: &str, reason: Option<&str>);
    /// Whether to stop.
    fn stopped(&self) -> bool;
}

/// What came of running a study.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Cases finished by this or another process while it ran.
    pub finished: usize,
    /// Cases that were finished before.
    pub before: usize,
    /// Cases that failed, now or before: their place, and why.
    pub failed: Vec<(usize, String)>,
}

/// Runs what is open of a study, or of a shard of it.
///
/// # Errors
/// [`SolveError::Interrupted`] where the monitor stops it; a folder that cannot be used, a result that cannot be stored.
pub fn run(
    plan: &Plan,
    store: &Store,
    options: &Options,
    monitor: &dyn Monitor,
) -> Result<Summary> {
    changes::remember(plan, store)?;
    let mut summary = Summary::default();
    let mut open = VecDeque::new();
    for place in plan.cases(options.shard) {
        match store.state(&plan.keys[place])? {
            State::Finished(_) => summary.before += 1,
            State::Failed(reason) if options.failed == Failed::Keep => {
                summary.failed.push((place, reason));
            }
            State::Open | State::Failed(_) => open.push_back(place),
        }
    }
    monitor.begin(open.len(), summary.before);
    let workers = options.jobs.get().min(open.len());
    let study = Running::new((plan, store), (options, monitor), open, summary);
    thread::scope(|scope| {
        for worker in 0..workers {
            let study = &study;
            scope.spawn(move || study.work(worker));
        }
    });
    let mut summary = study.end()?;
    if monitor.stopped() {
        return Err(SolveError::Interrupted.into());
    }
    summary.failed.sort_unstable();
    Ok(summary)
}
