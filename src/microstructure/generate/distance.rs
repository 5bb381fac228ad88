//! Distances of voxel centres, in voxels: to the surfaces of spheres, and to a set of voxels; both exact.

use super::{
    grid::{Ends, Grid, single},
    packing::Sphere,
};
use crate::microstructure::{connectivity::Wraps, distance::squared_distances};
use ndarray::Array3;
use rayon::prelude::*;

/// Signed distances to the two nearest surfaces, negative inside; infinite beyond the reach.
#[derive(Debug)]
pub(super) struct Surfaces {
    pub(super) nearest: Vec<f32>,
    pub(super) second: Vec<f32>,
}

/// A sphere that meets a plane: its place in the list and the plane's distance from its centre.
type Meeting = (u32, f64);

/// Distances up to `reach` from each surface. Cost: the volume of all spheres grown by the reach.
pub(super) fn surfaces(spheres: &[Sphere], grid: &Grid, reach: f64) -> Surfaces {
    let [nz, ny, nx] = grid.shape;
    let room = grid.sides().into_iter().fold(f64::INFINITY, f64::min) / 2.0;
    let end = |sphere: &Sphere| match grid.ends {
        Ends::Periodic => (sphere.radius + reach).min(room),
        Ends::Walled => sphere.radius + reach,
    };
    let mut meetings: Vec<Vec<Meeting>> = vec![Vec::new(); nz];
    for (i, sphere) in (0u32..).zip(spheres) {
        for (plane, dz) in grid.within(0, sphere.centre[0], end(sphere)) {
            meetings[plane].push((i, dz));
        }
    }
    let mut surfaces = Surfaces {
        nearest: vec![f32::INFINITY; grid.voxels()],
        second: vec![f32::INFINITY; grid.voxels()],
    };
    let nearest = surfaces.nearest.par_chunks_mut(ny * nx);
    let planes = nearest.zip(surfaces.second.par_chunks_mut(ny * nx));
    planes.zip(&meetings).for_each(|(plane, meetings)| {
        let (nearest, second) = plane;
        for &(i, dz) in meetings {
            let sphere = &spheres[i as usize];
            disc(sphere, grid, (dz, end(sphere)), |voxel, distance| {
                keep_two(&mut nearest[voxel], &mut second[voxel], distance);
            });
        }
    });
    surfaces
}

/// Reports each voxel of a plane `dz` from the centre of a sphere that is no further than `end` from the centre, with its
/// distance from the surface.
fn disc(sphere: &Sphere, grid: &Grid, (dz, end): (f64, f64), mut found: impl FnMut(usize, f32)) {
    let columns: Vec<(usize, f64)> = grid.within(2, sphere.centre[2], end).collect();
    for (y, dy) in grid.within(1, sphere.centre[1], end) {
        let flat = dz * dz + dy * dy;
        for &(x, dx) in &columns {
            let square = flat + dx * dx;
            if square <= end * end {
                let distance = single(square.sqrt() - sphere.radius);
                found(y * grid.shape[2] + x, distance);
            }
        }
    }
}

fn keep_two(nearest: &mut f32, second: &mut f32, distance: f32) {
    if distance < *nearest {
        *second = *nearest;
        *nearest = distance;
    } else if distance < *second {
        *second = distance;
    }
}

/// The distance of every voxel from the nearest one that is `inside`, centre to centre; infinite where there is none.
/// `wraps` says which axes are periodic.
pub(super) fn to_voxels(inside: &[bool], [nz, ny, nx]: [usize; 3], wraps: [Ends; 3]) -> Vec<f32> {
    let place = |z, y, x| (z * ny + y) * nx + x;
    let mut squared = Array3::from_shape_fn((nz, ny, nx), |(z, y, x)| {
        if inside[place(z, y, x)] {
            0.0
        } else {
            f32::INFINITY
        }
    });
    let wraps = wraps.map(|ends| match ends {
        Ends::Periodic => Wraps::Yes,
        Ends::Walled => Wraps::No,
    });
    squared_distances(&mut squared, [1.0; 3], wraps);
    squared.par_mapv_inplace(f32::sqrt);
    squared.into_raw_vec_and_offset().0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every pair of voxels, one by one.
    fn brute(inside: &[bool], [nz, ny, nx]: [usize; 3], wraps: [Ends; 3]) -> Vec<f32> {
        let place = |i: usize| [i / (ny * nx), i / nx % ny, i % nx];
        let apart = |axis: usize, a: usize, b: usize| {
            let direct = a.abs_diff(b);
            let around = [nz, ny, nx][axis] - direct;
            let shortest = if wraps[axis] == Ends::Periodic {
                direct.min(around)
            } else {
                direct
            };
            (shortest * shortest) as f32
        };
        let to = |i: usize, j: usize| {
            (0..3)
                .map(|axis| apart(axis, place(i)[axis], place(j)[axis]))
                .sum::<f32>()
        };
        (0..inside.len())
            .map(|i| {
                let others = (0..inside.len()).filter(|&j| inside[j]);
                others
                    .map(|j| to(i, j))
                    .fold(f32::INFINITY, f32::min)
                    .sqrt()
            })
            .collect()
    }

    #[test]
    fn distances_to_voxels_are_exact_across_any_ends() {
        let shape = [5, 7, 6];
        let inside: Vec<bool> = (0..5 * 7 * 6).map(|i| i * i % 37 == 11).collect();
        assert!(inside.iter().any(|&inside| inside));
        for ends in [Ends::Walled, Ends::Periodic] {
            for z in [Ends::Walled, Ends::Periodic] {
                let wraps = [z, ends, ends];
                assert_eq!(
                    to_voxels(&inside, shape, wraps),
                    brute(&inside, shape, wraps)
                );
            }
        }
    }

    #[test]
    fn nothing_is_infinitely_far() {
        let far = to_voxels(&[false; 8], [2; 3], [Ends::Periodic; 3]);
        assert!(far.iter().all(|distance| distance.is_infinite()));
    }

    #[test]
    fn surfaces_wrap_round_and_the_second_is_behind_the_first() {
        let grid = Grid {
            shape: [8, 8, 16],
            voxel: 1.0,
            ends: Ends::Periodic,
        };
        let sphere = |x| Sphere {
            centre: [4.5, 4.5, x],
            radius: 2.0,
        };
        let found = surfaces(&[sphere(0.5), sphere(12.5)], &grid, 2.0);
        let at = |x: usize| (4 * 8 + 4) * 16 + x;
        assert_eq!((found.nearest[at(0)], found.nearest[at(15)]), (-2.0, -1.0));
        assert_eq!((found.nearest[at(14)], found.second[at(14)]), (0.0, 0.0));
        assert_eq!((found.nearest[at(13)], found.second[at(13)]), (-1.0, 1.0));
        assert!(found.nearest[at(6)].is_infinite());
    }
}
