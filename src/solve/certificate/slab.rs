//! The first graph of a medium with one conductivity (see `blocks/lattice.rs`), settled together with the voxels of its blocks.
//!
//! A pair of planes of blocks holds whole aggregates, so what flows inside them is known after a look at one pair, and nothing of
//! it is kept for longer. Blocks that hold one unknown are worked on by place, cubes of eight side by side; those with layers,
//! and their neighbours, one by one.

use super::{
    Stretch,
    cubes::{Cubes, LANES},
    flow::{Drops, Flow},
    settle_group, voxels,
};
use crate::{
    field::{Real, vectorised},
    solve::{
        blocks::{Blocks, Lattice, Line, Uniform},
        graph::{Aggregates, Graph},
        settle::{Form, Local, Patterns, dissipation, forms_of_masks},
        stencil::Stencil,
    },
};
use std::ops::Range;

/// Stands for the aggregate of a block without an unknown.
const NONE: u32 = u32::MAX;
/// The same for a block with several.
const LAYERED: u32 = u32::MAX - 1;

/// The first graph and what is to flow through it.
pub(super) struct First<'h, T> {
    blocks: &'h Blocks,
    lattice: &'h Lattice<T>,
    graph: &'h Graph<T>,
    aggregates: &'h Aggregates,
    uniform: &'h Uniform,
    /// Conductance of a face of each axis.
    conductance: [f64; 3],
    /// What settles a block, by its mask.
    forms: Vec<Form>,
    /// Sums of the residual over each unknown.
    sums: Vec<f64>,
}

/// A pair of planes of blocks at work; reused from pair to pair.
#[derive(Debug, Default)]
pub(crate) struct Slab {
    pub(super) patterns: Patterns,
    local: Local,
    /// Drop from each block to the next along an axis, where both hold one unknown; before them those of the plane below.
    drops: [Vec<f64>; 3],
    /// Unbalanced current of each block that holds one unknown, and the aggregate of that.
    charges: Vec<f64>,
    aggregates: Vec<u32>,
    /// Potentials of the unknowns.
    potentials: Vec<f64>,
}

impl<'h, T: Real> First<'h, T> {
    /// None where rows are stored.
    pub(super) fn new(
        stencil: &Stencil,
        blocks: &'h Blocks,
        (graph, aggregates): (&'h Graph<T>, &'h Aggregates),
        sums: Vec<f64>,
    ) -> Option<Self> {
        let uniform = blocks.uniform()?;
        Some(Self {
            blocks,
            lattice: graph.formed.as_deref()?,
            graph,
            aggregates,
            uniform,
            conductance: [0, 1, 2].map(|axis| uniform.conductance(axis)),
            forms: forms_of_masks(stencil, uniform),
            sums,
        })
    }

