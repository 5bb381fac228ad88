//! The system on a device: the twin of `system.rs`, kernel by kernel.
//!
//! Fields are those of the host: displacements `[z][component][y][x]`, then the six mean strains, in one buffer each. Beside the
//! four vectors of conjugate gradients there are a byte of code and 12 bytes of spectrum per voxel.

use super::{
    medium::Medium,
    symbol::UniformInverse,
    system::{Free, reference_compliance},
};
use crate::{
    field::{
        Shape,
        device::{Device, DeviceField, Element, word},
    },
    gpu::{Buffer, GpuError, Grid, Kernel},
    solve::{
        cg::Preconditioned,
        device::{DeviceFourier, spectrum_bytes, upload, whole},
        fourier::transformable,
    },
};
use bytemuck::{Pod, Zeroable};

const ELEMENT: &str = concat!(
    include_str!("../../../shaders/physics/element.wgsl"),
    include_str!("../../../shaders/physics/element_forces.wgsl")
);
const UNIFORM: &str = include_str!("../../../shaders/physics/uniform.wgsl");

/// Voxels of a workgroup along x, y and z, as the kernels have them.
const WORKGROUP: [usize; 3] = [32, 4, 2];
/// Vectors of conjugate gradients: x, r, p, work.
const VECTORS: u64 = 4;

/// The equations on a device.
pub(super) struct DeviceSystem<'a, R: Element> {
    device: &'a Device<R>,
    kernels: Kernels,
    fourier: DeviceFourier<'a, R>,
    codes: Buffer<u8>,
    moduli: Buffer<[R; 2]>,
    /// Slopes, the compliance of the reference, which mean strains are free.
    constants: Buffer<R>,
    /// Sums of stresses of each workgroup.
    partials: Buffer<[R; 6]>,
    /// Of the symbol.
    waves: Buffer<[R; 3]>,
    uniform: Buffer<R>,
    shape: [usize; 3],
}

struct Kernels {
    forces: Kernel,
    sum_stresses: Kernel,
    strains: Kernel,
    invert_uniform: Kernel,
}

/// Voxels along x, y and z.
#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
struct Size([u32; 3]);

/// Wave vectors along x, y and z, and voxels along x.
#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
struct Waves([u32; 4]);

/// Bytes that a solve takes on a device, in f32.
pub(super) fn bytes([nz, ny, nx]: [usize; 3]) -> u64 {
    let voxels = (nz * ny * nx) as u64;
    let groups = workgroups([nz, ny, nx]).iter().product::<usize>() as u64;
    VECTORS * 12 * voxels + voxels + 24 * groups + spectrum_bytes::<f32>([nz, ny, nx])
}

/// Whether the transform on a device has all of these lengths.
pub(super) fn has_lengths(shape: [usize; 3]) -> bool {
    shape.into_iter().all(transformable)
}

/// Workgroups along x, y and z.
fn workgroups([nz, ny, nx]: [usize; 3]) -> [usize; 3] {
    let [x, y, z] = WORKGROUP;
    [nx.div_ceil(x), ny.div_ceil(y), nz.div_ceil(z)]
}

impl<'a, R: Element> DeviceSystem<'a, R> {
    /// With the mean strains that are free.
    ///
    /// # Errors
    /// [`GpuError::OutOfMemory`] or [`GpuError::TooLarge`] where the device has no room, before anything large is allocated
    /// where that can be known; otherwise what the driver refuses.
    pub(super) fn new(
        device: &'a Device<R>,
        medium: &Medium,
        free: Free,
    ) -> Result<Self, GpuError> {
        let gpu = device.gpu();
        let shape = medium.shape;
        let elements = medium.elements::<f64>();
        let voxels = medium.voxels() as f64;
        let compliance = reference_compliance(medium, free);
        let constants = elements
            .slopes
            .into_iter()
            .chain(compliance.into_iter().flatten().map(|value| value / voxels))
            .chain(free.map(|free| if free { 1.0 } else { 0.0 }));
        let moduli: Vec<[R; 2]> = elements.moduli.iter().map(|pair| pair.map(R::of)).collect();
        let uniform = UniformInverse::<f64>::new(shape, medium.spacing, medium.reference());
        let waves: Vec<[R; 3]> = uniform.waves().map(|wave| wave.map(R::of)).collect();
        Ok(Self {
            kernels: Kernels::new(device)?,
            fourier: DeviceFourier::new(device, shape)?,
            codes: upload(device, &medium.codes)?,
            moduli: upload(device, &moduli)?,
            constants: upload(device, &constants.map(R::of).collect::<Vec<_>>())?,
            partials: gpu.zeros(workgroups(shape).iter().product())?,
            waves: upload(device, &waves)?,
            uniform: upload(device, &uniform.constants().map(R::of))?,
            shape,
            device,
        })
    }

    /// Voxels along x, y and z.
    fn grid(&self) -> [u32; 3] {
        let [nz, ny, nx] = self.shape.map(word);
        [nx, ny, nz]
    }

    /// Multiplies the spectrum.
    fn invert_uniform(&self) {
        let [nx, ny, nz] = self.grid();
        let half = nx / 2 + 1;
        let bindings = [
            self.waves.binding(),
            self.uniform.binding(),
            self.fourier.spectrum(),
        ];
        let kernel = &self.kernels.invert_uniform;
        let params = Waves([half, ny, nz, nx]);
        let grid = Grid::Box([half, ny, nz]);
        self.device.launch(kernel, grid, &bindings, &params);
    }
}

impl Kernels {
    fn new<R: Element>(device: &Device<R>) -> Result<Self, GpuError> {
        let kernel = |text, entry| -> Result<Kernel, GpuError> {
            let kernel = device.gpu().kernel(text, entry, R::PRECISION)?;
            Ok(kernel.of("elasticity"))
        };
        Ok(Self {
            forces: kernel(ELEMENT, "forces")?,
            sum_stresses: kernel(ELEMENT, "sum_stresses")?,
            strains: kernel(ELEMENT, "strains")?,
            invert_uniform: kernel(UNIFORM, "invert_uniform")?,
        })
    }
}

impl<R: Element> Preconditioned<Device<R>> for DeviceSystem<'_, R> {
    fn shape(&self) -> Shape {
        Shape::flat(3 * self.shape.iter().product::<usize>() + 6)
    }

    fn apply(&mut self, x: &mut DeviceField<R>, y: &mut DeviceField<R>) {
        let (x, y) = (whole(x), whole(y));
        let params = Size(self.grid());
        let bindings = [
            self.codes.binding(),
            self.moduli.binding(),
            self.constants.binding(),
            x,
            y,
            self.partials.binding(),
        ];
        let kernel = &self.kernels.forces;
        self.device
            .launch(kernel, Grid::Box(params.0), &bindings, &params);
        let bindings = [self.constants.binding(), y, self.partials.binding()];
        let grid = Grid::Groups([6, 1, 1]);
        self.device
            .launch(&self.kernels.sum_stresses, grid, &bindings, &params);
    }

    fn precondition(&mut self, b: &mut DeviceField<R>, x: &mut DeviceField<R>) {
        self.fourier.forward(b);
        self.invert_uniform();
        self.fourier.backward(x);
        let bindings = [self.constants.binding(), whole(b), whole(x)];
        let (kernel, params) = (&self.kernels.strains, Size(self.grid()));
        let grid = Grid::Groups([1, 1, 1]);
        self.device.launch(kernel, grid, &bindings, &params);
    }
}
