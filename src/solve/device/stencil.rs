//! The finest level on a device: one byte of code and one of layer per voxel, a small table, one thread per voxel.

use super::{kinds::Kinds, split, upload, whole};
use crate::{
    field::{
        Machine, Shape,
        device::{Cut, Device, DeviceField, Element, word},
    },
    gpu::{Binding, Buffer, GpuError, Grid, Kernel},
    solve::{
        blocks::Blocks,
        multigrid::{OMEGA, Operator, SWEEPS},
        stencil::{Lateral, Stencil},
    },
};
use bytemuck::{Pod, Zeroable};

pub(super) const SOURCE: &str = concat!(
    include_str!("../../../shaders/solve/voxels.wgsl"),
    include_str!("../../../shaders/solve/stencil.wgsl")
);

/// The stencil on a device.
pub struct DeviceStencil<'a, R: Element> {
    device: &'a Device<R>,
    shape: Shape,
    kernels: Kernels,
    slabs: Vec<Slab>,
    tables: Buffer<R>,
    /// `omega / d`, 0 where a voxel has no unknown.
    damped: DeviceField<R>,
    /// What lies between the kernels of a restriction or prolongation.
    swept: DeviceField<R>,
}

#[derive(Debug)]
pub(super) struct Kernels {
    damp: Kernel,
    apply: Kernel,
    residual: Kernel,
    sweep_twice: Kernel,
    restrict: Kernel,
    correct: Kernel,
    smooth: Kernel,
}

/// What does not change during a solve, on the planes of a slab.
#[derive(Debug)]
struct Slab {
    codes: Buffer<u8>,
    layers: Buffer<u8>,
    first: Buffer<u32>,
    params: Params,
}

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub(super) struct Params {
    columns: u32,
    rows: u32,
    planes: u32,
    begin: u32,
    depth: u32,
    shift: u32,
    kinds: u32,
    periodic: u32,
    volumes: u32,
    factor: [f32; 2],
}

impl<'a, R: Element> DeviceStencil<'a, R> {
    /// Uploads codes, layers and tables, and sums the diagonal.
    ///
    /// # Errors
    /// As [`levels`](super::levels).
    pub fn new(
        device: &'a Device<R>,
        stencil: &Stencil,
        blocks: &Blocks,
    ) -> Result<Self, GpuError> {
        let shape = Shape {
            planes: stencil.shape[0],
            plane: stencil.plane(),
            components: 1,
        };
        let kinds = Kinds::new(stencil);
        let slabs = device.cut(shape)?.into_iter().map(|cut| {
            let params = Params::new(stencil, &cut, &kinds);
            Slab::new(device, (stencil, blocks, &kinds), (&cut, params))
        });
        let slabs = slabs.collect::<Result<_, _>>()?;
        Self::on(device, shape, (slabs, &kinds.tables(stencil, kinds.len())))
    }

    /// The same for the volumes of a [`Device::batch`], which are all of the size of the first.
    ///
    /// # Errors
    /// As [`levels`](super::levels).
    pub fn batch(device: &'a Device<R>, volumes: &[(&Stencil, &Blocks)]) -> Result<Self, GpuError> {
        let (slab, tables, stride) = Slab::batch(device, volumes)?;
        let shape = Shape {
            planes: volumes.len() * slab.params.planes as usize,
            plane: stride,
            components: 1,
        };
        Self::on(device, shape, (vec![slab], &tables))
    }

    fn on(
        device: &'a Device<R>,
        shape: Shape,
        (slabs, tables): (Vec<Slab>, &[R]),
    ) -> Result<Self, GpuError> {
        let this = Self {
            device,
            shape,
            kernels: Kernels::new(device)?,
            slabs,
            tables: upload(device, tables)?,
            damped: device.zeros(shape)?,
            swept: device.zeros(shape)?,
        };
        for (index, slab) in this.slabs.iter().enumerate() {
            let damped = part(&this.damped, index);
            let bindings = [slab.codes.binding(), this.tables.binding(), damped];
            let damp = (&this.kernels.damp, OMEGA);
            slab.launch(device, damp, slab.params.voxels(), &bindings);
        }
        this.damped.exchange(device);
        Ok(this)
    }
}

