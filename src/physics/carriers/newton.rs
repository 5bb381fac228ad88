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
    solve::{Observer, SolveError, Tolerance},
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
    /// Upper estimate of what the dissipation may be wrong by, W.
    pub(super) error: f64,
    pub(super) adapter: Option<String>,
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
        let linear = self.kinetics.law == Law::Linear;
        if linear {
            // Both potentials as wholes: what is left is of the size of the power.
            self.balance(x);
        }
        let mut sum = self.total(x);
        let mut wanted = if linear {
            tolerance.relative_error
        } else {
            STEP
        };
        while newton.steps < STEPS {
            let network = self.tangent(x);
            if network.sources.iter().all(|&source| source == 0.0) {
                return Ok(newton);
            }
            let mut step = vec![0.0; x.len()];
            let problem = (&network, |_: usize, _: usize| 0.0);
            let relative_error = wanted.clamp(1e-13, 0.5);
            let run = (
                Tolerance {
                    relative_error,
                    ..tolerance
                },
                backend,
            );
            let (certified, adapter) = network::certify(problem, &mut step, run, observer)?;
            newton.steps += 1;
            newton.iterations += certified.iterations;
            newton.adapter = adapter;
            let decrement = -certified.balance.energy * network.unit;
            let part = if linear {
                1.0
            } else {
                self.shorten(x, &step, (sum.content, decrement))
            };
            x.iter_mut()
                .zip(&step)
                .for_each(|(x, step)| *x += part * step);
            sum = self.total(x);
            newton.error = if linear {
                certified.bound * network.unit
            } else {
                decrement
            };
            let enough = (tolerance.relative_error * sum.dissipation()).max(ROUNDING * sum.content);
            if part == 1.0 && newton.error <= 2.0 * enough {
                return Ok(newton);
            }
            if part == 0.0 || decrement <= 0.0 {
                break;
            }
            // What is left to gain of a linear one is its error, of which so much may stay.
            wanted = if linear {
                0.5 * enough / newton.error
            } else {
                STEP
            };
        }
        let power = self.total(x).dissipation();
        Err(SolveError::NotConverged {
            iterations: newton.iterations,
            reached: newton.error / power,
            wanted: tolerance.relative_error,
        }
        .into())
    }

    /// The part of a step that lowers the content enough; 0 where rounding is all that is left.
    fn shorten(&self, x: &[f64], step: &[f64], (content, decrement): (f64, f64)) -> f64 {
        let mut part = 1.0;
        for _ in 0..60 {
            let moved: Vec<f64> = x
                .iter()
                .zip(step)
                .map(|(x, step)| x + part * step)
                .collect();
            let fallen = self.total(&moved).content;
            let wanted = 2e-4 * part * decrement;
            if fallen <= content - wanted + ROUNDING * content.abs() {
                return part;
            }
            part *= 0.5;
        }
        0.0
    }
}
