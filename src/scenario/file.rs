//! A scenario from a TOML file: one function per section, every fault at its line.

use super::{
    Contact, Execution, Inconsistency, Input, Output, Phase, Scenario, ScenarioError, Transport,
    UnnamedLabels,
    error::Fault,
    material::Conditions,
    quantity::{self, Kind, Quantity, QuantityError, Range},
    section::{At, Named, Section, Source},
    words::{self, alternatives, nearest},
};
use crate::{
    io::{Overwrite, VolumeSource},
    microstructure::Axis,
};
use std::path::{Path, PathBuf};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

type Node<'a> = &'a Spanned<DeValue<'a>>;

impl Scenario {
    /// Reads a scenario file. Relative paths in it are taken from its folder.
    ///
    /// # Errors
    /// A file that cannot be read, or the first fault in it, with its line.
    pub fn read(path: &Path) -> Result<Self, ScenarioError> {
        let unreadable = |source| ScenarioError::Unreadable {
            path: path.to_owned(),
            source,
        };
        let text = std::fs::read_to_string(path).map_err(unreadable)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        parse(
            Source {
                text: &text,
                name: &path.display().to_string(),
            },
            folder,
        )
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

/// The sections of a scenario file; `[generate]` says how its volume was built.
pub(super) const SECTIONS: [&str; 7] = [
    "volume",
    "generate",
    "phases",
    "contact",
    "transport",
    "run",
    "output",
];

fn parse(source: Source<'_>, folder: &Path) -> Result<Scenario, ScenarioError> {
    let document = DeTable::parse(source.text).map_err(|error| {
        source.fault(
            Fault::Syntax(error.message().to_owned()),
            error.span().unwrap_or(0..0),
        )
    })?;
    let root = Section::root(source, &document, &SECTIONS)?;
    let volume = volume(&root, folder)?;
    let (phases, names) = phases(&root)?;
    let scenario = Scenario {
        volume,
        contacts: contacts(&root, &phases)?,
        phases,
        unnamed: UnnamedLabels::Refused,
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

fn volume(root: &Section<'_>, folder: &Path) -> Result<Input, ScenarioError> {
    root.required("volume")?;
    let section = root.section("volume", &["path", "dataset", "shape", "voxel_size"])?;
    let path = section.text_of("path", section.required("path")?)?;
    let mut source = VolumeSource::new(folder.join(path.value));
    if let Some(dataset) = section.text("dataset")? {
        source = source.with_dataset(dataset.value);
    }
    let count = |node: &Node<'_>| section.integer("shape", node, "a list of three whole numbers");
    match *section.list("shape") {
        [] => {}
        [z, y, x] => source = source.with_shape([count(&z)?, count(&y)?, count(&x)?]),
        [other, ..] => return Err(three(&section, "shape", other)),
    }
    Ok(Input {
        source,
        voxel_size: voxel_size(&section)?,
    })
}

fn voxel_size(section: &Section<'_>) -> Result<Option<[f64; 3]>, ScenarioError> {
    const KEY: &str = "voxel_size";
    let length = |node: Node<'_>| positive(section, KEY, node, Kind::Length);
    Ok(match *section.list(KEY) {
        [] => None,
        [one] => Some([length(one)?; 3]),
        [z, y, x] => Some([length(z)?, length(y)?, length(x)?]),
        [other, ..] => return Err(three(section, KEY, other)),
    })
}

/// A list that does not have three elements, told at its first.
fn three(section: &Section<'_>, key: &str, first: Node<'_>) -> ScenarioError {
    let (found, expected) = ("a list of another length", "a list of three, [z, y, x],");
    section.fault(
        Fault::WrongType {
            key: key.to_owned(),
            found,
            expected,
        },
        first.span(),
    )
}

fn positive(section: &Section<'_>, key: &str, node: Node<'_>, kind: Kind) -> Checked<f64> {
    let typed = section.quantity_of(key, node)?;
    at(
        section,
        &typed,
        quantity::parse_in(typed.value, kind, Range::Positive, key),
    )
}

type Checked<T> = Result<T, ScenarioError>;

/// Puts an error of a quantity at its place in the file.
fn at<T>(section: &Section<'_>, typed: &At<&str>, read: Result<T, QuantityError>) -> Checked<T> {
    read.map_err(|error| section.fault(error, typed.span.clone()))
}

/// The phases in the order of the file, and where each name stands.
fn phases<'a>(root: &Section<'a>) -> Checked<(Vec<Phase>, Vec<At<&'a str>>)> {
    root.required("phases")?;
    let conditions = Conditions::read(&root.section("transport", &TRANSPORT)?)?;
    let mut phases = Vec::new();
    let mut names = Vec::new();
    for Named { name, node } in root.named("phases")? {
        phases.push(phase(root, name.value, node, conditions)?);
        names.push(name);
    }
    Ok((phases, names))
}

const PHASE: [&str; 7] = [
    "label",
    "labels",
    "conductivity",
    "material",
    "normal",
    "across",
    "electrode_resistance",
];

fn phase<'a>(
    root: &Section<'a>,
    name: &str,
    node: Node<'a>,
    conditions: Conditions,
) -> Checked<Phase> {
    let section = root.open(format!("[phases.{name}]"), node, &PHASE)?;
    let labels = labels(&section)?;
    let own = || own_conductivity(&section, name);
    let (conductivity, material) = conditions.conductivity(&section, own)?;
    let mut phase = Phase::new(Some(name.to_owned()), labels, conductivity);
    phase.material = material;
    phase.normal = conditions.normal(&section)?;
    [phase.inlet_resistance, phase.outlet_resistance] = electrode_resistances(&section)?;
    Ok(phase)
}

fn labels<'a>(section: &Section<'a>) -> Checked<Vec<i64>> {
    let expected = "a whole number";
    let one = section.list("label");
    let many = section.list("labels");
    match (one.as_slice(), many.as_slice()) {
        ([label], []) => Ok(vec![section.integer("label", label, expected)?]),
        ([], [_, ..]) => {
            let label = |node: &Node<'a>| section.integer("labels", node, expected);
            many.iter().map(label).collect()
        }
        _ => {
            let fault = Fault::Labels {
                section: section.title().to_owned(),
            };
            Err(section.fault(fault, section.span.clone()))
        }
    }
}

fn own_conductivity(section: &Section<'_>, name: &str) -> Checked<Quantity> {
    let typed = section.quantity_of("conductivity", section.required("conductivity")?)?;
    let field = format!("conductivity of \"{name}\"");
    let read = quantity::parse_conductivity(typed.value, &field);
    at(section, &typed, read)
}

/// One resistance for both electrodes, or a table with `inlet` and `outlet`.
fn electrode_resistances(section: &Section<'_>) -> Checked<[f64; 2]> {
    const KEY: &str = "electrode_resistance";
    let [node] = *section.list(KEY) else {
        return Ok([0.0; 2]);
    };
    if !node.get_ref().is_table() {
        return Ok([resistance(section, KEY, node)?; 2]);
    }
    let ends = section.section(KEY, &["inlet", "outlet"])?;
    let end = |key| match ends.quantity(key)? {
        Some(typed) => at(&ends, &typed, area_resistance(typed.value, key)),
        None => Ok(0.0),
    };
    Ok([end("inlet")?, end("outlet")?])
}

fn resistance(section: &Section<'_>, key: &str, node: Node<'_>) -> Checked<f64> {
    let typed = section.quantity_of(key, node)?;
    at(section, &typed, area_resistance(typed.value, key))
}

fn area_resistance(text: &str, key: &str) -> Result<f64, QuantityError> {
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
fn place(section: &Section<'_>, node: Node<'_>, phases: &[Phase]) -> Checked<usize> {
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

const TRANSPORT: [&str; 6] = [
    "axes",
    "boundary",
    "sides",
    "rtol",
    "carrier",
    "temperature",
];

fn transport(root: &Section<'_>) -> Checked<Transport> {
    let section = root.section("transport", &TRANSPORT)?;
    let mut transport = Transport {
        boundary: section.word("boundary", &words::BOUNDARIES)?,
        sides: section.word("sides", &words::SIDES)?,
        ..Transport::default()
    };
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
    }
    Ok(transport)
}

fn execution(root: &Section<'_>) -> Checked<Execution> {
    let section = root.section("run", &["backend", "device", "threads"])?;
    let machine = section.word("backend", &words::MACHINES)?;
    let device = section.text("device")?;
    let span = device.as_ref().map_or(0..0, |device| device.span.clone());
    let backend = Execution::backend(machine, device.map(|device| device.value.to_owned()))
        .map_err(|contradiction: Inconsistency| section.fault(contradiction, span))?;
    let threads = match *section.list("threads") {
        [] => None,
        [node, ..] => Some(threads(&section, node)?),
    };
    Ok(Execution { backend, threads })
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
    let section = root.section("output", &["json", "fields", "slices", "force"])?;
    let path = |key| -> Checked<Option<PathBuf>> {
        Ok(section.text(key)?.map(|text| folder.join(text.value)))
    };
    Ok(Output {
        json: path("json")?,
        fields: path("fields")?,
        slices: path("slices")?,
        overwrite: if section.flag("force")? {
            Overwrite::Replace
        } else {
            Overwrite::Keep
        },
    })
}
