//! Where a fluctuation stands, in f64: its energy under the macroscopic drop, the current it leaves unbalanced in every voxel, and
//! products of two of them.

use super::{super::faces::place, Cell};
use crate::{
    gpu::GpuError,
    microstructure::Axis,
    solve::{
        balance::{Audit, Balance},
        pairwise,
    },
};
use rayon::prelude::*;

/// Evaluates fluctuations under a drop of 1 across the cell along an axis.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CellLedger<'a> {
    cell: &'a Cell,
    axis: Axis,
    /// The drop on a face across the axis.
    step: f64,
}

impl<'a> CellLedger<'a> {
    pub(crate) fn new(cell: &'a Cell, axis: Axis) -> Self {
        let step = 1.0 / super::super::assembly::number(cell.shape[axis.index()]);
        Self { cell, axis, step }
    }

    /// Unknown of a voxel that has one.
    fn unknown(&self, voxel: [usize; 3]) -> usize {
        self.cell.network.cells.first[place(self.cell.shape, voxel)] as usize
    }

    /// Conductance of the face behind a voxel and the drop across it; none where nothing can flow.
    pub(crate) fn link(&self, voxel: [usize; 3], axis: usize) -> Option<(f64, f64)> {
        let at = place(self.cell.shape, voxel);
        let conductance = self.cell.faces.along[axis][at];
        let driven = axis == self.axis.index() && self.cell.wraps[at] >> axis & 1 == 1;
        (conductance > 0.0).then_some((conductance, if driven { self.step } else { 0.0 }))
    }

    /// Conductance of the face behind a voxel and the fall of the potential across it; none where nothing can flow.
    fn face(&self, x: &[f64], voxel: [usize; 3], axis: usize) -> Option<(f64, f64)> {
        let (conductance, step) = self.link(voxel, axis)?;
        let mut next = voxel;
        next[axis] = (voxel[axis] + 1) % self.cell.shape[axis];
        let fall = x[self.unknown(voxel)] - x[self.unknown(next)] + step;
        Some((conductance, fall))
    }

    /// Voxels of a plane that have an unknown.
    fn live(&self, z: usize) -> impl Iterator<Item = [usize; 3]> + use<'a> {
        let cell = self.cell;
        let [_, rows, columns] = cell.shape;
        (0..rows * columns)
            .map(move |i| [z, i / columns, i % columns])
            .filter(move |&voxel| cell.wraps[place(cell.shape, voxel)] != 0)
    }

    /// Current through the faces behind and before a voxel along an axis, counted forwards.
    pub(crate) fn currents(&self, x: &[f64], voxel: [usize; 3], axis: usize) -> [f64; 2] {
        let mut before = voxel;
        let length = self.cell.shape[axis];
        before[axis] = (voxel[axis] + length - 1) % length;
        [voxel, before].map(|first| {
            let face = self.face(x, first, axis);
            face.map_or(0.0, |(conductance, fall)| conductance * fall)
        })
    }

    fn plane(&self, x: &[f64], z: usize, residual: &mut [f64]) -> Balance {
        let (mut balance, mut energies) = (Balance::default(), Vec::with_capacity(residual.len()));
        let axis = self.axis.index();
        let length = self.cell.shape[axis];
        for (voxel, residual) in self.live(z).zip(residual) {
            let (mut leaving, mut energy) = (0.0, 0.0);
            for axis in 0..3 {
                let [behind, before] = self.currents(x, voxel, axis);
                leaving += behind - before;
                if let Some((conductance, fall)) = self.face(x, voxel, axis) {
                    energy += conductance * fall * fall;
                }
            }
            energies.push(energy);
            *residual = -leaving;
            let [through, _] = self.currents(x, voxel, axis);
            if voxel[axis] + 1 == length {
                balance.inflow += through;
            }
            if voxel[axis] == (length - 1) / 2 {
                balance.outflow += through;
            }
        }
        balance.energy = pairwise(&energies);
        balance
    }

    /// `sum k fall fall'` over all faces for two fluctuations, each under its own drop, and what rounding of the falls and of the sum
    /// may add.
    pub(crate) fn product(&self, x: &[f64], other: (&CellLedger<'_>, &[f64])) -> (f64, f64) {
        let planes: Vec<[f64; 2]> = (0..self.cell.shape[0])
            .into_par_iter()
            .map(|z| {
                let faces = self
                    .live(z)
                    .flat_map(|voxel| [0, 1, 2].map(|axis| (voxel, axis)));
                let term = |(voxel, axis)| {
                    let (conductance, fall) = self.face(x, voxel, axis)?;
                    let (_, beside) = other.0.face(other.1, voxel, axis)?;
                    Some(
                        [
                            fall * beside,
                            ROUNDING * (fall.abs() + beside.abs()) + SUMS * (fall * beside).abs(),
                        ]
                        .map(|x| conductance * x),
                    )
                };
                total(&faces.filter_map(term).collect::<Vec<_>>())
            })
            .collect();
        let [product, rounding] = total(&planes);
        (product, rounding)
    }
}

/// Rounding of a fall between potentials that are at most about 1.
const ROUNDING: f64 = 2.0 * f64::EPSILON;

/// Relative rounding of a sum of terms of either sign over their magnitudes, as in [`Certified`](crate::solve::refinement::Certified).
const SUMS: f64 = 2.5e-14;

fn total(terms: &[[f64; 2]]) -> [f64; 2] {
    [0, 1].map(|n| pairwise(&terms.iter().map(|term| term[n]).collect::<Vec<_>>()))
}

impl Audit for CellLedger<'_> {
    /// Energy of the fluctuation and its drop; the current through the seam counts as inflow, that through the middle of the
    /// cell as outflow.
    fn balance(&self, x: &[f64], residual: &mut [f64]) -> Result<Balance, GpuError> {
        let mut rest = residual;
        let mut planes = Vec::with_capacity(self.cell.shape[0]);
        for z in 0..self.cell.shape[0] {
            let length = self.cell.network.cells.plane(z).len();
            let (plane, behind) = std::mem::take(&mut rest).split_at_mut(length);
            planes.push(plane);
            rest = behind;
        }
        let parts: Vec<Balance> = planes
            .into_par_iter()
            .enumerate()
            .map(|(z, residual)| self.plane(x, z, residual))
            .collect();
        let sum = |part: fn(&Balance) -> f64| pairwise(&parts.iter().map(part).collect::<Vec<_>>());
        Ok(Balance {
            energy: sum(|part| part.energy),
            inflow: sum(|part| part.inflow),
            outflow: sum(|part| part.outflow),
        })
    }
}
