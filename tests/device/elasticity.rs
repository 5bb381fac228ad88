//! The transform for every radix, and elements, symbol and mean strains against their twins on the host.

use crate::cases::{device, distance, filled, numbers, values};
use ndarray::Array3;
use rustfft::{FftPlanner, num_complex::Complex};
use voxion::{
    field::{Backend, Host, Machine, Shape, device::Element},
    microstructure::Volume,
    physics::elasticity::{Elasticity, Held, Hold, Solid},
    solve::{Silent, Tolerance, cg::Preconditioned, device::DeviceFourier},
};

/// Rounding of f32, relative to the largest number; measured: 6e-7 for transforms there and back, 3e-7 for the others.
const SINGLE: f64 = 2e-6;
/// The same of f64; measured: 2e-15.
const DOUBLE: f64 = 1e-13;

/// Grids (z, y, x): every radix along every axis, mixed ones, ones so long that a workgroup holds one column, so short that it
/// holds all.
const GRIDS: [[usize; 3]; 12] = [
    [1, 1, 1],
    [2, 3, 4],
    [4, 2, 3],
    [3, 4, 2],
    [5, 7, 6],
    [7, 6, 5],
    [6, 5, 7],
    [16, 9, 25],
    [49, 8, 10],
    [12, 64, 81],
    [1024, 1, 2],
    [1, 3, 600],
];

/// The spectrum of three components on the host, `[z][component][y][x]`, of x the first half; real and imaginary parts.
fn spectrum([nz, ny, nx]: [usize; 3], field: &[f64]) -> Vec<f64> {
    let mut planner = FftPlanner::new();
    let mut all: Vec<Complex<f64>> = field.iter().map(|&v| Complex::new(v, 0.0)).collect();
    let plane = ny * nx;
    let along = |points: usize, stride: usize, first: Vec<usize>, all: &mut [Complex<f64>]| {
        let plan = FftPlanner::new().plan_fft_forward(points);
        for first in first {
            let mut line: Vec<_> = (0..points).map(|i| all[first + i * stride]).collect();
            plan.process(&mut line);
            (0..points).for_each(|i| all[first + i * stride] = line[i]);
        }
    };
    planner.plan_fft_forward(nx).process(&mut all);
    let columns = (0..3 * nz).flat_map(|c| (0..nx).map(move |x| c * plane + x));
    along(ny, nx, columns.collect(), &mut all);
    along(nz, 3 * plane, (0..3 * plane).collect(), &mut all);
    let half = all.chunks(nx).flat_map(|line| &line[..nx / 2 + 1]);
    half.flat_map(|value| [value.re, value.im]).collect()
}

/// How far spectrum and the way back are from the host's.
fn transform<R: Element>(grid: [usize; 3]) -> [f64; 2] {
    let device = device::<R>(None);
    let [nz, ny, nx] = grid;
    let shape = Shape::flat(3 * nz * ny * nx);
    let field = filled(&device, shape, 1);
    let fourier = DeviceFourier::new(&device, grid).unwrap();
    fourier.forward(&field);
    let found = fourier.coefficients().unwrap();
    let found: Vec<f64> = found.iter().flatten().map(|value| value.wide()).collect();
    let source = numbers(1, shape.len());
    let forward = distance(&found, &spectrum(grid, &source));
    let back = filled(&device, shape, 2);
    fourier.backward(&back);
    let points = (nz * ny * nx) as f64;
    let found: Vec<f64> = values(&device, shape, &back)
        .iter()
        .map(|value| value / points)
        .collect();
    [forward, distance(&found, &source)]
}

#[test]
#[ignore = "device test: cargo test -- --ignored device_"]
fn device_transforms_are_those_of_the_host() {
    for grid in GRIDS {
        let (single, double) = (transform::<f32>(grid), transform::<f64>(grid));
        println!("{grid:?}: {single:?} {double:?}");
        assert!(single.iter().all(|&d| d < SINGLE), "{grid:?} {single:?}");
        assert!(double.iter().all(|&d| d < DOUBLE), "{grid:?} {double:?}");
    }
}

/// A medium of two solids and pores, or of solids alone, and how it is held.
fn medium(grid: [usize; 3], pores: bool) -> Volume {
    let [nz, ny, nx] = grid;
    let drawn = numbers(7, nz * ny * nx);
    let label = |(z, y, x): (usize, usize, usize)| {
        let place = ((z / 2) * ny + y / 2) * nx + x / 2;
        match drawn[place] {
            v if v < -0.4 && pores => 0,
            v if v < 0.3 => 1,
            _ => 2,
        }
    };
    Volume::from_labels(&Array3::from_shape_fn((nz, ny, nx), |place| {
        u8::try_from(label(place)).unwrap()
    }))
    .with_spacing([1e-6, 1.5e-6, 0.7e-6])
}

