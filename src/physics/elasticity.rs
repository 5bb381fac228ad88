//! Small-strain elasticity with eigenstrains and empty pores, `div sigma = 0`, `sigma = C : (strain - eigenstrain)`, on a periodic
//! cell.
//!
//! One trilinear hexahedron (Q1, full 2x2x2 integration) per voxel, displacements on the nodes, isotropic moduli and an
//! eigenstrain per phase. A pore has exactly zero stiffness: nodes that touch only pores feel no force, and isolated islands
//! may move. Of the cell the mean strain or the mean stress is prescribed, component by component ([`Hold`]).
//!
//! Conjugate gradients are preconditioned by the inverse stiffness of a uniform medium, which the discrete Fourier transform
//! diagonalises (S. Brisard and L. Dormieux, Comput. Methods Appl. Mech. Engrg. 217 (2012) 197; M. Ladecky et al., ibid. 2023, for
//! finite elements). The spectrum then depends on the contrast and, with pores, on their shape, not on the size.
//!
//! Components are in Voigt order xx yy zz yz xz xy, and shear strains are twice the tensor's. An [`Elasticity`] borrows its
//! volume and lives as long as questions are asked of it; a [`Deformed`] holds a solved state.

mod deformed;
mod device;
mod eigenstrains;
mod element;
mod equilibrium;
mod error;
mod hold;
mod holding;
mod lanes;
mod limits;
mod machine;
mod matrix;
mod medium;
mod memory;
mod plastic;
mod shortfall;
mod stiffness;
mod summary;
mod symbol;
mod system;
mod watch;
mod yielding;

pub use deformed::{Deformed, Point};
pub use error::ElasticityError;
pub use hold::{Held, Hold};
pub use memory::{Memory, MemoryNeed};
pub use plastic::Yield;
pub use shortfall::{Mean, NotConverged, Reached, Shortfall};
pub use stiffness::{IsotropicFit, Stiffness};
pub use summary::{Distribution, Face, InterfaceTraction, PERCENTS, PhaseStress};
pub use system::Equations;

use crate::{
    Result,
    field::Backend,
    microstructure::Volume,
    physics::swelling::Swelling,
    solve::{Observer, Tolerance},
};
use eigenstrains::Eigenstrains;
use equilibrium::{Goal, Load};
use limits::MODULI;
use machine::Machine;
use medium::Medium;
use ndarray::Array3;
use std::time::Instant;

/// Strains beyond this are not small: the linear theory is off by tens of per cent.
pub const SMALL_STRAIN: f64 = 0.1;
/// Eigenstrains beyond this are worth a warning of their own.
pub const LARGE_EIGENSTRAIN: f64 = 0.3;

/// What a phase is made of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Solid {
    /// Nothing: a pore.
    Void,
    /// An isotropic solid.
    Isotropic {
        /// Young's modulus, Pa.
        young: f64,
        /// Poisson's ratio.
        poisson: f64,
    },
}

impl Solid {
    /// Lame's constants, Pa.
    fn lame(self) -> [f64; 2] {
        match self {
            Self::Void => [0.0; 2],
            Self::Isotropic { young, poisson } => {
                let mu = young / (2.0 * (1.0 + poisson));
                [2.0 * mu * poisson / (1.0 - 2.0 * poisson), mu]
            }
        }
    }
}

/// An elastic volume.
#[derive(Debug, Clone)]
pub struct Elasticity<'a> {
    volume: &'a Volume,
    solids: Vec<Option<Solid>>,
    yields: Vec<Option<Yield>>,
    swellings: Vec<Swelling>,
    /// The fraction converted, and the share of it in each voxel where that differs.
    converted: (f64, Option<&'a Array3<f32>>),
    backend: Backend,
}

impl<'a> Elasticity<'a> {
    /// A volume whose phases are not described yet.
    pub fn new(volume: &'a Volume) -> Self {
        let phases = volume.labels().len();
        Self {
            volume,
            solids: vec![None; phases],
            yields: vec![None; phases],
            swellings: vec![Swelling::Strain([0.0; 3]); phases],
            converted: (1.0, None),
            backend: Backend::Host,
        }
    }

    /// The same on another machine than the host. Only corrections are made there; where a phase yields, the host solves.
    #[must_use]
    pub fn on(mut self, backend: Backend) -> Self {
        self.backend = backend;
        self
    }

