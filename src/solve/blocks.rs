//! The first coarse level, made from the stencil: blocks of 2x2x2 voxels, layer by layer.
//!
//! The layers of a block depend on its eight codes alone: the diagonal that enters the price is taken as six times the
//! voxel's coupling to its own kind, an upper estimate that can only keep more layers. So each pattern is worked out once
//! and then looked up; most volumes have a few hundred.

use super::{
    graph::{Aggregates, Graph, Piece, id},
    layers::Merger,
    stencil::{DEAD, Stencil, pair},
};
use crate::field::Real;
use rayon::prelude::*;
use std::collections::HashMap;

/// A block with one unknown and what surrounds it.
#[derive(Debug)]
pub(crate) struct Shell {
    /// First voxel, as its place in a field.
    pub(crate) origin: usize,
    /// Offsets of the eight corners from there.
    pub(crate) corners: [usize; 8],
    /// Their codes.
    pub(crate) codes: [u8; 8],
    /// The six sides, in ascending order of the blocks behind.
    pub(crate) sides: [Side; 6],
}

/// One side of a block, face by face.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Side {
    /// Conductances.
    pub(crate) weights: [f64; 4],
    /// What lies behind.
    pub(crate) behind: Behind,
}

/// What lies behind a side of a block.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Behind {
    /// An electrode.
    Electrode,
    /// A block with one coarse unknown.
    Single(u32),
    /// The coarse unknown behind each face, valid where the face conducts.
    Layered([u32; 4]),
}

impl Side {
    const OPEN: Self = Self { weights: [0.0; 4], behind: Behind::Electrode };

    fn total(&self) -> f64 {
        self.weights.iter().sum()
    }
}

/// Sides in ascending order of the blocks behind them: axis, and whether the side looks ahead.
const SIDES: [(usize, bool); 6] = [(0, false), (1, false), (2, false), (2, true), (1, true), (0, true)];
/// Corners of each of [`SIDES`], in the order of its faces.
pub(crate) const CORNERS: [[usize; 4]; 6] =
    [[0, 1, 2, 3], [0, 1, 4, 5], [0, 2, 4, 6], [1, 3, 5, 7], [2, 3, 6, 7], [4, 5, 6, 7]];

/// The layer of a voxel that has no unknown.
pub const NO_LAYER: u8 = u8::MAX;

/// Blocks of 2x2x2 voxels and the coarse unknowns they hold.
#[derive(Debug, Clone, Default)]
pub struct Blocks {
    /// Blocks along the three axes.
    pub shape: [usize; 3],
    /// Layer of each voxel within its block, [`NO_LAYER`] where the voxel has no unknown; ghosts not counted.
    pub layers: Vec<u8>,
    /// First coarse unknown of each block, and the end.
    pub first: Vec<u32>,
}

impl Blocks {
    /// Layers of every block.
    pub fn new(stencil: &Stencil) -> Self {
        let shape = stencil.shape.map(|n| n.div_ceil(2));
        let mut layers = vec![NO_LAYER; stencil.len()];
        let counts: Vec<Vec<usize>> = layers
            .par_chunks_mut(2 * stencil.plane())
            .enumerate()
            .map_init(HashMap::new, |known, (bz, layers)| {
                let mut row_counts = Vec::with_capacity(shape[1] * shape[2]);
                for (by, bx) in (0..shape[1]).flat_map(|y| (0..shape[2]).map(move |x| (y, x))) {
                    let codes = codes(stencil, [bz, by, bx]);
                    let (pattern, count) = *known
                        .entry(codes)
                        .or_insert_with(|| layers_of(stencil, codes));
                    for (corner, layer) in inside(stencil.shape, [bz, by, bx]).zip_corners(pattern)
                    {
                        let [z, y, x] = corner;
                        layers[((z - 2 * bz) * stencil.shape[1] + y) * stencil.shape[2] + x] =
                            layer;
                    }
                    row_counts.push(count);
                }
                row_counts
            })
            .collect();
        let mut first = Vec::with_capacity(shape.iter().product::<usize>() + 1);
        first.push(0u32);
        for count in counts.into_iter().flatten() {
            first.push(first[first.len() - 1] + id(count));
        }
        Self {
            shape,
            layers,
            first,
        }
    }

