//! The last step of a solve: the content is made least along three directions, both potentials as wholes and all potentials in
//! proportion, by Newton's method in three unknowns. Charge and energy are then balanced to rounding, whatever error is left.

use super::{ELECTRONS, IONS, sums::Driven};
use crate::solve::network::Network;
use rayon::prelude::*;

const STEPS: usize = 4;
/// Part of its square that a direction must have beside the others.
const INDEPENDENT: f64 = 1e-13;
/// Numbers per task; fixed, so that sums do not depend on the number of threads.
const CHUNK: usize = 1 << 13;

impl Driven<'_> {
    /// Balances charge and energy.
    pub(super) fn polish(&self, x: &mut [f64]) {
        for _ in 0..STEPS {
            let network = self.tangent(x);
            let directions = [
                self.whole(IONS, x.len()),
                self.whole(ELECTRONS, x.len()),
                x.to_vec(),
            ];
            let shares = least(&network, &directions);
            for (direction, share) in directions.iter().zip(shares) {
                x.iter_mut()
                    .zip(direction)
                    .for_each(|(x, d)| *x += share * d);
            }
        }
    }

    /// 1 for every unknown of a carrier.
    fn whole(&self, carrier: usize, count: usize) -> Vec<f64> {
        let mut ones = vec![0.0; count];
        for z in 0..self.assembly.shape[0] {
            for voxel in self.assembly.layer(z) {
                if let Some(unknown) = self.assembly.unknown(voxel, carrier) {
                    ones[unknown] = 1.0;
                }
            }
        }
        ones
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    let chunks = a.par_chunks(CHUNK).zip(b.par_chunks(CHUNK));
    let sums: Vec<f64> = chunks
        .map(|(a, b)| a.iter().zip(b).map(|(a, b)| a * b).sum())
        .collect();
    sums.into_iter().sum()
}

/// `A v` of a network.
fn applied(network: &Network, v: &[f64]) -> Vec<f64> {
    let row = |i: usize| {
        let flows = network
            .graph
            .row(i)
            .map(|(j, weight)| weight * (v[i] - v[j]));
        network.graph.leaks[i] * v[i] + flows.sum::<f64>()
    };
    (0..v.len())
        .into_par_iter()
        .with_min_len(CHUNK)
        .map(row)
        .collect()
}

/// How much of each direction makes the energy least: three equations by elimination, leaving out what depends on the others.
fn least(network: &Network, directions: &[Vec<f64>; 3]) -> [f64; 3] {
    let applied: Vec<Vec<f64>> = directions.iter().map(|d| applied(network, d)).collect();
    let mut matrix: [[f64; 4]; 3] = std::array::from_fn(|i| {
        std::array::from_fn(|j| match j {
            3 => dot(&directions[i], &network.sources),
            j => dot(&directions[i], &applied[j]),
        })
    });
    let squares = [0, 1, 2].map(|k| matrix[k][k]);
    let mut used = Vec::new();
    for (k, square) in squares.into_iter().enumerate() {
        used.push(matrix[k][k] > INDEPENDENT * square);
        if !used[k] {
            continue;
        }
        let pivot = matrix[k];
        for row in matrix.iter_mut().skip(k + 1) {
            let factor = row[k] / pivot[k];
            (k..4).for_each(|j| row[j] -= factor * pivot[j]);
        }
    }
    let mut shares = [0.0; 3];
    for k in (0..3).rev().filter(|&k| used[k]) {
        let known: f64 = (k + 1..3).map(|j| matrix[k][j] * shares[j]).sum();
        shares[k] = (matrix[k][3] - known) / matrix[k][k];
    }
    shares
}
