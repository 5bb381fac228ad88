//! Do resistances of interfaces count per true area: exactly on planes along the grid, and towards the continuum on curved ones?

mod common;

use common::{
    problem::Problem,
    shapes::{Lattice, laminate, sphere_octant},
};
use ndarray::Array3;
use voxion::{
    field::Backend,
    microstructure::{Axis, Volume},
    physics::{
        Conduction,
        conduction::{Boundary, Electrode},
    },
    solve::{Silent, Tolerance},
};

fn conductivity(problem: &Problem) -> f64 {
    problem.solve(1e-9, &Backend::Host).effective_conductivity
}

fn close(found: f64, expected: f64, allowed: f64) -> Result<(), String> {
    let error = found / expected - 1.0;
    if error.abs() <= allowed {
        return Ok(());
    }
    Err(format!("{found} instead of {expected}: {error:e}"))
}

/// The right number passes and one that is off by four times the allowed error does not.
fn assert_close(found: f64, expected: f64, allowed: f64) {
    close(found, expected, allowed).unwrap();
    close(found, expected * (1.0 + 4.0 * allowed), allowed).expect_err("a wrong number passes too");
}

#[test]
fn laminates_with_contacts_are_exact() {
    let spacing = [2e-6, 3e-6, 5e-6];
    for (axis, boundary) in Axis::ALL
        .into_iter()
        .flat_map(|axis| [(axis, Boundary::Face), (axis, Boundary::Centre)])
    {
        let volume = laminate([12, 12, 12], axis, &[(0, 3), (1, 3)]);
        let problem = Problem::new(volume, &[(0, 2.0), (1, 5.0)]).spacing(spacing);
        let problem = problem.along(axis).boundary(boundary).contact(0, 1, 4e-6);
        let h = spacing[axis.index()];
        let (layers, length) = match boundary {
            Boundary::Centre => ([5.5, 5.5], 11.0 * h),
            _ => ([6.0, 6.0], 12.0 * h),
        };
        let resistance = layers[0] * h / 2.0 + layers[1] * h / 5.0 + 3.0 * 4e-6;
        assert_close(conductivity(&problem), length / resistance, 1e-8);
    }
}

#[test]
fn contacts_and_electrodes_resist_together() {
    let volume = laminate([8, 4, 4], Axis::Z, &[(0, 4), (1, 4)]);
    let problem = Problem::new(volume, &[(0, 1.0), (1, 3.0)]).spacing([1e-6; 3]);
    let problem = problem.contact(0, 1, 2e-6);
    let problem = problem.electrode(Electrode::Inlet, 0, 1e-6);
    let resistance = 4e-6 + 4e-6 / 3.0 + 2e-6 + 1e-6;
    assert_close(conductivity(&problem), 8e-6 / resistance, 1e-8);
}

/// A resistance `a (1/k_m - 1/k_p)` on spheres of radius a hides them: the conductivity is that of the matrix.
fn neutral(half: usize, factor: f64) -> f64 {
    let (fraction, sphere) = (0.3f64, 10.0);
    let radius = (fraction * 3.0 / (4.0 * std::f64::consts::PI)).cbrt();
    let voxel = 0.5 / f64::from(u32::try_from(half).unwrap());
    let volume = sphere_octant(Lattice::SimpleCubic, fraction, half);
    let problem = Problem::new(volume, &[(0, 1.0), (1, sphere)]).spacing([voxel; 3]);
    conductivity(&problem.contact(0, 1, factor * radius * (1.0 - 1.0 / sphere)))
}

#[test]
fn neutral_inclusions_hide_better_with_resolution() {
    let found: Vec<f64> = [8, 16, 32].map(|half| neutral(half, 1.0)).to_vec();
    println!("neutral inclusion, 16, 32, 64 voxels a cell: {found:.4?}");
    close(found[2], 1.0, 0.01).unwrap();
    let errors: Vec<f64> = found.iter().map(|k| (k - 1.0).abs()).collect();
    assert!(
        errors[1] < 0.7 * errors[0] && errors[2] < 0.7 * errors[1],
        "{errors:?}"
    );
    // An area that is 1.5 times too large, as that of the staircase, is a resistance 1.5 times too small.
    close(neutral(16, 1.0 / 1.5), 1.0, 0.05).expect_err("the plain staircase is far off");
}

