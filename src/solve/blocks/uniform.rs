//! Media with one conductivity: a block is one byte, its live corners, and everything about it follows from that byte and
//! those of its six neighbours. Four faces of a block are found by one shift and one AND.

use super::{Blocks, NO_LAYER, pattern};
use crate::solve::{
    graph::id,
    stencil::{DEAD, Lateral, Stencil},
};
use rayon::prelude::*;

/// Every block of a medium whose faces conduct alike along each axis.
#[derive(Debug, Clone)]
pub(crate) struct Uniform {
    /// Live corners of each block, corner `4 z + 2 y + x` as a bit.
    masks: Vec<u8>,
    /// Masks of a line of blocks outside the volume.
    outside: Vec<u8>,
    /// Conductance of a face across each axis.
    conductance: [f64; 3],
    /// A code that has an unknown.
    live: u8,
    /// What follows from each mask.
    patterns: Vec<Pattern>,
    /// Conductance of the faces of an axis in front of some corners.
    faces: [Vec<f64>; 3],
}

/// Layers of a block with certain live corners.
#[derive(Debug, Clone, Copy)]
struct Pattern {
    /// Layer of each corner.
    corners: [u8; 8],
    /// Number of layers.
    count: u8,
    /// Corners of each layer.
    layers: [u8; 8],
}

/// Corners that the faces of one axis link to a coarse unknown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Link {
    /// The unknown behind the faces.
    pub(crate) column: u32,
    /// The axis they cross.
    pub(crate) axis: usize,
    /// The block's corners in front of them.
    pub(crate) corners: u8,
}

/// Distance in the numbering of corners between neighbours along each axis.
const STEP: [u32; 3] = [4, 2, 1];
/// Corners on the near and far side of each axis.
const HALVES: [[u8; 2]; 3] = [[0x0f, 0xf0], [0x33, 0xcc], [0x55, 0xaa]];
/// Sides in ascending order of the blocks behind them: axis, and whether the side looks ahead.
const SIDES: [(usize, bool); 6] = [
    (0, false),
    (1, false),
    (2, false),
    (2, true),
    (1, true),
    (0, true),
];

/// The corners one step along an axis from these, within a block or across the face to the next.
#[inline(always)]
fn across(corners: u8, axis: usize, ahead: bool) -> u8 {
    if ahead {
        corners << STEP[axis]
    } else {
        corners >> STEP[axis]
    }
}

/// Corners of `a` with a neighbour in `b` of the same block along an axis.
fn inside(a: u8, b: u8, axis: usize) -> u8 {
    let [low, high] = HALVES[axis];
    a & (across(b & low, axis, true) | across(b & high, axis, false))
}

impl Uniform {
    /// The masks of a stencil's blocks, if its faces conduct alike.
    pub(super) fn new(stencil: &Stencil, shape: [usize; 3]) -> Option<Self> {
        let conductance = stencil.uniform()?;
        let live = stencil.live_codes().first().copied()?;
        let pattern = |mask: u8| {
            let (corners, count) = pattern::layers_of(stencil, codes(mask, live));
            let mut layers = [0; 8];
            for (corner, &layer) in corners
                .iter()
                .enumerate()
                .filter(|(_, layer)| **layer != NO_LAYER)
            {
                layers[usize::from(layer)] |= 1 << corner;
            }
            Pattern {
                corners,
                count: u8::try_from(count).unwrap_or(u8::MAX),
                layers,
            }
        };
        Some(Self {
            masks: masks(stencil, shape),
            outside: vec![0; shape[2]],
            conductance,
            live,
            patterns: (0..=u8::MAX).map(pattern).collect(),
            faces: conductance.map(|k| {
                (0..=u8::MAX)
                    .map(|corners| k * f64::from(corners.count_ones()))
                    .collect()
            }),
        })
    }

    /// Conductance of a face across an axis.
    pub(crate) fn conductance(&self, axis: usize) -> f64 {
        self.conductance[axis]
    }

    /// Layers of every block.
    pub(super) fn counts(&self) -> Vec<u8> {
        let counts = self.masks.par_iter();
        counts
            .map(|&mask| self.patterns[usize::from(mask)].count)
            .collect()
    }

    /// Conductance of all faces of a link.
    pub(crate) fn weight(&self, link: Link) -> f64 {
        self.faces[link.axis][usize::from(link.corners)]
    }

    /// A block's corners as codes.
    pub(crate) fn codes(&self, mask: u8) -> [u8; 8] {
        codes(mask, self.live)
    }
}

impl Uniform {
    /// Layer of every voxel.
    pub(super) fn layers(&self, stencil: &Stencil, shape: [usize; 3]) -> Vec<u8> {
        let mut layers = vec![NO_LAYER; stencil.len()];
        let [_, rows, columns] = stencil.shape;
        let lines = layers.par_chunks_mut(columns).enumerate();
        lines.for_each(|(line, layers)| {
            let (z, y) = (line / rows, line % rows);
            let masks = &self.masks[(z / 2 * shape[1] + y / 2) * shape[2]..];
            let first = z % 2 * 4 + y % 2 * 2;
            for (layers, &mask) in layers.chunks_mut(2).zip(masks) {
                let corners = &self.patterns[usize::from(mask)].corners;
                layers.copy_from_slice(&corners[first..first + layers.len()]);
            }
        });
        layers
    }
}

