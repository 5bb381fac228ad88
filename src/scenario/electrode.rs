//! An electrode with two carriers: `[transport.ionic]`, `[transport.electronic]` and `[reaction]` of a scenario file.
//!
//! ```toml
//! [transport]
//! separator = "first"                  # ions enter before the first layer, electrons behind the last; or "last"
//!
//! [transport.ionic]                    # conductivity of each phase for ions; a phase that is not named has none
//! electrolyte = "3.07 mS/cm"
//!
//! [transport.electronic]
//! carbon = "10 S/cm"
//!
//! [reaction]
//! kinetics = "butler-volmer"           # or "linear"
//! temperature = "25 C"
//! transfer_coefficients = [0.5, 0.5]   # anodic, cathodic
//! equilibrium_potential = "2.1 V"
//! overpotential = "10 mV"              # or voltage, or current_density = "1 mA/cm2"
//! active = "sulphur"                   # whose use is counted
//! reach = "100 nm"                     # how far from a conductor it is used; without: connected pieces that are touched
//!
//! [reaction.faces]                     # any of faces, volume and edges; [[reaction.faces]] for several
//! electrons = "carbon"
//! ions = "electrolyte"
//! exchange_current = "1 A/m2"          # A/m3 in volume (phases = ...), A/m on edges (active, electrons and ions)
//! film_resistance = "10 Ohm cm2"
//! capacitance = "10 uF/cm2"           # of the double layer, for impedances; a face with this alone blocks
//! ```

mod problem;
mod sites;

pub use sites::{SiteKind, SitePlan};

pub use problem::Worked;

use super::{
    Phase,
    error::Fault,
    file::{Checked, Node, TRANSPORT, at, place},
    quantity::{self, Kind, Range},
    section::Section,
    words,
};
use crate::physics::{
    carriers::{Drive, End},
    kinetics::Kinetics,
};

/// What a scenario says of an electrode; phases are places in [`Scenario::phases`](super::Scenario::phases).
#[derive(Debug, Clone, PartialEq)]
pub struct ElectrodePlan {
    /// Where the separator is.
    pub separator: End,
    /// Ionic and electronic conductivity of each phase, S/m.
    pub conductivity: [Vec<f64>; 2],
    /// The law of charge transfer.
    pub kinetics: Kinetics,
    /// Where charge passes.
    pub sites: Vec<SitePlan>,
    /// What is prescribed.
    pub drive: Drive,
    /// The active material.
    pub active: Vec<usize>,
    /// How far from a conductor it is used, m.
    pub reach: Option<f64>,
}

const REACTION: [&str; 12] = [
    "kinetics",
    "temperature",
    "transfer_coefficients",
    "equilibrium_potential",
    "overpotential",
    "voltage",
    "current_density",
    "active",
    "reach",
    "faces",
    "volume",
    "edges",
];

/// The electrode of a file, if it has one.
pub(super) fn read(root: &Section<'_>, phases: &[Phase]) -> Checked<Option<ElectrodePlan>> {
    let transport = root.section("transport", &TRANSPORT)?;
    let own = ["ionic", "electronic", "separator"];
    if root.place("reaction").is_none() {
        return match own.iter().any(|key| transport.place(key).is_some()) {
            true => root.required("reaction").map(|_| None),
            false => Ok(None),
        };
    }
    let boundary = transport.word("boundary", &words::BOUNDARIES)?;
    if let (true, Some(place)) = (boundary.is_cell(), transport.place("boundary")) {
        let fault = Fault::WrongType {
            key: "boundary".to_owned(),
            found: "without electrodes",
            expected: "\"face\" beside [reaction], where an electrode works between its two ends,",
        };
        return Err(transport.fault(fault, place));
    }
    let section = root.section("reaction", &REACTION)?;
    let carrier = |key| conductivities(&transport, key, phases);
    let conductivity = [carrier("ionic")?, carrier("electronic")?];
    let sites = sites::read(&section, phases)?;
    let named = places(&section, "active", phases)?;
    Ok(Some(ElectrodePlan {
        separator: transport.word("separator", &words::ELECTRODE_ENDS)?,
        conductivity,
        kinetics: kinetics(&section)?,
        active: if named.is_empty() {
            sites[0].active()
        } else {
            named
        },
        sites,
        drive: drive(&section)?,
        reach: length(&section, "reach")?,
    }))
}

