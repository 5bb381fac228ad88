//! Stress in numbers: how it is distributed over each phase, and what pulls at the faces between phases.

use super::deformed::{Deformed, Point};
use crate::microstructure::{Axis, Volume};
use rayon::prelude::*;

/// Per cents of the voxels below each percentile of a [`Distribution`].
pub const PERCENTS: [usize; 7] = [0, 5, 25, 50, 75, 95, 100];
/// Classes of a histogram.
const CLASSES: usize = 20;

/// How a quantity is distributed over voxels or faces.
#[derive(Debug, Clone)]
pub struct Distribution {
    /// Arithmetic mean.
    pub mean: f64,
    /// Values at [`PERCENTS`]; the first is the least, the last the largest.
    pub percentiles: [f64; 7],
    /// Voxels or faces in classes of equal width between the least and the largest value.
    pub histogram: Vec<usize>,
}

/// The stress in a phase.
#[derive(Debug, Clone)]
pub struct PhaseStress {
    /// Its label.
    pub label: i64,
    /// Its voxels.
    pub voxels: usize,
    /// Mean stress tensor, Pa.
    pub mean: [f64; 6],
    /// A third of the trace, Pa.
    pub hydrostatic: Distribution,
    /// Von Mises stress, Pa.
    pub von_mises: Distribution,
    /// The largest principal stress, Pa.
    pub largest_principal: Distribution,
    /// Elastic energy, J/m3.
    pub energy: Distribution,
    /// Accumulated plastic strain.
    pub plastic_strain: Distribution,
    /// Mean work of plastic flow, J/m3.
    pub plastic_work: f64,
}

/// A face between two voxels: the lower one `[z, y, x]`, and the axis along which the other is its neighbour, round the cell's
/// end if need be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Face {
    /// The lower voxel.
    pub voxel: [usize; 3],
    /// The normal.
    pub axis: Axis,
}

/// What pulls at the faces between two phases.
#[derive(Debug, Clone)]
pub struct InterfaceTraction {
    /// Their labels, ascending.
    pub labels: [i64; 2],
    /// Faces between them.
    pub faces: usize,
    /// Normal traction, Pa: the mean of both voxels' normal stress, positive where the face is pulled open.
    pub traction: Distribution,
}

impl Distribution {
    /// Of values; none of no values.
    fn of(mut values: Vec<f64>) -> Option<Self> {
        values.par_sort_unstable_by(f64::total_cmp);
        let (&least, &most) = (values.first()?, values.last()?);
        let last = values.len() - 1;
        let mut histogram = vec![0; CLASSES];
        for value in &values {
            let place = (value - least) / (most - least) * CLASSES as f64;
            histogram[class(place)] += 1;
        }
        Some(Self {
            mean: values.iter().sum::<f64>() / values.len() as f64,
            percentiles: PERCENTS.map(|percent| values[(last * percent + 50) / 100]),
            histogram,
        })
    }
}

/// The class of a place; where all values are one, 0/0 falls into the first.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to the classes"
)]
fn class(place: f64) -> usize {
    (place.max(0.0) as usize).min(CLASSES - 1)
}

/// The stress in a phase, from twelve numbers of every voxel; none if no voxel belongs to it.
fn phase(points: &[(u8, [f64; 12])], code: u8, label: i64) -> Option<PhaseStress> {
    let own = |i: usize| -> Vec<f64> {
        points
            .iter()
            .filter(|point| point.0 == code)
            .map(|point| point.1[i])
            .collect()
    };
    let voxels = own(0).len();
    let mean = |i: usize| own(i).iter().sum::<f64>() / voxels as f64;
    Some(PhaseStress {
        label,
        voxels,
        hydrostatic: Distribution::of(own(6))?,
        von_mises: Distribution::of(own(7))?,
        largest_principal: Distribution::of(own(8))?,
        energy: Distribution::of(own(9))?,
        plastic_strain: Distribution::of(own(10))?,
        plastic_work: mean(11),
        mean: std::array::from_fn(mean),
    })
}

