//! Media whose conductivities are up to 29 powers of ten apart: the number lies within its bound, which is as small as asked
//! for wherever what is left out carries that little.

use ndarray::Array3;
use voxion::{
    field::Backend,
    microstructure::{Axis, Volume},
    physics::conduction::{Boundary, Conduction, Effective, Tensor},
    solve::{Silent, Tolerance},
};

fn problem<'a>(volume: &'a Volume, sigma: &[f64]) -> Conduction<'a> {
    let new = Conduction::new(volume);
    let phases = (0..).zip(sigma);
    phases.fold(new, |problem, (label, &sigma)| {
        problem.conductivity(label, sigma).unwrap()
    })
}

fn solved(problem: &Conduction<'_>) -> Effective {
    let (tolerance, backend) = (Tolerance::default(), &Backend::Host);
    let solution = problem.solve(Axis::Z, tolerance, backend, &mut Silent);
    solution.unwrap().effective
}

fn solve(volume: &Volume, sigma: &[f64]) -> Effective {
    solved(&problem(volume, sigma))
}

/// Blobs of three phases; the second percolates, the third is islands.
fn blobs(n: usize) -> Volume {
    let codes = Array3::from_shape_fn((n, n, n), |(z, y, x)| {
        let [z, y, x] = [z, y, x].map(|i| i as f64);
        let wave = (0.63 * z + 0.2 * x).sin() + (0.51 * y).sin() + (0.57 * x + 0.3 * y).sin();
        match wave {
            w if w > 1.3 => 2,
            w if w > -0.9 => 1,
            _ => 0u8,
        }
    });
    Volume::from_labels(&codes)
}

fn check(found: &Effective, reference: &Effective) {
    let apart = (found.effective_conductivity - reference.effective_conductivity).abs();
    assert!(
        apart <= found.error_bound + reference.error_bound,
        "{found:?} for {reference:?}"
    );
    let relative = found.error_bound / found.effective_conductivity;
    assert!(relative <= 1e-3, "{relative:e}");
}

#[test]
fn graphene_beside_lithium_sulphide_has_a_number_and_a_bound() {
    let volume = blobs(24);
    let reference = solve(&volume, &[0.0, 1e5, 0.0]);
    for weak in [1e-11, 1e-20, 1e-24] {
        check(&solve(&volume, &[weak, 1e5, 1e-9]), &reference);
    }
}

/// Islands that conduct 13 to 29 powers of ten better than what is between them are as good as perfect ones.
#[test]
fn islands_that_conduct_far_too_well_are_as_good_as_perfect() {
    let volume = blobs(24);
    let reference = solve(&volume, &[0.0, 1e-11, 1e1]);
    for strong in [1e2, 1e4, 1e6, 1e10, 1e18] {
        check(&solve(&volume, &[0.0, 1e-11, strong]), &reference);
    }
}

/// A phase that covers both electrodes, with a piece of it in between.
fn covered_electrodes() -> Volume {
    let codes = Array3::from_shape_fn((24, 4, 4), |(z, y, x)| {
        u8::from(!(6..20).contains(&z) || (z == 12 && y < 2 && x > 1))
    });
    Volume::from_labels(&codes)
}

/// An island that lies on the inlet, one on the outlet, both far too good: what is left of the way counts.
#[test]
fn islands_on_the_electrodes_shorten_the_way() {
    let volume = covered_electrodes();
    let reference = solve(&volume, &[1e-11, 1e1]);
    for strong in [1e6, 1e18] {
        check(&solve(&volume, &[1e-11, strong]), &reference);
    }
}

/// Currents at the electrodes follow from a potential, unless its drop there is rounding, with conductivities cut (1e18) or without;
/// then nothing is said of them.
#[test]
fn currents_are_right_or_not_told() {
    let blobs = blobs(24);
    let left_out = solve(&blobs, &[1e-24, 1e5, 1e-9]);
    for flux in [left_out.flux_in, left_out.flux_out] {
        let apart = (flux / left_out.effective_conductivity - 1.0).abs();
        assert!(apart < 0.1, "{left_out:?}");
    }
    let mut told = [0, 0];
    for strong in [1e2, 1e6, 1e18] {
        let media = [
            solve(&blobs, &[0.0, 1e-11, strong]),
            solve(&covered_electrodes(), &[1e-11, strong]),
        ];
        for (told, found) in told.iter_mut().zip(media) {
            for flux in [found.flux_in, found.flux_out] {
                let apart = (flux / found.effective_conductivity - 1.0).abs();
                assert!(flux.is_nan() || apart < 0.1, "{found:?}");
                *told += usize::from(!flux.is_nan());
            }
        }
    }
    assert!(told[0] == 6 && told[1] < 6, "{told:?}");
}

