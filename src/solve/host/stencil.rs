//! The finest level on the host: plane by plane, all sweeps of a kernel in one pass over memory.

use super::damped_inverse;
use crate::{
    field::{HostField, Real, Shape, host::pairs, vectorised},
    solve::{
        blocks::Blocks,
        multigrid::{OMEGA, Operator, SWEEPS},
        stencil::{CodeScratch, Planes, Single, Stencil, Tables, Weights},
    },
};
use rayon::prelude::*;
use std::{
    ops::Range,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// The stencil on the host.
pub struct HostStencil<'a, T> {
    stencil: &'a Stencil,
    blocks: &'a Blocks,
    tables: Tables<T>,
    /// Conductances, where each axis has one.
    single: Option<Single<T>>,
    /// `omega / d`, 0 where a voxel has no unknown.
    damped: Vec<T>,
    /// Planes between the steps of a pass, kept from pass to pass.
    rings: Mutex<Vec<Ring<T>>>,
}

/// Three planes in a row.
type Ring<T> = [Vec<T>; 3];

impl<'a, T: Real> HostStencil<'a, T> {
    /// Rounds the tables and sums the diagonal.
    pub fn new(stencil: &'a Stencil, blocks: &'a Blocks) -> Self {
        let mut finest = Self::without_diagonal(stencil, blocks);
        let mut damped = vec![T::default(); stencil.len()];
        damped
            .par_chunks_mut(stencil.plane())
            .enumerate()
            .for_each(|(z, plane)| finest.damped_plane(z, plane));
        finest.damped = damped;
        finest
    }

    /// For those who ask for one plane after the other.
    pub(crate) fn without_diagonal(stencil: &'a Stencil, blocks: &'a Blocks) -> Self {
        Self {
            stencil,
            blocks,
            tables: Tables::new(stencil),
            single: Single::of(stencil),
            damped: Vec::new(),
            rings: Mutex::default(),
        }
    }

    /// `omega / d` of every voxel of a plane.
    pub(crate) fn damped_plane(&self, z: usize, plane: &mut [T]) {
        self.diagonal(z, plane);
        plane.iter_mut().for_each(|d| *d = damped_inverse(*d));
    }

    /// Sum of the conductances of every voxel of a plane.
    fn diagonal(&self, z: usize, plane: &mut [T]) {
        let rows = plane.chunks_mut(self.stencil.shape[2]).enumerate();
        if let Some(single) = self.single_inside(z) {
            let mut codes = CodeScratch::new(self.stencil);
            return rows.for_each(|(y, out)| single.diagonal(&codes.rows(self.stencil, z, y), out));
        }
        let weights = Weights::new(self.stencil, &self.tables);
        let mut row = weights.scratch();
        for (y, out) in rows {
            weights.load(z, y, &mut row);
            row.diagonal(out);
        }
    }

    /// The single conductances, on a plane that is not beside the ghosts.
    fn single_inside(&self, z: usize) -> Option<&Single<T>> {
        let inside = z > 0 && z + 1 < self.stencil.shape[0];
        self.single.as_ref().filter(|_| inside)
    }

    /// `A x` on a plane.
    pub(crate) fn apply_plane(&self, z: usize, x: Planes<'_, T>, out: &mut [T]) {
        let n = self.stencil.shape[2];
        if let Some(single) = self.single_inside(z) {
            let mut codes = CodeScratch::new(self.stencil);
            return x.rows(self.stencil, |y, rows| {
                let codes = codes.rows(self.stencil, z, y);
                single.apply(&codes, rows, &mut out[y * n..][..n]);
            });
        }
        let weights = Weights::new(self.stencil, &self.tables);
        let mut row = weights.scratch();
        x.rows(self.stencil, |y, rows| {
            weights.load(z, y, &mut row);
            row.apply(rows, &mut out[y * n..][..n]);
        });
    }

    /// `r = b - A v` on plane z.
    fn residual_plane(&self, b: &[T], z: usize, v: Planes<'_, T>, r: &mut [T]) {
        self.apply_plane(z, v, r);
        let pairs = r.iter_mut().zip(&b[self.span(z)]);
        vectorised(
            #[inline(always)]
            || pairs.for_each(|(r, &b)| *r = b - *r),
        );
    }

