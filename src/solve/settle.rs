//! Flows inside one aggregate: the unbalanced currents of its members, which sum to zero, settled with least dissipation.

use super::{blocks, krylov, stencil::Stencil};
use std::collections::HashMap;

/// Members up to which the local system is factorised; larger ones are stars and iterate quickly.
const DENSE: usize = 64;

/// The local problem of an aggregate, reused between aggregates.
#[derive(Debug, Default)]
pub(crate) struct Local {
    size: usize,
    /// Couplings as (from, to, weight), both directions.
    couplings: Vec<(usize, usize, f64)>,
    charges: Vec<f64>,
    potentials: Vec<f64>,
    matrix: Vec<f64>,
}

impl Local {
    /// Begins an aggregate of `size` members.
    pub(crate) fn begin(&mut self, size: usize) {
        self.size = size;
        self.couplings.clear();
        self.charges.clear();
        self.charges.resize(size, 0.0);
        self.potentials.clear();
        self.potentials.resize(size, 0.0);
    }

    /// Adds a coupling in one direction.
    pub(crate) fn couple(&mut self, from: usize, to: usize, weight: f64) {
        self.couplings.push((from, to, weight));
    }

    /// Sets the unbalanced current of a member.
    pub(crate) fn charge(&mut self, member: usize, current: f64) {
        self.charges[member] = current;
    }

    /// Potentials of the members after [`Local::settle`].
    pub(crate) fn potentials(&self) -> impl Iterator<Item = f64> + '_ {
        self.potentials.iter().copied()
    }

    /// Solves for the potentials, member 0 at zero; returns the dissipation.
    pub(crate) fn settle(&mut self) -> f64 {
        if self.size <= DENSE {
            self.factorise()
        } else {
            self.iterate()
        }
        self.potentials
            .iter()
            .zip(&self.charges)
            .map(|(u, s)| u * s)
            .sum()
    }

    /// Cholesky on members 1.. (member 0 is grounded), in place.
    fn factorise(&mut self) {
        let n = self.size - 1;
        self.matrix.clear();
        self.matrix.resize(n * n, 0.0);
        for &(i, j, weight) in &self.couplings {
            if i > 0 {
                self.matrix[(i - 1) * n + i - 1] += weight;
                if j > 0 {
                    self.matrix[(i - 1) * n + j - 1] -= weight;
                }
            }
        }
        self.potentials[1..].copy_from_slice(&self.charges[1..]);
        super::dense::solve_in_place(&mut self.matrix, &mut self.potentials[1..]);
    }

    /// The same by conjugate gradients, for the members of a star.
    fn iterate(&mut self) {
        let size = self.size;
        let couplings = &self.couplings;
        let mut diagonal = vec![0.0; size];
        couplings.iter().for_each(|&(i, _, w)| diagonal[i] += w);
        let apply = |x: &[f64], y: &mut [f64]| {
            y.fill(0.0);
            couplings
                .iter()
                .for_each(|&(i, j, w)| y[i] += w * (x[i] - x[j]));
        };
        self.potentials = krylov::conjugate_gradients(&diagonal, &self.charges, apply).0;
    }
}

/// Settling of 2x2x2 blocks: the dissipation is a quadratic form that depends on the eight codes alone.
#[derive(Debug, Default)]
pub(crate) struct Patterns {
    known: HashMap<[u8; 8], usize>,
    forms: Vec<[[f64; 8]; 8]>,
    /// The last block's codes and form: neighbours are alike.
    last: Option<([u8; 8], usize)>,
}

impl Patterns {
    /// Dissipation that settles the currents of a block's corners.
    pub(crate) fn settle(&mut self, stencil: &Stencil, codes: [u8; 8], currents: &[f64; 8]) -> f64 {
        let form = match self.last {
            Some((last, form)) if last == codes => form,
            _ => *self.known.entry(codes).or_insert_with(|| {
                self.forms.push(quadratic_form(stencil, codes));
                self.forms.len() - 1
            }),
        };
        self.last = Some((codes, form));
        let row = |row: &[f64; 8]| -> f64 { row.iter().zip(currents).map(|(a, c)| a * c).sum() };
        self.forms[form]
            .iter()
            .zip(currents)
            .map(|(form, current)| current * row(form))
            .sum()
    }
}

/// Inverse of the local network of a block, layer by layer, the first corner of each layer grounded.
fn quadratic_form(stencil: &Stencil, codes: [u8; 8]) -> [[f64; 8]; 8] {
    let (layers, count) = blocks::layers_of(stencil, codes);
    let mut form = [[0.0; 8]; 8];
    let mut local = Local::default();
    for layer in 0..count {
        let corners: Vec<usize> = (0..8)
            .filter(|&c| usize::from(layers[c]) == layer)
            .collect();
        for (unit, &charged) in corners.iter().enumerate().skip(1) {
            local.begin(corners.len());
            for (i, &a) in corners.iter().enumerate() {
                for (j, &b) in corners.iter().enumerate() {
                    if let Some(weight) = blocks::corner_coupling(stencil, &codes, a, b) {
                        local.couple(i, j, weight);
                    }
                }
            }
            local.charge(unit, 1.0);
            local.settle();
            for (&corner, potential) in corners.iter().zip(local.potentials()) {
                form[corner][charged] = potential;
            }
        }
    }
    form
}
