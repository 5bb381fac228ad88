//! A study as data: a scenario, what is varied in it, and which results are wanted; enumerated into cases.
//!
//! ```toml
//! [scenario]                                 # as in a scenario file
//! title = "Coating cycles"
//!
//! [study]
//! base = "../pellet.toml"                    # a scenario file, over which sections of this file are laid; without it, this
//!                                            # file is one itself
//! design = "grid"                            # or "list", "latin-hypercube", "sobol": see [`design`]
//! samples = 64                               # of the last two
//! seed = 1                                   # of the last two
//! repeats = 5                                # each point with that many seeds of [generate], one after the other
//! results = ["effective_conductivity", "porosity"]
//!
//! [[parameter]]
//! key = "generate.cycles"                    # what [vary] takes
//! values = [0, 20, 40]
//!
//! [[parameter]]
//! key = "phases.coating.conductivity"
//! from = "1e-9 S/cm"
//! to = "1e-4 S/cm"
//! scale = "log"                              # or "linear"
//! count = 6                                  # not in the designs that sample
//! whole = false                              # true rounds to whole numbers
//! ```
//!
//! A section `[vary]` of the scenario is a parameter like the others; that of a base counts only where the study has no
//! parameter itself. A case is the scenario with one value of each parameter in place of what it says, so a value that does not
//! fit is a fault at that value, told before anything runs.

mod checks;
mod collected;
mod design;
mod fault;
mod overlay;
mod repeats;
mod settings;
mod spread;

pub use collected::{COLLECTED, Collected, Part};
pub use fault::SweepFault;
pub use spread::Along;

use super::{
    About, Measured, Scenario, ScenarioError, ScenarioFile,
    file::{Checked, SECTIONS, document, scenario},
    section::{Section, Source},
    study::{self, about, measured, varied, wrong},
};
use design::Plan;
use repeats::Repeats;
use spread::{Parameter, Spread, Value};
use std::{collections::BTreeMap, path::Path};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

/// Whether a parameter is a seed: what repeats differ in.
pub fn is_seed(key: &str) -> bool {
    [repeats::SEED, repeats::SEED_OF_GRAINS].contains(&key)
}

/// A study.
#[derive(Debug, Clone)]
pub struct Sweep {
    /// What the file says about itself, or else its base.
    pub about: About,
    /// What differs: "generate.cycles". With repeats, the last is "generate.seed", or "grains.seed" of a volume from a file.
    pub parameters: Vec<String>,
    /// How each of them is spread.
    pub along: Vec<Along>,
    /// The results to collect.
    pub collected: Vec<Collected>,
    /// The cases, in the order of the design; at least one.
    pub points: Vec<Point>,
    /// Measured values of the scenario, where it has a section `[vary]`.
    pub measured: Option<Beside>,
    /// The text of the study file.
    pub text: String,
    /// The scenario file, where another one.
    pub base: Option<ScenarioFile>,
    /// Every setting that results depend on, as "section.key": to say what has changed between two states of a study.
    pub settings: BTreeMap<String, String>,
}

/// Measured values and where they belong.
#[derive(Debug, Clone, PartialEq)]
pub struct Beside {
    /// The parameter of `[vary]`.
    pub parameter: String,
    /// Its values as typed, one for each place of a measured list.
    pub at: Vec<String>,
    /// What was measured.
    pub measured: Vec<Measured>,
}

/// One case.
#[derive(Debug, Clone)]
pub struct Point {
    /// A value for each parameter, as typed.
    pub values: Vec<String>,
    /// The scenario with these values.
    pub scenario: Scenario,
    /// SHA-256 of the settings of each section, by its name: equal where all quantities are, however they are written.
    pub sections: BTreeMap<&'static str, [u8; 32]>,
}

impl Sweep {
    /// Reads a study file. Paths in it are relative to it, those of a base to the base.
    ///
    /// # Errors
    /// A file that cannot be read, or the first fault in it, in its base or in one of its cases, with its line.
    pub fn read(path: &Path) -> Result<Self, ScenarioError> {
        let file = ScenarioFile::read(path)?;
        Self::parse(&file.text, &file.name(), file.folder())
    }

