//! Is bad input refused with one clear sentence and the documented exit code?

use super::{HALVES, SCENARIO, folder, stderr, stdout, voxion};
use std::fs;

/// The program must refuse with this exit code and this sentence, and print nothing else.
#[track_caller]
fn refused(arguments: &str, code: i32, sentence: &str) {
    let folder = folder();
    let assert = voxion(folder.path(), arguments).code(code);
    let said = stderr(&assert);
    assert!(
        said.contains(sentence),
        "voxion {arguments}\nsaid:\n{said}\nnot:\n{sentence}"
    );
    assert!(!said.contains("panicked"), "{said}");
    assert_eq!(stdout(&assert), "", "voxion {arguments}");
    assert_eq!(
        fs::read(folder.path().join("kept.h5")).unwrap(),
        b"something precious"
    );
}

#[test]
fn a_volume_that_cannot_be_read_is_named() {
    refused("info nothing.tif", 2, "nothing.tif does not exist");
    refused(
        "solve nothing.tif --phase 0",
        2,
        "nothing.tif does not exist",
    );
    refused("info broken.h5", 2, "broken.h5 is not a sound HDF5 file");
    refused("info broken.tif", 2, "broken.tif is not a sound TIFF file");
    refused("info notes.txt", 2, "the format of notes.txt is not known");
    refused(
        "info halves.raw",
        2,
        "halves.raw holds raw bytes, whose shape is not in the file",
    );
    refused(
        "info short.raw --shape 8,6,4",
        2,
        "short.raw holds 191 bytes of data where 8,6,4",
    );
    refused("info empty.raw --shape 8,6,4", 2, "empty.raw");
}

#[test]
fn labels_and_phases_must_fit() {
    refused(
        &format!("{HALVES} --sigma 1=1"),
        2,
        "error: the volume holds label 0, which no phase names; give every label a conductivity (0 insulates)",
    );
    refused(
        &format!("{HALVES} --phase 7"),
        2,
        "error: no voxel conducts: the volume holds the labels 0 and 1, and what conducts is label 7; check the labels",
    );
    refused(
        &format!("{HALVES} --sigma 0=0,1=0"),
        2,
        "no phase conducts: every conductivity is 0",
    );
    refused(
        &format!("{HALVES} --sigma 0=1,0=2"),
        2,
        "label 0 is given twice; give it once",
    );
}

#[test]
fn the_volume_must_suit_the_question() {
    refused(
        "solve flat.raw --shape 1,6,4 --phase 0 --backend host",
        2,
        "error: the volume is one voxel thick along z; transport along z needs at least two",
    );
    refused(
        "solve flat.raw --shape 4,6,1 --phase 0 --backend host --axis all",
        2,
        "error: the volume is one voxel thick along x",
    );
    refused(
        "run contact.toml",
        2,
        "error: a contact or electrode resistance needs a voxel size",
    );
}

#[test]
fn quantities_must_make_sense() {
    let sigma = |value: &str| format!("{HALVES} --sigma 0={value},1=0");
    refused(
        &sigma("-1"),
        2,
        "conductivity of label 0 is -1, but it must be zero or positive",
    );
    refused(
        &sigma("NaN"),
        2,
        "conductivity of label 0: \"NaN\" is not a finite number",
    );
    refused(
        &sigma("5nm"),
        2,
        "conductivity of label 0: \"nm\" is the unit of a length, but a conductivity is expected",
    );
    refused(
        &sigma("5mS/cn"),
        2,
        "the unit \"mS/cn\" is not known; did you mean \"mS/cm\"?",
    );
    refused(
        &format!("{HALVES} --sigma 0=1,1=1S/m"),
        2,
        "give all of them units",
    );
    refused(
        &format!("{HALVES} --sigma 0"),
        2,
        "\"0\" has no \"=\"; write LABEL=VALUE",
    );
    refused(
        &format!("{HALVES} --sigma a=1"),
        2,
        "\"a\" is not a label; labels are whole numbers",
    );
}

#[test]
fn other_numbers_must_make_sense() {
    refused(
        &format!("{HALVES} --phase 0 --rtol 2"),
        2,
        "rtol is 2, but it must be between 0 and 1",
    );
    refused(
        &format!("{HALVES} --phase 0 --voxel-size 390"),
        2,
        "voxel size: 390 has no unit",
    );
    refused(
        &format!("{HALVES} --phase 0 --voxel-size -390nm"),
        2,
        "voxel size is -390nm, but it must be greater than zero",
    );
    refused(
        &format!("{HALVES} --phase zero"),
        2,
        "\"zero\" is not a label; labels are whole numbers",
    );
    refused(
        &format!("{HALVES} --phase 0 --voxel-size 1um,1um"),
        2,
        "give one length, or three",
    );
    refused(
        "info halves.raw --shape 8,6",
        2,
        "give three whole numbers z,y,x above 0",
    );
}

#[test]
fn words_are_checked_and_suggested() {
    refused(
        &format!("{HALVES} --phase 0 --axis w"),
        2,
        "[possible values: x, y, z, all]",
    );
    refused(
        &format!("{HALVES} --phase 0 --axs z"),
        2,
        "a similar argument exists: '--axis'",
    );
    refused(
        "slove halves.raw",
        2,
        "a similar subcommand exists: 'solve'",
    );
    refused(
        &format!("{HALVES} --phase 0 --sigma 0=1"),
        2,
        "cannot be used with",
    );
    refused(
        HALVES,
        2,
        "the following required arguments were not provided",
    );
    refused(
        &format!("{HALVES} --phase 0 --device x"),
        2,
        "error: the device \"x\" is named, but the backend is \"host\"; leave one of them out",
    );
}

#[test]
fn a_device_that_is_not_there_is_a_failed_run() {
    refused(
        "solve halves.raw --shape 8,6,4 --phase 0 --backend device --device no-such-device",
        1,
        "no-such-device",
    );
}

#[test]
fn outputs_are_checked_before_the_solve() {
    let phase = format!("{HALVES} --phase 0");
    refused(
        &format!("{phase} --fields kept.h5"),
        2,
        "error: kept.h5 exists already; choose another name, or replace it with --force",
    );
    refused(
        &format!("{phase} --fields no/where.h5"),
        2,
        "no/where.h5 cannot be written",
    );
    refused(
        &format!("{phase} --slices notes.txt"),
        2,
        "notes.txt cannot be written",
    );
}

#[test]
fn no_output_takes_the_place_of_an_input() {
    refused(
        &format!("{HALVES} --phase 0 --fields halves.raw --force"),
        2,
        "error: halves.raw is an input of this run and would be lost",
    );
    refused(
        "run run.toml --fields run.toml --force",
        2,
        "error: run.toml is an input of this run and would be lost",
    );
    refused(
        "run run.toml --fields run.json --force",
        2,
        "run.json is named for two outputs",
    );
}

#[test]
fn a_fault_in_a_scenario_shows_its_line() {
    let folder = folder();
    let file = folder.path().join("run.toml");
    fs::write(&file, SCENARIO.replace("shape", "shap")).unwrap();
    let said = stderr(&voxion(folder.path(), "run run.toml").code(2));
    for part in [
        "run.toml:4:1",
        "unknown key \"shap\" in [volume]; did you mean \"shape\"?",
    ] {
        assert!(said.contains(part), "{part} in\n{said}");
    }
    let said = stderr(&voxion(folder.path(), "run none.toml").code(2));
    assert!(
        said.contains("the scenario file none.toml cannot be read"),
        "{said}"
    );
}
