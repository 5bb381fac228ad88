//! Random media for the certificate: every seed is another small volume, other phases, other boundary conditions.

use super::problem::Problem;
use ndarray::Array3;
use voxion::{
    microstructure::{Axis, Volume},
    physics::conduction::{Boundary, Electrode, Sides},
};

/// SplitMix64 (Steele, Lea, Flood 2014): the same media on every machine and with every version of every crate.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// In [low, high).
    #[expect(clippy::cast_precision_loss, reason = "53 random bits fit exactly")]
    fn real(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * ((self.next() >> 11) as f64 / (1u64 << 53) as f64)
    }

    /// One of the choices.
    fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        let count = u64::try_from(choices.len()).expect("a short list");
        choices[usize::try_from(self.next() % count).expect("an index into a short list")]
    }
}

/// How voxels are arranged.
#[derive(Debug, Clone, Copy)]
enum Texture {
    /// Each voxel by itself: percolation decides.
    Noise,
    /// Noise averaged over 3 x 3 x 3 voxels: strands and islands.
    Blobs,
    /// Layers with holes: thin walls across one axis.
    Walls,
}

/// The medium of a seed: 6 to 20 voxels an axis, 1 to 4 phases that conduct up to 1e9 times better than one another or
/// not at all, either boundary, either sides, any axis, voxels that need not be cubes, resistances in a quarter of them.
pub(crate) fn medium(seed: u64) -> Problem {
    with_exponents(seed, &[0.5, 1.5, 3.0, 4.5])
}

/// Phases from 1e-8 to 1e8: ratios up to 1e16, the whole of a double.
pub(crate) fn harsh_medium(seed: u64) -> Problem {
    with_exponents(seed, &[8.0])
}

/// Two phases whose conductivities are 1e13 to 1e20 apart, 2 to 12 voxels an axis: copper beside an insulator.
pub(crate) fn extreme_medium(seed: u64) -> Problem {
    let mut dice = Dice(seed);
    let shape = [0; 3].map(|_| dice.pick(&[2, 3, 4, 5, 6, 8, 10, 12]));
    let share = dice.real(0.1, 0.9);
    let labels = Array3::from_shape_simple_fn(shape, || u8::from(dice.real(0.0, 1.0) < share));
    let base = 10f64.powf(dice.real(-12.0, 6.0));
    let contrast = 10f64.powf(dice.real(13.0, 20.0));
    let first = dice.pick(&[0, 1]);
    let volume = Volume::from_labels(&labels);
    let present = volume.labels().to_vec();
    let sigma = |label: i64| {
        if label == first {
            base
        } else {
            base * contrast
        }
    };
    let conductivity: Vec<(i64, f64)> = present.iter().map(|&it| (it, sigma(it))).collect();
    Problem::new(volume, &conductivity)
}

/// Conductivities are powers of ten between minus and plus one of the exponents.
fn with_exponents(seed: u64, exponents: &[f64]) -> Problem {
    let mut dice = Dice(seed);
    let texture = dice.pick(&[Texture::Noise, Texture::Blobs, Texture::Walls]);
    let volume = Volume::from_labels(&labels(&mut dice, texture));
    let exponent = dice.pick(exponents);
    let mut conductivity: Vec<(i64, f64)> = Vec::new();
    for &label in volume.labels() {
        let insulates = !conductivity.is_empty() && dice.pick(&[true, false, false]);
        let sigma = if insulates {
            0.0
        } else {
            10f64.powf(dice.real(-exponent, exponent))
        };
        conductivity.push((label, sigma));
    }
    let spacing = [0.0; 3].map(|_| 1e-6 * 10f64.powf(dice.real(-0.5, 0.5)));
    let problem = Problem::new(volume, &conductivity)
        .along(dice.pick(&Axis::ALL))
        .sides(dice.pick(&[Sides::Mirror, Sides::Periodic]))
        .spacing(spacing);
    match dice.pick(&[0, 1, 2, 3]) {
        0 => with_resistances(&mut dice, problem),
        1 => problem.boundary(Boundary::Centre),
        _ => problem,
    }
}

/// Resistances about as large as those of a voxel.
fn with_resistances(dice: &mut Dice, problem: Problem) -> Problem {
    let labels = problem.volume.labels().to_vec();
    let sigma = problem
        .conductivity
        .iter()
        .map(|&(_, s)| s)
        .fold(0.0, f64::max);
    let mut resistance = || 1e-6 / sigma * 10f64.powf(dice.real(-1.0, 1.0));
    let (first, last) = (labels[0], labels[labels.len() - 1]);
    let problem = problem.electrode(Electrode::Inlet, first, resistance());
    if first == last {
        problem
    } else {
        problem.contact(first, last, resistance())
    }
}

/// Labels 0..4; a phase number is a quantile of a random field.
fn labels(dice: &mut Dice, texture: Texture) -> Array3<u8> {
    let shape = [0; 3].map(|_| dice.pick(&[6, 7, 8, 9, 11, 13, 16, 20]));
    let noise = Array3::from_shape_simple_fn(shape, || dice.real(0.0, 1.0));
    let field = match texture {
        Texture::Noise => noise,
        Texture::Blobs => averaged(&noise),
        Texture::Walls => walls(&noise),
    };
    let mut sorted: Vec<f64> = field.iter().copied().collect();
    sorted.sort_by(f64::total_cmp);
    let mut cuts: Vec<f64> = (0..dice.pick(&[1, 1, 2, 3]))
        .map(|_| dice.real(0.2, 0.8))
        .collect();
    cuts.sort_by(f64::total_cmp);
    let quantile = |value: f64| sorted.partition_point(|&other| other < value);
    #[expect(clippy::cast_precision_loss, reason = "a few thousand voxels")]
    let phase = |value: f64| {
        let share = quantile(value) as f64 / sorted.len() as f64;
        cuts.iter().filter(|&&cut| cut <= share).count()
    };
    field.mapv(|value| u8::try_from(phase(value)).expect("at most three cuts"))
}

/// Mean over the 27 nearest voxels, wrapped round.
fn averaged(noise: &Array3<f64>) -> Array3<f64> {
    let (depth, height, width) = noise.dim();
    Array3::from_shape_fn(noise.dim(), |(z, y, x)| {
        let near = ndarray::indices((3, 3, 3)).into_iter();
        let at = |(dz, dy, dx)| {
            noise[[
                (z + dz + depth - 1) % depth,
                (y + dy + height - 1) % height,
                (x + dx + width - 1) % width,
            ]]
        };
        near.map(at).sum::<f64>() / 27.0
    })
}

/// High values in every fourth layer of array axis 1, with a hole here and there.
fn walls(noise: &Array3<f64>) -> Array3<f64> {
    let mut field = noise.clone();
    for ((_, y, _), value) in field.indexed_iter_mut() {
        if y % 4 == 1 && *value > 0.05 {
            *value += 1.0;
        }
    }
    field
}
