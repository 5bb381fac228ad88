//! Thresholds: the histogram of grey values, and where it is cut.
//!
//! Otsu: the cut that leaves the classes most alike inside, which is where the variance between them is largest,
//! `sum_k w_k mu_k^2` with the weight w and the mean mu of each class (N. Otsu, IEEE Trans. Syst. Man Cybern. 9, 62, 1979). With
//! three or more classes the best cuts are found by dynamic programming, exact for the histogram, in classes x bins^2.
//!
//! A value equal to a cut belongs to the darker class.

use super::SegmentError;
use crate::microstructure::Volume;
use ndarray::Array3;
use rayon::prelude::*;

/// Bins of a histogram whose values are not whole, or too far apart.
const BINS: usize = 1024;

/// Values of a chunk.
const CHUNK: usize = 1 << 18;

/// How often each grey value occurs.
#[derive(Debug, Clone, PartialEq)]
pub struct Histogram {
    /// The smallest value.
    pub least: f64,
    /// The largest.
    pub most: f64,
    /// Upper end of the first bin; the bins above are `width` apart.
    first: f64,
    width: f64,
    /// Values in each bin.
    pub counts: Vec<u64>,
}

impl Histogram {
    /// Of all values: a bin per value where they are whole and at most 1024 apart, else 1024 bins of equal width.
    pub fn of(values: &Array3<f32>) -> Self {
        Self::of_several(&[values])
    }

    /// Of several pictures together, in the bins that suit all.
    pub fn of_several(pictures: &[&Array3<f32>]) -> Self {
        let ranges = pictures.iter().map(|values| Range::of(values));
        let all = ranges.fold(Range::NONE, Range::join);
        let (least, most) = (f64::from(all.least), f64::from(all.most));
        let each = all.whole && most - least <= BINS as f64;
        let (bins, width, first) = match each {
            true => (index(most - least) + 1, 1.0, least),
            false => {
                let width = (most - least) / BINS as f64;
                (BINS, width, least + width)
            }
        };
        let mut histogram = Self {
            least,
            most,
            first,
            width,
            counts: vec![0; bins],
        };
        let counts = pictures.iter().map(|values| histogram.count(values));
        let counts: Vec<Vec<u64>> = counts.collect();
        counts
            .iter()
            .for_each(|counts| add(&mut histogram.counts, counts));
        histogram
    }

    fn count(&self, values: &Array3<f32>) -> Vec<u64> {
        let none = || vec![0u64; self.counts.len()];
        let chunks = values.as_slice().unwrap_or_default().par_chunks(CHUNK);
        let counted = chunks.map(|chunk| {
            let mut counts = none();
            chunk
                .iter()
                .for_each(|&value| counts[self.bin(value.into())] += 1);
            counts
        });
        counted.reduce(none, |mut a, b| {
            add(&mut a, &b);
            a
        })
    }

    /// The bin of a value.
    fn bin(&self, value: f64) -> usize {
        let bin = ((value - self.first) / self.width).ceil().max(0.0);
        index(bin).min(self.counts.len() - 1)
    }

    /// The largest value of a bin.
    pub fn upper(&self, bin: usize) -> f64 {
        self.first + self.width * bin as f64
    }

    /// The cuts between `classes` classes by Otsu's criterion, ascending.
    ///
    /// # Errors
    /// [`SegmentError::Uniform`] and [`SegmentError::TooFewValues`].
    pub fn otsu(&self, classes: usize) -> Result<Vec<f64>, SegmentError> {
        let values = self.counts.iter().filter(|&&count| count > 0).count();
        if values < 2 {
            return Err(SegmentError::Uniform { value: self.least });
        }
        if values < classes {
            return Err(SegmentError::TooFewValues { classes, values });
        }
        let cuts = best_cuts(&self.counts, classes);
        Ok(cuts.into_iter().map(|bin| self.upper(bin)).collect())
    }
}

/// The last bin of each class but the brightest.
fn best_cuts(counts: &[u64], classes: usize) -> Vec<usize> {
    let bins = counts.len();
    // Weights and moments of all bins below each; whole numbers, so that ties are ties.
    let mut sums = vec![(0.0, 0.0)];
    for (bin, &count) in counts.iter().enumerate() {
        let (weight, moment) = sums[bin];
        sums.push((weight + count as f64, moment + count as f64 * bin as f64));
    }
    let between = |from: usize, to: usize| {
        let (weight, moment) = (sums[to].0 - sums[from].0, sums[to].1 - sums[from].1);
        if weight > 0.0 {
            moment * moment / weight
        } else {
            f64::NEG_INFINITY
        }
    };
    let mut best: Vec<f64> = (0..=bins).map(|end| between(0, end)).collect();
    let mut chosen = Vec::new();
    for _ in 1..classes {
        let (mut next, mut cut) = (vec![f64::NEG_INFINITY; bins + 1], vec![0; bins + 1]);
        for end in 1..=bins {
            let starts = (1..end).map(|start| (best[start] + between(start, end), start));
            let none = (f64::NEG_INFINITY, 0);
            (next[end], cut[end]) = starts.fold(none, |a, b| if b.0 > a.0 { b } else { a });
        }
        best = next;
        chosen.push(cut);
    }
    let mut end = bins;
    let mut cuts: Vec<usize> = chosen
        .iter()
        .rev()
        .map(|cut| {
            end = cut[end];
            end - 1
        })
        .collect();
    cuts.reverse();
    cuts
}

