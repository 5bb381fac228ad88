//! The flow is never stored: along an edge it is the weight times the difference of two potentials, taken on the level
//! where the edge's ends first share an aggregate.

use super::{GROUPS, Stretch};
use crate::solve::graph::Aggregates;
use rayon::prelude::*;

/// A flow through the graphs from some level to the coarsest.
pub(super) struct Flow<'h> {
    /// Aggregation of each level into the next, coarsest first.
    aggregates: Vec<&'h Aggregates>,
    /// Potentials of each level, coarsest first, one more than `aggregates`.
    potentials: Vec<Vec<f64>>,
    /// Paths of the unknowns of the finest level but one.
    paths: Vec<Path>,
    /// What stands for the aggregation of the coarsest level: all its unknowns meet.
    root: Vec<u32>,
}

/// The flow between unknowns of the finest level described.
#[derive(Clone, Copy)]
pub(super) struct Drops<'f> {
    flow: &'f Flow<'f>,
    parent: &'f [u32],
    potential: Stretch<'f>,
    paths: &'f [Path],
}

/// Levels that a path remembers.
const LEVELS: usize = 7;

/// The way of an unknown to the coarsest level: its aggregate on each, and its potential there. Two paths are compared
/// without a branch on where they meet, which the processor would guess wrongly.
#[derive(Debug, Clone, Copy, Default)]
struct Path {
    aggregates: [u32; LEVELS],
    potentials: [f64; LEVELS],
}

impl Path {
    /// Difference of the potentials where two paths first meet, if they meet on a level that both remember.
    #[inline(always)]
    fn drop(&self, other: &Self) -> Option<f64> {
        let mut meeting = LEVELS;
        for level in (0..LEVELS).rev() {
            meeting = if self.aggregates[level] == other.aggregates[level] {
                level
            } else {
                meeting
            };
        }
        Some(self.potentials.get(meeting)? - other.potentials[meeting])
    }

    /// The path of a member of an aggregate that has this path.
    fn member(&self, aggregate: u32, potential: f64) -> Self {
        let mut path = Self::default();
        path.aggregates[0] = aggregate;
        path.potentials[0] = potential;
        path.aggregates[1..].copy_from_slice(&self.aggregates[..LEVELS - 1]);
        path.potentials[1..].copy_from_slice(&self.potentials[..LEVELS - 1]);
        path
    }
}

impl<'h> Flow<'h> {
    /// The flow of the coarsest level's potentials.
    pub(super) fn new(potential: Vec<f64>) -> Self {
        Self {
            aggregates: Vec::new(),
            root: vec![0; potential.len()],
            potentials: vec![potential],
            paths: Vec::new(),
        }
    }

    /// The flow on the finest level described.
    pub(super) fn drops(&self) -> Drops<'_> {
        self.drops_by(Stretch {
            first: 0,
            values: &self.potentials[self.aggregates.len()],
        })
    }

    /// The same where the potentials of some unknowns are kept elsewhere; those of others are not asked for.
    pub(super) fn drops_by<'f>(&'f self, potential: Stretch<'f>) -> Drops<'f> {
        let last = self.aggregates.last();
        Drops {
            flow: self,
            parent: last.map_or(&self.root, |last| &last.parent),
            potential,
            paths: &self.paths,
        }
    }

    /// Potentials of the coarsest level.
    pub(super) fn coarsest(&self) -> &[f64] {
        &self.potentials[0]
    }

    /// Adds a finer level.
    pub(super) fn extend(&mut self, aggregates: &'h Aggregates, potential: Vec<f64>) {
        let last = self.aggregates.last();
        let finest = &self.potentials[self.potentials.len() - 1];
        let path = |(i, &potential): (usize, &f64)| match last {
            // On the coarsest level all unknowns meet.
            None => Path::default().member(0, potential),
            Some(last) => self.paths[last.parent[i] as usize].member(last.parent[i], potential),
        };
        self.paths = finest
            .par_iter()
            .with_min_len(GROUPS)
            .enumerate()
            .map(path)
            .collect();
        self.aggregates.push(aggregates);
        self.potentials.push(potential);
    }

    /// The same for two unknowns of the finest level but one, however far up they meet.
    #[cold]
    fn walk(&self, mut i: usize, mut j: usize) -> f64 {
        for level in (1..self.aggregates.len()).rev() {
            let (parent, potential) = (&self.aggregates[level - 1].parent, &self.potentials[level]);
            if parent[i] == parent[j] {
                return potential[i] - potential[j];
            }
            (i, j) = (parent[i] as usize, parent[j] as usize);
        }
        self.potentials[0][i] - self.potentials[0][j]
    }
}

impl Drops<'_> {
    /// Flow over weight between two unknowns.
    #[inline(always)]
    pub(super) fn between(&self, i: usize, j: usize) -> f64 {
        let (a, b) = (self.parent[i] as usize, self.parent[j] as usize);
        if a == b {
            return self.potential[i] - self.potential[j];
        }
        self.apart(a, b)
    }

    /// The same between any members of two aggregates.
    #[inline(always)]
    pub(super) fn apart(&self, a: usize, b: usize) -> f64 {
        let drop = self.paths[a].drop(&self.paths[b]);
        drop.unwrap_or_else(|| self.flow.walk(a, b))
    }

    /// Flow over leak from an unknown to the electrodes.
    pub(super) fn leak(&self, i: usize) -> f64 {
        let up = self.flow.aggregates.iter().rev();
        let root = up.fold(i, |i, aggregates| aggregates.parent[i] as usize);
        self.flow.potentials[0][root]
    }
}
