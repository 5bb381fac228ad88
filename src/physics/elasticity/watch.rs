//! Counts the steps of a solve and tells its observer about them.

use crate::solve::{Continue, Observer, Progress, SolveError, Tolerance, radau::GaussRadau};

/// Counts steps and tells about them.
pub(super) struct Watch {
    pub(super) iterations: usize,
    first: Option<f64>,
    limit: usize,
    pub(super) wanted: f64,
}

impl Watch {
    /// So many steps were done before, by another machine or in another precision.
    pub(super) fn new(tolerance: Tolerance, earlier: usize) -> Self {
        Self {
            iterations: earlier,
            first: None,
            limit: tolerance.max_iterations,
            wanted: tolerance.relative_error,
        }
    }

    /// Whether no step is left.
    pub(super) fn at_limit(&self) -> bool {
        self.iterations >= self.limit
    }

    pub(super) fn tell(
        &mut self,
        radau: &GaussRadau,
        target: f64,
        observer: &mut dyn Observer,
    ) -> Result<(), SolveError> {
        let first = *self.first.get_or_insert(radau.rz());
        let bound = radau.bound().sqrt() / target * self.wanted;
        let progress = Progress {
            iterations: self.iterations,
            residual: if first > 0.0 {
                (radau.rz() / first).sqrt()
            } else {
                0.0
            },
            error_bound: bound.is_finite().then_some(bound),
            expected_error: if bound.is_finite() { bound } else { 1.0 },
        };
        match observer.progress(&progress) {
            Continue::Yes => Ok(()),
            Continue::No => Err(SolveError::Interrupted),
        }
    }
}
