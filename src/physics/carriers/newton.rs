//! The nonlinear solve: Newton's method on the content, which is convex, with steps shortened until it falls.
//!
//! A step solves the tangent network; its energy is minus the squared Newton decrement, twice what the step would gain if the
//! content were quadratic. A step is halved until it gains a ten-thousandth of that (L. Armijo, 1966), so that the content falls
//! at every step and nothing can diverge. A linear electrode takes one step.

use super::sums::Driven;
use crate::{
    Result,
    field::Backend,
    physics::{kinetics::Law, network},
    solve::{Observer, SolveError, Tolerance, refinement::Approximation},
};

/// Steps before giving up; an overpotential of a volt takes some thirty.
const STEPS: usize = 200;
/// Relative error of the energy of a step that is not the last.
const STEP: f64 = 1e-3;
/// Relative rounding of the content.
const ROUNDING: f64 = 1e-13;

/// What a nonlinear solve took, and how far it is from the solution.
#[derive(Debug, Clone, Default)]
pub(super) struct Newton {
    pub(super) steps: usize,
    /// Iterations of conjugate gradients, all steps together.
    pub(super) iterations: usize,
    /// What the power may be wrong by, W: a bound where the kinetics are linear, else an estimate until the current is bounded.
    pub(super) error: f64,
    pub(super) adapter: Option<String>,
}

impl Newton {
    /// More of the same, further on.
    pub(super) fn add(&mut self, more: Self) {
        self.steps += more.steps;
        self.iterations += more.iterations;
        (self.error, self.adapter) = (more.error, more.adapter);
    }
}

/// A step of Newton's method.
struct Step {
    change: Vec<f64>,
    /// Squared Newton decrement, W.
    decrement: f64,
    /// Bound on what the step's own solve leaves of it, W.
    left: f64,
}

impl Driven<'_> {
    /// Improves potentials until the decrement says that the power is within the tolerance.
    pub(super) fn solve(
        &self,
        x: &mut [f64],
        (tolerance, backend): (Tolerance, &Backend),
        observer: &mut dyn Observer,
    ) -> Result<Newton> {
        let mut newton = Newton::default();
        if !self.begins(x) {
            return Ok(newton);
        }
        let linear = self.kinetics.law == Law::Linear;
        let mut sum = self.total(x);
        // What a linear step leaves is the whole interval of its energy, of which the refinement counts half.
        let mut relative_error = if linear {
            0.5 * tolerance.relative_error
        } else {
            STEP
        };
        while newton.steps < STEPS {
            let asked = Tolerance {
                relative_error: relative_error.clamp(1e-13, 0.5),
                ..tolerance
            };
            let Some(step) = self.step(x, (asked, backend), (&mut newton, observer))? else {
                return Ok(newton);
            };
            let part = if linear {
                1.0
            } else {
                self.shorten(x, &step, sum.content)
            };
            x.iter_mut()
                .zip(&step.change)
                .for_each(|(x, change)| *x += part * change);
            sum = self.total(x);
            newton.error = if linear { step.left } else { step.decrement };
            let enough = (tolerance.relative_error * sum.dissipation()).max(ROUNDING * sum.content);
            if part == 1.0 && newton.error <= if linear { 1.0 } else { 2.0 } * enough {
                return Ok(newton);
            }
            if part == 0.0 || step.decrement <= 0.0 {
                break;
            }
            // A linear one has only its own error left to gain, of which so much may stay.
            relative_error = if linear {
                0.5 * enough / newton.error
            } else {
                STEP
            };
        }
        Err(SolveError::NotConverged {
            iterations: newton.iterations,
            reached: newton.error / sum.dissipation(),
            wanted: tolerance.relative_error,
        }
        .into())
    }

    /// Prepares potentials; false where nothing is left to solve, because no site is reached by both carriers.
    fn begins(&self, x: &mut [f64]) -> bool {
        let reached = self.total(x).slopes[2] > 0.0;
        if self.kinetics.law == Law::Linear || !reached {
            // Both potentials as wholes: what is left is of the size of the power.
            self.balance(x);
        }
        reached
    }

    /// The step from these potentials; none where they are the solution.
    fn step(
        &self,
        x: &[f64],
        run: (Tolerance, &Backend),
        (newton, observer): (&mut Newton, &mut dyn Observer),
    ) -> Result<Option<Step>> {
        let network = self.tangent(x);
        if network.sources.iter().all(|&source| source == 0.0) {
            return Ok(None);
        }
        let mut change = Approximation::from(vec![0.0; x.len()]);
        let problem = (&network, |_: usize, _: usize| 0.0);
        let (certified, adapter) = network::certify(problem, &mut change, run, observer)?;
        newton.steps += 1;
        newton.iterations += certified.iterations;
        newton.adapter = adapter;
        Ok(Some(Step {
            change: change.x,
            decrement: -certified.balance.energy * network.unit,
            left: certified.bound * network.unit,
        }))
    }

    /// The part of a step that lowers the content enough; 0 where rounding is all that is left.
    fn shorten(&self, x: &[f64], step: &Step, content: f64) -> f64 {
        let mut part = 1.0;
        for _ in 0..60 {
            let pairs = x.iter().zip(&step.change);
            let moved: Vec<f64> = pairs.map(|(x, change)| x + part * change).collect();
            let wanted = 2e-4 * part * step.decrement;
            if self.total(&moved).content <= content - wanted + ROUNDING * content.abs() {
                return part;
            }
            part *= 0.5;
        }
        0.0
    }
}
