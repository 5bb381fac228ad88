//! Running, sharing, resuming, failing.

use super::{PELLETS, folder, results, stderr, stdout, voxion};
use serde_json::Value;
use std::{fs, process::Command, thread};

const RUN: &str = "study run study.toml --quiet";

#[test]
fn a_study_runs_once_and_its_bytes_do_not_depend_on_jobs_or_threads() {
    let first = folder(PELLETS);
    let said = stdout(&voxion(first.path(), &format!("{RUN} --jobs 1 --threads 1")).success());
    assert!(
        said.contains("6 of 6 cases are finished; results in study.results"),
        "{said}"
    );
    let cases = results(first.path());
    assert_eq!(
        cases.keys().filter(|name| name.contains("cases/")).count(),
        6
    );
    assert!(
        !cases.keys().any(|name| name.contains("locks/")),
        "{:?}",
        cases.keys()
    );
    for arguments in ["--jobs 3 --threads 4", "--jobs 7 --threads 2"] {
        let other = folder(PELLETS);
        voxion(other.path(), &format!("{RUN} {arguments}")).success();
        assert!(results(other.path()) == cases, "{arguments}");
    }
    // A study that asks for something else has other bytes.
    let other = folder(&PELLETS.replace("\"periodic\"", "\"mirror\""));
    voxion(other.path(), RUN).success();
    assert!(results(other.path()) != cases);
    // What is finished is not run again: a log that is gone stays away.
    let logs = first.path().join("study.results/logs");
    for log in fs::read_dir(&logs).unwrap() {
        fs::remove_file(log.unwrap().path()).unwrap();
    }
    let said = stdout(&voxion(first.path(), RUN).success());
    assert!(
        said.contains("6 of 6 cases are finished, 6 of them before"),
        "{said}"
    );
    assert_eq!(fs::read_dir(&logs).unwrap().count(), 0);
    assert!(results(first.path()) == cases);
}

#[test]
fn a_record_is_what_a_single_run_gives() {
    let folder = folder(PELLETS);
    voxion(folder.path(), RUN).success();
    let start = PELLETS.find("[generate]").unwrap();
    let single = PELLETS[start..].replace("seed = 3", "seed = 3\ncycles = 20");
    fs::write(folder.path().join("single.toml"), single).unwrap();
    let single: Value = serde_json::from_str(&stdout(
        &voxion(folder.path(), "run single.toml --json --quiet").success(),
    ))
    .unwrap();
    let wanted = &single["results"][0];
    let found = results(folder.path())
        .into_iter()
        .filter(|(name, _)| name.contains("cases/"))
        .any(|(_, bytes)| {
            let record: Value = serde_json::from_slice(&bytes).unwrap();
            ["effective_conductivity", "error_bound", "tortuosity_factor"]
                .iter()
                .all(|key| record["results"][0][key] == wanted[key])
        });
    assert!(found, "{wanted}");
}

#[test]
fn shards_make_up_the_study() {
    let whole = folder(PELLETS);
    voxion(whole.path(), RUN).success();
    let parts = folder(PELLETS);
    for shard in ["1/4", "2/4", "3/4", "4/4"] {
        voxion(parts.path(), &format!("{RUN} --shard {shard}")).success();
    }
    assert!(results(whole.path()) == results(parts.path()));
}

#[test]
fn two_processes_on_one_folder_share_the_cases() {
    let alone = folder(PELLETS);
    voxion(alone.path(), RUN).success();
    let shared = folder(PELLETS);
    let program = assert_cmd::cargo::cargo_bin("voxion");
    let run = || {
        let output = Command::new(&program)
            .current_dir(shared.path())
            .args(RUN.split_whitespace())
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
    };
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(run);
        }
    });
    assert!(results(alone.path()) == results(shared.path()));
    // Each case was run by one of them: a log is opened once per run and says so once.
    for entry in fs::read_dir(shared.path().join("study.results/logs")).unwrap() {
        let log = fs::read_to_string(entry.unwrap().path()).unwrap();
        assert_eq!(log.matches("finished").count(), 1, "{log}");
    }
}

