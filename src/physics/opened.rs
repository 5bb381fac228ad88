//! Conduction through a volume some of whose faces are open: contacts that stress pulled apart.
//!
//! The seven-point equations of [`conduction`](super::conduction) with electrodes on the outer faces and mirrors at the sides, as a
//! network: an open face carries nothing, which an area-specific resistance per pair of phases cannot say. Voxels that no path of
//! closed faces joins to both electrodes are left out first, so that a percolation lost is found exactly.

use super::{ProblemError, elasticity::Face, network};
use crate::{
    Result,
    field::Backend,
    microstructure::{Axis, Volume},
    solve::{
        Observer, Tolerance,
        limits::{self, Storage},
        network::Network,
    },
};

/// A volume with a conductivity per code and faces that carry nothing.
#[derive(Debug, Clone)]
pub struct Opened<'a> {
    volume: &'a Volume,
    /// Along (z, y, x) for each code.
    sigma: Vec<[f64; 3]>,
    /// For each voxel, which of its upper faces are open: bit 0 that along z, 1 along y, 2 along x.
    open: Vec<u8>,
}

/// What is left of the conductivity.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Remaining {
    /// Effective conductivity, in the units of the given conductivities.
    pub effective_conductivity: f64,
    /// Certified absolute error of it.
    pub error_bound: f64,
    /// Share of the conducting voxels that carry from end to end.
    pub percolating_fraction: f64,
}

impl<'a> Opened<'a> {
    /// With conductivities along (z, y, x) for each code of the volume.
    pub fn new(volume: &'a Volume, sigma: Vec<[f64; 3]>, faces: &[Face]) -> Self {
        let [_, ny, nx] = volume.shape();
        let mut open = vec![0; volume.codes().len()];
        for Face {
            voxel: [z, y, x],
            axis,
        } in faces
        {
            open[(z * ny + y) * nx + x] |= 1 << axis.index();
        }
        Self {
            volume,
            sigma,
            open,
        }
    }

    /// Effective conductivity along an axis.
    ///
    /// # Errors
    /// As [`Conduction::solve`](super::Conduction::solve).
    pub fn solve(
        &self,
        axis: Axis,
        (tolerance, backend): (Tolerance, &Backend),
        observer: &mut dyn Observer,
    ) -> Result<Remaining> {
        if self.volume.shape()[axis.index()] < 2 {
            return Err(ProblemError::Thin { axis: axis.name() }.into());
        }
        let carrying = self.carrying(axis);
        let conducting = (0..carrying.len())
            .filter(|&voxel| self.along(voxel, axis.index()) > 0.0)
            .count();
        let count = carrying.iter().filter(|&&carries| carries).count();
        let mut remaining = Remaining {
            effective_conductivity: 0.0,
            error_bound: 0.0,
            percolating_fraction: count as f64 / conducting.max(1) as f64,
        };
        if count == 0 {
            return Ok(remaining);
        }
        let storage = Storage::Network { per_voxel: 1 };
        limits::check(self.volume.shape(), count as u64, storage).map_err(ProblemError::from)?;
        let network = self.network(axis, &carrying);
        let length = self.volume.shape()[axis.index()] as f64;
        let place = |voxel: usize| self.place(voxel)[axis.index()] as f64 + 0.5;
        let unknown = (0..carrying.len()).filter(|&voxel| carrying[voxel]);
        let ramp: Vec<f64> = unknown.map(|voxel| 1.0 - place(voxel) / length).collect();
        let (certified, _) = network::certify(
            (&network, |_, _| 0.0),
            &mut ramp.into(),
            (tolerance, backend),
            observer,
        )?;
        let factor = network.unit * self.length_over_area(axis);
        remaining.effective_conductivity = certified.energy() * factor;
        remaining.error_bound = certified.error() * factor;
        Ok(remaining)
    }

    /// The length of the volume over its cross-section, in the unit of voxel sizes.
    fn length_over_area(&self, axis: Axis) -> f64 {
        let (shape, spacing) = (self.volume.shape(), self.spacing());
        let extent = |axis: usize| shape[axis] as f64 * spacing[axis];
        let all: f64 = (0..3).map(extent).product();
        extent(axis.index()).powi(2) / all
    }

