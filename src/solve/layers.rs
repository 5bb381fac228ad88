//! Layered aggregation: each 2x2x2 block becomes as many coarse unknowns as it has strongly connected pieces.
//!
//! Clusters C start as single unknowns with `D(C)`, the sum of the smoother's diagonal over their members, and
//! `W(C1, C2)`, the couplings between them inside the block. Each cluster in turn is merged with the neighbour of smallest
//! `q = [D1 D2 / (D1 + D2)] / W` as long as `q <= 10`, until nothing changes: q is the Rayleigh quotient of the smoother against
//! the operator for the vector that differs between the two, that is, the price of tying them. Weak voxels join a strong
//! neighbour, two strands that do not touch inside the block stay apart.

use crate::field::vectorised;

/// Largest price at which two clusters are tied.
pub(crate) const KAPPA: f64 = 10.0;

/// Merges clusters within one block; reused between blocks.
#[derive(Debug, Default)]
pub(crate) struct Merger {
    few: Box<Clusters<8>>,
    more: Box<Clusters<16>>,
    many: Box<Clusters<64>>,
    /// Rarely needed, and large.
    most: Option<Box<Clusters<MOST>>>,
    count: usize,
}

/// Unknowns that are merged at once: eight blocks of at most sixteen layers, two carriers in each voxel, can have so many.
pub(crate) const MOST: usize = 128;

/// Does something with the clusters of the size that is in use.
macro_rules! sized {
    ($merger:expr, $clusters:ident => $body:expr) => {
        match $merger.count {
            0..=8 => {
                let $clusters = &mut $merger.few;
                $body
            }
            9..=16 => {
                let $clusters = &mut $merger.more;
                $body
            }
            17..=64 => {
                let $clusters = &mut $merger.many;
                $body
            }
            _ => {
                let $clusters = $merger.most.get_or_insert_default();
                $body
            }
        }
    };
}

impl Merger {
    /// Begins a block whose unknowns have these diagonals.
    pub(crate) fn begin(&mut self, diagonals: &[f64]) {
        self.begin_some(diagonals, !0);
    }

    /// The same where only those places are taken that have their bit.
    pub(crate) fn begin_some(&mut self, diagonals: &[f64], taken: u128) {
        self.count = diagonals.len();
        sized!(self, clusters => clusters.begin(diagonals, taken));
    }

    /// Sets the coupling between two unknowns.
    pub(crate) fn couple(&mut self, a: usize, b: usize, coupling: f64) {
        sized!(self, clusters => {
            clusters.couplings[a][b] = coupling;
            clusters.couplings[b][a] = coupling;
        });
    }

    /// Merges, then reports the layer of each unknown, numbered by first appearance, and the number of layers; a place
    /// that is not taken has any.
    pub(crate) fn layers(&mut self, layers: &mut Vec<usize>) -> usize {
        sized!(self, clusters => {
            clusters.merge_all();
            clusters.layers(layers)
        })
    }
}

/// Up to S clusters. Tables of fixed size and no branches on what they hold: the processor would guess those wrongly.
#[derive(Debug)]
struct Clusters<const S: usize> {
    count: usize,
    /// Bits of the places that hold an unknown.
    taken: u128,
    /// Coupling of each pair of clusters, symmetric, 0 within and for clusters that were tied to another.
    couplings: [[f64; S]; S],
    /// `D` of each cluster.
    diagonals: [f64; S],
    /// Cluster of each unknown, as the index of its first unknown.
    cluster: [u8; S],
}

/// Bits of a key that tell the cluster.
const CLUSTER: i64 = MOST as i64 - 1;

/// Price and cluster in one number: the smallest is the cheapest, the first of (nearly) equals.
#[inline(always)]
fn key(price: f64, cluster: usize) -> i64 {
    price.to_bits().cast_signed() & !CLUSTER | cluster as i64
}

impl<const S: usize> Default for Clusters<S> {
    fn default() -> Self {
        Self {
            count: 0,
            taken: 0,
            couplings: [[0.0; S]; S],
            diagonals: [0.0; S],
            cluster: [0; S],
        }
    }
}

