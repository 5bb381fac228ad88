//! What a result depends on, as one hash: the name of its file.
//!
//! Version of the program, how the volume is made (or what the bytes of its file are), phases, contacts, grains, transport,
//! and what is measured besides. Not: which machine solves (every number carries its bound, and the record says which it was),
//! threads, outputs, names of files and of the study.

use crate::{
    io::{self, IoError, VolumeSource},
    scenario::{
        Grains, Input, Scenario, Voxels,
        sweep::{Collected, Part},
    },
};
use sha2::{Digest, Sha256};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    path::PathBuf,
};

/// Checksums of input files, each read once.
#[derive(Debug, Default)]
pub(super) struct Inputs {
    known: BTreeMap<PathBuf, String>,
}

impl Inputs {
    fn of(&mut self, source: &VolumeSource) -> Result<&str, IoError> {
        let path = source.path().to_owned();
        if !self.known.contains_key(&path) {
            self.known.insert(path.clone(), io::checksum(source)?);
        }
        Ok(self.known.get(&path).map_or("", String::as_str))
    }

    /// Every file with its checksum.
    pub(super) fn all(self) -> BTreeMap<PathBuf, String> {
        self.known
    }
}

/// The hash of a case: 32 hexadecimal digits.
///
/// # Errors
/// An input file that cannot be read, a microstructure that cannot be planned.
pub(super) fn key(
    scenario: &Scenario,
    collected: &[Collected],
    inputs: &mut Inputs,
) -> crate::Result<String> {
    let mut text = format!("voxion {}\n", env!("CARGO_PKG_VERSION"));
    let volume = match &scenario.volume {
        Voxels::File(input) => file(input, inputs.of(&input.source)?),
        Voxels::Built { generator, draft } => {
            let plan = draft.clone().plan(generator, 0)?;
            let grid = (plan.grid.shape, plan.grid.voxel, plan.grid.ends);
            let values: Vec<(&str, &str)> = plan.values.all().collect();
            format!("{} {} {grid:?} {values:?}", generator.name, plan.seed)
        }
    };
    let grains = match &scenario.grains {
        None => String::new(),
        Some(Grains::File(source)) => format!(
            "\n{} {:?} {:?}",
            inputs.of(source)?,
            source.dataset(),
            source.options()
        ),
        Some(built) => format!("\n{built:?}"),
    };
    let rest = (&scenario.phases, scenario.unnamed, &scenario.contacts);
    let asked = asked(scenario, collected);
    let written = write!(
        text,
        "{volume}\n{rest:?}\n{:?}\n{asked:?}{grains}",
        scenario.transport
    );
    debug_assert!(written.is_ok(), "writing to a text does not fail");
    Ok(hexadecimal(&Sha256::digest(text)))
}

/// What is computed besides conduction, and what it depends on.
fn asked(scenario: &Scenario, collected: &[Collected]) -> Vec<String> {
    let of_part = |part: &Part| {
        let words: BTreeSet<&str> = collected
            .iter()
            .filter(|result| result.part() == *part)
            .map(|result| result.word())
            .collect();
        let depends = match part {
            Part::Conduction | Part::Resolutions | Part::Tensor | Part::TripleLines => {
                String::new()
            }
            Part::Stress => format!("{:?}", scenario.stress),
            Part::Reaction => format!("{:?}", scenario.electrode),
            Part::Cell => format!("{:?}", scenario.cell),
        };
        (!words.is_empty()).then(|| format!("{words:?} {depends}"))
    };
    Part::ASKED.iter().filter_map(of_part).collect()
}

fn file(input: &Input, checksum: &str) -> String {
    let source = &input.source;
    let (dataset, options) = (source.dataset(), source.options());
    format!("{checksum} {dataset:?} {options:?} {:?}", input.voxel_size)
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
