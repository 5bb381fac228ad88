//! The operators of every level on the host: the reference for the device kernels of the same names, in f64 or f32.

use super::{
    blocks::{Blocks, NO_LAYER},
    chebyshev::Term,
    graph::{Aggregates, Graph},
    hierarchy::{Coarsest, Hierarchy},
    multigrid::{Direct, Levels, OMEGA, Operator},
    stencil::{Planes, Stencil, TABLE, Weights, round_tables},
};
use crate::field::{Host, HostField, Real, Shape, host::pairs};
use rayon::prelude::*;

/// Planes per task; even, so that no block is cut.
const PLANES: usize = 8;

/// All levels on the host.
pub fn levels<'a, T: Real>(
    stencil: &'a Stencil,
    hierarchy: &'a Hierarchy<T>,
) -> Levels<'a, Host<T>> {
    let graph =
        |level: &'a (Graph<T>, Aggregates)| -> Box<dyn Operator<Field = HostField<T>> + 'a> {
            Box::new(HostGraph::new(&level.0, &level.1))
        };
    Levels {
        finest: Box::new(HostStencil::new(stencil, &hierarchy.blocks)),
        coarse: hierarchy.levels.iter().map(graph).collect(),
        coarsest: match &hierarchy.solver {
            Coarsest::Dense(inverse) => Box::new(HostDense::new(inverse, hierarchy.coarsest.len())),
            Coarsest::Chebyshev(terms) => Box::new(HostChebyshev::new(&hierarchy.coarsest, terms)),
        },
        w_levels: hierarchy.w_levels(),
    }
}

/// The stencil on the host.
pub struct HostStencil<'a, T> {
    stencil: &'a Stencil,
    blocks: &'a Blocks,
    tables: [Box<[T; TABLE]>; 3],
    /// `omega / d`, 0 where a voxel has no unknown.
    damped: Vec<T>,
}

impl<'a, T: Real> HostStencil<'a, T> {
    /// Rounds the tables and sums the diagonal.
    pub fn new(stencil: &'a Stencil, blocks: &'a Blocks) -> Self {
        let tables = round_tables(&stencil.tables);
        let mut damped = vec![T::default(); stencil.len()];
        let weights = Weights::new(stencil, &tables);
        damped
            .par_chunks_mut(stencil.plane())
            .enumerate()
            .for_each(|(z, plane)| {
                let mut row = weights.scratch();
                for (y, out) in plane.chunks_mut(stencil.shape[2]).enumerate() {
                    weights.load(z, y, &mut row);
                    row.diagonal(out);
                    out.iter_mut().for_each(|d| *d = damped_inverse(*d));
                }
            });
        Self {
            stencil,
            blocks,
            tables,
            damped,
        }
    }

