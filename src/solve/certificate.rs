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

mod flow;

use super::{
    blocks::{
        Behind, Blocks, CORNERS, Line, NO_LAYER, Shell, Surroundings, Uniform, codes, inside,
    },
    graph::{Aggregates, Graph},
    hierarchy::{Coarse, Hierarchy},
    krylov,
    settle::{Local, Patterns},
    stencil::Stencil,
};
use crate::field::{Real, vectorised};
use flow::{Drops, Flow};
use rayon::prelude::*;
use std::{
    ops::Index,
    sync::atomic::{AtomicU64, Ordering},
};

/// Aggregates per task.
const GROUPS: usize = 1 << 10;

/// Corners as numbers, 1 where the bit is set.
const SHARES: [[f64; 8]; 256] = {
    let mut shares = [[0.0; 8]; 256];
    let mut mask = 0;
    while mask < 256 {
        let mut corner = 0;
        while corner < 8 {
            if mask & (1 << corner) != 0 {
                shares[mask][corner] = 1.0;
            }
            corner += 1;
        }
        mask += 1;
    }
    shares
};

/// Consecutive numbers of a field, each still found by its place in the field.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stretch<'a> {
    /// Place of the first.
    pub(crate) first: usize,
    /// The numbers.
    pub(crate) values: &'a [f64],
}

impl Index<usize> for Stretch<'_> {
    type Output = f64;

    #[inline(always)]
    fn index(&self, place: usize) -> &f64 {
        &self.values[place - self.first]
    }
}

/// Upper bound on `r . A^-1 r`.
pub fn bound<T: Real>(stencil: &Stencil, hierarchy: &Hierarchy<T>, residual: &[f64]) -> f64 {
    let coarser = Coarser::new(hierarchy, hierarchy.blocks.sum(stencil, residual));
    let whole = Stretch {
        first: 0,
        values: residual,
    };
    let energies: Vec<f64> = (0..hierarchy.blocks.shape[0])
        .into_par_iter()
        .map_init(Patterns::default, |patterns, bz| {
            coarser.settle(stencil, (whole, bz), patterns)
        })
        .collect();
    coarser.energy + energies.iter().sum::<f64>()
}

/// The flow on all graphs; what is left is to settle every block of voxels.
pub(crate) struct Coarser<'h> {
    blocks: &'h Blocks,
    flow: Flow<'h>,
    /// Dissipation of the flow inside the aggregates of all graphs.
    pub(crate) energy: f64,
}

impl<'h> Coarser<'h> {
    /// From the sums of the residual over the unknowns of the first graph.
    pub(crate) fn new<T: Real>(hierarchy: &'h Hierarchy<T>, sums: Vec<f64>) -> Self {
        let (energy, flow) = settle_levels(hierarchy, sums);
        Self {
            blocks: &hierarchy.blocks,
            flow,
            energy,
        }
    }

