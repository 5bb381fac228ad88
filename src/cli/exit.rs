//! From an error to the sentence on stderr and the exit code.

use std::{panic::PanicHookInfo, process::ExitCode};
use voxion::{Error, physics::ElasticityError, scenario::ScenarioError, solve::SolveError};

/// The run failed.
const FAILED: u8 = 1;
/// The input is wrong: change it and try again.
const WRONG_INPUT: u8 = 2;
/// Stopped by the user; 128 + SIGINT, as shells have it.
pub(crate) const INTERRUPTED: u8 = 130;

/// A result could not be written after the solve: the disk filled up, a folder vanished.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(crate) struct NotWritten(pub(crate) Error);

/// Says what went wrong and returns the exit code.
pub(crate) fn report(error: anyhow::Error) -> ExitCode {
    let error = &of_scenario(error);
    match error.downcast_ref::<Error>() {
        Some(Error::Scenario(ScenarioError::Fault(fault))) => show_fault(fault.as_ref()),
        Some(Error::Solve(SolveError::Interrupted)) => {
            eprintln!("interrupted: stopped as asked, and nothing half-written is left behind");
        }
        Some(inner) if inner.to_string() == error.to_string() => eprintln!("error: {inner}"),
        // What it happened to, and what happened.
        Some(inner) => eprintln!("error: {error}: {inner}"),
        None if error.is::<NotWritten>() => eprintln!("error: {error}"),
        None => eprintln!("error: {error:#}"),
    }
    ExitCode::from(code(error))
}

/// Says that the program itself is at fault. Unfinished files vanish as everywhere, and the exit code is that of a
/// failed run.
pub(crate) fn report_panic(panic: &PanicHookInfo<'_>) {
    let what = panic.to_string().replace('\n', " ");
    eprintln!("error: this is a fault of voxion: {what}; please report it with the command line");
}

/// A scenario's error as the library's, whichever of the two a command handed on: place, marker and exit code are the same.
fn of_scenario(error: anyhow::Error) -> anyhow::Error {
    match error.downcast::<ScenarioError>() {
        Ok(error) => Error::from(error).into(),
        Err(error) => error,
    }
}

fn code(error: &anyhow::Error) -> u8 {
    match error.downcast_ref::<Error>() {
        Some(Error::Solve(SolveError::Interrupted)) => INTERRUPTED,
        Some(Error::Elasticity(ElasticityError::Hinged { .. })) => FAILED,
        Some(
            Error::Elasticity(_)
            | Error::Electrode(_)
            | Error::Generate(_)
            | Error::Io(_)
            | Error::Measure(_)
            | Error::Problem(_)
            | Error::Scenario(_)
            | Error::Segment(_),
        ) => WRONG_INPUT,
        Some(Error::Study(error)) if error.is_input() => WRONG_INPUT,
        _ => FAILED,
    }
}

/// Shows the line of the scenario file, with a marker under what is meant.
fn show_fault(fault: &dyn miette::Diagnostic) {
    struct Rendered<'a>(&'a miette::MietteHandler, &'a dyn miette::Diagnostic);
    impl std::fmt::Debug for Rendered<'_> {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            miette::ReportHandler::debug(self.0, self.1, f)
        }
    }
    let handler = miette::MietteHandlerOpts::new().wrap_lines(false).build();
    eprintln!(
        "error: the scenario cannot be used\n{:?}",
        Rendered(&handler, fault)
    );
}
