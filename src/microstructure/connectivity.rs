//! Clusters: which voxels can carry a current from one electrode to the other.
//!
//! Runs of connected voxels along the rows are joined by union-find, first inside slabs of planes (in parallel), then
//! across the slabs. A cluster counts as *through* when it touches both the plane before the first and the plane behind
//! the last; everything else is dead or floating and carries nothing. Cost: two passes over the codes.

mod bits;

use bits::{contacts_of, runs_of};
use rayon::prelude::*;
use std::ops::Range;

/// Which voxels connect, and what lies beyond the ends of the first axis.
#[derive(Debug, Clone, Copy)]
pub struct Links<'a> {
    /// Voxels along the three axes, the two ghost planes not counted.
    pub shape: [usize; 3],
    /// Codes of `shape[0] + 2` planes: the ghosts before, the volume, the ghosts behind.
    pub codes: &'a [u8],
    /// Whether two codes connect along an axis: `joins[axis][a << 8 | b]`.
    pub joins: [&'a [bool]; 3],
    /// Whether rows and columns wrap round.
    pub wraps: Wraps,
}

/// How the second and third axis end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wraps {
    /// They end.
    No,
    /// First and last are neighbours.
    Yes,
}

/// Consecutive connected voxels of one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Run {
    start: u32,
    end: u32,
}

/// The runs of a slab of planes and their union-find forest.
struct Slab {
    /// First run of each row, and the end.
    rows: Vec<usize>,
    runs: Vec<Run>,
    parent: Vec<u32>,
    /// Bits of each row, if conducting voxels always connect.
    bits: Vec<u64>,
}

const PLANES: usize = 8;

/// Which codes conduct at all, and along which axes any two of them join.
struct Rules {
    conducts: [bool; 256],
    always: [bool; 3],
}

