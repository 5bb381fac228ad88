//! Fields in main memory: rayon over fixed chunks, so that a sum does not depend on the number of threads.

use super::{Machine, Real, Shape, Step};
use crate::gpu::GpuError;
use rayon::prelude::*;
use std::marker::PhantomData;

/// Numbers per task; also the granularity of the fixed summation order.
const CHUNK: usize = 1 << 14;
const LANES: usize = 8;

/// The CPU, with numbers of type `T` in its fields and f64 in its sums.
#[derive(Debug, Clone, Copy, Default)]
pub struct Host<T>(PhantomData<T>);

/// A field in main memory, `[plane][component][number]`.
#[derive(Debug, Clone)]
pub struct HostField<T> {
    /// Its size.
    pub shape: Shape,
    /// Its numbers.
    pub data: Vec<T>,
}

impl<T: Real> HostField<T> {
    /// A field of zeros.
    pub fn zeros(shape: Shape) -> Self {
        Self {
            shape,
            data: vec![T::default(); shape.len()],
        }
    }
}

impl<T: Real> Machine for Host<T> {
    type Field = HostField<T>;
    type Number = f64;

    fn zeros(&self, shape: Shape) -> Result<Self::Field, GpuError> {
        Ok(HostField::zeros(shape))
    }

    fn dot(&self, x: &Self::Field, y: &Self::Field) -> f64 {
        dot(&x.data, &y.data)
    }

    fn ratio(&self, a: &f64, b: &f64) -> f64 {
        if *b == 0.0 { 0.0 } else { a / b }
    }

    fn add(&self, x: &Self::Field, y: &mut Self::Field) {
        pairs(&x.data, &mut y.data, |x, y| {
            y.iter_mut().zip(x).for_each(|(y, &x)| *y += x)
        });
    }

    fn redirect(&self, z: &Self::Field, beta: &f64, p: &mut Self::Field) {
        let beta = T::of(*beta);
        pairs(&z.data, &mut p.data, |z, p| {
            p.iter_mut().zip(z).for_each(|(p, &z)| *p = z + beta * *p);
        });
    }

    fn advance(&self, alpha: &f64, step: Step<'_, Self::Field>) {
        let alpha = T::of(*alpha);
        let Step { x, r, p, q } = step;
        let ends = x
            .data
            .par_chunks_mut(CHUNK)
            .zip(r.data.par_chunks_mut(CHUNK));
        let sources = p.data.par_chunks(CHUNK).zip(q.data.par_chunks(CHUNK));
        ends.zip(sources).for_each(|((x, r), (p, q))| {
            x.iter_mut().zip(p).for_each(|(x, &p)| *x += alpha * p);
            r.iter_mut().zip(q).for_each(|(r, &q)| *r -= alpha * q);
        });
    }

    fn read<const N: usize>(&self, numbers: [&f64; N]) -> Result<[f64; N], GpuError> {
        Ok(numbers.map(|number| *number))
    }

    fn store(&self, values: &[f64], field: &mut Self::Field) -> Result<(), GpuError> {
        pairs(values, &mut field.data, |v, f| {
            f.iter_mut().zip(v).for_each(|(f, &v)| *f = T::of(v));
        });
        Ok(())
    }

    fn accumulate(&self, field: &Self::Field, values: &mut [f64]) -> Result<(), GpuError> {
        pairs(&field.data, values, |f, v| {
            v.iter_mut().zip(f).for_each(|(v, f)| *v += f.wide())
        });
        Ok(())
    }

    fn negate(&self, a: &Self::Field, x: &mut Self::Field) {
        pairs(&a.data, &mut x.data, |a, x| {
            x.iter_mut()
                .zip(a)
                .for_each(|(x, &a)| *x = T::default() - a)
        });
    }

    fn clear(&self, field: &mut Self::Field) {
        field
            .data
            .par_chunks_mut(CHUNK)
            .for_each(|chunk| chunk.fill(T::default()));
    }
}

/// Runs a loop with the widest vectors that this processor has. The arithmetic stays the same, number by number, so
/// results do not depend on the processor.
#[inline(always)]
pub(crate) fn vectorised<R>(body: impl FnOnce() -> R) -> R {
    pulp::Arch::new().dispatch(body)
}

/// `x . y` in f64: lanes, then chunks, then the chunks in order.
pub(crate) fn dot<T: Real>(x: &[T], y: &[T]) -> f64 {
    let chunks = x.par_chunks(CHUNK).zip(y.par_chunks(CHUNK));
    chunks
        .map(|(x, y)| dot_chunk(x, y))
        .collect::<Vec<_>>()
        .iter()
        .sum()
}

/// `x . y` of one chunk.
pub(crate) fn dot_chunk<T: Real>(x: &[T], y: &[T]) -> f64 {
    let mut lanes = [0.0; LANES];
    let (xs, ys) = (x.chunks_exact(LANES), y.chunks_exact(LANES));
    let tail: f64 = xs
        .remainder()
        .iter()
        .zip(ys.remainder())
        .map(|(x, y)| x.wide() * y.wide())
        .sum();
    for (x, y) in xs.zip(ys) {
        for lane in 0..LANES {
            lanes[lane] += x[lane].wide() * y[lane].wide();
        }
    }
    lanes.iter().sum::<f64>() + tail
}

/// Runs `body` on matching chunks of a source and a target.
pub(crate) fn pairs<S: Sync, T: Send>(
    source: &[S],
    target: &mut [T],
    body: impl Fn(&[S], &mut [T]) + Sync,
) {
    in_chunks(target, CHUNK, |start, target| {
        body(&source[start..start + target.len()], target);
    });
}

/// Runs `body(start, chunk)` on chunks of a slice; a slice of one chunk stays on this thread, because waking another costs
/// more than the work of a small level.
pub(crate) fn in_chunks<T: Send>(
    values: &mut [T],
    size: usize,
    body: impl Fn(usize, &mut [T]) + Sync,
) {
    if values.len() <= size {
        return body(0, values);
    }
    values
        .par_chunks_mut(size)
        .enumerate()
        .for_each(|(chunk, values)| body(chunk * size, values));
}
