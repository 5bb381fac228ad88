//! `voxion run` with `[vary]`: every case built or read, solved, and put into one table beside what was measured.

mod activation;
mod json;
mod pictures;
mod table;

use super::{
    advice::{self, Advice},
    files::{Planned, inputs, not_written},
    interrupt::Interrupt,
    memory,
    progress::{Count, Steps, Watch},
    resolve::{Form, Show, Verbosity},
    solve::{Solved, set_threads},
    stdout,
};
use anyhow::{Result, bail};
use std::{fs, path::Path};
use voxion::{
    Error,
    io::{IoError, Reading, write_atomically},
    physics::{carriers::Operation, conduction::Effective},
    report::slices::Picture,
    scenario::{Case, Quantified, Scenario, Study},
    solve::SolveError,
    study::case::{self, Built, pores, porosity, surface_porosity},
};

/// A case and what came of it: numbers, or why there are none.
struct Row<'a> {
    case: &'a Case,
    outcome: Result<Numbers, String>,
}

/// What came out of a case.
struct Numbers {
    reading: Reading,
    porosity: Option<f64>,
    surface_porosity: Option<f64>,
    effective: Effective,
    /// The electrode at work, where the scenario describes one.
    operation: Option<Operation>,
    /// Effective conductivity over that of the first case, where that has one.
    relative: Option<f64>,
    warnings: Vec<String>,
}

impl Numbers {
    fn get(&self, result: Quantified) -> Option<f64> {
        match result {
            Quantified::Porosity => self.porosity,
            Quantified::SurfacePorosity => self.surface_porosity,
            Quantified::EffectiveConductivity => Some(self.effective.effective_conductivity),
            Quantified::TortuosityFactor => Some(self.effective.tortuosity_factor),
            Quantified::PercolatingFraction => Some(self.effective.percolating_fraction),
            Quantified::RelativeToFirst => self.relative,
        }
    }
}

/// Runs every case, shows them together, and writes what is asked for. A case that fails does not stop the others.
pub(crate) fn compare(study: &Study, show: Show) -> Result<()> {
    let interrupt = Interrupt::listen()?;
    let Some(first) = study.cases.first() else {
        bail!("there is no case to run");
    };
    let output = &first.scenario.output;
    set_threads(first.scenario.execution.threads)?;
    let planned = Planned {
        folder: output.slices.as_ref(),
        files: output
            .json
            .iter()
            .cloned()
            .chain(pictures::names(study))
            .collect(),
        overwrite: output.overwrite,
    };
    let inputs = inputs(study.cases.iter().map(|case| &case.scenario));
    planned.check(&inputs).map_err(Error::from)?;
    let (rows, labels) = rows(study, show.verbosity, &interrupt)?;
    let document = json::document(study, &rows)?;
    stdout::print(&match show.form {
        Form::Json => document.clone(),
        Form::Table => table::text(study, &rows),
    })?;
    if let Some(path) = &output.json {
        let unwritable = |source| IoError::Unwritable {
            path: path.clone(),
            source,
        };
        let write = |temporary: &Path| Ok(fs::write(temporary, &document).map_err(unwritable)?);
        write_atomically(path, output.overwrite, write).map_err(not_written)?;
    }
    pictures::write(study, &rows, labels, &interrupt)?;
    match rows.iter().filter(|row| row.outcome.is_err()).count() {
        0 => Ok(()),
        failed => bail!("{failed} of {} cases failed", rows.len()),
    }
}

