//! What the choice of a machine must know of equations that stand assembled.

use crate::{
    field::{Device, Host, Real},
    gpu::{Gpu, GpuError},
    solve::{
        balance::{Audit, Balance},
        device::DeviceLean,
        multigrid::Levels,
        refinement::Equations,
    },
};
use std::sync::Arc;

/// Equations ready for any machine.
pub(crate) trait Assembled {
    /// Everything below the finest level.
    type Levels<T: Real>;

    /// Smallest conductance that is not zero, over the largest.
    fn weakest(&self) -> f64;
    /// Everything below the finest level, in a precision.
    fn levels<T: Real>(&self) -> Self::Levels<T>;
    /// Upper bound on the squared error.
    fn bound<T: Real>(&self, levels: &Self::Levels<T>, residual: &[f64]) -> f64;
    /// Forms residuals and energies on the host.
    fn audit(&self) -> Box<dyn Audit + '_>;
    /// Operators on the host.
    fn on_host<'a, T: Real>(&'a self, levels: &'a Self::Levels<T>) -> Levels<'a, Host<T>>;
    /// Operators on a device.
    fn on_device<'a>(
        &'a self,
        device: &'a Device<f32>,
        levels: &'a Self::Levels<f32>,
    ) -> Result<Levels<'a, Device<f32>>, GpuError>;
    /// Whether the lean solve is there and may be taken where the full one does not fit.
    fn may_be_lean(&self) -> bool {
        false
    }
    /// The lean solve on a device, from a potential.
    fn lean_on_device<'a>(
        &'a self,
        _device: &'a Device<f32>,
        _levels: &'a Self::Levels<f32>,
        _x: &[f64],
    ) -> Result<DeviceLean<'a, f32>, GpuError> {
        Err(GpuError::Validation {
            message: "networks have no lean solve".to_owned(),
        })
    }
    /// Residuals and energies on a device, where it can form them and has room for that besides the solve.
    fn device_audit(
        &self,
        gpu: &Arc<Gpu>,
        levels: &Self::Levels<f32>,
    ) -> Result<Option<Box<dyn Audit>>, GpuError>;
}

/// Assembled equations with their levels and the one who balances them.
pub(super) struct Leveled<'a, A: Assembled, T: Real> {
    pub(super) equations: &'a A,
    pub(super) levels: &'a A::Levels<T>,
    pub(super) audit: &'a dyn Audit,
}

impl<A: Assembled, T: Real> Equations for Leveled<'_, A, T> {
    type Real = T;

    fn balance(&self, x: &[f64], residual: &mut [f64]) -> Result<Balance, GpuError> {
        self.audit.balance(x, residual)
    }

    fn bound(&self, residual: &[f64]) -> f64 {
        self.equations.bound(self.levels, residual)
    }
}
