//! From what was typed to what is meant: arguments become a scenario and a way to show its results.

use super::{
    args::{MachineArguments, OutputArguments, RunArguments, SolveArguments, VolumeArguments},
    files,
    values::Sigma,
};
use voxion::{
    Result,
    io::Overwrite,
    scenario::{
        Execution, Input, Output, Phase, Scenario, ScenarioError, Transport, UnnamedLabels,
        quantity::{Quantity, Unit},
    },
};

/// How results appear on stdout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// A table for people.
    Table,
    /// One JSON object.
    Json,
}

impl Form {
    pub(crate) fn from_flag(json: bool) -> Self {
        if json { Self::Json } else { Self::Table }
    }
}

/// How much is said on stderr while a run goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verbosity {
    /// Progress, estimates, warnings.
    Normal,
    /// Warnings alone.
    Quiet,
}

impl Verbosity {
    pub(crate) fn from_flag(quiet: bool) -> Self {
        if quiet { Self::Quiet } else { Self::Normal }
    }
}

/// How a run shows itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Show {
    pub(crate) form: Form,
    pub(crate) verbosity: Verbosity,
}

impl SolveArguments {
    /// The scenario of a `voxion solve`.
    pub(crate) fn resolve(self) -> Result<(Scenario, Show)> {
        let (phases, unnamed) = match self.material.phase {
            Some(label) => (vec![conducting(label)], UnnamedLabels::Insulate),
            None => (
                self.material.sigma.iter().map(phase).collect(),
                UnnamedLabels::Refused,
            ),
        };
        let mut scenario = Scenario {
            volume: self.volume.resolve(),
            phases,
            unnamed,
            contacts: Vec::new(),
            transport: Transport {
                axes: self.transport.axis.to_vec(),
                boundary: self.transport.boundary,
                sides: self.transport.sides,
                relative_error: self.transport.rtol,
            },
            execution: Execution::default(),
            output: Output::default(),
        };
        scenario.check().map_err(ScenarioError::from)?;
        self.machine.apply(&mut scenario.execution)?;
        let show = self.output.apply(&mut scenario.output);
        Ok((scenario, show))
    }
}

fn conducting(label: i64) -> Phase {
    Phase::new(
        None,
        vec![label],
        Quantity {
            value: 1.0,
            unit: Unit::Absent,
        },
    )
}

fn phase(sigma: &Sigma) -> Phase {
    Phase::new(None, vec![sigma.label], sigma.conductivity)
}

impl RunArguments {
    /// The scenario of a file, with what the command line says about machine and outputs in place of what it says.
    pub(crate) fn resolve(self) -> Result<(Scenario, Show)> {
        let mut scenario = Scenario::read(&self.file)?;
        self.machine.apply(&mut scenario.execution)?;
        let show = self.output.apply(&mut scenario.output);
        files::spare(&self.file, &scenario.output)?;
        Ok((scenario, show))
    }
}

impl VolumeArguments {
    /// Which voxels are meant.
    pub(crate) fn resolve(self) -> Input {
        let source = match self.shape {
            Some(shape) => self.source.with_shape(shape),
            None => self.source,
        };
        Input {
            source,
            voxel_size: self.voxel_size,
        }
    }
}

impl MachineArguments {
    fn apply(self, execution: &mut Execution) -> Result<()> {
        match (self.backend, self.device) {
            (None, None) => {}
            (machine, device) => {
                let backend = Execution::backend(machine.unwrap_or_default(), device);
                execution.backend = backend.map_err(ScenarioError::from)?;
            }
        }
        execution.threads = self.threads.map(usize::from).or(execution.threads);
        Ok(())
    }
}

impl OutputArguments {
    fn apply(self, output: &mut Output) -> Show {
        output.fields = self.fields.or(output.fields.take());
        output.slices = self.slices.or(output.slices.take());
        if self.force {
            output.overwrite = Overwrite::Replace;
        }
        Show {
            form: Form::from_flag(self.json),
            verbosity: Verbosity::from_flag(self.quiet),
        }
    }
}
