//! Where a potential stands, in f64: its dissipation, the currents through both ends, and what is unbalanced in every voxel.

mod passing;

pub(crate) use passing::{Buffers, Passing};

use super::{
    stencil::{CodeScratch, DEAD, Planes, Side, Single, Stencil, Tables, Weights},
    sum::{Columns, pairwise},
};
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
        let energies: Vec<f64> = planes.iter().map(|part| part.energy).collect();
        Self {
            energy: pairwise(&energies),
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
        let mut energies = Columns::new(n);
        let inner = z > 0 && z + 1 < depth;
        if let Some(single) = self.single.as_ref().filter(|_| inner) {
            let mut codes = CodeScratch::new(self.stencil);
            planes.rows(self.stencil, |y, rows| {
                let codes = codes.rows(self.stencil, z, y);
                let out = &mut residual[y * n..][..n];
                energies.row(|energies| single.balance_row(&codes, rows, out, energies));
            });
            return Balance {
                energy: energies.total(),
                ..Balance::default()
            };
        }
        let weights = Weights::new(self.stencil, &self.tables);
        let mut row = weights.scratch();
        let (mut balance, mut below) = (Balance::default(), Columns::new(n));
        planes.rows(self.stencil, |y, rows| {
            weights.load(z, y, &mut row);
            let out = &mut residual[y * n..(y + 1) * n];
            row.apply(rows, out);
            out.iter_mut().for_each(|r| *r = -*r);
            energies.row(|energies| row.energy(rows, energies));
            if z == 0 {
                balance.inflow -= row.current(rows, Side::Below);
                below.row(|energies| row.energy_below(rows, energies));
            }
            if z + 1 == depth {
                balance.outflow += row.current(rows, Side::Above);
            }
        });
        balance.energy = energies.total() + below.total();
        balance
    }
}

impl Ledger<'_> {
    /// The part of plane z of a potential that is the same all over each plane, with this number on each.
    pub(crate) fn on_even_plane(&self, z: usize, even: &[f64], residual: &mut [f64]) -> Balance {
        let at = |place: usize| match place {
            0 => self.ends[0],
            place => even.get(place - 1).copied().unwrap_or(self.ends[1]),
        };
        let around = [z, z + 1, z + 2].map(at);
        let inner = z > 0 && z + 1 < self.stencil.shape[0];
        if let Some(Single([conductance, ..])) = self.single.as_ref().filter(|_| inner) {
            return through_even_planes(self.stencil, (z, *conductance), around, residual);
        }
        let [below, here, above] = around.map(|value| vec![value; self.stencil.plane()]);
        let planes = Planes {
            below: &below,
            here: &here,
            above: &above,
        };
        self.on_plane(z, planes, residual)
    }
}

/// The same where all faces across the first axis conduct alike: nothing flows along the others.
fn through_even_planes(
    stencil: &Stencil,
    (z, conductance): (usize, f64),
    [before, here, behind]: [f64; 3],
    residual: &mut [f64],
) -> Balance {
    let (down, up) = (conductance * (before - here), conductance * (behind - here));
    let from = |code: u8, current: f64| if code == DEAD { 0.0 } else { current };
    let mut faces = 0u64;
    for (y, out) in residual.chunks_mut(stencil.shape[2]).enumerate() {
        let [below, own, above] = [z, z + 1, z + 2].map(|plane| stencil.row(plane, y));
        for (out, ((&own, &below), &above)) in out.iter_mut().zip(own.iter().zip(below).zip(above))
        {
            *out = from(own, from(below, down) + from(above, up));
            faces += u64::from((own != DEAD) & (above != DEAD));
        }
    }
    Balance {
        energy: faces as f64 * up * (behind - here),
        ..Balance::default()
    }
}

impl Audit for Ledger<'_> {
    fn balance(&self, x: &[f64], residual: &mut [f64]) -> Result<Balance, GpuError> {
        Ok(Ledger::balance(self, x, residual))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::solve::stencil::{Lateral, TABLE, pair};

    /// Half of the voxels conduct, ghosts of code 3 on either side; a second code may conduct otherwise.
    fn medium(weak: Option<f64>) -> Stencil {
        let shape = [9, 7, 10];
        let plane = shape[1] * shape[2];
        let mut codes = vec![3; (shape[0] + 2) * plane];
        let mut state = 5u32;
        for code in &mut codes[plane..(shape[0] + 1) * plane] {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let kinds = [DEAD, 1, 1, if weak.is_some() { 2 } else { DEAD }];
            *code = kinds[(state >> 20 & 3) as usize];
        }
        let tables = [1.0, 0.5, 0.25].map(|k| {
            let mut table = vec![0.0; TABLE];
            table[pair(1, 1)] = k;
            (table[pair(1, 3)], table[pair(3, 1)]) = (2.0 * k, 2.0 * k);
            if let Some(weak) = weak {
                for (a, b) in [(1, 2), (2, 1), (2, 2)] {
                    table[pair(a, b)] = weak * k;
                }
            }
            table
        });
        Stencil {
            shape,
            codes,
            tables,
            lateral: Lateral::Mirror,
        }
    }

    #[test]
    fn even_planes_balance_as_any_potential() {
        let even: Vec<f64> = (0..9).map(|z| 1.0 / f64::from(z + 2)).collect();
        for weak in [None, Some(1e-3)] {
            let stencil = medium(weak);
            let size = stencil.plane();
            let ledger = Ledger::new(&stencil, [1.0, 0.0]);
            let whole: Vec<f64> = even.iter().flat_map(|&v| vec![v; size]).collect();
            let mut expected = vec![0.0; stencil.len()];
            let balance = ledger.balance(&whole, &mut expected);
            let of = |even: &[f64]| {
                let mut residual = vec![0.0; stencil.len()];
                let planes = residual.chunks_mut(size).enumerate();
                let parts = planes.map(|(z, out)| ledger.on_even_plane(z, even, out));
                let sum = Balance::of(&parts.collect::<Vec<_>>());
                let pairs = residual.iter().zip(&expected);
                let error = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
                let currents = [sum.inflow - balance.inflow, sum.outflow - balance.outflow];
                let currents = currents.iter().map(|it| it.abs()).fold(0.0, f64::max);
                error.max(currents).max((sum.energy - balance.energy).abs())
            };
            assert!(of(&even) < 1e-14, "{:e}", of(&even));
            let mut other = even.clone();
            other[4] += 1e-6;
            assert!(of(&other) > 1e-8, "a wrong plane would pass");
        }
    }
}
