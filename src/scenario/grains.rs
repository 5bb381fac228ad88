//! Particle ids: what tells the grains of a phase apart. A second dataset of the volume's shape, or grains built round points
//! at random where nobody measured them.
//!
//! ```toml
//! [grains]
//! path = "particles.h5"                # with dataset = "/particles" where the file has several
//!
//! [grains]
//! diameter = "3 um"                    # of spheres of the same mean volume
//! seed = 1                             # 0 where the key is missing
//! ```

use super::{
    Inconsistency, Scenario, ScenarioError,
    error::Fault,
    file::{Checked, at},
    quantity::{self, Kind, Range},
    section::Section,
};
use crate::{
    io::{self, VolumeSource},
    microstructure::{
        Volume,
        generate::{Ends, Grid, grains},
    },
};
use ndarray::Array3;
use std::{fmt, path::Path};

/// Where particle ids come from.
#[derive(Debug, Clone)]
pub enum Grains {
    /// A volume of whole numbers, any number of different ones.
    File(VolumeSource),
    /// Points at random.
    Built {
        /// Diameter of spheres of the same mean volume, m.
        diameter: f64,
        /// Of the random numbers.
        seed: u64,
    },
}

impl fmt::Display for Grains {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(source) => source.fmt(f),
            Self::Built { diameter, seed } => {
                write!(f, "grains of {diameter:e} m round points of seed {seed}")
            }
        }
    }
}

impl Scenario {
    /// The particle ids `[z][y][x]` of a volume, if there are any.
    ///
    /// # Errors
    /// What reading a file refuses; grains that are to be built on voxels that have no size or are no cubes.
    pub fn particle_ids(&self, volume: &Volume) -> crate::Result<Option<Array3<u32>>> {
        match &self.grains {
            None => Ok(None),
            Some(Grains::File(source)) => Ok(Some(io::read_ids(source)?)),
            Some(Grains::Built { diameter, seed }) => {
                let cubes =
                    |[z, y, x]: &[f64; 3]| (z / y - 1.0).abs().max((y / x - 1.0).abs()) < 1e-6;
                let [voxel, ..] = volume
                    .spacing()
                    .filter(cubes)
                    .ok_or(ScenarioError::from(Inconsistency::GrainVoxels))?;
                let grid = Grid {
                    shape: volume.shape(),
                    voxel,
                    ends: Ends::Periodic,
                };
                Ok(Some(grains(&grid, *diameter, *seed)))
            }
        }
    }

    /// Grain boundaries and particle ids need each other.
    pub(super) fn check_grains(&self) -> Result<(), Inconsistency> {
        let resisting = self.phases.iter().find(|phase| phase.grain_boundary > 0.0);
        match (resisting, &self.grains) {
            (Some(phase), None) => Err(Inconsistency::GrainsMissing {
                phase: phase.title(),
            }),
            (None, Some(_)) => Err(Inconsistency::GrainsUnused),
            _ => Ok(()),
        }
    }
}

/// The keys of `[grains]`.
pub(super) const KEYS: [&str; 4] = ["path", "dataset", "diameter", "seed"];

/// `[grains]`, with paths relative to a folder.
pub(super) fn read(root: &Section<'_>, folder: &Path) -> Checked<Option<Grains>> {
    if root.place("grains").is_none() {
        return Ok(None);
    }
    let section = root.section("grains", &KEYS)?;
    let Some(diameter) = section.quantity("diameter")? else {
        return source(&section, folder).map(|source| Some(Grains::File(source)));
    };
    if let Some(place) = section.place("path") {
        let fault = Fault::WrongType {
            key: "path".to_owned(),
            found: "given with a diameter",
            expected: "either the path of particle ids or the diameter of grains to be built",
        };
        return Err(section.fault(fault, place));
    }
    let read = quantity::parse_in(diameter.value, Kind::Length, Range::Positive, "diameter");
    let seed = section
        .list("seed")
        .first()
        .map(|node| section.integer("seed", node, "a whole number from 0 on"));
    Ok(Some(Grains::Built {
        diameter: at(&section, &diameter, read)?,
        seed: seed.transpose()?.unwrap_or(0),
    }))
}

/// A second dataset of the volume's shape: a table of `path` and, where it is needed, `dataset`.
pub(super) fn dataset(
    parent: &Section<'_>,
    key: &str,
    folder: &Path,
) -> Checked<Option<VolumeSource>> {
    if parent.place(key).is_none() {
        return Ok(None);
    }
    let section = parent.section(key, &["path", "dataset"])?;
    source(&section, folder).map(Some)
}

fn source(section: &Section<'_>, folder: &Path) -> Checked<VolumeSource> {
    let path = section.text_of("path", section.required("path")?)?;
    let source = VolumeSource::new(folder.join(path.value));
    Ok(match section.text("dataset")? {
        Some(dataset) => source.with_dataset(dataset.value),
        None => source,
    })
}
