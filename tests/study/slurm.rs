//! Under Slurm: without it, the scripts and what to do with them; with a real one, an array of four tasks on two stand-in
//! GPUs, one of them killed, submitted again, merged.

use super::{PELLETS, folder, results, stderr, stdout, voxion};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

const SUBMIT: &str = "study submit study.toml --slurm --tasks 4 --cpus-per-task 1";
/// Stand-in GPUs solve nothing: the host solves, and Slurm hands the GPUs out all the same.
const ON_HOST: &str = "--gpus-per-task 0 --sbatch=--gres=gpu:1";

#[test]
fn a_dry_run_shows_both_scripts_and_writes_nothing() {
    let folder = folder(PELLETS);
    let said = stdout(
        &voxion(
            folder.path(),
            &format!("{SUBMIT} --dry-run --sbatch=--partition=gpu"),
        )
        .success(),
    );
    for line in [
        "#SBATCH --array=1-4",
        "#SBATCH --gres=gpu:1",
        "#SBATCH --partition=gpu",
        "study merge",
        "--backend device --gpus 1",
        "#SBATCH --mem=",
    ] {
        assert!(said.contains(line), "{line}\n{said}");
    }
    // The merge job needs neither GPU nor the partition that was chosen for one.
    let merge = &said[said.rfind("#!/bin/bash").unwrap()..];
    assert!(!merge.contains("gpu"), "{merge}");
    assert!(!folder.path().join("study.results").exists());
}

#[test]
fn a_container_and_options_of_the_merge_job_are_passed_on() {
    let folder = folder(PELLETS);
    let output = Command::new(assert_cmd::cargo::cargo_bin("voxion"))
        .current_dir(folder.path())
        .args(SUBMIT.split_whitespace())
        .args(["--dry-run", "--merge-sbatch=--partition=cpu"])
        .args(["--wrap", "apptainer exec --nv voxion.sif"])
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let call = "exec apptainer exec --nv voxion.sif 'voxion' study";
    assert_eq!(said.matches(call).count(), 2, "{said}");
    assert_eq!(said.matches("#SBATCH --partition=cpu").count(), 1, "{said}");
    // No more tasks than cases.
    let many = "study submit study.toml --slurm --dry-run --nodes 18446744073709551615";
    let said = stdout(&voxion(folder.path(), many).success());
    assert!(said.contains("--array=1-6\n"), "{said}");
}

#[cfg(unix)]
#[test]
fn a_name_that_would_be_a_command_is_refused() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt};
    let folder = folder(PELLETS);
    for name in [b"nl\ntouch PWN\n".as_slice(), b"not\xffutf8", b"esc\x1b"] {
        let inner = folder.path().join(OsStr::from_bytes(name));
        fs::create_dir(&inner).unwrap();
        fs::copy(folder.path().join("study.toml"), inner.join("study.toml")).unwrap();
        let output = Command::new(assert_cmd::cargo::cargo_bin("voxion"))
            .current_dir(&inner)
            .args(SUBMIT.split_whitespace())
            .arg("--dry-run")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(output.stdout.is_empty());
        assert!(
            said.contains("a Slurm script cannot hold") && said.lines().count() == 1,
            "{said}"
        );
    }
}

#[test]
fn a_task_that_sees_too_few_gpus_fails_before_its_first_case() {
    let folder = folder(PELLETS);
    let output = Command::new(assert_cmd::cargo::cargo_bin("voxion"))
        .current_dir(folder.path())
        .args([
            "study",
            "run",
            "study.toml",
            "--backend",
            "device",
            "--gpus",
            "1000",
        ])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("GPUs asked for: 1000"), "{said}");
    assert!(!folder.path().join("study.results").exists());
}

