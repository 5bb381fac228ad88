//! What a solve takes on a device, counted as the other files of this folder allocate it.

use super::{
    below::ending,
    kinds::{Kinds, width},
};
use crate::{
    field::device::Element,
    solve::{
        blocks::Blocks,
        graph::Graph,
        hierarchy::{Coarse, Coarsest, Hierarchy, w_levels},
        stencil::Stencil,
    },
};

/// Vectors of the finest level: x, r, p, work of conjugate gradients, and every other sweep of a stencil.
const FINEST: usize = 5;

/// Device bytes of a solve: levels and vectors, without tables, and without what only fields
/// and graphs beyond one binding take.
pub fn bytes<R: Element>(stencil: &Stencil, hierarchy: &Hierarchy<R>) -> u64 {
    let finest = voxels(stencil, &hierarchy.blocks) + FINEST * stencil.len() * size_of::<R>();
    finest as u64 + graphs(hierarchy, (0, hierarchy.w_levels()))
}

/// The same of a lean solve: its three vectors on the finest level.
pub fn lean_bytes<R: Element>(stencil: &Stencil, hierarchy: &Hierarchy<R>) -> u64 {
    let finest = voxels(stencil, &hierarchy.blocks) + 3 * stencil.len() * size_of::<R>();
    finest as u64 + graphs(hierarchy, (0, hierarchy.w_levels()))
}

/// Bytes of codes and layers with their ghosts, and of the blocks.
fn voxels(stencil: &Stencil, blocks: &Blocks) -> usize {
    let ghosts = 2 * blocks.shape[1] * blocks.shape[2];
    width(Kinds::new(stencil).len()) * stencil.codes.len() + 4 * (blocks.first.len() + ghosts)
}

/// The same for a network, whose finest level is a graph.
pub fn network_bytes<R: Element>(levels: &Coarse<R>) -> u64 {
    let finest = (FINEST - 1) * levels.levels[0].0.len() * size_of::<R>();
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
            // The first graph of a stencil is formed from its voxels.
            let stored = match index {
                0 if first == 0 => graph.len() * size_of::<R>(),
                _ => rows(graph),
            };
            stored + 4 * links + (2 + again) * graph.len() * size_of::<R>()
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
