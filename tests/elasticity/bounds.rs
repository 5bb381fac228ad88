//! Are the bounds above the true errors? Random media, solved loosely and tightly.

use super::{Phase, Random, deform, noise, stiffness};
use voxion::{
    microstructure::Volume,
    physics::elasticity::{Held, Hold},
};

/// A random medium of three phases, the first a pore in two of three, and a random way to hold it.
fn case(seed: u64) -> (Volume, [Phase; 3], Hold) {
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    (0..10).for_each(|_| _ = random.next());
    let size = |random: &mut Random| {
        let place = random.next();
        5 + (0..7).filter(|&step| place > f64::from(step) / 7.0).count()
    };
    let shape = [size(&mut random), size(&mut random), size(&mut random)];
    let pores = 0.1 + 0.55 * random.next();
    let share = (1.0 - pores) * random.next();
    let volume = noise(shape, &[pores, share, 1.0 - pores - share], seed);
    let phase = |random: &mut Random| {
        let young = 10f64.powf(8.0 + 3.0 * random.next());
        Phase::new(young, -0.2 + 0.65 * random.next(), 0.1 * random.next())
    };
    let first = if random.next() < 0.67 {
        Phase::VOID
    } else {
        phase(&mut random)
    };
    let phases = [first, phase(&mut random), phase(&mut random)];
    let hold = match seed % 3 {
        0 => Hold::FREE,
        1 => Hold::CLAMPED,
        _ => {
            let mut held = Hold::FREE;
            held.0[1] = Held::Strain(0.01);
            held.0[5] = Held::Strain(-0.02);
            held
        }
    };
    (volume, phases, hold)
}

/// The largest ratio of a true error to its bound.
fn worst(seed: u64) -> f64 {
    let (volume, phases, hold) = case(seed);
    let [loose, tight] = [1e-2, 1e-8].map(|rtol| deform(&volume, &phases, hold, rtol));
    let ratio = |found: [f64; 6], exact: [f64; 6], bound: [f64; 6], rest: [f64; 6]| {
        let of = |i: usize| {
            ((found[i] - exact[i]).abs() - rest[i]).max(0.0) / bound[i].max(f64::MIN_POSITIVE)
        };
        (0..6)
            .filter(|&i| bound[i] > 0.0)
            .map(of)
            .fold(0.0, f64::max)
    };
    let stress = ratio(
        loose.mean_stress,
        tight.mean_stress,
        loose.mean_stress_bound,
        tight.mean_stress_bound,
    );
    let strain = ratio(
        loose.mean_strain,
        tight.mean_strain,
        loose.mean_strain_bound,
        tight.mean_strain_bound,
    );
    stress.max(strain)
}

#[test]
fn errors_of_means_stay_below_their_bounds() {
    let ratios: Vec<f64> = (0..300).map(worst).collect();
    let largest = ratios.iter().copied().fold(0.0, f64::max);
    assert!(largest <= 1.0, "{largest}");
    // Bounds a hundred times tighter would have been broken, so the test can see a broken one.
    assert!(largest > 0.01, "{largest}");
}

#[test]
fn errors_of_moduli_stay_below_their_bounds() {
    let (mut largest, mut largest_of_young) = (0.0_f64, 0.0_f64);
    for seed in 1000..1040 {
        let (volume, phases, _) = case(seed);
        let [loose, tight] = [1e-2, 1e-9].map(|rtol| stiffness(&volume, &phases, rtol));
        let young = [&loose, &tight].map(|found| found.isotropic_fit().young);
        let error = (young[0] - young[1]).abs() - tight.young_bound();
        largest_of_young = largest_of_young.max(error / loose.young_bound());
        for i in 0..6 {
            // Energies are approached from above.
            assert!(loose.matrix[i][i] >= tight.matrix[i][i] - tight.bound[i][i]);
            for j in 0..6 {
                let error = (loose.matrix[i][j] - tight.matrix[i][j]).abs() - tight.bound[i][j];
                largest = largest.max(error / loose.bound[i][j]);
            }
        }
    }
    for largest in [largest, largest_of_young] {
        assert!(largest <= 1.0, "{largest}");
        assert!(largest > 0.01, "{largest}");
    }
}
