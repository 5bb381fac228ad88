//! From a question to a stencil: codes with the transport axis first, conductances per pair, dead voxels removed.

use super::{
    Boundary, Conduction, MemoryMode, Sides,
    faces::{Faces, Grid},
};
use crate::{
    microstructure::{
        Axis,
        connectivity::{Links, Wraps},
    },
    solve::stencil::{DEAD, Lateral, Stencil, TABLE, pair},
};
use ndarray::{Array3, ArrayView3, Axis as Axis3};
use rayon::prelude::*;

/// A stencil and what is needed to turn its numbers into conductivities.
#[derive(Debug, Clone)]
pub(super) struct Assembly {
    pub(super) stencil: Stencil,
    /// Conductance that the stencil's tables count as 1.
    pub(super) unit: f64,
    /// Voxels that conduct, and those of a cluster that joins both electrodes.
    pub(super) conducting: usize,
    pub(super) percolating: usize,
    /// Voxel size with the transport axis first; 1 where none is known.
    pub(super) spacing: [f64; 3],
    pub(super) axis: Axis,
    /// Voxels along the three axes, transport axis first, electrode layers included.
    pub(super) shape: [usize; 3],
    /// Conductances of all faces between voxels, electrode layers included, where codes do not say them.
    pub(super) faces: Option<Faces>,
    /// How much memory a solve may take.
    pub(super) memory: MemoryMode,
}

/// Order of the array axes that puts `axis` first and keeps the others in order.
pub(super) fn order(axis: Axis) -> [usize; 3] {
    match axis {
        Axis::Z => [0, 1, 2],
        Axis::Y => [1, 0, 2],
        Axis::X => [2, 0, 1],
    }
}

/// Puts an array with the transport axis first back into `[z][y][x]`.
pub(super) fn restore(values: Array3<f64>, axis: Axis) -> Array3<f64> {
    let inverse = match axis {
        Axis::Z => [0, 1, 2],
        Axis::Y => [1, 0, 2],
        Axis::X => [1, 2, 0],
    };
    values
        .permuted_axes(inverse)
        .as_standard_layout()
        .into_owned()
}

impl Assembly {
    pub(super) fn new(problem: &Conduction<'_>, axis: Axis) -> Self {
        let codes = problem.volume.codes().view().permuted_axes(order(axis));
        let (depth, rows, columns) = codes.dim();
        let spacing = problem.volume.spacing().unwrap_or([1.0; 3]);
        let spacing = order(axis).map(|axis| spacing[axis]);
        let (tables, unit) = problem.tables(axis, spacing);
        let codes = problem.with_ghosts(codes);
        let conducting = live(&codes, depth);
        let shape = [depth, rows, columns];
        let stencil = Stencil {
            shape,
            codes,
            tables,
            lateral: problem.lateral(),
        };
        let mut assembly = Self {
            stencil,
            unit,
            conducting,
            percolating: 0,
            spacing,
            axis,
            shape,
            faces: None,
            memory: problem.memory,
        };
        assembly.remove_dead();
        assembly.percolating = live(&assembly.stencil.codes, depth);
        assembly.faces = problem.needs_faces().then(|| assembly.all_faces(problem));
        if problem.boundary == Boundary::Centre {
            assembly.electrode_layers();
        }
        assembly
    }

    /// Voxels on no path between the electrodes lose their unknown.
    pub(super) fn remove_dead(&mut self) {
        let joins = self
            .stencil
            .tables
            .each_ref()
            .map(|table| table.iter().map(|&k| k > 0.0).collect::<Vec<_>>());
        let links = Links {
            shape: self.stencil.shape,
            codes: &self.stencil.codes,
            joins: joins.each_ref().map(Vec::as_slice),
            wraps: match self.stencil.lateral {
                Lateral::Mirror => Wraps::No,
                Lateral::Periodic => Wraps::Yes,
            },
        };
        let through = links.through();
        let [plane, columns] = [self.stencil.plane(), self.stencil.shape[2]];
        let rows = self.stencil.codes[plane..].par_chunks_mut(columns);
        let rows = rows.take(self.stencil.shape[0] * self.stencil.shape[1]);
        rows.enumerate().for_each(|(row, codes)| {
            let mut end = 0;
            for run in through.row(row) {
                codes[end..run.start].fill(DEAD);
                end = run.end;
            }
            codes[end..].fill(DEAD);
        });
    }