    /// One sweep, `out = v + omega D^-1 (b - A v)`, on plane z.
    fn smooth(&self, b: &[T], z: usize, v: Planes<'_, T>, out: &mut [T]) {
        let (n, span) = (self.stencil.shape[2], self.span(z));
        let (b, damped) = (&b[span.clone()], &self.damped[span]);
        if let Some(single) = &self.single {
            return v.rows(self.stencil, |y, rows| {
                let row = y * n..(y + 1) * n;
                let damping = (T::of(OMEGA), &damped[row.clone()]);
                single.sweep(damping, rows, &b[row.clone()], &mut out[row]);
            });
        }
        self.apply_plane(z, v, out);
        for (((out, &v), &b), &damped) in out.iter_mut().zip(v.here).zip(b).zip(damped) {
            *out = v + damped * (b - *out);
        }
    }

    /// Place of a plane in a field.
    fn span(&self, z: usize) -> Range<usize> {
        let size = self.stencil.plane();
        z * size..(z + 1) * size
    }

    /// One of the sweeps from zero, the first of which is `v = omega D^-1 b`.
    fn sweep(&self, number: usize, b: &[T], z: usize, v: Planes<'_, T>, out: &mut [T]) {
        if number == 0 {
            self.first_sweep(b, z, out);
        } else {
            self.smooth(b, z, v, out);
        }
    }

    /// `v = omega D^-1 b` on plane z.
    fn first_sweep(&self, b: &[T], z: usize, v: &mut [T]) {
        let span = self.span(z);
        let all = v.iter_mut().zip(&b[span.clone()]).zip(&self.damped[span]);
        vectorised(
            #[inline(always)]
            || all.for_each(|((v, &b), &damped)| *v = b * damped),
        );
    }

    /// `v += alpha P e` on plane z, but not in dead voxels.
    fn correct(&self, (alpha, e): (T, &[T]), z: usize, v: &mut [T]) {
        let n = self.stencil.shape[2];
        let (mut correction, zero) = (vec![T::default(); n], T::default());
        for (y, v) in v.chunks_mut(n).enumerate() {
            let start = (z * self.stencil.shape[1] + y) * n;
            let damped = &self.damped[start..][..n];
            self.blocks.spread(self.stencil, (z, y), e, &mut correction);
            let all = v.iter_mut().zip(damped).zip(&correction);
            vectorised(
                #[inline(always)]
                || all.for_each(|((v, &damped), &e)| *v = (*v + alpha * e).only(damped > zero)),
            );
        }
    }
}

