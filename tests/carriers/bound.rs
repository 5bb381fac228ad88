//! Is the current of a Butler-Volmer electrode as near to that of the solution as it says?

use crate::common::{BUTLER_VOLMER, on_faces, solve_on, three_phases};
use ndarray::Array3;
use voxion::{
    field::Backend,
    microstructure::{Volume, generate::blobs},
    physics::{
        carriers::{Drive, Electrode},
        kinetics::Kinetics,
    },
};

/// 0 electrolyte, 1 carbon, 2 active, in blobs of three voxels.
fn composite(seed: u64) -> Volume {
    let [first, second] = [0, 1].map(|n| blobs([12; 3], 3.0, 0.5, 2 * seed + n));
    let codes = Array3::from_shape_fn((12, 12, 12), |at| {
        match (first.codes()[at], second.codes()[at]) {
            (1, _) => 0,
            (_, 1) => 1,
            _ => 2u8,
        }
    });
    Volume::from_labels(&codes).with_spacing([1e-7; 3])
}

/// Powers of ten and parts drawn from a seed (Weyl's sequence).
fn drawn(seed: u64, [least, most]: [f64; 2], constant: f64) -> f64 {
    least + (most - least) * (constant * (seed as f64 + 1.0)).fract()
}

fn electrode(volume: &Volume, seed: u64) -> (Electrode<'_>, Drive) {
    let anodic = drawn(seed, [0.3, 0.7], 0.618_034);
    let kinetics = Kinetics {
        transfer: [anodic, 1.0 - anodic],
        ..BUTLER_VOLMER
    };
    let exchange = 10f64.powf(drawn(seed, [-2.0, 3.0], 0.414_214));
    let mut electrode = three_phases(volume, kinetics, on_faces(), exchange);
    let carbon = 10f64.powf(drawn(seed, [-1.0, 4.0], 0.732_051));
    electrode.conductivity[1][1] = [carbon; 3];
    electrode.sites[0].film = drawn(seed, [0.0, 1e-3], 0.236_068);
    let overpotential = 10f64.powf(drawn(seed, [-2.0, -0.3], 0.645_751));
    (electrode, Drive::Overpotential(overpotential))
}

/// True errors of the current and what was said of them, both relative, at several tolerances.
fn errors() -> Vec<(f64, f64)> {
    let mut errors = Vec::new();
    for seed in 0..12 {
        let volume = composite(seed);
        let (electrode, drive) = electrode(&volume, seed);
        let exact = solve_on(&electrode, drive, 1e-11, &Backend::Host).0;
        for wanted in [0.5, 1e-1, 1e-2, 1e-3, 1e-5] {
            let found = solve_on(&electrode, drive, wanted, &Backend::Host).0;
            let apart = (found.current_density - exact.current_density).abs();
            let room = exact.error * exact.current_density.abs();
            let error = (apart - room).max(0.0) / found.current_density.abs();
            println!(
                "{seed} to {wanted:e}: bound {:.2e}, true {error:.2e}, {} and {} steps, exact to {:.1e}",
                found.error, found.steps, exact.steps, exact.error
            );
            assert!(
                found.error <= wanted,
                "{seed}: {:e} for {wanted:e}",
                found.error
            );
            errors.push((error, found.error));
        }
    }
    errors
}

#[test]
fn no_current_of_a_random_electrode_is_farther_off_than_its_bound() {
    let errors = errors();
    let holds = |part: f64| errors.iter().all(|(error, bound)| *error <= part * bound);
    assert!(holds(1.0));
    // The currents are of second order in what the bound is of first; a bound that were of second, too, would not hold.
    assert!(!holds(1e-5));
}
