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
use rayon::prelude::*;

const PASSES: usize = 3;
const LEAF: f64 = 1.5;
const FREE: u32 = u32::MAX;
/// Unknowns per range; fixed, so that the levels do not depend on the number of threads.
const RANGE: usize = 1 << 15;

/// Aggregates of the next level, and its graph.
pub fn coarser<T: Real>(graph: &Graph<T>) -> (Aggregates, Graph<T>) {
    let mut diagonal: Vec<f64> = graph.diagonal().into_iter().map(Real::wide).collect();
    let mut all = pass(graph, &diagonal);
    let (mut coarse, mut last) = (graph.coarsen(&all), all.clone());
    for _ in 1..PASSES {
        let sum = |i: usize| {
            last.of(i)
                .iter()
                .map(|&member| diagonal[member as usize])
                .sum()
        };
        diagonal = (0..last.len()).map(sum).collect();
        last = pass(&coarse, &diagonal);
        let parent = all.parent.iter().map(|&p| last.parent[p as usize]);
        all = Aggregates::new(parent.collect(), last.len());
        coarse = coarse.coarsen(&last);
    }
    (all, coarse)
}

/// One pass of pairwise matching, in parallel over fixed ranges of unknowns that match among themselves.
fn pass<T: Real>(graph: &Graph<T>, diagonal: &[f64]) -> Aggregates {
    let ranges: Vec<(Vec<u32>, u32)> = (0..graph.len())
        .step_by(RANGE)
        .collect::<Vec<_>>()
        .into_par_iter()
        .map(|start| matched(graph, diagonal, start..(start + RANGE).min(graph.len())))
        .collect();
    Aggregates::join(&ranges)
}

/// Aggregates of consecutive unknowns, and their number.
fn matched<T: Real>(
    graph: &Graph<T>,
    diagonal: &[f64],
    rows: std::ops::Range<usize>,
) -> (Vec<u32>, u32) {
    let start = rows.start;
    let mut parent = vec![FREE; rows.len()];
    let mut count = 0;
    for i in rows.clone() {
        let free = |j: usize| rows.contains(&j) && parent[j - start] == FREE;
        if !free(i) {
            continue;
        }
        if let Some(j) = cheapest(graph, diagonal, i, KAPPA, free) {
            (parent[i - start], parent[j - start]) = (count, count);
            count += 1;
        }
    }
    let singles: Vec<usize> = rows
        .clone()
        .filter(|&i| parent[i - start] == FREE)
        .collect();
    let stagnates = 2 * singles.len() > rows.len();
    for i in singles {
        let placed = |j: usize| rows.contains(&j) && parent[j - start] != FREE;
        let hub = if stagnates {
            cheapest(graph, diagonal, i, LEAF, placed)
        } else {
            None
        };
        parent[i - start] = hub.map_or(count, |j| parent[j - start]);
        count += u32::from(hub.is_none());
    }
    (parent, count)
}

/// The neighbour of smallest price up to a limit, among those that `admits`; the first of equals.
fn cheapest<T: Real>(
    graph: &Graph<T>,
    diagonal: &[f64],
    i: usize,
    limit: f64,
    admits: impl Fn(usize) -> bool,
) -> Option<usize> {
    let mut best = (limit, None);
    for (j, weight) in graph.row(i).filter(|&(j, _)| admits(j)) {
        let price = price([diagonal[i], diagonal[j]], weight.wide());
        if price < best.0 || (price == best.0 && best.1.is_none()) {
            best = (price, Some(j));
        }
    }
    best.1
}
