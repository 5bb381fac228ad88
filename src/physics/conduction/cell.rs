//! A volume as the cell of an endless repetition: one unknown per voxel of a cluster that reaches its own image, the periodic
//! fluctuation of the potential under a macroscopic drop of 1 across the cell along one axis.
//!
//! On a face across that axis the potential falls by `chi_a - chi_b + 1/N`, N voxels along it; on all others by
//! `chi_a - chi_b`. Faces of the seam join the last voxels to the first ones like any others. Clusters that do not reach
//! their image along the axis follow the drop as a whole and carry nothing: for them the drop is left out, so that what
//! they add is exactly 0. The equations know the fluctuation up to a constant per cluster; a leak at one voxel of each, through
//! which nothing flows, takes that freedom.

mod ledger;

pub(super) use ledger::CellLedger;

use super::{
    Conduction,
    faces::{Faces, Grid},
};
use crate::{
    field::{Device, Host, Real},
    gpu::{Gpu, GpuError},
    microstructure::{Axis, connectivity::Wraps, wrapping::PeriodicLinks},
    physics::assembled::Assembled,
    solve::{
        balance::Audit, certificate, device, hierarchy::Coarse, host, multigrid::Levels,
        network::Network, stencil::DEAD,
    },
};
use std::{
    any::{Any, TypeId},
    sync::{Arc, OnceLock},
};

/// The equations of a cell, the same for all three axes.
#[derive(Debug)]
pub(super) struct Cell {
    pub(super) shape: [usize; 3],
    /// Voxel edges in metres, 1 where no voxel size is known.
    pub(super) spacing: [f64; 3],
    /// The axes along which the cluster of each voxel carries, as bits; 0 where it has no unknown.
    pub(super) wraps: Vec<u8>,
    /// Conductances over the network's unit.
    pub(super) faces: Faces,
    pub(super) network: Network,
    /// Voxels that conduct.
    pub(super) conducting: usize,
    levels: SharedLevels,
}

/// The levels in either precision, built when first asked for.
#[derive(Debug, Default)]
struct SharedLevels {
    single: OnceLock<Arc<dyn Any + Send + Sync>>,
    double: OnceLock<Arc<dyn Any + Send + Sync>>,
}

impl Cell {
    pub(super) fn new(problem: &Conduction<'_>) -> Self {
        let shape = problem.volume.shape();
        let spacing = problem.volume.spacing().unwrap_or([1.0; 3]);
        let (mut codes, wraps) = problem.clusters();
        let conducting = codes.iter().filter(|&&code| code != DEAD).count();
        for (code, _) in codes
            .iter_mut()
            .zip(&wraps)
            .filter(|(_, wraps)| **wraps == 0)
        {
            *code = DEAD;
        }
        let grid = Grid {
            shape,
            order: [0, 1, 2],
            wraps: [Wraps::Yes; 3],
            codes: &codes,
        };
        let faces = Faces::new(problem, &grid);
        let network = network(&grid, &faces);
        Self {
            shape,
            spacing,
            wraps,
            faces: faces.over(network.unit),
            network,
            conducting,
            levels: SharedLevels::default(),
        }
    }

    /// Voxels of clusters that carry along an axis.
    pub(super) fn carrying(&self, axis: Axis) -> usize {
        let bit = 1u8 << axis.index();
        self.wraps.iter().filter(|&&wraps| wraps & bit != 0).count()
    }

    /// The equations under a drop along an axis.
    pub(super) fn driven(&self, axis: Axis) -> Driven<'_> {
        Driven { cell: self, axis }
    }

    /// Edges of the cell in metres.
    pub(super) fn lengths(&self) -> [f64; 3] {
        std::array::from_fn(|k| super::assembly::number(self.shape[k]) * self.spacing[k])
    }
}

impl Conduction<'_> {
    /// The code of each voxel, and the axes along which its cluster carries.
    pub(super) fn clusters(&self) -> (Vec<u8>, Vec<u8>) {
        let renamed = self.renamed();
        let codes = self.volume.codes().iter();
        let codes: Vec<u8> = codes.map(|&code| renamed[usize::from(code)]).collect();
        let spacing = self.volume.spacing().unwrap_or([1.0; 3]);
        let (tables, _) = self.tables(Axis::Z, spacing);
        let joins = tables.map(|table| table.iter().map(|&k| k > 0.0).collect::<Vec<bool>>());
        let links = PeriodicLinks {
            shape: self.volume.shape(),
            codes: &codes,
            joins: joins.each_ref().map(Vec::as_slice),
        };
        let wraps = links.wraps();
        (codes, wraps)
    }
}

/// One unknown per voxel that is not dead, the faces between them, and a leak per cluster.
fn network(grid: &Grid<'_>, faces: &Faces) -> Network {
    let shape = grid.shape;
    let live = |cell| u32::from(grid.codes[super::faces::place(shape, cell)] != DEAD);
    let mut network = Network::new(shape, live, |cells, cell, _, row| {
        for axis in 0..3 {
            let (mut before, mut behind) = (cell, cell);
            before[axis] = (cell[axis] + shape[axis] - 1) % shape[axis];
            behind[axis] = (cell[axis] + 1) % shape[axis];
            for (first, other) in [(before, before), (cell, behind)] {
                let conductance = faces.along[axis][super::faces::place(shape, first)];
                if other != cell && conductance > 0.0 {
                    row.link(cells.unknowns(other).start, conductance);
                }
            }
        }
    });
    network.ground();
    network
}

/// A cell under a drop along an axis.
#[derive(Debug, Clone, Copy)]
pub(super) struct Driven<'a> {
    cell: &'a Cell,
    axis: Axis,
}

impl Assembled for Driven<'_> {
    type Levels<T: Real> = Arc<Coarse<T>>;

    fn weakest(&self) -> f64 {
        self.cell.network.weakest()
    }

    fn levels<T: Real>(&self) -> Arc<Coarse<T>> {
        let shared = &self.cell.levels;
        let place = if TypeId::of::<T>() == TypeId::of::<f32>() {
            &shared.single
        } else {
            &shared.double
        };
        let levels = place.get_or_init(|| Arc::new(self.cell.network.levels::<T>()));
        let levels = Arc::clone(levels).downcast::<Coarse<T>>();
        levels.expect("each precision has its place")
    }

    fn bound<T: Real>(&self, levels: &Arc<Coarse<T>>, residual: &[f64]) -> f64 {
        certificate::graph_bound(levels, residual)
    }

    fn audit(&self) -> Box<dyn Audit + '_> {
        Box::new(CellLedger::new(self.cell, self.axis))
    }

    fn on_host<'a, T: Real>(&'a self, levels: &'a Arc<Coarse<T>>) -> Levels<'a, Host<T>> {
        host::network_levels(levels)
    }

    fn on_device<'a>(
        &'a self,
        device: &'a Device<f32>,
        levels: &'a Arc<Coarse<f32>>,
    ) -> Result<Levels<'a, Device<f32>>, GpuError> {
        device::network_levels(device, levels)
    }

    fn device_audit(
        &self,
        _gpu: &Arc<Gpu>,
        _levels: &Arc<Coarse<f32>>,
    ) -> Result<Option<Box<dyn Audit>>, GpuError> {
        Ok(None)
    }
}
