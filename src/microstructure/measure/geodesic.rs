//! Geodesic tortuosity: how much longer than straight the shortest ways through a phase are.
//!
//! For each voxel of the last layer the shortest path inside its phase from the first layer, from face to face of the volume,
//! divided by the length of the volume; the mean over the voxels that are reached. Along a straight channel it is 1. It is a
//! length ratio, not the tortuosity factor, which follows from conduction and is larger.
//!
//! Paths lead from voxel to one of 26 neighbours, with the Euclidean length of the step. A diagonal step needs a path over
//! faces beside it, so that what does not percolate is not reached. Bias: never too short; a path in free space between the
//! 26 directions is too long, by 8.2 % at most in a plane of the grid, by 12.8 % at most in space, and not at all along the
//! axes and diagonals: the bias of chamfer distances (G. Borgefors, Comput. Vis. Graph. Image Process. 34, 344, 1986). That holds
//! for cubes; voxels that are longer along one axis are cut into parts that are nearly cubes ([`MOST_PARTS`] at most), or else
//! steps to 26 neighbours would be up to 29 % (in a plane of the grid) too long at 5:1:1. Cost: times the parts.
//!
//! Shortest paths as E. Dijkstra has them, for all phases at once. Distances are kept in buckets as wide as the shortest
//! step, inside which order does not matter: linear in the voxels, 12 bytes each.

use super::{MeasureError, check_size, edges, narrowed, numbered};
use crate::microstructure::{Axis, Volume};
use ndarray::{Array3, Axis as Dimension};
use rayon::prelude::*;

/// The ways of one phase along one axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ways {
    /// Mean over the reached voxels of the last layer of path length / length of the volume.
    pub tortuosity: f64,
    /// The smallest of them.
    pub shortest: f64,
    /// The part of the phase's voxels of the last layer that are reached.
    pub reached: f64,
}

/// The ways of each code along each axis (z, y, x); none where no path leads through.
///
/// # Errors
/// [`MeasureError::TooLarge`].
pub fn geodesic(volume: &Volume) -> Result<Vec<[Option<Ways>; 3]>, MeasureError> {
    check_size(volume, "geodesic tortuosity")?;
    let cut = cut(volume);
    let volume = cut.as_ref().unwrap_or(volume);
    check_size(volume, "geodesic tortuosity of voxels cut into cubes")?;
    let along: Vec<Vec<Option<Ways>>> = Axis::ALL
        .into_par_iter()
        .map(|axis| ways(volume, axis))
        .collect();
    let codes = 0..volume.labels().len();
    Ok(codes
        .map(|code| [0, 1, 2].map(|axis| along[axis][code]))
        .collect())
}

/// Parts that a voxel is cut into along an axis, at most.
pub const MOST_PARTS: usize = 8;

/// The volume with voxels cut into parts that are nearly cubes; none where they are.
fn cut(volume: &Volume) -> Option<Volume> {
    let edges = volume.spacing()?;
    let shortest = edges.into_iter().fold(f64::INFINITY, f64::min);
    let parts = edges.map(|edge| parts(edge / shortest));
    if parts == [1; 3] {
        return None;
    }
    let shape: [usize; 3] = std::array::from_fn(|k| volume.shape()[k] * parts[k]);
    let mut codes = Array3::zeros(shape);
    codes
        .axis_iter_mut(Dimension(0))
        .into_par_iter()
        .enumerate()
        .for_each(|(z, mut plane)| {
            for ((y, x), code) in plane.indexed_iter_mut() {
                *code = volume.codes()[[z / parts[0], y / parts[1], x / parts[2]]];
            }
        });
    let spacing = std::array::from_fn(|k| edges[k] / parts[k] as f64);
    Some(Volume::from_codes(codes, volume.labels().to_vec()).with_spacing(spacing))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a ratio of edges that is not below 1"
)]
fn parts(ratio: f64) -> usize {
    (ratio.round() as usize).clamp(1, MOST_PARTS)
}

fn ways(volume: &Volume, axis: Axis) -> Vec<Option<Ways>> {
    let edge = edges(volume);
    let unit = edge.into_iter().fold(f64::INFINITY, f64::min);
    let mut search = Search::new(volume, edge.map(|edge| edge / unit), axis);
    search.run();
    let (layers, step) = (volume.shape()[axis.index()], edge[axis.index()] / unit);
    let mut sums = vec![Sum::default(); volume.labels().len()];
    for voxel in search.layer(layers - 1) {
        let sum = &mut sums[usize::from(search.codes[voxel])];
        sum.voxels += 1;
        let way = f64::from(search.ways[voxel]);
        if way.is_finite() {
            // Half a voxel before the first centre and half a voxel behind the last.
            sum.add((way + step) / (layers as f64 * step));
        }
    }
    sums.into_iter().map(Sum::ways).collect()
}

#[derive(Clone, Default)]
struct Sum {
    voxels: usize,
    reached: usize,
    total: f64,
    shortest: Option<f64>,
}

impl Sum {
    fn add(&mut self, ratio: f64) {
        self.reached += 1;
        self.total += ratio;
        self.shortest = Some(self.shortest.map_or(ratio, |shortest| shortest.min(ratio)));
    }

    fn ways(self) -> Option<Ways> {
        Some(Ways {
            tortuosity: self.total / self.reached as f64,
            shortest: self.shortest?,
            reached: self.reached as f64 / self.voxels as f64,
        })
    }
}

