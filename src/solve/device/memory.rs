//! What a solve takes on a device, counted as the other files of this folder allocate it.

use super::below::ending;
use crate::{
    field::device::Element,
    solve::{
        graph::Graph,
        hierarchy::{Coarse, Coarsest, Hierarchy, w_levels},
        stencil::Stencil,
    },
};

/// Vectors of the finest level: x, r, p, work of conjugate gradients, the damped inverse diagonal, the first sweep.
const FINEST: usize = 6;

/// Device bytes of a solve: levels and vectors, without tables, and without what only fields
/// and graphs beyond one binding take.
pub fn bytes<R: Element>(stencil: &Stencil, hierarchy: &Hierarchy<R>) -> u64 {
    let blocks = &hierarchy.blocks;
    let finest = stencil.codes.len()
        + stencil.len()
        + 4 * blocks.first.len()
        + FINEST * stencil.len() * size_of::<R>();
    finest as u64 + graphs(hierarchy, (0, hierarchy.w_levels()))
}

/// The same for a network, whose finest level is a graph.
pub fn network_bytes<R: Element>(levels: &Coarse<R>) -> u64 {
    let finest = FINEST * levels.levels[0].0.len() * size_of::<R>();
    finest as u64 + graphs(levels, (1, 1 + w_levels(&levels.levels[1..])))
}

/// Bytes of all graphs and their vectors, with those of a W step on the first few; the last levels are together from `first`
/// on at the earliest.
fn graphs<R: Element>(hierarchy: &Coarse<R>, (first, w_levels): (usize, usize)) -> u64 {
    let ending = ending(&[hierarchy], (first, w_levels));
    let end = ending.as_ref().map_or(hierarchy.levels.len(), |it| it.0);
    let levels = hierarchy.levels[..end].iter().enumerate();
    let between: usize = levels
        .map(|(index, (graph, aggregates))| {
            let again = if index < w_levels { 2 } else { 0 };
            let links =
                aggregates.parent.len() + aggregates.members.len() + aggregates.starts.len();
            rows(graph) + 4 * links + (2 + again) * graph.len() * size_of::<R>()
        })
        .sum();
    if let Some((_, plan)) = ending {
        let vectors = 2 * hierarchy.levels[end].0.len() * size_of::<R>();
        return (between + plan.bytes() + vectors) as u64;
    }
    let last = &hierarchy.coarsest;
    let coarsest = 2 * last.len() * size_of::<R>()
        + match &hierarchy.solver {
            Coarsest::Dense(inverse) => inverse.len() * size_of::<R>() + 12 * last.len(),
            Coarsest::Chebyshev(_) => rows(last) + last.len() * size_of::<R>(),
        };
    (between + coarsest) as u64
}

/// Bytes of compact rows with leaks and the inverse diagonal.
fn rows<R: Element>(graph: &Graph<R>) -> usize {
    let vectors = 2 * graph.len() * size_of::<R>();
    let entries = graph
        .weights
        .iter()
        .filter(|weight| **weight > R::default());
    vectors + 4 * graph.starts.len() + entries.count() * (4 + size_of::<R>())
}
