//! The outer loop: corrections in the machine's precision, residuals and the certificate in f64.
//!
//! The potential is a sum of corrections; each is found by conjugate gradients on the machine, from a residual formed in f64
//! in difference form, on a device that has f64 or on the host, so that f32 machines reach f64 answers. The loop ends when the
//! certificate says that the energy, which is the reported number, is within the tolerance. When to ask the certificate is guessed from `(r, B r)`,
//! which falls like the squared error; a wrong guess costs time, not truth.

use super::{
    Continue, Observer, Progress, SolveError, Tolerance,
    balance::{Audit, Balance},
    certificate,
    cg::ConjugateGradients,
    hierarchy::Hierarchy,
    multigrid::{Levels, Multigrid},
    stencil::Stencil,
};
use crate::field::{Machine, Real};

/// First guess at the certificate's bound over `(r, B r)`; 0.9 to 2.8 was measured on porous media.
pub(super) const OVERESTIMATE: f64 = 2.5;

/// Iterations without halving `(r, B r)` after which rounding is to blame: it halves every one to three otherwise.
const PATIENCE: usize = 40;

/// Relative rounding of an energy: a sum of positive terms over rows, columns and planes, a few hundred times 1.1e-16 at worst.
const ROUNDING: f64 = 1e-14;

/// A linear system with its levels.
#[derive(Clone, Copy)]
pub struct System<'a, T> {
    /// The finest operator.
    pub stencil: &'a Stencil,
    /// Everything below.
    pub hierarchy: &'a Hierarchy<T>,
    /// Forms residuals and energies, against the potentials of the two ends.
    pub audit: &'a dyn Audit,
}

/// A potential with its energy, certified.
#[derive(Debug, Clone, Copy)]
pub struct Certified {
    /// Energy and currents.
    pub balance: Balance,
    /// Upper bound on how far the energy is above that of the solution.
    pub bound: f64,
    /// Iterations of conjugate gradients.
    pub iterations: usize,
}

impl Certified {
    /// The middle of what is possible: the solution's energy lies between `energy - bound` and `energy`.
    pub fn energy(&self) -> f64 {
        self.balance.energy - 0.5 * self.bound
    }

    /// How far the solution's energy can be from [`Certified::energy`], rounding of the sums included.
    pub fn error(&self) -> f64 {
        0.5 * self.bound + ROUNDING * self.balance.energy
    }

    /// Whether the error, relative to the least energy that the solution can have, is small enough.
    pub(super) fn meets(&self, tolerance: Tolerance) -> bool {
        self.error() <= tolerance.relative_error * (self.balance.energy - self.bound)
    }

    /// Tells how far a solve is; an error where it is to stop.
    pub(super) fn report(
        &self,
        tolerance: Tolerance,
        (reduction, expected_error): (f64, f64),
        observer: &mut dyn Observer,
    ) -> Result<(), SolveError> {
        let error_bound = self
            .bound
            .is_finite()
            .then(|| self.error() / self.balance.energy);
        let progress = Progress {
            iterations: self.iterations,
            residual: reduction.max(0.0).sqrt(),
            error_bound,
            expected_error,
        };
        if observer.progress(&progress) == Continue::No {
            return Err(SolveError::Interrupted);
        }
        if self.iterations >= tolerance.max_iterations {
            return Err(SolveError::NotConverged {
                iterations: self.iterations,
                reached: error_bound.unwrap_or(f64::INFINITY),
                wanted: tolerance.relative_error,
            });
        }
        Ok(())
    }
}

/// A solve in progress; `x` is the best potential so far, also after a failure.
struct Refinement<'s, 'a, T> {
    system: &'s System<'a, T>,
    tolerance: Tolerance,
    x: &'s mut Vec<f64>,
    residual: Vec<f64>,
    state: Certified,
    overestimate: f64,
}

/// Improves `x` until its energy is certified.
pub fn solve<'a, M: Machine, T: Real>(
    machine: &'a M,
    levels: Levels<'a, M>,
    system: &System<'a, T>,
    (x, tolerance): (&mut Vec<f64>, Tolerance),
    observer: &mut dyn Observer,
) -> Result<Certified, SolveError> {
    let mut residual = vec![0.0; x.len()];
    let balance = system.audit.balance(x, &mut residual)?;
    let state = Certified {
        balance,
        bound: f64::INFINITY,
        iterations: 0,
    };
    let overestimate = OVERESTIMATE;
    let mut run = Refinement {
        system,
        tolerance,
        x,
        residual,
        state,
        overestimate,
    };
    let mut cg = ConjugateGradients::new(machine, Multigrid::new(machine, levels)?)?;
    loop {
        let before = run.state.bound;
        if run.correct(&mut cg, observer)? {
            return Ok(run.state);
        }
        // A bound that is not a number does not fall either.
        let halves = run.state.bound <= 0.5 * before;
        if !halves {
            return Err(run.stagnated());
        }
    }
}

impl<T: Real> Refinement<'_, '_, T> {
    /// One correction, as far as the machine's precision carries; true when the tolerance is met.
    fn correct<M: Machine>(
        &mut self,
        cg: &mut ConjugateGradients<'_, M>,
        observer: &mut dyn Observer,
    ) -> Result<bool, SolveError> {
        let first = cg.start(&self.residual)?;
        let mut energy = self.state.balance.energy;
        if first == 0.0 {
            self.certify()?;
            return Ok(self.state.meets(self.tolerance));
        }
        let (mut halved, mut idle) = (first, 0);
        loop {
            let step = cg.step()?;
            self.state.iterations += 1;
            if !step.rz.is_finite() {
                return Err(self.stagnated());
            }
            energy -= step.gain;
            (halved, idle) = if step.rz <= 0.5 * halved {
                (step.rz, 0)
            } else {
                (halved, idle + 1)
            };
            let exhausted = step.rz <= T::REDUCTION * first || idle >= PATIENCE;
            let expected = 0.5 * step.rz * self.overestimate;
            if exhausted || expected <= self.tolerance.relative_error * energy {
                cg.collect(self.x)?;
                self.certify()?;
                self.overestimate = self.state.bound / step.rz;
                if exhausted || self.state.meets(self.tolerance) {
                    return Ok(self.state.meets(self.tolerance));
                }
                energy = self.state.balance.energy;
            }
            let expected = 0.5 * step.rz * self.overestimate / energy;
            self.state
                .report(self.tolerance, (step.rz / first, expected), observer)?;
        }
    }

    fn stagnated(&self) -> SolveError {
        SolveError::Stagnated {
            reached: self.state.error() / self.state.balance.energy,
            wanted: self.tolerance.relative_error,
        }
    }

    fn certify(&mut self) -> Result<(), SolveError> {
        let System {
            stencil,
            hierarchy,
            audit,
        } = self.system;
        self.state.balance = audit.balance(self.x, &mut self.residual)?;
        self.state.bound = certificate::bound(stencil, hierarchy, &self.residual);
        Ok(())
    }
}
