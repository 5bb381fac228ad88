//! Layered aggregation: each 2x2x2 block becomes as many coarse unknowns as it has strongly connected pieces.
//!
//! Clusters C start as single unknowns with `D(C)`, the sum of the smoother's diagonal over their members, and
//! `W(C1, C2)`, the couplings between them inside the block. The pair with the smallest
//! `q = [D1 D2 / (D1 + D2)] / W` is merged while `q <= 10`: q is the Rayleigh quotient of the smoother against the operator
//! for the vector that differs between the two, that is, the price of tying them. Weak voxels join a strong neighbour,
//! two strands that do not touch inside the block stay apart.

/// Largest price at which two clusters are tied.
pub(crate) const KAPPA: f64 = 10.0;

/// Merges clusters within one block; reused between blocks.
#[derive(Debug, Default)]
pub(crate) struct Merger {
    /// Coupled pairs of clusters, each once, as (smaller, larger, coupling).
    pairs: Vec<(usize, usize, f64)>,
    diagonals: Vec<f64>,
    /// Cluster of each unknown, as the index of its first unknown.
    cluster: Vec<usize>,
}

impl Merger {
    /// Begins a block whose unknowns have these diagonals.
    pub(crate) fn begin(&mut self, diagonals: impl Iterator<Item = f64>) {
        self.diagonals.clear();
        self.diagonals.extend(diagonals);
        self.pairs.clear();
        self.cluster.clear();
        self.cluster.extend(0..self.diagonals.len());
    }

    /// Adds a coupling between two unknowns; of a pair given in both directions one is taken.
    pub(crate) fn couple(&mut self, from: usize, to: usize, weight: f64) {
        if from < to {
            self.pairs.push((from, to, weight));
        }
    }

    /// Merges, then reports the layer of each unknown, numbered by first appearance, and the number of layers.
    pub(crate) fn layers(&mut self, layers: &mut Vec<usize>) -> usize {
        while let Some(pair) = self.cheapest() {
            self.merge(pair);
        }
        layers.clear();
        let mut count = 0;
        for (i, &first) in self.cluster.iter().enumerate() {
            let layer = if first == i { count } else { layers[first] };
            count += usize::from(first == i);
            layers.push(layer);
        }
        count
    }

    fn cheapest(&self) -> Option<(usize, usize)> {
        let mut best = (KAPPA, None);
        for &(a, b, coupling) in &self.pairs {
            let price = price([self.diagonals[a], self.diagonals[b]], coupling);
            let better =
                price < best.0 || (price == best.0 && best.1.is_none_or(|pair| (a, b) < pair));
            if better {
                best = (price, Some((a, b)));
            }
        }
        best.1
    }

    /// Ties cluster b to cluster a < b, and sums the couplings of both to others.
    fn merge(&mut self, (a, b): (usize, usize)) {
        self.diagonals[a] += self.diagonals[b];
        self.cluster
            .iter_mut()
            .filter(|cluster| **cluster == b)
            .for_each(|cluster| *cluster = a);
        self.pairs.retain(|&(c, d, _)| (c, d) != (a, b));
        let mut place = 0;
        while place < self.pairs.len() {
            let (c, d, coupling) = self.pairs[place];
            let renamed = |end: usize| if end == b { a } else { end };
            let (c, d) = (renamed(c).min(renamed(d)), renamed(c).max(renamed(d)));
            match self.pairs[..place]
                .iter_mut()
                .find(|known| (known.0, known.1) == (c, d))
            {
                Some(known) => {
                    known.2 += coupling;
                    self.pairs.swap_remove(place);
                }
                None => {
                    self.pairs[place] = (c, d, coupling);
                    place += 1;
                }
            }
        }
    }
}

/// The price of tying two clusters; infinite where nothing couples them.
pub(crate) fn price([a, b]: [f64; 2], coupling: f64) -> f64 {
    if coupling > 0.0 {
        a * b / (a + b) / coupling
    } else {
        f64::INFINITY
    }
}
