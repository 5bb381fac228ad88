//! Local thickness: the diameter of the largest sphere that lies in the phase and covers the voxel (T. Hildebrand,
//! P. Rueegsegger, J. Microsc. 185, 67, 1997). Of the pores it is the pore size. [`super::distance`] gives the spheres:
//! round each voxel all voxels nearer than the nearest voxel outside. The sides of the volume are no walls.
//!
//! - The diameter is `2 d - h`: from interface to interface, with `d` the distance to the centre of the nearest voxel outside
//!   and h the extent of that voxel towards the centre of the sphere: the edge of a cube, else `d / |n|` with the vector n
//!   from one to the other counted in voxels, which is the diameter in that direction of the ellipsoid inscribed in a voxel
//!   (along an axis its edge). Between two walls that are an even number of voxels apart `d` is largest between two
//!   voxels; it is found there by straight lines from either side, so that a slab along the grid has its exact thickness for
//!   even and odd widths and any voxel edges.
//! - Bias: the centre of a voxel outside may be as near as a curved or slanted surface itself, so there the diameter is up to
//!   h too small.
//! - A sphere is left out where it sticks out of a larger one by less than half a voxel, which hardly moves the
//!   result and leaves few: each voxel looks for a larger sphere among those that stand for its neighbours.
//! - The rest is painted from the largest down, slab by slab in parallel; in each row what is painted is skipped. Cost: for
//!   each sphere its rows, so near to linear in the voxels, and at worst times the radius.

mod painting;

use super::{
    MeasureError, check_size,
    distance::{Distances, distances},
    narrowed, numbered,
};
use crate::microstructure::Volume;
use ndarray::Array3;
use rayon::prelude::*;

/// By how much a sphere may stick out of one that replaces it, in shortest voxel edges.
const SLACK: f64 = 0.5;

/// Below this squared distance a sphere has seven voxels at most, and is not worth a search.
const SMALL: f32 = 2.5;

/// Voxels that one thread takes at a time.
const TOGETHER: usize = 2048;

/// A sphere in the phase.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Sphere {
    /// Centre, (z, y, x).
    centre: [usize; 3],
    /// Squared distance to the nearest voxel outside: the sphere holds what is nearer than that.
    squared: f32,
    /// Its diameter from interface to interface, found between the voxels; in metres (voxels where no size is known).
    diameter: f32,
}

/// Local thickness `[z][y][x]` of the voxels of a code, in metres (voxels where no voxel size is known), 0 elsewhere; none
/// where the volume holds nothing else, so that no sphere has an end.
///
/// # Errors
/// [`MeasureError::TooLarge`].
pub fn local_thickness(volume: &Volume, code: u8) -> Result<Option<Array3<f32>>, MeasureError> {
    check_size(volume, "local thickness")?;
    let distances = distances(volume, code);
    if distances.squared.iter().any(|d| d.is_infinite()) {
        return Ok(None);
    }
    let field = Field::of(&distances);
    let mut spheres = field.spheres(&largest(&field), distances.unit);
    let order = |a: &Sphere, b: &Sphere| {
        let larger = b.diameter.total_cmp(&a.diameter);
        larger.then(a.centre.cmp(&b.centre))
    };
    spheres.par_sort_unstable_by(order);
    Ok(Some(painting::paint(&field, &spheres)))
}

/// Distances as flat arrays.
struct Field<'a> {
    shape: [usize; 3],
    edges: [f64; 3],
    squared: &'a [f32],
}

impl<'a> Field<'a> {
    fn of(distances: &'a Distances) -> Self {
        let (z, y, x) = distances.squared.dim();
        Self {
            shape: [z, y, x],
            edges: distances.edges,
            squared: distances.squared.as_slice().unwrap_or_default(),
        }
    }

    fn place(&self, voxel: usize) -> [usize; 3] {
        let [_, height, width] = self.shape;
        [
            voxel / (height * width),
            voxel / width % height,
            voxel % width,
        ]
    }

    /// The voxel `step` away, if it lies inside.
    fn neighbour(&self, place: [usize; 3], step: [isize; 3]) -> Option<usize> {
        let mut voxel = 0;
        for axis in 0..3 {
            let along = place[axis].checked_add_signed(step[axis])?;
            if along >= self.shape[axis] {
                return None;
            }
            voxel = voxel * self.shape[axis] + along;
        }
        Some(voxel)
    }

    fn apart(&self, a: [usize; 3], b: [usize; 3]) -> f64 {
        let squares = (0..3).map(|k| (a[k].abs_diff(b[k]) as f64 * self.edges[k]).powi(2));
        squares.sum::<f64>().sqrt()
    }

    fn length(&self, step: [isize; 3]) -> f64 {
        let squares = step.iter().zip(self.edges);
        squares
            .map(|(&step, edge)| (step as f64 * edge).powi(2))
            .sum::<f64>()
            .sqrt()
    }

    fn distance(&self, voxel: usize) -> f64 {
        f64::from(self.squared[voxel]).sqrt()
    }

    /// What stands for the sphere of a voxel: of all that stand for neighbours farther from the walls the one that leaves
    /// the most room, or itself.
    fn larger(&self, voxel: usize, largest: &[u32]) -> u32 {
        let (place, own) = (self.place(voxel), self.distance(voxel));
        let mut best = (-SLACK, voxel);
        for step in STEPS {
            let neighbour = self.neighbour(place, step);
            let Some(neighbour) = neighbour.filter(|&n| self.squared[n] > self.squared[voxel])
            else {
                continue;
            };
            let other = largest[neighbour] as usize;
            let room = self.distance(other) - own - self.apart(place, self.place(other));
            if room > best.0 {
                best = (room, other);
            }
        }
        numbered(best.1)
    }

