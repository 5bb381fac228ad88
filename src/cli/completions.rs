//! Completion scripts, made from the arguments themselves.

use super::{args::Arguments, stdout};
use anyhow::Result;
use clap::CommandFactory;
use clap_complete::Shell;

/// Prints the script for a shell.
pub(crate) fn completions(shell: Shell) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "voxion", &mut script);
    stdout::print(&String::from_utf8(script)?)
}
