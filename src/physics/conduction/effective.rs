//! The numbers that are reported for one axis.

use super::{
    Boundary, Conduction,
    assembly::{Assembly, number},
};
use crate::{
    microstructure::Axis,
    solve::{SolveError, refinement::Certified},
};
use std::time::Instant;

/// The reported numbers of one axis.
#[derive(Debug, Clone)]
pub struct Effective {
    /// Transport axis.
    pub axis: Axis,
    /// Boundary convention.
    pub boundary: Boundary,
    /// Effective conductivity, in the units of the given conductivities (S/m).
    pub effective_conductivity: f64,
    /// Certified absolute error of `effective_conductivity`, same units: that of the discrete equations lies within it. The
    /// discretisation error is not part of it.
    pub error_bound: f64,
    /// Effective conductivity over the mean conductivity of the conducting voxels.
    pub relative_conductivity: f64,
    /// `mean(sigma) / effective_conductivity`, the mean over all voxels: porosity over relative conductivity for one conducting
    /// phase; infinite without a path.
    pub tortuosity_factor: f64,
    /// 1 / `relative_conductivity`.
    pub macmullin_number: f64,
    /// Fraction of the voxels that conduct.
    pub conducting_fraction: f64,
    /// Fraction of the conducting voxels that belong to a cluster joining both electrodes.
    pub percolating_fraction: f64,
    /// Effective conductivity as the current through the inlet alone gives it; not a number where that is rounding alone, as
    /// beside an electrode that touches what conducts many powers of ten better than the medium.
    pub flux_in: f64,
    /// The same for the outlet.
    pub flux_out: f64,
    /// Iterations of conjugate gradients, all corrections together.
    pub iterations: usize,
    /// Seconds from labels in memory to the number.
    pub seconds: f64,
    /// Name of the adapter that solved, where a device did.
    pub adapter: Option<String>,
}

/// How a solve ended.
pub(super) struct Outcome {
    pub(super) certified: Certified,
    pub(super) adapter: Option<String>,
    pub(super) start: Instant,
}

impl Effective {
    pub(super) fn new(problem: &Conduction<'_>, assembly: &Assembly, outcome: Outcome) -> Self {
        let [conducting, percolating] = [assembly.conducting, assembly.percolating].map(number);
        let factor = assembly.conductivity_per_energy();
        Self::of(
            problem,
            (assembly.axis, conducting, percolating),
            outcome,
            factor,
        )
    }

    /// From the energy times a factor, with the voxels that conduct, and those of them that carry along the axis.
    pub(super) fn of(
        problem: &Conduction<'_>,
        (axis, conducting, percolating): (Axis, f64, f64),
        outcome: Outcome,
        factor: f64,
    ) -> Self {
        let Outcome {
            certified,
            adapter,
            start,
        } = outcome;
        let counts = problem.volume.counts();
        let voxels = number(counts.iter().sum());
        let total: f64 = counts
            .iter()
            .zip(&problem.sigma)
            .map(|(&n, sigma)| number(n) * sigma[axis.index()])
            .sum();
        let effective = certified.energy() * factor;
        let relative = if conducting > 0.0 {
            effective / (total / conducting)
        } else {
            0.0
        };
        Self {
            axis,
            boundary: problem.boundary,
            effective_conductivity: effective,
            error_bound: certified.error() * factor,
            relative_conductivity: relative,
            tortuosity_factor: if effective > 0.0 {
                total / voxels / effective
            } else {
                f64::INFINITY
            },
            macmullin_number: 1.0 / relative,
            conducting_fraction: conducting / voxels,
            percolating_fraction: if conducting > 0.0 {
                percolating / conducting
            } else {
                0.0
            },
            flux_in: told(certified.balance.inflow * factor, effective),
            flux_out: told(certified.balance.outflow * factor, effective),
            iterations: certified.iterations,
            seconds: start.elapsed().as_secs_f64(),
            adapter,
        }
    }
}

impl Effective {
    /// Refuses a number outside of the harmonic and arithmetic mean of the voxels (O. Wiener, Abh. Math.-Phys. Kl. Koenigl. Saechs. Ges. 32, 507,
    /// 1912): a potential that is a ramp bounds the energy from above, a flow that is the same everywhere from below. The harmonic mean is no
    /// bound where contacts or electrodes resist; with electrodes in the centres of layers the extremes of the voxels stand for both.
    pub(super) fn check(&self, problem: &Conduction<'_>) -> Result<(), SolveError> {
        const ROOM: f64 = 1e-9;
        let Bounds { least, most } = Bounds::of(problem, self.axis);
        let found = self.effective_conductivity;
        let above = found - self.error_bound <= most * (1.0 + ROOM);
        let below = found + self.error_bound >= least * (1.0 - ROOM);
        // Not a number is neither.
        if above && below && found >= 0.0 && self.error_bound >= 0.0 {
            return Ok(());
        }
        Err(SolveError::Implausible { found, least, most })
    }
}

/// What a medium of these voxels can conduct.
struct Bounds {
    least: f64,
    most: f64,
}

impl Bounds {
    fn of(problem: &Conduction<'_>, axis: Axis) -> Self {
        let counts = problem.volume.counts();
        let present = counts.iter().zip(&problem.sigma).filter(|(n, _)| **n > 0);
        let phases: Vec<(f64, f64)> = present
            .map(|(&n, sigma)| (number(n), sigma[axis.index()]))
            .collect();
        let voxels: f64 = phases.iter().map(|(n, _)| n).sum();
        let mut bounds = Self {
            least: voxels / phases.iter().map(|(n, sigma)| n / sigma).sum::<f64>(),
            most: phases.iter().map(|(n, sigma)| n * sigma).sum::<f64>() / voxels,
        };
        if problem.boundary == Boundary::Centre {
            let all = phases.iter().map(|phase| phase.1);
            bounds.least = all.clone().fold(f64::INFINITY, f64::min);
            bounds.most = all.fold(0.0, f64::max);
        }
        if problem.needs_faces() || problem.has_electrode_resistance() {
            bounds.least = 0.0;
        }
        bounds
    }
}

/// A current, unless it is farther from the certified one than that is from zero: then the drop that it follows from is rounding.
fn told(flux: f64, certified: f64) -> f64 {
    let apart = (flux - certified).abs();
    match apart < certified || apart == 0.0 {
        true => flux,
        false => f64::NAN,
    }
}
