//! The units that are understood, one row each; a new unit is one row more.

use std::fmt;

/// What a quantity measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Electrical conductivity, in S/m.
    Conductivity,
    /// Length, in m.
    Length,
    /// Area-specific resistance, in Ohm m2.
    AreaResistance,
    /// Pressure, in Pa.
    Pressure,
    /// Temperature, in K.
    Temperature,
    /// Energy of one particle, in eV.
    Energy,
    /// Electric potential, in V.
    Potential,
    /// Current per area, in A/m2.
    CurrentDensity,
    /// Current per volume, in A/m3.
    CurrentPerVolume,
    /// Current per length, in A/m.
    CurrentPerLength,
    /// Capacitance per area, in F/m2.
    AreaCapacitance,
    /// Frequency, in Hz.
    Frequency,
    /// Mass per area, in kg/m2.
    ArealMass,
    /// Energy per mass, in Wh/kg.
    EnergyDensity,
    /// A plain number or a percentage.
    Dimensionless,
}

impl Kind {
    /// The unit in which quantities of this kind are inside of the program; empty for plain numbers.
    pub(super) fn si_unit(self) -> &'static str {
        let mut rows = UNITS.iter();
        let row = rows.find(|(name, kind, power)| *kind == self && *power == 0 && *name != CELSIUS);
        row.map_or("", |(name, ..)| name)
    }

    /// A quantity of this kind, to show in messages.
    pub(super) fn example(self) -> &'static str {
        match self {
            Kind::Conductivity => "3.07 mS/cm",
            Kind::Length => "390 nm",
            Kind::AreaResistance => "0.8 Ohm cm2",
            Kind::Pressure => "510 MPa",
            Kind::Temperature => "60 C",
            Kind::Energy => "0.35 eV",
            Kind::Potential => "10 mV",
            Kind::CurrentDensity => "1 mA/cm2",
            Kind::CurrentPerVolume => "1e6 A/m3",
            Kind::CurrentPerLength => "1 nA/m",
            Kind::AreaCapacitance => "10 uF/cm2",
            Kind::Frequency => "1 kHz",
            Kind::ArealMass => "1.7 mg/cm2",
            Kind::EnergyDensity => "400 Wh/kg",
            Kind::Dimensionless => "1e-3",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Conductivity => "a conductivity",
            Kind::Length => "a length",
            Kind::AreaResistance => "an area-specific resistance",
            Kind::Pressure => "a pressure",
            Kind::Temperature => "a temperature",
            Kind::Energy => "an energy",
            Kind::Potential => "a potential",
            Kind::CurrentDensity => "a current density",
            Kind::CurrentPerVolume => "a current per volume",
            Kind::CurrentPerLength => "a current per length",
            Kind::AreaCapacitance => "a capacitance per area",
            Kind::Frequency => "a frequency",
            Kind::ArealMass => "a mass per area",
            Kind::EnergyDensity => "an energy per mass",
            Kind::Dimensionless => "a number without unit",
        })
    }
}

/// Every unit that is understood: how it is written (after [`normalized`]), what it measures, and its value in SI as a
/// power of ten.
const UNITS: &[(&str, Kind, i32)] = &[
    ("S/m", Kind::Conductivity, 0),
    ("mS/m", Kind::Conductivity, -3),
    ("uS/m", Kind::Conductivity, -6),
    ("S/cm", Kind::Conductivity, 2),
    ("mS/cm", Kind::Conductivity, -1),
    ("uS/cm", Kind::Conductivity, -4),
    ("nS/cm", Kind::Conductivity, -7),
    ("m", Kind::Length, 0),
    ("cm", Kind::Length, -2),
    ("mm", Kind::Length, -3),
    ("um", Kind::Length, -6),
    ("nm", Kind::Length, -9),
    ("Ohm m2", Kind::AreaResistance, 0),
    ("Ohm cm2", Kind::AreaResistance, -4),
    ("mOhm cm2", Kind::AreaResistance, -7),
    ("kOhm cm2", Kind::AreaResistance, -1),
    ("Ohm mm2", Kind::AreaResistance, -6),
    ("V", Kind::Potential, 0),
    ("mV", Kind::Potential, -3),
    ("A/m2", Kind::CurrentDensity, 0),
    ("mA/m2", Kind::CurrentDensity, -3),
    ("A/cm2", Kind::CurrentDensity, 4),
    ("mA/cm2", Kind::CurrentDensity, 1),
    ("uA/cm2", Kind::CurrentDensity, -2),
    ("A/m3", Kind::CurrentPerVolume, 0),
    ("A/cm3", Kind::CurrentPerVolume, 6),
    ("mA/cm3", Kind::CurrentPerVolume, 3),
    ("A/m", Kind::CurrentPerLength, 0),
    ("mA/m", Kind::CurrentPerLength, -3),
    ("uA/m", Kind::CurrentPerLength, -6),
    ("nA/m", Kind::CurrentPerLength, -9),
    ("F/m2", Kind::AreaCapacitance, 0),
    ("F/cm2", Kind::AreaCapacitance, 4),
    ("uF/cm2", Kind::AreaCapacitance, -2),
    ("MHz", Kind::Frequency, 6),
    ("kHz", Kind::Frequency, 3),
    ("Hz", Kind::Frequency, 0),
    ("mHz", Kind::Frequency, -3),
    ("kg/m2", Kind::ArealMass, 0),
    ("g/m2", Kind::ArealMass, -3),
    ("g/cm2", Kind::ArealMass, 1),
    ("mg/cm2", Kind::ArealMass, -2),
    ("Wh/kg", Kind::EnergyDensity, 0),
    ("Pa", Kind::Pressure, 0),
    ("MPa", Kind::Pressure, 6),
    ("GPa", Kind::Pressure, 9),
    (CELSIUS, Kind::Temperature, 0),
    ("K", Kind::Temperature, 0),
    ("eV", Kind::Energy, 0),
    ("meV", Kind::Energy, -3),
    ("%", Kind::Dimensionless, -2),
];

