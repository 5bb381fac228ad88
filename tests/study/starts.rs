//! Many processes that start at once in a folder that is not there yet: one of them makes it under the eyes of the others.

use super::{folder, results, voxion};
use std::{
    fs,
    path::Path,
    process::{Child, Command, Output, Stdio},
};
use tempfile::TempDir;
use voxion::study::Store;

const STUDY: &str = r#"
[[parameter]]
key = "phases.solid.conductivity"
values = [1, 2]

[volume]
path = "solid.raw"
shape = [4, 4, 4]

[phases.solid]
label = 1
conductivity = 1

[run]
backend = "host"
"#;

fn new_folder() -> TempDir {
    let folder = folder(STUDY);
    fs::write(folder.path().join("solid.raw"), [1u8; 64]).unwrap();
    folder
}

fn start(folder: &Path) -> Child {
    Command::new(assert_cmd::cargo::cargo_bin("voxion"))
        .current_dir(folder)
        .args("study run study.toml --quiet --jobs 1 --threads 1".split_whitespace())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Starts so many processes in a new folder, so many times; each folder and what the processes said.
fn started(times: usize, processes: usize) -> impl Iterator<Item = (TempDir, Vec<Output>)> {
    (0..times).map(move |_| {
        let folder = new_folder();
        let running: Vec<Child> = (0..processes).map(|_| start(folder.path())).collect();
        let ended = running.into_iter();
        let ended = ended.map(|child| child.wait_with_output().unwrap());
        let ended = ended.collect();
        (folder, ended)
    })
}

#[test]
fn processes_that_start_at_once_make_one_folder_and_none_takes_it_for_a_foreign_one() {
    let alone = new_folder();
    voxion(alone.path(), "study run study.toml --quiet").success();
    let wanted = results(alone.path());
    for (folder, ended) in started(25, 8) {
        for output in ended {
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{said}");
        }
        assert!(results(folder.path()) == wanted);
    }
}

/// What looks at the folder find while a process makes it, from before its start until after its end.
fn looked_at(folder: &Path) -> Vec<Result<bool, String>> {
    let results = folder.join("study.results");
    let look = || {
        let found = Store::open(&results).map_err(|error| error.to_string());
        found.map(|store| store.is_some())
    };
    let mut found = vec![look()];
    let mut process = start(folder);
    while process.try_wait().unwrap().is_none() {
        found.extend((0..50).map(|_| look()));
    }
    found.push(look());
    found
}

#[test]
fn a_folder_that_a_process_makes_is_never_taken_for_a_foreign_one() {
    for _ in 0..40 {
        let folder = new_folder();
        let said = looked_at(folder.path());
        if let Some(Err(error)) = said.iter().find(|found| found.is_err()) {
            panic!("{error}");
        }
        assert_eq!(said.first(), Some(&Ok(false)));
        assert_eq!(said.last(), Some(&Ok(true)));
        // From the first time that it is seen, it stays.
        let first = said.iter().position(|found| *found == Ok(true)).unwrap();
        assert!(said[first..].iter().all(|found| *found == Ok(true)));
    }
    // A folder that nobody makes and that holds something else is a foreign one.
    let foreign = tempfile::tempdir().unwrap();
    fs::write(foreign.path().join("notes.txt"), "mine").unwrap();
    Store::open(foreign.path()).unwrap_err();
}
