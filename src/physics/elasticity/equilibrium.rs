//! Solves for equilibrium: corrections by conjugate gradients, residuals in f64, until the error is bounded as asked.
//!
//! `||e||^2 = e . A e` is the energy norm over the whole cell, moduli and lengths near 1. From it follow, by Cauchy and Schwarz
//! against the solution of the opposite load, bounds on what is reported: `|mean stress| <= ||e|| sqrt(<C_ii> / N)`, since the
//! periodic answer to a unit mean strain has at most Voigt's energy, and `|mean strain| <= ||e|| sqrt((C0^-1)_ii / (mu N))`,
//! since `A >= mu A0`. An effective modulus is an energy, too large by `||e||^2 / N`.

use super::{
    element::{Hooke, Law, Voigt},
    hold::Hold,
    matrix,
    medium::{Eigenstrained, Medium, isotropic},
    system::{Free, reference_compliance},
    watch::Watch,
};
use crate::{
    field::Machine,
    solve::{
        Observer, SolveError, Tolerance,
        cg::{ConjugateGradients, Preconditioned},
        radau::{Floor, GaussRadau},
    },
};
use rayon::prelude::*;

/// The share of the wanted error that is left to the iteration; the rest is for rounding.
const NEAR: f64 = 0.8;

/// The number whose error ends the iteration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Goal {
    /// The energy, `mean strain . mean stress`: an effective modulus.
    Energy,
    /// Mean stresses and mean strains that are not prescribed.
    Means,
}

/// A solved load.
#[derive(Debug, Clone)]
pub(super) struct Equilibrium {
    /// Displacements of nodes `[z][component][y][x]`, in voxel lengths, then the six mean strains.
    pub(super) x: Vec<f64>,
    /// Mean stress over the unit of moduli.
    pub(super) stress: Voigt<f64>,
    /// What is left of the forces, after the sign of `b - A x`.
    pub(super) residual: Vec<f64>,
    /// What bounds its error.
    pub(super) certificate: Certificate,
    /// Bound on the error of each mean stress, over the unit; 0 where it is prescribed.
    pub(super) stress_bound: Voigt<f64>,
    /// Bound on the error of each mean strain; 0 where it is prescribed.
    pub(super) strain_bound: Voigt<f64>,
    /// Steps of conjugate gradients.
    pub(super) iterations: usize,
    /// Why the iteration ended.
    pub(super) ending: Ending,
    /// Bound on the relative error of the goal.
    pub(super) relative_bound: f64,
}

/// Why an iteration ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// The error is bounded as asked.
    Converged,
    /// No iteration was left.
    Limit,
    /// Rounding keeps the error from becoming smaller.
    Rounding,
}

impl Equilibrium {
    /// Displacements without the mean strain.
    pub(super) fn displacement(&self) -> &[f64] {
        &self.x[..self.x.len() - 6]
    }

    /// Mean strain.
    pub(super) fn strain(&self) -> Voigt<f64> {
        tail(&self.x)
    }
}

/// How the last run of conjugate gradients went, what rounding left between the residual and its recurrence, as `(d, B d)`, and
/// what rounding may have left in the residual itself, as a norm of the same kind.
#[derive(Debug, Clone)]
pub(super) struct Certificate {
    run: GaussRadau,
    drift: f64,
    rounding: f64,
}

impl Certificate {
    /// What the run took for the smallest eigenvalue.
    pub(super) fn floor(&self) -> f64 {
        self.run.floor()
    }

    /// The smallest eigenvalue of the preconditioned stiffness, as far as it is known.
    pub(super) fn smallest_eigenvalue(&self) -> f64 {
        self.run.smallest_eigenvalue()
    }

    /// Bound on the error in the energy norm where no eigenvalue is below `floor`; infinite where there is none.
    pub(super) fn error(&self, floor: f64) -> f64 {
        let rounding = (self.drift.sqrt() + self.rounding) / floor.sqrt();
        let error = self.run.bound_above(floor).sqrt() + rounding;
        if error.is_finite() {
            error
        } else {
            f64::INFINITY
        }
    }
}

fn tail(x: &[f64]) -> Voigt<f64> {
    let start = x.len() - 6;
    std::array::from_fn(|i| x[start + i])
}

/// A load on a medium.
pub(super) struct Load<'a> {
    pub(super) medium: &'a Medium,
    pub(super) hold: Hold,
    pub(super) goal: Goal,
    pub(super) tolerance: Tolerance,
    /// The eigenstrains act, too.
    pub(super) swelling: Swelling,
}

/// What is reached of a solution; another machine can go on from it.
pub(super) struct Reached {
    /// Displacements and mean strains.
    x: Vec<f64>,
    /// What is known of the smallest eigenvalue.
    floor: Floor,
    /// Steps spent on it by all who tried.
    pub(super) iterations: usize,
}

impl Reached {
    /// Takes back the displacement of a solve that another machine or precision goes on from.
    pub(super) fn go_on_from(&mut self, solved: Equilibrium) {
        self.x = solved.x;
    }
}

/// Whether eigenstrains act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Swelling {
    /// They do.
    On,
    /// They do not.
    Off,
}

