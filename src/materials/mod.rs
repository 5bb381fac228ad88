//! The material library: every value with its unit, its source, and a mark that says how far to trust it.
//!
//! The data are a TOML file compiled into the program. Conductivities follow Arrhenius where an activation energy is
//! known: `sigma(T) = sigma(25 C) exp(-Ea/kB (1/T - 1/298.15 K))`.

mod activation;
mod property;

pub use activation::ActivationFit;
pub use property::{Mark, Property, Unit};

use serde::Deserialize;
use std::sync::LazyLock;

/// 25 C, to which the values belong, in K.
pub const REFERENCE_TEMPERATURE: f64 = 298.15;

/// Boltzmann's constant, eV/K (CODATA 2018, exact).
const BOLTZMANN: f64 = 8.617_333_262e-5;

/// A value and what is known about it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Value {
    /// What it is a value of.
    pub property: Property,
    /// The number, in `unit`.
    pub value: f64,
    /// Lowest and highest value met, in `unit`.
    #[serde(default)]
    pub range: Option<[f64; 2]>,
    /// Its unit.
    pub unit: Unit,
    /// How far to trust it.
    pub mark: Mark,
    /// Who says so.
    pub source: String,
    /// What else to know.
    #[serde(default)]
    pub note: Option<String>,
}

impl Value {
    /// The number in SI units (energies per particle in eV).
    pub fn si(&self) -> f64 {
        self.unit.to_si(self.value)
    }
}

/// A material and its values.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Material {
    /// The word for it in scenario files.
    pub name: String,
    /// What it is.
    pub title: String,
    /// Every value known.
    pub values: Vec<Value>,
}

/// What carries the current.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Carrier {
    /// Lithium ions.
    #[default]
    Ionic,
    /// Electrons.
    Electronic,
}

/// A conductivity taken from the library, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct Conductivity {
    /// In S/m.
    pub value: f64,
    /// The entry of the library.
    pub entry: Value,
    /// The activation energy used, eV; none at 25 C or where none is known.
    pub activation_energy: Option<f64>,
}

impl Material {
    /// The value of a property, if the library has it.
    pub fn get(&self, property: Property) -> Option<&Value> {
        self.values.iter().find(|value| value.property == property)
    }

    /// The conductivity for a carrier at a temperature in K. Only ions move by activation here: electronic conductivities,
    /// and ionic ones without activation energy, stay at their values for 25 C.
    pub fn conductivity(&self, carrier: Carrier, temperature: f64) -> Option<Conductivity> {
        let entry = self.get(carrier.property())?.clone();
        let activated = carrier == Carrier::Ionic && temperature != REFERENCE_TEMPERATURE;
        let energy = self.get(Property::ActivationEnergy).map(Value::si);
        let activation_energy = energy.filter(|_| activated);
        let factor = activation_energy.map_or(1.0, |energy| arrhenius(energy, temperature));
        Some(Conductivity {
            value: entry.si() * factor,
            entry,
            activation_energy,
        })
    }
}

impl Carrier {
    /// The property that says how well it moves.
    pub fn property(self) -> Property {
        match self {
            Self::Ionic => Property::IonicConductivity,
            Self::Electronic => Property::ElectronicConductivity,
        }
    }
}

/// `exp(-Ea/kB (1/T - 1/T0))`: a conductivity at `temperature` (K) over that at 25 C; `energy` in eV.
pub fn arrhenius(energy: f64, temperature: f64) -> f64 {
    arrhenius_from(REFERENCE_TEMPERATURE, energy, temperature)
}

/// The same over that at a reference temperature in K; over the prefactor where that is infinite.
pub fn arrhenius_from(reference: f64, energy: f64, temperature: f64) -> f64 {
    (-energy / BOLTZMANN * (1.0 / temperature - 1.0 / reference)).exp()
}

/// Every material.
pub fn library() -> &'static [Material] {
    &LIBRARY
}

/// The material of a name, spelled exactly.
pub fn find(name: &str) -> Option<&'static Material> {
    library().iter().find(|material| material.name == name)
}

#[derive(Deserialize)]
struct Document {
    material: Vec<Material>,
}

