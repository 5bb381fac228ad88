//! Do help texts and completions cover what the program can do?

use super::{folder, stdout, voxion};
use assert_cmd::Command;
use std::fs;

#[test]
fn help_lists_every_option_and_fits_the_screen() {
    let folder = folder();
    let help = stdout(&voxion(folder.path(), "solve --help").success());
    for option in [
        "--sigma",
        "--phase",
        "--axis",
        "--boundary",
        "--sides",
        "--backend",
        "--device",
        "--rtol",
        "--threads",
        "--memory",
        "--fields",
        "--slices",
        "--json",
        "--quiet",
        "--force",
        "--voxel-size",
        "--shape",
    ] {
        assert!(help.contains(option), "{option} in\n{help}");
    }
    assert!(
        help.lines().all(|line| line.chars().count() <= 100),
        "{help}"
    );
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
fn help_of_measuring_lists_every_option_and_fits_the_screen() {
    let folder = folder();
    for (command, options) in [
        (
            "measure",
            &[
                "--only",
                "--pore",
                "--phases",
                "--roles",
                "--axis",
                "--separator",
                "--spread",
                "--phase ",
                "--map",
            ][..],
        ),
        (
            "porosity",
            &[
                "--threshold",
                "--roi",
                "--median",
                "--clip",
                "--compare",
                "--output",
            ],
        ),
        (
            "convert",
            &[
                "--crop",
                "--median",
                "--threshold",
                "--clip",
                "--map",
                "--resample",
                "--force",
            ],
        ),
    ] {
        let help = stdout(&voxion(folder.path(), &format!("{command} --help")).success());
        for option in options {
            assert!(help.contains(option), "{option} in\n{help}");
        }
        let fits = |line: &str| line.chars().count() <= 100;
        assert!(help.lines().all(fits), "{help}");
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
