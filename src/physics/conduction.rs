//! Steady conduction, `div(sigma grad phi) = 0`.

use crate::{
    Result,
    field::Backend,
    microstructure::{Axis, Volume},
    solve::{Observer, Tolerance},
};
use ndarray::Array3;

/// The question does not fit the volume.
#[derive(Debug, thiserror::Error)]
pub enum ProblemError {}

/// Where the potential is fixed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Boundary {
    /// On the outer faces of the first and last layer, half a voxel from their centres.
    #[default]
    Face,
    /// On the centres of the first and last layer; the length is one voxel less.
    Centre,
}

/// What happens on the four sides that carry no electrode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sides {
    /// No flux through them.
    #[default]
    Mirror,
    /// They wrap round.
    Periodic,
}

/// An electrode: the inlet lies before the first layer of the axis, the outlet behind the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Electrode {
    /// Potential 1.
    Inlet,
    /// Potential 0.
    Outlet,
}

/// A conduction problem on a volume: conductivities per label, resistances, boundary conditions.
#[derive(Debug, Clone)]
pub struct Conduction<'a> {
    volume: &'a Volume,
}

impl<'a> Conduction<'a> {
    /// All labels insulate until told otherwise.
    pub fn new(volume: &'a Volume) -> Self {
        Self { volume }
    }
    /// Conductivity of a label (S/m, or relative); zero insulates.
    pub fn conductivity(self, _label: i64, _sigma: f64) -> Result<Self> {
        Ok(self)
    }
    /// Area-specific resistance (Ohm m2) between two labels; needs a voxel size unless zero.
    pub fn contact_resistance(self, _a: i64, _b: i64, _resistance: f64) -> Result<Self> {
        Ok(self)
    }
    /// Area-specific resistance (Ohm m2) between a label and an electrode.
    pub fn electrode_resistance(
        self,
        _electrode: Electrode,
        _label: i64,
        _resistance: f64,
    ) -> Result<Self> {
        Ok(self)
    }
    /// Where the potential is fixed.
    pub fn boundary(self, _boundary: Boundary) -> Self {
        self
    }
    /// What the other four sides do.
    pub fn sides(self, _sides: Sides) -> Self {
        self
    }
    /// Bytes a solve takes on host and device, before anything is allocated.
    pub fn memory_estimate(&self, _axis: Axis) -> Memory {
        Memory { host: 0, device: 0 }
    }
    /// Effective conductivity along an axis, with its error bound.
    pub fn solve(
        &self,
        _axis: Axis,
        _tolerance: Tolerance,
        _backend: &Backend,
        _observer: &mut dyn Observer,
    ) -> Result<Solution<'a>> {
        let _ = self.volume;
        unreachable!("lands with the solver")
    }
}

/// Estimated bytes of a solve.
#[derive(Debug, Clone, Copy)]
pub struct Memory {
    /// Host bytes.
    pub host: u64,
    /// Device bytes.
    pub device: u64,
}

/// The reported numbers of one axis.
#[derive(Debug, Clone)]
pub struct Effective {
    /// Transport axis.
    pub axis: Axis,
    /// Boundary convention.
    pub boundary: Boundary,
    /// Effective conductivity, in the units of the given conductivities (S/m).
    pub effective_conductivity: f64,
    /// Certified absolute error of `effective_conductivity`, same units.
    pub error_bound: f64,
    /// Effective conductivity over the mean conductivity of the conducting voxels.
    pub relative_conductivity: f64,
    /// `mean(sigma) / effective_conductivity`; infinite without a path.
    pub tortuosity_factor: f64,
    /// 1 / `relative_conductivity`.
    pub macmullin_number: f64,
    /// Fraction of the voxels that conduct.
    pub conducting_fraction: f64,
    /// Fraction of the conducting voxels that belong to a cluster joining both electrodes.
    pub percolating_fraction: f64,
    /// Effective conductivity as the current through the inlet alone gives it.
    pub flux_in: f64,
    /// The same for the outlet.
    pub flux_out: f64,
    /// Iterations of conjugate gradients, all corrections together.
    pub iterations: usize,
    /// Seconds from labels in memory to the number.
    pub seconds: f64,
    /// Name of the adapter that solved, where a device did.
    pub adapter: Option<String>,
}

/// A solved problem: the numbers, and the potential from which fields are made.
#[derive(Debug, Clone)]
pub struct Solution<'a> {
    /// The reported numbers.
    pub effective: Effective,
    problem: Conduction<'a>,
    potential: Array3<f64>,
}

impl Solution<'_> {
    /// Potential `[z][y][x]` for 1 at the inlet and 0 at the outlet; NaN where no current can flow.
    pub fn potential(&self) -> &Array3<f64> {
        &self.potential
    }
    /// Magnitude of the current density `[z][y][x]` for a potential difference of 1 V (A/m2 for S/m; per metre of
    /// length 1 voxel where no voxel size is known); 0 where no current flows.
    pub fn current_density(&self) -> Array3<f64> {
        let _ = &self.problem;
        self.potential.clone()
    }
}
