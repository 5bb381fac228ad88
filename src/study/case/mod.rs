//! One case, or several side by side: build or read the volume, solve along each axis, measure what is asked for. What comes out
//! is a record without times, so that the same case gives the same bytes whenever and wherever it runs on the host.
//!
//! [`Built`] is a volume, [`solve`] solves many at once as a device likes it, [`record`] says what came of one.

mod cell;
mod described;
mod measured;
mod reaction;
mod stress;

pub use measured::{pores, porosity, surface_porosity};

use crate::{
    Error, Result,
    field::Backend,
    io::Reading,
    microstructure::{Axis, Volume},
    physics::conduction::{
        CURRENT_CLASSES, Conduction, Effective, Question, Solution, solve_batch,
    },
    scenario::{
        Scenario,
        sweep::{Collected, Part},
    },
    solve::{Observer, SolveError},
};
use ndarray::Array3;
use serde_json::{Map, Value, json};

/// A volume, what there is to say about it, and its particle ids.
#[derive(Debug)]
pub struct Built {
    /// The volume and where it comes from.
    pub reading: Reading,
    /// A sentence for everything that could not be built as asked.
    pub notes: Vec<String>,
    grains: Option<Array3<u32>>,
}

/// What is effective along an axis.
#[derive(Debug, Clone)]
pub struct Solved {
    /// The numbers.
    pub effective: Effective,
    /// How many voxels carry how much current ([`Solution::current_classes`]); none of a cell without electrodes.
    pub current: Option<[u64; CURRENT_CLASSES]>,
}

impl Built {
    /// Builds or reads the volume of a scenario.
    ///
    /// # Errors
    /// What reading or building refuses.
    pub fn new(scenario: &Scenario) -> Result<Self> {
        let (reading, notes) = scenario.volume.volume()?;
        Ok(Self {
            reading,
            notes,
            grains: scenario.particle_ids()?,
        })
    }

    fn problem(&self, scenario: &Scenario) -> Result<Conduction<'_>> {
        scenario.problem_with(&self.reading.volume, self.grains.as_ref())
    }
}

impl From<Solution> for Solved {
    fn from(solution: Solution) -> Self {
        Self {
            current: solution.current_classes(),
            effective: solution.effective,
        }
    }
}

/// Runs a case.
///
/// # Errors
/// What reading, building, solving or measuring refuses.
pub fn run(
    scenario: &Scenario,
    collected: &[Collected],
    observer: &mut dyn Observer,
) -> Result<Value> {
    let built = Built::new(scenario)?;
    let solved = solve(&[(scenario, &built)], observer)?.into_iter().next();
    let solved = solved.unwrap_or_else(|| Err(interrupted()))?;
    record((scenario, &built), &solved, collected, observer)
}

/// Solves cases along each of their axes, with the machine of the first. On a device all go through one batch for each tolerance,
/// even one alone, so that what comes out does not depend on what is solved beside it.
///
/// # Errors
/// A device that was demanded and is not there, or the observer's stop; what is wrong with one case is its own.
pub fn solve(
    cases: &[(&Scenario, &Built)],
    observer: &mut dyn Observer,
) -> Result<Vec<Result<Vec<Solved>>>> {
    let is_cell = |(scenario, _): &(&Scenario, &Built)| scenario.transport.boundary.is_cell();
    let on_host = |(scenario, _): &(&Scenario, &Built)| scenario.execution.backend == Backend::Host;
    if cases.iter().any(is_cell) || (cases.len() == 1 && cases.iter().all(on_host)) {
        return one_by_one(cases, observer);
    }
    let tolerance = |place: usize| cases[place].0.transport.relative_error;
    let mut solved: Vec<_> = cases.iter().map(|_| Err(interrupted())).collect();
    let mut rest: Vec<usize> = (0..cases.len()).collect();
    while let Some(&first) = rest.first() {
        let alike = |&place: &usize| tolerance(place) == tolerance(first);
        let (batch, others) = rest.into_iter().partition::<Vec<usize>, _>(alike);
        let own: Vec<_> = batch.iter().map(|&place| cases[place]).collect();
        for (place, outcome) in batch.into_iter().zip(together(&own, observer)?) {
            solved[place] = outcome;
        }
        rest = others;
    }
    Ok(solved)
}

fn one_by_one(
    cases: &[(&Scenario, &Built)],
    observer: &mut dyn Observer,
) -> Result<Vec<Result<Vec<Solved>>>> {
    let mut solved = Vec::with_capacity(cases.len());
    for &(scenario, built) in cases {
        match alone(scenario, built, observer) {
            Err(Error::Solve(SolveError::Interrupted)) => return Err(interrupted()),
            outcome => solved.push(outcome),
        }
    }
    Ok(solved)
}

fn interrupted() -> Error {
    SolveError::Interrupted.into()
}

