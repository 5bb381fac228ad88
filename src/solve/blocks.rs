//! The first coarse level, made from the stencil: blocks of 2x2x2 voxels, layer by layer.
//!
//! The layers of a block depend on its eight codes alone: the diagonal that enters the price is taken as six times the
//! voxel's coupling to its own kind, an upper estimate that can only keep more layers. So each pattern is worked out once
//! and then looked up; most volumes have a few hundred.

mod coarse;
mod groups;
mod lattice;
mod line;
mod pattern;
mod shell;
mod uniform;

pub use lattice::Lattice;
pub(crate) use line::{Line, Surroundings};
pub(crate) use pattern::{codes, corner_coupling, layers_of};
pub(crate) use shell::{Behind, CORNERS, Shell};
pub(crate) use uniform::Uniform;

use super::{graph::id, stencil::Stencil};
use crate::field::Real;
use rayon::prelude::*;
use std::{borrow::Cow, collections::HashMap, sync::Arc};

/// The layer of a voxel that has no unknown.
pub const NO_LAYER: u8 = u8::MAX;

/// Blocks of 2x2x2 voxels and the coarse unknowns they hold.
#[derive(Debug, Clone, Default)]
pub struct Blocks {
    /// Blocks along the three axes.
    pub shape: [usize; 3],
    /// Layer of each voxel within its block, [`NO_LAYER`] where the voxel has no unknown, ghosts not counted; empty where masks say it.
    layers: Vec<u8>,
    /// First coarse unknown of each block, and the end.
    pub first: Arc<Vec<u32>>,
    /// Blocks that have more than one layer by their place in each line, and the first of each line.
    layered: (Vec<u32>, Vec<u32>),
    /// The same as masks, where the medium has one conductivity.
    uniform: Option<Uniform>,
}

impl Blocks {
    /// Layers of every block.
    pub fn new(stencil: &Stencil) -> Self {
        let shape = stencil.shape.map(|n| n.div_ceil(2));
        let uniform = Uniform::new(stencil, shape);
        let (layers, counts) = match &uniform {
            Some(uniform) => (Vec::new(), uniform.counts()),
            None => by_codes(stencil, shape),
        };
        let mut first = Vec::with_capacity(counts.len() + 1);
        first.push(0u32);
        let mut all = 0;
        first.extend(counts.into_iter().map(|count| {
            all += usize::from(count);
            id(all)
        }));
        Self {
            layered: layered(&first, shape[2]),
            shape,
            layers,
            first: Arc::new(first),
            uniform,
        }
    }

