//! `voxion study run`: read and enumerate, say what has changed, run what is open.

use super::{
    super::{interrupt::Interrupt, resolve::Verbosity, stdout},
    RunArguments, dry, machines,
    monitor::Monitor,
    name,
};
use anyhow::{Result, bail};
use indicatif::BinaryBytes;
use std::{collections::BTreeSet, num::NonZeroUsize, thread};
use voxion::{
    field::{Backend, available_bytes},
    study::{self, Changes, Failed, Options, Plan, Store, StudyMemory, Summary},
};

/// Runs a study, or a shard of it.
pub(super) fn run(arguments: &RunArguments) -> Result<()> {
    let interrupt = Interrupt::listen()?;
    let mut plan = arguments.place.plan()?;
    machines::settle(arguments, &mut plan)?;
    let points = plan.sweep.points.iter();
    let ignored: BTreeSet<String> = points.flat_map(|point| point.scenario.ignored()).collect();
    ignored.iter().for_each(|note| say!("warning: {note}"));
    let memory = StudyMemory::of(&plan);
    let options = options(arguments, &plan, memory)?;
    let on_host = memory.filter(|_| is_on_host(&plan));
    if let Some(shortage) = on_host.and_then(|memory| shortage(memory, options.jobs.get())) {
        say!("warning: {shortage}");
    }
    if arguments.dry_run {
        let folder = arguments.place.folder();
        return dry::run(&plan, &folder, &options, memory, &interrupt);
    }
    let store = Store::create(&arguments.place.folder())?;
    for strange in store.tidy()? {
        say!(
            "warning: {} is no result of a study; it is left alone",
            strange.display()
        );
    }
    if let Some(changes) = Changes::since_last_run(&plan, &store)? {
        say!("{}", told(&changes).trim_end());
    }
    let verbosity = Verbosity::from_flag(arguments.quiet || arguments.verbose > 0);
    let monitor = Monitor::new(interrupt, verbosity);
    let outcome = study::run(&plan, &store, &options, &monitor);
    monitor.end();
    conclude(arguments, &plan, &outcome?)
}

fn options(arguments: &RunArguments, plan: &Plan, memory: Option<StudyMemory>) -> Result<Options> {
    let all = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let named = plan
        .sweep
        .points
        .first()
        .and_then(|p| p.scenario.execution.threads);
    let threads = named.and_then(NonZeroUsize::new).unwrap_or(all);
    let machines = machines::devices(plan)?;
    let jobs = match (arguments.jobs, NonZeroUsize::new(machines.len())) {
        (Some(jobs), _) | (None, Some(jobs)) => jobs,
        (None, None) => usual_jobs(plan, threads, memory),
    };
    Ok(Options {
        jobs,
        machines,
        threads: NonZeroUsize::new(threads.get() / jobs).unwrap_or(NonZeroUsize::MIN),
        shard: arguments.shard,
        failed: if arguments.retry {
            Failed::Retry
        } else {
            Failed::Keep
        },
        verbosity: match arguments.verbose {
            0 => study::Verbosity::Silent,
            1 => study::Verbosity::Steps,
            _ => study::Verbosity::Iterations,
        },
    })
}

/// One case per thread, as long as memory holds them; a device has one queue.
fn usual_jobs(plan: &Plan, threads: NonZeroUsize, memory: Option<StudyMemory>) -> NonZeroUsize {
    if !is_on_host(plan) {
        return NonZeroUsize::MIN;
    }
    let fitting = match (memory, available_bytes()) {
        (Some(memory), Some(available)) => memory.cases_in(available),
        _ => usize::MAX,
    };
    NonZeroUsize::new(fitting.min(threads.get())).unwrap_or(NonZeroUsize::MIN)
}

/// True where the host solves every case.
fn is_on_host(plan: &Plan) -> bool {
    let mut points = plan.sweep.points.iter();
    points.all(|point| point.scenario.execution.backend == Backend::Host)
}

/// A warning where so many cases at once are more than there is memory.
fn shortage(memory: StudyMemory, jobs: usize) -> Option<String> {
    let (needed, available) = (memory.at_once(jobs), available_bytes()?);
    let cure = match jobs {
        1 => "run it where there is more",
        _ => "run fewer with --jobs",
    };
    (needed > available).then(|| {
        format!(
            "{jobs} at once take about {}, and {} are available (main memory, control group, address space); {cure}",
            BinaryBytes(needed),
            BinaryBytes(available)
        )
    })
}

/// What has changed since the last run.
pub(super) fn told(changes: &Changes) -> String {
    let lines: String = changes
        .what
        .iter()
        .map(|line| format!("  {line}\n"))
        .collect();
    let consequence = match (changes.new, changes.gone) {
        (0, 0) => "no case is run again".to_owned(),
        (new, 0) => format!("{new} cases are new or different and are run"),
        (new, gone) => format!(
            "{new} cases are new or different and are run; {gone} no longer belong to it, and their results stay unused"
        ),
    };
    format!("the study has changed since it was last run:\n{lines}{consequence}\n")
}

fn conclude(arguments: &RunArguments, plan: &Plan, summary: &Summary) -> Result<()> {
    let done = summary.finished + summary.before;
    let all = done + summary.failed.len();
    let name = name(&arguments.place.file);
    let before = match summary.before {
        0 => String::new(),
        before => format!(", {before} of them before"),
    };
    stdout::print(&format!(
        "{name}: {done} of {all} cases are finished{before}; results in {}\n",
        arguments.place.folder().display()
    ))?;
    if summary.failed.is_empty() {
        return Ok(());
    }
    let (place, reason) = &summary.failed[0];
    bail!(
        "{} of {all} cases failed, the first ({}) because: {reason}; --retry runs them again",
        summary.failed.len(),
        plan.title(*place)
    )
}
