//! The arithmetic of the stencil on one row of voxels at a time.

use super::{DEAD, Lateral, PairTable, Stencil, TABLE, pair};
use crate::field::Real;

/// Conductances of one row towards its six neighbours.
#[derive(Debug)]
pub(crate) struct RowWeights<T> {
    /// `shape[2] + 1` faces across the row: before the first voxel, between, behind the last.
    across: Vec<T>,
    south: Vec<T>,
    north: Vec<T>,
    below: Vec<T>,
    above: Vec<T>,
}

/// The tables of a stencil, rounded to the precision of a pass.
#[derive(Debug)]
pub(crate) struct Tables<T> {
    axes: [Lookup<T>; 3],
    /// First axis between a voxel and a ghost.
    ends: Box<[T; TABLE]>,
}

/// Conductances of one axis between voxels that are not ghosts.
#[derive(Debug)]
enum Lookup<T> {
    /// Every pair of live codes has the same: a comparison instead of a table, which vectorises.
    Same(T),
    /// One per pair.
    Pairs(Box<[T; TABLE]>),
}

impl<T: Real> Tables<T> {
    /// Rounds the tables of a stencil.
    pub(crate) fn new(stencil: &Stencil) -> Self {
        let live = stencil.live_codes();
        let axes = std::array::from_fn(|axis| match stencil.same(axis, &live) {
            Some(k) => Lookup::Same(T::of(k)),
            None => Lookup::Pairs(rounded(&stencil.tables[axis])),
        });
        Self {
            axes,
            ends: rounded(&stencil.tables[0]),
        }
    }
}

impl<T: Real> Lookup<T> {
    fn load(&self, a: &[u8], b: &[u8], out: &mut [T]) {
        match self {
            Self::Same(k) => {
                let zero = T::default();
                for ((out, &a), &b) in out.iter_mut().zip(a).zip(b) {
                    *out = if (a != DEAD) & (b != DEAD) { *k } else { zero };
                }
            }
            Self::Pairs(table) => lookup(table, a, b, out),
        }
    }
}

fn lookup<T: Real>(table: &[T; TABLE], a: &[u8], b: &[u8], out: &mut [T]) {
    for ((out, &a), &b) in out.iter_mut().zip(a).zip(b) {
        *out = table[pair(a, b)];
    }
}

fn rounded<T: Real>(table: &PairTable) -> Box<[T; TABLE]> {
    let rounded: Box<[T]> = table.iter().map(|&k| T::of(k)).collect();
    rounded.try_into().expect("a pair table has TABLE entries")
}

/// Makes the conductances of rows.
#[derive(Debug)]
pub(crate) struct Weights<'a, T> {
    stencil: &'a Stencil,
    tables: &'a Tables<T>,
}

impl<'a, T: Real> Weights<'a, T> {
    pub(crate) fn new(stencil: &'a Stencil, tables: &'a Tables<T>) -> Self {
        Self { stencil, tables }
    }

    pub(crate) fn scratch(&self) -> RowWeights<T> {
        let n = self.stencil.shape[2];
        let row = || vec![T::default(); n];
        RowWeights {
            across: vec![T::default(); n + 1],
            south: row(),
            north: row(),
            below: row(),
            above: row(),
        }
    }

    /// Fills the conductances of row `y` of unknown plane `z` (ghosts not counted). Rows of a plane come in order: what
    /// was north of one is south of the next.
    pub(crate) fn load(&self, z: usize, y: usize, out: &mut RowWeights<T>) {
        let [_, second, third] = &self.tables.axes;
        let (stencil, n) = (self.stencil, self.stencil.shape[2]);
        let here = stencil.row(z + 1, y);
        self.first_axis(z, here, y, &mut out.below);
        self.first_axis(z + 2, here, y, &mut out.above);
        let [south, north] = stencil.neighbours(y);
        let side = |row: Option<usize>, weights: &mut Vec<T>| match row {
            Some(row) => second.load(here, stencil.row(z + 1, row), weights),
            None => weights.fill(T::default()),
        };
        if y == 0 {
            side(south, &mut out.south);
        } else {
            std::mem::swap(&mut out.south, &mut out.north);
        }
        side(north, &mut out.north);
        third.load(&here[..n - 1], &here[1..], &mut out.across[1..n]);
        let seam = match stencil.lateral {
            Lateral::Periodic => {
                let mut seam = [T::default()];
                third.load(&here[n - 1..], &here[..1], &mut seam);
                seam[0]
            }
            Lateral::Mirror => T::default(),
        };
        out.across[0] = seam;
        out.across[n] = seam;
    }

    /// Conductances towards another plane, which may be ghosts.
    fn first_axis(&self, other: usize, codes: &[u8], y: usize, out: &mut [T]) {
        let beyond = self.stencil.row(other, y);
        if other == 0 || other == self.stencil.shape[0] + 1 {
            lookup(&self.tables.ends, codes, beyond, out);
        } else {
            self.tables.axes[0].load(codes, beyond, out);
        }
    }
}

