//! Where a potential of a network stands, in f64, and its certificate.

use super::Network;
use crate::{
    field::Real,
    gpu::GpuError,
    solve::{
        balance::{Audit, Balance},
        certificate,
        hierarchy::Coarse,
        refinement::Equations,
        sum::pairwise,
    },
};
use rayon::prelude::*;

/// Rows per task; fixed, so that sums do not depend on the number of threads.
const ROWS: usize = 1 << 12;
/// Rows that are added up one after the other.
const RUN: usize = 16;

/// Evaluates potentials of a network. `jump(i, j)` is what the potential difference between neighbours i and j has besides
/// `x_i - x_j`, such as the macroscopic drop across the seam of a periodic cell; `jump(j, i) = -jump(i, j)`.
#[derive(Debug, Clone, Copy)]
pub struct NetworkLedger<'a, J> {
    network: &'a Network,
    jump: J,
}

impl<'a, J: Fn(usize, usize) -> f64 + Sync> NetworkLedger<'a, J> {
    /// For a network whose potential jumps so; `|_, _| 0.0` where it does not.
    pub fn new(network: &'a Network, jump: J) -> Self {
        Self { network, jump }
    }

    /// Balances potential `x`: energy in [`Network::unit`], currents that enter and leave through leaks and sources, and in
    /// `residual` the current that each unknown lacks.
    pub fn balance(&self, x: &[f64], residual: &mut [f64]) -> Balance {
        let parts: Vec<Balance> = residual
            .par_chunks_mut(ROWS)
            .enumerate()
            .map(|(chunk, residual)| {
                let runs = residual.chunks_mut(RUN).enumerate().map(|(run, residual)| {
                    let mut sum = Balance::default();
                    for (i, residual) in (chunk * ROWS + run * RUN..).zip(residual) {
                        *residual = self.row(x, i, &mut sum);
                    }
                    sum
                });
                total(&runs.collect::<Vec<_>>())
            })
            .collect();
        total(&parts)
    }

    /// The current that unknown i lacks; its share of the sums is added, half of each link.
    fn row(&self, x: &[f64], i: usize, sum: &mut Balance) -> f64 {
        let Network {
            graph,
            ends,
            sources,
            ..
        } = self.network;
        let (mut leaving, mut energy) = (0.0, 0.0);
        for (j, weight) in graph.row(i) {
            let drop = x[i] - x[j] + (self.jump)(i, j);
            leaving += weight * drop;
            energy += weight * drop * drop;
        }
        let rise = ends[i] - x[i];
        let entering = graph.leaks[i] * rise + sources[i];
        sum.energy += 0.5 * energy + graph.leaks[i] * rise * rise - 2.0 * sources[i] * x[i];
        sum.inflow += entering.max(0.0);
        sum.outflow -= entering.min(0.0);
        entering - leaving
    }
}

/// Sum of parts, in pairs.
fn total(parts: &[Balance]) -> Balance {
    let sum = |part: fn(&Balance) -> f64| pairwise(&parts.iter().map(part).collect::<Vec<_>>());
    Balance {
        energy: sum(|part| part.energy),
        inflow: sum(|part| part.inflow),
        outflow: sum(|part| part.outflow),
    }
}

impl<J: Fn(usize, usize) -> f64 + Sync> Audit for NetworkLedger<'_, J> {
    fn balance(&self, x: &[f64], residual: &mut [f64]) -> Result<Balance, GpuError> {
        Ok(NetworkLedger::balance(self, x, residual))
    }
}

/// A network's equations with their levels.
#[derive(Clone, Copy)]
pub struct NetworkSystem<'a, T> {
    /// The network and everything below.
    pub levels: &'a Coarse<T>,
    /// Forms residuals and energies.
    pub audit: &'a dyn Audit,
}

impl<T: Real> Equations for NetworkSystem<'_, T> {
    type Real = T;

    fn balance(&self, x: &[f64], residual: &mut [f64]) -> Result<Balance, GpuError> {
        self.audit.balance(x, residual)
    }

    fn bound(&self, residual: &[f64]) -> f64 {
        certificate::graph_bound(self.levels, residual)
    }
}
