//! Does the device give the known answers? The tables of `validation.rs` on the best adapter present.

mod common;

use common::{
    case::{self, Case},
    cases,
};
use voxion::field::Backend;

/// Relative error allowed where the answer is known to rounding.
const EXACT: f64 = 1e-8;

fn assert_all(cases: &[Case]) {
    case::assert_all(cases, &Backend::Device { name: None }, EXACT);
}

#[test]
#[ignore = "device test: cargo test -- --ignored device_"]
fn device_paths() {
    assert_all(&cases::paths());
}

#[test]
#[ignore = "device test: cargo test -- --ignored device_"]
fn device_laminates() {
    assert_all(&cases::laminates());
}

#[test]
#[ignore = "device test: cargo test -- --ignored device_"]
fn device_contact_and_electrode_resistances() {
    assert_all(&cases::resistances());
}

#[test]
#[ignore = "device test: cargo test -- --ignored device_"]
fn device_slanted_strips() {
    assert_all(&cases::slanted_strips());
}

#[test]
#[ignore = "device test: cargo test -- --ignored device_"]
fn device_chess_boards() {
    assert_all(&cases::chess_boards());
}

#[test]
#[ignore = "device test: cargo test -- --ignored device_"]
fn device_converged_tortuosities() {
    assert_all(&cases::converged(&[(32, 3.3070954), (64, 2.3481505)]));
}

#[test]
#[ignore = "device test: cargo test -- --ignored device_"]
fn device_sphere_arrays() {
    assert_all(&cases::sphere_arrays(3));
}
