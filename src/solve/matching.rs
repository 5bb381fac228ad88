//! Aggregation of small graphs by pairwise matching, from the third level down.
//!
//! Three passes per level, so up to eight unknowns per aggregate. In a pass every free unknown, in order, takes the free
//! neighbour of smallest price (see `layers`) if that is at most 10. Between passes couplings and `D` are summed; `D` stays
//! the sum of the level's own diagonals, or islands of strong couplings would be tied although the smoother cannot tell
//! them apart. Where more than half of a pass stays single (many islands round one hub), a true leaf (price at most 1.5)
//! joins the aggregate of its neighbour.

use super::{
    graph::{Aggregates, Graph},
    layers::{KAPPA, price},
};
use crate::field::Real;

const PASSES: usize = 3;
const LEAF: f64 = 1.5;
const FREE: u32 = u32::MAX;

/// Aggregates of the next level.
pub fn aggregates<T: Real>(graph: &Graph<T>) -> Aggregates {
    let mut diagonal: Vec<f64> = graph.diagonal().into_iter().map(Real::wide).collect();
    let mut all = pass(graph, &diagonal);
    let mut merged = (graph.coarsen(&all), all.clone());
    for _ in 1..PASSES {
        let (coarse, last) = &merged;
        let gather = |i: usize| {
            last.of(i)
                .iter()
                .map(|&member| diagonal[member as usize])
                .sum()
        };
        diagonal = (0..last.len()).map(gather).collect();
        let next = pass(coarse, &diagonal);
        let parent = all
            .parent
            .iter()
            .map(|&p| next.parent[p as usize])
            .collect();
        all = Aggregates::new(parent, next.len());
        merged = (coarse.coarsen(&next), next);
    }
    all
}

/// One pass of pairwise matching.
fn pass<T: Real>(graph: &Graph<T>, diagonal: &[f64]) -> Aggregates {
    let mut parent = vec![FREE; graph.len()];
    let mut count = 0;
    for i in 0..graph.len() {
        if parent[i] != FREE {
            continue;
        }
        let free = |&(j, _): &(usize, f64)| parent[j] == FREE;
        if let Some(j) = cheapest(graph, diagonal, i, KAPPA, free) {
            (parent[i], parent[j]) = (count, count);
            count += 1;
        }
    }
    let singles: Vec<usize> = (0..graph.len()).filter(|&i| parent[i] == FREE).collect();
    let stagnates = 2 * singles.len() > graph.len();
    for i in singles {
        let paired = |&(j, _): &(usize, f64)| parent[j] != FREE;
        let hub = if stagnates {
            cheapest(graph, diagonal, i, LEAF, paired)
        } else {
            None
        };
        parent[i] = hub.map_or(count, |j| parent[j]);
        count += u32::from(hub.is_none());
    }
    Aggregates::new(parent, count as usize)
}

/// The neighbour of smallest price up to a limit, among those that `admits`.
fn cheapest<T: Real>(
    graph: &Graph<T>,
    diagonal: &[f64],
    i: usize,
    limit: f64,
    admits: impl Fn(&(usize, f64)) -> bool,
) -> Option<usize> {
    graph
        .row(i)
        .map(|(j, weight)| (j, price([diagonal[i], diagonal[j]], weight.wide())))
        .filter(|candidate| candidate.1 <= limit && admits(candidate))
        .min_by(|a, b| a.1.total_cmp(&b.1))
        .map(|(j, _)| j)
}
