//! How far each voxel is from the nearest voxel that does not belong; the sides of the volume are no walls.

use super::edges;
use crate::microstructure::{Volume, connectivity::Wraps, distance::squared_distances};
use ndarray::Array3;

/// Squared distances in units of the shortest voxel edge; whole numbers where voxels are cubes.
#[derive(Debug, Clone)]
pub struct Distances {
    /// `[z][y][x]`: 0 outside, infinite where there is no outside.
    pub squared: Array3<f32>,
    /// The unit: the shortest voxel edge, in metres (1 where no voxel size is known).
    pub unit: f64,
    /// Voxel edges along (z, y, x) in that unit.
    pub edges: [f64; 3],
}

/// Distances of all voxels of a code to the nearest voxel of any other.
pub fn distances(volume: &Volume, code: u8) -> Distances {
    let metres = edges(volume);
    let unit = metres.into_iter().fold(f64::INFINITY, f64::min);
    let edges = metres.map(|edge| edge / unit);
    let mut squared = volume.codes().mapv(|other| match other == code {
        true => f32::INFINITY,
        false => 0.0,
    });
    squared_distances(&mut squared, edges, [Wraps::No; 3]);
    Distances {
        squared,
        unit,
        edges,
    }
}
