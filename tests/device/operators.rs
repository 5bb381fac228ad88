//! Every kernel of a level against its twin on the host, from one list of kernels and one of media.

use crate::cases::{CASES, Case, distance, filled, masked, values, widen};
use std::rc::Rc;
use voxion::{
    field::{Device, DeviceField, Host, Machine, Shape, device::Element},
    solve::{
        blocks::Blocks,
        chebyshev::Term,
        device::{
            DeviceBlocks, DeviceChebyshev, DeviceDense, DeviceGraph, DeviceStencil, DeviceVoxels,
            GraphKernels,
        },
        graph::{Aggregates, Graph},
        host::{HostChebyshev, HostDense, HostGraph, HostStencil},
        multigrid::{Direct, Operator},
        stencil::{DEAD, Stencil, pair},
    },
};

/// Rounding of f32, relative to the largest number; measured: 2e-7.
const SINGLE: f64 = 1e-6;
const DOUBLE: f64 = 1e-12;

/// The kernels of an operator.
#[derive(Debug, Clone, Copy)]
enum Kernel {
    Apply,
    Residual,
    Restrict,
    Prolong,
}

const KERNELS: [Kernel; 4] = [
    Kernel::Apply,
    Kernel::Residual,
    Kernel::Restrict,
    Kernel::Prolong,
];

/// An operator with the size of what it restricts to, and which of its numbers are unknowns.
struct Level<'a, F> {
    operator: Box<dyn Operator<Field = F> + 'a>,
    coarse: usize,
    live: Vec<bool>,
}

/// Runs a kernel on fixed fields, on either machine.
fn run<M: Machine>(machine: &M, level: &Level<'_, M::Field>, kernel: Kernel) -> Vec<f64> {
    let operator = &level.operator;
    let (shape, coarse) = (operator.shape(), Shape::flat(level.coarse));
    let [mut b, mut x] = [1, 2].map(|seed| masked(machine, shape, seed, &level.live));
    let mut y = filled(machine, shape, 3);
    let mut e = filled(machine, coarse, 4);
    match kernel {
        Kernel::Apply => operator.apply(&mut x, &mut y),
        Kernel::Residual => operator.residual(&b, &mut x, &mut y),
        Kernel::Restrict => operator.restrict(&mut b, &mut y, &mut e),
        Kernel::Prolong => {
            operator.restrict(&mut b, &mut y, &mut filled(machine, coarse, 5));
            operator.prolong(&b, (1.6, &e), &mut y);
        }
    }
    match kernel {
        Kernel::Restrict => values(machine, coarse, &e),
        _ => values(machine, shape, &y),
    }
}

/// What both machines are given.
struct Input {
    stencil: Stencil,
    blocks: Blocks,
    /// The first graph as the stencil has it, and rounded, so that rows are the same on both machines.
    formed: Graph<f64>,
    graph: Graph<f32>,
    aggregates: Aggregates,
}

impl Input {
    fn new(case: &Case) -> Self {
        let stencil = case.stencil();
        let (blocks, graph) = case.graph(&stencil);
        let aggregates = blocks.again(&graph);
        Self {
            formed: blocks.graph(&stencil),
            stencil,
            blocks,
            graph,
            aggregates,
        }
    }

    fn levels<'a, F>(
        &self,
        stencil: impl Operator<Field = F> + 'a,
        graphs: [Box<dyn Operator<Field = F> + 'a>; 2],
    ) -> [Level<'a, F>; 3] {
        let inner = &self.stencil.codes[self.stencil.plane()..];
        let [formed, stored] = graphs.map(|operator| Level {
            operator,
            coarse: self.aggregates.len(),
            live: vec![true; self.graph.len()],
        });
        [
            Level {
                operator: Box::new(stencil),
                coarse: self.blocks.len(),
                live: inner.iter().map(|&code| code != DEAD).collect(),
            },
            formed,
            stored,
        ]
    }

    /// Finest and first coarse level of a device, the latter formed from voxels and with stored rows.
    fn device<'a, R: Element>(&self, device: &'a Device<R>) -> [Level<'a, DeviceField<R>>; 3] {
        let kernels = Rc::new(GraphKernels::new(device).unwrap());
        let voxels = Rc::new(DeviceVoxels::new(device, &self.stencil, &self.blocks).unwrap());
        let graph: Graph<R> = widen(&self.graph);
        let formed = (Rc::clone(&voxels), Rc::clone(&kernels));
        let diagonal: Vec<R> = self.formed.diagonal().into_iter().map(R::of).collect();
        let formed = DeviceBlocks::new(device, formed, (&diagonal, &self.aggregates)).unwrap();
        let stored = DeviceGraph::new(device, kernels, (&graph, &self.aggregates)).unwrap();
        let finest = DeviceStencil::new(device, voxels).unwrap();
        self.levels(finest, [Box::new(formed), Box::new(stored)])
    }

    /// The results of all kernels on the levels of the host.
    fn host(&self) -> Vec<Vec<f64>> {
        let (machine, graph) = (Host::<f64>::default(), widen(&self.graph));
        let levels = self.levels(
            HostStencil::new(&self.stencil, &self.blocks),
            [&self.formed, &graph]
                .map(|graph| Box::new(HostGraph::new(graph, &self.aggregates)) as Box<_>),
        );
        let all = levels.iter();
        all.flat_map(|level| KERNELS.map(|kernel| run(&machine, level, kernel)))
            .collect()
    }
}

