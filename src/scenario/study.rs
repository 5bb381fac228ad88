//! Several cases that differ in one parameter, and measured values to hold them against.
//!
//! ```toml
//! [scenario]                                 # said with the results; all of it may be left out
//! title = "Coated against bare pellets"
//! question = "How does coating change porosity and conductivity?"
//! fitted = ["yield pressure 1516 MPa: porosity of the bare pellet"]
//! predicted = ["porosity from 20 cycles on"]
//!
//! [vary]
//! parameter = "generate.cycles"              # a key of [generate], [volume], [grains] or [transport], phases.NAME.conductivity,
//! values = [0, 20, 40]                       # .material, .grain_boundary or .activation_energy
//!
//! [[measured]]
//! result = "porosity"                        # or another result of the table
//! at = [0, 40]
//! values = ["30.0 %", "15.0 %"]
//! source = "where they are published"
//! ```
//!
//! A case is the file with one value in place of what it says, so a value that does not fit is a fault at that value.

use super::{
    Scenario, ScenarioError, ScenarioFile, cell,
    error::Fault,
    file::{Checked, Node, SECTIONS, TRANSPORT, at, document, scenario},
    generate,
    quantity::{self, Kind, Range},
    section::{At, Section, Source},
    sweep::SweepFault,
    words::{RESULTS, alternatives, nearest},
};
use std::{borrow::Cow, collections::HashSet, path::Path};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

/// Cases that differ in one parameter.
#[derive(Debug, Clone)]
pub struct Study {
    /// What the file says about itself.
    pub about: About,
    /// What differs: "generate.cycles".
    pub parameter: String,
    /// The cases, in the order of the file; at least one, each along one axis.
    pub cases: Vec<Case>,
    /// Measured values.
    pub measured: Vec<Measured>,
}

/// What a scenario file says about itself, in its author's words.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct About {
    /// What is studied.
    pub title: Option<String>,
    /// What one wants to know.
    pub question: Option<String>,
    /// What was fitted, to what.
    pub fitted: Vec<String>,
    /// What follows without a fit.
    pub predicted: Vec<String>,
}

/// One case.
#[derive(Debug, Clone)]
pub struct Case {
    /// The value of the parameter as typed.
    pub value: String,
    /// The scenario with this value.
    pub scenario: Scenario,
}

/// Measured values of a result.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// Of which result.
    pub result: Quantified,
    /// One for each case that has one: fractions as such, conductivities in S/m or relative.
    pub values: Vec<Option<f64>>,
    /// Who measured.
    pub source: String,
}

/// A result that cases are compared by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantified {
    /// Fraction of the voxels in phases that are called pore or void.
    Porosity,
    /// The same of the six faces of the volume.
    SurfacePorosity,
    /// Effective conductivity.
    EffectiveConductivity,
    /// Mean conductivity over effective conductivity.
    TortuosityFactor,
    /// Part of the conducting voxels that joins the two ends.
    PercolatingFraction,
    /// Effective conductivity over that of the first case.
    RelativeToFirst,
}

impl Study {
    /// Reads a scenario file with a section `[vary]`; none if it has no such section.
    ///
    /// # Errors
    /// Those of [`ScenarioFile::read`] and [`Study::of`].
    pub fn read(path: &Path) -> Result<Option<Self>, ScenarioError> {
        Self::of(&ScenarioFile::read(path)?)
    }

    /// The cases of a scenario file with a section `[vary]`; none if it has no such section.
    ///
    /// # Errors
    /// The first fault in it or in one of its cases, with its line.
    pub fn of(file: &ScenarioFile) -> Result<Option<Self>, ScenarioError> {
        Self::parse(&file.text, &file.name(), file.folder())
    }

