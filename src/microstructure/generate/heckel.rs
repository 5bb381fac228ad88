//! Heckel's law of compaction: `ln 1/(1 - D) = P/P_y + A` (Heckel, Trans. Metall. Soc. AIME 221, 671, 1961), with the
//! relative density `D`, the pressure `P`, the mean yield pressure `P_y`, and `A = ln 1/(1 - D_0)` from the density of the
//! loose powder. `P_y` is about three times the yield strength.

use super::GenerateError;

/// How a bare powder densifies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Heckel {
    /// Relative density at no pressure, extrapolated.
    pub loose_density: f64,
    /// Mean yield pressure, Pa.
    pub yield_pressure: f64,
}

impl Heckel {
    /// The relative density at a pressure, Pa.
    pub fn density(&self, pressure: f64) -> f64 {
        1.0 - (1.0 - self.loose_density) * libm::exp(-pressure / self.yield_pressure)
    }

    /// The law through one measured point (pressure in Pa, relative density), given the density of the loose powder.
    ///
    /// # Errors
    /// A density that is not above that of the loose powder and below 1.
    pub fn through(
        loose_density: f64,
        (pressure, density): (f64, f64),
    ) -> Result<Self, GenerateError> {
        let rise = libm::log((1.0 - loose_density) / (1.0 - density));
        let usable = (0.0..1.0).contains(&density) && rise > 0.0;
        GenerateError::check(
            "the measured relative density",
            if usable { density } else { f64::NAN },
            (0.0, 1.0),
            "above the loose density and below 1",
        )?;
        Ok(Self {
            loose_density,
            yield_pressure: pressure / rise,
        })
    }

    /// The law that fits two or more measured points (pressure in Pa, relative density) best, by least squares in
    /// `ln 1/(1 - D)`.
    ///
    /// # Errors
    /// Fewer than two different pressures, or densities that do not rise with them.
    pub fn fit(points: &[(f64, f64)]) -> Result<Self, GenerateError> {
        let n = points.len() as f64;
        let logs: Vec<(f64, f64)> = points
            .iter()
            .map(|&(p, d)| (p, -libm::log(1.0 - d)))
            .collect();
        let mean = |f: fn(&(f64, f64)) -> f64| logs.iter().map(f).sum::<f64>() / n;
        let (p, y) = (mean(|l| l.0), mean(|l| l.1));
        let across: f64 = logs.iter().map(|l| (l.0 - p) * (l.1 - y)).sum();
        let along: f64 = logs.iter().map(|l| (l.0 - p) * (l.0 - p)).sum();
        let slope = across / along;
        let loose_density = 1.0 - libm::exp(-(y - slope * p));
        let usable = slope.is_finite() && slope > 0.0 && (0.0..1.0).contains(&loose_density);
        GenerateError::check(
            "the slope of Heckel's plot, per Pa,",
            if usable { slope } else { f64::NAN },
            (0.0, f64::INFINITY),
            "above 0: give two or more pressures at which the density rises",
        )?;
        Ok(Self {
            loose_density,
            yield_pressure: 1.0 / slope,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fit_finds_the_law_that_made_its_points() {
        let law = Heckel {
            loose_density: 0.55,
            yield_pressure: 1.4e9,
        };
        let points = [1e8, 2e8, 3.5e8, 5.1e8].map(|p| (p, law.density(p)));
        let fitted = Heckel::fit(&points).unwrap();
        assert!((fitted.loose_density - 0.55).abs() < 1e-9, "{fitted:?}");
        assert!(
            (fitted.yield_pressure / 1.4e9 - 1.0).abs() < 1e-9,
            "{fitted:?}"
        );
        let through = Heckel::through(0.55, points[3]).unwrap();
        assert!(
            (through.yield_pressure / 1.4e9 - 1.0).abs() < 1e-9,
            "{through:?}"
        );
    }

    #[test]
    fn a_fit_notices_points_off_the_law() {
        let law = Heckel {
            loose_density: 0.55,
            yield_pressure: 1.4e9,
        };
        let points =
            [1e8, 3e8, 5e8].map(|p| (p, law.density(p) + if p == 5e8 { 0.02 } else { 0.0 }));
        let fitted = Heckel::fit(&points).unwrap();
        assert!(
            (fitted.yield_pressure / 1.4e9 - 1.0).abs() > 0.05,
            "{fitted:?}"
        );
    }

    #[test]
    fn points_without_a_slope_are_refused() {
        assert!(Heckel::fit(&[(1e8, 0.7)]).is_err());
        assert!(Heckel::fit(&[(1e8, 0.7), (2e8, 0.6)]).is_err());
        assert!(Heckel::through(0.6, (1e8, 0.5)).is_err());
    }
}
