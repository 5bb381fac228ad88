//! An upper bound on the error, whatever the path by which the approximation was found.
//!
//! For an approximation x with residual `r = b - A x` the energy is above that of the solution by exactly
//! `||e||^2 = r . A^-1 r`, and by Thomson's principle this is the smallest dissipation `sum f^2 / w` of all flows f through the
//! network (to the electrodes too) whose divergence is r (W. Prager and J. L. Synge, Q. Appl. Math. 5, 241, 1947). So *any*
//! such flow gives a bound, and the aggregates show where to find a good one in O(N): sum r over aggregates down to the
//! coarsest graph, solve there exactly, and on the way up share the flow of every coarse edge among its fine edges in
//! proportion to their weights, which costs no further energy; what is then unbalanced sums to zero in each aggregate and
//! is settled inside it. No eigenvalue is estimated and nothing is assumed about the iteration; only
//! rounding is neglected, that of the coarse weights included.
//!
//! The flow is never stored: along an edge it is the weight times the difference of two potentials, taken on the level
//! where the edge's ends first share an aggregate.

use super::{
    blocks::{Behind, Blocks, CORNERS, NO_LAYER, Shell, codes, inside},
    graph::{Aggregates, Graph, id},
    hierarchy::Hierarchy,
    krylov,
    settle::{Local, Patterns},
    stencil::Stencil,
};
use crate::field::Real;
use rayon::prelude::*;

/// Aggregates per task.
const GROUPS: usize = 1 << 10;

/// Upper bound on `r . A^-1 r`.
pub fn bound<T: Real>(stencil: &Stencil, hierarchy: &Hierarchy<T>, residual: &[f64]) -> f64 {
    let mut sums = vec![hierarchy.blocks.sum(stencil, residual)];
    for (_, aggregates) in &hierarchy.levels {
        let coarser = aggregates.sum(&sums[sums.len() - 1]);
        sums.push(coarser);
    }
    let mut energy = 0.0;
    let (top, below) = sums.split_last().expect("there is at least one graph");
    let mut flow = Flow {
        aggregates: Vec::new(),
        potentials: vec![krylov::solve(&hierarchy.coarsest, top)],
    };
    energy += flow.potentials[0]
        .iter()
        .zip(top)
        .map(|(y, r)| y * r)
        .sum::<f64>();
    for ((graph, aggregates), sums) in hierarchy.levels.iter().zip(below).rev() {
        let (potential, more) = settle_level(graph, aggregates, sums, &flow);
        energy += more;
        flow.potentials.insert(0, potential);
        flow.aggregates.insert(0, aggregates);
    }
    energy + settle_blocks(stencil, &hierarchy.blocks, residual, &flow)
}

/// A flow through the graphs from some level to the coarsest.
struct Flow<'h> {
    /// Aggregation of each level into the next.
    aggregates: Vec<&'h Aggregates>,
    /// Potentials of each level, one more than `aggregates`.
    potentials: Vec<Vec<f64>>,
}

impl Flow<'_> {
    /// Flow over weight between two unknowns of the finest level described.
    fn drop(&self, mut i: usize, mut j: usize) -> f64 {
        for (aggregates, potential) in self.aggregates.iter().zip(&self.potentials) {
            let (a, b) = (aggregates.parent[i] as usize, aggregates.parent[j] as usize);
            if a == b {
                return potential[i] - potential[j];
            }
            (i, j) = (a, b);
        }
        let coarsest = &self.potentials[self.aggregates.len()];
        coarsest[i] - coarsest[j]
    }

    /// Flow over leak from an unknown to the electrodes.
    fn leak(&self, i: usize) -> f64 {
        let root = self
            .aggregates
            .iter()
            .fold(i, |i, aggregates| aggregates.parent[i] as usize);
        self.potentials[self.aggregates.len()][root]
    }
}

