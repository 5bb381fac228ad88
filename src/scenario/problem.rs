//! From a scenario and its volume to the conduction problem.

use super::{Contact, Phase, Scenario, ScenarioError, UnnamedLabels};
use crate::{
    Result,
    microstructure::Volume,
    physics::conduction::{Conduction, Electrode},
};
use ndarray::Array3;

impl Phase {
    /// Conductivities along (z, y, x).
    pub fn along(&self) -> [f64; 3] {
        let mut along = [self.conductivity.value; 3];
        if let Some(normal) = self.normal {
            along[normal.axis.index()] = normal.conductivity.value;
        }
        along
    }
}

impl Scenario {
    /// The conduction problem on a volume.
    ///
    /// # Errors
    /// Labels that no phase names, unless they insulate; no voxel that conducts; and what [`Conduction`] refuses.
    pub fn problem<'a>(&self, volume: &'a Volume) -> Result<Conduction<'a>> {
        self.problem_with(volume, None)
    }

    /// The same with the ids of [`Scenario::grains`].
    ///
    /// # Errors
    /// As [`Scenario::problem`].
    pub fn problem_with<'a>(
        &self,
        volume: &'a Volume,
        grains: Option<&'a Array3<u32>>,
    ) -> Result<Conduction<'a>> {
        self.check_named(volume)?;
        self.check_conducting(volume)?;
        let mut problem = Conduction::new(volume);
        for (phase, label) in self.phases.iter().flat_map(|phase| present(phase, volume)) {
            problem = problem.orthotropic(label, phase.along())?;
            if phase.grain_boundary > 0.0 {
                problem = problem.grain_boundary(label, phase.grain_boundary)?;
            }
            for (electrode, resistance) in [
                (Electrode::Inlet, phase.inlet_resistance),
                (Electrode::Outlet, phase.outlet_resistance),
            ] {
                if resistance > 0.0 {
                    problem = problem.electrode_resistance(electrode, label, resistance)?;
                }
            }
        }
        for contact in &self.contacts {
            problem = self.with_contact(problem, volume, contact)?;
        }
        if let Some(ids) = grains {
            problem = problem.grains(ids)?;
        }
        Ok(problem
            .boundary(self.transport.boundary)
            .sides(self.transport.sides)
            .memory(self.execution.memory))
    }

    /// Every label of the one phase with every label of the other.
    fn with_contact<'a>(
        &self,
        mut problem: Conduction<'a>,
        volume: &Volume,
        contact: &Contact,
    ) -> Result<Conduction<'a>> {
        let [a, b] = contact.between.map(|place| &self.phases[place]);
        for (_, label_a) in present(a, volume) {
            for (_, label_b) in present(b, volume) {
                problem = problem.contact_resistance(label_a, label_b, contact.resistance)?;
            }
        }
        Ok(problem)
    }

    /// Phases of which the volume has no voxel.
    pub fn absent_phases<'a>(&'a self, volume: &'a Volume) -> impl Iterator<Item = &'a Phase> {
        self.phases
            .iter()
            .filter(|phase| present(phase, volume).next().is_none())
    }

    /// The phase that names a label.
    pub fn phase_of(&self, label: i64) -> Option<&Phase> {
        self.phases
            .iter()
            .find(|phase| phase.labels.contains(&label))
    }

    /// What the phase of a label conducts in the electrode, in words; none where the scenario describes no electrode.
    pub fn carriers_of(&self, label: i64) -> Option<String> {
        let named = |phase: &Phase| phase.labels.contains(&label);
        let place = self.phases.iter().position(named)?;
        Some(self.electrode.as_ref()?.conducts(place))
    }

    pub(super) fn check_named(&self, volume: &Volume) -> std::result::Result<(), ScenarioError> {
        if self.unnamed == UnnamedLabels::Insulate {
            return Ok(());
        }
        let unnamed = |label: &i64| self.phase_of(*label).is_none();
        let labels: Vec<i64> = volume.labels().iter().copied().filter(unnamed).collect();
        if labels.is_empty() {
            Ok(())
        } else {
            Err(ScenarioError::UnnamedLabels { labels })
        }
    }

    fn check_conducting(&self, volume: &Volume) -> std::result::Result<(), ScenarioError> {
        let conducting = || {
            self.phases
                .iter()
                .filter(|phase| phase.conductivity.value > 0.0)
        };
        if conducting().any(|phase| present(phase, volume).next().is_some()) {
            return Ok(());
        }
        let titles: Vec<String> = conducting().map(Phase::title).collect();
        let labels = volume.labels().to_vec();
        Err(ScenarioError::NoConductingVoxel {
            labels,
            conducting: titles.join(", "),
        })
    }
}

/// The labels of a phase that the volume knows.
fn present<'a>(phase: &'a Phase, volume: &'a Volume) -> impl Iterator<Item = (&'a Phase, i64)> {
    let known = |label: &i64| volume.code(*label).is_some();
    phase
        .labels
        .iter()
        .copied()
        .filter(known)
        .map(move |label| (phase, label))
}
