//! The program on scenarios with several cases: the pellets that ship, tables, files, failures.

use super::PELLET;
use assert_cmd::{Command, assert::Assert};
use serde_json::Value;
use std::{fs, path::Path};
use tempfile::TempDir;

/// The scenario that ships, smaller, in a folder of its own.
fn smaller() -> TempDir {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/pellet-bare-vs-coated.toml");
    let text = fs::read_to_string(path).unwrap();
    assert!(text.contains("size = 192") && text.contains("voxel_size = \"66 nm\""));
    let text = text
        .replace("size = 192", "size = 32")
        .replace("\"66 nm\"", "\"150 nm\"");
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("pellet.toml"), text).unwrap();
    fs::write(folder.path().join("two.toml"), PELLET).unwrap();
    folder
}

fn run(folder: &TempDir, arguments: &str) -> Assert {
    let mut command = Command::cargo_bin("voxion").unwrap();
    command
        .current_dir(folder.path())
        .args(["run", "--backend", "host", "--quiet"])
        .args(arguments.split_whitespace())
        .assert()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn json(assert: Assert) -> Value {
    serde_json::from_slice(&assert.get_output().stdout).unwrap()
}

fn column(document: &Value, key: &str) -> Vec<f64> {
    let rows = document["rows"].as_array().unwrap();
    rows.iter().map(|row| row[key].as_f64().unwrap()).collect()
}

/// Whether porosity falls from case to case by at least three points, from 0 to 60 cycles, and is what it was measured to
/// be within four.
fn check_porosity(porosity: &[f64]) -> Result<(), String> {
    let measured = [0.3002, 0.2379, 0.1497, 0.0753, 0.0947, 0.0777];
    let falls = porosity[..4]
        .windows(2)
        .all(|pair| pair[1] < pair[0] - 0.03);
    let near = porosity
        .iter()
        .zip(measured)
        .all(|(ours, theirs)| (ours - theirs).abs() < 0.04);
    match (falls, near) {
        (true, true) => Ok(()),
        _ => Err(format!("falls: {falls}, near: {near}: {porosity:?}")),
    }
}

/// Whether the conductivity is highest at 60 or 80 cycles and ends below that of the bare pellet.
fn check_conductivity(conductivity: &[f64]) -> Result<(), String> {
    let highest = (0..6).max_by(|&a, &b| conductivity[a].total_cmp(&conductivity[b]));
    if matches!(highest, Some(3 | 4)) && conductivity[5] < conductivity[0] {
        return Ok(());
    }
    Err(format!("{conductivity:?}"))
}

#[test]
fn coated_pellets_fill_their_voids_and_conduct_best_near_60_cycles() {
    let document = json(run(&smaller(), "pellet.toml --json").success());
    let porosity = column(&document, "porosity");
    check_porosity(&porosity).unwrap();
    let conductivity = column(&document, "effective_conductivity");
    check_conductivity(&conductivity).unwrap();
    let surface = column(&document, "surface_porosity");
    assert!(
        surface.iter().all(|&part| part > 0.0 && part < 0.5),
        "{surface:?}"
    );
    for (relative, own) in column(&document, "relative_to_first")
        .iter()
        .zip(&conductivity)
    {
        assert!((relative - own / conductivity[0]).abs() < 1e-12);
    }

    // Wrong expectations are found.
    let turned = |values: &[f64]| values.iter().rev().copied().collect::<Vec<f64>>();
    check_porosity(&turned(&porosity)).unwrap_err();
    check_conductivity(&turned(&conductivity)).unwrap_err();
    let off: Vec<f64> = porosity.iter().map(|part| part + 0.05).collect();
    check_porosity(&off).unwrap_err();
}

#[test]
fn table_and_json_say_the_same() {
    let folder = smaller();
    let document = json(run(&folder, "two.toml --json").success());
    let table = text(&run(&folder, "two.toml").success().get_output().stdout);
    let lines: Vec<Vec<&str>> = table
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    for row in document["rows"].as_array().unwrap() {
        let value = row["value"].as_str().unwrap();
        let line = lines
            .iter()
            .find(|words| words.first() == Some(&value))
            .unwrap();
        let porosity = format!("{:.2}", 100.0 * row["porosity"].as_f64().unwrap());
        assert_eq!(line[1], porosity, "{table}");
        let shown: f64 = line[5].parse().unwrap();
        let bound: f64 = line[7].parse().unwrap();
        let conductivity = row["effective_conductivity"].as_f64().unwrap();
        assert!((shown - conductivity).abs() <= bound, "{table}");
    }
    let difference = document["rows"][1]["porosity"].as_f64().unwrap() - 0.15;
    assert!(
        table.contains(&format!("{:+.1}", 100.0 * difference)),
        "{table}"
    );
    assert!(
        table.contains("Li6PS5Cl") && table.contains("somebody"),
        "{table}"
    );
}

#[test]
fn pictures_are_written_once_and_have_their_size() {
    let folder = smaller();
    run(&folder, "two.toml --slices pictures").success();
    let size = |name: &str| image::image_dimensions(folder.path().join("pictures").join(name));
    let bare = size("labels_cycles_0.png").unwrap();
    assert_eq!(bare, size("labels_cycles_40.png").unwrap());
    // Two slices of 24 voxels side by side, each voxel 22 pixels.
    assert!(
        bare.0 > 2 * 24 * 22 && bare.0 < 1400 && bare.1 > 24 * 22,
        "{bare:?}"
    );
    for name in [
        "porosity",
        "surface_porosity",
        "effective_conductivity",
        "relative_to_first",
    ] {
        let (width, height) = size(&format!("{name}.png")).unwrap();
        assert!(
            width == 954 && (600..760).contains(&height),
            "{name}: {width} x {height}"
        );
    }
    let again = run(&folder, "two.toml --slices pictures").code(2);
    let said = text(&again.get_output().stderr);
    assert!(
        said.contains("labels_cycles_0.png") && said.contains("exists"),
        "{said}"
    );
    run(&folder, "two.toml --slices pictures --force").success();
}

#[test]
fn a_case_that_fails_is_named_and_the_others_are_done() {
    let folder = smaller();
    let broken = PELLET
        .replace("generate.cycles", "generate.residual_porosity")
        .replace("[0, 40]", "[\"60 %\", \"7 %\"]")
        .replace("at = [40]", "at = [\"7 %\"]");
    fs::write(folder.path().join("broken.toml"), broken).unwrap();
    let assert = run(&folder, "broken.toml --json").code(1);
    let said = text(&assert.get_output().stderr);
    assert!(
        said.contains("error: generate.residual_porosity = 60 %: the residual porosity"),
        "{said}"
    );
    assert!(said.contains("1 of 2 cases failed"), "{said}");
    let document = json(assert);
    assert!(document["rows"][0]["error"].is_string());
    assert!(document["rows"][1]["porosity"].is_number());
    assert!(document["rows"][1]["relative_to_first"].is_null());
}

#[test]
fn fields_of_several_cases_are_refused() {
    let assert = run(&smaller(), "two.toml --fields fields.h5").code(2);
    let said = text(&assert.get_output().stderr);
    assert!(
        said.contains("fields are written of one case, but [vary] makes several"),
        "{said}"
    );
}

#[test]
fn one_case_alone_is_built_and_solved_as_any_volume() {
    let folder = smaller();
    let end = PELLET.find("[vary]").unwrap();
    fs::write(
        folder.path().join("one.toml"),
        format!("{}cycles = 40\n", &PELLET[..end]),
    )
    .unwrap();
    let document = json(run(&folder, "one.toml --json --fields one.h5").success());
    let effective = document["results"][0]["effective_conductivity"]
        .as_f64()
        .unwrap();
    assert!(effective > 0.05 && effective < 0.307, "{effective}");
    assert_eq!(document["input"]["file_type"], "generated from seed 3");
    assert!(folder.path().join("one.h5").exists());
}
