//! The words for choices, in one place: scenario files, the command line and every report use the same ones.

use super::study::Quantified;
use crate::{
    materials::Carrier,
    microstructure::{Axis, generate::Ends, measure::triple_line::Separator},
    physics::{
        carriers::{Cell, End},
        conduction::{Boundary, MemoryMode, Sides},
        elasticity::Hold,
        kinetics::Law,
        swelling::Conversion,
    },
};

/// Which machine a run asks for; [`backend`](super::Execution::backend) adds the adapter's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Machine {
    /// A real GPU where there is one, else the host.
    #[default]
    Auto,
    /// The CPU.
    Host,
    /// The best adapter, software included.
    Device,
}

/// A closed list of words and what each stands for.
#[derive(Debug)]
pub struct Words<T: 'static>(&'static [(&'static str, T)]);

/// Where the potential is fixed.
pub const BOUNDARIES: Words<Boundary> = Words(&[
    ("face", Boundary::Face),
    ("centre", Boundary::Centre),
    ("periodic", Boundary::Periodic),
    ("mirror-periodic", Boundary::MirrorPeriodic),
]);

/// What the four sides without electrode do.
pub const SIDES: Words<Sides> = Words(&[("mirror", Sides::Mirror), ("periodic", Sides::Periodic)]);

/// Transport axes.
pub const AXES: Words<&[Axis]> = Words(&[
    ("x", &[Axis::X]),
    ("y", &[Axis::Y]),
    ("z", &[Axis::Z]),
    ("all", &Axis::ALL),
]);

/// Where the separator of an electrode is.
pub const ELECTRODE_ENDS: Words<End> = Words(&[("first", End::First), ("last", End::Last)]);

/// What an electrode is put between.
pub const CELLS: Words<Cell> = Words(&[
    ("electrode", Cell::Electrode),
    ("ions-blocked", Cell::IonsBlocked),
    ("electrons-blocked", Cell::ElectronsBlocked),
]);

/// Laws of charge transfer.
pub const KINETICS: Words<Law> = Words(&[
    ("linear", Law::Linear),
    ("butler-volmer", Law::ButlerVolmer),
]);

/// One axis.
pub const AXIS: Words<Axis> = Words(&[("x", Axis::X), ("y", Axis::Y), ("z", Axis::Z)]);

/// Where an electrode meets the separator, along an axis.
pub const SEPARATORS: Words<Separator> =
    Words(&[("first", Separator::First), ("last", Separator::Last)]);

/// How the sides of a generated volume end.
pub const ENDS: Words<Ends> = Words(&[("periodic", Ends::Periodic), ("walled", Ends::Walled)]);

/// What carries the current, where conductivities come from the library.
pub const CARRIERS: Words<Carrier> = Words(&[
    ("ionic", Carrier::Ionic),
    ("electronic", Carrier::Electronic),
]);

/// How a cell is held under stress.
pub const HOLDS: Words<Hold> = Words(&[
    ("free", Hold::FREE),
    ("clamped", Hold::CLAMPED),
    ("film", Hold::FILM),
]);

/// Components of strains and stresses, in this order everywhere.
pub const COMPONENTS: [&str; 6] = ["xx", "yy", "zz", "yz", "xz", "xy"];

/// Reactions that change a volume.
pub const CONVERSIONS: Words<Conversion> = Words(&[
    ("S to Li2S", Conversion::SulphurToSulphide),
    ("Li2S to S", Conversion::SulphideToSulphur),
]);

/// Results that cases are compared by.
pub const RESULTS: Words<Quantified> = Words(&[
    ("porosity", Quantified::Porosity),
    ("surface_porosity", Quantified::SurfacePorosity),
    ("effective_conductivity", Quantified::EffectiveConductivity),
    ("tortuosity_factor", Quantified::TortuosityFactor),
    ("percolating_fraction", Quantified::PercolatingFraction),
    ("relative_to_first", Quantified::RelativeToFirst),
]);

/// How much memory a solve on the host takes.
pub const MEMORY: Words<MemoryMode> = Words(&[
    ("auto", MemoryMode::Auto),
    ("lean", MemoryMode::Lean),
    ("full", MemoryMode::Full),
]);

/// Machines.
pub const MACHINES: Words<Machine> = Words(&[
    ("auto", Machine::Auto),
    ("host", Machine::Host),
    ("device", Machine::Device),
]);

impl<T: Copy + PartialEq> Words<T> {
    /// A list of one's own, for choices that no scenario knows.
    pub const fn new(words: &'static [(&'static str, T)]) -> Self {
        Self(words)
    }

    /// Every word, in the order in which help texts list them.
    pub fn all(&self) -> impl Iterator<Item = &'static str> + use<T> {
        self.0.iter().map(|(word, _)| *word)
    }

    /// What a word stands for.
    pub fn value(&self, word: &str) -> Option<T> {
        self.0
            .iter()
            .find(|(name, _)| *name == word)
            .map(|&(_, value)| value)
    }

    /// The word for a value, if the list has one.
    pub fn word(&self, value: T) -> Option<&'static str> {
        self.0
            .iter()
            .find(|(_, of)| *of == value)
            .map(|&(word, _)| word)
    }
}

/// The candidate spelled most like `word`, if one is close enough to be meant.
pub(super) fn nearest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(candidate, word), candidate))
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

/// "a, b or c".
pub(super) fn alternatives<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let words: Vec<&str> = words.into_iter().collect();
    match words.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => words.concat(),
    }
}
