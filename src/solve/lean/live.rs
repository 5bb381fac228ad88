//! Vectors that hold the voxels with an unknown alone, row by row, one behind the other.

use crate::{
    field::Real,
    solve::stencil::{DEAD, Stencil},
};
use rayon::prelude::*;

/// Where the voxels of every row lie in such a vector.
#[derive(Debug)]
pub(super) struct Live {
    /// Rows of a plane.
    rows: usize,
    /// Place of the first voxel of each row, and the end.
    starts: Vec<usize>,
}

impl Live {
    /// Counts the live voxels of every row.
    pub(super) fn new(stencil: &Stencil) -> Self {
        let [depth, rows, _] = stencil.shape;
        let count = |row: usize| {
            let codes = stencil.row(row / rows + 1, row % rows);
            codes.iter().filter(|&&code| code != DEAD).count()
        };
        let counts: Vec<usize> = (0..depth * rows)
            .into_par_iter()
            .with_min_len(rows)
            .map(count)
            .collect();
        let mut starts = Vec::with_capacity(counts.len() + 1);
        starts.push(0);
        let mut end = 0;
        starts.extend(counts.into_iter().map(|count| {
            end += count;
            end
        }));
        Self { rows, starts }
    }

    /// Length of a vector.
    pub(super) fn len(&self) -> usize {
        self.starts[self.starts.len() - 1]
    }

    /// A vector whose numbers depend on the plane alone.
    pub(super) fn filled(
        &self,
        stencil: &Stencil,
        value: impl Fn(usize) -> f64 + Sync,
    ) -> Vec<f32> {
        let mut vector = vec![0.0; self.len()];
        let planes = self.split(1, &mut vector).into_par_iter();
        debug_assert_eq!(planes.len(), stencil.shape[0]);
        planes
            .enumerate()
            .for_each(|(z, (_, plane))| plane.fill(f32::of(value(z))));
        vector
    }

    /// Cuts a vector after every `planes` planes; each piece comes with the place of its first number.
    pub(super) fn split<'v>(
        &self,
        planes: usize,
        mut vector: &'v mut [f32],
    ) -> Vec<(usize, &'v mut [f32])> {
        let last = self.starts.len() - 1;
        let mut pieces = Vec::with_capacity(last.div_ceil(planes * self.rows));
        for row in (0..last).step_by(planes * self.rows) {
            let (start, end) = (
                self.starts[row],
                self.starts[(row + planes * self.rows).min(last)],
            );
            let (piece, rest) = vector.split_at_mut(end - start);
            pieces.push((start, piece));
            vector = rest;
        }
        pieces
    }

    /// Plane z of a vector, 0 where a voxel is dead.
    pub(super) fn expand<T: Real>(
        &self,
        stencil: &Stencil,
        z: usize,
        vector: &[f32],
        out: &mut [T],
    ) {
        let rows = out.chunks_mut(stencil.shape[2]).enumerate();
        for (y, out) in rows {
            let row = z * self.rows + y;
            let packed = &vector[self.starts[row]..self.starts[row + 1]];
            unpack(stencil.row(z + 1, y), packed, out);
        }
    }

    /// All of a vector, 0 where a voxel is dead.
    pub(super) fn expanded(&self, stencil: &Stencil, vector: &[f32]) -> Vec<f32> {
        let mut all = vec![0.0; stencil.len()];
        let planes = all.par_chunks_mut(stencil.plane()).enumerate();
        planes.for_each(|(z, plane)| self.expand(stencil, z, vector, plane));
        all
    }

    /// `body(a, b, number)` for the live voxels of plane z, a and b from whole planes; `piece` begins at `base`.
    pub(super) fn each(
        &self,
        stencil: &Stencil,
        z: usize,
        [a, b]: [&[f32]; 2],
        (base, piece): (usize, &mut [f32]),
        body: &impl Fn(f32, f32, &mut f32),
    ) {
        let n = stencil.shape[2];
        for y in 0..self.rows {
            let row = z * self.rows + y;
            let packed = &mut piece[self.starts[row] - base..self.starts[row + 1] - base];
            let mut packed = packed.iter_mut();
            let (a, b) = (&a[y * n..][..n], &b[y * n..][..n]);
            for ((&code, &a), &b) in stencil.row(z + 1, y).iter().zip(a).zip(b) {
                if code != DEAD
                    && let Some(number) = packed.next()
                {
                    body(a, b, number);
                }
            }
        }
    }
}

/// A row of live voxels among all. Without a branch on what is live, which the processor would guess wrongly.
fn unpack<T: Real>(codes: &[u8], packed: &[f32], out: &mut [T]) {
    let Some(last) = packed.len().checked_sub(1) else {
        return out.fill(T::default());
    };
    let mut next = 0;
    for (out, &code) in out.iter_mut().zip(codes) {
        let value = T::of(f64::from(packed[next.min(last)]));
        *out = if code == DEAD { T::default() } else { value };
        next += usize::from(code != DEAD);
    }
}
