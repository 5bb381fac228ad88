//! Thresholds: the histogram of grey values, and where it is cut.
//!
//! Otsu: the cut that leaves the classes most alike inside, which is where the variance between them is largest,
//! `sum_k w_k mu_k^2` with the weight w and the mean mu of each class (N. Otsu, IEEE Trans. Syst. Man Cybern. 9, 62, 1979). With
//! three or more classes the best cuts are found by dynamic programming, exact for the histogram, in classes x bins^2.
//!
//! A few outliers (hot pixels) would decide that criterion, which weighs squares of distances: one pixel of 65535 in 4096 round
//! 100 is a class of its own. So values far outside of the range of 99.8 % of all, by more than the width of that range, are
//! left out of the histogram ([`Clip::Outliers`]); [`Histogram::left_out`] says how many.
//!
//! A value equal to a cut belongs to the darker class. NaN belongs to none.

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
    /// Smallest value that is counted.
    pub low: f64,
    /// Largest value that is counted.
    pub high: f64,
    /// Values outside of `low` to `high`, in no bin.
    pub left_out: u64,
    /// Upper end of the first bin; the bins above are `width` apart.
    first: f64,
    width: f64,
    /// Values in each bin.
    pub counts: Vec<u64>,
}

/// Which values a histogram counts.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Clip {
    /// All but those that lie outside of the range of 99.8 % of all values by more than the width of that range.
    #[default]
    Outliers,
    /// From the first to the second value, both included.
    Values(f64, f64),
    /// Between two percentiles, from 0 to 100.
    Percentiles(f64, f64),
}

impl Histogram {
    /// Of all values but outliers: a bin per value where they are whole and at most 1024 apart, else 1024 bins of equal width.
    pub fn of(values: &Array3<f32>) -> Self {
        Self::of_several(&[values], Clip::Outliers)
    }

    /// Of several pictures together, in the bins that suit all.
    pub fn of_several(pictures: &[&Array3<f32>], clip: Clip) -> Self {
        let ranges = pictures.iter().map(|values| Range::of(values));
        let all = ranges.fold(Range::NONE, Range::join);
        let (least, most) = (f64::from(all.least), f64::from(all.most));
        let [low, high] = clip.ends(pictures, [least, most]);
        let each = all.whole && high - low <= BINS as f64;
        let (low, high) = if each {
            (low.ceil(), high.floor())
        } else {
            (low, high)
        };
        let (bins, width, first) = match each {
            true => (index(high - low) + 1, 1.0, low),
            false => {
                let width = (high - low) / BINS as f64;
                (BINS, width, low + width)
            }
        };
        let mut histogram = Self {
            least,
            most,
            low,
            high,
            left_out: 0,
            first,
            width,
            counts: vec![0; bins],
        };
        for values in pictures {
            let (counts, left_out) = histogram.count(values);
            add(&mut histogram.counts, &counts);
            histogram.left_out += left_out;
        }
        histogram
    }

    /// Values in each bin, and those in none.
    fn count(&self, values: &Array3<f32>) -> (Vec<u64>, u64) {
        let none = || (vec![0u64; self.counts.len()], 0u64);
        let chunks = values.as_slice().unwrap_or_default().par_chunks(CHUNK);
        let counted = chunks.map(|chunk| {
            let (mut counts, mut left_out) = none();
            for value in chunk.iter().copied().map(f64::from) {
                if (self.low..=self.high).contains(&value) {
                    counts[self.bin(value)] += 1;
                } else if !value.is_nan() {
                    left_out += 1;
                }
            }
            (counts, left_out)
        });
        counted.reduce(none, |mut a, b| {
            add(&mut a.0, &b.0);
            (a.0, a.1 + b.1)
        })
    }

