//! The coarsest level on a device.

use super::{
    graph::{self, GraphKernels},
    upload, whole,
};
use crate::{
    field::{
        Machine, Shape,
        device::{Device, DeviceField, Element, word},
    },
    gpu::{Buffer, GpuError, Grid, Kernel},
    solve::{chebyshev::Term, graph::Graph, multigrid::Direct},
};
use std::{cell::RefCell, rc::Rc};

const SOURCE: &str = include_str!("../../../shaders/solve/dense.wgsl");

/// Dense inverses side by side on a device, rows in chunks that a kernel can see at once.
#[derive(Debug)]
pub struct DeviceDense<'a, R: Element> {
    device: &'a Device<R>,
    kernel: Kernel,
    chunks: Vec<Chunk<R>>,
    size: usize,
}

/// Consecutive rows on a device.
#[derive(Debug)]
struct Chunk<R> {
    begin: usize,
    count: usize,
    places: Buffer<[u32; 3]>,
    entries: Buffer<R>,
}

/// The same on the host: for each row its first entry, the first unknown of its matrix, and how many there are.
#[derive(Debug)]
struct Rows<R> {
    begin: usize,
    places: Vec<[u32; 3]>,
    entries: Vec<R>,
}

impl<'a, R: Element> DeviceDense<'a, R> {
    /// Rounds and uploads a row-major inverse.
    ///
    /// # Errors
    /// As [`levels`](super::levels).
    pub fn new(device: &'a Device<R>, inverse: &[f64], size: usize) -> Result<Self, GpuError> {
        Self::of(device, &[(inverse, size)])
    }

    /// The same for several systems without a coupling: the inverse of each, and its unknowns.
    ///
    /// # Errors
    /// As [`levels`](super::levels).
    pub fn of(device: &'a Device<R>, blocks: &[(&[f64], usize)]) -> Result<Self, GpuError> {
        let groups = device.gpu().info().workgroup.groups as usize;
        let most = [groups, device.gpu().max_len::<R>()];
        let chunks = rows(blocks, most).into_iter().map(|rows| {
            Ok(Chunk {
                begin: rows.begin,
                count: rows.places.len(),
                places: upload(device, &rows.places)?,
                entries: upload(device, &rows.entries)?,
            })
        });
        Ok(Self {
            device,
            kernel: dense_kernel(device)?,
            chunks: chunks.collect::<Result<_, GpuError>>()?,
            size: blocks.iter().map(|block| block.1).sum(),
        })
    }
}

pub(super) fn dense_kernel<R: Element>(device: &Device<R>) -> Result<Kernel, GpuError> {
    let kernel = device.gpu().kernel(SOURCE, "solve", R::PRECISION)?;
    Ok(kernel.of("dense"))
}

/// Rows of all blocks, in chunks of at most so many rows and entries; a single row is never cut.
fn rows<R: Element>(blocks: &[(&[f64], usize)], [most_rows, most]: [usize; 2]) -> Vec<Rows<R>> {
    let (mut chunks, mut begin, mut first) = (Vec::<Rows<R>>::new(), 0, 0);
    for &(inverse, size) in blocks {
        for row in inverse.chunks(size.max(1)) {
            let fits =
                |last: &Rows<R>| last.places.len() < most_rows && last.entries.len() + size <= most;
            if !chunks.last().is_some_and(fits) {
                chunks.push(Rows {
                    begin,
                    places: Vec::new(),
                    entries: Vec::new(),
                });
            }
            if let Some(last) = chunks.last_mut() {
                let place = [last.entries.len(), first, size].map(word);
                last.places.push(place);
                last.entries.extend(row.iter().map(|&a| R::of(a)));
            }
            begin += 1;
        }
        first += size;
    }
    chunks
}

impl<R: Element> Direct for DeviceDense<'_, R> {
    type Field = DeviceField<R>;

    fn shape(&self) -> Shape {
        Shape::flat(self.size)
    }

    fn solve(&self, b: &DeviceField<R>, x: &mut DeviceField<R>) {
        for chunk in &self.chunks {
            let begin = word(chunk.begin);
            let rows = [chunk.entries.binding(), chunk.places.binding()];
            let bindings = [rows[0], rows[1], whole(b), whole(x)];
            let grid = Grid::Groups([word(chunk.count), 1, 1]);
            self.device.launch(&self.kernel, grid, &bindings, &begin);
        }
    }
}

/// A coarsest level of many islands on a device.
#[derive(Debug)]
pub struct DeviceChebyshev<'a, R: Element> {
    device: &'a Device<R>,
    kernels: Rc<GraphKernels>,
    rows: graph::Rows<R>,
    terms: Vec<Term>,
    before: RefCell<DeviceField<R>>,
}

impl<'a, R: Element> DeviceChebyshev<'a, R> {
    /// Uploads rows and inverts the diagonal.
    ///
    /// # Errors
    /// As [`levels`](super::levels).
    pub fn new(
        device: &'a Device<R>,
        kernels: Rc<GraphKernels>,
        (graph, terms): (&Graph<R>, &[Term]),
    ) -> Result<Self, GpuError> {
        Ok(Self {
            device,
            kernels,
            rows: graph::Rows::new(device, graph, |d| R::of(1.0 / d.wide()))?,
            terms: terms.to_vec(),
            before: RefCell::new(device.zeros(Shape::flat(graph.len()))?),
        })
    }
}

impl<R: Element> Direct for DeviceChebyshev<'_, R> {
    type Field = DeviceField<R>;

    fn shape(&self) -> Shape {
        Shape::flat(self.rows.len)
    }

    fn solve(&self, b: &DeviceField<R>, x: &mut DeviceField<R>) {
        let before = &mut *self.before.borrow_mut();
        self.device.clear(x);
        self.device.clear(before);
        for term in &self.terms {
            let vectors = [whole(b), whole(x), whole(before)];
            let factors = [term.gain, term.momentum];
            self.rows
                .launch(self.device, &self.kernels.term, &vectors, factors);
            std::mem::swap(x, before);
        }
    }
}
