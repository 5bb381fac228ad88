//! Algorithms without physics: conjugate gradients, multigrid, refinement, the certificate.

pub mod balance;
pub mod blocks;
pub mod certificate;
pub mod cg;
pub mod chebyshev;
pub mod dense;
pub mod graph;
pub mod hierarchy;
pub mod host;
pub mod krylov;
mod layers;
pub mod matching;
pub mod multigrid;
mod settle;
pub mod stencil;

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
}

/// Listens to a solve; returning `Continue::No` stops it with [`SolveError::Interrupted`].
pub trait Observer {
    /// Called after every iteration, and between the steps of the set-up with `iterations` 0.
    fn progress(&mut self, progress: &Progress) -> Continue;
    /// Called when the run goes on in another way than asked, such as on the host after a lost device.
    fn notice(&mut self, _sentence: &str) {}
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
}
