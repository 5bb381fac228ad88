//! Is the printed error bound one? Over a few hundred random media the distance to a direct elimination (see
//! `common/star_mesh.rs`) is never above it, and it is not so far above as to say nothing.

mod common;

use common::{
    problem::Problem,
    random::{extreme_medium, harsh_medium, medium},
    star_mesh,
};
use rayon::prelude::*;
use voxion::{field::Backend, physics::conduction::Effective};

/// Random media, by seed.
const MEDIA: u64 = 300;

/// Relative errors asked for.
const TOLERANCES: [f64; 4] = [1e-1, 1e-2, 1e-3, 1e-6];

/// Relative rounding of the reference and of a sum over a few thousand voxels in f64.
const ROUNDING: f64 = 1e-12;

/// What a result claims, and how wrong it is.
#[derive(Debug, Clone, Copy)]
struct Claim {
    value: f64,
    bound: f64,
    reference: f64,
}

impl Claim {
    fn new(found: &Effective, reference: f64) -> Self {
        Self {
            value: found.effective_conductivity,
            bound: found.error_bound,
            reference,
        }
    }

    fn error(&self) -> f64 {
        (self.value - self.reference).abs()
    }

    /// The true error is within the bound, and the bound within what was asked for.
    fn check(&self, tolerance: f64) -> Result<(), String> {
        let rounding = ROUNDING * self.reference;
        if self.error() > self.bound + rounding {
            return Err(format!(
                "error {:.3e} is above the bound: {self:?}",
                self.error()
            ));
        }
        if self.bound > tolerance * self.value.max(self.reference) + rounding {
            return Err(format!(
                "the bound is above the tolerance {tolerance}: {self:?}"
            ));
        }
        Ok(())
    }

    /// Bound over true error, where the latter is more than rounding.
    fn overestimate(&self) -> Option<f64> {
        (self.error() > 10.0 * ROUNDING * self.reference).then(|| self.bound / self.error())
    }
}

/// The media of all seeds with their conductivity by direct elimination.
fn references(medium: impl Fn(u64) -> Problem + Sync) -> Vec<(Problem, f64)> {
    let reference = |problem: Problem| {
        let conductivity = star_mesh::conductivity(&problem);
        (problem, conductivity)
    };
    (0..MEDIA)
        .into_par_iter()
        .map(|seed| reference(medium(seed)))
        .collect()
}

/// The claim on a medium at a tolerance, or what is wrong with it.
fn claim(medium: &(Problem, f64), tolerance: f64) -> Result<Claim, String> {
    let (problem, reference) = medium;
    let found = problem
        .try_solve(tolerance, &Backend::Host)
        .map_err(|error| error.to_string())?;
    let claim = Claim::new(&found, *reference);
    claim.check(tolerance).map(|()| claim)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Checks every claim at a tolerance and returns what is wrong with them.
fn failures(references: &[(Problem, f64)], tolerance: f64) -> Vec<String> {
    let mut failures = Vec::new();
    let mut overestimates = Vec::new();
    for (seed, medium) in references.iter().enumerate() {
        match claim(medium, tolerance) {
            Ok(claim) => overestimates.extend(claim.overestimate()),
            Err(error) => failures.push(format!(
                "medium {seed} at {tolerance}: {error}: {}",
                medium.0.summary()
            )),
        }
    }
    let conducting = references
        .iter()
        .filter(|(_, reference)| *reference > 0.0)
        .count();
    let counted = overestimates.len();
    let median = median(overestimates);
    println!(
        "tolerance {tolerance:e}: median overestimate {median:.2} \
         ({conducting} media conduct, {counted} with an error above rounding)"
    );
    if !(1.0..100.0).contains(&median) {
        failures.push(format!(
            "median overestimate {median} at tolerance {tolerance}"
        ));
    }
    failures
}

#[test]
fn true_error_is_never_above_the_bound() {
    let references = references(medium);
    let failures: Vec<String> = TOLERANCES
        .iter()
        .flat_map(|&tolerance| failures(&references, tolerance))
        .collect();
    assert!(
        failures.is_empty(),
        "{} failures\n{}",
        failures.len(),
        failures.join("\n")
    );
}

/// Conductivities between 1e-8 and 1e8 are beyond f32: the solver finds out and goes on in f64.
#[test]
fn harsh_contrasts_are_certified() {
    for (seed, (problem, reference)) in references(harsh_medium).iter().enumerate() {
        let found = problem.try_solve(1e-3, &Backend::Host);
        let found =
            found.unwrap_or_else(|error| panic!("medium {seed}: {error}: {}", problem.summary()));
        Claim::new(&found, *reference)
            .check(1e-3)
            .unwrap_or_else(|error| panic!("medium {seed}: {error}: {}", problem.summary()));
    }
}

#[test]
fn a_bound_that_is_too_small_is_caught() {
    let mut caught = 0;
    for medium in references(medium) {
        let claim = claim(&medium, 1e-2).unwrap_or_else(|error| panic!("{error}"));
        let Some(overestimate) = claim.overestimate() else {
            continue;
        };
        let shrunk = Claim {
            bound: claim.bound / (2.0 * overestimate),
            ..claim
        };
        assert!(shrunk.check(1e-2).is_err(), "{shrunk:?} passes");
        caught += 1;
    }
    assert!(caught > 100, "only {caught} media have an error to catch");
}

/// Two phases 1e13 to 1e20 apart: nothing that a number in f64 cannot bound is said, and what is said holds.
#[test]
fn contrasts_beyond_double_precision_are_bounded_or_refused() {
    let (mut bounded, mut refused) = (0, 0);
    for (seed, (problem, reference)) in references(extreme_medium).iter().enumerate() {
        let Ok(found) = problem.try_solve(1e-3, &Backend::Host) else {
            refused += 1;
            continue;
        };
        bounded += 1;
        assert!(found.error_bound >= 0.0, "medium {seed}: {found:?}");
        Claim::new(&found, *reference)
            .check(1e-3)
            .unwrap_or_else(|error| panic!("medium {seed}: {error}: {}", problem.summary()));
    }
    println!("{bounded} bounded, {refused} refused");
    assert!(
        20 * refused < bounded,
        "{refused} of {} are refused",
        bounded + refused
    );
}
