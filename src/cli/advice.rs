//! Warnings: each says what was seen, what it means and what to do.

use super::solve::Solved;
use indicatif::BinaryBytes;
use std::fmt;
use voxion::{
    gpu::{AdapterKind, adapters},
    microstructure::{Axis, Volume},
    physics::conduction::Effective,
    report::numbers::plain,
    scenario::Scenario,
    solve::Tolerance,
};

/// Something that a user should know about a run that worked.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Advice {
    /// A phase was described that no voxel has.
    PhaseWithoutVoxels { phase: String },
    /// No cluster of conducting voxels joins the electrodes.
    NoPath { axes: Vec<Axis> },
    /// Much of what conducts is cut off.
    HardlyPercolating { axes: Vec<Axis>, fraction: f64 },
    /// The solver ended without the certificate that was asked for.
    NotCertified { axis: Axis, bound: f64, asked: f64 },
    /// Less memory is available than the solve is expected to take.
    MemoryShort { needed: u64, available: u64 },
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
            Self::NoPath { axes } => write!(
                f,
                "nothing that conducts joins the two ends along {}, so the effective conductivity is exactly 0 and the \
                 tortuosity factor infinite",
                listed(axes)
            ),
            Self::HardlyPercolating { axes, fraction } => write!(
                f,
                "along {} only {} % of the conducting voxels belong to a path between the ends; so close to the \
                 percolation threshold the result depends on resolution and on the chosen region, so compare several",
                listed(axes),
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
            Self::MemoryShort { needed, available } => write!(
                f,
                "the solve takes about {} and {} are available, so the system may stop it; crop or coarsen the volume \
                 (voxion convert), or take a larger machine",
                BinaryBytes(*needed),
                BinaryBytes(*available)
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
        say!("warning: {self}");
    }
}

/// Below this fraction of conducting voxels on a path, a volume is close to its percolation threshold.
const HARDLY_PERCOLATING: f64 = 0.7;

/// What can be said before the solve.
pub(crate) fn before(scenario: &Scenario, volume: &Volume) -> Vec<Advice> {
    let absent = scenario.absent_phases(volume);
    let absent = absent.map(|phase| Advice::PhaseWithoutVoxels {
        phase: phase.title(),
    });
    let ignored = scenario.ignored().into_iter();
    absent.chain(ignored.map(Advice::Notice)).collect()
}

/// What the results suggest.
pub(crate) fn after(results: &[Solved], tolerance: Tolerance) -> Vec<Advice> {
    let effectives = || results.iter().map(|solved| &solved.effective);
    let (blocked, open): (Vec<_>, Vec<_>) =
        effectives().partition(|effective| effective.effective_conductivity == 0.0);
    let hardly: Vec<_> = open
        .iter()
        .filter(|e| e.percolating_fraction < HARDLY_PERCOLATING)
        .collect();
    let mut advice: Vec<Advice> = open
        .iter()
        .filter_map(|effective| not_certified(effective, tolerance))
        .collect();
    if !blocked.is_empty() {
        advice.push(Advice::NoPath {
            axes: blocked.iter().map(|e| e.axis).collect(),
        });
    }
    if !hardly.is_empty() {
        let fraction = hardly
            .iter()
            .map(|e| e.percolating_fraction)
            .fold(1.0, f64::min);
        let axes = hardly.iter().map(|e| e.axis).collect();
        advice.push(Advice::HardlyPercolating { axes, fraction });
    }
    advice
}

fn not_certified(effective: &Effective, tolerance: Tolerance) -> Option<Advice> {
    let bound = effective.error_bound / effective.effective_conductivity;
    let asked = tolerance.relative_error;
    let axis = effective.axis;
    (bound.is_nan() || bound > asked).then_some(Advice::NotCertified { axis, bound, asked })
}

/// "z, y and x".
fn listed(axes: &[Axis]) -> String {
    let names: Vec<&str> = axes.iter().map(|axis| axis.name()).collect();
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => names.concat(),
    }
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
