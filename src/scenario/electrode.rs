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

pub use problem::Worked;

use super::{
    Phase,
    error::Fault,
    file::{Checked, Node, TRANSPORT, area_resistance, at, place},
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

/// A kind of place where charge passes.
#[derive(Debug, Clone, PartialEq)]
pub struct SitePlan {
    /// Faces, voxels or edges.
    pub kind: SiteKind,
    /// Phases that bring ions, electrons, and active ones; mixed conductors bring both.
    pub roles: [Vec<usize>; 3],
    /// Exchange current: A/m2, A/m3 or A/m.
    pub exchange: f64,
    /// Resistance of a film on faces, Ohm m2.
    pub film: f64,
    /// Equilibrium potential, V.
    pub equilibrium: f64,
    /// Of the double layer on faces, F/m2.
    pub capacitance: f64,
}

/// Kinds of places where charge passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SiteKind {
    /// Where two phases meet.
    Faces,
    /// Inside mixed conductors.
    Volume,
    /// Where three phases meet.
    Edges,
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
    let carriers = ["ionic", "electronic"].map(|carrier| transport.place(carrier));
    let Some(reaction) = root.place("reaction") else {
        let own = carriers
            .into_iter()
            .flatten()
            .chain(transport.place("separator"))
            .next();
        return own.map_or(Ok(None), |_| root.required("reaction").map(|_| None));
    };
    for carrier in ["ionic", "electronic"] {
        transport.required(carrier)?;
    }
    let section = root.section("reaction", &REACTION)?;
    let equilibrium = potential(&section, "equilibrium_potential")?.unwrap_or(0.0);
    let mut sites = Vec::new();
    for (key, kind) in [
        ("faces", SiteKind::Faces),
        ("volume", SiteKind::Volume),
        ("edges", SiteKind::Edges),
    ] {
        for node in section.list(key) {
            sites.push(site(&section, (key, kind), node, (phases, equilibrium))?);
        }
    }
    if sites.is_empty() {
        let key = "faces".to_owned();
        let (found, expected) = ("not there", "at least one of faces, volume and edges");
        return Err(section.fault(
            Fault::WrongType {
                key,
                found,
                expected,
            },
            reaction,
        ));
    }
    let named = places(&section, "active", phases)?;
    let own = |sites: &[SitePlan]| {
        let part = |site: &SitePlan| if site.kind == SiteKind::Edges { 2 } else { 1 };
        sites
            .first()
            .map_or(Vec::new(), |site| site.roles[part(site)].clone())
    };
    Ok(Some(ElectrodePlan {
        separator: transport.word("separator", &words::ELECTRODE_ENDS)?,
        conductivity: [
            conductivities(&transport, "ionic", phases)?,
            conductivities(&transport, "electronic", phases)?,
        ],
        kinetics: kinetics(&section)?,
        active: if named.is_empty() { own(&sites) } else { named },
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
            let key = "transfer_coefficients".to_owned();
            let (found, expected) = ("a list of another length", "[anodic, cathodic]");
            return Err(section.fault(
                Fault::WrongType {
                    key,
                    found,
                    expected,
                },
                first.span(),
            ));
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
            let key = "overpotential".to_owned();
            Err(section.fault(
                Fault::WrongType {
                    key,
                    found,
                    expected,
                },
                section.span.clone(),
            ))
        }
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

fn site(
    reaction: &Section<'_>,
    (key, kind): (&str, SiteKind),
    node: Node<'_>,
    (phases, equilibrium): (&[Phase], f64),
) -> Checked<SitePlan> {
    let (keys, unit): (&[&str], _) = match kind {
        SiteKind::Faces => (&["ions", "electrons"], Kind::CurrentDensity),
        SiteKind::Volume => (&["phases", "phases"], Kind::CurrentPerVolume),
        SiteKind::Edges => (&["ions", "electrons", "active"], Kind::CurrentPerLength),
    };
    let common = ["exchange_current", "equilibrium_potential"];
    let film: &[&str] = if kind == SiteKind::Faces {
        &["film_resistance", "capacitance"]
    } else {
        &[]
    };
    let known = [keys, &common, film].concat();
    let section = reaction.open(format!("[reaction.{key}]"), node, &known)?;
    let mut roles: [Vec<usize>; 3] = Default::default();
    for (role, key) in roles.iter_mut().zip(keys) {
        section.required(key)?;
        *role = places(&section, key, phases)?;
    }
    let capacitance = match kind {
        SiteKind::Faces => one(
            &section,
            "capacitance",
            (Kind::AreaCapacitance, Range::Positive),
        )?,
        _ => None,
    };
    if capacitance.is_none() {
        section.required("exchange_current")?;
    }
    let exchange = one(&section, "exchange_current", (unit, Range::Positive))?;
    let film = section.quantity("film_resistance")?;
    let film = film.map(|typed| {
        at(
            &section,
            &typed,
            area_resistance(typed.value, "film_resistance"),
        )
    });
    Ok(SitePlan {
        kind,
        roles,
        exchange: exchange.unwrap_or(0.0),
        film: film.transpose()?.unwrap_or(0.0),
        equilibrium: potential(&section, "equilibrium_potential")?.unwrap_or(equilibrium),
        capacitance: capacitance.unwrap_or(0.0),
    })
}
