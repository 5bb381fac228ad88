//! Representative volume: how much a number scatters between parts of a volume, and how large a part has to be.
//!
//! The volume is cut into as many cubes of one edge as fit, for edges that grow by about sqrt(2) (where voxels are no cubes,
//! into boxes as near to cubes as whole voxels allow); of each measure the mean and the standard deviation over the cubes are
//! given. Once cubes are larger than the order in the material, the variance falls
//! as 1/volume: `D^2(V) = phi (1 - phi) A / V` for a volume fraction phi, where the *integral range* A is the volume of one
//! independent sample (C. Lantuejoul, J. Microsc. 161, 387, 1991; T. Kanit et al., Int. J. Solids Struct. 40, 3647, 2003).
//! From the largest cubes follows the edge at which the spread falls below a given part of the mean, beyond the volume
//! too. Measures: the fraction of each phase, and the face area of its surface per volume. Cost: two passes for each edge.

use super::edges;
use crate::microstructure::Volume;
use rayon::prelude::*;

/// The smallest edge of a cube, in voxels.
const SMALLEST: usize = 4;

/// Fewer cubes than these say nothing about their scatter.
const FEWEST: usize = 8;

/// Mean and scatter of a number over the cubes of one size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scatter {
    /// Mean over the cubes.
    pub mean: f64,
    /// Standard deviation over the cubes (of the sample, n - 1).
    pub deviation: f64,
}

/// The cubes of one size.
#[derive(Debug, Clone, PartialEq)]
pub struct Size {
    /// Edge of a cube in voxels, along the axis of the longest voxel edge.
    pub edge: usize,
    /// Voxels of a cube along (z, y, x); `edge` along each where voxels are cubes.
    pub shape: [usize; 3],
    /// How many cubes.
    pub cubes: usize,
    /// Volume fraction of each code.
    pub fraction: Vec<Scatter>,
    /// Area of the voxel faces round each code per volume, in 1/m (1/voxel where no voxel size is known).
    pub surface: Vec<Scatter>,
}

/// The sizes from small to large; none where the volume is too small for eight cubes of four voxels.
pub fn study(volume: &Volume) -> Vec<Size> {
    let grown = (0..64).map(|i| grown(SMALLEST, i));
    let fits = |&edge: &usize| (0..3).all(|k| cube_shape(volume, edge)[k] <= volume.shape()[k]);
    let mut sizes: Vec<usize> = grown.take_while(fits).collect();
    sizes.dedup();
    sizes
        .into_iter()
        .filter(|&edge| counts(volume, edge).iter().product::<usize>() >= FEWEST)
        .map(|edge| size(volume, edge))
        .collect()
}

/// Voxels along (z, y, x) of a cube that has `edge` voxels along the axis of the longest voxel edge.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a positive number of voxels; one too large to be held fits into no volume"
)]
fn cube_shape(volume: &Volume, edge: usize) -> [usize; 3] {
    let edges = edges(volume);
    let longest = edges.into_iter().fold(0.0, f64::max);
    edges.map(|own| (edge as f64 * longest / own).round() as usize)
}

/// Cubes that fit into the volume along (z, y, x).
fn counts(volume: &Volume, edge: usize) -> [usize; 3] {
    let shape = cube_shape(volume, edge);
    std::array::from_fn(|k| volume.shape()[k] / shape[k])
}

/// `start` times sqrt(2)^i, to the next even number.
fn grown(start: usize, i: usize) -> usize {
    let power = start << (i / 2);
    match i % 2 {
        0 => power,
        // 181 / 128 is sqrt(2) to 1e-4.
        _ => (power * 181 / 128).next_multiple_of(2),
    }
}

