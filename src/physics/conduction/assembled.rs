//! A conduction problem's equations as every machine takes them.

use super::{MemoryMode, assembly::Assembly};
use crate::{
    field::{Device, Host, Real},
    gpu::{Gpu, GpuError},
    physics::assembled::Assembled,
    solve::{
        balance::{Audit, Ledger},
        certificate,
        device::{self, DeviceLean, DeviceLedger},
        hierarchy::Hierarchy,
        host,
        multigrid::Levels,
    },
};
use std::sync::Arc;

/// Potentials before the first and behind the last plane of unknowns.
pub(super) const ENDS: [f64; 2] = [1.0, 0.0];

impl Assembled for Assembly {
    type Levels<T: Real> = Hierarchy<T>;

    fn weakest(&self) -> f64 {
        self.stencil.weakest()
    }

    fn levels<T: Real>(&self) -> Hierarchy<T> {
        Hierarchy::new(&self.stencil)
    }

    fn bound<T: Real>(&self, levels: &Hierarchy<T>, residual: &[f64]) -> f64 {
        certificate::bound(&self.stencil, levels, residual)
    }

    fn audit(&self) -> Box<dyn Audit + '_> {
        Box::new(Ledger::new(&self.stencil, ENDS))
    }

    fn on_host<'a, T: Real>(&'a self, levels: &'a Hierarchy<T>) -> Levels<'a, Host<T>> {
        host::levels(&self.stencil, levels)
    }

    fn on_device<'a>(
        &'a self,
        device: &'a Device<f32>,
        levels: &'a Hierarchy<f32>,
    ) -> Result<Levels<'a, Device<f32>>, GpuError> {
        device::levels(device, &self.stencil, levels)
    }

    fn may_be_lean(&self) -> bool {
        self.memory == MemoryMode::Auto
    }

    fn lean_on_device<'a>(
        &'a self,
        device: &'a Device<f32>,
        levels: &'a Hierarchy<f32>,
        x: &[f64],
    ) -> Result<DeviceLean<'a, f32>, GpuError> {
        DeviceLean::new(device, (&self.stencil, levels), (ENDS, x))
    }

    fn device_audit(
        &self,
        gpu: &Arc<Gpu>,
        levels: &Hierarchy<f32>,
    ) -> Result<Option<Box<dyn Audit>>, GpuError> {
        let solve = device::bytes(&self.stencil, levels);
        match DeviceLedger::new(Arc::clone(gpu), (&self.stencil, ENDS), solve) {
            Err(
                GpuError::NoDoublePrecision { .. }
                | GpuError::TooLarge { .. }
                | GpuError::OutOfMemory { .. },
            ) => Ok(None),
            ledger => Ok(Some(Box::new(ledger?))),
        }
    }
}
