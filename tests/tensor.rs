//! Is the tensor of a periodic cell right: exact where the answer is known, the same for every view of the same structure, and
//! equal to an independent dense solution on small cells of any kind?

mod common;

use common::dense_cell::{DenseCell, Entry};
use ndarray::Array3;
use voxion::{
    field::Backend,
    microstructure::Volume,
    physics::{
        Conduction,
        conduction::{Boundary, Tensor},
    },
    solve::{Silent, Tolerance},
};

type Matrix = [[f64; 3]; 3];

fn solve(problem: Conduction<'_>, relative_error: f64) -> Tensor {
    let tolerance = Tolerance {
        relative_error,
        ..Tolerance::default()
    };
    let problem = problem.boundary(Boundary::Periodic);
    let solved = problem.tensor(tolerance, &Backend::Host, &mut Silent);
    solved.unwrap().tensor
}

fn isotropic<'a>(volume: &'a Volume, sigma: &[f64]) -> Conduction<'a> {
    let labels = volume.labels().iter();
    labels.fold(Conduction::new(volume), |problem, &label| {
        let place = usize::try_from(label).unwrap();
        problem.conductivity(label, sigma[place]).unwrap()
    })
}

fn tensor(labels: &Array3<u8>, sigma: &[f64]) -> Tensor {
    solve(isotropic(&Volume::from_labels(labels), sigma), 1e-11)
}

/// The largest difference, relative to the largest entry.
fn difference(a: &Matrix, b: &Matrix) -> f64 {
    let entries = || a.iter().flatten().zip(b.iter().flatten());
    let largest = a.iter().flatten().fold(0.0, |m: f64, v| m.max(v.abs()));
    entries().fold(0.0, |m: f64, (a, b)| m.max((a - b).abs())) / largest
}

fn assert_close(found: &Matrix, expected: &Matrix, allowed: f64) {
    let error = difference(expected, found);
    assert!(
        error <= allowed,
        "{found:?} instead of {expected:?}: {error:e}"
    );
    let largest = expected
        .iter()
        .flatten()
        .fold(0.0, |m: f64, v| m.max(v.abs()));
    let mut wrong = *expected;
    wrong[1][1] += 4.0 * allowed * largest;
    assert!(
        difference(&wrong, found) > allowed,
        "a wrong tensor passes too"
    );
}

fn diagonal([z, y, x]: [f64; 3]) -> Matrix {
    [[z, 0.0, 0.0], [0.0, y, 0.0], [0.0, 0.0, x]]
}

/// Noise with so many parts in a hundred of label 1, the rest shared by 0 and 2.
fn noise(shape: (usize, usize, usize), seed: u64, percent: u64) -> Array3<u8> {
    let mut state = seed;
    Array3::from_shape_simple_fn(shape, || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        match (state >> 33) % 100 {
            part if part < percent => 1,
            part if part % 2 == 0 => 0,
            _ => 2,
        }
    })
}

#[test]
fn uniform_cells_are_exact() {
    for shape in [(1, 1, 1), (8, 8, 8), (2, 7, 1)] {
        let found = tensor(&Array3::from_elem(shape, 0), &[0.7]);
        assert_close(&found.conductivity, &diagonal([0.7; 3]), 1e-13);
        assert_eq!(found.axes.each_ref().map(|axis| axis.iterations), [0; 3]);
    }
}

#[test]
fn laminates_are_exact_along_every_axis() {
    for axis in 0..3 {
        let labels =
            Array3::from_shape_fn((12, 12, 12), |(z, y, x)| u8::from([z, y, x][axis] % 4 > 1));
        let found = tensor(&labels, &[10.0, 1.0]);
        let mut expected = [5.5; 3];
        expected[axis] = 20.0 / 11.0;
        assert_close(&found.conductivity, &diagonal(expected), 1e-10);
    }
}

#[test]
fn laminates_of_orthotropic_layers_are_exact_on_any_voxels() {
    let labels = Array3::from_shape_fn((6, 4, 9), |(z, ..)| u8::from(z % 3 == 0));
    let volume = Volume::from_labels(&labels).with_spacing([1e-6, 3e-6, 2e-7]);
    let problem = Conduction::new(&volume);
    let problem = problem.orthotropic(0, [1.0, 2.0, 3.0]).unwrap();
    let problem = problem.orthotropic(1, [4.0, 5.0, 60.0]).unwrap();
    let found = solve(problem, 1e-11);
    let expected = [1.0 / (2.0 / 3.0 + 1.0 / 12.0), 3.0, 22.0];
    assert_close(&found.conductivity, &diagonal(expected), 1e-10);
}

#[test]
fn shifts_of_the_cell_leave_the_tensor() {
    let labels = noise((12, 10, 14), 7, 45);
    let shifted = Array3::from_shape_fn(labels.dim(), |(z, y, x)| {
        labels[((z + 5) % 12, (y + 3) % 10, (x + 13) % 14)]
    });
    let sigma = [0.0, 1.0, 1e-3];
    let expected = tensor(&labels, &sigma).conductivity;
    assert_close(&tensor(&shifted, &sigma).conductivity, &expected, 1e-9);
    assert!(expected[0][1] != 0.0, "noise has off-diagonals");
}

