//! Closed forms of the continuum, approached with resolution, and numbers of other codes.

use super::{Phase, deform, deviation, spheres};
use ndarray::Array3;
use voxion::{
    microstructure::Volume,
    physics::elasticity::{Deformed, Held, Hold},
};

const SWELLING: f64 = 0.01;

/// Mean pressure in a phase (compression positive).
fn pressure(deformed: &Deformed, volume: &Volume, label: i64) -> f64 {
    let phases = deformed.phases(volume);
    -phases
        .iter()
        .find(|phase| phase.label == label)
        .unwrap()
        .hydrostatic
        .mean
}

/// Errors at two resolutions: small at the finer one, and clearly smaller than at the coarser one.
fn converges(errors: [f64; 2], limit: f64) -> bool {
    errors[1] < limit && errors[1] < 0.75 * errors[0]
}

/// Eshelby's sphere in a periodic clamped cell: with equal moduli the strain's trace is that of Poisson's equation, so the mean
/// field of the images only takes the share f of the sphere off.
#[test]
fn a_swelling_sphere_in_its_own_material_has_eshelbys_pressure() {
    let (young, nu) = (22.1e9, 0.3);
    let error = |size: usize, factor: f64| {
        let volume = spheres(size, size as f64 / 4.0, 0.0);
        let phases = [Phase::new(young, nu, 0.0), Phase::new(young, nu, SWELLING)];
        let clamped = deform(&volume, &phases, Hold::CLAMPED, 1e-5);
        let f = volume.counts()[1] as f64 / volume.codes().len() as f64;
        let kept = (1.0 + nu) / (3.0 * (1.0 - nu)) * (1.0 - f);
        let expected = factor * 3.0 * phases[1].bulk() * SWELLING * (1.0 - kept);
        (pressure(&clamped, &volume, 1) / expected - 1.0).abs()
    };
    let errors = [error(16, 1.0), error(32, 1.0)];
    println!("Eshelby: {errors:?}");
    assert!(converges(errors, 0.04), "{errors:?}");
    assert!(!converges([error(16, 1.1), error(32, 1.1)], 0.04));
}

/// A core in a shell that is free outside (Lame): the cell is mostly void.
#[test]
fn a_core_in_a_thick_shell_has_lames_pressure() {
    let (core, shell) = (
        Phase::new(83e9, 0.19, SWELLING),
        Phase::new(22.1e9, 0.37, 0.0),
    );
    let error = |size: usize, factor: f64| {
        let (a, b) = (0.2 * size as f64, 0.42 * size as f64);
        let volume = spheres(size, a, b);
        let free = deform(&volume, &[Phase::VOID, core, shell], Hold::FREE, 1e-4);
        let counts = volume.counts();
        let f = counts[1] as f64 / (counts[1] + counts[2]) as f64;
        let g = shell.shear();
        let swollen = 3.0 * core.bulk() * SWELLING
            / (3.0 * core.bulk() * (1.0 + 4.0 * g * f / (3.0 * shell.bulk()))
                + 4.0 * g * (1.0 - f));
        let expected = factor * 4.0 * g * (1.0 - f) * swollen;
        (pressure(&free, &volume, 1) / expected - 1.0).abs()
    };
    let errors = [error(16, 1.0), error(48, 1.0)];
    println!("Lame: {errors:?}");
    assert!(converges(errors, 0.15), "{errors:?}");
    assert!(!converges([error(16, 1.3), error(48, 1.3)], 0.15));
}

/// A film on a stiff substrate: exact, because nothing varies in the plane.
#[test]
fn a_clamped_film_presses_in_its_plane_and_thickens() {
    let volume = Volume::from_labels(&Array3::from_shape_fn((8, 5, 6), |(z, _, _)| {
        u8::from(z < 5)
    }));
    let film = Phase::new(83e9, 0.19, 0.05);
    let clamped = deform(&volume, &[Phase::VOID, film], Hold::FILM, 1e-9);
    assert_eq!(clamped.loose(), ["zz", "yz", "xz"]);
    let expected = -film.young * 0.05 / (1.0 - film.poisson);
    let thicker = 0.05 * (1.0 + film.poisson) / (1.0 - film.poisson);
    for point in clamped
        .map(|point| point)
        .iter()
        .filter(|point| point.code == 1)
    {
        assert!(
            deviation(&point.stress, &[expected, expected, 0.0, 0.0, 0.0, 0.0]) < 1e-9,
            "{point:?}"
        );
        assert!((point.strain[2] / thicker - 1.0).abs() < 1e-9);
        assert!((point.strain[2] / thicker - 1.000001).abs() > 1e-7);
    }
}

/// One shear modulus everywhere: `1/(K* + 4G/3) = <1/(K + 4G/3)>` for any geometry (R. Hill 1963).
#[test]
fn equal_shear_moduli_give_hills_bulk_modulus() {
    let g = 10e9;
    let phase = |k: f64| {
        Phase::new(
            9.0 * k * g / (3.0 * k + g),
            (3.0 * k - 2.0 * g) / (2.0 * (3.0 * k + g)),
            0.0,
        )
    };
    let phases = [phase(20e9), phase(200e9)];
    let error = |size: usize| {
        let volume = spheres(size, size as f64 / 3.0, 0.0);
        let mut dilated = Hold::CLAMPED;
        (0..3).for_each(|i| dilated.0[i] = Held::Strain(0.01));
        let found = deform(&volume, &phases, dilated, 1e-5).mean_stress[0] / 0.03;
        let f = volume.counts()[1] as f64 / volume.codes().len() as f64;
        let mean: f64 = [(1.0 - f, 20e9), (f, 200e9)]
            .iter()
            .map(|(share, k)| share / (k + 4.0 / 3.0 * g))
            .sum();
        (found / (1.0 / mean - 4.0 / 3.0 * g) - 1.0).abs()
    };
    let errors = [error(32), error(64)];
    println!("Hill: {errors:?}");
    assert!(converges(errors, 0.005), "{errors:?}");
    assert!(
        !converges([errors[1], errors[0]], 0.005),
        "refinement has to help"
    );
}

/// The modulus of a sphere of radius L/4, ten times stiffer, nu 0.3: three other codes agree on it to ten digits.
fn stiffness_of_the_sphere(size: usize) -> f64 {
    let volume = spheres(size, size as f64 / 4.0, 0.0);
    let mut stretched = Hold::CLAMPED;
    stretched.0[0] = Held::Strain(1.0);
    deform(
        &volume,
        &[Phase::new(1.0, 0.3, 0.0), Phase::new(10.0, 0.3, 0.0)],
        stretched,
        1e-10,
    )
    .mean_stress[0]
}

#[test]
fn the_sphere_has_the_modulus_that_other_codes_find() {
    let found = stiffness_of_the_sphere(64);
    assert!((found / 1.495317527042 - 1.0).abs() < 1e-8, "{found}");
    assert!((found / 1.495317547042 - 1.0).abs() > 1e-8);
}

#[test]
#[ignore = "takes half a minute: cargo test -- --ignored data_"]
fn data_the_finer_sphere_has_the_modulus_that_other_codes_find() {
    let found = stiffness_of_the_sphere(128);
    assert!((found / 1.493159696931 - 1.0).abs() < 1e-8, "{found}");
}
