//! Flows inside one aggregate: the unbalanced currents of its members, which sum to zero, settled with least dissipation.

use super::{
    blocks::{self, Uniform},
    graph::Graph,
    krylov,
    stencil::Stencil,
};
use crate::field::Real;
use std::collections::HashMap;

/// Members up to which the local system is factorised; larger ones are stars and iterate quickly.
const DENSE: usize = 64;
/// Numbers that are worked on at once.
const LANES: usize = 8;

/// The local problem of an aggregate, reused between aggregates.
#[derive(Debug, Default)]
pub(crate) struct Local {
    size: usize,
    charges: Vec<f64>,
    potentials: Vec<f64>,
    /// Currents as elimination leaves them.
    rest: Vec<f64>,
    /// Operator of up to [`DENSE`] members, row by row, each filled up to whole vectors of [`LANES`].
    matrix: Vec<f64>,
    width: usize,
    /// Couplings of more as (from, to, weight), both directions.
    couplings: Vec<(usize, usize, f64)>,
}

impl Local {
    /// Begins an aggregate of `size` members.
    #[inline(always)]
    pub(crate) fn begin(&mut self, size: usize) {
        self.size = size;
        self.couplings.clear();
        self.matrix.clear();
        self.width = size.next_multiple_of(LANES);
        if size <= DENSE {
            self.matrix.resize(size * self.width, 0.0);
        }
        self.charges.clear();
        self.charges.resize(size, 0.0);
        self.potentials.clear();
        self.potentials.resize(self.width, 0.0);
    }

    /// Adds a coupling in one direction.
    #[inline(always)]
    pub(crate) fn couple(&mut self, from: usize, to: usize, weight: f64) {
        if self.size <= DENSE {
            let row = &mut self.matrix[from * self.width..][..self.width];
            row[from] += weight;
            row[to] -= weight;
        } else {
            self.couplings.push((from, to, weight));
        }
    }

    /// Sets the unbalanced current of a member.
    #[inline(always)]
    pub(crate) fn charge(&mut self, member: usize, current: f64) {
        self.charges[member] = current;
    }

    /// Potentials of the members after [`Local::settle`].
    #[inline(always)]
    pub(crate) fn potentials(&self) -> &[f64] {
        &self.potentials[..self.size]
    }

    /// Solves for the potentials, that of the best connected member at zero; returns the dissipation.
    #[inline(always)]
    pub(crate) fn settle(&mut self) -> f64 {
        if self.size <= DENSE {
            return self.eliminate();
        }
        self.iterate();
        let pairs = self.potentials.iter().zip(&self.charges);
        pairs.map(|(u, s)| u * s).sum()
    }

    /// Gaussian elimination, the best connected member grounded. Nothing is subtracted from a positive number: a pivot is the sum of
    /// the weights that are left to its member (W. K. Grassmann, M. I. Taksar, D. P. Heyman, Oper. Res. 33, 1107, 1985), so that
    /// weights of any contrast leave relative errors of some `n u` (C. O'Cinneide, Numer. Math. 65, 109, 1993). The dissipation is the sum
    /// of squares `rest^2 / pivot`, never negative, whatever cancels in the charges. Whole rows are worked on, what is left of a pivot too:
    /// it meets potentials that are still zero.
    #[inline(always)]
    fn eliminate(&mut self) -> f64 {
        let (n, width) = (self.size, self.width);
        let diagonal = |i: usize| self.matrix[i * width + i];
        let ground = (1..n).fold(0, |best, i| {
            if diagonal(i) > diagonal(best) {
                i
            } else {
                best
            }
        });
        self.rest.clone_from(&self.charges);
        self.exchange(ground);
        let (matrix, x) = (&mut self.matrix, &mut self.potentials);
        let mut energy = 0.0;
        for k in 1..n {
            let (done, below) = matrix.split_at_mut((k + 1) * width);
            let row = &mut done[k * width..];
            let left = row[0] + row[k + 1..n].iter().sum::<f64>();
            // Of a member without any weight, whose charge the certificate then has to pay for.
            row[k] = (-left).max(f64::MIN_POSITIVE);
            let inverse = 1.0 / row[k];
            energy += self.rest[k] * (self.rest[k] * inverse);
            for (i, other) in (k + 1..n).zip(below.chunks_exact_mut(width)) {
                let factor = other[k] * inverse;
                subtract(factor, row, other);
                self.rest[i] -= factor * self.rest[k];
            }
        }
        for k in (1..n).rev() {
            let row = &matrix[k * width..][..width];
            x[k] = (self.rest[k] - product(row, x)) / row[k];
        }
        x.swap(0, ground);
        energy
    }

