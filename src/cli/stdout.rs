//! The one way to stdout.

use anyhow::{Context, Result};
use serde::Serialize;
use std::io::{ErrorKind, Write, stdout};
use voxion::report::printable;

/// Prints a text, with control characters of names shown as codes. A reader that has seen enough, as in `voxion info x | head`,
/// is no failure.
pub(crate) fn print(text: &str) -> Result<()> {
    let text = printable(text);
    let mut stdout = stdout().lock();
    match stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
    {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.context("cannot write to the standard output; check where it leads"),
    }
}

/// One JSON object as text, with a line end.
pub(crate) fn json(document: &impl Serialize) -> Result<String> {
    Ok(serde_json::to_string_pretty(document)? + "\n")
}
