//! An upper bound on the error, whatever the path by which the approximation was found.
//!
//! For an approximation x with residual `r = b - A x` the energy is above that of the solution by exactly
//! `||e||^2 = r . A^-1 r`, and by Thomson's principle this is the smallest dissipation `sum f^2 / w` of all flows f through the
//! network (to the electrodes too) whose divergence is r (W. Prager and J. L. Synge, Q. Appl. Math. 5, 241, 1947). So *any*
//! such flow gives a bound, and the aggregates show where to find a good one in O(N): sum r over aggregates down to the
//! coarsest graph, solve there exactly, and on the way up share the flow of every coarse edge among its fine edges in
//! proportion to their weights, which costs no further energy; what is then unbalanced sums to zero in each aggregate and
//! is settled inside it. Coarse aggregates have odd shapes, and what they share is a poor flow for smooth errors (up to eight times
//! the least dissipation); so a cycle on the second graph finds a potential whose gradient carries most of it, and only the rest
//! is shared. No eigenvalue is estimated and nothing is assumed about the iteration.
//!
//! Rounding. Currents through a face are formed in one way from either side, so what rounding does to them is a flow again, of relative size
//! `u` = 2^-53, and an energy is wrong by a few `u` of itself for it ([`Certified`](super::refinement::Certified) counts that). Two things remain.
//! Weights of coarse graphs are sums in the precision of the levels, of unit roundoff `eps`: what flows between two aggregates and what their
//! members share differ by some `eps` of it, and that has to leave through other faces, at worst the weakest, where it dissipates more by
//! the contrast `C` of the medium: `eps^2 C` of the whole. And charges of an aggregate cancel, to `u` of the largest, with the same
//! consequence. By the triangle inequality in the energy norm the square root of the bound grows by the factor
//! `1 + k max(eps, u) sqrt(C)`, k = 16 for the few roundings of each kind; sums of up to 2^32 positive terms add 1e-6.

mod cubes;
mod flow;
mod slab;
mod voxels;

pub(crate) use slab::Slab;

use super::{
    blocks::Blocks,
    graph::{Aggregates, Graph},
    hierarchy::{Coarse, Hierarchy},
    host, krylov,
    multigrid::Multigrid,
    pairwise,
    settle::{self, Local, Settled},
    stencil::Stencil,
};
use crate::field::{Host, HostField, Machine, Real, host::dot, vectorised};
use flow::{Drops, Flow};
use rayon::prelude::*;
use slab::First;
use std::{
    ops::Index,
    sync::atomic::{AtomicU64, Ordering},
};

/// Drops towards other aggregates that are remembered while one is settled: its members have neighbours in common.
const KNOWN: usize = 16;
/// The graph on which a cycle finds most of the flow.
const SECOND: usize = 1;
/// Aggregates per task.
const GROUPS: usize = 1 << 10;

/// Consecutive numbers of a field, each still found by its place in the field.
#[derive(Debug, Clone, Copy)]
struct Stretch<'a> {
    /// Place of the first.
    first: usize,
    /// The numbers.
    values: &'a [f64],
}

impl Index<usize> for Stretch<'_> {
    type Output = f64;

    #[inline(always)]
    fn index(&self, place: usize) -> &f64 {
        &self.values[place - self.first]
    }
}

/// A dissipation with what rounding may hide of it; infinite where it is negative or not a number and so bounds nothing.
pub(crate) fn sound<T: Real>(dissipation: f64, levels: &Coarse<T>) -> f64 {
    const ROUNDINGS: f64 = 16.0;
    const SUMS: f64 = 1e-6;
    let growth = 1.0 + SUMS + ROUNDINGS * T::ROUNDOFF / levels.weakest.min(1.0).sqrt();
    let bound = dissipation * growth * growth;
    if bound >= 0.0 { bound } else { f64::INFINITY }
}

