//! Blocks of voxels: what the coarse flow leaves of their currents, settled inside.

use super::{Stretch, flow::Drops};
use crate::solve::{
    blocks::{Behind, Blocks, CORNERS, NO_LAYER, Shell, Surroundings, Uniform, codes, inside},
    settle::Patterns,
    stencil::Stencil,
};

/// Corners as numbers, 1 where the bit is set.
const SHARES: [[f64; 8]; 256] = {
    let mut shares = [[0.0; 8]; 256];
    let mut mask = 0;
    while mask < 256 {
        let mut corner = 0;
        while corner < 8 {
            if mask & (1 << corner) != 0 {
                shares[mask][corner] = 1.0;
            }
            corner += 1;
        }
        mask += 1;
    }
    shares
};

/// Energy that settles every layer of every block of a plane of any medium.
pub(super) fn settle_plane(
    stencil: &Stencil,
    blocks: &Blocks,
    residual: Stretch<'_>,
    (bz, coarser, patterns): (usize, Drops<'_>, &mut Patterns),
) -> f64 {
    let mut energy = 0.0;
    for (by, bx) in (0..blocks.shape[1]).flat_map(|y| (0..blocks.shape[2]).map(move |x| (y, x))) {
        let block = [bz, by, bx];
        if !blocks.unknowns(block).is_empty() {
            energy += settle_block(stencil, blocks, residual, (block, coarser, patterns));
        }
    }
    energy
}

/// Energy that settles every layer of any block.
pub(super) fn settle_block(
    stencil: &Stencil,
    blocks: &Blocks,
    residual: Stretch<'_>,
    (block, coarser, patterns): ([usize; 3], Drops<'_>, &mut Patterns),
) -> f64 {
    let here = blocks.unknowns(block).start;
    let (codes, unbalanced) = match blocks.shell(stencil, block) {
        Some(shell) => (
            shell.codes,
            unbalanced_shell(&shell, residual, (here, coarser)),
        ),
        None => (
            codes(stencil, block),
            unbalanced(stencil, blocks, residual, (block, coarser)),
        ),
    };
    patterns.settle(stencil, codes, &unbalanced)
}

/// Residuals of a block's corners, 0 outside the volume.
#[inline(always)]
pub(super) fn residuals(
    stencil: &Stencil,
    residual: Stretch<'_>,
    [bz, by, bx]: [usize; 3],
) -> [f64; 8] {
    let [_, rows, columns] = stencil.shape;
    let mut out = [0.0; 8];
    for (line, out) in out.chunks_mut(2).enumerate() {
        let (z, y) = (2 * bz + line / 2, 2 * by + line % 2);
        if z < stencil.shape[0] && y < rows {
            let start = stencil.index([z, y, 2 * bx]);
            out[0] = residual[start];
            if 2 * bx + 1 < columns {
                out[1] = residual[start + 1];
            }
        }
    }
    out
}

/// What the coarse flow leaves of a block's currents, where masks say everything.
#[inline(always)]
pub(super) fn unbalanced_uniform(
    uniform: &Uniform,
    block: &Surroundings,
    mut currents: [f64; 8],
    coarser: Drops<'_>,
) -> [f64; 8] {
    for (layer, here) in uniform.unknowns(block).enumerate() {
        uniform.links(
            block,
            layer,
            #[inline(always)]
            |link| {
                let drop = coarser.between(here as usize, link.column as usize);
                let flow = uniform.conductance(link.axis) * drop;
                let shares = &SHARES[usize::from(link.corners)];
                for (current, share) in currents.iter_mut().zip(shares) {
                    *current -= share * flow;
                }
            },
        );
    }
    currents
}

/// The same where the block and those behind its sides hold one unknown at most, by the drop towards each side.
#[inline(always)]
pub(super) fn unbalanced_alone(
    uniform: &Uniform,
    block: &Surroundings,
    mut currents: [f64; 8],
    drops: [f64; 6],
) -> [f64; 8] {
    for ((axis, corners), drop) in block.sides().into_iter().zip(drops) {
        let flow = uniform.conductance(axis) * drop;
        let shares = &SHARES[usize::from(corners)];
        for (current, share) in currents.iter_mut().zip(shares) {
            *current -= share * flow;
        }
    }
    currents
}

/// Residuals of a block's corners less what the coarse flow carries away, in the common case.
fn unbalanced_shell(
    shell: &Shell,
    residual: Stretch<'_>,
    (here, coarser): (u32, Drops<'_>),
) -> [f64; 8] {
    let mut unbalanced = shell.corners.map(|offset| residual[shell.origin + offset]);
    for (side, corners) in shell.sides.iter().zip(&CORNERS) {
        if side.weights == [0.0; 4] {
            continue;
        }
        let drops = match side.behind {
            Behind::Electrode => [coarser.leak(here as usize); 4],
            Behind::Single(there) => [coarser.between(here as usize, there as usize); 4],
            Behind::Layered(there) => std::array::from_fn(|face| {
                if side.weights[face] > 0.0 {
                    coarser.between(here as usize, there[face] as usize)
                } else {
                    0.0
                }
            }),
        };
        for ((weight, drop), &corner) in side.weights.iter().zip(drops).zip(corners) {
            unbalanced[corner] -= weight * drop;
        }
    }
    unbalanced
}

/// The same for any block, voxel by voxel.
fn unbalanced(
    stencil: &Stencil,
    blocks: &Blocks,
    residual: Stretch<'_>,
    (block, coarser): ([usize; 3], Drops<'_>),
) -> [f64; 8] {
    let mut unbalanced = [0.0; 8];
    for voxel in inside(stencil.shape, block).voxels() {
        if blocks.layer(stencil, voxel) == NO_LAYER {
            continue;
        }
        let here = blocks.parent(stencil, voxel);
        let faces = blocks
            .faces(stencil, voxel)
            .filter(|&(_, beyond)| beyond != Some(here));
        let leaving: f64 = faces
            .map(|(weight, beyond)| {
                weight
                    * match beyond {
                        Some(there) => coarser.between(here as usize, there as usize),
                        None => coarser.leak(here as usize),
                    }
            })
            .sum();
        let [z, y, x] = voxel;
        unbalanced[(z % 2) * 4 + (y % 2) * 2 + x % 2] = residual[stencil.index(voxel)] - leaving;
    }
    unbalanced
}
