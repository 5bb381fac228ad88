//! Coarse levels: a weighted graph with leaks to the electrodes, stored as compact rows.
//!
//! `(A x)_i = g_i x_i + sum_j w_ij (x_i - x_j)`, always in difference form; `d_i = g_i + sum_j w_ij` serves the smoother
//! alone. Aggregation keeps the form: `w_IJ` is the sum of `w_ij` between two aggregates, `g_I` the sum of `g_i`.

mod pieces;

pub(crate) use pieces::{Piece, Rows};

use super::blocks::Lattice;
use crate::field::{Real, host::in_chunks};
use rayon::prelude::*;

/// Rows per task.
const ROWS: usize = 1 << 12;

/// Rows are filled up to a multiple of this with entries of weight 0 that point at the row itself: most rows of the large
/// levels then take one round of the inner loop, and the processor need not guess how many (1.9 times faster).
pub const PADDING: usize = 6;

/// A symmetric weighted graph with leaks.
#[derive(Debug, Clone, Default)]
pub struct Graph<T> {
    /// First entry of each row, and the end: `rows + 1` numbers, multiples of [`PADDING`].
    pub starts: Vec<usize>,
    /// Column of each entry.
    pub columns: Vec<u32>,
    /// Weight of each entry, at least 0.
    pub weights: Vec<T>,
    /// Leak of each row to the electrodes, at least 0.
    pub leaks: Vec<T>,
    /// Rows that follow from the blocks of a medium; then none is stored, and only the neighbours of a row can be asked for.
    pub formed: Option<Box<Lattice<T>>>,
}

/// Which unknowns of a level make up each unknown of the next.
#[derive(Debug, Clone, Default)]
pub struct Aggregates {
    /// The aggregate of each unknown.
    pub parent: Vec<u32>,
    /// First member of each aggregate in `members`, and the end.
    pub starts: Vec<u32>,
    /// Members of all aggregates, aggregate by aggregate, ascending.
    pub members: Vec<u32>,
}

/// An index in 32 bits.
///
/// # Panics
/// Where it does not fit; [`limits`](super::limits) refuses such questions before anything is set up.
#[inline]
pub(crate) fn id(index: usize) -> u32 {
    match u32::try_from(index) {
        Ok(index) => index,
        Err(_) => too_many(index),
    }
}

#[cold]
#[inline(never)]
fn too_many(index: usize) -> ! {
    panic!("{index} unknowns or entries do not fit into 32 bits")
}

impl Aggregates {
    /// From the aggregate of each unknown, by counting.
    pub fn new(parent: Vec<u32>, count: usize) -> Self {
        let mut starts = vec![0u32; count + 1];
        parent.iter().for_each(|&p| starts[p as usize + 1] += 1);
        for i in 0..count {
            starts[i + 1] += starts[i];
        }
        let mut next = starts.clone();
        let mut members = vec![0u32; parent.len()];
        for (i, &p) in parent.iter().enumerate() {
            members[next[p as usize] as usize] = id(i);
            next[p as usize] += 1;
        }
        Self {
            parent,
            starts,
            members,
        }
    }

    /// Joins the aggregates of consecutive ranges of unknowns, each counted from 0: (aggregate of each unknown, number).
    pub(crate) fn join(ranges: &[(Vec<u32>, u32)]) -> Self {
        let unknowns: Vec<usize> = ranges.iter().map(|range| range.0.len()).collect();
        let counts: Vec<usize> = ranges.iter().map(|range| range.1 as usize).collect();
        let (all, count) = (unknowns.iter().sum(), counts.iter().sum::<usize>());
        let mut joined = Self {
            parent: vec![0; all],
            starts: vec![0; count + 1],
            members: vec![0; all],
        };
        let mut firsts = vec![(0, 0)];
        for (&length, &count) in unknowns.iter().zip(&counts) {
            let (unknown, aggregate) = firsts[firsts.len() - 1];
            firsts.push((
                id(unknown as usize + length),
                id(aggregate as usize + count),
            ));
        }
        let parents = split(&mut joined.parent, &unknowns).into_par_iter();
        let ends = split(&mut joined.starts[1..], &counts).into_par_iter();
        let members = split(&mut joined.members, &unknowns).into_par_iter();
        ranges
            .par_iter()
            .zip(&firsts)
            .zip(parents.zip(ends).zip(members))
            .for_each(|((range, &first), ((parent, ends), members))| {
                count_members(&range.0, first, (parent, ends, members));
            });
        joined
    }