#[test]
fn rotated_structures_have_rotated_tensors() {
    let labels = noise((10, 12, 8), 3, 50);
    // z' = y, y' = -z: a quarter turn about x.
    let rotated = Array3::from_shape_fn((12, 10, 8), |(z, y, x)| labels[(9 - y, z, x)]);
    let sigma = [0.02, 1.0, 5.0];
    let d = tensor(&labels, &sigma).conductivity;
    let expected = [
        [d[1][1], -d[1][0], d[1][2]],
        [-d[0][1], d[0][0], -d[0][2]],
        [d[2][1], -d[2][0], d[2][2]],
    ];
    assert_close(&tensor(&rotated, &sigma).conductivity, &expected, 1e-9);
}

#[test]
fn clusters_that_do_not_reach_their_image_add_exactly_nothing() {
    let labels = Array3::from_shape_fn((6, 8, 10), |(z, y, x)| {
        let rod = (y, x) == (2, 2);
        let island = (3..5).contains(&y) && (5..7).contains(&x) && z < 5;
        u8::from(rod || island)
    });
    let found = tensor(&labels, &[0.0, 1.0]);
    assert_close(
        &found.conductivity,
        &diagonal([1.0 / 80.0, 0.0, 0.0]),
        1e-13,
    );
    let zeros = [(0, 1), (0, 2), (1, 1), (1, 2), (2, 2)];
    for (i, j) in zeros {
        assert_eq!(found.conductivity[i][j], 0.0);
        assert_eq!(found.error_bound[i][j], 0.0);
    }
    let nothing = tensor(&noise((9, 9, 9), 5, 8), &[0.0, 1.0, 0.0]);
    assert_eq!(nothing.conductivity, [[0.0; 3]; 3]);
    assert_eq!(nothing.axes[0].tortuosity_factor, f64::INFINITY);
}

/// A rod along (0, 1, 1) carries along that direction alone: rank one.
#[test]
fn a_diagonal_rod_carries_along_itself() {
    let labels = Array3::from_shape_fn((3, 8, 8), |(z, y, x)| {
        u8::from(z == 1 && (x + 8 - y) % 8 < 2)
    });
    let found = tensor(&labels, &[0.0, 1.0]);
    let values = found.principal().map(|p| p.value);
    assert!(values[0] > 0.01 && values[1].abs() < 1e-12 && values[2].abs() < 1e-12);
    let direction = found.principal()[0].direction;
    assert!(
        (direction[1] - 0.5f64.sqrt()).abs() < 1e-9 && (direction[2] - direction[1]).abs() < 1e-9
    );
    assert_eq!(found.conductivity[0], [0.0; 3]);
}

/// Square tiles of conductivity 1 and a contrast: known values of the seven-point scheme, below the exact root.
#[test]
fn chess_boards_have_their_known_values() {
    let board = |tile: usize, contrast: f64| {
        let edge = (2 * tile).max(2);
        let labels = Array3::from_shape_fn((edge, edge, 1), |(z, y, _)| {
            u8::from((z / tile + y / tile) % 2 == 1)
        });
        tensor(&labels, &[1.0, contrast]).conductivity
    };
    let single = board(1, 10.0);
    assert_close(&single, &diagonal([20.0 / 11.0, 20.0 / 11.0, 5.5]), 1e-10);
    for (contrast, tile, known) in [
        (10.0, 8, 2.775),
        (10.0, 32, 3.025),
        (10.0, 128, 3.115),
        (100.0, 8, 4.10),
        (100.0, 32, 5.45),
        (100.0, 128, 6.57),
    ] {
        let found = board(tile, contrast);
        let digit = if contrast > 50.0 { 0.005 } else { 0.0005 };
        println!("contrast {contrast}, tile {tile}: {:.4}", found[0][0]);
        assert!(
            (found[0][0] - known).abs() < 1.01 * digit,
            "{}",
            found[0][0]
        );
        assert!((found[0][0] - found[1][1]).abs() < 1e-9 * known);
        assert!(found[0][0] < f64::sqrt(contrast));
    }
}

/// Layers across (1, 1, 0): the tensor of the continuum, `<k> - (<k> - 1/<1/k>) n n`, is approached with resolution.
#[test]
fn off_diagonals_of_an_inclined_laminate_converge() {
    let (mean, harmonic): (f64, f64) = (5.5, 20.0 / 11.0);
    let off = -0.5 * (mean - harmonic);
    let errors: Vec<f64> = [8usize, 16, 32, 64]
        .into_iter()
        .map(|edge| {
            let labels = Array3::from_shape_fn((edge, edge, 1), |(z, y, _)| {
                u8::from((z + y) % edge < edge / 2)
            });
            let found = tensor(&labels, &[10.0, 1.0]).conductivity;
            assert_eq!(found[0][1], found[1][0]);
            found[0][1] / off - 1.0
        })
        .collect();
    println!("off-diagonal errors {errors:?}");
    let falls = errors
        .windows(2)
        .all(|pair| pair[1].abs() < 0.6 * pair[0].abs());
    assert!(falls && errors[3].abs() < 0.04, "{errors:?}");
}

