//! The transmission line: a homogeneous electrode under alternating current, and its fit to a spectrum.
//!
//! The Newman-Tobias electrode with the charge-transfer conductance g + j w c (A. Lasia, Electrochemical Impedance Spectroscopy
//! and its Applications, 2014, ch. 9): `Z = (A + B)/... ` in terms of the resistances of ions R_i and electrons R_e, of charge
//! transfer 1/G and the capacitance C, all per cross-section. Where both blocked and fast electrons, Z goes to
//! `R_i/3 + 1/(j w C)` at low frequency; with both resistances to `(R_i + R_e)/3`.

use super::magnitude;
use num_complex::Complex64;

/// A transmission line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Line {
    /// Resistance of the ions through the whole thickness, Ohm m2.
    pub ions: f64,
    /// Resistance of the electrons, Ohm m2.
    pub electrons: f64,
    /// Charge-transfer conductance, S/m2 of cross-section; 0 blocks.
    pub transfer: f64,
    /// Double-layer capacitance, F/m2 of cross-section.
    pub capacitance: f64,
}

/// Iterations of the fit.
const STEPS: usize = 60;

impl Line {
    /// Impedance between separator and collector, Ohm m2.
    pub fn impedance(&self, frequency: f64) -> Complex64 {
        let omega = 2.0 * std::f64::consts::PI * frequency;
        let exchange = Complex64::new(self.transfer, omega * self.capacitance);
        let both = self.ions + self.electrons;
        let v = root(exchange * both);
        // cosh and sinh over exp(v)/2, so that high frequencies do not overflow.
        let fall = exponential(-2.0 * v);
        let (cosh, sinh) = (1.0 + fall, 1.0 - fall);
        let squares = self.ions * self.ions + self.electrons * self.electrons;
        let product = self.ions * self.electrons;
        (product + (4.0 * product * exponential(-v) + squares * cosh) / (v * sinh)) / both
    }

    /// The line that fits impedances best, each weighed by its magnitude: Levenberg and Marquardt in the logarithms of what is
    /// not zero in the first guess, `self`. The resistance of electrons is kept. Returns the root mean square of the relative
    /// deviation too.
    #[must_use]
    pub fn fitted(self, points: &[(f64, Complex64)]) -> (Self, f64) {
        let (mut best, mut damping) = (self, 1e-2);
        let mut least = best.deviation(points);
        for _ in 0..STEPS {
            let Some(next) = best.step(points, damping) else {
                break;
            };
            let deviation = next.deviation(points);
            if deviation < least {
                (best, least, damping) = (next, deviation, damping * 0.3);
            } else {
                damping *= 4.0;
            }
        }
        (best, (least / points.len().max(1) as f64).sqrt())
    }

    fn residuals(&self, points: &[(f64, Complex64)]) -> Vec<f64> {
        let one = |&(frequency, z): &(f64, Complex64)| {
            let apart = (self.impedance(frequency) - z) / magnitude(z);
            [apart.re, apart.im]
        };
        points.iter().flat_map(one).collect()
    }

    fn deviation(&self, points: &[(f64, Complex64)]) -> f64 {
        self.residuals(points).iter().map(|r| r * r).sum()
    }

    fn scaled(&self, which: usize, factor: f64) -> Self {
        let mut line = *self;
        let value = [&mut line.ions, &mut line.transfer, &mut line.capacitance];
        *value.into_iter().nth(which).unwrap_or(&mut 0.0) *= factor;
        line
    }

