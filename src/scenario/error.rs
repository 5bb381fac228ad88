//! What can be wrong with a run's description, and where in the file it stands.

use super::{
    quantity::{QuantityError, Unit},
    sweep::SweepFault,
};
use miette::{Diagnostic, NamedSource, SourceSpan};
use std::{ops::Range, path::PathBuf};

/// A scenario file, a quantity or a combination of settings that cannot be understood.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    /// A fault at a line of a scenario file.
    #[error(transparent)]
    Fault(#[from] Box<Located>),
    /// A quantity on the command line.
    #[error(transparent)]
    Quantity(#[from] QuantityError),
    /// Settings that contradict each other.
    #[error(transparent)]
    Inconsistent(#[from] Inconsistency),
    /// The scenario file itself cannot be read.
    #[error("the scenario file {} cannot be read: {source}; check the path", path.display())]
    Unreadable {
        /// The path as given.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file given as a scenario that is none.
    #[error(
        "{} is {found}, not a scenario (TOML); give a scenario file, or solve a volume with `voxion solve`",
        path.display()
    )]
    NotScenario {
        /// The path as given.
        path: PathBuf,
        /// What it is.
        found: String,
    },
    /// No voxel conducts.
    #[error(
        "no voxel conducts: the volume holds {}, and what conducts is {conducting}; check the labels",
        listed(labels)
    )]
    NoConductingVoxel {
        /// Ascending.
        labels: Vec<i64>,
        /// The phases that conduct.
        conducting: String,
    },
    /// Labels of the volume that no phase names.
    #[error(
        "the volume holds {}, which no phase names; give every label a conductivity (0 insulates)",
        listed(labels)
    )]
    UnnamedLabels {
        /// Ascending.
        labels: Vec<i64>,
    },
}

/// "label 3" or "the labels 3, 4 and 7".
fn listed(labels: &[i64]) -> String {
    const SHOWN: usize = 10;
    let words: Vec<String> = labels.iter().take(SHOWN).map(i64::to_string).collect();
    match words.as_slice() {
        [one] => format!("label {one}"),
        _ if labels.len() > SHOWN => {
            let more = labels.len() - SHOWN;
            format!("the labels {} and {more} more", words.join(", "))
        }
        [first @ .., last] => format!("the labels {} and {last}", first.join(", ")),
        [] => "no label".to_owned(),
    }
}

