//! The same structure on voxels twice as large, with the same fractions of all phases.
//!
//! A majority among eight voxels would let thin and convex parts shrink from level to level, and so drown what resolution
//! does to a result. Here every phase gets as many blocks as its voxels make; blocks where it fills most come first, ties are
//! broken by what surrounds them, 4 x 4 x 4 voxels, and then by a fixed scatter that prefers no side. Cost: 64 looks per
//! block and a sort of the blocks.

use super::{Volume, connectivity::Wraps};
use ndarray::Array3;
use rayon::prelude::*;

/// A block that a phase may take: how well it fits, the place of the block, the phase.
type Claim = (u64, usize, u8);

/// Volume and blocks.
struct Blocks<'a> {
    volume: &'a Volume,
    /// Blocks along (z, y, x).
    shape: [usize; 3],
    /// Voxels of each layer of blocks along each axis, and those of the window around it.
    members: [Vec<Vec<usize>>; 3],
    windows: [Vec<Vec<usize>>; 3],
}

/// The volume on voxels twice as large along every axis that has more than one; with an odd number the last is left out.
pub fn coarsen(volume: &Volume, wraps: [Wraps; 3]) -> Volume {
    let blocks = Blocks::new(volume, wraps);
    let count: usize = blocks.shape.iter().product();
    let mut claims: Vec<Claim> = (0..count)
        .into_par_iter()
        .flat_map_iter(|block| blocks.claims(block))
        .collect();
    claims.par_sort_unstable_by(|a, b| b.cmp(a));
    let mut quotas = quotas(volume, count);
    let mut codes: Vec<Option<u8>> = vec![None; count];
    for &(_, block, code) in &claims {
        let quota = &mut quotas[usize::from(code)];
        if codes[block].is_none() && *quota > 0 {
            codes[block] = Some(code);
            *quota -= 1;
        }
    }
    // Where all phases of a block have all their blocks already, the best one takes it nevertheless.
    for &(_, block, code) in &claims {
        codes[block].get_or_insert(code);
    }
    let codes = codes.into_iter().map(Option::unwrap_or_default).collect();
    let codes = Array3::from_shape_vec(blocks.shape, codes).expect("one code per block");
    let coarse = Volume::from_codes(codes, volume.labels().to_vec());
    match volume.spacing() {
        None => coarse,
        Some(spacing) => {
            let factor = |axis: usize| if volume.shape()[axis] > 1 { 2.0 } else { 1.0 };
            coarse.with_spacing(std::array::from_fn(|axis| factor(axis) * spacing[axis]))
        }
    }
}

/// Particle ids on the coarser volume: in each block the most frequent one of its phase.
pub fn coarsen_ids(ids: &Array3<u32>, volume: &Volume, coarse: &Volume) -> Array3<u32> {
    let blocks = Blocks::new(volume, [Wraps::No; 3]);
    Array3::from_shape_fn(blocks.shape, |(z, y, x)| {
        let own = |voxel: &[usize; 3]| volume.codes()[*voxel] == coarse.codes()[[z, y, x]];
        let voxels = || product(&blocks.members, [z, y, x]);
        let mut found: Vec<u32> = voxels().filter(own).map(|voxel| ids[voxel]).collect();
        if found.is_empty() {
            found.extend(voxels().map(|voxel| ids[voxel]));
        }
        let often = |id: &u32| found.iter().filter(|other| *other == id).count();
        let most = found
            .iter()
            .copied()
            .max_by_key(|id| (often(id), std::cmp::Reverse(*id)));
        most.unwrap_or_default()
    })
}

impl<'a> Blocks<'a> {
    fn new(volume: &'a Volume, wraps: [Wraps; 3]) -> Self {
        let shape = volume.shape();
        let axes = [0, 1, 2];
        let blocks = shape.map(|length| (length / 2).max(1));
        Self {
            volume,
            shape: blocks,
            members: axes.map(|k| layers(shape[k], blocks[k], (0, 2), wraps[k])),
            windows: axes.map(|k| layers(shape[k], blocks[k], (1, 4), wraps[k])),
        }
    }

