//! The conductance of every face, where pairs of codes do not say it: with contacts, whose share of a face depends on how the
//! interface lies, and with grains.
//!
//! A face between voxels a and b whose centres are h apart conducts `A / (h/2/sigma_a + R/f + h/2/sigma_b)`: the two half
//! voxels in series with the resistance R per true area, of which the face holds `f A` (see
//! [`Interfaces`]: that carries the current of the continuum across a plane of any tilt). Between voxels
//! of one phase with different grain ids R is that of the phase's grain boundaries. Cost: 24 bytes per voxel.

use super::Conduction;
use crate::{
    microstructure::{Axis, Interfaces, connectivity::Wraps},
    solve::stencil::DEAD,
};
use rayon::prelude::*;

/// The voxels of a grid whose axes are those of the volume in some order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Grid<'a> {
    pub(super) shape: [usize; 3],
    /// The volume's axis behind each axis of the grid.
    pub(super) order: [usize; 3],
    /// How each axis of the grid ends.
    pub(super) wraps: [Wraps; 3],
    /// One code per voxel, [`DEAD`] where nothing flows.
    pub(super) codes: &'a [u8],
}

impl Grid<'_> {
    /// The neighbour behind a voxel along an axis.
    pub(super) fn next(&self, mut voxel: [usize; 3], axis: usize) -> Option<[usize; 3]> {
        voxel[axis] += 1;
        if voxel[axis] == self.shape[axis] {
            voxel[axis] = 0;
            return (self.wraps[axis] == Wraps::Yes).then_some(voxel);
        }
        Some(voxel)
    }
}

/// Place of a voxel in a field of a shape.
pub(super) fn place(shape: [usize; 3], [z, y, x]: [usize; 3]) -> usize {
    (z * shape[1] + y) * shape[2] + x
}

/// Conductances of all faces of a grid.
#[derive(Debug, Clone)]
pub(super) struct Faces {
    pub(super) shape: [usize; 3],
    /// From each voxel to the next one along each axis; 0 where nothing flows.
    pub(super) along: [Vec<f64>; 3],
}

impl Faces {
    /// The faces between voxels that are not dead.
    pub(super) fn new(problem: &Conduction<'_>, grid: &Grid<'_>) -> Self {
        let mut wraps = [Wraps::No; 3];
        (0..3).for_each(|axis| wraps[grid.order[axis]] = grid.wraps[axis]);
        let interfaces = Interfaces::new(problem.volume, wraps).with_grains(problem.grains);
        let along = [0, 1, 2].map(|axis| {
            let mut along = vec![0.0; grid.codes.len()];
            let width = grid.shape[2].max(1);
            let rows = along.par_chunks_mut(width).enumerate();
            rows.for_each(|(row, out)| {
                let (z, y) = (row / grid.shape[1], row % grid.shape[1]);
                for (x, out) in out.iter_mut().enumerate() {
                    *out = problem.face(grid, &interfaces, ([z, y, x], axis));
                }
            });
            along
        });
        Self {
            shape: grid.shape,
            along,
        }
    }

    /// Conductance of the face between two neighbours along an axis.
    pub(super) fn between(&self, axis: usize, a: [usize; 3], b: [usize; 3]) -> f64 {
        let first = if (a[axis] + 1) % self.shape[axis] == b[axis] {
            a
        } else {
            b
        };
        self.along[axis][place(self.shape, first)]
    }

    /// The same faces in units of a conductance.
    pub(super) fn over(mut self, unit: f64) -> Self {
        let all = self.along.iter_mut().flatten();
        all.for_each(|conductance| *conductance /= unit);
        self
    }
}

impl Conduction<'_> {
    /// Whether faces between equal pairs of codes may differ.
    pub(super) fn needs_faces(&self) -> bool {
        let grains = self.grains.is_some() && self.grain_boundary.iter().any(|&r| r > 0.0);
        grains || self.contact.iter().any(|&r| r > 0.0)
    }

    fn face(
        &self,
        grid: &Grid<'_>,
        interfaces: &Interfaces<'_>,
        (voxel, axis): ([usize; 3], usize),
    ) -> f64 {
        let live = |voxel| grid.codes[place(grid.shape, voxel)] != DEAD;
        let Some(next) = grid.next(voxel, axis).filter(|&next| live(next)) else {
            return 0.0;
        };
        if !live(voxel) {
            return 0.0;
        }
        let along = grid.order[axis];
        let spacing = self.volume.spacing().unwrap_or([1.0; 3]);
        let area = spacing.iter().product::<f64>() / spacing[along];
        let [here, there] = [voxel, next].map(|voxel| in_volume(grid, voxel));
        let [a, b] = [here, there].map(|voxel| usize::from(self.volume.codes()[voxel]));
        let half = |phase: usize| 0.5 * spacing[along] / self.sigma[phase][along];
        let contact = match self.resistance_between((a, here), (b, there)) {
            0.0 => 0.0,
            resistance => resistance / interfaces.area_factor(here, Axis::ALL[along]),
        };
        area / (half(a) + half(b) + contact)
    }

    /// Area-specific resistance between two neighbours, given with their codes.
    fn resistance_between(
        &self,
        (a, here): (usize, [usize; 3]),
        (b, there): (usize, [usize; 3]),
    ) -> f64 {
        match self.grains {
            Some(grains) if a == b && grains[here] != grains[there] => self.grain_boundary[a],
            _ => self.contact[a * self.sigma.len() + b],
        }
    }
}

/// The voxel of the volume behind a voxel of the grid.
fn in_volume(grid: &Grid<'_>, voxel: [usize; 3]) -> [usize; 3] {
    let mut out = [0; 3];
    (0..3).for_each(|axis| out[grid.order[axis]] = voxel[axis]);
    out
}