    /// The cases of the text of a file that messages call `name`; paths in it are relative to `folder`.
    ///
    /// # Errors
    /// The first fault, with its line.
    pub fn parse(text: &str, name: &str, folder: &Path) -> Result<Option<Self>, ScenarioError> {
        let source = Source { text, name };
        let document = document(source)?;
        let root = Section::root(source, &document, &SECTIONS)?;
        refuse_sweep(&root)?;
        let Some(varied) = varied(&root)? else {
            return Ok(None);
        };
        let mut cases = Vec::new();
        let base = without_lists(&document);
        for (node, value) in varied.nodes.iter().zip(&varied.values) {
            let mut changed = base.clone();
            set(changed.get_mut(), varied.parameter.value, (*node).clone());
            let scenario = scenario(source, folder, &changed)?;
            if scenario.transport.axes.len() != 1 {
                let (found, expected) = ("several axes", "one axis beside [vary]");
                return Err(root.fault(wrong("axes", found, expected), varied.parameter.span));
            }
            let value = value.clone();
            cases.push(Case { value, scenario });
        }
        Ok(Some(Self {
            about: about(&root)?,
            parameter: varied.parameter.value.to_owned(),
            cases,
            measured: measured(&root, &varied.values)?,
        }))
    }
}

/// The tables of one case, without the sections that make several: a copy for each case is then short.
pub(super) fn without_lists<'a>(document: &Spanned<DeTable<'a>>) -> Spanned<DeTable<'a>> {
    let mut base = document.clone();
    for section in ["vary", "measured", "study", "parameter", "scenario"] {
        base.get_mut().remove(section);
    }
    base
}

/// Whether the sections of this file are sound where only one case is wanted.
pub(super) fn check(root: &Section<'_>) -> Checked<()> {
    refuse_sweep(root)?;
    about(root)?;
    let values = varied(root)?.map_or(Vec::new(), |varied| varied.values);
    measured(root, &values).map(drop)
}

/// A file for `voxion study` says so rather than running as one case.
fn refuse_sweep(root: &Section<'_>) -> Checked<()> {
    let mut places = ["study", "parameter", "cell"].into_iter();
    let place = places.find_map(|section| root.place(section));
    place.map_or(Ok(()), |place| Err(root.fault(SweepFault::IsStudy, place)))
}

pub(super) fn about(root: &Section<'_>) -> Checked<About> {
    let section = root.section("scenario", &["title", "question", "fitted", "predicted"])?;
    let one = |key| -> Checked<Option<String>> {
        Ok(section.text(key)?.map(|text| text.value.to_owned()))
    };
    let many = |key| -> Checked<Vec<String>> {
        let text = |node| Ok(section.text_of(key, node)?.value.to_owned());
        section.list(key).into_iter().map(text).collect()
    };
    Ok(About {
        title: one("title")?,
        question: one("question")?,
        fitted: many("fitted")?,
        predicted: many("predicted")?,
    })
}

/// The section `[vary]`.
pub(super) struct Varied<'a> {
    pub(super) parameter: At<&'a str>,
    pub(super) nodes: Vec<Node<'a>>,
    pub(super) values: Vec<String>,
}

pub(super) fn varied<'a>(root: &Section<'a>) -> Checked<Option<Varied<'a>>> {
    if root.place("vary").is_none() {
        return match root.place("measured") {
            Some(_) => root.required("vary").map(|_| None),
            None => Ok(None),
        };
    }
    let section = root.section("vary", &["parameter", "values"])?;
    let parameter = section.text_of("parameter", section.required("parameter")?)?;
    check_parameter(root, &section, ("parameter", &parameter))?;
    let (nodes, values) = values(&section)?;
    Ok(Some(Varied {
        parameter,
        nodes,
        values,
    }))
}

