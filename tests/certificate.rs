//! Is the printed error bound one? Over a few hundred random media the distance to a direct elimination (see
//! `common/star_mesh.rs`) is never above it, and it is not so far above as to say nothing.

mod common;

use common::{random::medium, star_mesh};
use voxion::{field::Backend, physics::conduction::Effective};

/// Media a tolerance.
const MEDIA: u64 = 300;

/// Relative error asked for.
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

/// Claims on every medium at one tolerance.
fn claims(tolerance: f64) -> Vec<(u64, Claim)> {
    let claim = |seed| {
        let problem = medium(seed);
        let found = problem.solve(tolerance, &Backend::Host);
        (seed, Claim::new(&found, star_mesh::conductivity(&problem)))
    };
    (0..MEDIA).map(claim).collect()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

#[test]
fn true_error_is_never_above_the_bound() {
    let mut failures = Vec::new();
    for tolerance in TOLERANCES {
        let claims = claims(tolerance);
        let refused = |(seed, claim): &(u64, Claim)| {
            claim
                .check(tolerance)
                .err()
                .map(|error| format!("medium {seed}: {error}"))
        };
        failures.extend(claims.iter().filter_map(refused));
        let overestimates: Vec<f64> = claims
            .iter()
            .filter_map(|(_, claim)| claim.overestimate())
            .collect();
        let (counted, conducting) = (
            overestimates.len(),
            claims.iter().filter(|(_, c)| c.reference > 0.0).count(),
        );
        let median = median(overestimates);
        println!(
            "tolerance {tolerance:e}: median overestimate {median:.2} ({counted} of {conducting} conducting media \
             have an error above rounding)"
        );
        if !(1.0..100.0).contains(&median) {
            failures.push(format!(
                "median overestimate {median} at tolerance {tolerance}"
            ));
        }
    }
    assert!(
        failures.is_empty(),
        "{} failures\n{}",
        failures.len(),
        failures.join("\n")
    );
}

#[test]
fn a_bound_that_is_too_small_is_caught() {
    let claims = claims(1e-2);
    let mut caught = 0;
    for (seed, claim) in claims {
        let Some(overestimate) = claim.overestimate() else {
            continue;
        };
        let shrunk = Claim {
            bound: claim.bound / (2.0 * overestimate),
            ..claim
        };
        assert!(
            shrunk.check(1e-2).is_err(),
            "medium {seed}: {shrunk:?} passes"
        );
        caught += 1;
    }
    assert!(caught > 100, "only {caught} media have an error to catch");
}