/// Upper bound on `r . A^-1 r`, infinite where there is none.
pub fn bound<T: Real>(stencil: &Stencil, hierarchy: &Hierarchy<T>, residual: &[f64]) -> f64 {
    let coarser = Coarser::new(stencil, hierarchy, hierarchy.blocks.sum(stencil, residual));
    let pairs = residual.par_chunks(4 * stencil.plane()).enumerate();
    let energies = pairs.map_init(Slab::default, |slab, (pair, currents)| {
        coarser.settle(stencil, (currents, 2 * pair), slab)
    });
    sound(
        coarser.energy + pairwise(&energies.collect::<Vec<_>>()),
        hierarchy,
    )
}

/// The flow on the graphs; what is left is to settle every block of voxels, and the first graph where it has no rows.
pub(crate) struct Coarser<'h, T> {
    blocks: &'h Blocks,
    flow: Flow<'h>,
    /// Dissipation of the flow inside the aggregates of the graphs.
    pub(crate) energy: f64,
    /// The first graph, where planes of its blocks are settled together with their voxels.
    first: Option<First<'h, T>>,
}

impl<'h, T: Real> Coarser<'h, T> {
    /// From the sums of the residual over the unknowns of the first graph.
    pub(crate) fn new(stencil: &Stencil, hierarchy: &'h Hierarchy<T>, sums: Vec<f64>) -> Self {
        let blocks = &hierarchy.blocks;
        let first = hierarchy.levels.first();
        let Some((graph, aggregates)) = first.filter(|(graph, _)| graph.formed.is_some()) else {
            let (energy, flow) = settle_levels(hierarchy, 0, sums);
            return Self {
                blocks,
                flow,
                energy,
                first: None,
            };
        };
        let (energy, mut flow) = settle_levels(hierarchy, 1, aggregates.sum(&sums));
        flow.extend(aggregates, Vec::new());
        Self {
            blocks,
            flow,
            energy,
            first: First::new(stencil, blocks, (graph, aggregates), sums),
        }
    }

    /// Energy that settles the unknowns and voxels of two planes of blocks, from the even one `bz` on, or of the last alone, with the
    /// currents that their voxels lack.
    pub(crate) fn settle(
        &self,
        stencil: &Stencil,
        (currents, bz): (&[f64], usize),
        slab: &mut Slab,
    ) -> f64 {
        let residual = Stretch {
            first: 2 * bz * stencil.plane(),
            values: currents,
        };
        let planes = bz..(bz + 2).min(self.blocks.shape[0]);
        if let Some(first) = &self.first {
            return first.settle(stencil, &self.flow, (residual, planes), slab);
        }
        let lines = planes.flat_map(|bz| (0..self.blocks.shape[1]).map(move |by| [bz, by]));
        let energies = lines.map(|line| {
            let place = (line, self.flow.drops(), &mut slab.patterns);
            voxels::settle_line(stencil, self.blocks, residual, place)
        });
        energies.sum()
    }
}

/// The same where the finest level is a graph.
pub fn graph_bound<T: Real>(levels: &Coarse<T>, residual: &[f64]) -> f64 {
    sound(settle_levels(levels, 0, residual.to_vec()).0, levels)
}

/// A flow through all graphs but the first few, from the residuals of the next, and its energy.
fn settle_levels<T: Real>(
    hierarchy: &Coarse<T>,
    skipped: usize,
    residual: Vec<f64>,
) -> (f64, Flow<'_>) {
    let levels = &hierarchy.levels[skipped..];
    let second = SECOND - skipped;
    let (mut energy, mut gradient) = (0.0, None);
    let mut sums = vec![residual];
    for (level, (_, aggregates)) in levels.iter().enumerate() {
        if level == second
            && let Some((potential, more)) = descend(hierarchy, &mut sums[level])
        {
            (energy, gradient) = (more, Some(potential));
        }
        let coarser = aggregates.sum(&sums[level]);
        sums.push(coarser);
    }
    let (top, below) = sums.split_last().expect("there is at least one graph");
    let settled = settle_coarsest(&hierarchy.coarsest, top);
    let mut flow = Flow::new(settled.potentials);
    energy += settled.dissipation;
    for (level, ((graph, aggregates), sums)) in levels.iter().zip(below).enumerate().rev() {
        let (potential, more) = settle_level(graph, aggregates, sums, flow.drops());
        energy += more;
        flow.extend(aggregates, potential);
        if let Some(potential) = gradient.take_if(|_| level == second) {
            flow.add_gradient(potential);
        }
    }
    (energy, flow)
}

