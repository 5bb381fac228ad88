//! From spheres to voxels: exactly the volume asked for, by moving all surfaces by the same small amount.

use super::{grid::Grid, rank::Cut};

/// Labels the `wanted` voxels with the smallest distances among those with label 0; the distance at which it stopped.
pub(super) fn fill(labels: &mut [u8], distances: &[f32], wanted: usize, label: u8) -> f32 {
    if wanted == 0 {
        return f32::NEG_INFINITY;
    }
    let cut = {
        let free = &*labels;
        Cut::find(distances, wanted, |voxel| free[voxel] == 0)
    };
    let mut taken = Vec::with_capacity(wanted);
    cut.take(
        distances,
        |voxel| labels[voxel] == 0,
        |voxel| taken.push(voxel),
    );
    taken.into_iter().for_each(|voxel| labels[voxel] = label);
    cut.value()
}

/// The note on surfaces that had to move by more than half a voxel for a volume fraction.
pub(super) fn moved(what: &str, by: f32, grid: &Grid) -> Option<String> {
    (by.abs() > 0.5).then(|| {
        format!(
            "the surfaces of {what} lie {} {} than their sizes say, so that the volume fraction is exact",
            super::nanometres(f64::from(by.abs()) * grid.voxel),
            if by > 0.0 { "further out" } else { "further in" }
        )
    })
}
