//! How large is the error of conjugate gradients? The Gauss-Radau rule of the numbers they make anyway.
//!
//! With `mu` not above the smallest eigenvalue of `B A`, `||x - x_k||_A^2 <= g_k (r_k, B r_k)` with `g_0 = 1/mu` and
//! `g_{k+1} = (g_k - alpha_k) / (mu (g_k - alpha_k) + beta_k)` (G. Meurant and P. Tichy, Numer. Algor. 62 (2013) 163, eq. 3.6).
//! Where no such `mu` is known, it is estimated by a fraction of the smallest Ritz value, the smallest eigenvalue of the
//! Lanczos matrix of the same numbers; what follows is then an estimate, not a bound.

/// The share of the smallest Ritz value that is taken for `mu` where none is known. Ritz values come down on the smallest
/// eigenvalue from above; on the random porous media of `tests/elasticity` a tenth was never too much.
const SHARE: f64 = 0.1;

/// What is known of the smallest eigenvalue of the preconditioned operator.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Floor {
    /// No eigenvalue is below this one.
    Known(f64),
    /// Not known: estimated from Ritz values, and not above what earlier runs on the same operator gave.
    Estimated(f64),
}

/// The history of a run of conjugate gradients.
#[derive(Debug, Clone)]
pub struct GaussRadau {
    floor: Floor,
    alphas: Vec<f64>,
    betas: Vec<f64>,
    rz: f64,
}

impl GaussRadau {
    /// At the start, with `(r, B r)`.
    pub fn new(floor: Floor, rz: f64) -> Self {
        Self {
            floor,
            alphas: Vec::new(),
            betas: Vec::new(),
            rz,
        }
    }

    /// After a step: what it took off the squared error, `alpha (r, B r)`, and the new `(r, B r)`.
    pub fn push(&mut self, gain: f64, rz: f64) {
        if self.rz > 0.0 {
            self.alphas.push(gain / self.rz);
            self.betas.push(rz / self.rz);
        }
        self.rz = rz;
    }

    /// `(r, B r)` as it stands.
    pub fn rz(&self) -> f64 {
        self.rz
    }

    /// A number that no eigenvalue is below, as far as is known.
    pub fn floor(&self) -> f64 {
        match self.floor {
            Floor::Known(floor) => floor,
            Floor::Estimated(earlier) => earlier.min(SHARE * self.smallest_ritz_value()),
        }
    }

    /// The smallest eigenvalue of the preconditioned operator: as known, or the smallest Ritz value, which is never below it.
    pub fn smallest_eigenvalue(&self) -> f64 {
        match self.floor {
            Floor::Known(floor) => floor,
            Floor::Estimated(earlier) => self.smallest_ritz_value().min(earlier / SHARE),
        }
    }

    /// Bound on the squared error in the energy norm; infinite where there is none.
    pub fn bound(&self) -> f64 {
        self.bound_above(self.floor())
    }

    /// Bound on the squared error in the energy norm where no eigenvalue is below `mu`; infinite where `mu` is not positive or
    /// rounding has left no finite number, because a bound that is negative or not a number bounds nothing.
    pub fn bound_above(&self, mu: f64) -> f64 {
        if self.rz == 0.0 {
            return 0.0;
        }
        let bound = self.factor(mu) * self.rz;
        let is_bound = mu > 0.0 && self.rz > 0.0 && bound.is_finite();
        if is_bound { bound } else { f64::INFINITY }
    }

    /// The factor `g_k` of the bound.
    fn factor(&self, mu: f64) -> f64 {
        let mut g = 1.0 / mu;
        for (&alpha, &beta) in self.alphas.iter().zip(&self.betas) {
            let rest = (g - alpha).max(0.0);
            g = if rest > 0.0 {
                rest / (mu * rest + beta)
            } else {
                1.0 / mu
            };
        }
        g
    }

