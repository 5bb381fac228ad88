//! Warnings: each says what was seen, what it means and what to do.

use super::numbers::plain;
use std::fmt;
use voxion::{
    gpu::{AdapterKind, adapters},
    microstructure::{Axis, Volume},
    physics::conduction::Effective,
    scenario::Scenario,
    solve::Tolerance,
};

/// Something that a user should know about a run that worked.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Advice {
    /// A phase was described that no voxel has.
    PhaseWithoutVoxels { phase: String },
    /// No cluster of conducting voxels joins the electrodes.
    NoPath { axis: Axis },
    /// Much of what conducts is cut off.
    HardlyPercolating { axis: Axis, fraction: f64 },
    /// The solver ended without the certificate that was asked for.
    NotCertified { axis: Axis, bound: f64, asked: f64 },
    /// A CPU that emulates a GPU solved.
    SoftwareAdapter { adapter: String },
    /// The solver went on in another way than asked.
    Notice(String),
}

impl fmt::Display for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PhaseWithoutVoxels { phase } => write!(
                f,
                "no voxel belongs to {phase}; check the label, or whether the volume is the right one"
            ),
            Self::NoPath { axis } => write!(
                f,
                "nothing that conducts joins the two ends along {}, so the effective conductivity is exactly 0 and the \
                 tortuosity factor infinite",
                axis.name()
            ),
            Self::HardlyPercolating { axis, fraction } => write!(
                f,
                "along {} only {} % of the conducting voxels belong to a path between the ends; so close to the \
                 percolation threshold the result depends on resolution and on the chosen region, so compare several",
                axis.name(),
                plain((fraction * 1e4).round() / 1e2)
            ),
            Self::NotCertified { axis, bound, asked } => write!(
                f,
                "along {} the error is certified to {} only, where {} was asked for; take the value with that bound, or \
                 raise --rtol",
                axis.name(),
                plain(*bound),
                plain(*asked)
            ),
            Self::SoftwareAdapter { adapter } => write!(
                f,
                "{adapter} emulates a GPU on the CPU; the result is right, but --backend host is faster"
            ),
            Self::Notice(sentence) => f.write_str(sentence),
        }
    }
}

impl Advice {
    /// Says it on stderr.
    pub(crate) fn warn(&self) {
        eprintln!("warning: {self}");
    }
}

/// Below this fraction of conducting voxels on a path, a volume is close to its percolation threshold.
const HARDLY_PERCOLATING: f64 = 0.7;

/// What can be said before the solve.
pub(crate) fn before(scenario: &Scenario, volume: &Volume) -> Vec<Advice> {
    let absent = scenario.absent_phases(volume);
    absent
        .map(|phase| Advice::PhaseWithoutVoxels {
            phase: phase.title(),
        })
        .collect()
}

/// What a result suggests.
pub(crate) fn after(effective: &Effective, tolerance: Tolerance) -> Vec<Advice> {
    let axis = effective.axis;
    let mut advice = Vec::new();
    if effective.effective_conductivity == 0.0 {
        advice.push(Advice::NoPath { axis });
    } else {
        let bound = effective.error_bound / effective.effective_conductivity;
        let asked = tolerance.relative_error;
        if bound.is_nan() || bound > asked {
            advice.push(Advice::NotCertified { axis, bound, asked });
        }
        let fraction = effective.percolating_fraction;
        if fraction < HARDLY_PERCOLATING {
            advice.push(Advice::HardlyPercolating { axis, fraction });
        }
    }
    advice
}

/// Whether the device that solved is a CPU that emulates one.
pub(crate) fn of_adapter(name: &str) -> Option<Advice> {
    let software = adapters()
        .iter()
        .any(|info| info.name == name && info.kind == AdapterKind::Software);
    software.then(|| Advice::SoftwareAdapter {
        adapter: name.to_owned(),
    })
}
