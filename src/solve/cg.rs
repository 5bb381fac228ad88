//! Conjugate gradients, preconditioned, written once for every machine.
//!
//! The numbers alpha and beta stay on the machine; what comes back per step is `(r, B r)`, which estimates the squared
//! error in the energy norm.

use super::{multigrid::Multigrid, refinement};
use crate::{
    field::{Machine, Quotient, Real, Shape, Step},
    gpu::GpuError,
};

/// What conjugate gradients ask of a system: the operator and its preconditioner.
pub trait Preconditioned<M: Machine> {
    /// Size of its fields.
    fn shape(&self) -> Shape;
    /// `y = A x`.
    fn apply(&mut self, x: &mut M::Field, y: &mut M::Field);
    /// `x = B b`.
    fn precondition(&mut self, b: &mut M::Field, x: &mut M::Field);
}

impl<M: Machine> Preconditioned<M> for Multigrid<'_, M> {
    fn shape(&self) -> Shape {
        self.finest.shape()
    }

    fn apply(&mut self, x: &mut M::Field, y: &mut M::Field) {
        self.finest.apply(x, y);
    }

    fn precondition(&mut self, b: &mut M::Field, x: &mut M::Field) {
        Multigrid::precondition(self, b, x);
    }
}

/// The vectors and numbers of a running solve of `A x = b`.
pub struct ConjugateGradients<'a, M: Machine, S = Multigrid<'a, M>> {
    pub(super) machine: &'a M,
    pub(super) system: S,
    pub(super) x: M::Field,
    pub(super) r: M::Field,
    p: M::Field,
    /// `B r` between steps, `A p` within.
    pub(super) work: M::Field,
    /// `(r, B r)`, once there is a residual.
    pub(super) rz: Option<M::Number>,
    pub(super) beta: Option<M::Number>,
}

impl<'a, M: Machine, S: Preconditioned<M>> ConjugateGradients<'a, M, S> {
    /// Allocates the vectors.
    pub fn new(machine: &'a M, system: S) -> Result<Self, GpuError> {
        let shape = system.shape();
        let field = || machine.zeros(shape);
        let (x, r, p, work) = (field()?, field()?, field()?, field()?);
        Ok(Self {
            machine,
            system,
            x,
            r,
            p,
            work,
            rz: None,
            beta: None,
        })
    }

    /// Begins `A x = b` at `x = 0`; returns `(b, B b)`.
    pub fn start(&mut self, b: &[f64]) -> Result<f64, GpuError> {
        self.machine.store(b, &mut self.r)?;
        self.begin()
    }

    /// The same where b is in place as the residual.
    pub(super) fn begin(&mut self) -> Result<f64, GpuError> {
        self.machine.stand_still_below(f64::MIN);
        self.machine.clear(&mut self.x);
        self.system.precondition(&mut self.r, &mut self.work);
        let rz = self.machine.dot(&self.r, &self.work);
        let [value] = self.machine.read([&rz])?;
        (self.rz, self.beta) = (Some(rz), None);
        Ok(value)
    }

    /// One step.
    pub fn step(&mut self) -> Result<Progress, GpuError> {
        let numbers = self.queue();
        let numbers = self.machine.read(numbers.each_ref())?;
        Ok(Progress::of(numbers))
    }

    /// At most so many steps, up to the first that brings `(r, B r)` down to `stop`; waits once.
    pub fn steps(&mut self, (count, stop): (usize, f64)) -> Result<Vec<Progress>, GpuError> {
        self.machine.stand_still_below(stop);
        let mut queued = Vec::with_capacity(count);
        for _ in 0..count.min(self.machine.ahead(self.system.shape())) {
            queued.push((self.queue(), self.beta.clone()));
        }
        let numbers: Vec<_> = queued.iter().flat_map(|step| step.0.clone()).collect();
        let values = self.machine.read_many(&numbers)?;
        let steps = Progress::until(stop, &values);
        // What was queued behind the last has left the vectors as they were.
        if let Some(([.., rz], beta)) = queued.into_iter().nth(steps.len() - 1) {
            (self.rz, self.beta) = (Some(rz), beta);
        }
        Ok(steps)
    }

