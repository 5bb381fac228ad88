//! Planes of what follows from a potential, one after the other, while they are in cache: its residual r, the sweeps
//! `v = omega D^-1 r`, `v += omega D^-1 (r - A v)`, with a correction from below among them, and `A v`, each from three planes of
//! the one before.
//!
//! Planes are counted with the ghosts, so the first with unknowns is 1.

use super::live::Live;
use crate::{
    field::Real,
    solve::{
        blocks::Blocks,
        host::HostStencil,
        multigrid::SWEEPS,
        stencil::{Planes, Stencil},
    },
};
use rayon::prelude::*;
use std::ops::Range;

/// Planes per task; even, so that no block is cut. The more, the less is computed twice: a plane for each sweep at either end.
pub(super) const PLANES: usize = 32;

/// The finest level.
pub(super) struct Finest<'a> {
    pub(super) stencil: &'a Stencil,
    pub(super) blocks: &'a Blocks,
    pub(super) kernels: HostStencil<'a, f32>,
    pub(super) live: Live,
    /// Potentials of the ghosts.
    pub(super) ends: [f64; 2],
}

impl<'a> Finest<'a> {
    pub(super) fn new(stencil: &'a Stencil, blocks: &'a Blocks, ends: [f64; 2]) -> Self {
        Self {
            stencil,
            blocks,
            kernels: HostStencil::without_diagonal(stencil, blocks),
            live: Live::new(stencil),
            ends,
        }
    }

    /// Planes of a task.
    pub(super) fn task(&self, task: usize) -> Range<usize> {
        let first = 1 + task * PLANES;
        first..(first + PLANES).min(self.stencil.shape[0] + 1)
    }

    /// Makes a plane of a vector with these values in the ghosts.
    pub(super) fn load<T: Real>(
        &self,
        (vector, ends): (&[f32], [T; 2]),
        place: usize,
        ring: &mut Ring<T>,
    ) {
        let plane = ring.at_mut(place);
        match place {
            0 => plane.fill(ends[0]),
            place if place > self.stencil.shape[0] => plane.fill(ends[1]),
            place => self.live.expand(self.stencil, place - 1, vector, plane),
        }
    }

    /// `body(z, planes, scratch)` for every plane of a vector with these values in the ghosts, in order.
    pub(super) fn by_plane<T: Real, R: Send>(
        &self,
        vector: (&[f32], [T; 2]),
        body: impl Fn(usize, Planes<'_, T>, &mut Vec<T>) -> R + Sync,
    ) -> Vec<R> {
        let tasks = (0..self.stencil.shape[0].div_ceil(PLANES)).into_par_iter();
        let parts = tasks.map_init(
            || (Ring::new(self.stencil.plane()), Vec::new()),
            |(ring, scratch), task| {
                let planes = self.task(task);
                self.load(vector, planes.start - 1, ring);
                self.load(vector, planes.start, ring);
                let parts = planes.map(|place| {
                    self.load(vector, place + 1, ring);
                    body(place - 1, ring.around(place), scratch)
                });
                parts.collect::<Vec<R>>()
            },
        );
        parts.collect::<Vec<_>>().into_iter().flatten().collect()
    }

    /// Sums a pair of planes over layers once both are there; `coarse` begins with unknown `base`.
    pub(super) fn gather_pair<T: Real>(
        &self,
        (place, base): (usize, usize),
        pair: &[T],
        coarse: &mut [T],
    ) {
        let (z, size) = (place - 1, self.stencil.plane());
        if z % 2 == 1 || place == self.stencil.shape[0] {
            let planes: [&[T]; 2] = [&pair[..size], &pair[size..]];
            let target = (z / 2, base);
            self.blocks
                .gather(target, &planes[..=z % 2], self.stencil, coarse);
        }
    }
}

/// The last few planes of something.
pub(super) struct Ring<T>(Vec<Vec<T>>);

impl<T: Real> Ring<T> {
    /// For three planes of `size` numbers.
    pub(super) fn new(size: usize) -> Self {
        Self::of(3, size)
    }

    fn of(planes: usize, size: usize) -> Self {
        Self(vec![vec![T::default(); size]; planes])
    }

    /// A plane among the last.
    pub(super) fn at(&self, place: usize) -> &[T] {
        &self.0[place % self.0.len()]
    }

    /// Room for a plane, in place of the oldest.
    pub(super) fn at_mut(&mut self, place: usize) -> &mut [T] {
        let planes = self.0.len();
        &mut self.0[place % planes]
    }

    /// A plane and its neighbours.
    pub(super) fn around(&self, place: usize) -> Planes<'_, T> {
        Planes {
            below: self.at(place - 1),
            here: self.at(place),
            above: self.at(place + 1),
        }
    }
}

/// What is known of a plane at the end of the cascade; all numbers are 0 in dead voxels.
pub(super) struct Plane<'r> {
    /// The potential.
    pub(super) potential: &'r [f32],
    /// r.
    pub(super) residual: &'r [f32],
    /// v after the last sweep.
    pub(super) swept: &'r [f32],
    /// `omega D^-1`.
    damped: &'r [f32],
    /// `A v`.
    product: &'r [f32],
}

