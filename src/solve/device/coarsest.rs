//! The coarsest level on a device.

use super::{
    graph::{GraphKernels, Rows},
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
use bytemuck::{Pod, Zeroable};
use std::{cell::RefCell, rc::Rc};

const SOURCE: &str = include_str!("../../../shaders/solve/dense.wgsl");

/// A dense inverse on a device, rows in chunks that a kernel can see at once.
#[derive(Debug)]
pub struct DeviceDense<'a, R: Element> {
    device: &'a Device<R>,
    kernel: Kernel,
    /// Rows per chunk.
    rows: usize,
    chunks: Vec<Buffer<R>>,
    size: usize,
}

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Params {
    begin: u32,
    count: u32,
}

impl<'a, R: Element> DeviceDense<'a, R> {
    /// Rounds and uploads a row-major inverse.
    ///
    /// # Errors
    /// As [`levels`](super::levels).
    pub fn new(device: &'a Device<R>, inverse: &[f64], size: usize) -> Result<Self, GpuError> {
        let groups = device.gpu().info().workgroup.groups as usize;
        let rows = (device.gpu().max_len::<R>() / size.max(1)).clamp(1, groups);
        let inverse: Vec<R> = inverse.iter().map(|&a| R::of(a)).collect();
        let chunks = inverse.chunks(rows * size.max(1));
        Ok(Self {
            device,
            kernel: device.gpu().kernel(SOURCE, "solve", R::PRECISION)?,
            rows,
            chunks: chunks
                .map(|rows| upload(device, rows))
                .collect::<Result<_, _>>()?,
            size,
        })
    }
}

impl<R: Element> Direct for DeviceDense<'_, R> {
    type Field = DeviceField<R>;

    fn shape(&self) -> Shape {
        Shape::flat(self.size)
    }

    fn solve(&self, b: &DeviceField<R>, x: &mut DeviceField<R>) {
        for (begin, chunk) in (0..self.size).step_by(self.rows).zip(&self.chunks) {
            let rows = self.rows.min(self.size - begin);
            let params = Params {
                begin: word(begin),
                count: word(self.size),
            };
            let bindings = [chunk.binding(), whole(b), whole(x)];
            let grid = Grid::Groups([word(rows), 1, 1]);
            self.device.launch(&self.kernel, grid, &bindings, &params);
        }
    }
}

/// A coarsest level of many islands on a device.
#[derive(Debug)]
pub struct DeviceChebyshev<'a, R: Element> {
    device: &'a Device<R>,
    kernels: Rc<GraphKernels>,
    rows: Rows<R>,
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
            rows: Rows::new(device, graph, |d| R::of(1.0 / d.wide()))?,
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