/// All cases, and the picture of each where pictures are wanted. Volumes are built one after the other and solved together.
fn rows<'a>(
    study: &'a Study,
    verbosity: Verbosity,
    interrupt: &Interrupt,
) -> Result<(Vec<Row<'a>>, Vec<Picture>)> {
    let mut steps = Steps::new(study.cases.len(), verbosity);
    let mut built = Vec::with_capacity(study.cases.len());
    for case in &study.cases {
        interrupt.check()?;
        steps.begin(name(study, case));
        built.push(Built::new(&case.scenario));
    }
    steps.end();
    interrupt.check()?;
    let mut count = Count::new(study.cases.len(), verbosity, interrupt.clone());
    let mut solved = solve(study, &built, &mut count)?.into_iter();
    let notices = count.end();
    let (mut rows, mut labels) = (Vec::<Row<'a>>::new(), Vec::new());
    let mut first = None;
    for (case, built) in study.cases.iter().zip(built) {
        let name = name(study, case);
        let outcome = built.and_then(|built| {
            let effective = solved.next().unwrap_or_else(|| Err(interrupted()))?;
            let work = (interrupt, &mut labels);
            numbers((study, case), &name, (built, effective, &notices), work)
        });
        if let Err(Error::Solve(SolveError::Interrupted)) = outcome {
            return Err(interrupted().into());
        }
        let mut outcome = outcome.map_err(|error| error.to_string());
        if rows.is_empty() {
            let conductivity = |n: &Numbers| n.effective.effective_conductivity;
            first = outcome.as_ref().ok().map(conductivity);
        }
        if let Ok(numbers) = &mut outcome {
            let own = numbers.effective.effective_conductivity;
            numbers.relative = first.filter(|&first| first > 0.0).map(|first| own / first);
            labels.extend(pictures::labels(study, case, &numbers.reading.volume));
        }
        if let Err(error) = &outcome {
            say!("error: {name}: {error}");
        }
        rows.push(Row { case, outcome });
    }
    Ok((rows, labels))
}

fn name(study: &Study, case: &Case) -> String {
    format!("{} = {}", study.parameter, case.value)
}

fn interrupted() -> Error {
    Error::from(SolveError::Interrupted)
}

/// Solves the cases that have a volume, in their order, each along its one axis.
fn solve(
    study: &Study,
    built: &[voxion::Result<Built>],
    count: &mut Count,
) -> Result<Vec<voxion::Result<Effective>>> {
    let cases = study.cases.iter().zip(built);
    let cases: Vec<(&Scenario, &Built)> = cases
        .filter_map(|(case, built)| Some((&case.scenario, built.as_ref().ok()?)))
        .collect();
    let first = |solved: Vec<case::Solved>| solved.into_iter().next().ok_or_else(interrupted);
    let solved = case::solve(&cases, count)?.into_iter();
    Ok(solved
        .map(|solved| first(solved?).map(|own| own.effective))
        .collect())
}

/// What is shown of a case; warnings are said at once. An electrode is worked here, its pictures drawn.
fn numbers(
    (study, case): (&Study, &Case),
    name: &str,
    (built, effective, notices): (Built, Effective, &[String]),
    (interrupt, drawn): (&Interrupt, &mut Vec<Picture>),
) -> voxion::Result<Numbers> {
    let Built { reading, notes, .. } = built;
    let scenario = &case.scenario;
    let mut advice: Vec<Advice> = notes.into_iter().map(Advice::Notice).collect();
    advice.extend(advice::before(scenario, &reading.volume));
    let mut watch = Watch::new(scenario.tolerance(), Verbosity::Quiet, interrupt.clone());
    let worked = scenario.work(&reading.volume, &mut watch)?;
    drawn.extend(pictures::electrode(
        (study, case),
        &reading.volume,
        worked.as_ref(),
    ));
    advice.extend(watch.into_notices());
    let solved = Solved {
        effective: effective.clone(),
        peak_bytes: memory::peak_bytes(),
    };
    advice.extend(advice::after(&[solved], scenario.tolerance()));
    let mut warnings: Vec<String> = advice.iter().map(ToString::to_string).collect();
    for warning in &warnings {
        say!("warning: {name}: {warning}");
    }
    warnings.extend_from_slice(notices);
    let pores = pores(scenario, &reading.volume);
    Ok(Numbers {
        porosity: pores
            .as_deref()
            .map(|pores| porosity(&reading.volume, pores)),
        surface_porosity: pores.map(|pores| surface_porosity(&reading.volume, &pores)),
        effective,
        operation: worked.map(|worked| worked.operation),
        relative: None,
        warnings,
        reading,
    })
}