/// Whether the key of a parameter, which `section` names, is one of the scenario of `root`.
pub(super) fn check_parameter(
    root: &Section<'_>,
    section: &Section<'_>,
    (key, parameter): (&str, &At<&str>),
) -> Checked<()> {
    let known = parameters(root)?;
    let known = || known.iter().map(String::as_str);
    if known().any(|known| known == parameter.value) {
        return Ok(());
    }
    // All keys would be a long list: those of the section that is meant, else the sections.
    let section_of = |key: &str| {
        key.rsplit_once('.')
            .map_or(String::new(), |(name, _)| name.to_owned())
    };
    let meant = section_of(parameter.value);
    let of_section: Vec<&str> = known().filter(|key| section_of(key) == meant).collect();
    let mut sections: Vec<String> = Vec::new();
    for key in known() {
        let name = key.split('.').next().unwrap_or_default();
        let of_phases = key.splitn(3, '.').nth(2).is_some();
        let shown = match (name, of_phases) {
            ("phases", _) => "phases.NAME.KEY".to_owned(),
            ("stress", true) => "stress.phases.NAME.KEY".to_owned(),
            (name, _) => format!("{name}.KEY"),
        };
        if !sections.contains(&shown) {
            sections.push(shown);
        }
    }
    let fault = Fault::UnknownWord {
        key: key.to_owned(),
        found: parameter.value.to_owned(),
        nearest: nearest(parameter.value, known()).map(str::to_owned),
        known: match of_section.as_slice() {
            [] => alternatives(sections.iter().map(String::as_str)),
            keys => alternatives(keys.iter().copied()),
        },
    };
    Err(section.fault(fault, parameter.span.clone()))
}

/// The list `values`: not empty, each value once, and each as typed.
pub(super) fn values<'a>(section: &Section<'a>) -> Checked<(Vec<Node<'a>>, Vec<String>)> {
    section.required("values")?;
    if let Some(empty) = section.empty_list("values") {
        let fault = wrong("values", "an empty list", "at least one value");
        return Err(section.fault(fault, empty));
    }
    let nodes = section.list("values");
    let values = texts(section, "values", &nodes)?;
    let mut seen = HashSet::new();
    for (place, value) in values.iter().enumerate() {
        if !seen.insert(value) {
            let fault = wrong("values", "a list with a value twice", "each value once");
            return Err(section.fault(fault, nodes[place].span()));
        }
    }
    Ok((nodes, values))
}

fn texts(section: &Section<'_>, key: &str, nodes: &[Node<'_>]) -> Checked<Vec<String>> {
    let text = |node: &Node<'_>| match node.get_ref() {
        DeValue::Boolean(is_so) => Ok(is_so.to_string()),
        _ => Ok(section.quantity_of(key, node)?.value.to_owned()),
    };
    nodes.iter().map(text).collect()
}

/// What may be varied of a reaction.
const REACTION_NUMBERS: [&str; 6] = [
    "temperature",
    "overpotential",
    "voltage",
    "current_density",
    "equilibrium_potential",
    "reach",
];

/// What may be varied of a phase.
const PHASE_NUMBERS: [&str; 4] = [
    "conductivity",
    "material",
    "grain_boundary",
    "activation_energy",
];

/// What may be varied.
fn parameters(root: &Section<'_>) -> Checked<Vec<String>> {
    let mut known = Vec::new();
    let mut phases: Vec<&str> = Vec::new();
    if root.place("generate").is_some() {
        let (generator, _) = generate::section(root)?;
        let keys = generate::keys(generator).into_iter();
        let keys = keys.filter(|key| !["generator", "shape"].contains(key));
        known.extend(keys.map(|key| format!("generate.{key}")));
        phases.extend(generator.phases.iter().map(|(name, _)| name));
    } else {
        phases.extend(root.named("phases")?.iter().map(|entry| entry.name.value));
    }
    if root.place("volume").is_some() {
        known.extend(["path", "dataset", "voxel_size"].map(|key| format!("volume.{key}")));
    }
    if root.place("grains").is_some() {
        known.extend(["diameter", "seed"].map(|key| format!("grains.{key}")));
    }
    known.extend(TRANSPORT.map(|key| format!("transport.{key}")));
    let phases_of_stress = ["young", "poisson", "yield", "hardening", "eigenstrain"];
    for (section, keys) in [
        ("stress", ["converted", "hold", "rtol"].as_slice()),
        ("reaction", &REACTION_NUMBERS),
        ("cell", &cell::KEYS),
    ] {
        if root.place(section).is_some() {
            known.extend(keys.iter().map(|key| format!("{section}.{key}")));
        }
    }
    for phase in phases {
        known.extend(PHASE_NUMBERS.map(|key| format!("phases.{phase}.{key}")));
        if root.place("stress").is_some() {
            known.extend(phases_of_stress.map(|key| format!("stress.phases.{phase}.{key}")));
        }
    }
    Ok(known)
}

