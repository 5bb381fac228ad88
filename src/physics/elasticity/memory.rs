//! Memory of a solve, by count of its arrays; `tests/stress_memory.rs` compares the sums with the resident memory of solves.
//!
//! The largest of three phases counts: the linear solve, Newton's method where phases yield, and the evaluation of the solved
//! state, which keeps twelve numbers of every voxel.

use super::{
    Elasticity, device,
    limits::{range, youngs_moduli},
};

/// Estimated bytes of a solve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory {
    /// Host bytes, those of the program and of the volume's labels included.
    pub host: u64,
    /// Device bytes; none where the transform of a device does not have these lengths.
    pub device: Option<u64>,
}

/// A stress solve, as far as its memory depends on it. It can be estimated before the volume exists.
///
/// ```
/// use voxion::physics::elasticity::MemoryNeed;
/// let solve = MemoryNeed::new([256; 3]);
/// assert!(solve.estimate().host > 2 << 30);
/// assert!(MemoryNeed { yields: true, ..solve }.estimate().host > solve.estimate().host);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemoryNeed {
    /// Voxels along (z, y, x).
    pub shape: [usize; 3],
    /// States that are kept at once: one for each fraction converted, one more where the effective eigenstrain of a cell that
    /// is not free is solved for beside a state.
    pub states: usize,
    /// The effective stiffness is solved for, too.
    pub stiffness: bool,
    /// A phase yields.
    pub yields: bool,
    /// Fractions converted differ from voxel to voxel.
    pub fractions: bool,
    /// Corrections are made in double precision, because single precision does not reach the tolerance: contrasts of
    /// moduli beyond about 1e6.
    pub double: bool,
}

/// Labels of the volume and of the elements.
const LABELS: f64 = 2.0;
/// A displacement in double precision.
const DISPLACEMENT: f64 = 24.0;
/// Residual, the next residual, and the planes between slabs of elements.
const RESIDUALS: f64 = 2.0 * DISPLACEMENT + 3.0;
/// Plastic strain, accumulated plastic strain and plastic work.
const PLASTIC: f64 = 64.0;
/// Consistent tangents, the displacement and the residual of a step of Newton and its direction.
const NEWTON: f64 = 72.0 + 3.0 * DISPLACEMENT;
/// A label and twelve numbers of a voxel, and one of these numbers by itself while it is sorted.
const EVALUATION: f64 = 104.0 + 16.0;
/// Five displacements in single precision: those of the earlier unit strains.
const STIFFNESS: f64 = 5.0 * 12.0;
/// Contrasts of Young's moduli beyond which single precision does not reach usual tolerances.
const SINGLE: f64 = 1e6;
/// What allocators leave unused between arrays, and the buffers of threads: 3 to 8 % of the resident memory measured.
const SLACK: f64 = 1.06;
/// The program and its threads.
const PROGRAM: u64 = 18 << 20;

impl MemoryNeed {
    /// One state of a linear elastic volume of (z, y, x) voxels.
    pub fn new(shape: [usize; 3]) -> Self {
        Self {
            shape,
            states: 1,
            stiffness: false,
            yields: false,
            fractions: false,
            double: false,
        }
    }

    /// Bytes on host and device, at the largest.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "bytes of memory are far below 2^53 and not negative"
    )]
    pub fn estimate(&self) -> Memory {
        let voxels = self.shape.iter().map(|&n| n as f64).product::<f64>();
        let host = PROGRAM + (SLACK * voxels * self.bytes_per_voxel()).ceil() as u64;
        let device = device::has_lengths(self.shape).then(|| device::bytes(self.shape));
        Memory { host, device }
    }

    /// Host bytes per voxel, the program aside.
    fn bytes_per_voxel(&self) -> f64 {
        let fraction = if self.fractions { 4.0 } else { 0.0 };
        let state = DISPLACEMENT + 1.0 + fraction + if self.yields { PLASTIC } else { 0.0 };
        let kept = LABELS + 2.0 * fraction + state * (self.states.max(1) - 1) as f64;
        let linear = DISPLACEMENT + RESIDUALS + self.solver(self.double);
        let flowing = 2.0 * DISPLACEMENT + PLASTIC + NEWTON + self.solver(true);
        let plastic = if self.yields { flowing } else { linear };
        let stiffness = if self.stiffness {
            linear + STIFFNESS
        } else {
            0.0
        };
        let evaluation = state - 1.0 + EVALUATION;
        let states = kept + plastic.max(evaluation);
        states.max(LABELS + 2.0 * fraction + stiffness)
    }

    /// Four vectors of conjugate gradients and two spectra.
    fn solver(&self, double: bool) -> f64 {
        let size = if double { 8.0 } else { 4.0 };
        let [_, _, nx] = self.shape;
        let spectrum = 6.0 * (nx / 2 + 1) as f64 / nx.max(1) as f64;
        size * (12.0 + 2.0 * spectrum)
    }
}

impl Elasticity<'_> {
    /// Bytes of `states` solved states, and of the effective stiffness, on host and device, before anything is allocated.
    pub fn memory_estimate(&self, states: usize, stiffness: bool) -> Memory {
        let [least, most] = range(youngs_moduli(&self.solids));
        let need = MemoryNeed {
            shape: self.volume.shape(),
            states,
            stiffness,
            yields: self.yields.iter().any(Option::is_some),
            fractions: self.converted.1.is_some(),
            double: least < most / SINGLE,
        };
        need.estimate()
    }
}
