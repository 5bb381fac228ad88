//! Conjugate gradients on small systems in f64: to rounding where a certificate needs an exact answer, and for a few steps
//! where a set-up asks for the smallest eigenvalue.

use super::graph::Graph;
use crate::field::Real;

/// Relative `r . D^-1 r` that counts as rounding.
const ROUNDING: f64 = 1e-28;

/// `x = A^-1 b` on a graph, to rounding.
pub(crate) fn solve<T: Real>(graph: &Graph<T>, b: &[f64]) -> Vec<f64> {
    let diagonal: Vec<f64> = graph.diagonal().into_iter().map(Real::wide).collect();
    conjugate_gradients(&diagonal, b, |x, y| apply(graph, x, y)).0
}

/// `y = A x` in f64 whatever the precision of the weights.
pub(crate) fn apply<T: Real>(graph: &Graph<T>, x: &[f64], y: &mut [f64]) {
    for (i, y) in y.iter_mut().enumerate() {
        *y = apply_row(graph, i, x);
    }
}

/// The same for one row.
pub(crate) fn apply_row<T: Real>(graph: &Graph<T>, i: usize, x: &[f64]) -> f64 {
    let flows = graph
        .row(i)
        .map(|(j, weight)| weight.wide() * (x[i] - x[j]));
    graph.leaks[i].wide() * x[i] + flows.sum::<f64>()
}

/// Solves `A x = b` with the diagonal as preconditioner; returns x and the smallest Ritz value of `D^-1 A`.
pub(crate) fn conjugate_gradients(
    diagonal: &[f64],
    b: &[f64],
    apply: impl Fn(&[f64], &mut [f64]),
) -> (Vec<f64>, f64) {
    let n = b.len();
    let (mut x, mut r, mut p, mut q) = (vec![0.0; n], b.to_vec(), vec![0.0; n], vec![0.0; n]);
    let scaled = |r: &[f64]| -> f64 { r.iter().zip(diagonal).map(|(r, d)| r * r / d).sum() };
    let mut ritz = Ritz::default();
    let first = scaled(&r);
    let (mut rz, mut beta) = (first, 0.0);
    for _ in 0..10 * n {
        if rz.is_nan() || rz <= ROUNDING * first {
            break;
        }
        (0..n).for_each(|i| p[i] = r[i] / diagonal[i] + beta * p[i]);
        apply(&p, &mut q);
        let curvature = p.iter().zip(&q).map(|(p, q)| p * q).sum::<f64>();
        if curvature <= 0.0 {
            break;
        }
        let alpha = rz / curvature;
        (0..n).for_each(|i| x[i] += alpha * p[i]);
        (0..n).for_each(|i| r[i] -= alpha * q[i]);
        ritz.push(alpha, beta);
        let next = scaled(&r);
        (beta, rz) = (next / rz, next);
    }
    (x, ritz.smallest())
}

/// The tridiagonal matrix behind conjugate gradients.
#[derive(Debug, Default)]
struct Ritz {
    diagonal: Vec<f64>,
    squares: Vec<f64>,
    last_alpha: f64,
}

impl Ritz {
    /// Adds a step; `beta` belongs to the direction of this step.
    fn push(&mut self, alpha: f64, beta: f64) {
        if self.diagonal.is_empty() {
            self.diagonal.push(1.0 / alpha);
        } else {
            self.diagonal.push(1.0 / alpha + beta / self.last_alpha);
            self.squares
                .push(beta / (self.last_alpha * self.last_alpha));
        }
        self.last_alpha = alpha;
    }

    /// Smallest eigenvalue by bisection on the signs of the pivots (Sturm), 1 for an empty matrix.
    fn smallest(&self) -> f64 {
        let (mut low, mut high) = (0.0, self.diagonal.iter().copied().fold(1.0, f64::min));
        for _ in 0..60 {
            let middle = 0.5 * (low + high);
            if self.positive(middle) {
                low = middle
            } else {
                high = middle
            }
        }
        high
    }

    /// Whether the matrix less `shift` is positive definite.
    fn positive(&self, shift: f64) -> bool {
        let mut pivot = f64::INFINITY;
        let squares = std::iter::once(&0.0).chain(&self.squares);
        self.diagonal.iter().zip(squares).all(|(d, square)| {
            pivot = d - shift - square / pivot;
            pivot > 0.0
        })
    }
}