    /// Every face between voxels, those that carry nothing 0.
    fn all_faces(&self, problem: &Conduction<'_>) -> Faces {
        let plane = self.stencil.plane();
        let lateral = match self.stencil.lateral {
            Lateral::Mirror => Wraps::No,
            Lateral::Periodic => Wraps::Yes,
        };
        let grid = Grid {
            shape: self.shape,
            order: order(self.axis),
            wraps: [Wraps::No, lateral, lateral],
            codes: &self.stencil.codes[plane..][..self.shape.iter().product()],
        };
        Faces::new(problem, &grid)
    }

    /// Conductance between two neighbours along an axis, planes counting ghosts.
    pub(super) fn conductance(&self, axis: usize, a: [usize; 3], b: [usize; 3]) -> f64 {
        let stencil = &self.stencil;
        let first = usize::from(stencil.shape[0] == self.shape[0]);
        let ghost = |voxel: [usize; 3]| voxel[0] < first || voxel[0] >= self.shape[0] + first;
        match &self.faces {
            Some(faces) if !ghost(a) && !ghost(b) => {
                let [a, b] = [a, b].map(|[plane, y, x]| [plane - first, y, x]);
                faces.between(axis, a, b)
            }
            _ => self.unit * stencil.tables[axis][pair(stencil.code(a), stencil.code(b))],
        }
    }

    /// The first and last layer become the ghosts.
    fn electrode_layers(&mut self) {
        let plane = self.stencil.plane();
        self.stencil
            .codes
            .truncate(self.stencil.codes.len() - plane);
        self.stencil.codes.drain(..plane);
        self.stencil.shape[0] -= 2;
    }

    /// Length over cross-section, times the unit: effective conductivity = energy times this.
    pub(super) fn conductivity_per_energy(&self) -> f64 {
        let [_, dy, dx] = self.spacing;
        let [_, rows, columns] = self.shape;
        self.unit * self.length() / (number(rows) * dy * number(columns) * dx)
    }

    /// Distance of the electrodes.
    pub(super) fn length(&self) -> f64 {
        let gaps = self.stencil.shape[0] + usize::from(self.stencil.shape[0] != self.shape[0]);
        number(gaps) * self.spacing[0]
    }

    /// The ramp between the electrodes, in dead voxels too.
    pub(super) fn ramp(&self) -> Vec<f64> {
        let (plane, layers) = (self.stencil.plane(), self.stencil.shape[0]);
        let mut ramp = vec![0.0; layers * plane];
        let planes = ramp.par_chunks_mut(plane).enumerate();
        planes.for_each(|(z, layer)| layer.fill(self.ramp_at(z)));
        ramp
    }

    /// The ramp on a plane of unknowns.
    pub(super) fn ramp_at(&self, z: usize) -> f64 {
        let layers = self.stencil.shape[0];
        let (offset, length) = if layers == self.shape[0] {
            (0.5, number(layers))
        } else {
            (1.0, number(layers + 1))
        };
        1.0 - (number(z) + offset) / length
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of voxels stay below 2^52"
)]
pub(super) fn number(count: usize) -> f64 {
    count as f64
}

/// Voxels that are not dead, ghosts not counted.
fn live(codes: &[u8], depth: usize) -> usize {
    let plane = codes.len() / (depth + 2);
    let layers = codes[plane..codes.len() - plane].par_chunks(plane);
    layers
        .map(|layer| {
            layer
                .iter()
                .map(|&code| usize::from(code != DEAD))
                .sum::<usize>()
        })
        .sum()
}

