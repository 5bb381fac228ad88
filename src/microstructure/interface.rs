//! How much of a voxel face is interface: the staircase of voxel faces stands for a smooth surface that is smaller.
//!
//! A surface with unit normal n shows `|n_i|` voxel faces across axis i per true area. A face across axis i therefore counts
//! `|n_i|` times its own area: the corrected areas of a plane add up to `n_z^2 + n_y^2 + n_x^2 = 1` times its true one. This
//! share, rather than an equal one, is also what makes currents right: across a plane of any tilt with a resistance R per
//! true area, a face that conducts `|n_i| / R` per area, in series with its two half voxels, carries exactly the current
//! of the continuum (the drop over the face is `j n_i h / k + R j`).
//!
//! The normal comes from the first moment of what lies around the face, `sum w(d) s(d) d`: s is 1 beyond the interface, -1 on
//! this side and 0 in third parts, so that a triple line does not tilt it; w is a Gaussian of one voxel over 6 x 7 x 7
//! voxels. Cost: 294 voxels per face that is asked for.

use super::{Axis, Volume, connectivity::Wraps};
use ndarray::Array3;

/// Voxels that the window reaches beyond the voxel whose face is meant.
const REACH: usize = 3;
/// Least part of a face that counts, so that what touches stays joined.
const LEAST: f64 = 1e-3;

/// The interfaces of a volume, between phases and between grains of one phase.
#[derive(Debug, Clone)]
pub struct Interfaces<'a> {
    codes: &'a Array3<u8>,
    /// Ids of particles, of the volume's shape.
    grains: Option<&'a Array3<u32>>,
    /// Voxel edges (z, y, x).
    edges: [f64; 3],
    /// Along each axis the voxel that stands at each place from `REACH` before the first to `REACH` behind the last.
    places: [Vec<usize>; 3],
    along: Vec<Tap>,
    across: Vec<Tap>,
}

/// One layer of the window.
#[derive(Debug, Clone, Copy)]
struct Tap {
    /// Offset from the voxel, counted from `REACH` before it.
    offset: usize,
    /// Distance from the face's centre, in voxels.
    distance: f64,
    weight: f64,
}

/// Phase and grain of a voxel.
type Part = (u8, u32);

impl<'a> Interfaces<'a> {
    /// Interfaces of a volume whose axes (z, y, x) wrap round, or end in mirrors.
    pub fn new(volume: &'a Volume, wraps: [Wraps; 3]) -> Self {
        let shape = volume.shape();
        Self {
            codes: volume.codes(),
            grains: None,
            edges: volume.spacing().unwrap_or([1.0; 3]),
            places: [0, 1, 2].map(|axis| places(shape[axis], wraps[axis])),
            along: taps(1, 0.5),
            across: taps(0, 0.0),
        }
    }

    /// Voxels of one phase with different ids `[z][y][x]`, an array of the volume's shape, belong to different grains.
    #[must_use]
    pub fn with_grains(self, grains: Option<&'a Array3<u32>>) -> Self {
        Self { grains, ..self }
    }

    /// The part of the face between a voxel and the next one along an axis that counts as interface, 0.001 to 1; 1 where
    /// nothing around it tells the normal.
    pub fn area_factor(&self, voxel: [usize; 3], axis: Axis) -> f64 {
        let mut next = [REACH; 3];
        next[axis.index()] += 1;
        let sides = [self.part(voxel, [REACH; 3]), self.part(voxel, next)];
        let moment = self.moment(voxel, axis, sides);
        let normal: [f64; 3] = std::array::from_fn(|k| moment[k] / self.edges[k]);
        let length = normal.iter().map(|n| n * n).sum::<f64>().sqrt();
        if length > 0.0 {
            (normal[axis.index()].abs() / length).max(LEAST)
        } else {
            1.0
        }
    }

    /// First moment, in voxels, of what lies around a face, seen from its two sides.
    fn moment(&self, voxel: [usize; 3], axis: Axis, [near, far]: [Part; 2]) -> [f64; 3] {
        let grains = near.0 == far.0;
        let same = |a: Part, b: Part| a.0 == b.0 && (!grains || a.1 == b.1);
        let taps = Axis::ALL.map(|other| {
            if other == axis {
                &self.along
            } else {
                &self.across
            }
        });
        let mut moment = [0.0; 3];
        for z in taps[0] {
            for y in taps[1] {
                for x in taps[2] {
                    let part = self.part(voxel, [z.offset, y.offset, x.offset]);
                    let side = i8::from(same(part, far)) - i8::from(same(part, near));
                    let weight = f64::from(side) * z.weight * y.weight * x.weight;
                    moment[0] += weight * z.distance;
                    moment[1] += weight * y.distance;
                    moment[2] += weight * x.distance;
                }
            }
        }
        moment
    }

    /// What is at an offset from a voxel, counted from `REACH` before it.
    fn part(&self, voxel: [usize; 3], offset: [usize; 3]) -> Part {
        let place: [usize; 3] =
            std::array::from_fn(|axis| self.places[axis][voxel[axis] + offset[axis]]);
        let grain = self.grains.map_or(0, |grains| grains[place]);
        (self.codes[place], grain)
    }
}

/// The voxels that stand at all places of an axis, those beyond its ends too.
fn places(length: usize, wraps: Wraps) -> Vec<usize> {
    let place = |shifted: usize| match wraps {
        Wraps::Yes => (shifted + length * REACH - REACH) % length,
        Wraps::No => {
            let period = 2 * length;
            let unfolded = (shifted + period * REACH - REACH) % period;
            unfolded.min(period - 1 - unfolded)
        }
    };
    (0..length + 2 * REACH).map(place).collect()
}

/// Layers of the window from `first` places behind its beginning, for a face `face` voxels from the voxel's centre.
fn taps(first: usize, face: f64) -> Vec<Tap> {
    let tap = |offset: usize| {
        let distance = offset as f64 - REACH as f64 - face;
        Tap {
            offset,
            distance,
            weight: (-0.5 * distance * distance).exp(),
        }
    };
    (first..=2 * REACH).map(tap).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beyond_the_ends_lies_the_mirror_image_or_the_other_end() {
        assert_eq!(places(2, Wraps::No), [1, 1, 0, 0, 1, 1, 0, 0]);
        assert_eq!(places(2, Wraps::Yes), [1, 0, 1, 0, 1, 0, 1, 0]);
        assert_eq!(places(5, Wraps::No)[..4], [2, 1, 0, 0]);
        assert_eq!(places(5, Wraps::Yes)[..4], [2, 3, 4, 0]);
    }
}
