//! Numbers with units, as people type them: "3.07 mS/cm", "390nm", "0.8 Ohm cm2", "1e-3".
//!
//! A quantity is read for a *kind* and comes out in SI. The units that are understood are in the table of
//! `units`. A unit of another kind is an error that names the field, the unit found and the kind expected, so that a length
//! can never pass for a conductivity.

use super::units;
pub use super::units::Kind;
use std::fmt;

/// A finite number as typed, and whether a unit came with it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quantity {
    /// The value in SI units if a unit was given, else the bare number.
    pub value: f64,
    /// Whether a unit was given.
    pub unit: Unit,
}

/// Whether a number came with a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A unit was written; the value is in SI.
    Given,
    /// A bare number.
    Absent,
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Unit::Given => "with a unit",
            Unit::Absent => "without unit",
        })
    }
}

/// A text that is not the quantity that a field expects.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum QuantityError {
    /// No number at the beginning.
    #[error("{field}: \"{text}\" does not begin with a number; write {kind} such as \"{}\"", kind.example())]
    NotANumber {
        /// The field that was being read.
        field: String,
        /// What it held.
        text: String,
        /// What it should hold.
        kind: Kind,
    },
    /// NaN or infinite.
    #[error("{field}: \"{text}\" is not a finite number; write {kind} such as \"{}\"", kind.example())]
    NotFinite {
        /// The field that was being read.
        field: String,
        /// What it held.
        text: String,
        /// What it should hold.
        kind: Kind,
    },
    /// A unit that the table does not hold.
    #[error("{field}: the unit \"{unit}\" is not known; did you mean \"{nearest}\"?")]
    UnknownUnit {
        /// The field that was being read.
        field: String,
        /// The unit as typed.
        unit: String,
        /// The unit of the expected kind that is spelled most like it.
        nearest: &'static str,
    },
    /// A fraction of the weight where fractions are of the volume.
    #[error(
        "{field}: \"{unit}\" is a fraction of the weight, and fractions are of the volume; write \"%\", and by = \"weight\" in [generate] to make all fractions those of the weight of the solids"
    )]
    ByWeight {
        /// The field that was being read.
        field: String,
        /// The unit as typed.
        unit: String,
    },
    /// A known unit of another kind.
    #[error(
        "{field}: \"{unit}\" is the unit of {found}, but {expected} is expected, such as \"{}\"",
        expected.example()
    )]
    WrongKind {
        /// The field that was being read.
        field: String,
        /// The unit as typed.
        unit: String,
        /// What that unit measures.
        found: Kind,
        /// What the field expects.
        expected: Kind,
    },
    /// A bare number where only a unit makes it a length or a resistance.
    #[error("{field}: {text} has no unit; write {kind} with its unit, such as \"{}\"", kind.example())]
    MissingUnit {
        /// The field that was being read.
        field: String,
        /// The number as typed.
        text: String,
        /// What the field expects.
        kind: Kind,
    },
    /// Below zero where only zero and above make sense, or zero where only above does.
    #[error("{field} is {text}, but it must be {limit}")]
    OutOfRange {
        /// The field that was being read.
        field: String,
        /// The quantity as typed.
        text: String,
        /// The limit in words.
        limit: Range,
    },
}

/// The values that a field accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Range {
    /// Any finite number.
    Any,
    /// Zero or more.
    NotNegative,
    /// More than zero.
    Positive,
    /// More than zero and less than one.
    Fraction,
    /// A voxel edge, m: its cube and the conductances of faces stay in the range of numbers.
    VoxelEdge,
    /// A frequency of an impedance, Hz.
    Frequency,
}

impl Range {
    fn holds(self, value: f64) -> bool {
        match self {
            Range::Any => true,
            Range::NotNegative => value >= 0.0,
            Range::Positive => value > 0.0,
            Range::Fraction => value > 0.0 && value < 1.0,
            Range::VoxelEdge => (1e-24..=1e24).contains(&value),
            Range::Frequency => {
                let [low, high] = crate::physics::carriers::FREQUENCY;
                (low..=high).contains(&value)
            }
        }
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Range::Any => "a finite number",
            Range::NotNegative => "zero or positive",
            Range::Positive => "greater than zero",
            Range::Fraction => "between 0 and 1, such as 1e-3",
            Range::VoxelEdge => "greater than zero, from 1e-24 m to 1e24 m",
            Range::Frequency => "greater than zero, from 1e-24 Hz to 1e24 Hz",
        })
    }
}

