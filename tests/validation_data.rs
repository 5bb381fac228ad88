//! Does the host give the converged tortuosity of real and public volumes? They are not part of the repository.

mod common;

use common::problem::Problem;
use std::path::Path;
use voxion::{
    field::Backend,
    io::{self, VolumeSource},
    microstructure::Volume,
};

fn read(name: &str) -> Volume {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../shared/data")
        .join(name);
    io::read(&VolumeSource::new(path))
        .expect("a volume as the data's README describes it")
        .volume
}

fn assert_close(found: f64, expected: f64, allowed: f64) {
    println!("{found:.9}, expected {expected:.9}");
    assert!(
        (found - expected).abs() <= allowed,
        "{found}, expected {expected} +- {allowed}"
    );
}

/// The table of known answers has 2.0772565. A plain Jacobi-preconditioned iteration in f64, written for this test,
/// approaches 2.0772419 in the energy from below and in the fluxes from above, as the certified value does (see
/// docs/validation.md); an iteration that watches the flux and stops early would give the table's number.
#[test]
#[ignore = "needs ../shared/data; scripts/test runs it"]
fn data_electrode() {
    let problem = Problem::new(read("electrode_256.tiff"), &[(0, 1.0)]);
    let found = problem.solve(1e-9, &Backend::Host);
    assert_close(found.tortuosity_factor, 2.0772419, 0.5e-7);
}

#[test]
#[ignore = "needs ../shared/data; scripts/test runs it"]
fn data_blobs() {
    for (name, expected) in [
        ("blobs_256_50.h5", 0.19232888),
        ("blobs_256_30.h5", 0.04012489),
    ] {
        let found = Problem::new(read(name), &[(1, 1.0)]).solve(1e-9, &Backend::Host);
        assert_close(found.effective_conductivity, expected, 0.5e-8);
    }
}
