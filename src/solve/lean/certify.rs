//! The certificate of `x + z` in planes: a potential in f64, its currents, and the flow that settles them, none of them stored.

use super::{
    Lean,
    cascade::{ALL, Cascade, Finest, PLANES, Ring},
};
use crate::solve::{
    balance::{Balance, Ledger},
    certificate::{Coarser, Slab, Stretch},
};
use rayon::prelude::*;

/// A potential `x + z` to be certified, z from the correction `(alpha, e)` of the levels below.
struct Candidate<'s> {
    finest: &'s Finest<'s>,
    ledger: &'s Ledger<'s>,
    x: &'s [f32],
    correction: (f32, &'s [f32]),
}

impl Lean<'_> {
    /// Balances `x + z` and bounds its error.
    pub(super) fn certify(&mut self) {
        let (stencil, blocks) = (self.finest.stencil, self.finest.blocks);
        let candidate = Candidate {
            finest: &self.finest,
            ledger: &self.ledger,
            x: &self.x,
            correction: (self.below.stretch, &self.below.e.data),
        };
        let mut sums = vec![0.0; blocks.len()];
        let pieces = blocks.split(PLANES / 2, &mut sums).into_par_iter();
        let balances = candidate.audit(pieces, |(base, sums), bz, pair| {
            let place = (2 * bz + 2).min(stencil.shape[0]);
            candidate.finest.gather_pair((place, *base), pair, sums);
        });
        let coarser = Coarser::new(stencil, self.hierarchy, sums);
        let mut energies = vec![0.0; blocks.shape[0]];
        let pieces = energies.par_chunks_mut(PLANES / 2);
        let tasks = pieces.map(|energies| (energies, Slab::default()));
        candidate.audit(tasks, |(energies, slab), bz, pair| {
            let residual = Stretch {
                first: 2 * bz * stencil.plane(),
                values: pair,
            };
            energies[bz % (PLANES / 2)] = coarser.settle(stencil, (residual, bz), slab);
        });
        self.state.balance = Balance::of(&balances);
        self.state.bound = coarser.energy + energies.iter().sum::<f64>();
    }
}

impl Candidate<'_> {
    /// Hands the currents that each pair of planes lacks, in f64, to `sink(target, plane of blocks, currents)`; one target per task.
    fn audit<S: Send>(
        &self,
        targets: impl IndexedParallelIterator<Item = S>,
        sink: impl Fn(&mut S, usize, &[f64]) + Sync,
    ) -> Vec<Balance> {
        let parts = targets.enumerate().map(|(task, mut target)| {
            self.audit_task(task, |bz, pair| sink(&mut target, bz, pair))
        });
        parts.collect::<Vec<_>>().into_iter().flatten().collect()
    }

    fn audit_task(&self, task: usize, mut sink: impl FnMut(usize, &[f64])) -> Vec<Balance> {
        let (stencil, planes) = (self.finest.stencil, self.finest.task(task));
        let (depth, size) = (stencil.shape[0], stencil.plane());
        let (mut window, mut pair) = (Ring::<f64>::new(size), vec![0.0; 2 * size]);
        let (mut parts, mut z) = (Vec::with_capacity(planes.len()), vec![0.0; size]);
        let mut close = |place: usize, window: &Ring<f64>| {
            let half = (place - 1) % 2;
            let currents = &mut pair[half * size..][..size];
            let around = window.around(place);
            parts.push(self.ledger.on_plane(place - 1, around, currents));
            if half == 1 || place == depth {
                sink((place - 1) / 2, &pair[..(half + 1) * size]);
            }
        };
        if planes.start == 1 {
            window.at_mut(0).fill(self.finest.ends[0]);
        }
        let wanted = (planes.start - 1).max(1)..(planes.end + 1).min(depth + 1);
        let source = (self.x, Some(self.correction));
        Cascade::new(ALL, size).run(self.finest, source, wanted, |place, plane| {
            plane.sweep(&mut z);
            let both = plane.potential.iter().zip(&z);
            let potential = window.at_mut(place).iter_mut();
            potential
                .zip(both)
                .for_each(|(y, (&x, &z))| *y = f64::from(x) + f64::from(z));
            if place > planes.start {
                close(place - 1, &window);
            }
        });
        if planes.end > depth {
            window.at_mut(depth + 1).fill(self.finest.ends[1]);
            close(depth, &window);
        }
        parts
    }
}
