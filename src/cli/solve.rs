//! `voxion solve` and `voxion run`: read, check, solve along each axis, show, write.

use super::{
    advice::{self, Advice},
    files, greys,
    interrupt::Interrupt,
    json, memory,
    progress::Watch,
    resolve::{Form, Show, Verbosity},
    stdout, table,
    trends::{self, Trends},
};
use anyhow::{Context, Result};
use indicatif::BinaryBytes;
use std::time::{Instant, SystemTime};
use voxion::{
    Error,
    field::{Backend, available_bytes},
    io::Reading,
    microstructure::Axis,
    physics::{
        ProblemError,
        conduction::{Conduction, Effective, Memory, Solution, Tensor, TensorSolution},
    },
    scenario::{Scenario, ScenarioError, Worked},
};

/// A run and what came out of it.
pub(crate) struct Outcome<'a> {
    pub(crate) scenario: &'a Scenario,
    pub(crate) reading: &'a Reading,
    pub(crate) read_seconds: f64,
    pub(crate) started: SystemTime,
    pub(crate) results: Vec<Solved>,
    /// All directions together, where the volume is a cell.
    pub(crate) tensor: Option<Tensor>,
    /// The same at coarser resolutions, where that was asked for.
    pub(crate) trends: Option<Trends>,
    /// The electrode at work, where the scenario describes one.
    pub(crate) electrode: Option<Worked>,
    pub(crate) advice: Vec<Advice>,
}

/// The numbers of one axis and what they took.
pub(crate) struct Solved {
    pub(crate) effective: Effective,
    pub(crate) peak_bytes: Option<u64>,
}

impl Outcome<'_> {
    /// The device that solved, where every axis was solved on one.
    pub(crate) fn adapter(&self) -> Option<&str> {
        let adapters: Option<Vec<&str>> = self
            .results
            .iter()
            .map(|solved| solved.effective.adapter.as_deref())
            .collect();
        adapters?.first().copied()
    }
}

/// Runs a scenario and shows what comes out. Results are shown before files are written, so that a full disk costs no
/// number.
pub(crate) fn solve(scenario: &Scenario, show: Show) -> Result<()> {
    let interrupt = Interrupt::listen()?;
    let started = SystemTime::now();
    set_threads(scenario.execution.threads)?;
    files::check(scenario)?;
    let clock = Instant::now();
    let (reading, notes) = scenario.volume.volume()?;
    let grains = scenario.particle_ids(&reading.volume)?;
    let read_seconds = clock.elapsed().as_secs_f64();
    interrupt.check()?;

    let problem = scenario.problem_with(&reading.volume, grains.as_ref())?;
    check(scenario, &problem).map_err(Error::from)?;
    let divisible = scenario.check_resolutions(reading.volume.shape());
    divisible.map_err(|odd| Error::from(ScenarioError::from(odd)))?;
    let mut advice: Vec<Advice> = notes.into_iter().map(Advice::Notice).collect();
    advice.extend(greys::label_doubt(&reading).map(Advice::Notice));
    advice.extend(advice::before(scenario, &reading.volume));
    let expected = expected(scenario, &problem);
    advice.extend(expected.short(&problem));
    advice.iter().for_each(Advice::warn);
    if show.verbosity == Verbosity::Normal {
        expected.show(&scenario.execution.backend);
    }
    memory::check(expected.host, &scenario.execution.backend)?;
    let mut watch = Watch::new(scenario.tolerance(), show.verbosity, interrupt.clone());
    let solved = solve_all(scenario, &problem, &mut watch)?;
    let coarser = trends::solve(
        (scenario, &reading.volume, grains.as_ref()),
        &solved,
        &mut watch,
    )?;
    let electrode = scenario.work(&reading.volume, &mut watch)?;
    advice.extend(watch.into_notices());
    let mut outcome = Outcome {
        scenario,
        reading: &reading,
        read_seconds,
        started,
        results: solved.results,
        tensor: solved.tensor,
        trends: coarser,
        electrode,
        advice,
    };
    add_advice(&mut outcome);
    stdout::print(&match show.form {
        Form::Json => json::outcome(&outcome)?,
        Form::Table => table::outcome(&outcome),
    })?;
    files::write(&outcome, &solved.fields, &interrupt)
}

fn check(scenario: &Scenario, problem: &Conduction<'_>) -> Result<(), ProblemError> {
    if scenario.transport.boundary.is_cell() {
        return problem.check_tensor(scenario.tolerance());
    }
    let mut axes = scenario.transport.axes.iter();
    axes.try_for_each(|&axis| problem.check(axis, scenario.tolerance()))
}

