//! The results that a study can collect, each with its unit.

use super::super::words::Words;

/// A result of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Collected {
    /// Effective conductivity, with a bound.
    EffectiveConductivity,
    /// Mean conductivity over effective conductivity, with a bound.
    TortuosityFactor,
    /// Conductivity of what conducts over effective conductivity, with a bound.
    MacmullinNumber,
    /// Thickness over effective conductivity, with a bound.
    AreaResistance,
    /// Fraction of the voxels that conduct.
    ConductingFraction,
    /// Part of the conducting voxels that joins the two ends.
    PercolatingFraction,
    /// Fraction of the voxels in phases that are called pore or void.
    Porosity,
    /// The same of the six faces of the volume.
    SurfacePorosity,
    /// Length of the lines where active material, electrolyte and carbon meet, per volume.
    TriplePhaseBoundary,
    /// The part of it that ions and electrons reach.
    ActiveTriplePhaseBoundary,
}

/// Every result by its word.
pub const COLLECTED: Words<Collected> = Words::new(&[
    ("effective_conductivity", Collected::EffectiveConductivity),
    ("tortuosity_factor", Collected::TortuosityFactor),
    ("macmullin_number", Collected::MacmullinNumber),
    ("area_resistance", Collected::AreaResistance),
    ("conducting_fraction", Collected::ConductingFraction),
    ("percolating_fraction", Collected::PercolatingFraction),
    ("porosity", Collected::Porosity),
    ("surface_porosity", Collected::SurfacePorosity),
    ("triple_phase_boundary", Collected::TriplePhaseBoundary),
    (
        "active_triple_phase_boundary",
        Collected::ActiveTriplePhaseBoundary,
    ),
]);

/// What is collected where a study does not say.
pub(super) const USUAL: [Collected; 4] = [
    Collected::EffectiveConductivity,
    Collected::TortuosityFactor,
    Collected::PercolatingFraction,
    Collected::Porosity,
];

impl Collected {
    /// As files have it: "effective_conductivity".
    pub fn word(self) -> &'static str {
        COLLECTED.word(self).unwrap_or_default()
    }

    /// "1" for plain numbers. With `absolute`, conductivities are in S/m and lengths in m; else they are relative, and
    /// lengths are in voxels.
    pub fn unit(self, absolute: bool) -> &'static str {
        match (self, absolute) {
            (Self::EffectiveConductivity, true) => "S/m",
            (Self::AreaResistance, true) => "Ohm m2",
            (Self::TriplePhaseBoundary | Self::ActiveTriplePhaseBoundary, true) => "1/m2",
            _ => "1",
        }
    }

    /// Whether it comes with a certified bound.
    pub fn has_bound(self) -> bool {
        use Collected::{AreaResistance, EffectiveConductivity, MacmullinNumber, TortuosityFactor};
        matches!(
            self,
            EffectiveConductivity | TortuosityFactor | MacmullinNumber | AreaResistance
        )
    }

    /// Whether it is measured apart from the solve, and so only where it is asked for.
    pub fn is_measured(self) -> bool {
        matches!(
            self,
            Self::TriplePhaseBoundary | Self::ActiveTriplePhaseBoundary
        )
    }
}