impl Quantity {
    /// Reads `text` as a quantity of `kind` for the field named `field`.
    ///
    /// # Errors
    /// No number, not finite, an unknown unit or a unit of another kind.
    pub fn parse(text: &str, kind: Kind, field: &str) -> Result<Self, QuantityError> {
        let (number, unit) = split(text.trim());
        let field = || field.to_owned();
        let value: f64 = number.parse().map_err(|_| QuantityError::NotANumber {
            field: field(),
            text: text.to_owned(),
            kind,
        })?;
        let finite = |value: f64, unit: Unit| match value.is_finite() {
            true => Ok(Self { value, unit }),
            false => Err(QuantityError::NotFinite {
                field: field(),
                text: text.to_owned(),
                kind,
            }),
        };
        if unit.is_empty() {
            return finite(value, Unit::Absent);
        }
        match units::Known::find(unit) {
            Some(known) if known.kind == kind => finite(known.to_si(value), Unit::Given),
            Some(known) => Err(QuantityError::WrongKind {
                field: field(),
                unit: unit.to_owned(),
                found: known.kind,
                expected: kind,
            }),
            None if kind == Kind::Dimensionless && units::Known::is_by_weight(unit) => {
                Err(QuantityError::ByWeight {
                    field: field(),
                    unit: unit.to_owned(),
                })
            }
            None => Err(QuantityError::UnknownUnit {
                field: field(),
                unit: unit.to_owned(),
                nearest: units::nearest(unit, kind),
            }),
        }
    }
}

/// A quantity whose unit is required (length, resistance) or meaningless (dimensionless), checked against a range; in SI.
///
/// # Errors
/// As [`Quantity::parse`], and a missing unit or a value out of range.
pub fn parse_in(text: &str, kind: Kind, range: Range, field: &str) -> Result<f64, QuantityError> {
    let quantity = Quantity::parse(text, kind, field)?;
    let (field, text) = (field.to_owned(), text.trim().to_owned());
    if quantity.unit == Unit::Absent && kind != Kind::Dimensionless {
        return Err(QuantityError::MissingUnit { field, text, kind });
    }
    if !range.holds(quantity.value) {
        return Err(QuantityError::OutOfRange {
            field,
            text,
            limit: range,
        });
    }
    Ok(quantity.value)
}

/// A conductivity, with a unit (S/m inside) or relative; zero or more.
///
/// # Errors
/// As [`Quantity::parse`], and a negative value.
pub fn parse_conductivity(text: &str, field: &str) -> Result<Quantity, QuantityError> {
    let quantity = Quantity::parse(text, Kind::Conductivity, field)?;
    if Range::NotNegative.holds(quantity.value) {
        return Ok(quantity);
    }
    let (field, text) = (field.to_owned(), text.trim().to_owned());
    Err(QuantityError::OutOfRange {
        field,
        text,
        limit: Range::NotNegative,
    })
}

/// A quantity as typed, "1 GPa", as a number of another unit, "MPa"; none where it is no number, or of another kind. The unit of
/// plain numbers is "1", and a bare 0 is 0 in every unit.
pub fn in_unit(text: &str, unit: &str) -> Option<f64> {
    let (number, own) = split(text.trim());
    let number: f64 = number
        .parse()
        .ok()
        .filter(|number: &f64| number.is_finite())?;
    let own = if own.is_empty() { "1" } else { own };
    if own == unit || (own == "1" && number == 0.0) {
        return Some(number);
    }
    let known = |unit| match unit {
        "1" => Some(units::Known::ONE),
        unit => units::Known::find(unit),
    };
    let (own, unit) = (known(own)?, known(unit)?);
    (own.kind == unit.kind).then(|| unit.converted(number, own))
}

/// A text such that quantities that are equal have the same: "0.307 S/m" and "3.07 mS/cm" alike. Other texts stay as they are.
pub(super) fn canonical(text: &str) -> String {
    let (number, unit) = split(text.trim());
    let Ok(number) = number.parse::<f64>() else {
        return text.to_owned();
    };
    match units::Known::find(unit) {
        _ if unit.is_empty() => format!("{number:e}"),
        Some(known) => {
            let si = known.to_si(number);
            let written = format!("{si:e} {}", known.kind.si_unit());
            written.trim_end().to_owned()
        }
        None => text.to_owned(),
    }
}