/// The study with one value that no pellet can be built with.
fn broken() -> String {
    PELLETS
        .replace("generate.cycles", "generate.residual_porosity")
        .replace("[0, 20, 40]", "[\"7 %\", \"60 %\"]")
        .replace("repeats = 2", "")
}

#[test]
fn a_case_that_fails_is_recorded_and_the_others_go_on() {
    let folder = folder(&broken());
    let said = stderr(&voxion(folder.path(), RUN).code(1));
    assert!(
        said.contains("error: generate.residual_porosity = 60 %: the residual porosity"),
        "{said}"
    );
    assert!(said.contains("1 of 2 cases failed"), "{said}");
    let status = stdout(&voxion(folder.path(), "study status study.toml").success());
    assert!(
        status.contains("1 finished, 0 running, 0 open, 1 failed"),
        "{status}"
    );
    assert!(
        status.contains("failed: generate.residual_porosity = 60 %: the residual"),
        "{status}"
    );
    // Without --retry it is not tried again, with it, it is.
    let log = || {
        let key = results(folder.path())
            .into_keys()
            .find(|name| name.contains("failed/"))
            .unwrap();
        let key = key.rsplit('/').next().unwrap().replace(".json", ".log");
        folder.path().join("study.results/logs").join(key)
    };
    let path = log();
    fs::remove_file(&path).unwrap();
    voxion(folder.path(), RUN).code(1);
    assert!(!path.exists());
    voxion(folder.path(), &format!("{RUN} --retry")).code(1);
    assert!(path.exists());
}

#[test]
fn a_study_that_changed_says_what_and_runs_what_is_new() {
    let folder = folder(PELLETS);
    voxion(folder.path(), "study run study.toml").success();
    let before = results(folder.path());
    let text = PELLETS.replace("[0, 20, 40]", "[0, 20, 50]");
    fs::write(folder.path().join("study.toml"), text).unwrap();
    let assert = voxion(folder.path(), "study run study.toml").success();
    let said = stderr(&assert);
    assert!(
        said.contains("parameter[1].values: [0, 20, 40] -> [0, 20, 50]"),
        "{said}"
    );
    assert!(
        said.contains("2 cases are new or different and are run; 2 no longer belong to it"),
        "{said}"
    );
    assert!(stdout(&assert).contains("6 of 6 cases are finished, 4 of them before"));
    // The results of cases that are gone stay.
    let after = results(folder.path());
    let kept = before.iter().filter(|(name, _)| name.contains("cases/"));
    assert!(
        kept.clone()
            .all(|(name, bytes)| after.get(name) == Some(bytes))
    );
    assert_eq!(
        kept.count() + 2,
        after.keys().filter(|name| name.contains("cases/")).count()
    );
}

#[test]
fn an_input_file_that_changed_is_run_again() {
    let study = "[volume]\npath = \"a.raw\"\nshape = [8, 8, 8]\n\n[phases.pore]\nlabel = 0\nconductivity = 1\n\n\
                 [phases.solid]\nlabel = 1\nconductivity = 0.1\n\n[run]\nbackend = \"host\"\n\n\
                 [[parameter]]\nkey = \"transport.axes\"\nvalues = [\"x\", \"z\"]\n";
    let folder = folder(study);
    let write = |every: usize| {
        let bytes: Vec<u8> = (0..512).map(|voxel| u8::from(voxel % every == 0)).collect();
        fs::write(folder.path().join("a.raw"), bytes).unwrap();
    };
    write(3);
    voxion(folder.path(), RUN).success();
    write(4);
    let assert = voxion(folder.path(), "study run study.toml").success();
    let said = stderr(&assert);
    assert!(said.contains("a.raw: other content"), "{said}");
    assert!(
        stdout(&assert).contains("2 of 2 cases are finished;"),
        "{said}"
    );
}

