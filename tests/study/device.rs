//! Small cases that a device solves together come out as they do one by one, and as the host has them; several devices share a
//! study; cards that a scheduler does not name are left alone; a device that is not there is told before anything runs.

use super::{PELLETS, folder, results, stderr, voxion};
use assert_cmd::Command;
use serde_json::Value;
use std::{collections::BTreeMap, fs, path::Path};

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

/// The driver's file of the software device under two names: the loader then shows two devices.
fn two_drivers(folder: &Path) -> String {
    let known = ["/usr/share/vulkan/icd.d", "/etc/vulkan/icd.d"].into_iter();
    let files = known.filter_map(|place| fs::read_dir(place).ok()).flatten();
    let driver = files
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.display().to_string().contains("lvp_icd"))
        .expect("a software Vulkan device: apt-get install mesa-vulkan-drivers");
    let copies = ["first.json", "second.json"].map(|name| folder.join(name));
    for copy in &copies {
        fs::copy(&driver, copy).unwrap();
    }
    copies.map(|copy| copy.display().to_string()).join(":")
}

/// The numbers of the devices whose queues cases were in, by their logs.
fn queues(folder: &Path) -> Vec<String> {
    let logs = fs::read_dir(folder.join("study.results/logs")).unwrap();
    let log = logs.map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap());
    let queue = |log: String| {
        let rest = log.split("in the queue of device ").nth(1)?;
        Some(rest.lines().next()?.to_owned())
    };
    log.filter_map(queue).collect()
}

#[test]
#[ignore = "needs an adapter; run with -- --ignored device_"]
fn device_studies_are_shared_by_every_device_that_is_admitted() {
    let drivers = tempfile::tempdir().unwrap();
    let drivers = two_drivers(drivers.path());
    let run = |arguments: &str| {
        let folder = folder(PELLETS);
        let mut command = Command::cargo_bin("voxion").unwrap();
        let arguments = format!("study run study.toml --quiet {arguments}");
        command
            .current_dir(folder.path())
            .env("VK_DRIVER_FILES", &drivers)
            .env("VK_ICD_FILENAMES", &drivers)
            .args(arguments.split_whitespace())
            .assert()
            .success();
        (records(folder.path()), queues(folder.path()))
    };
    let (shared, queues) = run("--device llvmpipe");
    let of = |device: &str| queues.iter().filter(|queue| *queue == device).count();
    assert_eq!(queues.len(), 6, "{queues:?}");
    assert!(of("#1") > 0 && of("#2") > 0, "{queues:?}");
    // One that is named alone has them all, and says nothing of queues.
    let (alone, queues) = run("--device #2");
    assert_eq!(queues.len(), 0, "{queues:?}");
    assert!(shared == alone);
    assert!(
        alone
            .values()
            .all(|record| record["results"][0]["adapter"].is_string())
    );
    let (more, _) = run("--device llvmpipe --jobs 5");
    assert!(shared == more);
}

#[test]
fn a_device_that_is_not_there_is_told_before_anything_runs() {
    let folder = folder(PELLETS);
    for arguments in ["", "--dry-run"] {
        let run = format!("study run study.toml --device none-such {arguments}");
        let said = stderr(&voxion(folder.path(), &run).code(1));
        assert!(
            said.contains("wanted is one with \"none-such\" in its name"),
            "{said}"
        );
        assert_eq!(said.matches("error:").count(), 1, "{said}");
    }
    assert!(!folder.path().join("study.results").exists());
}

/// What `voxion devices` says where a scheduler has set a variable.
fn devices(variable: &str, value: Option<&str>, form: &str) -> String {
    let mut command = Command::cargo_bin("voxion").unwrap();
    command.arg("devices").args(form.split_whitespace());
    command.env_remove(variable);
    if let Some(value) = value {
        command.env(variable, value);
    }
    String::from_utf8(command.assert().success().get_output().stdout.clone()).unwrap()
}

/// On a machine without cards of the maker the variable says nothing; with some, none is left where none is named.
#[test]
fn cards_that_a_scheduler_does_not_name_are_left_out_and_told() {
    let names = |text: String| -> Vec<String> {
        let document: Value = serde_json::from_str(&text).unwrap();
        let devices = document["devices"].as_array().unwrap().iter();
        devices
            .map(|own| own["name"].as_str().unwrap().to_owned())
            .collect()
    };
    for (variable, maker) in [
        ("CUDA_VISIBLE_DEVICES", "NVIDIA"),
        ("ROCR_VISIBLE_DEVICES", "AMD"),
    ] {
        let all = names(devices(variable, None, "--json"));
        let others: Vec<String> = all
            .iter()
            .filter(|name| !name.contains(maker))
            .cloned()
            .collect();
        let cards = all.len() - others.len();
        assert_eq!(names(devices(variable, Some(""), "--json")), others);
        let said = devices(variable, Some(""), "");
        let told = format!("{variable}= leaves out {cards} of {cards} cards.");
        assert_eq!(said.contains(&told), cards > 0, "{said}");
        let said = devices(variable, Some("GPU-8932f937"), "");
        let untold = "cannot be told from here and leaves out none";
        assert_eq!(said.contains(untold), cards > 0, "{said}");
        assert_eq!(
            names(devices(variable, Some("GPU-8932f937"), "--json")),
            all
        );
    }
}