/// Splits "3.07 mS/cm" and "390nm" into number and unit. "1e-3" is all number; in "2e" the unit is "e".
pub fn split(text: &str) -> (&str, &str) {
    let signless = text.trim_start_matches(['+', '-']).to_ascii_lowercase();
    if ["nan", "inf", "infinity"].contains(&signless.as_str()) {
        return (text, "");
    }
    let bytes = text.as_bytes();
    let digits = |from| {
        from + bytes
            .iter()
            .skip(from)
            .take_while(|b| b.is_ascii_digit())
            .count()
    };
    let sign = |from| from + usize::from(matches!(bytes.get(from), Some(b'+' | b'-')));
    let mut end = digits(sign(0));
    if bytes.get(end) == Some(&b'.') {
        end = digits(end + 1);
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let exponent = sign(end + 1);
        end = if digits(exponent) > exponent {
            digits(exponent)
        } else {
            end
        };
    }
    (&text[..end], text[end..].trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conductivity(text: &str) -> Result<Quantity, QuantityError> {
        Quantity::parse(text, Kind::Conductivity, "conductivity")
    }

    #[test]
    fn units_become_si() {
        for (text, kind, value) in [
            ("3.07 mS/cm", Kind::Conductivity, 0.307),
            ("1e2S/m", Kind::Conductivity, 100.0),
            ("5 µS / cm", Kind::Conductivity, 5e-4),
            ("390nm", Kind::Length, 390e-9),
            ("0.39 μm", Kind::Length, 0.39e-6),
            ("1e-7 m", Kind::Length, 1e-7),
            ("0.8 Ohm cm2", Kind::AreaResistance, 0.8e-4),
            ("0.8 Ω·cm²", Kind::AreaResistance, 0.8e-4),
            ("2 ohm*m^2", Kind::AreaResistance, 2.0),
            ("0.1 %", Kind::Dimensionless, 1e-3),
        ] {
            let read = Quantity::parse(text, kind, "field").unwrap();
            assert!(
                (read.value / value - 1.0).abs() < 1e-12,
                "{text}: {}",
                read.value
            );
            assert_eq!(read.unit, Unit::Given, "{text}");
        }
    }

    #[test]
    fn a_bare_number_stays_as_it_is() {
        for (text, value) in [
            ("1e-3", 1e-3),
            ("-1", -1.0),
            ("+2.5", 2.5),
            ("0", 0.0),
            ("1E5", 1e5),
        ] {
            assert_eq!(
                conductivity(text).unwrap(),
                Quantity {
                    value,
                    unit: Unit::Absent
                }
            );
        }
    }

    #[test]
    fn messages_name_the_field_the_unit_and_the_cure() {
        for (text, sentence) in [
            (
                "5 nm",
                "conductivity: \"nm\" is the unit of a length, but a conductivity is expected, such as \"3.07 mS/cm\"",
            ),
            (
                "5 ms/cm",
                "conductivity: the unit \"ms/cm\" is not known; did you mean \"mS/cm\"?",
            ),
            (
                "fast",
                "conductivity: \"fast\" does not begin with a number; write a conductivity such as \"3.07 mS/cm\"",
            ),
            (
                "NaN",
                "conductivity: \"NaN\" is not a finite number; write a conductivity such as \"3.07 mS/cm\"",
            ),
        ] {
            assert_eq!(conductivity(text).unwrap_err().to_string(), sentence);
        }
        assert_eq!(
            parse_conductivity("-1 S/m", "conductivity")
                .unwrap_err()
                .to_string(),
            "conductivity is -1 S/m, but it must be zero or positive"
        );
        assert_eq!(
            parse_in("390", Kind::Length, Range::Positive, "voxel_size")
                .unwrap_err()
                .to_string(),
            "voxel_size: 390 has no unit; write a length with its unit, such as \"390 nm\""
        );
    }

    #[test]
    fn a_fraction_of_the_weight_is_not_taken_for_one_of_the_volume() {
        for text in ["30 wt%", "30 wt.-%", "30wt %", "30 mass%", "30 Ma.-%"] {
            let said = parse_in(text, Kind::Dimensionless, Range::Any, "active").unwrap_err();
            let said = said.to_string();
            assert!(
                said.contains("of the weight") && said.contains("by = \"weight\""),
                "{said}"
            );
        }
    }

    #[test]
    fn quantities_are_converted_without_a_rounding_too_many() {
        for (text, unit, value) in [
            ("510 MPa", "MPa", Some(510.0)),
            ("1 GPa", "MPa", Some(1000.0)),
            ("0.1 GPa", "MPa", Some(100.0)),
            ("3 nm", "um", Some(0.003)),
            ("0.3 um", "nm", Some(300.0)),
            ("0", "nm", Some(0.0)),
            ("50 %", "1", Some(0.5)),
            ("0.5", "%", Some(50.0)),
            ("0 C", "K", Some(273.15)),
            ("1 GPa", "nm", None),
            ("1", "nm", None),
            ("fibres", "1", None),
        ] {
            assert_eq!(in_unit(text, unit), value, "{text} in {unit}");
        }
    }

    #[test]
    fn equal_quantities_have_one_canonical_text() {
        assert_eq!(canonical("0.307 S/m"), canonical("3.07 mS/cm"));
        assert_eq!(canonical("1"), canonical("1.0"));
        assert_ne!(canonical("1 GPa"), canonical("1 MPa"));
        assert_ne!(canonical("1 m"), canonical("1"));
        assert_eq!(canonical("fibres"), "fibres");
    }

    #[test]
    fn overflow_is_not_a_number_either() {
        assert!(matches!(
            conductivity("1e999"),
            Err(QuantityError::NotFinite { .. })
        ));
        assert!(matches!(
            conductivity(""),
            Err(QuantityError::NotANumber { .. })
        ));
        assert!(matches!(
            conductivity("1e308 S/cm"),
            Err(QuantityError::NotFinite { .. })
        ));
    }
}