impl<const S: usize> Clusters<S> {
    fn begin(&mut self, diagonals: &[f64], taken: u128) {
        self.count = diagonals.len();
        let free = 128 - u32::from(index(self.count));
        self.taken = taken & u128::MAX.unbounded_shr(free);
        self.couplings[..self.count].fill([0.0; S]);
        self.diagonals[..self.count].copy_from_slice(diagonals);
    }

    fn layers(&self, layers: &mut Vec<usize>) -> usize {
        layers.clear();
        let mut count = 0;
        for (i, &first) in self.cluster[..self.count].iter().enumerate() {
            let first = usize::from(first);
            let layer = if first == i { count } else { layers[first] };
            count += usize::from(first == i && self.taken >> i & 1 == 1);
            layers.push(layer);
        }
        count
    }

    /// Each cluster in turn takes its cheapest neighbour as long as it may, until none may any more. One that found none need
    /// not look again before others were tied.
    fn merge_all(&mut self) {
        vectorised(
            #[inline(always)]
            || {
                (0..S).zip(0u8..).for_each(|(i, own)| self.cluster[i] = own);
                let mut clusters = self.taken;
                let (mut waiting, mut last) = (clusters, 0);
                while waiting != 0 && !clusters.is_power_of_two() {
                    let ahead = waiting >> last << last;
                    let turn = if ahead == 0 { waiting } else { ahead };
                    last = turn.trailing_zeros() as usize;
                    while let Some(other) = self.cheapest(last) {
                        self.merge(last.min(other), last.max(other));
                        clusters &= !(1 << last.max(other));
                        waiting = clusters;
                    }
                    waiting &= !(1 << last);
                }
            },
        );
    }

    /// The cluster that is cheapest to tie to `a`, if any may be tied.
    #[inline(always)]
    fn cheapest(&self, a: usize) -> Option<usize> {
        let (own, couplings) = (self.diagonals[a], &self.couplings[a]);
        let keys: [i64; S] =
            std::array::from_fn(|b| key(price([own, self.diagonals[b]], couplings[b]), b));
        let least = keys.into_iter().fold(i64::MAX, i64::min);
        let cluster = usize::try_from(least & CLUSTER).unwrap_or(0);
        (least <= key(KAPPA, MOST - 1)).then_some(cluster)
    }

    /// Ties cluster b to cluster a < b, and sums the couplings of both to others.
    #[inline(always)]
    fn merge(&mut self, a: usize, b: usize) {
        self.diagonals[a] += self.diagonals[b];
        let (from, to) = (index(b), index(a));
        for cluster in &mut self.cluster {
            *cluster = if *cluster == from { to } else { *cluster };
        }
        let gone = std::mem::replace(&mut self.couplings[b], [0.0; S]);
        for (coupling, more) in self.couplings[a].iter_mut().zip(gone) {
            *coupling += more;
        }
        (self.couplings[a][a], self.couplings[a][b]) = (0.0, 0.0);
        let couplings = self.couplings[a];
        for (row, coupling) in self.couplings[..self.count].iter_mut().zip(couplings) {
            (row[a], row[b]) = (coupling, 0.0);
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "there are at most 128 clusters"
)]
#[inline]
fn index(cluster: usize) -> u8 {
    cluster as u8
}

/// The price of tying two clusters; infinite where nothing couples them.
#[inline(always)]
pub(crate) fn price([a, b]: [f64; 2], coupling: f64) -> f64 {
    let price = a * b / ((a + b) * coupling);
    if coupling > 0.0 { price } else { f64::INFINITY }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Noise: diagonals and couplings of so many unknowns, some without any.
    fn noise(count: usize, seed: u32) -> (Vec<f64>, Vec<Vec<f64>>) {
        let mut state = seed;
        let mut next = |of: u32| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f64::from((state >> 16) % of)
        };
        let diagonals = (0..count).map(|_| 8.0 + next(17)).collect();
        let mut couplings = vec![vec![0.0; count]; count];
        for (a, b) in (0..count).flat_map(|a| (0..a).map(move |b| (a, b))) {
            let coupling = if next(3) == 0.0 { next(5) } else { 0.0 };
            (couplings[a][b], couplings[b][a]) = (coupling, coupling);
        }
        (diagonals, couplings)
    }

