//! A block by its eight codes: which corners share a layer.

use super::{NO_LAYER, corner_offset, inside};
use crate::solve::{
    layers::Merger,
    stencil::{DEAD, Stencil, pair},
};

/// Codes of a block's corners, [`DEAD`] outside the volume.
pub(crate) fn codes(stencil: &Stencil, block: [usize; 3]) -> [u8; 8] {
    let [z, y, x] = block.map(|b| 2 * b);
    let strides = [stencil.plane(), stencil.shape[2], 1];
    let origin = stencil.index([z + 1, y, x]);
    let within = [z, y, x]
        .iter()
        .zip(stencil.shape)
        .all(|(&from, n)| from + 2 <= n);
    if within {
        return std::array::from_fn(|c| stencil.codes[origin + corner_offset(c, strides)]);
    }
    let mut codes = [DEAD; 8];
    for [z, y, x] in inside(stencil.shape, block).voxels() {
        codes[(z % 2) * 4 + (y % 2) * 2 + x % 2] = stencil.code([z + 1, y, x]);
    }
    codes
}

/// Layers of a block's corners by their codes, and their number.
pub(crate) fn layers_of(stencil: &Stencil, codes: [u8; 8]) -> ([u8; 8], usize) {
    let own = |code: u8| -> f64 {
        stencil
            .tables
            .iter()
            .map(|table| 2.0 * table[pair(code, code)])
            .sum()
    };
    let corners: Vec<usize> = (0..8).filter(|&corner| codes[corner] != DEAD).collect();
    let (mut merger, mut layers) = (Merger::default(), Vec::new());
    let diagonals: Vec<f64> = corners.iter().map(|&corner| own(codes[corner])).collect();
    merger.begin(&diagonals);
    for (i, &a) in corners.iter().enumerate() {
        for (j, &b) in corners.iter().enumerate() {
            if let Some(weight) = corner_coupling(stencil, &codes, a, b) {
                merger.couple(i, j, weight);
            }
        }
    }
    let count = merger.layers(&mut layers);
    let mut out = [NO_LAYER; 8];
    for (&corner, &layer) in corners.iter().zip(&layers) {
        out[corner] = u8::try_from(layer).unwrap_or(NO_LAYER);
    }
    (out, count)
}

/// Coupling between two corners of a block, where they are neighbours.
pub(crate) fn corner_coupling(
    stencil: &Stencil,
    codes: &[u8; 8],
    a: usize,
    b: usize,
) -> Option<f64> {
    let axis = [4, 2, 1].iter().position(|&step| a ^ b == step)?;
    Some(stencil.tables[axis][pair(codes[a], codes[b])])
}