impl Deformed {
    /// The stress in each solid phase of the volume it was made from.
    pub fn phases(&self, volume: &Volume) -> Vec<PhaseStress> {
        let numbers = |point: Point| {
            let [xx, yy, zz, yz, xz, xy] = point.stress;
            let [hydrostatic, largest] = [point.hydrostatic(), point.largest_principal()];
            let Point {
                energy,
                plastic_strain: strain,
                plastic_work: work,
                ..
            } = point;
            (
                point.code,
                [
                    xx,
                    yy,
                    zz,
                    yz,
                    xz,
                    xy,
                    hydrostatic,
                    point.von_mises(),
                    largest,
                    energy,
                    strain,
                    work,
                ],
            )
        };
        let points = self.map(numbers);
        let codes = (0u8..=u8::MAX).zip(volume.labels());
        let solids = codes.filter(|&(code, _)| self.is_solid(code));
        solids
            .filter_map(|(code, &label)| phase(&points, code, label))
            .collect()
    }

    /// What `keep` makes of every face between two solid voxels: the face, the codes on its lower and upper side, and the normal
    /// traction, Pa, positive where the face is pulled open.
    pub fn faces<T: Send>(&self, keep: impl Fn(Face, [u8; 2], f64) -> Option<T> + Sync) -> Vec<T> {
        let [nz, ny, nx] = self.shape();
        let of_plane = |z: usize| {
            let mut kept = Vec::new();
            for place in 0..ny * nx {
                let voxel = [z, place / nx, place % nx];
                if !self.is_solid(self.code(voxel)) {
                    continue;
                }
                for axis in Axis::ALL {
                    let face = Face { voxel, axis };
                    let across = self.traction(face);
                    kept.extend(across.and_then(|(codes, traction)| keep(face, codes, traction)));
                }
            }
            kept
        };
        (0..nz).into_par_iter().flat_map_iter(of_plane).collect()
    }

    /// The codes beside a face and the mean of both voxels' normal stress; none beside a pore.
    fn traction(&self, face: Face) -> Option<([u8; 2], f64)> {
        let across = face.axis.index();
        let mut other = face.voxel;
        other[across] = (other[across] + 1) % self.shape()[across];
        let codes = [self.code(face.voxel), self.code(other)];
        if codes.iter().any(|&code| !self.is_solid(code)) {
            return None;
        }
        // Stresses are in the order x, y, z, axes in the order z, y, x.
        let [a, b] = [face.voxel, other].map(|voxel| self.point(voxel).stress[2 - across]);
        Some((codes, 0.5 * (a + b)))
    }

    /// What pulls at the faces between each pair of solid phases.
    pub fn interfaces(&self, volume: &Volume) -> Vec<InterfaceTraction> {
        let between =
            |_, [a, b]: [u8; 2], traction| (a != b).then(|| ([a.min(b), a.max(b)], traction));
        let mut pairs: Vec<([u8; 2], Vec<f64>)> = Vec::new();
        for (codes, traction) in self.faces(between) {
            match pairs.iter_mut().find(|(pair, _)| *pair == codes) {
                Some((_, values)) => values.push(traction),
                None => pairs.push((codes, vec![traction])),
            }
        }
        pairs.sort_by_key(|(codes, _)| *codes);
        let of_pair = |(codes, values): ([u8; 2], Vec<f64>)| {
            let labels = codes.map(|code| volume.labels()[usize::from(code)]);
            let faces = values.len();
            Distribution::of(values).map(|traction| InterfaceTraction {
                labels,
                faces,
                traction,
            })
        };
        pairs.into_iter().filter_map(of_pair).collect()
    }

    /// Faces that are pulled at with more than they hold, with the codes beside them: `bond` between phases, `strength` within one.
    pub fn opened(&self, bond: Option<f64>, strength: Option<f64>) -> Vec<(Face, [u8; 2])> {
        self.faces(|face, [a, b], traction| {
            let limit = if a == b { strength } else { bond };
            limit
                .filter(|&limit| traction > limit)
                .map(|_| (face, [a.min(b), a.max(b)]))
        })
    }
}
