//! Words users see: arguments, tables, progress, advice, exit codes. Whatever changes because a user wants other words
//! changes here; the library does the rest.

// First, for its macro.
#[macro_use]
mod stderr;

mod advice;
mod args;
mod bench;
mod compare;
mod completions;
mod convert;
mod devices;
mod electrode;
mod exit;
mod files;
mod generate;
mod greys;
mod impedance;
mod info;
mod interrupt;
mod json;
mod launcher;
mod many;
mod materials;
mod measure;
mod memory;
mod numbers;
mod porosity;
mod progress;
mod provenance;
mod report;
mod resolve;
mod solve;
mod stdout;
mod stress;
mod study;
mod table;
mod tensor;
mod treat;
mod trends;
mod values;

pub(crate) use args::Arguments;
pub(crate) use exit::{report, report_panic};
pub(crate) use interrupt::install as end_when_interrupted;

use anyhow::Result;
use args::Command;
use voxion::scenario::ScenarioFile;

/// Does what the arguments ask for.
pub(crate) fn run(arguments: Arguments) -> Result<()> {
    if !arguments.command.is_for_several_processes() {
        launcher::refuse_several()?;
    }
    match arguments.command {
        Command::Solve(arguments) => {
            let (scenarios, show) = arguments.resolve_each()?;
            match scenarios.as_slice() {
                [scenario] => solve::solve(scenario, show),
                scenarios => many::solve(scenarios, show),
            }
        }
        Command::Run(arguments) => {
            let drawn = generate::drawn_seed()?;
            let file = ScenarioFile::read(&arguments.file).map_err(voxion::Error::from)?;
            if let Some((study, show)) = arguments.study(&file, drawn)? {
                return compare::compare(&study, show);
            }
            let (scenario, show) = arguments.resolve(&file, drawn)?;
            match scenario.stress {
                Some(_) => stress::run(&scenario, show),
                None => solve::solve(&scenario, show),
            }
        }
        Command::Impedance(arguments) => impedance::impedance(&arguments),
        Command::Stress(arguments) => stress::stress(*arguments),
        Command::Report(arguments) => report::report(&arguments),
        Command::Study(arguments) => study::study(arguments),
        Command::Info(arguments) => info::info(arguments),
        Command::Measure(arguments) => measure::measure(*arguments),
        Command::Porosity(arguments) => porosity::porosity(arguments),
        Command::Convert(arguments) => convert::convert(arguments),
        Command::Devices { json } => devices::devices(resolve::Form::from_flag(json)),
        Command::Bench(arguments) => bench::bench(&arguments),
        Command::Generate(arguments) => generate::generate(arguments),
        Command::Materials(arguments) => materials::materials(&arguments),
        Command::Completions { shell } => completions::completions(shell),
    }
}
