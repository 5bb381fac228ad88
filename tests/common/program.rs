//! Runs the program in a folder and reads what it says.

use assert_cmd::{Command, assert::Assert};
use std::path::Path;

/// The program in a folder, for arguments with blanks.
#[allow(dead_code, reason = "not every test has such arguments")]
pub(crate) fn command(folder: &Path) -> Command {
    let mut command = Command::cargo_bin("voxion").unwrap();
    command.current_dir(folder);
    command
}

/// Runs the program with arguments separated by blanks.
pub(crate) fn voxion(folder: &Path, arguments: &str) -> Assert {
    command(folder).args(arguments.split_whitespace()).assert()
}

pub(crate) fn stdout(assert: &Assert) -> String {
    String::from_utf8(assert.get_output().stdout.clone()).unwrap()
}

pub(crate) fn stderr(assert: &Assert) -> String {
    String::from_utf8(assert.get_output().stderr.clone()).unwrap()
}
