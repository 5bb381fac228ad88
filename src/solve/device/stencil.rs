//! The finest level on a device: nothing but a byte per voxel and a small table, one thread per voxel.

use super::{
    voxels::{self, DeviceVoxels, Each, part},
    whole,
};
use crate::{
    field::{
        Machine, Shape,
        device::{Device, DeviceField, Element},
    },
    gpu::{GpuError, Kernel},
    solve::multigrid::{OMEGA, Operator, SWEEPS},
};
use std::rc::Rc;

/// The text of the stencil, behind that of the voxels.
pub(super) const SOURCE: &str = include_str!("../../../shaders/solve/stencil.wgsl");

/// The stencil on a device.
pub struct DeviceStencil<'a, R: Element> {
    device: &'a Device<R>,
    kernels: Kernels,
    voxels: Rc<DeviceVoxels<R>>,
    /// Every other sweep.
    swept: DeviceField<R>,
}

#[derive(Debug)]
pub(super) struct Kernels {
    apply: Kernel,
    residual: Kernel,
    first_sweep: Kernel,
    smooth: Kernel,
    restrict: Kernel,
    correct: Correct,
}

/// `x += alpha P e`, in place.
#[derive(Debug)]
pub(super) struct Correct(Kernel);

impl Correct {
    pub(super) fn new<R: Element>(device: &Device<R>) -> Result<Self, GpuError> {
        Ok(Self(kernel(device, "correct")?))
    }

    pub(super) fn launch<R: Element>(
        &self,
        device: &Device<R>,
        voxels: &DeviceVoxels<R>,
        (alpha, e): (f64, &DeviceField<R>),
        x: &DeviceField<R>,
    ) {
        let kernel = (&self.0, alpha, Each::Voxel);
        voxels.launch(device, kernel, |index, slab| {
            let own = [slab.cells.binding(), slab.first.binding()];
            [own[0], own[1], whole(e), part(x, index)]
        });
    }
}

fn kernel<R: Element>(device: &Device<R>, entry: &str) -> Result<Kernel, GpuError> {
    let text = [voxels::SOURCE, SOURCE].concat();
    let kernel = device.gpu().kernel(&text, entry, R::PRECISION)?;
    Ok(kernel.of("stencil"))
}

impl Kernels {
    pub(super) fn new<R: Element>(device: &Device<R>) -> Result<Self, GpuError> {
        let kernel = |entry| kernel(device, entry);
        Ok(Self {
            apply: kernel("apply")?,
            residual: kernel("residual")?,
            first_sweep: kernel("first_sweep")?,
            smooth: kernel("smooth_sweep")?,
            restrict: kernel("restrict_residual")?,
            correct: Correct::new(device)?,
        })
    }
}

impl<'a, R: Element> DeviceStencil<'a, R> {
    /// Allocates what a restriction works in.
    ///
    /// # Errors
    /// As [`levels`](super::levels).
    pub fn new(device: &'a Device<R>, voxels: Rc<DeviceVoxels<R>>) -> Result<Self, GpuError> {
        Ok(Self {
            device,
            kernels: Kernels::new(device)?,
            swept: device.zeros(voxels.shape)?,
            voxels,
        })
    }

    /// One sweep, `after = before + omega D^-1 (b - A before)`.
    fn smooth(&self, b: &DeviceField<R>, [before, after]: [&DeviceField<R>; 2]) {
        before.exchange(self.device);
        let kernel = (&self.kernels.smooth, OMEGA, Each::Voxel);
        self.voxels.launch(self.device, kernel, |index, slab| {
            [
                slab.cells.binding(),
                self.voxels.tables.binding(),
                part(b, index),
                part(before, index),
                part(after, index),
            ]
        });
    }
}

impl<R: Element> Operator for DeviceStencil<'_, R> {
    type Field = DeviceField<R>;

    fn shape(&self) -> Shape {
        self.voxels.shape
    }

    fn apply(&self, x: &mut DeviceField<R>, y: &mut DeviceField<R>) {
        x.exchange(self.device);
        let kernel = (&self.kernels.apply, 0.0, Each::Voxel);
        self.voxels.launch(self.device, kernel, |index, slab| {
            let own = [slab.cells.binding(), self.voxels.tables.binding()];
            [own[0], own[1], part(x, index), part(y, index)]
        });
    }

    fn residual(&self, b: &DeviceField<R>, x: &mut DeviceField<R>, r: &mut DeviceField<R>) {
        x.exchange(self.device);
        let kernel = (&self.kernels.residual, 0.0, Each::Voxel);
        self.voxels.launch(self.device, kernel, |index, slab| {
            let own = [slab.cells.binding(), self.voxels.tables.binding()];
            let [b, x, r] = [part(b, index), part(x, index), part(r, index)];
            [own[0], own[1], b, x, r]
        });
    }

    /// Leaves in x what the sweeps make of b.
    fn restrict(
        &self,
        b: &mut DeviceField<R>,
        x: &mut DeviceField<R>,
        coarse: &mut DeviceField<R>,
    ) {
        let kernel = (&self.kernels.first_sweep, OMEGA, Each::Voxel);
        self.voxels.launch(self.device, kernel, |index, slab| {
            let own = [slab.cells.binding(), self.voxels.tables.binding()];
            [own[0], own[1], part(b, index), part(&self.swept, index)]
        });
        self.smooth(b, [&self.swept, x]);
        x.exchange(self.device);
        let kernel = (&self.kernels.restrict, 0.0, Each::Block);
        self.voxels.launch(self.device, kernel, |index, slab| {
            [
                slab.cells.binding(),
                self.voxels.tables.binding(),
                slab.first.binding(),
                part(b, index),
                part(x, index),
                whole(coarse),
            ]
        });
    }

    fn prolong(
        &self,
        b: &DeviceField<R>,
        (alpha, e): (f64, &DeviceField<R>),
        x: &mut DeviceField<R>,
    ) {
        let correct = &self.kernels.correct;
        correct.launch(self.device, &self.voxels, (alpha, e), x);
        self.smooth(b, [x, &self.swept]);
        self.smooth(b, [&self.swept, x]);
    }
}

/// The kernels are written for two sweeps on either side of a correction.
const _: () = assert!(SWEEPS == 2);
