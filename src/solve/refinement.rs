//! The outer loop: corrections in the machine's precision, residuals and the certificate in f64.
//!
//! The potential is a sum of corrections; each is found by conjugate gradients on the machine, from a residual formed in f64
//! in difference form, on a device that has f64 or on the host, so that f32 machines reach f64 answers. The loop ends when the
//! certificate says that the energy, which is the reported number, is within the tolerance. When to ask the certificate is guessed from `(r, B r)`,
//! which falls like the squared error; a wrong guess costs time, not truth.

mod certified;

pub use certified::{Approximation, Certified};

use super::{
    Continue, Observer, Progress, SolveError, Tolerance,
    balance::{Audit, Balance},
    certificate,
    cg::{ConjugateGradients, Iteration, Progress as Step},
    hierarchy::Hierarchy,
    multigrid::{Levels, Multigrid},
    stencil::Stencil,
};
use crate::{
    field::{Machine, Real},
    gpu::GpuError,
};

/// First guess at the certificate's bound over `(r, B r)`; 0.3 to 1.5 was measured on porous media, 2.0 once.
pub(super) const OVERESTIMATE: f64 = 1.0;

/// Logarithm of how much `(r, B r)` falls in an iteration, before that is known.
const USUAL_FALL: f64 = 2.0;

/// Most steps that are asked for at once.
const MOST_STEPS: f64 = 100.0;

/// Equations whose solutions are improved until their energy is certified.
pub trait Equations {
    /// Precision of the corrections.
    type Real: Real;

    /// Balances a potential as [`Audit::balance`] does.
    ///
    /// # Errors
    /// What a device refuses, or its loss; none on the host.
    fn balance(&self, x: &[f64], residual: &mut [f64]) -> Result<Balance, GpuError>;

    /// Upper bound on the squared error in the energy norm, `r . A^-1 r`.
    fn bound(&self, residual: &[f64]) -> f64;
}

impl<S: Equations> Equations for &S {
    type Real = S::Real;

    fn balance(&self, x: &[f64], residual: &mut [f64]) -> Result<Balance, GpuError> {
        S::balance(self, x, residual)
    }

    fn bound(&self, residual: &[f64]) -> f64 {
        S::bound(self, residual)
    }
}

/// A stencil's equations with their levels.
#[derive(Clone, Copy)]
pub struct System<'a, T> {
    /// The finest operator.
    pub stencil: &'a Stencil,
    /// Everything below.
    pub hierarchy: &'a Hierarchy<T>,
    /// Forms residuals and energies, against the potentials of the two ends.
    pub audit: &'a dyn Audit,
}

impl<T: Real> Equations for System<'_, T> {
    type Real = T;

    fn balance(&self, x: &[f64], residual: &mut [f64]) -> Result<Balance, GpuError> {
        self.audit.balance(x, residual)
    }

    fn bound(&self, residual: &[f64]) -> f64 {
        certificate::bound(self.stencil, self.hierarchy, residual)
    }
}

/// A solve in progress; `reached` is the best potential so far, also after a failure.
pub(super) struct Refinement<'s, S> {
    system: S,
    tolerance: Tolerance,
    pub(super) reached: &'s mut Approximation,
    pub(super) residual: Vec<f64>,
    pub(super) state: Certified,
    overestimate: f64,
    course: Course,
}

/// How a correction goes.
#[derive(Debug, Clone, Copy, Default)]
struct Course {
    /// Iterations done.
    steps: usize,
    /// `(r, B r)` at its beginning, now, and when it had last halved.
    first: f64,
    rz: f64,
    halved: f64,
    /// Iterations since then.
    idle: usize,
    /// What the energy has fallen to, as far as it is known without a balance.
    energy: f64,
    /// The bound with which it began.
    before: f64,
    /// Whether the machine's precision carries no further.
    exhausted: bool,
}

/// What a certificate says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The tolerance is met.
    Met,
    /// The correction is to go on.
    On,
    /// Another correction is to begin, from the new residual.
    Again,
}

/// Improves `x` until its energy is certified.
pub fn solve<'a, M: Machine, S: Equations>(
    machine: &'a M,
    levels: Levels<'a, M>,
    system: &S,
    unknown: (&mut Approximation, Tolerance),
    observer: &mut dyn Observer,
) -> Result<Certified, SolveError> {
    let mut cg = ConjugateGradients::new(machine, Multigrid::new(machine, levels)?)?;
    improve(&mut cg, system, unknown, observer)
}

/// The same by steps of any kind.
pub(super) fn improve<I: Iteration, S: Equations>(
    iteration: &mut I,
    system: &S,
    unknown: (&mut Approximation, Tolerance),
    observer: &mut dyn Observer,
) -> Result<Certified, SolveError> {
    let mut run = Refinement::new(system, unknown)?;
    run.overestimate = I::OVERESTIMATE;
    loop {
        run.begin(iteration.start(&run.residual)?);
        if run.correct(iteration, observer)? == Verdict::Met {
            return Ok(run.state);
        }
    }
}

/// A number of steps, one where it is not a number.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "between 1 and 100"
)]
fn whole_steps(expected: f64) -> usize {
    expected.clamp(1.0, MOST_STEPS) as usize
}

