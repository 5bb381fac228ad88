//! What is asked about stress: from the command line or from a scenario, one question.

use super::{super::resolve::Show, StressArguments, transport::Carrying};
use anyhow::Result;
use ndarray::Array3;
use voxion::{
    Error,
    io::{self, Reading, VolumeSource},
    physics::{
        elasticity::{Elasticity, ElasticityError, Hold, Solid, Yield},
        swelling::Swelling,
    },
    scenario::{Execution, Inconsistency, Output, Scenario, ScenarioError, Voxels},
    solve::Tolerance,
};

/// What is asked of a volume.
pub(super) struct Question {
    pub(super) volume: Voxels,
    pub(super) phases: Vec<Phase>,
    pub(super) hold: Hold,
    pub(super) stiffness: bool,
    /// Traction at which a face between two phases opens, Pa.
    pub(super) bond: Option<f64>,
    /// Traction at which a face within a phase opens, Pa.
    pub(super) strength: Option<f64>,
    /// Fractions converted, a state each.
    pub(super) converted: Vec<f64>,
    /// Fractions of each voxel, which those multiply.
    pub(super) fractions: Option<VolumeSource>,
    pub(super) tolerance: Tolerance,
    /// The transport that opened faces stand in the way of.
    pub(super) carrying: Option<Carrying>,
    pub(super) execution: Execution,
    pub(super) output: Output,
}

/// A phase as the question has it.
#[derive(Debug, Clone)]
pub(super) struct Phase {
    pub(super) name: Option<String>,
    pub(super) labels: Vec<i64>,
    pub(super) solid: Solid,
    pub(super) swelling: Swelling,
    pub(super) limit: Option<Yield>,
    /// Where its moduli come from, where a scenario says so.
    pub(super) origin: Option<String>,
}

impl Question {
    /// What a scenario with a section `[stress]` asks.
    pub(super) fn of(scenario: &Scenario) -> Result<Self> {
        let Some(mechanics) = &scenario.stress else {
            return Err(Error::from(ScenarioError::from(Inconsistency::NoPhases)).into());
        };
        let phase = |(phase, own): (
            &voxion::scenario::Phase,
            &voxion::scenario::mechanics::MechanicalPhase,
        )| Phase {
            name: phase.name.clone(),
            labels: phase.labels.clone(),
            solid: own.solid,
            swelling: own.swelling,
            limit: own.limit,
            origin: Some(own.origin.clone()),
        };
        Ok(Self {
            volume: scenario.volume.clone(),
            phases: scenario
                .phases
                .iter()
                .zip(&mechanics.phases)
                .map(phase)
                .collect(),
            hold: mechanics.hold,
            stiffness: mechanics.stiffness,
            bond: mechanics.bond,
            strength: mechanics.strength,
            converted: mechanics.converted.clone(),
            fractions: mechanics.fractions.clone(),
            tolerance: mechanics.tolerance,
            carrying: carrying(scenario),
            execution: scenario.execution.clone(),
            output: scenario.output.clone(),
        })
    }

    /// The problem on a volume, once a fraction has been converted. Phases of which the volume has no voxel are left out.
    pub(super) fn problem<'a>(
        &self,
        input: &'a Input,
        converted: f64,
    ) -> voxion::Result<Elasticity<'a>> {
        let volume = &input.reading.volume;
        let mut problem = Elasticity::new(volume).on(self.execution.backend.clone());
        problem = problem.converted(converted);
        if let Some(fractions) = &input.fractions {
            problem = problem.fractions(fractions)?;
        }
        for phase in &self.phases {
            // A scenario names phases that a volume may lack; on the command line a label that is not there is a mistake.
            let lenient = phase.origin.is_some();
            for &label in phase
                .labels
                .iter()
                .filter(|label| !lenient || volume.code(**label).is_some())
            {
                problem = problem.solid(label, phase.solid)?;
                problem = problem.swelling(label, phase.swelling)?;
                if let Some(limit) = phase.limit {
                    problem = problem.yielding(label, limit)?;
                }
            }
        }
        Ok(problem)
    }

    /// States that are in memory at once: those of all fractions converted, or the one asked for and the free cell.
    pub(super) fn states(&self) -> usize {
        let swells = |phase: &Phase| phase.swelling.eigenstrain(1.0) != [0.0; 3];
        let free_beside = self.hold != Hold::FREE && self.phases.iter().any(swells);
        match self.converted.len() {
            1 if free_beside => 2,
            several => several,
        }
    }

    /// The phase of a label.
    pub(super) fn phase_of(&self, label: i64) -> Option<&Phase> {
        self.phases
            .iter()
            .find(|phase| phase.labels.contains(&label))
    }

    /// What tables call a label.
    pub(super) fn name_of(&self, label: i64) -> String {
        let name = self.phase_of(label).and_then(|phase| phase.name.clone());
        name.unwrap_or_else(|| format!("label {label}"))
    }
}

