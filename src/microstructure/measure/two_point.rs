//! Two-point correlation: the probability that both ends of a line of length r parallel to an axis lie in a phase,
//! `S2(r) = <I(p) I(p + r)>` (S. Torquato, Random Heterogeneous Materials, Springer 2002).
//!
//! `S2(0)` is the volume fraction phi, and without order `S2` falls to phi^2. Counted directly, over all pairs that lie inside
//! the volume, with 64 voxels to a word; up to half the length of the axis, and no farther than [`FARTHEST`] voxels, so the
//! cost is linear in the voxels. At r = 1 the slope gives the specific surface again: `S2'(0) = - S_V / 4` for isotropic media.

use super::edges;
use crate::microstructure::{Axis, Volume};
use rayon::prelude::*;

/// The longest line, in voxels.
pub const FARTHEST: usize = 256;

/// The correlation of one phase along one axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Correlation {
    /// S2 for lines of 0, 1, 2, ... voxels.
    pub s2: Vec<f64>,
    /// Edge of a voxel along the axis, in metres (1 where no voxel size is known).
    pub edge: f64,
}

impl Correlation {
    /// The length over which the correlation `(S2 - phi^2) / (phi - phi^2)` falls to 1/e, between lengths by a straight line;
    /// none where it does not.
    pub fn length(&self) -> Option<f64> {
        let fraction = self.s2.first()?;
        let variance = fraction * (1.0 - fraction);
        if variance <= 0.0 {
            return None;
        }
        let correlation = |s2: &f64| (s2 - fraction * fraction) / variance;
        let target = (-1.0f64).exp();
        let below = self.s2.iter().position(|s2| correlation(s2) < target)?;
        let (above, under) = (
            correlation(&self.s2[below - 1]),
            correlation(&self.s2[below]),
        );
        Some(self.edge * ((below - 1) as f64 + (above - target) / (above - under)))
    }
}

/// The correlation of a code along an axis.
pub fn correlation(volume: &Volume, code: u8, axis: Axis) -> Correlation {
    let bits = Bits::of(volume, code, axis);
    let lines = bits.words.len() / bits.per_line.max(1);
    let farthest = (bits.length / 2).min(FARTHEST);
    let s2 = (0..=farthest).into_par_iter().map(|lag| {
        let pairs = lines as f64 * (bits.length - lag) as f64;
        bits.both(lag) as f64 / pairs
    });
    Correlation {
        s2: s2.collect(),
        edge: edges(volume)[axis.index()],
    }
}

/// Lines along an axis, one bit per voxel; each line begins with a word of its own.
struct Bits {
    length: usize,
    per_line: usize,
    words: Vec<u64>,
}

impl Bits {
    fn of(volume: &Volume, code: u8, axis: Axis) -> Self {
        let length = volume.shape()[axis.index()];
        let per_line = length.div_ceil(64);
        let lines: Vec<_> = volume
            .codes()
            .lanes(ndarray::Axis(axis.index()))
            .into_iter()
            .collect();
        let mut words = vec![0; lines.len() * per_line];
        words
            .par_chunks_mut(per_line.max(1))
            .zip(lines)
            .for_each(|(words, line)| {
                for (i, &voxel) in line.iter().enumerate() {
                    words[i / 64] |= u64::from(voxel == code) << (i % 64);
                }
            });
        Self {
            length,
            per_line,
            words,
        }
    }

    /// Pairs of ones that lie `lag` apart.
    fn both(&self, lag: usize) -> u64 {
        let (words, shift) = (lag / 64, lag % 64);
        let both = |line: &[u64]| -> u64 {
            let moved = line.iter().enumerate().skip(words).map(|(i, &word)| {
                let above = line.get(i + 1).copied().unwrap_or(0);
                match shift {
                    0 => word,
                    shift => word >> shift | above << (64 - shift),
                }
            });
            let pairs = line.iter().zip(moved);
            pairs.map(|(a, b)| u64::from((a & b).count_ones())).sum()
        };
        self.words.chunks(self.per_line.max(1)).map(both).sum()
    }
}
