//! Grey values: the samples of a file as they are, not as labels. Colours become the grey that looks as bright.

use super::{
    IoError, ReadOptions,
    labels::{Collect, Sample},
};
use ndarray::Array3;
use std::path::{Path, PathBuf};
use tiff::decoder::DecodingResult;

/// Collects grey values; those of more than 24 bits are rounded to f32.
pub(super) struct Greys {
    path: PathBuf,
    /// Whether voxels without a finite value are taken as NaN.
    allows_nan: bool,
    /// Voxels without a finite value.
    nan: usize,
}

impl Collect for Greys {
    type Cell = f32;
    type Output = Array3<f32>;
    const GREY: bool = true;

    fn new(path: &Path, options: &ReadOptions) -> Self {
        Self {
            path: path.to_owned(),
            allows_nan: options.nan_label.is_some(),
            nan: 0,
        }
    }

    fn encode<'a, T: Sample>(
        &mut self,
        samples: impl IntoIterator<Item = T>,
        cells: impl IntoIterator<Item = &'a mut f32>,
    ) -> Result<(), IoError> {
        for (sample, cell) in samples.into_iter().zip(cells) {
            let grey = sample.grey();
            self.nan += usize::from(!grey.is_finite());
            *cell = if grey.is_finite() { grey } else { f32::NAN };
        }
        Ok(())
    }

    fn finish(self, greys: Array3<f32>) -> Result<Array3<f32>, IoError> {
        match self.nan {
            voxels if voxels > 0 && !self.allows_nan => Err(IoError::NotFinite {
                path: self.path,
                voxels,
                of: greys.len(),
            }),
            _ => Ok(greys),
        }
    }
}

/// The luma of colours (ITU-R BT.709): pixels of three or four samples, of which a fourth, transparency, is passed over.
pub(super) fn luma<T: Copy + Into<f64>>(samples: &[T], per_pixel: usize) -> Vec<f32> {
    let pixels = samples.chunks_exact(per_pixel);
    pixels
        .map(|pixel| match *pixel {
            [red, green, blue, ..] => {
                narrowed(0.2126 * red.into() + 0.7152 * green.into() + 0.0722 * blue.into())
            }
            [grey, ..] => narrowed(grey.into()),
            [] => 0.0,
        })
        .collect()
}

/// One grey value per pixel, of pixels with one or several samples of 8 or 16 bits.
pub(super) fn greys(samples: DecodingResult, per_pixel: usize) -> DecodingResult {
    match (per_pixel, samples) {
        (1, samples) => samples,
        (several, DecodingResult::U16(v)) => DecodingResult::F32(luma(&v, several)),
        (several, DecodingResult::U8(v)) => DecodingResult::F32(luma(&v, several)),
        (_, samples) => samples,
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the nearest grey value")]
fn narrowed(value: f64) -> f32 {
    value.round() as f32
}