/// What is read before anything is solved.
pub(super) struct Input {
    pub(super) reading: Reading,
    /// Fractions converted.
    fractions: Option<Array3<f32>>,
}

impl Input {
    /// Reads what a question is about; what is to be said about it comes with it.
    pub(super) fn read(question: &Question) -> voxion::Result<(Self, Vec<String>)> {
        let (reading, notes) = question.volume.volume()?;
        let fractions = question.fractions.as_ref().map(io::read_grey).transpose()?;
        let fractions = fractions.map(|field| field.values);
        Ok((Self { reading, fractions }, notes))
    }
}

/// The scenario's transport, where faces may open in its way.
fn carrying(scenario: &Scenario) -> Option<Carrying> {
    let mechanics = scenario.stress.as_ref()?;
    mechanics.bond.or(mechanics.strength)?;
    let phases = scenario.phases.iter();
    Some(Carrying {
        axes: scenario.transport.axes.clone(),
        relative_error: scenario.transport.relative_error,
        conductivities: phases
            .map(|phase| (phase.labels.clone(), phase.along()))
            .collect(),
    })
}

impl StressArguments {
    pub(super) fn resolve(self) -> Result<(Question, Show)> {
        let mut phases: Vec<Phase> = Vec::new();
        for moduli in &self.moduli {
            let (label, solid) = (moduli.label, moduli.solid);
            if phases.iter().any(|phase| phase.labels == [label]) {
                let [first, phase] = ["--moduli"; 2].map(str::to_owned);
                let twice = Inconsistency::DuplicateLabel {
                    label,
                    first,
                    phase,
                };
                return Err(Error::from(ScenarioError::from(twice)).into());
            }
            let swelling = Swelling::Strain([0.0; 3]);
            phases.push(Phase {
                name: None,
                labels: vec![label],
                solid,
                swelling,
                limit: None,
                origin: None,
            });
        }
        for own in &self.eigenstrain {
            let label = own.label;
            match phases.iter_mut().find(|phase| phase.labels == [label]) {
                Some(phase) => phase.swelling = own.swelling,
                None => return Err(Error::from(ElasticityError::NotDescribed { label }).into()),
            }
        }
        for own in &self.yields {
            let label = own.label;
            match phases.iter_mut().find(|phase| phase.labels == [label]) {
                Some(phase) => phase.limit = Some(own.limit),
                None => return Err(Error::from(ElasticityError::NotDescribed { label }).into()),
            }
        }
        let mut execution = Execution::default();
        self.device.apply(&mut execution)?;
        let mut output = Output::default();
        let show = self.output.apply(&mut output);
        let question = Question {
            volume: Voxels::File(self.volume.resolve()),
            phases,
            hold: self.hold,
            stiffness: self.stiffness,
            bond: self.bond,
            strength: self.strength,
            converted: vec![1.0],
            fractions: self.fractions,
            tolerance: Tolerance {
                relative_error: self.rtol,
                max_iterations: self.max_iterations,
            },
            carrying: None,
            execution,
            output,
        };
        Ok((question, show))
    }
}
