//! The first graph of a medium with one conductivity, without its rows.
//!
//! Nearly all blocks hold one unknown. Between two such blocks a byte says how many faces conduct, and the row of each follows from six of
//! these bytes: an eighth of what rows take, and no column to look up. Links of layers, among each other and to neighbours, are stored.

use super::{
    Blocks, NO_LAYER,
    uniform::{HALVES, Uniform, across},
};
use crate::{
    field::Real,
    solve::{
        graph::{Graph, Piece, id},
        limits,
        stencil::{Lateral, Stencil, pair},
    },
};
use rayon::prelude::*;
use std::{borrow::Cow, ops::Range, sync::Arc};

/// Marks an unknown that has stored links.
const LINKED: u32 = 1 << 31;
/// Rows per task.
const ROWS: usize = 1 << 12;

/// Rows that follow from the blocks of a medium.
#[derive(Debug, Clone)]
pub struct Lattice<T> {
    /// Blocks along the three axes.
    pub(crate) shape: [usize; 3],
    /// First unknown of each block, and the end.
    pub(crate) first: Arc<Vec<u32>>,
    /// Block of each unknown, or with [`LINKED`] its place among the rows that have links.
    block: Vec<u32>,
    /// Faces that conduct between each block and the next along an axis, if both hold one unknown; behind a plane of zeros.
    pub(crate) faces: [Vec<u8>; 3],
    /// Conductance of so many faces of each axis, of which there are 4 at most.
    pub(crate) weights: [[T; 8]; 3],
    pub(crate) links: Links<T>,
}

/// Links that are stored, row by row.
#[derive(Debug, Clone)]
pub(crate) struct Links<T> {
    /// Rows that have any, ascending.
    pub(crate) rows: Vec<u32>,
    /// Their blocks.
    blocks: Vec<u32>,
    /// End of each row's links.
    ends: Vec<u32>,
    links: Vec<(u32, T)>,
}

impl<T: Real> Links<T> {
    /// Links of the row that is at a place among those that have any.
    pub(crate) fn at(&self, place: usize) -> &[(u32, T)] {
        let start = place.checked_sub(1).map_or(0, |last| self.ends[last]);
        &self.links[start as usize..self.ends[place] as usize]
    }

    /// Those of some rows that have any.
    pub(super) fn of(&self, rows: &Range<usize>) -> &[u32] {
        let before = |end: usize| self.rows.partition_point(|&row| (row as usize) < end);
        &self.rows[before(rows.start)..before(rows.end)]
    }

    /// Joins the links of consecutive rows.
    fn join(parts: Vec<Self>) -> Self {
        let sum = |length: fn(&Self) -> usize| parts.iter().map(length).sum();
        let rows = sum(|part| part.rows.len());
        let mut all = Self {
            rows: Vec::with_capacity(rows),
            blocks: Vec::with_capacity(rows),
            ends: Vec::with_capacity(rows),
            links: Vec::with_capacity(sum(|part| part.links.len())),
        };
        for part in parts {
            let before = all.links.len();
            all.rows.extend(part.rows);
            all.blocks.extend(part.blocks);
            all.ends
                .extend(part.ends.iter().map(|&end| id(before + end as usize)));
            all.links.extend(part.links);
        }
        all
    }

    fn none() -> Self {
        Self {
            rows: Vec::new(),
            blocks: Vec::new(),
            ends: Vec::new(),
            links: Vec::new(),
        }
    }
}

impl Blocks {
    /// The Galerkin graph on the layers: without rows where the medium has one conductivity and nothing wraps round.
    pub fn first_graph<T: Real>(&self, stencil: &Stencil) -> Graph<T> {
        let uniform = self.uniform.as_ref();
        match uniform.filter(|_| stencil.lateral == Lateral::Mirror) {
            Some(uniform) => Graph {
                leaks: self.leaks(stencil),
                formed: Some(Box::new(self.lattice(stencil, uniform))),
                ..Graph::default()
            },
            None => self.graph(stencil),
        }
    }

    fn lattice<T: Real>(&self, stencil: &Stencil, uniform: &Uniform) -> Lattice<T> {
        let size = self.shape[1] * self.shape[2];
        let alone = self.alone(uniform);
        let mut faces = [(); 3].map(|()| vec![0; size + uniform.masks.len()]);
        let mut block = vec![0; self.len()];
        let [first, second, third] = faces
            .each_mut()
            .map(|faces| faces[size..].par_chunks_mut(size));
        let planes = first.zip(second).zip(third);
        let planes = planes.zip(self.split(1, &mut block)).enumerate();
        let links = planes.map(|(bz, (((first, second), third), (base, block)))| {
            self.count_faces(&alone, bz, [first, second, third]);
            self.find_links(stencil, bz, (base, block))
        });
        let links = Links::join(links.collect());
        for (place, &row) in links.rows.iter().enumerate() {
            block[row as usize] = LINKED | limits::below_mark(place);
        }
        let weights = |axis: usize| {
            std::array::from_fn(|count| T::of(count as f64 * uniform.conductance(axis)))
        };
        Lattice {
            shape: self.shape,
            first: Arc::clone(&self.first),
            block,
            faces,
            weights: [0, 1, 2].map(weights),
            links,
        }
    }