/// A field's part of a slab.
fn part<R: Element>(field: &DeviceField<R>, slab: usize) -> Binding<'_> {
    field.slabs[slab].buffer.binding()
}

impl Params {
    pub(super) fn new(stencil: &Stencil, cut: &Cut, kinds: &Kinds) -> Self {
        let [depth, rows, columns] = stencil.shape.map(word);
        Self {
            columns,
            rows,
            planes: word(cut.planes.len()),
            begin: word(cut.planes.start),
            depth,
            shift: word((1 - cut.ghosts) * stencil.plane()),
            kinds: word(kinds.len()),
            periodic: u32::from(stencil.lateral == Lateral::Periodic),
            volumes: 1,
            factor: [0.0; 2],
        }
    }

    /// A thread per voxel.
    pub(super) fn voxels(&self) -> Grid {
        Grid::Box([self.columns, self.rows, self.volumes * self.planes])
    }
}

impl Slab {
    fn new<R: Element>(
        device: &Device<R>,
        (stencil, blocks, kinds): (&Stencil, &Blocks, &Kinds),
        (cut, params): (&Cut, Params),
    ) -> Result<Self, GpuError> {
        let planes = &cut.planes;
        let layers = blocks.layers(stencil, planes.clone());
        let row = blocks.shape[1] * blocks.shape[2];
        let first = &blocks.first[planes.start / 2 * row..=planes.end.div_ceil(2) * row];
        Ok(Self {
            codes: upload(device, &kinds.codes(stencil, cut))?,
            layers: upload(device, &layers)?,
            first: upload(device, first)?,
            params,
        })
    }

    /// Whole volumes one after the other; the tables of each, and the voxels of a plane.
    fn batch<R: Element>(
        device: &Device<R>,
        volumes: &[(&Stencil, &Blocks)],
    ) -> Result<(Self, Vec<R>, usize), GpuError> {
        let kinds: Vec<Kinds> = volumes.iter().map(|volume| Kinds::new(volume.0)).collect();
        let count = kinds.iter().map(Kinds::len).max().unwrap_or(1);
        let (mut codes, mut layers, mut tables) = (Vec::new(), Vec::new(), Vec::new());
        let mut first = vec![0];
        let Some((stencil, _)) = volumes.first() else {
            return Err(GpuError::Validation {
                message: "a batch without volumes".to_owned(),
            });
        };
        let cut = Cut {
            planes: 0..stencil.shape[0],
            ghosts: 0,
        };
        for (&(stencil, blocks), kinds) in volumes.iter().zip(&kinds) {
            codes.extend(kinds.codes(stencil, &cut));
            layers.extend_from_slice(&blocks.layers(stencil, 0..stencil.shape[0]));
            tables.extend(kinds.tables::<R>(stencil, count));
            let before = first[first.len() - 1];
            first.extend(blocks.first[1..].iter().map(|first| first + before));
        }
        let params = Params {
            kinds: word(count),
            volumes: word(volumes.len()),
            ..Params::new(stencil, &cut, &kinds[0])
        };
        let slab = Self {
            codes: upload(device, &codes)?,
            layers: upload(device, &layers)?,
            first: upload(device, &first)?,
            params,
        };
        Ok((slab, tables, stencil.plane()))
    }

    /// A thread per block of 2x2x2 voxels.
    fn blocks(&self) -> Grid {
        let Params {
            columns,
            rows,
            planes,
            volumes,
            ..
        } = self.params;
        let [x, y, z] = [columns, rows, planes].map(|n| n.div_ceil(2));
        Grid::Box([x, y, volumes * z])
    }

    fn launch<R: Element>(
        &self,
        device: &Device<R>,
        (kernel, factor): (&Kernel, f64),
        grid: Grid,
        bindings: &[Binding<'_>],
    ) {
        let params = Params {
            factor: split(factor),
            ..self.params
        };
        device.launch(kernel, grid, bindings, &params);
    }
}

impl Kernels {
    pub(super) fn new<R: Element>(device: &Device<R>) -> Result<Self, GpuError> {
        let kernel = |entry| -> Result<Kernel, GpuError> {
            let kernel = device.gpu().kernel(SOURCE, entry, R::PRECISION)?;
            Ok(kernel.of("stencil"))
        };
        Ok(Self {
            damp: kernel("damp")?,
            apply: kernel("apply")?,
            residual: kernel("residual")?,
            sweep_twice: kernel("sweep_twice")?,
            restrict: kernel("restrict_residual")?,
            correct: kernel("correct")?,
            smooth: kernel("smooth_sweep")?,
        })
    }
}

impl<R: Element> Operator for DeviceStencil<'_, R> {
    type Field = DeviceField<R>;

