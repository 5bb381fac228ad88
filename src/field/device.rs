//! Fields on a GPU. What runs there is queued and returns at once; numbers such as alpha and beta stay there until read.
//!
//! A [`Device`] lives as long as a solve and owns the kernels; a [`DeviceField`] is one buffer per slab; a
//! [`DeviceNumber`] a slot of a small buffer. Sums are fixed trees of compensated sums, in the same bits in every run. A launch
//! cannot fail its caller: the first error is kept and comes with the next call that can.

mod number;
mod slab;
mod sums;
mod volumes;

pub use number::DeviceNumber;
pub use slab::DeviceField;

pub(crate) use slab::Cut;

use super::{Machine, Quotient, Real, Shape, Step};
use crate::gpu::{Binding, Buffer, Gpu, GpuError, Grid, Kernel, LANES, Precision};
use bytemuck::{Pod, Zeroable};
use number::Slots;
use rayon::prelude::*;
use std::{
    cell::{Cell, RefCell},
    sync::Arc,
};

const VECTOR: &str = include_str!("../../shaders/field/vector.wgsl");
const NUMBER: &str = include_str!("../../shaders/field/number.wgsl");

/// Most iterations that are queued at once, and voxels of all of them: on a large volume a wait costs less than an iteration
/// in vain.
const AHEAD: usize = 8;
const AHEAD_VOXELS: usize = 1 << 23;

/// No product is below this.
const NEVER: f32 = f32::MIN;

/// Partial sums of one dot product of one volume, all slabs together.
const PARTIALS: usize = 1 << 12;

/// What fields on a device are made of.
pub trait Element: Real + Pod {
    /// The meaning of `real` in the kernels.
    const PRECISION: Precision;
}

impl Element for f32 {
    const PRECISION: Precision = Precision::F32;
}

impl Element for f64 {
    const PRECISION: Precision = Precision::F64;
}

/// A GPU with fields of `R`: f32 everywhere, f64 where the adapter has it.
#[derive(Debug)]
pub struct Device<R> {
    gpu: Arc<Gpu>,
    kernels: Kernels,
    partials: Buffer<[R; 2]>,
    numbers: Buffer<[R; 2]>,
    slots: Slots,
    /// Volumes that are solved together.
    volumes: usize,
    /// 1 for each that takes part in the arithmetic of conjugate gradients, else 0.
    chosen: Buffer<u32>,
    /// What [`Machine::stand_still_below`] was told.
    stop: Cell<f32>,
    fault: RefCell<Option<GpuError>>,
}

#[derive(Debug)]
struct Kernels {
    add: Kernel,
    add_chosen: Kernel,
    redirect: Kernel,
    advance: Kernel,
    axpy: Kernel,
    clear: Kernel,
    negate: Kernel,
    dot: Kernel,
    total: Kernel,
    total_and_ratio: Kernel,
    ratio: Kernel,
    resume: Kernel,
}

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Span {
    offset: u32,
    count: u32,
    slot: u32,
    /// Numbers of a volume.
    volume: u32,
}

#[repr(C)]
#[derive(Clone, Copy, Default, Pod, Zeroable)]
struct Sum {
    offset: u32,
    count: u32,
    base: u32,
    slot: u32,
    other: u32,
    quotient: u32,
    inverted: u32,
    factor: f32,
    stop: f32,
}

impl<R: Element> Device<R> {
    /// Compiles the kernels for vectors.
    ///
    /// # Errors
    /// [`GpuError::NoDoublePrecision`] for f64 where there is none; otherwise what the driver refuses.
    pub fn new(gpu: Arc<Gpu>) -> Result<Self, GpuError> {
        let partials = PARTIALS.min(gpu.max_len::<[R; 2]>());
        Self::of_volumes(gpu, 1, partials)
    }