    /// The study of the text of a file that messages call `name`; paths in it are relative to `folder`.
    ///
    /// # Errors
    /// The first fault, with its line.
    pub fn parse(text: &str, name: &str, folder: &Path) -> Result<Self, ScenarioError> {
        let own = Source { text, name };
        let document = document(own)?;
        let root = Section::root(own, &document, &SECTIONS)?;
        let study = root.section("study", &STUDY)?;
        let Some(path) = study.text("base")?.map(|base| folder.join(base.value)) else {
            let base = Base {
                source: own,
                tables: &document,
                folder,
                shift: 0,
            };
            return enumerate(&root, own, base);
        };
        let file = ScenarioFile::read(&path)?;
        let name = file.name();
        let source = Source {
            text: &file.text,
            name: &name,
        };
        let mut tables = super::file::document(source)?;
        overlay::lay(&root, &document, (&mut tables, file.text.len()))?;
        let base = Base {
            source,
            tables: &tables,
            folder: file.folder(),
            shift: file.text.len(),
        };
        let sweep = enumerate(&root, own, base).map_err(|error| at_home(error, own, &base))?;
        let base = Some(file);
        Ok(Self { base, ..sweep })
    }
}

const STUDY: [&str; 6] = ["base", "design", "samples", "seed", "repeats", "results"];

/// The scenario that is varied.
#[derive(Clone, Copy)]
struct Base<'a> {
    source: Source<'a>,
    tables: &'a Spanned<DeTable<'a>>,
    folder: &'a Path,
    /// Places in the study file are moved by this when they are put into the scenario's tables: behind its end.
    shift: usize,
}

/// The cases of a study over a scenario, which may stand in the same file.
fn enumerate(root: &Section<'_>, own: Source<'_>, base: Base<'_>) -> Checked<Sweep> {
    let scenario_root = Section::root(base.source, base.tables, &SECTIONS)?;
    let study = root.section("study", &STUDY)?;
    let parameters = parameters((root, own), &scenario_root, base)?;
    let points = Plan::read(&study)?.points(&study, &parameters)?;
    let mut keys: Vec<String> = parameters.iter().map(|p| p.key.value.to_owned()).collect();
    let mut along: Vec<Along> = parameters.iter().map(|p| p.spread.along()).collect();
    let repeats = Repeats::read(&study, &scenario_root, &parameters)?;
    if keys.is_empty() && repeats.is_none() {
        return Err(root.fault(SweepFault::NothingVaried, study.span.clone()));
    }
    if let Some(repeats) = &repeats {
        keys.push(repeats.key.to_owned());
        along.push(Along::List);
    }
    let mut collected = collected(&study)?;
    let mut sweep = Sweep {
        about: said(root, &scenario_root)?,
        collected: Vec::new(),
        points: Vec::new(),
        measured: beside(&scenario_root)?,
        text: own.text.to_owned(),
        base: None,
        settings: settings::of([&scenario_root, root]),
        parameters: keys,
        along,
    };
    let template = study::without_lists(base.tables);
    for values in repeats::with(&points, repeats.as_ref()) {
        let mut assigned: Vec<(&str, &Value)> = sweep
            .parameters
            .iter()
            .map(String::as_str)
            .zip(&values)
            .collect();
        if let (Some(Repeats { too: Some(key), .. }), Some(seed)) = (&repeats, values.last()) {
            assigned.push((key, seed));
        }
        let changed = with_values(&assigned, &template, base.shift);
        let scenario = varied_scenario(&changed, base)?;
        let values = values.iter().map(|value| value.text.clone()).collect();
        sweep.points.push(Point {
            values,
            scenario,
            sections: settings::digests(&changed),
        });
    }
    checks::resolutions(&scenario_root, &sweep)?;
    let scenarios: Vec<&Scenario> = sweep.points.iter().map(|point| &point.scenario).collect();
    if study.place("results").is_none() {
        collected = collected::usual(&scenarios);
    }
    sweep.collected = collected::completed(collected, &scenarios);
    checks::results(&study, &sweep)?;
    Ok(sweep)
}