    /// Coarse unknowns in all.
    pub fn len(&self) -> usize {
        self.first[self.first.len() - 1] as usize
    }

    /// Whether no voxel has an unknown.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// First coarse unknown of the blocks along one row of voxels.
    pub fn row(&self, z: usize, y: usize) -> &[u32] {
        let start = ((z / 2) * self.shape[1] + y / 2) * self.shape[2];
        &self.first[start..start + self.shape[2]]
    }

    /// Values of a coarse vector along one row of voxels with these layers; voxels without an unknown get any number.
    pub(crate) fn spread<T: Real>(
        &self,
        (z, y): (usize, usize),
        layers: &[u8],
        coarse: &[T],
        out: &mut [T],
    ) {
        let start = ((z / 2) * self.shape[1] + y / 2) * self.shape[2];
        let firsts = &self.first[start..=start + self.shape[2]];
        for ((out, layers), first) in out
            .chunks_mut(2)
            .zip(layers.chunks(2))
            .zip(firsts.windows(2))
        {
            match first[1] - first[0] {
                0 => out.fill(T::default()),
                1 => out.fill(coarse[first[0] as usize]),
                _ => {
                    for (out, &layer) in out
                        .iter_mut()
                        .zip(layers)
                        .filter(|(_, layer)| **layer != NO_LAYER)
                    {
                        *out = coarse[first[0] as usize + usize::from(layer)];
                    }
                }
            }
        }
    }

    /// Sums the one or two planes of voxels of block plane `bz` over layers; `coarse` begins with unknown `base`.
    pub(crate) fn gather<T: Real>(
        &self,
        (bz, base): (usize, usize),
        planes: &[&[T]],
        stencil: &Stencil,
        coarse: &mut [T],
    ) {
        let [_, rows, n] = stencil.shape;
        let mut sums = vec![T::default(); n];
        for by in 0..self.shape[1] {
            let voxel_rows = 2 * by..(2 * by + 2).min(rows);
            sums.fill(T::default());
            for (plane, y) in planes
                .iter()
                .flat_map(|plane| voxel_rows.clone().map(move |y| (plane, y)))
            {
                sums.iter_mut()
                    .zip(&plane[y * n..(y + 1) * n])
                    .for_each(|(sum, &value)| *sum += value);
            }
            let start = (bz * self.shape[1] + by) * self.shape[2];
            let firsts = &self.first[start..=start + self.shape[2]];
            for (bx, (first, pair)) in firsts.windows(2).zip(sums.chunks(2)).enumerate() {
                let (begin, end) = (first[0] as usize - base, first[1] as usize - base);
                if end == begin + 1 {
                    coarse[begin] = pair.iter().copied().sum();
                } else if end > begin {
                    coarse[begin..end].fill(T::default());
                    for [z, y, x] in inside(stencil.shape, [bz, by, bx]).voxels() {
                        let layer = self.layer(stencil, [z, y, x]);
                        if layer != NO_LAYER {
                            coarse[begin + usize::from(layer)] += planes[z - 2 * bz][y * n + x];
                        }
                    }
                }
            }
        }
    }