/// Degrees Celsius, the one unit whose zero is elsewhere.
const CELSIUS: &str = "C";

/// A unit as it was looked up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Known {
    /// What it measures.
    pub(super) kind: Kind,
    power: i32,
    /// What zero of this unit is in SI.
    zero: f64,
}

impl Known {
    /// The unit that a text writes, if the table has it.
    pub(super) fn find(unit: &str) -> Option<Self> {
        let written = normalized(unit);
        let row = UNITS.iter().find(|(name, ..)| *name == written);
        row.map(|&(name, kind, power)| Self {
            kind,
            power,
            zero: if name == CELSIUS { 273.15 } else { 0.0 },
        })
    }

    /// The number 1, which is the unit of numbers without one.
    pub(super) const ONE: Self = Self {
        kind: Kind::Dimensionless,
        power: 0,
        zero: 0.0,
    };

    /// Units of weight fractions.
    pub(super) fn is_by_weight(unit: &str) -> bool {
        let letters = |c: &char| c.is_ascii_alphabetic() || *c == '%';
        let plain: String = unit.to_lowercase().chars().filter(letters).collect();
        [
            "wt%", "wt", "w%", "mass%", "weight%", "ma%", "m%", "%wt", "%w",
        ]
        .contains(&plain.as_str())
    }

    /// `value` in SI in this unit, rounded once.
    pub(super) fn of_si(self, value: f64) -> f64 {
        let factor = 10f64.powi(self.power.abs());
        let unscaled = value - self.zero;
        if self.power < 0 {
            unscaled * factor
        } else {
            unscaled / factor
        }
    }

    /// A number of a unit of the same kind in this unit, rounded once where both have one zero: 1 GPa are 1000 MPa to the last
    /// digit.
    pub(super) fn converted(self, value: f64, from: Self) -> f64 {
        if self.zero != from.zero {
            return self.of_si(from.to_si(value));
        }
        let power = from.power - self.power;
        let factor = 10f64.powi(power.abs());
        if power < 0 {
            value / factor
        } else {
            value * factor
        }
    }

    /// `value` of this unit in SI, rounded once: 500 nm are 5e-7 m to the last digit.
    pub(super) fn to_si(self, value: f64) -> f64 {
        let factor = 10f64.powi(self.power.abs());
        let scaled = if self.power < 0 {
            value / factor
        } else {
            value * factor
        };
        scaled + self.zero
    }
}

/// The unit of `kind` whose spelling is closest to `unit`, capitals aside.
pub(super) fn nearest(unit: &str, kind: Kind) -> &'static str {
    let lower = normalized(unit).to_lowercase();
    UNITS
        .iter()
        .filter(|(_, of, _)| *of == kind)
        .map(|(name, ..)| *name)
        .min_by_key(|name| strsim::damerau_levenshtein(&name.to_lowercase(), &lower))
        .unwrap_or_else(|| kind.example())
}

/// One spelling per unit: "µ" is u, "Ω" is Ohm, "cm²", "cm^2" are cm2, "Ohm*cm2", "Ohm·cm2" are Ohm cm2.
fn normalized(unit: &str) -> String {
    let plain: String = unit
        .chars()
        .filter(|c| !['^', '°'].contains(c))
        .map(|c| match c {
            'µ' | 'μ' => 'u',
            '²' => '2',
            '*' | '·' => ' ',
            other => other,
        })
        .collect();
    let named = plain.replace(['Ω', 'Ω'], "Ohm").replace("ohm", "Ohm");
    named
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .replace(" /", "/")
        .replace("/ ", "/")
}
