//! A network of any conductances on a grid of cells: the finest level where a seven-point stencil does not say it.
//!
//! `sum_j w_ij (x_i - x_j + u_ij) + g_i (x_i - e_i) = s_i`: conductances w between unknowns, leaks g to fixed potentials e,
//! currents s that are given, and, across a seam where the potential jumps, u. A cell may hold no unknown, one (a potential),
//! two (an ionic and an electronic one) or more. Energy `sum w (x_i - x_j + u_ij)^2 + sum g (x_i - e_i)^2 - 2 sum s_i x_i`,
//! smallest for the solution; that of any other x is above it by exactly the squared energy norm of its error.
//!
//! Conductances are stored over the largest of them, [`Network::unit`], so that single precision holds them; currents are
//! stored over the same unit, and energies come in it. Cost: 12 bytes per entry, rows filled up to six entries.

mod build;
mod ledger;

pub use build::Row;
pub use ledger::{NetworkLedger, NetworkSystem};

use super::{cells::Cells, graph::Graph, hierarchy::Coarse};
use crate::field::Real;
use rayon::prelude::*;

/// Conductances, leaks and currents on the cells of a grid.
#[derive(Debug, Clone, Default)]
pub struct Network {
    /// Conductances and leaks over [`Network::unit`].
    pub graph: Graph<f64>,
    /// Where the unknowns sit.
    pub cells: Cells,
    /// The largest conductance.
    pub unit: f64,
    /// The potential that each unknown's leak goes to.
    pub ends: Vec<f64>,
    /// The current given to each unknown, over [`Network::unit`].
    pub sources: Vec<f64>,
}

impl Network {
    /// Unknowns.
    pub fn len(&self) -> usize {
        self.graph.len()
    }

    /// Whether there is no unknown.
    pub fn is_empty(&self) -> bool {
        self.graph.is_empty()
    }

    /// Smallest conductance that is not zero, over the largest.
    pub fn weakest(&self) -> f64 {
        let all = self.graph.weights.par_iter().chain(&self.graph.leaks);
        all.copied()
            .filter(|&w| w > 0.0)
            .reduce(|| f64::INFINITY, f64::min)
    }

    /// Every level of multigrid, this one first: two by place, then matching.
    pub fn levels<T: Real>(&self) -> Coarse<T> {
        let graph = Graph {
            starts: self.graph.starts.clone(),
            columns: self.graph.columns.clone(),
            weights: rounded(&self.graph.weights),
            leaks: rounded(&self.graph.leaks),
            formed: None,
        };
        let mut cells: Option<Cells> = None;
        let coarse = Coarse::new(graph, 1, |level, graph| {
            let (aggregates, coarser) = match &cells {
                None if level == 0 => self.cells.aggregate(graph),
                Some(cells) if level == 1 => cells.aggregate(graph),
                _ => return None,
            };
            cells = Some(coarser);
            Some(aggregates)
        });
        coarse.with_weakest(self.weakest())
    }

    /// Grounds every connected part that has no leak: its best connected unknown gets a leak as large as its other conductances
    /// together, to potential 0. Where the currents given to the part sum to zero nothing flows through it but what rounding
    /// leaves of that sum s, with a dissipation of s^2 over the leak: a weak leak is felt long before the equations are solved.
    /// Returns how many parts there were.
    pub fn ground(&mut self) -> usize {
        let mut part = vec![u32::MAX; self.len()];
        let mut stack = Vec::new();
        let mut grounded = 0;
        for first in 0..self.len() {
            if part[first] != u32::MAX {
                continue;
            }
            let (mut leaks, mut best) = (false, (first, 0.0));
            stack.push(first);
            part[first] = super::graph::id(first);
            while let Some(i) = stack.pop() {
                leaks |= self.graph.leaks[i] > 0.0;
                let diagonal = self.graph.row(i).map(|(_, weight)| weight).sum();
                if diagonal > best.1 {
                    best = (i, diagonal);
                }
                for (j, _) in self.graph.row(i).filter(|&(_, weight)| weight > 0.0) {
                    if part[j] == u32::MAX {
                        part[j] = super::graph::id(first);
                        stack.push(j);
                    }
                }
            }
            if !leaks {
                let (grounding, diagonal) = best;
                self.graph.leaks[grounding] = if diagonal > 0.0 { diagonal } else { 1.0 };
                self.ends[grounding] = 0.0;
                grounded += 1;
            }
        }
        grounded
    }
}

fn rounded<T: Real>(values: &[f64]) -> Vec<T> {
    values.par_iter().map(|&value| T::of(value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two cells of two unknowns each, and one of none.
    fn network() -> Network {
        Network::new(
            [1, 1, 3],
            |cell| [2, 2, 0][cell[2]],
            |cells, [z, y, x], n, row| {
                let beyond = cells.unknowns([z, y, 1 - x]).start;
                row.link(beyond + n, if n == 0 { 2.0 } else { 8.0 });
                if n == 1 && x == 0 {
                    row.leak(4.0, 1.0);
                    row.leak(4.0, 0.0);
                }
            },
        )
    }

    #[test]
    fn conductances_are_stored_over_the_largest() {
        let network = network();
        assert_eq!((network.len(), network.unit), (4, 8.0));
        let row: Vec<(usize, f64)> = network.graph.row(0).filter(|entry| entry.1 > 0.0).collect();
        assert_eq!(row, [(2, 0.25)]);
        // Two leaks are one, to the mean of their potentials.
        assert_eq!((network.graph.leaks[1], network.ends[1]), (1.0, 0.5));
        assert_eq!(network.weakest(), 0.25);
        assert_eq!(network.cells.unknowns([0, 0, 1]), 2..4);
        assert!(network.cells.unknowns([0, 0, 2]).is_empty());
    }

    #[test]
    fn parts_without_leak_are_grounded_once() {
        let mut network = network();
        assert_eq!(network.ground(), 1);
        assert_eq!(network.graph.leaks, [0.25, 1.0, 0.0, 0.0]);
        assert_eq!(network.ground(), 0);
    }

    #[test]
    fn a_part_is_grounded_where_it_is_best_connected() {
        // A chain whose last link is a million times the others.
        let mut chain = Network::new(
            [1, 1, 4],
            |_| 1,
            |cells, [z, y, x], _, row| {
                let mut link = |beyond: usize, weight| {
                    row.link(cells.unknowns([z, y, beyond]).start, weight);
                };
                if x > 0 {
                    link(x - 1, if x == 3 { 1.0 } else { 1e-6 });
                }
                if x < 3 {
                    link(x + 1, if x == 2 { 1.0 } else { 1e-6 });
                }
            },
        );
        assert_eq!(chain.ground(), 1);
        assert_eq!(chain.graph.leaks, [0.0, 0.0, 1.0 + 1e-6, 0.0]);
    }

    #[test]
    fn every_level_keeps_the_sum_of_leaks() {
        let network = network();
        let levels = network.levels::<f64>();
        assert_eq!(levels.levels.len(), 1);
        let sum = |graph: &Graph<f64>| graph.leaks.iter().sum::<f64>();
        assert_eq!(sum(&levels.coarsest), sum(&network.graph));
        // Nothing joins the first unknowns of the cells to the second ones, so they stay apart.
        assert_eq!(levels.coarsest.len(), 2);
    }
}
