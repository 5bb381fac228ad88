//! The certificate of `x + z` in planes: a potential in f64, its currents, and the flow that settles them, none of them stored.

use super::{
    Lean,
    cascade::{ALL, Cascade, Finest, PLANES},
};
use crate::solve::{
    balance::{Balance, Buffers, Ledger, Passing},
    certificate::{Coarser, Slab, sound},
    pairwise,
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
        let balances = candidate.audit(pieces, |(base, sums), bz, currents| {
            blocks.gather_planes(stencil, (bz, *base), currents, sums);
        });
        let coarser = Coarser::new(stencil, self.hierarchy, sums);
        let tasks = (0..stencil.shape[0].div_ceil(PLANES)).into_par_iter();
        let mut energies = vec![0.0; tasks.len()];
        let targets = energies.par_iter_mut();
        let targets = targets.map(|energy| (energy, Slab::default()));
        candidate.audit(targets, |(energy, slab), bz, currents| {
            **energy += coarser.settle(stencil, (currents, bz), slab);
        });
        self.state.balance = Balance::of(&balances);
        self.state.bound = sound(coarser.energy + pairwise(&energies), self.hierarchy);
    }
}

impl Candidate<'_> {
    /// Hands the currents that the planes lack, in f64, to `sink(target, plane of blocks, currents)`; one target per task.
    fn audit<S: Send>(
        &self,
        targets: impl IndexedParallelIterator<Item = S>,
        sink: impl Fn(&mut S, usize, &[f64]) + Sync,
    ) -> Vec<Balance> {
        let parts = targets.enumerate().map(|(task, mut target)| {
            self.audit_task(task, |bz, currents| sink(&mut target, bz, currents))
        });
        parts.collect::<Vec<_>>().into_iter().flatten().collect()
    }

    fn audit_task(&self, task: usize, mut sink: impl FnMut(usize, &[f64])) -> Vec<Balance> {
        let (size, source) = (self.finest.stencil.plane(), (self.x, Some(self.correction)));
        let mut passing = Passing::new(self.ledger, self.finest.task(task), Buffers::default());
        let (wanted, mut z) = (passing.wanted(), vec![0.0; size]);
        Cascade::new(ALL, size).run(self.finest, source, wanted, |place, plane| {
            plane.sweep(&mut z);
            let both = plane.potential.iter().zip(&z);
            let sum = |potential: &mut [f64]| {
                let potential = potential.iter_mut().zip(both);
                potential.for_each(|(y, (&x, &z))| *y = f64::from(x) + f64::from(z));
            };
            passing.push(place, sum, &mut sink);
        });
        passing.finish(sink).0
    }
}
