//! `voxion study`: many cases from one file, run, resumed, shared between machines, and merged.

mod dry;
mod machines;
mod merge;
mod monitor;
mod new;
mod run;
mod status;
mod submit;

use super::args::MachineArguments;
use anyhow::Result;
use clap::{Args, Subcommand};
use std::{
    num::NonZeroUsize,
    path::{Path, PathBuf},
};
use voxion::{
    io::Overwrite,
    study::{Plan, Shard},
};

#[derive(Debug, Args)]
pub(crate) struct StudyArguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write a commented study file to edit
    New {
        /// The file to write
        file: PathBuf,
        /// Replace a file that exists
        #[arg(long)]
        force: bool,
    },
    /// Run the cases that are not finished
    Run(RunArguments),
    /// Write all results as one table: HDF5, CSV, Parquet
    Merge(merge::MergeArguments),
    /// Write a Slurm script, an array over parts of the study and a merge behind it, and submit it
    Submit(submit::SubmitArguments),
    /// Show which cases are finished, running, open or failed
    Status(Place),
}

/// Which study, and where its results are.
#[derive(Debug, Args)]
struct Place {
    /// Study file (TOML); paths inside are relative to it
    file: PathBuf,
    /// Folder of results [default: NAME.results beside NAME.toml]
    #[arg(long, value_name = "DIR")]
    results: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct RunArguments {
    #[command(flatten)]
    place: Place,
    /// Cases at once [default: as many as cores and memory allow]
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
    /// Only the K-th of N parts of the study
    #[arg(long, value_name = "K/N", default_value_t = Shard::ALL)]
    shard: Shard,
    /// Show cases, memory and time, and run nothing but one case to measure
    #[arg(long)]
    dry_run: bool,
    /// Run cases that failed again
    #[arg(long)]
    retry: bool,
    /// Fail before the first case unless at least N real GPUs are visible
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    gpus: usize,
    /// Show what each case does; twice, every iteration, too
    #[arg(short, long, action = clap::ArgAction::Count)]
    verbose: u8,
    /// Only warnings and errors on stderr
    #[arg(long)]
    quiet: bool,
    #[command(flatten)]
    machine: MachineArguments,
}

impl StudyArguments {
    /// True where several processes may run it at once: `run` shares the cases among them.
    pub(crate) fn is_for_several_processes(&self) -> bool {
        matches!(self.command, Command::Run(_) | Command::Status(_))
    }
}

/// Does what the arguments ask for.
pub(crate) fn study(arguments: StudyArguments) -> Result<()> {
    match arguments.command {
        Command::New { file, force } => new::new(&file, overwrite(force)),
        Command::Run(arguments) => run::run(&arguments),
        Command::Merge(arguments) => merge::merge(&arguments),
        Command::Submit(arguments) => submit::submit(&arguments),
        Command::Status(place) => status::status(&place),
    }
}

/// What becomes of a file that exists.
fn overwrite(force: bool) -> Overwrite {
    match force {
        true => Overwrite::Replace,
        false => Overwrite::Keep,
    }
}

impl Place {
    fn plan(&self) -> Result<Plan> {
        Ok(Plan::read(&self.file)?)
    }

    fn folder(&self) -> PathBuf {
        let beside = || Plan::folder(&self.file);
        self.results.clone().unwrap_or_else(beside)
    }
}

/// "coating" of "studies/coating.toml".
fn name(file: &Path) -> String {
    let stem = file.file_stem().unwrap_or_default();
    stem.to_string_lossy().into_owned()
}
