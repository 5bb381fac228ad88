//! `voxion measure`: how much of each phase there is, how it connects, how large its surfaces are, and how wide it is.

mod args;
mod results;
mod run;
mod table;

pub(crate) use args::MeasureArguments;

use super::{
    greys, interrupt::Interrupt, progress::Steps, resolve::Form, solve::set_threads, stdout,
};
use anyhow::Result;
use args::Measure;
use clap::ValueEnum;
use results::{Results, Unit};
use voxion::{
    Error, io,
    microstructure::{
        measure::{MeasureError, code_of},
        segment::edit,
    },
    scenario::Scenario,
};

/// Reads a volume, measures it and shows the numbers.
pub(crate) fn measure(arguments: MeasureArguments) -> Result<()> {
    let interrupt = Interrupt::listen()?;
    set_threads(arguments.threads.count())?;
    let scenario = arguments
        .phases
        .as_deref()
        .map(Scenario::read)
        .transpose()
        .map_err(Error::from)?;
    let mut input = arguments.volume.resolve();
    if let (None, Some(scenario)) = (input.voxel_size, &scenario) {
        input.voxel_size = scenario.volume.file().and_then(|file| file.voxel_size);
        input.source = input.source.with_voxel_size(input.voxel_size);
    }
    input.source = input.source.with_nan_label(arguments.nan.nan_label);
    if let Some(label) = arguments.phase {
        input.source = input.source.with_kept_labels(vec![label]);
    }
    let mut reading = io::read(&input.source).map_err(Error::from)?;
    reading.volume = input.sized(reading.volume);
    if let Some(label) = arguments.phase {
        code_of(&reading.volume, label, "the phase").map_err(Error::from)?;
        reading.volume = edit::against_rest(&reading.volume, label);
    }
    let doubt = greys::label_doubt(&reading);
    let show = arguments.show.resolve();
    let question = Question {
        pore: pore(arguments.pore, &reading.volume).map_err(Error::from)?,
        roles: arguments.roles,
        axis: arguments.axis,
        separator: arguments.separator,
        spread: arguments.spread,
    };
    // Of grey values nobody wants 256 pore sizes unless they are asked for.
    let measures = match &doubt {
        Some(_) if arguments.only.is_empty() && show.form == Form::Table => {
            vec![Measure::Fractions]
        }
        _ => chosen(&arguments.only),
    };
    question.check(&reading.volume).map_err(Error::from)?;
    let mut steps = Steps::new(measures.len(), show.verbosity);
    let mut results = Results::new(&reading, &question, names(scenario.as_ref(), &reading));
    for &measure in &measures {
        interrupt.check()?;
        steps.begin(measure.title());
        run::run(measure, &reading.volume, &question, &mut results)?;
    }
    steps.end();
    interrupt.check()?;
    results.warnings.extend(doubt);
    results
        .warnings
        .iter()
        .for_each(|warning| say!("warning: {warning}"));
    stdout::print(&match show.form {
        Form::Json => stdout::json(&results)?,
        Form::Table => {
            results.keep_most_frequent(&reading.volume, greys::MANY_LABELS);
            table::tables(&reading, &results, Unit::of(&reading.volume))
        }
    })
}

/// What the measures are to know besides the volume.
pub(crate) struct Question {
    pore: Option<i64>,
    roles: Option<voxion::microstructure::measure::triple_line::Roles>,
    axis: voxion::microstructure::Axis,
    separator: voxion::microstructure::measure::triple_line::Separator,
    spread: f64,
}

impl Question {
    /// Whether the labels that were named exist, before anything is measured.
    fn check(&self, volume: &voxion::microstructure::Volume) -> Result<(), MeasureError> {
        let mut roles = self.roles.iter();
        roles.try_for_each(|roles| roles.check(volume))
    }
}

/// The label that is pore: the one named, else 0 where there is such a label.
fn pore(
    named: Option<i64>,
    volume: &voxion::microstructure::Volume,
) -> Result<Option<i64>, MeasureError> {
    match named {
        Some(label) => code_of(volume, label, "the pore").map(|_| Some(label)),
        None => Ok(volume.code(0).map(|_| 0)),
    }
}

/// The measures asked for, each once, in their own order.
fn chosen(only: &[Measure]) -> Vec<Measure> {
    let all = Measure::value_variants().iter().copied();
    all.filter(|measure| only.is_empty() || only.contains(measure))
        .collect()
}

/// The name of each label of the volume, where a scenario or else the file gives one.
fn names(scenario: Option<&Scenario>, reading: &io::Reading) -> Vec<Option<String>> {
    let of_file = |label| reading.names.iter().find(|(named, _)| *named == label);
    let name = |&label: &i64| match scenario {
        Some(scenario) => scenario.phase_of(label)?.name.clone(),
        None => Some(of_file(label)?.1.clone()),
    };
    reading.volume.labels().iter().map(name).collect()
}
