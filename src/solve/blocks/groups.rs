//! Groups of 2x2x2 blocks of a [`Lattice`]: most hold at most one unknown a block. What couples these follows from the bytes of
//! 12 faces, with no look-up for each unknown.

use super::{CORNERS, corner_offset, lattice::Lattice};
use crate::{
    field::Real,
    solve::{graph::split, layers::Merger},
};
use rayon::prelude::*;

/// Eight blocks that hold at most one unknown each.
pub(crate) struct Group {
    /// The first of them.
    block: usize,
    /// Unknown of each, where it holds one.
    pub(crate) unknowns: [Option<u32>; 8],
}

impl<T: Real> Lattice<T> {
    /// Blocks to the next along each axis.
    pub(crate) fn steps(&self) -> [usize; 3] {
        [self.shape[1] * self.shape[2], self.shape[2], 1]
    }

    /// The group at a place, if it lies whole in the lattice and no block of it holds more than one unknown.
    pub(crate) fn group(&self, place: [usize; 3]) -> Option<Group> {
        let whole = (0..3).all(|axis| 2 * place[axis] + 2 <= self.shape[axis]);
        if !whole {
            return None;
        }
        let steps = self.steps();
        let block = (0..3).map(|axis| 2 * place[axis] * steps[axis]).sum();
        let (mut unknowns, mut alone) = ([None; 8], true);
        for (line, unknowns) in unknowns.chunks_exact_mut(2).enumerate() {
            let first = &self.first[block + corner_offset(2 * line, steps)..][..3];
            for (unknown, ends) in unknowns.iter_mut().zip(first.windows(2)) {
                alone &= ends[1] - ends[0] <= 1;
                *unknown = (ends[1] > ends[0]).then_some(ends[0]);
            }
        }
        alone.then_some(Group { block, unknowns })
    }

    /// Tells a merger the unknowns of a group and what couples them; the place of each is its corner.
    pub(crate) fn begin(&self, group: &Group, diagonal: &[T], merger: &mut Merger) {
        let (mut diagonals, mut taken) = ([0.0; 8], 0);
        for (corner, &unknown) in group.unknowns.iter().enumerate() {
            if let Some(unknown) = unknown {
                diagonals[corner] = diagonal[unknown as usize].wide();
                taken |= 1 << corner;
            }
        }
        merger.begin_some(&diagonals, taken);
        for (axis, (corners, bit)) in CORNERS.iter().zip([4, 2, 1]).enumerate() {
            for &corner in corners {
                let block = group.block + corner_offset(corner, self.steps());
                let weight = self.through(axis, block, 0);
                merger.couple(corner, corner | bit, weight.wide());
            }
        }
    }

    /// Sum of the weights of every row.
    pub(crate) fn sums(&self) -> Vec<T> {
        let (depth, steps) = (self.shape[0], self.steps());
        let lengths: Vec<usize> = (0..depth).map(|z| self.rows(z..z + 1).len()).collect();
        let mut sums = vec![T::default(); lengths.iter().sum()];
        let planes = split(&mut sums, &lengths).into_par_iter().enumerate();
        planes.for_each(|(z, sums)| {
            let rows = self.rows(z..z + 1);
            for block in z * steps[0]..(z + 1) * steps[0] {
                // A block without an unknown writes where the next will, which overwrites it.
                if let Some(out) = sums.get_mut(self.first[block] as usize - rows.start) {
                    *out = self.block_sum(block, T::default());
                }
            }
            for &row in self.links.of(&rows) {
                sums[row as usize - rows.start] = self.sum(row as usize);
            }
        });
        sums
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Blocks, uniform::tests::medium};
    use crate::solve::stencil::Lateral;

    #[test]
    fn groups_say_what_unknown_by_unknown_says() {
        for shape in [[12, 10, 14], [16, 8, 8], [9, 11, 7]] {
            let stencil = medium(shape, Lateral::Mirror, 1.0);
            let blocks = Blocks::new(&stencil);
            let mut formed = blocks.first_graph::<f64>(&stencil);
            let stored = formed.with_rows().into_owned();
            let aggregates = blocks.again(&stored).parent;
            assert_eq!(blocks.again(&formed).parent, aggregates, "{shape:?}");
            let lattice = formed.formed.as_mut().unwrap();
            let sums: Vec<f64> = (0..stored.len()).map(|row| lattice.sum(row)).collect();
            assert_eq!(lattice.sums(), sums);
            lattice
                .faces
                .iter_mut()
                .flatten()
                .for_each(|faces| *faces /= 4);
            assert_ne!(lattice.sums(), sums, "wrong faces would pass");
            assert_ne!(
                blocks.again(&formed).parent,
                aggregates,
                "wrong faces would pass"
            );
        }
    }
}
