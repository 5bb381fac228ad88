//! Surface and interface area, corrected for the staircase of the voxels.
//!
//! Crofton: the area of a surface is twice the mean over all directions d of the area that it shows to parallel lines,
//! `A = 2 sum_d w_d N_d a_d`, where N_d lines of direction d cross it, each of them standing for the cross-section
//! `a_d = V_voxel / |d|`. The lines run through voxel centres along 13 directions; w_d is the solid angle of the spherical
//! Voronoi cell of d, the part of all directions that is nearest to d (C. Lang, J. Ohser, R. Hilfer, J. Microsc. 203, 303,
//! 2001; J. Ohser, K. Schladitz, 3D Images of Materials Structures, Wiley 2009; G. Lehmann, D. Legland, Insight J., 2012).
//! Beyond its sides the volume goes on as its mirror image, with half the weight: a plane through the whole volume keeps its
//! area.
//!
//! In cubes the directions are those to the 26 neighbours. In voxels of other shapes those neighbours crowd round the longest
//! edge (at 5:1:1 all within 16 degrees of it), so that planes would be seen 23 % too small to 10 % too large. There each
//! direction is the lattice vector nearest to that of cubes: (1, 5, 0) instead of (1, 1, 0).
//!
//! Bias: a plane along the grid comes out 7.4 % too small, where the face count is exact; others -7.4 to +2.4 %, none on
//! average over orientations. A line misses chords that are shorter than its step |d|, which takes `sum_d w_d |d|^2 / (12 R^2)`
//! of a sphere of radius R: 0.3 % at 7 cubes, 3 % at 5:1:1 where R is twice the longest edge. Cost: 13 comparisons per voxel.

use super::edges;
use crate::microstructure::Volume;
use rayon::prelude::*;

/// The directions to one half of the 26 neighbours of a cube, (z, y, x).
const DIRECTIONS: [[isize; 3]; 13] = [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
    [1, 1, 0],
    [1, -1, 0],
    [1, 0, 1],
    [1, 0, -1],
    [0, 1, 1],
    [0, 1, -1],
    [1, 1, 1],
    [1, 1, -1],
    [1, -1, 1],
    [1, -1, -1],
];

/// Directions of the sphere that are tried to find the weights; the weights of cubes are right to 1e-4.
const SAMPLES: u32 = 1 << 16;

/// The areas between all pairs of phases, in square metres (square voxels where no voxel size is known).
#[derive(Debug, Clone)]
pub struct Areas {
    labels: usize,
    /// One entry per pair of codes, symmetric, nothing on the diagonal.
    corrected: Vec<f64>,
    faces: Vec<f64>,
}

impl Areas {
    /// Counts crossings along all 13 directions.
    pub fn of(volume: &Volume) -> Self {
        let labels = volume.labels().len();
        let edges = edges(volume);
        let voxel: f64 = edges.iter().product();
        let mut corrected = vec![0.0; labels * labels];
        let mut faces = vec![0.0; labels * labels];
        let steps = steps(volume.shape(), edges);
        for (step, weight) in steps.iter().zip(weights(&steps, edges)) {
            let section = voxel / length(*step, edges);
            let crossings = crossings(volume, *step);
            for (pair, &count) in crossings.iter().enumerate() {
                let area = count as f64 / 8.0 * section;
                corrected[pair] += 2.0 * weight * area;
                if step.iter().map(|step| step.abs()).sum::<isize>() == 1 {
                    faces[pair] += area;
                }
            }
        }
        Self {
            labels,
            corrected: symmetric(&corrected, labels),
            faces: symmetric(&faces, labels),
        }
    }

    /// Area of the interface between two codes, corrected for the staircase.
    pub fn between(&self, a: usize, b: usize) -> f64 {
        self.corrected[a * self.labels + b]
    }

    /// Area of the voxel faces between two codes.
    pub fn faces_between(&self, a: usize, b: usize) -> f64 {
        self.faces[a * self.labels + b]
    }

    /// Area of a code's surface, to all others together, corrected.
    pub fn around(&self, a: usize) -> f64 {
        (0..self.labels).map(|b| self.between(a, b)).sum()
    }

    /// Area of a code's surface by voxel faces.
    pub fn faces_around(&self, a: usize) -> f64 {
        (0..self.labels).map(|b| self.faces_between(a, b)).sum()
    }
}

