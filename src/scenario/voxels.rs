//! Where the voxels of a scenario come from: a file, or a generator.

use super::{
    Inconsistency, Input, ScenarioError,
    error::Fault,
    file::{Checked, Node, at},
    generate::{self, Draft, Generator, Values},
    quantity::{self, Kind, Range},
    section::Section,
};
use crate::{
    io::{self, ReadOptions, Reading, SampleType, VolumeSource, sha256_of_labels},
    microstructure::Volume,
};
use std::path::{Path, PathBuf};

/// Where the voxels come from.
#[derive(Debug, Clone)]
pub enum Voxels {
    /// From a file.
    File(Input),
    /// From a generator, which builds them when they are needed.
    Built {
        /// Which generator.
        generator: &'static Generator,
        /// What it is told.
        draft: Draft,
    },
}

impl Voxels {
    /// The file, where they come from one.
    pub fn file(&self) -> Option<&Input> {
        match self {
            Self::File(input) => Some(input),
            Self::Built { .. } => None,
        }
    }

    /// Voxels along (z, y, x), where that is known without reading.
    pub fn shape(&self) -> Option<[usize; 3]> {
        match self {
            Self::File(_) => None,
            Self::Built { draft, .. } => Some(draft.voxels()),
        }
    }

    /// Settles the seed of a generator that was given none; returns whether that was needed.
    pub fn seed(&mut self, drawn: u64) -> bool {
        match self {
            Self::Built { draft, .. } if draft.seed.is_none() => {
                draft.seed = Some(drawn);
                true
            }
            _ => false,
        }
    }

    /// Reads or builds the volume; with it a sentence for everything that could not be built as asked. A generator
    /// without a seed takes 0.
    ///
    /// # Errors
    /// What reading a file or building a microstructure refuses.
    pub fn volume(&self) -> crate::Result<(Reading, Vec<String>)> {
        let (generator, draft) = match self {
            Self::Built { generator, draft } => (generator, draft.clone()),
            Self::File(input) => {
                let mut reading = io::read(&input.source)?;
                reading.volume = input.sized(reading.volume);
                return Ok((reading, Vec::new()));
            }
        };
        let plan = draft.plan(generator, 0)?;
        let built = plan.build()?;
        let named = built
            .phases
            .iter()
            .map(|phase| (i64::from(phase.label), phase.name.to_owned()));
        let reading = Reading {
            names: named.collect(),
            voxel_size: None,
            notes: Vec::new(),
            path: PathBuf::from(generator.name),
            dataset: None,
            file_type: format!("generated from seed {}", plan.seed),
            sha256: sha256_of_labels(&built.volume),
            volume: built.volume,
        };
        Ok((reading, built.notes))
    }

    /// Phases of a generator with the materials that it is told: name and material, by ascending label from 0.
    pub(super) fn phases(&self) -> Checked<Vec<(&'static str, String)>> {
        let Self::Built { generator, draft } = self else {
            return Ok(Vec::new());
        };
        let values = Values::new(generator.parameters, &draft.settings)?;
        let phase = |&(name, material): &(&'static str, &str)| (name, values.text(material).into());
        Ok(generator.phases.iter().map(phase).collect())
    }
}

impl Input {
    /// The volume with the voxel size that the scenario gives, or else the one that it came with.
    pub fn sized(&self, volume: Volume) -> Volume {
        match self.voxel_size {
            Some(spacing) => volume.with_spacing(spacing),
            None => volume,
        }
    }
}

/// `[volume]` or `[generate]`, not both.
pub(super) fn read(root: &Section<'_>, folder: &Path) -> Checked<Voxels> {
    let Some(section) = root.place("generate") else {
        return file(root, folder).map(Voxels::File);
    };
    if root.place("volume").is_some() {
        let (first, second) = ("[volume]", "[generate]");
        return Err(root.fault(Inconsistency::Twice { first, second }, section));
    }
    let (generator, draft) = generate::section(root)?;
    Ok(Voxels::Built { generator, draft })
}

fn file(root: &Section<'_>, folder: &Path) -> Result<Input, ScenarioError> {
    root.required("volume")?;
    let section = root.section(
        "volume",
        &[
            "path",
            "dataset",
            "shape",
            "type",
            "offset",
            "channel",
            "nan",
            "voxel_size",
        ],
    )?;
    let path = section.text_of("path", section.required("path")?)?;
    let mut source = VolumeSource::new(folder.join(path.value));
    if let Some(dataset) = section.text("dataset")? {
        source = source.with_dataset(dataset.value);
    }
    let voxel_size = voxel_size(&section)?;
    source = source.with_options(options(&section)?);
    Ok(Input {
        source: source.with_voxel_size(voxel_size),
        voxel_size,
    })
}

/// What the file does not say of itself: `shape`, `type`, `offset`, `channel`, `nan`.
fn options(section: &Section<'_>) -> Checked<ReadOptions> {
    let count = |node: &Node<'_>| section.integer("shape", node, "a list of three whole numbers");
    let shape = match *section.list("shape") {
        [] => None,
        [z, y, x] => Some([count(&z)?, count(&y)?, count(&x)?]),
        [other, ..] => return Err(three(section, "shape", other)),
    };
    let sample_type = section.text("type")?.map(|text| {
        text.value.parse::<SampleType>().map_err(|_| {
            let fault = Fault::WrongType {
                key: "type".to_owned(),
                found: "a text that is no sample type",
                expected: "u8, u16, i16, u32, i32, f32 or the like, with be behind it for big-endian bytes,",
            };
            section.fault(fault, text.span.clone())
        })
    });
    let whole = "a whole number from 0 on";
    let offset = section
        .list("offset")
        .first()
        .map(|node| section.integer("offset", node, whole));
    let channel = section.list("channel");
    let channel = channel
        .iter()
        .map(|node| section.integer("channel", node, whole));
    let nan = section
        .list("nan")
        .first()
        .map(|node| section.integer("nan", node, "a label, which is a whole number,"));
    Ok(ReadOptions {
        shape,
        sample_type: sample_type.transpose()?,
        offset: offset.transpose()?,
        channel: channel.collect::<Checked<_>>()?,
        has_voxel_size: false,
        nan_label: nan.transpose()?,
        kept_labels: Vec::new(),
    })
}

fn voxel_size(section: &Section<'_>) -> Result<Option<[f64; 3]>, ScenarioError> {
    const KEY: &str = "voxel_size";
    let length = |node: Node<'_>| edge(section, KEY, node);
    Ok(match *section.list(KEY) {
        [] => None,
        [one] => Some([length(one)?; 3]),
        [z, y, x] => Some([length(z)?, length(y)?, length(x)?]),
        [other, ..] => return Err(three(section, KEY, other)),
    })
}

/// A list that does not have three elements, told at its first.
fn three(section: &Section<'_>, key: &str, first: Node<'_>) -> ScenarioError {
    let (found, expected) = ("a list of another length", "a list of three, [z, y, x],");
    section.fault(
        Fault::WrongType {
            key: key.to_owned(),
            found,
            expected,
        },
        first.span(),
    )
}

/// A voxel edge, m.
fn edge(section: &Section<'_>, key: &str, node: Node<'_>) -> Checked<f64> {
    let typed = section.quantity_of(key, node)?;
    let read = quantity::parse_in(typed.value, Kind::Length, Range::VoxelEdge, key);
    at(section, &typed, read)
}
