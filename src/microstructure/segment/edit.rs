//! Cutting out, renumbering, merging voxels.

use super::SegmentError;
use crate::microstructure::{Axis, Volume};
use ndarray::{Array3, s};
use rayon::prelude::*;

/// A part of a volume: first and end (not included) along (z, y, x), or all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Region(pub [Option<(usize, usize)>; 3]);

impl Region {
    /// The voxels inside a volume of this shape.
    ///
    /// # Errors
    /// [`SegmentError::Region`].
    pub fn within(&self, shape: [usize; 3]) -> Result<[std::ops::Range<usize>; 3], SegmentError> {
        let mut ranges = shape.map(|length| 0..length);
        for axis in Axis::ALL {
            let k = axis.index();
            let Some((first, end)) = self.0[k] else {
                continue;
            };
            if first >= end || end > shape[k] {
                return Err(SegmentError::Region {
                    region: format!("{first}:{end}"),
                    axis: axis.name(),
                    length: shape[k],
                });
            }
            ranges[k] = first..end;
        }
        Ok(ranges)
    }

    /// Cuts the region out of an array.
    ///
    /// # Errors
    /// [`SegmentError::Region`].
    pub fn cut<T: Copy>(&self, values: &Array3<T>) -> Result<Array3<T>, SegmentError> {
        let (z, y, x) = values.dim();
        let [z, y, x] = self.within([z, y, x])?;
        Ok(values.slice(s![z, y, x]).as_standard_layout().into_owned())
    }
}

/// The volume with other codes, its voxel size and those labels that occur.
fn rebuilt(volume: &Volume, codes: Array3<u8>, scale: f64) -> Volume {
    let changed = Volume::from_codes(codes, volume.labels().to_vec());
    let counts = changed.counts();
    let present: Vec<usize> = (0..counts.len()).filter(|&code| counts[code] > 0).collect();
    let mut code_of = [0u8; 256];
    for (new, &old) in (0u8..=u8::MAX).zip(&present) {
        code_of[old] = new;
    }
    let labels = present.iter().map(|&code| volume.labels()[code]).collect();
    let codes = changed.codes().mapv(|code| code_of[usize::from(code)]);
    let rebuilt = Volume::from_codes(codes, labels);
    match volume.spacing() {
        Some(spacing) => rebuilt.with_spacing(spacing.map(|edge| edge * scale)),
        None => rebuilt,
    }
}

/// A part of a volume.
///
/// # Errors
/// [`SegmentError::Region`].
pub fn crop(volume: &Volume, region: &Region) -> Result<Volume, SegmentError> {
    Ok(rebuilt(volume, region.cut(volume.codes())?, 1.0))
}

/// The volume with labels renumbered, all at once (85=1,1=85 exchanges two); labels that are not named stay.
///
/// # Errors
/// [`SegmentError::UnknownLabel`].
pub fn renumber(volume: &Volume, map: &[(i64, i64)]) -> Result<Volume, SegmentError> {
    let present = volume.labels();
    if let Some(&(label, _)) = map.iter().find(|(from, _)| !present.contains(from)) {
        let present: Vec<String> = present.iter().map(i64::to_string).collect();
        let present = present.join(", ");
        return Err(SegmentError::UnknownLabel { label, present });
    }
    let renamed = |label: &i64| {
        map.iter()
            .find(|(from, _)| from == label)
            .map_or(*label, |pair| pair.1)
    };
    let new: Vec<i64> = present.iter().map(renamed).collect();
    let mut labels = new.clone();
    labels.sort_unstable();
    labels.dedup();
    let code_of: Vec<u8> = new
        .iter()
        .map(|label| u8::try_from(labels.partition_point(|other| other < label)).unwrap_or(u8::MAX))
        .collect();
    let codes = volume.codes().mapv(|code| code_of[usize::from(code)]);
    let renumbered = Volume::from_codes(codes, labels);
    Ok(match volume.spacing() {
        Some(spacing) => renumbered.with_spacing(spacing),
        None => renumbered,
    })
}

/// The volume with one label as it is and all others joined under the smallest of them.
pub fn against_rest(volume: &Volume, label: i64) -> Volume {
    let others = volume.labels().iter().filter(|&&other| other != label);
    let others: Vec<i64> = others.copied().collect();
    let Some(&first) = others.first() else {
        return volume.clone();
    };
    let map: Vec<(i64, i64)> = others.iter().map(|&other| (other, first)).collect();
    renumber(volume, &map).unwrap_or_else(|_| volume.clone())
}

/// The volume with blocks of `factor`^3 voxels merged into one, which takes the label that most of them have, the lowest of
/// several. Layers at the end that fill no block are left out.
///
/// # Errors
/// [`SegmentError::Factor`].
pub fn coarsen(volume: &Volume, factor: usize) -> Result<Volume, SegmentError> {
    let shape = volume.shape();
    if let Some(axis) = Axis::ALL
        .into_iter()
        .find(|axis| shape[axis.index()] < factor)
    {
        let length = shape[axis.index()];
        return Err(SegmentError::Factor {
            factor,
            axis: axis.name(),
            length,
        });
    }
    let mut codes = Array3::<u8>::zeros(shape.map(|length| length / factor));
    let labels = volume.labels().len();
    codes
        .axis_iter_mut(ndarray::Axis(0))
        .into_par_iter()
        .enumerate()
        .for_each(|(z, mut plane)| {
            let mut counts = vec![0u32; labels];
            for ((y, x), code) in plane.indexed_iter_mut() {
                let block = |place: usize| place * factor..(place + 1) * factor;
                counts.fill(0);
                let voxels = volume.codes().slice(s![block(z), block(y), block(x)]);
                voxels
                    .iter()
                    .for_each(|&code| counts[usize::from(code)] += 1);
                *code = most_frequent(&counts);
            }
        });
    Ok(rebuilt(volume, codes, factor as f64))
}

/// The first of the largest.
fn most_frequent(counts: &[u32]) -> u8 {
    let largest = counts.iter().max();
    let first = counts.iter().position(|count| Some(count) == largest);
    u8::try_from(first.unwrap_or(0)).unwrap_or(u8::MAX)
}
