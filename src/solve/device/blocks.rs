//! The first graph on a device, formed from codes and layers wherever it is needed: rows would take half of the memory of a
//! solve, and more time to read than the voxels that they are made of.

use super::{
    graph::{GraphKernels, Links, damped},
    upload,
    voxels::{self, DeviceVoxels, Each},
    whole,
};
use crate::{
    field::{
        Shape,
        device::{Device, DeviceField, Element},
    },
    gpu::{Binding, Buffer, GpuError, Kernel},
    solve::{graph::Aggregates, multigrid::Operator},
};
use std::rc::Rc;

const SOURCE: &str = include_str!("../../../shaders/solve/blocks.wgsl");

/// The first graph.
pub struct DeviceBlocks<'a, R: Element> {
    device: &'a Device<R>,
    kernels: Kernels,
    gather: Rc<GraphKernels>,
    voxels: Rc<DeviceVoxels<R>>,
    /// `omega / d`.
    damped: Buffer<R>,
    links: Links,
    size: usize,
}

#[derive(Debug)]
pub(super) struct Kernels {
    apply: Kernel,
    residual: Kernel,
    swept_residual: Kernel,
    prolong: Kernel,
}

impl Kernels {
    pub(super) fn new<R: Element>(device: &Device<R>) -> Result<Self, GpuError> {
        let text = [voxels::SOURCE, SOURCE].concat();
        let kernel = |entry| -> Result<Kernel, GpuError> {
            let kernel = device.gpu().kernel(&text, entry, R::PRECISION)?;
            Ok(kernel.of("blocks"))
        };
        Ok(Self {
            apply: kernel("apply")?,
            residual: kernel("residual")?,
            swept_residual: kernel("swept_residual")?,
            prolong: kernel("prolong")?,
        })
    }
}

impl<'a, R: Element> DeviceBlocks<'a, R> {
    /// Uploads the diagonal of the graph and its aggregates.
    ///
    /// # Errors
    /// As [`levels`](super::levels).
    pub fn new(
        device: &'a Device<R>,
        (voxels, gather): (Rc<DeviceVoxels<R>>, Rc<GraphKernels>),
        (diagonal, aggregates): (&[R], &Aggregates),
    ) -> Result<Self, GpuError> {
        let damped: Vec<R> = diagonal.iter().copied().map(damped).collect();
        Ok(Self {
            device,
            kernels: Kernels::new(device)?,
            gather,
            voxels,
            damped: upload(device, &damped)?,
            links: Links::new(device, aggregates)?,
            size: damped.len(),
        })
    }

    /// Runs a kernel on all blocks; what it does not read may be any vector.
    fn launch(&self, kernel: &Kernel, alpha: f64, [b, x, y]: [Binding<'_>; 3]) {
        let kernel = (kernel, alpha, Each::Block);
        self.voxels.launch(self.device, kernel, |_, slab| {
            [
                slab.cells.binding(),
                self.voxels.tables.binding(),
                slab.first.binding(),
                self.damped.binding(),
                self.links.parent.binding(),
                b,
                x,
                y,
            ]
        });
    }
}

impl<R: Element> Operator for DeviceBlocks<'_, R> {
    type Field = DeviceField<R>;

    fn shape(&self) -> Shape {
        Shape::flat(self.size)
    }

    fn apply(&self, x: &mut DeviceField<R>, y: &mut DeviceField<R>) {
        self.launch(&self.kernels.apply, 0.0, [whole(x), whole(x), whole(y)]);
    }

    fn residual(&self, b: &DeviceField<R>, x: &mut DeviceField<R>, r: &mut DeviceField<R>) {
        self.launch(&self.kernels.residual, 0.0, [whole(b), whole(x), whole(r)]);
    }

    /// The residual passes through x.
    fn restrict(
        &self,
        b: &mut DeviceField<R>,
        x: &mut DeviceField<R>,
        coarse: &mut DeviceField<R>,
    ) {
        let vectors = [whole(b), whole(b), whole(x)];
        self.launch(&self.kernels.swept_residual, 0.0, vectors);
        let gather = &self.gather.gather;
        self.links
            .per_aggregate(self.device, gather, &[whole(x), whole(coarse)]);
    }

    fn prolong(
        &self,
        b: &DeviceField<R>,
        (alpha, e): (f64, &DeviceField<R>),
        x: &mut DeviceField<R>,
    ) {
        self.launch(&self.kernels.prolong, alpha, [whole(b), whole(e), whole(x)]);
    }
}