fn with_contacts(volume: &Volume, sigma: &[f64], resistance: f64) -> Effective {
    let problem = problem(volume, sigma).contact_resistance(1, 2, resistance);
    solved(&problem.unwrap())
}

/// The same with a contact between the percolating phase and the islands, which a network solves.
#[test]
fn contacts_between_extremes_have_a_number_and_a_bound() {
    let volume = blobs(24).with_spacing([1e-6; 3]);
    let reference = with_contacts(&volume, &[0.0, 1e-1, 1e3], 1e-4);
    for (weak, strong) in [(1e-28, 1e3), (1e-13, 1e3), (0.0, 1e14), (1e-28, 1e18)] {
        check(
            &with_contacts(&volume, &[weak, 1e-1, strong], 1e-4),
            &reference,
        );
    }
    let wrong = with_contacts(&volume, &[1e-28, 1e-1, 1e18], 2e-4);
    let apart = (wrong.effective_conductivity - reference.effective_conductivity).abs();
    assert!(apart > wrong.error_bound + reference.error_bound);
}

fn tensor(volume: &Volume, sigma: &[f64]) -> Tensor {
    let problem = problem(volume, sigma).boundary(Boundary::Periodic);
    let (tolerance, backend) = (Tolerance::default(), &Backend::Host);
    problem
        .tensor(tolerance, backend, &mut Silent)
        .unwrap()
        .tensor
}

/// Entries that are farther apart than their bounds say.
fn apart(found: &Tensor, reference: &Tensor) -> usize {
    let entries = (0..9).map(|entry| (entry / 3, entry % 3));
    let wrong = entries.filter(|&(i, j)| {
        let bound = found.error_bound[i][j] + reference.error_bound[i][j];
        (found.conductivity[i][j] - reference.conductivity[i][j]).abs() > bound
    });
    wrong.count()
}

fn check_tensor(found: &Tensor, reference: &Tensor) {
    assert_eq!(apart(found, reference), 0, "{found:?} for {reference:?}");
    for k in 0..3 {
        let relative = found.error_bound[k][k] / found.conductivity[k][k];
        assert!(relative <= 1e-3, "{relative:e}");
    }
}

#[test]
fn tensors_of_extremes_have_their_bounds() {
    let volume = blobs(24);
    let reference = tensor(&volume, &[0.0, 1e-1, 0.0]);
    for weak in [1e-16, 1e-20, 1e-28] {
        check_tensor(&tensor(&volume, &[weak, 1e-1, weak]), &reference);
    }
    let reference = tensor(&volume, &[0.0, 1e-11, 1e1]);
    for strong in [1e4, 1e6, 1e10, 1e18] {
        check_tensor(&tensor(&volume, &[0.0, 1e-11, strong]), &reference);
    }
    let wrong = tensor(&volume, &[0.0, 1.01e-11, 1e10]);
    assert!(apart(&wrong, &reference) > 0);
}

#[test]
fn a_wrong_weak_phase_is_caught() {
    let volume = blobs(24);
    let reference = solve(&volume, &[0.0, 1e5, 0.0]);
    let found = solve(&volume, &[1e3, 1e5, 1e-20]);
    let apart = (found.effective_conductivity - reference.effective_conductivity).abs();
    assert!(apart > found.error_bound + reference.error_bound);
}

/// Two cubes of an insulator across a corner of copper: conductors in parallel and in series, 6 of 8 voxels.
#[test]
fn the_smallest_volume_of_extreme_contrast_has_its_number() {
    let mut labels = Array3::zeros((2, 2, 2));
    (labels[[0, 0, 0]], labels[[1, 0, 1]]) = (1u8, 1);
    let volume = Volume::from_labels(&labels);
    // A voxel of label 0 in series with another, twice, and one and a half voxels of each of the others.
    let found = solve(&volume, &[1e4, 1e-12]);
    let apart = (found.effective_conductivity - 37500.0 / 7.0).abs();
    assert!(apart <= found.error_bound, "{found:?}");
    assert!(
        found.error_bound <= 1e-3 * found.effective_conductivity,
        "{found:?}"
    );
    assert!(found.flux_in.is_nan() || found.flux_in > 0.0, "{found:?}");
}

