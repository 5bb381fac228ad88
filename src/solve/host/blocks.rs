//! The first graph on the host where its rows follow from blocks: plane by plane, blocks side by side as wide as the processor takes.
//!
//! A plane of a vector is spread over the blocks, one number each; the faces between blocks then act on whole planes, without a column to
//! look up, and the few links that faces do not tell are added behind. An empty block has any number: none of its faces conducts.

#[cfg(test)]
mod tests;

use super::{damped_inverse, for_each};
use crate::{
    field::{HostField, Real, Shape, vectorised},
    solve::{
        blocks::Lattice,
        graph::{Aggregates, Graph, split},
        multigrid::Operator,
    },
};
use rayon::prelude::*;
use std::{
    ops::Range,
    sync::{Mutex, PoisonError},
};

/// The first graph.
pub struct HostBlocks<'a, T> {
    lattice: &'a Lattice<T>,
    leaks: &'a [T],
    aggregates: &'a Aggregates,
    /// `omega / d`.
    damped: Vec<T>,
    /// Planes at work, kept from pass to pass.
    planes: Mutex<Vec<Planes<T>>>,
}

/// Three planes of blocks of a vector in a row, by place modulo 3, and what comes of the middle one.
#[derive(Debug, Default)]
struct Planes<T> {
    /// Its numbers.
    values: [Vec<T>; 3],
    /// The number of the first unknown of each block, between two lines of zeros.
    spread: [Vec<T>; 3],
    /// `A v` as far as faces go, block by block.
    faces: Vec<T>,
    /// `A v`.
    product: Vec<T>,
}

impl<'a, T: Real> HostBlocks<'a, T> {
    /// Sums the diagonal; none where the graph has rows.
    pub fn new(graph: &'a Graph<T>, aggregates: &'a Aggregates) -> Option<Self> {
        let lattice = graph.formed.as_deref()?;
        let mut damped = graph.diagonal();
        for_each(&mut damped, |_, d| *d = damped_inverse(*d));
        Some(Self {
            lattice,
            leaks: &graph.leaks,
            aggregates,
            damped,
            planes: Mutex::default(),
        })
    }

    /// Planes per task: even, so that no aggregate is cut.
    fn thickness(&self) -> usize {
        let tasks = 4 * rayon::current_num_threads();
        (self.lattice.shape[0] / tasks)
            .next_multiple_of(2)
            .clamp(2, 16)
    }

    /// The planes of each task, and the rows in them.
    fn tasks(&self) -> (Vec<Range<usize>>, Vec<usize>) {
        let (depth, thick) = (self.lattice.shape[0], self.thickness());
        let starts = (0..depth).step_by(thick);
        let tasks: Vec<_> = starts.map(|z| z..(z + thick).min(depth)).collect();
        let rows = tasks.iter().map(|it| self.lattice.rows(it.clone()).len());
        let rows = rows.collect();
        (tasks, rows)
    }

    /// `sink(rows, v, A v, out)` for every plane of the vector that `value` makes, with the part of `out` that belongs to those rows.
    fn by_plane(
        &self,
        out: &mut [T],
        value: impl Fn(Range<usize>, &mut [T]) + Sync,
        sink: impl Fn(Range<usize>, [&[T]; 2], &mut [T]) + Sync,
    ) {
        let (tasks, lengths) = self.tasks();
        let parts = split(out, &lengths).into_par_iter();
        parts.zip(tasks).for_each(|(part, planes)| {
            let base = self.lattice.rows(planes.clone()).start;
            self.pass(planes, &value, |rows, vectors| {
                let part = &mut part[rows.start - base..rows.end - base];
                sink(rows, vectors, part);
            });
        });
    }

