//! What surrounds a block: its outer faces and the coarse unknowns behind them.
//!
//! Nearly all blocks have one unknown and lie whole inside the volume; for them the 24 outer faces are found at once. Any
//! other block is walked voxel by voxel.

use super::{Blocks, corner_offset};
use crate::solve::stencil::{Lateral, Stencil, pair};

/// A block with one unknown and what surrounds it.
#[derive(Debug)]
pub(crate) struct Shell {
    /// First voxel, as its place in a field.
    pub(crate) origin: usize,
    /// Offsets of the eight corners from there.
    pub(crate) corners: [usize; 8],
    /// Their codes.
    pub(crate) codes: [u8; 8],
    /// The six sides, in ascending order of the blocks behind.
    pub(crate) sides: [Side; 6],
}

/// One side of a block, face by face.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Side {
    /// Conductances.
    pub(crate) weights: [f64; 4],
    /// What lies behind.
    pub(crate) behind: Behind,
}

/// What lies behind a side of a block.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Behind {
    /// An electrode.
    Electrode,
    /// A block with one coarse unknown.
    Single(u32),
    /// The coarse unknown behind each face, valid where the face conducts.
    Layered([u32; 4]),
}

impl Side {
    const OPEN: Self = Self {
        weights: [0.0; 4],
        behind: Behind::Electrode,
    };

    pub(super) fn total(&self) -> f64 {
        self.weights.iter().sum()
    }
}

/// Sides in ascending order of the blocks behind them: axis, and whether the side looks ahead.
pub(super) const SIDES: [(usize, bool); 6] = [
    (0, false),
    (1, false),
    (2, false),
    (2, true),
    (1, true),
    (0, true),
];
/// Corners of each of [`SIDES`], in the order of its faces.
pub(crate) const CORNERS: [[usize; 4]; 6] = [
    [0, 1, 2, 3],
    [0, 1, 4, 5],
    [0, 2, 4, 6],
    [1, 3, 5, 7],
    [2, 3, 6, 7],
    [4, 5, 6, 7],
];

impl Blocks {
    /// Faces of a voxel that carry current: conductance, and the coarse unknown behind (none behind is an electrode).
    pub(crate) fn faces(
        &self,
        stencil: &Stencil,
        [z, y, x]: [usize; 3],
    ) -> impl Iterator<Item = (f64, Option<u32>)> {
        let here = [z + 1, y, x];
        let code = stencil.code(here);
        stencil.around(here).filter_map(move |(axis, other)| {
            let weight = stencil.tables[axis][pair(code, stencil.code(other))];
            let [plane, v, u] = other;
            let electrode = plane == 0 || plane > stencil.shape[0];
            (weight > 0.0).then(|| {
                (
                    weight,
                    (!electrode).then(|| self.parent(stencil, [plane - 1, v, u])),
                )
            })
        })
    }

    /// The surroundings of a block that has one unknown, is not cut off, and round which nothing wraps: the common case, made
    /// fast. Everything else goes voxel by voxel through [`Blocks::faces`].
    pub(crate) fn shell(&self, stencil: &Stencil, block: [usize; 3]) -> Option<Shell> {
        let [bz, by, bx] = block;
        let whole = (0..3).all(|axis| 2 * block[axis] + 2 <= stencil.shape[axis]);
        if !whole || self.unknowns(block).len() != 1 {
            return None;
        }
        let strides = [stencil.plane(), stencil.shape[2], 1];
        let origin = stencil.index([2 * bz + 1, 2 * by, 2 * bx]);
        let corners = std::array::from_fn(|corner| corner_offset(corner, strides));
        let codes = corners.map(|offset: usize| stencil.codes[origin + offset]);
        let block_strides = [self.shape[1] * self.shape[2], self.shape[2], 1];
        let here = self.index(block);
        let mut shell = Shell {
            origin: origin - strides[0],
            corners,
            codes,
            sides: [Side::OPEN; 6],
        };
        for ((side, &(axis, ahead)), near) in shell.sides.iter_mut().zip(&SIDES).zip(&CORNERS) {
            let edge = if ahead {
                2 * block[axis] + 2 == stencil.shape[axis]
            } else {
                block[axis] == 0
            };
            if edge && axis > 0 {
                match stencil.lateral {
                    Lateral::Mirror => continue,
                    Lateral::Periodic => return None,
                }
            }
            let step = |from: usize, by: usize| if ahead { from + by } else { from - by };
            let far = near.map(|corner| step(origin + corners[corner], strides[axis]));
            for ((weight, &corner), far) in side.weights.iter_mut().zip(near).zip(far) {
                *weight = stencil.tables[axis][pair(codes[corner], stencil.codes[far])];
            }
            if edge {
                continue;
            }
            let block = step(here, block_strides[axis]);
            let first = self.first[block];
            side.behind = if self.first[block + 1] == first + 1 {
                Behind::Single(first)
            } else {
                Behind::Layered(std::array::from_fn(|face| {
                    let opposite = (block, near[face] ^ (4 >> axis));
                    let layer = self.layer_at(opposite, || far[face] - strides[0]);
                    first.wrapping_add(u32::from(layer))
                }))
            };
        }
        Some(shell)
    }
}
