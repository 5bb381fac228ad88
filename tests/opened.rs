//! What do open faces leave of a conductivity? Exact cases, and the plain solver where every face is closed.

use ndarray::Array3;
use voxion::{
    field::Backend,
    microstructure::{Axis, Volume},
    physics::{
        Conduction,
        elasticity::Face,
        opened::{Opened, Remaining},
    },
    solve::{Silent, Tolerance},
};

const TIGHT: Tolerance = Tolerance {
    relative_error: 1e-9,
    max_iterations: 2000,
};

fn remaining(volume: &Volume, sigma: &[f64], faces: &[Face], axis: Axis) -> Remaining {
    let sigma = sigma.iter().map(|&value| [value; 3]).collect();
    let opened = Opened::new(volume, sigma, faces);
    opened
        .solve(axis, (TIGHT, &Backend::Host), &mut Silent)
        .unwrap()
}

fn face(z: usize, y: usize, x: usize, axis: Axis) -> Face {
    Face {
        voxel: [z, y, x],
        axis,
    }
}

#[test]
fn closed_faces_conduct_as_ever() {
    let labels = Array3::from_shape_fn((9, 8, 7), |(z, y, x)| {
        u8::from((z * 7 + y * 5 + x * 3 + z * y * x) % 4 != 0)
    });
    let volume = Volume::from_labels(&labels).with_spacing([2e-6, 1e-6, 1.5e-6]);
    for axis in Axis::ALL {
        let problem = Conduction::new(&volume).conductivity(1, 0.3).unwrap();
        let problem = problem.conductivity(0, 0.02).unwrap();
        let plain = problem
            .solve(axis, TIGHT, &Backend::Host, &mut Silent)
            .unwrap();
        let expected = plain.effective.effective_conductivity;
        let found = remaining(&volume, &[0.02, 0.3], &[], axis);
        let apart = (found.effective_conductivity / expected - 1.0).abs();
        assert!(apart < 3e-9, "{apart}");
        assert!((found.effective_conductivity / (1.00001 * expected) - 1.0).abs() > 3e-9);
        assert!(found.percolating_fraction == 1.0);
    }
}

#[test]
fn an_open_plane_ends_the_current_and_half_a_plane_halves_it() {
    let volume = Volume::from_labels(&Array3::zeros((6, 3, 4)));
    let plane = |columns: usize| -> Vec<Face> {
        let places = (0..3).flat_map(|y| (0..columns).map(move |x| (y, x)));
        places.map(|(y, x)| face(2, y, x, Axis::Z)).collect()
    };
    let ended = remaining(&volume, &[5.0], &plane(4), Axis::Z);
    assert_eq!(
        (ended.effective_conductivity, ended.percolating_fraction),
        (0.0, 0.0)
    );
    // With the two halves apart from each other, one of them carries.
    let apart = (0..6).flat_map(|z| (0..3).map(move |y| face(z, y, 1, Axis::X)));
    let faces: Vec<Face> = plane(2).into_iter().chain(apart).collect();
    let half = remaining(&volume, &[5.0], &faces, Axis::Z);
    assert!(
        (half.effective_conductivity / 2.5 - 1.0).abs() < 1e-9,
        "{half:?}"
    );
    assert!((half.percolating_fraction - 0.5).abs() < 1e-12);
    // Joined, the other half helps behind the plane.
    let joined = remaining(&volume, &[5.0], &plane(2), Axis::Z);
    assert!(joined.effective_conductivity > 2.6 && joined.effective_conductivity < 5.0);
    // Faces along the current carry nothing anyway.
    let across = remaining(&volume, &[5.0], &plane(4), Axis::X);
    assert!((across.effective_conductivity / 5.0 - 1.0).abs() < 1e-9);
}

/// A bound of a number that is exact to rounding is not below rounding, and every backend gives the number.
#[test]
fn the_bound_counts_rounding() {
    let labels = Array3::from_shape_fn((7, 3, 3), |(z, ..)| u8::from(z % 2 == 0));
    let volume = Volume::from_labels(&labels);
    let found = remaining(&volume, &[0.3, 0.7], &[], Axis::Z);
    let expected = 7.0 / (3.0 / 0.3 + 4.0 / 0.7);
    let apart = (found.effective_conductivity - expected).abs();
    assert!(apart <= found.error_bound, "{apart:e} {found:?}");
    assert!(found.error_bound >= 1e-14 * expected, "{found:?}");
}