    /// The spheres that no other replaces, with their diameters between voxels; `unit` is the length of a shortest edge.
    fn spheres(&self, largest: &[u32], unit: f64) -> Vec<Sphere> {
        let kept = largest.par_iter().enumerate();
        let kept = kept.filter(|&(voxel, &of)| of as usize == voxel && self.squared[voxel] > 0.0);
        kept.map(|(voxel, _)| {
            // Kept in f32 as distances are.
            let radius = f64::from(narrowed(self.ridge(voxel)));
            Sphere {
                centre: self.place(voxel),
                squared: self.squared[voxel],
                diameter: narrowed((2.0 * radius - self.wall(voxel)) * unit),
            }
        })
        .collect()
    }

    /// Extent of the voxel outside that is nearest to `voxel`, along the line between the two: its edge where it is a cube,
    /// else the diameter of its inscribed ellipsoid. Of several nearest voxels the one that is the most voxels away counts.
    fn wall(&self, voxel: usize) -> f64 {
        if self.edges == [1.0; 3] {
            return 1.0;
        }
        let place = self.place(voxel);
        let squared = f64::from(self.squared[voxel]);
        let [ez, ey, ex] = self.edges.map(|edge| edge * edge);
        let mut farthest = 0.0f64;
        for z in 0..=whole(squared / ez) {
            let left = squared - ez * (z * z) as f64;
            for y in 0..=whole(left / ey) {
                let left = left - ey * (y * y) as f64;
                let x = whole(left / ex);
                for x in [x, x + 1] {
                    let error = left - ex * (x * x) as f64;
                    if error.abs() < ROUNDING * squared && self.is_wall(place, [z, y, x]) {
                        farthest = farthest.max((z * z + y * y + x * x) as f64);
                    }
                }
            }
        }
        match farthest > 0.0 {
            true => (squared / farthest).sqrt(),
            false => self.edges.iter().product::<f64>().cbrt(),
        }
    }

    /// Whether a voxel that is so many steps away along (z, y, x), in any of the eight octants, lies outside the phase.
    fn is_wall(&self, place: [usize; 3], steps: [usize; 3]) -> bool {
        (0..8).any(|octant| {
            let step = std::array::from_fn(|axis| match octant >> axis & 1 {
                0 => steps[axis].cast_signed(),
                _ => -steps[axis].cast_signed(),
            });
            let found = self.neighbour(place, step);
            found.is_some_and(|voxel| self.squared[voxel] == 0.0)
        })
    }

    /// The largest distance on the lines from a voxel to its neighbours.
    fn ridge(&self, voxel: usize) -> f64 {
        let place = self.place(voxel);
        let steps = STEPS.iter().filter_map(|&step| self.apex(place, step));
        steps.fold(self.distance(voxel), f64::max)
    }

    /// Where the slope from behind `place` and that from beyond its neighbour meet between the two, if both are as steep
    /// as in front of walls across the line; elsewhere the voxels round about have seen the nearest walls.
    fn apex(&self, place: [usize; 3], step: [isize; 3]) -> Option<f64> {
        let behind = self.neighbour(place, step.map(|s| -s))?;
        let here = self.neighbour(place, [0; 3])?;
        let next = self.neighbour(place, step)?;
        let beyond = self.neighbour(place, step.map(|s| 2 * s))?;
        let [behind, here, next, beyond] = [behind, here, next, beyond].map(|v| self.distance(v));
        let (rise, fall) = (here - behind, next - beyond);
        if rise.min(fall) < STEEP * self.length(step) {
            return None;
        }
        let way = (next + fall - here) / (rise + fall);
        (0.0..=1.0).contains(&way).then_some(here + rise * way)
    }
}

/// Relative error that sums of squared edges may have in f32.
const ROUNDING: f64 = 1e-5;

/// The largest whole number whose square is at most `bound`.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a number of voxels in a row"
)]
fn whole(bound: f64) -> usize {
    bound.max(0.0).sqrt() as usize
}

/// The least slope of the distance in front of a wall across a line.
const STEEP: f64 = 0.9;

/// The steps to the 26 neighbours.
const STEPS: [[isize; 3]; 26] = steps();

const fn steps() -> [[isize; 3]; 26] {
    let mut steps = [[0; 3]; 26];
    let (mut i, mut count) = (0, 0);
    while i < 27 {
        if i != 13 {
            steps[count] = [i / 9 - 1, i / 3 % 3 - 1, i % 3 - 1];
            count += 1;
        }
        i += 1;
    }
    steps
}

/// For each voxel of the phase the centre of the sphere that stands for its own: itself, or a larger sphere of which its
/// own sticks out by less than [`SLACK`]. It goes from the largest down; voxels of one distance do not ask each other, so
/// they go in parallel.
fn largest(field: &Field<'_>) -> Vec<u32> {
    let voxels = (0u32..).zip(field.squared);
    let mut order: Vec<(u32, u32)> = voxels
        .filter(|&(_, &squared)| squared > SMALL)
        .map(|(voxel, squared)| (!squared.to_bits(), voxel))
        .collect();
    order.par_sort_unstable();
    let mut largest: Vec<u32> = (0u32..)
        .zip(field.squared)
        .map(|(voxel, _)| voxel)
        .collect();
    for level in order.chunk_by(|a, b| a.0 == b.0) {
        let voxels = level.par_iter().with_min_len(TOGETHER);
        let found: Vec<u32> = voxels
            .map(|&(_, voxel)| field.larger(voxel as usize, &largest))
            .collect();
        for (&(_, voxel), larger) in level.iter().zip(found) {
            largest[voxel as usize] = larger;
        }
    }
    largest
}
