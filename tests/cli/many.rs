//! Are several volumes solved as each alone, and does one that fails leave the others their numbers?

use super::{HALVES, folder, refused_in, stderr, stdout, voxion};
use serde_json::Value;
use std::fs;

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn every_volume_has_the_numbers_it_has_alone() {
    let folder = folder();
    let copy = folder.path().join("copy.raw");
    fs::copy(folder.path().join("halves.raw"), copy).unwrap();
    let options = "--shape 8,6,4 --backend host --phase 0 --axis all --json --quiet";
    let alone = voxion(folder.path(), &format!("solve copy.raw {options}")).success();
    let alone = json(&stdout(&alone));
    let names = "halves.raw copy.raw halves.raw";
    let many = voxion(folder.path(), &format!("solve {names} {options}")).success();
    let many = json(&stdout(&many));
    assert_eq!(many["parameters"], alone["parameters"]);
    let volumes = many["volumes"].as_array().unwrap();
    assert_eq!(volumes.len(), 3);
    assert_eq!(volumes[1]["input"], alone["input"]);
    for (volume, axis) in volumes
        .iter()
        .flat_map(|volume| [0, 1, 2].map(|axis| (volume, axis)))
    {
        for key in [
            "axis",
            "effective_conductivity",
            "error_bound",
            "iterations",
        ] {
            assert_eq!(
                volume["results"][axis][key], alone["results"][axis][key],
                "{key}"
            );
        }
    }
}

#[test]
fn one_that_fails_is_told_and_the_others_have_their_line() {
    let folder = folder();
    let names = "missing.raw halves.raw short.raw";
    let arguments = format!("{} --phase 0", HALVES.replace("halves.raw", names));
    let assert = voxion(folder.path(), &arguments).code(1);
    let (said, shown) = (stderr(&assert), stdout(&assert));
    assert!(said.contains("error: missing.raw does not exist"), "{said}");
    assert!(said.contains("error: short.raw holds 191 bytes"), "{said}");
    assert!(said.contains("2 of 3 volumes failed"), "{said}");
    let lines: Vec<&str> = shown.lines().filter(|line| line.contains(".raw")).collect();
    assert_eq!(lines.len(), 3, "{shown}");
    assert!(
        lines[0].contains("failed") && lines[1].contains("0.50"),
        "{shown}"
    );
}

#[test]
fn files_of_several_volumes_are_refused() {
    let folder = folder();
    let arguments = format!("{HALVES} halves.raw --phase 0 --fields out.h5");
    refused_in(
        &folder,
        &arguments,
        "one volume at a time gives fields, and 2 are given",
    );
    assert!(!folder.path().join("out.h5").exists());
}
