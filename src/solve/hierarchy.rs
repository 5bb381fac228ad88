//! The levels of multigrid as data, built once on the host for either machine.
//!
//! Two levels of layered blocks, then matching, until few unknowns are left; those get a dense inverse. Matching stagnates
//! on stars, many weakly attached islands round few hubs; what is left then is solved by a Chebyshev polynomial in
//! `D^-1 A`, which stars need few terms of.

use super::{
    blocks::Blocks,
    chebyshev::{self, Term},
    dense,
    graph::{Aggregates, Graph},
    matching,
    stencil::Stencil,
};
use crate::field::Real;
use std::ops::{Deref, DerefMut};

/// Unknowns that are solved directly.
const FEW: usize = 400;

/// Every level below the stencil.
#[derive(Debug, Clone)]
pub struct Hierarchy<T> {
    /// From voxels to the first graph.
    pub blocks: Blocks,
    coarse: Coarse<T>,
}

/// A graph and everything below it.
#[derive(Debug, Clone)]
pub struct Coarse<T> {
    /// Graphs, each with its aggregation into the next.
    pub levels: Vec<(Graph<T>, Aggregates)>,
    /// The coarsest graph.
    pub coarsest: Graph<T>,
    /// How the coarsest operator is inverted.
    pub solver: Coarsest,
    /// Smallest conductance of the finest level that is not zero, over the largest.
    pub weakest: f64,
}

/// Ways to solve the coarsest level.
#[derive(Debug, Clone)]
pub enum Coarsest {
    /// Inverse, row-major.
    Dense(Vec<f64>),
    /// Steps of the Chebyshev iteration: `x' = x + gain D^-1 (b - A x) + momentum (x - x_before)`.
    Chebyshev(Vec<Term>),
}

impl<T> Deref for Hierarchy<T> {
    type Target = Coarse<T>;

    fn deref(&self) -> &Coarse<T> {
        &self.coarse
    }
}

impl<T> DerefMut for Hierarchy<T> {
    fn deref_mut(&mut self) -> &mut Coarse<T> {
        &mut self.coarse
    }
}

impl<T: Real> Hierarchy<T> {
    /// Aggregates until the coarsest level is small.
    pub fn new(stencil: &Stencil) -> Self {
        let blocks = Blocks::new(stencil);
        let graph = blocks.first_graph::<T>(stencil);
        let again = |level, graph: &Graph<T>| (level == 0).then(|| blocks.again(graph));
        let coarse = Coarse::new(graph, 0, again).with_weakest(stencil.weakest());
        Self { blocks, coarse }
    }

    /// Coarse levels that take a W step.
    pub fn w_levels(&self) -> usize {
        w_levels(&self.levels)
    }
}

/// Coarse levels that take a W step: three, and a fourth on large volumes.
pub(crate) fn w_levels<T: Real>(coarse: &[(Graph<T>, Aggregates)]) -> usize {
    if coarse.first().is_some_and(|level| level.0.len() > 700_000) {
        4
    } else {
        3
    }
}

impl<T: Real> Coarse<T> {
    /// Aggregates until the coarsest level is small, and as often as `demanded` in any case; `placed` knows the aggregates of the
    /// first levels, where unknowns have a place.
    pub(crate) fn new(
        mut graph: Graph<T>,
        demanded: usize,
        mut placed: impl FnMut(usize, &Graph<T>) -> Option<Aggregates>,
    ) -> Self {
        let mut levels: Vec<(Graph<T>, Aggregates)> = Vec::new();
        while graph.len() > FEW || levels.len() < demanded {
            let (aggregates, coarse) = match placed(levels.len(), &graph) {
                Some(aggregates) => {
                    let coarse = graph.coarsen(&aggregates);
                    (aggregates, coarse)
                }
                None => matching::coarser(&graph),
            };
            if 10 * aggregates.len() > 9 * graph.len() && levels.len() >= demanded {
                break;
            }
            levels.push((graph, aggregates));
            graph = coarse;
        }
        if graph.formed.is_some() {
            graph = graph.with_rows().into_owned();
        }
        let solver = if graph.len() <= FEW {
            Coarsest::Dense(dense::inverse(&graph))
        } else {
            Coarsest::Chebyshev(chebyshev::terms(&graph))
        };
        Self {
            levels,
            coarsest: graph,
            solver,
            weakest: 1.0,
        }
    }

    /// With the smallest conductance of the finest level over the largest.
    pub(crate) fn with_weakest(self, weakest: f64) -> Self {
        Self { weakest, ..self }
    }
}