    /// The blocks as masks, where the medium has one conductivity.
    pub(crate) fn uniform(&self) -> Option<&Uniform> {
        self.uniform.as_ref()
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

    /// Values of a coarse vector along row y of voxels on plane z; voxels without an unknown get any number. The row's pair in
    /// the same blocks, if it comes next, needs only what layered blocks change.
    pub(crate) fn spread<T: Real>(
        &self,
        stencil: &Stencil,
        (z, y): (usize, usize),
        coarse: &[T],
        out: &mut [T],
    ) {
        let line = z / 2 * self.shape[1] + y / 2;
        let firsts = &self.first[line * self.shape[2]..][..self.shape[2]];
        if y.is_multiple_of(2) {
            for (out, &first) in out.chunks_mut(2).zip(firsts) {
                out.fill(coarse.get(first as usize).copied().unwrap_or_default());
            }
        }
        for &bx in self.layered(line) {
            let (bx, first) = (bx as usize, firsts[bx as usize] as usize);
            for x in 2 * bx..(2 * bx + 2).min(out.len()) {
                let layer = self.layer(stencil, [z, y, x]);
                if layer != NO_LAYER {
                    out[x] = coarse[first + usize::from(layer)];
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
            let line = bz * self.shape[1] + by;
            let firsts = &self.first[line * self.shape[2]..][..=self.shape[2]];
            for (pair, &first) in sums.chunks(2).zip(firsts) {
                // Without an unknown the sum is zero and lands where the next block's will, which overwrites it.
                if let Some(sum) = coarse.get_mut(first as usize - base) {
                    *sum = pair.iter().copied().sum();
                }
            }
            for &bx in self.layered(line) {
                let unknowns = &firsts[bx as usize..][..2];
                let [begin, end] = [unknowns[0], unknowns[1]].map(|i| i as usize - base);
                coarse[begin..end].fill(T::default());
                for [z, y, x] in inside(stencil.shape, [bz, by, bx as usize]).voxels() {
                    let layer = self.layer(stencil, [z, y, x]);
                    if layer != NO_LAYER {
                        coarse[begin + usize::from(layer)] += planes[z - 2 * bz][y * n + x];
                    }
                }
            }
        }
    }

    /// The same for consecutive planes of voxels, from those of block plane `bz` on.
    pub(crate) fn gather_planes<T: Real>(
        &self,
        stencil: &Stencil,
        (bz, base): (usize, usize),
        planes: &[T],
        coarse: &mut [T],
    ) {
        let size = stencil.plane();
        for (bz, pair) in (bz..).zip(planes.chunks(2 * size)) {
            let (first, second) = pair.split_at(size);
            let both = [first, second];
            self.gather((bz, base), &both[..pair.len() / size], stencil, coarse);
        }
    }

    /// Blocks of a line that have more than one layer, by their place in it.
    fn layered(&self, line: usize) -> &[u32] {
        &self.layered.0[self.layered.1[line] as usize..self.layered.1[line + 1] as usize]
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
        let [z, y, x] = voxel;
        let corner = z % 2 * 4 + y % 2 * 2 + x % 2;
        self.layer_at((self.index(voxel.map(|v| v / 2)), corner), || {
            stencil.index(voxel)
        })
    }

    /// The same by its block and the corner that it is there, or else by its place in a field.
    fn layer_at(&self, (block, corner): (usize, usize), place: impl FnOnce() -> usize) -> u8 {
        match &self.uniform {
            Some(uniform) => uniform.layer(block, corner),
            None => self.layers[place()],
        }
    }

    /// Layers of all voxels of some planes.
    pub(crate) fn layers(
        &self,
        stencil: &Stencil,
        planes: std::ops::Range<usize>,
    ) -> Cow<'_, [u8]> {
        match &self.uniform {
            Some(uniform) => Cow::Owned(uniform.layers(stencil, self.shape, planes)),
            None => Cow::Borrowed(
                &self.layers[planes.start * stencil.plane()..planes.end * stencil.plane()],
            ),
        }
    }

    /// Coarse unknown of a voxel that has one.
    pub(crate) fn parent(&self, stencil: &Stencil, voxel: [usize; 3]) -> u32 {
        self.first[self.index(voxel.map(|v| v / 2))] + u32::from(self.layer(stencil, voxel))
    }

    /// Sums of a field over the members of every coarse unknown; the field is 0 where a voxel has none.
    pub(crate) fn sum(&self, stencil: &Stencil, field: &[f64]) -> Vec<f64> {
        let size = stencil.plane();
        let mut sums = vec![0.0; self.len()];
        let pieces = self.split(1, &mut sums).into_par_iter();
        pieces.zip(field.par_chunks(2 * size)).enumerate().for_each(
            |(bz, ((base, sums), planes))| {
                self.gather_planes(stencil, (bz, base), planes, sums);
            },
        );
        sums
    }
}

/// Blocks of more than one layer line by line, from the first unknown of each block; and the first of each line.
fn layered(first: &[u32], columns: usize) -> (Vec<u32>, Vec<u32>) {
    let (mut layered, mut lines) = (Vec::new(), vec![0]);
    for start in (0..first.len() - 1).step_by(columns) {
        let unknowns = first[start..=start + columns].windows(2);
        let many = unknowns.zip(0..).filter(|(pair, _)| pair[1] > pair[0] + 1);
        layered.extend(many.map(|(_, bx)| bx));
        lines.push(id(layered.len()));
    }
    (layered, lines)
}

/// Layers of every voxel and how many each block has, pattern by pattern.
fn by_codes(stencil: &Stencil, shape: [usize; 3]) -> (Vec<u8>, Vec<u8>) {
    let mut layers = vec![NO_LAYER; stencil.len()];
    let mut counts = vec![0; shape.iter().product()];
    layers
        .par_chunks_mut(2 * stencil.plane())
        .zip(counts.par_chunks_mut(shape[1] * shape[2]))
        .enumerate()
        .for_each_init(HashMap::new, |known, (bz, (layers, counts))| {
            let blocks = (0..shape[1]).flat_map(|y| (0..shape[2]).map(move |x| [bz, y, x]));
            for (block, out) in blocks.zip(counts) {
                let codes = codes(stencil, block);
                let (pattern, count) = *known
                    .entry(codes)
                    .or_insert_with(|| layers_of(stencil, codes));
                for ([z, y, x], layer) in inside(stencil.shape, block).zip_corners(pattern) {
                    layers[((z - 2 * bz) * stencil.shape[1] + y) * stencil.shape[2] + x] = layer;
                }
                *out = u8::try_from(count).unwrap_or(u8::MAX);
            }
        });
    (layers, counts)
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

/// Offset of a corner of a block from its first voxel, for the strides of a grid.
#[inline(always)]
fn corner_offset(corner: usize, strides: [usize; 3]) -> usize {
    (corner >> 2) * strides[0] + (corner >> 1 & 1) * strides[1] + (corner & 1) * strides[2]
}
