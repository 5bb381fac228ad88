//! What a worker does: claims cases, builds their volumes, solves and measures them, and keeps what came of each.
//!
//! On the host a worker has one case at a time. A device is given small ones together, each of which comes out as it does alone.

use super::{
    Monitor, Options, Plan, State, Store, StudyError, Summary,
    case::{self, Built, Solved},
    log::Log,
    run::Failed,
    store::{Asked, Claim},
    watch::{Watch, guarded},
};
use crate::{
    Error, Result,
    field::Backend,
    io::Reading,
    scenario::Scenario,
    solve::{Observer, SolveError},
};
use rayon::{ThreadPool, ThreadPoolBuilder};
use serde_json::Value;
use std::{
    collections::VecDeque,
    io,
    sync::{Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

/// Threads of one worker, and the machine whose queue it serves.
struct Worker {
    pool: ThreadPool,
    machine: Option<Backend>,
}

/// A case that is claimed and has its volume.
struct Begun {
    place: usize,
    /// With the machine that its worker serves.
    scenario: Scenario,
    claim: Claim,
    log: Log,
    built: Built,
}

/// Voxels and cases that a device is given together; what is killed in between is lost.
const TOGETHER: usize = 1 << 24;
const MOST: usize = 64;

/// Between two looks at a case that another process runs.
const PATIENCE: Duration = Duration::from_millis(50);

/// A study while it runs.
pub(super) struct Running<'a> {
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

impl<'a> Running<'a> {
    pub(super) fn new(
        (plan, store): (&'a Plan, &'a Store),
        (options, monitor): (&'a Options, &'a dyn Monitor),
        open: VecDeque<usize>,
        summary: Summary,
    ) -> Self {
        Self {
            plan,
            store,
            options,
            monitor,
            open: Mutex::new(open),
            summary: Mutex::new(summary),
            broken: Mutex::new(None),
        }
    }

    /// What came of it all, or what kept it from going on.
    pub(super) fn end(self) -> Result<Summary> {
        let (broken, summary) = (self.broken.into_inner(), self.summary.into_inner());
        match broken.unwrap_or_else(PoisonError::into_inner) {
            Some(error) => Err(error),
            None => Ok(summary.unwrap_or_else(PoisonError::into_inner)),
        }
    }

    /// One worker: cases until there is none.
    pub(super) fn work(&self, number: usize) {
        let pool = match ThreadPoolBuilder::new()
            .num_threads(self.options.threads.get())
            .build()
        {
            Ok(pool) => pool,
            Err(error) => {
                let (path, source) = (self.store.folder().to_owned(), io::Error::other(error));
                return self.give_up(StudyError::Folder { path, source }.into());
            }
        };
        let machines = &self.options.machines;
        let machine = machines.get(number % machines.len().max(1)).cloned();
        let worker = Worker { pool, machine };
        while !self.monitor.stopped() && free(&self.broken).is_none() {
            match self.attend(&worker) {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => return self.give_up(error),
            }
        }
    }

    fn give_up(&self, error: Error) {
        free(&self.broken).get_or_insert(error);
    }

    /// Runs the next cases, unless there is none left.
    fn attend(&self, worker: &Worker) -> Result<bool> {
        let batch = self.begin(worker)?;
        if batch.is_empty() {
            return Ok(!free(&self.open).is_empty());
        }
        self.solve(batch, worker)?;
        Ok(true)
    }

    /// Claims and builds the next case; for a device, those after it as well, as long as they are small and other devices
    /// have their share.
    fn begin(&self, worker: &Worker) -> Result<Vec<Begun>> {
        let (mut batch, mut voxels) = (Vec::new(), 0);
        let queues = self.options.machines.len().max(1);
        let share = free(&self.open).len().div_ceil(queues).min(MOST);
        while !self.monitor.stopped() {
            let Some(place) = free(&self.open).pop_front() else {
                break;
            };
            if self.is_settled(place)? {
                continue;
            }
            let Some(claim) = self.claim(place)? else {
                break;
            };
            // Between the first look and the claim somebody may have finished it.
            if self.is_settled(place)? {
                claim.release();
                continue;
            }
            let Some(begun) = self.build(place, claim, worker)? else {
                continue;
            };
            voxels += begun.built.reading.volume.codes().len();
            batch.push(begun);
            let alone = self.scenario(place).execution.backend == Backend::Host;
            if alone || voxels >= TOGETHER || batch.len() >= share {
                break;
            }
        }
        Ok(batch)
    }

    /// The right to run a case; none where another process runs it, which is looked at again later.
    fn claim(&self, place: usize) -> Result<Option<Claim>> {
        match self.store.ask(&self.plan.keys[place])? {
            Asked::Ours(claim) => Ok(Some(claim)),
            Asked::Busy => {
                free(&self.open).push_back(place);
                thread::sleep(PATIENCE);
                Ok(None)
            }
        }
    }

    fn scenario(&self, place: usize) -> &Scenario {
        &self.plan.sweep.points[place].scenario
    }

    /// A case with its volume; one that cannot be built has failed.
    fn build(&self, place: usize, claim: Claim, worker: &Worker) -> Result<Option<Begun>> {
        let key = &self.plan.keys[place];
        let title = self.plan.title(place);
        let log = Log::begin(&self.store.log(key), &title, self.options.verbosity)?;
        let mut scenario = self.scenario(place).clone();
        if let (Some(machine), true) =
            (&worker.machine, scenario.execution.backend != Backend::Host)
        {
            scenario.execution.backend = machine.clone();
        }
        let work = || {
            tracing::info!(case = %key, "{title}");
            if let Some(Backend::Device { name: Some(device) }) = &worker.machine {
                tracing::info!("in the queue of device {device}");
            }
            let built = guarded(|| Built::new(&scenario))?;
            let (reading, notes) = (&built.reading, &built.notes);
            tracing::info!(shape = ?reading.volume.shape(), sha256 = %reading.sha256, "volume: {}", reading.file_type);
            notes.iter().for_each(|note| tracing::warn!("{note}"));
            self.check_input(place, reading)?;
            Ok(built)
        };
        match worker.pool.install(|| log.of(work)) {
            Ok(built) => Ok(Some(Begun {
                place,
                scenario,
                claim,
                log,
                built,
            })),
            Err(error) => self
                .conclude((place, claim, &log), Err(error))
                .map(|()| None),
        }
    }

    /// Solves the cases of a batch and says of each what came of it.
    fn solve(&self, batch: Vec<Begun>, worker: &Worker) -> Result<()> {
        let mut watch = Watch::new(self.monitor);
        let cases: Vec<(&Scenario, &Built)> = batch
            .iter()
            .map(|begun| (&begun.scenario, &begun.built))
            .collect();
        let free_to_choose = |place: usize| self.scenario(place).execution.backend == Backend::Auto;
        let mut work = || {
            let mut solved = guarded(|| case::solve(&cases, &mut watch))?;
            for (own, begun) in solved.iter_mut().zip(&batch) {
                if matches!(own, Err(Error::Gpu(_))) && free_to_choose(begun.place) {
                    *own = on_host(begun, own, &mut watch);
                }
            }
            Ok(solved)
        };
        // Of several cases, iterations are nobody's.
        let solved = worker.pool.install(|| match batch.as_slice() {
            [one] => one.log.of(work),
            _ => work(),
        });
        let solved = match solved {
            Ok(solved) => solved,
            Err(Error::Solve(SolveError::Interrupted)) => return Ok(()),
            Err(error) => {
                let reason = error.to_string();
                return batch
                    .into_iter()
                    .try_for_each(|begun| self.fail(begun.place, begun.claim, &reason));
            }
        };
        batch
            .into_iter()
            .zip(solved)
            .try_for_each(|(begun, solved)| self.measure((begun, solved), &watch.notices, worker))
    }

    /// Measures what was solved and keeps the record.
    fn measure(
        &self,
        (begun, solved): (Begun, Result<Vec<Solved>>),
        notices: &[String],
        worker: &Worker,
    ) -> Result<()> {
        let mut watch = Watch::new(self.monitor);
        let case = (&begun.scenario, &begun.built);
        let work = || {
            let (solved, collected) = (solved?, &self.plan.sweep.collected);
            let mut record = guarded(|| case::record(case, &solved, collected, &mut watch))?;
            if let Some(warnings) = record["warnings"].as_array_mut() {
                let said = notices.iter().chain(&watch.notices).cloned();
                warnings.extend(said.map(Value::from));
            }
            Ok(record)
        };
        let record = worker.pool.install(|| begun.log.of(work));
        self.conclude((begun.place, begun.claim, &begun.log), record)
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

    /// Keeps what came of a case.
    fn conclude(
        &self,
        (place, claim, log): (usize, Claim, &Log),
        outcome: Result<Value>,
    ) -> Result<()> {
        match outcome {
            Ok(record) => {
                log.of(|| tracing::info!("finished"));
                self.store.finish(&self.plan.keys[place], record, claim)?;
                self.settle(place, None);
                Ok(())
            }
            Err(Error::Solve(SolveError::Interrupted)) => {
                claim.release();
                Ok(())
            }
            Err(error) => {
                log.of(|| tracing::error!("{error}"));
                self.fail(place, claim, &error.to_string())
            }
        }
    }

    fn fail(&self, place: usize, claim: Claim, reason: &str) -> Result<()> {
        self.store.fail(&self.plan.keys[place], reason, claim)?;
        self.settle(place, Some(reason.to_owned()));
        Ok(())
    }

    /// What was read is what the case was named after.
    fn check_input(&self, place: usize, reading: &Reading) -> Result<()> {
        let Some(input) = self.scenario(place).volume.file() else {
            return Ok(());
        };
        let path = input.source.path();
        if self.plan.inputs.get(path) == Some(&reading.sha256) {
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

/// A case whose device has no room for it, where the study leaves the choice.
fn on_host(
    begun: &Begun,
    failed: &Result<Vec<Solved>>,
    observer: &mut dyn Observer,
) -> Result<Vec<Solved>> {
    if let Err(error) = failed {
        observer.notice(&format!("the host solves, because {error}"));
    }
    let mut scenario = begun.scenario.clone();
    scenario.execution.backend = Backend::Host;
    let solved = guarded(|| case::solve(&[(&scenario, &begun.built)], observer))?;
    let first = solved.into_iter().next();
    first.unwrap_or_else(|| Err(SolveError::Interrupted.into()))
}
