//! Words users see: arguments, tables, progress, advice, exit codes. Whatever changes because a user wants other words
//! changes here; the library does the rest.

mod advice;
mod args;
mod bench;
mod compare;
mod completions;
mod convert;
mod devices;
mod exit;
mod files;
mod generate;
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
mod resolve;
mod solve;
mod stdout;
mod table;
mod treat;
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
            solve::solve(&scenario, show)
        }
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
