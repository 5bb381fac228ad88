//! Chebyshev iteration for a coarsest level that is too large to be inverted (R. S. Varga, Matrix Iterative Analysis, ch. 5).
//!
//! The spectrum of `D^-1 A` lies in (0, 2] by Gershgorin; its lower end comes from a few steps of conjugate gradients. A fixed
//! polynomial is linear and symmetric in the energy, so it may serve inside a preconditioner.

use super::{graph::Graph, krylov};
use crate::field::Real;

/// Error that the polynomial leaves of the slowest mode.
const REDUCTION: f64 = 0.05;
/// Most terms.
const TERMS: f64 = 96.0;

/// Coefficients of one step.
#[derive(Debug, Clone, Copy)]
pub struct Term {
    /// Factor of the preconditioned residual.
    pub gain: f64,
    /// Factor of the last change.
    pub momentum: f64,
}

/// The steps for a graph.
pub(crate) fn terms<T: Real>(graph: &Graph<T>) -> Vec<Term> {
    let diagonal: Vec<f64> = graph.diagonal().into_iter().map(Real::wide).collect();
    // Any vector that holds a little of every mode will do; this one is the same on every machine.
    let b: Vec<f64> = diagonal
        .iter()
        .zip(0u32..)
        .map(|(d, i)| d * (f64::from(i) * 1.618_034).fract())
        .collect();
    let (_, smallest) =
        krylov::conjugate_gradients(&diagonal, &b, |x, y| krylov::apply(graph, x, y));
    polynomial(smallest, 2.0)
}

/// Steps for a spectrum within `[low, high]` (Y. Saad, Iterative Methods for Sparse Linear Systems, algorithm 12.1).
fn polynomial(low: f64, high: f64) -> Vec<Term> {
    let (center, half) = (0.5 * (high + low), 0.5 * (high - low));
    let sigma = center / half;
    let wanted = ((1.0 / REDUCTION).acosh() / sigma.acosh()).min(TERMS);
    let mut rho = 1.0 / sigma;
    let mut terms = vec![Term {
        gain: 1.0 / center,
        momentum: 0.0,
    }];
    let mut count = 1.0;
    while count < wanted {
        let next = 1.0 / (2.0 * sigma - rho);
        terms.push(Term {
            gain: 2.0 * next / half,
            momentum: next * rho,
        });
        rho = next;
        count += 1.0;
    }
    terms
}
