//! The results that a study can collect, each with its unit, what it is computed with, and whether it has a bound.

use super::super::{Resolutions, Scenario, words::Words};

/// A result of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Collected {
    /// Effective conductivity, with a bound.
    EffectiveConductivity,
    /// Where the effective conductivity goes as voxels shrink, with the bound that follows from those of the resolutions.
    ExtrapolatedConductivity,
    /// The order of convergence that three resolutions show.
    ObservedOrder,
    /// Conductivity of a cell in all directions, by entry, with a bound of each.
    ConductivityTensor,
    /// Where its entries go as voxels shrink.
    ExtrapolatedTensor,
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
    /// Mean stress over the volume, by component, with a bound.
    MeanStress,
    /// Mean strain of the volume, by component, with a bound.
    MeanStrain,
    /// Mean von Mises stress of each solid phase.
    VonMises,
    /// The von Mises stress that 5 % of a phase exceed.
    VonMises95,
    /// Mean of a third of the trace of the stress of each solid phase; positive under tension.
    HydrostaticStress,
    /// The largest principal stress that 5 % of a phase exceed; positive under tension.
    PrincipalStress95,
    /// Young's modulus of the isotropic solid nearest to the effective stiffness, with a bound.
    YoungsModulus,
    /// Current per cross-section of an electrode, with a bound.
    CurrentDensity,
    /// Overpotential of an electrode.
    Overpotential,
    /// Overpotential over current, with a bound.
    ElectrodeResistance,
    /// The part of it that ions take on their way.
    IonicResistance,
    /// The part that electrons take.
    ElectronicResistance,
    /// The part of contacts and films.
    ContactResistance,
    /// The part of charge transfer.
    KineticResistance,
    /// Part of the sites that carries more than half of the mean.
    ActiveSites,
    /// Part of the sites that both carriers reach.
    ReachedSites,
    /// Part of the active material within reach of both carriers.
    Utilisation,
    /// Thickness that carries 63 % of the reaction.
    PenetrationDepth,
    /// Resistance of a membrane of the thickness of `[cell]`, with a bound.
    MembraneResistance,
    /// Energy of that cell per mass, with a bound.
    EnergyDensity,
    /// Active material per area with which it reaches its target, with a bound.
    LoadingNeeded,
}

/// Every result by its word.
pub const COLLECTED: Words<Collected> = Words::new(&[
    ("effective_conductivity", Collected::EffectiveConductivity),
    (
        "extrapolated_conductivity",
        Collected::ExtrapolatedConductivity,
    ),
    ("observed_order", Collected::ObservedOrder),
    ("conductivity_tensor", Collected::ConductivityTensor),
    ("extrapolated_tensor", Collected::ExtrapolatedTensor),
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
    ("mean_stress", Collected::MeanStress),
    ("mean_strain", Collected::MeanStrain),
    ("von_mises", Collected::VonMises),
    ("von_mises_95", Collected::VonMises95),
    ("hydrostatic_stress", Collected::HydrostaticStress),
    ("principal_stress_95", Collected::PrincipalStress95),
    ("youngs_modulus", Collected::YoungsModulus),
    ("current_density", Collected::CurrentDensity),
    ("overpotential", Collected::Overpotential),
    ("electrode_resistance", Collected::ElectrodeResistance),
    ("ionic_resistance", Collected::IonicResistance),
    ("electronic_resistance", Collected::ElectronicResistance),
    ("contact_resistance", Collected::ContactResistance),
    ("kinetic_resistance", Collected::KineticResistance),
    ("active_sites", Collected::ActiveSites),
    ("reached_sites", Collected::ReachedSites),
    ("utilisation", Collected::Utilisation),
    ("penetration_depth", Collected::PenetrationDepth),
    ("membrane_resistance", Collected::MembraneResistance),
    ("energy_density", Collected::EnergyDensity),
    ("loading_needed", Collected::LoadingNeeded),
]);

/// What is collected where a study does not say.
const USUAL: [Collected; 4] = [
    Collected::EffectiveConductivity,
    Collected::TortuosityFactor,
    Collected::PercolatingFraction,
    Collected::Porosity,
];

/// What a result is computed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The conduction problem, which every case solves, and what the volume shows at once.
    Conduction,
    /// The conduction problem at several resolutions, `extrapolate` in `[transport]`.
    Resolutions,
    /// The conduction problem of a cell without electrodes.
    Tensor,
    /// The lines where three phases meet.
    TripleLines,
    /// The section `[stress]`.
    Stress,
    /// The section `[reaction]`.
    Reaction,
    /// The section `[cell]`.
    Cell,
}

impl Part {
    /// Every part that is computed only where one of its results is asked for.
    pub const ASKED: [Self; 4] = [Self::TripleLines, Self::Stress, Self::Reaction, Self::Cell];

    /// The section that a scenario needs for it, unless this one has it.
    pub(super) fn missing(self, scenario: &Scenario) -> Option<&'static str> {
        let (section, there) = match self {
            Self::Conduction | Self::Resolutions | Self::Tensor | Self::TripleLines => return None,
            Self::Stress => ("[stress]", scenario.stress.is_some()),
            Self::Reaction => ("[reaction]", scenario.electrode.is_some()),
            Self::Cell => ("[cell]", scenario.cell.is_some()),
        };
        (!there).then_some(section)
    }
}