#[test]
fn without_sbatch_the_scripts_are_written_and_the_way_to_submit_them_shown() {
    let folder = folder(PELLETS);
    let output = Command::new(assert_cmd::cargo::cargo_bin("voxion"))
        .current_dir(folder.path())
        .args(SUBMIT.split_whitespace())
        .env("PATH", folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    assert!(
        said.contains("there is no sbatch here") && said.contains("--dependency=afterany:$id"),
        "{said}"
    );
    for name in ["array.sbatch", "merge.sbatch"] {
        let path = folder.path().join("study.results/slurm").join(name);
        let checked = Command::new("sh").arg("-n").arg(&path).status().unwrap();
        assert!(checked.success(), "{}", path.display());
    }
    // The folder is then that of a study, and the study runs in it.
    voxion(folder.path(), "study run study.toml --quiet").success();
}

#[test]
fn the_system_has_to_be_named() {
    let folder = folder(PELLETS);
    let said = stderr(&voxion(folder.path(), "study submit study.toml").code(2));
    assert!(said.contains("--slurm"), "{said}");
}

/// A Slurm of its own in a folder, without root: munge, controller and one node with two stand-in GPUs.
struct Slurm {
    folder: PathBuf,
    processes: Vec<Child>,
}

impl Slurm {
    fn start(folder: &Path) -> Self {
        let folder = folder.join("slurm");
        for part in ["munge", "state", "spool"] {
            fs::create_dir_all(folder.join(part)).unwrap();
        }
        let mut slurm = Self {
            folder: folder.clone(),
            processes: Vec::new(),
        };
        slurm.configure();
        let munge = folder.join("munge");
        let option = |name: &str, file: &str| format!("--{name}={}", munge.join(file).display());
        slurm.spawn(
            "munged",
            &[
                "--foreground".to_owned(),
                "--force".to_owned(),
                option("key-file", "key"),
                option("socket", "socket"),
                option("pid-file", "pid"),
                option("log-file", "log"),
                option("seed-file", "seed"),
            ],
        );
        wait_for("munge", || munge.join("socket").exists());
        slurm.spawn("slurmctld", &["-D".to_owned(), "-c".to_owned()]);
        slurm.spawn(
            "slurmd",
            &["-D".to_owned(), "-N".to_owned(), "here".to_owned()],
        );
        wait_for("an idle node", || {
            slurm.ask("sinfo", &["-h", "-o", "%t"]).trim() == "idle"
        });
        slurm
    }

    fn configure(&self) {
        use std::os::unix::fs::PermissionsExt;
        let path = |name: &str| self.folder.join(name).display().to_string();
        fs::set_permissions(self.folder.join("munge"), fs::Permissions::from_mode(0o700)).unwrap();
        let key = self.folder.join("munge/key");
        fs::write(&key, [7u8; 1024]).unwrap();
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
        let user = self.output(Command::new("id").arg("-un"));
        let host = self.output(&mut Command::new("hostname"));
        let (user, host) = (user.trim(), host.trim());
        let port = 20_000 + std::process::id() % 20_000;
        let lines = [
            "ClusterName=test".to_owned(),
            format!("SlurmctldHost={host}(127.0.0.1)"),
            format!("SlurmUser={user}"),
            format!("SlurmdUser={user}"),
            format!("SlurmctldPort={port}"),
            format!("SlurmdPort={}", port + 1),
            "AuthType=auth/munge".to_owned(),
            format!("AuthInfo=socket={}", path("munge/socket")),
            "CommunicationParameters=NoCtldInAddrAny,NoInAddrAny".to_owned(),
            format!("StateSaveLocation={}", path("state")),
            format!("SlurmdSpoolDir={}", path("spool")),
            format!("SlurmctldPidFile={}", path("slurmctld.pid")),
            format!("SlurmdPidFile={}", path("slurmd.pid")),
            format!("SlurmctldLogFile={}", path("slurmctld.log")),
            format!("SlurmdLogFile={}", path("slurmd.log")),
            "ProctrackType=proctrack/linuxproc".to_owned(),
            "TaskPlugin=task/none".to_owned(),
            "JobCompType=jobcomp/none".to_owned(),
            "SelectType=select/cons_tres".to_owned(),
            "SelectTypeParameters=CR_Core".to_owned(),
            "ReturnToService=2".to_owned(),
            "SlurmdParameters=config_overrides".to_owned(),
            "GresTypes=gpu".to_owned(),
            "AccountingStorageType=accounting_storage/none".to_owned(),
            "MpiDefault=none".to_owned(),
            "NodeName=here NodeAddr=127.0.0.1 CPUs=4 RealMemory=4000 Gres=gpu:2 State=UNKNOWN"
                .to_owned(),
            "PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP".to_owned(),
        ];
        fs::write(self.folder.join("slurm.conf"), lines.join("\n") + "\n").unwrap();
        let gpus = "NodeName=here Name=gpu File=/dev/null\nNodeName=here Name=gpu File=/dev/zero\n";
        fs::write(self.folder.join("gres.conf"), gpus).unwrap();
        fs::write(self.folder.join("cgroup.conf"), "CgroupAutomount=no\n").unwrap();
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        let path = std::env::var("PATH").unwrap_or_default();
        command
            .env("PATH", format!("{path}:/usr/sbin:/sbin"))
            .env("SLURM_CONF", self.folder.join("slurm.conf"));
        command
    }

    fn spawn(&mut self, program: &str, arguments: &[String]) {
        let log = fs::File::create(self.folder.join(format!("{program}.out"))).unwrap();
        let mut command = self.command(program);
        command.args(arguments).stdout(Stdio::null()).stderr(log);
        let child = command
            .spawn()
            .unwrap_or_else(|error| panic!("{program}: {error}"));
        self.processes.push(child);
    }

    fn output(&self, command: &mut Command) -> String {
        String::from_utf8_lossy(&command.output().unwrap().stdout).into_owned()
    }

    fn ask(&self, program: &str, arguments: &[&str]) -> String {
        self.output(self.command(program).args(arguments))
    }

    /// Submits the study and returns the numbers of both jobs.
    fn submit(&self, folder: &Path) -> (String, String) {
        let mut command = self.command(&program());
        let output = command
            .current_dir(folder)
            .args(SUBMIT.split_whitespace())
            .args(ON_HOST.split_whitespace())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let numbers: Vec<String> = said
            .split(|c: char| !c.is_ascii_digit())
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect();
        assert!(
            output.status.success() && numbers.len() >= 3,
            "{said} {}",
            String::from_utf8_lossy(&output.stderr)
        );
        (numbers[0].clone(), numbers[2].clone())
    }

    fn wait_until_idle(&self) {
        wait_for("an empty queue", || {
            self.ask("squeue", &["-h"]).trim().is_empty()
        });
    }
}

impl Drop for Slurm {
    fn drop(&mut self) {
        // The node first: it ignores requests to end once its controller is gone.
        for child in self.processes.iter_mut().rev() {
            drop(child.kill());
            drop(child.wait());
        }
    }
}

fn program() -> String {
    let program = assert_cmd::cargo::cargo_bin("voxion");
    program.display().to_string()
}

fn wait_for(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(
            start.elapsed() < Duration::from_secs(120),
            "waited two minutes for {what}"
        );
        thread::sleep(Duration::from_millis(100));
    }
}