    /// Puts a member in the place of the first, and that in its.
    #[inline(always)]
    fn exchange(&mut self, member: usize) {
        if member == 0 {
            return;
        }
        let width = self.width;
        self.rest.swap(0, member);
        let (first, others) = self.matrix.split_at_mut(member * width);
        first[..width].swap_with_slice(&mut others[..width]);
        let rows = self.matrix.chunks_exact_mut(width);
        rows.for_each(|row| row.swap(0, member));
    }

    /// The same by conjugate gradients, for the members of a star. Member 0 takes what rounding left of the sum of all charges, as
    /// it does where it is grounded: a singular system with charges that do not cancel has no solution to converge to.
    fn iterate(&mut self) {
        let size = self.size;
        self.charges[0] -= self.charges.iter().sum::<f64>();
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

/// `other -= factor row`.
#[inline(always)]
fn subtract(factor: f64, row: &[f64], other: &mut [f64]) {
    let vectors = other.chunks_exact_mut(LANES).zip(row.chunks_exact(LANES));
    for (other, row) in vectors {
        (0..LANES).for_each(|lane| other[lane] -= factor * row[lane]);
    }
}

/// `row . x`.
#[inline(always)]
fn product(row: &[f64], x: &[f64]) -> f64 {
    let mut lanes = [0.0; LANES];
    for (row, x) in row.chunks_exact(LANES).zip(x.chunks_exact(LANES)) {
        (0..LANES).for_each(|lane| lanes[lane] += row[lane] * x[lane]);
    }
    lanes.iter().sum()
}

/// Potentials that settle charges, and the dissipation of their flow.
#[derive(Debug)]
pub(crate) struct Settled {
    pub(crate) potentials: Vec<f64>,
    pub(crate) dissipation: f64,
}

/// Settles charges on a whole graph with its leaks, by elimination as in [`Local`].
pub(crate) fn eliminate<T: Real>(graph: &Graph<T>, charges: &[f64]) -> Settled {
    let n = graph.len();
    // The electrodes are the member that comes last, and is grounded.
    let width = n + 1;
    let mut weights = vec![0.0; n * width];
    for i in 0..n {
        for (j, weight) in graph.row(i).filter(|&(j, _)| j != i) {
            weights[i * width + j] += weight.wide();
        }
        weights[i * width + n] = graph.leaks[i].wide();
    }
    let (mut rest, mut pivots, mut energy) = (charges.to_vec(), vec![0.0; n], 0.0);
    for k in 0..n {
        let (done, below) = weights.split_at_mut((k + 1) * width);
        let row = &done[k * width..];
        let left: f64 = row[k + 1..].iter().sum();
        pivots[k] = left.max(f64::MIN_POSITIVE);
        energy += rest[k] * (rest[k] / pivots[k]);
        for (i, other) in (k + 1..n).zip(below.chunks_exact_mut(width)) {
            let factor = other[k] / pivots[k];
            if factor == 0.0 {
                continue;
            }
            let pairs = other[k + 1..].iter_mut().zip(&row[k + 1..]);
            pairs.for_each(|(other, own)| *other += factor * own);
            rest[i] += factor * rest[k];
        }
    }
    let mut potentials = vec![0.0; n];
    for k in (0..n).rev() {
        let row = &weights[k * width..][..n];
        let from: f64 = (k + 1..n).map(|j| row[j] * potentials[j]).sum();
        potentials[k] = (rest[k] + from) / pivots[k];
    }
    Settled {
        potentials,
        dissipation: energy,
    }
}

/// Settling of 2x2x2 blocks: the dissipation is a quadratic form that depends on the eight codes alone.
#[derive(Debug, Default)]
pub(crate) struct Patterns {
    known: HashMap<[u8; 8], usize>,
    forms: Vec<Form>,
    /// The last block's codes and form: neighbours are alike.
    last: Option<([u8; 8], usize)>,
}

/// A quadratic form of the currents of a block's corners.
pub(crate) type Form = [[f64; 8]; 8];

/// The forms of a medium with one conductivity, by the mask of a block's live corners.
pub(crate) fn forms_of_masks(stencil: &Stencil, uniform: &Uniform) -> Vec<Form> {
    let masks = 0..=u8::MAX;
    masks
        .map(|mask| quadratic_form(stencil, uniform.codes(mask)))
        .collect()
}

impl Patterns {
    /// Dissipation that settles the currents of a block's corners.
    pub(crate) fn settle(&mut self, stencil: &Stencil, codes: [u8; 8], currents: &[f64; 8]) -> f64 {
        let form = match self.last {
            Some((last, form)) if last == codes => form,
            _ => self.form(stencil, codes),
        };
        self.last = Some((codes, form));
        dissipation(&self.forms[form], currents)
    }

    fn form(&mut self, stencil: &Stencil, codes: [u8; 8]) -> usize {
        *self.known.entry(codes).or_insert_with(|| {
            self.forms.push(quadratic_form(stencil, codes));
            self.forms.len() - 1
        })
    }
}

/// `currents . form currents`.
#[inline(always)]
pub(crate) fn dissipation(form: &Form, currents: &[f64; 8]) -> f64 {
    let mut potentials = [0.0; 8];
    for (row, current) in form.iter().zip(currents) {
        potentials
            .iter_mut()
            .zip(row)
            .for_each(|(sum, a)| *sum += current * a);
    }
    potentials
        .iter()
        .zip(currents)
        .map(|(u, current)| u * current)
        .sum()
}

/// Inverse of the local network of a block, layer by layer, the best connected corner of each layer grounded.
fn quadratic_form(stencil: &Stencil, codes: [u8; 8]) -> Form {
    let (layers, count) = blocks::layers_of(stencil, codes);
    let mut form = [[0.0; 8]; 8];
    let mut local = Local::default();
    for layer in 0..count {
        let corners: Vec<usize> = (0..8)
            .filter(|&c| usize::from(layers[c]) == layer)
            .collect();
        for (unit, &charged) in corners.iter().enumerate() {
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
            for (&corner, &potential) in corners.iter().zip(local.potentials()) {
                form[corner][charged] = potential;
            }
        }
    }
    form
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Dissipation in a star of unit weights round member 0, and in the same with charges that cancel to rounding alone.
    fn star(leaves: usize, excess: f64) -> f64 {
        let mut local = Local::default();
        local.begin(leaves + 1);
        for leaf in 1..=leaves {
            local.couple(0, leaf, 1.0);
            local.couple(leaf, 0, 1.0);
            local.charge(leaf, if leaf % 2 == 0 { 1.0 } else { -1.0 });
        }
        local.charge(0, excess);
        local.settle()
    }

    #[test]
    fn charges_that_do_not_cancel_quite_are_settled_all_the_same() {
        for leaves in [DENSE - 2, DENSE * 4] {
            for excess in [0.0, 1e-13, 1e-9, 1e-3] {
                let found = star(leaves, excess);
                // Every leaf carries its unit of current to the hub.
                assert!(
                    (found / leaves as f64 - 1.0).abs() < 1e-12,
                    "{leaves}, {excess:e}: {found}"
                );
            }
        }
    }
}
