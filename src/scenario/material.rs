//! Phases that name a material of the library: which conductivity they get, and the sentence that a report says about it.

use super::{
    Inconsistency, Normal, Phase, ScenarioError,
    error::Fault,
    file::TRANSPORT,
    quantity::{self, Kind, Quantity, Range, Unit},
    section::{At, Section},
    words::{self, alternatives, nearest},
};
use crate::{
    materials::{self, Carrier, Conductivity, Material, Property, REFERENCE_TEMPERATURE},
    microstructure::Axis,
};

/// What the material of a phase was used for.
#[derive(Debug, Clone, PartialEq)]
pub struct Used {
    /// Its name in the library.
    pub material: &'static str,
    /// What was taken from the library; none where the scenario gives a conductivity of its own.
    pub conductivity: Option<Conductivity>,
    /// In K.
    pub temperature: f64,
}

impl Phase {
    /// "ionic conductivity of Li6PS5Cl at 25 C: 0.307 S/m (paper 2 (pellet); range)", where the phase names a material.
    pub fn origin(&self) -> Option<String> {
        if let Some(activation) = self.activation {
            return Some(activation.words());
        }
        let used = self.material.as_ref()?;
        let Some(conductivity) = &used.conductivity else {
            let name = used.material;
            return Some(format!("conductivity given here, in place of {name}'s"));
        };
        let entry = &conductivity.entry;
        let energy = conductivity.activation_energy;
        let energy = energy.map_or(String::new(), |energy| {
            format!(", activated by {energy} eV")
        });
        let note = entry.note.iter().map(|note| format!("; {note}"));
        // Without activation energy the value stays what it is at 25 C, and that is what is said.
        let kelvin = if conductivity.activation_energy.is_some() {
            used.temperature
        } else {
            REFERENCE_TEMPERATURE
        };
        Some(format!(
            "{} of {} at {} C{energy} ({}; {}{})",
            entry.property.name(),
            used.material,
            ((kelvin - 273.15) * 100.0).round() / 100.0,
            entry.source,
            entry.mark.name(),
            note.collect::<String>(),
        ))
    }
}

/// What a material's conductivity depends on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Conditions {
    carrier: Carrier,
    temperature: f64,
}

impl Conditions {
    /// In K.
    pub(super) fn temperature(self) -> f64 {
        self.temperature
    }

    /// Of one carrier, at the run's temperature.
    pub(super) fn of(self, carrier: Carrier) -> Self {
        Self { carrier, ..self }
    }

    /// The carrier that `[transport]` names.
    pub(super) fn carrier(self) -> Carrier {
        self.carrier
    }

    /// From the keys `carrier` and `temperature` of `[transport]`. A `temperature` of `[reaction]` is that of the whole run, too.
    ///
    /// # Errors
    /// Two temperatures that differ.
    pub(super) fn read(root: &Section<'_>) -> Result<Self, ScenarioError> {
        let transport = root.section("transport", &TRANSPORT)?;
        // [reaction] itself refuses what it does not know.
        let reaction = match root.list("reaction").as_slice() {
            [node] if node.get_ref().is_table() => root.anything("reaction", node)?,
            _ => root.absent("[reaction]".to_owned()),
        };
        let given = [kelvin(&transport)?, kelvin(&reaction)?];
        if let [Some(transport), Some(found)] = given
            && (found / transport - 1.0).abs() > 1e-9
        {
            let two = Inconsistency::TwoTemperatures {
                transport,
                reaction: found,
            };
            return Err(reaction.fault(two, reaction.place("temperature").unwrap_or(0..0)));
        }
        let temperature = given.into_iter().flatten().next();
        let temperature = temperature.unwrap_or(REFERENCE_TEMPERATURE);
        Ok(Self {
            carrier: transport.word("carrier", &words::CARRIERS)?,
            temperature,
        })
    }

    /// The conductivity of a phase: its own, or that of the material it names.
    pub(super) fn conductivity(
        self,
        section: &Section<'_>,
        own: impl FnOnce() -> Result<Quantity, ScenarioError>,
    ) -> Result<(Quantity, Option<Used>), ScenarioError> {
        let Some(name) = section.text("material")? else {
            return Ok((own()?, None));
        };
        let material = named(section, "material", &name)?;
        if section.quantity("conductivity")?.is_some() {
            return Ok((own()?, Some(self.used(material, None))));
        }
        self.of_library(&material.name)
            .map_err(|fault| section.fault(fault, name.span))
    }

