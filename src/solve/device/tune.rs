//! Which workgroups an adapter likes best: a few shapes are timed on a small volume, once for each adapter and version.

use super::{DeviceStencil, DeviceVoxels};
use crate::{
    field::{Machine, device::Device},
    gpu::{AdapterKind, Choices, Gpu, GpuError, WorkgroupShape},
    solve::{
        blocks::Blocks,
        multigrid::Operator,
        stencil::{Lateral, Stencil, TABLE, pair},
    },
};
use std::{rc::Rc, sync::Arc, time::Instant};

/// Voxels along each side of the volume, on a GPU and on a processor that plays one.
const SIDE: usize = 96;
const SOFTWARE_SIDE: usize = 24;

/// Prolongations in a row, and how often they are timed.
const LAUNCHES: usize = 8;
const TIMES: usize = 3;

/// Gives a device the workgroups that its adapter was found to like, or finds them now.
pub fn tune(gpu: &Arc<Gpu>, choices: &Choices) {
    let known = choices.known(gpu.info());
    let chosen = known.or_else(|| {
        let chosen = fastest(gpu).ok()?;
        choices.keep(gpu.info(), chosen);
        Some(chosen)
    });
    gpu.set_workgroup(chosen.unwrap_or_default());
}

fn fastest(gpu: &Arc<Gpu>) -> Result<WorkgroupShape, GpuError> {
    let software = gpu.info().kind == AdapterKind::Software;
    let stencil = solid(if software { SOFTWARE_SIDE } else { SIDE });
    let blocks = Blocks::new(&stencil);
    let mut best = (f64::INFINITY, WorkgroupShape::default());
    for shape in WorkgroupShape::ALL {
        gpu.set_workgroup(shape);
        let seconds = seconds(gpu, &stencil, &blocks)?;
        if seconds < best.0 {
            best = (seconds, shape);
        }
    }
    Ok(best.1)
}

/// A volume in which everything conducts.
fn solid(side: usize) -> Stencil {
    let mut table = vec![0.0; TABLE];
    table[pair(1, 1)] = 1.0;
    Stencil {
        shape: [side; 3],
        codes: vec![1; (side + 2) * side * side],
        tables: [(); 3].map(|()| table.clone()),
        lateral: Lateral::Mirror,
    }
}

/// Seconds that prolongations take at best; the first time is for the driver to settle.
fn seconds(gpu: &Arc<Gpu>, stencil: &Stencil, blocks: &Blocks) -> Result<f64, GpuError> {
    let device = Device::<f32>::new(Arc::clone(gpu))?;
    let voxels = Rc::new(DeviceVoxels::new(&device, stencil, blocks)?);
    let operator = DeviceStencil::new(&device, voxels)?;
    let [b, mut x] = [
        device.zeros(operator.shape())?,
        device.zeros(operator.shape())?,
    ];
    let e = device.zeros(crate::field::Shape::flat(blocks.len()))?;
    let mut best = f64::INFINITY;
    for time in 0..=TIMES {
        let start = Instant::now();
        (0..LAUNCHES).for_each(|_| operator.prolong(&b, (1.0, &e), &mut x));
        gpu.finish()?;
        if time > 0 {
            best = best.min(start.elapsed().as_secs_f64());
        }
    }
    Ok(best)
}
