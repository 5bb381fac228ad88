//! The operators of every level on a device: the kernels of `shaders/solve/`, named as the methods that launch them.
//!
//! Everything is built and allocated before the first iteration, and nothing comes back but the numbers of conjugate
//! gradients. Per iteration the finest level moves some 100 bytes per voxel in f32; what the coarse levels cost is mostly
//! launches, so the smallest of them run together in one.

mod batch;
mod below;
mod blocks;
mod coarsest;
mod fourier;
mod graph;
mod kinds;
mod lean;
mod ledger;
mod memory;
mod profile;
mod stencil;
mod tail;
mod tune;
mod voxels;

pub use batch::{levels as batch_levels, solve as batch_solve, together};
pub use blocks::DeviceBlocks;
pub use coarsest::{DeviceChebyshev, DeviceDense};
pub use fourier::{DeviceFourier, spectrum_bytes};
pub use graph::{DeviceGraph, GraphKernels};
pub use lean::DeviceLean;
pub use ledger::{DeviceLedger, WINDOW};
pub use memory::{bytes, lean_bytes, network_bytes};
pub use profile::profile;
pub use stencil::DeviceStencil;
pub use tail::DeviceTail;
pub use tune::tune;
pub use voxels::DeviceVoxels;

use super::{
    hierarchy::{Coarse, Hierarchy, w_levels},
    multigrid::Levels,
    stencil::Stencil,
};
use crate::{
    field::device::{Device, DeviceField, Element},
    gpu::{Binding, Buffer, Gpu, GpuError},
};
use std::{rc::Rc, sync::Arc};

/// All levels on a device.
///
/// # Errors
/// [`GpuError::OutOfMemory`] or [`GpuError::TooLarge`] where the levels and the vectors of a solve do not fit, before
/// anything large is allocated where that can be known.
pub fn levels<'a, R: Element>(
    device: &'a Device<R>,
    stencil: &Stencil,
    hierarchy: &Hierarchy<R>,
) -> Result<Levels<'a, Device<R>>, GpuError> {
    device.gpu().check_room(bytes(stencil, hierarchy))?;
    let w_levels = hierarchy.w_levels();
    let voxels = Rc::new(DeviceVoxels::new(device, stencil, &hierarchy.blocks)?);
    let below = (&[&**hierarchy][..], Some(&voxels));
    let (coarse, coarsest) = below::levels(device, below, (0, w_levels))?;
    Ok(Levels {
        finest: Box::new(DeviceStencil::new(device, voxels)?),
        coarse,
        coarsest,
        w_levels,
    })
}

/// All levels of a network on a device.
///
/// # Errors
/// As [`levels`].
pub fn network_levels<'a, R: Element>(
    device: &'a Device<R>,
    levels: &Coarse<R>,
) -> Result<Levels<'a, Device<R>>, GpuError> {
    device.gpu().check_room(network_bytes(levels))?;
    let w_levels = w_levels(&levels.levels[1..]);
    let (mut coarse, coarsest) = below::levels(device, (&[levels], None), (1, 1 + w_levels))?;
    let finest = coarse.remove(0);
    Ok(Levels {
        finest,
        coarse,
        coarsest,
        w_levels,
    })
}

/// Compiles every kernel of a solve, so that they are at hand when the hierarchy is: the host can build it meanwhile.
///
/// # Errors
/// What the driver refuses.
pub fn warm_up<R: Element>(gpu: &Arc<Gpu>) -> Result<(), GpuError> {
    let device = Device::<R>::new(Arc::clone(gpu))?;
    stencil::Kernels::new(&device)?;
    blocks::Kernels::new(&device)?;
    lean::Kernels::new(&device)?;
    GraphKernels::new(&device)?;
    coarsest::dense_kernel(&device)?;
    tail::tail_kernel(&device)?;
    if gpu.info().double_precision {
        ledger::ledger_kernel(gpu)?;
    }
    Ok(())
}

/// A factor for a kernel as the sum of two f32, enough for f64 to 1e-14.
fn split(factor: f64) -> [f32; 2] {
    use crate::field::Real;
    let high = f32::of(factor);
    [high, f32::of(factor - high.wide())]
}

/// The whole of a field that is not cut.
pub(crate) fn whole<R: Element>(field: &DeviceField<R>) -> Binding<'_> {
    field.slabs[0].buffer.binding()
}

/// A copy on the device with at least one element, as a binding must have.
pub(crate) fn upload<R: Element, T: bytemuck::Pod>(
    device: &Device<R>,
    data: &[T],
) -> Result<Buffer<T>, GpuError> {
    if data.is_empty() {
        return device.gpu().zeros(1);
    }
    device.gpu().upload(data)
}