    /// Masks of the blocks that hold one unknown, 0 of others, before a plane of zeros.
    fn alone(&self, uniform: &Uniform) -> Vec<u8> {
        let mut alone = vec![0; uniform.masks.len() + self.shape[1] * self.shape[2]];
        let unknowns = self.first.par_windows(2);
        let masks = alone.par_iter_mut().zip(&uniform.masks).zip(unknowns);
        masks.for_each(|((alone, &mask), unknowns)| {
            *alone = if unknowns[1] == unknowns[0] + 1 {
                mask
            } else {
                0
            };
        });
        alone
    }

    /// Faces from each block of a plane to the next along every axis.
    fn count_faces(&self, alone: &[u8], bz: usize, faces: [&mut [u8]; 3]) {
        let [_, rows, columns] = self.shape;
        let size = rows * columns;
        let here = &alone[bz * size..];
        for (axis, (faces, step)) in faces.into_iter().zip([size, columns, 1]).enumerate() {
            let count = |faces: &mut [u8], here: &[u8], next: &[u8]| {
                for ((faces, &mask), &next) in faces.iter_mut().zip(here).zip(next) {
                    let corners = mask & HALVES[axis][1] & across(next, axis, true);
                    *faces = POPULATION[usize::from(corners)];
                }
            };
            match axis {
                2 => {
                    for (line, faces) in faces.chunks_mut(columns).enumerate() {
                        let here = &here[line * columns..];
                        count(&mut faces[..columns - 1], here, &here[1..]);
                    }
                }
                1 => count(&mut faces[..size - columns], here, &here[step..]),
                _ => count(faces, here, &here[step..]),
            }
        }
    }

    /// Notes the block of every unknown of a plane, and finds the links that faces do not tell.
    fn find_links<T: Real>(
        &self,
        stencil: &Stencil,
        bz: usize,
        (base, block): (usize, &mut [u32]),
    ) -> Links<T> {
        let [depth, rows, columns] = self.shape;
        let size = rows * columns;
        for index in bz * size..(bz + 1) * size {
            let unknowns = self.first[index] as usize - base..self.first[index + 1] as usize - base;
            block[unknowns].fill(limits::below_mark(index));
        }
        let mut found = Links::none();
        let mut near = Vec::new();
        for by in 0..rows {
            near.clear();
            let own = self.layered(bz * rows + by);
            let beside = own.iter().flat_map(|&bx| [bx.wrapping_sub(1), bx, bx + 1]);
            near.extend(beside.filter(|&bx| (bx as usize) < columns));
            let lines = [
                (by > 0).then(|| bz * rows + by - 1),
                (by + 1 < rows).then_some(bz * rows + by + 1),
                (bz > 0).then(|| (bz - 1) * rows + by),
                (bz + 1 < depth).then_some((bz + 1) * rows + by),
            ];
            for line in lines.into_iter().flatten() {
                near.extend(self.layered(line));
            }
            near.sort_unstable();
            near.dedup();
            let Some(line) = self.masked_line(stencil, bz, by) else {
                continue;
            };
            for &bx in &near {
                let here = line.at(bx as usize);
                for (layer, row) in line.uniform.unknowns(&here).enumerate() {
                    let begin = found.links.len();
                    line.uniform.links(&here, layer, |link| {
                        if link.plain {
                            return;
                        }
                        let weight = T::of(line.uniform.weight(link));
                        match found.links[begin..].last_mut() {
                            Some(last) if last.0 == link.column => last.1 += weight,
                            _ => found.links.push((link.column, weight)),
                        }
                    });
                    if found.links.len() > begin {
                        found.rows.push(row);
                        found.blocks.push(block[row as usize - base]);
                        found.ends.push(id(found.links.len()));
                    }
                }
            }
        }
        found
    }

    /// What joins every unknown to the electrodes.
    fn leaks<T: Real>(&self, stencil: &Stencil) -> Vec<T> {
        let mut leaks = vec![T::default(); self.len()];
        let [depth, rows, columns] = stencil.shape;
        for [ghosts, z] in [[0, 0], [depth + 1, depth - 1]] {
            for (y, x) in (0..rows).flat_map(|y| (0..columns).map(move |x| (y, x))) {
                let codes = [z + 1, ghosts].map(|plane| stencil.code([plane, y, x]));
                let weight = stencil.tables[0][pair(codes[0], codes[1])];
                if weight > 0.0 && self.layer(stencil, [z, y, x]) != NO_LAYER {
                    leaks[self.parent(stencil, [z, y, x]) as usize] += T::of(weight);
                }
            }
        }
        leaks
    }
}

/// Bits that are set.
const POPULATION: [u8; 256] = {
    let mut population = [0; 256];
    let mut mask = 1;
    while mask < 256 {
        population[mask] = population[mask / 2] + if mask % 2 == 1 { 1 } else { 0 };
        mask += 1;
    }
    population
};