    /// Number of aggregates.
    pub fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// Whether there are no aggregates.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Sums of a field over the members of every aggregate.
    pub(crate) fn sum(&self, field: &[f64]) -> Vec<f64> {
        let sum = |aggregate| self.of(aggregate).iter().map(|&i| field[i as usize]).sum();
        (0..self.len())
            .into_par_iter()
            .with_min_len(ROWS)
            .map(sum)
            .collect()
    }

    /// The same into `sums`.
    pub(crate) fn gather<T: Real>(&self, field: &[T], sums: &mut [T]) {
        in_chunks(sums, ROWS, |start, sums| {
            for (aggregate, sum) in (start..).zip(sums) {
                *sum = self.of(aggregate).iter().map(|&i| field[i as usize]).sum();
            }
        });
    }

    /// Members of an aggregate.
    pub fn of(&self, aggregate: usize) -> &[u32] {
        &self.members[self.starts[aggregate] as usize..self.starts[aggregate + 1] as usize]
    }
}

impl<T: Real> Graph<T> {
    /// Number of unknowns.
    pub fn len(&self) -> usize {
        self.leaks.len()
    }

    /// Whether there are no unknowns.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Neighbours of a row and their weights in any order; some of a stored row can weigh nothing.
    #[inline(always)]
    pub(crate) fn each(&self, row: usize, mut found: impl FnMut(usize, T)) {
        match &self.formed {
            Some(lattice) => lattice.each(row, found),
            None => self.row(row).for_each(|(j, weight)| found(j, weight)),
        }
    }

    /// Those that come after the row.
    #[inline(always)]
    pub(crate) fn ahead(&self, row: usize, mut found: impl FnMut(usize, T)) {
        match &self.formed {
            Some(lattice) => lattice.ahead(row, found),
            None => {
                let after = self.row(row).filter(|&(j, _)| j > row);
                after.for_each(|(j, weight)| found(j, weight));
            }
        }
    }

    /// Entry indices of a stored row.
    pub fn entries(&self, row: usize) -> std::ops::Range<usize> {
        self.starts[row]..self.starts[row + 1]
    }