#[test]
#[ignore = "needs slurmctld, slurmd and munge; run with -- --ignored slurm_"]
fn slurm_runs_a_study_of_which_a_task_is_killed_and_merges_it() {
    let text = PELLETS
        .replace("size = 16", "size = 80")
        .replace("repeats = 2", "repeats = 8");
    let wanted = folder(&text);
    voxion(wanted.path(), "study run study.toml --quiet").success();
    voxion(wanted.path(), "study merge study.toml").success();
    let folder = folder(&text);
    let slurm = Slurm::start(folder.path());
    let study = folder.path().join("study.toml").display().to_string();
    let (array, _) = slurm.submit(folder.path());
    // The first task is killed as soon as its first case is finished.
    let cases = folder.path().join("study.results/cases");
    wait_for("a case", || {
        fs::read_dir(&cases).is_ok_and(|found| found.count() > 0)
    });
    let status = slurm.ask(&program(), &["study", "status", &study]);
    assert!(
        status.contains("Slurm: ") && status.contains("running"),
        "{status}"
    );
    slurm.ask(
        "scancel",
        &["--signal=KILL", "--full", &format!("{array}_1")],
    );
    slurm.wait_until_idle();
    let done = fs::read_dir(&cases).unwrap().count();
    let logs = folder.path().join("study.results/slurm");
    let log = fs::read_to_string(logs.join(format!("{array}_2.log"))).unwrap();
    assert!(log.contains("GPU 0") || log.contains("GPU 1"), "{log}");
    assert!(
        done < 24,
        "the task was killed too late to leave anything undone"
    );
    assert!(
        folder.path().join("study.csv").exists(),
        "the merge job wrote what there was"
    );
    slurm.submit(folder.path());
    slurm.wait_until_idle();
    assert!(results(folder.path()) == results(wanted.path()));
    for ending in ["h5", "csv", "parquet"] {
        let read = |folder: &Path| fs::read(folder.join(format!("study.{ending}"))).unwrap();
        assert!(read(folder.path()) == read(wanted.path()), "{ending}");
    }
}