    /// Values counted.
    pub fn counted(&self) -> u64 {
        self.counts.iter().sum()
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
        if self.counted() == 0 {
            return Err(SegmentError::NothingLeft {
                low: self.low,
                high: self.high,
                least: self.least,
                most: self.most,
            });
        }
        let values = self.counts.iter().filter(|&&count| count > 0).count();
        if values < 2 {
            let only = self.counts.iter().position(|&count| count > 0);
            let value = only.map_or(self.least, |bin| self.upper(bin));
            return Err(SegmentError::Uniform { value });
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
            whole: chunk
                .iter()
                .all(|value| value.fract() == 0.0 || value.is_nan()),
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

/// Values from which percentiles are read.
const SAMPLE: usize = 1 << 20;

/// Fewer values have no outliers.
const FEWEST: usize = 100;

/// Of so many values one on either side may be an outlier.
const PER_OUTLIER: usize = 1000;

impl Clip {
    /// The smallest and the largest value that are counted, inside of those that there are.
    fn ends(self, pictures: &[&Array3<f32>], [least, most]: [f64; 2]) -> [f64; 2] {
        let sorted = || {
            let mut sample = sample(pictures);
            sample.sort_unstable_by(f32::total_cmp);
            sample
        };
        let [low, high] = match self {
            // A range beside all values is kept as it is, to be named.
            Self::Values(low, high) if low > most || high < least => return [low, high],
            Self::Values(low, high) => [low, high],
            Self::Percentiles(low, high) => {
                let sorted = sorted();
                let place =
                    |percent: f64| index(percent / 100.0 * (sorted.len() as f64 - 1.0) + 0.5);
                let value = |percent| sorted.get(place(percent)).copied().unwrap_or(f32::NAN);
                [low, high].map(|percent| f64::from(value(percent)))
            }
            Self::Outliers => {
                let sorted = sorted();
                if sorted.len() < FEWEST {
                    return [least, most];
                }
                let dropped = (sorted.len() / PER_OUTLIER).max(1);
                let [low, high] =
                    [dropped, sorted.len() - 1 - dropped].map(|place| f64::from(sorted[place]));
                let width = high - low;
                match width > 0.0 {
                    true => [low - width, high + width],
                    false => [least, most],
                }
            }
        };
        [low.max(least), high.min(most)]
    }
}

/// Up to [`SAMPLE`] of all finite values, spread evenly with a stride that is moved about, so that no grid in the picture
/// is followed.
fn sample(pictures: &[&Array3<f32>]) -> Vec<f32> {
    let total: usize = pictures.iter().map(|values| values.len()).sum();
    let stride = total.div_ceil(SAMPLE).max(1);
    let mut sample = Vec::new();
    for values in pictures {
        let values = values.as_slice().unwrap_or_default();
        for (i, chunk) in values.chunks(stride).enumerate() {
            let moved = i.wrapping_mul(2_654_435_769) >> 7;
            sample.extend(
                chunk
                    .get(moved % chunk.len())
                    .filter(|value| value.is_finite()),
            );
        }
    }
    sample
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

    /// Classes that the cuts make.
    pub fn classes(&self) -> usize {
        match self {
            Self::Steps(cuts) => cuts.len() + 1,
            Self::Range(..) => 2,
        }
    }
}

/// The classes of grey values as labels 0, 1, ..., from dark to bright; inside a range 0, outside 1. Where there are NaN, they
/// have a class of their own behind the others.
pub fn segment(values: &Array3<f32>, cuts: &Cuts) -> Volume {
    let nan = u8::try_from(cuts.classes()).unwrap_or(u8::MAX);
    let mut codes = Array3::<u8>::zeros(values.dim());
    ndarray::Zip::from(&mut codes)
        .and(values)
        .par_for_each(|code, &value| {
            *code = if value.is_nan() {
                nan
            } else {
                cuts.class(value.into())
            };
        });
    let classes = cuts.classes() + usize::from(codes.iter().any(|&code| code == nan));
    let labels = (0i64..).take(classes).collect();
    Volume::from_codes(codes, labels)
}