impl<'s, S: Equations> Refinement<'s, S> {
    /// Balances the potential that there is.
    pub(super) fn new(
        system: S,
        (reached, tolerance): (&'s mut Approximation, Tolerance),
    ) -> Result<Self, SolveError> {
        let mut residual = vec![0.0; reached.x.len()];
        let balance = system.balance(&reached.x, &mut residual)?;
        let state = Certified {
            balance,
            bound: f64::INFINITY,
            iterations: reached.iterations,
        };
        Ok(Self {
            system,
            tolerance,
            reached,
            residual,
            state,
            overestimate: OVERESTIMATE,
            course: Course::default(),
        })
    }

    /// A correction begins, with `(r, B r)` of its residual; where that is 0 it is at its end, too.
    pub(super) fn begin(&mut self, first: f64) {
        self.course = Course {
            steps: 0,
            first,
            rz: first,
            halved: first,
            idle: 0,
            energy: self.state.balance.energy,
            before: self.state.bound,
            exhausted: first == 0.0,
        };
    }

    /// One correction, as far as the machine's precision carries.
    fn correct(
        &mut self,
        iteration: &mut impl Iteration,
        observer: &mut dyn Observer,
    ) -> Result<Verdict, SolveError> {
        if self.course.exhausted {
            return self.certify();
        }
        loop {
            let mut ready = false;
            let (count, stop) = self.expected_steps();
            let count = if observer.times_iterations() {
                1
            } else {
                count
            };
            for step in iteration.steps((count, stop))? {
                if ready {
                    self.tell(observer)?;
                }
                ready = self.take(&step)?;
                if !ready {
                    self.tell(observer)?;
                }
            }
            if ready {
                iteration.collect(&mut self.reached.x)?;
                let verdict = self.certify()?;
                if verdict != Verdict::On {
                    return Ok(verdict);
                }
                self.tell(observer)?;
            }
        }
    }

    /// Tells how far the correction is; an error where it is to stop.
    fn tell(&self, observer: &mut dyn Observer) -> Result<(), SolveError> {
        if observer.progress(&self.progress()) == Continue::No {
            return Err(SolveError::Interrupted);
        }
        self.check_limit()
    }

    /// Steps until the certificate is likely to be asked, from how `(r, B r)` has fallen so far, and what it falls to by then.
    fn expected_steps(&self) -> (usize, f64) {
        let Course {
            first,
            rz,
            energy,
            steps,
            ..
        } = self.course;
        let wanted = self.tolerance.relative_error * energy.abs();
        let stop = (2.0 * wanted / self.overestimate).max(S::Real::REDUCTION * first);
        let fall = match steps {
            0 => USUAL_FALL,
            steps => (first / rz).ln() / steps as f64,
        };
        // Rounded down: a wait costs less than an iteration in vain.
        let expected = ((rz / stop).ln() / fall).floor();
        let left = self
            .tolerance
            .max_iterations
            .saturating_sub(self.state.iterations);
        (whole_steps(expected).min(left).max(1), stop)
    }

    /// Takes note of a step; whether the certificate is to be asked now, of a potential with the correction so far.
    pub(super) fn take(&mut self, step: &Step) -> Result<bool, SolveError> {
        self.reached.iterations += 1;
        self.state.iterations = self.reached.iterations;
        if !step.rz.is_finite() {
            return Err(self.stagnated());
        }
        let course = &mut self.course;
        course.steps += 1;
        course.rz = step.rz;
        course.energy -= step.gain;
        (course.halved, course.idle) = if step.rz <= 0.5 * course.halved {
            (step.rz, 0)
        } else {
            (course.halved, course.idle + 1)
        };
        course.exhausted =
            step.rz <= S::Real::REDUCTION * course.first || course.idle >= S::Real::PATIENCE;
        let expected = 0.5 * step.rz * self.overestimate;
        Ok(course.exhausted || expected <= self.tolerance.relative_error * course.energy.abs())
    }

    fn stagnated(&self) -> SolveError {
        SolveError::Stagnated {
            reached: self.state.error() / self.state.balance.energy.abs(),
            wanted: self.tolerance.relative_error,
        }
    }

    /// Balances the potential and bounds its error.
    pub(super) fn certify(&mut self) -> Result<Verdict, SolveError> {
        self.state.balance = self.system.balance(&self.reached.x, &mut self.residual)?;
        self.state.bound = self.system.bound(&self.residual);
        self.course.energy = self.state.balance.energy;
        if self.course.rz > 0.0 && self.state.bound.is_finite() {
            self.overestimate = self.state.bound / self.course.rz;
        }
        // No bound has not fallen.
        let halves = self.state.bound.is_finite() && self.state.bound <= 0.5 * self.course.before;
        match (self.state.meets(self.tolerance), self.course.exhausted) {
            (true, _) => Ok(Verdict::Met),
            (_, false) => Ok(Verdict::On),
            _ if halves => Ok(Verdict::Again),
            _ => Err(self.stagnated()),
        }
    }

    /// What is told of the last step.
    pub(super) fn progress(&self) -> Progress {
        let Course {
            first, rz, energy, ..
        } = self.course;
        Progress {
            iterations: self.state.iterations,
            residual: (rz / first).max(0.0).sqrt(),
            error_bound: self.state.known_error(),
            expected_error: 0.5 * rz * self.overestimate / energy.abs(),
        }
    }

    /// Whether there may be another iteration.
    pub(super) fn check_limit(&self) -> Result<(), SolveError> {
        self.state.check_limit(self.tolerance)
    }
}
