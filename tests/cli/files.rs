//! Are files written completely or not at all, and kept unless forced?

use super::{folder, stderr, voxion};
use serde_json::Value;
use std::fs;

#[test]
fn a_scenario_leaves_its_files_and_keeps_them() {
    let folder = folder();
    let path = |name: &str| folder.path().join(name);
    let outputs = "--fields run.h5 --slices pictures";
    voxion(folder.path(), &format!("run run.toml {outputs}")).success();
    let object: Value = serde_json::from_slice(&fs::read(path("run.json")).unwrap()).unwrap();
    assert_eq!(object["units"], "S/m");
    let pictures = ["labels_z.png", "potential_z.png", "current_density_z.png"];
    let mut found: Vec<_> = fs::read_dir(path("pictures"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    found.sort();
    assert_eq!(
        found,
        ["current_density_z.png", "labels_z.png", "potential_z.png"]
    );

    let said = |command: &str| stderr(&voxion(folder.path(), command).code(2));
    assert!(said("run run.toml").contains("run.json exists already"));
    fs::remove_file(path("run.json")).unwrap();
    assert!(said("run run.toml --fields run.h5").contains("run.h5 exists already"));
    for picture in pictures {
        assert!(said("run run.toml --slices pictures").contains("exists already"));
        fs::remove_file(path("pictures").join(picture)).unwrap();
    }
    voxion(folder.path(), &format!("run run.toml {outputs} --force")).success();
}

#[cfg(unix)]
#[test]
fn ctrl_c_leaves_no_half_file() {
    use std::{
        io::{BufRead, BufReader},
        process::{Command, Stdio},
    };
    let folder = folder();
    let mut state = 1u32;
    let noise = (0..224 * 224 * 224).map(|_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        u8::from(state > u32::MAX / 5 * 3)
    });
    fs::write(folder.path().join("noise.raw"), noise.collect::<Vec<u8>>()).unwrap();
    let before = fs::read_dir(folder.path()).unwrap().count();
    let mut child = Command::new(env!("CARGO_BIN_EXE_voxion"))
        .args("solve noise.raw --shape 224,224,224 --phase 0 --backend host".split(' '))
        .args("--rtol 1e-9 --axis all --fields out.h5".split(' '))
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let first = lines.next().unwrap().unwrap();
    assert!(first.starts_with("memory: "), "{first}");
    let kill = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(kill.success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(lines.last().unwrap().unwrap().starts_with("interrupted: "));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), before);
}