    /// For so many volumes that are solved together, with so many partial sums.
    fn of_volumes(gpu: Arc<Gpu>, volumes: usize, partials: usize) -> Result<Self, GpuError> {
        let kernel = |text, entry| gpu.kernel(text, entry, R::PRECISION);
        let kernels = Kernels {
            add: kernel(VECTOR, "add")?,
            add_chosen: kernel(VECTOR, "add_chosen")?,
            redirect: kernel(VECTOR, "redirect")?,
            advance: kernel(VECTOR, "advance")?,
            axpy: kernel(VECTOR, "axpy")?,
            clear: kernel(VECTOR, "clear")?,
            negate: kernel(VECTOR, "negate")?,
            dot: kernel(NUMBER, "dot_slab")?,
            total: kernel(NUMBER, "total")?,
            total_and_ratio: kernel(NUMBER, "total_and_ratio")?,
            ratio: kernel(NUMBER, "ratio")?,
            resume: kernel(NUMBER, "resume")?,
        };
        Ok(Self {
            kernels,
            partials: gpu.zeros(partials)?,
            numbers: gpu.zeros(Slots::LEN * volumes)?,
            slots: Slots::new(),
            volumes,
            chosen: gpu.upload(&vec![1; volumes])?,
            stop: Cell::new(NEVER),
            gpu,
            fault: RefCell::new(None),
        })
    }

    /// The opened device.
    pub fn gpu(&self) -> &Arc<Gpu> {
        &self.gpu
    }

    /// The slabs of a field.
    pub(crate) fn cut(&self, shape: Shape) -> Result<Vec<Cut>, GpuError> {
        let size = size_of::<R>();
        let cuts = Cut::slabs(shape, self.gpu.max_len::<R>());
        cuts.filter(|cuts| cuts.len() <= self.partials.len())
            .ok_or_else(|| GpuError::TooLarge {
                needed: (shape.len().min(4 * shape.stride()) * size) as u64,
                limit: (self.gpu.max_len::<R>() * size) as u64,
            })
    }

    /// Keeps the first error for the next call that can report it.
    pub(crate) fn note(&self, outcome: Result<(), GpuError>) {
        if let Err(error) = outcome {
            self.fault.borrow_mut().get_or_insert(error);
        }
    }

