//! The distribution of relaxation times: which time constants a spectrum is made of.
//!
//! `Z(w) = R + 1/(j w C) + sum_k h_k / (1 + j w tau_k)` with all terms positive, fitted to relative deviations with a little
//! of the squared second difference of h added (T. H. Wan et al., Electrochim. Acta 184, 483, 2015), by coordinate descent on the
//! normal equations, which are small.

use super::magnitude;
use num_complex::Complex64;

/// What a spectrum is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct Relaxation {
    /// Resistance at high frequency, Ohm m2.
    pub resistance: f64,
    /// Elastance at low frequency, 1/C, m2/F; 0 where direct current flows.
    pub elastance: f64,
    /// Time constants, s, ascending.
    pub times: Vec<f64>,
    /// Resistance of each, Ohm m2.
    pub weights: Vec<f64>,
    /// Root mean square of the relative deviation.
    pub deviation: f64,
}

/// Time constants per decade.
const PER_DECADE: f64 = 10.0;
/// Weight of the squared second differences.
const SMOOTHING: f64 = 1e-3;
const SWEEPS: usize = 20_000;

impl Relaxation {
    /// Of impedances (Ohm m2) at frequencies (Hz).
    pub fn of(points: &[(f64, Complex64)]) -> Self {
        let times = times(points);
        let columns = columns(points, &times);
        let target = stacked(points, |_, z| z);
        let (matrix, load) = normal(&columns, &target);
        let x = non_negative(&matrix, &load);
        let modelled: Vec<f64> = (0..target.len())
            .map(|row| {
                columns
                    .iter()
                    .zip(&x)
                    .map(|(column, x)| column[row] * x)
                    .sum()
            })
            .collect();
        let squares = modelled.iter().zip(&target).map(|(a, b)| (a - b) * (a - b));
        let deviation = (squares.sum::<f64>() / points.len().max(1) as f64).sqrt();
        Self {
            resistance: x[0],
            elastance: x[1],
            weights: x[2..].to_vec(),
            times,
            deviation,
        }
    }

    /// Peaks as (time constant, resistance of the peak between its neighbouring valleys), by descending resistance.
    pub fn peaks(&self) -> Vec<(f64, f64)> {
        let mut peaks: Vec<(f64, f64)> = Vec::new();
        let (mut highest, mut sum) = ((0.0, 0.0), 0.0);
        let mut falling = false;
        for (place, (&time, &weight)) in self.times.iter().zip(&self.weights).enumerate() {
            let before = place
                .checked_sub(1)
                .map_or(0.0, |before| self.weights[before]);
            if falling && weight > before {
                peaks.push((highest.0, sum));
                (highest, sum) = ((0.0, 0.0), 0.0);
            }
            falling = weight < before || (falling && weight == before);
            sum += weight;
            if weight > highest.1 {
                highest = (time, weight);
            }
        }
        peaks.push((highest.0, sum));
        peaks.retain(|peak| peak.1 > 0.0);
        peaks.sort_by(|a, b| b.1.total_cmp(&a.1));
        peaks
    }
}

fn times(points: &[(f64, Complex64)]) -> Vec<f64> {
    let frequencies = || points.iter().map(|point| point.0);
    let (low, high) = (
        frequencies().fold(f64::INFINITY, f64::min),
        frequencies().fold(0.0, f64::max),
    );
    let time = |frequency: f64| 1.0 / (2.0 * std::f64::consts::PI * frequency);
    let (first, decades) = (time(high), (high / low).log10());
    let count = (decades * PER_DECADE).ceil().max(1.0);
    (0u32..)
        .map(f64::from)
        .take_while(|&n| n <= count)
        .map(|n| first * 10f64.powf(decades * n / count))
        .collect()
}

/// Real and imaginary parts over the magnitude of each impedance.
fn stacked(points: &[(f64, Complex64)], value: impl Fn(f64, Complex64) -> Complex64) -> Vec<f64> {
    let one = |&(frequency, z): &(f64, Complex64)| {
        let value = value(frequency, z) / magnitude(z);
        [value.re, value.im]
    };
    points.iter().flat_map(one).collect()
}

/// What a unit of each term adds to every impedance.
fn columns(points: &[(f64, Complex64)], times: &[f64]) -> Vec<Vec<f64>> {
    let turn = |frequency: f64| Complex64::new(0.0, 2.0 * std::f64::consts::PI * frequency);
    let mut columns = vec![
        stacked(points, |_, _| Complex64::new(1.0, 0.0)),
        stacked(points, |frequency, _| turn(frequency).inv()),
    ];
    columns.extend(
        times
            .iter()
            .map(|&tau| stacked(points, |frequency, _| (1.0 + tau * turn(frequency)).inv())),
    );
    columns
}

/// Matrix and right-hand side, columns scaled to the size of the impedances so that smoothing has no unit.
fn normal(columns: &[Vec<f64>], target: &[f64]) -> (Vec<Vec<f64>>, Vec<f64>) {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let mut matrix: Vec<Vec<f64>> = columns
        .iter()
        .map(|a| columns.iter().map(|b| dot(a, b)).collect())
        .collect();
    let count = columns.len() - 2;
    let strength = SMOOTHING
        * matrix
            .iter()
            .skip(2)
            .enumerate()
            .map(|(i, row)| row[i + 2])
            .sum::<f64>()
        / count.max(1) as f64;
    for middle in 1..count.saturating_sub(1) {
        let places = [(middle + 1, 1.0), (middle + 2, -2.0), (middle + 3, 1.0)];
        for (i, a) in places {
            for (j, b) in places {
                matrix[i][j] += strength * a * b;
            }
        }
    }
    (
        matrix,
        columns.iter().map(|column| dot(column, target)).collect(),
    )
}

/// The least of `x.A x / 2 - b.x` over x that are not negative, coordinate by coordinate.
fn non_negative(matrix: &[Vec<f64>], load: &[f64]) -> Vec<f64> {
    let mut x = vec![0.0; load.len()];
    for _ in 0..SWEEPS {
        let mut largest = 0.0f64;
        for i in 0..x.len() {
            let known: f64 = matrix[i].iter().zip(&x).map(|(a, x)| a * x).sum();
            let next = (x[i] + (load[i] - known) / matrix[i][i]).max(0.0);
            largest = largest.max((next - x[i]).abs() * matrix[i][i].sqrt());
            x[i] = next;
        }
        if largest < 1e-12 {
            break;
        }
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_resistors_with_capacitors_are_two_peaks() {
        let z = |f: f64| {
            let turn = Complex64::new(0.0, 2.0 * std::f64::consts::PI * f);
            1.0 + 3.0 / (1.0 + 1e-4 * turn) + 2.0 / (1.0 + 1e-1 * turn)
        };
        let points: Vec<_> = (-8..=24)
            .map(|n| 10f64.powf(f64::from(n) * 0.25))
            .map(|f| (f, z(f)))
            .collect();
        let found = Relaxation::of(&points);
        assert!(found.deviation < 2e-2, "{}", found.deviation);
        let peaks = found.peaks();
        assert!((peaks[0].0.log10() + 4.0).abs() < 0.15, "{peaks:?}");
        assert!((peaks[1].0.log10() + 1.0).abs() < 0.15, "{peaks:?}");
        assert!(
            (peaks[0].1 / 3.0 - 1.0).abs() < 0.1 && (peaks[1].1 / 2.0 - 1.0).abs() < 0.1,
            "{peaks:?}"
        );
        assert!((found.resistance - 1.0).abs() < 0.1);
    }
}
