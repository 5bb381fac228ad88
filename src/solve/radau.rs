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
