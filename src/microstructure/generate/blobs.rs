//! A porous medium for measurements of speed: smooth noise cut so that an exact fraction is above. Bicontinuous around one
//! half, with the same statistics at every size, so that sizes can be compared. Cost: linear in voxels, nine bytes each.

use super::{
    grid::{Ends, Grid, count},
    noise,
    rank::Cut,
};
use crate::microstructure::Volume;
use ndarray::Array3;

/// A medium in which label 1 has this fraction of the voxels, in blobs about `width` voxels wide; it repeats at its sides.
///
/// # Panics
/// If a side is 0.
pub fn blobs(shape: [usize; 3], width: f64, fraction: f64, seed: u64) -> Volume {
    let (voxel, ends) = (1.0, Ends::Periodic);
    let grid = Grid { shape, voxel, ends };
    let field = noise::smooth(&grid, width, seed);
    let mut labels = vec![0u8; grid.voxels()];
    let wanted = count(fraction.clamp(0.0, 1.0) * grid.voxels() as f64);
    Cut::find(&field, wanted, |_| true).take(&field, |_| true, |voxel| labels[voxel] = 1);
    drop(field);
    let codes = Array3::from_shape_vec(shape, labels).expect("one label per voxel");
    Volume::from_codes(codes, vec![0, 1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fraction_is_exact_and_a_seed_gives_one_medium() {
        let medium = |seed| blobs([20, 30, 25], 4.0, 0.4, seed);
        assert_eq!(medium(1).counts(), [9000, 6000]);
        assert_eq!(medium(1).codes(), medium(1).codes());
        assert_ne!(medium(1).codes(), medium(2).codes());
    }
}
