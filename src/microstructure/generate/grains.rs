//! Grains of a polycrystal where none were measured: the cells nearest to points at random (a Poisson-Voronoi tessellation; F. W.
//! Jones, J. Soil Sci. 10, 1959), which repeat beyond the sides. Cost: some ninety distances per voxel.

use super::{
    grid::{Grid, count},
    neighbours::Cells,
    packing::{Sphere, volume},
    random::{Random, Stream},
};
use ndarray::{Array3, Axis, parallel::prelude::*};

/// Points are looked for within so many diameters; a sphere of that radius is empty once in a million times.
const REACH: f64 = 1.2;

/// Particle ids `[z][y][x]`, from 0 on. A grain has the volume of a sphere of `diameter` metres in the mean; there is at least one.
/// The sides of the grid repeat, however it ends.
pub fn grains(grid: &Grid, diameter: f64, seed: u64) -> Array3<u32> {
    let diameter = grid.in_voxels(diameter);
    let grains = count(grid.volume() / volume(0.5 * diameter)).max(1);
    let mut random = Random::new(seed, Stream::Grains);
    let points: Vec<Sphere> = (0..grains)
        .map(|_| Sphere {
            centre: random.point(grid.sides()),
            radius: 0.0,
        })
        .collect();
    let reach = REACH * diameter;
    let cells = Cells::new(&points, grid, reach);
    let mut ids = Array3::zeros(grid.shape);
    let layers = ids.axis_iter_mut(Axis(0)).into_par_iter().enumerate();
    layers.for_each(|(z, mut layer)| {
        for ((y, x), id) in layer.indexed_iter_mut() {
            let here = [z, y, x].map(|index| index as f64 + 0.5);
            let square = |id: &u32| {
                let apart = grid.between(here, points[*id as usize].centre);
                apart.iter().map(|x| x * x).sum::<f64>()
            };
            let nearest = |ids: &mut dyn Iterator<Item = u32>| {
                ids.min_by(|a, b| square(a).total_cmp(&square(b)))
            };
            let near = nearest(&mut cells.near(here)).filter(|id| square(id) <= reach * reach);
            *id = near
                .or_else(|| nearest(&mut (0u32..).take(points.len())))
                .unwrap_or(0);
        }
    });
    ids
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::microstructure::generate::Ends;

    const GRID: Grid = Grid {
        shape: [20, 24, 28],
        voxel: 1e-6,
        ends: Ends::Periodic,
    };

    #[test]
    fn grains_have_the_volume_asked_for_and_come_again_from_their_seed() {
        let found = grains(&GRID, 8e-6, 1);
        let expected = GRID.volume() / volume(4.0);
        let mut ids: Vec<u32> = found.iter().copied().collect();
        ids.sort_unstable();
        ids.dedup();
        assert!(
            (ids.len() as f64 / expected - 1.0).abs() < 0.1,
            "{}",
            ids.len()
        );
        assert_eq!(found, grains(&GRID, 8e-6, 1));
        assert_ne!(found, grains(&GRID, 8e-6, 2));
    }

    /// Every voxel against every point and its 26 images, all distances by hand.
    #[test]
    fn every_voxel_belongs_to_the_nearest_point() {
        let found = grains(&GRID, 9e-6, 7);
        let mut random = Random::new(7, Stream::Grains);
        let points = count(GRID.volume() / volume(4.5));
        let points: Vec<_> = (0..points).map(|_| random.point(GRID.sides())).collect();
        let square = |[z, y, x]: [usize; 3], point: [f64; 3]| -> f64 {
            let here = [z, y, x].map(|index| index as f64 + 0.5);
            let across = |axis: usize| {
                let side = GRID.sides()[axis];
                let images = [-side, 0.0, side];
                let apart = images.map(|image| (point[axis] + image - here[axis]).abs());
                apart.into_iter().fold(f64::INFINITY, f64::min).powi(2)
            };
            across(0) + across(1) + across(2)
        };
        for ((z, y, x), &id) in found.indexed_iter() {
            let own = square([z, y, x], points[id as usize]);
            let least = points.iter().map(|&point| square([z, y, x], point));
            assert!(own <= least.fold(f64::INFINITY, f64::min), "{z} {y} {x}");
        }
    }
}