    fn spacing(&self) -> [f64; 3] {
        self.volume.spacing().unwrap_or([1.0; 3])
    }

    fn place(&self, voxel: usize) -> [usize; 3] {
        let [_, ny, nx] = self.volume.shape();
        [voxel / (ny * nx), voxel / nx % ny, voxel % nx]
    }

    fn voxel(&self, [z, y, x]: [usize; 3]) -> usize {
        let [_, ny, nx] = self.volume.shape();
        (z * ny + y) * nx + x
    }

    /// Conductivity of a voxel along an axis.
    fn along(&self, voxel: usize, axis: usize) -> f64 {
        let code = self.volume.codes()[self.place(voxel)];
        self.sigma[usize::from(code)][axis]
    }

    /// The neighbours of a voxel across closed faces, and the axis towards each.
    fn neighbours(&self, voxel: usize) -> impl Iterator<Item = (usize, usize)> {
        let (place, shape) = (self.place(voxel), self.volume.shape());
        (0..3).flat_map(move |axis| {
            let mut lower = place;
            lower[axis] = lower[axis].wrapping_sub(1);
            let mut upper = place;
            upper[axis] += 1;
            let below = (place[axis] > 0)
                .then(|| self.voxel(lower))
                .filter(|&b| self.open[b] & 1 << axis == 0);
            let above = (upper[axis] < shape[axis]).then(|| self.voxel(upper));
            let above = above.filter(|_| self.open[voxel] & 1 << axis == 0);
            [below, above]
                .into_iter()
                .flatten()
                .map(move |other| (other, axis))
        })
    }

    /// Conductance of the face between two voxels along an axis, in the unit of the voxel sizes.
    fn conductance(&self, a: usize, b: usize, axis: usize) -> f64 {
        let (left, right) = (self.along(a, axis), self.along(b, axis));
        if left == 0.0 || right == 0.0 {
            return 0.0;
        }
        2.0 * left * right / (left + right) * self.area_over_edge(axis)
    }

    fn area_over_edge(&self, axis: usize) -> f64 {
        let spacing = self.spacing();
        spacing.iter().product::<f64>() / spacing[axis].powi(2)
    }

    /// Whether each voxel is joined to both electrodes.
    fn carrying(&self, axis: Axis) -> Vec<bool> {
        let last = self.volume.shape()[axis.index()] - 1;
        let [mut inlet, outlet] = [0, last].map(|layer| self.reached(axis, layer));
        inlet
            .iter_mut()
            .zip(outlet)
            .for_each(|(inlet, outlet)| *inlet &= outlet);
        inlet
    }

    /// Whether each voxel is joined to a layer.
    fn reached(&self, axis: Axis, layer: usize) -> Vec<bool> {
        let mut reached = vec![false; self.open.len()];
        let first = |&voxel: &usize| {
            self.place(voxel)[axis.index()] == layer && self.along(voxel, axis.index()) > 0.0
        };
        let mut stack: Vec<usize> = (0..reached.len()).filter(first).collect();
        stack.iter().for_each(|&voxel| reached[voxel] = true);
        while let Some(voxel) = stack.pop() {
            for (other, along) in self.neighbours(voxel) {
                if !reached[other] && self.conductance(voxel, other, along) > 0.0 {
                    reached[other] = true;
                    stack.push(other);
                }
            }
        }
        reached
    }

    fn network(&self, axis: Axis, carrying: &[bool]) -> Network {
        let (shape, across) = (self.volume.shape(), axis.index());
        Network::new(
            shape,
            |cell| u32::from(carrying[self.voxel(cell)]),
            |cells, cell, _, row| {
                let voxel = self.voxel(cell);
                for (other, along) in self.neighbours(voxel).filter(|&(other, _)| carrying[other]) {
                    let unknown = cells.unknowns(self.place(other)).start;
                    row.link(unknown, self.conductance(voxel, other, along));
                }
                let half = 2.0 * self.along(voxel, across) * self.area_over_edge(across);
                if cell[across] == 0 {
                    row.leak(half, 1.0);
                }
                if cell[across] == shape[across] - 1 {
                    row.leak(half, 0.0);
                }
            },
        )
    }
}