impl Links<'_> {
    fn rules(&self) -> Rules {
        let own = |code: u8| (0..3).any(|axis| self.joined(axis, code, code));
        let conducts: [bool; 256] = std::array::from_fn(|code| u8::try_from(code).is_ok_and(own));
        let live: Vec<u8> = (0..=u8::MAX)
            .filter(|&code| conducts[usize::from(code)])
            .collect();
        let all = |axis| {
            live.iter()
                .all(|&a| live.iter().all(|&b| self.joined(axis, a, b)))
        };
        let always = [all(0), all(1), all(2)];
        Rules { conducts, always }
    }

    fn row(&self, plane: usize, y: usize) -> &[u8] {
        let start = (plane * self.shape[1] + y) * self.shape[2];
        &self.codes[start..start + self.shape[2]]
    }

    fn joined(&self, axis: usize, a: u8, b: u8) -> bool {
        self.joins[axis][usize::from(a) << 8 | usize::from(b)]
    }

    /// Finds every voxel of the volume that belongs to a through-cluster.
    pub fn through(&self) -> Through {
        let rules = self.rules();
        let planes = |slab: usize| slab * PLANES..((slab + 1) * PLANES).min(self.shape[0]);
        let slabs: Vec<Slab> = (0..self.shape[0].div_ceil(PLANES))
            .into_par_iter()
            .map(|slab| self.slab(planes(slab), &rules))
            .collect();
        let mut forest = Forest::join(&slabs);
        self.stitch(&mut forest, &rules);
        let touches = self.carries(&mut forest);
        Through { forest, touches }
    }

    fn slab(&self, planes: Range<usize>, rules: &Rules) -> Slab {
        let height = self.shape[1];
        let voxels = planes.len() * height * self.shape[2];
        let (mut rows, mut runs) = (vec![0], Vec::with_capacity(voxels / 4));
        let mut bits = Vec::new();
        for row in 0..planes.len() * height {
            let codes = self.row(planes.start + 1 + row / height, row % height);
            if rules.always == [true; 3] {
                let first = bits.len();
                bits.extend(codes.chunks(64).map(|codes| rules.word(codes)));
                runs_of(&bits[first..], index(codes.len()), &mut runs);
            } else {
                self.find_runs(codes, rules, &mut runs);
            }
            rows.push(runs.len());
        }
        let parent = (0..index(runs.len())).collect();
        let mut slab = Slab {
            rows,
            runs,
            parent,
            bits,
        };
        for row in 0..planes.len() * height {
            if row % height > 0 {
                self.join_rows(&mut slab, row - 1, row, (1, planes.start, rules));
            }
            if row >= height {
                self.join_rows(&mut slab, row - height, row, (0, planes.start, rules));
            }
            if self.wraps == Wraps::Yes && height > 2 && row % height + 1 == height {
                self.join_rows(&mut slab, row + 1 - height, row, (1, planes.start, rules));
            }
        }
        slab
    }

    fn find_runs(&self, row: &[u8], rules: &Rules, runs: &mut Vec<Run>) {
        let conducts = |code: u8| rules.conducts[usize::from(code)];
        let mut x = 0;
        while let Some(gap) = row[x..].iter().position(|&code| conducts(code)) {
            let start = x + gap;
            let rest = &row[start..];
            let length = if rules.always[2] {
                rest.iter().position(|&code| !conducts(code))
            } else {
                let parts = rest
                    .windows(2)
                    .position(|pair| !self.joined(2, pair[0], pair[1]));
                parts.map(|last| last + 1)
            };
            x = length.map_or(row.len(), |length| start + length);
            runs.push(Run {
                start: index(start),
                end: index(x),
            });
        }
    }

    /// Joins the touching runs of two rows of a slab (and the ends of a row that wraps round).
    fn join_rows(
        &self,
        slab: &mut Slab,
        a: usize,
        b: usize,
        (axis, first, rules): (usize, usize, &Rules),
    ) {
        let row = |row: usize| self.row(first + 1 + row / self.shape[1], row % self.shape[1]);
        let Slab {
            rows,
            runs,
            parent,
            bits,
        } = slab;
        if !bits.is_empty() {
            let words = self.shape[2].div_ceil(64);
            let [bits_a, bits_b] = [a, b].map(|row| &bits[row * words..(row + 1) * words]);
            contacts_of(bits_a, bits_b, |i, j| {
                unite(parent, rows[a] + i, rows[b] + j)
            });
            return;
        }
        self.contacts(
            (row(a), &runs[rows[a]..rows[a + 1]]),
            (row(b), &runs[rows[b]..rows[b + 1]]),
            (axis, rules),
            |i, j| unite(parent, rows[a] + i, rows[b] + j),
        );
    }

    /// Reports each pair of runs with at least one connected pair of voxels.
    fn contacts(
        &self,
        (codes_a, runs_a): (&[u8], &[Run]),
        (codes_b, runs_b): (&[u8], &[Run]),
        (axis, rules): (usize, &Rules),
        mut found: impl FnMut(usize, usize),
    ) {
        let (mut i, mut j) = (0, 0);
        while i < runs_a.len() && j < runs_b.len() {
            let (a, b) = (runs_a[i], runs_b[j]);
            let mut span = a.start.max(b.start) as usize..a.end.min(b.end) as usize;
            let touches = if rules.always[axis] {
                !span.is_empty()
            } else {
                span.any(|x| self.joined(axis, codes_a[x], codes_b[x]))
            };
            if touches {
                found(i, j);
            }
            if a.end <= b.end { i += 1 } else { j += 1 }
        }
    }

    /// Joins what touches across slabs and, where rows wrap round, across the seam.
    fn stitch(&self, forest: &mut Forest, rules: &Rules) {
        let rows = self.shape[0] * self.shape[1];
        for boundary in (PLANES..self.shape[0]).step_by(PLANES) {
            for y in 0..self.shape[1] {
                let b = boundary * self.shape[1] + y;
                self.join_planes(forest, b - self.shape[1], b, rules);
            }
        }
        if self.wraps == Wraps::Yes {
            for row in 0..rows {
                let runs = forest.rows[row]..forest.rows[row + 1];
                let codes = self.row(1 + row / self.shape[1], row % self.shape[1]);
                let ends = (
                    forest.runs[runs.clone()].first(),
                    forest.runs[runs.clone()].last(),
                );
                if let (Some(first), Some(last)) = ends
                    && (first.start, last.end as usize) == (0, codes.len())
                    && self.joined(2, codes[codes.len() - 1], codes[0])
                {
                    unite(&mut forest.parent, runs.start, runs.end - 1);
                }
            }
        }
    }

    /// Joins the touching runs of two rows, one above the other.
    fn join_planes(&self, forest: &mut Forest, a: usize, b: usize, rules: &Rules) {
        let row = |row: usize| self.row(1 + row / self.shape[1], row % self.shape[1]);
        let Forest { rows, runs, parent } = forest;
        self.contacts(
            (row(a), &runs[rows[a]..rows[a + 1]]),
            (row(b), &runs[rows[b]..rows[b + 1]]),
            (0, rules),
            |i, j| unite(parent, rows[a] + i, rows[b] + j),
        );
    }

    /// Whether the cluster of each root touches the ghosts before and behind.
    fn carries(&self, forest: &mut Forest) -> Vec<[bool; 2]> {
        let mut touches = vec![[false; 2]; forest.parent.len()];
        for (end, plane, ghost) in [(0, 1, 0), (1, self.shape[0], self.shape[0] + 1)] {
            for y in 0..self.shape[1] {
                let (codes, beyond) = (self.row(plane, y), self.row(ghost, y));
                let row = (plane - 1) * self.shape[1] + y;
                for i in forest.rows[row]..forest.rows[row + 1] {
                    let mut span = forest.runs[i].start as usize..forest.runs[i].end as usize;
                    if span.any(|x| self.joined(0, codes[x], beyond[x])) {
                        touches[find(&mut forest.parent, i)][end] = true;
                    }
                }
            }
        }
        // Parents come before their children, so theirs are roots already.
        for i in 0..forest.parent.len() {
            forest.parent[i] = forest.parent[forest.parent[i] as usize];
        }
        touches
    }
}