    /// Neighbours of a stored row and their weights.
    pub fn row(&self, row: usize) -> impl Iterator<Item = (usize, T)> + '_ {
        let entries = self.entries(row);
        let columns = self.columns[entries.clone()].iter().map(|&c| c as usize);
        columns.zip(self.weights[entries].iter().copied())
    }

    /// `d_i` of every row.
    pub fn diagonal(&self) -> Vec<T> {
        let mut diagonal = match &self.formed {
            Some(lattice) => lattice.sums(),
            None => vec![T::default(); self.len()],
        };
        in_chunks(&mut diagonal, ROWS, |start, diagonal| {
            for (i, d) in (start..).zip(diagonal) {
                if self.formed.is_none() {
                    *d = self.weights[self.entries(i)].iter().copied().sum();
                }
                *d = self.leaks[i] + *d;
            }
        });
        diagonal
    }

    /// `(A x)_i`.
    #[inline]
    pub fn apply_row(&self, i: usize, x: &[T]) -> T {
        let here = x[i];
        let entries = self.entries(i);
        let columns = self.columns[entries.clone()].chunks_exact(PADDING);
        let weights = self.weights[entries].chunks_exact(PADDING);
        let mut sum = self.leaks[i] * here;
        for (columns, weights) in columns.zip(weights) {
            for k in 0..PADDING {
                sum += weights[k] * (here - x[columns[k] as usize]);
            }
        }
        sum
    }

    /// `A x`, row by row into `out` through `finish(row, (A x)_row)`.
    pub fn apply(&self, x: &[T], out: &mut [T], finish: impl Fn(usize, T) -> T + Sync) {
        self.update(x, out, |i, ax, _| finish(i, ax));
    }

    /// The same where the result depends on what `out` held: `finish(row, (A x)_row, out_row)`.
    pub fn update(&self, x: &[T], out: &mut [T], finish: impl Fn(usize, T, T) -> T + Sync) {
        in_chunks(out, ROWS, |start, out| {
            for (i, out) in (start..).zip(out) {
                *out = finish(i, self.apply_row(i, x), *out);
            }
        });
    }

    /// The piecewise-constant Galerkin graph on the aggregates, rows sorted by column.
    pub fn coarsen(&self, aggregates: &Aggregates) -> Self {
        let count = aggregates.len();
        let tasks = count.div_ceil(ROWS);
        let pieces: Vec<Piece<T>> = (0..tasks)
            .into_par_iter()
            // Whoever begins some of them needs a table: four times for each thread.
            .with_min_len(tasks.div_ceil(4 * rayon::current_num_threads()))
            .map_init(
                || vec![u32::MAX; count],
                |slot, piece| {
                    let rows = piece * ROWS..((piece + 1) * ROWS).min(count);
                    let mut out = Piece::new(&rows);
                    rows.for_each(|row| self.coarse_row(aggregates, row, slot, &mut out));
                    out
                },
            )
            .collect();
        Self::assemble(pieces)
    }

    fn coarse_row(
        &self,
        aggregates: &Aggregates,
        row: usize,
        slot: &mut [u32],
        out: &mut Piece<T>,
    ) {
        let begin = out.entries.len();
        let mut leak = T::default();
        for &i in aggregates.of(row) {
            leak += self.leaks[i as usize];
            self.each(i as usize, |j, w| {
                let column = aggregates.parent[j];
                if column as usize == row {
                    return;
                }
                let place = &mut slot[column as usize];
                if *place == u32::MAX {
                    *place = id(out.entries.len());
                    out.entries.push((column, w));
                } else {
                    out.entries[*place as usize].1 += w;
                }
            });
        }
        out.entries[begin..]
            .iter()
            .for_each(|&(column, _)| slot[column as usize] = u32::MAX);
        out.entries[begin..].sort_unstable_by_key(|&(column, _)| column);
        out.close(leak);
    }
}

/// Sorts a range of unknowns by aggregate, by counting; `first` is its first unknown and its first aggregate.
fn count_members(
    range: &[u32],
    (unknown, aggregate): (u32, u32),
    (parent, ends, members): (&mut [u32], &mut [u32], &mut [u32]),
) {
    range.iter().for_each(|&p| ends[p as usize] += 1);
    let mut end = 0;
    let mut next = Vec::with_capacity(ends.len());
    for length in ends.iter_mut() {
        next.push(end);
        end += *length;
        *length = unknown + end;
    }
    for ((i, &p), parent) in (unknown..).zip(range).zip(parent) {
        *parent = aggregate + p;
        members[next[p as usize] as usize] = i;
        next[p as usize] += 1;
    }
}

/// Cuts a slice into consecutive pieces of these lengths.
pub(crate) fn split<'s, T>(mut values: &'s mut [T], lengths: &[usize]) -> Vec<&'s mut [T]> {
    let cut = lengths.iter().map(|&length| {
        let (piece, rest) = std::mem::take(&mut values).split_at_mut(length);
        values = rest;
        piece
    });
    cut.collect()
}
