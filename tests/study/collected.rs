//! What can be collected besides conduction: stress, electrodes, cells, with known answers and the numbers of single runs.

use super::{folder, results, stderr, stdout, voxion};
use serde_json::Value;
use std::{fs, path::Path};
use voxion::study::{
    merge,
    table::{Column, Kind, Values},
};

/// One phase held in a cage, or free, that swells.
const SWELLING: &str = r#"
[study]
results = ["mean_stress", "mean_strain", "von_mises", "hydrostatic_stress", "youngs_modulus"]
[volume]
path = "one.raw"
shape = [8, 8, 8]
voxel_size = "1 um"
[phases.salt]
label = 1
conductivity = "1 S/m"
[stress]
hold = "clamped"
[stress.phases.salt]
young = "10 GPa"
poisson = 0.3
[run]
backend = "host"
[[parameter]]
key = "stress.phases.salt.eigenstrain"
values = [0.01, 0.02]
[[parameter]]
key = "stress.hold"
values = ["clamped", "free"]
"#;

/// A small electrode whose overpotential is varied.
const ELECTRODE: &str = r#"
[study]
results = ["current_density", "electrode_resistance", "ionic_resistance", "kinetic_resistance", "active_sites", "utilisation"]
[[parameter]]
key = "reaction.overpotential"
values = ["10 mV", "50 mV"]
"#;
pub(super) const COMPOSITE: &str = r#"
[generate]
generator = "composite"
seed = 1
size = 16
voxel_size = "100 nm"
active = "40 %"
carbon = "20 %"
porosity = "5 %"
[transport]
carrier = "electronic"
[transport.ionic]
electrolyte = "3.07 mS/cm"
[transport.electronic]
carbon = "10 S/cm"
[reaction]
kinetics = "linear"
temperature = "25 C"
overpotential = "10 mV"
active = "active"
reach = "100 nm"
[reaction.faces]
electrons = "carbon"
ions = "electrolyte"
exchange_current = "1 A/m2"
[phases.active]
conductivity = 0
[phases.electrolyte]
conductivity = 0
[run]
backend = "host"
"#;

/// A piece of a membrane in a cell.
const CELL: &str = r#"
[study]
results = ["membrane_resistance", "energy_density", "loading_needed", "effective_conductivity", "porosity"]
[generate]
generator = "membrane"
seed = 1
size = 24
voxel_size = "8 nm"
relative_density = 0.7
[transport]
carrier = "ionic"
[run]
backend = "host"
[[parameter]]
key = "cell.thickness"
values = ["1 um", "30 um"]
[cell]
thickness = "1 um"
active = "S"
loading = "3 mg/cm2"
active_fraction = "30 %"
utilisation = "70 %"
voltage = "2 V"
lithium = 2
collectors = "2.7 mg/cm2"
current_density = "10 mA/cm2"
target = "400 Wh/kg"
"#;

/// Runs and merges the study of a folder.
fn merged(folder: &Path) -> Vec<Column> {
    voxion(folder, "study run study.toml --quiet").success();
    voxion(folder, "study merge study.toml").success();
    merge::read(&folder.join("study.h5"))
        .unwrap()
        .unwrap()
        .0
        .columns
}

fn numbers<'a>(columns: &'a [Column], name: &str) -> &'a [f64] {
    let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    let column = columns.iter().find(|column| column.name == name);
    let column = column.unwrap_or_else(|| panic!("{name} is not among {names:?}"));
    match &column.values {
        Values::Numbers(numbers) => numbers,
        Values::Texts(_) => panic!("{name} holds texts"),
    }
}

/// Whether values are as expected, to a part of the largest.
fn check(found: &[f64], expected: &[f64], within: f64) -> Result<(), String> {
    let scale = expected
        .iter()
        .fold(0.0, |most: f64, value| most.max(value.abs()));
    let close =
        |(found, expected): (&f64, &f64)| (found - expected).abs() <= within * scale.max(1e-30);
    match found.len() == expected.len() && found.iter().zip(expected).all(close) {
        true => Ok(()),
        false => Err(format!("{found:?}, not {expected:?}")),
    }
}