pub(crate) fn set_threads(threads: Option<usize>) -> Result<()> {
    let Some(threads) = threads else {
        return Ok(());
    };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
    pool.build_global()
        .with_context(|| format!("cannot start {threads} threads"))
}

/// Bytes per voxel that each axis behind the first adds where files are made from all of them: potential and current
/// density; 21 measured.
const KEPT: u64 = 24;

/// Whether files are made from the solutions.
fn keeps(scenario: &Scenario) -> bool {
    scenario.output.fields.is_some() || scenario.output.slices.is_some()
}

/// What a run is expected to take on the host, and in which way.
struct Expected {
    host: u64,
    full: u64,
    is_lean: bool,
    device: u64,
}

fn expected(scenario: &Scenario, problem: &Conduction<'_>) -> Expected {
    let Memory {
        host,
        lean,
        device,
        lean_device,
    } = problem.memory_estimate();
    let kept = (scenario.transport.axes.len() as u64 - 1) * KEPT * problem.voxels();
    let kept = if keeps(scenario) { kept } else { 0 };
    let is_lean = problem.is_lean(&scenario.execution.backend);
    Expected {
        host: kept + if is_lean { lean } else { host },
        full: kept + host,
        is_lean,
        device: if is_lean { lean_device } else { device },
    }
}

impl Expected {
    /// Before anything is allocated.
    fn show(&self, backend: &Backend) {
        let host = format!("about {} on the host", BinaryBytes(self.host));
        match backend {
            Backend::Device { .. } if self.is_lean => say!(
                "memory: about {} on a device, lean",
                BinaryBytes(self.device)
            ),
            _ if self.is_lean => say!(
                "memory: {host}, lean (the full solve takes about {})",
                BinaryBytes(self.full)
            ),
            Backend::Host => say!("memory: {host}"),
            _ => say!(
                "memory: {host}, or about {} on a device",
                BinaryBytes(self.device)
            ),
        }
    }

    /// Whether that is more than there is, beside the labels, which are there already.
    fn short(&self, problem: &Conduction<'_>) -> Option<Advice> {
        let available = available_bytes()?.saturating_add(problem.voxels());
        let needed = self.host;
        (needed > available).then_some(Advice::MemoryShort { needed, available })
    }
}

/// What was solved: numbers, and what fields are made from.
pub(crate) struct All {
    pub(crate) results: Vec<Solved>,
    pub(crate) tensor: Option<Tensor>,
    pub(crate) fields: Kept,
}

/// Solutions, kept only where files are made from them.
pub(crate) enum Kept {
    Axes(Vec<Solution>),
    Cell(Option<Box<TensorSolution>>),
}

pub(crate) fn solve_all(
    scenario: &Scenario,
    problem: &Conduction<'_>,
    watch: &mut Watch,
) -> Result<All> {
    if !scenario.transport.boundary.is_cell() {
        let (results, solutions) = solve_axes(scenario, problem, watch)?;
        return Ok(All {
            results,
            tensor: None,
            fields: Kept::Axes(solutions),
        });
    }
    watch.begin(Axis::Z);
    let backend = &scenario.execution.backend;
    let solution = problem.tensor(scenario.tolerance(), backend, watch);
    watch.end();
    let solution = solution?;
    let solved = |effective: &Effective| Solved {
        effective: effective.clone(),
        peak_bytes: memory::peak_bytes(),
    };
    Ok(All {
        results: solution.tensor.axes.iter().map(solved).collect(),
        tensor: Some(solution.tensor.clone()),
        fields: Kept::Cell(keeps(scenario).then(|| Box::new(solution))),
    })
}

/// Solves along each axis.
fn solve_axes(
    scenario: &Scenario,
    problem: &Conduction<'_>,
    watch: &mut Watch,
) -> Result<(Vec<Solved>, Vec<Solution>)> {
    let keep = keeps(scenario);
    let (mut results, mut solutions) = (Vec::new(), Vec::new());
    for &axis in &scenario.transport.axes {
        watch.begin(axis);
        let solution = problem.solve(
            axis,
            scenario.tolerance(),
            &scenario.execution.backend,
            watch,
        );
        watch.end();
        let solution = solution?;
        let effective = solution.effective.clone();
        results.push(Solved {
            effective,
            peak_bytes: memory::peak_bytes(),
        });
        if keep {
            solutions.push(solution);
        }
    }
    Ok((results, solutions))
}

/// Adds what the results suggest, and says it.
fn add_advice(outcome: &mut Outcome<'_>) {
    let tolerance = outcome.scenario.tolerance();
    let mut after = advice::after(&outcome.results, tolerance);
    after.extend(outcome.adapter().and_then(advice::of_adapter));
    after.iter().for_each(Advice::warn);
    outcome.advice.extend(after);
}