fn problem(volume: &Volume, young: f64) -> Elasticity<'_> {
    let solid = |young, poisson| Solid::Isotropic { young, poisson };
    let all = [
        (0, Solid::Void),
        (1, solid(young, 0.37)),
        (2, solid(83e9, 0.19)),
    ];
    all.into_iter()
        .filter(|(label, _)| volume.code(*label).is_some())
        .fold(Elasticity::new(volume), |problem, (label, solid)| {
            problem.solid(label, solid).unwrap()
        })
}

const GRIDS_OF_MEDIA: [[usize; 3]; 4] = [[8, 6, 10], [1, 12, 35], [14, 1, 5], [9, 16, 40]];

/// Operator and preconditioner on fixed fields.
fn applied<M: Machine>(machine: &M, mut system: impl Preconditioned<M>) -> [Vec<f64>; 2] {
    let shape = system.shape();
    let mut x = filled(machine, shape, 3);
    let mut y = filled(machine, shape, 4);
    system.apply(&mut x, &mut y);
    let mut z = filled(machine, shape, 5);
    system.precondition(&mut x, &mut z);
    [values(machine, shape, &y), values(machine, shape, &z)]
}

/// How far a device is from the host: forces, stresses, displacements, strains.
fn distances<R: Element>(volume: &Volume, hold: Hold, young: f64) -> [f64; 4] {
    let expected = problem(volume, 22e9).equations(hold).unwrap();
    let expected = applied(&Host::<f64>::default(), expected.on_host());
    let device = device::<R>(None);
    let found = problem(volume, young).equations(hold).unwrap();
    let found = applied(&device, found.on_device(&device).unwrap());
    let tail = found[0].len() - 6;
    let parts = |part: usize| {
        let (found, expected) = (&found[part], &expected[part]);
        [
            distance(&found[..tail], &expected[..tail]),
            distance(&found[tail..], &expected[tail..]),
        ]
    };
    let ([a, b], [c, d]) = (parts(0), parts(1));
    [a, b, c, d]
}

fn mixed() -> Hold {
    let mut hold = Hold::FILM;
    hold.0[0] = Held::Stress(-50e6);
    hold
}

#[test]
#[ignore = "device test: cargo test -- --ignored device_"]
fn device_elements_and_preconditioner_are_those_of_the_host() {
    for grid in GRIDS_OF_MEDIA {
        for (pores, hold) in [(false, Hold::FREE), (true, mixed()), (true, Hold::CLAMPED)] {
            let volume = medium(grid, pores);
            let single = distances::<f32>(&volume, hold, 22e9);
            let double = distances::<f64>(&volume, hold, 22e9);
            println!("{grid:?}, pores {pores}: {single:?} {double:?}");
            assert!(single.iter().all(|&d| d < SINGLE), "{grid:?} {single:?}");
            assert!(double.iter().all(|&d| d < DOUBLE), "{grid:?} {double:?}");
        }
    }
}

#[test]
#[ignore = "device test: cargo test -- --ignored device_"]
fn device_a_wrong_modulus_is_seen() {
    let volume = medium(GRIDS_OF_MEDIA[3], true);
    let seen = distances::<f32>(&volume, Hold::FREE, 22.1e9);
    assert!(seen.iter().all(|&d| d > SINGLE), "{seen:?}");
}

#[test]
#[ignore = "device test: cargo test -- --ignored device_"]
fn device_single_precision_with_corrections_is_exact_to_ten_digits() {
    let volume = medium([12, 16, 20], true);
    let tolerance = Tolerance {
        relative_error: 1e-10,
        ..Tolerance::default()
    };
    let solved = |backend: Backend, hold: Hold| {
        let problem = problem(&volume, 22e9).on(backend);
        let problem = problem.eigenstrain(2, [0.02, 0.01, 0.0]).unwrap();
        problem.deform(hold, tolerance, &mut Silent).unwrap()
    };
    for hold in [Hold::CLAMPED, mixed()] {
        let host = solved(Backend::Host, hold);
        let device = solved(Backend::Device { name: None }, hold);
        assert!(host.adapter.is_none() && device.adapter.is_some());
        let (stress, strain) = (
            distance(&device.mean_stress, &host.mean_stress),
            distance(&device.mean_strain, &host.mean_strain),
        );
        println!(
            "{stress:.1e} {strain:.1e}, {} and {} iterations",
            device.iterations, host.iterations
        );
        assert!(stress < 1e-10 && strain < 1e-10, "{stress:e} {strain:e}");
        assert!(device.iterations <= host.iterations + host.iterations / 10 + 2);
    }
}

#[test]
#[ignore = "device test: cargo test -- --ignored device_"]
fn device_a_stiffness_is_that_of_the_host() {
    let volume = medium([10, 12, 14], true);
    let tolerance = Tolerance::default();
    let solved = |backend: Backend| {
        let problem = problem(&volume, 22e9).on(backend);
        problem.stiffness(tolerance, &mut Silent).unwrap()
    };
    let (host, device) = (
        solved(Backend::Host),
        solved(Backend::Device { name: None }),
    );
    let all = |matrix: [[f64; 6]; 6]| matrix.concat();
    assert!(distance(&all(device.matrix), &all(host.matrix)) < 2.0 * tolerance.relative_error);
    assert!(device.adapter.is_some());
}
