//! The flow is never stored: along an edge it is the weight times the difference of two potentials, taken on the level
//! where the edge's ends first share an aggregate; and times that of a third on one level, whose gradient is part of the flow.

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
    /// Potentials whose gradient is part of the flow, of the level that has so many below it.
    gradient: Option<(usize, Vec<f64>)>,
}

/// The flow between unknowns of the finest level described.
#[derive(Clone, Copy)]
pub(super) struct Drops<'f> {
    flow: &'f Flow<'f>,
    parent: &'f [u32],
    potential: Stretch<'f>,
    paths: &'f [Path],
    /// Potentials of the finest level, if it is the one that has a gradient; else empty.
    gradient: &'f [f64],
}

/// Levels that a path remembers.
const LEVELS: usize = 7;

/// The way of an unknown to the coarsest level: its aggregate on each, and its potential there. Two paths are compared
/// without a branch on where they meet, which the processor would guess wrongly.
#[derive(Debug, Clone, Copy, Default)]
struct Path {
    aggregates: [u32; LEVELS],
    potentials: [f64; LEVELS],
    /// Potential whose gradient is part of the flow.
    gradient: f64,
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
        let drop = self.potentials.get(meeting)? - other.potentials[meeting];
        Some(drop + (self.gradient - other.gradient))
    }

    /// The path of a member of an aggregate that has this path.
    fn member(&self, aggregate: u32, potential: f64) -> Self {
        let mut path = Self {
            gradient: self.gradient,
            ..Self::default()
        };
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
            gradient: None,
        }
    }

    /// Adds the gradient of a potential of the finest level described.
    pub(super) fn add_gradient(&mut self, potential: Vec<f64>) {
        self.gradient = Some((self.aggregates.len(), potential));
    }

    /// Potentials of a level, if it is the one that has a gradient.
    fn gradient_of(&self, level: usize) -> &[f64] {
        let gradient = self.gradient.as_ref().filter(|it| it.0 == level);
        gradient.map_or(&[], |it| &it.1)
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
            gradient: self.gradient_of(self.aggregates.len()),
        }
    }

    /// Adds a finer level.
    pub(super) fn extend(&mut self, aggregates: &'h Aggregates, potential: Vec<f64>) {
        let last = self.aggregates.last();
        let finest = &self.potentials[self.potentials.len() - 1];
        let gradient = self.gradient_of(self.aggregates.len());
        let path = |(i, &potential): (usize, &f64)| {
            let mut path = match last {
                // On the coarsest level all unknowns meet.
                None => Path::default().member(0, potential),
                Some(last) => self.paths[last.parent[i] as usize].member(last.parent[i], potential),
            };
            if let Some(&own) = gradient.get(i) {
                path.gradient = own;
            }
            path
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
        let mut drop = 0.0;
        for level in (0..self.aggregates.len()).rev() {
            if let gradient @ [_, ..] = self.gradient_of(level) {
                drop += gradient[i] - gradient[j];
            }
            let potential = &self.potentials[level];
            let above = level.checked_sub(1).map(|above| &self.aggregates[above]);
            match above.map(|above| [i, j].map(|it| above.parent[it] as usize)) {
                Some(parents) if parents[0] != parents[1] => [i, j] = parents,
                _ => return drop + (potential[i] - potential[j]),
            }
        }
        drop
    }
}

impl Drops<'_> {
    /// Flow over weight between two unknowns.
    #[inline(always)]
    pub(super) fn between(&self, i: usize, j: usize) -> f64 {
        let (a, b) = (self.parent[i] as usize, self.parent[j] as usize);
        let drop = if a == b {
            self.potential[i] - self.potential[j]
        } else {
            self.apart(a, b)
        };
        match self.gradient {
            [] => drop,
            gradient => drop + (gradient[i] - gradient[j]),
        }
    }

    /// The same between any members of two aggregates.
    #[inline(always)]
    pub(super) fn apart(&self, a: usize, b: usize) -> f64 {
        let drop = self.paths[a].drop(&self.paths[b]);
        drop.unwrap_or_else(|| self.flow.walk(a, b))
    }

    /// Flow over leak from an unknown to the electrodes.
    pub(super) fn leak(&self, mut i: usize) -> f64 {
        let mut drop = 0.0;
        for level in (0..=self.flow.aggregates.len()).rev() {
            drop += self.flow.gradient_of(level).get(i).unwrap_or(&0.0);
            i = match level.checked_sub(1) {
                Some(above) => self.flow.aggregates[above].parent[i] as usize,
                None => i,
            };
        }
        drop + self.flow.potentials[0][i]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Levels of pairs of pairs, from one unknown to 2^11: more than a path remembers.
    const DEPTH: usize = 11;

    fn number(level: usize, i: usize) -> f64 {
        ((level * 31 + i) * 7919 % 1000) as f64
    }

    #[test]
    fn drops_are_those_where_paths_meet_and_of_the_gradient() {
        let pairs = |level: usize| {
            let parent = (0..2 << level).map(|i| i / 2).collect();
            Aggregates::new(parent, 1 << level)
        };
        let aggregates: Vec<Aggregates> = (0..DEPTH).map(pairs).collect();
        let values = |level: usize| (0..1 << level).map(|i| number(level, i)).collect();
        for (own, factor) in [(DEPTH, 1.0), (DEPTH - 1, 1.0), (DEPTH - 1, 2.0)] {
            let mut flow = Flow::new(values(0));
            for (level, aggregates) in (1..).zip(&aggregates) {
                flow.extend(aggregates, values(level));
                if level == own {
                    flow.add_gradient((0..1 << level).map(|i| number(99, i)).collect());
                }
            }
            let gradient = |i: usize| factor * number(99, i >> (DEPTH - own));
            let (drops, mut differing) = (flow.drops(), 0);
            for (i, j) in [
                (0, 1),
                (6, 5),
                (70, 3),
                (1023, 1024),
                (5, 2047),
                (2046, 2047),
            ] {
                let met = (0..=DEPTH).rev().find(|level| {
                    let up = DEPTH - level + 1;
                    i >> up == j >> up
                });
                let [here, there] = [i, j].map(|i| {
                    let level = met.unwrap();
                    number(level, i >> (DEPTH - level)) + gradient(i)
                });
                differing += usize::from(drops.between(i, j) != here - there);
                differing += usize::from(drops.leak(i) != number(0, 0) + gradient(i));
            }
            assert_eq!(differing == 0, factor == 1.0, "{own} {factor}: {differing}");
        }
    }
}
