//! A known answer: a problem, what must come out, and the one comparison that decides, which is itself tested with a
//! wrong answer every time it is used.

use super::problem::Problem;
use voxion::{field::Backend, physics::conduction::Effective};

/// What must come out.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Expected {
    /// Effective conductivity, known to rounding.
    Conductivity(f64),
    /// Tortuosity factor, known to rounding.
    Tortuosity(f64),
    /// Effective conductivity, known to an absolute error.
    ConductivityWithin(f64, f64),
    /// Tortuosity factor, known to an absolute error.
    TortuosityWithin(f64, f64),
}

/// A problem and its answer.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) problem: Problem,
    pub(crate) expected: Expected,
}

impl Case {
    pub(crate) fn new(name: impl Into<String>, problem: Problem, expected: Expected) -> Self {
        Self {
            name: name.into(),
            problem,
            expected,
        }
    }

    /// Compares what a solve reports; `exact` is the relative error allowed where the answer is known to rounding.
    pub(crate) fn check(&self, found: &Effective, exact: f64) -> Result<(), String> {
        self.check_conductivity(found.effective_conductivity, exact)?;
        let consistent = self.mean_conductivity() / found.effective_conductivity;
        self.compare(found.tortuosity_factor, consistent, 1e-12 * consistent)
    }

    /// Compares an effective conductivity alone.
    pub(crate) fn check_conductivity(&self, found: f64, exact: f64) -> Result<(), String> {
        let tau = self.mean_conductivity() / found;
        match self.expected {
            Expected::Conductivity(k) => self.compare(found, k, exact * k),
            Expected::Tortuosity(t) => self.compare(tau, t, exact * t),
            Expected::ConductivityWithin(k, allowed) => self.compare(found, k, allowed),
            Expected::TortuosityWithin(t, allowed) => self.compare(tau, t, allowed),
        }
    }

    /// A device test that ran on the host tested nothing. Without iterations no machine was needed.
    fn check_machine(&self, found: &Effective, backend: &Backend) -> Result<(), String> {
        let on_device = matches!(backend, Backend::Device { .. });
        if found.iterations == 0 || found.adapter.is_some() == on_device {
            return Ok(());
        }
        Err(format!(
            "{}: asked for {backend:?}, solved by {:?}",
            self.name, found.adapter
        ))
    }

    fn mean_conductivity(&self) -> f64 {
        self.problem.sigma().mean().expect("a volume has voxels")
    }

    fn compare(&self, found: f64, expected: f64, allowed: f64) -> Result<(), String> {
        // equal covers an infinite tortuosity
        if found == expected || (found - expected).abs() <= allowed {
            return Ok(());
        }
        Err(format!(
            "{}: {found:.12}, expected {expected:.12} within {allowed:.1e}",
            self.name
        ))
    }

    /// The same case with an answer that is wrong in the last digit that counts.
    fn perturbed(&self, exact: f64) -> Self {
        let expected = match self.expected {
            Expected::Conductivity(k) => {
                Expected::Conductivity(k * (1.0 + 4.0 * exact) + f64::MIN_POSITIVE)
            }
            Expected::Tortuosity(t) => Expected::Tortuosity(t * (1.0 + 4.0 * exact)),
            Expected::ConductivityWithin(k, d) => Expected::ConductivityWithin(k + 4.0 * d, d),
            Expected::TortuosityWithin(t, d) => Expected::TortuosityWithin(t + 4.0 * d, d),
        };
        Self {
            expected,
            ..self.clone()
        }
    }
}

/// Solves every case and panics with all that fail; the right answer must pass and a perturbed one must not.
pub(crate) fn assert_all(cases: &[Case], backend: &Backend, exact: f64) {
    let mut failures = Vec::new();
    for case in cases {
        let found = case.problem.solve(exact / 10.0, backend);
        println!(
            "{}: k = {:.12} +- {:.1e}, tau = {:.9}, {} iterations",
            case.name,
            found.effective_conductivity,
            found.error_bound,
            found.tortuosity_factor,
            found.iterations
        );
        failures.extend(case.check(&found, exact).err());
        failures.extend(case.check_machine(&found, backend).err());
        if case.perturbed(exact).check(&found, exact).is_ok() {
            failures.push(format!("{}: a perturbed answer passes too", case.name));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