static LIBRARY: LazyLock<Vec<Material>> = LazyLock::new(|| {
    let document: Document = toml::from_str(include_str!("library.toml"))
        .expect("the library's own data are checked by its tests");
    document.material
});

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn value(name: &str, property: Property) -> f64 {
        find(name).unwrap().get(property).unwrap().value
    }

    #[test]
    fn every_value_has_a_unit_of_its_kind_and_a_source() {
        for material in library() {
            assert!(!material.title.is_empty() && !material.values.is_empty());
            for value in &material.values {
                let place = format!("{} {}", material.name, value.property.name());
                assert!(value.property.units().contains(&value.unit), "{place}");
                assert!(!value.source.trim().is_empty(), "{place}");
                assert!(value.value.is_finite() && value.value >= 0.0, "{place}");
            }
        }
    }

    #[test]
    fn names_and_properties_are_there_once_and_ranges_hold_their_values() {
        let names: BTreeSet<&str> = library().iter().map(|m| m.name.as_str()).collect();
        assert_eq!(names.len(), library().len());
        for material in library() {
            let properties: BTreeSet<&str> =
                material.values.iter().map(|v| v.property.name()).collect();
            assert_eq!(properties.len(), material.values.len(), "{}", material.name);
            for value in &material.values {
                if let Some([low, high]) = value.range {
                    assert!((low..=high).contains(&value.value), "{}", material.name);
                }
                let paper = ["Lett.", "Mater.", "Soc."]
                    .iter()
                    .any(|p| value.source.contains(p));
                assert!(
                    value.mark != Mark::Paper || paper,
                    "{}",
                    value.property.name()
                );
            }
        }
    }

    #[test]
    fn the_numbers_of_the_papers_are_theirs() {
        use Property::*;
        for (name, property, expected) in [
            ("Li6PS5Cl-pellet", IonicConductivity, 3.07e-3),
            ("Li6PS5Cl-pellet", ElectronicConductivity, 1.571e-8),
            ("Li6PS5Cl-pellet", YoungsModulus, 7.88),
            ("LPS-nanoparticles", IonicConductivity, 6.7e-5),
            ("LiPON", IonicConductivity, 2.3e-6),
            ("LiPON", ActivationEnergy, 0.55),
            ("S", ElectronicConductivity, 1e-30),
            ("S", SpecificCapacity, 1675.0),
            ("Li2S", Density, 1.66),
        ] {
            assert_eq!(value(name, property), expected, "{name} {property:?}");
        }
        assert_eq!(find("Li2S").unwrap().get(Density).unwrap().si(), 1660.0);
    }

    #[test]
    fn lipon_conducts_better_when_warm_as_arrhenius_has_it() {
        let lipon = find("LiPON").unwrap();
        let cold = lipon
            .conductivity(Carrier::Ionic, REFERENCE_TEMPERATURE)
            .unwrap();
        assert!((cold.value / 2.3e-4 - 1.0).abs() < 1e-12 && cold.activation_energy.is_none());
        let warm = lipon.conductivity(Carrier::Ionic, 333.15).unwrap();
        // 0.55 eV / kB (1/298.15 - 1/333.15) = 2.24893.
        assert!((warm.value / cold.value / 2.248_93_f64.exp() - 1.0).abs() < 1e-4);
        let electrons = lipon.conductivity(Carrier::Electronic, 333.15).unwrap();
        assert_eq!(electrons.value, electrons.entry.si());
    }

    #[test]
    fn derived_numbers_agree_with_those_they_come_from() {
        let sulphur = find("S").unwrap();
        let density = sulphur.get(Property::Density).unwrap().si();
        let specific = sulphur.get(Property::SpecificCapacity).unwrap().si();
        let volumetric = sulphur.get(Property::VolumetricCapacity).unwrap().si();
        assert!((specific * density / volumetric - 1.0).abs() < 5e-3);
        let grown = value("Li2S", Property::MolarVolume) / value("S", Property::MolarVolume) - 1.0;
        assert!(
            (grown - value("S", Property::VolumeChange)).abs() < 0.01,
            "{grown}"
        );
        // dV / (2 F) per pascal.
        let coupling = sulphur.get(Property::ReactionVolume).unwrap().si() / (2.0 * 96_485.332);
        let stated = sulphur.get(Property::StressCoupling).unwrap().si();
        assert!(
            (coupling / stated - 1.0).abs() < 0.01,
            "{coupling} {stated}"
        );
    }
}