    /// What every phase of a block says for itself.
    fn claims(&self, block: usize) -> Vec<Claim> {
        let [_, rows, columns] = self.shape;
        let at = [
            block / (rows * columns),
            block / columns % rows,
            block % columns,
        ];
        let codes = self.volume.codes();
        let mut found: Vec<(u8, u64)> = Vec::new();
        for voxel in product(&self.members, at) {
            match found.iter_mut().find(|(code, _)| *code == codes[voxel]) {
                Some((_, count)) => *count += 1,
                None => found.push((codes[voxel], 1)),
            }
        }
        if let [(code, count)] = *found.as_slice() {
            return vec![(fit(count, 64, block), block, code)];
        }
        let mut around = vec![0u64; found.len()];
        for voxel in product(&self.windows, at) {
            let place = found.iter().position(|(code, _)| *code == codes[voxel]);
            place.into_iter().for_each(|place| around[place] += 1);
        }
        let claim =
            |((code, count), around): ((u8, u64), u64)| (fit(count, around, block), block, code);
        found.into_iter().zip(around).map(claim).collect()
    }
}

/// Voxels inside first, then those around, then the scatter.
fn fit(inside: u64, around: u64, block: usize) -> u64 {
    let mixed = (block as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    inside << 56 | around << 48 | mixed >> 17
}

/// Voxels of every layer of blocks along an axis: `count` of them, beginning so many before the block.
fn layers(
    length: usize,
    blocks: usize,
    (before, count): (usize, usize),
    wraps: Wraps,
) -> Vec<Vec<usize>> {
    if length == 1 {
        return vec![vec![0]];
    }
    let place = |shifted: usize| match wraps {
        Wraps::Yes => (shifted + length - before) % length,
        Wraps::No => shifted.max(before).min(length - 1 + before) - before,
    };
    let layer = |block: usize| (2 * block..2 * block + count).map(place).collect();
    (0..blocks).map(layer).collect()
}

fn product(
    layers: &[Vec<Vec<usize>>; 3],
    [z, y, x]: [usize; 3],
) -> impl Iterator<Item = [usize; 3]> + '_ {
    let [planes, rows, columns] = [&layers[0][z], &layers[1][y], &layers[2][x]];
    planes.iter().flat_map(move |&z| {
        rows.iter()
            .flat_map(move |&y| columns.iter().map(move |&x| [z, y, x]))
    })
}

/// Blocks of each phase, in all as many as there are, by largest remainder.
fn quotas(volume: &Volume, blocks: usize) -> Vec<usize> {
    let counts = volume.counts();
    let voxels: usize = counts.iter().sum::<usize>().max(1);
    let mut quotas: Vec<usize> = counts.iter().map(|&n| n * blocks / voxels).collect();
    let mut by_rest: Vec<usize> = (0..counts.len()).collect();
    by_rest.sort_by_key(|&code| std::cmp::Reverse(counts[code] * blocks % voxels));
    let missing = blocks - quotas.iter().sum::<usize>();
    by_rest
        .into_iter()
        .take(missing)
        .for_each(|code| quotas[code] += 1);
    quotas
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_stay_and_layers_of_two_are_kept_as_they_are() {
        let fine = Array3::from_shape_fn((8, 12, 1), |(z, y, _)| {
            u8::from(z / 2 % 2 == 1) + 2 * u8::from(y / 2 == 3)
        });
        let volume = Volume::from_labels(&fine).with_spacing([1.0, 2.0, 3.0]);
        let coarse = coarsen(&volume, [Wraps::No; 3]);
        assert_eq!(coarse.spacing(), Some([2.0, 4.0, 3.0]));
        assert_eq!(coarse.shape(), [4, 6, 1]);
        for ((z, y, x), code) in coarse.codes().indexed_iter() {
            assert_eq!(*code, volume.codes()[[2 * z, 2 * y, x]]);
        }
    }

    #[test]
    fn walls_of_one_voxel_become_half_as_many() {
        let fine = Array3::from_shape_fn((16, 16, 16), |(z, ..)| u8::from(z % 4 == 0));
        let coarse = coarsen(&Volume::from_labels(&fine), [Wraps::Yes; 3]);
        assert_eq!(coarse.counts(), [384, 128]);
    }

    #[test]
    fn ids_follow_their_phase() {
        let fine = Array3::from_shape_fn((2, 2, 2), |(z, ..)| u8::from(z == 0));
        let volume = Volume::from_labels(&fine);
        let coarse = coarsen(&volume, [Wraps::No; 3]);
        let ids = Array3::from_shape_fn((2, 2, 2), |(z, y, _)| [[5, 6], [9, 9]][z][y]);
        let found = coarsen_ids(&ids, &volume, &coarse)[[0, 0, 0]];
        assert_eq!(found, if coarse.codes()[[0, 0, 0]] == 1 { 5 } else { 9 });
    }
}