    /// Layers by the rule in words: rounds in which each cluster in turn takes its cheapest neighbour as long as it may, until
    /// a round changes nothing.
    fn by_rounds(diagonals: &[f64], couplings: &[Vec<f64>]) -> Vec<usize> {
        let count = diagonals.len();
        let mut cluster: Vec<usize> = (0..count).collect();
        loop {
            let before = cluster.clone();
            for a in 0..count {
                while cluster[a] == a {
                    let sum = |c: usize| {
                        (0..count)
                            .filter(|&i| cluster[i] == c)
                            .map(|i| diagonals[i])
                            .sum::<f64>()
                    };
                    let between = |b: usize| {
                        let pairs = (0..count).flat_map(|i| (0..count).map(move |j| (i, j)));
                        let pairs = pairs.filter(|&(i, j)| (cluster[i], cluster[j]) == (a, b));
                        pairs.map(|(i, j)| couplings[i][j]).sum::<f64>()
                    };
                    let others = (0..count).filter(|&b| b != a && cluster[b] == b);
                    let keys = others.map(|b| key(price([sum(a), sum(b)], between(b)), b));
                    let Some(least) = keys.min().filter(|&least| least <= key(KAPPA, MOST - 1))
                    else {
                        break;
                    };
                    let b = usize::try_from(least & CLUSTER).unwrap();
                    let (to, from) = (a.min(b), a.max(b));
                    cluster
                        .iter_mut()
                        .filter(|c| **c == from)
                        .for_each(|c| *c = to);
                }
            }
            if cluster == before {
                break;
            }
        }
        let mut firsts = cluster.clone();
        firsts.sort_unstable();
        firsts.dedup();
        cluster
            .iter()
            .map(|c| firsts.iter().position(|first| first == c).unwrap())
            .collect()
    }

    #[test]
    fn waiting_clusters_alone_give_what_rounds_give() {
        let (mut merger, mut layers) = (Merger::default(), Vec::new());
        let mut many = 0;
        for (seed, count) in (1..).zip([1, 3, 5, 7, 8, 8, 8, 8, 8, 8, 12, 16, 30, 100]) {
            let (diagonals, mut couplings) = noise(count, seed);
            let expected = by_rounds(&diagonals, &couplings);
            let mut found = |couplings: &[Vec<f64>]| {
                merger.begin(&diagonals);
                for (a, b) in (0..count).flat_map(|a| (0..a).map(move |b| (a, b))) {
                    merger.couple(a, b, couplings[a][b]);
                }
                let layered = merger.layers(&mut layers);
                assert_eq!(layered, layers.iter().max().map_or(0, |last| last + 1));
                layers.clone()
            };
            assert_eq!(found(&couplings), expected, "{count} {seed}");
            many += usize::from(expected.iter().any(|&layer| layer > 0));
            if count > 1 {
                couplings
                    .iter_mut()
                    .flatten()
                    .for_each(|coupling| *coupling *= 0.01);
                assert_ne!(found(&couplings), expected, "wrong couplings would pass");
            }
        }
        assert!(many > 5, "too few that have several layers: {many}");
    }

    #[test]
    fn places_that_are_not_taken_count_as_none() {
        let (mut merger, mut layers) = (Merger::default(), Vec::new());
        let of = |merger: &mut Merger, layers: &mut Vec<usize>, taken| {
            merger.begin_some(&[0.0, 12.0, 0.0, 12.0, 12.0], taken);
            merger.couple(1, 4, 4.0);
            (merger.layers(layers), layers.clone())
        };
        let (count, layer) = of(&mut merger, &mut layers, 0b11010);
        assert_eq!((count, layer[1], layer[3], layer[4]), (2, 0, 1, 0));
        assert_eq!(of(&mut merger, &mut layers, !0).0, 4);
    }
}
