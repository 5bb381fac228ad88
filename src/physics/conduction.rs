//! Steady conduction, `div(sigma grad phi) = 0`, between two electrodes.
//!
//! Cell-centred finite volumes: one unknown per voxel that conducts, current through a face of area A between voxels a and b
//! whose centres are h apart `(phi_a - phi_b) A / (h/2/sigma_a + R_ab + h/2/sigma_b)`, with R_ab the area-specific resistance of that
//! pair of phases (S. V. Patankar, Numerical Heat Transfer and Fluid Flow, 1980, sec. 4.2-3: the harmonic mean where R = 0). With the
//! convention `face` the electrodes lie on the outer faces of the first and last layer, half a voxel from the centres; with
//! `centre` the first and last layer are the electrodes. The other sides are mirrors or wrap round.
//!
//! With 1 at the inlet and 0 at the outlet the dissipation `sum k (phi_a - phi_b)^2` is the current, and that of any other
//! potential is larger: the effective conductivity is reported from the dissipation, which converges as the square of the flux.
//!
//! A [`Conduction`] borrows its volume and lives as long as a question is asked of it; a solve turns it into a
//! [`Stencil`] with the transport axis first and without the voxels that carry nothing.

mod assembled;
mod assembly;
mod batch;
mod boundary;
mod cell;
mod contacts;
mod effective;
mod faces;
mod memory;
mod solution;
mod tensor;
mod trend;
mod window;

pub use batch::{Question, solve_batch};
pub use boundary::{Boundary, Electrode, Sides};
pub use effective::Effective;
pub use memory::{Memory, MemoryMode, PROGRAM_BYTES};
pub use solution::{CURRENT_CLASSES, Solution, current_class};
pub use tensor::{Principal, Tensor, TensorSolution};
pub use trend::Trend;

use crate::{
    Result,
    field::Backend,
    microstructure::{Axis, Volume},
    solve::{
        Observer, Tolerance,
        limits::{self, MOST_UNKNOWNS, Storage, TooManyUnknowns},
        stencil::Stencil,
    },
};
use ndarray::Array3;

/// Codes that a stencil keeps for itself: dead, inlet, outlet.
const RESERVED: usize = 3;

/// The question does not fit the volume.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ProblemError {
    /// A label that the volume does not have.
    #[error("no voxel has label {label}; the volume has {present}")]
    UnknownLabel {
        /// The label asked for.
        label: i64,
        /// Labels of the volume, as a list.
        present: String,
    },
    /// A conductivity that is negative, not a number, or so small or large that products of it would leave the range of numbers.
    #[error(
        "the conductivity of label {label} is {value:e}; it must be 0 or between 1e-60 and 1e60"
    )]
    Conductivity {
        /// Label.
        label: i64,
        /// The value.
        value: f64,
    },
    /// A resistance that is negative, not a number, or so small or large that products of it would leave the range of numbers.
    #[error(
        "the area-specific resistance is {value:e} Ohm m2; it must be 0 or between 1e-60 and 1e60"
    )]
    Resistance {
        /// The value.
        value: f64,
    },
    /// A resistance without a voxel size.
    #[error(
        "a contact or electrode resistance needs a voxel size, and the volume has none; give one"
    )]
    VoxelSize,
    /// Particle ids that belong to another volume.
    #[error(
        "the particle ids have {} voxels (z, y, x) but the volume has {}; give ids of the same volume",
        by_axis(*found),
        by_axis(*expected)
    )]
    GrainShape {
        /// Shape of the ids, (z, y, x).
        found: [usize; 3],
        /// The volume's shape, (z, y, x).
        expected: [usize; 3],
    },
    /// Electrode resistances with `centre` electrodes.
    #[error(
        "an electrode resistance needs the boundary `face`; with `centre` the first and last layer are the electrodes"
    )]
    ElectrodeAtCentre,
    /// Electrodes in a cell that has none.
    #[error(
        "a periodic volume has no electrodes, so no electrode resistance either; leave it out, or choose the boundary `face`"
    )]
    ElectrodeWhenPeriodic,
    /// One axis of a cell.
    #[error("a periodic volume has no electrodes and no single axis; ask for its tensor")]
    AxisWhenPeriodic,
    /// The tensor of a volume with electrodes.
    #[error(
        "a volume between electrodes has no tensor; choose the boundary `periodic` or `mirror-periodic`"
    )]
    TensorWithElectrodes,
    /// Too many phases for one byte.
    #[error("the volume has {count} labels and at most {limit} can be solved; map labels together")]
    TooManyLabels {
        /// Labels of the volume.
        count: usize,
        /// The limit.
        limit: usize,
    },
    /// Nothing to solve along this axis.
    #[error(
        "the volume is one voxel thick along {axis}; transport along {axis} needs at least two; \
         choose another axis"
    )]
    Thin {
        /// Name of the axis.
        axis: &'static str,
    },
    /// Lean memory together with contacts.
    #[error(
        "contacts and grain boundaries store every face, which lean memory cannot; leave one of the two out"
    )]
    LeanContacts,
    /// More unknowns than can be numbered.
    #[error(transparent)]
    TooLarge(#[from] TooManyUnknowns),
    /// A tolerance out of range.
    #[error("the relative error {value:e} is out of reach; ask for one between 1e-13 and 1")]
    Tolerance {
        /// The value.
        value: f64,
    },
}

