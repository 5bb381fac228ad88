//! Does the lean solve give the numbers of the full one? On small random media it is held against direct elimination, on
//! larger ones, which several tasks share, against the full solve; always with the bound that it prints.

mod common;

use common::{
    problem::Problem,
    random::{harsh_medium, medium},
    star_mesh,
};
use ndarray::Array3;
use rayon::prelude::*;
use voxion::{
    Error,
    field::Backend,
    microstructure::{Axis, Volume},
    physics::conduction::{Boundary, Effective, MemoryMode, Sides, Solution},
    solve::{Silent, SolveError, Tolerance},
};

fn lean(mut problem: Problem) -> Problem {
    // Contacts store every face.
    problem.contact.clear();
    problem.memory(MemoryMode::Lean)
}

/// How far two results are apart, over what their bounds allow.
fn disagreement(a: &Effective, b: &Effective) -> f64 {
    let apart = (a.effective_conductivity - b.effective_conductivity).abs();
    apart / (a.error_bound + b.error_bound)
}

/// A medium of waves, bicontinuous, with walls of another phase; 2 is the third label.
fn waves(shape: [usize; 3]) -> Volume {
    let labels = Array3::from_shape_fn(shape, |(z, y, x)| {
        let wave = |v: usize, k: f64| (v as f64 * k).sin();
        let sum =
            wave(z, 0.7) * wave(y, 0.9) + wave(x, 0.8) * wave(z, 0.5) + 0.6 * wave(y + x, 0.37);
        if (y + 2 * x) % 23 == 0 {
            2
        } else {
            u8::from(sum > -0.1)
        }
    });
    Volume::from_labels(&labels)
}

/// Problems with several tasks, cut blocks, every boundary, one conductivity and several.
fn larger() -> Vec<Problem> {
    let one = |shape| Problem::new(waves(shape), &[(1, 1.0)]);
    let two = |shape| Problem::new(waves(shape), &[(1, 1.0), (0, 1e-3), (2, 0.2)]);
    vec![
        one([67, 33, 35]),
        one([64, 40, 30]).sides(Sides::Periodic),
        one([40, 97, 32]).along(Axis::Y).boundary(Boundary::Centre),
        two([66, 31, 36]).spacing([1e-6, 2e-6, 0.7e-6]),
        two([30, 34, 99]).along(Axis::X).sides(Sides::Periodic),
    ]
}

#[test]
fn random_media_lie_within_their_bound_of_direct_elimination() {
    let outcomes: Vec<Option<f64>> = (0..200u64)
        .into_par_iter()
        .map(|seed| {
            let problem = lean(medium(seed));
            let reference = star_mesh::conductivity(&problem);
            match problem.try_solve(1e-3, &Backend::Host) {
                Ok(found) => {
                    let error = (found.effective_conductivity - reference).abs();
                    let room = found.error_bound + 1e-12 * reference;
                    assert!(error <= room, "{error:e} > {room:e}: {}", problem.summary());
                    assert!(found.error_bound <= 1e-3 * reference + 1e-30);
                    Some(error / room.max(f64::MIN_POSITIVE))
                }
                Err(Error::Solve(SolveError::SinglePrecision { .. })) => None,
                Err(error) => panic!("{error}: {}", problem.summary()),
            }
        })
        .collect();
    let errors: Vec<f64> = outcomes.iter().copied().flatten().collect();
    assert!(
        errors.len() >= 190,
        "{} of 200 need double precision",
        200 - errors.len()
    );
    // A bound half as large would be too small for some.
    assert!(
        errors.iter().any(|&share| share > 0.5),
        "no error comes near its bound"
    );
}

#[test]
fn larger_media_have_the_numbers_of_the_full_solve() {
    for problem in larger() {
        for tolerance in [1e-2, 1e-3, 1e-5] {
            let full = problem.solve(1e-9, &Backend::Host);
            let found = lean(problem.clone()).solve(tolerance, &Backend::Host);
            let share = disagreement(&found, &full);
            assert!(
                share <= 1.0,
                "{share} at {tolerance}: {}",
                problem.summary()
            );
            assert!(found.error_bound <= tolerance * found.effective_conductivity);
            let mut wrong = full.clone();
            wrong.effective_conductivity *= 1.0 + 3.0 * tolerance;
            assert!(
                disagreement(&found, &wrong) > 1.0,
                "a wrong number would pass"
            );
            let flux = (found.flux_in / full.flux_in - 1.0).abs();
            assert!(flux < 30.0 * tolerance.sqrt(), "flux off by {flux}");
        }
    }
}

#[test]
fn iterations_are_those_of_the_full_solve_but_for_one() {
    for problem in larger() {
        let [full, lean] = [problem.clone(), lean(problem.clone())]
            .map(|problem| problem.solve(1e-4, &Backend::Host).iterations);
        assert!(lean <= full + 1, "{lean} > {full}: {}", problem.summary());
    }
}

fn solution(problem: &Problem, threads: usize) -> Solution {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    let tolerance = Tolerance::default();
    pool.unwrap().install(|| {
        let described = problem.describe().unwrap();
        described
            .solve(problem.axis, tolerance, &Backend::Host, &mut Silent)
            .unwrap()
    })
}

#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    for problem in larger() {
        let bits = |threads| {
            let solution = solution(&lean(problem.clone()), threads);
            let numbers = [
                solution.effective.effective_conductivity,
                solution.effective.error_bound,
            ];
            let potential = solution.potential();
            (numbers.map(f64::to_bits), potential.mapv(f64::to_bits))
        };
        let one = bits(1);
        assert!(one == bits(2) && one == bits(5), "{}", problem.summary());
    }
}

#[test]
fn the_potential_is_that_of_the_full_solve() {
    for problem in larger() {
        let [full, lean] =
            [problem.clone(), lean(problem.clone())].map(|p| solution(&p, 2).potential());
        let apart = full.iter().zip(&lean).map(|(a, b)| (a - b).abs());
        // Both are 1e-3 of the energy away from the truth, and NaN in the same voxels.
        assert!(
            full.iter()
                .zip(&lean)
                .all(|(a, b)| a.is_nan() == b.is_nan())
        );
        let worst = apart.filter(|d| !d.is_nan()).fold(0.0, f64::max);
        assert!(worst > 0.0 && worst < 0.1, "{worst}: {}", problem.summary());
    }
}

/// Conductivities between 1e-8 and 1e8: a result is right, or there is none and it is said why.
#[test]
fn what_single_precision_cannot_carry_is_said() {
    let mut said = 0;
    for seed in 0..60 {
        let problem = lean(harsh_medium(seed));
        let reference = star_mesh::conductivity(&problem);
        match problem.try_solve(1e-3, &Backend::Host) {
            Ok(found) => {
                let error = (found.effective_conductivity - reference).abs();
                assert!(
                    error <= found.error_bound + 1e-12 * reference,
                    "medium {seed}"
                );
            }
            Err(Error::Solve(SolveError::SinglePrecision { .. })) => said += 1,
            Err(error) => panic!("medium {seed}: {error}"),
        }
    }
    assert!(said > 0, "every contrast was carried");
}
