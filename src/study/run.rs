//! Runs the cases of a study: a queue, and workers that take from it, each with threads of its own.
//!
//! A result does not depend on the number of workers or threads. A case that fails, even by a panic, is recorded and the
//! others go on; a result that cannot be stored ends the study, because the next could not be stored either.

use super::{
    Plan, Shard, State, Store, StudyError, Verbosity, case, changes,
    log::with_log,
    store::{Asked, Claim},
};
use crate::{
    Error, Result,
    solve::{Continue, Observer, Progress, SolveError},
};
use rayon::{ThreadPool, ThreadPoolBuilder};
use serde_json::Value;
use std::{
    collections::VecDeque,
    io,
    num::NonZeroUsize,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

/// How to run a study.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Cases at once.
    pub jobs: NonZeroUsize,
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

/// Between two looks at a case that another process runs.
const PATIENCE: Duration = Duration::from_millis(50);

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
    let study = Running {
        plan,
        store,
        options,
        monitor,
        open: Mutex::new(open),
        summary: Mutex::new(summary),
        broken: Mutex::new(None),
    };
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| study.work());
        }
    });
    if let Some(error) = free(&study.broken).take() {
        return Err(error);
    }
    if monitor.stopped() {
        return Err(SolveError::Interrupted.into());
    }
    let mut summary = study
        .summary
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    summary.failed.sort_unstable();
    Ok(summary)
}

/// A study while it runs.
struct Running<'a> {
    plan: &'a Plan,
    store: &'a Store,
    options: &'a Options,
    monitor: &'a dyn Monitor,
    open: Mutex<VecDeque<usize>>,
    summary: Mutex<Summary>,
    broken: Mutex<Option<Error>>,
}

/// Workers do not panic while they hold a lock; if one did, the others go on.
fn free<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Running<'_> {
    /// One worker: cases until there is none.
    fn work(&self) {
        let pool = match ThreadPoolBuilder::new()
            .num_threads(self.options.threads.get())
            .build()
        {
            Ok(pool) => pool,
            Err(error) => {
                let (path, source) = (self.store.folder().to_owned(), io::Error::other(error));
                return self.end(StudyError::Folder { path, source }.into());
            }
        };
        while !self.monitor.stopped() && free(&self.broken).is_none() {
            let Some(place) = free(&self.open).pop_front() else {
                return;
            };
            if let Err(error) = self.attend(place, &pool) {
                return self.end(error);
            }
        }
    }

    fn end(&self, error: Error) {
        free(&self.broken).get_or_insert(error);
    }

    /// Runs a case, unless somebody has done or is doing it; in the latter case it is looked at again later.
    fn attend(&self, place: usize, pool: &ThreadPool) -> Result<()> {
        let key = &self.plan.keys[place];
        if self.is_settled(place)? {
            return Ok(());
        }
        let Asked::Ours(claim) = self.store.ask(key)? else {
            free(&self.open).push_back(place);
            thread::sleep(PATIENCE);
            return Ok(());
        };
        // Between the first look and the claim somebody may have finished it.
        if self.is_settled(place)? {
            claim.release();
            return Ok(());
        }
        self.solve(place, pool, claim)
    }

    fn is_settled(&self, place: usize) -> Result<bool> {
        let key = &self.plan.keys[place];
        if self.store.is_finished(key) {
            self.settle(place, None);
            return Ok(true);
        }
        if self.options.failed == Failed::Keep
            && self.store.has_failed(key)
            && let State::Failed(reason) = self.store.state(key)?
        {
            self.settle(place, Some(reason));
            return Ok(true);
        }
        Ok(false)
    }

    fn solve(&self, place: usize, pool: &ThreadPool, claim: Claim) -> Result<()> {
        let (key, title) = (&self.plan.keys[place], self.plan.title(place));
        // The log is that of the thread in which the case runs.
        let outcome = pool.install(|| {
            with_log(&self.store.log(key), self.options.verbosity, || {
                tracing::info!(case = %key, "{title}");
                let outcome = self.guarded(place);
                match &outcome {
                    Ok(_) => tracing::info!("finished"),
                    Err(error) => tracing::error!("{error}"),
                }
                outcome
            })
        })?;
        match outcome {
            Ok(record) => {
                self.store.finish(key, record, claim)?;
                self.settle(place, None);
            }
            Err(Error::Solve(SolveError::Interrupted)) => claim.release(),
            Err(error) => {
                let reason = error.to_string();
                self.store.fail(key, &reason, claim)?;
                self.settle(place, Some(reason));
            }
        }
        Ok(())
    }

    /// The case; a panic is a failure of it alone.
    fn guarded(&self, place: usize) -> Result<Value> {
        let scenario = &self.plan.sweep.points[place].scenario;
        let mut watch = Watch {
            monitor: self.monitor,
            notices: Vec::new(),
        };
        let run = || case::run(scenario, &self.plan.sweep.collected, &mut watch);
        let mut record = catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| {
            Err(StudyError::Panic {
                what: words(&*panic),
            }
            .into())
        })?;
        self.check_input(place, &record)?;
        if let Some(warnings) = record["warnings"].as_array_mut() {
            warnings.extend(watch.notices.into_iter().map(Value::from));
        }
        Ok(record)
    }

    /// What was read is what the case was named after.
    fn check_input(&self, place: usize, record: &Value) -> Result<()> {
        let Some(input) = self.plan.sweep.points[place].scenario.volume.file() else {
            return Ok(());
        };
        let path = input.source.path();
        let expected = self
            .plan
            .inputs
            .get(path)
            .map(|sum| format!("sha256:{sum}"));
        if record["input"]["checksum"].as_str() == expected.as_deref() {
            return Ok(());
        }
        let path = path.to_owned();
        Err(StudyError::InputChanged { path }.into())
    }

    fn settle(&self, place: usize, reason: Option<String>) {
        self.monitor
            .settled(&self.plan.title(place), reason.as_deref());
        let mut summary = free(&self.summary);
        match reason {
            None => summary.finished += 1,
            Some(reason) => summary.failed.push((place, reason)),
        }
    }
}

/// What a panic said.
fn words(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
    text.unwrap_or_else(|| "no message".to_owned())
}

/// Listens to the solve of a case.
struct Watch<'a> {
    monitor: &'a dyn Monitor,
    notices: Vec<String>,
}

impl Observer for Watch<'_> {
    fn progress(&mut self, progress: &Progress) -> Continue {
        tracing::debug!(
            iterations = progress.iterations,
            residual = progress.residual,
            error_bound = progress.error_bound,
        );
        match self.monitor.stopped() {
            true => Continue::No,
            false => Continue::Yes,
        }
    }

    fn notice(&mut self, sentence: &str) {
        tracing::warn!("{sentence}");
        self.notices.push(sentence.to_owned());
    }
}
