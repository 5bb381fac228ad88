//! Do sphere arrays approach the continuum, and do they stay inside the bounds of isotropic media?
//!
//! The table is that of a periodic array in the continuum: sphere conductivity 0, 0.01, 0.1, 10, 100 and infinite in a
//! matrix of 1. A voxel model converges to it with first order: its surface is a staircase.

mod common;

use common::{
    problem::Problem,
    shapes::{Lattice, sphere_octant},
    spheres::{CONTINUUM, SPHERE},
};
use voxion::field::Backend;

fn conductivity(problem: &Problem) -> f64 {
    problem.solve(1e-8, &Backend::Host).effective_conductivity
}

fn spheres(lattice: Lattice, fraction: f64, half: usize, sphere: f64) -> Problem {
    Problem::new(
        sphere_octant(lattice, fraction, half),
        &[(0, 1.0), (1, sphere)],
    )
}

/// Whether a deviation lies in the envelope of first order: `scale` voxels over the voxels of a cell. Spheres packed
/// more densely leave narrower gaps, which need more voxels.
fn first_order(deviation: f64, cell: u32, fraction: f64) -> Result<(), String> {
    let scale = if fraction < 0.45 { 1.5 } else { 3.0 };
    let allowed = scale / f64::from(cell);
    if deviation.abs() <= allowed {
        return Ok(());
    }
    Err(format!(
        "deviation {deviation:.4} with {cell} voxels a cell, at most {allowed:.4}"
    ))
}

#[test]
fn sphere_arrays_converge_with_first_order() {
    let mut failures = Vec::new();
    for (lattice, fraction, row) in CONTINUUM {
        for (sphere, continuum) in SPHERE.into_iter().zip(row) {
            for (half, cell) in [(8, 16), (16, 32), (32, 64)] {
                let found = conductivity(&spheres(lattice, fraction, half, sphere));
                let deviation = found / continuum - 1.0;
                println!(
                    "{lattice:?} {fraction} sphere {sphere} N {cell}: {:+.2} %",
                    100.0 * deviation
                );
                failures.extend(first_order(deviation, cell, fraction).err());
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn a_deviation_that_does_not_shrink_is_refused() {
    first_order(0.04, 32, 0.3).expect("4 % is what 32 voxels a cell may have");
    first_order(0.04, 64, 0.3).expect_err("4 % is too much with 64 voxels a cell");
}

/// Hashin-Shtrikman bounds of isotropic media, smaller first: matrix 1, inclusions of a volume fraction.
fn hashin_shtrikman(sphere: f64, fraction: f64) -> [f64; 2] {
    let matrix = 1.0 + fraction / (1.0 / (sphere - 1.0) + (1.0 - fraction) / 3.0);
    let inverse = sphere + (1.0 - fraction) / (1.0 / (1.0 - sphere) + fraction / (3.0 * sphere));
    [matrix.min(inverse), matrix.max(inverse)]
}

fn between(value: f64, [low, high]: [f64; 2]) -> Result<(), String> {
    if low < value && value < high {
        return Ok(());
    }
    Err(format!("{value} is not between {low} and {high}"))
}

#[test]
fn sphere_arrays_respect_hashin_shtrikman() {
    for (lattice, fraction) in [
        (Lattice::SimpleCubic, 0.3),
        (Lattice::SimpleCubic, 0.4),
        (Lattice::FaceCentredCubic, 0.5),
    ] {
        for sphere in [0.0, 0.01, 0.1, 10.0, 100.0] {
            let problem = spheres(lattice, fraction, 32, sphere);
            let conducting = problem
                .sigma()
                .mapv(|s| f64::from(u8::from(s.to_bits() == sphere.to_bits())));
            let bounds = hashin_shtrikman(sphere, conducting.mean().expect("a volume has voxels"));
            let found = conductivity(&problem);
            between(found, bounds)
                .unwrap_or_else(|error| panic!("{lattice:?} {fraction}: {error}"));
            between(bounds[1] * 1.001, bounds).expect_err("a value above the bounds");
        }
    }
}