impl Plane<'_> {
    /// `r - A v`, what the sweeps leave.
    pub(super) fn left(&self, out: &mut [f32]) {
        let pairs = self.residual.iter().zip(self.product);
        out.iter_mut()
            .zip(pairs)
            .for_each(|(out, (r, p))| *out = r - p);
    }

    /// `v + omega D^-1 (r - A v)`: one sweep more, at the end of the cycle z.
    pub(super) fn sweep(&self, out: &mut [f32]) {
        let left = self.residual.iter().zip(self.product);
        let swept = self.swept.iter().zip(self.damped);
        for ((out, (r, p)), (v, d)) in out.iter_mut().zip(left).zip(swept) {
            *out = v + d * (r - p);
        }
    }
}

/// The planes at work; reused between passes. Sweep n is n planes behind the residual.
pub(super) struct Cascade {
    potential: Ring<f32>,
    residual: Ring<f32>,
    damped: Ring<f32>,
    swept: Vec<Ring<f32>>,
    product: Vec<f32>,
}

/// Sweeps from zero before the correction.
pub(super) const BEFORE: usize = SWEEPS;
// The correction comes with the last of several sweeps.
const _: () = assert!(SWEEPS > 1);
/// Sweeps but for the last of the cycle, which [`Plane::sweep`] makes.
pub(super) const ALL: usize = 2 * SWEEPS - 1;

impl Cascade {
    /// For planes of `size` voxels and so many sweeps.
    pub(super) fn new(sweeps: usize, size: usize) -> Self {
        let deep = || Ring::of(sweeps + 2, size);
        Self {
            potential: deep(),
            residual: deep(),
            damped: deep(),
            swept: (0..sweeps).map(|_| Ring::new(size)).collect(),
            product: vec![0.0; size],
        }
    }

    /// Hands the planes `targets` to `sink` in order; the correction from below is `(alpha, e)`.
    pub(super) fn run(
        &mut self,
        finest: &Finest<'_>,
        (x, correction): (&[f32], Option<(f32, &[f32])>),
        targets: Range<usize>,
        mut sink: impl FnMut(usize, &Plane<'_>),
    ) {
        let (depth, sweeps) = (finest.stencil.shape[0], self.swept.len());
        let potential = (x, finest.ends.map(f32::of));
        let first = targets.start.saturating_sub(sweeps);
        for place in first.saturating_sub(1)..=first {
            finest.load(potential, place, &mut self.potential);
        }
        for place in first..targets.end + sweeps {
            if place <= depth {
                finest.load(potential, place + 1, &mut self.potential);
            }
            self.first_sweep(finest, place);
            for number in 1..sweeps {
                // What lies before the first planes is not known, unless they are ghosts.
                let known = place >= first + 2 * number || first == 0;
                if let Some(place) = place.checked_sub(number).filter(|_| known) {
                    self.next_sweep(finest, (number, correction), place);
                }
            }
            if let Some(place) = place.checked_sub(sweeps).filter(|p| targets.contains(p)) {
                sink(place, &self.plane(finest, sweeps - 1, place));
            }
        }
    }

    /// r and the first sweep on a plane.
    fn first_sweep(&mut self, finest: &Finest<'_>, place: usize) {
        let swept = self.swept[0].at_mut(place);
        if place == 0 || place > finest.stencil.shape[0] {
            return swept.fill(0.0);
        }
        let (residual, damped) = (self.residual.at_mut(place), self.damped.at_mut(place));
        let (z, potential) = (place - 1, self.potential.around(place));
        finest.kernels.damped_plane(z, damped);
        finest.kernels.apply_plane(z, potential, residual);
        for ((v, r), d) in swept.iter_mut().zip(residual).zip(damped) {
            *r = -*r;
            *v = *d * *r;
        }
    }

    /// Another sweep on a plane; the last before the correction takes that, too.
    fn next_sweep(
        &mut self,
        finest: &Finest<'_>,
        (number, correction): (usize, Option<(f32, &[f32])>),
        place: usize,
    ) {
        let inside = (1..=finest.stencil.shape[0]).contains(&place);
        let mut out = std::mem::take(&mut self.swept[number].0[place % 3]);
        if inside {
            self.plane(finest, number - 1, place).sweep(&mut out);
        } else {
            out.fill(0.0);
        }
        if let Some(correction) = correction.filter(|_| inside && number + 1 == BEFORE) {
            correct(finest, correction, place, (self.damped.at(place), &mut out));
        }
        self.swept[number].0[place % 3] = out;
    }

    /// A plane after one of the sweeps.
    fn plane(&mut self, finest: &Finest<'_>, number: usize, place: usize) -> Plane<'_> {
        let swept = &self.swept[number];
        finest
            .kernels
            .apply_plane(place - 1, swept.around(place), &mut self.product);
        Plane {
            potential: self.potential.at(place),
            residual: self.residual.at(place),
            swept: swept.at(place),
            damped: self.damped.at(place),
            product: &self.product,
        }
    }
}

/// `v += alpha P e` on a plane, where a voxel has an unknown.
fn correct(
    finest: &Finest<'_>,
    (alpha, e): (f32, &[f32]),
    place: usize,
    (damped, swept): (&[f32], &mut [f32]),
) {
    let (z, n) = (place - 1, finest.stencil.shape[2]);
    let mut spread = vec![0.0; n];
    for (y, (v, damped)) in swept.chunks_mut(n).zip(damped.chunks(n)).enumerate() {
        finest.blocks.spread(finest.stencil, (z, y), e, &mut spread);
        for ((v, &d), e) in v.iter_mut().zip(damped).zip(&spread) {
            let value = *v + alpha * e;
            *v = if d > 0.0 { value } else { 0.0 };
        }
    }
}
