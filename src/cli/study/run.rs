//! `voxion study run`: read and enumerate, say what has changed, run what is open.

use super::{
    super::{interrupt::Interrupt, resolve::Verbosity, stdout},
    RunArguments, dry, machines,
    monitor::Monitor,
    name,
};
use anyhow::{Result, bail};
use std::{num::NonZeroUsize, thread};
use voxion::{
    field::Backend,
    physics::conduction::Boundary,
    scenario::Scenario,
    study::{self, Changes, Failed, Options, Plan, Store, Summary},
};

/// Bytes per voxel of a case on the host: the solver's peak and the volume; where every face is stored, many more.
const BYTES_PER_VOXEL: u64 = 80;
const BYTES_WITH_FACES: u64 = 318;

/// Bytes of the largest case on the host.
pub(super) fn bytes(plan: &Plan) -> Result<u64> {
    let scenarios = || plan.sweep.points.iter().map(|point| &point.scenario);
    let has_faces = |scenario: &Scenario| {
        scenario.grains.is_some()
            || !scenario.contacts.is_empty()
            || scenario.transport.boundary == Boundary::Periodic
    };
    let each = match scenarios().any(has_faces) {
        true => BYTES_WITH_FACES,
        false => BYTES_PER_VOXEL,
    };
    Ok(voxels(plan)?.saturating_mul(each))
}

/// Runs a study, or a shard of it.
pub(super) fn run(arguments: &RunArguments) -> Result<()> {
    let interrupt = Interrupt::listen()?;
    let mut plan = arguments.place.plan()?;
    machines::settle(arguments, &mut plan)?;
    let options = options(arguments, &plan)?;
    if arguments.dry_run {
        return dry::run(&plan, &arguments.place.folder(), &options, &interrupt);
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

fn options(arguments: &RunArguments, plan: &Plan) -> Result<Options> {
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
        (None, None) => usual_jobs(plan, threads)?,
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
fn usual_jobs(plan: &Plan, threads: NonZeroUsize) -> Result<NonZeroUsize> {
    let host =
        |point: &voxion::scenario::sweep::Point| point.scenario.execution.backend == Backend::Host;
    if !plan.sweep.points.iter().all(host) {
        return Ok(NonZeroUsize::MIN);
    }
    let case = bytes(plan)?.max(1);
    let room = available_bytes().map_or(u64::MAX, |free| free / 5 * 4 / case);
    let jobs = usize::try_from(room)
        .unwrap_or(usize::MAX)
        .min(threads.get());
    Ok(NonZeroUsize::new(jobs).unwrap_or(NonZeroUsize::MIN))
}

/// Voxels of the largest case; of those that come from files, the first is looked at.
fn voxels(plan: &Plan) -> Result<u64> {
    let scenarios = || plan.sweep.points.iter().map(|point| &point.scenario);
    let built = scenarios().filter_map(|scenario| scenario.volume.shape());
    let product = |shape: [usize; 3]| shape.iter().map(|&n| n as u64).product::<u64>();
    match built.map(product).max() {
        Some(voxels) => Ok(voxels),
        None => Ok(scenarios()
            .next()
            .map(read_voxels)
            .transpose()?
            .unwrap_or(0)),
    }
}

fn read_voxels(scenario: &Scenario) -> voxion::Result<u64> {
    let (reading, _) = scenario.volume.volume()?;
    Ok(reading.volume.codes().len() as u64)
}

/// Memory that programs can still take, where the system tells.
fn available_bytes() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
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
