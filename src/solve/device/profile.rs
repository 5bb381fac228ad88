//! Where the time of an iteration goes, kernel by kernel, by the device's own clock.

use super::levels;
use crate::{
    field::device::{Device, Element},
    gpu::{Gpu, GpuError, KernelTime},
    solve::{
        balance::Ledger, cg::ConjugateGradients, hierarchy::Hierarchy, multigrid::Multigrid,
        stencil::Stencil,
    },
};
use std::sync::Arc;

/// Times of the kernels over so many iterations of conjugate gradients, the longest first; the ends of the volume are at 1
/// and 0, and the iterations begin at 0. Set-up and transfers are not in it.
///
/// # Errors
/// [`GpuError::NoTimestamps`] where the adapter keeps no time; otherwise as [`levels`].
pub fn profile<R: Element>(
    gpu: &Arc<Gpu>,
    (stencil, hierarchy): (&Stencil, &Hierarchy<R>),
    iterations: usize,
) -> Result<Vec<KernelTime>, GpuError> {
    let device = Device::<R>::new(Arc::clone(gpu))?;
    let multigrid = Multigrid::new(&device, levels(&device, stencil, hierarchy)?)?;
    let mut cg = ConjugateGradients::new(&device, multigrid)?;
    let mut residual = vec![0.0; stencil.len()];
    Ledger::new(stencil, [1.0, 0.0]).balance(&vec![0.0; stencil.len()], &mut residual);
    cg.start(&residual)?;
    gpu.timed(|| (0..iterations).try_for_each(|_| cg.step().map(drop)))
}
