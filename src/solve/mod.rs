//! Algorithms without physics: conjugate gradients, multigrid, refinement, the certificate.

pub mod balance;
pub mod blocks;
pub mod cells;
pub mod certificate;
pub mod cg;
pub mod chebyshev;
pub mod cocg;
pub mod corrected;
pub mod crowd;
pub mod dense;
pub mod device;
pub mod fourier;
pub mod graph;
pub mod hierarchy;
pub mod host;
pub mod krylov;
mod layers;
pub mod lean;
pub mod limits;
pub mod matching;
pub mod multigrid;
pub mod network;
pub mod radau;
pub mod refinement;
mod settle;
pub mod stencil;
mod sum;
mod union;

use crate::gpu::GpuError;
pub(crate) use sum::pairwise;

/// How far to solve.
#[derive(Debug, Clone, Copy)]
pub struct Tolerance {
    /// Certified relative error of the reported number, default 1e-3.
    pub relative_error: f64,
    /// Iterations after which the solve gives up, default 2000.
    pub max_iterations: usize,
}

impl Default for Tolerance {
    fn default() -> Self {
        Self {
            relative_error: 1e-3,
            max_iterations: 2000,
        }
    }
}

/// What a solve tells while it runs.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    /// Iterations done.
    pub iterations: usize,
    /// Residual in the energy norm, relative to the first.
    pub residual: f64,
    /// Bound on the relative error of the reported number, where one is known already.
    pub error_bound: Option<f64>,
    /// What that bound would be about now; 0 before the first iteration.
    pub expected_error: f64,
}

/// Listens to a solve; returning `Continue::No` stops it with [`SolveError::Interrupted`].
pub trait Observer {
    /// Called after every iteration, and between the steps of the set-up with `iterations` 0.
    fn progress(&mut self, progress: &Progress) -> Continue;
    /// Whether every iteration is to end before the next begins, so that it can be timed; a device takes several at once otherwise.
    fn times_iterations(&self) -> bool {
        false
    }
    /// Called when the run goes on in another way than asked, such as on the host after a lost device.
    fn notice(&mut self, _sentence: &str) {}
    /// Called from time to time while many volumes are solved: so many are done, of so many in all.
    fn solved(&mut self, _done: usize, _all: usize) -> Continue {
        Continue::Yes
    }
}

/// Whether to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Continue {
    /// Go on.
    Yes,
    /// Stop as soon as possible.
    No,
}

/// An observer that watches nothing.
#[derive(Debug, Default)]
pub struct Silent;

impl Observer for Silent {
    fn progress(&mut self, _progress: &Progress) -> Continue {
        Continue::Yes
    }
}

/// The iteration did not reach the requested error.
#[derive(Debug, thiserror::Error)]
pub enum SolveError {
    /// Stopped by the observer.
    #[error("interrupted")]
    Interrupted,
    /// The iteration limit came first.
    #[error(
        "after {iterations} iterations the error is bounded by {reached:.1e}, not yet by {wanted:.1e}; allow more iterations or a \
         larger error"
    )]
    NotConverged {
        /// Iterations done.
        iterations: usize,
        /// Last certified relative error.
        reached: f64,
        /// Requested relative error.
        wanted: f64,
    },
    /// Rounding in f64 leaves no room for the requested error.
    #[error("{}", stagnation(*reached, *wanted))]
    Stagnated {
        /// Smallest certified relative error; not a number where rounding leaves no bound at all.
        reached: f64,
        /// Requested relative error.
        wanted: f64,
    },
    /// A potential in f32 cannot be as exact as asked for.
    #[error("{}", beyond_single(*reached, *wanted))]
    SinglePrecision {
        /// Smallest certified relative error; not a number where rounding leaves no bound at all.
        reached: f64,
        /// Requested relative error.
        wanted: f64,
    },
    /// A number that no medium of these conductivities has.
    #[error(
        "rounding at this contrast gives a conductivity of {found:.3e}, outside of {least:.3e} to {most:.3e} that the voxels allow; set \
         conductivities that carry next to nothing to 0"
    )]
    Implausible {
        /// Conductivity found.
        found: f64,
        /// Harmonic mean of the voxels, or 0 where that is no bound.
        least: f64,
        /// Arithmetic mean of the voxels.
        most: f64,
    },
    /// The device failed.
    #[error(transparent)]
    Machine(#[from] GpuError),
}

fn beyond_single(reached: f64, wanted: f64) -> String {
    let reached = if reached.is_finite() {
        format!("bounds the error to {reached:.1e} and not to {wanted:.1e}")
    } else {
        "comes to no bound on the error here".to_owned()
    };
    format!(
        "the lean solve keeps the potential in single precision, which {reached}; ask for a larger error, or give the full solve \
         the memory it needs"
    )
}

fn stagnation(reached: f64, wanted: f64) -> String {
    if reached.is_finite() {
        format!(
            "the error cannot be bounded below {reached:.1e} in double precision, {wanted:.1e} was asked for; ask for a larger error"
        )
    } else {
        "the conductivities are too far apart for double precision to bound the error; where a phase hardly conducts beside the \
         others, give it the conductivity 0"
            .to_owned()
    }
}
