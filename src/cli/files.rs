//! The files a run leaves: fields, slices, JSON. Checked before the solve, written after it, each complete or not at all.

use super::{
    electrode,
    exit::NotWritten,
    interrupt::Interrupt,
    json,
    provenance::provenance,
    solve::{Kept, Outcome, Solved},
};
use anyhow::Result;
use std::{
    fs,
    path::{Path, PathBuf},
};
use voxion::{
    Error,
    io::{Inputs, IoError, Overwrite, check_writable, write_atomically},
    microstructure::Axis,
    report::{ConductivityUnit, Fields, Phase, Transport, fields, slices},
    scenario::{Grains, Output, Scenario},
};

/// The pictures of each axis, as [`slices::draw`] names them.
const PICTURES: [&str; 3] = ["labels", "potential", "current_density"];

/// What a command is about to write.
pub(crate) struct Planned<'a> {
    /// A folder for pictures, made where it is missing.
    pub(crate) folder: Option<&'a PathBuf>,
    /// Every file, those in the folder included.
    pub(crate) files: Vec<PathBuf>,
    pub(crate) overwrite: Overwrite,
}

impl Planned<'_> {
    /// Whether everything can be written, without touching what the command reads; makes the folder.
    ///
    /// # Errors
    /// The first output that is an input, exists, or cannot be written.
    pub(crate) fn check(&self, inputs: &Inputs) -> Result<(), IoError> {
        inputs.check(self.folder.into_iter().chain(&self.files))?;
        if let Some(folder) = self.folder {
            fs::create_dir_all(folder).map_err(|source| IoError::Unwritable {
                path: folder.clone(),
                source,
            })?;
        }
        self.files
            .iter()
            .try_for_each(|file| check_writable(file, self.overwrite))
    }
}

/// Every file that a scenario reads, its own included.
pub(crate) fn inputs<'a>(scenarios: impl IntoIterator<Item = &'a Scenario>) -> Inputs {
    let mut inputs = Inputs::default();
    for scenario in scenarios {
        let grains = match &scenario.grains {
            Some(Grains::File(source)) => Some(source),
            _ => None,
        };
        let fractions = scenario.stress.iter().flat_map(|stress| &stress.fractions);
        let volume = scenario.volume.file().map(|file| &file.source);
        let sources = volume.into_iter().chain(grains).chain(fractions);
        sources.for_each(|source| inputs.add(source.path()));
        if let Some(origin) = &scenario.output.origin {
            inputs.add(&origin.name);
        }
    }
    inputs
}

/// Whether everything that the run is to write can be written; makes the folder for slices.
///
/// # Errors
/// The first output that is an input, exists, or cannot be written.
pub(crate) fn check(scenario: &Scenario) -> voxion::Result<()> {
    let output = &scenario.output;
    let files = output.json.iter().chain(&output.fields).cloned();
    let planned = Planned {
        folder: output.slices.as_ref(),
        files: files
            .chain(pictures(scenario))
            .chain(electrode::outputs(scenario))
            .collect(),
        overwrite: output.overwrite,
    };
    Ok(planned.check(&inputs([scenario]))?)
}

fn pictures(scenario: &Scenario) -> impl Iterator<Item = PathBuf> {
    let folder = scenario.output.slices.iter();
    folder.flat_map(|folder| {
        let axes = axes(scenario).iter();
        axes.flat_map(move |axis| {
            PICTURES.map(|picture| folder.join(format!("{picture}_{}.png", axis.name())))
        })
    })
}

/// The axes along which there are results.
fn axes(scenario: &Scenario) -> &[Axis] {
    if scenario.transport.boundary.is_cell() {
        &Axis::ALL
    } else {
        &scenario.transport.axes
    }
}

/// Writes what the scenario asks for.
///
/// # Errors
/// The first file that cannot be written; those before it stay.
pub(crate) fn write(outcome: &Outcome<'_>, kept: &Kept, interrupt: &Interrupt) -> Result<()> {
    let output = &outcome.scenario.output;
    if let Some(path) = &output.json {
        let text = json::outcome(outcome)?;
        let unwritable = |source| IoError::Unwritable {
            path: path.clone(),
            source,
        };
        let write = |temporary: &Path| Ok(fs::write(temporary, &text).map_err(unwritable)?);
        write_atomically(path, output.overwrite, write).map_err(not_written)?;
    }
    if output.fields.is_some() || output.slices.is_some() {
        write_fields(outcome, &describe(outcome, kept), interrupt)?;
    }
    match &outcome.electrode {
        Some(worked) => electrode::write(outcome, worked, interrupt),
        None => Ok(()),
    }
}

fn write_fields(outcome: &Outcome<'_>, fields: &Fields<'_>, interrupt: &Interrupt) -> Result<()> {
    let Output {
        fields: file,
        slices: folder,
        overwrite,
        ..
    } = &outcome.scenario.output;
    if let Some(path) = file {
        let scenario = outcome.scenario;
        let provenance = provenance(
            (&scenario.volume, outcome.reading),
            &json::parameters(scenario),
            &scenario.output,
            outcome.started,
        )?;
        write_atomically(path, *overwrite, |temporary| {
            fields::write(temporary, fields, &provenance).map_err(|error| error.of(path))?;
            interrupt.check()
        })
        .map_err(not_written)?;
    }
    if let Some(folder) = folder {
        for picture in slices::draw(fields).map_err(|error| not_written(error.into()))? {
            let path = folder.join(picture.file_name());
            write_atomically(&path, *overwrite, |temporary| {
                picture.write(temporary).map_err(|error| error.of(&path))?;
                interrupt.check()
            })
            .map_err(not_written)?;
        }
    }
    Ok(())
}

/// An interruption is one wherever it happens; everything else here is a failed run.
pub(crate) fn not_written(error: Error) -> anyhow::Error {
    match error {
        Error::Solve(_) => error.into(),
        _ => NotWritten(error).into(),
    }
}

fn describe<'a>(outcome: &'a Outcome<'a>, kept: &'a Kept) -> Fields<'a> {
    let volume = &outcome.reading.volume;
    let phase = |&label: &i64| {
        let phase = outcome.scenario.phase_of(label)?;
        let (name, conductivity) = (phase.name.clone(), phase.conductivity.value);
        Some(Phase {
            label,
            name,
            conductivity,
        })
    };
    let unit = match outcome.scenario.has_units() {
        true => ConductivityUnit::SiemensPerMetre,
        false => ConductivityUnit::Relative,
    };
    Fields {
        volume,
        phases: volume.labels().iter().filter_map(phase).collect(),
        unit,
        transports: transports(outcome, kept),
    }
}

fn transports<'a>(outcome: &'a Outcome<'_>, kept: &Kept) -> Vec<Transport<'a>> {
    let along = |(place, solved): (usize, &'a Solved)| {
        let axis = solved.effective.axis;
        let (potential, current_density) = match kept {
            Kept::Axes(solutions) => {
                let solution = solutions.get(place)?;
                (solution.potential(), solution.current_density())
            }
            Kept::Cell(cell) => {
                let cell = cell.as_ref()?;
                (cell.potential(axis), cell.current_density(axis))
            }
        };
        Some(Transport {
            effective: &solved.effective,
            potential,
            current_density,
        })
    };
    outcome
        .results
        .iter()
        .enumerate()
        .filter_map(along)
        .collect()
}