#[test]
fn spheres_with_a_resistance_approach_their_table() {
    let table = [
        (10.0, [1.887740, 1.811883, 1.400173, 0.789496, 0.626887]),
        (1e8, [2.332885, 2.194844, 1.546040, 0.796233, 0.626974]),
    ];
    let half = 32;
    for (sphere, row) in table {
        for (resistance, continuum) in [0.0, 0.01, 0.1, 1.0, 10.0].into_iter().zip(row) {
            let volume = sphere_octant(Lattice::SimpleCubic, 0.3, half);
            let problem = Problem::new(volume, &[(0, 1.0), (1, sphere)]);
            let problem = problem.spacing([1.0 / 64.0; 3]).contact(0, 1, resistance);
            let found = conductivity(&problem);
            println!(
                "sphere {sphere}, R {resistance}: {:+.2} %",
                100.0 * (found / continuum - 1.0)
            );
            close(found, continuum, 0.012).unwrap();
            close(1.06 * found, continuum, 0.012).expect_err("six per cent too much");
        }
    }
}

/// Two spheres of different size anywhere in a periodic cell, each with its own resistance.
#[test]
fn neutral_inclusions_hide_in_any_arrangement() {
    let spheres = [([13.2, 15.9, 12.1], 10.3), ([33.7, 34.2, 36.4], 12.6)];
    let labels = Array3::from_shape_fn((48, 48, 48), |(z, y, x)| {
        let centre = [z, y, x].map(|i| f64::from(u32::try_from(i).unwrap()) + 0.5);
        let inside = |(at, radius): &([f64; 3], f64)| {
            let square = |k: usize| (centre[k] - at[k]) * (centre[k] - at[k]);
            (0..3).map(square).sum::<f64>() <= radius * radius
        };
        spheres
            .iter()
            .zip(1..)
            .find(|(sphere, _)| inside(sphere))
            .map_or(0, |(_, label)| label)
    });
    let volume = Volume::from_labels(&labels).with_spacing([1.0; 3]);
    let problem = Conduction::new(&volume).conductivity(0, 1.0).unwrap();
    let problem = problem
        .conductivity(1, 10.0)
        .unwrap()
        .conductivity(2, 4.0)
        .unwrap();
    let problem = problem.contact_resistance(0, 1, 10.3 * 0.9).unwrap();
    let problem = problem.contact_resistance(0, 2, 12.6 * 0.75).unwrap();
    let solved = problem.boundary(Boundary::Periodic).tensor(
        Tolerance {
            relative_error: 1e-6,
            ..Tolerance::default()
        },
        &Backend::Host,
        &mut Silent,
    );
    let found = solved.unwrap().tensor.conductivity;
    println!("two neutral spheres: {found:.4?}");
    for (i, row) in found.iter().enumerate() {
        for (j, &entry) in row.iter().enumerate() {
            let expected = if i == j { 1.0 } else { 0.0 };
            assert!((entry - expected).abs() < 0.01, "{found:?}");
        }
    }
}

/// Columns of grains: a boundary across the current adds its resistance, one along it does nothing.
#[test]
fn grain_boundaries_resist_between_ids_alone() {
    let labels = Array3::from_elem((12, 6, 6), 1u8);
    let volume = Volume::from_labels(&labels).with_spacing([1e-6; 3]);
    let ids = Array3::from_shape_fn((12, 6, 6), |(z, y, _)| {
        u32::try_from(z / 4 + 10 * (y / 3)).unwrap()
    });
    let problem = |resistance| {
        let problem = Conduction::new(&volume).conductivity(1, 2.0).unwrap();
        problem
            .grain_boundary(1, resistance)
            .unwrap()
            .grains(&ids)
            .unwrap()
    };
    let tolerance = Tolerance {
        relative_error: 1e-10,
        ..Tolerance::default()
    };
    let along = |axis| {
        let solved = problem(3e-6).solve(axis, tolerance, &Backend::Host, &mut Silent);
        solved.unwrap().effective.effective_conductivity
    };
    assert_close(along(Axis::Z), 12e-6 / (6e-6 + 2.0 * 3e-6), 1e-8);
    assert_close(along(Axis::Y), 6e-6 / (3e-6 + 3e-6), 1e-8);
    assert_close(along(Axis::X), 2.0, 1e-9);
    let cell = problem(3e-6).boundary(Boundary::Periodic);
    let cell = cell
        .tensor(tolerance, &Backend::Host, &mut Silent)
        .unwrap()
        .tensor;
    // Round the seam there is one boundary more.
    assert_close(cell.conductivity[0][0], 12e-6 / (6e-6 + 3.0 * 3e-6), 1e-8);
}

#[test]
fn ids_of_another_volume_are_refused() {
    let volume = Volume::from_labels(&Array3::from_elem((4, 4, 4), 1u8));
    let ids = Array3::from_elem((4, 5, 4), 0u32);
    let refused = Conduction::new(&volume)
        .grains(&ids)
        .unwrap_err()
        .to_string();
    assert_eq!(
        refused,
        "the particle ids have 4 x 5 x 4 voxels (z, y, x) but the volume has 4 x 4 x 4; give ids of the same volume"
    );
}
