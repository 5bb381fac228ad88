//! Layered aggregation by place: unknowns sit in the cells of a grid, and each block of 2x2x2 cells becomes as many coarse
//! unknowns as it has strongly connected pieces (see `layers`). A cell holds any number of unknowns: the layers of a block of
//! voxels, the potentials of two carriers in one voxel, or none.

use super::{
    blocks::inside,
    graph::{Aggregates, Graph, id},
    layers::{MOST, Merger},
};
use crate::field::Real;
use rayon::prelude::*;
use std::ops::Range;

/// A grid of cells and the unknowns that they hold, numbered cell by cell.
#[derive(Debug, Clone, Default)]
pub struct Cells {
    /// Cells along the three axes.
    pub shape: [usize; 3],
    /// First unknown of each cell, `[z][y][x]`, and the end.
    pub first: Vec<u32>,
}

impl Cells {
    /// Cells with so many unknowns each, in the order `[z][y][x]`.
    pub fn new(shape: [usize; 3], counts: impl Iterator<Item = u32>) -> Self {
        let mut first = Vec::with_capacity(shape.iter().product::<usize>() + 1);
        first.push(0);
        let mut all = 0;
        first.extend(counts.map(|count| {
            all += count as usize;
            id(all)
        }));
        Self { shape, first }
    }

    /// Unknowns in all.
    pub fn len(&self) -> usize {
        self.first.last().map_or(0, |&end| end as usize)
    }

    /// Whether no cell has an unknown.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Unknowns of a cell.
    pub fn unknowns(&self, cell: [usize; 3]) -> Range<u32> {
        unknowns((self.shape, &self.first), cell)
    }

    /// Unknowns of a plane of cells.
    pub(crate) fn plane(&self, z: usize) -> Range<usize> {
        let size = self.shape[1] * self.shape[2];
        self.first[z * size] as usize..self.first[(z + 1) * size] as usize
    }

    /// Aggregates of the graph on these unknowns, and the blocks of cells with the coarse unknowns that they hold.
    pub(crate) fn aggregate<T: Real>(&self, graph: &Graph<T>) -> (Aggregates, Self) {
        aggregate((self.shape, &self.first), graph)
    }
}

/// Shape of a grid and the first unknown of each cell, as in [`Cells`].
type Grid<'a> = ([usize; 3], &'a [u32]);

fn unknowns((shape, first): Grid<'_>, [z, y, x]: [usize; 3]) -> Range<u32> {
    let index = (z * shape[1] + y) * shape[2] + x;
    first[index]..first[index + 1]
}

/// Aggregates of a graph whose unknowns sit in the cells of a grid, and the coarser grid.
pub(crate) fn aggregate<T: Real>(grid: Grid<'_>, graph: &Graph<T>) -> (Aggregates, Cells) {
    let diagonal = graph.diagonal();
    let shape = grid.0.map(|n| n.div_ceil(2));
    let planes: Vec<Plane> = (0..shape[0])
        .into_par_iter()
        .map(|bz| plane(grid, (graph, &diagonal), [bz, shape[1], shape[2]]))
        .collect();
    let counts = planes.iter().flat_map(|plane| &plane.counts).copied();
    let cells = Cells::new(shape, counts);
    let ranges: Vec<(Vec<u32>, u32)> = planes
        .into_iter()
        .map(|plane| (plane.layers, plane.count))
        .collect();
    (Aggregates::join(&ranges), cells)
}

/// One plane of blocks.
struct Plane {
    /// Layer of each unknown, counted from the plane's first.
    layers: Vec<u32>,
    /// Layers in all.
    count: u32,
    /// Layers of each block.
    counts: Vec<u32>,
}

impl Plane {
    /// Adds a block: the layer of each of its unknowns, counted from the plane's first, and how many layers there are.
    fn push(&mut self, unknowns: impl Iterator<Item = (u32, usize)>, count: usize) {
        for (unknown, layer) in unknowns {
            self.layers[unknown as usize] = id(self.count as usize + layer);
        }
        self.count = id(self.count as usize + count);
        self.counts.push(id(count));
    }
}

fn plane<T: Real>(
    (shape, first): Grid<'_>,
    (graph, diagonal): (&Graph<T>, &[T]),
    [bz, rows, columns]: [usize; 3],
) -> Plane {
    let (mut merger, mut layers) = (Merger::default(), Vec::new());
    let (mut group, mut diagonals) = (Vec::new(), Vec::new());
    let start = |z: usize| first[z.min(shape[0]) * shape[1] * shape[2]];
    let begin = start(2 * bz);
    let mut places = Places::new(begin..start(2 * bz + 2));
    let mut out = Plane {
        layers: vec![0; places.of.len()],
        count: 0,
        counts: Vec::with_capacity(rows * columns),
    };
    let lattice = graph.formed.as_deref();
    for (by, bx) in (0..rows).flat_map(|y| (0..columns).map(move |x| (y, x))) {
        if let Some((lattice, group)) = lattice.and_then(|it| Some((it, it.group([bz, by, bx])?))) {
            lattice.begin(&group, diagonal, &mut merger);
            let count = merger.layers(&mut layers);
            let found = group.unknowns.iter().zip(&layers);
            let found = found.filter_map(|(i, &layer)| Some(((*i)? - begin, layer)));
            out.push(found, count);
            continue;
        }
        group.clear();
        for cell in inside(shape, [bz, by, bx]).voxels() {
            group.extend(unknowns((shape, first), cell));
        }
        let count = if group.len() <= MOST {
            diagonals.clear();
            diagonals.extend(group.iter().map(|&i| diagonal[i as usize].wide()));
            merger.begin(&diagonals);
            places.enter(&group);
            couple(graph, (&group, &places), &mut merger);
            merger.layers(&mut layers)
        } else {
            // More than the merger's tables hold: they all go on as they are.
            layers = (0..group.len()).collect();
            group.len()
        };
        let found = group.iter().zip(&layers);
        out.push(found.map(|(i, &layer)| (i - begin, layer)), count);
    }
    out
}

/// Tells the merger what couples the unknowns of a group.
fn couple<T: Real>(graph: &Graph<T>, (group, places): (&[u32], &Places), merger: &mut Merger) {
    for (place, &i) in group.iter().enumerate() {
        graph.ahead(i as usize, |j, weight| {
            if let Some(other) = places.here(id(j)) {
                merger.couple(place, other, weight.wide());
            }
        });
    }
}

/// Group and place in it of every unknown of a plane that has come so far: a table, so that the processor need not guess who
/// is in a group.
struct Places {
    first: u32,
    group: u32,
    of: Vec<u32>,
}

impl Places {
    fn new(unknowns: Range<u32>) -> Self {
        Self {
            first: unknowns.start,
            group: 0,
            of: vec![0; unknowns.len()],
        }
    }

    /// The next group.
    fn enter(&mut self, group: &[u32]) {
        self.group += 1;
        for (&i, place) in group.iter().zip(0..) {
            self.of[(i - self.first) as usize] = self.group * id(MOST) + place;
        }
    }

    /// Place of an unknown in the group that came last.
    fn here(&self, unknown: u32) -> Option<usize> {
        let entry = *self.of.get(unknown.checked_sub(self.first)? as usize)? as usize;
        (entry / MOST == self.group as usize).then_some(entry % MOST)
    }
}
