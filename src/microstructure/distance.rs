//! Euclidean distance transform, exact.
//!
//! `D(p) = min over all q of h(q) + |p - q|^2`, between voxel centres, one axis after the other: along x two sweeps, along y and
//! z the lower envelope of the parabolas `D(q) + (p - q)^2` (P. Felzenszwalb, D. Huttenlocher, Theory of Computing 8, 415,
//! 2012). Cost: linear in the voxels, one f32 each.

use super::connectivity::Wraps;
use ndarray::{Array3, ArrayViewMut2, Axis as Dimension};
use rayon::prelude::*;

/// Replaces 0 (there) and infinity (elsewhere) by the squared distance to the nearest 0, for voxels with these edges along
/// (z, y, x); whole numbers where voxels are cubes of edge 1, infinite where there is no 0. `wraps` says which axes are periodic.
pub(crate) fn squared_distances(field: &mut Array3<f32>, edges: [f64; 3], wraps: [Wraps; 3]) {
    let width = field.dim().2.max(1);
    if let Some(values) = field.as_slice_mut() {
        values
            .par_chunks_mut(width)
            .for_each(|row| along_row(row, edges[2], wraps[2]));
    }
    for (outer, axis) in [(0, 1), (1, 0)] {
        field
            .axis_iter_mut(Dimension(outer))
            .into_par_iter()
            .for_each(|plane| down_columns(plane, Envelope::new(edges[axis], wraps[axis])));
    }
}

/// Squared distance to the nearest zero of a row.
fn along_row(row: &mut [f32], edge: f64, wraps: Wraps) {
    let mut steps = f32::INFINITY;
    let mut sweep = |value: &mut f32| {
        steps = if *value == 0.0 { 0.0 } else { steps + 1.0 };
        *value = value.min(steps);
    };
    // Round a periodic row twice: what is behind its end comes in at its beginning.
    let rounds = copies(wraps).min(2);
    (0..rounds).for_each(|_| row.iter_mut().for_each(&mut sweep));
    (0..rounds).for_each(|_| row.iter_mut().rev().for_each(&mut sweep));
    let weight = rounded(edge * edge);
    row.iter_mut()
        .for_each(|value| *value = *value * *value * weight);
}

/// Lower envelopes along the first axis of a plane, several columns at a time to read whole cache lines.
fn down_columns(mut plane: ArrayViewMut2<f32>, mut envelope: Envelope) {
    const COLUMNS: usize = 16;
    let length = plane.nrows();
    let mut columns = vec![0.0; length * COLUMNS];
    for start in (0..plane.ncols()).step_by(COLUMNS) {
        let width = COLUMNS.min(plane.ncols() - start);
        for (i, row) in plane.outer_iter().enumerate() {
            for k in 0..width {
                columns[k * length + i] = row[start + k];
            }
        }
        columns
            .chunks_mut(length)
            .take(width)
            .for_each(|column| envelope.apply(column));
        for (i, mut row) in plane.outer_iter_mut().enumerate() {
            for k in 0..width {
                row[start + k] = columns[k * length + i];
            }
        }
    }
}

/// How often a line is laid out: a periodic one is its own neighbour on both sides.
fn copies(wraps: Wraps) -> usize {
    match wraps {
        Wraps::No => 1,
        Wraps::Yes => 3,
    }
}

/// The lower envelope of parabolas over a line.
struct Envelope {
    weight: f64,
    wraps: Wraps,
    /// Where the parabolas of the envelope stand, how high, and from where each is the lowest.
    parabolas: Vec<(usize, f64, f64)>,
}

impl Envelope {
    fn new(edge: f64, wraps: Wraps) -> Self {
        Self {
            weight: edge * edge,
            wraps,
            parabolas: Vec::new(),
        }
    }

    fn apply(&mut self, line: &mut [f32]) {
        // Nothing is farther than itself: a line of zeros stays as it is.
        if line.iter().all(|&value| value == 0.0) {
            return;
        }
        self.parabolas.clear();
        let copies = copies(self.wraps);
        for copy in 0..copies {
            for (place, &height) in line.iter().enumerate() {
                if height.is_finite() {
                    self.push(copy * line.len() + place, f64::from(height));
                }
            }
        }
        if self.parabolas.is_empty() {
            return;
        }
        let mut lowest = 0;
        let middle = copies / 2 * line.len();
        for (place, value) in (middle..).zip(line) {
            while self
                .parabolas
                .get(lowest + 1)
                .is_some_and(|next| next.2 <= place as f64)
            {
                lowest += 1;
            }
            let (foot, height, _) = self.parabolas[lowest];
            let steps = place.abs_diff(foot) as f64;
            *value = rounded(height + self.weight * steps * steps);
        }
    }

    /// Adds a parabola at the right end, taking away those that it hides.
    fn push(&mut self, place: usize, height: f64) {
        let mut from = f64::NEG_INFINITY;
        while let Some(&(foot, below, start)) = self.parabolas.last() {
            let (a, b) = (foot as f64, place as f64);
            from = 0.5 * (a + b + (height - below) / (self.weight * (b - a)));
            if from > start {
                break;
            }
            self.parabolas.pop();
            from = f64::NEG_INFINITY;
        }
        self.parabolas.push((place, height, from));
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "kept in f32, exact for whole numbers up to 2^24"
)]
fn rounded(value: f64) -> f32 {
    value as f32
}
