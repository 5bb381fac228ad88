//! Solves cases: those that a device likes in one batch together, the others one by one.

use super::{Built, Solved, interrupted};
use crate::{
    Error, Result,
    field::Backend,
    microstructure::Axis,
    physics::conduction::{Conduction, Question, solve_batch},
    scenario::{Coarser, Resolutions, Scenario, ScenarioError},
    solve::{Observer, SolveError},
};

/// Solves cases along each of their axes, with the machine of the first. On a device all go through one batch for each tolerance,
/// even one alone, so that what comes out does not depend on what is solved beside it; cells, and cases at several resolutions,
/// are solved alone.
///
/// # Errors
/// A device that was demanded and is not there, or the observer's stop; what is wrong with one case is its own.
pub fn solve(
    cases: &[(&Scenario, &Built)],
    observer: &mut dyn Observer,
) -> Result<Vec<Result<Vec<Solved>>>> {
    let on_host = |(scenario, _): &(&Scenario, &Built)| scenario.execution.backend == Backend::Host;
    let single = cases.len() == 1 && cases.iter().all(on_host);
    let mut solved: Vec<_> = cases.iter().map(|_| Err(interrupted())).collect();
    let mut rest = Vec::new();
    for (place, &(scenario, built)) in cases.iter().enumerate() {
        if !single && is_batched(scenario) {
            rest.push(place);
            continue;
        }
        solved[place] = match alone(scenario, built, observer) {
            Err(Error::Solve(SolveError::Interrupted)) => return Err(interrupted()),
            outcome => outcome,
        };
    }
    let tolerance = |place: usize| cases[place].0.transport.relative_error;
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

/// Whether a case goes into batches.
fn is_batched(scenario: &Scenario) -> bool {
    let transport = &scenario.transport;
    !transport.boundary.is_cell() && transport.resolutions == Resolutions::One
}

/// One case, at each of its resolutions.
fn alone(scenario: &Scenario, built: &Built, observer: &mut dyn Observer) -> Result<Vec<Solved>> {
    let mut solved = axes((scenario, &built.problem(scenario)?), observer)?;
    let divisible = scenario.check_resolutions(built.reading.volume.shape());
    divisible.map_err(ScenarioError::from)?;
    let mut last: Option<Coarser> = None;
    for _ in 1..scenario.transport.resolutions.count() {
        let (volume, ids) = match &last {
            None => (&built.reading.volume, built.grains.as_ref()),
            Some((volume, ids)) => (volume, ids.as_ref()),
        };
        let Some((volume, ids)) = scenario.coarser(volume, ids) else {
            break;
        };
        let problem = scenario.problem_with(&volume, ids.as_ref())?;
        let more = axes((scenario, &problem), observer)?;
        solved
            .iter_mut()
            .zip(more)
            .for_each(|(own, more)| own.add_coarser(more));
        last = Some((volume, ids));
    }
    Ok(solved)
}

/// One volume, axis by axis; of a cell, what its tensor says of each of the three.
fn axes(
    (scenario, problem): (&Scenario, &Conduction<'_>),
    observer: &mut dyn Observer,
) -> Result<Vec<Solved>> {
    let (tolerance, backend) = (scenario.tolerance(), &scenario.execution.backend);
    if scenario.transport.boundary.is_cell() {
        let tensor = problem.tensor(tolerance, backend, observer)?.tensor;
        let own = |axis: Axis| Solved::of_cell(&tensor, axis);
        return Ok(Axis::ALL.map(own).into());
    }
    let axes = scenario.transport.axes.iter();
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
