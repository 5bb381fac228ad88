//! Complex symmetric systems, `A = A^T` but not hermitian: conjugate gradients with the product `x^T y`, not conjugated
//! (H. A. van der Vorst and J. B. M. Melissen, IEEE Trans. Magn. 26, 706, 1990), preconditioned by real multigrid.
//!
//! For networks of admittances, whose real and imaginary parts are both positive, multigrid for their magnitudes leaves a
//! spectrum within a factor of about sqrt(2) of what it is for real ones: iterations stay those of conduction.

use super::{Observer, Progress, SolveError, multigrid::Multigrid};
use crate::{field::Machine, gpu::GpuError};
use num_complex::Complex64;
use rayon::prelude::*;

/// Numbers per task; fixed, so that sums do not depend on the number of threads.
const CHUNK: usize = 1 << 13;

/// A real preconditioner on a machine, applied to real and imaginary parts one after the other.
pub struct Parts<'a, M: Machine> {
    machine: &'a M,
    multigrid: Multigrid<'a, M>,
    r: M::Field,
    z: M::Field,
    values: Vec<f64>,
}

impl<'a, M: Machine> Parts<'a, M> {
    /// Allocates its vectors.
    ///
    /// # Errors
    /// What a device refuses.
    pub fn new(machine: &'a M, multigrid: Multigrid<'a, M>) -> Result<Self, GpuError> {
        let shape = multigrid.finest.shape();
        Ok(Self {
            machine,
            r: machine.zeros(shape)?,
            z: machine.zeros(shape)?,
            values: vec![0.0; shape.len()],
            multigrid,
        })
    }

    /// `z = B r`, scaled on the way so that single precision holds it.
    fn apply(&mut self, r: &[Complex64], z: &mut [Complex64]) -> Result<(), GpuError> {
        let largest = r
            .iter()
            .map(|r| r.re.abs().max(r.im.abs()))
            .fold(0.0, f64::max);
        let scale = if largest > 0.0 { largest } else { 1.0 };
        for imaginary in [false, true] {
            let part = |r: &Complex64| if imaginary { r.im } else { r.re };
            self.values
                .iter_mut()
                .zip(r)
                .for_each(|(value, r)| *value = part(r) / scale);
            self.machine.store(&self.values, &mut self.r)?;
            self.multigrid.precondition(&mut self.r, &mut self.z);
            self.values.fill(0.0);
            self.machine.accumulate(&self.z, &mut self.values)?;
            for (z, value) in z.iter_mut().zip(&self.values) {
                let part = if imaginary { &mut z.im } else { &mut z.re };
                *part = value * scale;
            }
        }
        Ok(())
    }
}

fn sum(
    x: &[Complex64],
    y: &[Complex64],
    product: impl Fn(Complex64, Complex64) -> Complex64 + Sync,
) -> Complex64 {
    let chunks = x.par_chunks(CHUNK).zip(y.par_chunks(CHUNK));
    let sums: Vec<Complex64> = chunks
        .map(|(x, y)| x.iter().zip(y).map(|(&x, &y)| product(x, y)).sum())
        .collect();
    sums.into_iter().sum()
}

fn update(x: &mut [Complex64], y: &[Complex64], body: impl Fn(&mut Complex64, Complex64) + Sync) {
    let chunks = x.par_chunks_mut(CHUNK).zip(y.par_chunks(CHUNK));
    chunks.for_each(|(x, y)| x.iter_mut().zip(y).for_each(|(x, &y)| body(x, y)));
}

/// Improves `x` until `r^H B r` is at most `enough(x)`; returns the iterations. B is the preconditioner, an approximate inverse
/// of the magnitude of A, so that A has to come in the unit of the network that the preconditioner was built for, and so does
/// `enough`. `r^H B r` then estimates the squared energy norm of the error, in that unit times the square of the unit of x.
///
/// # Errors
/// [`SolveError`] after `limit` iterations, where the product vanishes, and where the observer said stop.
pub fn solve<M: Machine>(
    x: &mut [Complex64],
    (b, apply): (&[Complex64], impl Fn(&[Complex64], &mut [Complex64])),
    parts: &mut Parts<'_, M>,
    (enough, limit): (impl Fn(&[Complex64]) -> f64, usize),
    observer: &mut dyn Observer,
) -> Result<usize, SolveError> {
    let zero = Complex64::new(0.0, 0.0);
    let (mut r, mut z, mut q) = (b.to_vec(), vec![zero; x.len()], vec![zero; x.len()]);
    let hermitian = |r: &[Complex64], z: &[Complex64]| sum(r, z, |r, z| r.conj() * z).re;
    parts.apply(&r, &mut z)?;
    let first = hermitian(&r, &z);
    apply(x, &mut q);
    update(&mut r, &q, |r, q| *r -= q);
    parts.apply(&r, &mut z)?;
    let mut p = z.clone();
    let mut rho = sum(&r, &z, |r, z| r * z);
    for iteration in 0..limit {
        let square = hermitian(&r, &z);
        // A residual that is not a number is never small enough.
        if square == 0.0 || square <= enough(x) {
            return Ok(iteration);
        }
        let reduction = (square / first).max(0.0).sqrt();
        let progress = Progress {
            iterations: iteration,
            residual: reduction,
            error_bound: None,
            expected_error: reduction * reduction,
        };
        if observer.progress(&progress) == super::Continue::No {
            return Err(SolveError::Interrupted);
        }
        apply(&p, &mut q);
        let alpha = rho / sum(&p, &q, |p, q| p * q);
        if !alpha.is_finite() {
            break;
        }
        update(x, &p, |x, p| *x += alpha * p);
        update(&mut r, &q, |r, q| *r -= alpha * q);
        parts.apply(&r, &mut z)?;
        let next = sum(&r, &z, |r, z| r * z);
        let beta = next / rho;
        rho = next;
        update(&mut p, &z, |p, z| *p = z + beta * *p);
    }
    let relative = |square: f64| (square / first).max(0.0).sqrt();
    Err(SolveError::NotConverged {
        iterations: limit,
        reached: relative(hermitian(&r, &z)),
        wanted: relative(enough(x)),
    })
}
