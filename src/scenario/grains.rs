//! Particle ids: a second dataset of the volume's shape, which tells the grains of a phase apart.

use super::{Inconsistency, Scenario, file::Checked, section::Section};
use crate::io::{self, VolumeSource};
use ndarray::Array3;
use std::path::Path;

/// Where particle ids are.
#[derive(Debug, Clone)]
pub struct Grains {
    /// A volume of whole numbers, any number of different ones.
    pub source: VolumeSource,
}

impl Scenario {
    /// Reads the particle ids `[z][y][x]`, if there are any.
    ///
    /// # Errors
    /// What reading a file refuses.
    pub fn particle_ids(&self) -> crate::Result<Option<Array3<u32>>> {
        match &self.grains {
            Some(grains) => Ok(Some(io::read_ids(&grains.source)?)),
            None => Ok(None),
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

/// `[grains]`, with paths relative to a folder.
pub(super) fn read(root: &Section<'_>, folder: &Path) -> Checked<Option<Grains>> {
    Ok(dataset(root, "grains", folder)?.map(|source| Grains { source }))
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
    let path = section.text_of("path", section.required("path")?)?;
    let source = VolumeSource::new(folder.join(path.value));
    Ok(Some(match section.text("dataset")? {
        Some(dataset) => source.with_dataset(dataset.value),
        None => source,
    }))
}