impl Collected {
    /// As files have it: "effective_conductivity".
    pub fn word(self) -> &'static str {
        COLLECTED.word(self).unwrap_or_default()
    }

    /// "1" for plain numbers. With `absolute`, conductivities are in S/m and lengths in m; else they are relative, and
    /// lengths are in voxels.
    pub fn unit(self, absolute: bool) -> &'static str {
        match (self, absolute) {
            (
                Self::EffectiveConductivity
                | Self::ExtrapolatedConductivity
                | Self::ConductivityTensor
                | Self::ExtrapolatedTensor,
                true,
            ) => "S/m",
            (Self::AreaResistance, true) => "Ohm m2",
            (Self::TriplePhaseBoundary | Self::ActiveTriplePhaseBoundary, true) => "1/m2",
            (
                Self::MeanStress
                | Self::VonMises
                | Self::VonMises95
                | Self::HydrostaticStress
                | Self::PrincipalStress95
                | Self::YoungsModulus,
                _,
            ) => "Pa",
            (Self::CurrentDensity, _) => "A/m2",
            (Self::Overpotential, _) => "V",
            (
                Self::ElectrodeResistance
                | Self::IonicResistance
                | Self::ElectronicResistance
                | Self::ContactResistance
                | Self::KineticResistance
                | Self::MembraneResistance,
                _,
            ) => "Ohm m2",
            (Self::PenetrationDepth, _) => "m",
            (Self::EnergyDensity, _) => "Wh/kg",
            (Self::LoadingNeeded, _) => "mg/cm2",
            _ => "1",
        }
    }

    /// Whether it comes with a bound.
    pub fn has_bound(self) -> bool {
        use Collected::{
            AreaResistance, ConductivityTensor, CurrentDensity, EffectiveConductivity,
            ElectrodeResistance, EnergyDensity, ExtrapolatedConductivity, ExtrapolatedTensor,
            LoadingNeeded, MacmullinNumber, MeanStrain, MeanStress, MembraneResistance,
            TortuosityFactor, YoungsModulus,
        };
        matches!(
            self,
            EffectiveConductivity
                | ExtrapolatedConductivity
                | ConductivityTensor
                | ExtrapolatedTensor
                | TortuosityFactor
                | MacmullinNumber
                | AreaResistance
                | MeanStress
                | MeanStrain
                | YoungsModulus
                | CurrentDensity
                | ElectrodeResistance
                | MembraneResistance
                | EnergyDensity
                | LoadingNeeded
        )
    }

    /// Whether it is one of a stressed state, rather than a modulus.
    pub fn is_of_a_state(self) -> bool {
        self.part() == Part::Stress && self != Self::YoungsModulus
    }

    /// What it is computed with.
    pub fn part(self) -> Part {
        match self {
            Self::EffectiveConductivity
            | Self::TortuosityFactor
            | Self::MacmullinNumber
            | Self::AreaResistance
            | Self::ConductingFraction
            | Self::PercolatingFraction
            | Self::Porosity
            | Self::SurfacePorosity => Part::Conduction,
            Self::ExtrapolatedConductivity | Self::ObservedOrder => Part::Resolutions,
            Self::ConductivityTensor | Self::ExtrapolatedTensor => Part::Tensor,
            Self::TriplePhaseBoundary | Self::ActiveTriplePhaseBoundary => Part::TripleLines,
            Self::MeanStress
            | Self::MeanStrain
            | Self::VonMises
            | Self::VonMises95
            | Self::HydrostaticStress
            | Self::PrincipalStress95
            | Self::YoungsModulus => Part::Stress,
            Self::MembraneResistance | Self::EnergyDensity | Self::LoadingNeeded => Part::Cell,
            _ => Part::Reaction,
        }
    }
}

/// What is collected where a study does not say.
pub(super) fn usual(scenarios: &[&Scenario]) -> Vec<Collected> {
    let mut usual = USUAL.to_vec();
    let is_cell = |scenario: &&Scenario| scenario.transport.boundary.is_cell();
    if scenarios.iter().any(is_cell) {
        usual.insert(1, Collected::ConductivityTensor);
    }
    usual
}

/// What belongs beside what a study asks for: the extrapolated number beside the plain one, where several resolutions are solved.
pub(super) fn completed(asked: Vec<Collected>, scenarios: &[&Scenario]) -> Vec<Collected> {
    let several = |scenario: &&Scenario| scenario.transport.resolutions != Resolutions::One;
    if !scenarios.iter().any(several) {
        return asked;
    }
    let with = |result: &Collected| match result {
        Collected::EffectiveConductivity => vec![
            *result,
            Collected::ExtrapolatedConductivity,
            Collected::ObservedOrder,
        ],
        Collected::ConductivityTensor => vec![*result, Collected::ExtrapolatedTensor],
        _ => vec![*result],
    };
    let mut completed: Vec<Collected> = Vec::new();
    for result in asked.iter().flat_map(with) {
        if !completed.contains(&result) {
            completed.push(result);
        }
    }
    completed
}