impl<T: Real> RowWeights<T> {
    /// Sum of the six conductances.
    pub(crate) fn diagonal(&self, out: &mut [T]) {
        let n = out.len();
        let (west, east) = (&self.across[..n], &self.across[1..=n]);
        let (south, north) = (&self.south[..n], &self.north[..n]);
        let (below, above) = (&self.below[..n], &self.above[..n]);
        for i in 0..n {
            out[i] = west[i] + east[i] + (south[i] + north[i]) + (below[i] + above[i]);
        }
    }

    /// `out = A x` on one row, from the row itself and its four neighbouring rows.
    pub(crate) fn apply(&self, rows: &Rows<'_, T>, out: &mut [T]) {
        let n = out.len();
        let (west, east) = (&self.across[..n], &self.across[1..=n]);
        let (south, north) = (&self.south[..n], &self.north[..n]);
        let (below, above) = (&self.below[..n], &self.above[..n]);
        let (xw, x, xe) = (&rows.here[..n], &rows.here[1..=n], &rows.here[2..n + 2]);
        let (xs, xn) = (&rows.south[..n], &rows.north[..n]);
        let (xb, xa) = (&rows.below[..n], &rows.above[..n]);
        for i in 0..n {
            let c = x[i];
            let across = west[i] * (c - xw[i]) + east[i] * (c - xe[i]);
            let second = south[i] * (c - xs[i]) + north[i] * (c - xn[i]);
            let first = below[i] * (c - xb[i]) + above[i] * (c - xa[i]);
            out[i] = across + second + first;
        }
    }

    /// Adds the dissipation of the faces towards the next voxel of each axis, column by column.
    pub(crate) fn energy(&self, rows: &Rows<'_, T>, sums: &mut [T]) {
        let n = sums.len();
        let (east, north, above) = (&self.across[1..=n], &self.north[..n], &self.above[..n]);
        let (x, xe) = (&rows.here[1..=n], &rows.here[2..n + 2]);
        let (xn, xa) = (&rows.north[..n], &rows.above[..n]);
        for i in 0..n {
            let (a, b, c) = (x[i] - xe[i], x[i] - xn[i], x[i] - xa[i]);
            sums[i] += east[i] * a * a + north[i] * b * b + above[i] * c * c;
        }
    }

    /// Adds the dissipation of the faces towards the plane below, column by column.
    pub(crate) fn energy_below(&self, rows: &Rows<'_, T>, sums: &mut [f64]) {
        let here = &rows.here[1..=self.below.len()];
        let faces = self.below.iter().zip(here.iter().zip(rows.below));
        for (sum, (w, (&a, &b))) in sums.iter_mut().zip(faces) {
            *sum += w.wide() * (a - b).wide() * (a - b).wide();
        }
    }

    /// Current through the faces towards the plane below (above), positive out of the row.
    pub(crate) fn current(&self, rows: &Rows<'_, T>, side: Side) -> f64 {
        let n = self.south.len();
        let (weights, other) = match side {
            Side::Below => (&self.below, rows.below),
            Side::Above => (&self.above, rows.above),
        };
        let here = &rows.here[1..=n];
        (0..n)
            .map(|i| weights[i].wide() * (here[i].wide() - other[i].wide()))
            .sum()
    }
}

/// A side along the first axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// Towards the plane before.
    Below,
    /// Towards the plane after.
    Above,
}

/// Values of a row and its neighbours; `here` has one more number at either end, for the neighbours across.
#[derive(Debug)]
pub(crate) struct Rows<'a, T> {
    pub(crate) here: &'a [T],
    pub(crate) south: &'a [T],
    pub(crate) north: &'a [T],
    pub(crate) below: &'a [T],
    pub(crate) above: &'a [T],
}

/// Three neighbouring planes of values.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Planes<'a, T> {
    pub(crate) below: &'a [T],
    pub(crate) here: &'a [T],
    pub(crate) above: &'a [T],
}

impl<'a, T: Real> Planes<'a, T> {
    /// Three planes in order; empty where there are none.
    pub(crate) fn of(planes: Option<&'a [Vec<T>; 3]>) -> Self {
        let [below, here, above] = planes.map_or([[].as_slice(); 3], |planes| {
            planes.each_ref().map(Vec::as_slice)
        });
        Self { below, here, above }
    }

    /// Calls `body` with every row of the middle plane; beyond a mirror are zeros.
    pub(crate) fn rows(&self, stencil: &Stencil, mut body: impl FnMut(usize, &Rows<'_, T>)) {
        let n = stencil.shape[2];
        let (mut padded, zeros) = (vec![T::default(); n + 2], vec![T::default(); n]);
        for y in 0..stencil.shape[1] {
            let row = |plane: &'_ [T]| -> std::ops::Range<usize> {
                debug_assert_eq!(plane.len(), stencil.plane());
                y * n..(y + 1) * n
            };
            let here = &self.here[row(self.here)];
            padded[1..=n].copy_from_slice(here);
            if stencil.lateral == Lateral::Periodic {
                (padded[0], padded[n + 1]) = (here[n - 1], here[0]);
            }
            let side =
                |y: Option<usize>| y.map_or(zeros.as_slice(), |y| &self.here[y * n..(y + 1) * n]);
            let [south, north] = stencil.neighbours(y).map(side);
            body(
                y,
                &Rows {
                    here: &padded,
                    south,
                    north,
                    below: &self.below[row(self.below)],
                    above: &self.above[row(self.above)],
                },
            );
        }
    }
}
