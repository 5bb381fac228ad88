//! Median filter: each value becomes the middle one of a cube round it, which takes away speckles and keeps edges. NaN stays
//! what it is and counts nowhere.

use ndarray::{Array3, Axis as Dimension};
use rayon::prelude::*;

/// Medians over cubes of `2 radius + 1` voxels, cut off at the sides; of an even number of values the lower one of the
/// middle two. Cost: linear in the voxels times the cube.
pub fn median(values: &Array3<f32>, radius: usize) -> Array3<f32> {
    let (depth, height, width) = values.dim();
    let span = |place: usize, length: usize| {
        place.saturating_sub(radius)..(place + radius + 1).min(length)
    };
    let mut filtered = Array3::zeros(values.dim());
    let planes = filtered.axis_iter_mut(Dimension(0)).into_par_iter();
    planes.enumerate().for_each(|(z, mut plane)| {
        let mut near = Vec::new();
        for ((y, x), value) in plane.indexed_iter_mut() {
            if values[[z, y, x]].is_nan() {
                *value = f32::NAN;
                continue;
            }
            near.clear();
            for other in span(z, depth) {
                for row in span(y, height) {
                    let row = span(x, width).map(|column| values[[other, row, column]]);
                    near.extend(row.filter(|value| !value.is_nan()));
                }
            }
            let middle = (near.len() - 1) / 2;
            *value = *near.select_nth_unstable_by(middle, f32::total_cmp).1;
        }
    });
    filtered
}
