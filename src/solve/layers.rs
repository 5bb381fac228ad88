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
        self.count = diagonals.len();
        sized!(self, clusters => clusters.begin(diagonals));
    }

    /// Sets the coupling between two unknowns.
    pub(crate) fn couple(&mut self, a: usize, b: usize, coupling: f64) {
        sized!(self, clusters => {
            clusters.couplings[a][b] = coupling;
            clusters.couplings[b][a] = coupling;
        });
    }

    /// Merges, then reports the layer of each unknown, numbered by first appearance, and the number of layers.
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
            couplings: [[0.0; S]; S],
            diagonals: [0.0; S],
            cluster: [0; S],
        }
    }
}

impl<const S: usize> Clusters<S> {
    fn begin(&mut self, diagonals: &[f64]) {
        self.count = diagonals.len();
        self.couplings[..self.count].fill([0.0; S]);
        self.diagonals[..self.count].copy_from_slice(diagonals);
    }

    fn layers(&self, layers: &mut Vec<usize>) -> usize {
        layers.clear();
        let mut count = 0;
        for (i, &first) in self.cluster[..self.count].iter().enumerate() {
            let first = usize::from(first);
            let layer = if first == i { count } else { layers[first] };
            count += usize::from(first == i);
            layers.push(layer);
        }
        count
    }

    /// Each cluster in turn takes its cheapest neighbour as long as it may, until none may any more.
    fn merge_all(&mut self) {
        vectorised(
            #[inline(always)]
            || {
                (0..S).zip(0u8..).for_each(|(i, own)| self.cluster[i] = own);
                let mut before = self.count + 1;
                let mut left = self.count;
                while left < before && left > 1 {
                    before = left;
                    for a in 0..self.count {
                        while let Some(b) = self.cheapest(a) {
                            self.merge(a.min(b), a.max(b));
                            left -= 1;
                        }
                    }
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
fn index(cluster: usize) -> u8 {
    cluster as u8
}

/// The price of tying two clusters; infinite where nothing couples them.
#[inline(always)]
pub(crate) fn price([a, b]: [f64; 2], coupling: f64) -> f64 {
    let price = a * b / ((a + b) * coupling);
    if coupling > 0.0 { price } else { f64::INFINITY }
}
