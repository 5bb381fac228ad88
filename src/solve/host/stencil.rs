//! The finest level on the host: plane by plane, a sliding window of three planes per task.

use super::damped_inverse;
use crate::{
    field::{HostField, Real, Shape, host::pairs},
    solve::{
        blocks::Blocks,
        multigrid::{OMEGA, Operator},
        stencil::{CodeScratch, Planes, Rows, Single, Stencil, Tables, Weights},
    },
};
use rayon::prelude::*;

/// Planes per task; even, so that no block is cut.
const PLANES: usize = 16;

/// The stencil on the host.
pub struct HostStencil<'a, T> {
    stencil: &'a Stencil,
    blocks: &'a Blocks,
    tables: Tables<T>,
    /// Conductances, where each axis has one.
    single: Option<Single<T>>,
    /// `omega / d`, 0 where a voxel has no unknown.
    damped: Vec<T>,
}

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

    /// Hands every row to `sink(target, row)`; `fill(z, plane)` makes the planes of v.
    fn sweep<S: Send>(
        &self,
        targets: impl IndexedParallelIterator<Item = S>,
        fill: impl Fn(usize, &mut [T]) + Sync,
        sink: impl Fn(&mut S, Row<'_, T>) + Sync,
    ) {
        let (depth, size) = (self.stencil.shape[0], self.stencil.plane());
        targets.enumerate().for_each(|(task, mut target)| {
            let planes = task * PLANES..((task + 1) * PLANES).min(depth);
            let mut window: [Vec<T>; 3] = std::array::from_fn(|_| vec![T::default(); size]);
            let load = |z: Option<usize>, plane: &mut [T]| match z {
                Some(z) if z < depth => fill(z, plane),
                _ => plane.fill(T::default()),
            };
            load(planes.start.checked_sub(1), &mut window[0]);
            load(Some(planes.start), &mut window[1]);
            for z in planes.clone() {
                load(Some(z + 1), &mut window[2]);
                let [below, here, above] = &window;
                let place = (z, z - planes.start);
                self.plane(place, Planes { below, here, above }, |row| {
                    sink(&mut target, row)
                });
                window.rotate_left(1);
            }
        });
    }

    /// Hands every row on one plane, `(z, plane within the task)`, to `sink`.
    fn plane(
        &self,
        (z, plane): (usize, usize),
        v: Planes<'_, T>,
        mut sink: impl FnMut(Row<'_, T>),
    ) {
        let weights = Weights::new(self.stencil, &self.tables);
        let (mut row, mut av) = (weights.scratch(), vec![T::default(); self.stencil.shape[2]]);
        v.rows(self.stencil, |y, rows| {
            if self.single.is_none() {
                weights.load(z, y, &mut row);
                row.apply(rows, &mut av);
            }
            sink(Row {
                z,
                y,
                plane,
                rows,
                av: &av,
            });
        });
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

    /// `r = b - A v` on a row, for `v = omega D^-1 b`.
    fn first_residual(&self, row: &Row<'_, T>, b: &[T], r: &mut [T]) {
        let damped = self.row_of(&self.damped, row);
        match &self.single {
            Some(single) => single.after_first_sweep((T::of(OMEGA), damped), row.rows, b, r),
            None => (0..r.len()).for_each(|i| r[i] = b[i] - row.av[i]),
        }
    }

    /// `x = v + omega D^-1 (b - A v)` on a row.
    fn last_sweep(&self, row: &Row<'_, T>, b: &[T], x: &mut [T]) {
        let (damped, v) = (self.row_of(&self.damped, row), &row.rows.here[1..]);
        match &self.single {
            Some(single) => single.last_sweep((T::of(OMEGA), damped), row.rows, b, x),
            None => (0..x.len()).for_each(|i| x[i] = v[i] + damped[i] * (b[i] - row.av[i])),
        }
    }

    /// A row of a field.
    fn row_of<'f>(&self, field: &'f [T], row: &Row<'_, T>) -> &'f [T] {
        let start = self.stencil.index([row.z, row.y, 0]);
        &field[start..start + self.stencil.shape[2]]
    }

    /// `v = omega D^-1 b` on plane z.
    fn first_sweep(&self, b: &[T], z: usize, v: &mut [T]) {
        let size = self.stencil.plane();
        let span = z * size..(z + 1) * size;
        for ((v, &b), &damped) in v.iter_mut().zip(&b[span.clone()]).zip(&self.damped[span]) {
            *v = b * damped;
        }
    }

    /// `v = omega D^-1 b + alpha P e` on plane z, zero in dead voxels.
    fn corrected(&self, b: &[T], (alpha, e): (T, &[T]), z: usize, v: &mut [T]) {
        let n = self.stencil.shape[2];
        let mut correction = vec![T::default(); n];
        for (y, v) in v.chunks_mut(n).enumerate() {
            let start = (z * self.stencil.shape[1] + y) * n;
            self.blocks.spread(
                (z, y),
                &self.blocks.layers[start..start + n],
                e,
                &mut correction,
            );
            let (b, damped) = (&b[start..start + n], &self.damped[start..start + n]);
            for (((v, &b), &damped), &e) in v.iter_mut().zip(b).zip(damped).zip(&correction) {
                let value = b * damped + alpha * e;
                *v = if damped > T::default() {
                    value
                } else {
                    T::default()
                };
            }
        }
    }
}

/// A row of v with its neighbours.
struct Row<'r, T> {
    z: usize,
    y: usize,
    /// Plane within the task.
    plane: usize,
    rows: &'r Rows<'r, T>,
    /// `A v`, unless the medium has a single conductance per axis and needs only the neighbours.
    av: &'r [T],
}

/// What a task of the restriction owns: its part of the coarse vector, and the residuals of two planes.
struct Restriction<'c, T> {
    base: usize,
    coarse: &'c mut [T],
    planes: [Vec<T>; 2],
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

    fn restrict(&self, b: &mut HostField<T>, coarse: &mut HostField<T>) {
        let [depth, rows, n] = self.stencil.shape;
        let size = self.stencil.plane();
        let pieces = self
            .blocks
            .split(PLANES / 2, &mut coarse.data)
            .into_par_iter();
        let targets = pieces.map(|(base, coarse)| Restriction {
            base,
            coarse,
            planes: std::array::from_fn(|_| vec![T::default(); size]),
        });
        self.sweep(
            targets,
            |z, plane| self.first_sweep(&b.data, z, plane),
            |target, row| {
                let r = &mut target.planes[row.plane % 2][row.y * n..][..n];
                self.first_residual(&row, self.row_of(&b.data, &row), r);
                if row.y + 1 == rows && (row.plane % 2 == 1 || row.z + 1 == depth) {
                    let whole = row.plane % 2 + 1;
                    let planes = target.planes.each_ref().map(Vec::as_slice);
                    self.blocks.gather(
                        (row.z / 2, target.base),
                        &planes[..whole],
                        self.stencil,
                        target.coarse,
                    );
                }
            },
        );
    }

    fn prolong(&self, b: &HostField<T>, (alpha, e): (f64, &HostField<T>), x: &mut HostField<T>) {
        let (n, size) = (self.stencil.shape[2], self.stencil.plane());
        let correction = (T::of(alpha), e.data.as_slice());
        self.sweep(
            x.data.par_chunks_mut(PLANES * size),
            |z, plane| self.corrected(&b.data, correction, z, plane),
            |out, row| {
                let local = row.plane * size + row.y * n;
                self.last_sweep(&row, self.row_of(&b.data, &row), &mut out[local..local + n]);
            },
        );
    }
}
