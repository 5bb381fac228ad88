//! What `voxion measure` can be told.

use super::super::{
    args::{NanArguments, ShowArguments, ThreadArguments, VolumeArguments},
    values,
};
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use voxion::{
    microstructure::{
        Axis,
        measure::triple_line::{Roles, Separator},
    },
    scenario::words,
};

#[derive(Debug, Args)]
pub(crate) struct MeasureArguments {
    #[command(flatten)]
    pub(crate) volume: VolumeArguments,
    #[command(flatten)]
    pub(crate) nan: NanArguments,
    /// Measure this label against all others together, of which there may be any number (particle ids)
    #[arg(long, value_name = "LABEL", allow_hyphen_values = true, value_parser = values::label)]
    pub(crate) phase: Option<i64>,
    /// Measure only these [default: all]
    #[arg(long, value_name = "MEASURE,...", value_delimiter = ',')]
    pub(crate) only: Vec<Measure>,
    /// The label that is pore [default: 0, where the volume has it]
    #[arg(long, value_name = "LABEL", allow_hyphen_values = true, value_parser = values::label)]
    pub(crate) pore: Option<i64>,
    /// Scenario file whose phases give labels their names
    #[arg(long, value_name = "SCENARIO.toml")]
    pub(crate) phases: Option<PathBuf>,
    /// Labels of a composite electrode, for its active triple-phase boundary; join several labels of one role with +
    #[arg(
        long,
        value_name = "active=1,electrolyte=2+3,carbon=4",
        allow_hyphen_values = true,
        value_parser = super::super::values::roles
    )]
    pub(crate) roles: Option<Roles>,
    /// Axis from separator to collector, for --roles; z is array axis 0
    #[arg(long, default_value = "z", value_parser = values::choice(&words::AXIS))]
    pub(crate) axis: Axis,
    /// Whether the separator lies before the first or behind the last layer of that axis
    #[arg(long, default_value = "first", value_parser = values::choice(&words::SEPARATORS))]
    pub(crate) separator: Separator,
    /// Spread (standard deviation / mean) below which a part of the volume is representative
    #[arg(
        long,
        value_name = "FRACTION",
        default_value = "5%",
        allow_hyphen_values = true,
        value_parser = values::spread
    )]
    pub(crate) spread: f64,
    #[command(flatten)]
    pub(crate) threads: ThreadArguments,
    #[command(flatten)]
    pub(crate) show: ShowArguments,
}

/// What can be measured, from the cheapest to the dearest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Measure {
    /// Volume fractions, porosity (total, open, closed), percolation, connected components
    Fractions,
    /// Specific surface of each phase, interface area of each pair
    Area,
    /// Triple-phase boundary of each three phases; total and active with --roles
    TripleLine,
    /// Chord lengths along each axis
    Chords,
    /// Two-point correlation along each axis
    Correlation,
    /// Representative volume: how much fractions and surfaces scatter between parts
    Representative,
    /// Geodesic tortuosity along each axis
    Geodesic,
    /// Local thickness: the largest inscribed sphere; of the pore, the pore size
    Thickness,
}

impl Measure {
    /// What a progress bar says.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Fractions => "fractions and components",
            Self::Area => "areas",
            Self::TripleLine => "triple lines",
            Self::Chords => "chords",
            Self::Correlation => "two-point correlation",
            Self::Representative => "representative volume",
            Self::Geodesic => "geodesic tortuosity",
            Self::Thickness => "local thickness",
        }
    }
}
