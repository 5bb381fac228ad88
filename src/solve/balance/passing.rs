//! Balances of a potential that is made plane by plane and never held as a whole.

use super::{Balance, Ledger};
use crate::solve::stencil::Planes;
use std::ops::Range;

/// Planes that are handed over together: two planes of blocks.
const TOGETHER: usize = 4;

/// Some planes of a potential on their way through, of a stencil's many. Planes of unknowns are counted with the ghosts, so the first is 1.
pub(crate) struct Passing<'l> {
    ledger: &'l Ledger<'l>,
    /// Planes to be balanced: from a multiple of [`TOGETHER`], counted without ghosts.
    targets: Range<usize>,
    buffers: Buffers,
    parts: Vec<Balance>,
}

/// Planes at work, to be used again.
#[derive(Debug, Default)]
pub(crate) struct Buffers {
    /// The last three planes of the potential.
    window: [Vec<f64>; 3],
    /// Currents that some planes lack.
    currents: Vec<f64>,
}

impl<'l> Passing<'l> {
    /// Nothing has passed yet.
    pub(crate) fn new(ledger: &'l Ledger<'l>, targets: Range<usize>, mut buffers: Buffers) -> Self {
        let size = ledger.stencil.plane();
        let Buffers { window, currents } = &mut buffers;
        window.iter_mut().for_each(|plane| plane.resize(size, 0.0));
        currents.resize(TOGETHER * size, 0.0);
        if targets.start == 1 {
            window[0].fill(ledger.ends[0]);
        }
        Self {
            ledger,
            targets,
            buffers,
            parts: Vec::new(),
        }
    }

    /// Planes that [`Passing::push`] is to get, in order.
    pub(crate) fn wanted(&self) -> Range<usize> {
        let depth = self.ledger.stencil.shape[0];
        (self.targets.start - 1).max(1)..(self.targets.end + 1).min(depth + 1)
    }

    /// Takes the next plane; `sink(plane of blocks, currents)` gets those of two planes of blocks as soon as they are known.
    pub(crate) fn push(
        &mut self,
        place: usize,
        make: impl FnOnce(&mut [f64]),
        sink: impl FnMut(usize, &[f64]),
    ) {
        make(&mut self.buffers.window[place % 3]);
        if place > self.targets.start {
            self.close(place - 1, sink);
        }
    }

    /// Balances of all planes, once all are there.
    pub(crate) fn finish(mut self, sink: impl FnMut(usize, &[f64])) -> (Vec<Balance>, Buffers) {
        let depth = self.ledger.stencil.shape[0];
        if self.targets.end > depth {
            self.buffers.window[(depth + 1) % 3].fill(self.ledger.ends[1]);
            self.close(depth, sink);
        }
        (self.parts, self.buffers)
    }

    fn close(&mut self, place: usize, mut sink: impl FnMut(usize, &[f64])) {
        let (z, depth) = (place - 1, self.ledger.stencil.shape[0]);
        let size = self.ledger.stencil.plane();
        let Buffers { window, currents } = &mut self.buffers;
        let at = |place: usize| window[place % 3].as_slice();
        let planes = Planes {
            below: at(place - 1),
            here: at(place),
            above: at(place + 1),
        };
        let own = &mut currents[z % TOGETHER * size..][..size];
        self.parts.push(self.ledger.on_plane(z, planes, own));
        if place.is_multiple_of(TOGETHER) || place == depth {
            let first = z / TOGETHER * TOGETHER;
            sink(first / 2, &currents[..(place - first) * size]);
        }
    }
}