    /// Energy that settles the unknowns and the voxels of a pair of planes of blocks.
    pub(super) fn settle(
        &self,
        stencil: &Stencil,
        flow: &Flow<'_>,
        (residual, planes): (Stretch<'_>, Range<usize>),
        slab: &mut Slab,
    ) -> f64 {
        let mut energy = self.settle_unknowns(flow, planes.clone(), slab);
        let mut patterns = std::mem::take(&mut slab.patterns);
        let coarser = self.drops(flow, &planes, &slab.potentials);
        for [bz, by] in planes
            .clone()
            .flat_map(|bz| (0..self.lattice.shape[1]).map(move |by| [bz, by]))
        {
            energy += match self.blocks.line(stencil, bz, by) {
                Some(line) => {
                    let rows = voxels::rows(stencil, residual, [bz, by]);
                    let place = (planes.start, [bz, by]);
                    vectorised(
                        #[inline(always)]
                        || self.settle_line(&line, (rows, coarser), place, slab),
                    )
                }
                None => {
                    let line = ([bz, by], coarser, &mut patterns);
                    voxels::settle_line(stencil, self.blocks, residual, line)
                }
            };
        }
        slab.patterns = patterns;
        energy
    }

    /// Drops between the unknowns of some planes, of which these are the potentials.
    fn drops<'f>(
        &self,
        flow: &'f Flow<'_>,
        planes: &Range<usize>,
        potentials: &'f [f64],
    ) -> Drops<'f> {
        flow.drops_by(Stretch {
            first: self.lattice.rows(planes.clone()).start,
            values: potentials,
        })
    }

    /// Finds the drops of a pair of planes; returns the energy that settles their aggregates.
    fn settle_unknowns(&self, flow: &Flow<'_>, planes: Range<usize>, slab: &mut Slab) -> f64 {
        let drops = self.drops(flow, &planes, &[]);
        self.begin(planes.clone(), slab);
        vectorised(
            #[inline(always)]
            || self.fall_between_aggregates(drops, planes.start, slab),
        );
        self.fall_beside_blocks(drops, planes.clone(), slab);
        let mut energy = 0.0;
        for by in (0..self.lattice.shape[1]).step_by(2) {
            energy += vectorised(
                #[inline(always)]
                || self.settle_cubes(drops, (planes.clone(), by), slab),
            );
        }
        self.fall_within_aggregates(planes, slab);
        energy
    }

    /// Sums and aggregates block by block; nothing flows yet.
    fn begin(&self, planes: Range<usize>, slab: &mut Slab) {
        let size = self.lattice.shape[1] * self.lattice.shape[2];
        let count = planes.len() * size;
        for drops in &mut slab.drops {
            drops.clear();
            drops.resize(size + count, 0.0);
        }
        slab.potentials.clear();
        slab.potentials
            .resize(self.lattice.rows(planes.clone()).len(), 0.0);
        slab.charges.clear();
        slab.aggregates.clear();
        for ends in self.lattice.first[planes.start * size..=planes.end * size].windows(2) {
            let row = ends[0] as usize;
            let (charge, aggregate) = match ends[1] - ends[0] {
                0 => (0.0, NONE),
                1 => (self.sums[row], self.aggregates.parent[row]),
                _ => (0.0, LAYERED),
            };
            slab.charges.push(charge);
            slab.aggregates.push(aggregate);
        }
    }

    /// What falls through faces between two blocks that hold one unknown each, of two aggregates.
    #[inline(always)]
    fn fall_between_aggregates(&self, drops: Drops<'_>, bz: usize, slab: &mut Slab) {
        let (first, parent) = (&self.lattice.first, &self.aggregates.parent);
        let size = self.lattice.shape[1] * self.lattice.shape[2];
        for (axis, step) in self.lattice.steps().into_iter().enumerate() {
            // Faces towards the plane below count, too.
            let before = if axis == 0 { size } else { 0 };
            let falls = &mut slab.drops[axis][size - before..];
            let faces = &self.lattice.faces[axis][(bz + 1) * size - before..];
            let mut last = ([NONE; 2], 0.0);
            for (place, (fall, &faces)) in falls.iter_mut().zip(faces).enumerate() {
                if faces == 0 {
                    continue;
                }
                let block = bz * size + place - before;
                let ends = [block, block + step].map(|block| parent[first[block] as usize]);
                if ends[0] == ends[1] {
                    continue;
                }
                if ends != last.0 {
                    last = (ends, drops.apart(ends[0] as usize, ends[1] as usize));
                }
                *fall = last.1;
                let current = self.conductance[axis] * f64::from(faces) * last.1;
                if place >= before {
                    slab.charges[place - before] -= current;
                }
                if let Some(charge) = slab.charges.get_mut(place + step - before) {
                    *charge += current;
                }
            }
        }
    }

    /// What leaves blocks that hold one unknown through links and to the electrodes, to other aggregates.
    fn fall_beside_blocks(&self, drops: Drops<'_>, planes: Range<usize>, slab: &mut Slab) {
        let size = self.lattice.shape[1] * self.lattice.shape[2];
        let parent = &self.aggregates.parent;
        for (row, block, links) in self.lattice.linked(planes.clone()) {
            let (place, aggregate) = (block - planes.start * size, parent[row] as usize);
            if slab.aggregates[place] == LAYERED {
                continue;
            }
            for &(column, weight) in links {
                let beyond = parent[column as usize] as usize;
                if beyond != aggregate {
                    slab.charges[place] -= weight.wide() * drops.apart(aggregate, beyond);
                }
            }
        }
        if planes.start > 0 && planes.end < self.lattice.shape[0] {
            return;
        }
        for (place, block) in (planes.start * size..planes.end * size).enumerate() {
            let row = self.lattice.first[block] as usize;
            let leak = self.graph.leaks.get(row).copied().unwrap_or_default();
            if slab.aggregates[place] < LAYERED && leak > T::default() {
                slab.charges[place] -= leak.wide() * drops.leak(row);
            }
        }
    }

    /// Energy that settles two lines of cubes of blocks.
    #[inline(always)]
    fn settle_cubes(
        &self,
        drops: Drops<'_>,
        (planes, by): (Range<usize>, usize),
        slab: &mut Slab,
    ) -> f64 {
        let [_, lines, columns] = self.lattice.shape;
        let size = lines * columns;
        let base = self.lattice.rows(planes.clone()).start;
        let first = &self.lattice.first[planes.start * size..];
        let faces = [0, 1, 2].map(|axis| &self.lattice.faces[axis][(planes.start + 1) * size..]);
        let mut energy = 0.0;
        for start in (0..columns).step_by(2 * LANES) {
            // Places of the blocks that are corners of these cubes.
            let corners = |corner: usize| {
                let (z, y) = (corner >> 2, by + (corner >> 1 & 1));
                let end = if z < planes.len() && y < lines {
                    columns
                } else {
                    0
                };
                let places = (start + (corner & 1)..end).step_by(2).take(LANES);
                places.map(move |x| z * size + y * columns + x).enumerate()
            };
            let mut cubes = Cubes::default();
            for corner in 0..8 {
                for (lane, place) in corners(corner) {
                    cubes.aggregates[corner][lane] = slab.aggregates[place];
                    cubes.charges[corner][lane] = slab.charges[place];
                }
            }
            for (corner, axis) in Cubes::edges() {
                let mut weights = [0.0; LANES];
                for (lane, place) in corners(corner) {
                    weights[lane] = self.conductance[axis] * f64::from(faces[axis][place]);
                }
                cubes.couple((corner, axis), weights);
            }
            let energies = cubes.settle();
            for corner in 0..8 {
                for (lane, place) in corners(corner) {
                    if slab.aggregates[place] < LAYERED {
                        let row = first[place] as usize;
                        slab.potentials[row - base] = cubes.potentials[corner][lane];
                    }
                }
            }
            let layered = cubes.any(LAYERED);
            for (lane, settled) in energies.into_iter().enumerate() {
                if !layered[lane] {
                    energy += settled;
                    continue;
                }
                let places = (0..8).filter_map(|corner| corners(corner).nth(lane));
                let rows = places.flat_map(|(_, place)| first[place]..first[place + 1]);
                energy += self.settle_layered(drops, (rows, base), slab);
            }
        }
        energy
    }

    /// Energy that settles the aggregates of these unknowns.
    #[inline(always)]
    fn settle_layered(
        &self,
        drops: Drops<'_>,
        (rows, base): (impl Iterator<Item = u32>, usize),
        slab: &mut Slab,
    ) -> f64 {
        let Slab {
            local, potentials, ..
        } = slab;
        // Aggregates of a cube follow each other.
        let (least, most) = rows.fold((NONE, 0), |(least, most), row| {
            let aggregate = self.aggregates.parent[row as usize];
            (least.min(aggregate), most.max(aggregate))
        });
        let mut energy = 0.0;
        for aggregate in least as usize..=most as usize {
            let falls = (|a, b| drops.apart(a, b), |row| drops.leak(row));
            let group = (self.aggregates, aggregate);
            energy += settle_group((self.graph, group), &self.sums, falls, local);
            for (&row, &potential) in self.aggregates.of(aggregate).iter().zip(local.potentials()) {
                potentials[row as usize - base] = potential;
            }
        }
        energy
    }

    /// What falls through faces between two blocks of the same aggregate.
    fn fall_within_aggregates(&self, planes: Range<usize>, slab: &mut Slab) {
        let [_, lines, columns] = self.lattice.shape;
        let size = lines * columns;
        let base = self.lattice.rows(planes.clone()).start;
        let first = &self.lattice.first[planes.start * size..];
        for (axis, step) in self.lattice.steps().into_iter().enumerate() {
            let faces = &self.lattice.faces[axis][(planes.start + 1) * size..];
            for line in 0..planes.len() * lines {
                // Aggregates lie within cubes, so only even blocks have a next one in theirs.
                let (z, y) = (line / lines, line % lines);
                if [z, y, 0][axis] % 2 == 1 {
                    continue;
                }
                let every = if axis == 2 { 2 } else { 1 };
                for place in (line * columns..(line + 1) * columns).step_by(every) {
                    let next = slab.aggregates.get(place + step);
                    if faces[place] > 0 && next == Some(&slab.aggregates[place]) {
                        let ends = [place, place + step].map(|it| first[it] as usize - base);
                        let [here, there] = ends.map(|row| slab.potentials[row]);
                        slab.drops[axis][size + place] = here - there;
                    }
                }
            }
        }
    }

    /// Energy that settles every layer of every block of a line, by the currents of its rows of voxels.
    #[inline(always)]
    fn settle_line(
        &self,
        line: &Line<'_>,
        (rows, coarser): ([&[f64]; 4], Drops<'_>),
        (begin, [bz, by]): (usize, [usize; 2]),
        slab: &Slab,
    ) -> f64 {
        let [_, lines, columns] = self.lattice.shape;
        let size = lines * columns;
        let start = ((bz - begin) * lines + by) * columns;
        let first = &self.lattice.first[start + begin * size..][..columns];
        let aggregates = &slab.aggregates[start..][..columns];
        let falls = |axis: usize, back: usize| &slab.drops[axis][size + start - back..][..columns];
        let [up, north, east] = [falls(0, 0), falls(1, 0), falls(2, 0)];
        let [down, south, west] = [falls(0, size), falls(1, columns), falls(2, 1)];
        let mut energy = 0.0;
        for bx in 0..columns {
            if aggregates[bx] == NONE {
                continue;
            }
            let surroundings = line.at(bx);
            let currents = rows.map(|row| voxels::pair(row, bx));
            let alone = aggregates[bx] != LAYERED && !self.lattice.is_linked(first[bx] as usize);
            let unbalanced = if alone {
                let falls = [
                    -down[bx], -south[bx], -west[bx], east[bx], north[bx], up[bx],
                ];
                voxels::unbalanced_alone(self.uniform, &surroundings, currents, falls)
            } else {
                voxels::unbalanced_uniform(self.uniform, &surroundings, currents, coarser)
            };
            let form = &self.forms[usize::from(surroundings.mask())];
            energy += dissipation(form, &unbalanced);
        }
        energy
    }
}
