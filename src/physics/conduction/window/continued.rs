//! A potential of the windowed medium, continued into the medium as it is so that its energy there is small.
//!
//! What was left out takes the potential of the nearest voxel that was not, and what hangs together in the windowed medium
//! takes one potential, that of an electrode which it touches. Where conductances were cut the potential falls a little
//! inside of what conducts far too well; there it becomes even, too.

use crate::solve::pairwise;
use rayon::prelude::*;
use std::collections::VecDeque;

/// The voxels of a medium and how the windowed one differs.
pub(super) trait Medium: Sync {
    /// The links of a voxel that has an unknown.
    fn links(&self, voxel: usize) -> impl Iterator<Item = Link>;
}

/// A link of a voxel.
#[derive(Debug, Clone, Copy)]
pub(super) struct Link {
    pub(super) end: End,
    pub(super) conductance: f64,
    /// What the unknown beyond stands above the own one where the potential is even.
    pub(super) rise: f64,
    /// Whether the windowed medium has this link.
    pub(super) kept: bool,
    /// Whether it was cut.
    pub(super) cut: bool,
}

/// Where a link leads.
#[derive(Debug, Clone, Copy)]
pub(super) enum End {
    Voxel(usize),
    /// An electrode at a potential.
    Electrode(f64),
}

/// Continues a potential from the voxels where it is known to all others.
pub(super) fn continue_to_all(medium: &impl Medium, x: &mut [f64], known: &mut [bool]) {
    let mut queue = VecDeque::new();
    for voxel in (0..x.len()).filter(|&voxel| !known[voxel]) {
        for link in medium.links(voxel) {
            match link.end {
                End::Electrode(potential) if link.kept => queue.push_front((voxel, potential)),
                End::Voxel(other) if known[other] => queue.push_back((voxel, x[other] - link.rise)),
                _ => {}
            }
        }
    }
    while let Some((voxel, value)) = queue.pop_front() {
        if std::mem::replace(&mut known[voxel], true) {
            continue;
        }
        x[voxel] = value;
        for link in medium.links(voxel) {
            match link.end {
                // First through all that hangs together, so that it has one potential.
                End::Voxel(other) if link.kept => queue.push_front((other, value + link.rise)),
                End::Voxel(other) => queue.push_back((other, value + link.rise)),
                End::Electrode(_) => {}
            }
        }
    }
}

/// Makes a potential even across the links that were cut.
pub(super) fn make_even(medium: &impl Medium, x: &mut [f64]) {
    let mut seen = vec![false; x.len()];
    for first in 0..x.len() {
        if seen[first] || !medium.links(first).any(|link| link.cut) {
            continue;
        }
        seen[first] = true;
        let mut members = vec![(first, 0.0)];
        let (mut next, mut electrode) = (0, None);
        while let Some(&(voxel, rise)) = members.get(next) {
            next += 1;
            for link in medium.links(voxel).filter(|link| link.cut) {
                match link.end {
                    End::Electrode(potential) => electrode = Some(potential - rise),
                    End::Voxel(other) if !seen[other] => {
                        seen[other] = true;
                        members.push((other, rise + link.rise));
                    }
                    End::Voxel(_) => {}
                }
            }
        }
        let sum: f64 = members.iter().map(|&(voxel, rise)| x[voxel] - rise).sum();
        let level = electrode.unwrap_or(sum / super::super::assembly::number(members.len()));
        for (voxel, rise) in members {
            x[voxel] = level + rise;
        }
    }
}

/// Voxels per task; fixed, so that sums do not depend on the number of threads.
const CHUNK: usize = 1 << 13;

/// Energy of a potential that was [made even](make_even). Links that were cut carry none: the potential that `x` stands for is
/// even there, while `x` itself is rounded.
pub(super) fn energy(medium: &impl Medium, x: &[f64]) -> f64 {
    let of_voxel = |voxel: usize| {
        let links = medium.links(voxel).filter(|link| !link.cut);
        let energies = links.map(|link| {
            // Links between voxels are seen from both ends.
            let (other, part) = match link.end {
                End::Voxel(other) => (x[other], 0.5),
                End::Electrode(potential) => (potential, 1.0),
            };
            part * link.conductance * (x[voxel] + link.rise - other).powi(2)
        });
        energies.sum::<f64>()
    };
    let chunks = (0..x.len().div_ceil(CHUNK)).into_par_iter();
    let chunk = |n: usize| {
        let voxels = n * CHUNK..x.len().min((n + 1) * CHUNK);
        pairwise(&voxels.map(of_voxel).collect::<Vec<_>>())
    };
    let sums: Vec<f64> = chunks.map(chunk).collect();
    pairwise(&sums)
}