    /// The conductivity of a material of the library; no name insulates.
    pub(super) fn of_library(self, name: &str) -> Result<(Quantity, Option<Used>), Fault> {
        let (value, unit) = (0.0, Unit::Given);
        let Some(material) = materials::find(name) else {
            return Ok((Quantity { value, unit }, None));
        };
        let taken = self.taken(material)?;
        let value = taken.value;
        Ok((
            Quantity { value, unit },
            Some(self.used(material, Some(taken))),
        ))
    }

    fn used(self, material: &'static Material, conductivity: Option<Conductivity>) -> Used {
        Used {
            material: &material.name,
            conductivity,
            temperature: self.temperature,
        }
    }

    /// The direction in which a phase conducts differently: `normal` and `across`, or what the library has across.
    pub(super) fn normal(
        self,
        section: &Section<'_>,
        used: Option<&Used>,
    ) -> Result<Option<Normal>, ScenarioError> {
        let Some(named_axis) = section.text("normal")? else {
            return match section.quantity("across")? {
                Some(_) => section.required("normal").map(|_| None),
                None => Ok(None),
            };
        };
        let fault = |fault: Fault, at: &At<&str>| Err(section.fault(fault, at.span.clone()));
        let axis = Axis::ALL
            .into_iter()
            .find(|axis| axis.name() == named_axis.value);
        let Some(axis) = axis else {
            let names = || Axis::ALL.iter().map(|axis| axis.name());
            let unknown = Fault::UnknownWord {
                key: "normal".to_owned(),
                found: named_axis.value.to_owned(),
                nearest: nearest(named_axis.value, names()).map(str::to_owned),
                known: alternatives(names()),
            };
            return fault(unknown, &named_axis);
        };
        let conductivity = self.across(section, used)?;
        Ok(Some(Normal { axis, conductivity }))
    }

    /// What is given for the way across sheets, or else what the library has for it.
    fn across(self, section: &Section<'_>, used: Option<&Used>) -> Result<Quantity, ScenarioError> {
        let material = match used {
            Some(used) if self.carrier == Carrier::Electronic => materials::find(used.material),
            _ => None,
        };
        let entry = material.and_then(|m| m.get(Property::ElectronicConductivityAcross));
        match (section.quantity("across")?, entry) {
            (None, Some(entry)) => Ok(Quantity {
                value: entry.si(),
                unit: Unit::Given,
            }),
            _ => {
                let typed = section.quantity_of("across", section.required("across")?)?;
                let read = quantity::parse_conductivity(typed.value, "across");
                read.map_err(|error| section.fault(error, typed.span))
            }
        }
    }

    fn taken(self, material: &Material) -> Result<Conductivity, Fault> {
        let found = material.conductivity(self.carrier, self.temperature);
        found.ok_or_else(|| Fault::NoConductivity {
            material: material.name.clone(),
            property: self.carrier.property().name(),
        })
    }
}

/// The key `temperature` of a section, K.
fn kelvin(section: &Section<'_>) -> Result<Option<f64>, ScenarioError> {
    let Some(typed) = section.quantity("temperature")? else {
        return Ok(None);
    };
    let (kind, range) = (Kind::Temperature, Range::Positive);
    quantity::parse_in(typed.value, kind, range, "temperature")
        .map(Some)
        .map_err(|error| section.fault(error, typed.span))
}

/// The material of the library that a key names.
pub(super) fn named(
    section: &Section<'_>,
    key: &str,
    name: &At<&str>,
) -> Result<&'static Material, ScenarioError> {
    materials::find(name.value).ok_or_else(|| {
        let names = || {
            materials::library()
                .iter()
                .map(|material| material.name.as_str())
        };
        let fault = Fault::UnknownWord {
            key: key.to_owned(),
            found: name.value.to_owned(),
            nearest: nearest(name.value, names()).map(str::to_owned),
            known: alternatives(names()),
        };
        section.fault(fault, name.span.clone())
    })
}
