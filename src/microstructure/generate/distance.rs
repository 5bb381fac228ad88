//! Distances of voxel centres, in voxels: to the surfaces of spheres (exact), and to a set of voxels (exact Euclidean,
//! Felzenszwalb and Huttenlocher, Theory of Computing 8, 415, 2012).

use super::{
    grid::{Ends, Grid, single},
    packing::Sphere,
};
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
pub(super) fn to_voxels(inside: &[bool], shape: [usize; 3], wraps: [Ends; 3]) -> Vec<f32> {
    let [nz, ny, nx] = shape;
    let mut squares: Vec<f32> = inside
        .iter()
        .map(|&inside| if inside { 0.0 } else { f32::INFINITY })
        .collect();
    let envelope = |ends: Ends| move |row: &mut [f32]| lower_envelope(row, ends);
    squares.par_chunks_mut(nx).for_each(envelope(wraps[2]));
    let mut turned = turned(&squares, nz, ny * nx, |i| (i % nx) * ny + i / nx);
    turned.par_chunks_mut(ny).for_each(envelope(wraps[1]));
    // Now [z][x][y]; along z the rows are gathered from whole planes.
    let mut columns: Vec<f32> = vec![0.0; turned.len()];
    columns
        .par_chunks_mut(nz)
        .enumerate()
        .for_each(|(i, column)| {
            let (y, x) = (i / nx, i % nx);
            for (z, value) in column.iter_mut().enumerate() {
                *value = turned[(z * nx + x) * ny + y];
            }
            lower_envelope(column, wraps[0]);
        });
    let place = |i: usize| columns[i % (ny * nx) * nz + i / (ny * nx)].sqrt();
    (0..inside.len()).into_par_iter().map(place).collect()
}

/// Every plane with its voxels in another order.
fn turned(
    values: &[f32],
    planes: usize,
    size: usize,
    place: impl Fn(usize) -> usize + Sync,
) -> Vec<f32> {
    let mut turned = vec![0.0; planes * size];
    turned
        .par_chunks_mut(size)
        .zip(values.par_chunks(size))
        .for_each(|(to, from)| {
            for (i, &value) in from.iter().enumerate() {
                to[place(i)] = value;
            }
        });
    turned
}

/// `row[i] = min over j of row[j] + (i - j)^2`; a periodic row is taken three times over.
fn lower_envelope(row: &mut [f32], ends: Ends) {
    let n = row.len();
    let copies = if ends == Ends::Periodic { 3 } else { 1 };
    let value = |j: usize| f64::from(row[j % n]);
    // Parabolas of the envelope: where each stands and where it begins to be the lowest.
    let mut stack: Vec<(usize, f64)> = Vec::with_capacity(n);
    for j in 0..copies * n {
        if value(j).is_infinite() {
            continue;
        }
        let mut begin = f64::NEG_INFINITY;
        while let Some(&(k, from)) = stack.last() {
            let (a, b) = (j as f64, k as f64);
            begin = (value(j) + a * a - value(k) - b * b) / (2.0 * (a - b));
            if begin > from {
                break;
            }
            stack.pop();
            begin = f64::NEG_INFINITY;
        }
        stack.push((j, begin));
    }
    let Some(offset) = (!stack.is_empty()).then_some((copies / 2) * n) else {
        return;
    };
    let mut lowest = 0;
    let result: Vec<f32> = (offset..offset + n)
        .map(|i| {
            while lowest + 1 < stack.len() && stack[lowest + 1].1 <= i as f64 {
                lowest += 1;
            }
            let apart = i as f64 - stack[lowest].0 as f64;
            single(value(stack[lowest].0) + apart * apart)
        })
        .collect();
    row.copy_from_slice(&result);
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
