//! Balances in f64 on a device: the kernel of `shaders/solve/balance.wgsl`, behind the text of the stencil.
//!
//! The potential lives on the host, where the certificate needs the residual too, so both pass through: planes go up, are
//! balanced and come back, window by window. The device keeps one byte per voxel and two windows, however large the volume.

use super::{
    kinds::{Kinds, width},
    stencil,
    voxels::{self, Each, Params},
};
use crate::{
    field::device::Cut,
    gpu::{Buffer, Gpu, GpuError, Kernel, Precision},
    solve::{
        balance::{Audit, Balance},
        pairwise,
        stencil::Stencil,
    },
};
use std::{ops::Range, sync::Arc};

const BALANCE: &str = include_str!("../../../shaders/solve/balance.wgsl");

/// Bytes of a window of the potential, as of the residual, unless three planes are more.
pub const WINDOW: u64 = 32 << 20;

/// Dissipation, current in and current out of a workgroup.
type Sums = [f64; 3];

/// Evaluates potentials against fixed end values, on a device.
#[derive(Debug)]
pub struct DeviceLedger {
    gpu: Arc<Gpu>,
    kernel: Kernel,
    ends: [f64; 2],
    /// Voxels of a plane.
    plane: usize,
    windows: Vec<Window>,
    tables: Buffer<f64>,
    /// Potential and residual of the window at work, ghost planes included.
    x: Buffer<f64>,
    residual: Buffer<f64>,
    sums: Buffer<Sums>,
}

/// Consecutive planes that are balanced together.
#[derive(Debug)]
struct Window {
    planes: Range<usize>,
    groups: usize,
    cells: Buffer<u8>,
    params: Params,
}

impl DeviceLedger {
    /// For a stencil with unknowns and ghosts at the potentials `ends`; leaves `reserved` bytes of the device to the solve.
    ///
    /// # Errors
    /// [`GpuError::NoDoublePrecision`] without f64; [`GpuError::TooLarge`] and [`GpuError::OutOfMemory`] without room, where
    /// that can be known before anything is allocated. The host's [`Ledger`](crate::solve::balance::Ledger) does then.
    pub fn new(
        gpu: Arc<Gpu>,
        (stencil, ends): (&Stencil, [f64; 2]),
        reserved: u64,
    ) -> Result<Self, GpuError> {
        let kernel = ledger_kernel(&gpu)?;
        let (kinds, cuts) = (Kinds::new(stencil), cuts(&gpu, stencil)?);
        let (plane, tables) = (stencil.plane(), kinds.tables::<f64>(stencil, kinds.len()));
        let size = (cuts[0].planes.len() + 2) * plane;
        let groups = groups(&kernel, stencil, &cuts[0]);
        let width = width(kinds.len());
        let planes: usize = cuts.iter().map(|cut| cut.planes.len() + 2).sum();
        let bytes =
            planes * plane * width + 8 * (2 * size + tables.len()) + groups * size_of::<Sums>();
        gpu.check_room(reserved.saturating_add(bytes as u64))?;
        let windows = cuts.into_iter().map(|cut| {
            let cells = kinds.cells(stencil, None, (&cut, width));
            Ok(Window {
                groups: self::groups(&kernel, stencil, &cut),
                cells: gpu.upload(&cells)?,
                params: Params::new(stencil, &cut, kinds.len()),
                planes: cut.planes,
            })
        });
        let windows = windows.collect::<Result<_, GpuError>>()?;
        Ok(Self {
            kernel,
            ends,
            plane,
            windows,
            tables: gpu.upload(&tables)?,
            x: gpu.zeros(size)?,
            residual: gpu.zeros(size)?,
            sums: gpu.zeros(groups)?,
            gpu,
        })
    }

    /// Uploads a window of the potential with its neighbouring planes, end values beyond the outermost.
    fn load(&self, window: &Window, x: &[f64]) -> Result<(), GpuError> {
        let (size, planes) = (self.plane, &window.planes);
        let below = planes.start.saturating_sub(1);
        let above = (planes.end + 1).min(x.len() / size);
        let start = (below + 1 - planes.start) * size;
        self.gpu
            .write(&self.x, start, &x[below * size..above * size])?;
        let [first, last] = self.ends.map(|value| vec![value; size]);
        if planes.start == 0 {
            self.gpu.write(&self.x, 0, &first)?;
        }
        if planes.end * size == x.len() {
            let behind = (planes.len() + 1) * size;
            self.gpu.write(&self.x, behind, &last)?;
        }
        Ok(())
    }

    /// Balances a window; `residual` is its part.
    fn audit(&self, window: &Window, residual: &mut [f64]) -> Result<Balance, GpuError> {
        let bindings = [
            window.cells.binding(),
            self.tables.binding(),
            self.x.binding(),
            self.residual.binding(),
            self.sums.binding(),
        ];
        let (grid, params) = (window.params.grid(Each::Voxel), &window.params);
        self.gpu.launch(&self.kernel, grid, &bindings, params)?;
        let own = self.plane..self.plane + residual.len();
        residual.copy_from_slice(&self.gpu.download(&self.residual, own)?);
        let sums = self.gpu.download(&self.sums, ..window.groups)?;
        let total = |n: usize| pairwise(&sums.iter().map(|sums| sums[n]).collect::<Vec<_>>());
        Ok(Balance {
            energy: total(0),
            inflow: total(1),
            outflow: total(2),
        })
    }
}

pub(super) fn ledger_kernel(gpu: &Gpu) -> Result<Kernel, GpuError> {
    let text = [voxels::SOURCE, stencil::SOURCE, BALANCE].concat();
    gpu.kernel(&text, "audit", Precision::F64)
}

impl Audit for DeviceLedger {
    fn balance(&self, x: &[f64], residual: &mut [f64]) -> Result<Balance, GpuError> {
        let mut parts = Vec::with_capacity(self.windows.len());
        for window in &self.windows {
            let Range { start, end } = window.planes;
            self.load(window, x)?;
            parts.push(self.audit(window, &mut residual[start * self.plane..end * self.plane])?);
        }
        let total =
            |part: fn(&Balance) -> f64| pairwise(&parts.iter().map(part).collect::<Vec<_>>());
        Ok(Balance {
            energy: total(|part| part.energy),
            inflow: total(|part| part.inflow),
            outflow: total(|part| part.outflow),
        })
    }
}

/// Windows of at most [`WINDOW`] bytes, the first the largest; each has a plane at least.
fn cuts(gpu: &Gpu, stencil: &Stencil) -> Result<Vec<Cut>, GpuError> {
    let (plane, depth) = (stencil.plane() as u64 * 8, stencil.shape[0]);
    let limit = gpu.max_len::<f64>() as u64 * 8;
    if 3 * plane > limit {
        return Err(GpuError::TooLarge {
            needed: 3 * plane,
            limit,
        });
    }
    let planes = (WINDOW.min(limit) / plane).max(3) - 2;
    let planes = usize::try_from(planes).map_or(depth, |planes| planes.min(depth));
    let cut = |start| Cut {
        planes: start..(start + planes).min(depth),
        ghosts: 1,
    };
    Ok((0..depth).step_by(planes).map(cut).collect())
}

/// Workgroups that cover a window.
fn groups(kernel: &Kernel, stencil: &Stencil, cut: &Cut) -> usize {
    let [_, rows, columns] = stencil.shape;
    let counts = [columns, rows, cut.planes.len()].into_iter();
    let sizes = kernel.workgroup().map(|threads| threads as usize);
    counts
        .zip(sizes)
        .map(|(count, size)| count.div_ceil(size))
        .product()
}
