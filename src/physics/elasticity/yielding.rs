//! Loads in increments while solids flow: Newton's method with consistent tangents.
//!
//! Eigenstrains and what is prescribed grow together from nothing. Each step of Newton solves the tangent by conjugate
//! gradients with the elastic preconditioner; a step that makes the residual larger is halved, and an increment that does not
//! converge is tried again with half the load. Residuals are measured with the preconditioner, relative to the elastic load.

use super::{
    element::Voigt,
    equilibrium::Load,
    error::ElasticityError,
    plastic::{Flowing, PlasticState, Softened, Tangent},
    system::HostSystem,
};
use crate::{
    field::{Host, HostField, Machine, Shape},
    solve::{
        Continue, Observer, Progress, SolveError,
        cg::{ConjugateGradients, Preconditioned},
    },
};

/// The first share of the load, and the least.
const FIRST: f64 = 0.1;
const LEAST: f64 = 1e-4;
/// Steps of Newton in an increment, and halvings of a step.
const STEPS: usize = 20;
const HALVINGS: usize = 5;
/// Increments that took fewer steps are followed by larger ones.
const EASY: usize = 6;
/// How far `(r, B r)` of a tangent is brought down.
const TANGENT: f64 = 1e-6;

/// A state that has been reached by flowing.
pub(super) struct Yielded {
    pub(super) x: Vec<f64>,
    /// Mean stress over the unit.
    pub(super) stress: Voigt<f64>,
    pub(super) state: PlasticState,
    pub(super) iterations: usize,
    pub(super) increments: usize,
}

/// A displacement, its residual and what the preconditioner makes of it.
struct Trial {
    x: Vec<f64>,
    residual: Vec<f64>,
    stress: Voigt<f64>,
    rz: f64,
}

/// The run.
struct Run<'a, 'b> {
    load: &'a Load<'a>,
    observer: &'b mut dyn Observer,
    /// `(r, B r)` of the whole elastic load.
    scale: f64,
    iterations: usize,
}

type Solver<'a> = ConjugateGradients<'a, Host<f64>, HostSystem<'a, f64, Softened<'a, f64>>>;

/// Brings the whole load on.
pub(super) fn solve(load: &Load<'_>, observer: &mut dyn Observer) -> crate::Result<Yielded> {
    let voxels = load.medium.voxels();
    let mut run = Run {
        load,
        observer,
        scale: 0.0,
        iterations: 0,
    };
    let mut state = PlasticState::new(voxels);
    let mut x = vec![0.0; load.medium.unknowns() + 6];
    run.scale = run.trial(load.held(&x, 1.0), (1.0, &state)).rz;
    let (mut done, mut step, mut increments) = (0.0, FIRST, 0);
    loop {
        let share = f64::min(done + step, 1.0);
        let Some((trial, steps)) = run.increment(load.held(&x, share), (share, &state))? else {
            step *= 0.5;
            if step < LEAST {
                let (share, iterations) = (done, run.iterations);
                return Err(ElasticityError::Increment { share, iterations }.into());
            }
            continue;
        };
        commit(load, &trial.x, share, &mut state);
        (x, done, increments) = (trial.x, share, increments + 1);
        if done >= 1.0 {
            let (stress, iterations) = (trial.stress, run.iterations);
            return Ok(Yielded {
                x,
                stress,
                state,
                iterations,
                increments,
            });
        }
        if steps < EASY {
            step *= 1.5;
        }
    }
}

/// Adds what flows in an increment.
fn commit(load: &Load<'_>, x: &[f64], share: f64, state: &mut PlasticState) {
    let flows = load.medium.returns(x, share, state, |returned| {
        let work = (0..6)
            .map(|i| returned.stress[i] * returned.flow[i])
            .sum::<f64>();
        (returned.flow, returned.amount, work)
    });
    for (voxel, (flow, amount, work)) in flows.into_iter().enumerate() {
        (0..6).for_each(|i| state.strain[voxel][i] += flow[i]);
        state.accumulated[voxel] += amount;
        state.work[voxel] += work;
    }
}

impl Run<'_, '_> {
    /// Newton's method for a share of the load; none where it does not converge. With it, the steps that it took.
    fn increment(
        &mut self,
        x: Vec<f64>,
        (share, before): (f64, &PlasticState),
    ) -> Result<Option<(Trial, usize)>, SolveError> {
        let wanted = self.load.tolerance.relative_error.powi(2) * self.scale;
        let mut trial = self.trial(x, (share, before));
        for step in 0..STEPS {
            if trial.rz <= wanted {
                return Ok(Some((trial, step)));
            }
            let tangents = self
                .load
                .medium
                .returns(&trial.x, share, before, |returned| returned.tangent);
            let direction = self.direction(&trial, &tangents)?;
            let Some(better) = self.along(&trial, &direction, (share, before)) else {
                return Ok(None);
            };
            trial = better;
        }
        Ok(None)
    }

    /// The step of Newton.
    fn direction(
        &mut self,
        trial: &Trial,
        tangents: &[Tangent<f64>],
    ) -> Result<Vec<f64>, SolveError> {
        let system = HostSystem::new(self.load.medium, self.load.hold.free(), Softened(tangents));
        let machine = Host::<f64>::default();
        let mut cg: Solver<'_> = ConjugateGradients::new(&machine, system)?;
        let start = cg.start(&trial.residual)?;
        let mut rz = start;
        for _ in 0..self.load.tolerance.max_iterations {
            if rz <= TANGENT * start || !rz.is_finite() {
                break;
            }
            rz = cg.step()?.rz;
            self.iterations += 1;
            self.tell(rz)?;
        }
        let mut direction = vec![0.0; trial.x.len()];
        cg.settle(&mut direction)?;
        Ok(direction)
    }

    /// The longest of a step, its half, its quarter, ... that makes the residual smaller; none where none does.
    fn along(&self, trial: &Trial, direction: &[f64], load: (f64, &PlasticState)) -> Option<Trial> {
        let mut length = 1.0;
        for _ in 0..HALVINGS {
            let x = trial
                .x
                .iter()
                .zip(direction)
                .map(|(x, d)| x + length * d)
                .collect();
            let next = self.trial(x, load);
            if next.rz < trial.rz {
                return Some(next);
            }
            length *= 0.5;
        }
        None
    }

    fn trial(&self, x: Vec<f64>, (share, before): (f64, &PlasticState)) -> Trial {
        let medium = self.load.medium;
        let law = Flowing {
            medium,
            share,
            before,
        };
        let (residual, stress) = self.load.residual_of(&law, &x, share);
        let machine = Host::<f64>::default();
        let mut system = HostSystem::new(medium, self.load.hold.free(), Softened(&[]));
        let shape = Shape::flat(residual.len());
        let mut r = HostField {
            shape,
            data: residual,
        };
        let mut z = HostField::zeros(shape);
        system.precondition(&mut r, &mut z);
        let rz = machine.dot(&r, &z);
        Trial {
            x,
            residual: r.data,
            stress,
            rz,
        }
    }

    fn tell(&mut self, rz: f64) -> Result<(), SolveError> {
        let residual = if self.scale > 0.0 {
            (rz / self.scale).sqrt()
        } else {
            0.0
        };
        let progress = Progress {
            iterations: self.iterations,
            residual,
            error_bound: None,
            expected_error: residual,
        };
        match self.observer.progress(&progress) {
            Continue::Yes => Ok(()),
            Continue::No => Err(SolveError::Interrupted),
        }
    }
}