/// What joins both ends.
pub struct Through {
    forest: Forest,
    /// Whether the cluster of each root touches the ghosts before and behind.
    touches: Vec<[bool; 2]>,
}

impl Through {
    /// Voxels of a row, ghosts not counted, that belong to a through-cluster, ascending.
    pub fn row(&self, row: usize) -> impl Iterator<Item = Range<usize>> {
        let Self { forest, touches } = self;
        let runs = forest.rows[row]..forest.rows[row + 1];
        let carries = |&i: &usize| touches[forest.parent[i] as usize] == [true, true];
        let runs = runs.filter(carries).map(|i| forest.runs[i]);
        runs.map(|run| run.start as usize..run.end as usize)
    }
}

/// All runs of the volume.
struct Forest {
    rows: Vec<usize>,
    runs: Vec<Run>,
    parent: Vec<u32>,
}

impl Forest {
    /// Lays the slabs one behind the other.
    fn join(slabs: &[Slab]) -> Self {
        let offsets = slabs.iter().scan(0, |end, slab| {
            let offset = *end;
            *end += slab.runs.len();
            Some(offset)
        });
        let parts: Vec<(&Slab, usize)> = slabs.iter().zip(offsets).collect();
        let all = parts
            .last()
            .map_or(0, |(slab, offset)| offset + slab.runs.len());
        let runs = || {
            let mut runs = Vec::with_capacity(all);
            slabs
                .iter()
                .for_each(|slab| runs.extend_from_slice(&slab.runs));
            runs
        };
        let forest = || {
            let (mut rows, mut parent) = (vec![0], Vec::with_capacity(all));
            for &(slab, offset) in &parts {
                rows.extend(slab.rows[1..].iter().map(|row| row + offset));
                let offset = index(offset);
                parent.extend(slab.parent.iter().map(|parent| parent + offset));
            }
            (rows, parent)
        };
        let (runs, (rows, parent)) = rayon::join(runs, forest);
        Self { rows, runs, parent }
    }
}

pub(super) fn find(parent: &mut [u32], i: usize) -> usize {
    let mut i = i;
    while parent[i] as usize != i {
        parent[i] = parent[parent[i] as usize];
        i = parent[i] as usize;
    }
    i
}

pub(super) fn unite(parent: &mut [u32], i: usize, j: usize) {
    if parent[i] == parent[j] {
        return;
    }
    let (i, j) = (find(parent, i), find(parent, j));
    parent[i.max(j)] = index(i.min(j));
}

/// An index of a run of voxels, or a place in a row, in 32 bits.
///
/// # Panics
/// Where it does not fit, which more than 2^32 voxels are needed for.
#[inline]
pub(super) fn index(x: usize) -> u32 {
    match u32::try_from(x) {
        Ok(x) => x,
        Err(_) => panic!("{x} runs of voxels do not fit into 32 bits"),
    }
}