/// Settings that contradict each other; the same for a file and for the command line.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Inconsistency {
    /// Nothing to solve for.
    #[error("no phase is described; describe at least one that conducts")]
    NoPhases,
    /// Nothing to solve for either.
    #[error(
        "no phase conducts: every conductivity is 0; give at least one phase a conductivity above 0"
    )]
    NothingConducts,
    /// One label, two phases.
    #[error("label {label} is given {}; give it once", twice(first, phase))]
    DuplicateLabel {
        /// The label.
        label: i64,
        /// The phase that has it first.
        first: String,
        /// The phase that has it again.
        phase: String,
    },
    /// Relative and absolute conductivities in one run.
    #[error(
        "the conductivity of \"{phase}\" is given {unit}, unlike that of \"{first}\"; give all of them units (the result is in S/m) or none (the result is relative)"
    )]
    MixedUnits {
        /// The phase met first.
        first: String,
        /// The phase that differs.
        phase: String,
        /// Whether the phase that differs has a unit.
        unit: Unit,
    },
    /// A resistance in Ohm m2 beside relative conductivities.
    #[error(
        "an area-specific resistance needs conductivities with units; write them as \"3.07 mS/cm\", for example"
    )]
    ResistanceNeedsUnits,
    /// Two ways of saying the same, both used.
    #[error(
        "both \"{first}\" and \"{second}\" are given, which are two ways to say the same; leave one of them out"
    )]
    Twice {
        /// One way.
        first: &'static str,
        /// The other.
        second: &'static str,
    },
    /// A file for another generator.
    #[error(
        "the file is for the generator \"{found}\", but \"{asked}\" is asked for; use one of the two"
    )]
    OtherGenerator {
        /// On the command line.
        asked: &'static str,
        /// In the file.
        found: &'static str,
    },
    /// Weights of a material whose density nobody knows.
    #[error("the library has no density of {material}; give fractions by volume")]
    NoDensity {
        /// The material.
        material: String,
    },
    /// A material that lacks what a cell is computed from.
    #[error(
        "the library has no {property} of {material}; name a material that has one (`voxion materials`)"
    )]
    NoProperty {
        /// The material, or the phase without one.
        material: String,
        /// What it lacks.
        property: &'static str,
    },
    /// Fields of several cases.
    #[error(
        "fields are written of one case, but [vary] makes several; leave the fields out, and have pictures with --slices"
    )]
    FieldsOfCases,
    /// Something of one volume asked of several.
    #[error(
        "one volume at a time gives {what}, and {count} are given; leave that out, or solve one alone"
    )]
    OfOneVolume {
        /// What was asked for.
        what: &'static str,
        /// Volumes given.
        count: usize,
    },
    /// Stress of several cases.
    #[error(
        "[vary] makes several cases, and `voxion run` has the stress of one; add a section [study] with results such as \"von_mises\", and run it with `voxion study run`"
    )]
    StressOfCases,
    /// Several resolutions of several cases.
    #[error("[vary] makes several cases, and extrapolation is of one; leave one of them out")]
    ExtrapolationOfCases,
    /// Grain boundaries that nothing tells.
    #[error(
        "grain boundaries of \"{phase}\" are given, but no particle ids that tell its grains apart; give them with --particles, or as [grains]"
    )]
    GrainsMissing {
        /// The phase.
        phase: String,
    },
    /// Grains that cannot be built.
    #[error("grains are built on voxels that are cubes of a known size; else give particle ids")]
    GrainVoxels,
    /// Particle ids that mean nothing.
    #[error(
        "particle ids are given, but no phase has a resistance between its grains; give one as grain boundary, or leave the ids out"
    )]
    GrainsUnused,
    /// An axis, or the sides along it, of a volume without electrodes.
    #[error(
        "a periodic volume gives the tensor of all directions, so \"{option}\" means nothing there; leave it out"
    )]
    AxisWhenPeriodic {
        /// What was given.
        option: &'static str,
    },
    /// Two temperatures of one run.
    #[error(
        "[transport] has a temperature of {transport} K and [reaction] one of {reaction} K, but one temperature holds for \
         everything; give it in [transport] alone"
    )]
    TwoTemperatures {
        /// K.
        transport: f64,
        /// K.
        reaction: f64,
    },
    /// A contact or an activation energy of a label that no phase has.
    #[error(
        "{what} is given for label {label}, which has no conductivity; give it one with --sigma"
    )]
    LabelWithoutPhase {
        /// What was given.
        what: &'static str,
        /// The label.
        label: i64,
    },
    /// A contact of a phase with itself, or described twice.
    #[error(
        "a contact joins two different phases, and each pair once; \"{a}\" and \"{b}\" do not fit"
    )]
    ContactPair {
        /// One phase.
        a: String,
        /// The other.
        b: String,
    },
    /// Extrapolation along an axis that cannot be halved.
    #[error(
        "extrapolation needs an even number of voxels along every axis, and there are {voxels} along {axis}; crop the volume with voxion convert --crop"
    )]
    OddVoxels {
        /// Name of the axis.
        axis: &'static str,
        /// Voxels along it.
        voxels: usize,
    },
    /// An impedance without an electrode.
    #[error(
        "the scenario has no [reaction], and an impedance needs an electrode; describe one, see docs/electrode.md"
    )]
    NoReaction,
    /// An adapter is named, but the host is to solve.
    #[error("the device \"{device}\" is named, but the backend is \"host\"; leave one of them out")]
    DeviceOnHost {
        /// The adapter's name as given.
        device: String,
    },
}

fn twice(first: &str, phase: &str) -> String {
    if first == phase {
        return "twice".to_owned();
    }
    format!("to \"{first}\" and to \"{phase}\"")
}

impl Inconsistency {
    /// The phase at which to point, where one is to blame.
    pub(super) fn phase(&self) -> Option<&str> {
        match self {
            Self::DuplicateLabel { phase, .. }
            | Self::MixedUnits { phase, .. }
            | Self::GrainsMissing { phase } => Some(phase),
            _ => None,
        }
    }
}

