//! Which machine solves, and what it needs.

use super::{Conduction, assembly::Assembly};
use crate::{
    Result,
    field::{Backend, Host},
    microstructure::Axis,
    solve::{
        Observer, Tolerance,
        hierarchy::Hierarchy,
        host,
        refinement::{self, Certified, System},
    },
};

/// Estimated bytes of a solve.
#[derive(Debug, Clone, Copy)]
pub struct Memory {
    /// Host bytes.
    pub host: u64,
    /// Device bytes.
    pub device: u64,
}

/// Bytes per voxel on the host: codes twice, layers, potential and residual in f64, six vectors in f32, coarse levels.
const HOST: u64 = 64;
/// Bytes per voxel on the device: codes, layers, six vectors in f32, coarse levels.
const DEVICE: u64 = 44;

pub(super) fn estimate(problem: &Conduction<'_>, _axis: Axis) -> Memory {
    let voxels: u64 = problem.volume.shape().iter().map(|&n| n as u64).product();
    Memory {
        host: HOST * voxels,
        device: DEVICE * voxels,
    }
}

/// Certifies a potential on the machine asked for; the name of the adapter comes with it.
pub(super) fn certify(
    assembly: &Assembly,
    x: &mut Vec<f64>,
    (tolerance, _backend): (Tolerance, &Backend),
    observer: &mut dyn Observer,
) -> Result<(Certified, Option<String>)> {
    let hierarchy = Hierarchy::<f32>::new(&assembly.stencil);
    let system = System {
        stencil: &assembly.stencil,
        hierarchy: &hierarchy,
        ends: [1.0, 0.0],
    };
    let machine = Host::<f32>::default();
    let levels = host::levels(&assembly.stencil, &hierarchy);
    let certified = refinement::solve(&machine, levels, &system, (x, tolerance), observer)?;
    Ok((certified, None))
}
