//! Conjugate gradients, preconditioned, written once for every machine.
//!
//! The numbers alpha and beta stay on the machine; what comes back per step is `(r, B r)`, which estimates the squared
//! error in the energy norm.

use super::multigrid::Multigrid;
use crate::{
    field::{Machine, Quotient, Step},
    gpu::GpuError,
};

/// The vectors and numbers of a running solve of `A x = b`.
pub struct ConjugateGradients<'a, M: Machine> {
    pub(super) machine: &'a M,
    pub(super) multigrid: Multigrid<'a, M>,
    pub(super) x: M::Field,
    pub(super) r: M::Field,
    p: M::Field,
    /// `B r` between steps, `A p` within.
    pub(super) work: M::Field,
    /// `(r, B r)`, once there is a residual.
    pub(super) rz: Option<M::Number>,
    pub(super) beta: Option<M::Number>,
}

impl<'a, M: Machine> ConjugateGradients<'a, M> {
    /// Allocates the vectors.
    pub fn new(machine: &'a M, multigrid: Multigrid<'a, M>) -> Result<Self, GpuError> {
        let shape = multigrid.finest.shape();
        let field = || machine.zeros(shape);
        let (x, r, p, work) = (field()?, field()?, field()?, field()?);
        Ok(Self {
            machine,
            multigrid,
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
        self.machine.clear(&mut self.x);
        self.machine.store(b, &mut self.r)?;
        self.multigrid.precondition(&mut self.r, &mut self.work);
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

    /// One step, not waited for: alpha, and `(r, B r)` before and after it.
    pub(super) fn queue(&mut self) -> [M::Number; 3] {
        match &self.beta {
            Some(beta) => self.machine.redirect(&self.work, beta, &mut self.p),
            None => std::mem::swap(&mut self.work, &mut self.p),
        }
        let before = self.rz.take().expect("start comes before the first step");
        self.multigrid.finest.apply(&mut self.p, &mut self.work);
        let vectors = [&self.p, &self.work];
        let [_, alpha] = self
            .machine
            .dot_and_ratio(vectors, Quotient::ByDot(&before));
        let Self { x, r, p, work, .. } = self;
        self.machine.advance(&alpha, Step { x, r, p, q: work });
        self.multigrid.precondition(&mut self.r, &mut self.work);
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
        self.machine.add(&self.work, &mut self.x);
        self.machine.accumulate(&self.x, values)?;
        self.machine.negate(&self.work, &mut self.x);
        Ok(())
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
    /// From alpha, and `(r, B r)` before and after a step.
    pub(super) fn of([alpha, before, rz]: [f64; 3]) -> Self {
        Self {
            rz,
            gain: alpha * before,
        }
    }
}
