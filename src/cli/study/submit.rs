//! `voxion study submit --slurm`: writes the scripts of an array job and of the merge that follows it, and submits both.

use super::{super::stdout, Place};
use anyhow::{Context, Result, bail};
use clap::Args;
use std::{
    env, fs, io,
    num::NonZeroUsize,
    path::{Path, PathBuf, absolute},
    process::Command,
};
use voxion::{
    io::{IoError, Overwrite, write_atomically},
    study::{Shard, Store, StudyMemory, slurm::Job},
};

#[derive(Debug, Args)]
pub(super) struct SubmitArguments {
    #[command(flatten)]
    place: Place,
    /// The system that runs the jobs
    #[arg(long, required = true)]
    slurm: bool,
    /// Tasks of the array, each with a part of the study; no more than there are cases [default: one a case, at most 16]
    #[arg(long, value_name = "N", alias = "nodes")]
    tasks: Option<NonZeroUsize>,
    /// GPUs of a task, which fails where fewer are visible; 0 solves on the host
    #[arg(long, value_name = "N", default_value_t = 1)]
    gpus_per_task: usize,
    /// Processor cores of a task
    #[arg(long, value_name = "N", default_value = "4")]
    cpus_per_task: NonZeroUsize,
    /// A further option of sbatch, such as --sbatch=--partition=gpu; may be given several times. --mem is set from the
    /// estimate unless it is given here
    #[arg(long, value_name = "OPTION", allow_hyphen_values = true)]
    sbatch: Vec<String>,
    /// A further option of the merge job alone, which takes over none of the options that ask for GPUs or their partition
    #[arg(long, value_name = "OPTION", allow_hyphen_values = true)]
    merge_sbatch: Vec<String>,
    /// Words before the program, such as 'apptainer exec --nv voxion.sif'; the program is then `voxion` of the container
    #[arg(long, value_name = "COMMAND")]
    wrap: Option<String>,
    /// Show the scripts and submit nothing
    #[arg(long)]
    dry_run: bool,
}

/// The file with the numbers of the jobs that were submitted last.
const JOBS: &str = "jobs";

/// The most tasks where nothing is said.
const TASKS: usize = 16;

/// Writes and submits, or shows.
pub(super) fn submit(arguments: &SubmitArguments) -> Result<()> {
    let job = job(arguments)?;
    job.check().map_err(voxion::Error::from)?;
    let (array, merge) = (job.array(), job.merge());
    if arguments.dry_run {
        return stdout::print(&format!("{array}\n{merge}"));
    }
    Store::create(&job.results)?;
    let folder = job.results.join("slurm");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let (array, merge) = (
        keep(&folder, "array.sbatch", &array)?,
        keep(&folder, "merge.sbatch", &merge)?,
    );
    let Some(first) = sbatch(&[&array.display().to_string()])? else {
        say!(
            "there is no sbatch here; on a machine that has it, run\n  id=$(sbatch --parsable {})\n  sbatch --dependency=afterany:$id {}",
            array.display(),
            merge.display()
        );
        return Ok(());
    };
    let after = format!("--dependency=afterany:{first}");
    let second = sbatch(&[&after, &merge.display().to_string()])?.unwrap_or_default();
    keep(&folder, JOBS, &format!("{first},{second}\n"))?;
    stdout::print(&format!(
        "submitted job {first} ({} tasks) and job {second}, which merges; logs in {}\n",
        job.shards,
        folder.display()
    ))
}

fn job(arguments: &SubmitArguments) -> Result<Job> {
    let plan = arguments.place.plan()?;
    let cases = plan.cases(Shard::ALL).len();
    let full =
        |path: &Path| absolute(path).with_context(|| format!("cannot use {}", path.display()));
    let tasks = arguments.tasks.map_or(TASKS, NonZeroUsize::get);
    let shards = tasks.min(cases).max(1);
    let cores = arguments.cpus_per_task.get();
    let at_once = match arguments.gpus_per_task {
        0 => cores.min(cases.div_ceil(shards)),
        gpus => gpus,
    };
    Ok(Job {
        study: full(&arguments.place.file)?,
        results: full(&arguments.place.folder())?,
        program: match &arguments.wrap {
            Some(_) => PathBuf::from("voxion"),
            None => env::current_exe().context("cannot find this program's own path")?,
        },
        wrap: arguments.wrap.clone(),
        shards,
        gpus: arguments.gpus_per_task,
        cores,
        memory: StudyMemory::of(&plan).map(|memory| memory.at_once(at_once)),
        options: arguments.sbatch.clone(),
        merge_options: arguments.merge_sbatch.clone(),
    })
}

fn keep(folder: &Path, name: &str, text: &str) -> Result<PathBuf> {
    let path = folder.join(name);
    let unwritable = |source| IoError::Unwritable {
        path: path.clone(),
        source,
    };
    let write = |temporary: &Path| fs::write(temporary, text).map_err(unwritable);
    write_atomically(&path, Overwrite::Replace, write).map_err(voxion::Error::from)?;
    Ok(path)
}

/// What Slurm says of the jobs that were submitted last: "2 running, 1 pending"; none where it knows of none.
pub(super) fn queue(results: &Path) -> Option<String> {
    let jobs = fs::read_to_string(results.join("slurm").join(JOBS)).ok()?;
    let asked = Command::new("squeue")
        .args([
            "--noheader",
            "--array",
            "--format=%T",
            "--jobs",
            jobs.trim(),
        ])
        .output()
        .ok()?;
    let mut counts = std::collections::BTreeMap::<String, usize>::new();
    for state in String::from_utf8_lossy(&asked.stdout).lines() {
        *counts.entry(state.trim().to_lowercase()).or_default() += 1;
    }
    let words: Vec<String> = counts
        .iter()
        .map(|(state, count)| format!("{count} {state}"))
        .collect();
    (!words.is_empty()).then(|| words.join(", "))
}

/// Submits a script and returns the number of its job; none where there is no sbatch.
fn sbatch(arguments: &[&str]) -> Result<Option<String>> {
    let output = match Command::new("sbatch")
        .arg("--parsable")
        .args(arguments)
        .output()
    {
        Ok(output) => output,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).context("cannot start sbatch"),
    };
    if !output.status.success() {
        bail!(
            "sbatch refused the job: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(Some(
        text.trim().split(';').next().unwrap_or_default().to_owned(),
    ))
}