/// What a loose tolerance says is right within its bounds, and they are not empty.
#[test]
fn bounds_hold_for_every_entry() {
    for (seed, sigma) in [
        (1, [0.0, 1.0, 1e-2]),
        (2, [1.0, 1e3, 1e-3]),
        (3, [0.3, 1.0, 0.0]),
    ] {
        let labels = noise((16, 12, 20), seed, 40);
        let volume = Volume::from_labels(&labels);
        let exact = solve(isotropic(&volume, &sigma), 1e-12).conductivity;
        for relative in [0.3, 1e-2, 1e-4] {
            let loose = solve(isotropic(&volume, &sigma), relative);
            let mut off = 0.0f64;
            for (i, j) in (0..3).flat_map(|i| (0..3).map(move |j| (i, j))) {
                let error = (loose.conductivity[i][j] - exact[i][j]).abs();
                let bound = loose.error_bound[i][j];
                assert!(
                    error <= bound,
                    "{i} {j} of seed {seed}: {error:e} > {bound:e}"
                );
                off = off.max(error / bound);
            }
            assert!(
                off > 1e-3,
                "the bounds are of the size of the errors: {off:e}"
            );
            let twice = loose.error_bound[0][0] <= relative * loose.conductivity[0][0] * 1.001;
            assert!(twice, "the diagonal is certified as asked");
        }
    }
}

#[test]
fn small_cells_of_any_kind_agree_with_a_dense_solution() {
    for (seed, shape) in [
        (1, (4, 5, 3)),
        (2, (2, 4, 6)),
        (3, (1, 6, 5)),
        (4, (2, 2, 2)),
        (5, (3, 1, 1)),
        (6, (5, 4, 4)),
    ] {
        let labels = noise(shape, seed, 50);
        let volume = Volume::from_labels(&labels).with_spacing([1.0, 0.5, 2.0]);
        for sigma in [[0.0, 1.0, 0.0], [0.1, 1.0, 30.0]] {
            let found = solve(isotropic(&volume, &sigma), 1e-12);
            let dense = DenseCell::new(&labels, &sigma, [1.0, 0.5, 2.0]);
            let expected: Matrix = dense.tensor();
            let scale = sigma[2].max(1.0);
            for (i, j) in (0..3).flat_map(|i| (0..3).map(move |j| (i, j))) {
                Entry {
                    found: found.conductivity[i][j],
                    expected: expected[i][j],
                }
                .check(1e-9 * scale)
                .unwrap_or_else(|error| panic!("{shape:?} {sigma:?} {i} {j}: {error}"));
            }
        }
    }
}

#[test]
fn mirror_images_make_a_diagonal_tensor_of_any_volume() {
    let labels = noise((6, 5, 7), 9, 55);
    let volume = Volume::from_labels(&labels);
    let sigma = [0.01, 1.0, 4.0];
    let tolerance = Tolerance {
        relative_error: 1e-11,
        ..Tolerance::default()
    };
    let problem = isotropic(&volume, &sigma).boundary(Boundary::MirrorPeriodic);
    let mirrored = problem
        .tensor(tolerance, &Backend::Host, &mut Silent)
        .unwrap()
        .tensor;
    // The eight images, stored.
    let fold = |i: usize, n: usize| if i < n { i } else { 2 * n - 1 - i };
    let doubled = Array3::from_shape_fn((12, 10, 14), |(z, y, x)| {
        labels[(fold(z, 6), fold(y, 5), fold(x, 7))]
    });
    let expected = tensor(&doubled, &sigma).conductivity;
    assert_close(&mirrored.conductivity, &expected, 1e-9);
    assert_eq!(mirrored.conductivity[0][1], 0.0);
}

/// Contrast, islands and a contact, on whatever device there is.
#[test]
#[ignore = "device test: cargo test -- --ignored device_"]
fn device_tensors_agree_with_the_host() {
    let labels = noise((16, 20, 18), 11, 45);
    let volume = Volume::from_labels(&labels).with_spacing([1.0; 3]);
    let solve = |backend: &Backend| {
        let problem = isotropic(&volume, &[0.0, 1.0, 1e-3]).boundary(Boundary::Periodic);
        let problem = problem.contact_resistance(1, 2, 0.7).unwrap();
        let tolerance = Tolerance {
            relative_error: 1e-8,
            ..Tolerance::default()
        };
        problem
            .tensor(tolerance, backend, &mut Silent)
            .unwrap()
            .tensor
    };
    let host = solve(&Backend::Host);
    let device = solve(&Backend::Device { name: None });
    assert!(
        device.axes.iter().all(|axis| axis.adapter.is_some()),
        "the host solved"
    );
    assert_close(&device.conductivity, &host.conductivity, 1e-7);
}
