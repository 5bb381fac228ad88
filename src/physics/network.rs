//! Networks of conductances on any machine: what carriers, periodic cells and whoever else brings conductances of his own
//! have in common.

use super::{assembled::Assembled, machine};
use crate::{
    Result,
    field::{Backend, Device, Host, Real},
    gpu::{Gpu, GpuError},
    solve::{
        Observer, Tolerance,
        balance::Audit,
        certificate, device,
        hierarchy::Coarse,
        host,
        multigrid::Levels,
        network::{Network, NetworkLedger},
        refinement::{Approximation, Certified},
    },
};
use std::sync::Arc;

/// Improves a potential of a network until its energy is certified, on the machine asked for; the name of the adapter comes
/// with it where a device solved. `jump` is as [`NetworkLedger`] says, `|_, _| 0.0` where the potential has no seam.
///
/// # Errors
/// As [`Conduction::solve`](super::Conduction::solve).
pub fn certify(
    (network, jump): (&Network, impl Fn(usize, usize) -> f64 + Sync),
    x: &mut Approximation,
    run: (Tolerance, &Backend),
    observer: &mut dyn Observer,
) -> Result<(Certified, Option<String>)> {
    machine::certify(&Jumping { network, jump }, x, run, observer)
}

/// A network whose potential may jump, as [`NetworkLedger`] says.
struct Jumping<'a, J> {
    network: &'a Network,
    jump: J,
}

impl<J: Fn(usize, usize) -> f64 + Sync> Assembled for Jumping<'_, J> {
    type Levels<T: Real> = Coarse<T>;

    fn weakest(&self) -> f64 {
        self.network.weakest()
    }

    fn levels<T: Real>(&self) -> Coarse<T> {
        self.network.levels()
    }

    fn bound<T: Real>(&self, levels: &Coarse<T>, residual: &[f64]) -> f64 {
        certificate::graph_bound(levels, residual)
    }

    fn audit(&self) -> Box<dyn Audit + '_> {
        Box::new(NetworkLedger::new(self.network, &self.jump))
    }

    fn on_host<'a, T: Real>(&'a self, levels: &'a Coarse<T>) -> Levels<'a, Host<T>> {
        host::network_levels(levels)
    }

    fn on_device<'a>(
        &'a self,
        device: &'a Device<f32>,
        levels: &'a Coarse<f32>,
    ) -> std::result::Result<Levels<'a, Device<f32>>, GpuError> {
        device::network_levels(device, levels)
    }

    fn device_audit(
        &self,
        _gpu: &Arc<Gpu>,
        _levels: &Coarse<f32>,
    ) -> std::result::Result<Option<Box<dyn Audit>>, GpuError> {
        Ok(None)
    }
}