#[test]
fn the_stress_of_a_uniform_cell_is_hookes_law() {
    let folder = folder(SWELLING);
    fs::write(folder.path().join("one.raw"), [1; 512]).unwrap();
    let columns = merged(folder.path());
    // Clamped: -E / (1 - 2 nu) times the eigenstrain, hydrostatic. Free: no stress, the eigenstrain itself.
    let (one, two) = (-10e9 / 0.4 * 0.01, -10e9 / 0.4 * 0.02);
    let stress = numbers(&columns, "mean_stress.xx");
    check(stress, &[one, 0.0, two, 0.0], 1e-6).unwrap();
    check(stress, &[one, 0.0, 1.01 * two, 0.0], 1e-6).unwrap_err();
    check(
        numbers(&columns, "hydrostatic_stress.salt"),
        &[one, 0.0, two, 0.0],
        1e-6,
    )
    .unwrap();
    check(
        numbers(&columns, "mean_strain.zz"),
        &[0.0, 0.01, 0.0, 0.02],
        1e-6,
    )
    .unwrap();
    check(numbers(&columns, "youngs_modulus"), &[10e9; 4], 1e-6).unwrap();
    assert!(
        numbers(&columns, "von_mises.salt")
            .iter()
            .all(|stress| stress.abs() < 1e3)
    );
    let bound = columns
        .iter()
        .find(|column| column.name == "mean_stress.yz_bound")
        .unwrap();
    assert_eq!((bound.kind, bound.unit.as_str()), (Kind::Bound, "Pa"));
}

#[test]
fn the_numbers_of_an_electrode_are_those_of_a_single_run() {
    let folder = folder(&format!("{ELECTRODE}{COMPOSITE}"));
    let columns = merged(folder.path());
    let single = |overpotential: &str| -> Value {
        let text = COMPOSITE.replace(
            "overpotential = \"10 mV\"",
            &format!("overpotential = \"{overpotential}\""),
        );
        fs::write(folder.path().join("single.toml"), text).unwrap();
        let said = stdout(&voxion(folder.path(), "run single.toml --json --quiet").success());
        serde_json::from_str(&said).unwrap()
    };
    let runs = ["10 mV", "50 mV"].map(single);
    for (name, key) in [
        ("current_density", "current_density_A_m2"),
        ("electrode_resistance", "resistance_ohm_m2"),
        ("kinetic_resistance", "kinetic_ohm_m2"),
        ("active_sites", "active_sites"),
        ("utilisation", "utilisation"),
    ] {
        let expected: Vec<f64> = runs
            .iter()
            .map(|run| run["electrode"][key].as_f64().unwrap())
            .collect();
        let found = numbers(&columns, name);
        assert_eq!(found, expected, "{name}");
    }
    // The kinetics are linear, so five times the overpotential drives five times the current.
    let current = numbers(&columns, "current_density");
    check(&[current[1]], &[5.0 * current[0]], 1e-5).unwrap();
    check(&[current[1]], &[4.99 * current[0]], 1e-5).unwrap_err();
    let bounds = numbers(&columns, "current_density_bound");
    assert!(
        bounds
            .iter()
            .zip(current)
            .all(|(bound, value)| *bound > 0.0 && *bound < 1e-5 * value.abs())
    );
}

/// Energies (Wh/kg) that follow from the other columns, layer by layer.
fn check_energies(columns: &[Column], voltage: f64) -> Result<(), String> {
    let [conductivity, porosity] =
        ["effective_conductivity", "porosity"].map(|name| numbers(columns, name));
    let energy = |(row, thickness): (usize, f64)| {
        let resistance = thickness / conductivity[row];
        let joules = 0.7 * 1675.0 * 3600.0 * 0.03 * (voltage - 100.0 * resistance);
        let lithium = 2.0 * 1675.0 * 3600.0 * 0.03 / (96_485.332_12 / 6.94e-3);
        let membrane = thickness * 1870.0 * (1.0 - porosity[row]);
        joules / 3600.0 / (0.1 + lithium + membrane + 0.027)
    };
    let expected: Vec<f64> = [1e-6, 30e-6].into_iter().enumerate().map(energy).collect();
    check(numbers(columns, "energy_density"), &expected, 1e-9)
}

#[test]
fn the_energy_of_a_cell_follows_from_the_columns_beside_it() {
    let folder = folder(CELL);
    let columns = merged(folder.path());
    check_energies(&columns, 2.0).unwrap();
    check_energies(&columns, 2.001).unwrap_err();
    let resistance = numbers(&columns, "membrane_resistance");
    check(&[30.0 * resistance[0]], &[resistance[1]], 1e-12).unwrap();
    let [bounds, energies] =
        ["energy_density_bound", "energy_density"].map(|name| numbers(&columns, name));
    assert!(
        bounds
            .iter()
            .zip(energies)
            .all(|(bound, energy)| *bound > 0.0 && *bound < 1e-2 * energy)
    );
    let units: Vec<&str> = ["energy_density", "loading_needed", "membrane_resistance"]
        .iter()
        .map(|name| {
            columns
                .iter()
                .find(|column| column.name == *name)
                .unwrap()
                .unit
                .as_str()
        })
        .collect();
    assert_eq!(units, ["Wh/kg", "mg/cm2", "Ohm m2"]);
    voxion(folder.path(), "report study.h5 -o page.html").success();
    let page = fs::read_to_string(folder.path().join("page.html")).unwrap();
    for words in [
        "energy density (Wh/kg)",
        "specific capacity of S: 1675 mAh/g",
        "local over mean current density",
    ] {
        assert!(page.contains(words), "{words}");
    }
}

