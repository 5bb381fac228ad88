//! How a length is spread: mean, percentiles and a histogram.

use rayon::prelude::*;

/// Bins of a histogram of lengths that are not whole numbers of voxels.
pub const BINS: usize = 50;

/// Values of a chunk; fixed, so that sums do not depend on the number of threads.
const CHUNK: usize = 1 << 16;

/// A spread of lengths, in their unit.
#[derive(Debug, Clone, PartialEq)]
pub struct Distribution {
    /// How many values.
    pub count: usize,
    /// Their mean.
    pub mean: f64,
    /// Their standard deviation.
    pub deviation: f64,
    /// Values below which 10, 50 and 90 % lie, to 1/5000 of the largest.
    pub percentiles: [f64; 3],
    /// The largest.
    pub largest: f64,
    /// The width of a bin; the first begins at 0.
    pub bin: f64,
    /// The part of the values in each bin.
    pub parts: Vec<f64>,
}

/// Bins from which percentiles are read.
const FINE: usize = 100 * BINS;

impl Distribution {
    /// Of the positive values; none where there is none.
    pub fn of_positive(values: &[f32]) -> Option<Self> {
        let sum = |of: &(dyn Fn(f64) -> f64 + Sync)| -> f64 {
            let chunks = values.par_chunks(CHUNK);
            let parts: Vec<f64> = chunks.map(|chunk| positive(chunk).map(of).sum()).collect();
            parts.iter().sum()
        };
        let chunks = values.par_chunks(CHUNK);
        let (count, largest) = chunks
            .map(|chunk| (positive(chunk).count(), positive(chunk).fold(0.0, f64::max)))
            .reduce(|| (0, 0.0), |a, b| (a.0 + b.0, a.1.max(b.1)));
        if count == 0 {
            return None;
        }
        let mean = sum(&|v| v) / count as f64;
        let variance = sum(&|v| (v - mean).powi(2)) / count as f64;
        let bin = largest / BINS as f64;
        let histogram = values
            .par_chunks(CHUNK)
            .map(|chunk| histogram(positive(chunk), largest))
            .reduce(
                || vec![0; FINE],
                |mut a, b| {
                    a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
                    a
                },
            );
        Some(Self {
            count,
            mean,
            deviation: variance.sqrt(),
            percentiles: [0.1, 0.5, 0.9].map(|part| percentile(&histogram, count, part) * largest),
            largest,
            bin,
            parts: histogram
                .chunks(FINE / BINS)
                .map(|fine| fine.iter().sum::<usize>() as f64 / count as f64)
                .collect(),
        })
    }
}

fn positive(chunk: &[f32]) -> impl Iterator<Item = f64> {
    chunk.iter().filter(|v| **v > 0.0).map(|&v| f64::from(v))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "from 0 to the number of bins"
)]
fn histogram(values: impl Iterator<Item = f64>, largest: f64) -> Vec<usize> {
    let mut bins = vec![0; FINE];
    for value in values {
        let bin = (value / largest * FINE as f64).ceil() as usize;
        bins[bin.clamp(1, FINE) - 1] += 1;
    }
    bins
}

/// The upper end, as a part of the largest value, of the bin in which this part of the values is reached.
fn percentile(bins: &[usize], count: usize, part: f64) -> f64 {
    let mut below = 0;
    let reached = bins.iter().position(|bin| {
        below += bin;
        below as f64 >= part * count as f64
    });
    (reached.unwrap_or(bins.len() - 1) + 1) as f64 / bins.len() as f64
}
