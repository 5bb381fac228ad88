//! The arithmetic of rows where each axis has a single conductance: a code says whether a face conducts, no table is needed,
//! and the processor takes as many voxels at once as it can.

use super::{DEAD, Lateral, Stencil, rows::Rows};
use crate::field::{Real, vectorised};

/// The conductance of each axis.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Single<T>(pub(crate) [T; 3]);

/// Codes of a row and its neighbours; `here` has one more code at either end.
#[derive(Debug)]
pub(crate) struct CodeRows<'a> {
    here: &'a [u8],
    south: &'a [u8],
    north: &'a [u8],
    below: &'a [u8],
    above: &'a [u8],
}

/// Where the padded row of codes and the codes beyond a mirror are kept.
#[derive(Debug)]
pub(crate) struct CodeScratch {
    padded: Vec<u8>,
    dead: Vec<u8>,
}

impl CodeScratch {
    pub(crate) fn new(stencil: &Stencil) -> Self {
        let n = stencil.shape[2];
        Self {
            padded: vec![DEAD; n + 2],
            dead: vec![DEAD; n],
        }
    }

    /// Codes of row `y` of unknown plane `z`, ghosts not counted.
    pub(crate) fn rows<'s>(&'s mut self, stencil: &'s Stencil, z: usize, y: usize) -> CodeRows<'s> {
        let (n, here) = (stencil.shape[2], stencil.row(z + 1, y));
        self.padded[1..=n].copy_from_slice(here);
        if stencil.lateral == Lateral::Periodic {
            (self.padded[0], self.padded[n + 1]) = (here[n - 1], here[0]);
        }
        let side = |y: Option<usize>| y.map_or(self.dead.as_slice(), |y| stencil.row(z + 1, y));
        let [south, north] = stencil.neighbours(y).map(side);
        CodeRows {
            here: &self.padded,
            south,
            north,
            below: stencil.row(z, y),
            above: stencil.row(z + 2, y),
        }
    }
}

/// A conductance where there is somebody behind it.
#[inline(always)]
fn face<T: Real>(code: u8, conductance: T) -> T {
    conductance.only(code != DEAD)
}

/// The drop across a face that conducts.
#[inline(always)]
fn drop<T: Real>(code: u8, x: T, beyond: T) -> T {
    (x - beyond).only(code != DEAD)
}

impl<T: Real> Single<T> {
    /// The conductances of a stencil, where each axis has one.
    pub(crate) fn of(stencil: &Stencil) -> Option<Self> {
        Some(Self(stencil.uniform()?.map(T::of)))
    }

    /// Sum of the conductances of every voxel of a row that is not beside the ghosts.
    pub(crate) fn diagonal(&self, codes: &CodeRows<'_>, out: &mut [T]) {
        vectorised(
            #[inline(always)]
            || {
                let n = out.len();
                let Self([first, second, third]) = *self;
                let (west, here, east) =
                    (&codes.here[..n], &codes.here[1..=n], &codes.here[2..n + 2]);
                let (south, north) = (&codes.south[..n], &codes.north[..n]);
                let (below, above) = (&codes.below[..n], &codes.above[..n]);
                for i in 0..n {
                    let across = face(west[i], third) + face(east[i], third);
                    let along = face(south[i], second) + face(north[i], second);
                    let through = face(below[i], first) + face(above[i], first);
                    out[i] = face(here[i], across + along + through);
                }
            },
        );
    }

    /// `out = A x` on a row that is not beside the ghosts.
    pub(crate) fn apply(&self, codes: &CodeRows<'_>, rows: &Rows<'_, T>, out: &mut [T]) {
        vectorised(
            #[inline(always)]
            || self.balance::<false>(codes, rows, out, &mut []),
        );
    }

    /// `out = -A x`, and the dissipation of the faces towards the next voxel of each axis, column by column.
    pub(crate) fn balance_row(
        &self,
        codes: &CodeRows<'_>,
        rows: &Rows<'_, T>,
        out: &mut [T],
        energies: &mut [T],
    ) {
        vectorised(
            #[inline(always)]
            || self.balance::<true>(codes, rows, out, energies),
        );
    }

    #[inline(always)]
    fn balance<const ENERGY: bool>(
        &self,
        codes: &CodeRows<'_>,
        rows: &Rows<'_, T>,
        out: &mut [T],
        energies: &mut [T],
    ) {
        let (n, zero) = (out.len(), T::default());
        let Self([first, second, third]) = *self;
        let (west, here, east) = (&codes.here[..n], &codes.here[1..=n], &codes.here[2..n + 2]);
        let (south, north) = (&codes.south[..n], &codes.north[..n]);
        let (below, above) = (&codes.below[..n], &codes.above[..n]);
        let (xw, x, xe) = (&rows.here[..n], &rows.here[1..=n], &rows.here[2..n + 2]);
        let (xs, xn) = (&rows.south[..n], &rows.north[..n]);
        let (xb, xa) = (&rows.below[..n], &rows.above[..n]);
        let energies = if ENERGY { &mut energies[..n] } else { energies };
        for i in 0..n {
            let c = x[i];
            let (w, e) = (drop(west[i], c, xw[i]), drop(east[i], c, xe[i]));
            let (s, o) = (drop(south[i], c, xs[i]), drop(north[i], c, xn[i]));
            let (b, a) = (drop(below[i], c, xb[i]), drop(above[i], c, xa[i]));
            let sum = third * (w + e) + second * (s + o) + first * (b + a);
            let live = here[i] != DEAD;
            if ENERGY {
                let more = third * (e * e) + second * (o * o) + first * (a * a);
                energies[i] += more.only(live);
                out[i] = (zero - sum).only(live);
            } else {
                out[i] = sum.only(live);
            }
        }
    }

    /// The neighbours' values times their conductances; what is dead must hold zero.
    #[inline(always)]
    fn neighbours(&self, rows: &Rows<'_, T>, n: usize) -> impl Fn(usize) -> T {
        let Self([first, second, third]) = *self;
        let (xw, xe) = (&rows.here[..n], &rows.here[2..n + 2]);
        let (xs, xn) = (&rows.south[..n], &rows.north[..n]);
        let (xb, xa) = (&rows.below[..n], &rows.above[..n]);
        #[inline(always)]
        move |i| third * (xw[i] + xe[i]) + second * (xs[i] + xn[i]) + first * (xb[i] + xa[i])
    }

    /// `out = v + omega D^-1 (b - A v)`, where `omega D^-1 A v` is `omega v` less the neighbours.
    pub(crate) fn sweep(
        &self,
        (omega, damped): (T, &[T]),
        rows: &Rows<'_, T>,
        b: &[T],
        out: &mut [T],
    ) {
        vectorised(
            #[inline(always)]
            || {
                let (n, kept) = (out.len(), T::of(1.0) - omega);
                let (b, damped, v) = (&b[..n], &damped[..n], &rows.here[1..=n]);
                let sum = self.neighbours(rows, n);
                for i in 0..n {
                    out[i] = kept * v[i] + damped[i] * (b[i] + sum(i));
                }
            },
        );
    }
}
