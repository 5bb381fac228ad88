//! Parse, run, exit code.

mod cli;

fn main() {}
