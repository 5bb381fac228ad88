//! Words users see: arguments, tables, progress, advice, exit codes. Whatever changes because a user wants other words
//! changes here; the library does the rest.

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

use anyhow::Result;
use args::Command;

/// Does what the arguments ask for.
pub(crate) fn run(arguments: Arguments) -> Result<()> {
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
            if let Some((study, show)) = arguments.study(drawn)? {
                return compare::compare(&study, show);
            }
            let (scenario, show) = arguments.resolve(drawn)?;
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
