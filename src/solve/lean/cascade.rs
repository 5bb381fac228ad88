//! Planes of what follows from a potential, one after the other, while they are in cache: its residual r, the sweep `v = omega D^-1 r`
//! with or without a correction from below, and `A v`, each from three planes of the one before.
//!
//! Planes are counted with the ghosts, so the first with unknowns is 1.

use super::live::Live;
use crate::{
    field::Real,
    solve::{
        blocks::Blocks,
        host::HostStencil,
        stencil::{Planes, Stencil},
    },
};
use rayon::prelude::*;
use std::ops::Range;

/// Planes per task; even, so that no block is cut. The more, the less is computed twice: two planes at either end.
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

/// The last three planes of something.
pub(super) struct Ring<T>([Vec<T>; 3]);

impl<T: Real> Ring<T> {
    /// For planes of `size` numbers.
    pub(super) fn new(size: usize) -> Self {
        Self(std::array::from_fn(|_| vec![T::default(); size]))
    }

    /// A plane among the last three.
    pub(super) fn at(&self, place: usize) -> &[T] {
        &self.0[place % 3]
    }

    /// Room for a plane, in place of that three before.
    pub(super) fn at_mut(&mut self, place: usize) -> &mut [T] {
        &mut self.0[place % 3]
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
    /// v.
    pub(super) swept: &'r [f32],
    /// `omega D^-1`.
    damped: &'r [f32],
    /// `A v`.
    product: &'r [f32],
}

impl Plane<'_> {
    /// `r - A v`, what the sweep leaves.
    pub(super) fn left(&self, out: &mut [f32]) {
        let pairs = self.residual.iter().zip(self.product);
        out.iter_mut()
            .zip(pairs)
            .for_each(|(out, (r, p))| *out = r - p);
    }

    /// `z = v + omega D^-1 (r - A v)`, the end of the cycle where v was corrected.
    pub(super) fn preconditioned(&self, out: &mut [f32]) {
        let left = self.residual.iter().zip(self.product);
        let swept = self.swept.iter().zip(self.damped);
        for ((out, (r, p)), (v, d)) in out.iter_mut().zip(left).zip(swept) {
            *out = v + d * (r - p);
        }
    }
}

/// The planes at work; reused between passes.
pub(super) struct Cascade {
    potential: Ring<f32>,
    residual: Ring<f32>,
    damped: Ring<f32>,
    swept: Ring<f32>,
    product: Vec<f32>,
}

impl Cascade {
    /// For planes of `size` voxels.
    pub(super) fn new(size: usize) -> Self {
        Self {
            potential: Ring::new(size),
            residual: Ring::new(size),
            damped: Ring::new(size),
            swept: Ring::new(size),
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
        let depth = finest.stencil.shape[0];
        let potential = (x, finest.ends.map(f32::of));
        let first = targets.start - 1;
        if first > 0 {
            finest.load(potential, first - 1, &mut self.potential);
        }
        finest.load(potential, first, &mut self.potential);
        for place in first..=targets.end {
            if place <= depth {
                finest.load(potential, place + 1, &mut self.potential);
            }
            self.sweep(finest, correction, place);
            if place > targets.start {
                self.hand_over(finest, place - 1, &mut sink);
            }
        }
    }

    fn hand_over(
        &mut self,
        finest: &Finest<'_>,
        place: usize,
        sink: &mut impl FnMut(usize, &Plane<'_>),
    ) {
        let swept = self.swept.around(place);
        finest
            .kernels
            .apply_plane(place - 1, swept, &mut self.product);
        let plane = Plane {
            potential: self.potential.at(place),
            residual: self.residual.at(place),
            swept: self.swept.at(place),
            damped: self.damped.at(place),
            product: &self.product,
        };
        sink(place, &plane);
    }

    /// r and v of a plane.
    fn sweep(&mut self, finest: &Finest<'_>, correction: Option<(f32, &[f32])>, place: usize) {
        let swept = self.swept.at_mut(place);
        if place == 0 || place > finest.stencil.shape[0] {
            return swept.fill(0.0);
        }
        let (residual, damped) = (self.residual.at_mut(place), self.damped.at_mut(place));
        let (z, potential) = (place - 1, self.potential.around(place));
        finest.kernels.damped_plane(z, damped);
        finest.kernels.apply_plane(z, potential, residual);
        for ((v, r), d) in swept.iter_mut().zip(residual).zip(&*damped) {
            *r = -*r;
            *v = d * *r;
        }
        if let Some(correction) = correction {
            correct(finest, correction, z, (damped, swept));
        }
    }
}

/// `v += alpha P e` on plane z, where a voxel has an unknown.
fn correct(
    finest: &Finest<'_>,
    (alpha, e): (f32, &[f32]),
    z: usize,
    (damped, swept): (&[f32], &mut [f32]),
) {
    let n = finest.stencil.shape[2];
    let mut spread = vec![0.0; n];
    for (y, (v, damped)) in swept.chunks_mut(n).zip(damped.chunks(n)).enumerate() {
        let start = finest.stencil.index([z, y, 0]);
        let layers = &finest.blocks.layers[start..start + n];
        finest.blocks.spread((z, y), layers, e, &mut spread);
        for ((v, &d), e) in v.iter_mut().zip(damped).zip(&spread) {
            let value = *v + alpha * e;
            *v = if d > 0.0 { value } else { 0.0 };
        }
    }
}
