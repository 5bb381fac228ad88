//! What a solve on the host costs, stage by stage: `cargo bench --bench host [VOLUME LABEL]`.
//!
//! Without a volume it takes a random porous medium made here, 128^3 with half of it conducting. The floor of a stage is the
//! bytes it must move, every field once and coefficients not at all, over the copy bandwidth measured in the same run.
//! Processor time counts all threads, so that a busy machine shows.

mod common;

use std::time::{Duration, Instant};
use voxion::{
    field::{Backend, Host, HostField, Machine, Step},
    microstructure::{Axis, Volume},
    physics::conduction::Conduction,
    solve::{
        Silent, Tolerance, balance::Ledger, blocks::Blocks, certificate, cg::ConjugateGradients,
        hierarchy::Hierarchy, host, matching, multigrid::Multigrid, stencil::Stencil,
    },
};

fn main() {
    let (volume, label) = common::input(128);
    let problem = Conduction::new(&volume)
        .conductivity(label, 1.0)
        .expect("a label of the volume");
    let bandwidth = copy_bandwidth();
    println!(
        "shape {:?}, threads {}, copy {:.1} GB/s",
        volume.shape(),
        rayon::current_num_threads(),
        bandwidth / 1e9
    );
    stage("assembly", 0.0, bandwidth, 3, || {
        drop(problem.stencil(Axis::Z))
    });
    stages(&problem.stencil(Axis::Z), bandwidth);
    whole(&problem);
    growth(&volume, label);
}

/// Bytes per voxel that an iteration must move: 9 and 14 to restrict and prolong, 9 to apply, 12, 24 and twice 8 for
/// the vectors of conjugate gradients, and 16 on the levels below.
const ITERATION: f64 = 100.0;

/// Bytes read and written per second by a copy of 256 MiB on all threads.
fn copy_bandwidth() -> f64 {
    use rayon::prelude::*;
    let source = vec![1u64; 1 << 25];
    let mut target = vec![0u64; 1 << 25];
    let mut best = Duration::MAX;
    for _ in 0..5 {
        let start = Instant::now();
        target
            .par_chunks_mut(1 << 16)
            .zip(source.par_chunks(1 << 16))
            .for_each(|(t, s)| t.copy_from_slice(s));
        best = best.min(start.elapsed());
    }
    2.0 * 8.0 * (1u64 << 25) as f64 / best.as_secs_f64()
}

/// Runs a stage `repeats` times, prints the fastest.
fn stage(name: &str, bytes: f64, bandwidth: f64, repeats: usize, mut body: impl FnMut()) {
    let (mut wall, mut cpu) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..repeats {
        let (start, busy) = (Instant::now(), cpu_seconds());
        body();
        wall = wall.min(start.elapsed().as_secs_f64());
        cpu = cpu.min(cpu_seconds() - busy);
    }
    let (floor, megabytes) = (bytes / bandwidth, bytes * 1e-6);
    let moved = if bytes > 0.0 {
        format!("{megabytes:8.0} {:8.1} {:6.1}", floor * 1e3, wall / floor)
    } else {
        String::new()
    };
    println!("{name:24} {:8.1} {:8.1} {moved}", wall * 1e3, cpu * 1e3);
}

/// Processor time of this process, where Linux tells it.
fn cpu_seconds() -> f64 {
    let tasks = std::fs::read_dir("/proc/self/task")
        .into_iter()
        .flatten()
        .flatten();
    tasks
        .filter_map(|task| std::fs::read_to_string(task.path().join("schedstat")).ok())
        .filter_map(|text| text.split_whitespace().next()?.parse::<f64>().ok())
        .sum::<f64>()
        * 1e-9
}

