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

/// Energy that settles every layer of every block of a line of any medium.
pub(super) fn settle_line(
    stencil: &Stencil,
    blocks: &Blocks,
    residual: Stretch<'_>,
    ([bz, by], coarser, patterns): ([usize; 2], Drops<'_>, &mut Patterns),
) -> f64 {
    let line = (0..blocks.shape[2]).map(|bx| [bz, by, bx]);
    let mut energy = 0.0;
    for block in line.filter(|&block| !blocks.unknowns(block).is_empty()) {
        energy += settle_block(stencil, blocks, residual, (block, coarser, &mut *patterns));
    }
    energy
}

/// Energy that settles every layer of any block.
fn settle_block(
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

/// Residuals of the four rows of voxels that a line of blocks holds, empty outside the volume.
pub(super) fn rows<'r>(
    stencil: &Stencil,
    residual: Stretch<'r>,
    [bz, by]: [usize; 2],
) -> [&'r [f64]; 4] {
    let [depth, rows, columns] = stencil.shape;
    std::array::from_fn(|line| {
        let (z, y) = (2 * bz + line / 2, 2 * by + line % 2);
        if z < depth && y < rows {
            let start = stencil.index([z, y, 0]) - residual.first;
            &residual.values[start..start + columns]
        } else {
            &[]
        }
    })
}

/// The two numbers of a row that belong to a block, 0 outside.
#[inline(always)]
pub(super) fn pair(row: &[f64], bx: usize) -> [f64; 2] {
    match row.get(2 * bx..2 * bx + 2) {
        Some(pair) => [pair[0], pair[1]],
        None => [row.get(2 * bx).copied().unwrap_or(0.0), 0.0],
    }
}

/// What the coarse flow leaves of a block's currents, where masks say everything.
#[inline(always)]
pub(super) fn unbalanced_uniform(
    uniform: &Uniform,
    block: &Surroundings,
    currents: [[f64; 2]; 4],
    coarser: Drops<'_>,
) -> [f64; 8] {
    let mut currents = corners(currents);
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
    currents: [[f64; 2]; 4],
    drops: [f64; 6],
) -> [f64; 8] {
    let mut currents = corners(currents);
    for ((axis, corners), drop) in block.sides().into_iter().zip(drops) {
        let flow = uniform.conductance(axis) * drop;
        let shares = &SHARES[usize::from(corners)];
        for (current, share) in currents.iter_mut().zip(shares) {
            *current -= share * flow;
        }
    }
    currents
}

/// Numbers of a block row by row, corner by corner.
#[inline(always)]
fn corners([[a, b], [c, d], [e, f], [g, h]]: [[f64; 2]; 4]) -> [f64; 8] {
    [a, b, c, d, e, f, g, h]
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