    /// Cuts a coarse vector after every `depth` planes of blocks; each piece comes with the index of its first number.
    pub fn split<'f, T>(&self, depth: usize, mut values: &'f mut [T]) -> Vec<(usize, &'f mut [T])> {
        let plane = self.shape[1] * self.shape[2];
        let cut = |z: usize| self.first[z.min(self.shape[0]) * plane] as usize;
        let mut pieces = Vec::with_capacity(self.shape[0].div_ceil(depth));
        for z in (0..self.shape[0]).step_by(depth) {
            let (piece, rest) = values.split_at_mut(cut(z + depth) - cut(z));
            pieces.push((cut(z), piece));
            values = rest;
        }
        pieces
    }

    fn index(&self, [z, y, x]: [usize; 3]) -> usize {
        (z * self.shape[1] + y) * self.shape[2] + x
    }

    /// Coarse unknowns of a block.
    pub(crate) fn unknowns(&self, block: [usize; 3]) -> std::ops::Range<u32> {
        let index = self.index(block);
        self.first[index]..self.first[index + 1]
    }

    /// Layer of a voxel.
    pub(crate) fn layer(&self, stencil: &Stencil, voxel: [usize; 3]) -> u8 {
        self.layers[stencil.index(voxel)]
    }

    /// Coarse unknown of a voxel that has one.
    pub(crate) fn parent(&self, stencil: &Stencil, voxel: [usize; 3]) -> u32 {
        self.first[self.index(voxel.map(|v| v / 2))] + u32::from(self.layer(stencil, voxel))
    }

    /// Sums of a field over the members of every coarse unknown.
    pub(crate) fn sum(&self, stencil: &Stencil, field: &[f64]) -> Vec<f64> {
        let mut sums = vec![0.0; self.len()];
        let pieces = self.split(1, &mut sums);
        pieces
            .into_par_iter()
            .enumerate()
            .for_each(|(bz, (base, sums))| {
                for (z, y) in (2 * bz..(2 * bz + 2).min(stencil.shape[0]))
                    .flat_map(|z| (0..stencil.shape[1]).map(move |y| (z, y)))
                {
                    let firsts = self.row(z, y);
                    for x in 0..stencil.shape[2] {
                        let place = stencil.index([z, y, x]);
                        if self.layers[place] != NO_LAYER {
                            sums[firsts[x / 2] as usize + usize::from(self.layers[place])
                                - base] += field[place];
                        }
                    }
                }
            });
        sums
    }

    /// The Galerkin graph on the layers.
    pub fn graph<T: Real>(&self, stencil: &Stencil) -> Graph<T> {
        let pieces: Vec<Piece<T>> = (0..self.shape[0])
            .into_par_iter()
            .map(|bz| {
                let mut piece = Piece::new(self.first[bz * self.shape[1] * self.shape[2]] as usize);
                let mut rows = Vec::new();
                for (by, bx) in
                    (0..self.shape[1]).flat_map(|y| (0..self.shape[2]).map(move |x| (y, x)))
                {
                    self.block_rows(stencil, [bz, by, bx], &mut rows, &mut piece);
                }
                piece
            })
            .collect();
        Graph::assemble(pieces)
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
        let std::ops::Range { start: begin, end } = self.unknowns(block);
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
                while let Some(more) = entries.next_if(|entry| (entry.0, entry.1) == (row, column)) {
                    sum += more.2;
                }
                piece.entries.push((column, T::of(sum)));
            }
            piece.close(T::of(leaks[(row - begin) as usize]));
        }
    }

    /// Faces of a voxel that carry current: conductance, and the coarse unknown behind (none behind is an electrode).
    pub(crate) fn faces(&self, stencil: &Stencil, [z, y, x]: [usize; 3]) -> impl Iterator<Item = (f64, Option<u32>)> {
        let here = [z + 1, y, x];
        let code = stencil.code(here);
        stencil.around(here).filter_map(move |(axis, other)| {
            let weight = stencil.tables[axis][pair(code, stencil.code(other))];
            let [plane, v, u] = other;
            let electrode = plane == 0 || plane > stencil.shape[0];
            (weight > 0.0)
                .then(|| (weight, (!electrode).then(|| self.parent(stencil, [plane - 1, v, u]))))
        })
    }

    /// The row of a block in the common case that [`Blocks::shell`] covers.
    fn single_row<T: Real>(&self, stencil: &Stencil, block: [usize; 3], piece: &mut Piece<T>) -> bool {
        let Some(shell) = self.shell(stencil, block) else { return false };
        let mut leak = 0.0;
        for side in shell.sides {
            match side.behind {
                _ if side.total() == 0.0 => {}
                Behind::Electrode => leak += side.total(),
                Behind::Single(column) => piece.entries.push((column, T::of(side.total()))),
                Behind::Layered(columns) => {
                    let begin = piece.entries.len();
                    for (weight, column) in side.weights.into_iter().zip(columns).filter(|face| face.0 > 0.0) {
                        match piece.entries[begin..].iter_mut().find(|entry| entry.0 == column) {
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

    /// The surroundings of a block that has one unknown, is not cut off and does not lie at the rim: the common case, made
    /// fast. Everything else goes voxel by voxel through [`Blocks::faces`].
    pub(crate) fn shell(&self, stencil: &Stencil, block: [usize; 3]) -> Option<Shell> {
        let [bz, by, bx] = block;
        let whole = (1..3).all(|axis| block[axis] > 0 && 2 * block[axis] + 3 < stencil.shape[axis])
            && 2 * bz + 2 <= stencil.shape[0];
        if !whole || self.unknowns(block).len() != 1 {
            return None;
        }
        let strides = [stencil.plane(), stencil.shape[2], 1];
        let origin = stencil.index([2 * bz + 1, 2 * by, 2 * bx]);
        let corners = std::array::from_fn(|c| (c >> 2) * strides[0] + (c >> 1 & 1) * strides[1] + (c & 1));
        let codes = corners.map(|offset: usize| stencil.codes[origin + offset]);
        let block_strides = [self.shape[1] * self.shape[2], self.shape[2], 1];
        let here = self.index(block);
        let mut shell = Shell { origin: origin - strides[0], corners, codes, sides: [Side::OPEN; 6] };
        for ((side, &(axis, ahead)), near) in shell.sides.iter_mut().zip(&SIDES).zip(&CORNERS) {
            let step = |from: usize, by: usize| if ahead { from + by } else { from - by };
            let far = near.map(|corner| step(origin + corners[corner], strides[axis]));
            for ((weight, &corner), far) in side.weights.iter_mut().zip(near).zip(far) {
                *weight = stencil.tables[axis][pair(codes[corner], stencil.codes[far])];
            }
            if axis == 0 && (if ahead { 2 * bz + 2 == stencil.shape[0] } else { bz == 0 }) {
                continue;
            }
            let block = step(here, block_strides[axis]);
            let first = self.first[block];
            side.behind = if self.first[block + 1] == first + 1 {
                Behind::Single(first)
            } else {
                Behind::Layered(far.map(|far| first.wrapping_add(u32::from(self.layers[far - strides[0]]))))
            };
        }
        Some(shell)
    }

    /// The second level's aggregates: the same idea on blocks of 2x2x2 blocks, with the couplings of the graph.
    pub fn again<T: Real>(&self, graph: &Graph<T>) -> Aggregates {
        let diagonal = graph.diagonal();
        let shape = self.shape.map(|n| n.div_ceil(2));
        let planes: Vec<(Vec<(u32, u32)>, u32)> = (0..shape[0])
            .into_par_iter()
            .map(|bz| self.super_plane(graph, &diagonal, [bz, shape[1], shape[2]]))
            .collect();
        let mut parent = vec![0; graph.len()];
        let mut offset = 0;
        for (layers, count) in planes {
            for (unknown, layer) in layers {
                parent[unknown as usize] = offset + layer;
            }
            offset += count;
        }
        Aggregates::new(parent, offset as usize)
    }

    /// Layers of one plane of super-blocks: (unknown, layer counted from the plane's first) and their number.
    fn super_plane<T: Real>(
        &self,
        graph: &Graph<T>,
        diagonal: &[T],
        [bz, rows, columns]: [usize; 3],
    ) -> (Vec<(u32, u32)>, u32) {
        let (mut merger, mut layers, mut unknowns) = (Merger::default(), Vec::new(), Vec::new());
        let mut out = (Vec::new(), 0u32);
        for (by, bx) in (0..rows).flat_map(|y| (0..columns).map(move |x| (y, x))) {
            unknowns.clear();
            for [z, y, x] in inside(self.shape, [bz, by, bx]).voxels() {
                let block = (z * self.shape[1] + y) * self.shape[2] + x;
                unknowns.extend(self.first[block]..self.first[block + 1]);
            }
            merger.begin(unknowns.iter().map(|&i| diagonal[i as usize].wide()));
            for (place, &i) in unknowns.iter().enumerate() {
                for (j, weight) in graph.row(i as usize) {
                    if let Ok(other) = unknowns.binary_search(&id(j)) {
                        merger.couple(place, other, weight.wide());
                    }
                }
            }
            let count = merger.layers(&mut layers);
            out.0.extend(
                unknowns
                    .iter()
                    .zip(&layers)
                    .map(|(&i, &layer)| (i, out.1 + id(layer))),
            );
            out.1 += id(count);
        }
        out
    }
}

/// The voxels of a 2x2x2 block that lie inside the volume.
pub(crate) struct Inside {
    origin: [usize; 3],
    extent: [usize; 3],
}

pub(crate) fn inside(shape: [usize; 3], block: [usize; 3]) -> Inside {
    let origin = block.map(|b| 2 * b);
    let extent = std::array::from_fn(|axis| (shape[axis] - origin[axis]).min(2));
    Inside { origin, extent }
}

impl Inside {
    pub(crate) fn voxels(&self) -> impl Iterator<Item = [usize; 3]> {
        let Self {
            origin: [z, y, x],
            extent: [nz, ny, nx],
        } = *self;
        (z..z + nz)
            .flat_map(move |z| (y..y + ny).flat_map(move |y| (x..x + nx).map(move |x| [z, y, x])))
    }

    /// Voxels with the entry of a 2x2x2 pattern that belongs to each.
    fn zip_corners(&self, pattern: [u8; 8]) -> impl Iterator<Item = ([usize; 3], u8)> {
        let [oz, oy, ox] = self.origin;
        self.voxels()
            .map(move |[z, y, x]| ([z, y, x], pattern[(z - oz) * 4 + (y - oy) * 2 + x - ox]))
    }
}

/// Codes of a block's corners, [`DEAD`] outside the volume.
pub(crate) fn codes(stencil: &Stencil, block: [usize; 3]) -> [u8; 8] {
    let [z, y, x] = block.map(|b| 2 * b);
    let strides = [stencil.plane(), stencil.shape[2], 1];
    let origin = stencil.index([z + 1, y, x]);
    let within = [z, y, x].iter().zip(stencil.shape).all(|(&from, n)| from + 2 <= n);
    if within {
        let corner = |c: usize| (c >> 2) * strides[0] + (c >> 1 & 1) * strides[1] + (c & 1);
        return std::array::from_fn(|c| stencil.codes[origin + corner(c)]);
    }
    let mut codes = [DEAD; 8];
    for [z, y, x] in inside(stencil.shape, block).voxels() {
        codes[(z % 2) * 4 + (y % 2) * 2 + x % 2] = stencil.code([z + 1, y, x]);
    }
    codes
}

/// Layers of a block's corners by their codes, and their number.
pub(crate) fn layers_of(stencil: &Stencil, codes: [u8; 8]) -> ([u8; 8], usize) {
    let own = |code: u8| -> f64 {
        stencil
            .tables
            .iter()
            .map(|table| 2.0 * table[pair(code, code)])
            .sum()
    };
    let corners: Vec<usize> = (0..8).filter(|&corner| codes[corner] != DEAD).collect();
    let (mut merger, mut layers) = (Merger::default(), Vec::new());
    merger.begin(corners.iter().map(|&corner| own(codes[corner])));
    for (i, &a) in corners.iter().enumerate() {
        for (j, &b) in corners.iter().enumerate() {
            if let Some(weight) = corner_coupling(stencil, &codes, a, b) {
                merger.couple(i, j, weight);
            }
        }
    }
    let count = merger.layers(&mut layers);
    let mut out = [NO_LAYER; 8];
    for (&corner, &layer) in corners.iter().zip(&layers) {
        out[corner] = u8::try_from(layer).unwrap_or(NO_LAYER);
    }
    (out, count)
}

/// Coupling between two corners of a block, where they are neighbours.
pub(crate) fn corner_coupling(
    stencil: &Stencil,
    codes: &[u8; 8],
    a: usize,
    b: usize,
) -> Option<f64> {
    let axis = [4, 2, 1].iter().position(|&step| a ^ b == step)?;
    Some(stencil.tables[axis][pair(codes[a], codes[b])])
}
