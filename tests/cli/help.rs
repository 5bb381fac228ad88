//! Do help texts and completions cover what the program can do?

use super::{folder, stdout, voxion};
use assert_cmd::Command;
use std::{fs, path::Path};

/// The commands that a help text lists, "help" left out.
fn subcommands(help: &str) -> Vec<&str> {
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let listed = listed.take_while(|line| !line.is_empty());
    let names = listed.filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    names.filter(|name| !matches!(*name, "" | "help")).collect()
}

/// Every command with its help text, those below another one included.
fn commands(folder: &Path) -> Vec<(String, String)> {
    let help = |command: &str| stdout(&voxion(folder, &format!("{command} --help")).success());
    let mut open: Vec<String> = subcommands(&help(""))
        .into_iter()
        .map(str::to_owned)
        .rev()
        .collect();
    let mut found = Vec::new();
    while let Some(command) = open.pop() {
        let text = help(&command);
        let below = subcommands(&text);
        open.extend(below.iter().rev().map(|name| format!("{command} {name}")));
        if below.is_empty() {
            found.push((command, text));
        }
    }
    found
}

/// The long options that a help text explains, in its order.
fn options(help: &str) -> Vec<&str> {
    // Text that was wrapped is indented farther.
    let explained = |line: &str| {
        let rest = line.trim_start();
        rest.starts_with('-') && line.len() - rest.len() <= 6
    };
    let lines = help.lines().filter(|line| explained(line));
    lines
        .filter_map(|line| line.split_whitespace().find(|word| word.starts_with("--")))
        .collect()
}

/// The file beside this one is what a reader of the guide can rely on: an option that comes, goes or changes its name is a
/// change of that file.
#[test]
fn every_command_has_the_options_that_are_written_down() {
    let folder = folder();
    let mut found = String::new();
    for (command, help) in commands(folder.path()) {
        found += &format!("{command}: {}\n", options(&help).join(" "));
        let fits = |line: &&str| line.starts_with("Usage:") || line.chars().count() <= 100;
        let long = help.lines().find(|line| !fits(line));
        assert_eq!(long, None, "{command}");
    }
    assert_eq!(found, include_str!("options.txt"), "found:\n{found}");
}

#[test]
fn exit_codes_are_explained() {
    let folder = folder();
    let help = stdout(&voxion(folder.path(), "--help").success());
    for line in [
        "0  fine",
        "1  the run failed",
        "2  the input is wrong",
        "130  interrupted",
    ] {
        assert!(help.contains(line), "{line} in\n{help}");
    }
}

#[test]
fn completions_are_scripts() {
    let folder = folder();
    let script = stdout(&voxion(folder.path(), "completions bash").success());
    fs::write(folder.path().join("voxion.bash"), script).unwrap();
    Command::new("bash")
        .current_dir(folder.path())
        .args(["-n", "voxion.bash"])
        .assert()
        .success();
    for shell in ["zsh", "fish"] {
        let script = stdout(&voxion(folder.path(), &format!("completions {shell}")).success());
        assert!(
            script.contains("voxion") && script.contains("voxel-size"),
            "{script}"
        );
    }
}
