//! Main memory that the cases of a study take: that of everything a case is asked, which comes one after the other, so that the
//! largest counts.

use super::{Plan, case::Built};
use crate::{
    Result,
    field::Backend,
    microstructure::Volume,
    physics::{conduction, conduction::Boundary, elasticity::MemoryNeed},
    scenario::{
        Resolutions, Scenario, Voxels,
        sweep::{Collected, Part},
    },
};
use std::fs;

/// Bytes of the program: its code, its libraries and the stacks of its threads; 18 to 24 MB measured on the host.
const PROGRAM: u64 = 24 << 20;

/// Bytes per voxel of a volume, and of what is read or built on the way to it.
const VOLUME: u64 = 3;

/// Bytes per voxel of particle ids.
const IDS: u64 = 4;

/// Bytes per voxel that the allocator keeps of the conduction solve while something else is solved; 20 to 45 measured.
const RETAINED: u64 = 40;

/// Edge in voxels of a built volume of which the parts of its phases are taken.
const SAMPLE: usize = 48;

/// Main memory of a study, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StudyMemory {
    /// Of the largest case alone, the program aside.
    pub case: u64,
}

impl StudyMemory {
    /// Estimates the largest case from one of the largest volumes, which is read, or built on few voxels: parts of phases
    /// decide how much is solved. None where that volume cannot be had; its case will say why.
    pub fn of(plan: &Plan) -> Option<Self> {
        let size = |scenario: &Scenario| match &scenario.volume {
            Voxels::Built { draft, .. } => draft.voxels().iter().map(|&n| n as u64).product(),
            Voxels::File(input) => {
                let found = fs::metadata(input.source.path());
                found.map_or(0, |found| found.len())
            }
        };
        let scenarios = || plan.sweep.points.iter().map(|point| &point.scenario);
        let largest = scenarios().map(size).max()?;
        // Cases of one kind on the largest volume take alike; kinds that differ are few.
        let mut kinds: Vec<Kind> = Vec::new();
        let mut most = None;
        for scenario in scenarios().filter(|scenario| size(scenario) == largest) {
            let kind = Kind::of(scenario);
            if kinds.contains(&kind) {
                continue;
            }
            kinds.push(kind);
            let case = of_case(scenario, &plan.sweep.collected).ok();
            most = most.max(case);
        }
        most.map(|case| Self { case })
    }

    /// Bytes of the process with so many cases at once.
    pub fn at_once(self, cases: usize) -> u64 {
        PROGRAM.saturating_add(self.case.saturating_mul(cases as u64))
    }

    /// Cases that fit side by side into so many bytes, a fifth of which is left to others; at least one.
    pub fn cases_in(self, available: u64) -> usize {
        let room = (available / 5 * 4).saturating_sub(PROGRAM);
        usize::try_from(room / self.case.max(1))
            .unwrap_or(usize::MAX)
            .max(1)
    }
}

/// The settings that decide how much memory a volume takes.
#[derive(PartialEq)]
struct Kind {
    boundary: Boundary,
    resolutions: Resolutions,
    backend: Backend,
    memory: conduction::MemoryMode,
    has_contacts: bool,
    has_grains: bool,
}

impl Kind {
    fn of(scenario: &Scenario) -> Self {
        Self {
            boundary: scenario.transport.boundary,
            resolutions: scenario.transport.resolutions,
            backend: scenario.execution.backend.clone(),
            memory: scenario.execution.memory,
            has_contacts: !scenario.contacts.is_empty(),
            has_grains: scenario.grains.is_some(),
        }
    }
}

/// Bytes that a case takes at its peak, the program aside.
fn of_case(scenario: &Scenario, collected: &[Collected]) -> Result<u64> {
    let mut sample = scenario.clone();
    let mut scale = 1.0;
    if let Voxels::Built { draft, .. } = &mut sample.volume {
        let shape = draft.voxels();
        let small = shape.map(|n| n.min(SAMPLE));
        draft.shape = Some(small);
        let voxels = |shape: [usize; 3]| shape.map(|n| n as f64).iter().product::<f64>();
        scale = voxels(shape) / voxels(small);
    }
    match Built::new(&sample) {
        Ok(built) => Ok(scaled(of_volume(&sample, &built, collected)?, scale)),
        // Not every microstructure has room on few voxels.
        Err(_) if scale > 1.0 => of_volume(scenario, &Built::new(scenario)?, collected),
        Err(error) => Err(error),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "bytes of memory are far below 2^53 and not negative"
)]
fn scaled(bytes: u64, factor: f64) -> u64 {
    (bytes as f64 * factor).ceil() as u64
}

/// Bytes of a case on its volume.
fn of_volume(scenario: &Scenario, built: &Built, collected: &[Collected]) -> Result<u64> {
    let volume = &built.reading.volume;
    let voxels = volume.codes().len() as u64;
    let ids = if scenario.grains.is_some() { IDS } else { 0 };
    let mut most = of_conduction(scenario, built)?;
    let asks = |part: Part| collected.iter().any(|result| result.part() == part);
    if asks(Part::Stress) {
        most = most.max(of_stress(scenario, volume, collected)? + RETAINED * voxels);
    }
    if asks(Part::Reaction)
        && let Some(electrode) = scenario.electrode(volume)?
    {
        most = most.max(electrode.memory_estimate());
    }
    Ok((VOLUME + ids) * voxels + most)
}

fn of_conduction(scenario: &Scenario, built: &Built) -> Result<u64> {
    let problem = built.problem(scenario)?;
    let memory = problem.memory_estimate();
    let host = match problem.is_lean(&scenario.execution.backend) {
        true => memory.lean,
        false => memory.host,
    };
    Ok(host.saturating_sub(conduction::PROGRAM_BYTES))
}

fn of_stress(scenario: &Scenario, volume: &Volume, collected: &[Collected]) -> Result<u64> {
    let stiffness = collected.contains(&Collected::YoungsModulus);
    let problem = scenario.elasticity(volume, 1.0)?;
    let host = problem.memory_estimate(1, stiffness).host;
    // That of one voxel is the program's.
    let program = MemoryNeed::new([1; 3]).estimate().host;
    Ok(host.saturating_sub(program))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases_at_once_follow_from_the_room() {
        let memory = StudyMemory { case: 100 << 20 };
        assert_eq!(memory.at_once(2), (200 << 20) + PROGRAM);
        assert_eq!(memory.cases_in(1000 << 20), 7);
        assert_eq!(memory.cases_in(30 << 20), 1);
        assert_eq!(StudyMemory { case: 0 }.cases_in(0), 1);
    }
}