/// SplitMix64, so that layers are as random as they need be and the same everywhere.
fn dice(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// Conductors side by side: the potential is a ramp, and the number is the mean, to which a sum of a million terms must not add its
/// own rounding.
#[test]
fn long_rows_keep_their_bound() {
    for (n, shape) in [30_000, 1_000_000]
        .into_iter()
        .flat_map(|n| [(n, [2, 2, n]), (n, [2, n, 2])])
    {
        let mut state = n as u64;
        let layers: Vec<u8> = (0..n).map(|_| (dice(&mut state) % 3) as u8).collect();
        let labels = Array3::from_shape_fn(shape, |(_, y, x)| {
            layers[x.max(y * usize::from(shape[1] == n))]
        });
        let volume = Volume::from_labels(&labels);
        let sigma = [1e-6, 1.0, 1e6];
        // Exact: counts are whole numbers.
        let counts = volume.counts();
        let sum: f64 = counts
            .iter()
            .zip(sigma)
            .map(|(&count, sigma)| count as f64 * sigma)
            .sum();
        let mean = sum / (4 * n) as f64;
        let found = solve(&volume, &sigma);
        let apart = (found.effective_conductivity - mean).abs();
        assert!(apart <= found.error_bound, "{n}: {apart:e} {found:?}");
        assert!(found.error_bound <= 1e-12 * mean, "{n}: {found:?}");
    }
}

/// Voxels a million times longer than wide: conductances along one axis are 1e-12 of the others.
#[test]
fn voxels_that_are_far_from_cubes_keep_their_bound() {
    for (thin, sigma) in [
        (1.0, [1.0, 100.0]),
        (1e-6, [1.0, 100.0]),
        (1e3, [1e-3, 1e4]),
    ] {
        let labels = Array3::from_shape_fn((64, 2, 2), |(z, ..)| u8::from(z % 2 == 1));
        let volume = Volume::from_labels(&labels).with_spacing([thin, 1e-6, 1e-6]);
        let series = 2.0 / (1.0 / sigma[0] + 1.0 / sigma[1]);
        let found = solve(&volume, &sigma);
        let apart = (found.effective_conductivity - series).abs();
        assert!(apart <= found.error_bound, "{thin}: {apart:e} {found:?}");
    }
}

#[test]
fn conductivities_whose_products_leave_the_range_of_numbers_are_refused() {
    let volume = Volume::from_labels(&Array3::from_shape_fn((2, 2, 1), |(z, ..)| {
        u8::from(z == 1)
    }));
    for sigma in [
        2.92385e-214,
        3.73272e104,
        1e300,
        9e-61,
        1.1e60,
        -1.0,
        f64::NAN,
    ] {
        let error = Conduction::new(&volume).conductivity(0, sigma).unwrap_err();
        let sentence = error.to_string();
        assert!(sentence.contains("between 1e-60 and 1e60"), "{sentence}");
    }
    let series = solve(&volume, &[1e-60, 1e60]);
    let apart = (series.effective_conductivity / 2e-60 - 1.0).abs();
    assert!(apart <= series.error_bound / 2e-60 + 1e-14, "{series:?}");
}

/// A million layers in series whose conductivities are 1e12 apart: a sum, which needs no iteration.
#[test]
fn a_column_of_a_million_layers_is_a_sum() {
    let labels = Array3::from_shape_fn((1 << 20, 1, 1), |(z, ..)| u8::from(z % 3 == 0));
    let volume = Volume::from_labels(&labels);
    let (few, many) = (349_526.0, 699_050.0);
    let expected = (few + many) / (many / 1e-6 + few / 1e6);
    let found = solve(&volume, &[1e-6, 1e6]);
    let apart = (found.effective_conductivity / expected - 1.0).abs();
    assert!(apart <= found.error_bound / expected, "{apart:e} {found:?}");
    assert!(found.error_bound <= 1e-12 * expected && found.iterations == 0);
}