    /// Hands every row of `A v` to `sink(z, y, row)`; `fill(z, plane)` makes the planes of v.
    fn sweep<S: Send>(
        &self,
        targets: impl IndexedParallelIterator<Item = S>,
        fill: impl Fn(usize, &mut [T]) + Sync,
        sink: impl Fn(&mut S, Row<'_, T>) + Sync,
    ) {
        let (depth, size) = (self.stencil.shape[0], self.stencil.plane());
        let weights = Weights::new(self.stencil, &self.tables);
        targets.enumerate().for_each(|(chunk, mut target)| {
            let planes = chunk * PLANES..((chunk + 1) * PLANES).min(depth);
            let mut window: [Vec<T>; 3] = std::array::from_fn(|_| vec![T::default(); size]);
            let load = |z: Option<usize>, plane: &mut [T]| match z {
                Some(z) if z < depth => fill(z, plane),
                _ => plane.fill(T::default()),
            };
            load(planes.start.checked_sub(1), &mut window[0]);
            load(Some(planes.start), &mut window[1]);
            let (mut row, mut out) = (weights.scratch(), vec![T::default(); self.stencil.shape[2]]);
            for z in planes.clone() {
                load(Some(z + 1), &mut window[2]);
                let [below, here, above] = &window;
                Planes { below, here, above }.rows(self.stencil, |y, rows| {
                    weights.load(z, y, &mut row);
                    row.apply(rows, &mut out);
                    let here = &rows.here[1..=out.len()];
                    sink(
                        &mut target,
                        Row {
                            z,
                            y,
                            plane: z - planes.start,
                            v: here,
                            av: &out,
                        },
                    );
                });
                window.rotate_left(1);
            }
        });
    }

    /// `v = omega D^-1 b (+ alpha P e)` on plane z.
    fn first_sweep(&self, b: &[T], correction: Option<(T, &[T])>, z: usize, v: &mut [T]) {
        let size = self.stencil.plane();
        let span = z * size..(z + 1) * size;
        for ((v, &b), &damped) in v
            .iter_mut()
            .zip(&b[span.clone()])
            .zip(&self.damped[span.clone()])
        {
            *v = b * damped;
        }
        if let Some((alpha, e)) = correction {
            let n = self.stencil.shape[2];
            let layers = self.blocks.layers[span].chunks(n);
            for ((y, v), layers) in v.chunks_mut(n).enumerate().zip(layers) {
                for ((v, layers), &first) in v
                    .chunks_mut(2)
                    .zip(layers.chunks(2))
                    .zip(self.blocks.row(z, y))
                {
                    for (v, &layer) in v.iter_mut().zip(layers) {
                        if layer != NO_LAYER {
                            *v += alpha * e[first as usize + usize::from(layer)];
                        }
                    }
                }
            }
        }
    }
}

/// A row of `A v` as it is made.
struct Row<'r, T> {
    z: usize,
    y: usize,
    /// Plane within the task.
    plane: usize,
    v: &'r [T],
    av: &'r [T],
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
        let (n, size) = (self.stencil.shape[2], self.stencil.plane());
        self.sweep(
            y.data.par_chunks_mut(PLANES * size),
            |z, plane| plane.copy_from_slice(&x.data[z * size..(z + 1) * size]),
            |out, row| out[row.plane * size + row.y * n..][..n].copy_from_slice(row.av),
        );
    }

    fn residual(&self, b: &HostField<T>, x: &mut HostField<T>, r: &mut HostField<T>) {
        self.apply(x, r);
        pairs(&b.data, &mut r.data, |b, r| {
            r.iter_mut().zip(b).for_each(|(r, &b)| *r = b - *r)
        });
    }

    fn restrict(&self, b: &mut HostField<T>, coarse: &mut HostField<T>) {
        let (n, size) = (self.stencil.shape[2], self.stencil.plane());
        let pieces = self.blocks.split(PLANES / 2, &mut coarse.data);
        self.sweep(
            pieces.into_par_iter(),
            |z, plane| self.first_sweep(&b.data, None, z, plane),
            |(base, coarse), row| {
                if row.plane == 0 && row.y == 0 {
                    coarse.fill(T::default());
                }
                let start = row.z * size + row.y * n;
                let (b, layers) = (
                    &b.data[start..start + n],
                    &self.blocks.layers[start..start + n],
                );
                let firsts = self.blocks.row(row.z, row.y);
                for (x, (&layer, (&b, &av))) in layers.iter().zip(b.iter().zip(row.av)).enumerate()
                {
                    if layer != NO_LAYER {
                        coarse[firsts[x / 2] as usize + usize::from(layer) - *base] += b - av;
                    }
                }
            },
        );
    }

    fn prolong(&self, b: &HostField<T>, (alpha, e): (f64, &HostField<T>), x: &mut HostField<T>) {
        let (n, size) = (self.stencil.shape[2], self.stencil.plane());
        let correction = Some((T::of(alpha), e.data.as_slice()));
        self.sweep(
            x.data.par_chunks_mut(PLANES * size),
            |z, plane| self.first_sweep(&b.data, correction, z, plane),
            |out, row| {
                let (start, local) = (row.z * size + row.y * n, row.plane * size + row.y * n);
                let (b, damped) = (&b.data[start..start + n], &self.damped[start..start + n]);
                let (v, av, out) = (&row.v[..n], &row.av[..n], &mut out[local..local + n]);
                for i in 0..n {
                    out[i] = v[i] + damped[i] * (b[i] - av[i]);
                }
            },
        );
    }
}

/// `omega / d`, or 0 without couplings.
fn damped_inverse<T: Real>(diagonal: T) -> T {
    if diagonal > T::default() {
        T::of(OMEGA) / diagonal
    } else {
        T::default()
    }
}

/// A coarse level on the host.
pub struct HostGraph<'a, T> {
    graph: &'a Graph<T>,
    aggregates: &'a Aggregates,
    damped: Vec<T>,
    /// The first sweep's result, between the two halves of a kernel.
    swept: std::sync::Mutex<Vec<T>>,
}

