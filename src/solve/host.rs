//! The operators of every level on the host: the reference for the device kernels of the same names, in f64 or f32.

mod blocks;
mod stencil;

pub use blocks::HostBlocks;
pub use stencil::HostStencil;

use super::{
    chebyshev::Term,
    graph::{Aggregates, Graph},
    hierarchy::{Coarse, Coarsest, Hierarchy, w_levels},
    multigrid::{Direct, Levels, OMEGA, Operator},
    stencil::Stencil,
};
use crate::field::{
    Host, HostField, Real, Shape,
    host::{dot_chunk, in_chunks},
};

/// All levels on the host.
pub fn levels<'a, T: Real>(
    stencil: &'a Stencil,
    hierarchy: &'a Hierarchy<T>,
) -> Levels<'a, Host<T>> {
    Levels {
        finest: Box::new(HostStencil::new(stencil, &hierarchy.blocks)),
        coarse: hierarchy.levels.iter().map(graph).collect(),
        coarsest: coarsest(hierarchy),
        w_levels: hierarchy.w_levels(),
    }
}

/// All levels of a network on the host.
pub fn network_levels<T: Real>(levels: &Coarse<T>) -> Levels<'_, Host<T>> {
    levels_from(levels, 0)
}

/// The same from some level on.
pub(crate) fn levels_from<T: Real>(levels: &Coarse<T>, first: usize) -> Levels<'_, Host<T>> {
    let (finest, coarse) = levels.levels[first..]
        .split_first()
        .expect("a network has two levels at least");
    Levels {
        finest: graph(finest),
        coarse: coarse.iter().map(graph).collect(),
        coarsest: coarsest(levels),
        w_levels: w_levels(coarse),
    }
}

/// The graphs on the host, finest first, and the coarsest.
pub(crate) fn below<T: Real>(levels: &Coarse<T>) -> (Vec<HostOperator<'_, T>>, HostDirect<'_, T>) {
    (levels.levels.iter().map(graph).collect(), coarsest(levels))
}

/// A level on the host.
pub(crate) type HostOperator<'a, T> = Box<dyn Operator<Field = HostField<T>> + 'a>;
/// The coarsest level on the host.
pub(crate) type HostDirect<'a, T> = Box<dyn Direct<Field = HostField<T>> + 'a>;

fn graph<T: Real>(level: &(Graph<T>, Aggregates)) -> HostOperator<'_, T> {
    match HostBlocks::new(&level.0, &level.1) {
        Some(blocks) => Box::new(blocks),
        None => Box::new(HostGraph::new(&level.0, &level.1)),
    }
}

fn coarsest<T: Real>(levels: &Coarse<T>) -> HostDirect<'_, T> {
    match &levels.solver {
        Coarsest::Dense(inverse) => Box::new(HostDense::new(inverse, levels.coarsest.len())),
        Coarsest::Chebyshev(terms) => Box::new(HostChebyshev::new(&levels.coarsest, terms)),
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
        let mut damped = graph.diagonal();
        for_each(&mut damped, |_, d| *d = damped_inverse(*d));
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

    fn restrict(&self, b: &mut HostField<T>, x: &mut HostField<T>, coarse: &mut HostField<T>) {
        let mut v = self
            .swept
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        for_each(&mut v, |i, v| *v = self.damped[i] * b.data[i]);
        // Row by row, and then summed: members of an aggregate can lie far apart.
        self.graph.apply(&v, &mut x.data, |i, av| b.data[i] - av);
        self.aggregates.gather(&x.data, &mut coarse.data);
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
    in_chunks(values, ROWS, |start, values| {
        (start..).zip(values).for_each(|(i, value)| body(i, value));
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
            *x = T::of(dot_chunk(row, &b.data));
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