/// On one line, however the message is wrapped.
fn flat(said: &str) -> String {
    said.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn what_a_result_needs_and_a_scenario_lacks_is_told() {
    let target = CELL.replace("target = \"400 Wh/kg\"\n", "");
    let states = SWELLING.replace(
        "hold = \"clamped\"",
        "hold = \"clamped\"\nconverted = [0.1, 0.2]",
    );
    for (text, sentence) in [
        (
            CELL.replace("[\"membrane_resistance\"", "[\"von_mises\""),
            "\"von_mises\" needs a section [stress]",
        ),
        (
            CELL.replace("[\"membrane_resistance\"", "[\"utilisation\""),
            "\"utilisation\" needs a section [reaction]",
        ),
        (
            SWELLING.replace("[\"mean_stress\"", "[\"energy_density\""),
            "\"energy_density\" needs a section [cell]",
        ),
        (target, "\"loading_needed\" needs the key \"target\""),
        (states, "\"converted\" has 2 values"),
        (
            CELL.replace("\"S\"", "\"Li3PS4\""),
            "\"active\" is \"Li3PS4\"; did you mean",
        ),
        (
            CELL.replace("active = \"S\"", "active = \"LiPON\""),
            "the library has no specific capacity of LiPON",
        ),
        (
            CELL.replace("\"70 %\"", "\"170 %\""),
            "\"utilisation\" is above 1",
        ),
        (
            CELL.replace("\"3 mg/cm2\"", "\"3 um\""),
            "\"um\" is the unit of a length, but a mass per area is expected",
        ),
        (
            CELL.replace("cell.thickness", "cell.thikness"),
            "did you mean \"cell.thickness\"?",
        ),
    ] {
        let folder = folder(&text);
        fs::write(folder.path().join("one.raw"), [1; 512]).unwrap();
        let said = stderr(&voxion(folder.path(), "study run study.toml").code(2));
        assert!(flat(&said).contains(sentence), "{sentence}\n{said}");
    }
    let folder = folder(CELL);
    let scenario = CELL[CELL.find("[generate]").unwrap()..].replace(
        "[[parameter]]\nkey = \"cell.thickness\"\nvalues = [\"1 um\", \"30 um\"]\n",
        "",
    );
    fs::write(folder.path().join("run.toml"), scenario).unwrap();
    let said = stderr(&voxion(folder.path(), "run run.toml").code(2));
    assert!(
        flat(&said).contains("run it with `voxion study run`"),
        "{said}"
    );
}

#[test]
fn the_stress_of_several_cases_is_not_left_out_silently() {
    let start = SWELLING.find("[volume]").unwrap();
    let end = SWELLING.find("[[parameter]]").unwrap();
    let vary = "[vary]\nparameter = \"stress.phases.salt.eigenstrain\"\nvalues = [0.01, 0.02]\n";
    let folder = folder("");
    fs::write(
        folder.path().join("run.toml"),
        format!("{}{vary}", &SWELLING[start..end]),
    )
    .unwrap();
    let said = stderr(&voxion(folder.path(), "run run.toml").code(2));
    assert!(
        flat(&said).contains("run it with `voxion study run`"),
        "{said}"
    );
}

#[test]
fn what_does_not_change_a_result_does_not_change_its_case() {
    // The cell matters only where its numbers are asked for: then the case has a name of its own.
    let without = CELL.replace("results = [\"membrane_resistance\", \"energy_density\", \"loading_needed\", \"effective_conductivity\", \"porosity\"]", "results = [\"porosity\"]");
    let cases = |text: &str| {
        let folder = folder(text);
        voxion(folder.path(), "study run study.toml --quiet").success();
        results(folder.path())
            .keys()
            .filter(|name| name.contains("cases/"))
            .count()
    };
    assert_eq!((cases(&without), cases(CELL)), (1, 2));
}
