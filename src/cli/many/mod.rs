//! `voxion solve` with several volumes: one question asked of all of them, solved together, and put into one table.

mod json;
mod table;

use super::{
    advice,
    interrupt::Interrupt,
    json::Input,
    memory,
    progress::Count,
    resolve::{Form, Show},
    solve::{Solved, set_threads},
    stdout,
    table::decisions,
};
use anyhow::{Result, bail};
use std::time::Instant;
use voxion::{
    Error,
    io::Reading,
    physics::conduction::{Conduction, Effective, Question, solve_batch},
    scenario::{Inconsistency, Resolutions, Scenario, ScenarioError},
};

/// Voxels that are held at once; volumes are read, solved and forgotten in portions of so many.
const PORTION: usize = 1 << 26;

/// A volume and what came of it: numbers, or why there are none.
struct Row<'a> {
    scenario: &'a Scenario,
    outcome: Result<Numbers, String>,
    warnings: Vec<String>,
}

/// What came out of a volume.
struct Numbers {
    input: Input,
    read_seconds: f64,
    /// One for each axis.
    results: Vec<Solved>,
}

/// A volume in memory.
struct Read<'a> {
    scenario: &'a Scenario,
    seconds: f64,
    reading: voxion::Result<Reading>,
}

/// Solves what a scenario asks of every volume; there is one scenario for each, alike but for the volume. A volume that fails
/// does not stop the others.
pub(crate) fn solve(scenarios: &[Scenario], show: Show) -> Result<()> {
    let interrupt = Interrupt::listen()?;
    let Some(first) = scenarios.first() else {
        bail!("there is no volume to solve");
    };
    if let Some(what) = of_one_volume(first) {
        let count = scenarios.len();
        let refused = ScenarioError::from(Inconsistency::OfOneVolume { what, count });
        return Err(Error::from(refused).into());
    }
    set_threads(first.execution.threads)?;
    let solves = scenarios.len() * first.transport.axes.len();
    let mut count = Count::new(solves, show.verbosity, interrupt.clone());
    let (mut rows, mut rest) = (Vec::with_capacity(scenarios.len()), scenarios);
    while !rest.is_empty() {
        let read = read(&mut rest, &interrupt)?;
        rows.extend(solve_portion(&read, &mut count)?);
    }
    let notices = count.end();
    stdout::print(&match show.form {
        Form::Json => json::document(&rows, &notices)?,
        Form::Table => table::text(&rows),
    })?;
    match rows.iter().filter(|row| row.outcome.is_err()).count() {
        0 => Ok(()),
        failed => bail!("{failed} of {} volumes failed", rows.len()),
    }
}

/// What is asked for and is of one volume alone.
fn of_one_volume(scenario: &Scenario) -> Option<&'static str> {
    let asked = [
        ("fields", scenario.output.fields.is_some()),
        ("pictures of slices", scenario.output.slices.is_some()),
        ("a tensor", scenario.transport.boundary.is_cell()),
        (
            "an extrapolation",
            scenario.transport.resolutions != Resolutions::One,
        ),
        ("particle ids", scenario.grains.is_some()),
    ];
    asked
        .into_iter()
        .find_map(|(what, asked)| asked.then_some(what))
}

/// The next volumes, as many as may be held at once.
fn read<'a>(rest: &mut &'a [Scenario], interrupt: &Interrupt) -> Result<Vec<Read<'a>>> {
    let (mut portion, mut voxels) = (Vec::new(), 0);
    while let Some((scenario, others)) = rest.split_first().filter(|_| voxels < PORTION) {
        interrupt.check()?;
        let clock = Instant::now();
        let reading = scenario.volume.volume().map(|(reading, _)| reading);
        voxels += reading.as_ref().map_or(0, |it| it.volume.codes().len());
        portion.push(Read {
            scenario,
            seconds: clock.elapsed().as_secs_f64(),
            reading,
        });
        *rest = others;
    }
    Ok(portion)
}

/// The question that is asked of a volume.
fn problem<'r>(read: &'r Read<'_>) -> Result<Conduction<'r>, String> {
    let reading = read.reading.as_ref().map_err(ToString::to_string)?;
    let problem = read.scenario.problem(&reading.volume);
    problem.map_err(|error| error.to_string())
}

/// Solves the volumes of a portion along every axis.
fn solve_portion<'a>(portion: &[Read<'a>], count: &mut Count) -> Result<Vec<Row<'a>>> {
    let Some(Read { scenario, .. }) = portion.first() else {
        return Ok(Vec::new());
    };
    let problems: Vec<Result<Conduction<'_>, String>> = portion.iter().map(problem).collect();
    let axes = &scenario.transport.axes;
    let questions: Vec<Question<'_>> = problems
        .iter()
        .flatten()
        .flat_map(|problem| axes.iter().map(move |&axis| (problem, axis)))
        .collect();
    let asked = (scenario.tolerance(), &scenario.execution.backend);
    let mut solutions =
        solve_batch(&questions, asked, |solved| solved.effective, count)?.into_iter();
    count.leave(portion.len() * axes.len());
    let rows = portion.iter().zip(&problems).map(|(read, problem)| {
        let own = problem.as_ref().map_or(0, |_| axes.len());
        let own: Vec<_> = solutions.by_ref().take(own).collect();
        let own: voxion::Result<Vec<Effective>> = own.into_iter().collect();
        let outcome = match problem {
            Err(error) => Err(error.clone()),
            Ok(_) => own.map_err(|error| error.to_string()),
        };
        row(read, outcome)
    });
    Ok(rows.collect())
}

/// What is shown of a volume; its warnings, or why it failed, are said at once.
fn row<'a>(read: &Read<'a>, effectives: Result<Vec<Effective>, String>) -> Row<'a> {
    let scenario = read.scenario;
    let (name, mut warnings) = (title(scenario), Vec::new());
    let outcome = effectives.map(|effectives| {
        let solved = |effective| Solved {
            effective,
            peak_bytes: memory::peak_bytes(),
        };
        effectives.into_iter().map(solved).collect::<Vec<Solved>>()
    });
    let outcome = match (outcome, &read.reading) {
        (Ok(results), Ok(reading)) => {
            let before = advice::before(scenario, &reading.volume).into_iter();
            let advice = before.chain(advice::after(&results, scenario.tolerance()));
            warnings.extend(advice.map(|advice| advice.to_string()));
            Ok(Numbers {
                input: Input::of(reading),
                read_seconds: read.seconds,
                results,
            })
        }
        (Err(error), _) => Err(error),
        (_, Err(error)) => Err(error.to_string()),
    };
    let said = |word: &str, what: &String| say!("{word}: {name}: {what}");
    warnings.iter().for_each(|warning| said("warning", warning));
    if let Ok(reading) = &read.reading {
        decisions(reading)
            .iter()
            .for_each(|note| said("note", note));
    }
    match &outcome {
        Err(error) if error.starts_with(&name) => say!("error: {error}"),
        Err(error) => said("error", error),
        Ok(_) => {}
    }
    Row {
        scenario,
        outcome,
        warnings,
    }
}

/// The volume as it was named.
fn title(scenario: &Scenario) -> String {
    let file = scenario.volume.file();
    file.map_or_else(String::new, |file| file.source.to_string())
}