impl<'a, T: Real> HostGraph<'a, T> {
    /// Sums the diagonal.
    pub fn new(graph: &'a Graph<T>, aggregates: &'a Aggregates) -> Self {
        let damped: Vec<T> = graph.diagonal().into_iter().map(damped_inverse).collect();
        let swept = std::sync::Mutex::new(vec![T::default(); graph.len()]);
        Self {
            graph,
            aggregates,
            damped,
            swept,
        }
    }
}

impl<T: Real> Operator for HostGraph<'_, T> {
    type Field = HostField<T>;

    fn shape(&self) -> Shape {
        Shape::flat(self.graph.len())
    }

    fn apply(&self, x: &mut HostField<T>, y: &mut HostField<T>) {
        self.graph.apply(&x.data, &mut y.data, |_, ax| ax);
    }

    fn residual(&self, b: &HostField<T>, x: &mut HostField<T>, r: &mut HostField<T>) {
        self.graph
            .apply(&x.data, &mut r.data, |i, ax| b.data[i] - ax);
    }

    fn restrict(&self, b: &mut HostField<T>, coarse: &mut HostField<T>) {
        let mut v = self
            .swept
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        for_each(&mut v, |i, v| *v = self.damped[i] * b.data[i]);
        self.graph
            .restrict_residual(self.aggregates, [&b.data, &v], &mut coarse.data);
    }

    fn prolong(&self, b: &HostField<T>, (alpha, e): (f64, &HostField<T>), x: &mut HostField<T>) {
        let mut v = self
            .swept
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let (alpha, parent) = (T::of(alpha), &self.aggregates.parent);
        for_each(&mut v, |i, v| {
            *v = self.damped[i] * b.data[i] + alpha * e.data[parent[i] as usize]
        });
        self.graph.apply(&v, &mut x.data, |i, av| {
            v[i] + self.damped[i] * (b.data[i] - av)
        });
    }
}

fn for_each<T: Real>(values: &mut [T], body: impl Fn(usize, &mut T) + Sync) {
    const ROWS: usize = 1 << 13;
    values
        .par_chunks_mut(ROWS)
        .enumerate()
        .for_each(|(chunk, values)| {
            values
                .iter_mut()
                .enumerate()
                .for_each(|(i, value)| body(chunk * ROWS + i, value));
        });
}

/// The coarsest level on the host.
pub struct HostDense<T> {
    size: usize,
    inverse: Vec<T>,
}

impl<T: Real> HostDense<T> {
    /// Rounds a row-major inverse.
    pub fn new(inverse: &[f64], size: usize) -> Self {
        Self {
            size,
            inverse: inverse.iter().map(|&a| T::of(a)).collect(),
        }
    }
}

impl<T: Real> Direct for HostDense<T> {
    type Field = HostField<T>;

    fn shape(&self) -> Shape {
        Shape::flat(self.size)
    }

    fn solve(&self, b: &HostField<T>, x: &mut HostField<T>) {
        for (x, row) in x.data.iter_mut().zip(self.inverse.chunks(self.size.max(1))) {
            *x = row.iter().zip(&b.data).map(|(&a, &b)| a * b).sum();
        }
    }
}

/// A coarsest level of many islands on the host.
pub struct HostChebyshev<'a, T> {
    graph: &'a Graph<T>,
    terms: &'a [Term],
    inverse: Vec<T>,
    before: std::sync::Mutex<Vec<T>>,
}

impl<'a, T: Real> HostChebyshev<'a, T> {
    /// Inverts the diagonal.
    pub fn new(graph: &'a Graph<T>, terms: &'a [Term]) -> Self {
        let inverse = graph
            .diagonal()
            .into_iter()
            .map(|d| T::of(1.0 / d.wide()))
            .collect();
        Self {
            graph,
            terms,
            inverse,
            before: std::sync::Mutex::new(vec![T::default(); graph.len()]),
        }
    }
}

impl<T: Real> Direct for HostChebyshev<'_, T> {
    type Field = HostField<T>;

    fn shape(&self) -> Shape {
        Shape::flat(self.graph.len())
    }

    fn solve(&self, b: &HostField<T>, x: &mut HostField<T>) {
        let mut before = self
            .before
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let (x, b) = (&mut x.data, &b.data);
        x.fill(T::default());
        before.fill(T::default());
        for term in self.terms {
            let (gain, momentum) = (T::of(term.gain), T::of(term.momentum));
            self.graph.update(x, &mut before, |i, ax, old| {
                x[i] + gain * self.inverse[i] * (b[i] - ax) + momentum * (x[i] - old)
            });
            std::mem::swap(x, &mut before);
        }
    }
}