/// Unknowns up to which the coarsest graph is eliminated where conductances differ much.
const ELIMINATED: usize = 512;
/// Contrast up to which conjugate gradients find its potentials to rounding.
const ORDINARY: f64 = 1e6;

/// Settles charges on the coarsest graph.
fn settle_coarsest<T: Real>(graph: &Graph<T>, charges: &[f64]) -> Settled {
    let weights = graph.weights.iter().chain(&graph.leaks);
    let positive = weights.map(|weight| weight.wide()).filter(|&w| w > 0.0);
    let (least, most) = positive.fold((f64::INFINITY, 0.0), |(least, most): (f64, f64), w| {
        (least.min(w), most.max(w))
    });
    if most > ORDINARY * least && graph.len() <= ELIMINATED {
        return settle::eliminate(graph, charges);
    }
    let potentials = krylov::solve(graph, charges);
    let dissipation = potentials.iter().zip(charges).map(|(y, r)| y * r).sum();
    Settled {
        potentials,
        dissipation,
    }
}

/// Potentials y from one cycle on the second graph, stretched as is best for them; `residual` becomes what the flow of their gradient
/// leaves of it. With them comes what that flow adds to the energy of any flow f that settles the rest:
/// `sum w (dy + f / w)^2 = y . A y + 2 y . rest + sum f^2 / w`. None where nothing is gained.
fn descend<T: Real>(hierarchy: &Coarse<T>, residual: &mut [f64]) -> Option<(Vec<f64>, f64)> {
    let machine = Host::<T>::default();
    let mut multigrid = Multigrid::new(&machine, host::levels_from(hierarchy, SECOND)).ok()?;
    let shape = multigrid.finest.shape();
    let (mut b, mut y) = (HostField::zeros(shape), HostField::zeros(shape));
    machine.store(residual, &mut b).ok()?;
    multigrid.precondition(&mut b, &mut y);
    let mut potential = par_vec(residual.len(), |i| y.data[i].wide());
    let graph = &hierarchy.levels[SECOND].0;
    let currents = par_vec(graph.len(), |i| krylov::apply_row(graph, i, &potential));
    let [given, own] = [&*residual, &currents].map(|it| dot(&potential, it));
    let stretch = given / own;
    if !(stretch.is_finite() && stretch > 0.0) {
        return None;
    }
    potential.par_iter_mut().for_each(|y| *y *= stretch);
    let rest = residual.par_iter_mut().zip(&currents);
    rest.for_each(|(rest, current)| *rest -= stretch * current);
    let left = dot(&potential, residual);
    Some((potential, stretch * given + left))
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
                        let falls = (|a, b| coarser.between(a, b), |_| coarser.leak(aggregate));
                        energy += settle_group((graph, group), residual, falls, local);
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

/// Energy that settles one aggregate, by the drops between two aggregates and from a member to the electrodes; its potentials
/// stay in `local`.
#[inline(always)]
fn settle_group<T: Real>(
    (graph, (aggregates, aggregate)): (&Graph<T>, (&Aggregates, usize)),
    residual: &[f64],
    (between, leak): (impl Fn(usize, usize) -> f64, impl Fn(usize) -> f64),
    local: &mut Local,
) -> f64 {
    let members = aggregates.of(aggregate);
    local.begin(members.len());
    if members.len() == 1 {
        return 0.0;
    }
    let mut known = [(usize::MAX, 0.0); KNOWN];
    for (place, &i) in members.iter().enumerate() {
        let i = i as usize;
        let mut unbalanced = residual[i] - leaving(graph.leaks[i], || leak(i));
        // Members ascend, and most columns do.
        let mut other = 0;
        graph.each(i, |j, weight| {
            let beyond = aggregates.parent[j] as usize;
            if beyond != aggregate {
                let drop = &mut known[beyond % KNOWN];
                if drop.0 != beyond {
                    *drop = (beyond, between(aggregate, beyond));
                }
                unbalanced -= weight.wide() * drop.1;
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
