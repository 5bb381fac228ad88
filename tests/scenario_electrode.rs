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
            "temperature = \"25 C\"\n",
            "",
            "[reaction] needs the key \"temperature\"",
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
    ] {
        let (printed, code) = run(&words, &text);
        assert!(printed.unwrap_err().contains(sentence));
        assert_eq!(code, 2);
    }
    let (printed, code) = run(&["impedance"], &scenario("first-light", &[]));
    assert!(printed.unwrap_err().contains("no [reaction]"));
    assert_eq!(code, 2);
}
