//! The program: parse, run, exit code.

mod cli;

use clap::Parser;
use std::{
    panic::{catch_unwind, set_hook},
    process::ExitCode,
};

fn main() -> ExitCode {
    let arguments = cli::Arguments::parse();
    set_hook(Box::new(cli::report_panic));
    match catch_unwind(|| cli::run(arguments)) {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(error)) => cli::report(error),
        Err(_reported_by_the_hook) => ExitCode::FAILURE,
    }
}