    /// `sink(rows, [v, A v])` for some planes in order.
    fn pass(
        &self,
        planes: Range<usize>,
        value: impl Fn(Range<usize>, &mut [T]),
        mut sink: impl FnMut(Range<usize>, [&[T]; 2]),
    ) {
        let mut pool = self.planes.lock().unwrap_or_else(PoisonError::into_inner);
        let mut work = pool.pop().unwrap_or_default();
        drop(pool);
        // Places are planes counted from 1, so that there is one before the first.
        self.load(planes.start, &value, &mut work);
        self.load(planes.start + 1, &value, &mut work);
        for z in planes {
            let place = z + 1;
            self.load(place + 1, &value, &mut work);
            self.multiply(place, &mut work);
            let rows = self.lattice.rows(z..z + 1);
            sink(rows, [&work.values[place % 3], &work.product]);
        }
        let mut pool = self.planes.lock().unwrap_or_else(PoisonError::into_inner);
        pool.push(work);
    }

    /// Makes a plane and spreads it over the blocks.
    fn load(&self, place: usize, value: &impl Fn(Range<usize>, &mut [T]), work: &mut Planes<T>) {
        let Lattice { shape, first, .. } = self.lattice;
        let size = shape[1] * shape[2];
        let (values, spread) = (&mut work.values[place % 3], &mut work.spread[place % 3]);
        let rows = match place {
            0 => 0..0,
            place => self.lattice.rows(place - 1..place),
        };
        values.resize(rows.len(), T::default());
        spread.resize(size + 2 * shape[2], T::default());
        value(rows.clone(), values);
        let spread = &mut spread[shape[2]..][..size];
        if rows.is_empty() {
            return spread.fill(T::default());
        }
        let firsts = &first[(place - 1) * size..place * size];
        for (spread, &unknown) in spread.iter_mut().zip(firsts) {
            // Behind the last unknown of the plane there are only empty blocks.
            let place = (unknown as usize - rows.start).min(values.len() - 1);
            *spread = values[place];
        }
    }

    /// `A v` on a plane whose neighbours are there.
    fn multiply(&self, place: usize, work: &mut Planes<T>) {
        let z = place - 1;
        let [depth, _, columns] = self.lattice.shape;
        let Planes {
            values,
            spread,
            faces,
            product,
        } = work;
        let [below, here, above] =
            [place - 1, place, place + 1].map(|it| spread[it % 3].as_slice());
        let size = here.len() - 2 * columns;
        faces.resize(size, T::default());
        self.through_faces(z, [&below[columns..], here, &above[columns..]], faces);
        let rows = self.lattice.rows(z..z + 1);
        product.clear();
        product.resize(rows.len(), T::default());
        let firsts = &self.lattice.first[z * size..(z + 1) * size];
        for (&sum, &unknown) in faces.iter().zip(firsts) {
            // The sum of an empty block is zero and lands where the next block's will, which overwrites it.
            if let Some(product) = product.get_mut(unknown as usize - rows.start) {
                *product = sum;
            }
        }
        let links = &self.lattice.links;
        let own = &values[place % 3];
        let mut at = links
            .rows
            .partition_point(|&row| (row as usize) < rows.start);
        while let Some(&row) = links.rows.get(at).filter(|&&row| (row as usize) < rows.end) {
            let row = row as usize - rows.start;
            for &(column, weight) in links.at(at) {
                let column = column as usize;
                let beyond = match column {
                    column if column < rows.start => {
                        let values = &values[(place + 2) % 3];
                        values[values.len() + column - rows.start]
                    }
                    column if column >= rows.end => values[(place + 1) % 3][column - rows.end],
                    column => own[column - rows.start],
                };
                product[row] += weight * (own[row] - beyond);
            }
            at += 1;
        }
        if z == 0 || z + 1 == depth {
            let leaks = &self.leaks[rows];
            for ((product, &leak), &v) in product.iter_mut().zip(leaks).zip(own) {
                *product += leak * v;
            }
        }
    }