fn add(into: &mut [u64], counts: &[u64]) {
    into.iter_mut().zip(counts).for_each(|(a, b)| *a += b);
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "not negative, and held against the number of bins"
)]
fn index(value: f64) -> usize {
    value as usize
}

/// The smallest and the largest of values, and whether all are whole.
#[derive(Clone, Copy)]
struct Range {
    least: f32,
    most: f32,
    whole: bool,
}

impl Range {
    const NONE: Self = Self {
        least: f32::INFINITY,
        most: f32::NEG_INFINITY,
        whole: true,
    };

    fn of(values: &Array3<f32>) -> Self {
        let chunks = values.as_slice().unwrap_or_default().par_chunks(CHUNK);
        let of = |chunk: &[f32]| Self {
            least: chunk.iter().copied().fold(f32::INFINITY, f32::min),
            most: chunk.iter().copied().fold(f32::NEG_INFINITY, f32::max),
            whole: chunk.iter().all(|value| value.fract() == 0.0),
        };
        chunks.map(of).reduce(|| Self::NONE, Self::join)
    }

    fn join(self, other: Self) -> Self {
        Self {
            least: self.least.min(other.least),
            most: self.most.max(other.most),
            whole: self.whole && other.whole,
        }
    }
}

/// How grey values are to be divided.
#[derive(Debug, Clone, PartialEq)]
pub enum Threshold {
    /// By Otsu, into so many classes.
    Otsu {
        /// Two, or more.
        classes: usize,
    },
    /// At these values.
    Values(Vec<f64>),
    /// What lies from the first to the second value, both included, against all else.
    Range(f64, f64),
}

/// A threshold found for some histogram.
#[derive(Debug, Clone, PartialEq)]
pub enum Cuts {
    /// Classes from dark to bright: up to the first cut, up to the second, and so on.
    Steps(Vec<f64>),
    /// Class 0 from the first to the second value, class 1 outside.
    Range(f64, f64),
}

impl Threshold {
    /// Finds the cuts, which must divide the values.
    ///
    /// # Errors
    /// [`SegmentError::Outside`], [`SegmentError::Uniform`] and [`SegmentError::TooFewValues`].
    pub fn cuts(&self, histogram: &Histogram) -> Result<Cuts, SegmentError> {
        let (least, most) = (histogram.least, histogram.most);
        let outside = |threshold: String| SegmentError::Outside {
            threshold,
            least,
            most,
        };
        if least == most {
            return Err(SegmentError::Uniform { value: least });
        }
        match self {
            Self::Otsu { classes } => histogram.otsu(*classes).map(Cuts::Steps),
            Self::Values(values) => match values.iter().find(|&&v| v < least || v >= most) {
                Some(value) => Err(outside(value.to_string())),
                None => Ok(Cuts::Steps(values.clone())),
            },
            &Self::Range(low, high)
                if high < least || low > most || (low <= least && high >= most) =>
            {
                Err(outside(format!("{low}..{high}")))
            }
            &Self::Range(low, high) => Ok(Cuts::Range(low, high)),
        }
    }
}

impl Cuts {
    /// The class of a grey value.
    pub fn class(&self, value: f64) -> u8 {
        match self {
            Self::Steps(cuts) => {
                let above = cuts.iter().filter(|&&cut| value > cut).count();
                u8::try_from(above).unwrap_or(u8::MAX)
            }
            Self::Range(low, high) => u8::from(!(*low..=*high).contains(&value)),
        }
    }

    fn classes(&self) -> usize {
        match self {
            Self::Steps(cuts) => cuts.len() + 1,
            Self::Range(..) => 2,
        }
    }
}

/// The classes of grey values as labels 0, 1, ..., from dark to bright; inside a range 0, outside 1.
pub fn segment(values: &Array3<f32>, cuts: &Cuts) -> Volume {
    let mut codes = Array3::<u8>::zeros(values.dim());
    ndarray::Zip::from(&mut codes)
        .and(values)
        .par_for_each(|code, &value| *code = cuts.class(value.into()));
    let labels = (0i64..).take(cuts.classes()).collect();
    Volume::from_codes(codes, labels)
}
