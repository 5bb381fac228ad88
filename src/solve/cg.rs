//! Conjugate gradients, preconditioned, written once for every machine.
//!
//! The numbers alpha and beta stay on the machine; what comes back per step is `(r, B r)`, which estimates the squared
//! error in the energy norm.

use super::multigrid::Multigrid;
use crate::{
    field::{Machine, Step},
    gpu::GpuError,
};

/// The vectors and numbers of a running solve of `A x = b`.
pub struct ConjugateGradients<'a, M: Machine> {
    machine: &'a M,
    multigrid: Multigrid<'a, M>,
    x: M::Field,
    r: M::Field,
    p: M::Field,
    /// `B r` between steps, `A p` within.
    work: M::Field,
    rz: M::Number,
    beta: Option<M::Number>,
}

impl<'a, M: Machine> ConjugateGradients<'a, M> {
    /// Allocates the vectors.
    pub fn new(machine: &'a M, multigrid: Multigrid<'a, M>) -> Result<Self, GpuError> {
        let shape = multigrid.finest.shape();
        let field = || machine.zeros(shape);
        let (x, r, p, work) = (field()?, field()?, field()?, field()?);
        let rz = machine.dot(&r, &r);
        Ok(Self { machine, multigrid, x, r, p, work, rz, beta: None })
    }

    /// Begins `A x = b` at `x = 0`; returns `(b, B b)`.
    pub fn start(&mut self, b: &[f64]) -> Result<f64, GpuError> {
        self.machine.clear(&mut self.x);
        self.machine.store(b, &mut self.r)?;
        self.multigrid.precondition(&mut self.r, &mut self.work);
        self.rz = self.machine.dot(&self.r, &self.work);
        self.beta = None;
        self.machine.read(&self.rz)
    }

    /// One step; returns `(r, B r)` after it.
    pub fn step(&mut self) -> Result<f64, GpuError> {
        match &self.beta {
            Some(beta) => self.machine.redirect(&self.work, beta, &mut self.p),
            None => std::mem::swap(&mut self.work, &mut self.p),
        }
        self.multigrid.finest.apply(&mut self.p, &mut self.work);
        let alpha = self.machine.ratio(&self.rz, &self.machine.dot(&self.p, &self.work));
        let Self { x, r, p, work, .. } = self;
        self.machine.advance(&alpha, Step { x, r, p, q: work });
        self.multigrid.precondition(&mut self.r, &mut self.work);
        let rz = self.machine.dot(&self.r, &self.work);
        self.beta = Some(self.machine.ratio(&rz, &self.rz));
        self.rz = rz;
        self.machine.read(&self.rz)
    }

    /// Adds the solution so far to `values`.
    pub fn collect(&self, values: &mut [f64]) -> Result<(), GpuError> {
        self.machine.accumulate(&self.x, values)
    }
}