impl<T: Real> Operator for HostStencil<'_, T> {
    type Field = HostField<T>;

    fn shape(&self) -> Shape {
        Shape {
            planes: self.stencil.shape[0],
            plane: self.stencil.plane(),
            components: 1,
        }
    }

    fn apply(&self, x: &mut HostField<T>, y: &mut HostField<T>) {
        let size = self.stencil.plane();
        let zeros = vec![T::default(); size];
        let plane = |z: usize| x.data.get(z * size..(z + 1) * size).unwrap_or(&zeros);
        y.data
            .par_chunks_mut(size)
            .enumerate()
            .for_each(|(z, out)| {
                let below = if z == 0 { &zeros } else { plane(z - 1) };
                let planes = Planes {
                    below,
                    here: plane(z),
                    above: plane(z + 1),
                };
                self.apply_plane(z, planes, out);
            });
    }

    fn residual(&self, b: &HostField<T>, x: &mut HostField<T>, r: &mut HostField<T>) {
        self.apply(x, r);
        pairs(&b.data, &mut r.data, |b, r| {
            r.iter_mut().zip(b).for_each(|(r, &b)| *r = b - *r)
        });
    }

    fn restrict(&self, b: &mut HostField<T>, _x: &mut HostField<T>, coarse: &mut HostField<T>) {
        let (depth, size, b) = (self.stencil.shape[0], self.stencil.plane(), &b.data);
        let thick = thickness(depth);
        let pieces = self.blocks.split(thick / 2, &mut coarse.data);
        let tasks = pieces.into_par_iter().enumerate();
        tasks.for_each(|(task, (base, coarse))| {
            let planes = task * thick..((task + 1) * thick).min(depth);
            let mut residuals = [vec![T::default(); size], vec![T::default(); size]];
            let sweep = |number, z, v: Planes<'_, T>, out: &mut [T]| {
                self.sweep(number, b, z, v, out);
            };
            self.cascade(planes, (SWEEPS, sweep), |z, v| {
                self.residual_plane(b, z, v, &mut residuals[z % 2]);
                if z % 2 == 1 || z + 1 == depth {
                    let both = residuals.each_ref().map(Vec::as_slice);
                    let place = (z / 2, base);
                    self.blocks
                        .gather(place, &both[..z % 2 + 1], self.stencil, coarse);
                }
            });
        });
    }

    fn prolong(&self, b: &HostField<T>, (alpha, e): (f64, &HostField<T>), x: &mut HostField<T>) {
        let (depth, size, b) = (self.stencil.shape[0], self.stencil.plane(), &b.data);
        let (thick, correction) = (thickness(depth), (T::of(alpha), e.data.as_slice()));
        let sweep = |number, z, v: Planes<'_, T>, out: &mut [T]| {
            self.sweep(number, b, z, v, out);
            if number + 1 == SWEEPS {
                self.correct(correction, z, out);
            }
        };
        let tasks = x.data.par_chunks_mut(thick * size).enumerate();
        tasks.for_each(|(task, x)| {
            let first = task * thick;
            let planes = first..(first + thick).min(depth);
            self.cascade(planes, (2 * SWEEPS - 1, sweep), |z, v| {
                self.smooth(b, z, v, &mut x[(z - first) * size..][..size]);
            });
        });
    }
}

/// Planes per task: even, so that no block is cut, and as many as leave each thread a few tasks, because tasks repeat what
/// their neighbours do at the seams.
fn thickness(depth: usize) -> usize {
    const LEAST: usize = 8;
    const MOST: usize = 32;
    let tasks = 4 * rayon::current_num_threads();
    (depth / tasks).next_multiple_of(2).clamp(LEAST, MOST)
}

impl<T: Real> HostStencil<'_, T> {
    /// Takes a stack of planes through several steps in one pass, so that what lies between stays in cache: each step follows
    /// one plane behind the one before, and keeps three planes for the next. `step(number, z, planes, out)` makes plane z from
    /// three of the step before, `sink(z, planes)` gets those of the last; outside the volume everything is zero.
    fn cascade(
        &self,
        planes: Range<usize>,
        (steps, step): (usize, impl Fn(usize, usize, Planes<'_, T>, &mut [T])),
        mut sink: impl FnMut(usize, Planes<'_, T>),
    ) {
        let depth = self.stencil.shape[0];
        let mut rings = self.take_rings(steps);
        for tick in 0..planes.len() + 2 * steps {
            for number in 0..steps.min(tick / 2 + 1) {
                let (before, from_here) = rings.split_at_mut(number);
                let ring = &mut from_here[0];
                ring.rotate_left(1);
                let inside = (planes.start + tick).checked_sub(steps + number);
                match inside.filter(|&z| z < depth) {
                    Some(z) => step(number, z, Planes::of(before.last()), &mut ring[2]),
                    None => ring[2].fill(T::default()),
                }
            }
            if let Some(behind) = tick.checked_sub(2 * steps) {
                sink(planes.start + behind, Planes::of(rings.last()));
            }
        }
        self.pool().append(&mut rings);
    }

    fn take_rings(&self, count: usize) -> Vec<Ring<T>> {
        let mut pool = self.pool();
        let kept = pool.len().saturating_sub(count);
        let mut rings = pool.split_off(kept);
        drop(pool);
        let plane = || vec![T::default(); self.stencil.plane()];
        rings.resize_with(count, || std::array::from_fn(|_| plane()));
        rings
    }

    fn pool(&self) -> MutexGuard<'_, Vec<Ring<T>>> {
        self.rings.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
