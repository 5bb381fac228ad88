//! A potential on its way, and one whose energy is known.

use crate::solve::{SolveError, Tolerance, balance::Balance};

/// Relative rounding of an energy, `gamma_225 = 225 u / (1 - 225 u)` with `u = 2^-53` (N. J. Higham, Accuracy and Stability of Numerical
/// Algorithms, 2nd ed., SIAM 2002, lemma 3.1 and sec. 4.2): all terms of the sum are positive, so the sum is wrong by no more than the longest
/// chain of roundings that a term meets. These are 3 of a potential difference and its square, which currents share (see
/// [`certificate`](crate::solve::certificate)), 12 of the conductance (half voxels, contacts, area, unit), 48 of three faces a row in 16 rows, 141 of
/// three sums in pairs with at most 7 terms one after the other and 40 levels each, and 20 of what turns energies into conductivities: 224, whatever the size of
/// the volume.
const ROUNDING: f64 = 2.5e-14;

/// A potential on its way to the solution, whoever improves it: a machine or a precision that gives up leaves it to the next.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Approximation {
    /// Values of the unknowns.
    pub x: Vec<f64>,
    /// Iterations spent on it by all who tried.
    pub iterations: usize,
}

impl From<Vec<f64>> for Approximation {
    fn from(x: Vec<f64>) -> Self {
        Self { x, iterations: 0 }
    }
}

/// A potential with its energy, certified.
#[derive(Debug, Clone, Copy)]
pub struct Certified {
    /// Energy and currents.
    pub balance: Balance,
    /// Upper bound on how far the energy is above that of the solution.
    pub bound: f64,
    /// Iterations of conjugate gradients, those before another machine or precision took over included.
    pub iterations: usize,
}

impl Certified {
    /// The middle of what is possible: the solution's energy lies between `energy - bound` and `energy`.
    pub fn energy(&self) -> f64 {
        self.balance.energy - 0.5 * self.bound
    }

    /// How far the solution's energy can be from [`Certified::energy`], rounding of the sums included.
    pub fn error(&self) -> f64 {
        0.5 * self.bound + ROUNDING * self.balance.energy.abs()
    }

    /// The same with energies and currents times a factor.
    #[must_use]
    pub(crate) fn times(self, factor: f64) -> Self {
        let Balance {
            energy,
            inflow,
            outflow,
        } = self.balance;
        Self {
            balance: Balance {
                energy: energy * factor,
                inflow: inflow * factor,
                outflow: outflow * factor,
            },
            bound: self.bound * factor,
            ..self
        }
    }

    /// Whether there is a bound at all: neither negative nor infinite nor not a number, and no energy that is.
    fn is_bounded(&self) -> bool {
        self.bound >= 0.0 && self.bound.is_finite() && self.balance.energy.is_finite()
    }

    /// Whether the error is small enough, relative to the least energy that the solution can have, which is below zero where
    /// currents are given.
    pub(crate) fn meets(&self, tolerance: Tolerance) -> bool {
        let Self { balance, bound, .. } = self;
        self.is_bounded()
            && self.error()
                <= tolerance.relative_error * (balance.energy - bound).max(-balance.energy)
    }

    /// Bound on the relative error, where one is known.
    pub(in crate::solve) fn known_error(&self) -> Option<f64> {
        self.is_bounded()
            .then(|| self.error() / self.balance.energy.abs())
    }

    /// Whether there may be another iteration.
    pub(in crate::solve) fn check_limit(&self, tolerance: Tolerance) -> Result<(), SolveError> {
        if self.iterations < tolerance.max_iterations {
            return Ok(());
        }
        Err(SolveError::NotConverged {
            iterations: self.iterations,
            reached: self.known_error().unwrap_or(f64::INFINITY),
            wanted: tolerance.relative_error,
        })
    }
}
