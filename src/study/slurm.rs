//! The scripts that run a study under Slurm: an array job, a shard for each task, and a merge job that waits for it.
//!
//! A task that is killed or requeued goes on from the files; two tasks never run one case. A task takes the GPUs that Slurm gives
//! it, a queue each: those of `CUDA_VISIBLE_DEVICES` or `ROCR_VISIBLE_DEVICES`, which Vulkan does not know but this program
//! heeds (`gpu/visible.rs`), whether or not the cluster hides the others (`ConstrainDevices=yes` in cgroup.conf). A task that asked
//! for GPUs and sees fewer fails before its first case.

use super::StudyError;
use std::path::{Path, PathBuf};

/// Everything the scripts depend on.
#[derive(Debug, Clone)]
pub struct Job {
    /// The study file, absolute.
    pub study: PathBuf,
    /// The folder of results, absolute.
    pub results: PathBuf,
    /// The program, absolute; where `wrap` is given, the name of the program inside of the container.
    pub program: PathBuf,
    /// Words of a shell before the program: `apptainer exec --nv voxion.sif`.
    pub wrap: Option<String>,
    /// Tasks, each with a shard.
    pub shards: usize,
    /// GPUs of a task; 0 runs on the host.
    pub gpus: usize,
    /// Processor cores of a task.
    pub cores: usize,
    /// Main memory of a task, bytes, where it is known.
    pub memory: Option<u64>,
    /// Further options of sbatch, such as "--partition=gpu".
    pub options: Vec<String>,
    /// Further options of the merge job alone.
    pub merge_options: Vec<String>,
}

/// Options of sbatch that ask for GPUs or for nodes that have them; the merge job needs none.
const FOR_GPUS: [&str; 14] = [
    "--partition",
    "-p",
    "--constraint",
    "-C",
    "--gres",
    "--gres-flags",
    "--gpus",
    "-G",
    "--gpus-per-node",
    "--gpus-per-socket",
    "--gpus-per-task",
    "--gpu-bind",
    "--cpus-per-gpu",
    "--mem-per-gpu",
];

/// Options of sbatch that settle the memory of a task.
const FOR_MEMORY: [&str; 3] = ["--mem", "--mem-per-cpu", "--mem-per-gpu"];

impl Job {
    /// Refuses names that would change the meaning of a script: a line break in a name would begin a command of its own.
    ///
    /// # Errors
    /// [`StudyError::Script`] for control characters anywhere, for a path that is not UTF-8, and for `"` or `\` in the path of
    /// the logs, which Slurm reads as its own signs.
    pub fn check(&self) -> Result<(), StudyError> {
        let refused = |what: &str, text: String, why| {
            Err(StudyError::Script {
                what: what.to_owned(),
                text: text.escape_debug().to_string(),
                why,
            })
        };
        for (what, path) in [
            ("the study file", &self.study),
            ("the folder of results", &self.results),
            ("the program", &self.program),
        ] {
            match path.to_str() {
                None => {
                    return refused(what, path.display().to_string(), "bytes that are not UTF-8");
                }
                Some(text) if text.contains(char::is_control) => {
                    return refused(what, text.to_owned(), "a control character");
                }
                Some(_) => {}
            }
        }
        let logs = self.results.display().to_string();
        if logs.contains(['"', '\\']) {
            return refused(
                "the folder of results",
                logs,
                "a quotation mark or backslash",
            );
        }
        let options = self.options.iter().map(|text| ("--sbatch", text));
        let of_merge = self.merge_options.iter();
        let of_merge = of_merge.map(|text| ("--merge-sbatch", text));
        let wrap = self.wrap.iter().map(|text| ("--wrap", text));
        for (what, text) in options.chain(of_merge).chain(wrap) {
            if text.contains(char::is_control) {
                return refused(what, text.clone(), "a control character");
            }
        }
        Ok(())
    }

