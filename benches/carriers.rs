//! What two coupled carriers cost: `cargo bench --bench carriers [SIZE...] [--solve] [--spectrum] [--iterations]`, sizes 64 and 128 and all
//! three if none is given.
//!
//! Per size: iterations to 1e-8 of the resistance over the ratio of conductivities and six decades of kinetics, in a composite
//! (half electrolyte, the rest shared by carbon and active material) and with separate nets; seconds of a linear solve to 1e-4
//! and of twenty frequencies.

mod common;

use ndarray::Array3;
use std::time::Instant;
use voxion::{
    field::Backend,
    microstructure::{Axis, Volume},
    physics::{
        carriers::{Cell, Drive, Electrode, IMPEDANCE_ERROR, Place, Site, Sweep},
        conduction::Sides,
        kinetics::{Kinetics, Law},
    },
    solve::{Silent, Tolerance},
};

const KINETICS: Kinetics = Kinetics {
    law: Law::Linear,
    transfer: [0.5, 0.5],
    temperature: 298.15,
};

/// 0 electrolyte, 1 carbon, 2 active: one medium decides on electrolyte, another, turned, on carbon.
fn composite(n: usize) -> Volume {
    let (first, _) = common::input(n);
    let codes = first.codes();
    let n = codes.dim().0;
    let composite = Array3::from_shape_fn((n, n, n), |(z, y, x)| {
        match (codes[[z, y, x]], codes[[x, z, y]]) {
            (1, _) => 0,
            (_, 1) => 1,
            _ => 2u8,
        }
    });
    Volume::from_labels(&composite).with_spacing([1e-7; 3])
}

fn electrode(volume: &Volume, carbon: f64, exchange: f64) -> Electrode<'_> {
    let mut electrode = Electrode::new(volume, Axis::Z, KINETICS);
    electrode.sides = Sides::Periodic;
    electrode.conductivity = [
        vec![[0.1; 3], [0.0; 3], [0.0; 3]],
        vec![[1e-7; 3], [carbon; 3], [1e-28; 3]],
    ];
    electrode.active = vec![false, false, true];
    electrode.sites = vec![Site {
        place: Place::Faces {
            electrons: vec![1],
            ions: vec![0],
        },
        exchange,
        film: 0.0,
        equilibrium: 0.0,
        capacitance: 0.1,
    }];
    electrode
}

fn iterations(volume: &Volume) {
    for carbon in [0.1, 1e3, 1e8] {
        let counts = [1e-3, 1.0, 1e3].map(|exchange| {
            let electrode = electrode(volume, carbon, exchange);
            let tolerance = Tolerance {
                relative_error: 1e-8,
                ..Tolerance::default()
            };
            let run = (tolerance, &Backend::Host);
            let (operation, _) = electrode
                .solve(Drive::Overpotential(0.01), run, &mut Silent)
                .expect("a solvable electrode");
            operation.iterations
        });
        println!(
            "  electrons over ions {:.0e}, exchange 1e-3, 1, 1e3 A/m2: {counts:?} iterations to 1e-8",
            carbon / 0.1
        );
    }
}

fn solve(volume: &Volume) {
    let electrode = electrode(volume, 1e3, 1.0);
    let tolerance = Tolerance {
        relative_error: 1e-4,
        ..Tolerance::default()
    };
    let run = (tolerance, &Backend::Host);
    let (operation, _) = electrode
        .solve(Drive::Overpotential(0.01), run, &mut Silent)
        .expect("a solvable electrode");
    println!(
        "  linear solve to 1e-4: {:.2} s, {} iterations",
        operation.seconds, operation.iterations
    );
}

fn spectrum(volume: &Volume) {
    let electrode = electrode(volume, 1e3, 1.0);
    let frequencies: Vec<f64> = (0..20)
        .map(|n| 10f64.powf(6.0 - 9.0 * f64::from(n) / 19.0))
        .collect();
    let start = Instant::now();
    let spectrum = electrode
        .impedance(
            &Sweep {
                cell: Cell::Electrode,
                frequencies: &frequencies,
                tolerance: Tolerance {
                    relative_error: IMPEDANCE_ERROR,
                    ..Tolerance::default()
                },
                backend: &Backend::Host,
            },
            &mut Silent,
        )
        .expect("a spectrum");
    let counts: Vec<usize> = spectrum
        .points
        .iter()
        .map(|point| point.iterations)
        .collect();
    println!(
        "  20 frequencies: {:.1} s, iterations {counts:?}",
        start.elapsed().as_secs_f64()
    );
}

/// What is done with a volume.
type Part = fn(&Volume);

fn main() {
    let sizes: Vec<usize> = std::env::args()
        .filter_map(|size| size.parse().ok())
        .collect();
    let sizes = if sizes.is_empty() {
        vec![64, 128]
    } else {
        sizes
    };
    let parts: [(&str, Part); 3] = [
        ("--solve", solve),
        ("--spectrum", spectrum),
        ("--iterations", iterations),
    ];
    let named = |name: &str| std::env::args().any(|word| word == name);
    let all = !parts.iter().any(|(name, _)| named(name));
    for size in sizes {
        let volume = composite(size);
        println!(
            "{size}^3, {} threads, fractions {:?}",
            rayon::current_num_threads(),
            volume.counts()
        );
        for (name, part) in parts {
            if all || named(name) {
                part(&volume);
            }
        }
    }
}
