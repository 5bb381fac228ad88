//! Smooth noise: white noise blurred three times by a box, which is nearly a Gaussian. Periodic, and linear in voxels for
//! any width.

use super::{
    grid::{Grid, single},
    random::{Random, Stream},
};
use rayon::prelude::*;

/// Noise whose blobs are about `width` voxels wide.
pub(super) fn smooth(grid: &Grid, width: f64, seed: u64) -> Vec<f32> {
    let mut random = Random::new(seed, Stream::Pores);
    let mut field: Vec<f32> = (0..grid.voxels())
        .map(|_| single(random.unit() - 0.5))
        .collect();
    let reach = super::grid::count(width / 4.0);
    for axis in [2, 1, 0] {
        for _ in 0..3 {
            blur(&mut field, grid.shape, axis, reach);
        }
    }
    field
}

/// Replaces every value by the sum over `2 reach + 1` along an axis.
fn blur(field: &mut [f32], [nz, ny, nx]: [usize; 3], axis: usize, reach: usize) {
    match axis {
        2 => field
            .par_chunks_mut(nx)
            .for_each(|row| blur_lines(row, nx, 1, reach)),
        1 => field
            .par_chunks_mut(ny * nx)
            .for_each(|plane| blur_lines(plane, ny, nx, reach)),
        _ => blur_lines(field, nz, ny * nx, reach),
    }
}

/// The same for `n` neighbouring slices of `size` values each.
fn blur_lines(values: &mut [f32], n: usize, size: usize, reach: usize) {
    let reach = reach.min((n - 1) / 2);
    let old = values.to_vec();
    let slice = |i: usize| &old[i % n * size..(i % n + 1) * size];
    let mut sum = vec![0.0f32; size];
    for i in 0..=2 * reach {
        sum.iter_mut()
            .zip(slice(i + n - reach))
            .for_each(|(sum, value)| *sum += value);
    }
    for (i, out) in values.chunks_exact_mut(size).enumerate() {
        out.copy_from_slice(&sum);
        let (enters, leaves) = (slice(i + reach + 1), slice(i + n - reach));
        for ((sum, enters), leaves) in sum.iter_mut().zip(enters).zip(leaves) {
            *sum += enters - leaves;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_sums_its_neighbours_round_the_ends() {
        let mut row = [1.0, 2.0, 4.0, 8.0, 16.0];
        blur_lines(&mut row, 5, 1, 1);
        assert_eq!(row, [19.0, 7.0, 14.0, 28.0, 25.0]);
    }
}
