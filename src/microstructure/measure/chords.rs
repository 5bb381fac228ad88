//! Chord lengths: along lines parallel to an axis, how long the pieces inside a phase are.
//!
//! Chords that end at a side of the volume are cut and not counted, as their length is unknown; that drops long chords more
//! often than short ones, so in a volume of few chord lengths the mean is too small. Their number is given. Cost: one visit
//! per voxel and axis.

use super::edges;
use crate::microstructure::{Axis, Volume};
use ndarray::{ArrayView1, Axis as Dimension};
use rayon::prelude::*;

/// The chords of one phase along one axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Chords {
    /// How many chords have each length in voxels, from 0 (none) on.
    pub counts: Vec<u64>,
    /// Chords that end at a side of the volume.
    pub cut: u64,
    /// Edge of a voxel along the axis, in metres (1 where no voxel size is known).
    pub edge: f64,
}

impl Chords {
    fn none(length: usize, edge: f64) -> Self {
        Self {
            counts: vec![0; length + 1],
            cut: 0,
            edge,
        }
    }

    /// Complete chords.
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Mean length of the complete chords, in the unit of `edge`; none where there is no chord.
    pub fn mean(&self) -> Option<f64> {
        self.moment(|length| length)
    }

    /// Standard deviation of the lengths.
    pub fn deviation(&self) -> Option<f64> {
        let mean = self.mean()?;
        self.moment(|length| (length - mean).powi(2)).map(f64::sqrt)
    }

    /// The longest complete chord.
    pub fn longest(&self) -> Option<f64> {
        let longest = self.counts.iter().rposition(|&count| count > 0)?;
        Some(longest as f64 * self.edge)
    }

    fn moment(&self, of: impl Fn(f64) -> f64) -> Option<f64> {
        let lengths = (0u32..).zip(&self.counts);
        let sum: f64 = lengths
            .map(|(length, &count)| of(f64::from(length) * self.edge) * count as f64)
            .sum();
        (self.count() > 0).then(|| sum / self.count() as f64)
    }

    fn add(&mut self, other: &Self) {
        let pairs = self.counts.iter_mut().zip(&other.counts);
        pairs.for_each(|(mine, other)| *mine += other);
        self.cut += other.cut;
    }
}

/// The chords of each code along an axis.
pub fn chords(volume: &Volume, axis: Axis) -> Vec<Chords> {
    let (length, labels) = (volume.shape()[axis.index()], volume.labels().len());
    let edge = edges(volume)[axis.index()];
    let none = || vec![Chords::none(length, edge); labels];
    // Lines lie in planes across one of the two other axes; whole numbers, so that the order of the sum is free.
    let across = Dimension(if axis == Axis::Z { 1 } else { 0 });
    let along = Dimension(if axis == Axis::X { 1 } else { 0 });
    let planes = volume.codes().axis_iter(across).into_par_iter();
    planes
        .map(|plane| {
            let mut chords = none();
            for line in plane.lanes(along) {
                count(line, &mut chords);
            }
            chords
        })
        .reduce(none, |mut a, b| {
            a.iter_mut().zip(&b).for_each(|(a, b)| a.add(b));
            a
        })
}

fn count(line: ArrayView1<'_, u8>, chords: &mut [Chords]) {
    let mut start = 0;
    for end in 1..=line.len() {
        if end < line.len() && line[end] == line[start] {
            continue;
        }
        let chords = &mut chords[usize::from(line[start])];
        match start == 0 || end == line.len() {
            true => chords.cut += 1,
            false => chords.counts[end - start] += 1,
        }
        start = end;
    }
}
