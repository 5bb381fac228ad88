//! The memory that a dry run tells holds what a case takes, whatever it is asked.

use super::{folder, stdout, voxion};
use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    thread,
    time::Duration,
};

const SIZE: usize = 56;

/// Three phases in layers of four voxels along x, crossed by columns, so that each of them joins both ends.
fn volume(folder: &Path) {
    let label = |voxel: usize| {
        let (x, y) = (voxel % SIZE, voxel / SIZE % SIZE);
        u8::try_from((x / 4 + y / 4) % 3).unwrap()
    };
    let voxels: Vec<u8> = (0..SIZE.pow(3)).map(label).collect();
    fs::write(folder.join("v.raw"), voxels).unwrap();
}

fn study(results: &str, sections: &str) -> String {
    format!(
        "[study]\nresults = [\"{results}\"]\n[[parameter]]\nkey = \"transport.rtol\"\nvalues = [1e-3]\n\
         [volume]\npath = \"v.raw\"\nshape = [{SIZE}, {SIZE}, {SIZE}]\nvoxel_size = \"100 nm\"\n[run]\nbackend = \"host\"\n\
         [phases.a]\nlabel = 0\nconductivity = \"1 S/m\"\n[phases.b]\nlabel = 1\nconductivity = \"3 S/m\"\n\
         [phases.c]\nlabel = 2\nconductivity = \"0.1 S/m\"\n{sections}"
    )
}

const STRESS: &str = "[stress]\nhold = \"free\"\n[stress.phases.a]\nyoung = \"10 GPa\"\npoisson = 0.3\neigenstrain = \"1 %\"\n\
     [stress.phases.b]\nyoung = \"1 GPa\"\npoisson = 0.3\n[stress.phases.c]\nyoung = \"5 GPa\"\npoisson = 0.3\n";
const REACTION: &str = "[transport.ionic]\na = \"0.1 S/m\"\nb = \"0.3 S/m\"\n[transport.electronic]\na = \"1 S/m\"\nc = \"100 S/m\"\n\
     [reaction]\nkinetics = \"butler-volmer\"\ntemperature = \"25 C\"\nequilibrium_potential = \"2.1 V\"\noverpotential = \"50 mV\"\n\
     active = \"a\"\n[reaction.faces]\nions = \"b\"\nelectrons = \"c\"\nexchange_current = \"1 A/m2\"\n";

/// Bytes that a dry run tells of one case.
fn told(folder: &Path) -> f64 {
    let said = stdout(
        &voxion(
            folder,
            "study run study.toml --dry-run --jobs 1 --threads 1",
        )
        .success(),
    );
    let line = said.lines().find(|line| line.starts_with("memory: about"));
    let mut words = line.unwrap().split_whitespace().skip(2);
    let number: f64 = words.next().unwrap().parse().unwrap();
    let unit = ["B", "KiB", "MiB", "GiB"];
    let word = words.next().unwrap();
    let power = unit.iter().position(|unit| *unit == word).unwrap();
    number * 1024f64.powi(i32::try_from(power).unwrap())
}

/// The largest resident set of a run, from the system, while it runs.
fn taken(folder: &Path) -> f64 {
    let mut child = Command::new(assert_cmd::cargo::cargo_bin("voxion"))
        .current_dir(folder)
        .args("study run study.toml --quiet --jobs 1 --threads 1".split_whitespace())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0.0;
    while child.try_wait().unwrap().is_none() {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let found = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<f64>().ok());
        peak = f64::max(peak, 1024.0 * found.unwrap_or(0.0));
        thread::sleep(Duration::from_millis(2));
    }
    assert!(child.wait().unwrap().success());
    peak
}

/// Compares an estimate with the peak that is measured: not less, and not much more.
fn check(told: f64, taken: f64) -> Result<(), String> {
    let ratio = told / taken;
    match (0.95..1.5).contains(&ratio) {
        true => Ok(()),
        false => Err(format!("told {told:.3e}, taken {taken:.3e}: {ratio:.2}")),
    }
}

#[cfg(target_os = "linux")]
#[test]
fn memory_is_that_of_everything_a_case_is_asked() {
    for (results, sections) in [
        ("effective_conductivity", String::new()),
        (
            "conductivity_tensor",
            "[transport]\nboundary = \"periodic\"\n".to_owned(),
        ),
        ("mean_strain", STRESS.to_owned()),
        ("electrode_resistance", REACTION.to_owned()),
    ] {
        let folder = folder(&study(results, &sections));
        volume(folder.path());
        let (told, taken) = (told(folder.path()), taken(folder.path()));
        println!(
            "{results}: told {told:.3e}, taken {taken:.3e}, {:.2}",
            told / taken
        );
        check(told, taken).unwrap_or_else(|error| panic!("{results}: {error}"));
        // Conduction alone, which was counted once, does not hold what else is asked.
        let alone = 80.0 * (SIZE as f64).powi(3);
        check(alone, taken).unwrap_err();
    }
}
