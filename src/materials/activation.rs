//! The apparent activation energy of a composite: the straight line through `ln sigma` against `1 / kB T`, by least squares.

use super::BOLTZMANN;

/// A line through conductivities at several temperatures.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ActivationFit {
    /// Activation energy, eV.
    pub energy: f64,
    /// Standard error of `energy` from the scatter about the line, eV; none for two points, which any line meets.
    pub standard_error: Option<f64>,
    /// `ln sigma` at `1 / kB T = 0`.
    pub intercept: f64,
    /// Temperatures that went in.
    pub count: usize,
}

impl ActivationFit {
    /// From temperatures (K) and conductivities; those that are not above zero are left out. None where fewer than two
    /// different temperatures remain.
    pub fn through(points: &[(f64, f64)]) -> Option<Self> {
        let usable = points.iter().filter(|(t, sigma)| *t > 0.0 && *sigma > 0.0);
        let points: Vec<[f64; 2]> = usable
            .map(|(t, sigma)| [1.0 / (BOLTZMANN * t), sigma.ln()])
            .collect();
        let n = points.len() as f64;
        let mean = |k: usize| points.iter().map(|point| point[k]).sum::<f64>() / n;
        let [x, y] = [mean(0), mean(1)];
        let sum = |term: &dyn Fn(&[f64; 2]) -> f64| points.iter().map(term).sum::<f64>();
        let spread = sum(&|p| (p[0] - x).powi(2));
        if points.len() < 2 || spread <= 1e-12 * x * x {
            return None;
        }
        let slope = sum(&|p| (p[0] - x) * (p[1] - y)) / spread;
        let scatter = sum(&|p| (p[1] - y - slope * (p[0] - x)).powi(2));
        let free = n - 2.0;
        Some(Self {
            energy: -slope,
            standard_error: (free > 0.0).then(|| (scatter / free / spread).sqrt()),
            intercept: y - slope * x,
            count: points.len(),
        })
    }

    /// The line's conductivity at a temperature in K.
    pub fn conductivity(&self, temperature: f64) -> f64 {
        (self.intercept - self.energy / (BOLTZMANN * temperature)).exp()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::materials::arrhenius;

    #[test]
    fn one_energy_is_found_again_without_scatter() {
        let points = [253.15, 298.15, 333.15, 373.15].map(|t| (t, 0.2 * arrhenius(0.31, t)));
        let fit = ActivationFit::through(&points).unwrap();
        assert!((fit.energy - 0.31).abs() < 1e-12 && fit.standard_error.unwrap() < 1e-12);
        assert!((fit.conductivity(298.15) - 0.2).abs() < 1e-12);
        let other = points.map(|(t, sigma)| (t, if t > 300.0 { 1.1 * sigma } else { sigma }));
        let fit = ActivationFit::through(&other).unwrap();
        assert!((fit.energy - 0.31).abs() > 1e-3 && fit.standard_error.unwrap() > 1e-4);
    }

    #[test]
    fn one_temperature_tells_nothing() {
        assert_eq!(ActivationFit::through(&[(300.0, 1.0), (300.0, 1.1)]), None);
        assert_eq!(ActivationFit::through(&[(300.0, 1.0), (310.0, 0.0)]), None);
        assert_eq!(ActivationFit::through(&[]), None);
        let two = ActivationFit::through(&[(300.0, 1.0), (310.0, 1.2)]).unwrap();
        assert_eq!(two.standard_error, None);
    }
}