/// Conductivities of a carrier by phase.
fn conductivities(transport: &Section<'_>, key: &str, phases: &[Phase]) -> Checked<Vec<f64>> {
    let names: Vec<String> = phases.iter().map(Phase::title).collect();
    let known: Vec<&str> = names.iter().map(String::as_str).collect();
    let title = format!("[transport.{key}]");
    let section = transport.open(title, transport.required(key)?, &known)?;
    let one = |name: &&str| match section.quantity(name)? {
        None => Ok(0.0),
        Some(typed) if typed.value.parse() == Ok(0.0) => Ok(0.0),
        Some(typed) => {
            let field = format!("{key} conductivity of \"{name}\"");
            let read =
                quantity::parse_in(typed.value, Kind::Conductivity, Range::NotNegative, &field);
            at(&section, &typed, read)
        }
    };
    known.iter().map(one).collect()
}

fn kinetics(section: &Section<'_>) -> Checked<Kinetics> {
    let typed = section.quantity_of("temperature", section.required("temperature")?)?;
    let read = quantity::parse_in(
        typed.value,
        Kind::Temperature,
        Range::Positive,
        "temperature",
    );
    let temperature = at(section, &typed, read)?;
    let transfer = match *section.list("transfer_coefficients") {
        [] => [0.5; 2],
        [a, b] => [coefficient(section, a)?, coefficient(section, b)?],
        [first, ..] => {
            let (found, expected) = ("a list of another length", "[anodic, cathodic]");
            let fault = wrong("transfer_coefficients", found, expected);
            return Err(section.fault(fault, first.span()));
        }
    };
    let law = section.word("kinetics", &words::KINETICS)?;
    Ok(Kinetics {
        law,
        transfer,
        temperature,
    })
}

fn coefficient(section: &Section<'_>, node: Node<'_>) -> Checked<f64> {
    const KEY: &str = "transfer_coefficients";
    let typed = section.quantity_of(KEY, node)?;
    let read = quantity::parse_in(typed.value, Kind::Dimensionless, Range::Positive, KEY);
    at(section, &typed, read)
}

fn drive(section: &Section<'_>) -> Checked<Drive> {
    let current = || {
        one(
            section,
            "current_density",
            (Kind::CurrentDensity, Range::Any),
        )
    };
    let given = [
        potential(section, "overpotential")?.map(Drive::Overpotential),
        potential(section, "voltage")?.map(Drive::Voltage),
        current()?.map(Drive::CurrentDensity),
    ];
    let mut given = given.into_iter().flatten();
    match (given.next(), given.next()) {
        (Some(drive), None) => Ok(drive),
        (first, _) => {
            let found = if first.is_some() {
                "given with another drive"
            } else {
                "not there"
            };
            let expected = "one of overpotential, voltage and current_density";
            let fault = wrong("overpotential", found, expected);
            Err(section.fault(fault, section.span.clone()))
        }
    }
}

fn wrong(key: &str, found: &'static str, expected: &'static str) -> Fault {
    Fault::WrongType {
        key: key.to_owned(),
        found,
        expected,
    }
}

fn potential(section: &Section<'_>, key: &str) -> Checked<Option<f64>> {
    one(section, key, (Kind::Potential, Range::Any))
}

fn length(section: &Section<'_>, key: &str) -> Checked<Option<f64>> {
    one(section, key, (Kind::Length, Range::NotNegative))
}

fn one(section: &Section<'_>, key: &str, (kind, range): (Kind, Range)) -> Checked<Option<f64>> {
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

/// The phases that a key names.
fn places(section: &Section<'_>, key: &str, phases: &[Phase]) -> Checked<Vec<usize>> {
    section
        .list(key)
        .into_iter()
        .map(|node| place(section, node, phases))
        .collect()
}
