//! From a scenario and its volume to the elastic problem.

use super::Scenario;
use crate::{Result, microstructure::Volume, physics::elasticity::Elasticity};

impl Scenario {
    /// The elastic problem of `[stress]` on a volume, once a fraction has been converted; without that section nothing is described.
    /// Phases of which the volume has no voxel are left out.
    ///
    /// # Errors
    /// Labels that no phase names, and what [`Elasticity`] refuses.
    pub fn elasticity<'a>(&self, volume: &'a Volume, converted: f64) -> Result<Elasticity<'a>> {
        self.check_named(volume)?;
        let mut problem = Elasticity::new(volume);
        let mechanics = self.stress.iter().flat_map(|stress| &stress.phases);
        for (phase, own) in self.phases.iter().zip(mechanics) {
            for &label in phase
                .labels
                .iter()
                .filter(|label| volume.code(**label).is_some())
            {
                problem = problem.solid(label, own.solid)?;
                problem = problem.eigenstrain(label, own.swelling.eigenstrain(converted))?;
                if let Some(limit) = own.limit {
                    problem = problem.yielding(label, limit)?;
                }
            }
        }
        Ok(problem)
    }
}
