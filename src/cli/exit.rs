//! From an error to the sentence on stderr and the exit code.

use super::{launcher::Processes, stderr};
use std::{borrow::Cow, panic::PanicHookInfo, process::ExitCode};
use voxion::{
    Error,
    io::IoError,
    physics::{ElasticityError, ProblemError},
    report::printable,
    scenario::ScenarioError,
    solve::SolveError,
    study::StudyError,
};

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

/// The words for a run that the user stopped.
pub(crate) const STOPPED: &str =
    "interrupted: stopped as asked, and nothing half-written is left behind";

/// Says what went wrong and returns the exit code.
pub(crate) fn report(error: anyhow::Error) -> ExitCode {
    let error = of_library(error);
    match error.downcast_ref::<Error>() {
        Some(Error::Scenario(ScenarioError::Fault(fault))) => show_fault(fault.as_ref()),
        Some(Error::Solve(SolveError::Interrupted)) => say!("{STOPPED}"),
        Some(inner) if inner.to_string() == error.to_string() => say!("error: {inner}"),
        // What it happened to, and what happened.
        Some(inner) => say!("error: {error}: {inner}"),
        None if error.is::<NotWritten>() => say!("error: {error}"),
        None => say!("error: {error:#}"),
    }
    ExitCode::from(code(&error))
}

/// An error of one part of the library as one of the whole, whose kind decides about words and exit code.
fn of_library(error: anyhow::Error) -> anyhow::Error {
    macro_rules! first_that_it_is {
        ($error:ident, $($kind:ty),+) => {{
            $(let $error = match $error.downcast::<$kind>() {
                Ok(own) => return Error::from(own).into(),
                Err(other) => other,
            };)+
            $error
        }};
    }
    first_that_it_is!(
        error,
        ScenarioError,
        IoError,
        ProblemError,
        SolveError,
        ElasticityError,
        StudyError
    )
}

/// Says that the program itself is at fault, or that the system gave it no thread. Unfinished files vanish as everywhere, and
/// the exit code is that of a failed run.
pub(crate) fn report_panic(panic: &PanicHookInfo<'_>) {
    let payload = panic.payload();
    let what = payload
        .downcast_ref::<String>()
        .map(String::as_str)
        .or(payload.downcast_ref::<&str>().copied())
        .unwrap_or("no message")
        .replace('\n', " ");
    if NO_THREAD.iter().any(|sign| what.contains(sign)) {
        say!(
            "error: the system refuses another thread ({what}); lower --threads, or raise the limits on processes and \
             memory (ulimit -u, ulimit -v)"
        );
        return;
    }
    let place = panic.location().map_or_else(String::new, |location| {
        format!(" at {}:{}", place_of(location.file()), location.line())
    });
    say!("error: this is a fault of voxion: {what}{place}; please report it with the command line");
}

/// How panics begin that mean that a thread could not be started.
const NO_THREAD: [&str; 2] = ["ThreadPoolBuildError", "failed to spawn thread"];

/// A source file without the folders of the machine that built the program: "rayon-core-1.13.0/src/registry.rs".
fn place_of(file: &str) -> String {
    let parts: Vec<&str> = file.split(['/', '\\']).collect();
    let crates = parts.iter().rposition(|part| *part == "src");
    let first = crates.map_or(parts.len() - 1, |src| src.saturating_sub(1));
    parts[first..].join("/")
}

fn code(error: &anyhow::Error) -> u8 {
    if error.is::<Processes>() {
        return WRONG_INPUT;
    }
    match error.downcast_ref::<Error>() {
        Some(Error::Solve(SolveError::Interrupted)) => INTERRUPTED,
        Some(Error::Elasticity(
            ElasticityError::NotConverged(_)
            | ElasticityError::ShownAbove(_)
            | ElasticityError::Increment { .. },
        )) => FAILED,
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
    let show = |options: miette::MietteHandlerOpts| {
        let handler = options.wrap_lines(false).build();
        format!(
            "error: the scenario cannot be used\n{:?}",
            Rendered(&handler, fault)
        )
    };
    let plain = show(miette::MietteHandlerOpts::new().color(false));
    match printable(&plain) {
        // Nothing in the file that a terminal obeys: colours are ours.
        Cow::Borrowed(_) => stderr::as_it_is(&show(miette::MietteHandlerOpts::new())),
        Cow::Owned(safe) => stderr::as_it_is(&safe),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panics_name_no_folder_of_the_build_machine() {
        let registry =
            "/home/someone/.cargo/registry/src/index-1949/rayon-core-1.13.0/src/registry.rs";
        assert_eq!(place_of(registry), "rayon-core-1.13.0/src/registry.rs");
        assert_eq!(place_of("src/solve/cg.rs"), "src/solve/cg.rs");
        assert_eq!(
            place_of("/rustc/abc/library/core/src/option.rs"),
            "core/src/option.rs"
        );
        assert_eq!(place_of("C:\\build\\main.rs"), "main.rs");
    }
}
