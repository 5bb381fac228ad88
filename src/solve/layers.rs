//! Layered aggregation: each 2x2x2 block becomes as many coarse unknowns as it has strongly connected pieces.
//!
//! Clusters C start as single unknowns with `D(C)`, the sum of the smoother's diagonal over their members, and
//! `W(C1, C2)`, the couplings between them inside the block. The pair with the smallest
//! `q = [D1 D2 / (D1 + D2)] / W` is merged while `q <= 10`: q is the Rayleigh quotient of the smoother against the operator
//! for the vector that differs between the two, that is, the price of tying them. Weak voxels join a strong neighbour,
//! two strands that do not touch inside the block stay apart.

/// Largest price at which two clusters are tied.
pub(crate) const KAPPA: f64 = 10.0;

/// Two coupled clusters, a < b.
#[derive(Debug, Clone, Copy)]
struct Tie {
    a: usize,
    b: usize,
    coupling: f64,
    price: f64,
}

/// Merges clusters within one block; reused between blocks.
#[derive(Debug, Default)]
pub(crate) struct Merger {
    /// Coupled clusters, each pair once.
    ties: Vec<Tie>,
    diagonals: Vec<f64>,
    /// Cluster of each unknown, as the index of its first unknown.
    cluster: Vec<usize>,
}

impl Merger {
    /// Begins a block whose unknowns have these diagonals.
    pub(crate) fn begin(&mut self, diagonals: impl Iterator<Item = f64>) {
        self.diagonals.clear();
        self.diagonals.extend(diagonals);
        self.ties.clear();
        self.cluster.clear();
        self.cluster.extend(0..self.diagonals.len());
    }

    /// Adds a coupling between two unknowns; of a pair given in both directions one is taken.
    pub(crate) fn couple(&mut self, a: usize, b: usize, coupling: f64) {
        if a < b {
            let price = self.price(a, b, coupling);
            self.ties.push(Tie {
                a,
                b,
                coupling,
                price,
            });
        }
    }

    /// Merges, then reports the layer of each unknown, numbered by first appearance, and the number of layers.
    pub(crate) fn layers(&mut self, layers: &mut Vec<usize>) -> usize {
        while let Some(tie) = self.cheapest() {
            self.merge(tie);
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

    fn price(&self, a: usize, b: usize, coupling: f64) -> f64 {
        price([self.diagonals[a], self.diagonals[b]], coupling)
    }

    /// The cheapest tie that may be made, the first of equals.
    fn cheapest(&self) -> Option<Tie> {
        let better = |best: Tie, tie: &Tie| if tie.price < best.price { *tie } else { best };
        let (first, rest) = self.ties.split_first()?;
        Some(rest.iter().fold(*first, better)).filter(|tie| tie.price <= KAPPA)
    }

    /// Ties cluster b to cluster a, and sums the couplings of both to others.
    fn merge(&mut self, Tie { a, b, .. }: Tie) {
        self.diagonals[a] += self.diagonals[b];
        self.cluster
            .iter_mut()
            .filter(|cluster| **cluster == b)
            .for_each(|cluster| *cluster = a);
        let mut place = 0;
        while place < self.ties.len() {
            let tie = self.ties[place];
            let touches = [tie.a, tie.b].iter().any(|&end| end == a || end == b);
            if !touches {
                place += 1;
                continue;
            }
            let renamed = |end: usize| if end == b { a } else { end };
            let (c, d) = (
                renamed(tie.a).min(renamed(tie.b)),
                renamed(tie.a).max(renamed(tie.b)),
            );
            let known = self.ties[..place]
                .iter()
                .position(|known| (known.a, known.b) == (c, d));
            let (at, coupling) = known.map_or((place, tie.coupling), |at| {
                (at, self.ties[at].coupling + tie.coupling)
            });
            self.ties[at] = Tie {
                a: c,
                b: d,
                coupling,
                price: self.price(c, d, coupling),
            };
            if c == d || at != place {
                self.ties.swap_remove(place);
            } else {
                place += 1;
            }
        }
    }
}

/// The price of tying two clusters; infinite where nothing couples them.
pub(crate) fn price([a, b]: [f64; 2], coupling: f64) -> f64 {
    if coupling > 0.0 {
        a * b / ((a + b) * coupling)
    } else {
        f64::INFINITY
    }
}
