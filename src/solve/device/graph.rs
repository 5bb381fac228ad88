//! Coarse levels on a device: compact rows, in chunks that a kernel can see at once.

use super::{split, upload, whole};
use crate::{
    field::{
        Shape,
        device::{Device, DeviceField, Element, word},
    },
    gpu::{Binding, Buffer, GpuError, Grid, Kernel},
    solve::{
        graph::{Aggregates, Graph},
        multigrid::{OMEGA, Operator},
    },
};
use bytemuck::{Pod, Zeroable};
use std::{ops::Range, rc::Rc};

const SOURCE: &str = include_str!("../../../shaders/solve/graph.wgsl");

/// The kernels of all coarse levels.
#[derive(Debug)]
pub struct GraphKernels {
    apply: Kernel,
    residual: Kernel,
    restrict: Kernel,
    swept_residual: Kernel,
    pub(super) gather: Kernel,
    prolong: Kernel,
    pub(super) term: Kernel,
}

impl GraphKernels {
    /// Compiles them.
    ///
    /// # Errors
    /// What the driver refuses.
    pub fn new<R: Element>(device: &Device<R>) -> Result<Self, GpuError> {
        let kernel = |entry| -> Result<Kernel, GpuError> {
            let kernel = device.gpu().kernel(SOURCE, entry, R::PRECISION)?;
            Ok(kernel.of("graph"))
        };
        Ok(Self {
            apply: kernel("apply")?,
            residual: kernel("residual")?,
            restrict: kernel("restrict_residual")?,
            swept_residual: kernel("swept_residual")?,
            gather: kernel("gather")?,
            prolong: kernel("prolong")?,
            term: kernel("term")?,
        })
    }
}

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
struct Params {
    begin: u32,
    count: u32,
    factor: [f32; 2],
    momentum: [f32; 2],
}

impl Params {
    fn new(rows: Range<usize>, [factor, momentum]: [f64; 2]) -> Self {
        Self {
            begin: word(rows.start),
            count: word(rows.len()),
            factor: split(factor),
            momentum: split(momentum),
        }
    }
}

/// A graph on a device.
#[derive(Debug)]
pub(super) struct Rows<R> {
    chunks: Vec<Chunk<R>>,
    /// Leak, and a multiple of the inverse diagonal.
    sites: Buffer<[R; 2]>,
    pub(super) len: usize,
}

/// Consecutive rows; `starts` counts from the first entry of the chunk.
#[derive(Debug)]
struct Chunk<R> {
    rows: Range<usize>,
    starts: Buffer<u32>,
    columns: Buffer<u32>,
    weights: Buffer<R>,
}

impl<R: Element> Rows<R> {
    /// Uploads rows; `invert` makes of a diagonal what the smoother multiplies with.
    pub(super) fn new(
        device: &Device<R>,
        graph: &Graph<R>,
        invert: impl Fn(R) -> R,
    ) -> Result<Self, GpuError> {
        let diagonal = graph.diagonal().into_iter().map(invert);
        let sites: Vec<[R; 2]> = graph
            .leaks
            .iter()
            .copied()
            .zip(diagonal)
            .map(|(g, d)| [g, d])
            .collect();
        let limit = device
            .gpu()
            .max_len::<u32>()
            .min(device.gpu().max_len::<R>());
        let chunks = chunks(&graph.starts, limit - 1).into_iter().map(|rows| {
            let packed = Packed::new(graph, rows.clone());
            Ok(Chunk {
                rows,
                starts: upload(device, &packed.starts)?,
                columns: upload(device, &packed.columns)?,
                weights: upload(device, &packed.weights)?,
            })
        });
        Ok(Self {
            chunks: chunks.collect::<Result<_, GpuError>>()?,
            sites: upload(device, &sites)?,
            len: graph.len(),
        })
    }

    /// Runs a kernel on all rows; `vectors` are the bindings behind `sites`.
    pub(super) fn launch(
        &self,
        device: &Device<R>,
        kernel: &Kernel,
        vectors: &[Binding<'_>],
        factors: [f64; 2],
    ) {
        for chunk in &self.chunks {
            let bindings = [&self.bindings(chunk), vectors].concat();
            let params = Params::new(chunk.rows.clone(), factors);
            device.launch(kernel, Grid::Line(chunk.rows.len()), &bindings, &params);
        }
    }
}

impl<R: Element> Rows<R> {
    fn bindings<'b>(&'b self, chunk: &'b Chunk<R>) -> [Binding<'b>; 4] {
        [
            chunk.starts.binding(),
            chunk.columns.binding(),
            chunk.weights.binding(),
            self.sites.binding(),
        ]
    }
}

/// Rows without the padding that the host's processor likes: a device reads as many entries as there are.
#[derive(Debug)]
pub(super) struct Packed<R> {
    pub(super) starts: Vec<u32>,
    pub(super) columns: Vec<u32>,
    pub(super) weights: Vec<R>,
}

impl<R: Element> Packed<R> {
    pub(super) fn new(graph: &Graph<R>, rows: Range<usize>) -> Self {
        let mut packed = Self {
            starts: vec![0],
            columns: Vec::new(),
            weights: Vec::new(),
        };
        for row in rows {
            for (column, weight) in graph.row(row).filter(|entry| entry.1 > R::default()) {
                packed.columns.push(word(column));
                packed.weights.push(weight);
            }
            packed.starts.push(word(packed.columns.len()));
        }
        packed
    }
}

