//! Does the discretisation converge as fast as it should? Exact for laminates, second order for a smoothly graded
//! medium, first order for a staircase.

mod common;

use common::{
    problem::Problem,
    shapes::{Lattice, laminate, sphere_octant},
};
use ndarray::Array3;
use voxion::{
    field::Backend,
    microstructure::{Axis, Volume},
    physics::conduction::Sides,
};

fn conductivity(problem: &Problem) -> f64 {
    problem.solve(1e-11, &Backend::Host).effective_conductivity
}

/// Order observed from errors at successive halvings of the voxel.
fn observed_orders(errors: &[f64]) -> Vec<f64> {
    errors
        .windows(2)
        .map(|pair| (pair[0] / pair[1]).abs().log2())
        .collect()
}

fn assert_order(errors: &[f64], expected: f64, allowed: f64) -> Result<(), String> {
    let orders = observed_orders(errors);
    println!("errors {errors:?}, orders {orders:.3?}");
    let good = orders
        .iter()
        .all(|order| (order - expected).abs() <= allowed);
    if good {
        Ok(())
    } else {
        Err(format!(
            "orders {orders:.3?}, expected {expected} +- {allowed}"
        ))
    }
}

#[test]
fn laminates_are_exact_at_every_resolution() {
    for thickness in [1, 2, 4, 8] {
        let volume = laminate(
            [4 * thickness, 4, 4],
            Axis::Z,
            &[(1, thickness), (2, 3 * thickness)],
        );
        let found = conductivity(&Problem::new(volume, &[(1, 7.0), (2, 0.3)]));
        let exact = 1.0 / (0.25 / 7.0 + 0.75 / 0.3);
        assert!(
            (found / exact - 1.0).abs() < 1e-10,
            "{found}, exact {exact}"
        );
    }
}

/// Diagonal waves `1 + 0.9 cos(2 pi (z + y))` on a periodic unit square, a label for each value of z + y.
#[expect(clippy::cast_precision_loss, reason = "edge lengths are small")]
fn waves(edge: usize) -> Problem {
    let codes = Array3::from_shape_fn([edge, edge, 1], |(z, y, _)| {
        u8::try_from((z + y) % edge).expect("at most 128 values")
    });
    let labels: Vec<i64> = (0..).take(edge).collect();
    let sigma =
        |i: usize| 1.0 + 0.9 * (std::f64::consts::TAU * (i as f64 + 1.0) / edge as f64).cos();
    let conductivity: Vec<(i64, f64)> = labels.iter().copied().zip((0..edge).map(sigma)).collect();
    Problem::new(Volume::from_codes(codes, labels), &conductivity).sides(Sides::Periodic)
}

#[test]
fn graded_media_converge_with_second_order() {
    let values = [8, 16, 32, 64, 128].map(|edge| conductivity(&waves(edge)));
    let differences: Vec<f64> = values.windows(2).map(|pair| pair[0] - pair[1]).collect();
    assert_order(&differences[1..], 2.0, 0.15).unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn staircases_converge_with_first_order() {
    let errors: Vec<f64> = [8, 16, 32]
        .map(|half| {
            let volume = sphere_octant(Lattice::SimpleCubic, 0.30, half);
            conductivity(&Problem::new(volume, &[(0, 1.0), (1, 0.0)])) / 0.605661 - 1.0
        })
        .to_vec();
    assert_order(&errors, 1.0, 0.2).unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn a_lower_order_is_refused() {
    assert_order(&[4.0, 2.0, 1.0], 1.0, 0.2).expect("first order");
    assert_order(&[4.0, 2.0, 1.0], 2.0, 0.2).expect_err("first order where second is expected");
}
