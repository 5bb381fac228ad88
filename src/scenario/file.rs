//! A scenario from a TOML file: one function per section, every fault at its line.

use super::{
    Contact, Execution, Inconsistency, Output, Phase, Resolutions, Scenario, ScenarioError,
    ScenarioFile, Transport, UnnamedLabels, cell, electrode,
    error::Fault,
    grains,
    material::Conditions,
    mechanics, phases,
    quantity::{self, Kind, QuantityError, Range},
    section::{At, Section, Source},
    study, voxels,
    words::{self, alternatives, nearest},
};
use crate::{io::Overwrite, microstructure::Axis};
use std::path::{Path, PathBuf};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

pub(super) type Node<'a> = &'a Spanned<DeValue<'a>>;

impl Scenario {
    /// Reads a scenario file. Relative paths in it are taken from its folder.
    ///
    /// # Errors
    /// A file that cannot be read, or the first fault in it, with its line.
    pub fn read(path: &Path) -> Result<Self, ScenarioError> {
        Self::of(&ScenarioFile::read(path)?)
    }

    /// The scenario of a file that has been read. Relative paths in it are taken from its folder.
    ///
    /// # Errors
    /// The first fault, with its line.
    pub fn of(file: &ScenarioFile) -> Result<Self, ScenarioError> {
        let (text, name) = (file.text.as_str(), &*file.name());
        parse(Source { text, name }, file.folder())
    }

    /// Reads the text of a scenario file. Relative paths in it are taken from the current folder.
    ///
    /// # Errors
    /// The first fault, with its line.
    pub fn parse(text: &str) -> Result<Self, ScenarioError> {
        parse(
            Source {
                text,
                name: "scenario",
            },
            Path::new(""),
        )
    }
}

/// The sections of a scenario file.
pub(super) const SECTIONS: [&str; 16] = [
    "scenario",
    "volume",
    "generate",
    "phases",
    "contact",
    "grains",
    "transport",
    "stress",
    "reaction",
    "cell",
    "vary",
    "measured",
    "study",
    "parameter",
    "run",
    "output",
];

fn parse(source: Source<'_>, folder: &Path) -> Result<Scenario, ScenarioError> {
    let document = document(source)?;
    let scenario = scenario(source, folder, &document)?;
    study::check(&Section::root(source, &document, &SECTIONS)?)?;
    Ok(scenario)
}

/// The tables of a file.
pub(super) fn document(source: Source<'_>) -> Result<Spanned<DeTable<'_>>, ScenarioError> {
    DeTable::parse(source.text).map_err(|error| {
        source.fault(
            Fault::Syntax(error.message().to_owned()),
            error.span().unwrap_or(0..0),
        )
    })
}

/// The scenario of a file's tables.
pub(super) fn scenario<'a>(
    source: Source<'a>,
    folder: &Path,
    document: &'a Spanned<DeTable<'a>>,
) -> Result<Scenario, ScenarioError> {
    let root = Section::root(source, document, &SECTIONS)?;
    let volume = voxels::read(&root, folder)?;
    let (phases, names) = phases::read(&root, &volume)?;
    let stress = mechanics::read(&root, (&volume, folder), &phases)?;
    let scenario = Scenario {
        volume,
        contacts: contacts(&root, &phases)?,
        stress,
        electrode: electrode::read(&root, &phases)?,
        cell: cell::read(&root, &phases)?,
        phases,
        unnamed: UnnamedLabels::Refused,
        grains: grains::read(&root, folder)?,
        transport: transport(&root)?,
        execution: execution(&root)?,
        output: output(&root, folder)?,
    };
    scenario.check().map_err(|contradiction| {
        let blamed = names
            .iter()
            .find(|name| contradiction.phase() == Some(name.value));
        source.fault(
            contradiction,
            blamed
                .or(names.first())
                .map_or(0..0, |name| name.span.clone()),
        )
    })?;
    Ok(scenario)
}

pub(super) type Checked<T> = Result<T, ScenarioError>;

/// Puts an error of a quantity at its place in the file.
pub(super) fn at<T>(
    section: &Section<'_>,
    typed: &At<&str>,
    read: Result<T, QuantityError>,
) -> Checked<T> {
    read.map_err(|error| section.fault(error, typed.span.clone()))
}

pub(super) fn resistance(section: &Section<'_>, key: &str, node: Node<'_>) -> Checked<f64> {
    let typed = section.quantity_of(key, node)?;
    at(section, &typed, area_resistance(typed.value, key))
}

pub(super) fn area_resistance(text: &str, key: &str) -> Result<f64, QuantityError> {
    quantity::parse_in(text, Kind::AreaResistance, Range::NotNegative, key)
}