/// A fault and the place in the scenario file at which it stands; renders as a diagnostic that shows the line.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("line {line}: {}", brief(&fault.to_string()))]
pub struct Located {
    /// What is wrong.
    pub fault: Fault,
    /// Counted from 1.
    pub line: usize,
    /// Place in the whole text, in bytes.
    offset: usize,
    length: usize,
    #[source_code]
    source_code: NamedSource<String>,
    #[label("here")]
    span: SourceSpan,
}

impl Located {
    pub(super) fn new(fault: Fault, span: Range<usize>, text: &str, name: &str) -> Box<Self> {
        let start = span.start.min(text.len());
        let line = 1 + text.as_bytes()[..start]
            .iter()
            .filter(|&&byte| byte == b'\n')
            .count();
        let shown = Excerpt::of(text, span.clone());
        Box::new(Self {
            fault,
            line,
            offset: span.start,
            length: span.len(),
            source_code: NamedSource::new(name, shown.text),
            span: (shown.span.start, shown.span.len()).into(),
        })
    }

    /// As messages call the file.
    pub(super) fn file(&self) -> &str {
        self.source_code.name()
    }

    /// Where it begins.
    pub(super) fn start(&self) -> usize {
        self.offset
    }

    /// The same fault in another text, which holds what begins at `start` here.
    pub(super) fn moved(self, start: usize, text: &str, name: &str) -> Box<Self> {
        let begin = self.offset.saturating_sub(start);
        Self::new(self.fault, begin..begin + self.length, text, name)
    }
}

/// The most letters of a message, and bytes of a line that is shown.
const MOST_LETTERS: usize = 700;
const MOST_OF_LINE: usize = 300;

/// A message without its middle where it is long: names and values of a file may be of any length.
fn brief(message: &str) -> String {
    let count = message.chars().count();
    if count <= MOST_LETTERS {
        return message.to_owned();
    }
    let part = MOST_LETTERS / 2;
    let head: String = message.chars().take(part).collect();
    let tail: String = message.chars().skip(count - part).collect();
    format!("{head} ... {tail}")
}

/// The place, or the last one before it, at which a character begins.
fn character_before(text: &str, place: usize) -> usize {
    let mut places = (0..=place).rev();
    let found = places.find(|&place| text.is_char_boundary(place));
    found.unwrap_or(0)
}

/// A text in which the lines that a diagnostic shows are short, and the place of a fault in it.
struct Excerpt {
    text: String,
    span: Range<usize>,
}

