//! `[cell]`: the cell that a volume is the membrane of, for its energy per mass.
//!
//! ```toml
//! [cell]
//! thickness = "1 um"             # of the membrane, of which the volume is a piece
//! active = "S"                   # whose theoretical capacity the library has
//! loading = "1.7 mg/cm2"         # of active material
//! active_fraction = "30 %"       # its mass over that of the cathode
//! utilisation = "70 %"           # part of its theoretical capacity that is used
//! voltage = "2.0 V"              # mean, without the membrane
//! lithium = 2                    # over what the theoretical capacity needs
//! collectors = "2.7 mg/cm2"      # and everything else that the cell weighs
//! current_density = "1 mA/cm2"   # of the discharge; 0 if it is left out
//! target = "400 Wh/kg"           # for `loading_needed`
//! ```
//!
//! The membrane weighs what its phases do, by the densities of the library; a phase without material that does not conduct is a pore.

use super::{
    Phase, Scenario,
    error::{Fault, Inconsistency},
    file::{Checked, at},
    material,
    quantity::{self, Kind, Range},
    section::Section,
};
use crate::{
    materials::{self, Material, Property},
    microstructure::Volume,
    physics::energy_density::{CellDesign, Membrane},
};

/// A cell with the volume as its membrane.
#[derive(Debug, Clone, PartialEq)]
pub struct CellPlan {
    /// All but the membrane.
    pub design: CellDesign,
    /// Of the membrane, m.
    pub thickness: f64,
    /// Energy per mass that is wanted, Wh/kg.
    pub target: Option<f64>,
    /// Of each phase, in the order of the scenario's phases, kg/m3.
    pub densities: Vec<f64>,
    /// A sentence for each number of the library.
    pub sources: Vec<String>,
}

/// The keys of `[cell]`.
pub(super) const KEYS: [&str; 10] = [
    "thickness",
    "active",
    "loading",
    "active_fraction",
    "utilisation",
    "voltage",
    "lithium",
    "collectors",
    "current_density",
    "target",
];

/// The section, where a file has it.
pub(super) fn read(root: &Section<'_>, phases: &[Phase]) -> Checked<Option<CellPlan>> {
    if root.place("cell").is_none() {
        return Ok(None);
    }
    let section = root.section("cell", &KEYS)?;
    let known = |key: &str, kind: Kind, range: Range| -> Checked<f64> {
        section.required(key)?;
        Ok(number(&section, key, (kind, range))?.unwrap_or(0.0))
    };
    let part = |key: &str| match known(key, Kind::Dimensionless, Range::Positive)? {
        part if part <= 1.0 => Ok(part),
        _ => {
            let fault = Fault::WrongType {
                key: key.to_owned(),
                found: "above 1",
                expected: "a part of the whole, such as \"70 %\",",
            };
            Err(section.fault(fault, section.place(key).unwrap_or(0..0)))
        }
    };
    let active = section.text_of("active", section.required("active")?)?;
    let active = (material::named(&section, "active", &active)?, active.span);
    let mut sources = Vec::new();
    let design = CellDesign {
        capacity: of_library(&section, active, Property::SpecificCapacity, &mut sources)?,
        loading: known("loading", Kind::ArealMass, Range::Positive)?,
        utilisation: part("utilisation")?,
        active_fraction: part("active_fraction")?,
        voltage: known("voltage", Kind::Potential, Range::Positive)?,
        lithium: known("lithium", Kind::Dimensionless, Range::NotNegative)?,
        collectors: known("collectors", Kind::ArealMass, Range::NotNegative)?,
        current_density: number(
            &section,
            "current_density",
            (Kind::CurrentDensity, Range::NotNegative),
        )?
        .unwrap_or(0.0),
    };
    let density = |phase: &Phase| match phase
        .material
        .as_ref()
        .and_then(|used| materials::find(used.material))
    {
        Some(own) => of_library(
            &section,
            (own, section.span.clone()),
            Property::Density,
            &mut sources,
        ),
        None if phase.conductivity.value == 0.0 => Ok(0.0),
        None => {
            let material = format!("\"{}\", which names no material", phase.title());
            Err(section.fault(lacks(material, Property::Density), section.span.clone()))
        }
    };
    Ok(Some(CellPlan {
        design,
        thickness: known("thickness", Kind::Length, Range::Positive)?,
        target: number(&section, "target", (Kind::EnergyDensity, Range::Positive))?,
        densities: phases.iter().map(density).collect::<Checked<_>>()?,
        sources,
    }))
}

fn number(section: &Section<'_>, key: &str, (kind, range): (Kind, Range)) -> Checked<Option<f64>> {
    let Some(typed) = section.quantity(key)? else {
        return Ok(None);
    };
    at(
        section,
        &typed,
        quantity::parse_in(typed.value, kind, range, key),
    )
    .map(Some)
}

/// A value of the library in SI, and the sentence that says where it is from.
fn of_library(
    section: &Section<'_>,
    (material, span): (&Material, std::ops::Range<usize>),
    property: Property,
    sources: &mut Vec<String>,
) -> Checked<f64> {
    let Some(entry) = material.get(property) else {
        return Err(section.fault(lacks(material.name.clone(), property), span));
    };
    sources.push(format!(
        "{} of {}: {} {} ({}; {})",
        property.name(),
        material.name,
        entry.value,
        entry.unit.symbol(),
        entry.source,
        entry.mark.name()
    ));
    Ok(entry.si())
}

fn lacks(material: String, property: Property) -> Inconsistency {
    let property = property.name();
    Inconsistency::NoProperty { material, property }
}

impl Scenario {
    /// The membrane of `[cell]`, of which the volume with this conductivity (S/m) is a piece; none without that section.
    pub fn membrane(&self, volume: &Volume, conductivity: f64) -> Option<Membrane> {
        let plan = self.cell.as_ref()?;
        let counts = volume.counts();
        let total = counts.iter().sum::<usize>().max(1) as f64;
        let own = |label: &i64| {
            let place = self
                .phases
                .iter()
                .position(|phase| phase.labels.contains(label));
            place.map_or(0.0, |place| plan.densities[place])
        };
        let masses = volume.labels().iter().zip(&counts);
        let mass: f64 = masses
            .map(|(label, &count)| own(label) * count as f64)
            .sum();
        Some(Membrane {
            thickness: plan.thickness,
            density: mass / total,
            resistance: plan.thickness / conductivity,
        })
    }
}
