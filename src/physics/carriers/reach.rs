//! What is reached: which voxels are attached to the terminals of their carriers, and which active material is dead.

use super::{ELECTRONS, Electrode, IONS, assembly::Assembly};
use crate::microstructure::{connectivity::Wraps, squared_distances};
use ndarray::Array3;

/// Bits of the carriers whose terminal each voxel is attached to through voxels that conduct them.
pub(super) fn attached(assembly: &Assembly) -> Vec<u8> {
    let mut bits = vec![0u8; assembly.codes.len()];
    for carrier in [IONS, ELECTRONS] {
        if assembly.contacted[carrier] == [false; 2] {
            // Blocked at both ends it moves between sites alone.
            let conducting = |index: &usize| assembly.conducts(carrier, assembly.codes[*index]);
            let all = (0..bits.len()).filter(conducting).collect::<Vec<_>>();
            all.into_iter()
                .for_each(|index| bits[index] |= 1 << carrier);
            continue;
        }
        let ends = [0, 1].map(|end| assembly.layer(assembly.last(end)));
        let start = ends.into_iter().flatten();
        let start = start.filter(|&voxel| assembly.terminal(voxel, carrier).is_some());
        let joined = |axis, codes| assembly.link(carrier, axis, codes).conductance > 0.0;
        flood(assembly, start, joined, |voxel| {
            let bit = &mut bits[voxel];
            let new = *bit & 1 << carrier == 0;
            *bit |= 1 << carrier;
            new
        });
    }
    bits
}

/// Goes from voxels to all that are joined to them; `mark` says whether a voxel is new.
fn flood(
    assembly: &Assembly,
    start: impl Iterator<Item = [usize; 3]>,
    joined: impl Fn(usize, [u8; 2]) -> bool,
    mut mark: impl FnMut(usize) -> bool,
) {
    let mut stack: Vec<[usize; 3]> = start.filter(|&voxel| mark(assembly.index(voxel))).collect();
    while let Some(voxel) = stack.pop() {
        let own = assembly.codes[assembly.index(voxel)];
        for axis in 0..3 {
            for ahead in [false, true] {
                let Some(other) = assembly.beyond(voxel, axis, ahead) else {
                    continue;
                };
                let index = assembly.index(other);
                if joined(axis, [own, assembly.codes[index]]) && mark(index) {
                    stack.push(other);
                }
            }
        }
    }
}

/// Active material by what reaches it, in parts of all of it.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Dead {
    /// Reached by electrons, not by ions.
    pub ions: f64,
    /// Reached by ions, not by electrons.
    pub electrons: f64,
    /// Reached by neither.
    pub both: f64,
}

impl Dead {
    /// Reached by both.
    pub fn alive(&self) -> f64 {
        1.0 - self.ions - self.electrons - self.both
    }
}

/// Which active material is dead; none where there is no active material.
pub(super) fn dead(problem: &Electrode<'_>, assembly: &Assembly) -> Option<Dead> {
    let active = |index: usize| problem.active[usize::from(assembly.codes[index])];
    let count = (0..assembly.codes.len())
        .filter(|&index| active(index))
        .count();
    if count == 0 {
        return None;
    }
    let reached = [IONS, ELECTRONS].map(|carrier| match problem.reach {
        Some(reach) => near(problem, assembly, (carrier, reach)),
        None => touched(problem, assembly, carrier),
    });
    let mut dead = Dead::default();
    for index in (0..assembly.codes.len()).filter(|&index| active(index)) {
        let part = match (reached[IONS][index], reached[ELECTRONS][index]) {
            (true, true) => continue,
            (false, true) => &mut dead.ions,
            (true, false) => &mut dead.electrons,
            (false, false) => &mut dead.both,
        };
        *part += 1.0 / count as f64;
    }
    Some(dead)
}

/// Voxels whose centre is within reach of the surface of a voxel that is attached.
fn near(problem: &Electrode<'_>, assembly: &Assembly, (carrier, reach): (usize, f64)) -> Vec<bool> {
    let [depth, rows, columns] = assembly.shape;
    let there = |(z, y, x)| {
        let live = assembly.live[assembly.index([z, y, x])];
        if live & 1 << carrier == 0 {
            f32::INFINITY
        } else {
            0.0
        }
    };
    let mut squares = Array3::from_shape_fn((depth, rows, columns), there);
    let side = match problem.sides {
        crate::physics::conduction::Sides::Mirror => Wraps::No,
        crate::physics::conduction::Sides::Periodic => Wraps::Yes,
    };
    // Distances in the smallest edge: the square of one in metres leaves single precision.
    let smallest = assembly.edges.iter().copied().fold(f64::INFINITY, f64::min);
    let edges = assembly.edges.map(|edge| edge / smallest);
    squared_distances(&mut squares, edges, [Wraps::No, side, side]);
    // The surface lies half a voxel before the centre; distances are rounded to seven digits.
    let limit = (reach / smallest + 0.5) * 1.000_01;
    squares
        .iter()
        .map(|&square| f64::from(square) <= limit * limit)
        .collect()
}

/// Connected pieces of active material that an attached voxel touches, or that are attached themselves.
fn touched(problem: &Electrode<'_>, assembly: &Assembly, carrier: usize) -> Vec<bool> {
    let active = |code: u8| problem.active[usize::from(code)];
    let live = |voxel| assembly.unknown(voxel, carrier).is_some();
    let start = (0..assembly.codes.len())
        .map(|index| assembly.voxel(index))
        .filter(|&voxel| {
            let round = || (0..3).flat_map(|axis| [false, true].map(|ahead| (axis, ahead)));
            active(assembly.codes[assembly.index(voxel)])
                && (live(voxel)
                    || round()
                        .any(|(axis, ahead)| assembly.beyond(voxel, axis, ahead).is_some_and(live)))
        });
    let mut found = vec![false; assembly.codes.len()];
    let joined = |_, codes: [u8; 2]| active(codes[0]) && active(codes[1]);
    flood(assembly, start, joined, |voxel| {
        !std::mem::replace(&mut found[voxel], true)
    });
    found
}