    /// One step, not waited for: alpha, and `(r, B r)` before and after it.
    pub(super) fn queue(&mut self) -> [M::Number; 3] {
        match &self.beta {
            Some(beta) => self.machine.redirect(&self.work, beta, &mut self.p),
            None => std::mem::swap(&mut self.work, &mut self.p),
        }
        let before = self.rz.take().expect("start comes before the first step");
        self.system.apply(&mut self.p, &mut self.work);
        let vectors = [&self.p, &self.work];
        let [_, alpha] = self
            .machine
            .dot_and_ratio(vectors, Quotient::ByDot(&before));
        let Self { x, r, p, work, .. } = self;
        self.machine.advance(&alpha, Step { x, r, p, q: work });
        self.system.precondition(&mut self.r, &mut self.work);
        let vectors = [&self.r, &self.work];
        let [rz, beta] = self
            .machine
            .dot_and_ratio(vectors, Quotient::OfDot(&before));
        (self.rz, self.beta) = (Some(rz.clone()), Some(beta));
        [alpha, before, rz]
    }

    /// Moves the solution so far to `values`: adds it there and goes on from zero. What is added is `x + B r`, for the price
    /// of a sum: `B r` stands ready for the next step and takes most of the remaining error with it.
    pub fn collect(&mut self, values: &mut [f64]) -> Result<(), GpuError> {
        self.machine.stand_still_below(f64::MIN);
        self.machine.add(&self.work, &mut self.x);
        self.machine.accumulate(&self.x, values)?;
        self.machine.negate(&self.work, &mut self.x);
        Ok(())
    }

    /// Makes `x + B r` the solution, once no step follows.
    pub(super) fn take_correction(&mut self) {
        self.machine.add(&self.work, &mut self.x);
    }

    /// Adds the solution so far to `values`, without what stands ready for the next step.
    pub fn settle(&mut self, values: &mut [f64]) -> Result<(), GpuError> {
        self.machine.accumulate(&self.x, values)?;
        self.machine.clear(&mut self.x);
        Ok(())
    }

    /// The residual that belongs to the solution so far, as the recurrence has it.
    pub fn residual(&self) -> &M::Field {
        &self.r
    }
}

/// Steps towards the solution, on some machine.
pub(super) trait Iteration {
    /// First guess at the bound of what is collected over `(r, B r)`.
    const OVERESTIMATE: f64;
    /// Begins from a residual; returns `(r, B r)`.
    fn start(&mut self, residual: &[f64]) -> Result<f64, GpuError>;
    /// At most so many steps, one at least, up to the first that brings `(r, B r)` down to a number.
    fn steps(&mut self, until: (usize, f64)) -> Result<Vec<Progress>, GpuError>;
    /// Brings a potential up to date.
    fn collect(&mut self, potential: &mut [f64]) -> Result<(), GpuError>;
}

impl<M: Machine> Iteration for ConjugateGradients<'_, M> {
    const OVERESTIMATE: f64 = refinement::OVERESTIMATE;

    fn start(&mut self, residual: &[f64]) -> Result<f64, GpuError> {
        Self::start(self, residual)
    }

    fn steps(&mut self, until: (usize, f64)) -> Result<Vec<Progress>, GpuError> {
        Self::steps(self, until)
    }

    fn collect(&mut self, potential: &mut [f64]) -> Result<(), GpuError> {
        Self::collect(self, potential)
    }
}

/// What a step achieved.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    /// `(r, B r)` after it, an estimate of the squared error in the energy norm.
    pub rz: f64,
    /// What it took off the squared error: `alpha (r, B r)`, exactly.
    pub gain: f64,
}

impl Progress {
    /// Steps from alpha, and `(r, B r)` before and after each, up to the first that reaches `stop` in single precision, as a
    /// device compares.
    pub(super) fn until(stop: f64, numbers: &[f64]) -> Vec<Self> {
        let steps = numbers.chunks_exact(3);
        let steps = steps.map(|it| Self::of([it[0], it[1], it[2]]));
        let mut steps: Vec<Self> = steps.collect();
        let reached = |step: &Self| f32::of(step.rz) <= f32::of(stop);
        let last = steps.iter().position(reached);
        steps.truncate(last.map_or(steps.len(), |last| last + 1));
        steps
    }

    /// From alpha, and `(r, B r)` before and after a step.
    pub(super) fn of([alpha, before, rz]: [f64; 3]) -> Self {
        Self {
            rz,
            gain: alpha * before,
        }
    }
}