/// Potentials that settle every aggregate of a level, and the energy of their flow.
fn settle_level<T: Real>(
    graph: &Graph<T>,
    aggregates: &Aggregates,
    residual: &[f64],
    coarser: &Flow<'_>,
) -> (Vec<f64>, f64) {
    let settled: Vec<(Vec<f64>, f64)> = (0..aggregates.len().div_ceil(GROUPS))
        .into_par_iter()
        .map_init(Local::default, |local, task| {
            let (mut potentials, mut energy) = (Vec::new(), 0.0);
            for aggregate in task * GROUPS..((task + 1) * GROUPS).min(aggregates.len()) {
                let members = aggregates.of(aggregate);
                if members.len() == 1 {
                    potentials.push(0.0);
                    continue;
                }
                local.begin(members.len());
                for (place, &i) in members.iter().enumerate() {
                    let i = i as usize;
                    let mut unbalanced =
                        residual[i] - leaving(graph.leaks[i], || coarser.leak(aggregate));
                    for (j, weight) in graph.row(i) {
                        let other = aggregates.parent[j] as usize;
                        if other != aggregate {
                            unbalanced -= weight.wide() * coarser.drop(aggregate, other);
                        } else if let Ok(other) = members.binary_search(&id(j)) {
                            local.couple(place, other, weight.wide());
                        }
                    }
                    local.charge(place, unbalanced);
                }
                energy += local.settle();
                potentials.extend(local.potentials());
            }
            (potentials, energy)
        })
        .collect();
    let mut potential = vec![0.0; graph.len()];
    let values = settled.iter().flat_map(|piece| &piece.0);
    aggregates
        .members
        .iter()
        .zip(values)
        .for_each(|(&i, &u)| potential[i as usize] = u);
    (potential, settled.iter().map(|piece| piece.1).sum())
}

/// Flow through a leak, looked up only where there is one.
fn leaving<T: Real>(leak: T, drop: impl Fn() -> f64) -> f64 {
    if leak > T::default() {
        leak.wide() * drop()
    } else {
        0.0
    }
}

/// Energy that settles every layer of every block.
fn settle_blocks(stencil: &Stencil, blocks: &Blocks, residual: &[f64], coarser: &Flow<'_>) -> f64 {
    let energies: Vec<f64> = (0..blocks.shape[0])
        .into_par_iter()
        .map_init(Patterns::default, |patterns, bz| {
            let mut energy = 0.0;
            for (by, bx) in
                (0..blocks.shape[1]).flat_map(|y| (0..blocks.shape[2]).map(move |x| (y, x)))
            {
                let block = [bz, by, bx];
                if blocks.unknowns(block).is_empty() {
                    continue;
                }
                let here = blocks.unknowns(block).start;
                let (codes, unbalanced) = match blocks.shell(stencil, block) {
                    Some(shell) => (
                        shell.codes,
                        unbalanced_shell(&shell, residual, (here, coarser)),
                    ),
                    None => (
                        codes(stencil, block),
                        unbalanced(stencil, blocks, residual, (block, coarser)),
                    ),
                };
                energy += patterns.settle(stencil, codes, &unbalanced);
            }
            energy
        })
        .collect();
    energies.iter().sum()
}

/// Residuals of a block's corners less what the coarse flow carries away, in the common case.
fn unbalanced_shell(
    shell: &Shell,
    residual: &[f64],
    (here, coarser): (u32, &Flow<'_>),
) -> [f64; 8] {
    let mut unbalanced = shell.corners.map(|offset| residual[shell.origin + offset]);
    for (side, corners) in shell.sides.iter().zip(&CORNERS) {
        if side.weights == [0.0; 4] {
            continue;
        }
        let drops = match side.behind {
            Behind::Electrode => [coarser.leak(here as usize); 4],
            Behind::Single(there) => [coarser.drop(here as usize, there as usize); 4],
            Behind::Layered(there) => std::array::from_fn(|face| {
                if side.weights[face] > 0.0 {
                    coarser.drop(here as usize, there[face] as usize)
                } else {
                    0.0
                }
            }),
        };
        for ((weight, drop), &corner) in side.weights.iter().zip(drops).zip(corners) {
            unbalanced[corner] -= weight * drop;
        }
    }
    unbalanced
}

/// The same for any block, voxel by voxel.
fn unbalanced(
    stencil: &Stencil,
    blocks: &Blocks,
    residual: &[f64],
    (block, coarser): ([usize; 3], &Flow<'_>),
) -> [f64; 8] {
    let mut unbalanced = [0.0; 8];
    for voxel in inside(stencil.shape, block).voxels() {
        if blocks.layer(stencil, voxel) == NO_LAYER {
            continue;
        }
        let here = blocks.parent(stencil, voxel);
        let faces = blocks
            .faces(stencil, voxel)
            .filter(|&(_, beyond)| beyond != Some(here));
        let leaving: f64 = faces
            .map(|(weight, beyond)| {
                weight
                    * match beyond {
                        Some(there) => coarser.drop(here as usize, there as usize),
                        None => coarser.leak(here as usize),
                    }
            })
            .sum();
        let [z, y, x] = voxel;
        unbalanced[(z % 2) * 4 + (y % 2) * 2 + x % 2] = residual[stencil.index(voxel)] - leaving;
    }
    unbalanced
}
