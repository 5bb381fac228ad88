//! From the samples of a file to the codes of a volume: the rules that all formats share.
//!
//! Labels are found while reading, so the volume is built in one pass: a new label gets the next free code, and at the
//! end the codes are renumbered so that labels ascend.

use super::{IoError, ReadOptions};
use crate::microstructure::Volume;
use ndarray::Array3;
use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

/// Labels that one volume may have.
pub const MAX_LABELS: usize = 256;

/// Voxels that one volume may have: 4096 cubed, 64 GiB of labels.
pub const MAX_VOXELS: u64 = 1 << 36;

/// Volumes up to this many voxels are accepted whatever the size of their file: 256 MiB harm nobody.
const ALWAYS_PLAUSIBLE: u64 = 1 << 28;

/// Voxels that one byte of a file can stand for: eight in a 1-bit image, times 1032 by deflate at its best.
const MAX_VOXELS_PER_BYTE: u64 = 8 * 1032;

/// Different values that are counted before giving up on a grey-scale image.
const MAX_COUNTED: usize = 1 << 16;

/// A sample of a file that may be a label or a grey value.
pub(super) trait Sample: Copy + PartialEq {
    /// The type in NumPy's words.
    const NAME: &'static str;
    /// The label, if the sample is one.
    fn label(self) -> Result<i64, NotALabel>;
    /// The nearest grey value.
    fn grey(self) -> f32;
}

/// What is made of the samples of a file: a volume of labels ([`Encoder`]) or of grey values ([`super::grey::Greys`]).
pub(super) trait Collect {
    /// What stands for a sample in memory.
    type Cell: Copy + Default;
    /// What comes out.
    type Output;
    /// Whether samples need not be whole, and colours may be turned into greys.
    const GREY: bool;
    /// For one file or folder, named in errors.
    fn new(path: &Path, options: &ReadOptions) -> Self;
    /// Takes samples in.
    fn encode<'a, T: Sample>(
        &mut self,
        samples: impl IntoIterator<Item = T>,
        cells: impl IntoIterator<Item = &'a mut Self::Cell>,
    ) -> Result<(), IoError>
    where
        Self::Cell: 'a;
    /// What the filled cells make.
    fn finish(self, cells: Array3<Self::Cell>) -> Result<Self::Output, IoError>;
}

/// Why a sample is not a label.
pub(super) enum NotALabel {
    Fraction(f64),
    TooLarge(String),
}

macro_rules! integer_samples {
    ($($type:ty = $name:literal),*) => {$(
        impl Sample for $type {
            const NAME: &'static str = $name;
            fn label(self) -> Result<i64, NotALabel> {
                i64::try_from(self).map_err(|_| NotALabel::TooLarge(self.to_string()))
            }

            fn grey(self) -> f32 {
                self.label().map_or(f32::MAX, |label| label as f32)
            }
        }
    )*};
}
integer_samples!(
    bool = "bool",
    u8 = "uint8",
    i8 = "int8",
    u16 = "uint16",
    i16 = "int16",
    u32 = "uint32",
    i32 = "int32",
    u64 = "uint64",
    i64 = "int64"
);

impl Sample for f64 {
    const NAME: &'static str = "float64";

    #[expect(clippy::cast_possible_truncation, reason = "whole and below 2^53")]
    fn label(self) -> Result<i64, NotALabel> {
        if self.fract() != 0.0 || !self.is_finite() {
            return Err(NotALabel::Fraction(self));
        }
        if self.abs() > (1u64 << 53) as f64 {
            return Err(NotALabel::TooLarge(self.to_string()));
        }
        Ok(self as i64)
    }

    #[expect(clippy::cast_possible_truncation, reason = "the nearest grey value")]
    fn grey(self) -> f32 {
        self as f32
    }
}

impl Sample for f32 {
    const NAME: &'static str = "float32";

    fn label(self) -> Result<i64, NotALabel> {
        f64::from(self).label()
    }

    fn grey(self) -> f32 {
        self
    }
}