/// One case, axis by axis; of a cell, what its tensor says of each.
fn alone(scenario: &Scenario, built: &Built, observer: &mut dyn Observer) -> Result<Vec<Solved>> {
    let problem = built.problem(scenario)?;
    let (tolerance, backend) = (scenario.tolerance(), &scenario.execution.backend);
    let axes = scenario.transport.axes.iter();
    if scenario.transport.boundary.is_cell() {
        let tensor = problem.tensor(tolerance, backend, observer)?.tensor;
        let own = |axis: &Axis| Solved {
            effective: tensor.axes[axis.index()].clone(),
            current: None,
        };
        return Ok(axes.map(own).collect());
    }
    axes.map(|&axis| Ok(problem.solve(axis, tolerance, backend, observer)?.into()))
        .collect()
}

/// Cases between electrodes, all axes of all of them in one batch.
fn together(
    cases: &[(&Scenario, &Built)],
    observer: &mut dyn Observer,
) -> Result<Vec<Result<Vec<Solved>>>> {
    let problems: Vec<Result<Conduction<'_>>> = cases
        .iter()
        .map(|&(scenario, built)| built.problem(scenario))
        .collect();
    let axes = |place: usize| &cases[place].0.transport.axes;
    let questions: Vec<Question<'_>> = problems
        .iter()
        .enumerate()
        .filter_map(|(place, problem)| Some((place, problem.as_ref().ok()?)))
        .flat_map(|(place, problem)| axes(place).iter().map(move |&axis| (problem, axis)))
        .collect();
    let first = cases[0].0;
    let asked = (first.tolerance(), &first.execution.backend);
    let mut solutions = solve_batch(&questions, asked, Solved::from, observer)?.into_iter();
    let own = |(place, problem): (usize, Result<Conduction<'_>>)| {
        problem.and_then(|_| solutions.by_ref().take(axes(place).len()).collect())
    };
    Ok(problems.into_iter().enumerate().map(own).collect())
}

/// What came of a case: a document without times.
///
/// # Errors
/// What measuring, and solving for what is asked besides, refuses.
pub fn record(
    (scenario, built): (&Scenario, &Built),
    solved: &[Solved],
    collected: &[Collected],
    observer: &mut dyn Observer,
) -> Result<Value> {
    let volume = &built.reading.volume;
    let mut record = described::describe(scenario, &built.reading);
    let mut results = Vec::new();
    for own in solved {
        let mut numbers = numbers(own, volume);
        numbers.extend(cell::numbers(scenario, volume, &own.effective));
        results.push(Value::from(numbers));
    }
    record.insert("results".to_owned(), results.into());
    record.insert("warnings".to_owned(), json!(built.notes));
    record.extend(measured::porosities(scenario, volume));
    for part in Part::ASKED {
        if !collected.iter().any(|result| result.part() == part) {
            continue;
        }
        record.extend(match part {
            Part::TripleLines => measured::triple_lines(scenario, volume)?,
            Part::Stress => stress::results(scenario, volume, collected, observer)?,
            Part::Reaction => reaction::results(scenario, volume, observer)?,
            // Along each axis, above.
            Part::Cell | Part::Conduction => Map::new(),
        });
    }
    Ok(record.into())
}

/// The numbers of an axis. Area-specific resistance is length over conductivity, in voxels where no size is known.
fn numbers(solved: &Solved, volume: &Volume) -> Map<String, Value> {
    let Solved { effective, current } = solved;
    let axis = effective.axis.index();
    let length = volume.shape()[axis] as f64 * volume.spacing().map_or(1.0, |size| size[axis]);
    tracing::info!(
        axis = effective.axis.name(),
        iterations = effective.iterations,
        seconds = effective.seconds,
        "effective conductivity {} +- {}",
        effective.effective_conductivity,
        effective.error_bound
    );
    object([
        ("axis", effective.axis.name().into()),
        (
            "effective_conductivity",
            number(effective.effective_conductivity),
        ),
        ("error_bound", number(effective.error_bound)),
        (
            "relative_conductivity",
            number(effective.relative_conductivity),
        ),
        ("tortuosity_factor", number(effective.tortuosity_factor)),
        ("macmullin_number", number(effective.macmullin_number)),
        (
            "area_resistance",
            number(length / effective.effective_conductivity),
        ),
        ("conducting_fraction", effective.conducting_fraction.into()),
        (
            "percolating_fraction",
            effective.percolating_fraction.into(),
        ),
        ("iterations", effective.iterations.into()),
        ("adapter", json!(effective.adapter)),
        ("current_classes", json!(current.map(Vec::from))),
    ])
}

fn object<const N: usize>(entries: [(&str, Value); N]) -> Map<String, Value> {
    entries
        .map(|(key, value)| (key.to_owned(), value))
        .into_iter()
        .collect()
}

/// A number, or "inf", which JSON has no number for.
fn number(value: f64) -> Value {
    if value.is_infinite() {
        "inf".into()
    } else {
        value.into()
    }
}