/// Bound on the error of each mean for an error of 1 in the energy norm.
struct Sensitivity {
    stress: Voigt<f64>,
    strain: Voigt<f64>,
}

impl Load<'_> {
    /// Nothing but the prescribed mean strains.
    pub(super) fn start(&self) -> Reached {
        let mut x = vec![0.0; self.medium.unknowns()];
        x.extend(self.hold.strains());
        Reached {
            x,
            floor: self.medium.floor(),
            iterations: 0,
        }
    }

    pub(super) fn free(&self) -> Free {
        self.hold.free()
    }

    /// `b - A x` and the mean stress.
    fn residual(&self, x: &[f64]) -> (Vec<f64>, Voigt<f64>) {
        match self.swelling {
            Swelling::On => self.residual_of(&Eigenstrained(self.medium), x, 1.0),
            Swelling::Off => self.residual_of(&Hooke, x, 1.0),
        }
    }

    /// The residual under a law, for a share of the prescribed stresses, and the mean stress.
    pub(super) fn residual_of(
        &self,
        law: &impl Law<f64>,
        x: &[f64],
        share: f64,
    ) -> (Vec<f64>, Voigt<f64>) {
        let medium = self.medium;
        let count = medium.voxels() as f64;
        let mut residual = vec![0.0; x.len()];
        let (u, forces) = (&x[..medium.unknowns()], &mut residual[..medium.unknowns()]);
        let sum = medium.elements::<f64>().forces(law, tail(x), u, forces);
        residual.iter_mut().for_each(|force| *force = -*force);
        let prescribed = self.hold.stresses();
        for i in (0..6).filter(|&i| self.free()[i]) {
            residual[medium.unknowns() + i] = share * prescribed[i] / medium.unit * count - sum[i];
        }
        (residual, sum.map(|stress| stress / count))
    }

    /// The same displacement with a share of the prescribed mean strains.
    pub(super) fn held(&self, x: &[f64], share: f64) -> Vec<f64> {
        let mut x = x.to_vec();
        let strains = self.hold.strains();
        for i in (0..6).filter(|&i| !self.free()[i]) {
            x[self.medium.unknowns() + i] = share * strains[i];
        }
        x
    }

    fn sensitivity(&self, floor: f64) -> Sensitivity {
        let (free, count) = (self.free(), self.medium.voxels() as f64);
        let voigt = isotropic(self.medium.voigt());
        let compliance = reference_compliance(self.medium, free);
        let of = |chosen: bool, square: f64| if chosen { square.sqrt() } else { 0.0 };
        Sensitivity {
            stress: std::array::from_fn(|i| of(!free[i], voigt[i][i] / count)),
            strain: std::array::from_fn(|i| of(free[i], compliance[i][i] / (floor * count))),
        }
    }

    /// The error in the energy norm at which the goal is met.
    fn target(&self, strain: &Voigt<f64>, stress: &Voigt<f64>, floor: f64) -> f64 {
        let (wanted, count) = (self.tolerance.relative_error, self.medium.voxels() as f64);
        if self.goal == Goal::Energy {
            return (wanted * count * matrix::dot(strain, stress).abs()).sqrt();
        }
        let sensitivity = self.sensitivity(floor);
        let (least_stress, least_strain) = self.scales();
        let largest = |values: &Voigt<f64>, least: f64| {
            values.iter().fold(least, |most, v| most.max(v.abs()))
        };
        let (stress, strain) = (largest(stress, least_stress), largest(strain, least_strain));
        let limit = |scale: f64, sensitivities: Voigt<f64>| {
            let worst = sensitivities.into_iter().fold(0.0, f64::max);
            if worst > 0.0 {
                wanted * scale / worst
            } else {
                f64::INFINITY
            }
        };
        limit(stress, sensitivity.stress).min(limit(strain, sensitivity.strain))
    }

    /// A thousandth of the stress and the strain that the load would cause in a uniform medium: means below do not set the goal.
    pub(super) fn scales(&self) -> (f64, f64) {
        let [lambda, mu] = self.medium.voigt();
        let modulus = lambda + 2.0 * mu;
        let eigen = match self.swelling {
            Swelling::On => self.medium.eigenstrains.largest().fold(0.0, f64::max),
            Swelling::Off => 0.0,
        };
        let strains = self.hold.strains().into_iter().map(f64::abs);
        let stresses = self
            .hold
            .stresses()
            .into_iter()
            .map(|s| s.abs() / (self.medium.unit * modulus));
        let strain = strains.chain(stresses).fold(eigen, f64::max);
        (1e-3 * modulus * strain, 1e-3 * strain)
    }

    /// Corrects what is reached until its error is bounded as asked, no iteration is left, or rounding lets it go no further.
    pub(super) fn refine<M: Machine, S: Preconditioned<M>>(
        &self,
        (machine, reduction): (&M, f64),
        cg: &mut ConjugateGradients<'_, M, S>,
        reached: &mut Reached,
        observer: &mut dyn Observer,
    ) -> Result<Equilibrium, SolveError> {
        let Reached {
            x,
            floor,
            iterations,
        } = reached;
        let (mut residual, mut stress) = self.residual(x);
        let mut watch = Watch::new(self.tolerance, *iterations);
        let mut last = f64::INFINITY;
        loop {
            // Of size 1, residuals have energies within the range of single precision. A power of two rounds nothing.
            let unit = power_of_two(&residual);
            multiply(&mut residual, 1.0 / unit);
            let start = cg.start(&residual)? * unit * unit;
            let mut radau = GaussRadau::new(*floor, start);
            let (mut broken, mut is_exact) = (!start.is_finite(), false);
            // Where `(r, B r)` is no longer positive, rounding has eaten it up.
            let spent = |radau: &GaussRadau| {
                radau.rz() <= (reduction * start).max(f64::MIN_POSITIVE) || radau.rz().is_nan()
            };
            // The means are known only where a residual is formed, so the goal moves with them.
            while !broken {
                let target = self.target(&tail(x), &stress, radau.floor());
                let near =
                    |radau: &GaussRadau| spent(radau) || radau.bound().sqrt() <= NEAR * target;
                watch.tell(&radau, target, observer)?;
                while !near(&radau) && !watch.at_limit() {
                    let progress = cg.step()?;
                    watch.iterations += 1;
                    // Kept where the device is lost, too.
                    *iterations = watch.iterations;
                    let finite = progress.rz.is_finite() && progress.gain.is_finite();
                    // A step that gains nothing stands where this precision goes no further.
                    (broken, is_exact) = (!finite, finite && progress.gain <= 0.0);
                    if broken || is_exact {
                        break;
                    }
                    // Rounding makes a number that is spent negative; what it hides is not above where a run ends.
                    let rz = progress.rz * unit * unit;
                    let rz = if rz < 0.0 {
                        (reduction * start).max(-rz)
                    } else {
                        rz
                    };
                    radau.push(progress.gain * unit * unit, rz);
                    watch.tell(&radau, target, observer)?;
                }
                if broken {
                    break;
                }
                multiply(x, 1.0 / unit);
                cg.settle(x)?;
                multiply(x, unit);
                (residual, stress) = self.residual(x);
                let target = self.target(&tail(x), &stress, radau.floor());
                let is_near = is_exact || spent(&radau) || radau.bound().sqrt() <= NEAR * target;
                if is_near || watch.at_limit() {
                    break;
                }
            }
            let mu = radau.floor();
            if matches!(floor, Floor::Estimated(_)) && mu > 0.0 {
                *floor = Floor::Estimated(mu);
            }
            let drift = if broken {
                (residual, stress) = self.residual(x);
                f64::INFINITY
            } else {
                drift(machine, cg, &residual, unit)?
            };
            let rounding = self.medium.rounding(x);
            let certificate = Certificate {
                run: radau,
                drift,
                rounding,
            };
            let error = certificate.error(mu);
            let target = self.target(&tail(x), &stress, mu);
            let ending = if error <= target {
                Ending::Converged
            } else if watch.at_limit() {
                Ending::Limit
            } else if broken || error.is_infinite() || error > 0.5 * last {
                Ending::Rounding
            } else {
                last = error;
                continue;
            };
            let sensitivity = self.sensitivity(mu);
            // An error of 0 is one even where nothing resists.
            let bound = |sensitivity: f64| match sensitivity {
                0.0 => 0.0,
                sensitivity => sensitivity * error,
            };
            return Ok(Equilibrium {
                x: std::mem::take(x),
                stress,
                residual,
                certificate,
                stress_bound: sensitivity.stress.map(bound),
                strain_bound: sensitivity.strain.map(bound),
                iterations: watch.iterations,
                ending,
                relative_bound: error / target * watch.wanted,
            });
        }
    }
}