    /// The script of the array.
    pub fn array(&self) -> String {
        let mut head = self.head("");
        head.push(format!("--array=1-{}", self.shards));
        head.push(format!("--output={}", self.log("%A_%a.log")));
        head.push(format!("--cpus-per-task={}", self.cores));
        if let Some(memory) = self.memory
            && !self
                .options
                .iter()
                .any(|option| is_one_of(option, &FOR_MEMORY))
        {
            head.push(format!("--mem={}M", memory.div_ceil(1 << 20)));
        }
        if self.gpus > 0 {
            head.push(format!("--gres=gpu:{}", self.gpus));
        }
        head.push("--requeue".to_owned());
        head.extend(self.options.iter().cloned());
        let backend = match self.gpus {
            0 => "host".to_owned(),
            gpus => format!("device --gpus {gpus}"),
        };
        let run = format!(
            "exec {} study run {} --results {} --shard \"$SLURM_ARRAY_TASK_ID/{}\" --threads {} --backend {backend}",
            self.command(),
            quoted(&self.study),
            quoted(&self.results),
            self.shards,
            self.cores,
        );
        script(
            &head,
            &[
                "# Finished cases are kept: a task that was killed or requeued goes on where it was.".to_owned(),
                "# The GPUs of this task are those of CUDA_VISIBLE_DEVICES, which voxion heeds: a queue each.".to_owned(),
                "echo \"task $SLURM_ARRAY_TASK_ID on $(hostname), GPU ${CUDA_VISIBLE_DEVICES:-none}\"".to_owned(),
                run,
            ],
        )
    }

    /// The script of the job that merges, to be run after the array. It asks for no GPU, nor for a partition that was chosen for one.
    pub fn merge(&self) -> String {
        let mut head = self.head("-merge");
        head.push(format!("--output={}", self.log("%j_merge.log")));
        let inherited = self
            .options
            .iter()
            .filter(|option| self.gpus == 0 || !is_one_of(option, &FOR_GPUS));
        let inherited = inherited.filter(|option| !is_one_of(option, &FOR_MEMORY));
        head.extend(inherited.chain(&self.merge_options).cloned());
        let merge = format!(
            "exec {} study merge {} --results {} --update",
            self.command(),
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

    /// The program as a shell calls it, inside of its container where there is one.
    fn command(&self) -> String {
        let program = quoted(&self.program);
        match &self.wrap {
            Some(words) => format!("{} {program}", words.trim()),
            None => program,
        }
    }

    /// The first options of both jobs. Names of jobs keep letters, digits and `._+-`.
    fn head(&self, suffix: &str) -> Vec<String> {
        let stem = self.study.file_stem().unwrap_or_default().to_string_lossy();
        let kept = |c: char| {
            if c.is_alphanumeric() || "._+-".contains(c) {
                c
            } else {
                '-'
            }
        };
        let name: String = stem.chars().map(kept).collect();
        vec![format!("--job-name={name}{suffix}")]
    }

    /// The path of a log as Slurm takes it: a `%` of the folder is doubled, else it would stand for a number of the job.
    fn log(&self, name: &str) -> String {
        let folder = self.results.join("slurm").display().to_string();
        format!("\"{}/{name}\"", folder.replace('%', "%%"))
    }
}

/// True where an option of sbatch, `--gres=gpu:1` or `-p gpu`, is one of these.
fn is_one_of(option: &str, names: &[&str]) -> bool {
    let trimmed = option.trim();
    let name = trimmed.split(['=', ' ']).next().unwrap_or_default();
    names.iter().any(|known| {
        name == *known || (known.len() == 2 && !name.starts_with("--") && name.starts_with(known))
    })
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
            wrap: None,
            shards: 4,
            gpus: 1,
            cores: 8,
            memory: Some(3 << 30),
            options: vec!["--partition=gpu".to_owned(), "--time=10".to_owned()],
            merge_options: Vec::new(),
        }
    }

    fn check_lines(script: &str, lines: &[&str]) {
        for line in lines {
            assert!(
                script.lines().any(|found| found == *line),
                "{line}\n{script}"
            );
        }
    }

