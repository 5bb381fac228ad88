//! Electrodes as scenarios, through the program: the composites that ship, smaller, and what is said of files that make no sense.

use assert_cmd::Command;
use serde_json::Value;
use std::{fs, path::Path};

/// A scenario that ships, with texts replaced.
fn scenario(name: &str, changes: &[(&str, &str)]) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("scenarios/{name}.toml"));
    let mut text = fs::read_to_string(path).unwrap();
    for (from, to) in changes {
        assert!(text.contains(from), "{name} has no {from}");
        text = text.replace(from, to);
    }
    text
}

/// What the program prints, or else its complaint; the exit code.
fn run(words: &[&str], text: &str) -> (Result<Value, String>, i32) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("scenario.toml");
    fs::write(&file, text).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_voxion"))
        .arg(words[0])
        .arg(&file)
        .args(&words[1..])
        .args(["--json", "--quiet", "--backend", "host"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let printed = serde_json::from_slice(&output.stdout).map_err(|_| said);
    (printed, output.status.code().unwrap_or(-1))
}

/// The electrodes of a comparison.
fn electrodes(text: &str) -> Vec<Value> {
    let (printed, code) = run(&["run"], text);
    let document = printed.unwrap();
    assert_eq!(code, 0);
    let rows = document["rows"].as_array().unwrap().iter();
    rows.map(|row| row["electrode"].clone()).collect()
}

fn number(electrode: &Value, key: &str) -> f64 {
    match &electrode[key] {
        Value::String(inf) if inf == "inf" => f64::INFINITY,
        value => value.as_f64().unwrap_or_else(|| panic!("{key} is {value}")),
    }
}

#[test]
fn carbon_that_percolates_reaches_more_sulphur_with_less_resistance() {
    let text = scenario("s-c-sse-composite", &[("size = 80 ", "size = 56 ")]);
    let found = electrodes(&text);
    let resistance = |n: usize| number(&found[n], "resistance_ohm_m2");
    let alive = |n: usize| number(&found[n]["dead"], "alive");
    for n in [0, 1] {
        let parts = ["ionic", "electronic", "contact", "kinetic"];
        let sum: f64 = parts
            .iter()
            .map(|part| number(&found[n], &format!("{part}_ohm_m2")))
            .sum();
        assert!((sum / resistance(n) - 1.0).abs() < 1e-9, "{sum}");
        assert!(number(&found[n], "energy_imbalance") < 1e-8);
        assert!(number(&found[n], "charge_imbalance") < 1e-9);
        assert!(
            resistance(2) > 2.0 * resistance(n) && alive(2) < alive(n),
            "{found:?}"
        );
    }
    assert!(alive(0) > 0.2 && alive(0) < 1.0, "{}", alive(0));
}

#[test]
fn more_active_material_conducts_electrons_better_and_ions_worse() {
    let text = scenario("ncm-composite", &[("size = 96 ", "size = 48 ")]);
    let found = electrodes(&text);
    let column = |key: &str| -> Vec<f64> {
        found
            .iter()
            .map(|electrode| number(&electrode["homogenised"], key))
            .collect()
    };
    let (ions, electrons) = (
        column("ionic_conductivity_S_m"),
        column("electronic_conductivity_S_m"),
    );
    assert!(ions.windows(2).all(|pair| pair[0] > pair[1]), "{ions:?}");
    assert!(
        electrons.windows(2).all(|pair| pair[0] <= pair[1]),
        "{electrons:?}"
    );
    assert!(electrons[2] > 0.0);
}

#[test]
fn a_spectrum_has_its_points_its_line_and_its_relaxation_times() {
    let text = scenario("s-c-sse-composite", &[("size = 80 ", "size = 44 ")]);
    let words = [
        "impedance",
        "--frequencies",
        "1MHz..1Hz",
        "--per-decade",
        "1",
    ];
    let (printed, code) = run(&words, &text);
    let document = printed.unwrap();
    assert_eq!(code, 0);
    let points = document["points"].as_array().unwrap();
    assert_eq!(points.len(), 7);
    assert!(
        points
            .iter()
            .all(|point| point["real_ohm_m2"].as_f64().unwrap() > 0.0)
    );
    assert!(
        points
            .iter()
            .all(|point| point["imaginary_ohm_m2"].as_f64().unwrap() <= 0.0)
    );
    assert!(document["line"]["ions_ohm_m2"].as_f64().unwrap() > 0.0);
    assert!(
        !document["relaxation"]["times_s"]
            .as_array()
            .unwrap()
            .is_empty()
    );
}

#[test]
fn files_that_make_no_sense_are_told_so_in_a_sentence() {
    let reaction = "\n[reaction]\nkinetics";
    for (from, to, sentence) in [
        (
            "kinetics = \"butler-volmer\"\n",
            "kinetics = \"butler-volmer\"\ntemperature = \"60 C\"\n",
            "one temperature holds for everything",
        ),
        (
            "exchange_current = \"10 nA/m\"",
            "exchange_current = \"10 nA/m\"\nreference_temperature = \"60 C\"",
            "needs the key \"activation_energy\"",
        ),
        (
            "capacitance = \"10 uF/cm2\"",
            "capacitance = \"10 uF/cm2\"\nactivation_energy = \"0.5 eV\"",
            "needs the key \"exchange_current\"",
        ),
        (
            "electrolyte = \"3.07 mS/cm\"",
            "electrolyte = { material = \"Li6PS5Clx\" }",
            "did you mean \"Li6PS5Cl\"",
        ),
        (
            "electrolyte = \"3.07 mS/cm\"",
            "electrolyte = { conductivity = 3.07 }",
            "without unit",
        ),
        (
            "voxel_size = \"50 nm\"",
            "voxel_size = \"1e-320 m\"",
            "from 1e-24 m to 1e24 m",
        ),
        (
            "exchange_current = \"10 nA/m\"",
            "exchange_current = \"0 nA/m\"",
            "greater than zero",
        ),
        (
            "exchange_current = \"10 nA/m\"",
            "exchange_current = \"10 nA/m2\"",
            "not known",
        ),
        (
            "exchange_current = \"10 nA/m\"",
            "exchange_current = \"1 A/m2\"",
            "the unit of a current density",
        ),
        (
            "overpotential = \"50 mV\"",
            "",
            "one of overpotential, voltage and current_density",
        ),
        (
            "overpotential = \"50 mV\"",
            "overpotential = \"50 mV\"\nvoltage = \"2 V\"",
            "another drive",
        ),
        (
            "overpotential = \"50 mV\"",
            "overpotential = \"0 mV\"",
            "other than zero",
        ),
        (
            "electrons = \"carbon\"\nexchange",
            "electrons = \"carbn\"\nexchange",
            "did you mean \"carbon\"",
        ),
        (
            "electrolyte = \"3.07 mS/cm\"",
            "electrolyt = \"3.07 mS/cm\"",
            "did you mean \"electrolyte\"",
        ),
        (
            "electrolyte = \"3.07 mS/cm\"",
            "pore = 0",
            "no voxel conducts ions",
        ),
        (reaction, "\n[reactions]\nkinetics", "unknown key"),
        (
            "kinetics = \"butler-volmer\"",
            "kinetics = \"tafel\"",
            "\"kinetics\" is \"tafel\"",
        ),
        (
            "separator = \"first\"",
            "separator = \"middle\"",
            "\"separator\" is \"middle\"",
        ),
        (
            "separator = \"first\"",
            "separator = \"first\"\nboundary = \"periodic\"",
            "\"boundary\" is without electrodes",
        ),
    ] {
        let text = scenario(
            "s-c-sse-composite",
            &[("size = 80 ", "size = 44 "), (from, to)],
        );
        let (printed, code) = run(&["impedance"], &text);
        let (run_printed, run_code) = run(&["run"], &text);
        let said = match (printed, run_printed) {
            (Err(said), _) if said.contains(sentence) => said,
            (_, Err(said)) => said,
            (printed, Ok(document)) => format!("{printed:?} {document}"),
        };
        assert!(said.contains(sentence), "{to}: {said}");
        assert!(
            code == 2 || run_code == 2 || run_code == 1,
            "{to}: {code} {run_code}"
        );
    }
    let text = scenario("s-c-sse-composite", &[("size = 80 ", "size = 44 ")]);
    for (words, sentence) in [
        (
            ["impedance", "--frequencies", "1Hz..0Hz"],
            "greater than zero",
        ),
        (
            ["impedance", "--frequencies", "1Hz..1kHz"],
            "higher frequency first",
        ),
        (
            ["impedance", "--frequencies", "1e300Hz..1Hz"],
            "from 1e-24 Hz to 1e24 Hz",
        ),
    ] {
        let (printed, code) = run(&words, &text);
        assert!(printed.unwrap_err().contains(sentence));
        assert_eq!(code, 2);
    }
    let (printed, code) = run(&["impedance"], &scenario("first-light", &[]));
    assert!(printed.unwrap_err().contains("no [reaction]"));
    assert_eq!(code, 2);
}

/// A planar cell: electrolyte on particles that conduct electrons, without a conductivity of any phase.
fn layers(folder: &Path) -> String {
    let mut voxels = vec![0u8; 5 * 2 * 2];
    voxels.extend([1u8; 5 * 2 * 2]);
    fs::write(folder.join("layers.raw"), voxels).unwrap();
    let text = r#"
[volume]
path = "layers.raw"
shape = [10, 2, 2]
voxel_size = "1 um"
[phases.electrolyte]
label = 0
[phases.carbon]
label = 1
[transport]
axes = "z"
temperature = "TEMPERATURE"
[transport.ionic]
electrolyte = { conductivity = "1 mS/cm", activation_energy = "0.3 eV" }
[transport.electronic]
carbon = "1 S/m"
[reaction]
kinetics = "linear"
overpotential = "10 mV"
active = "carbon"
[reaction.faces]
ions = "electrolyte"
electrons = "carbon"
exchange_current = "1 A/m2"
activation_energy = "0.5 eV"
reference_temperature = "30 C"
capacitance = "10 uF/cm2"
[run]
backend = "host"
"#;
    text.to_owned()
}

/// What the program prints in a folder, what it complains of, and its exit code.
fn run_in(folder: &Path, words: &[&str], text: &str) -> (Value, String, i32) {
    fs::write(folder.join("scenario.toml"), text).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_voxion"))
        .current_dir(folder)
        .args(words)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let printed = serde_json::from_str(&text).unwrap_or(Value::String(text));
    (printed, said, output.status.code().unwrap_or(-1))
}

/// Half a stack of electrolyte, half of carbon, and charge transfer in series, each with its own Arrhenius law.
#[test]
fn one_temperature_activates_conductivity_exchange_current_and_kinetics() {
    let folder = tempfile::tempdir().unwrap();
    let text = layers(folder.path());
    let words = ["run", "scenario.toml", "--json", "--quiet"];
    let mut all = Vec::new();
    for kelvin in [273.15, 298.15, 333.15f64] {
        let (found, said, code) = run_in(
            folder.path(),
            &words,
            &text.replace("TEMPERATURE", &format!("{kelvin} K")),
        );
        assert!(code == 0 && !said.contains("no effect"), "{said}");
        let arrhenius = |energy: f64, reference: f64| {
            (-energy / 8.617_333_262e-5 * (1.0 / kelvin - 1.0 / reference)).exp()
        };
        let thermal = 8.314_462_618 * kelvin / 96_485.332_12;
        let expected = [
            5e-6 / (0.1 * arrhenius(0.3, 298.15)),
            5e-6,
            thermal / arrhenius(0.5, 303.15),
        ];
        let keys = ["ionic_ohm_m2", "electronic_ohm_m2", "kinetic_ohm_m2"];
        for (key, expected) in keys.into_iter().zip(expected) {
            let found = number(&found["electrode"], key);
            let apart = found / expected - 1.0;
            assert!(
                apart.abs() < 1e-6,
                "{kelvin} K, {key}: {found} for {expected}"
            );
            assert!((found / (1.001 * expected) - 1.0).abs() > 1e-6);
        }
        all.push(number(&found["electrode"], "resistance_ohm_m2"));
    }
    assert!(all[0] > 1.1 * all[1] && all[1] > 1.1 * all[2], "{all:?}");
}

#[test]
fn a_study_over_the_temperature_has_three_different_rows() {
    let folder = tempfile::tempdir().unwrap();
    let text = layers(folder.path()).replace("temperature = \"TEMPERATURE\"\n", "")
        + "[vary]\nparameter = \"transport.temperature\"\nvalues = [\"0 C\", \"25 C\", \"60 C\"]\n";
    let words = ["run", "scenario.toml", "--json", "--quiet"];
    let (found, said, code) = run_in(folder.path(), &words, &text);
    assert_eq!(code, 0, "{said}");
    let rows = found["rows"].as_array().unwrap().iter();
    let resistance: Vec<f64> = rows
        .map(|row| number(&row["electrode"], "resistance_ohm_m2"))
        .collect();
    assert!(
        resistance.windows(2).all(|pair| pair[0] > 1.1 * pair[1]),
        "{resistance:?}"
    );
}

#[test]
fn a_material_of_the_library_conducts_in_an_electrode_and_dummies_are_warned_of() {
    let folder = tempfile::tempdir().unwrap();
    let text = layers(folder.path())
        .replace("TEMPERATURE", "25 C")
        .replace(
            "{ conductivity = \"1 mS/cm\", activation_energy = \"0.3 eV\" }",
            "{ material = \"Li6PS5Cl\" }",
        )
        .replace("label = 1\n", "label = 1\nconductivity = \"1 S/m\"\n");
    let (found, said, code) = run_in(
        folder.path(),
        &["run", "scenario.toml", "--json", "--quiet"],
        &text,
    );
    assert_eq!(code, 0, "{said}");
    assert!(
        said.contains("phases.carbon.conductivity") && said.contains("no effect"),
        "{said}"
    );
    let words = ["run", "scenario.toml", "--quiet"];
    let (table, _, _) = run_in(folder.path(), &words, &text);
    let line = "electrolyte: ions 0.307 S/m (ionic conductivity of Li6PS5Cl at 25 C";
    assert!(table.as_str().unwrap().contains(line), "{table}");
    let ionic = number(&found["electrode"], "ionic_ohm_m2");
    assert!((ionic / (5e-6 / 0.307) - 1.0).abs() < 1e-6, "{ionic}");
}

#[test]
fn every_impedance_comes_with_its_bound_and_rtol_acts() {
    let folder = tempfile::tempdir().unwrap();
    let text = layers(folder.path()).replace("TEMPERATURE", "30 C");
    let words = [
        "impedance",
        "scenario.toml",
        "--json",
        "--quiet",
        "--csv",
        "z.csv",
        "--force",
    ];
    let ask = |text: &str| {
        let (found, said, code) = run_in(folder.path(), &words, text);
        assert_eq!((code, said.as_str()), (0, ""));
        found["points"].as_array().unwrap().clone()
    };
    let points = ask(&text);
    let thermal = 8.314_462_618 * 303.15 / 96_485.332_12;
    let ions = 0.1 * (-0.3 / 8.617_333_262e-5 * (1.0 / 303.15 - 1.0 / 298.15f64)).exp();
    for point in &points {
        let [frequency, re, im, bound] = [
            "frequency_hz",
            "real_ohm_m2",
            "imaginary_ohm_m2",
            "relative_error_bound",
        ]
        .map(|key| point[key].as_f64().unwrap());
        let (g, b) = (1.0 / thermal, 2.0 * std::f64::consts::PI * frequency * 0.1);
        let square = g * g + b * b;
        let expected = [5e-6 / ions + 5e-6 + g / square, -b / square];
        let size = (expected[0] * expected[0] + expected[1] * expected[1]).sqrt();
        let apart = (re - expected[0]).hypot(im - expected[1]) / size;
        assert!(
            bound <= 1e-9 && apart < 1e-8,
            "{frequency} Hz: {apart:e} of {bound:e}"
        );
    }
    let csv = fs::read_to_string(folder.path().join("z.csv")).unwrap();
    assert!(csv.starts_with("frequency_hz,real_ohm_cm2,imaginary_ohm_cm2,relative_error_bound\n"));
    let iterations = |points: &[Value]| -> i64 {
        points
            .iter()
            .map(|point| point["iterations"].as_i64().unwrap())
            .sum()
    };
    let loose = ask(&text.replace("axes = \"z\"", "axes = \"z\"\nrtol = 0.1"));
    assert!(iterations(&loose) < iterations(&points), "{loose:?}");
    assert!(
        loose
            .iter()
            .all(|point| point["relative_error_bound"].as_f64().unwrap() <= 0.1)
    );
}

#[test]
fn a_faulty_scenario_ends_impedance_as_it_ends_run() {
    let folder = tempfile::tempdir().unwrap();
    let text = layers(folder.path())
        .replace("TEMPERATURE", "25 C")
        .replace("label = 1\n", "label = 1\nlabl = 2\n");
    for words in [["run", "scenario.toml"], ["impedance", "scenario.toml"]] {
        let (_, said, code) = run_in(folder.path(), &words, &text);
        assert_eq!(code, 2, "{said}");
        assert!(
            said.contains("scenario.toml:") && said.contains("labl"),
            "{said}"
        );
    }
}

#[test]
fn a_temperature_that_nothing_depends_on_is_warned_of() {
    let folder = tempfile::tempdir().unwrap();
    let text = layers(folder.path());
    let (phases, _) = text.split_once("[transport]").unwrap();
    let text = phases
        .replace("label = 0", "label = 0\nconductivity = \"1 S/m\"")
        .replace("label = 1", "label = 1\nconductivity = \"2 S/m\"");
    let warned = |transport: &str| {
        let words = ["run", "scenario.toml", "--json", "--quiet"];
        let text = format!("{text}[transport]\n{transport}\n[run]\nbackend = \"host\"\n");
        let (_, said, code) = run_in(folder.path(), &words, &text);
        assert_eq!(code, 0, "{said}");
        said.contains("transport.temperature has no effect")
    };
    assert!(warned("temperature = \"60 C\""));
    assert!(!warned("axes = \"z\""));
}