    /// What flows through faces between blocks; `here` has a line more at either end.
    fn through_faces(&self, z: usize, [below, here, above]: [&[T]; 3], out: &mut [T]) {
        let (columns, size) = (self.lattice.shape[2], out.len());
        let at = (z + 1) * size;
        let faces = |axis: usize, back: usize| &self.lattice.faces[axis][at - back..][..size];
        let [up, down] = [faces(0, 0), faces(0, size)];
        let [north, south] = [faces(1, 0), faces(1, columns)];
        let [east, west] = [faces(2, 0), faces(2, 1)];
        let beside = |from: usize| &here[from..][..size];
        let (v, after, before) = (beside(columns), beside(columns + 1), beside(columns - 1));
        let (left, right) = (beside(0), beside(2 * columns));
        let (below, above) = (&below[..size], &above[..size]);
        let [first, second, third] = self.lattice.weights.map(|weights| weights[1]);
        vectorised(
            #[inline(always)]
            || {
                for i in 0..size {
                    let face = |faces: u8, beyond: T| T::from(faces) * (v[i] - beyond);
                    let through = face(up[i], above[i]) + face(down[i], below[i]);
                    let along = face(north[i], right[i]) + face(south[i], left[i]);
                    let across = face(east[i], after[i]) + face(west[i], before[i]);
                    out[i] = first * through + second * along + third * across;
                }
            },
        );
    }
}

impl<T: Real> Operator for HostBlocks<'_, T> {
    type Field = HostField<T>;

    fn shape(&self) -> Shape {
        Shape::flat(self.damped.len())
    }

    fn apply(&self, x: &mut HostField<T>, y: &mut HostField<T>) {
        let value = |rows: Range<usize>, out: &mut [T]| out.copy_from_slice(&x.data[rows]);
        self.by_plane(&mut y.data, value, |_, [_, ax], y| y.copy_from_slice(ax));
    }

    fn residual(&self, b: &HostField<T>, x: &mut HostField<T>, r: &mut HostField<T>) {
        let value = |rows: Range<usize>, out: &mut [T]| out.copy_from_slice(&x.data[rows]);
        self.by_plane(&mut r.data, value, |rows, [_, ax], r| {
            let pairs = b.data[rows].iter().zip(ax);
            r.iter_mut()
                .zip(pairs)
                .for_each(|(r, (&b, &ax))| *r = b - ax);
        });
    }

    fn restrict(&self, b: &mut HostField<T>, x: &mut HostField<T>, coarse: &mut HostField<T>) {
        let b = &b.data;
        let value = |rows: Range<usize>, v: &mut [T]| self.first_sweep(b, rows, v);
        self.by_plane(&mut x.data, value, |rows, [_, av], left| {
            let pairs = b[rows].iter().zip(av);
            left.iter_mut()
                .zip(pairs)
                .for_each(|(left, (&b, &av))| *left = b - av);
        });
        self.aggregates.gather(&x.data, &mut coarse.data);
    }

    fn prolong(&self, b: &HostField<T>, (alpha, e): (f64, &HostField<T>), x: &mut HostField<T>) {
        let (alpha, parent, b) = (T::of(alpha), &self.aggregates.parent, &b.data);
        let value = |rows: Range<usize>, v: &mut [T]| {
            self.first_sweep(b, rows.clone(), v);
            for (v, &parent) in v.iter_mut().zip(&parent[rows]) {
                *v += alpha * e.data[parent as usize];
            }
        };
        self.by_plane(&mut x.data, value, |rows, [v, av], x| {
            let (b, damped) = (&b[rows.clone()], &self.damped[rows]);
            let pairs = v.iter().zip(av).zip(b.iter().zip(damped));
            for (x, ((&v, &av), (&b, &damped))) in x.iter_mut().zip(pairs) {
                *x = v + damped * (b - av);
            }
        });
    }
}

impl<T: Real> HostBlocks<'_, T> {
    /// `v = omega D^-1 b` in some rows.
    fn first_sweep(&self, b: &[T], rows: Range<usize>, v: &mut [T]) {
        let pairs = b[rows.clone()].iter().zip(&self.damped[rows]);
        v.iter_mut()
            .zip(pairs)
            .for_each(|(v, (&b, &damped))| *v = damped * b);
    }
}
