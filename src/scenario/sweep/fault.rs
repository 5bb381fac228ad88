//! What can be wrong with a study beyond what can be wrong with a scenario.

/// A study that cannot be turned into cases.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SweepFault {
    /// A study where one run is wanted.
    #[error("this file describes a study; run it with `voxion study run`")]
    IsStudy,
    /// Fractions converted of each voxel.
    #[error(
        "\"fractions\" of [stress] belong to the voxels of one volume, and a study has many; leave them out, or run the one case with `voxion run`"
    )]
    Fractions,
    /// All directions of a volume between electrodes.
    #[error(
        "\"{result}\" is of a cell without electrodes; set boundary = \"periodic\" or \"mirror-periodic\" in [transport], or collect effective_conductivity along axes = \"all\""
    )]
    NoTensor {
        /// The result that was asked for.
        result: &'static str,
    },
    /// A trend over one resolution.
    #[error("\"{result}\" needs several resolutions; set extrapolate = true in [transport]")]
    OneResolution {
        /// The result that was asked for.
        result: &'static str,
    },
    /// What ions and electrons reach from electrodes that are not there.
    #[error(
        "\"active_triple_phase_boundary\" is what ions from a separator reach, and a cell without electrodes has none; leave it out, or set boundary = \"face\""
    )]
    NoSeparator,
    /// A file of a study that has a base.
    #[error(
        "a study with a base names no files of its own, because paths are relative to where they stand; put \"{key}\" into the base"
    )]
    FileOfStudy {
        /// The key.
        key: &'static str,
    },
    /// A result without the section that it comes from.
    #[error(
        "\"{result}\" needs a section {section}; add it to the scenario, or leave the result out"
    )]
    NoSection {
        /// The result that was asked for.
        result: &'static str,
        /// What is missing.
        section: &'static str,
    },
    /// Several states of stress in one case.
    #[error(
        "a case of a study is one state of stress, but \"converted\" has {count} values; write one, or vary \"stress.converted\""
    )]
    States {
        /// How many.
        count: usize,
    },
    /// The loading that a target needs, without the target.
    #[error("\"loading_needed\" needs the key \"target\" in [cell], such as \"400 Wh/kg\"")]
    NoTarget,
    /// Nothing is varied.
    #[error("the study varies nothing; add [[parameter]] with a key and its values, or repeats")]
    NothingVaried,
    /// One key, two parameters.
    #[error("\"{key}\" is varied twice; leave one of the two parameters out")]
    Twice {
        /// The key.
        key: String,
    },
    /// A list and a range.
    #[error("a parameter has either \"values\" or a range with \"from\" and \"to\"; leave one out")]
    ListAndRange,
    /// A range between quantities with different units.
    #[error("a range runs within one unit, but goes from \"{from}\" to \"{to}\"; write both alike")]
    Units {
        /// The first value as typed.
        from: String,
        /// The last value as typed.
        to: String,
    },
    /// A logarithmic range that touches zero.
    #[error("a logarithmic range needs ends above zero, but goes from \"{from}\" to \"{to}\"")]
    Logarithm {
        /// The first value as typed.
        from: String,
        /// The last value as typed.
        to: String,
    },
    /// A range without its number of values.
    #[error("a range needs \"count\", how many values it has, in the design \"{design}\"")]
    NoCount {
        /// The design.
        design: &'static str,
    },
    /// A count where the design takes samples.
    #[error(
        "the design \"{design}\" takes its points from the whole range; leave \"count\" out and set \"samples\" in [study]"
    )]
    Count {
        /// The design.
        design: &'static str,
    },
    /// A count that makes no range.
    #[error("\"count\" is {count}, but a range has at least 2 values and at most {limit}")]
    BadCount {
        /// As typed.
        count: usize,
        /// The most that are taken.
        limit: usize,
    },
    /// No samples, or too many.
    #[error("\"samples\" is {samples}, but it must be from 1 to {limit}")]
    Samples {
        /// As typed.
        samples: usize,
        /// The most that are taken.
        limit: usize,
    },
    /// Samples of a grid.
    #[error("\"samples\" does not go with the design \"{design}\", whose parameters have values")]
    SamplesOfGrid {
        /// The design.
        design: &'static str,
    },
    /// Lists that should go hand in hand.
    #[error(
        "in the design \"list\" all parameters have as many values; \"{key}\" has {count}, the first has {first}"
    )]
    Lengths {
        /// The parameter that differs.
        key: String,
        /// How many it has.
        count: usize,
        /// How many the first has.
        first: usize,
    },
    /// More cases than anybody can run.
    #[error("the study makes {count} cases, and at most {limit} are taken; leave values out")]
    TooMany {
        /// How many.
        count: u128,
        /// The most that are taken.
        limit: usize,
    },
    /// Repeats that would all be the same.
    #[error(
        "repeats differ in the seed of [generate], or of [grains] that are built, but the volume comes from a file; leave \"repeats\" out"
    )]
    RepeatsOfFile,
    /// Repeats, or values of a seed, that are none.
    #[error("\"repeats\" is {repeats}, but it must be from 1 to 10000")]
    Repeats {
        /// As typed.
        repeats: usize,
    },
    /// The length of the triple-phase boundary without its phases.
    #[error(
        "\"{result}\" needs phases called active, electrolyte and carbon; there is no \"{phase}\""
    )]
    NoRole {
        /// The result that was asked for.
        result: &'static str,
        /// The phase that is missing.
        phase: &'static str,
    },
}