/// Those of the file, and before them `[vary]` of the scenario.
fn parameters<'a>(
    (root, own): (&Section<'a>, Source<'a>),
    scenario_root: &Section<'a>,
    base: Base<'a>,
) -> Checked<Vec<Parameter<'a>>> {
    let nodes = root.list("parameter").into_iter();
    let mut parameters = nodes
        .map(|node| Parameter::read(root, node, (scenario_root, own.text)))
        .collect::<Checked<Vec<_>>>()?;
    if let Some(varied) = varied(scenario_root)? {
        let key = varied.parameter;
        let replaced = base.shift > 0 && !parameters.is_empty();
        let spread = Spread::listed(&varied.nodes, varied.values, base.source.text);
        if !replaced {
            parameters.insert(0, Parameter { key, spread });
        }
    }
    for (place, parameter) in parameters.iter().enumerate() {
        let key = parameter.key.value;
        if parameters[..place]
            .iter()
            .any(|other| other.key.value == key)
        {
            let fault = SweepFault::Twice {
                key: key.to_owned(),
            };
            return Err(root.fault(fault, parameter.key.span.clone()));
        }
    }
    Ok(parameters)
}

/// What the study says about itself, and what the scenario says where the study is silent.
fn said(root: &Section<'_>, scenario_root: &Section<'_>) -> Checked<About> {
    let (own, base) = (about(root)?, about(scenario_root)?);
    let or = |own: Vec<String>, base| if own.is_empty() { base } else { own };
    Ok(About {
        title: own.title.or(base.title),
        question: own.question.or(base.question),
        fitted: or(own.fitted, base.fitted),
        predicted: or(own.predicted, base.predicted),
    })
}

fn beside(scenario_root: &Section<'_>) -> Checked<Option<Beside>> {
    let Some(varied) = varied(scenario_root)? else {
        return Ok(None);
    };
    Ok(Some(Beside {
        parameter: varied.parameter.value.to_owned(),
        measured: measured(scenario_root, &varied.values)?,
        at: varied.values,
    }))
}

/// The results that are asked for.
fn collected(study: &Section<'_>) -> Checked<Vec<Collected>> {
    if let Some(empty) = study.empty_list("results") {
        let fault = wrong("results", "an empty list", "at least one result");
        return Err(study.fault(fault, empty));
    }
    let mut collected = Vec::new();
    for node in study.list("results") {
        let result = study.word_of("results", node, &COLLECTED)?;
        if !collected.contains(&result) {
            collected.push(result);
        }
    }
    Ok(collected)
}

/// The tables of the scenario with the values in place of what it says.
fn with_values<'a>(
    assigned: &[(&'a str, &'a Value)],
    template: &Spanned<DeTable<'a>>,
    shift: usize,
) -> Spanned<DeTable<'a>> {
    let mut changed = template.clone();
    for (key, value) in assigned {
        let parsed = DeValue::parse(&value.typed).map(Spanned::into_inner);
        let parsed = parsed.unwrap_or_else(|_| DeValue::String(value.text.as_str().into()));
        let span = value.span.start + shift..value.span.end + shift;
        study::set(changed.get_mut(), key, Spanned::new(span, parsed));
    }
    changed
}

/// The scenario of these tables, as a case of a study has it.
fn varied_scenario(changed: &Spanned<DeTable<'_>>, base: Base<'_>) -> Checked<Scenario> {
    let mut scenario = scenario(base.source, base.folder, changed)?;
    if let Some(fault) = checks::beyond(&scenario) {
        return Err(base.source.fault(fault, 0..0));
    }
    // A study is the same whenever it is run.
    scenario.volume.seed(1);
    Ok(scenario)
}

/// A fault in the scenario at what the study has put there is told in the study's file, not in that of its base.
fn at_home(error: ScenarioError, own: Source<'_>, base: &Base<'_>) -> ScenarioError {
    match error {
        ScenarioError::Fault(fault)
            if fault.file() == base.source.name && fault.start() >= base.shift =>
        {
            ScenarioError::Fault(fault.moved(base.shift, own.text, own.name))
        }
        other => other,
    }
}
