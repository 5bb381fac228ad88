//! An electrode with two carriers: `[transport.ionic]`, `[transport.electronic]` and `[reaction]` of a scenario file.
//!
//! ```toml
//! [transport]
//! temperature = "25 C"                 # of conductivities and kinetics alike
//! separator = "first"                  # ions enter before the first layer, electrons behind the last; or "last"
//!
//! [transport.ionic]                    # conductivity of each phase for ions; a phase that is not named has none
//! electrolyte = "3.07 mS/cm"           # or { material = "Li6PS5Cl" }, { conductivity = "3 mS/cm", activation_energy = "0.35 eV" }
//!
//! [transport.electronic]
//! carbon = "10 S/cm"
//!
//! [reaction]
//! kinetics = "butler-volmer"           # or "linear"
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
//! activation_energy = "0.5 eV"         # of the exchange current, which is that at 25 C or at a reference_temperature
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
    material::Conditions,
    phases,
    quantity::{self, Kind, Quantity, Range, Unit},
    section::{Named, Section},
    words,
};
use crate::{
    materials::Carrier,
    physics::{
        carriers::{Drive, End},
        kinetics::Kinetics,
    },
};

/// What a scenario says of an electrode; phases are places in [`Scenario::phases`](super::Scenario::phases).
#[derive(Debug, Clone, PartialEq)]
pub struct ElectrodePlan {
    /// Where the separator is.
    pub separator: End,
    /// Ionic and electronic conductivity of each phase, S/m.
    pub conductivity: [Vec<f64>; 2],
    /// Where each of them comes from, where it was not typed as it is.
    pub origin: [Vec<Option<String>>; 2],
    /// Keys of the scenario that have no effect on the electrode, each in a sentence.
    pub ignored: Vec<String>,
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
    let conditions = Conditions::read(root)?;
    let names: Vec<String> = phases.iter().map(Phase::title).collect();
    let of_carrier = |key, carrier| conductivities(&transport, key, &names, conditions.of(carrier));
    let carriers = [
        of_carrier("ionic", Carrier::Ionic)?,
        of_carrier("electronic", Carrier::Electronic)?,
    ];
    let conductivity = carriers.each_ref().map(|phases| {
        phases
            .iter()
            .map(|phase| phase.conductivity.value)
            .collect()
    });
    let temperature = conditions.temperature();
    let sites = sites::read(&section, phases, temperature)?;
    let named = places(&section, "active", phases)?;
    Ok(Some(ElectrodePlan {
        separator: transport.word("separator", &words::ELECTRODE_ENDS)?,
        conductivity,
        origin: carriers.map(|phases| phases.iter().map(Phase::origin).collect()),
        ignored: ignored(root, &transport)?,
        kinetics: kinetics(&section, temperature)?,
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

/// Conductivity of each phase for a carrier: its value and where it comes from, in a [`Phase`] without name.
fn conductivities(
    transport: &Section<'_>,
    key: &str,
    names: &[String],
    conditions: Conditions,
) -> Checked<Vec<Phase>> {
    let known: Vec<&str> = names.iter().map(String::as_str).collect();
    let title = format!("[transport.{key}]");
    let section = transport.open(title, transport.required(key)?, &known)?;
    known
        .iter()
        .map(|name| conductivity(&section, (key, name), conditions))
        .collect()
}

/// Keys of a phase in `[transport.ionic]` and `[transport.electronic]` where it is a table.
const CONDUCTIVITY: [&str; 5] = [
    "conductivity",
    "material",
    "activation_energy",
    "reference_temperature",
    "prefactor",
];

/// What `[transport.ionic]` or `[transport.electronic]` says of a phase: a conductivity, or a table with one or a material.
fn conductivity(
    section: &Section<'_>,
    (key, name): (&str, &str),
    conditions: Conditions,
) -> Checked<Phase> {
    let of = |value| {
        let unit = Unit::Given;
        Phase::new(None, Vec::new(), Quantity { value, unit })
    };
    if let [node] = *section.list(name)
        && node.get_ref().is_table()
    {
        let title = format!("[transport.{key}.{name}]");
        let table = section.open(title, node, &CONDUCTIVITY)?;
        let own = || phases::own_conductivity(&table, name);
        let (conductivity, material) = conditions.conductivity(&table, own)?;
        if conductivity.unit == Unit::Absent && conductivity.value != 0.0 {
            let fault = wrong(
                "conductivity",
                "without unit",
                "a number with a unit, such as \"1 mS/cm\",",
            );
            return Err(table.fault(fault, table.span.clone()));
        }
        let mut phase = of(conductivity.value);
        phase.material = material;
        if let Some(activation) = conditions.activation(&table, phase.material.as_ref())? {
            phase.activate(activation);
        }
        return Ok(phase);
    }
    let Some(typed) = section.quantity(name)? else {
        return Ok(of(0.0));
    };
    if typed.value.parse() == Ok(0.0) {
        return Ok(of(0.0));
    }
    let field = format!("{key} conductivity of \"{name}\"");
    let read = quantity::parse_in(typed.value, Kind::Conductivity, Range::NotNegative, &field);
    at(section, &typed, read).map(of)
}

/// The keys with which a phase has a conductivity of its own.
const OWN: [&str; 5] = [
    "conductivity",
    "material",
    "prefactor",
    "activation_energy",
    "across",
];

/// The conductivity of a phase that has none of its own beside `[reaction]`: that of the carrier of `[transport]`, so that
/// an electrode needs no conductivities besides its two carriers'.
pub(super) fn of_phase(
    root: &Section<'_>,
    (section, name): (&Section<'_>, &str),
    conditions: Conditions,
) -> Checked<Option<Phase>> {
    if root.place("reaction").is_none() || OWN.iter().any(|key| section.place(key).is_some()) {
        return Ok(None);
    }
    let transport = root.section("transport", &TRANSPORT)?;
    let key = match conditions.carrier() {
        Carrier::Ionic => "ionic",
        Carrier::Electronic => "electronic",
    };
    let [node] = *transport.list(key) else {
        return Ok(None);
    };
    let carrier = transport.anything(key, node)?;
    let of = |name: &str| conductivity(&carrier, (key, name), conditions);
    let mut own = of(name)?;
    let mut largest = 0.0;
    for (other, _) in carrier.entries() {
        largest = f64::max(largest, of(other)?.conductivity.value);
    }
    if own.conductivity.value < INSULATES * largest {
        own.conductivity.value = 0.0;
    }
    Ok(Some(own))
}

/// Below this part of the best conductivity a phase insulates in the conductivity of the whole, which double precision
/// could not bound otherwise. The electrode takes the conductivities as they are.
const INSULATES: f64 = 1e-15;

impl ElectrodePlan {
    /// "ions 0.307 S/m (ionic conductivity of ...), electrons none" of a phase, by its place in the scenario.
    pub fn conducts(&self, place: usize) -> String {
        let one = |carrier: usize| {
            let origin = self.origin[carrier][place].as_ref();
            let origin = origin.map_or(String::new(), |origin| format!(" ({origin})"));
            match self.conductivity[carrier][place] {
                0.0 => "none".to_owned(),
                value => format!("{} S/m{origin}", digits(value)),
            }
        };
        format!("ions {}, electrons {}", one(0), one(1))
    }
}

/// Six significant digits.
fn digits(value: f64) -> String {
    let rounded: f64 = format!("{value:.5e}").parse().unwrap_or(value);
    if (1e-4..1e6).contains(&rounded) {
        rounded.to_string()
    } else {
        format!("{rounded:e}")
    }
}

/// Keys of a scenario that do nothing to its electrode, each as a sentence.
fn ignored(root: &Section<'_>, transport: &Section<'_>) -> Checked<Vec<String>> {
    let mut notes = Vec::new();
    let mut own = Vec::new();
    for Named { name, node } in root.named("phases")? {
        let phase = root.anything(name.value, node)?;
        let keys = [OWN.as_slice(), &["reference_temperature", "normal"]].concat();
        let given = keys.into_iter().filter(|key| phase.place(key).is_some());
        own.extend(given.map(|key| format!("phases.{}.{key}", name.value)));
    }
    if !own.is_empty() {
        notes.push(format!(
            "{} count for the effective conductivity alone and have no effect on the electrode, whose conductivities are those of \
             [transport.ionic] and [transport.electronic]",
            own.join(", ")
        ));
    }
    if transport.flag("extrapolate")? {
        notes.push("transport.extrapolate has no effect on the electrode".to_owned());
    }
    if transport
        .text("boundary")?
        .is_some_and(|word| word.value == "centre")
    {
        notes.push("transport.boundary has no effect on the electrode, whose terminals are its first and last faces".to_owned());
    }
    if transport.list("axes").len() > 1
        || transport
            .list("axes")
            .iter()
            .any(|node| node.get_ref().as_str() == Some("all"))
    {
        notes.push("transport.axes: the electrode works along the first axis alone".to_owned());
    }
    Ok(notes)
}

fn kinetics(section: &Section<'_>, temperature: f64) -> Checked<Kinetics> {
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
