//! The scenarios of membrane, vertical graphene, core and shell, and composite, as they ship but smaller: do the trends hold
//! that their pages state?

use assert_cmd::Command;
use serde_json::Value;
use std::{fs, path::Path};

/// A column of the comparison that a scenario prints, after replacing a text in its file.
fn column(name: &str, (from, to): (&str, &str), key: &str) -> Vec<f64> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("scenarios/{name}.toml"));
    let text = fs::read_to_string(path).unwrap();
    assert!(text.contains(from), "{name} has no {from}");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("smaller.toml");
    fs::write(&file, text.replace(from, to)).unwrap();
    let run = Command::new(env!("CARGO_BIN_EXE_voxion"))
        .args(["run", "--json", "--quiet", "--backend", "host"])
        .arg(&file)
        .assert()
        .success();
    let document: Value = serde_json::from_slice(&run.get_output().stdout).unwrap();
    let rows = document["rows"].as_array().unwrap().iter();
    rows.map(|row| row[key].as_f64().unwrap()).collect()
}

fn conductivities(name: &str, smaller: (&str, &str)) -> Vec<f64> {
    column(name, smaller, "effective_conductivity")
}

fn rise(values: &[f64]) -> bool {
    values.windows(2).all(|pair| pair[0] < pair[1])
}

/// The bound of Hashin and Shtrikman holds for isotropic media; one small packing is allowed 5 % for what it is not.
#[test]
fn denser_membranes_conduct_better_and_less_than_their_solid_share() {
    let mut found = conductivities("lps-membrane", ("size = 72", "size = 40"));
    assert!(rise(&found), "{found:?}");
    for (conductivity, density) in found.iter().zip([0.60, 0.62, 0.65, 0.68, 0.71, 0.74, 0.80]) {
        let bound = 1.6e-2 * 2.0 * density / (3.0 - density);
        assert!(
            *conductivity < 1.05 * bound,
            "{conductivity} at {density}: above Hashin and Shtrikman"
        );
    }
    found.swap(2, 3);
    assert!(!rise(&found), "a wrong order was not noticed");
}

#[test]
fn a_layer_of_eight_nanometres_alone_does_not_explain_the_measured_factor() {
    let mut found = conductivities("core-shell-cathode", ("size = 96", "size = 48"));
    found.reverse();
    assert!(rise(&found), "{found:?}");
    let ratio = found[4] / found[0];
    assert!(ratio > 1.1 && ratio < 4.0, "{ratio}");
}

#[test]
fn fibres_and_sheets_reach_through_where_dots_do_not() {
    let found = conductivities("s-c-sse-composite", ("size = 80 ", "size = 64 "));
    assert!(found[0] > 0.0 && found[1] > 0.0, "{found:?}");
    assert_eq!(found[2], 0.0);
}

/// Layers in series: no less than 650 nm of Li2S without sheets and 1.4 um of LiPON.
#[test]
fn the_filling_holds_the_resistance_of_the_stack_at_every_temperature() {
    let found = conductivities("vgs-li2s", ("[434, 48, 48]", "[434, 24, 24]"));
    for conductivity in &found {
        let resistance = 2170e-9 / conductivity;
        assert!(
            resistance > 6.0 && resistance < 10.0,
            "{resistance} Ohm m2: 6.5 from Li2S alone"
        );
    }
    let gain = found[3] / found[0];
    assert!((gain - 1.0).abs() < 5e-3, "{gain}");
}
