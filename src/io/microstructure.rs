//! A microstructure and everything needed to build it again, as one HDF5 file that ParaView and h5py open.
//!
//! ```text
//! /voxion                program, version, generator, seed, parameters (JSON), notes, voxel_size (m; z, y, x)
//!   labels               phase_labels, phase_names, phase_materials, phase_fractions, phase_targets (NaN: not asked for)
//! /VTKHDF                Spacing and Origin in um, order x, y, z
//!   CellData/labels      the same data: a hard link
//! ```
//!
//! There is no date in it: the same recipe gives the same contents (HDF5 itself stamps its objects with the time).

use super::{
    IoError, VOXEL_SIZE_ATTRIBUTE,
    image_data::{list, text, unicode, write_file, write_image_header, write_label_values},
};
use crate::microstructure::generate::Microstructure;
use hdf5::{Dataset, File, Group};
use std::path::Path;

/// How a microstructure came about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The generator's name.
    pub generator: &'static str,
    /// Its seed.
    pub seed: u64,
    /// Every setting, as JSON text.
    pub parameters: String,
}

/// Writes a microstructure to `path`, replacing what is there; call it inside [`write_atomically`](super::write_atomically).
///
/// # Errors
/// [`IoError::Unwritable`] with what HDF5 said.
pub fn write(path: &Path, structure: &Microstructure, origin: &Origin) -> Result<(), IoError> {
    let bytes = structure.volume.codes().len() as u64;
    let written = write_file(path, bytes, |file| write_all(file, structure, origin));
    written.map_err(|source| IoError::Unwritable {
        path: path.to_owned(),
        source,
    })
}

fn write_all(file: &File, structure: &Microstructure, origin: &Origin) -> hdf5::Result<()> {
    let group = file.create_group("voxion")?;
    let cell_data = write_image_header(file, &structure.volume)?;
    write_origin(&group, structure, origin)?;
    let labels = write_label_values(&group, &structure.volume)?;
    write_phases(&labels, structure)?;
    cell_data.link_hard("/voxion/labels", "labels")
}

fn write_origin(group: &Group, structure: &Microstructure, origin: &Origin) -> hdf5::Result<()> {
    text(group, "program", env!("CARGO_PKG_NAME"))?;
    text(group, "version", env!("CARGO_PKG_VERSION"))?;
    text(group, "generator", origin.generator)?;
    text(group, "parameters", &origin.parameters)?;
    text(group, "notes", &structure.notes.join("\n"))?;
    group
        .new_attr::<u64>()
        .create("seed")?
        .write_scalar(&origin.seed)?;
    match structure.volume.spacing() {
        Some(spacing) => list(group, "voxel_size", &spacing),
        None => Ok(()),
    }
}

fn write_phases(labels: &Dataset, structure: &Microstructure) -> hdf5::Result<()> {
    let phases = &structure.phases;
    let values: Vec<i64> = phases.iter().map(|phase| i64::from(phase.label)).collect();
    let names = phases.iter().map(|phase| unicode(phase.name));
    let materials = phases
        .iter()
        .map(|phase| unicode(phase.material.as_deref().unwrap_or("")));
    let targets: Vec<f64> = phases
        .iter()
        .map(|phase| phase.target.unwrap_or(f64::NAN))
        .collect();
    text(labels, "units", "1")?;
    list(labels, "phase_labels", &values)?;
    list(
        labels,
        "phase_names",
        &names.collect::<hdf5::Result<Vec<_>>>()?,
    )?;
    list(
        labels,
        "phase_materials",
        &materials.collect::<hdf5::Result<Vec<_>>>()?,
    )?;
    list(labels, "phase_fractions", &structure.reached())?;
    list(labels, "phase_targets", &targets)?;
    match structure.volume.spacing() {
        Some(spacing) => list(labels, VOXEL_SIZE_ATTRIBUTE, &spacing),
        None => Ok(()),
    }
}
