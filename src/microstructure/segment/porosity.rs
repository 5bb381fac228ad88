//! Porosity of a picture or a volume, and how sure it is.
//!
//! The region is cut into equal sub-windows, 4 x 4 in a picture and 3 x 3 x 3 in a volume. Their porosities p_i scatter about
//! the mean p, and the 95 % confidence interval is `p +- t s / sqrt(n)` with their standard deviation s and Student's t for
//! n - 1 degrees of freedom. It holds for the part of the material that looks like the region, as far as windows are larger than
//! pores; for smaller ones neighbours are alike and the interval is too narrow. It does not cover the choice of the threshold.

use super::SegmentError;
use crate::microstructure::{Axis, Volume};
use ndarray::s;

/// The fewest pixels along an axis that has sub-windows.
const LEAST: usize = 8;

/// Porosity of a region.
#[derive(Debug, Clone, PartialEq)]
pub struct Porosity {
    /// Pore voxels / voxels.
    pub value: f64,
    /// Half the width of its 95 % confidence interval.
    pub half_width: f64,
    /// Porosities of the sub-windows.
    pub windows: Vec<f64>,
}

impl Porosity {
    /// Standard error of the mean over the windows.
    pub fn standard_error(&self) -> f64 {
        let n = self.windows.len() as f64;
        let mean = self.windows.iter().sum::<f64>() / n;
        let squares = self.windows.iter().map(|p| (p - mean).powi(2)).sum::<f64>();
        (squares / (n - 1.0) / n).sqrt()
    }

    /// By how much this porosity exceeds another, and half the width of the 95 % confidence interval of that (B. L. Welch,
    /// Biometrika 34, 28, 1947, with the smaller number of degrees of freedom, which errs on the wide side).
    pub fn difference(&self, other: &Self) -> (f64, f64) {
        let error = self.standard_error().hypot(other.standard_error());
        let fewest = self.windows.len().min(other.windows.len());
        (self.value - other.value, student(fewest) * error)
    }
}

/// Student's t for a two-sided 95 % interval from so many windows.
fn student(windows: usize) -> f64 {
    match windows {
        16 => 2.131_45,
        _ => 2.055_53,
    }
}

/// The porosity of a segmented region whose pores have code 0.
///
/// # Errors
/// [`SegmentError::TooSmall`].
pub fn porosity(segmented: &Volume) -> Result<Porosity, SegmentError> {
    let shape = segmented.shape();
    let per_axis = if shape[0] == 1 { [1, 4, 4] } else { [3, 3, 3] };
    for axis in Axis::ALL {
        let k = axis.index();
        if per_axis[k] > 1 && shape[k] < LEAST {
            let (pixels, axis) = (shape[k], axis.name());
            return Err(SegmentError::TooSmall {
                pixels,
                axis,
                least: LEAST,
            });
        }
    }
    let window = |i: usize| {
        let place = [
            i / (per_axis[1] * per_axis[2]),
            i / per_axis[2] % per_axis[1],
            i % per_axis[2],
        ];
        let [z, y, x] = [0, 1, 2].map(|k| {
            let end = |place: usize| place * shape[k] / per_axis[k];
            end(place[k])..end(place[k] + 1)
        });
        let voxels = segmented.codes().slice(s![z, y, x]);
        voxels.iter().filter(|&&code| code == 0).count() as f64 / voxels.len() as f64
    };
    let windows: Vec<f64> = (0..per_axis.iter().product()).map(window).collect();
    let counts = segmented.counts();
    let mut porosity = Porosity {
        value: counts[0] as f64 / segmented.codes().len() as f64,
        half_width: 0.0,
        windows,
    };
    porosity.half_width = student(porosity.windows.len()) * porosity.standard_error();
    Ok(porosity)
}
