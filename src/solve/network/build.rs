//! Networks row by row, plane of cells by plane of cells in parallel.

use super::Network;
use crate::solve::{
    cells::Cells,
    graph::{Graph, Piece},
};
use rayon::prelude::*;

/// What couples one unknown; filled by whoever knows the equation, in siemens, volts and amperes or any others that agree.
#[derive(Debug, Default)]
pub struct Row {
    own: u32,
    links: Vec<(u32, f64)>,
    leak: f64,
    /// Sum of leaks times the potentials they go to.
    driven: f64,
    source: f64,
}

impl Row {
    /// A conductance to another unknown; the same must be said in that unknown's row. Several to one unknown add up, one to
    /// the row's own carries nothing.
    pub fn link(&mut self, unknown: u32, conductance: f64) {
        if conductance > 0.0 && unknown != self.own {
            self.links.push((unknown, conductance));
        }
    }

    /// A conductance to a fixed potential; several add up to one that goes to the mean potential.
    pub fn leak(&mut self, conductance: f64, potential: f64) {
        self.leak += conductance;
        self.driven += conductance * potential;
    }

    /// A current that is given to the unknown.
    pub fn source(&mut self, current: f64) {
        self.source += current;
    }

    fn begin(&mut self, own: u32) {
        self.own = own;
        self.links.clear();
        (self.leak, self.driven, self.source) = (0.0, 0.0, 0.0);
    }

    /// Closes the row with ascending columns, each once.
    fn finish(&mut self, plane: &mut Plane) {
        self.links.sort_by_key(|link| link.0);
        let begin = plane.piece.entries.len();
        for &(column, weight) in &self.links {
            match plane.piece.entries[begin..].last_mut() {
                Some(last) if last.0 == column => last.1 += weight,
                _ => plane.piece.entries.push((column, weight)),
            }
        }
        plane.piece.close(self.leak);
        plane.ends.push(if self.leak > 0.0 {
            self.driven / self.leak
        } else {
            0.0
        });
        plane.sources.push(self.source);
    }
}

/// The rows of one plane of cells.
struct Plane {
    piece: Piece<f64>,
    ends: Vec<f64>,
    sources: Vec<f64>,
}

impl Network {
    /// Builds a network on a grid: `count` says how many unknowns a cell `[z, y, x]` holds, `fill` what couples the n-th of
    /// them. Every row is asked for once, in parallel; links must be symmetric.
    pub fn new(
        shape: [usize; 3],
        count: impl Fn([usize; 3]) -> u32 + Sync,
        fill: impl Fn(&Cells, [usize; 3], u32, &mut Row) + Sync,
    ) -> Self {
        let [depth, rows, columns] = shape;
        let places = |z: usize| (0..rows * columns).map(move |i| [z, i / columns, i % columns]);
        let counts: Vec<Vec<u32>> = (0..depth)
            .into_par_iter()
            .map(|z| places(z).map(&count).collect())
            .collect();
        let cells = Cells::new(shape, counts.into_iter().flatten());
        let planes: Vec<Plane> = (0..depth)
            .into_par_iter()
            .map(|z| {
                let mut row = Row::default();
                let mut plane = Plane {
                    piece: Piece::new(&cells.plane(z)),
                    ends: Vec::new(),
                    sources: Vec::new(),
                };
                for cell in places(z) {
                    for (n, own) in (0..).zip(cells.unknowns(cell)) {
                        row.begin(own);
                        fill(&cells, cell, n, &mut row);
                        row.finish(&mut plane);
                    }
                }
                plane
            })
            .collect();
        Self::assemble(cells, planes)
    }

    fn assemble(cells: Cells, planes: Vec<Plane>) -> Self {
        let (mut pieces, mut ends, mut sources) = (Vec::new(), Vec::new(), Vec::new());
        for plane in planes {
            pieces.push(plane.piece);
            ends.extend(plane.ends);
            sources.extend(plane.sources);
        }
        let mut graph = Graph::assemble(pieces);
        let all = graph.weights.par_iter().chain(&graph.leaks);
        let largest = all.copied().reduce(|| 0.0, f64::max);
        let unit = if largest > 0.0 { largest } else { 1.0 };
        for values in [&mut graph.weights, &mut graph.leaks, &mut sources] {
            values.par_iter_mut().for_each(|value| *value /= unit);
        }
        Self {
            graph,
            cells,
            unit,
            ends,
            sources,
        }
    }
}
