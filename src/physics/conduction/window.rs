//! Contrasts beyond double precision: graphene beside Li2S, sixteen powers of ten apart.
//!
//! By Rayleigh's monotonicity a conductance that is lowered lowers the energy, and the energy of any potential is an upper
//! bound. So conductances are first brought into a window that double precision carries: those far below what the current
//! needs are left out, those far above are cut. Less the bound of its own solve, the energy of that medium is a lower bound; an
//! upper one is the energy, in the medium as it is, of its potential, continued by 1 into what hangs on the inlet and by 0
//! elsewhere. The answer lies between the two, whatever the contrast.

use super::{assembled::ENDS, assembly::Assembly};
use crate::solve::{
    balance::Ledger,
    refinement::Certified,
    stencil::{DEAD, pair},
};

/// Largest over smallest conductance of the window.
const WIDTH: f64 = 1e14;
/// Largest conductance of the window over the one that the current needs.
const ABOVE: f64 = 1e10;

impl Assembly {
    /// The medium with its conductances brought into the window; none where nothing lies outside of it.
    pub(super) fn windowed(&self) -> Option<Self> {
        let mut values: Vec<f64> = self.stencil.tables.iter().flatten().copied().collect();
        values.retain(|&k| k > 0.0);
        values.sort_unstable_by(f64::total_cmp);
        values.dedup();
        // The largest threshold above which the medium still joins both ends.
        let joins = values.partition_point(|&threshold| {
            let mut strong = self.clamped([threshold, f64::INFINITY]);
            strong.remove_dead();
            strong.live() > 0
        });
        let needed = values[joins.checked_sub(1)?];
        let most = values[values.len() - 1].min(ABOVE * needed);
        let least = (most / WIDTH).min(needed);
        if values[0] >= least && values[values.len() - 1] <= most {
            return None;
        }
        let mut windowed = self.clamped([least, most]);
        windowed.remove_dead();
        Some(windowed)
    }

    /// The medium without conductances below a limit, and with none above another.
    fn clamped(&self, [least, most]: [f64; 2]) -> Self {
        let mut clamped = self.clone();
        for k in clamped.stencil.tables.iter_mut().flatten() {
            *k = if *k < least { 0.0 } else { k.min(most) };
        }
        clamped
    }

    /// What the solution of a windowed medium says of this one; its potential is continued to where this one conducts.
    pub(super) fn widened(
        &self,
        windowed: &Self,
        (x, found): (&mut [f64], Certified),
    ) -> Certified {
        self.continue_from(windowed, x);
        let mut residual = vec![0.0; x.len()];
        let balance = Ledger::new(&self.stencil, ENDS).balance(x, &mut residual);
        let below = found.balance.energy - found.bound;
        Certified {
            bound: (balance.energy - below).max(0.0),
            balance,
            iterations: found.iterations,
        }
    }

    /// 1 in what hangs on the inlet alone, 0 in all else that the windowed medium leaves out.
    fn continue_from(&self, windowed: &Self, x: &mut [f64]) {
        let stencil = &windowed.stencil;
        let plane = stencil.plane();
        let out = |place: usize| stencil.codes[place + plane] == DEAD;
        (0..x.len())
            .filter(|&place| out(place))
            .for_each(|place| x[place] = 0.0);
        let code = |[z, y, column]: [usize; 3]| self.stencil.code([z, y, column]);
        let joined = |axis: usize, a: [usize; 3], b: [usize; 3]| {
            stencil.tables[axis][pair(code(a), code(b))] > 0.0
        };
        let mut stack: Vec<[usize; 3]> = (0..plane.min(x.len()))
            .map(|place| [1, place / stencil.shape[2], place % stencil.shape[2]])
            .filter(|&[z, y, column]| joined(0, [z, y, column], [0, y, column]))
            .collect();
        while let Some(voxel) = stack.pop() {
            let [z, y, column] = voxel;
            let place = self.stencil.index([z - 1, y, column]);
            if !out(place) || x[place] == 1.0 {
                continue;
            }
            x[place] = 1.0;
            let inside = |other: &[usize; 3]| (1..=stencil.shape[0]).contains(&other[0]);
            let round = stencil.around(voxel).filter(|(_, other)| inside(other));
            stack.extend(
                round
                    .filter(|&(axis, other)| joined(axis, voxel, other))
                    .map(|(_, other)| other),
            );
        }
    }
}