    /// Energy that settles every layer of every block of plane `bz`.
    pub(crate) fn settle(
        &self,
        stencil: &Stencil,
        (residual, bz): (Stretch<'_>, usize),
        patterns: &mut Patterns,
    ) -> f64 {
        let (blocks, drops) = (self.blocks, self.flow.drops());
        let mut energy = 0.0;
        for by in 0..blocks.shape[1] {
            let line = blocks.line(stencil, bz, by);
            let line = line.as_ref();
            energy += vectorised(
                #[inline(always)]
                || {
                    let place = ([bz, by], drops, &mut *patterns);
                    settle_line(stencil, (blocks, line), residual, place)
                },
            );
        }
        energy
    }
}

/// The same where the finest level is a graph.
pub fn graph_bound<T: Real>(levels: &Coarse<T>, residual: &[f64]) -> f64 {
    settle_levels(levels, residual.to_vec()).0
}

/// A flow through all graphs, from the residuals of the first, and its energy.
fn settle_levels<T: Real>(hierarchy: &Coarse<T>, residual: Vec<f64>) -> (f64, Flow<'_>) {
    let mut sums = vec![residual];
    for (_, aggregates) in &hierarchy.levels {
        let coarser = aggregates.sum(&sums[sums.len() - 1]);
        sums.push(coarser);
    }
    let mut energy = 0.0;
    let (top, below) = sums.split_last().expect("there is at least one graph");
    let mut flow = Flow::new(krylov::solve(&hierarchy.coarsest, top));
    let potentials = flow.coarsest().iter();
    energy += potentials.zip(top).map(|(y, r)| y * r).sum::<f64>();
    for ((graph, aggregates), sums) in hierarchy.levels.iter().zip(below).rev() {
        let (potential, more) = settle_level(graph, aggregates, sums, flow.drops());
        energy += more;
        flow.extend(aggregates, potential);
    }
    (energy, flow)
}

/// Potentials that settle every aggregate of a level, and the energy of their flow.
fn settle_level<T: Real>(
    graph: &Graph<T>,
    aggregates: &Aggregates,
    residual: &[f64],
    coarser: Drops<'_>,
) -> (Vec<f64>, f64) {
    // Every unknown has one aggregate, so no two tasks meet.
    let potential: Vec<AtomicU64> = par_vec(graph.len(), |_| AtomicU64::new(0));
    let energies: Vec<f64> = (0..aggregates.len().div_ceil(GROUPS))
        .into_par_iter()
        .map_init(Local::default, |local, task| {
            let groups = task * GROUPS..((task + 1) * GROUPS).min(aggregates.len());
            let mut energy = 0.0;
            vectorised(
                #[inline(always)]
                || {
                    for aggregate in groups {
                        let group = (aggregates, aggregate);
                        energy += settle_group((graph, group), residual, coarser, local);
                        let settled = aggregates.of(aggregate).iter().zip(local.potentials());
                        for (&i, &u) in settled {
                            potential[i as usize].store(u.to_bits(), Ordering::Relaxed);
                        }
                    }
                },
            );
            energy
        })
        .collect();
    // In place: there are many.
    let settled = potential
        .into_iter()
        .map(|bits| f64::from_bits(bits.into_inner()));
    (settled.collect(), energies.iter().sum())
}

/// A vector made in parallel.
fn par_vec<T: Send>(length: usize, value: impl Fn(usize) -> T + Send + Sync) -> Vec<T> {
    let indices = (0..length).into_par_iter().with_min_len(1 << 14);
    indices.map(value).collect()
}

/// Energy that settles one aggregate; its potentials stay in `local`.
#[inline(always)]
fn settle_group<T: Real>(
    (graph, (aggregates, aggregate)): (&Graph<T>, (&Aggregates, usize)),
    residual: &[f64],
    coarser: Drops<'_>,
    local: &mut Local,
) -> f64 {
    let members = aggregates.of(aggregate);
    local.begin(members.len());
    if members.len() == 1 {
        return 0.0;
    }
    for (place, &i) in members.iter().enumerate() {
        let i = i as usize;
        let mut unbalanced = residual[i] - leaving(graph.leaks[i], || coarser.leak(aggregate));
        // Members ascend, and most columns do.
        let mut other = 0;
        graph.each(i, |j, weight| {
            let beyond = aggregates.parent[j] as usize;
            if beyond != aggregate {
                unbalanced -= weight.wide() * coarser.between(aggregate, beyond);
            } else if weight > T::default() {
                if members[other] as usize > j {
                    other = 0;
                }
                while (members[other] as usize) < j {
                    other += 1;
                }
                local.couple(place, other, weight.wide());
            }
        });
        local.charge(place, unbalanced);
    }
    local.settle()
}

/// Flow through a leak, looked up only where there is one.
fn leaving<T: Real>(leak: T, drop: impl Fn() -> f64) -> f64 {
    if leak > T::default() {
        leak.wide() * drop()
    } else {
        0.0
    }
}

/// Energy that settles every layer of every block of a line.
#[inline(always)]
fn settle_line(
    stencil: &Stencil,
    (blocks, line): (&Blocks, Option<&Line<'_>>),
    residual: Stretch<'_>,
    ([bz, by], coarser, patterns): ([usize; 2], Drops<'_>, &mut Patterns),
) -> f64 {
    let mut energy = 0.0;
    for bx in 0..blocks.shape[2] {
        let block = [bz, by, bx];
        if blocks.unknowns(block).is_empty() {
            continue;
        }
        energy += match line {
            Some(line) => {
                let surroundings = line.at(bx);
                let currents = residuals(stencil, residual, block);
                let currents = unbalanced_uniform(line.uniform, &surroundings, currents, coarser);
                patterns.settle_uniform((stencil, line.uniform), surroundings.mask(), &currents)
            }
            None => settle_block(stencil, blocks, residual, (block, coarser, patterns)),
        };
    }
    energy
}

/// Energy that settles every layer of any block.
fn settle_block(
    stencil: &Stencil,
    blocks: &Blocks,
    residual: Stretch<'_>,
    (block, coarser, patterns): ([usize; 3], Drops<'_>, &mut Patterns),
) -> f64 {
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
    patterns.settle(stencil, codes, &unbalanced)
}

/// Residuals of a block's corners, 0 outside the volume.
#[inline(always)]
fn residuals(stencil: &Stencil, residual: Stretch<'_>, [bz, by, bx]: [usize; 3]) -> [f64; 8] {
    let [_, rows, columns] = stencil.shape;
    let mut out = [0.0; 8];
    for (line, out) in out.chunks_mut(2).enumerate() {
        let (z, y) = (2 * bz + line / 2, 2 * by + line % 2);
        if z < stencil.shape[0] && y < rows {
            let start = stencil.index([z, y, 2 * bx]);
            out[0] = residual[start];
            if 2 * bx + 1 < columns {
                out[1] = residual[start + 1];
            }
        }
    }
    out
}

/// What the coarse flow leaves of a block's currents, where masks say everything.
#[inline(always)]
fn unbalanced_uniform(
    uniform: &Uniform,
    block: &Surroundings,
    mut currents: [f64; 8],
    coarser: Drops<'_>,
) -> [f64; 8] {
    for (layer, here) in uniform.unknowns(block).enumerate() {
        uniform.links(
            block,
            layer,
            #[inline(always)]
            |link| {
                let drop = coarser.between(here as usize, link.column as usize);
                let flow = uniform.conductance(link.axis) * drop;
                let shares = &SHARES[usize::from(link.corners)];
                for (current, share) in currents.iter_mut().zip(shares) {
                    *current -= share * flow;
                }
            },
        );
    }
    currents
}

/// Residuals of a block's corners less what the coarse flow carries away, in the common case.
fn unbalanced_shell(
    shell: &Shell,
    residual: Stretch<'_>,
    (here, coarser): (u32, Drops<'_>),
) -> [f64; 8] {
    let mut unbalanced = shell.corners.map(|offset| residual[shell.origin + offset]);
    for (side, corners) in shell.sides.iter().zip(&CORNERS) {
        if side.weights == [0.0; 4] {
            continue;
        }
        let drops = match side.behind {
            Behind::Electrode => [coarser.leak(here as usize); 4],
            Behind::Single(there) => [coarser.between(here as usize, there as usize); 4],
            Behind::Layered(there) => std::array::from_fn(|face| {
                if side.weights[face] > 0.0 {
                    coarser.between(here as usize, there[face] as usize)
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
    residual: Stretch<'_>,
    (block, coarser): ([usize; 3], Drops<'_>),
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
                        Some(there) => coarser.between(here as usize, there as usize),
                        None => coarser.leak(here as usize),
                    }
            })
            .sum();
        let [z, y, x] = voxel;
        unbalanced[(z % 2) * 4 + (y % 2) * 2 + x % 2] = residual[stencil.index(voxel)] - leaving;
    }
    unbalanced
}
