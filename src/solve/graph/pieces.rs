//! Graphs under construction: rows that come in consecutive pieces, made by many threads.

use super::{Graph, PADDING, id, split};
use crate::field::Real;
use rayon::prelude::*;

impl<T: Real> Graph<T> {
    /// Joins consecutive pieces of rows.
    pub(crate) fn assemble(pieces: Vec<Piece<T>>) -> Self {
        let rows = pieces.iter().map(|piece| piece.leaks.len()).sum();
        let entries = pieces.iter().map(|piece| piece.entries.len()).sum();
        let mut graph = Rows::new(rows, entries);
        graph.append(pieces);
        graph.finish()
    }
}

/// A graph whose rows come in consecutive pieces.
pub(crate) struct Rows<T> {
    graph: Graph<T>,
    /// Rows and entries that are there.
    rows: usize,
    entries: usize,
}

impl<T: Real> Rows<T> {
    /// For so many rows and about so many entries. Zeros take no memory until somebody writes there, which all threads do then.
    pub(crate) fn new(rows: usize, entries: usize) -> Self {
        let graph = Graph {
            starts: vec![0; rows + 1],
            columns: vec![0; entries],
            weights: vec![T::default(); entries],
            leaks: vec![T::default(); rows],
            formed: None,
        };
        Self {
            graph,
            rows: 0,
            entries: 0,
        }
    }

    /// Adds consecutive pieces of rows behind those that are there.
    pub(crate) fn append(&mut self, pieces: Vec<Piece<T>>) {
        let entries: Vec<usize> = pieces.iter().map(|piece| piece.entries.len()).collect();
        let rows: Vec<usize> = pieces.iter().map(|piece| piece.leaks.len()).collect();
        let mut offsets = vec![self.entries];
        for &length in &entries {
            offsets.push(offsets[offsets.len() - 1] + length);
        }
        let (known, first) = (self.entries, self.rows);
        self.entries += entries.iter().sum::<usize>();
        self.rows += rows.iter().sum::<usize>();
        let graph = &mut self.graph;
        if graph.columns.len() < self.entries {
            graph.columns.resize(self.entries, 0);
            graph.weights.resize(self.entries, T::default());
        }
        let columns = split(&mut graph.columns[known..], &entries).into_par_iter();
        let weights = split(&mut graph.weights[known..], &entries).into_par_iter();
        let ends = split(&mut graph.starts[first + 1..], &rows).into_par_iter();
        let leaks = split(&mut graph.leaks[first..], &rows).into_par_iter();
        let targets = columns.zip(weights).zip(ends.zip(leaks));
        pieces
            .into_par_iter()
            .zip(&offsets)
            .zip(targets)
            .for_each(|((piece, offset), targets)| {
                let ((columns, weights), (ends, leaks)) = targets;
                for ((column, weight), entry) in columns.iter_mut().zip(weights).zip(piece.entries)
                {
                    (*column, *weight) = entry;
                }
                ends.iter_mut()
                    .zip(piece.ends)
                    .for_each(|(out, end)| *out = end + offset);
                leaks.copy_from_slice(&piece.leaks);
            });
    }

    /// The graph, once all rows are there.
    pub(crate) fn finish(self) -> Graph<T> {
        let mut graph = self.graph;
        debug_assert_eq!(graph.leaks.len(), self.rows);
        graph.columns.truncate(self.entries);
        graph.weights.truncate(self.entries);
        graph.columns.shrink_to_fit();
        graph.weights.shrink_to_fit();
        graph
    }
}

/// Consecutive rows of a graph under construction.
#[derive(Debug)]
pub(crate) struct Piece<T> {
    pub(crate) entries: Vec<(u32, T)>,
    first: usize,
    ends: Vec<usize>,
    leaks: Vec<T>,
}

impl<T: Real> Piece<T> {
    /// Begins these rows of the graph.
    pub(crate) fn new(rows: &std::ops::Range<usize>) -> Self {
        Self {
            entries: Vec::with_capacity(rows.len() * (PADDING + PADDING / 2)),
            first: rows.start,
            ends: Vec::with_capacity(rows.len()),
            leaks: Vec::with_capacity(rows.len()),
        }
    }

    /// Adds a whole row.
    pub(crate) fn push(&mut self, entries: &[(u32, T)], leak: T) {
        self.entries.extend_from_slice(entries);
        self.close(leak);
    }

    /// Ends the current row.
    pub(crate) fn close(&mut self, leak: T) {
        let row = id(self.first + self.leaks.len());
        while !self.entries.len().is_multiple_of(PADDING) {
            self.entries.push((row, T::default()));
        }
        self.ends.push(self.entries.len());
        self.leaks.push(leak);
    }
}
