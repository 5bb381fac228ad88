//! The scripts that run a study under Slurm: an array job, a shard for each task, and a merge job that waits for it.
//!
//! A task that is killed or requeued goes on from the files; two tasks never run one case. A task takes the cards that Slurm gives
//! it, a queue each: those of `CUDA_VISIBLE_DEVICES` or `ROCR_VISIBLE_DEVICES`, which Vulkan does not know but this program
//! heeds (`gpu/visible.rs`), whether or not the cluster hides the others (`ConstrainDevices=yes` in cgroup.conf).

use std::path::{Path, PathBuf};

/// What is asked of Slurm.
#[derive(Debug, Clone)]
pub struct Job {
    /// The study file, absolute.
    pub study: PathBuf,
    /// The folder of results, absolute.
    pub results: PathBuf,
    /// The program, absolute.
    pub program: PathBuf,
    /// Tasks, each with a shard.
    pub shards: usize,
    /// GPUs of a task; 0 runs on the host.
    pub gpus: usize,
    /// Processor cores of a task.
    pub cores: usize,
    /// Further options of sbatch, such as "--partition=gpu".
    pub options: Vec<String>,
}

impl Job {
    /// The script of the array.
    pub fn array(&self) -> String {
        let mut head = self.head("");
        head.push(format!("--array=1-{}", self.shards));
        head.push(format!("--output={}", self.log("%A_%a.log")));
        head.push(format!("--cpus-per-task={}", self.cores));
        if self.gpus > 0 {
            head.push(format!("--gres=gpu:{}", self.gpus));
        }
        head.push("--requeue".to_owned());
        let backend = if self.gpus > 0 { "auto" } else { "host" };
        let run = format!(
            "exec {} study run {} --results {} --shard \"$SLURM_ARRAY_TASK_ID/{}\" --threads {} --backend {backend}",
            quoted(&self.program),
            quoted(&self.study),
            quoted(&self.results),
            self.shards,
            self.cores,
        );
        script(
            &head,
            &[
                "# Finished cases are kept: a task that was killed or requeued goes on where it was.".to_owned(),
                "# The cards of this task are those of CUDA_VISIBLE_DEVICES, which voxion heeds: a queue each.".to_owned(),
                "echo \"task $SLURM_ARRAY_TASK_ID on $(hostname), GPU ${CUDA_VISIBLE_DEVICES:-none}\"".to_owned(),
                run,
            ],
        )
    }

    /// The script of the job that merges, to be run after the array.
    pub fn merge(&self) -> String {
        let mut head = self.head("-merge");
        head.push(format!("--output={}", self.log("%j_merge.log")));
        let merge = format!(
            "exec {} study merge {} --results {} --update",
            quoted(&self.program),
            quoted(&self.study),
            quoted(&self.results),
        );
        script(
            &head,
            &[
                "# The table of what is finished, beside the study.".to_owned(),
                merge,
            ],
        )
    }

    fn head(&self, suffix: &str) -> Vec<String> {
        let name = self.study.file_stem().unwrap_or_default().to_string_lossy();
        let mut head = vec![format!(
            "--job-name={}{suffix}",
            name.replace(char::is_whitespace, "-")
        )];
        head.extend(self.options.iter().cloned());
        head
    }

    /// The name of a log, in quotes where Slurm would end it early.
    fn log(&self, name: &str) -> String {
        let path = self.results.join("slurm").join(name).display().to_string();
        match path.contains(char::is_whitespace) {
            true => format!("\"{path}\""),
            false => path,
        }
    }
}

fn script(head: &[String], body: &[String]) -> String {
    let head: String = head
        .iter()
        .map(|option| format!("#SBATCH {option}\n"))
        .collect();
    let version = env!("CARGO_PKG_VERSION");
    format!(
        "#!/bin/bash\n# Written by voxion {version} (voxion study submit); edit and submit with sbatch.\n{head}\nset -euo pipefail\n{}\n",
        body.join("\n")
    )
}

/// A path as a shell takes it.
fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job() -> Job {
        Job {
            study: "/data/my study.toml".into(),
            results: "/data/my study.results".into(),
            program: "/opt/it's/voxion".into(),
            shards: 4,
            gpus: 1,
            cores: 8,
            options: vec!["--partition=gpu".to_owned()],
        }
    }

    #[test]
    fn a_script_says_what_was_asked_for() {
        let script = job().array();
        for line in [
            "#!/bin/bash",
            "#SBATCH --job-name=my-study",
            "#SBATCH --partition=gpu",
            "#SBATCH --array=1-4",
            "#SBATCH --gres=gpu:1",
            "#SBATCH --cpus-per-task=8",
            "#SBATCH --requeue",
            "#SBATCH --output=\"/data/my study.results/slurm/%A_%a.log\"",
        ] {
            assert!(
                script.lines().any(|found| found == line),
                "{line}\n{script}"
            );
        }
        assert!(
            script.contains("'/opt/it'\\''s/voxion' study run '/data/my study.toml'"),
            "{script}"
        );
        assert!(
            script.contains("--shard \"$SLURM_ARRAY_TASK_ID/4\" --threads 8 --backend auto"),
            "{script}"
        );
    }

    #[test]
    fn without_gpus_the_host_solves() {
        let script = Job { gpus: 0, ..job() }.array();
        assert!(
            !script.contains("gres") && script.contains("--backend host"),
            "{script}"
        );
    }
}