#[test]
fn foreign_files_are_named_and_left_alone() {
    let folder = folder(PELLETS);
    voxion(folder.path(), RUN).success();
    let notes = folder.path().join("study.results/cases/notes.txt");
    fs::write(&notes, "mine").unwrap();
    let said = stderr(&voxion(folder.path(), RUN).success());
    assert!(
        said.contains("notes.txt is no result of a study; it is left alone"),
        "{said}"
    );
    assert_eq!(fs::read_to_string(&notes).unwrap(), "mine");
    // Under the name of a result, it is not overwritten either.
    let name = results(folder.path())
        .into_keys()
        .find(|name| name.contains("cases/") && !name.contains("notes"))
        .unwrap();
    fs::write(folder.path().join(&name), "{}").unwrap();
    let said = stderr(&voxion(folder.path(), RUN).code(2));
    assert!(
        said.contains("is not a result of this program") && said.contains("move it elsewhere"),
        "{said}"
    );
    fs::remove_file(folder.path().join(&name)).unwrap();
    // What the folder remembers can be spoilt, too; moved away, no case is run again.
    let manifest = folder.path().join("study.results/study.json");
    fs::write(&manifest, "{").unwrap();
    let said = stderr(&voxion(folder.path(), RUN).code(2));
    assert!(said.contains("keeps every finished case"), "{said}");
    fs::remove_file(&manifest).unwrap();
    let said = stdout(&voxion(folder.path(), RUN).success());
    assert!(
        said.contains("6 of 6 cases are finished, 5 of them"),
        "{said}"
    );
}

#[cfg(unix)]
#[test]
fn a_full_disk_ends_the_study_and_loses_nothing() {
    let folder = folder(PELLETS);
    // The first two cases are run with room, the rest under a limit on the size of files, which fails as a full disk does.
    voxion(folder.path(), &format!("{RUN} --shard 1/3")).success();
    let before = results(folder.path());
    let limited = format!(
        "trap '' XFSZ; ulimit -f 0; exec {} {RUN} 2>&1",
        assert_cmd::cargo::cargo_bin("voxion").display()
    );
    let output = Command::new("sh")
        .current_dir(folder.path())
        .args(["-c", &limited])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("cannot be stored") && said.contains("every finished result is kept"),
        "{said}"
    );
    assert!(results(folder.path()) == before);
    voxion(folder.path(), RUN).success();
    let whole = self::folder(PELLETS);
    voxion(whole.path(), RUN).success();
    assert!(results(folder.path()) == results(whole.path()));
}

#[test]
fn a_dry_run_shows_cases_memory_and_time_and_writes_nothing() {
    let folder = folder(PELLETS);
    let said = stdout(&voxion(folder.path(), "study run study.toml --dry-run --jobs 2").success());
    for sentence in [
        "generate.cycles",
        "6 cases",
        "memory: about",
        "time: ",
        "for the 6 open ones, 2 at once",
    ] {
        assert!(said.contains(sentence), "{said}");
    }
    assert!(!folder.path().join("study.results").exists());
}

