//! What a solve on a device costs, kernel by kernel, and how it rounds: `cargo bench --bench device [VOLUME LABEL]`.
//!
//! Without a volume it takes the medium of the host's bench, 64^3. It runs on the best adapter present. The floor of a kernel is
//! the bytes it must move, every field and code once, over the copy bandwidth measured in the same run. Launches of a kernel
//! are queued in a row and waited for once, so that the cost of waiting does not count; it has a line of its own.

mod common;

use std::{collections::BTreeMap, rc::Rc, sync::Arc, time::Instant};
use voxion::{
    field::{Backend, Device, Host, Machine, Shape, Step, device::Element},
    gpu::{Gpu, Selection},
    microstructure::Axis,
    physics::conduction::Conduction,
    solve::{
        Silent, Tolerance,
        balance::{Audit, Ledger},
        blocks::Blocks,
        certificate,
        cg::ConjugateGradients,
        device::{self, DeviceLedger, DeviceStencil, DeviceVoxels},
        hierarchy::Hierarchy,
        host::HostStencil,
        multigrid::{Multigrid, Operator},
        stencil::{DEAD, Stencil},
    },
};

const ENDS: [f64; 2] = [1.0, 0.0];

fn main() {
    let (volume, label) = common::input(64);
    let problem = Conduction::new(&volume);
    let problem = problem.conductivity(label, 1.0).expect("a label");
    let gpu = Arc::new(Gpu::open(&Selection::Best).expect("an adapter"));
    let bandwidth = gpu.copy_bandwidth().expect("memory");
    let (name, shape) = (gpu.info().to_string(), volume.shape());
    println!("{name}, shape {shape:?}, copy {:.1} GB/s", bandwidth / 1e9);
    let stencil = problem.stencil(Axis::Z);
    let start = Instant::now();
    let hierarchy = Hierarchy::<f32>::new(&stencil);
    let host = start.elapsed().as_secs_f64();
    let device = Device::<f32>::new(Arc::clone(&gpu)).expect("a device");
    println!("hierarchy, built on the host: {:.1} ms", host * 1e3);
    waits(&device);
    let bench = Bench {
        device: &device,
        bandwidth,
    };
    bench.vectors(&stencil);
    bench.levels(&stencil, &hierarchy);
    bench.iteration(&stencil, &hierarchy);
    if gpu.info().double_precision {
        bench.balance(&stencil, &hierarchy);
        rounding(&gpu, &stencil, &hierarchy.blocks);
    }
    for backend in [Backend::Device { name: None }, Backend::Host] {
        whole(&problem, &backend);
    }
}

/// Wall seconds of the fastest of four runs.
fn fastest(mut body: impl FnMut()) -> f64 {
    let times = (0..4).map(|_| {
        let start = Instant::now();
        body();
        start.elapsed().as_secs_f64()
    });
    times.fold(f64::INFINITY, f64::min)
}

/// What a launch and a wait cost that do nothing: where a device loses on small levels.
fn waits(device: &Device<f32>) {
    const LAUNCHES: usize = 60;
    let mut field = device.zeros(Shape::flat(1)).expect("memory");
    let recorded = fastest(|| {
        (0..LAUNCHES).for_each(|_| device.clear(&mut field));
    });
    let run = fastest(|| {
        (0..LAUNCHES).for_each(|_| device.clear(&mut field));
        device.gpu().finish().expect("a launch");
    });
    let number = device.dot(&field, &field);
    let read = fastest(|| {
        device.read([&number]).expect("a number");
    });
    let micro = |seconds: f64, count: usize| seconds * 1e6 / count as f64;
    println!(
        "a launch of one workgroup: {:.1} us to record, {:.1} us recorded and run; a number read back: {:.0} us",
        micro(recorded, LAUNCHES),
        micro(run, LAUNCHES),
        micro(read, 1)
    );
}

struct Bench<'a> {
    device: &'a Device<f32>,
    bandwidth: f64,
}