impl ProblemError {
    /// Particle ids have the shape of their volume.
    pub(crate) fn check_grains(
        ids: &Array3<u32>,
        volume: &Volume,
    ) -> std::result::Result<(), Self> {
        let (z, y, x) = ids.dim();
        let (found, expected) = ([z, y, x], volume.shape());
        if found == expected {
            Ok(())
        } else {
            Err(Self::GrainShape { found, expected })
        }
    }
}

/// Whether a conductivity or resistance is 0, or a number whose products with others stay in the range of f64.
fn is_in_range(value: f64) -> bool {
    value == 0.0 || (1e-60..=1e60).contains(&value)
}

/// "100 x 100 x 100".
fn by_axis(shape: [usize; 3]) -> String {
    shape.map(|n| n.to_string()).join(" x ")
}

/// A conduction problem on a volume: conductivities per label, resistances, boundary conditions.
#[derive(Debug, Clone)]
pub struct Conduction<'a> {
    volume: &'a Volume,
    /// Conductivity of each code along (z, y, x).
    sigma: Vec<[f64; 3]>,
    /// Area-specific resistance of each pair of codes, row-major.
    contact: Vec<f64>,
    /// Area-specific resistance between grains of each code.
    grain_boundary: Vec<f64>,
    /// Particle ids, of the volume's shape.
    grains: Option<&'a Array3<u32>>,
    /// Area-specific resistance of each code at inlet and outlet.
    electrode: [Vec<f64>; 2],
    boundary: Boundary,
    sides: Sides,
    memory: MemoryMode,
}

impl<'a> Conduction<'a> {
    /// All labels insulate until told otherwise.
    pub fn new(volume: &'a Volume) -> Self {
        let phases = volume.labels().len();
        Self {
            volume,
            sigma: vec![[0.0; 3]; phases],
            contact: vec![0.0; phases * phases],
            grain_boundary: vec![0.0; phases],
            grains: None,
            electrode: [vec![0.0; phases], vec![0.0; phases]],
            boundary: Boundary::default(),
            sides: Sides::default(),
            memory: MemoryMode::default(),
        }
    }

    /// Conductivity of a label (S/m, or relative); zero insulates.
    ///
    /// # Errors
    /// [`ProblemError::UnknownLabel`], [`ProblemError::Conductivity`].
    pub fn conductivity(self, label: i64, sigma: f64) -> Result<Self> {
        self.orthotropic(label, [sigma; 3])
    }

    /// Conductivities of a label along (z, y, x) (S/m, or relative): a sheet or fibre that follows the axes of the grid.
    ///
    /// # Errors
    /// [`ProblemError::UnknownLabel`], [`ProblemError::Conductivity`].
    pub fn orthotropic(mut self, label: i64, sigma: [f64; 3]) -> Result<Self> {
        let code = self.code(label)?;
        if let Some(value) = sigma.into_iter().find(|s| !is_in_range(*s)) {
            return Err(ProblemError::Conductivity { label, value }.into());
        }
        self.sigma[code] = sigma;
        Ok(self)
    }

    /// Area-specific resistance (Ohm m2) between two labels, per true area: the staircase of voxel faces is corrected for.
    /// Needs a voxel size unless zero.
    ///
    /// # Errors
    /// [`ProblemError::UnknownLabel`], [`ProblemError::Resistance`], [`ProblemError::VoxelSize`].
    pub fn contact_resistance(mut self, a: i64, b: i64, resistance: f64) -> Result<Self> {
        let (a, b) = (self.code(a)?, self.code(b)?);
        self.check_resistance(resistance)?;
        let phases = self.sigma.len();
        self.contact[a * phases + b] = resistance;
        self.contact[b * phases + a] = resistance;
        Ok(self)
    }

    /// Area-specific resistance (Ohm m2) between grains of a label, per true area; the grains are told by [`Self::grains`].
    ///
    /// # Errors
    /// [`ProblemError::UnknownLabel`], [`ProblemError::Resistance`], [`ProblemError::VoxelSize`].
    pub fn grain_boundary(mut self, label: i64, resistance: f64) -> Result<Self> {
        let code = self.code(label)?;
        self.check_resistance(resistance)?;
        self.grain_boundary[code] = resistance;
        Ok(self)
    }

