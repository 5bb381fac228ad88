//! The program: parse, run, exit code.

// A stream that cannot be written is no reason to panic: cli/stdout.rs and cli/stderr.rs.
#![deny(clippy::print_stderr, clippy::print_stdout)]

mod cli;

use clap::Parser;
use std::{
    panic::{catch_unwind, set_hook},
    process::ExitCode,
};

fn main() -> ExitCode {
    set_hook(Box::new(cli::report_panic));
    if let Err(error) = cli::end_when_interrupted() {
        return cli::report(error);
    }
    let arguments = cli::Arguments::parse();
    match catch_unwind(|| cli::run(arguments)) {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(error)) => cli::report(error),
        Err(_reported_by_the_hook) => ExitCode::FAILURE,
    }
}