#[test]
fn the_template_runs_as_it_is() {
    let folder = folder("");
    voxion(folder.path(), "study new mine.toml").success();
    let said = stdout(&voxion(folder.path(), "study run mine.toml --quiet").success());
    assert!(said.contains("36 of 36 cases are finished"), "{said}");
    // What the user has made of it stays, unless it is to be replaced.
    let path = folder.path().join("mine.toml");
    fs::write(&path, "mine").unwrap();
    let said = stderr(&voxion(folder.path(), "study new mine.toml").code(2));
    assert!(said.contains("replace it with --force"), "{said}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
    voxion(folder.path(), "study new mine.toml --force").success();
    assert!(fs::read_to_string(&path).unwrap().contains("[study]"));
}

/// A record with one thing changed, in a folder with a finished study, and what merging says.
fn said_of_changed(change: impl Fn(&str) -> String) -> String {
    let folder = folder(PELLETS);
    voxion(folder.path(), RUN).success();
    let files = results(folder.path());
    let (name, bytes) = files
        .iter()
        .find(|(name, _)| name.contains("cases/"))
        .unwrap();
    let text = String::from_utf8(bytes.clone()).unwrap();
    let changed = change(&text);
    assert_ne!(changed, text);
    fs::write(folder.path().join(name), changed).unwrap();
    let said = stderr(&voxion(folder.path(), "study merge study.toml").code(2));
    let name = name.rsplit('/').next().unwrap();
    assert!(said.contains(name), "{said}");
    said
}

#[test]
fn a_record_that_was_changed_is_refused_with_its_name() {
    let value = |text: &str, key: &str| {
        let start = text.find(&format!("\"{key}\": ")).unwrap() + key.len() + 4;
        let end = start + text[start..].find([',', '\n']).unwrap();
        start..end
    };
    for new in ["-5.0", "null", "\"many\"", "0.1234"] {
        for key in [
            "effective_conductivity",
            "error_bound",
            "porosity",
            "fraction",
        ] {
            let said = said_of_changed(|text| {
                let mut text = text.to_owned();
                text.replace_range(value(&text, key), new);
                text
            });
            assert!(said.contains("checksum differs"), "{said}");
        }
    }
    // A slice that lost a row, and a record without its checksum.
    for gone in ["\"slice\": [\n", "  \"checksum\": \"sha256:"] {
        let said = said_of_changed(|text| {
            let at = text.find(&format!("\n  {}", gone.trim_start())).unwrap() + 1;
            let first = at + text[at..].find('\n').unwrap() + 1;
            let after = first + text[first..].find('\n').unwrap() + 1;
            match gone.contains("slice") {
                true => text[..first].to_owned() + &text[after..],
                false => text[..at].to_owned() + &text[first..],
            }
        });
        assert!(said.contains("is not a result of this program"), "{said}");
    }
}

#[cfg(unix)]
#[test]
fn files_among_the_locks_and_files_behind_links_stay_as_they_are() {
    use std::os::unix::fs::symlink;
    let folder = folder(PELLETS);
    voxion(folder.path(), &format!("{RUN} --shard 1/3")).success();
    let inside = folder.path().join("study.results");
    let target = folder.path().join("target.txt");
    fs::write(&target, "somebody's").unwrap();
    fs::write(inside.join("locks/precious.txt"), "mine").unwrap();
    fs::write(
        inside.join("locks/0123456789abcdef0123456789abcdef"),
        "mine",
    )
    .unwrap();
    symlink(
        &target,
        inside.join("locks/fedcba9876543210fedcba9876543210"),
    )
    .unwrap();
    symlink(&target, inside.join("locks/0123")).unwrap();
    let said = stderr(&voxion(folder.path(), RUN).success());
    assert_eq!(
        said.matches("is no result of a study; it is left alone")
            .count(),
        4,
        "{said}"
    );
    assert_eq!(fs::read_to_string(&target).unwrap(), "somebody's");
    assert_eq!(
        fs::read_to_string(inside.join("locks/precious.txt")).unwrap(),
        "mine"
    );
    assert!(
        inside
            .join("locks/0123")
            .symlink_metadata()
            .unwrap()
            .is_symlink()
    );
    // The lock, the log and the record of a case, as links to a file of somebody else.
    for part in ["locks", "logs", "failed"] {
        let folder = self::folder(PELLETS);
        voxion(folder.path(), RUN).success();
        let name = results(folder.path())
            .into_keys()
            .find(|name| name.contains("cases/"))
            .unwrap();
        fs::remove_file(folder.path().join(&name)).unwrap();
        let key = name
            .rsplit('/')
            .next()
            .unwrap()
            .trim_end_matches(".json")
            .to_owned();
        let ending = match part {
            "locks" => "",
            "logs" => ".log",
            _ => ".json",
        };
        let link = folder
            .path()
            .join(format!("study.results/{part}/{key}{ending}"));
        drop(fs::remove_file(&link));
        let target = folder.path().join("target.txt");
        fs::write(&target, "somebody's").unwrap();
        symlink(&target, &link).unwrap();
        let output = voxion(folder.path(), RUN);
        assert!(!output.get_output().status.success(), "{part}");
        assert_eq!(fs::read_to_string(&target).unwrap(), "somebody's", "{part}");
    }
}
