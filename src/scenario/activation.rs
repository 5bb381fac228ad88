//! Conductivities that follow Arrhenius, `sigma(T) = sigma(T0) exp(-Ea/kB (1/T - 1/T0))`, with a value at a reference
//! temperature T0 or, for T0 at infinity, a prefactor.

use super::{
    Inconsistency, Phase, ScenarioError, Used,
    file::at,
    material::Conditions,
    quantity::{self, Kind, Range},
    section::Section,
};
use crate::materials::{REFERENCE_TEMPERATURE, arrhenius_from};

/// How a conductivity depends on temperature.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Activation {
    /// Activation energy, eV.
    pub energy: f64,
    /// The temperature in K of the value that was given; infinite where that was a prefactor.
    pub reference: f64,
    /// The temperature of the run, K.
    pub temperature: f64,
}

impl Activation {
    /// "at 60 C, activated by 0.35 eV from its value at 25 C".
    pub(super) fn words(&self) -> String {
        let celsius = |kelvin: f64| ((kelvin - 273.15) * 100.0).round() / 100.0;
        let from = if self.reference.is_finite() {
            format!("its value at {} C", celsius(self.reference))
        } else {
            "its prefactor".to_owned()
        };
        let (temperature, energy) = (celsius(self.temperature), self.energy);
        format!("at {temperature} C, activated by {energy} eV from {from}")
    }
}

impl Phase {
    /// Takes the conductivity, given at the reference, to the temperature of the run.
    pub fn activate(&mut self, activation: Activation) {
        let Activation {
            energy,
            reference,
            temperature,
        } = activation;
        let factor = arrhenius_from(reference, energy, temperature);
        self.conductivity.value *= factor;
        if let Some(normal) = &mut self.normal {
            normal.conductivity.value *= factor;
        }
        self.activation = Some(activation);
    }
}

impl Conditions {
    /// From the keys `activation_energy` and `reference_temperature` of a phase; `prefactor` puts the reference at infinity.
    pub(super) fn activation(
        self,
        section: &Section<'_>,
        used: Option<&Used>,
    ) -> Result<Option<Activation>, ScenarioError> {
        let Some(typed) = section.quantity("activation_energy")? else {
            return match ["reference_temperature", "prefactor"]
                .into_iter()
                .find(|key| section.place(key).is_some())
            {
                Some(_) => section.required("activation_energy").map(|_| None),
                None => Ok(None),
            };
        };
        if used.is_some_and(|used| used.conductivity.is_some()) {
            let (first, second) = ("material", "activation_energy");
            return Err(section.fault(Inconsistency::Twice { first, second }, typed.span));
        }
        let read = quantity::parse_in(
            typed.value,
            Kind::Energy,
            Range::NotNegative,
            "activation_energy",
        );
        let energy = at(section, &typed, read)?;
        let reference = match section.quantity("reference_temperature")? {
            Some(typed) if section.place("prefactor").is_some() => {
                let (first, second) = ("prefactor", "reference_temperature");
                return Err(section.fault(Inconsistency::Twice { first, second }, typed.span));
            }
            Some(typed) => {
                let (kind, range) = (Kind::Temperature, Range::Positive);
                let read = quantity::parse_in(typed.value, kind, range, "reference_temperature");
                at(section, &typed, read)?
            }
            None if section.place("prefactor").is_some() => f64::INFINITY,
            None => REFERENCE_TEMPERATURE,
        };
        Ok(Some(Activation {
            energy,
            reference,
            temperature: self.temperature(),
        }))
    }
}
