//! Media whose conductivities are up to 29 powers of ten apart: the number lies within its bound, which is as small as asked
//! for wherever what is left out carries that little.

use ndarray::Array3;
use voxion::{
    Error,
    field::Backend,
    microstructure::{Axis, Volume},
    physics::conduction::{Conduction, Effective},
    solve::{Silent, SolveError, Tolerance},
};

fn solve(volume: &Volume, sigma: &[f64]) -> Effective {
    attempt(volume, sigma).unwrap()
}

fn attempt(volume: &Volume, sigma: &[f64]) -> Result<Effective, Error> {
    let mut problem = Conduction::new(volume);
    for (label, &sigma) in (0..).zip(sigma) {
        problem = problem.conductivity(label, sigma).unwrap();
    }
    let (tolerance, backend) = (Tolerance::default(), &Backend::Host);
    let solution = problem.solve(Axis::Z, tolerance, backend, &mut Silent);
    Ok(solution?.effective)
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

/// Islands that conduct 17 to 29 powers of ten better than what is between them: the number of good islands, or none.
#[test]
fn islands_that_conduct_far_too_well_are_as_good_as_perfect_or_refused() {
    let volume = blobs(24);
    let reference = solve(&volume, &[0.0, 1e-11, 1e1]);
    for strong in [1e4, 1e6, 1e10, 1e18] {
        match attempt(&volume, &[0.0, 1e-11, strong]) {
            Ok(found) => check(&found, &reference),
            Err(Error::Solve(SolveError::Stagnated { reached, wanted })) => {
                assert!(strong > 1e4 && reached > wanted, "{strong:e}: {reached:e}");
            }
            Err(error) => panic!("{strong:e}: {error}"),
        }
    }
}

#[test]
fn a_wrong_weak_phase_is_caught() {
    let volume = blobs(24);
    let reference = solve(&volume, &[0.0, 1e5, 0.0]);
    let found = solve(&volume, &[1e3, 1e5, 1e-20]);
    let apart = (found.effective_conductivity - reference.effective_conductivity).abs();
    assert!(apart > found.error_bound + reference.error_bound);
}