    fn shape(&self) -> Shape {
        self.shape
    }

    fn apply(&self, x: &mut DeviceField<R>, y: &mut DeviceField<R>) {
        x.exchange(self.device);
        for (index, slab) in self.slabs.iter().enumerate() {
            let [x, y] = [part(x, index), part(y, index)];
            let bindings = [slab.codes.binding(), self.tables.binding(), x, y];
            slab.launch(
                self.device,
                (&self.kernels.apply, 0.0),
                slab.params.voxels(),
                &bindings,
            );
        }
    }

    fn residual(&self, b: &DeviceField<R>, x: &mut DeviceField<R>, r: &mut DeviceField<R>) {
        x.exchange(self.device);
        for (index, slab) in self.slabs.iter().enumerate() {
            let [b, x, r] = [part(b, index), part(x, index), part(r, index)];
            let bindings = [slab.codes.binding(), self.tables.binding(), b, x, r];
            slab.launch(
                self.device,
                (&self.kernels.residual, 0.0),
                slab.params.voxels(),
                &bindings,
            );
        }
    }

    fn restrict(&self, b: &mut DeviceField<R>, coarse: &mut DeviceField<R>) {
        b.exchange(self.device);
        for (index, slab) in self.slabs.iter().enumerate() {
            let (b, swept) = (part(b, index), part(&self.swept, index));
            let damped = part(&self.damped, index);
            let bindings = [
                slab.codes.binding(),
                self.tables.binding(),
                damped,
                b,
                swept,
            ];
            let kernel = (&self.kernels.sweep_twice, 0.0);
            slab.launch(self.device, kernel, slab.params.voxels(), &bindings);
        }
        self.swept.exchange(self.device);
        for (index, slab) in self.slabs.iter().enumerate() {
            let bindings = [
                slab.codes.binding(),
                self.tables.binding(),
                slab.layers.binding(),
                slab.first.binding(),
                part(b, index),
                part(&self.swept, index),
                whole(coarse),
            ];
            let kernel = (&self.kernels.restrict, 0.0);
            slab.launch(self.device, kernel, slab.blocks(), &bindings);
        }
    }

    fn prolong(
        &self,
        b: &DeviceField<R>,
        (alpha, e): (f64, &DeviceField<R>),
        x: &mut DeviceField<R>,
    ) {
        b.exchange(self.device);
        for (index, slab) in self.slabs.iter().enumerate() {
            let bindings = [
                slab.codes.binding(),
                self.tables.binding(),
                part(&self.damped, index),
                slab.layers.binding(),
                slab.first.binding(),
                part(b, index),
                whole(e),
                part(x, index),
            ];
            let kernel = (&self.kernels.correct, alpha);
            slab.launch(self.device, kernel, slab.params.voxels(), &bindings);
        }
        self.smooth(b, [x, &self.swept]);
        self.smooth(b, [&self.swept, x]);
    }
}

/// The kernels are written for two sweeps on either side of a correction.
const _: () = assert!(SWEEPS == 2);

impl<R: Element> DeviceStencil<'_, R> {
    /// One sweep, `after = before + omega D^-1 (b - A before)`.
    fn smooth(&self, b: &DeviceField<R>, [before, after]: [&DeviceField<R>; 2]) {
        before.exchange(self.device);
        for (index, slab) in self.slabs.iter().enumerate() {
            let bindings = [
                slab.codes.binding(),
                self.tables.binding(),
                part(&self.damped, index),
                part(b, index),
                part(before, index),
                part(after, index),
            ];
            let kernel = (&self.kernels.smooth, 0.0);
            slab.launch(self.device, kernel, slab.params.voxels(), &bindings);
        }
    }
}