impl<T: Real> Lattice<T> {
    /// Neighbours of a row and their weights.
    #[inline(always)]
    pub(crate) fn each(&self, row: usize, mut found: impl FnMut(usize, T)) {
        let (block, links) = self.place(row);
        if let Some(block) = block {
            let [_, rows, columns] = self.shape;
            let size = rows * columns;
            for (axis, step) in [size, columns, 1].into_iter().enumerate() {
                let [weight, back] = [0, step].map(|back| self.through(axis, block, back));
                if weight > T::default() {
                    found(self.first[block + step] as usize, weight);
                }
                if back > T::default() {
                    found(self.first[block - step] as usize, back);
                }
            }
        }
        for &(column, weight) in links {
            found(column as usize, weight);
        }
    }

    /// Those of the neighbours that come after the row.
    #[inline(always)]
    pub(crate) fn ahead(&self, row: usize, mut found: impl FnMut(usize, T)) {
        let (block, links) = self.place(row);
        if let Some(block) = block {
            let [_, rows, columns] = self.shape;
            for (axis, step) in [rows * columns, columns, 1].into_iter().enumerate() {
                let weight = self.through(axis, block, 0);
                if weight > T::default() {
                    found(self.first[block + step] as usize, weight);
                }
            }
        }
        let after = links.iter().filter(|link| link.0 as usize > row);
        after.for_each(|&(column, weight)| found(column as usize, weight));
    }

    /// Sum of the weights of a row.
    pub(super) fn sum(&self, row: usize) -> T {
        let (block, links) = self.place(row);
        let sum = links.iter().map(|link| link.1).sum();
        block.map_or(sum, |block| self.block_sum(block, sum))
    }

    /// A sum and all faces of a block.
    #[inline(always)]
    pub(super) fn block_sum(&self, block: usize, mut sum: T) -> T {
        let [_, rows, columns] = self.shape;
        for (axis, step) in [rows * columns, columns, 1].into_iter().enumerate() {
            sum += self.through(axis, block, 0) + self.through(axis, block, step);
        }
        sum
    }

    /// Where an unknown's links are found: its block, if it is the only or the first there, and what is stored.
    #[inline(always)]
    fn place(&self, row: usize) -> (Option<usize>, &[(u32, T)]) {
        let place = self.block[row];
        if place & LINKED == 0 {
            return (Some(place as usize), &[]);
        }
        let place = (place & !LINKED) as usize;
        let block = self.links.blocks[place] as usize;
        let first = self.first[block] as usize == row;
        (first.then_some(block), self.links.at(place))
    }

    /// Conductance of the faces between a block and the next along an axis, or that before it, a step back.
    #[inline(always)]
    pub(super) fn through(&self, axis: usize, block: usize, back: usize) -> T {
        let [_, rows, columns] = self.shape;
        let faces = self.faces[axis][rows * columns + block - back];
        self.weights[axis][usize::from(faces & 7)]
    }

    /// Whether some links of an unknown are stored.
    #[inline(always)]
    pub(crate) fn is_linked(&self, row: usize) -> bool {
        self.block[row] & LINKED != 0
    }

    /// Unknowns of some planes that have stored links, each with its block and the links.
    pub(crate) fn linked(
        &self,
        planes: Range<usize>,
    ) -> impl Iterator<Item = (usize, usize, &[(u32, T)])> {
        let links = &self.links;
        let rows = self.rows(planes);
        let start = links
            .rows
            .partition_point(|&row| (row as usize) < rows.start);
        let there = (start..links.rows.len()).map(|at| {
            let [row, block] = [&links.rows, &links.blocks].map(|of| of[at] as usize);
            (row, block, links.at(at))
        });
        there.take_while(move |it| it.0 < rows.end)
    }

    /// Unknowns of some planes of blocks.
    pub(crate) fn rows(&self, planes: Range<usize>) -> Range<usize> {
        let size = self.shape[1] * self.shape[2];
        let first = |plane: usize| self.first[plane.min(self.shape[0]) * size] as usize;
        first(planes.start)..first(planes.end)
    }
}

impl<T: Real> Graph<T> {
    /// The same graph with its rows, for those who want them one by one.
    pub(crate) fn with_rows(&self) -> Cow<'_, Self> {
        if self.formed.is_none() {
            return Cow::Borrowed(self);
        }
        let pieces = (0..self.len().div_ceil(ROWS)).into_par_iter().map(|task| {
            let rows = task * ROWS..((task + 1) * ROWS).min(self.len());
            let mut piece = Piece::new(&rows);
            for row in rows {
                let begin = piece.entries.len();
                self.each(row, |column, weight| {
                    piece.entries.push((id(column), weight));
                });
                piece.entries[begin..].sort_unstable_by_key(|entry| entry.0);
                piece.close(self.leaks[row]);
            }
            piece
        });
        Cow::Owned(Self::assemble(pieces.collect()))
    }
}
