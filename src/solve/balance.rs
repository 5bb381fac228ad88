//! Where a potential stands, in f64: its dissipation, the currents through both ends, and what is unbalanced in every voxel.

mod passing;

pub(crate) use passing::{Buffers, Passing};

use super::stencil::{CodeScratch, Planes, Side, Single, Stencil, Tables, Weights};
use crate::gpu::GpuError;
use rayon::prelude::*;

/// Energy and currents of a potential.
#[derive(Debug, Clone, Copy, Default)]
pub struct Balance {
    /// Dissipation `sum k (difference)^2` over all faces.
    pub energy: f64,
    /// Current from the ghosts before the first plane.
    pub inflow: f64,
    /// Current into the ghosts behind the last plane.
    pub outflow: f64,
}

impl Balance {
    /// The sum of all planes, which are given in order.
    pub(crate) fn of(planes: &[Self]) -> Self {
        Self {
            energy: planes.iter().map(|part| part.energy).sum(),
            inflow: planes.first().map_or(0.0, |part| part.inflow),
            outflow: planes.last().map_or(0.0, |part| part.outflow),
        }
    }
}

/// Says in f64 where a potential stands, on the host or on a device.
pub trait Audit: Sync {
    /// Balances potential `x`; `residual`, of the same length, receives the current that each voxel lacks, `b - A x`.
    ///
    /// # Errors
    /// What a device refuses, or its loss; none on the host.
    fn balance(&self, x: &[f64], residual: &mut [f64]) -> Result<Balance, GpuError>;
}

/// Evaluates potentials against fixed end values, on the host.
pub struct Ledger<'a> {
    stencil: &'a Stencil,
    tables: Tables<f64>,
    /// Conductances, where each axis has one.
    single: Option<Single<f64>>,
    ends: [f64; 2],
}

impl<'a> Ledger<'a> {
    /// For ghosts at the potentials `ends`, before and behind.
    pub fn new(stencil: &'a Stencil, ends: [f64; 2]) -> Self {
        Self {
            stencil,
            tables: Tables::new(stencil),
            single: Single::of(stencil),
            ends,
        }
    }

    /// Balances potential `x`; `residual` receives the current that each voxel lacks, `b - A x`.
    pub fn balance(&self, x: &[f64], residual: &mut [f64]) -> Balance {
        let size = self.stencil.plane();
        let planes = residual.par_chunks_mut(size).enumerate();
        let parts: Vec<Balance> = planes
            .map(|(z, residual)| self.plane(x, z, residual))
            .collect();
        Balance::of(&parts)
    }

    fn plane(&self, x: &[f64], z: usize, residual: &mut [f64]) -> Balance {
        let size = self.stencil.plane();
        let ghosts = self.ends.map(|value| vec![value; size]);
        let depth = self.stencil.shape[0];
        let plane = |z: usize| &x[z * size..(z + 1) * size];
        let below = if z == 0 { &ghosts[0] } else { plane(z - 1) };
        let above = if z + 1 == depth {
            &ghosts[1]
        } else {
            plane(z + 1)
        };
        let planes = Planes {
            below,
            here: plane(z),
            above,
        };
        self.on_plane(z, planes, residual)
    }

    /// The part of plane `z`: its currents, and the dissipation of its faces towards the next voxel of each axis.
    pub(crate) fn on_plane(
        &self,
        z: usize,
        planes: Planes<'_, f64>,
        residual: &mut [f64],
    ) -> Balance {
        let (depth, n) = (self.stencil.shape[0], self.stencil.shape[2]);
        let mut energies = vec![0.0; n];
        let inner = z > 0 && z + 1 < depth;
        if let Some(single) = self.single.as_ref().filter(|_| inner) {
            let mut codes = CodeScratch::new(self.stencil);
            planes.rows(self.stencil, |y, rows| {
                let codes = codes.rows(self.stencil, z, y);
                single.balance_row(&codes, rows, &mut residual[y * n..][..n], &mut energies);
            });
            return Balance {
                energy: energies.iter().sum(),
                ..Balance::default()
            };
        }
        let weights = Weights::new(self.stencil, &self.tables);
        let mut row = weights.scratch();
        let mut balance = Balance::default();
        planes.rows(self.stencil, |y, rows| {
            weights.load(z, y, &mut row);
            let out = &mut residual[y * n..(y + 1) * n];
            row.apply(rows, out);
            out.iter_mut().for_each(|r| *r = -*r);
            row.energy(rows, &mut energies);
            if z == 0 {
                balance.inflow -= row.current(rows, Side::Below);
                balance.energy += row.energy_below(rows);
            }
            if z + 1 == depth {
                balance.outflow += row.current(rows, Side::Above);
            }
        });
        balance.energy += energies.iter().sum::<f64>();
        balance
    }
}

impl Audit for Ledger<'_> {
    fn balance(&self, x: &[f64], residual: &mut [f64]) -> Result<Balance, GpuError> {
        Ok(Ledger::balance(self, x, residual))
    }
}