/// Puts a value at its place in the tables, "generate.cycles" say, which are made where they are missing.
pub(super) fn set<'a>(table: &mut DeTable<'a>, key: &'a str, node: Spanned<DeValue<'a>>) {
    let (first, rest) = match key.split_once('.') {
        Some((first, rest)) => (first, Some(rest)),
        None => (key, None),
    };
    let spanned = Spanned::new(node.span(), Cow::Borrowed(first));
    let Some(rest) = rest else {
        table.insert(spanned, node);
        return;
    };
    if table.get(first).is_none() {
        let empty = DeValue::Table(DeTable::new());
        table.insert(spanned, Spanned::new(node.span(), empty));
    }
    if let Some(DeValue::Table(inner)) = table.get_mut(first).map(Spanned::get_mut) {
        set(inner, rest, node);
    }
}

/// `[[measured]]`, each with a place for every case.
pub(super) fn measured(root: &Section<'_>, cases: &[String]) -> Checked<Vec<Measured>> {
    let one = |node| {
        let keys = ["result", "at", "values", "source"];
        let section = root.open("[[measured]]".to_owned(), node, &keys)?;
        let result = section.word_of("result", section.required("result")?, &RESULTS)?;
        section.required("at")?;
        section.required("values")?;
        let (places, given) = (section.list("at"), section.list("values"));
        if places.len() != given.len() {
            let expected = "one value for each of \"at\"";
            let fault = wrong("values", "a list of another length", expected);
            let span = section.place("values").unwrap_or(0..0);
            return Err(section.fault(fault, span));
        }
        let mut values = vec![None; cases.len()];
        for (place, node) in places.iter().zip(given) {
            let case = case(&section, place, cases)?;
            values[case] = Some(value(&section, result, node)?);
        }
        let source = section.text_of("source", section.required("source")?)?;
        Ok(Measured {
            result,
            values,
            source: source.value.to_owned(),
        })
    };
    root.list("measured").into_iter().map(one).collect()
}

/// The place of a value among the cases.
fn case(section: &Section<'_>, node: Node<'_>, cases: &[String]) -> Checked<usize> {
    let typed = section.quantity_of("at", node)?;
    let same = |case: &String| match (case.parse::<f64>(), typed.value.parse::<f64>()) {
        (Ok(case), Ok(at)) => case == at,
        _ => case == typed.value,
    };
    cases.iter().position(same).ok_or_else(|| {
        let all = alternatives(cases.iter().map(String::as_str));
        let fault = Fault::UnknownWord {
            key: "at".to_owned(),
            found: typed.value.to_owned(),
            nearest: None,
            known: format!("one of the values of [vary]: {all}"),
        };
        section.fault(fault, typed.span)
    })
}

fn value(section: &Section<'_>, result: Quantified, node: Node<'_>) -> Checked<f64> {
    let typed = section.quantity_of("values", node)?;
    let read = match result {
        Quantified::EffectiveConductivity => {
            quantity::parse_conductivity(typed.value, "values").map(|quantity| quantity.value)
        }
        _ => quantity::parse_in(
            typed.value,
            Kind::Dimensionless,
            Range::NotNegative,
            "values",
        ),
    };
    at(section, &typed, read)
}

pub(super) fn wrong(key: &str, found: &'static str, expected: &'static str) -> Fault {
    Fault::WrongType {
        key: key.to_owned(),
        found,
        expected,
    }
}