    /// Launches a kernel, unless something has failed already.
    pub(crate) fn launch<P: Pod>(
        &self,
        kernel: &Kernel,
        grid: Grid,
        bindings: &[Binding<'_>],
        params: &P,
    ) {
        if self.fault.borrow().is_none() {
            self.note(self.gpu.launch(kernel, grid, bindings, params));
        }
    }

    fn check(&self) -> Result<(), GpuError> {
        self.fault.borrow_mut().take().map_or(Ok(()), Err)
    }

    fn number(&self) -> DeviceNumber {
        self.slots.take().unwrap_or_else(|sink| {
            self.note(Err(GpuError::OutOfMemory {
                needed: (size_of::<[R; 2]>() * self.volumes) as u64,
                allocated: self.gpu.allocated_bytes(),
            }));
            sink
        })
    }

    /// Waits for the field, slab by slab; `take` puts a number of it into its value.
    pub(crate) fn fetch_each(
        &self,
        field: &DeviceField<R>,
        values: &mut [f64],
        take: impl Fn(&mut f64, f64) + Sync,
    ) -> Result<(), GpuError> {
        self.check()?;
        let stride = field.shape.stride();
        for slab in &field.slabs {
            let planes = &slab.cut.planes;
            let values = &mut values[planes.start * stride..planes.end * stride];
            let found = self.gpu.download(&slab.buffer, slab.cut.own(field.shape))?;
            let pairs = values.par_iter_mut().zip(found);
            pairs.for_each(|(value, found)| take(value, found.wide()));
        }
        Ok(())
    }

    /// Runs an element-wise kernel on every slab; the bindings come from `bind(slab index)`.
    fn each<'b, const N: usize>(
        &self,
        kernel: &Kernel,
        (shape, cuts): (Shape, &[slab::Slab<R>]),
        slot: u32,
        bind: impl Fn(usize) -> [Binding<'b>; N],
    ) {
        // A field of several volumes is not cut, see `Device::batch`.
        let volume = match self.volumes {
            1 => u32::MAX,
            volumes => word(shape.len() / volumes).max(1),
        };
        for (index, slab) in cuts.iter().enumerate() {
            let own = slab.cut.own(shape);
            let span = Span {
                offset: word(own.start),
                count: word(own.len()),
                slot,
                volume,
            };
            self.launch(kernel, Grid::Line(own.len()), &bind(index), &span);
        }
    }
}

/// A count or place in a buffer; none has 2^32 elements.
pub(crate) fn word(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

impl<R: Element> Machine for Device<R> {
    type Field = DeviceField<R>;
    type Number = DeviceNumber;

    fn zeros(&self, shape: Shape) -> Result<DeviceField<R>, GpuError> {
        DeviceField::zeros(self, shape)
    }

    fn dot(&self, x: &DeviceField<R>, y: &DeviceField<R>) -> DeviceNumber {
        let number = self.number();
        let sum = Sum {
            slot: self.place(&number),
            ..self.partial_sums(x, y)
        };
        self.sum_up(&sum);
        number
    }

    fn dot_and_ratio(
        &self,
        [x, y]: [&DeviceField<R>; 2],
        quotient: Quotient<'_, DeviceNumber>,
    ) -> [DeviceNumber; 2] {
        self.sum_and_ratio(self.partial_sums(x, y), quotient)
    }

    fn ratio(&self, a: &DeviceNumber, b: &DeviceNumber) -> DeviceNumber {
        let number = self.number();
        let sum = Sum {
            count: word(self.volumes),
            base: self.place(a),
            other: self.place(b),
            slot: self.place(&number),
            ..Sum::default()
        };
        let bindings = [self.numbers.binding()];
        let grid = Grid::Line(self.volumes);
        self.launch(&self.kernels.ratio, grid, &bindings, &sum);
        number
    }

    fn add(&self, x: &DeviceField<R>, y: &mut DeviceField<R>) {
        self.each(&self.kernels.add, (x.shape, &x.slabs), 0, |i| {
            [x.slabs[i].buffer.binding(), y.slabs[i].buffer.binding()]
        });
    }

    fn redirect(&self, z: &DeviceField<R>, beta: &DeviceNumber, p: &mut DeviceField<R>) {
        let kernel = &self.kernels.redirect;
        self.each(kernel, (z.shape, &z.slabs), self.place(beta), |i| {
            [
                self.numbers.binding(),
                self.chosen.binding(),
                z.slabs[i].buffer.binding(),
                p.slabs[i].buffer.binding(),
            ]
        });
    }

    fn advance(&self, alpha: &DeviceNumber, step: Step<'_, DeviceField<R>>) {
        let Step { x, r, p, q } = step;
        let kernel = &self.kernels.advance;
        self.each(kernel, (x.shape, &x.slabs), self.place(alpha), |i| {
            [
                self.numbers.binding(),
                self.chosen.binding(),
                p.slabs[i].buffer.binding(),
                q.slabs[i].buffer.binding(),
                x.slabs[i].buffer.binding(),
                r.slabs[i].buffer.binding(),
            ]
        });
    }

    fn read<const N: usize>(&self, numbers: [&DeviceNumber; N]) -> Result<[f64; N], GpuError> {
        let each = self.read_each(numbers)?;
        Ok(each.first().copied().unwrap_or([f64::NAN; N]))
    }

    fn read_many(&self, numbers: &[DeviceNumber]) -> Result<Vec<f64>, GpuError> {
        self.read_all(numbers)
    }

    fn ahead(&self, shape: Shape) -> usize {
        (AHEAD_VOXELS / shape.len().max(1)).clamp(1, AHEAD)
    }

    fn stand_still_below(&self, product: f64) {
        self.stop_below(product);
    }

    fn store(&self, values: &[f64], field: &mut DeviceField<R>) -> Result<(), GpuError> {
        self.check()?;
        let stride = field.shape.stride();
        for slab in &field.slabs {
            let planes = &slab.cut.planes;
            let values = &values[planes.start * stride..planes.end * stride];
            let rounded: Vec<R> = values.par_iter().map(|&value| R::of(value)).collect();
            let start = slab.cut.own(field.shape).start;
            self.gpu.write(&slab.buffer, start, &rounded)?;
        }
        Ok(())
    }

    fn accumulate(&self, field: &DeviceField<R>, values: &mut [f64]) -> Result<(), GpuError> {
        self.fetch_each(field, values, |value, found| *value += found)
    }

    fn negate(&self, a: &DeviceField<R>, x: &mut DeviceField<R>) {
        self.each(&self.kernels.negate, (a.shape, &a.slabs), 0, |i| {
            let fields = [a.slabs[i].buffer.binding(), x.slabs[i].buffer.binding()];
            [self.chosen.binding(), fields[0], fields[1]]
        });
    }

    fn clear(&self, field: &mut DeviceField<R>) {
        let kernel = &self.kernels.clear;
        self.each(kernel, (field.shape, &field.slabs), 0, |i| {
            [field.slabs[i].buffer.binding()]
        });
    }
}