    #[test]
    fn a_script_says_what_was_asked_for() {
        let script = job().array();
        check_lines(
            &script,
            &[
                "#!/bin/bash",
                "#SBATCH --job-name=my-study",
                "#SBATCH --partition=gpu",
                "#SBATCH --array=1-4",
                "#SBATCH --gres=gpu:1",
                "#SBATCH --cpus-per-task=8",
                "#SBATCH --mem=3072M",
                "#SBATCH --requeue",
                "#SBATCH --output=\"/data/my study.results/slurm/%A_%a.log\"",
            ],
        );
        assert!(
            script.contains("'/opt/it'\\''s/voxion' study run '/data/my study.toml'"),
            "{script}"
        );
        assert!(
            script.contains(
                "--shard \"$SLURM_ARRAY_TASK_ID/4\" --threads 8 --backend device --gpus 1"
            ),
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

    #[test]
    fn the_merge_job_asks_for_no_gpu() {
        let options = [
            "--partition=gpu",
            "-Cgpu",
            "-G 1",
            "--gres=gpu:2",
            "--mem=9G",
        ];
        let mut job = job();
        job.options.extend(options.map(str::to_owned));
        job.merge_options = vec!["--partition=cpu".to_owned()];
        let script = job.merge();
        check_lines(&script, &["#SBATCH --time=10", "#SBATCH --partition=cpu"]);
        let asks = script
            .lines()
            .filter(|line| line.contains("gpu") || line.contains("-G"));
        assert_eq!(asks.count(), 0, "{script}");
        assert!(!script.contains("--mem"), "{script}");
        // Memory that the user settles is the user's.
        assert!(!job.array().contains("--mem=3072M"));
        // Without GPUs, the partition was not chosen for them.
        let on_host = Job { gpus: 0, ..job }.merge();
        check_lines(&on_host, &["#SBATCH --partition=gpu"]);
    }

    #[test]
    fn a_container_is_put_before_the_program() {
        let wrapped = Job {
            wrap: Some("apptainer exec --nv voxion.sif".to_owned()),
            program: "voxion".into(),
            ..job()
        };
        let start = "exec apptainer exec --nv voxion.sif 'voxion' study ";
        for script in [wrapped.array(), wrapped.merge()] {
            assert!(script.contains(start), "{script}");
        }
    }

    #[test]
    fn names_that_would_be_commands_are_refused() {
        job().check().unwrap();
        let refusals = [
            Job {
                results: "/data/nl\ntouch x\n/r".into(),
                ..job()
            },
            Job {
                study: "/data/a\u{1b}b.toml".into(),
                ..job()
            },
            Job {
                results: "/data/\"/r".into(),
                ..job()
            },
            Job {
                results: "/data/\\/r".into(),
                ..job()
            },
            Job {
                options: vec!["--time=1\ntouch x".to_owned()],
                ..job()
            },
            Job {
                merge_options: vec!["--time=1\r".to_owned()],
                ..job()
            },
            Job {
                wrap: Some("a\nb".to_owned()),
                ..job()
            },
        ];
        for refused in refusals {
            let said = refused.check().unwrap_err().to_string();
            assert!(!said.contains('\n') && said.contains("; "), "{said}");
        }
        #[cfg(unix)]
        {
            use std::{ffi::OsStr, os::unix::ffi::OsStrExt};
            let study = PathBuf::from(OsStr::from_bytes(b"/data/\xff.toml"));
            let said = Job { study, ..job() }.check().unwrap_err().to_string();
            assert!(said.contains("not UTF-8"), "{said}");
        }
    }

    #[test]
    fn signs_of_slurm_in_names_mean_nothing() {
        let job = Job {
            study: "/data/100%j \"it's\".toml".into(),
            results: "/data/100%j it's.results".into(),
            ..job()
        };
        job.check().unwrap();
        check_lines(
            &job.array(),
            &[
                "#SBATCH --job-name=100-j--it-s-",
                "#SBATCH --output=\"/data/100%%j it's.results/slurm/%A_%a.log\"",
            ],
        );
    }
}
