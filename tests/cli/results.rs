//! Do tables and JSON say what was found, and warnings what to do?

use super::{HALVES, folder, stderr, stdout, voxion};
use serde_json::Value;

/// The one object that `--json` prints for label 0 along all axes.
fn object() -> Value {
    let folder = folder();
    let arguments = format!("{HALVES} --phase 0 --axis all --json --quiet");
    let assert = voxion(folder.path(), &arguments).success();
    assert_eq!(
        stderr(&assert),
        "warning: nothing that conducts joins the two ends along x, so the effective conductivity is exactly 0 and the tortuosity factor infinite\n"
    );
    serde_json::from_str(&stdout(&assert)).unwrap()
}

#[test]
fn json_is_one_object_with_the_documented_keys() {
    let object = object();
    assert_eq!(object["voxion"], env!("CARGO_PKG_VERSION"));
    assert_eq!(object["backend"], "host");
    assert_eq!(object["adapter"], Value::Null);
    assert_eq!(object["units"], "relative");
    let keys = "axis boundary effective_conductivity relative_conductivity error_bound tortuosity_factor \
                macmullin_number conducting_fraction percolating_fraction flux_in flux_out iterations \
                seconds read_seconds peak_bytes";
    for key in keys.split_whitespace() {
        assert!(!object["results"][0][key].is_null(), "{key}");
    }
}

/// Label 0 is a straight bar along z and y, and ends half-way along x.
#[test]
fn json_has_the_numbers_and_inf_where_nothing_flows() {
    let object = object();
    let results = object["results"].as_array().unwrap();
    let axes: Vec<&str> = results
        .iter()
        .map(|result| result["axis"].as_str().unwrap())
        .collect();
    assert_eq!(axes, ["z", "y", "x"]);
    for along in &results[..2] {
        assert!((along["effective_conductivity"].as_f64().unwrap() - 0.5).abs() < 1e-3);
        assert!((along["tortuosity_factor"].as_f64().unwrap() - 1.0).abs() < 2e-3);
    }
    assert_eq!(results[2]["effective_conductivity"], 0.0);
    assert_eq!(results[2]["tortuosity_factor"], "inf");
    assert_eq!(results[2]["macmullin_number"], "inf");
}

#[test]
fn the_table_says_what_the_numbers_mean() {
    let folder = folder();
    let sigma = "--sigma 0=10mS/cm,1=0 --voxel-size 500nm";
    let assert = voxion(folder.path(), &format!("{HALVES} {sigma}")).success();
    let table = stdout(&assert);
    for part in [
        "halves.raw: ",
        "8 x 6 x 4 voxels (z, y, x), voxel size 500 nm",
        "z (array axis 0)",
        "effective conductivity (S/m)",
        "tortuosity factor",
        "MacMullin number",
        "Boundary face:",
        "Sides mirror:",
        "algebraic error",
        "discretisation error",
    ] {
        assert!(table.contains(part), "{part} in\n{table}");
    }
    assert!(
        stderr(&assert).starts_with("memory: about "),
        "{}",
        stderr(&assert)
    );
}

#[test]
fn a_phase_without_voxels_is_a_warning() {
    let folder = folder();
    let assert = voxion(folder.path(), &format!("{HALVES} --sigma 0=1,1=0,5=2")).success();
    assert!(stderr(&assert).contains("warning: no voxel belongs to label 5; check the label"));
}

#[test]
fn info_counts_labels_and_percolation() {
    let folder = folder();
    let arguments = "info halves.raw --shape 8,6,4 --voxel-size 2um,1um,500nm";
    let table = stdout(&voxion(folder.path(), arguments).success());
    for part in ["8 x 6 x 4 voxels", "voxel size 2 x 1 x 0.5 um", "0.5000"] {
        assert!(table.contains(part), "{part} in\n{table}");
    }
    let json = stdout(&voxion(folder.path(), &format!("{arguments} --json")).success());
    let object: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(object["shape"], serde_json::json!([8, 6, 4]));
    assert_eq!(
        object["voxel_size_m"],
        serde_json::json!([2e-6, 1e-6, 5e-7])
    );
    let label = &object["labels"][0];
    assert_eq!(
        (&label["label"], &label["voxels"]),
        (&Value::from(0), &Value::from(96))
    );
    let percolating = serde_json::json!({"z": 1.0, "y": 1.0, "x": 0.0});
    assert_eq!(label["percolating_fraction"], percolating);
}

#[test]
fn devices_are_listed_whether_there_are_any_or_not() {
    let folder = folder();
    let table = stdout(&voxion(folder.path(), "devices").success());
    assert!(table.contains("--backend auto takes "), "{table}");
    let json = stdout(&voxion(folder.path(), "devices --json").success());
    let object: Value = serde_json::from_str(&json).unwrap();
    assert!(
        object["devices"].is_array() && object["auto"].is_string(),
        "{json}"
    );
}
