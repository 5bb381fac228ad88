//! The key of a case: a hash of everything its result depends on, and the name of its file.
//!
//! Hashed is a text of lines: the format of the key, the version of the program, how the volume is made (or the checksum of its file),
//! the settings of phases, contacts, grains and transport with quantities in SI, and the words of other results with the settings of
//! their sections. Not: the machine that solves (every number carries its bound, and the record names the machine), threads, outputs,
//! names of files and of the study. Nothing in the text is a name of this program's own types.

use crate::{
    io::{self, IoError, VolumeSource},
    scenario::{
        Grains, Voxels,
        sweep::{Collected, Part, Point},
        words,
    },
};
use sha2::{Digest, Sha256};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

/// The format of keys. Another one gives other keys: results of earlier formats stay in their folder, and their cases are run again.
const FORMAT: u32 = 2;

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
    point: &Point,
    collected: &[Collected],
    inputs: &mut Inputs,
) -> crate::Result<String> {
    let mut lines = vec![
        format!("format {FORMAT}"),
        format!("voxion {}", env!("CARGO_PKG_VERSION")),
        volume(&point.scenario.volume, inputs)?,
    ];
    if let Some(Grains::File(source)) = &point.scenario.grains {
        lines.push(format!("ids {}", inputs.of(source)?));
    }
    let mut sections = vec!["volume", "phases", "contact", "grains", "transport"];
    if point.scenario.electrode.is_some() {
        // Its temperature is that of every conductivity.
        sections.push("reaction");
    }
    lines.extend(sections.into_iter().map(|name| settings(point, name)));
    for part in Part::ASKED {
        let own = collected.iter().filter(|result| result.part() == part);
        let words: BTreeSet<&str> = own.map(|result| result.word()).collect();
        if words.is_empty() {
            continue;
        }
        lines.extend(words.into_iter().map(|word| format!("result {word}")));
        let sections: &[&str] = match part {
            Part::Conduction | Part::Resolutions | Part::Tensor | Part::TripleLines => &[],
            Part::Stress => &["stress"],
            Part::Reaction => &["reaction", "electrode"],
            Part::Cell => &["cell"],
        };
        lines.extend(sections.iter().map(|name| settings(point, name)));
    }
    let digest = Sha256::digest(lines.join("\n"));
    Ok(hexadecimal(&digest[..16]))
}

/// The line of a section's settings.
fn settings(point: &Point, section: &str) -> String {
    let digest = point.sections.get(section);
    let digest = digest.map_or(String::new(), |digest| hexadecimal(digest));
    format!("{section} {digest}")
}

/// The line of a volume: the content of its file, or everything that its generator is told.
fn volume(voxels: &Voxels, inputs: &mut Inputs) -> crate::Result<String> {
    let (generator, draft) = match voxels {
        // Which of its voxels are meant, the settings of [volume] say.
        Voxels::File(input) => return Ok(format!("file {}", inputs.of(&input.source)?)),
        Voxels::Built { generator, draft } => (generator, draft),
    };
    let plan = draft.clone().plan(generator, 0)?;
    let grid = &plan.grid;
    let shape = grid.shape.map(|n| n as f64);
    let values: Vec<String> = plan
        .values
        .all()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    Ok(format!(
        "generate {} seed {} shape {} size {:e} ends {} {}",
        generator.name,
        plan.seed,
        numbers(&shape),
        grid.voxel,
        words::ENDS.word(grid.ends).unwrap_or_default(),
        values.join(" "),
    ))
}

fn numbers(values: &[f64]) -> String {
    let written = values.iter().map(|value| format!("{value:e}"));
    written.collect::<Vec<_>>().join(",")
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
