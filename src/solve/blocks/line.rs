//! Lines of blocks of a medium with one conductivity, and what is behind the sides of each block.

use super::{
    Blocks,
    shell::SIDES,
    uniform::{HALVES, Uniform, across},
};
use crate::solve::stencil::{Lateral, Stencil};

/// Corners that the faces of one axis link to a coarse unknown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Link {
    /// The unknown behind the faces.
    pub(crate) column: u32,
    /// The axis they cross.
    pub(crate) axis: usize,
    /// The block's corners in front of them.
    pub(crate) corners: u8,
    /// Whether they lie between two blocks that hold one unknown each.
    pub(crate) plain: bool,
}

/// A line of blocks along the third axis and the four lines beside it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line<'a> {
    pub(crate) uniform: &'a Uniform,
    here: Blocked<'a>,
    /// Below, south, north and above; no corner is live outside the volume.
    beside: [Blocked<'a>; 4],
}

/// Masks of a line of blocks, and the first coarse unknown of each.
#[derive(Debug, Clone, Copy)]
struct Blocked<'a> {
    masks: &'a [u8],
    first: &'a [u32],
}

impl Blocked<'_> {
    #[inline(always)]
    fn at(&self, bx: usize) -> Block {
        Block {
            mask: self.masks[bx],
            first: self.first[bx],
        }
    }
}

/// A block: its live corners and its first coarse unknown.
#[derive(Debug, Clone, Copy)]
struct Block {
    mask: u8,
    first: u32,
}

/// A block with the six blocks behind its sides.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Surroundings {
    here: Block,
    /// In the order of [`SIDES`].
    behind: [Block; 6],
}

impl Blocks {
    /// A line of blocks, where their masks say everything about them: not beside an electrode, and nothing wraps round.
    pub(crate) fn line(&self, stencil: &Stencil, bz: usize, by: usize) -> Option<Line<'_>> {
        if bz == 0 || bz + 1 == self.shape[0] {
            return None;
        }
        self.masked_line(stencil, bz, by)
    }

    /// A line of blocks with all that lies inside the volume, beside electrodes too, where masks say that.
    pub(super) fn masked_line(&self, stencil: &Stencil, bz: usize, by: usize) -> Option<Line<'_>> {
        let uniform = self.uniform.as_ref()?;
        let [depth, rows, columns] = self.shape;
        if stencil.lateral == Lateral::Periodic {
            return None;
        }
        let line = |bz: usize, by: usize| {
            let start = (bz * rows + by) * columns;
            Blocked {
                masks: &uniform.masks[start..start + columns],
                first: &self.first[start..=start + columns],
            }
        };
        let here = line(bz, by);
        let outside = Blocked {
            masks: &uniform.outside,
            ..here
        };
        let south = if by == 0 { outside } else { line(bz, by - 1) };
        let north = if by + 1 == rows {
            outside
        } else {
            line(bz, by + 1)
        };
        let below = if bz == 0 { outside } else { line(bz - 1, by) };
        let above = if bz + 1 == depth {
            outside
        } else {
            line(bz + 1, by)
        };
        let beside = [below, south, north, above];
        Some(Line {
            uniform,
            here,
            beside,
        })
    }
}

impl Line<'_> {
    /// A block of the line.
    #[inline(always)]
    pub(crate) fn at(&self, bx: usize) -> Surroundings {
        let here = self.here.at(bx);
        let outside = Block { mask: 0, first: 0 };
        let west = if bx == 0 {
            outside
        } else {
            self.here.at(bx - 1)
        };
        let east = if bx + 1 == self.here.masks.len() {
            outside
        } else {
            self.here.at(bx + 1)
        };
        let [below, south, north, above] = self.beside.each_ref().map(|line| line.at(bx));
        Surroundings {
            here,
            behind: [below, south, west, east, north, above],
        }
    }
}

impl Uniform {
    /// Coarse unknowns of a block.
    pub(crate) fn unknowns(&self, block: &Surroundings) -> std::ops::Range<u32> {
        let Block { mask, first } = block.here;
        first..first + u32::from(self.patterns[usize::from(mask)].count)
    }

    /// Every link of a layer of a block, ascending by column; a column can come once for each axis.
    #[inline(always)]
    pub(crate) fn links(&self, block: &Surroundings, layer: usize, mut found: impl FnMut(Link)) {
        let own = &self.patterns[usize::from(block.here.mask)];
        let own_corners = own.layers[layer & 7];
        for (side, (&(axis, ahead), &Block { mask, first })) in
            SIDES.iter().zip(&block.behind).enumerate()
        {
            if side == SIDES.len() / 2 && own.count > 1 {
                own.ties(layer, |other, axis, corners| {
                    let column = block.here.first + other;
                    found(Link {
                        column,
                        axis,
                        corners,
                        plain: false,
                    });
                });
            }
            let corners =
                own_corners & HALVES[axis][usize::from(ahead)] & across(mask, axis, ahead);
            if corners == 0 {
                continue;
            }
            let there = &self.patterns[usize::from(mask)];
            if there.count == 1 {
                let column = first;
                found(Link {
                    column,
                    axis,
                    corners,
                    plain: own.count == 1,
                });
                continue;
            }
            for (column, &layer) in (first..).zip(&there.layers[..usize::from(there.count)]) {
                let corners = corners & across(layer, axis, ahead);
                if corners != 0 {
                    found(Link {
                        column,
                        axis,
                        corners,
                        plain: false,
                    });
                }
            }
        }
    }
}

impl Surroundings {
    /// Live corners.
    pub(crate) fn mask(&self) -> u8 {
        self.here.mask
    }

    /// Axis of each side, and the corners in front of its faces.
    #[inline(always)]
    pub(crate) fn sides(&self) -> [(usize, u8); 6] {
        std::array::from_fn(|side| {
            let ((axis, ahead), beyond) = (SIDES[side], self.behind[side].mask);
            let near = self.here.mask & HALVES[axis][usize::from(ahead)];
            (axis, near & across(beyond, axis, ahead))
        })
    }
}