/// New codes for old ones.
fn rename<'c>(codes: impl IntoIterator<Item = &'c u8>, renamed: &[u8; 256], out: &mut [u8]) {
    out.iter_mut()
        .zip(codes)
        .for_each(|(out, &code)| *out = renamed[usize::from(code)]);
}

impl Conduction<'_> {
    fn lateral(&self) -> Lateral {
        match self.sides {
            Sides::Mirror => Lateral::Mirror,
            Sides::Periodic => Lateral::Periodic,
        }
    }

    /// Codes shifted past [`DEAD`], insulating phases dead, a plane of electrode codes on either side.
    fn with_ghosts(&self, codes: ArrayView3<'_, u8>) -> Vec<u8> {
        let (depth, rows, columns) = codes.dim();
        let plane = rows * columns;
        let renamed = self.renamed();
        // Zeros cost nothing until somebody writes there, which the threads do.
        let mut out = vec![0; (depth + 2) * plane];
        out[..plane].fill(self.ghost(0));
        out[(depth + 1) * plane..].fill(self.ghost(1));
        let layers = out[plane..(depth + 1) * plane].par_chunks_mut(plane);
        layers
            .zip(codes.axis_iter(Axis3(0)).into_par_iter())
            .for_each(|(out, layer)| match layer.as_slice() {
                Some(layer) => rename(layer, &renamed, out),
                None => rename(layer, &renamed, out),
            });
        out
    }

    /// Stencil code of each code of the volume.
    pub(super) fn renamed(&self) -> [u8; 256] {
        let mut renamed = [DEAD; 256];
        for ((code, renamed), sigma) in (1u8..).zip(&mut renamed).zip(&self.sigma) {
            if sigma.iter().any(|s| *s > 0.0) {
                *renamed = code;
            }
        }
        renamed
    }

    /// Stencil code of the inlet (0) or outlet (1).
    fn ghost(&self, end: u8) -> u8 {
        u8::try_from(self.sigma.len()).map_or(u8::MAX, |phases| phases + 1 + end)
    }

    /// Conductances per axis and pair of stencil codes, and the largest of them, which they are divided by.
    pub(super) fn tables(&self, transport: Axis, spacing: [f64; 3]) -> ([Vec<f64>; 3], f64) {
        let mut tables = [0, 1, 2].map(|axis| self.table(axis, transport, spacing));
        let unit = tables.iter().flatten().copied().fold(0.0, f64::max);
        if unit > 0.0 {
            tables.iter_mut().flatten().for_each(|k| *k /= unit);
        }
        (tables, unit)
    }

    fn table(&self, axis: usize, transport: Axis, spacing: [f64; 3]) -> Vec<f64> {
        let h = spacing[axis];
        let area = spacing.iter().product::<f64>() / h;
        let mut table = vec![0.0; TABLE];
        let renamed = self.renamed();
        let phases = self.sigma.len();
        let along = order(transport)[axis];
        let half = |phase: usize| 0.5 * h / self.sigma[phase][along];
        for (a, &code_a) in renamed
            .iter()
            .enumerate()
            .filter(|(_, code)| **code != DEAD)
        {
            for (b, &code_b) in renamed
                .iter()
                .enumerate()
                .filter(|(_, code)| **code != DEAD)
            {
                table[pair(code_a, code_b)] =
                    area / (half(a) + half(b) + self.contact[a * phases + b]);
            }
            for (end, resistance) in [0, 1]
                .into_iter()
                .zip(&self.electrode)
                .filter(|_| axis == 0)
            {
                let conductance = area / (half(a) + resistance[a]);
                table[pair(code_a, self.ghost(end))] = conductance;
                table[pair(self.ghost(end), code_a)] = conductance;
            }
        }
        table
    }
}
