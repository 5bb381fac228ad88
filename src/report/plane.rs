//! Which slices are shown, and which voxel lies under a pixel.
//!
//! Along the current: its axis runs to the right, so that current flows from the left to the right edge. Across it: a
//! plane in the middle, seen as a viewer of image stacks shows it. Index 0 is at the left and at the top.

use crate::microstructure::{Axis, Volume};

/// A slice through the middle of a volume.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Plane {
    /// The axis that runs to the right.
    pub(super) right: Axis,
    /// The axis that runs downwards.
    pub(super) down: Axis,
    /// The axis it is cut from.
    pub(super) normal: Axis,
}

impl Plane {
    /// The plane that contains the transport axis, and the one across it.
    pub(super) fn pair(transport: Axis) -> [Self; 2] {
        let plane = |right, down, normal| Self {
            right,
            down,
            normal,
        };
        match transport {
            Axis::Z => [
                plane(Axis::Z, Axis::X, Axis::Y),
                plane(Axis::X, Axis::Y, Axis::Z),
            ],
            Axis::Y => [
                plane(Axis::Y, Axis::X, Axis::Z),
                plane(Axis::X, Axis::Z, Axis::Y),
            ],
            Axis::X => [
                plane(Axis::X, Axis::Y, Axis::Z),
                plane(Axis::Y, Axis::Z, Axis::X),
            ],
        }
    }

    /// Index `[z, y, x]` of a voxel of the slice in the middle.
    pub(super) fn voxel(self, shape: [usize; 3], right: usize, down: usize) -> [usize; 3] {
        let mut index = [0; 3];
        index[self.right.index()] = right;
        index[self.down.index()] = down;
        index[self.normal.index()] = shape[self.normal.index()] / 2;
        index
    }

    /// All voxels of the slice.
    pub(super) fn voxels(self, shape: [usize; 3]) -> impl Iterator<Item = [usize; 3]> {
        let (width, height) = (shape[self.right.index()], shape[self.down.index()]);
        (0..height)
            .flat_map(move |down| (0..width).map(move |right| self.voxel(shape, right, down)))
    }
}

/// Pixels that the voxels of each axis take, the same per length for both slices.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scale {
    shape: [usize; 3],
    pixels: [i32; 3],
}

/// Slices side by side stay below this width, and each below this height, where whole factors enlarge them.
const ENLARGED: [f64; 2] = [1100.0, 800.0];
/// Slices that exceed this are subsampled.
const LARGEST: [f64; 2] = [1330.0, 1200.0];

impl Scale {
    /// The largest whole number of pixels per voxel that fits, or less than one where the volume is too large. Where
    /// voxels are no cubes, the shortest edge counts and the others are in proportion.
    pub(super) fn new(volume: &Volume, planes: [Plane; 2]) -> Self {
        let shape = volume.shape();
        let edges = volume.spacing().unwrap_or([1.0; 3]);
        let shortest = edges.into_iter().fold(f64::INFINITY, f64::min);
        let lengths = [0, 1, 2].map(|axis| shape[axis] as f64 * edges[axis] / shortest);
        let width: f64 = planes
            .iter()
            .map(|plane| lengths[plane.right.index()])
            .sum();
        let height = planes
            .iter()
            .map(|plane| lengths[plane.down.index()])
            .fold(0.0, f64::max);
        let factor = |[w, h]: [f64; 2]| (w / width).min(h / height);
        let factor = match factor(ENLARGED).floor() {
            whole if whole >= 1.0 => whole,
            _ => factor(LARGEST).min(1.0),
        };
        Self {
            shape,
            pixels: lengths.map(|length| whole(length * factor).max(1)),
        }
    }

    /// Width and height of a slice in pixels.
    pub(super) fn size(&self, plane: Plane) -> [i32; 2] {
        [
            self.pixels[plane.right.index()],
            self.pixels[plane.down.index()],
        ]
    }

    /// Whether there are more voxels than pixels, so that some are not shown.
    pub(super) fn skips_voxels(&self) -> bool {
        [0, 1, 2]
            .into_iter()
            .any(|axis| self.shape[axis] as f64 > f64::from(self.pixels[axis]))
    }

    /// The voxel under a pixel of a slice.
    pub(super) fn voxel(&self, plane: Plane, x: i32, y: i32) -> [usize; 3] {
        plane.voxel(
            self.shape,
            self.along(plane.right, x),
            self.along(plane.down, y),
        )
    }

    fn along(&self, axis: Axis, pixel: i32) -> usize {
        let voxels = self.shape[axis.index()];
        let share = (f64::from(pixel) + 0.5) / f64::from(self.pixels[axis.index()]);
        floor(share * voxels as f64).min(voxels - 1)
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "bounded by the largest picture"
)]
fn whole(pixels: f64) -> i32 {
    pixels.round() as i32
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "not negative and below the number of voxels"
)]
fn floor(voxel: f64) -> usize {
    voxel as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array3;

    fn volume(shape: [usize; 3]) -> Volume {
        Volume::from_labels(&Array3::zeros(shape))
    }

    #[test]
    fn small_volumes_grow_by_a_whole_factor_and_every_voxel_is_as_large() {
        let planes = Plane::pair(Axis::Z);
        let scale = Scale::new(&volume([20, 30, 40]), planes);
        assert_eq!(scale.size(planes[0]), [18 * 20, 18 * 40]);
        let seen: Vec<usize> = (0..360).map(|x| scale.voxel(planes[0], x, 0)[0]).collect();
        assert!((0..20).all(|z| seen.iter().filter(|&&s| s == z).count() == 18));
        assert_eq!(scale.voxel(planes[0], 359, 719), [19, 15, 39]);
    }

    #[test]
    fn large_volumes_shrink_to_the_sheet() {
        let planes = Plane::pair(Axis::X);
        let scale = Scale::new(&volume([3, 2000, 2000]), planes);
        assert_eq!(scale.size(planes[0]), [665, 665]);
        assert_eq!(scale.voxel(planes[0], 664, 664), [1, 1998, 1998]);
    }

    #[test]
    fn flat_voxels_keep_their_proportions() {
        let planes = Plane::pair(Axis::Y);
        let thick = volume([10, 50, 50]).with_spacing([50e-9, 10e-9, 10e-9]);
        let [width, height] = Scale::new(&thick, planes).size(planes[1]);
        assert_eq!(width, height);
    }
}