/// Room for the cells of a volume (z, y, x), once the claim of a header is found plausible.
///
/// `stored` is the size of the file or files in bytes. A header that claims an empty volume, more than [`MAX_VOXELS`],
/// more than compression can explain, or more than the memory there is, is an error before anything is allocated.
pub(super) fn allocate<T: Copy + Default>(
    path: &Path,
    shape: [usize; 3],
    stored: u64,
) -> Result<Array3<T>, IoError> {
    let path = || path.to_owned();
    let voxels = voxels(shape);
    if voxels == 0 {
        return Err(IoError::Empty {
            path: path(),
            shape,
        });
    }
    let count = u64::try_from(voxels)
        .ok()
        .filter(|&count| count <= MAX_VOXELS);
    let count = count.ok_or_else(|| IoError::too_large(&path(), voxels))?;
    if count > ALWAYS_PLAUSIBLE.max(stored.saturating_mul(MAX_VOXELS_PER_BYTE)) {
        return Err(IoError::Implausible {
            path: path(),
            voxels: count,
            bytes: stored,
        });
    }
    let too_large = || IoError::TooLarge {
        path: path(),
        voxels,
        limit: "the memory of this machine".to_owned(),
    };
    let length = usize::try_from(count).map_err(|_| too_large())?;
    // Asked for first, since `from_elem` aborts where memory runs out; it then gets pages that cost nothing until used.
    Vec::<T>::new()
        .try_reserve_exact(length)
        .map_err(|_| too_large())?;
    Ok(Array3::from_elem(shape, T::default()))
}

/// The product of a shape, without overflow.
pub(super) fn voxels(shape: [usize; 3]) -> u128 {
    shape
        .iter()
        .try_fold(1u128, |product, &n| product.checked_mul(n as u128))
        .unwrap_or(u128::MAX)
}

/// Labels beyond which those that are not to be kept apart are joined: as many as a conduction problem takes.
const APART: usize = 253;

/// Labels that may be kept apart.
const MOST_KEPT: usize = 200;

/// The code of labels that have none of their own, where some are to be kept apart.
const OVERFLOW: u8 = u8::MAX;

/// Turns samples into codes and remembers which label each code stands for.
pub(super) struct Encoder {
    path: PathBuf,
    /// None stands for voxels without a finite value that were given no label.
    codes: HashMap<Option<i64>, u8>,
    nan_label: Option<i64>,
    /// How many of the first codes belong to labels that are kept apart.
    kept: usize,
    /// Smallest label that is not to be kept apart.
    least_other: i64,
}

/// Labels with their codes; several codes may have one label.
struct CodedLabels {
    labels: Vec<(i64, u8)>,
    /// Says which labels were joined, if any.
    note: Option<String>,
}

/// A volume of labels as an [`Encoder`] makes it.
pub(super) struct Labelled {
    pub(super) volume: Volume,
    /// Says which labels were joined, if any.
    pub(super) note: Option<String>,
}

impl Collect for Encoder {
    type Cell = u8;
    type Output = Labelled;
    const GREY: bool = false;

    fn new(path: &Path, options: &ReadOptions) -> Self {
        let kept = options.kept_labels.iter().take(MOST_KEPT).copied();
        let codes: HashMap<Option<i64>, u8> = kept.map(Some).zip(0..=u8::MAX).collect();
        Self {
            path: path.to_owned(),
            nan_label: options.nan_label,
            kept: codes.len(),
            codes,
            least_other: i64::MAX,
        }
    }

    /// Writes the code of each sample.
    fn encode<'a, T: Sample>(
        &mut self,
        samples: impl IntoIterator<Item = T>,
        codes: impl IntoIterator<Item = &'a mut u8>,
    ) -> Result<(), IoError> {
        // Neighbours mostly have one label or one of two, so the last two answers are kept.
        let (mut last, mut before) = (None, None);
        for (sample, out) in samples.into_iter().zip(codes) {
            let known = |answer: Option<(T, u8)>| answer.filter(|answer| answer.0 == sample);
            if known(last).is_none() {
                let answer = match known(before) {
                    Some(answer) => answer,
                    None => (sample, self.code(sample)?),
                };
                (before, last) = (last, Some(answer));
            }
            *out = last.map_or(0, |answer| answer.1);
        }
        Ok(())
    }

    /// The volume, its labels ascending.
    fn finish(self, mut codes: Array3<u8>) -> Result<Labelled, IoError> {
        if let Some(&code) = self.codes.get(&None) {
            return Err(self.not_finite(&codes, code));
        }
        let CodedLabels { labels, note } = self.labels()?;
        let mut sorted: Vec<i64> = labels.iter().map(|entry| entry.0).collect();
        sorted.sort_unstable();
        sorted.dedup();
        let mut renumbered = [0u8; MAX_LABELS];
        for &(label, code) in &labels {
            let place = sorted.partition_point(|&other| other < label);
            renumbered[usize::from(code)] = u8::try_from(place).unwrap_or(u8::MAX);
        }
        codes.par_mapv_inplace(|code| renumbered[usize::from(code)]);
        let volume = Volume::from_codes(codes, sorted);
        let volume = match self.kept {
            0 => volume,
            _ => present(volume),
        };
        Ok(Labelled { volume, note })
    }
}

