//! What can go wrong, sorted by who has to act: the input is wrong, the run failed, or the user stopped it.

use crate::{
    gpu::GpuError,
    io::IoError,
    microstructure::{generate::GenerateError, measure::MeasureError, segment::SegmentError},
    physics::{ElasticityError, ElectrodeError, ProblemError},
    report::ReportError,
    scenario::ScenarioError,
    solve::SolveError,
    study::StudyError,
};

/// Any failure of the library. Each variant's own page lists the sentences a user can meet.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file could not be read as a volume, or a result could not be written.
    #[error(transparent)]
    Io(#[from] IoError),
    /// The question does not fit the volume: unknown label, negative conductivity, one voxel thick.
    #[error(transparent)]
    Problem(#[from] ProblemError),
    /// The description of an electrode does not make sense: no terminal, nothing that reacts.
    #[error(transparent)]
    Electrode(#[from] ElectrodeError),
    /// A question about stress does not fit the volume: a phase without moduli, all void, a stress that nothing holds.
    #[error(transparent)]
    Elasticity(#[from] ElasticityError),
    /// A measure does not fit the volume: an unknown label, a label in two roles.
    #[error(transparent)]
    Measure(#[from] MeasureError),
    /// Grey values or labels cannot be treated as asked: a threshold outside of the values, a region outside of the volume.
    #[error(transparent)]
    Segment(#[from] SegmentError),
    /// A scenario file or a quantity on the command line cannot be understood.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// A microstructure cannot be built as described.
    #[error(transparent)]
    Generate(#[from] GenerateError),
    /// No usable adapter, not enough memory, or the device was lost.
    #[error(transparent)]
    Gpu(#[from] GpuError),
    /// The iteration did not reach the requested error.
    #[error(transparent)]
    Solve(#[from] SolveError),
    /// A picture or a file of fields could not be made.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// A study cannot go on.
    #[error(transparent)]
    Study(#[from] StudyError),
}

/// `Result` with the library's error.
pub type Result<T> = std::result::Result<T, Error>;