    /// The same with a phase described.
    ///
    /// # Errors
    /// A label that the volume does not have, a modulus outside of 1e-30 to 1e30 Pa, a ratio outside of (-1, 0.5).
    pub fn solid(mut self, label: i64, solid: Solid) -> Result<Self> {
        let code = self.code(label)?;
        if let Solid::Isotropic { young, poisson } = solid {
            if !MODULI.contains(&young) {
                return Err(ElasticityError::Young {
                    label,
                    value: young,
                }
                .into());
            }
            if !(poisson > -1.0 && poisson < 0.5) {
                return Err(ElasticityError::Poisson {
                    label,
                    value: poisson,
                }
                .into());
            }
        }
        self.solids[code] = Some(solid);
        Ok(self)
    }

    /// The same with an eigenstrain of a phase along x, y and z: 0.216 lengthens it by 21.6 %, were it free.
    ///
    /// # Errors
    /// A label that the volume does not have, or a strain that is not above -1 and finite.
    pub fn eigenstrain(mut self, label: i64, strain: [f64; 3]) -> Result<Self> {
        let code = self.code(label)?;
        if let Some(&value) = strain
            .iter()
            .find(|value| !(**value > -1.0 && value.is_finite()))
        {
            return Err(ElasticityError::Eigenstrain { label, value }.into());
        }
        self.swellings[code] = Swelling::Strain(strain);
        Ok(self)
    }

    /// The same with what a phase does when it is converted.
    ///
    /// # Errors
    /// As [`Self::eigenstrain`].
    pub fn swelling(mut self, label: i64, swelling: Swelling) -> Result<Self> {
        if let Swelling::Strain(strain) = swelling {
            return self.eigenstrain(label, strain);
        }
        let code = self.code(label)?;
        self.swellings[code] = swelling;
        Ok(self)
    }

    /// The same once a fraction (0 to 1) has been converted; all of it unless said.
    #[must_use]
    pub fn converted(mut self, fraction: f64) -> Self {
        self.converted.0 = fraction;
        self
    }

    /// The same with fractions `[z][y][x]` from 0 to 1 that differ from voxel to voxel; what [`Self::converted`] says multiplies
    /// them.
    ///
    /// # Errors
    /// A field of another shape than the volume, a number outside of 0 to 1.
    pub fn fractions(mut self, field: &'a Array3<f32>) -> Result<Self> {
        eigenstrains::check(field, self.volume.shape())?;
        self.converted.1 = Some(field);
        Ok(self)
    }

    /// The same with a phase that flows where its von Mises stress reaches a limit.
    ///
    /// # Errors
    /// A label that the volume does not have, a yield stress outside of 1e-30 to 1e30 Pa, hardening below zero.
    pub fn yielding(mut self, label: i64, limit: Yield) -> Result<Self> {
        let code = self.code(label)?;
        let Yield { stress, hardening } = limit;
        if !MODULI.contains(&stress) {
            return Err(ElasticityError::Yield {
                label,
                value: stress,
            }
            .into());
        }
        if !(0.0..=*MODULI.end()).contains(&hardening) {
            return Err(ElasticityError::Hardening {
                label,
                value: hardening,
            }
            .into());
        }
        self.yields[code] = Some(limit);
        Ok(self)
    }

    /// The largest eigenstrain of a phase that is present and solid.
    pub fn largest_eigenstrain(&self) -> f64 {
        let solid = |solid: &Option<Solid>| matches!(solid, Some(Solid::Isotropic { .. }));
        let eigenstrains = Eigenstrains::new(&self.swellings, self.converted);
        let phases = self.solids.iter().zip(eigenstrains.largest());
        phases
            .filter(|(s, _)| solid(s))
            .fold(0.0, |most, (_, strain)| most.max(strain))
    }

