//! The graphs on the blocks: the first coarse operator, made from the stencil, and the second level's aggregates.

use super::{Blocks, Line, NO_LAYER, inside, shell::Behind};
use crate::{
    field::{Real, vectorised},
    solve::{
        cells,
        graph::{Aggregates, Graph, PADDING, Piece, Rows},
        stencil::Stencil,
    },
};
use rayon::prelude::*;
use std::ops::Range;

/// Planes of blocks whose rows are made at once, before they are joined to the graph: as few as keep all threads busy, because
/// for a moment these rows are in memory twice.
const BATCH: usize = 64;

impl Blocks {
    /// The Galerkin graph on the layers.
    pub fn graph<T: Real>(&self, stencil: &Stencil) -> Graph<T> {
        let planes: Vec<usize> = (0..self.shape[0]).collect();
        // Most rows take one round; twice as many entries are room enough, or else made on the way.
        let mut graph = Rows::new(self.len(), 2 * PADDING * self.len());
        for planes in planes.chunks(BATCH) {
            let pieces = planes.par_iter().map(|&bz| self.plane_rows(stencil, bz));
            graph.append(pieces.collect());
        }
        graph.finish()
    }

    /// The rows of one plane of blocks.
    fn plane_rows<T: Real>(&self, stencil: &Stencil, bz: usize) -> Piece<T> {
        let plane = |bz: usize| self.first[bz * self.shape[1] * self.shape[2]] as usize;
        let mut piece = Piece::new(&(plane(bz)..plane(bz + 1)));
        let mut rows = Vec::new();
        for by in 0..self.shape[1] {
            if let Some(line) = self.line(stencil, bz, by) {
                vectorised(
                    #[inline(always)]
                    || line_rows(&line, self.shape[2], &mut piece),
                );
                continue;
            }
            for bx in 0..self.shape[2] {
                self.block_rows(stencil, [bz, by, bx], &mut rows, &mut piece);
            }
        }
        piece
    }

    fn block_rows<T: Real>(
        &self,
        stencil: &Stencil,
        block: [usize; 3],
        rows: &mut Vec<(u32, u32, f64)>,
        piece: &mut Piece<T>,
    ) {
        if self.unknowns(block).is_empty() || self.single_row(stencil, block, piece) {
            return;
        }
        let Range { start: begin, end } = self.unknowns(block);
        rows.clear();
        let mut leaks = [0.0; 8];
        for voxel in inside(stencil.shape, block).voxels() {
            if self.layer(stencil, voxel) == NO_LAYER {
                continue;
            }
            let here = self.parent(stencil, voxel);
            for (weight, beyond) in self.faces(stencil, voxel) {
                match beyond {
                    None => leaks[(here - begin) as usize] += weight,
                    Some(there) if there != here => rows.push((here, there, weight)),
                    Some(_) => {}
                }
            }
        }
        rows.sort_unstable_by_key(|&(row, column, _)| (row, column));
        let mut entries = rows.iter().peekable();
        for row in begin..end {
            while let Some(&(_, column, weight)) = entries.next_if(|entry| entry.0 == row) {
                let mut sum = weight;
                while let Some(more) = entries.next_if(|entry| (entry.0, entry.1) == (row, column))
                {
                    sum += more.2;
                }
                piece.entries.push((column, T::of(sum)));
            }
            piece.close(T::of(leaks[(row - begin) as usize]));
        }
    }

    /// The row of a block in the common case that [`Blocks::shell`] covers.
    fn single_row<T: Real>(
        &self,
        stencil: &Stencil,
        block: [usize; 3],
        piece: &mut Piece<T>,
    ) -> bool {
        let Some(shell) = self.shell(stencil, block) else {
            return false;
        };
        let mut leak = 0.0;
        for side in shell.sides {
            match side.behind {
                _ if side.total() == 0.0 => {}
                Behind::Electrode => leak += side.total(),
                Behind::Single(column) => piece.entries.push((column, T::of(side.total()))),
                Behind::Layered(columns) => {
                    let begin = piece.entries.len();
                    for (weight, column) in side
                        .weights
                        .into_iter()
                        .zip(columns)
                        .filter(|face| face.0 > 0.0)
                    {
                        match piece.entries[begin..]
                            .iter_mut()
                            .find(|entry| entry.0 == column)
                        {
                            Some(entry) => entry.1 += T::of(weight),
                            None => piece.entries.push((column, T::of(weight))),
                        }
                    }
                    piece.entries[begin..].sort_unstable_by_key(|entry| entry.0);
                }
            }
        }
        piece.close(T::of(leak));
        true
    }

    /// The second level's aggregates: the same idea on blocks of 2x2x2 blocks, with the couplings of the graph.
    pub fn again<T: Real>(&self, graph: &Graph<T>) -> Aggregates {
        cells::aggregate((self.shape, self.first.as_slice()), graph).0
    }
}

/// The rows of a line of blocks whose masks say everything.
#[inline(always)]
fn line_rows<T: Real>(line: &Line<'_>, length: usize, piece: &mut Piece<T>) {
    // At most four columns behind each side, and seven other layers.
    let mut row = [(0, T::default()); 32];
    for bx in 0..length {
        let block = line.at(bx);
        for layer in 0..line.uniform.unknowns(&block).len() {
            let mut count = 0;
            line.uniform.links(
                &block,
                layer,
                #[inline(always)]
                |link| {
                    let weight = T::of(line.uniform.weight(link));
                    if count > 0 && row[count - 1].0 == link.column {
                        row[count - 1].1 += weight;
                    } else {
                        row[count] = (link.column, weight);
                        count += 1;
                    }
                },
            );
            piece.push(&row[..count], T::default());
        }
    }
}