impl Bench<'_> {
    /// Queues a kernel several times, for a twentieth of a second, and prints the time of one.
    fn kernel(&self, name: &str, bytes: f64, mut body: impl FnMut()) {
        let mut queued = |launches: u32| {
            let start = Instant::now();
            (0..launches).for_each(|_| body());
            self.device.gpu().finish().expect("a launch");
            start.elapsed().as_secs_f64() / f64::from(launches)
        };
        let first = queued(1);
        let launches = (1..16).find(|&n| f64::from(n) * first > 0.05).unwrap_or(16);
        let wall = (0..3).fold(first, |wall, _| queued(launches).min(wall));
        self.line(name, bytes, wall);
    }

    fn line(&self, name: &str, bytes: f64, wall: f64) {
        let floor = bytes / self.bandwidth;
        let floor = if bytes > 0.0 {
            format!(
                "{:9.2} {:9.3} {:7.1}",
                bytes / 1e6,
                floor * 1e3,
                wall / floor
            )
        } else {
            String::new()
        };
        println!("{name:22} {:9.3} {floor}", wall * 1e3);
    }

    fn vectors(&self, stencil: &Stencil) {
        println!(
            "{:22} {:>9} {:>9} {:>9} {:>7}",
            "kernel", "ms", "MB", "floor ms", "ratio"
        );
        let (machine, voxels) = (self.device, stencil.len() as f64);
        let field = || filled(machine, shape(stencil), 1);
        let (mut x, mut r, mut p, q) = (field(), field(), field(), field());
        let alpha = machine.ratio(&machine.dot(&x, &r), &machine.dot(&p, &q));
        self.kernel("dot", 8.0 * voxels, || drop(machine.dot(&x, &r)));
        self.kernel("redirect", 12.0 * voxels, || {
            machine.redirect(&q, &alpha, &mut p)
        });
        self.kernel("advance", 24.0 * voxels, || {
            let (x, r, p, q) = (&mut x, &mut r, &p, &q);
            machine.advance(&alpha, Step { x, r, p, q });
        });
    }

    fn levels(&self, stencil: &Stencil, hierarchy: &Hierarchy<f32>) {
        let (machine, voxels) = (self.device, stencil.len() as f64);
        let levels = device::levels(machine, stencil, hierarchy).expect("room");
        let coarse = 4.0 * hierarchy.blocks.len() as f64;
        let shapes: Vec<Shape> = std::iter::once(levels.finest.shape())
            .chain(levels.coarse.iter().map(|level| level.shape()))
            .chain([levels.coarsest.shape()])
            .collect();
        let operators = std::iter::once(&levels.finest).chain(&levels.coarse);
        for (level, operator) in operators.enumerate() {
            let (mut b, mut x) = (
                filled(machine, shapes[level], 1),
                filled(machine, shapes[level], 2),
            );
            let mut e = filled(machine, shapes[level + 1], 3);
            let finest = |bytes: f64| if level == 0 { bytes } else { 0.0 };
            let name = |kernel| format!("{level} {kernel} ({})", shapes[level].len());
            self.kernel(&name("apply"), finest(9.0 * voxels), || {
                operator.apply(&mut b, &mut x)
            });
            self.kernel(&name("restrict"), finest(10.0 * voxels + coarse), || {
                operator.restrict(&mut b, &mut x, &mut e)
            });
            self.kernel(&name("prolong"), finest(30.0 * voxels + coarse), || {
                operator.prolong(&b, (1.6, &e), &mut x)
            });
        }
        let shape = levels.coarsest.shape();
        let (b, mut x) = (filled(machine, shape, 1), filled(machine, shape, 2));
        self.kernel(&format!("coarsest ({})", shape.len()), 0.0, || {
            levels.coarsest.solve(&b, &mut x)
        });
    }

    /// A cycle and a whole iteration, with what they ask of the device.
    fn iteration(&self, stencil: &Stencil, hierarchy: &Hierarchy<f32>) {
        let (machine, voxels) = (self.device, stencil.len() as f64);
        let levels = device::levels(machine, stencil, hierarchy).expect("room");
        let mut multigrid = Multigrid::new(machine, levels).expect("room");
        let (mut b, mut x) = (
            filled(machine, shape(stencil), 1),
            filled(machine, shape(stencil), 2),
        );
        self.kernel("cycle", 40.0 * voxels, || {
            multigrid.precondition(&mut b, &mut x)
        });
        drop((b, x));
        let mut cg = ConjugateGradients::new(machine, multigrid).expect("room");
        let mut residual = vec![0.0; stencil.len()];
        Ledger::new(stencil, ENDS).balance(&vec![0.0; stencil.len()], &mut residual);
        cg.start(&residual).expect("a start");
        let before = machine.gpu().tally();
        cg.step().expect("a step");
        let after = machine.gpu().tally();
        let wall = fastest(|| {
            cg.step().expect("a step");
        });
        self.line("iteration", 101.0 * voxels, wall);
        let mut potential = vec![0.0; stencil.len()];
        let wall = fastest(|| cg.collect(&mut potential).expect("a correction"));
        self.line("correction to host", 0.0, wall);
        println!(
            "an iteration asks for {} launches in {} submissions and waits for {} transfers",
            after.launches - before.launches,
            after.submissions - before.submissions,
            after.transfers - before.transfers
        );
    }

    /// The f64 residual on both machines; the device's time includes the way there and back.
    fn balance(&self, stencil: &Stencil, hierarchy: &Hierarchy<f32>) {
        let voxels = stencil.len() as f64;
        let x: Vec<f64> = numbers(5, stencil.len()).iter().map(|x| x / 3.0).collect();
        let (mut found, mut expected) = (vec![0.0; x.len()], vec![0.0; x.len()]);
        let gpu = Arc::clone(self.device.gpu());
        let own = DeviceLedger::new(gpu, (stencil, ENDS), 0).expect("room");
        let host = Ledger::new(stencil, ENDS);
        let before = self.device.gpu().tally();
        own.balance(&x, &mut found).expect("a balance");
        let transfers = self.device.gpu().tally().transfers - before.transfers;
        let wall = fastest(|| {
            own.balance(&x, &mut found).expect("a balance");
        });
        self.line("f64 balance, device", 17.0 * voxels, wall);
        self.line(
            "f64 balance, host",
            0.0,
            fastest(|| {
                host.balance(&x, &mut expected);
            }),
        );
        self.line(
            "certificate, host",
            0.0,
            fastest(|| {
                certificate::bound(stencil, hierarchy, &expected);
            }),
        );
        println!(
            "f64 balance: {transfers} transfers, device against host {:.1e}",
            distance(&found, &expected)
        );
    }
}

