//! Many runs: a study enumerated into cases, spread over threads, processes and machines, resumed after any interruption,
//! merged into one table.
//!
//! A [`Plan`] is a study file read and enumerated ([`Sweep`]), each case with the key of what its result depends on.
//! Results live in a folder beside the study file:
//!
//! ```text
//! coating.results/
//!   study.json          the study as it was last run: settings, inputs, cases with their keys
//!   cases/KEY.json      a finished case: complete or not there, without times, never run again
//!   failed/KEY.json     a case that failed, and why; run again with --retry
//!   locks/KEY           held by the process that runs the case, by the operating system: gone when the process is
//!   logs/KEY.log        what happened, with times
//! ```
//!
//! Nothing else is state, so a killed study goes on from the files, and two processes on one folder share the cases: who
//! holds the lock of a case runs it, everybody else sees it finished. On the host a result does not depend on who runs it.

pub mod case;
mod changes;
mod error;
pub mod gallery;
mod key;
mod log;
mod memory;
pub mod merge;
mod run;
mod shard;
pub mod slurm;
mod store;
pub mod table;
mod watch;
mod worker;

pub use changes::Changes;
pub use error::StudyError;
pub use gallery::Gallery;
pub use log::Verbosity;
pub use memory::StudyMemory;
pub use run::{Failed, Monitor, Options, Summary, run};
pub use shard::Shard;
pub use store::{State, Store};
pub use table::Table;

use crate::{Result, scenario::Sweep};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

/// A study, ready to be run.
#[derive(Debug)]
pub struct Plan {
    /// The file.
    pub path: PathBuf,
    /// What it says.
    pub sweep: Sweep,
    /// The key of each case; several cases may have one, where a parameter does not matter.
    pub keys: Vec<String>,
    /// Checksums of the input files.
    pub inputs: BTreeMap<PathBuf, String>,
}

impl Plan {
    /// Reads a study file and finds out what each result depends on.
    ///
    /// # Errors
    /// A fault in the file, or an input that cannot be read.
    pub fn read(path: &Path) -> Result<Self> {
        let sweep = Sweep::read(path)?;
        let mut inputs = key::Inputs::default();
        let mut keys = Vec::new();
        for point in &sweep.points {
            keys.push(key::key(point, &sweep.collected, &mut inputs)?);
        }
        Ok(Self {
            path: path.to_owned(),
            sweep,
            keys,
            inputs: inputs.all(),
        })
    }

    /// The folder for results where none is named: `coating.results` beside `coating.toml`.
    pub fn folder(path: &Path) -> PathBuf {
        path.with_extension("results")
    }

    /// The places of the cases of a shard, each key once.
    pub fn cases(&self, shard: Shard) -> Vec<usize> {
        let mut seen = BTreeSet::new();
        let first = |place: &usize| seen.insert(self.keys[*place].as_str());
        let distinct: Vec<usize> = (0..self.keys.len()).filter(first).collect();
        distinct
            .into_iter()
            .enumerate()
            .filter(|(turn, _)| shard.holds(*turn))
            .map(|(_, place)| place)
            .collect()
    }

    /// "cycles = 20, seed = 3": a case in words.
    pub fn title(&self, place: usize) -> String {
        let pairs = self
            .sweep
            .parameters
            .iter()
            .zip(&self.sweep.points[place].values);
        let words: Vec<String> = pairs
            .map(|(key, value)| format!("{key} = {value}"))
            .collect();
        words.join(", ")
    }
}