/// The volume without labels that no voxel has: kept ones need not occur.
fn present(volume: Volume) -> Volume {
    let counts = volume.counts();
    if counts.iter().all(|&count| count > 0) {
        return volume;
    }
    let present: Vec<usize> = (0..counts.len()).filter(|&code| counts[code] > 0).collect();
    let mut code_of = [0u8; MAX_LABELS];
    for (new, &old) in (0..=u8::MAX).zip(&present) {
        code_of[old] = new;
    }
    let labels = present.iter().map(|&code| volume.labels()[code]).collect();
    let codes = volume.codes().mapv(|code| code_of[usize::from(code)]);
    Volume::from_codes(codes, labels)
}

impl Encoder {
    /// Beyond the last code labels are only counted, or join the others where some are to be kept apart.
    fn code<T: Sample>(&mut self, sample: T) -> Result<u8, IoError> {
        let label = match sample.label() {
            Ok(label) => Some(label),
            Err(NotALabel::Fraction(value)) if !value.is_finite() => self.nan_label,
            Err(NotALabel::Fraction(value)) => {
                return Err(IoError::Fraction {
                    path: self.path.clone(),
                    value,
                });
            }
            Err(NotALabel::TooLarge(value)) => {
                return Err(IoError::LabelRange {
                    path: self.path.clone(),
                    value,
                });
            }
        };
        let next = self.codes.len();
        if let Some(&code) = self.codes.get(&label) {
            return Ok(code);
        }
        self.least_other = self.least_other.min(label.unwrap_or(i64::MAX));
        if next > MAX_COUNTED {
            if self.kept > 0 {
                return Ok(OVERFLOW);
            }
            return Err(self.too_many_labels(MAX_COUNTED, false));
        }
        let code = u8::try_from(next).unwrap_or(OVERFLOW);
        self.codes.insert(label, code);
        Ok(code)
    }

    /// The label of each code, and which labels were joined.
    fn labels(&self) -> Result<CodedLabels, IoError> {
        let all = self
            .codes
            .iter()
            .filter_map(|(&label, &code)| Some((label?, code)));
        let others = self.codes.len() - self.kept;
        if self.kept == 0 || self.codes.len() <= APART {
            if self.codes.len() > MAX_LABELS {
                return Err(self.too_many_labels(self.codes.len(), true));
            }
            return Ok(CodedLabels {
                labels: all.collect(),
                note: None,
            });
        }
        let is_kept = |code: u8| usize::from(code) < self.kept;
        let kept = all.filter(|&(_, code)| is_kept(code));
        let joined = (0..=OVERFLOW)
            .filter(|&code| !is_kept(code))
            .map(|code| (self.least_other, code));
        let count = match others > MAX_COUNTED - self.kept {
            true => format!("more than {others}"),
            false => others.to_string(),
        };
        let note = format!(
            "{count} labels that nothing is asked of are joined as label {}",
            self.least_other
        );
        Ok(CodedLabels {
            labels: kept.chain(joined).collect(),
            note: Some(note),
        })
    }

    fn too_many_labels(&self, count: usize, exact: bool) -> IoError {
        IoError::TooManyLabels {
            path: self.path.clone(),
            count,
            exact,
        }
    }

    fn not_finite(&self, codes: &Array3<u8>, code: u8) -> IoError {
        IoError::NotFinite {
            path: self.path.clone(),
            voxels: codes.iter().filter(|&&other| other == code).count(),
            of: codes.len(),
        }
    }
}