fn stages(stencil: &Stencil, bandwidth: f64) {
    let voxels = stencil.len() as f64;
    println!(
        "{:24} {:>8} {:>8} {:>8} {:>8} {:>6}",
        "stage", "wall ms", "cpu ms", "MB", "floor ms", "ratio"
    );
    stage("blocks", 0.0, bandwidth, 3, || drop(Blocks::new(stencil)));
    let blocks = Blocks::new(stencil);
    stage("first graph", 0.0, bandwidth, 3, || {
        drop(blocks.first_graph::<f32>(stencil))
    });
    let graph = blocks.first_graph::<f32>(stencil);
    stage("its diagonal", 0.0, bandwidth, 3, || drop(graph.diagonal()));
    stage("second aggregates", 0.0, bandwidth, 3, || {
        drop(blocks.again(&graph))
    });
    let aggregates = blocks.again(&graph);
    stage("second graph", 0.0, bandwidth, 3, || {
        drop(graph.coarsen(&aggregates))
    });
    let graph = graph.coarsen(&aggregates);
    stage("matching", 0.0, bandwidth, 3, || {
        drop(matching::coarser(&graph))
    });
    stage("hierarchy", 0.0, bandwidth, 3, || {
        drop(Hierarchy::<f32>::new(stencil))
    });
    let hierarchy = Hierarchy::<f32>::new(stencil);
    let machine = Host::<f32>::default();
    let levels = host::levels(stencil, &hierarchy);
    let shape = levels.finest.shape();
    let field = || machine.zeros(shape).expect("memory");
    let (mut x, mut y, mut z, mut w) = (field(), field(), field(), field());
    x.data
        .iter_mut()
        .zip(0u32..)
        .for_each(|(x, i)| *x = (i * 7919 % 1000) as f32 * 1e-3);
    let zeros = |shape| machine.zeros(shape).expect("memory");
    let mut coarse: HostField<f32> = zeros(levels.coarse[0].shape());
    stage("apply", 9.0 * voxels, bandwidth, 5, || {
        levels.finest.apply(&mut x, &mut y)
    });
    stage("restrict", 9.0 * voxels, bandwidth, 5, || {
        levels.finest.restrict(&mut x, &mut y, &mut coarse)
    });
    stage("prolong", 14.0 * voxels, bandwidth, 5, || {
        levels.finest.prolong(&x, (1.6, &coarse), &mut y)
    });
    for (index, operator) in levels.coarse.iter().enumerate().take(8) {
        let below = levels
            .coarse
            .get(index + 1)
            .map_or(levels.coarsest.shape(), |next| next.shape());
        let (mut b, mut e, mut c) = (
            zeros(operator.shape()),
            zeros(operator.shape()),
            zeros(below),
        );
        stage(
            &format!("level {} residual", index + 1),
            0.0,
            bandwidth,
            5,
            || operator.residual(&b.clone(), &mut b, &mut e),
        );
        stage(
            &format!("level {} restrict", index + 1),
            0.0,
            bandwidth,
            5,
            || operator.restrict(&mut b, &mut e, &mut c),
        );
        stage(
            &format!("level {} prolong", index + 1),
            0.0,
            bandwidth,
            5,
            || operator.prolong(&b, (1.0, &c), &mut e),
        );
    }
    stage("dot", 8.0 * voxels, bandwidth, 5, || {
        machine.dot(&x, &y);
    });
    stage("redirect", 12.0 * voxels, bandwidth, 5, || {
        machine.redirect(&x, &0.5, &mut y)
    });
    stage("advance", 24.0 * voxels, bandwidth, 5, || {
        machine.advance(
            &0.5,
            Step {
                x: &mut z,
                r: &mut w,
                p: &x,
                q: &y,
            },
        );
    });
    let mut multigrid = Multigrid::new(&machine, levels).expect("memory");
    stage("cycle", 0.0, bandwidth, 5, || {
        multigrid.precondition(&mut x, &mut y)
    });
    let ledger = Ledger::new(stencil, [1.0, 0.0]);
    let (potential, mut residual) = (vec![0.5; stencil.len()], vec![0.0; stencil.len()]);
    stage("balance", 17.0 * voxels, bandwidth, 3, || {
        ledger.balance(&potential, &mut residual);
    });
    stage("bound", 0.0, bandwidth, 3, || {
        certificate::bound(stencil, &hierarchy, &residual);
    });
    let mut cg = ConjugateGradients::new(&machine, multigrid).expect("memory");
    cg.start(&residual).expect("the host does not fail");
    stage("iteration", ITERATION * voxels, bandwidth, 5, || {
        cg.step().expect("the host does not fail");
    });
}

/// Iterations on the corner of the volume, from 64^3 to all of it: the same statistics at growing size.
fn growth(volume: &Volume, label: i64) {
    let largest = volume.shape().into_iter().min().unwrap_or(0);
    for n in (6..).map(|power| 1 << power).take_while(|&n| n <= largest) {
        let corner = volume.codes().slice(ndarray::s![..n, ..n, ..n]).to_owned();
        let corner = Volume::from_codes(corner, volume.labels().to_vec());
        let problem = Conduction::new(&corner)
            .conductivity(label, 1.0)
            .expect("a label");
        let iterations = [1e-3, 1e-6].map(|relative_error| {
            let tolerance = Tolerance {
                relative_error,
                ..Tolerance::default()
            };
            let solution = problem.solve(Axis::Z, tolerance, &Backend::Host, &mut Silent);
            solution.expect("a solution").effective.iterations
        });
        println!(
            "{n}^3: {} iterations to 1e-3, {} to 1e-6",
            iterations[0], iterations[1]
        );
    }
}

fn whole(problem: &Conduction<'_>) {
    for relative_error in [1e-3, 1e-6] {
        let tolerance = Tolerance {
            relative_error,
            ..Tolerance::default()
        };
        let busy = cpu_seconds();
        let solution = problem
            .solve(Axis::Z, tolerance, &Backend::Host, &mut Silent)
            .expect("a solution");
        let effective = solution.effective;
        println!(
            "solve to {relative_error:.0e}: {:.9} +- {:.1e}, {} iterations, {:.2} s wall, {:.2} s of processor time",
            effective.effective_conductivity,
            effective.error_bound,
            effective.iterations,
            effective.seconds,
            cpu_seconds() - busy,
        );
    }
}
