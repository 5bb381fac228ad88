//! Several processes of a launcher: only what shares its work is accepted.

use super::{PELLETS, folder, results};
use assert_cmd::Command;
use std::{fs, path::Path};

fn voxion(
    folder: &Path,
    arguments: &str,
    variables: &[(&str, &str)],
) -> assert_cmd::assert::Assert {
    let mut command = Command::cargo_bin("voxion").unwrap();
    command.current_dir(folder);
    command.args(arguments.split_whitespace());
    command.envs(variables.iter().copied());
    command.assert()
}

const FOUR: [(&str, &str); 1] = [("OMPI_COMM_WORLD_SIZE", "4")];

#[test]
fn a_process_that_would_do_everything_is_refused() {
    let folder = folder(PELLETS);
    let start = PELLETS.find("[generate]").unwrap();
    fs::write(folder.path().join("one.toml"), &PELLETS[start..]).unwrap();
    fs::write(folder.path().join("v.raw"), [0u8; 64]).unwrap();
    let slurm = [
        ("SLURM_NTASKS", "4"),
        ("SLURM_STEP_NUM_TASKS", "4"),
        ("SLURM_STEP_ID", "0"),
        ("SLURM_PROCID", "1"),
    ];
    for arguments in [
        "run one.toml",
        "solve v.raw --shape 4,4,4 --phase 0",
        "stress v.raw --shape 4,4,4 --moduli 0=1GPa:0.3 --stiffness",
        "measure v.raw --shape 4,4,4",
        "convert v.raw w.npy --shape 4,4,4",
        "study merge study.toml",
        "study submit study.toml --slurm --dry-run",
    ] {
        for variables in [FOUR.as_slice(), &slurm] {
            let assert = voxion(folder.path(), arguments, variables).code(2);
            let said = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
            assert!(
                said.contains("a launcher has started several processes")
                    && said.contains("`voxion study run`")
                    && said.lines().count() == 1,
                "{arguments}: {said}"
            );
        }
    }
    assert!(!folder.path().join("w.npy").exists());
}

#[test]
fn what_shares_its_work_and_what_runs_alone_is_accepted() {
    let folder = folder(PELLETS);
    fs::write(folder.path().join("v.raw"), [0u8; 64]).unwrap();
    voxion(folder.path(), "study run study.toml --quiet", &FOUR).success();
    voxion(folder.path(), "study status study.toml", &FOUR).success();
    assert!(
        results(folder.path())
            .keys()
            .any(|name| name.contains("cases/"))
    );
    let solve = "solve v.raw --shape 4,4,4 --phase 0 --backend host --quiet";
    voxion(folder.path(), "info v.raw --shape 4,4,4", &FOUR).success();
    // A batch script of a job with four tasks, a task of an array, and independent processes.
    for variables in [
        [("SLURM_NTASKS", "4"), ("SLURM_PROCID", "0")],
        [
            ("SLURM_ARRAY_TASK_COUNT", "16"),
            ("SLURM_ARRAY_TASK_ID", "3"),
        ],
        [FOUR[0], ("VOXION_INDEPENDENT_PROCESSES", "1")],
    ] {
        voxion(folder.path(), solve, &variables).success();
    }
}