    /// The smallest eigenvalue of the Lanczos matrix, by bisection on the signs of its pivots.
    fn smallest_ritz_value(&self) -> f64 {
        let steps = self.alphas.len();
        if steps == 0 {
            return 1.0;
        }
        let diagonal = |k: usize| {
            let before = if k == 0 {
                0.0
            } else {
                self.betas[k - 1] / self.alphas[k - 1]
            };
            1.0 / self.alphas[k] + before
        };
        let below = |value: f64| {
            let mut pivot = 1.0;
            (0..steps).any(|k| {
                let off = if k == 0 {
                    0.0
                } else {
                    self.betas[k - 1] / self.alphas[k - 1].powi(2)
                };
                pivot = diagonal(k) - value - off / pivot;
                pivot <= 0.0
            })
        };
        let (mut low, mut high) = (0.0, (0..steps).map(diagonal).fold(f64::INFINITY, f64::min));
        // An eigenvalue that is still below the interval after 200 halvings is not positive.
        for _ in 0..200 {
            if high - low <= 1e-3 * low {
                break;
            }
            let middle = 0.5 * (low + high);
            *(if below(middle) { &mut high } else { &mut low }) = middle;
        }
        low
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Conjugate gradients on a diagonal matrix, without a preconditioner.
    fn run(eigenvalues: &[f64], steps: usize, floor: Floor) -> (GaussRadau, f64) {
        let mut x = vec![0.0; eigenvalues.len()];
        let mut r = vec![1.0; eigenvalues.len()];
        let mut p = r.clone();
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let mut rz = dot(&r, &r);
        let mut radau = GaussRadau::new(floor, rz);
        for _ in 0..steps {
            let q: Vec<f64> = p.iter().zip(eigenvalues).map(|(p, l)| p * l).collect();
            let alpha = rz / dot(&p, &q);
            x.iter_mut().zip(&p).for_each(|(x, p)| *x += alpha * p);
            r.iter_mut().zip(&q).for_each(|(r, q)| *r -= alpha * q);
            let next = dot(&r, &r);
            radau.push(alpha * rz, next);
            p = r.iter().zip(&p).map(|(r, p)| r + next / rz * p).collect();
            rz = next;
        }
        let error = x.iter().zip(eigenvalues);
        let error = error.map(|(x, l)| l * (x - 1.0 / l).powi(2)).sum();
        (radau, error)
    }

    #[test]
    fn the_bound_is_above_the_error_at_every_step() {
        let eigenvalues: Vec<f64> = (1..=40).map(|i| f64::from(i) / 40.0).collect();
        for steps in 0..25 {
            let (radau, error) = run(&eigenvalues, steps, Floor::Known(1.0 / 40.0));
            assert!(radau.bound() >= error * (1.0 - 1e-9), "{steps}");
            assert!(radau.bound_above(1.0) < error || steps == 0, "{steps}");
        }
    }

    #[test]
    fn a_bound_that_is_negative_or_not_finite_is_none() {
        let (radau, _) = run(&[0.1, 0.5, 1.0], 2, Floor::Known(0.1));
        for mu in [0.0, -0.1, f64::NAN, 1e-320] {
            assert!(radau.bound_above(mu) > 1e300, "{mu}");
        }
        for rz in [-1e-30, f64::NAN, f64::INFINITY] {
            let mut broken = radau.clone();
            broken.push(0.0, rz);
            assert_eq!(broken.bound(), f64::INFINITY, "{rz}");
        }
        // Nothing is left of the residual, and so of the error.
        let mut solved = radau;
        solved.push(0.0, 0.0);
        assert_eq!(solved.bound(), 0.0);
    }

    #[test]
    fn small_ritz_values_are_found_however_small() {
        for least in [1e-3, 1e-9, 1e-15] {
            let (radau, _) = run(&[least, 0.5, 1.0], 3, Floor::Estimated(1.0));
            let found = radau.floor() / SHARE;
            assert!((found / least - 1.0).abs() < 0.1, "{found} {least}");
        }
    }
}