    /// Particle ids `[z][y][x]`: voxels of one label with different ids are different grains.
    ///
    /// # Errors
    /// [`ProblemError::GrainShape`].
    pub fn grains(mut self, ids: &'a Array3<u32>) -> Result<Self> {
        ProblemError::check_grains(ids, self.volume)?;
        self.grains = Some(ids);
        Ok(self)
    }

    /// Area-specific resistance (Ohm m2) between a label and an electrode.
    ///
    /// # Errors
    /// [`ProblemError::UnknownLabel`], [`ProblemError::Resistance`], [`ProblemError::VoxelSize`].
    pub fn electrode_resistance(
        mut self,
        electrode: Electrode,
        label: i64,
        resistance: f64,
    ) -> Result<Self> {
        let code = self.code(label)?;
        self.check_resistance(resistance)?;
        self.electrode[electrode as usize][code] = resistance;
        Ok(self)
    }

    /// Where the potential is fixed.
    #[must_use]
    pub fn boundary(mut self, boundary: Boundary) -> Self {
        self.boundary = boundary;
        self
    }

    /// What the other four sides do.
    #[must_use]
    pub fn sides(mut self, sides: Sides) -> Self {
        self.sides = sides;
        self
    }

    /// Voxels of the volume.
    pub fn voxels(&self) -> u64 {
        self.volume.codes().len() as u64
    }

    /// Effective conductivity along an axis, with its error bound.
    ///
    /// # Errors
    /// [`ProblemError`] where the question does not fit the volume, [`GpuError`](crate::gpu::GpuError) where a device was
    /// demanded and cannot do it, [`SolveError`](crate::solve::SolveError) where the tolerance is out of reach or the
    /// observer said stop.
    pub fn solve(
        &self,
        axis: Axis,
        tolerance: Tolerance,
        backend: &Backend,
        observer: &mut dyn Observer,
    ) -> Result<Solution> {
        self.check(axis, tolerance)?;
        self.check_memory()?;
        solution::solve(self, (axis, tolerance, backend), observer)
    }

    /// The equations along an axis, for those who study the solver itself; contacts in them take whole faces.
    pub fn stencil(&self, axis: Axis) -> Stencil {
        assembly::Assembly::new(self, axis).stencil
    }

    fn code(&self, label: i64) -> std::result::Result<usize, ProblemError> {
        self.volume.code(label).map(usize::from).ok_or_else(|| {
            let labels: Vec<String> = self.volume.labels().iter().map(i64::to_string).collect();
            ProblemError::UnknownLabel {
                label,
                present: labels.join(", "),
            }
        })
    }

    fn check_resistance(&self, value: f64) -> std::result::Result<(), ProblemError> {
        if !is_in_range(value) {
            return Err(ProblemError::Resistance { value });
        }
        if value > 0.0 && self.volume.spacing().is_none() {
            return Err(ProblemError::VoxelSize);
        }
        Ok(())
    }

    /// Whether [`Self::solve`] can begin, asked before the first of several.
    ///
    /// # Errors
    /// [`ProblemError`] where the question does not fit the volume.
    pub fn check(&self, axis: Axis, tolerance: Tolerance) -> std::result::Result<(), ProblemError> {
        self.check_common(tolerance)?;
        if self.boundary.is_cell() {
            return Err(ProblemError::AxisWhenPeriodic);
        }
        if self.volume.shape()[axis.index()] < 2 {
            return Err(ProblemError::Thin { axis: axis.name() });
        }
        if self.boundary == Boundary::Centre && self.has_electrode_resistance() {
            return Err(ProblemError::ElectrodeAtCentre);
        }
        let storage = match (self.needs_faces(), self.has_one_conductivity()) {
            (true, _) => Storage::Network { per_voxel: 1 },
            (_, true) => Storage::Uniform,
            (_, false) => Storage::Stencil,
        };
        self.check_size(storage)
    }

    fn check_common(&self, tolerance: Tolerance) -> std::result::Result<(), ProblemError> {
        let (count, limit) = (self.sigma.len(), 256 - RESERVED);
        if count > limit {
            return Err(ProblemError::TooManyLabels { count, limit });
        }
        let value = tolerance.relative_error;
        if !(1e-13..=1.0).contains(&value) {
            return Err(ProblemError::Tolerance { value });
        }
        Ok(())
    }

    /// Whether unknowns can be numbered.
    fn check_size(&self, storage: Storage) -> std::result::Result<(), ProblemError> {
        if self.voxels() <= MOST_UNKNOWNS / 2 {
            return Ok(());
        }
        let phases = self.volume.counts().into_iter().zip(&self.sigma);
        let conducting = phases.filter(|(_, sigma)| sigma.iter().any(|s| *s > 0.0));
        let conducting = conducting.map(|(count, _)| count as u64).sum();
        Ok(limits::check(self.volume.shape(), conducting, storage)?)
    }

    fn has_electrode_resistance(&self) -> bool {
        self.electrode.iter().flatten().any(|&r| r > 0.0)
    }
}
