//! A solve that ends before its tolerance is met: the number that falls short, why, and the result with its bounds.

use super::{
    Deformed, Stiffness,
    element::Voigt,
    equilibrium::{Ending, Equilibrium, Load},
    holding::COMPONENTS,
};
use std::fmt;

/// A solve that ended before its tolerance was met.
#[derive(Debug, Clone)]
pub struct NotConverged {
    /// The number that is farthest from the tolerance.
    pub shortfall: Shortfall,
    /// The result so far; its bounds hold.
    pub reached: Reached,
}

/// The result of a solve that did not meet its tolerance.
#[derive(Debug, Clone)]
pub enum Reached {
    /// A state.
    State(Deformed),
    /// An effective stiffness.
    Stiffness(Stiffness),
}

/// Kind of a number that falls short.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mean {
    /// A mean stress, Pa.
    Stress,
    /// A mean strain.
    Strain,
    /// A component of the effective stiffness, Pa.
    Modulus,
}

/// The number whose error is too large, and why the iteration ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Shortfall {
    /// Its kind.
    pub mean: Mean,
    /// Its component: "xx" to "xy".
    pub component: &'static str,
    /// Its value.
    pub value: f64,
    /// Bound on its error; infinite where there is none.
    pub bound: f64,
    /// The bound that was asked for.
    pub wanted: f64,
    /// The relative error that was asked for.
    pub relative: f64,
    /// Steps of conjugate gradients.
    pub iterations: usize,
    /// Rounding ended the iteration, not the limit of iterations.
    pub by_rounding: bool,
    /// Pores are present.
    pub porous: bool,
    /// Smallest eigenvalue of the preconditioned stiffness, as far as it is known; the largest one is about 1.
    pub smallest_eigenvalue: f64,
}

impl fmt::Display for Shortfall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, unit) = match self.mean {
            Mean::Stress => ("mean stress", " Pa"),
            Mean::Strain => ("mean strain", ""),
            Mean::Modulus => ("effective stiffness", " Pa"),
        };
        let component = self.component;
        write!(
            f,
            "after {} iterations the {name} {component} is {:.4e}",
            self.iterations, self.value
        )?;
        match self.bound.is_finite() {
            true => write!(f, " ± {:.1e}{unit}", self.bound)?,
            false => write!(f, "{unit} without an error bound")?,
        }
        let (wanted, relative) = (self.wanted, self.relative);
        write!(
            f,
            ", and ± {wanted:.1e}{unit} was asked for (rtol {relative:e}); "
        )?;
        let cause = match self.porous {
            true => {
                "parts of the solid are connected only by thin necks, or through voxel edges or corners"
            }
            false => "the moduli differ much",
        };
        if self.smallest_eigenvalue < 1e-2 {
            let eigenvalue = self.smallest_eigenvalue;
            write!(
                f,
                "convergence is slow because {cause} (condition number about {:.0e}); ",
                1.0 / eigenvalue
            )?;
        }
        let strain = match self.mean {
            Mean::Strain => format!(", or prescribe the strain {component} instead of its stress"),
            _ => String::new(),
        };
        match self.by_rounding {
            true => write!(
                f,
                "rounding in double precision allows no smaller error; raise rtol{strain}"
            ),
            false => write!(f, "raise max_iterations or rtol{strain}"),
        }
    }
}

impl Load<'_> {
    /// The number that is farthest from what was asked for; none where all are as exact as asked.
    pub(super) fn shortfall(&self, solved: &Equilibrium) -> Option<Shortfall> {
        let (wanted, unit) = (self.tolerance.relative_error, self.medium.unit);
        let (least_stress, least_strain) = self.scales();
        let largest =
            |values: Voigt<f64>, least: f64| values.iter().fold(least, |most, v| most.max(v.abs()));
        let strain = solved.strain();
        let means = [
            (
                Mean::Stress,
                solved.stress,
                solved.stress_bound,
                least_stress,
                unit,
            ),
            (Mean::Strain, strain, solved.strain_bound, least_strain, 1.0),
        ];
        let all = means
            .into_iter()
            .flat_map(|(mean, values, bounds, least, unit)| {
                let wanted = wanted * largest(values, least);
                (0..6).map(move |i| Shortfall {
                    mean,
                    component: COMPONENTS[i],
                    value: values[i] * unit,
                    bound: bounds[i] * unit,
                    wanted: wanted * unit,
                    ..self.ended(solved)
                })
            });
        let excess = |own: &Shortfall| own.bound / own.wanted;
        let worst = all
            .filter(|own| own.bound > 0.0)
            .max_by(|a, b| excess(a).total_cmp(&excess(b)));
        worst.filter(|_| solved.ending != Ending::Converged)
    }

    /// How a solve ended, without the number that falls short.
    pub(super) fn ended(&self, solved: &Equilibrium) -> Shortfall {
        Shortfall {
            mean: Mean::Modulus,
            component: "",
            value: f64::NAN,
            bound: f64::INFINITY,
            wanted: 0.0,
            relative: self.tolerance.relative_error,
            iterations: solved.iterations,
            by_rounding: solved.ending == Ending::Rounding,
            porous: self.medium.porous(),
            smallest_eigenvalue: solved.certificate.smallest_eigenvalue(),
        }
    }
}
