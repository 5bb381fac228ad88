//! The one way to stderr: what cannot be written is lost, and the run goes on.
//!
//! `eprintln!` panics where stderr leads to a full disk or a pipe that nobody reads, which would cost a run its result.

use std::{
    fmt::Arguments,
    io::{Write, stderr},
};
use voxion::report::printable;

/// Prints a line on stderr, formatted as by `format!`; control characters of names that it holds are shown as codes.
macro_rules! say {
    ($($part:tt)*) => {
        $crate::cli::stderr::line(format_args!($($part)*))
    };
}

/// Prints a line; [`say!`] calls this.
pub(crate) fn line(text: Arguments<'_>) {
    as_it_is(&printable(&text.to_string()));
}

/// Prints a line that may have colours.
pub(crate) fn as_it_is(text: &str) {
    // In one piece, so that lines of several threads do not mix.
    let line = format!("{text}\n");
    let _lost = stderr().lock().write_all(line.as_bytes());
}