fn size(volume: &Volume, edge: usize) -> Size {
    let (shape, counts) = (cube_shape(volume, edge), counts(volume, edge));
    let cubes: usize = counts.iter().product();
    let place = |i: usize| {
        [
            i / (counts[1] * counts[2]),
            i / counts[2] % counts[1],
            i % counts[2],
        ]
    };
    let of: Vec<Vec<[f64; 2]>> = (0..cubes)
        .into_par_iter()
        .map(|i| {
            let place = place(i);
            cube(volume, std::array::from_fn(|k| place[k] * shape[k]), shape)
        })
        .collect();
    let codes = 0..volume.labels().len();
    let scatter = |code: usize, what: usize| scatter(of.iter().map(|cube| cube[code][what]));
    Size {
        edge,
        shape,
        cubes,
        fraction: codes.clone().map(|code| scatter(code, 0)).collect(),
        surface: codes.map(|code| scatter(code, 1)).collect(),
    }
}

/// Volume fraction and face area per volume of each code in a cube.
fn cube(volume: &Volume, origin: [usize; 3], shape: [usize; 3]) -> Vec<[f64; 2]> {
    let edges = edges(volume);
    let voxel: f64 = edges.iter().product();
    let codes = volume.codes();
    let mut voxels = vec![0usize; volume.labels().len()];
    let mut area = vec![0.0; volume.labels().len()];
    let [z, y, x] = origin;
    let [dz, dy, dx] = shape;
    let cube = codes.slice(ndarray::s![z..z + dz, y..y + dy, x..x + dx]);
    cube.iter().for_each(|&code| voxels[usize::from(code)] += 1);
    for (axis, length) in edges.iter().enumerate() {
        let mut faces = vec![0usize; voxels.len()];
        for pair in cube.axis_windows(ndarray::Axis(axis), 2) {
            let one = pair.index_axis(ndarray::Axis(axis), 0);
            let two = pair.index_axis(ndarray::Axis(axis), 1);
            for (&a, &b) in one.iter().zip(two.iter()).filter(|(a, b)| a != b) {
                faces[usize::from(a)] += 1;
                faces[usize::from(b)] += 1;
            }
        }
        // A cube of n layers has n - 1 places for a face along an axis where a stack of cubes has n.
        let share = shape[axis] as f64 / (shape[axis] - 1) as f64 * voxel / length;
        area.iter_mut()
            .zip(&faces)
            .for_each(|(area, &faces)| *area += faces as f64 * share);
    }
    let total = shape.iter().product::<usize>() as f64;
    let both = voxels.iter().zip(&area);
    both.map(|(&voxels, &area)| [voxels as f64 / total, area / (total * voxel)])
        .collect()
}

fn scatter(values: impl Iterator<Item = f64> + Clone) -> Scatter {
    let count = values.clone().count() as f64;
    let mean = values.clone().sum::<f64>() / count;
    let variance = values.map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0);
    Scatter {
        mean,
        deviation: variance.sqrt(),
    }
}

/// What a study says about one number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Representative {
    /// Edge in voxels of the smallest studied cube from which on the spread stays below the part asked for; none where
    /// no studied size is large enough.
    pub edge: Option<usize>,
    /// The edge, counted as [`Size::edge`], that the 1/volume law asks for, from the largest cubes.
    pub extrapolated: f64,
}

/// How large a cube has to be for the spread (standard deviation / mean) to fall below `part`; none where the study has
/// no size, or the number is 0 everywhere.
pub fn representative(
    study: &[Size],
    number: impl Fn(&Size) -> Scatter,
    part: f64,
) -> Option<Representative> {
    let spread = |size: &Size| {
        let scatter = number(size);
        scatter.deviation / scatter.mean
    };
    let last = study.last().filter(|size| number(size).mean > 0.0)?;
    let too_small = study.iter().rposition(|size| spread(size) >= part);
    let enough = too_small.map_or(0, |place| place + 1);
    Some(Representative {
        edge: study.get(enough).map(|size| size.edge),
        extrapolated: last.edge as f64 * (spread(last) / part).powf(2.0 / 3.0),
    })
}

/// Integral range in voxels: the volume of one independent sample, from the scatter of a fraction in the largest cubes.
pub fn integral_range(study: &[Size], code: usize) -> Option<f64> {
    let last = study.last()?;
    let Scatter { mean, deviation } = last.fraction[code];
    let variance = mean * (1.0 - mean);
    let voxels = last.shape.iter().product::<usize>() as f64;
    (variance > 0.0).then(|| deviation.powi(2) / variance * voxels)
}