fn symmetric(table: &[f64], size: usize) -> Vec<f64> {
    let entry = |a: usize, b: usize| table[a * size + b] + table[b * size + a];
    let pairs = (0..size * size).map(|pair| (pair / size, pair % size));
    pairs
        .map(|(a, b)| if a == b { 0.0 } else { entry(a, b) })
        .collect()
}

/// The steps from voxel to voxel that lead along [`DIRECTIONS`] as nearly as voxels of these edges allow: along each axis as
/// far as along the longest edge that the direction takes, and no farther than the volume.
fn steps(shape: [usize; 3], edges: [f64; 3]) -> [[isize; 3]; 13] {
    DIRECTIONS.map(|direction| {
        let taken = (0..3).filter(|&axis| direction[axis] != 0);
        let farthest = taken.map(|axis| edges[axis]).fold(0.0, f64::max);
        std::array::from_fn(|axis| {
            let voxels = nearest(farthest / edges[axis]).clamp(1, shape[axis].max(1));
            direction[axis] * voxels.cast_signed()
        })
    })
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a ratio of edges, cut off at the length of the volume"
)]
fn nearest(ratio: f64) -> usize {
    ratio.round() as usize
}

fn length(direction: [isize; 3], edges: [f64; 3]) -> f64 {
    let squares = direction.iter().zip(edges);
    squares
        .map(|(&step, edge)| (step as f64 * edge).powi(2))
        .sum::<f64>()
        .sqrt()
}

/// The part of all directions that is nearest to each of the 13 steps, for voxels of these edges.
///
/// Points spread evenly over one octant of the sphere (its area is even in the height and the angle) are counted, each
/// with its six permutations, so that the weights of permuted edges are the permuted weights, to the last digit.
fn weights(steps: &[[isize; 3]; 13], edges: [f64; 3]) -> [f64; 13] {
    let unit = steps.map(|step| {
        let length = length(step, edges);
        [0, 1, 2].map(|k| (step[k] as f64 * edges[k] / length).abs())
    });
    let mut counts = [0u64; 13];
    for sample in 0..SAMPLES {
        for point in permutations(octant_point(sample)) {
            let along = |d: &[f64; 3]| d[0] * point[0] + d[1] * point[1] + d[2] * point[2];
            let largest = unit.iter().map(along).fold(0.0, f64::max);
            // Mirror images of a direction share what falls into the octant.
            let nearest: Vec<usize> = (0..13).filter(|&d| along(&unit[d]) >= largest).collect();
            let share = 12 / nearest.len() as u64;
            nearest.iter().for_each(|&d| counts[d] += share);
        }
    }
    let total: u64 = counts.iter().sum();
    counts.map(|count| count as f64 / total as f64)
}

/// Point `i` of an even sequence (multiples of two irrational numbers that never fall into a pattern, M. Roberts 2018).
fn octant_point(i: u32) -> [f64; 3] {
    const PLASTIC: f64 = 1.324_717_957_244_746;
    let (u, v) = (f64::from(i) / PLASTIC, f64::from(i) / (PLASTIC * PLASTIC));
    let height = (u + 0.5).fract();
    let angle = (v + 0.5).fract() * std::f64::consts::FRAC_PI_2;
    let radius = (1.0 - height * height).sqrt();
    [height, radius * angle.sin(), radius * angle.cos()]
}

fn permutations([a, b, c]: [f64; 3]) -> [[f64; 3]; 6] {
    [
        [a, b, c],
        [a, c, b],
        [b, a, c],
        [b, c, a],
        [c, a, b],
        [c, b, a],
    ]
}

/// How many steps lead from each code to each other, in eighths: a step that begins or ends beyond a side counts half, beyond
/// an edge of the volume a quarter, beyond a corner an eighth.
fn crossings(volume: &Volume, step: [isize; 3]) -> Vec<u64> {
    let [depth, height, _] = volume.shape();
    let labels = volume.labels().len();
    let planes = mirrored(depth, step[0]);
    let rows = mirrored(height, step[1]);
    let count = |&(from, to, weight): &(usize, usize, u64)| {
        let mut table = vec![0u64; labels * labels];
        for &(a, b, w) in &rows {
            let (one, two) = (row(volume, from, a), row(volume, to, b));
            count_row((one, two), step[2], weight * w, (labels, &mut table));
        }
        table
    };
    // Whole numbers, so that the order of the sum is free.
    let add = |mut a: Vec<u64>, b: Vec<u64>| {
        a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
        a
    };
    let half = planes.par_iter().map(count);
    half.reduce(|| vec![0; labels * labels], add)
}