/// Cuts rows so that no chunk has more than `limit` rows or entries; a single row is never cut.
fn chunks(starts: &[usize], limit: usize) -> Vec<Range<usize>> {
    let rows = starts.len() - 1;
    let mut cuts = Vec::new();
    let mut begin = 0;
    while begin < rows {
        let last = starts[begin].saturating_add(limit);
        let fitting = starts[begin + 1..].partition_point(|&end| end <= last);
        let end = begin + fitting.clamp(1, limit.max(1));
        cuts.push(begin..end);
        begin = end;
    }
    cuts
}

/// From the unknowns of a level to their aggregates, and back.
#[derive(Debug)]
pub(super) struct Links {
    pub(super) parent: Buffer<u32>,
    /// First member of each aggregate, and the members.
    heads: Buffer<u32>,
    members: Buffer<u32>,
    aggregates: usize,
}

impl Links {
    pub(super) fn new<R: Element>(
        device: &Device<R>,
        aggregates: &Aggregates,
    ) -> Result<Self, GpuError> {
        Ok(Self {
            parent: upload(device, &aggregates.parent)?,
            heads: upload(device, &aggregates.starts)?,
            members: upload(device, &aggregates.members)?,
            aggregates: aggregates.len(),
        })
    }

    fn bindings(&self) -> [Binding<'_>; 2] {
        [self.heads.binding(), self.members.binding()]
    }

    /// Runs a kernel of [`GraphKernels`] on all aggregates.
    pub(super) fn per_aggregate<R: Element>(
        &self,
        device: &Device<R>,
        kernel: &Kernel,
        vectors: &[Binding<'_>],
    ) {
        self.launch(device, kernel, &[&self.bindings(), vectors].concat());
    }

    fn launch<R: Element>(&self, device: &Device<R>, kernel: &Kernel, bindings: &[Binding<'_>]) {
        let params = Params::new(0..self.aggregates, [0.0; 2]);
        device.launch(kernel, Grid::Line(self.aggregates), bindings, &params);
    }
}

/// A coarse level on a device.
#[derive(Debug)]
pub struct DeviceGraph<'a, R: Element> {
    device: &'a Device<R>,
    kernels: Rc<GraphKernels>,
    rows: Rows<R>,
    links: Links,
}

impl<'a, R: Element> DeviceGraph<'a, R> {
    /// Uploads rows and aggregates, and sums the diagonal.
    ///
    /// # Errors
    /// As [`levels`](super::levels).
    pub fn new(
        device: &'a Device<R>,
        kernels: Rc<GraphKernels>,
        (graph, aggregates): (&Graph<R>, &Aggregates),
    ) -> Result<Self, GpuError> {
        Ok(Self {
            device,
            kernels,
            rows: Rows::new(device, graph, damped)?,
            links: Links::new(device, aggregates)?,
        })
    }
}

/// `omega / d`, or 0 without couplings.
pub(super) fn damped<R: Element>(d: R) -> R {
    if d > R::default() {
        R::of(OMEGA) / d
    } else {
        R::default()
    }
}

impl<R: Element> Operator for DeviceGraph<'_, R> {
    type Field = DeviceField<R>;

    fn shape(&self) -> Shape {
        Shape::flat(self.rows.len)
    }

    fn apply(&self, x: &mut DeviceField<R>, y: &mut DeviceField<R>) {
        let vectors = [whole(x), whole(y)];
        self.rows
            .launch(self.device, &self.kernels.apply, &vectors, [0.0; 2]);
    }

    fn residual(&self, b: &DeviceField<R>, x: &mut DeviceField<R>, r: &mut DeviceField<R>) {
        let vectors = [whole(b), whole(x), whole(r)];
        self.rows
            .launch(self.device, &self.kernels.residual, &vectors, [0.0; 2]);
    }

    /// Where the rows are several chunks, the residual passes through x.
    fn restrict(
        &self,
        b: &mut DeviceField<R>,
        x: &mut DeviceField<R>,
        coarse: &mut DeviceField<R>,
    ) {
        if let [chunk] = self.rows.chunks.as_slice() {
            let rows = self.rows.bindings(chunk);
            let bindings = [
                &rows[..],
                &self.links.bindings(),
                &[whole(b), whole(coarse)],
            ];
            let kernel = &self.kernels.restrict;
            return self.links.launch(self.device, kernel, &bindings.concat());
        }
        let kernel = &self.kernels.swept_residual;
        let vectors = [whole(b), whole(x)];
        self.rows.launch(self.device, kernel, &vectors, [0.0; 2]);
        let vectors = [whole(x), whole(coarse)];
        self.links
            .per_aggregate(self.device, &self.kernels.gather, &vectors);
    }

    fn prolong(
        &self,
        b: &DeviceField<R>,
        (alpha, e): (f64, &DeviceField<R>),
        x: &mut DeviceField<R>,
    ) {
        let vectors = [self.links.parent.binding(), whole(b), whole(e), whole(x)];
        self.rows
            .launch(self.device, &self.kernels.prolong, &vectors, [alpha, 0.0]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_hold_whole_rows_and_every_row_once() {
        let starts = [0, 3, 4, 4, 9, 20, 21];
        assert_eq!(chunks(&starts, 5), [0..3, 3..4, 4..5, 5..6]);
        assert_eq!(chunks(&starts, 100), std::slice::from_ref(&(0..6)));
        assert_eq!(chunks(&[0, 0, 0, 0], 2), [0..2, 2..3]);
    }
}
