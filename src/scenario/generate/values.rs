//! Parameters of generators: a name, a kind, a default; and their values as typed and in SI.

use super::super::{
    ScenarioError,
    error::Fault,
    quantity::{self, Kind, QuantityError, Range},
    words::{alternatives, nearest},
};
use crate::materials;

/// A parameter of a generator.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Parameter {
    /// As scenario files have it; the command line has hyphens.
    pub name: &'static str,
    /// What it takes.
    pub takes: Takes,
    /// The value where none is given; empty for none.
    pub default: &'static str,
    /// What it is, in a line.
    pub help: &'static str,
}

/// What a parameter takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Takes {
    /// A quantity, zero or positive.
    Quantity(Kind),
    /// One of these words.
    Word(&'static [&'static str]),
    /// The name of a material of the library.
    Material,
    /// Pressures and relative densities: "100 MPa=0.6, 510 MPa=0.7".
    Compaction,
}

impl Parameter {
    /// Whether a text is a value for it.
    ///
    /// # Errors
    /// The fault, without its place.
    pub fn check(&self, text: &str) -> Result<(), Fault> {
        let library = || {
            materials::library()
                .iter()
                .map(|material| material.name.as_str())
        };
        match self.takes {
            Takes::Quantity(kind) => {
                quantity::parse_in(text, kind, Range::NotNegative, self.name).map(drop)?
            }
            Takes::Compaction => compaction(text, self.name).map(drop)?,
            Takes::Word(words) if !words.contains(&text) => {
                return Err(self.unknown(text, words.to_vec()));
            }
            Takes::Material if materials::find(text).is_none() => {
                return Err(self.unknown(text, library().collect()));
            }
            Takes::Word(_) | Takes::Material => {}
        }
        Ok(())
    }

    fn unknown(&self, text: &str, known: Vec<&str>) -> Fault {
        Fault::UnknownWord {
            key: self.name.to_owned(),
            found: text.to_owned(),
            nearest: nearest(text, known.iter().copied()).map(str::to_owned),
            known: alternatives(known),
        }
    }
}

/// Pressures in Pa and relative densities.
fn compaction(text: &str, field: &str) -> Result<Vec<(f64, f64)>, QuantityError> {
    let point = |point: &str| {
        let (pressure, density) = point.split_once('=').unwrap_or((point, ""));
        let pressure = quantity::parse_in(pressure, Kind::Pressure, Range::NotNegative, field)?;
        let density = quantity::parse_in(density, Kind::Dimensionless, Range::Fraction, field)?;
        Ok((pressure, density))
    };
    text.split(',')
        .filter(|text| !text.trim().is_empty())
        .map(point)
        .collect()
}

/// The values of all parameters of a generator.
#[derive(Debug, Clone, PartialEq)]
pub struct Values(Vec<(Parameter, String)>);

impl Values {
    /// What was typed, and the defaults of the rest.
    ///
    /// # Errors
    /// The first text that its parameter does not take.
    pub(in crate::scenario) fn new(
        parameters: &'static [Parameter],
        typed: &[(&'static str, String)],
    ) -> Result<Self, ScenarioError> {
        let mut values = Vec::new();
        for parameter in parameters {
            let given = typed.iter().find(|(name, _)| *name == parameter.name);
            if let Some((_, text)) = given {
                parameter
                    .check(text)
                    .map_err(|fault| typed_fault(parameter.name, text, fault))?;
            }
            let text = given.map_or(parameter.default, |(_, text)| text);
            values.push((*parameter, text.trim().to_owned()));
        }
        Ok(Self(values))
    }

    /// Every parameter with its text; empty where it has no value.
    pub fn all(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0
            .iter()
            .map(|(parameter, text)| (parameter.name, text.as_str()))
    }

    /// As typed.
    pub(in crate::scenario) fn text(&self, name: &str) -> &str {
        self.all()
            .find(|(found, _)| *found == name)
            .map_or("", |(_, text)| text)
    }

    /// In SI; none where there is neither value nor default.
    pub(super) fn optional(&self, name: &str) -> Result<Option<f64>, ScenarioError> {
        let (text, parameter) = (
            self.text(name),
            self.0.iter().find(|(parameter, _)| parameter.name == name),
        );
        match parameter.map(|(parameter, _)| parameter.takes) {
            Some(Takes::Quantity(kind)) if !text.is_empty() => Ok(Some(quantity::parse_in(
                text,
                kind,
                Range::NotNegative,
                name,
            )?)),
            _ => Ok(None),
        }
    }

    /// In SI; 0 where there is neither value nor default.
    pub(super) fn number(&self, name: &str) -> Result<f64, ScenarioError> {
        Ok(self.optional(name)?.unwrap_or(0.0))
    }

    /// Pressures in Pa and relative densities.
    pub(super) fn points(&self, name: &str) -> Result<Vec<(f64, f64)>, ScenarioError> {
        Ok(compaction(self.text(name), name)?)
    }
}

/// A fault of a text that was typed, not read from a file: the text itself is what can be shown of its place.
fn typed_fault(name: &str, text: &str, fault: Fault) -> ScenarioError {
    match fault {
        Fault::Quantity(error) => error.into(),
        other => super::super::error::Located::new(other, 0..text.len(), text, name).into(),
    }
}
