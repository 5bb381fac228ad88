//! From what was typed to what is meant: arguments become a scenario and a way to show its results.

use super::{
    args::{
        ContactArguments, DeviceArguments, MachineArguments, OutputArguments, ReadArguments,
        RunArguments, SolveArguments, TransportArguments, VolumeArguments,
    },
    values::{OfLabel, Sigma},
};
use voxion::{
    Result,
    io::{Overwrite, VolumeSource},
    materials::REFERENCE_TEMPERATURE,
    scenario::{
        Activation, Contact, Execution, Grains, Inconsistency, Input, Origin, Output, Phase,
        Resolutions, Scenario, ScenarioError, ScenarioFile, Study, Transport, UnnamedLabels,
        Voxels,
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
    /// The scenario of each volume of a `voxion solve`; there is at least one.
    pub(crate) fn resolve_each(mut self) -> Result<(Vec<Scenario>, Show)> {
        let more = std::mem::take(&mut self.more);
        let (read, voxel_size) = (self.volume.read.clone(), self.volume.voxel_size);
        // Of a volume of particle ids one label is wanted, and all others are one.
        let (nan, kept) = (self.nan.nan_label, self.material.phase);
        let settled = |source: VolumeSource| {
            let kept: Vec<i64> = kept.into_iter().collect();
            source.with_nan_label(nan).with_kept_labels(kept)
        };
        let (mut scenario, show) = self.resolve()?;
        if let Voxels::File(input) = &mut scenario.volume {
            input.source = settled(input.source.clone());
        }
        let other = |source: VolumeSource| Scenario {
            volume: Voxels::File(Input {
                source: settled(read.of(source)).with_voxel_size(voxel_size),
                voxel_size,
            }),
            ..scenario.clone()
        };
        let others: Vec<Scenario> = more.into_iter().map(other).collect();
        Ok(([vec![scenario], others].concat(), show))
    }

    /// The scenario of a `voxion solve`.
    fn resolve(self) -> Result<(Scenario, Show)> {
        let (phases, unnamed) = match self.material.phase {
            Some(label) => (vec![conducting(label)], UnnamedLabels::Insulate),
            None => (
                self.material.sigma.iter().map(phase).collect(),
                UnnamedLabels::Refused,
            ),
        };
        let read = self.volume.read.clone();
        let mut scenario = Scenario {
            volume: Voxels::File(self.volume.resolve()),
            phases,
            unnamed,
            contacts: Vec::new(),
            grains: None,
            transport: self.transport.resolve()?,
            stress: None,
            electrode: None,
            cell: None,
            execution: Execution::default(),
            output: Output::default(),
        };
        self.contacts.apply(&mut scenario, &read)?;
        scenario.check().map_err(ScenarioError::from)?;
        self.machine.apply(&mut scenario.execution)?;
        let show = self.output.apply(&mut scenario.output);
        Ok((scenario, show))
    }
}

impl TransportArguments {
    fn resolve(&self) -> Result<Transport> {
        let given = [
            ("--axis", self.axis.is_some()),
            ("--sides", self.sides.is_some()),
        ];
        if let (true, Some((option, _))) = (
            self.boundary.is_cell(),
            given.into_iter().find(|(_, given)| *given),
        ) {
            return Err(ScenarioError::from(Inconsistency::AxisWhenPeriodic { option }).into());
        }
        let default = Transport::default();
        Ok(Transport {
            axes: self.axis.map_or(default.axes, <[_]>::to_vec),
            boundary: self.boundary,
            sides: self.sides.unwrap_or_default(),
            relative_error: self.rtol,
            asked_error: None,
            temperature: default.temperature,
            resolutions: if self.extrapolate {
                Resolutions::Three
            } else {
                Resolutions::One
            },
        })
    }
}

impl ContactArguments {
    /// Contacts, grains and temperatures of the phases; particle ids in a raw file have the volume's shape.
    fn apply(
        self,
        scenario: &mut Scenario,
        read: &ReadArguments,
    ) -> std::result::Result<(), ScenarioError> {
        scenario.transport.temperature = self.temperature.unwrap_or(REFERENCE_TEMPERATURE);
        for contact in self.contact {
            let [a, b] = contact.between;
            let between = [
                place(&scenario.phases, "a contact", a)?,
                place(&scenario.phases, "a contact", b)?,
            ];
            let same = |other: &Contact| {
                let [a, b] = other.between;
                [a, b] == between || [b, a] == between
            };
            if between[0] == between[1] || scenario.contacts.iter().any(same) {
                let [a, b] = between.map(|place| scenario.phases[place].title());
                return Err(Inconsistency::ContactPair { a, b }.into());
            }
            scenario.contacts.push(Contact {
                between,
                resistance: contact.resistance,
            });
        }
        for OfLabel { label, value } in self.grain_boundary {
            let place = place(&scenario.phases, "a grain boundary", label)?;
            scenario.phases[place].grain_boundary = value;
        }
        for OfLabel { label, value } in self.activation_energy {
            let place = place(&scenario.phases, "an activation energy", label)?;
            scenario.phases[place].activate(Activation {
                energy: value,
                reference: REFERENCE_TEMPERATURE,
                temperature: scenario.transport.temperature,
            });
        }
        scenario.grains = self
            .particles
            .map(|source| Grains::File(read.of_one(source)));
        Ok(())
    }
}

/// The place of the phase that has a label.
fn place(
    phases: &[Phase],
    what: &'static str,
    label: i64,
) -> std::result::Result<usize, ScenarioError> {
    let has = |phase: &Phase| phase.labels.contains(&label);
    let missing = Inconsistency::LabelWithoutPhase { what, label };
    Ok(phases.iter().position(has).ok_or(missing)?)
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
    /// The cases of a file that describes several; none if it describes one.
    pub(crate) fn study(&self, file: &ScenarioFile, drawn: u64) -> Result<Option<(Study, Show)>> {
        let Some(mut study) = Study::of(file)? else {
            return Ok(None);
        };
        let mut show = None;
        for case in &mut study.cases {
            let scenario = &mut case.scenario;
            show = Some(self.settle(scenario, file, drawn)?);
            if scenario.output.fields.is_some() {
                return Err(ScenarioError::from(Inconsistency::FieldsOfCases).into());
            }
            if scenario.stress.is_some() {
                return Err(ScenarioError::from(Inconsistency::StressOfCases).into());
            }
            if scenario.transport.resolutions == Resolutions::Three {
                return Err(ScenarioError::from(Inconsistency::ExtrapolationOfCases).into());
            }
        }
        Ok(show.map(|show| (study, show)))
    }

    /// The scenario of a file, with what the command line says about machine and outputs in place of what it says.
    pub(crate) fn resolve(&self, file: &ScenarioFile, drawn: u64) -> Result<(Scenario, Show)> {
        let mut scenario = Scenario::of(file)?;
        let show = self.settle(&mut scenario, file, drawn)?;
        Ok((scenario, show))
    }

    fn settle(&self, scenario: &mut Scenario, file: &ScenarioFile, drawn: u64) -> Result<Show> {
        let drawn_seed = scenario.volume.seed(drawn).then_some(drawn);
        scenario.output.origin = Some(Origin {
            name: file.name(),
            text: file.text.clone(),
            drawn_seed,
        });
        self.machine.apply(&mut scenario.execution)?;
        let show = self.output.apply(&mut scenario.output);
        Ok(show)
    }
}

impl VolumeArguments {
    /// Which voxels are meant.
    pub(crate) fn resolve(self) -> Input {
        Input {
            source: self.read.of(self.source).with_voxel_size(self.voxel_size),
            voxel_size: self.voxel_size,
        }
    }
}

impl MachineArguments {
    pub(crate) fn apply(&self, execution: &mut Execution) -> Result<()> {
        execution.memory = self.memory.unwrap_or(execution.memory);
        self.device.apply(execution)
    }
}

impl DeviceArguments {
    pub(crate) fn apply(&self, execution: &mut Execution) -> Result<()> {
        match (self.backend, self.device.clone()) {
            (None, None) => {}
            (machine, device) => {
                let backend = Execution::backend(machine.unwrap_or_default(), device);
                execution.backend = backend.map_err(ScenarioError::from)?;
            }
        }
        execution.threads = self.threads.count().or(execution.threads);
        Ok(())
    }
}

impl OutputArguments {
    pub(crate) fn apply(&self, output: &mut Output) -> Show {
        output.fields = self.fields.clone().or(output.fields.take());
        output.slices = self.slices.clone().or(output.slices.take());
        if self.force {
            output.overwrite = Overwrite::Replace;
        }
        self.show.resolve()
    }
}