/// Distances of every kernel from the host, all levels.
fn distances<R: Element>(case: &Case, on_device: &Input, on_host: &Input) -> Vec<f64> {
    let device = case.device::<R>();
    let levels = on_device.device(&device);
    let slabs = device.zeros(levels[0].operator.shape()).unwrap().slabs();
    let expected = case.slab.map_or(1, |planes| case.shape[0].div_ceil(planes));
    assert_eq!(slabs, expected, "{case:?}");
    let found = levels
        .iter()
        .flat_map(|level| KERNELS.map(|kernel| run(&device, level, kernel)));
    let pairs = found.zip(on_host.host());
    pairs
        .map(|(found, expected)| distance(&found, &expected))
        .collect()
}

fn worst(distances: &[f64]) -> f64 {
    distances
        .iter()
        .fold(0.0, |m, &d| if d <= m { m } else { d })
}

#[test]
#[ignore = "device test: cargo test -- --ignored device_"]
fn device_kernels_are_those_of_the_host() {
    for case in CASES {
        let input = Input::new(&case);
        let double = distances::<f64>(&case, &input, &input);
        let single = distances::<f32>(&case, &input, &input);
        println!("{case:?}\n  f64 {double:?}\n  f32 {single:?}");
        assert!(worst(&double) < DOUBLE, "{case:?} {double:?}");
        assert!(worst(&single) < SINGLE, "{case:?} {single:?}");
    }
}

#[test]
#[ignore = "device test: cargo test -- --ignored device_"]
fn device_a_wrong_conductance_is_seen() {
    let (case, input) = (CASES[5], Input::new(&CASES[5]));
    let mut wrong = Input::new(&case);
    wrong.stencil.tables[1][pair(6, 9)] *= 1.0 + 1e-4;
    let weights = wrong.graph.weights.iter_mut();
    *weights.max_by(|a, b| a.total_cmp(b)).unwrap() *= 1.0 + 1e-3;
    let seen = distances::<f32>(&case, &wrong, &input);
    assert!(seen.iter().all(|&d| d > SINGLE), "{seen:?}");
    let seen = distances::<f64>(&case, &wrong, &input);
    assert!(seen.iter().all(|&d| d > DOUBLE), "{seen:?}");
}

#[test]
#[ignore = "device test: cargo test -- --ignored device_"]
fn device_a_ghost_plane_that_is_not_exchanged_is_seen() {
    let case = CASES[3];
    let input = Input::new(&case);
    let device = case.device::<f32>();
    let [finest, ..] = input.device(&device);
    let shape = finest.operator.shape();
    let found = run(&device, &finest, Kernel::Apply);

    // What the first slab would give if its ghosts above were still zero.
    let host = Host::<f64>::default();
    let twin = HostStencil::new(&input.stencil, &input.blocks);
    let own = 4 * shape.stride();
    let [mut x, mut y] = [2, 3].map(|seed| filled(&host, shape, seed));
    x.data[own..].fill(0.0);
    twin.apply(&mut x, &mut y);
    assert!(distance(&found[..own], &y.data[..own]) > SINGLE);
    let inner = own - shape.stride();
    assert!(distance(&found[..inner], &y.data[..inner]) < SINGLE);
}

/// `x = A^-1 b` of a coarsest level on either machine.
fn direct<M: Machine>(machine: &M, solver: &dyn Direct<Field = M::Field>) -> Vec<f64> {
    let shape = solver.shape();
    let [b, mut x] = [1, 2].map(|seed| filled(machine, shape, seed));
    solver.solve(&b, &mut x);
    values(machine, shape, &x)
}

#[test]
#[ignore = "device test: cargo test -- --ignored device_"]
fn device_dense_solves_are_those_of_the_host() {
    let size = 37;
    let inverse = crate::cases::numbers(11, size * size);
    let expected = direct(&Host::<f64>::default(), &HostDense::new(&inverse, size));
    for rows in [None, Some(1000)] {
        let (single, double) = (
            crate::cases::device::<f32>(rows),
            crate::cases::device::<f64>(rows),
        );
        let found = direct(&single, &DeviceDense::new(&single, &inverse, size).unwrap());
        assert!(distance(&found, &expected) < SINGLE);
        let found = direct(&double, &DeviceDense::new(&double, &inverse, size).unwrap());
        assert!(distance(&found, &expected) < DOUBLE);
    }
}

fn chebyshev<R: Element>(graph: &Graph<f32>, terms: &[Term]) -> f64 {
    let device = crate::cases::device::<R>(None);
    let kernels = Rc::new(GraphKernels::new(&device).unwrap());
    let solver = DeviceChebyshev::new(&device, kernels, (&widen(graph), terms)).unwrap();
    let wide = widen(graph);
    let expected = direct(&Host::<f64>::default(), &HostChebyshev::new(&wide, terms));
    distance(&direct(&device, &solver), &expected)
}

#[test]
#[ignore = "device test: cargo test -- --ignored device_"]
fn device_polynomials_are_those_of_the_host() {
    let graph = CASES[5].graph(&CASES[5].stencil()).1;
    let term = |gain, momentum| Term { gain, momentum };
    let terms = [term(0.9, 0.0), term(1.1, 0.3), term(1.3, 0.4)];
    let (single, double) = (
        chebyshev::<f32>(&graph, &terms),
        chebyshev::<f64>(&graph, &terms),
    );
    assert!(single < SINGLE && double < DOUBLE, "{single:e} {double:e}");
}
