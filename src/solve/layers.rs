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
    size: usize,
    /// Couplings between clusters, `size * size`.
    couplings: Vec<f64>,
    diagonals: Vec<f64>,
    /// Cluster of each unknown, as the index of its first unknown.
    cluster: Vec<usize>,
}

impl Merger {
    /// Begins a block whose unknowns have these diagonals.
    pub(crate) fn begin(&mut self, diagonals: impl Iterator<Item = f64>) {
        self.diagonals.clear();
        self.diagonals.extend(diagonals);
        self.size = self.diagonals.len();
        self.couplings.clear();
        self.couplings.resize(self.size * self.size, 0.0);
        self.cluster.clear();
        self.cluster.extend(0..self.size);
    }

    /// Adds a coupling from one unknown to another; each pair is given in both directions.
    pub(crate) fn couple(&mut self, from: usize, to: usize, weight: f64) {
        self.couplings[from * self.size + to] += weight;
    }

    /// Merges, then reports the layer of each unknown, numbered by first appearance, and the number of layers.
    pub(crate) fn layers(&mut self, layers: &mut Vec<usize>) -> usize {
        while let Some((a, b)) = self.cheapest() {
            self.merge(a, b);
        }
        layers.clear();
        let mut count = 0;
        for i in 0..self.size {
            let first = self.cluster[i];
            let layer = if first == i { count } else { layers[first] };
            count += usize::from(first == i);
            layers.push(layer);
        }
        count
    }

    fn cheapest(&self) -> Option<(usize, usize)> {
        let mut best = (KAPPA, None);
        for a in (0..self.size).filter(|&a| self.cluster[a] == a) {
            for b in (a + 1..self.size).filter(|&b| self.cluster[b] == b) {
                let price = price(
                    [self.diagonals[a], self.diagonals[b]],
                    self.couplings[a * self.size + b],
                );
                if price <= best.0 && (price < best.0 || best.1.is_none()) {
                    best = (price, Some((a, b)));
                }
            }
        }
        best.1
    }

    /// Ties cluster b to cluster a < b.
    fn merge(&mut self, a: usize, b: usize) {
        self.diagonals[a] += self.diagonals[b];
        for c in 0..self.size {
            let more = self.couplings[b * self.size + c];
            self.couplings[a * self.size + c] += more;
            self.couplings[c * self.size + a] += more;
        }
        self.couplings[a * self.size + a] = 0.0;
        self.cluster
            .iter_mut()
            .filter(|cluster| **cluster == b)
            .for_each(|cluster| *cluster = a);
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