fn contacts(root: &Section<'_>, phases: &[Phase]) -> Checked<Vec<Contact>> {
    let mut contacts: Vec<Contact> = Vec::new();
    for node in root.list("contact") {
        let title = "[[contact]]".to_owned();
        let section = root.open(title, node, &["between", "resistance"])?;
        section.required("between")?;
        let [a, b] = *section.list("between") else {
            let (found, expected) = ("a list of another length", "the names of two phases");
            let fault = Fault::WrongType {
                key: "between".to_owned(),
                found,
                expected,
            };
            return Err(section.fault(fault, section.span.clone()));
        };
        let between = [place(&section, a, phases)?, place(&section, b, phases)?];
        let same = |pair: [usize; 2]| pair == between || pair == [between[1], between[0]];
        if between[0] == between[1] || contacts.iter().any(|contact| same(contact.between)) {
            let [a, b] = between.map(|place| phases[place].title());
            return Err(section.fault(Fault::ContactPair { a, b }, section.span.clone()));
        }
        let resistance = resistance(&section, "resistance", section.required("resistance")?)?;
        contacts.push(Contact {
            between,
            resistance,
        });
    }
    Ok(contacts)
}

/// The place of a phase in the list, by its name.
pub(super) fn place(section: &Section<'_>, node: Node<'_>, phases: &[Phase]) -> Checked<usize> {
    let name = section.text_of("between", node)?;
    phases
        .iter()
        .position(|phase| phase.title() == name.value)
        .ok_or_else(|| {
            let titles: Vec<String> = phases.iter().map(Phase::title).collect();
            let names = || titles.iter().map(String::as_str);
            let fault = Fault::UnknownPhase {
                name: name.value.to_owned(),
                nearest: nearest(name.value, names()).map(str::to_owned),
                known: alternatives(names()),
            };
            section.fault(fault, name.span)
        })
}

pub(super) const TRANSPORT: [&str; 10] = [
    "axes",
    "boundary",
    "sides",
    "rtol",
    "carrier",
    "temperature",
    "extrapolate",
    "separator",
    "ionic",
    "electronic",
];

fn transport(root: &Section<'_>) -> Checked<Transport> {
    let section = root.section("transport", &TRANSPORT)?;
    let mut transport = Transport {
        boundary: section.word("boundary", &words::BOUNDARIES)?,
        sides: section.word("sides", &words::SIDES)?,
        temperature: Conditions::read(root)?.temperature(),
        resolutions: if section.flag("extrapolate")? {
            Resolutions::Three
        } else {
            Resolutions::One
        },
        ..Transport::default()
    };
    for option in ["axes", "sides"] {
        if let (true, Some(place)) = (transport.boundary.is_cell(), section.place(option)) {
            return Err(section.fault(Inconsistency::AxisWhenPeriodic { option }, place));
        }
    }
    if let Some(empty) = section.empty_list("axes") {
        let (found, expected) = ("an empty list", "at least one axis");
        let key = "axes".to_owned();
        let fault = Fault::WrongType {
            key,
            found,
            expected,
        };
        return Err(section.fault(fault, empty));
    }
    let mut axes: Vec<Axis> = Vec::new();
    for node in section.list("axes") {
        let named = section.word_of("axes", node, &words::AXES)?;
        axes.extend(
            named
                .iter()
                .filter(|axis| !axes.contains(axis))
                .collect::<Vec<_>>(),
        );
    }
    if !axes.is_empty() {
        transport.axes = axes;
    }
    if let Some(typed) = section.quantity("rtol")? {
        let read = quantity::parse_in(typed.value, Kind::Dimensionless, Range::Fraction, "rtol");
        transport.relative_error = at(&section, &typed, read)?;
        transport.asked_error = Some(transport.relative_error);
    }
    Ok(transport)
}

fn execution(root: &Section<'_>) -> Checked<Execution> {
    let section = root.section("run", &["backend", "device", "threads", "memory"])?;
    let machine = section.word("backend", &words::MACHINES)?;
    let device = section.text("device")?;
    let span = device.as_ref().map_or(0..0, |device| device.span.clone());
    let backend = Execution::backend(machine, device.map(|device| device.value.to_owned()))
        .map_err(|contradiction: Inconsistency| section.fault(contradiction, span))?;
    let threads = match *section.list("threads") {
        [] => None,
        [node, ..] => Some(threads(&section, node)?),
    };
    let memory = section.word("memory", &words::MEMORY)?;
    Ok(Execution {
        backend,
        threads,
        memory,
    })
}

fn threads(section: &Section<'_>, node: Node<'_>) -> Checked<usize> {
    let expected = "a whole number from 1 to 4096";
    let threads: u16 = section.integer("threads", node, expected)?;
    if (1..=4096).contains(&threads) {
        return Ok(usize::from(threads));
    }
    let fault = Fault::WrongType {
        key: "threads".to_owned(),
        found: "out of range",
        expected,
    };
    Err(section.fault(fault, node.span()))
}

fn output(root: &Section<'_>, folder: &Path) -> Checked<Output> {
    let section = root.section("output", &["json", "fields", "slices", "pictures", "force"])?;
    let path = |key| -> Checked<Option<PathBuf>> {
        Ok(section.text(key)?.map(|text| folder.join(text.value)))
    };
    let (slices, pictures) = (path("slices")?, path("pictures")?);
    if let (Some(_), Some(_)) = (&slices, &pictures) {
        let (first, second) = ("slices", "pictures");
        return Err(section.fault(Inconsistency::Twice { first, second }, section.span.clone()));
    }
    Ok(Output {
        json: path("json")?,
        fields: path("fields")?,
        slices: slices.or(pictures),
        overwrite: if section.flag("force")? {
            Overwrite::Replace
        } else {
            Overwrite::Keep
        },
        origin: None,
    })
}
