//! Does `voxion bench` measure what it says, and does a user who asks for lean memory get it and see it?

use super::{HALVES, folder, refused_in, stderr, stdout, voxion};
use assert_cmd::Command;
use serde_json::Value;
use std::path::Path;

const HALVES_ON_DEVICE: &str = "solve halves.raw --shape 8,6,4 --phase 0 --backend device";

#[test]
fn a_bench_of_the_host_measures_both_ways_and_all_kernels() {
    let folder = folder();
    let arguments = "bench --size 32 --backend host --kernels";
    let table = stdout(&voxion(folder.path(), arguments).success());
    for part in [
        "32 768 voxels",
        "copy bandwidth, GB/s",
        "over the bandwidth floor",
        "iterations to 0.1 %",
        "host, lean",
        "kernel on host",
        "prolong",
        "certificate",
    ] {
        assert!(table.contains(part), "{part} in\n{table}");
    }
    let json = stdout(&voxion(folder.path(), &format!("{arguments} --threads 1 --json")).success());
    let object: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        (&object["size"], &object["threads"]),
        (&Value::from(32), &Value::from(1))
    );
    let [full, lean] = [0, 1].map(|place| &object["backends"][place]);
    assert_eq!(
        [&full["lean"], &lean["lean"]],
        [&Value::from(false), &Value::from(true)]
    );
    for place in [full, lean] {
        for key in [
            "copy_bytes_per_second",
            "set_up_seconds",
            "iteration_seconds",
            "seconds",
        ] {
            assert!(place[key].as_f64().unwrap() > 0.0, "{key} in\n{json}");
        }
        assert!(place["iterations"].as_u64().unwrap() > 0);
    }
    assert_eq!(full["kernels"].as_array().unwrap().len(), 10);
    let value = |place: &Value| place["effective_conductivity"].as_f64().unwrap();
    assert!((value(full) / value(lean) - 1.0).abs() < 2e-3);
}

#[test]
fn sizes_that_measure_nothing_are_refused() {
    let folder = folder();
    refused_in(&folder, "bench --size 8", "8 is not in 16..=2048");
    refused_in(&folder, "bench --backend gpu", "all, host, device");
}

#[test]
fn lean_memory_is_estimated_solved_and_recorded() {
    let folder = folder();
    let assert = voxion(
        folder.path(),
        &format!("{HALVES} --phase 0 --memory lean --json"),
    )
    .success();
    assert!(stderr(&assert).contains("on the host, lean (the full solve takes about"));
    let object: Value = serde_json::from_str(&stdout(&assert)).unwrap();
    assert_eq!(object["parameters"]["memory"], "lean");
    let conductivity = object["results"][0]["effective_conductivity"]
        .as_f64()
        .unwrap();
    assert!((conductivity - 0.5).abs() < 1e-3);
}

#[test]
#[ignore = "device test: cargo test -- --ignored device_"]
fn device_lean_memory_is_estimated_and_taken_on_a_device() {
    let folder = folder();
    let command = format!("{HALVES_ON_DEVICE} --memory lean --json");
    let assert = voxion(folder.path(), &command).success();
    assert!(stderr(&assert).contains("on a device, lean"));
    let object: Value = serde_json::from_str(&stdout(&assert)).unwrap();
    let result = &object["results"][0];
    assert!(result["adapter"].is_string(), "{result}");
    assert!((result["effective_conductivity"].as_f64().unwrap() - 0.5).abs() < 1e-3);
}

#[test]
#[ignore = "device test: cargo test -- --ignored device_"]
fn device_the_shape_of_workgroups_is_measured_once_and_shown() {
    let (folder, cache) = (folder(), tempfile::tempdir().unwrap());
    let run = |command: &str, cache: &Path| {
        let mut program = Command::cargo_bin("voxion").unwrap();
        let program = program
            .current_dir(folder.path())
            .env("XDG_CACHE_HOME", cache);
        program.args(command.split_whitespace()).assert().success()
    };
    let shape = || {
        let shown: Value =
            serde_json::from_str(&stdout(&run("devices --json", cache.path()))).unwrap();
        shown["devices"][0]["workgroup_shape"].clone()
    };
    assert!(shape().is_null());
    run(HALVES_ON_DEVICE, cache.path());
    let measured = shape();
    assert!(measured.as_str().unwrap().contains(" x "), "{measured}");
    run(HALVES_ON_DEVICE, cache.path());
    assert_eq!(shape(), measured);
    // A folder that cannot be written: measured each time.
    let file = tempfile::NamedTempFile::new().unwrap();
    run(HALVES_ON_DEVICE, file.path());
}

#[test]
#[ignore = "device test: cargo test -- --ignored device_"]
fn device_a_bench_of_a_device_measures_both_ways() {
    let folder = folder();
    let arguments = "bench --size 24 --backend device --json";
    let shown = stdout(&voxion(folder.path(), arguments).success());
    let shown: Value = serde_json::from_str(&shown).unwrap();
    let places = shown["backends"].as_array().unwrap();
    for (place, lean) in places.iter().zip([false, true]) {
        assert_eq!(place["lean"], lean);
        assert!(place["iterations"].as_u64().unwrap() > 0, "{place}");
    }
}
