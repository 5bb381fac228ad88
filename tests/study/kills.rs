//! A study killed at any moment goes on and ends with the bytes of an undisturbed one.

use super::{PELLETS, folder, results, voxion};
use std::{
    path::Path,
    process::{Command, Stdio},
    thread,
    time::Duration,
};

/// Eight cases that take long enough to be killed in.
fn study() -> String {
    PELLETS
        .replace("[0, 20, 40]", "[0, 20, 40, 60]")
        .replace("size = 16", "size = 24")
}

/// Starts the study and kills it after a while, if it still runs then. Whether it did.
fn kill_after(folder: &Path, pause: Duration) -> bool {
    let mut child = Command::new(assert_cmd::cargo::cargo_bin("voxion"))
        .current_dir(folder)
        .args(["study", "run", "study.toml", "--quiet", "--jobs", "2"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    thread::sleep(pause);
    let running = child.try_wait().unwrap().is_none();
    // SIGKILL on unix: nothing can be tidied up.
    child.kill().unwrap();
    child.wait().unwrap();
    running
}

/// Kills a study again and again, `times` in all, and starts a new one whenever it got to its end; each end has the bytes
/// of an undisturbed run. Returns how often it was killed before its end.
fn check_kills(times: u32) -> u32 {
    let undisturbed = folder(&study());
    voxion(undisturbed.path(), "study run study.toml --quiet").success();
    let wanted = results(undisturbed.path());
    let mut killed = 0;
    let mut disturbed = folder(&study());
    for round in 0..times {
        // Between 0 and 61 ms, in steps of a thousandth of that, in no order.
        let pause = Duration::from_micros(u64::from(round.wrapping_mul(7919) % 1000) * 61);
        if kill_after(disturbed.path(), pause) {
            killed += 1;
        } else {
            assert!(results(disturbed.path()) == wanted, "round {round}");
            disturbed = folder(&study());
        }
    }
    voxion(disturbed.path(), "study run study.toml --quiet").success();
    assert!(results(disturbed.path()) == wanted);
    killed
}

#[test]
fn a_killed_study_ends_with_the_same_bytes() {
    assert!(check_kills(8) > 0);
}

#[test]
#[ignore = "takes half a minute; run with -- --ignored kills_"]
fn kills_at_a_hundred_moments_leave_no_trace() {
    let killed = check_kills(100);
    assert!(killed > 30, "{killed}");
}