fn codes(mask: u8, live: u8) -> [u8; 8] {
    std::array::from_fn(|corner| if mask >> corner & 1 == 1 { live } else { DEAD })
}

/// Live corners of every block.
fn masks(stencil: &Stencil, shape: [usize; 3]) -> Vec<u8> {
    let mut masks = vec![0; shape.iter().product()];
    masks
        .par_chunks_mut(shape[1] * shape[2])
        .enumerate()
        .for_each(|(bz, masks)| {
            for (z, y) in (2 * bz..(2 * bz + 2).min(stencil.shape[0]))
                .flat_map(|z| (0..stencil.shape[1]).map(move |y| (z, y)))
            {
                let masks = &mut masks[y / 2 * shape[2]..][..shape[2]];
                let shift = z % 2 * 4 + y % 2 * 2;
                for (mask, codes) in masks.iter_mut().zip(stencil.row(z + 1, y).chunks(2)) {
                    for (x, &code) in codes.iter().enumerate() {
                        *mask |= u8::from(code != DEAD) << (shift + x);
                    }
                }
            }
        });
    masks
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
        let uniform = self.uniform.as_ref()?;
        let [depth, rows, columns] = self.shape;
        if bz == 0 || bz + 1 == depth || stencil.lateral == Lateral::Periodic {
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
        let beside = [line(bz - 1, by), south, north, line(bz + 1, by)];
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
}

impl Pattern {
    /// Links between a layer and the block's others: the other layer, the axis, the corners on this side.
    fn ties(&self, layer: usize, mut found: impl FnMut(u32, usize, u8)) {
        let others = self.layers[..usize::from(self.count)].iter().enumerate();
        for (other, &beyond) in others.filter(|(other, _)| *other != layer) {
            for axis in 0..3 {
                let corners = inside(self.layers[layer], beyond, axis);
                if corners != 0 {
                    found(id(other), axis, corners);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::solve::{
        balance::Ledger,
        certificate,
        hierarchy::Hierarchy,
        stencil::{TABLE, pair},
    };

    /// Conductances along the axes, different so that no axis can stand for another.
    const CONDUCTANCE: [f64; 3] = [1.0, 0.5, 0.25];
    const LIVE: u8 = 1;
    const GHOST: u8 = 3;

    /// A random medium; where `spare` differs from 1, a code that no voxel has keeps it from counting as uniform.
    fn medium(shape: [usize; 3], lateral: Lateral, spare: f64) -> Stencil {
        let plane = shape[1] * shape[2];
        let mut codes = vec![GHOST; (shape[0] + 2) * plane];
        let mut state = 7u32;
        for code in &mut codes[plane..(shape[0] + 1) * plane] {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *code = u8::from(state >> 16 & 7 < 4) * LIVE;
        }
        let tables = CONDUCTANCE.map(|k| {
            let mut table = vec![0.0; TABLE];
            table[pair(LIVE, LIVE)] = k;
            table[pair(2, 2)] = spare * k;
            (table[pair(LIVE, 2)], table[pair(2, LIVE)]) = (k, k);
            table
        });
        let mut stencil = Stencil {
            shape,
            codes,
            tables,
            lateral,
        };
        (
            stencil.tables[0][pair(LIVE, GHOST)],
            stencil.tables[0][pair(GHOST, LIVE)],
        ) = (2.0, 2.0);
        stencil
    }

    /// First graph and bound of a medium.
    fn results(stencil: &Stencil, leave: f64) -> (Vec<u32>, Vec<f64>, f64) {
        let graph = Blocks::new(stencil).graph::<f64>(stencil);
        let mut potential: Vec<f64> = vec![0.0; stencil.len()];
        let values = potential.iter_mut().zip(0u32..);
        values.for_each(|(x, i)| *x = f64::from(i * 7919 % 1000) * leave);
        let mut residual = vec![0.0; stencil.len()];
        Ledger::new(stencil, [1.0, 0.0]).balance(&potential, &mut residual);
        let hierarchy = Hierarchy::<f64>::new(stencil);
        let bound = certificate::bound(stencil, &hierarchy, &residual);
        (graph.columns, graph.weights, bound)
    }

    #[test]
    fn masks_say_what_voxel_by_voxel_says() {
        for (shape, lateral) in [
            ([12, 10, 14], Lateral::Mirror),
            ([9, 11, 7], Lateral::Mirror),
            ([8, 8, 8], Lateral::Periodic),
        ] {
            let [fast, slow] = [1.0, 2.0].map(|spare| medium(shape, lateral, spare));
            assert!(Blocks::new(&fast).uniform.is_some() && Blocks::new(&slow).uniform.is_none());
            let ((columns, weights, bound), slow) = (results(&fast, 1e-3), results(&slow, 1e-3));
            assert_eq!((columns, weights), (slow.0, slow.1), "{shape:?}");
            assert!((bound - slow.2).abs() <= 1e-9 * bound, "{bound} {}", slow.2);
            let other = results(&fast, 1.001e-3);
            assert!(
                (bound - other.2).abs() > 1e-9 * bound,
                "a wrong bound would pass"
            );
        }
    }
}
