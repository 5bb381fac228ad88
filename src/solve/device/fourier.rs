//! Transforms of three real components on a periodic grid, on a device: along x from real numbers to half of a spectrum, then
//! along y and z in place. One spectrum of 12 bytes per voxel in f32; each pass reads and writes it once.

use crate::{
    field::device::{Device, DeviceField, Element, word},
    gpu::{Binding, Buffer, GpuError, Grid, Kernel},
    solve::fourier::ROOM,
};
use bytemuck::{Pod, Zeroable};
use std::f64::consts::TAU;

const COLUMNS: &str = include_str!("../../../shaders/solve/fourier.wgsl");
const LINES: &str = concat!(
    include_str!("../../../shaders/solve/fourier.wgsl"),
    include_str!("../../../shaders/solve/fourier_lines.wgsl")
);

/// Kernels, roots of one and the spectrum of one grid.
pub struct DeviceFourier<'a, R: Element> {
    device: &'a Device<R>,
    /// Points along (z, y, x).
    shape: [usize; 3],
    kernels: Kernels,
    /// Along (z, y, x).
    roots: [Buffer<[R; 2]>; 3],
    /// `[z][component][y][x]`, of x the first `nx / 2 + 1`.
    spectrum: Buffer<[R; 2]>,
}

struct Kernels {
    forward: Kernel,
    backward: Kernel,
    transform_columns: Kernel,
}

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
struct Params {
    points: u32,
    inner: u32,
    outer: u32,
    width: u32,
    sign: f32,
}

/// An array `[outer][points][inner]` that is transformed along the points.
#[derive(Debug, Clone, Copy)]
struct Columns {
    outer: usize,
    points: usize,
    inner: usize,
}

/// Which way.
#[derive(Debug, Clone, Copy)]
enum Way {
    Forward,
    Back,
}

/// Bytes of the spectrum of a grid of (z, y, x) points.
pub fn spectrum_bytes<R: Element>(shape: [usize; 3]) -> u64 {
    (coefficients(shape) * size_of::<[R; 2]>()) as u64
}

fn coefficients([nz, ny, nx]: [usize; 3]) -> usize {
    3 * nz * ny * (nx / 2 + 1)
}

impl<'a, R: Element> DeviceFourier<'a, R> {
    /// For a grid of (z, y, x) points, each number of them [`transformable`](crate::solve::fourier::transformable).
    ///
    /// # Errors
    /// A spectrum that the device cannot hold or bind at once, or what the driver refuses.
    pub fn new(device: &'a Device<R>, shape: [usize; 3]) -> Result<Self, GpuError> {
        let kernel = |text, entry| -> Result<Kernel, GpuError> {
            let kernel = device.gpu().kernel(text, entry, R::PRECISION)?;
            Ok(kernel.of("fourier"))
        };
        let roots = |points: usize| -> Result<Buffer<[R; 2]>, GpuError> {
            let angle = |k: usize| TAU * k as f64 / points as f64;
            let root = |k| [R::of(angle(k).cos()), R::of(angle(k).sin())];
            device
                .gpu()
                .upload(&(0..points).map(root).collect::<Vec<_>>())
        };
        Ok(Self {
            device,
            shape,
            kernels: Kernels {
                forward: kernel(LINES, "forward")?,
                backward: kernel(LINES, "backward")?,
                transform_columns: kernel(COLUMNS, "transform_columns")?,
            },
            roots: [roots(shape[0])?, roots(shape[1])?, roots(shape[2])?],
            spectrum: device.gpu().zeros(coefficients(shape))?,
        })
    }

    /// The spectrum of the first three components of a field, without a factor.
    pub fn forward(&self, r: &DeviceField<R>) {
        self.lines(&self.kernels.forward, r, Way::Forward);
        self.columns(1, Way::Forward);
        self.columns(0, Way::Forward);
    }

    /// What has the spectrum as it stands, times the number of points. The spectrum is used up.
    pub fn backward(&self, z: &DeviceField<R>) {
        self.columns(0, Way::Back);
        self.columns(1, Way::Back);
        self.lines(&self.kernels.backward, z, Way::Back);
    }

    /// The spectrum, for a kernel that multiplies it.
    pub fn spectrum(&self) -> Binding<'_> {
        self.spectrum.binding()
    }

    /// A copy of the spectrum. Waits.
    ///
    /// # Errors
    /// A lost device, or an error of an earlier launch.
    pub fn coefficients(&self) -> Result<Vec<[R; 2]>, GpuError> {
        self.device.gpu().download(&self.spectrum, ..)
    }

    /// Transforms lines along x, from or to a field, two at once.
    fn lines(&self, kernel: &Kernel, field: &DeviceField<R>, way: Way) {
        let [nz, ny, nx] = self.shape;
        let columns = Columns {
            outer: 3 * nz * ny,
            points: nx,
            inner: 1,
        };
        let pairs = columns.outer.div_ceil(2);
        let params = columns.params(way, pairs);
        let groups = pairs.div_ceil(params.width as usize);
        let bindings = [
            self.roots[2].binding(),
            super::whole(field),
            self.spectrum.binding(),
        ];
        let grid = self.groups(groups);
        self.device.launch(kernel, grid, &bindings, &params);
    }

    /// Transforms the spectrum along array axis 0 (z) or 1 (y).
    fn columns(&self, axis: usize, way: Way) {
        let [nz, ny, nx] = self.shape;
        let (half, points) = (nx / 2 + 1, self.shape[axis]);
        let columns = match axis {
            0 => Columns {
                outer: 1,
                points,
                inner: 3 * ny * half,
            },
            _ => Columns {
                outer: 3 * nz,
                points,
                inner: half,
            },
        };
        let params = columns.params(way, columns.inner);
        let groups = columns.outer * columns.inner.div_ceil(params.width as usize);
        let bindings = [self.roots[axis].binding(), self.spectrum.binding()];
        let grid = self.groups(groups);
        let kernel = &self.kernels.transform_columns;
        self.device.launch(kernel, grid, &bindings, &params);
    }

    /// So many workgroups at least, folded into rows where they are more than one dimension holds.
    fn groups(&self, count: usize) -> Grid {
        let limit = self.device.gpu().info().workgroup.groups as usize;
        let rows = count.div_ceil(limit);
        Grid::Groups([word(count.div_ceil(rows)), word(rows), 1])
    }
}

impl Columns {
    /// With as many of the columns side by side as a workgroup has room for.
    fn params(self, way: Way, side_by_side: usize) -> Params {
        Params {
            points: word(self.points),
            inner: word(self.inner),
            outer: word(self.outer),
            width: word((ROOM / self.points).min(side_by_side)),
            sign: match way {
                Way::Forward => -1.0,
                Way::Back => 1.0,
            },
        }
    }
}