impl Excerpt {
    /// The line of the fault, the one before and the one behind it, each cut where it is long.
    fn of(text: &str, span: Range<usize>) -> Self {
        let end_of = |from: usize| text[from..].find('\n').map_or(text.len(), |at| from + at);
        let start_of = |to: usize| text[..to].rfind('\n').map_or(0, |at| at + 1);
        let floor = |place: usize| character_before(text, place);
        let place = floor(span.start.min(text.len()));
        let (start, end) = (start_of(place), end_of(place));
        let before = start_of(start.saturating_sub(1));
        let behind = end_of((end + 1).min(text.len()));
        let is_short = |line: &str| line.len() <= MOST_OF_LINE;
        if span.len() <= MOST_OF_LINE && text[before..behind].split('\n').all(is_short) {
            let text = text.to_owned();
            return Self { text, span };
        }
        let mut shown = text[..before].to_owned();
        let head = |line: &str| match is_short(line) {
            true => line.to_owned(),
            false => format!("{} ...", &line[..character_before(line, MOST_OF_LINE / 2)]),
        };
        if before < start {
            shown += &head(&text[before..start - 1]);
            shown.push('\n');
        }
        let from = match place - start > MOST_OF_LINE / 2 {
            true => floor(place - MOST_OF_LINE / 2),
            false => start,
        };
        let to = floor(end.min(place + MOST_OF_LINE / 2));
        if from > start {
            shown += "... ";
        }
        let begin = shown.len() + place - from;
        shown += &text[from..to];
        let stop = begin + span.len().min(to - place);
        if to < end {
            shown += " ...";
        }
        if end < text.len() {
            shown.push('\n');
            shown += &head(&text[end + 1..behind]);
        }
        let stop = character_before(&shown, stop).max(begin);
        Self {
            text: shown,
            span: begin..stop,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_and_messages_are_cut() {
        let long = "ä".repeat(100_000);
        let text = format!("a = 1\n# {long}\nb = \"{long}\"\n# {long}\nc = 2\n");
        let place = text.find("b = ").unwrap() + 4;
        for span in [
            place..place + 10,
            place + 60_000..place + 60_010,
            place..text.len(),
        ] {
            let shown = Excerpt::of(&text, span);
            assert!(shown.text.len() < 1500, "{}", shown.text);
            assert!(shown.text.is_char_boundary(shown.span.start));
            assert!(shown.text.is_char_boundary(shown.span.end));
            assert_eq!(shown.text[..shown.span.start].matches('\n').count(), 2);
        }
        let short = Excerpt::of("a = 1\nb = 2\n", 10..11);
        assert_eq!(
            (short.text.as_str(), short.span),
            ("a = 1\nb = 2\n", 10..11)
        );
        assert!(brief(&long).chars().count() < 720);
        assert_eq!(brief("short"), "short");
    }

    #[test]
    fn an_end_of_the_text_is_a_place() {
        let text = "x".repeat(1000);
        let shown = Excerpt::of(&text, 1000..1000);
        assert!(shown.text.ends_with('x') && shown.span.start == shown.text.len());
        assert!(Excerpt::of("", 5..6).text.is_empty());
    }
}

/// What is wrong at a place of a scenario file.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Fault {
    /// Not TOML.
    #[error("this is not valid TOML: {0}")]
    Syntax(String),
    /// A key that its section does not have.
    #[error("unknown key \"{key}\" in {section}; {}", advice(nearest.as_deref(), known))]
    UnknownKey {
        /// As typed.
        key: String,
        /// Where it was found.
        section: String,
        /// A known key that looks like it.
        nearest: Option<String>,
        /// The known keys.
        known: String,
    },
    /// A key that must be there.
    #[error("{section} needs the key \"{key}\"")]
    MissingKey {
        /// The key.
        key: String,
        /// Where it is missing.
        section: String,
    },
    /// A value of the wrong type.
    #[error("\"{key}\" is {found}, but {expected} is expected")]
    WrongType {
        /// The key.
        key: String,
        /// The type found.
        found: &'static str,
        /// What would be right.
        expected: &'static str,
    },
    /// A word that is not one of the choices.
    #[error("\"{key}\" is \"{found}\"; {}", advice(nearest.as_deref(), known))]
    UnknownWord {
        /// The key.
        key: String,
        /// The word as typed.
        found: String,
        /// A choice that looks like it.
        nearest: Option<String>,
        /// The choices.
        known: String,
    },
    /// A contact with a phase that is not described.
    #[error("the phase \"{name}\" is not described; {}", advice(nearest.as_deref(), known))]
    UnknownPhase {
        /// The name as typed.
        name: String,
        /// A phase that looks like it.
        nearest: Option<String>,
        /// The phases.
        known: String,
    },
    /// A contact of a phase with itself, or described twice.
    #[error(
        "a contact joins two different phases, and each pair once; \"{a}\" and \"{b}\" do not fit"
    )]
    ContactPair {
        /// One phase.
        a: String,
        /// The other.
        b: String,
    },
    /// A phase with `label` and `labels`, or with neither.
    #[error(
        "{section} needs either \"label\" (one number) or \"labels\" (a list that is not empty)"
    )]
    Labels {
        /// The phase's section.
        section: String,
    },
    /// A material without the conductivity that is needed.
    #[error("the library has no {property} of {material}; give the phase a conductivity")]
    NoConductivity {
        /// The material.
        material: String,
        /// What it lacks.
        property: &'static str,
    },
    /// A quantity that cannot be read.
    #[error(transparent)]
    Quantity(#[from] QuantityError),
    /// Settings that contradict each other.
    #[error(transparent)]
    Inconsistent(#[from] Inconsistency),
    /// A study that cannot be turned into cases.
    #[error(transparent)]
    Sweep(#[from] SweepFault),
}

/// "did you mean ...?" where something is close, else the list of what there is.
fn advice(nearest: Option<&str>, known: &str) -> String {
    match nearest {
        Some(nearest) => format!("did you mean \"{nearest}\"?"),
        None => format!("expected {known}"),
    }
}