/// Steps from each layer to the one `step` farther, with weight 2; those from the mirror image before the first layer and
/// to the one behind the last have weight 1. A step is no longer than the axis.
fn mirrored(length: usize, step: isize) -> Vec<(usize, usize, u64)> {
    let far = step.unsigned_abs();
    let inner = (far..length).map(|i| (i - far, i, 2));
    let before = (0..far).map(|i| (i, far - 1 - i, 1));
    let behind = (0..far).map(|i| (length - far + i, length - 1 - i, 1));
    let steps = inner.chain(before).chain(behind);
    match step < 0 {
        true => steps.map(|(a, b, weight)| (b, a, weight)).collect(),
        false => steps.collect(),
    }
}

fn row(volume: &Volume, z: usize, y: usize) -> &[u8] {
    let [_, height, width] = volume.shape();
    let start = (z * height + y) * width;
    &volume.codes().as_slice().unwrap_or_default()[start..start + width]
}

/// Counts the changes of code from row to row at a distance `step` along x, as [`mirrored`] has it.
fn count_row(
    (from, to): (&[u8], &[u8]),
    step: isize,
    weight: u64,
    (labels, table): (usize, &mut [u64]),
) {
    let mut add = |a: u8, b: u8, weight: u64| {
        if a != b {
            table[usize::from(a) * labels + usize::from(b)] += weight;
        }
    };
    let (far, width) = (step.unsigned_abs(), from.len());
    let (from, to) = if step < 0 { (to, from) } else { (from, to) };
    for (&a, &b) in from[..width - far].iter().zip(&to[far..]) {
        add(a, b, 2 * weight);
    }
    for i in 0..far {
        add(from[i], to[far - 1 - i], weight);
        add(from[width - far + i], to[width - 1 - i], weight);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Weights of the cubic lattice per 26 directions, from the areas of spherical polygons (Lang, Ohser, Hilfer 2001).
    #[test]
    fn weights_of_cubes_are_those_of_the_literature() {
        let known = |direction: &[isize; 3]| match direction.iter().filter(|&&d| d != 0).count() {
            1 => 0.045_777_9,
            2 => 0.036_980_6,
            _ => 0.035_195_6,
        };
        for (direction, weight) in DIRECTIONS.iter().zip(weights(&DIRECTIONS, [390e-9; 3])) {
            let error = weight / (2.0 * known(direction)) - 1.0;
            assert!(error.abs() < 3e-4, "{direction:?}: {error:e}");
        }
    }

    #[test]
    fn weights_go_with_the_edges() {
        let of = |edges: [f64; 3]| weights(&steps([9; 3], edges), edges);
        let (one, other) = (of([1.0, 2.0, 3.2]), of([3.2, 2.0, 1.0]));
        assert_eq!([one[0], one[1], one[2]], [other[2], other[1], other[0]]);
        assert_ne!(one[0], one[2]);
    }

    #[test]
    fn steps_lead_where_those_of_cubes_do() {
        assert_eq!(steps([50; 3], [3e-9; 3]), DIRECTIONS);
        let flat = steps([50; 3], [5e-7, 1e-7, 1e-7]);
        assert_eq!(
            [flat[0], flat[3], flat[8]],
            [[1, 0, 0], [1, 5, 0], [0, 1, -1]]
        );
        assert_eq!(flat[11], [1, -5, 5]);
        assert_eq!(steps([50, 3, 2], [5e-7, 1e-7, 1e-7])[11], [1, -3, 2]);
        // Where steps lead exactly as in cubes, weights are those of cubes.
        let cubes = weights(&DIRECTIONS, [1.0; 3]);
        for (flat, cube) in weights(&flat, [5.0, 1.0, 1.0]).iter().zip(cubes) {
            assert!((flat / cube - 1.0).abs() < 1e-9, "{flat} {cube}");
        }
        assert!((weights(&DIRECTIONS, [5.0, 1.0, 1.0])[0] / cubes[0] - 1.0).abs() > 0.1);
    }

    /// By weight every layer is left twice and reached twice, whatever the step.
    #[test]
    fn mirrored_steps_leave_and_reach_every_layer_alike() {
        for (length, step) in [(7, 0), (7, 1), (7, -1), (7, 3), (7, -7), (1, 1)] {
            let mut visits = vec![[0; 2]; length];
            for (from, to, weight) in mirrored(length, step) {
                visits[from][0] += weight;
                visits[to][1] += weight;
            }
            let both: u64 = visits.iter().flatten().sum();
            assert_eq!(both, 4 * length as u64, "{length} {step}");
        }
    }
}