    /// The state under eigenstrains and what is prescribed, as exact in its means as `tolerance` says. Where a phase yields, the
    /// load comes in increments, and the tolerance is that of the residual relative to the load, without a bound on the means.
    ///
    /// Means that are nearly zero count relative to a thousandth of what the load would cause in a uniform medium. Where no
    /// solid crosses the cell along an axis, a stress along it cannot be prescribed, and a mean strain that nothing resists is 0.
    ///
    /// # Errors
    /// [`ElasticityError`] where the question does not fit the volume, and [`ElasticityError::NotConverged`] with the state reached
    /// and its bounds where the tolerance is not met; [`SolveError`](crate::solve::SolveError) where the observer said stop.
    pub fn deform(
        &self,
        hold: Hold,
        tolerance: Tolerance,
        observer: &mut dyn Observer,
    ) -> Result<Deformed> {
        let start = Instant::now();
        let medium = self.medium(tolerance)?;
        limits::check_hold(&hold, medium.unit)?;
        let (hold, loose) = holding::settle(&medium, hold)?;
        let (goal, swelling) = (Goal::Means, equilibrium::Swelling::On);
        let load = Load {
            medium: &medium,
            hold,
            goal,
            tolerance,
            swelling,
        };
        if medium.yields.iter().any(Option::is_some) {
            if matches!(self.backend, Backend::Device { .. }) {
                observer.notice("the host solves, because no device solves where a phase yields");
            }
            let yielded = yielding::solve(&load, observer)?;
            return Ok(Deformed::yielded(
                medium,
                yielded,
                (hold, loose),
                start.elapsed().as_secs_f64(),
            ));
        }
        let mut machine = Machine::new(&self.backend, medium.shape, observer)?;
        let equilibrium = machine.solve(&load, observer)?;
        let seconds = start.elapsed().as_secs_f64();
        let shortfall = load.shortfall(&equilibrium);
        let mut deformed = Deformed::new(medium, equilibrium, (hold, loose), seconds);
        deformed.adapter = machine.adapter();
        match shortfall {
            None => Ok(deformed),
            Some(shortfall) => {
                let reached = Reached::State(deformed);
                let error = NotConverged { shortfall, reached };
                Err(ElasticityError::NotConverged(Box::new(error)).into())
            }
        }
    }

    /// The effective stiffness: six unit strains, each modulus as exact as `tolerance` says.
    ///
    /// # Errors
    /// As [`Self::deform`].
    pub fn stiffness(
        &self,
        tolerance: Tolerance,
        observer: &mut dyn Observer,
    ) -> Result<Stiffness> {
        let medium = self.medium(tolerance)?;
        let mut machine = Machine::new(&self.backend, medium.shape, observer)?;
        stiffness::stiffness((&medium, &mut machine), tolerance, observer)
    }

    /// The equations that conjugate gradients solve under a hold, for either machine.
    ///
    /// # Errors
    /// [`ElasticityError`] where the question does not fit the volume.
    pub fn equations(&self, hold: Hold) -> Result<Equations> {
        let medium = self.medium(Tolerance::default())?;
        let (hold, _) = holding::settle(&medium, hold)?;
        Ok(Equations::new(medium, hold))
    }

    fn code(&self, label: i64) -> std::result::Result<usize, ElasticityError> {
        self.volume.code(label).map(usize::from).ok_or_else(|| {
            let labels: Vec<String> = self.volume.labels().iter().map(i64::to_string).collect();
            ElasticityError::UnknownLabel {
                label,
                present: labels.join(", "),
            }
        })
    }

    /// The elements, once every phase is described.
    fn medium(&self, tolerance: Tolerance) -> std::result::Result<Medium, ElasticityError> {
        let value = tolerance.relative_error;
        if !(1e-12..=1.0).contains(&value) {
            return Err(ElasticityError::Tolerance { value });
        }
        let lame = self.lame()?;
        let unit = lame
            .iter()
            .map(|[lambda, mu]| lambda + 2.0 * mu)
            .fold(0.0, f64::max);
        let counts = self.volume.counts();
        if !lame
            .iter()
            .zip(&counts)
            .any(|([_, mu], &count)| *mu > 0.0 && count > 0)
        {
            return Err(ElasticityError::AllVoid);
        }
        let spacing = self.volume.spacing().unwrap_or([1.0; 3]);
        limits::check_spacing(spacing)?;
        limits::check_contrast(&self.solids)?;
        let length = spacing.iter().map(|h| h.cbrt()).product::<f64>();
        Ok(Medium {
            shape: self.volume.shape(),
            spacing: spacing.map(|h| h / length),
            codes: self.volume.codes().iter().copied().collect(),
            lame: lame
                .iter()
                .map(|pair| pair.map(|value| value / unit))
                .collect(),
            yields: self
                .yields
                .iter()
                .map(|own| own.map(|y| [y.stress / unit, y.hardening / unit]))
                .collect(),
            eigenstrains: Eigenstrains::new(&self.swellings, self.converted),
            counts,
            unit,
            length,
        })
    }

    fn lame(&self) -> std::result::Result<Vec<[f64; 2]>, ElasticityError> {
        let lame = |(solid, &label): (&Option<Solid>, &i64)| {
            solid
                .map(Solid::lame)
                .ok_or(ElasticityError::NotDescribed { label })
        };
        self.solids
            .iter()
            .zip(self.volume.labels())
            .map(lame)
            .collect()
    }
}