/// Kernels of the finest level by name, each with what it makes of fixed fields.
fn results<M: Machine>(
    machine: &M,
    operator: &dyn Operator<Field = M::Field>,
    (stencil, coarse): (&Stencil, usize),
) -> BTreeMap<&'static str, Vec<f64>> {
    let (shape, below) = (shape(stencil), Shape::flat(coarse));
    let [mut b, mut x] = [1, 2].map(|seed| {
        let mut values = numbers(seed, shape.len());
        let codes = &stencil.codes[stencil.plane()..];
        let dead = values
            .iter_mut()
            .zip(codes)
            .filter(|(_, code)| **code == DEAD);
        dead.for_each(|(value, _)| *value = 0.0);
        stored(machine, shape, &values)
    });
    let (mut y, mut e) = (filled(machine, shape, 3), filled(machine, below, 4));
    let mut results = BTreeMap::new();
    operator.apply(&mut x, &mut y);
    results.insert("apply", values(machine, shape, &y));
    operator.residual(&b, &mut x, &mut y);
    results.insert("residual", values(machine, shape, &y));
    operator.restrict(&mut b, &mut y, &mut e);
    results.insert("restrict", values(machine, below, &e));
    operator.prolong(&b, (1.6, &filled(machine, below, 3)), &mut y);
    results.insert("prolong", values(machine, shape, &y));
    results
}

/// What f32 loses against f64 of the same text, and what f64 differs from the host.
fn rounding(gpu: &Arc<Gpu>, stencil: &Stencil, blocks: &Blocks) {
    fn on<R: Element>(
        gpu: &Arc<Gpu>,
        stencil: &Stencil,
        blocks: &Blocks,
    ) -> BTreeMap<&'static str, Vec<f64>> {
        let machine = Device::<R>::new(Arc::clone(gpu)).expect("a device");
        let voxels = DeviceVoxels::new(&machine, stencil, blocks).expect("room");
        let operator = DeviceStencil::new(&machine, Rc::new(voxels)).expect("room");
        results(&machine, &operator, (stencil, blocks.len()))
    }
    let (single, double) = (
        on::<f32>(gpu, stencil, blocks),
        on::<f64>(gpu, stencil, blocks),
    );
    let twin = HostStencil::<f64>::new(stencil, blocks);
    let host = results(&Host::<f64>::default(), &twin, (stencil, blocks.len()));
    println!(
        "{:22} {:>14} {:>14}",
        "rounding", "f32 to f64", "f64 to host"
    );
    for (name, double) in &double {
        let [rounded, apart] = [
            distance(&single[name], double),
            distance(double, &host[name]),
        ];
        println!("{name:22} {rounded:14.1e} {apart:14.1e}");
    }
}

fn shape(stencil: &Stencil) -> Shape {
    Shape {
        planes: stencil.shape[0],
        plane: stencil.plane(),
        components: 1,
    }
}

/// Numbers in [-1, 1), each exact in f32.
fn numbers(seed: u32, count: usize) -> Vec<f64> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(state >> 8) / f64::from(1 << 23) - 1.0
    };
    (0..count).map(|_| next()).collect()
}

fn stored<M: Machine>(machine: &M, shape: Shape, values: &[f64]) -> M::Field {
    let mut field = machine.zeros(shape).expect("memory");
    machine.store(values, &mut field).expect("a field");
    field
}

fn filled<M: Machine>(machine: &M, shape: Shape, seed: u32) -> M::Field {
    stored(machine, shape, &numbers(seed, shape.len()))
}

fn values<M: Machine>(machine: &M, shape: Shape, field: &M::Field) -> Vec<f64> {
    let mut values = vec![0.0; shape.len()];
    machine.accumulate(field, &mut values).expect("a field");
    values
}

/// Largest difference, relative to the largest number.
fn distance(a: &[f64], b: &[f64]) -> f64 {
    let largest = b.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
    let pairs = a.iter().zip(b);
    pairs.fold(0.0, |m: f64, (a, b)| m.max((a - b).abs())) / largest
}

fn whole(problem: &Conduction<'_>, backend: &Backend) {
    for relative_error in [1e-3, 1e-9] {
        let tolerance = Tolerance {
            relative_error,
            ..Tolerance::default()
        };
        let solution = problem.solve(Axis::Z, tolerance, backend, &mut Silent);
        let effective = solution.expect("a solution").effective;
        println!(
            "solve to {relative_error:.0e} on {}: {:.12} +- {:.1e}, {} iterations, {:.2} s",
            effective.adapter.as_deref().unwrap_or("the host"),
            effective.effective_conductivity,
            effective.error_bound,
            effective.iterations,
            effective.seconds,
        );
    }
}