/// The power of two next to the largest of some numbers; 1 where all are zero.
fn power_of_two(values: &[f64]) -> f64 {
    let chunks = values.par_chunks(1 << 14);
    let largest = |values: &[f64]| values.iter().fold(0.0_f64, |most, v| most.max(v.abs()));
    match chunks.map(largest).reduce(|| 0.0, f64::max) {
        largest if largest > 0.0 && largest.is_finite() => {
            largest.log2().round().clamp(-400.0, 400.0).exp2()
        }
        _ => 1.0,
    }
}

/// Multiplies numbers in place.
fn multiply(values: &mut [f64], factor: f64) {
    if factor != 1.0 {
        values.par_iter_mut().for_each(|value| *value *= factor);
    }
}

/// `(d, B d)` for the difference between the residual and what the recurrence, in a unit of its own, makes of it; ends the run.
fn drift<M: Machine, S: Preconditioned<M>>(
    machine: &M,
    cg: &mut ConjugateGradients<'_, M, S>,
    residual: &[f64],
    unit: f64,
) -> Result<f64, SolveError> {
    let mut drift: Vec<f64> = residual.iter().map(|force| -force / unit).collect();
    machine.accumulate(cg.residual(), &mut drift)?;
    let own = power_of_two(&drift);
    multiply(&mut drift, 1.0 / own);
    Ok(cg.start(&drift)? * (own * unit).powi(2))
}