    /// One damped step of the normal equations in three logarithms.
    fn step(&self, points: &[(f64, Complex64)], damping: f64) -> Option<Self> {
        const H: f64 = 1e-5;
        let here = self.residuals(points);
        let slope = |which: usize| -> Vec<f64> {
            let there = self.scaled(which, 1.0 + H).residuals(points);
            there.iter().zip(&here).map(|(a, b)| (a - b) / H).collect()
        };
        let columns = [slope(0), slope(1), slope(2)];
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let mut matrix: [[f64; 4]; 3] = std::array::from_fn(|i| {
            std::array::from_fn(|j| match j {
                3 => -dot(&columns[i], &here),
                j => dot(&columns[i], &columns[j]),
            })
        });
        for (i, row) in matrix.iter_mut().enumerate() {
            row[i] += damping * row[i] + 1e-12;
        }
        let step = eliminate(matrix)?;
        let next = (0..3).fold(*self, |line, which| {
            line.scaled(which, step[which].clamp(-2.0, 2.0).exp())
        });
        Some(next)
    }
}

/// `exp(z)`.
fn exponential(z: Complex64) -> Complex64 {
    z.re.exp() * Complex64::new(z.im.cos(), z.im.sin())
}

/// The root with a positive real part, of what is in the upper half plane.
fn root(z: Complex64) -> Complex64 {
    let re = (0.5 * (magnitude(z) + z.re)).sqrt();
    Complex64::new(re, if re > 0.0 { 0.5 * z.im / re } else { 0.0 })
}

/// Solves three equations with the right-hand side in the last column.
fn eliminate(mut matrix: [[f64; 4]; 3]) -> Option<[f64; 3]> {
    for k in 0..3 {
        let pivot = matrix[k];
        if pivot[k] == 0.0 || !pivot[k].is_finite() {
            return None;
        }
        for row in matrix.iter_mut().skip(k + 1) {
            let factor = row[k] / pivot[k];
            (k..4).for_each(|j| row[j] -= factor * pivot[j]);
        }
    }
    let mut x = [0.0; 3];
    for k in (0..3).rev() {
        let known: f64 = (k + 1..3).map(|j| matrix[k][j] * x[j]).sum();
        x[k] = (matrix[k][3] - known) / matrix[k][k];
    }
    Some(x)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::physics::carriers::newman_tobias;

    const LINE: Line = Line {
        ions: 3e-3,
        electrons: 1e-3,
        transfer: 400.0,
        capacitance: 0.5,
    };

    #[test]
    fn a_line_at_rest_is_newman_tobias_and_at_high_frequency_a_pair_of_resistors() {
        let (length, sum) = (1e-4, LINE.impedance(1e-9));
        let conductivity = [length / LINE.ions, length / LINE.electrons];
        let expected = newman_tobias(length, conductivity, LINE.transfer / length);
        assert!(
            (sum.re / expected - 1.0).abs() < 1e-9,
            "{sum} for {expected}"
        );
        let fast = LINE.impedance(1e12).re;
        assert!((fast / 0.75e-3 - 1.0).abs() < 1e-3, "{fast}");
    }

    #[test]
    fn blocking_ends_in_a_third_of_both_resistances() {
        let blocking = Line {
            transfer: 0.0,
            ..LINE
        };
        let found = blocking.impedance(1e-3).re;
        assert!((found / (4e-3 / 3.0) - 1.0).abs() < 1e-6, "{found}");
    }

    #[test]
    fn a_fit_finds_the_line_that_made_the_spectrum() {
        let frequencies: Vec<f64> = (-8..=20).map(|n| 10f64.powf(f64::from(n) * 0.25)).collect();
        let points: Vec<_> = frequencies
            .iter()
            .map(|&f| (f, LINE.impedance(f)))
            .collect();
        let guess = Line {
            ions: 1e-3,
            transfer: 2000.0,
            capacitance: 0.1,
            ..LINE
        };
        let (found, deviation) = guess.fitted(&points);
        assert!(deviation < 1e-6, "{deviation} {found:?}");
        assert!((found.ions / LINE.ions - 1.0).abs() < 1e-4, "{found:?}");
        assert!(
            (found.capacitance / LINE.capacitance - 1.0).abs() < 1e-4,
            "{found:?}"
        );
    }
}