/// A search from the first layer of an axis.
struct Search<'a> {
    codes: &'a [u8],
    shape: [usize; 3],
    axis: usize,
    moves: Vec<Move>,
    /// Length of the shortest way found so far, in shortest edges.
    ways: Vec<f32>,
    /// Bucket `i` holds ways whose whole part is i, counted round; each with the length it had when it was put there.
    buckets: Vec<Vec<(u32, f32)>>,
    waiting: usize,
}

/// A step to a neighbour.
struct Move {
    /// From the voxel to its neighbour in the flat array.
    offset: isize,
    length: f32,
    /// Neighbours (bits of a 3 x 3 x 3 cube) that must have the phase: any one of these sets is enough.
    paths: Vec<u32>,
}

const CENTRE: usize = 13;

impl<'a> Search<'a> {
    fn new(volume: &'a Volume, edges: [f64; 3], axis: Axis) -> Self {
        let moves: Vec<Move> = (0..27)
            .map(|cell| Move::to(cell, volume.shape(), edges))
            .collect();
        let longest = moves.iter().map(|step| step.length).fold(0.0, f32::max);
        let mut search = Self {
            codes: volume.codes().as_slice().unwrap_or_default(),
            shape: volume.shape(),
            axis: axis.index(),
            ways: vec![f32::INFINITY; volume.codes().len()],
            buckets: vec![Vec::new(); bucket(longest) + 2],
            waiting: 0,
            moves,
        };
        for voxel in search.layer(0) {
            search.put(voxel, 0.0);
        }
        search
    }

    /// The voxels of a layer across the axis.
    fn layer(&self, place: usize) -> impl Iterator<Item = usize> + use<> {
        let stride: usize = self.shape[self.axis + 1..].iter().product();
        let (length, blocks) = (self.shape[self.axis], self.codes.len());
        let starts = (place * stride..blocks).step_by(stride * length);
        starts.flat_map(move |start| start..start + stride)
    }

    fn put(&mut self, voxel: usize, way: f32) {
        self.ways[voxel] = way;
        let place = bucket(way) % self.buckets.len();
        self.buckets[place].push((numbered(voxel), way));
        self.waiting += 1;
    }

    fn run(&mut self) {
        let mut current = 0;
        while self.waiting > 0 {
            let bucket = std::mem::take(&mut self.buckets[current]);
            self.waiting -= bucket.len();
            for &(voxel, way) in &bucket {
                if self.ways[voxel as usize] == way {
                    self.leave(voxel as usize, way);
                }
            }
            current = (current + 1) % self.buckets.len();
        }
    }

    /// Tries the steps from a voxel whose way is the shortest.
    fn leave(&mut self, voxel: usize, way: f32) {
        let same = self.same(voxel);
        for cell in 0..27 {
            let step = &self.moves[cell];
            if same >> cell & 1 == 0 || cell == CENTRE {
                continue;
            }
            let (next, longer) = (voxel.wrapping_add_signed(step.offset), way + step.length);
            if longer < self.ways[next] && step.paths.iter().any(|path| same & path == *path) {
                self.put(next, longer);
            }
        }
    }

    /// Which of the 27 voxels round a voxel, itself included, have its phase.
    fn same(&self, voxel: usize) -> u32 {
        let [_, height, width] = self.shape;
        let place = [
            voxel / (height * width),
            voxel / width % height,
            voxel % width,
        ];
        let inside = |axis: usize| {
            let first = usize::from(place[axis] == 0);
            let last = if place[axis] + 1 == self.shape[axis] {
                1
            } else {
                2
            };
            first..=last
        };
        let mut same = 0;
        for z in inside(0) {
            for y in inside(1) {
                for x in inside(2) {
                    let cell = 9 * z + 3 * y + x;
                    let other = voxel.wrapping_add_signed(self.moves[cell].offset);
                    same |= u32::from(self.codes[other] == self.codes[voxel]) << cell;
                }
            }
        }
        same
    }
}

impl Move {
    fn to(cell: usize, [_, height, width]: [usize; 3], edges: [f64; 3]) -> Self {
        let steps = [cell / 9, cell / 3 % 3, cell % 3].map(|digit| digit.cast_signed() - 1);
        let strides = [height * width, width, 1].map(usize::cast_signed);
        let squares = steps
            .iter()
            .zip(edges)
            .map(|(&s, edge)| (s as f64 * edge).powi(2));
        Self {
            offset: steps
                .iter()
                .zip(strides)
                .map(|(step, stride)| step * stride)
                .sum(),
            length: narrowed(squares.sum::<f64>().sqrt()),
            paths: paths(steps),
        }
    }
}

/// The face-to-face ways to a neighbour, as the voxels that they take.
fn paths(steps: [isize; 3]) -> Vec<u32> {
    const CELLS: [isize; 3] = [9, 3, 1];
    let mut ways = vec![(CENTRE.cast_signed(), steps, 0u32)];
    for _ in steps.iter().filter(|&&step| step != 0) {
        let longer = ways.iter().flat_map(|&(cell, left, path)| {
            let axes = (0..3).filter(move |&axis| left[axis] != 0);
            axes.map(move |axis| {
                let cell = cell + left[axis] * CELLS[axis];
                let mut left = left;
                left[axis] = 0;
                (cell, left, path | 1 << cell)
            })
        });
        ways = longer.collect();
    }
    ways.into_iter().map(|(_, _, path)| path).collect()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a way has fewer than 2^32 shortest steps"
)]
fn bucket(way: f32) -> usize {
    way as usize
}
