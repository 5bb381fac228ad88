//! What users look at: fields for ParaView and h5py, and pictures of slices.
//!
//! Both show the same [`Fields`]: the labelled volume, what each label is called and conducts, and per transport axis the
//! reported numbers with the potential and the current density behind them. Nothing here computes physics. A writer
//! takes the path it is told; writing to a temporary name and renaming is the caller's (`io`).

mod canvas;
pub mod chart;
mod colour;
pub mod deformation;
pub mod electrode;
pub mod fields;
mod figure;
pub mod html;
pub mod numbers;
mod plane;
mod printable;
pub mod provenance;
pub mod slices;
pub mod stress;
pub mod threshold;

pub use printable::printable;

use crate::{
    microstructure::Volume,
    physics::conduction::{Effective, Solution},
};
use ndarray::{Array3, ArrayView3};
use std::{
    io,
    path::{Path, PathBuf},
};

/// A picture or a file of fields could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// A file of fields could not be stored.
    #[error("cannot write the fields to {}: {source}; check the folder, its rights and the free space", path.display())]
    Hdf5 {
        /// The file being written.
        path: PathBuf,
        /// What the operating system or HDF5 said.
        source: io::Error,
    },
    /// The picture could not be encoded or stored.
    #[error("cannot write the picture {}: {source}; check the folder, its rights and the free space", path.display())]
    Png {
        /// The file being written.
        path: PathBuf,
        /// What the operating system or the encoder said.
        source: io::Error,
    },
    /// A field does not belong to the volume.
    #[error(
        "the {field} has {found:?} voxels (z, y, x) but the volume has {expected:?}; both must come from one problem"
    )]
    Shape {
        /// Name of the field.
        field: &'static str,
        /// Its shape, (z, y, x).
        found: [usize; 3],
        /// The volume's shape, (z, y, x).
        expected: [usize; 3],
    },
}

impl ReportError {
    /// The same for the name that the user knows, where the file was written under a temporary one.
    #[must_use]
    pub fn of(mut self, final_path: &Path) -> Self {
        match &mut self {
            Self::Hdf5 { path, .. } | Self::Png { path, .. } => final_path.clone_into(path),
            Self::Shape { .. } => {}
        }
        self
    }
}

/// What a result consists of.
#[derive(Debug, Clone)]
pub struct Fields<'a> {
    /// The labelled volume, with its voxel size where one is known.
    pub volume: &'a Volume,
    /// Names and conductivities of labels; a label that is missing here insulates and is called by its number.
    pub phases: Vec<Phase>,
    /// Unit of every conductivity.
    pub unit: ConductivityUnit,
    /// One entry per solved axis.
    pub transports: Vec<Transport<'a>>,
}

impl Fields<'_> {
    /// The phase of each code of the volume, in that order.
    fn phase_of_codes(&self) -> Vec<Phase> {
        let unnamed = |label| Phase {
            label,
            name: None,
            conductivity: 0.0,
        };
        let phase = |&label: &i64| {
            self.phases
                .iter()
                .find(|p| p.label == label)
                .cloned()
                .unwrap_or_else(|| unnamed(label))
        };
        self.volume.labels().iter().map(phase).collect()
    }

    /// Unit of the current density at a potential difference of 1 V: conductivity times V per length.
    fn current_density_unit(&self) -> &'static str {
        match (self.unit, self.volume.spacing()) {
            (ConductivityUnit::SiemensPerMetre, Some(_)) => "A/m²",
            (ConductivityUnit::SiemensPerMetre, None) => "S/m · V/voxel",
            (ConductivityUnit::Relative, Some(_)) => "V/m",
            (ConductivityUnit::Relative, None) => "V/voxel",
        }
    }

    /// All fields have the shape of the volume.
    fn check(&self) -> Result<(), ReportError> {
        let expected = self.volume.shape();
        for transport in &self.transports {
            let of = |field, view: ArrayView3<'_, f64>| {
                let (z, y, x) = view.dim();
                let found = [z, y, x];
                if found == expected {
                    Ok(())
                } else {
                    Err(ReportError::Shape {
                        field,
                        found,
                        expected,
                    })
                }
            };
            of("potential", transport.potential.view())?;
            of("current density", transport.current_density.view())?;
        }
        Ok(())
    }
}

/// What a label is called and how well it conducts.
#[derive(Debug, Clone, PartialEq)]
pub struct Phase {
    /// The label as the input file has it.
    pub label: i64,
    /// A name such as "pore", where the user gave one.
    pub name: Option<String>,
    /// Conductivity, in the unit of [`Fields::unit`]; zero insulates.
    pub conductivity: f64,
}

impl Phase {
    /// "pore (0)", or "label 0" without a name.
    fn title(&self) -> String {
        match &self.name {
            Some(name) => format!("{name} ({})", self.label),
            None => format!("label {}", self.label),
        }
    }
}

/// Unit of the conductivities that went in and came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ConductivityUnit {
    /// S/m.
    SiemensPerMetre,
    /// Relative to the numbers that were given without a unit.
    #[default]
    Relative,
}

impl ConductivityUnit {
    /// "S/m", or "1" for a relative number.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::SiemensPerMetre => "S/m",
            Self::Relative => "1",
        }
    }
}

/// Transport along one axis: the reported numbers and the fields behind them.
#[derive(Debug, Clone)]
pub struct Transport<'a> {
    /// The reported numbers.
    pub effective: &'a Effective,
    /// Potential `[z][y][x]`, V, 1 at the inlet and 0 at the outlet; NaN where no current can flow.
    pub potential: Array3<f64>,
    /// Magnitude of the current density `[z][y][x]` at a potential difference of 1 V; 0 where no current flows.
    pub current_density: Array3<f64>,
}

impl<'a> From<&'a Solution> for Transport<'a> {
    fn from(solution: &'a Solution) -> Self {
        Self {
            effective: &solution.effective,
            potential: solution.potential(),
            current_density: solution.current_density(),
        }
    }
}
