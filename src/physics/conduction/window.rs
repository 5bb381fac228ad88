//! Contrasts beyond double precision: graphene beside Li2S, sixteen powers of ten apart.
//!
//! By Rayleigh's monotonicity a conductance that is lowered lowers the energy, and the energy of any potential is an upper
//! bound. So conductivities are first brought into a window that double precision carries: those far below what the current
//! needs are left out, those far above are cut. Less the bound of its own solve, the energy of that medium is a lower bound;
//! an upper one is the energy, in the medium as it is, of its potential, [continued](continued) into what was left out and
//! made even wherever a conductivity was cut. The answer lies between the two, whatever the contrast.

mod continued;
mod media;

use super::{Boundary, Conduction, assembly::Assembly};
use crate::{
    Result,
    microstructure::Axis,
    solve::{
        Observer, SolveError, Tolerance,
        balance::Balance,
        refinement::{Approximation, Certified},
    },
};

/// Largest over smallest conductance of the window.
const WIDTH: f64 = 1e14;
/// Largest conductance of the window over the one that the current needs.
const ABOVE: f64 = 1e10;

/// A problem whose conductances lie in the window.
pub(super) struct Windowed<'a> {
    pub(super) problem: Conduction<'a>,
    /// Conductance between neighbours of a phase above which it was cut.
    pub(super) most: f64,
}

/// A certificate, and the adapter that solved where a device did.
type Outcome = Result<(Certified, Option<String>)>;

impl<'a> Conduction<'a> {
    /// Certifies a potential with `attempt`; where that stagnates because of the contrast, between two bounds: `inside` certifies
    /// the windowed problem and says what its potential means for this one.
    pub(super) fn certify_any_contrast(
        &self,
        (axis, tolerance): (Axis, Tolerance),
        (x, observer): (&mut Approximation, &mut dyn Observer),
        attempt: impl FnOnce(&mut Approximation, &mut dyn Observer) -> Outcome,
        inside: impl FnOnce(&mut Approximation, &Windowed<'a>, Tolerance, &mut dyn Observer) -> Outcome,
    ) -> Outcome {
        let error = match attempt(x, observer) {
            Err(crate::Error::Solve(error @ SolveError::Stagnated { .. })) => error,
            certified => return certified,
        };
        let Some(windowed) = self.windowed(axis) else {
            return Err(error.into());
        };
        // Half of the room is for what the window leaves out.
        let half = Tolerance {
            relative_error: 0.5 * tolerance.relative_error,
            ..tolerance
        };
        let (widened, adapter) = inside(x, &windowed, half, observer)?;
        if !widened.meets(tolerance) {
            let reached = widened.error() / widened.energy();
            let wanted = tolerance.relative_error;
            return Err(SolveError::Stagnated { reached, wanted }.into());
        }
        Ok((widened, adapter))
    }

    /// The problem with its conductivities brought into the window; none where nothing lies outside of it.
    fn windowed(&self, axis: Axis) -> Option<Windowed<'a>> {
        let scale = self.conductance_per_conductivity();
        let all = self.sigma.iter();
        let mut values: Vec<f64> = all
            .flat_map(|sigma| [0, 1, 2].map(|k| sigma[k] * scale[k]))
            .filter(|&k| k > 0.0)
            .collect();
        values.sort_unstable_by(f64::total_cmp);
        values.dedup();
        // The largest threshold above which the medium still carries.
        let carrying = values.partition_point(|&threshold| {
            let strong = self.clamped([threshold, f64::INFINITY]);
            strong.carries(axis)
        });
        let needed = values[carrying.checked_sub(1)?];
        let most = values[values.len() - 1].min(ABOVE * needed);
        let least = (most / WIDTH).min(needed);
        if values[0] >= least && values[values.len() - 1] <= most {
            return None;
        }
        Some(Windowed {
            problem: self.clamped([least, most]),
            most,
        })
    }

    /// Conductance between neighbours of a phase along (z, y, x) over its conductivity.
    fn conductance_per_conductivity(&self) -> [f64; 3] {
        let spacing = self.volume.spacing().unwrap_or([1.0; 3]);
        let volume: f64 = spacing.iter().product();
        spacing.map(|h| volume / (h * h))
    }

    /// The problem without conductances below a limit, and with none above another.
    fn clamped(&self, [least, most]: [f64; 2]) -> Self {
        let mut clamped = self.clone();
        let scale = self.conductance_per_conductivity();
        for sigma in &mut clamped.sigma {
            for (sigma, scale) in sigma.iter_mut().zip(scale) {
                *sigma = match *sigma * scale {
                    k if k < least => 0.0,
                    k if k > most => most / scale,
                    _ => *sigma,
                };
            }
        }
        clamped
    }

    /// Whether any current flows along an axis; contacts resist, but they do not stop it.
    fn carries(&self, axis: Axis) -> bool {
        if self.boundary == Boundary::Periodic {
            let (_, wraps) = self.clusters();
            return wraps.iter().any(|wraps| wraps >> axis.index() & 1 == 1);
        }
        let mut bare = self.clone();
        bare.contact.fill(0.0);
        bare.grains = None;
        Assembly::new(&bare, axis).percolating > 0
    }
}

/// What a solve in the window says of the medium as it is, where the continued potential has so much energy.
fn widened(found: Certified, energy: f64) -> Certified {
    let below = found.balance.energy - found.bound;
    Certified {
        bound: (energy - below).max(0.0),
        balance: Balance {
            energy,
            ..found.balance
        },
        ..found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{microstructure::Volume, solve::Silent};
    use ndarray::Array3;

    #[test]
    fn iterations_outside_the_window_count_inside_of_it() {
        let volume = Volume::from_labels(&Array3::from_shape_fn((4, 4, 4), |(_, y, _)| {
            u8::from(y == 0)
        }));
        let problem = Conduction::new(&volume).conductivity(0, 1e-30).unwrap();
        let problem = problem.conductivity(1, 1.0).unwrap();
        let spent = |outside: usize| {
            let mut x = Approximation::default();
            let mut inside = 0;
            let outcome = problem.certify_any_contrast(
                (Axis::Z, Tolerance::default()),
                (&mut x, &mut Silent),
                |x, _| {
                    x.iterations += outside;
                    let (reached, wanted) = (f64::NAN, 1e-3);
                    Err(SolveError::Stagnated { reached, wanted }.into())
                },
                |x, _, _, _| {
                    inside = x.iterations + 2;
                    Err(SolveError::Interrupted.into())
                },
            );
            assert!(outcome.is_err());
            inside
        };
        assert_eq!([spent(0), spent(7)], [2, 9]);
    }
}
