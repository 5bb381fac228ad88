//! Media with one conductivity: a block is one byte, its live corners, and everything about it follows from that byte and
//! those of its six neighbours. Four faces of a block are found by one shift and one AND.

use super::{NO_LAYER, line::Link, pattern};
use crate::solve::{
    graph::id,
    stencil::{DEAD, Stencil},
};
use rayon::prelude::*;
use std::ops::Range;

/// Every block of a medium whose faces conduct alike along each axis.
#[derive(Debug, Clone)]
pub(crate) struct Uniform {
    /// Live corners of each block, corner `4 z + 2 y + x` as a bit.
    pub(super) masks: Vec<u8>,
    /// Masks of a line of blocks outside the volume.
    pub(super) outside: Vec<u8>,
    /// Conductance of a face across each axis.
    conductance: [f64; 3],
    /// A code that has an unknown.
    live: u8,
    /// What follows from each mask.
    pub(super) patterns: Vec<Pattern>,
    /// Conductance of the faces of an axis in front of some corners.
    faces: [Vec<f64>; 3],
}

/// Layers of a block with certain live corners.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pattern {
    /// Layer of each corner.
    corners: [u8; 8],
    /// Number of layers.
    pub(super) count: u8,
    /// Corners of each layer.
    pub(super) layers: [u8; 8],
}

/// Distance in the numbering of corners between neighbours along each axis.
const STEP: [u32; 3] = [4, 2, 1];
/// Corners on the near and far side of each axis.
pub(super) const HALVES: [[u8; 2]; 3] = [[0x0f, 0xf0], [0x33, 0xcc], [0x55, 0xaa]];
/// The corners one step along an axis from these, within a block or across the face to the next.
#[inline(always)]
pub(super) fn across(corners: u8, axis: usize, ahead: bool) -> u8 {
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
    /// Layer of a corner of a block.
    #[inline(always)]
    pub(super) fn layer(&self, block: usize, corner: usize) -> u8 {
        self.patterns[usize::from(self.masks[block])].corners[corner]
    }

    /// Layers of all voxels of some planes.
    pub(super) fn layers(
        &self,
        stencil: &Stencil,
        shape: [usize; 3],
        planes: Range<usize>,
    ) -> Vec<u8> {
        let [_, rows, columns] = stencil.shape;
        let mut layers = vec![NO_LAYER; planes.len() * rows * columns];
        let lines = layers.par_chunks_mut(columns).enumerate();
        lines.for_each(|(line, layers)| {
            let (z, y) = (planes.start + line / rows, line % rows);
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

impl Pattern {
    /// Links between a layer and the block's others: the other layer, the axis, the corners on this side.
    pub(super) fn ties(&self, layer: usize, mut found: impl FnMut(u32, usize, u8)) {
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
pub(super) mod tests {
    use super::*;
    use crate::{
        field::Host,
        solve::{
            balance::Ledger,
            blocks::Blocks,
            certificate,
            cg::ConjugateGradients,
            hierarchy::Hierarchy,
            host,
            multigrid::Multigrid,
            stencil::{Lateral, TABLE, pair},
        },
    };

    /// Conductances along the axes, different so that no axis can stand for another.
    const CONDUCTANCE: [f64; 3] = [1.0, 0.5, 0.25];
    const LIVE: u8 = 1;
    const GHOST: u8 = 3;

    /// A random medium; where `spare` differs from 1, a code that no voxel has keeps it from counting as uniform.
    pub(in super::super) fn medium(shape: [usize; 3], lateral: Lateral, spare: f64) -> Stencil {
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
        remove_islands(&mut stencil);
        stencil
    }

    /// What no electrode reaches has no unknown.
    fn remove_islands(stencil: &mut Stencil) {
        let [depth, rows, columns] = stencil.shape;
        let place = |[plane, y, x]: [usize; 3]| (plane * rows + y) * columns + x;
        let mut reached: Vec<bool> = stencil.codes.iter().map(|&code| code == GHOST).collect();
        let ends = [0, depth + 1].into_iter();
        let mut open: Vec<[usize; 3]> = ends
            .flat_map(|plane| (0..rows * columns).map(move |i| [plane, i / columns, i % columns]))
            .collect();
        while let Some(voxel) = open.pop() {
            for (_, next) in stencil.around_any(voxel) {
                if stencil.code(next) == LIVE && !reached[place(next)] {
                    reached[place(next)] = true;
                    open.push(next);
                }
            }
        }
        let codes = stencil.codes.iter_mut().zip(reached);
        codes.for_each(|(code, reached)| *code = if reached { *code } else { DEAD });
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
            ([24, 28, 40], Lateral::Mirror),
            ([27, 25, 21], Lateral::Mirror),
            ([8, 8, 8], Lateral::Periodic),
        ] {
            let [fast, slow] = [1.0, 2.0].map(|spare| medium(shape, lateral, spare));
            assert!(Blocks::new(&fast).uniform.is_some() && Blocks::new(&slow).uniform.is_none());
            let ((columns, weights, bound), slow) = (results(&fast, 1e-3), results(&slow, 1e-3));
            assert_eq!((columns, weights), (slow.0, slow.1), "{shape:?}");
            assert!(
                (bound - slow.2).abs() <= 1e-9 * bound,
                "{shape:?} {bound} {}",
                slow.2
            );
            let other = results(&fast, 1.001e-3);
            assert!(
                (bound - other.2).abs() > 1e-9 * bound,
                "a wrong bound would pass"
            );
        }
    }

    /// Bound over error for a potential with these values.
    fn overestimate(stencil: &Stencil, value: impl Fn(usize) -> f64) -> f64 {
        let potential: Vec<f64> = (0..stencil.len()).map(value).collect();
        let mut residual = vec![0.0; stencil.len()];
        Ledger::new(stencil, [1.0, 0.0]).balance(&potential, &mut residual);
        let hierarchy = Hierarchy::<f64>::new(stencil);
        assert!(
            hierarchy.levels.len() > 2,
            "the second graph is not the last"
        );
        let machine = Host::<f64>::default();
        let multigrid = Multigrid::new(&machine, host::levels(stencil, &hierarchy)).unwrap();
        let mut cg = ConjugateGradients::new(&machine, multigrid).unwrap();
        cg.start(&residual).unwrap();
        cg.steps((40, 0.0)).unwrap();
        let mut error = vec![0.0; stencil.len()];
        cg.settle(&mut error).unwrap();
        let energy: f64 = residual.iter().zip(&error).map(|(r, e)| r * e).sum();
        certificate::bound(stencil, &hierarchy, &residual) / energy
    }

    #[test]
    fn bounds_are_above_errors_and_near_them() {
        let hold =
            |rough: f64, smooth: f64| (1.0..2.5).contains(&rough) && (1.0..1.5).contains(&smooth);
        for spare in [1.0, 2.0] {
            let stencil = medium([40, 34, 46], Lateral::Mirror, spare);
            let rough = overestimate(&stencil, |i| f64::from(id(i) * 7919 % 1000));
            let smooth = overestimate(&stencil, |_| 0.0);
            assert!(hold(rough, smooth), "{rough} {smooth}");
            assert!(!hold(rough / 2.5, smooth), "too small a bound would pass");
            assert!(!hold(rough, 1.5 * smooth), "a loose bound would pass");
        }
    }
}
