//! Small cases that a device solves together come out as they do one by one, and as the host has them.

use super::{PELLETS, folder, results, voxion};
use serde_json::Value;
use std::{collections::BTreeMap, path::Path};

const RUN: &str = "study run study.toml --quiet --backend device";

/// Records by the name of their case.
fn records(folder: &Path) -> BTreeMap<String, Value> {
    let cases = results(folder)
        .into_iter()
        .filter(|(name, _)| name.contains("cases/"));
    cases
        .map(|(name, bytes)| (name, serde_json::from_slice(&bytes).unwrap()))
        .collect()
}

/// Whether conductivities agree within both bounds, times a factor.
fn check_near(a: &Value, b: &Value, factor: f64) -> Result<(), String> {
    let number = |record: &Value, key: &str| record["results"][0][key].as_f64().unwrap();
    let apart = (number(a, "effective_conductivity") - number(b, "effective_conductivity")).abs();
    let allowed = factor * (number(a, "error_bound") + number(b, "error_bound"));
    match apart <= allowed {
        true => Ok(()),
        false => Err(format!("{apart} apart, {allowed} allowed")),
    }
}

#[test]
#[ignore = "needs an adapter; run with -- --ignored device_"]
fn device_cases_of_a_batch_come_out_as_alone() {
    // Two axes, which differ in length.
    let text = PELLETS
        .replace("size = 16", "shape = [24, 16, 16]")
        .replace(
            "sides = \"periodic\"",
            "sides = \"periodic\"\naxes = [\"z\", \"x\"]",
        );
    let together = folder(&text);
    voxion(together.path(), RUN).success();
    let alone = folder(&text);
    for shard in 1..=6 {
        voxion(alone.path(), &format!("{RUN} --shard {shard}/6")).success();
    }
    let (batch, single) = (records(together.path()), records(alone.path()));
    assert_eq!(batch.len(), 6);
    assert!(batch == single);
    let host = folder(&text);
    voxion(host.path(), "study run study.toml --quiet --backend host").success();
    for (name, reference) in records(host.path()) {
        let own = &batch[&name];
        assert!(own["results"][0]["adapter"].is_string(), "{own}");
        assert_eq!(own["results"].as_array().unwrap().len(), 2);
        check_near(own, &reference, 1.0).unwrap();
    }
    let values: Vec<&Value> = batch.values().collect();
    check_near(values[0], values[5], 1.0).unwrap_err();
}

#[test]
#[ignore = "needs an adapter; run with -- --ignored device_"]
fn device_cases_that_fail_leave_the_others_of_their_batch() {
    let text = PELLETS
        .replace("generate.cycles", "generate.residual_porosity")
        .replace("[0, 20, 40]", "[\"7 %\", \"60 %\", \"5 %\"]");
    let folder = folder(&text);
    voxion(folder.path(), RUN).code(1);
    assert_eq!(records(folder.path()).len(), 4);
    let failed = results(folder.path())
        .into_keys()
        .filter(|name| name.contains("failed/"));
    assert_eq!(failed.count(), 2);
}
