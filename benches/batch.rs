//! Many small volumes: together and one by one, on the device and on the host.
//!
//! `cargo bench --bench batch -- [SIDE COUNT]` solves COUNT volumes of SIDE^3 to 0.1 %; 32 of 64^3 where nothing is said.

use std::{env, sync::Arc, time::Instant};
use voxion::{
    field::{Backend, Device},
    gpu::{Gpu, Selection, Tally},
    microstructure::{Axis, Volume},
    physics::conduction::{Conduction, Question, solve_batch},
    solve::{
        Silent, Tolerance,
        balance::Ledger,
        crowd,
        device::{batch_levels, batch_solve, bytes, levels, together, warm_up},
        hierarchy::Hierarchy,
        refinement::{self, System},
        stencil::Stencil,
    },
};

const ENDS: [f64; 2] = [1.0, 0.0];

fn main() {
    let mut numbers = env::args().filter_map(|argument| argument.parse::<usize>().ok());
    let (side, count) = (numbers.next().unwrap_or(64), numbers.next().unwrap_or(32));
    let volumes: Vec<Volume> = (0..count).map(|seed| medium(side, seed)).collect();
    let problems: Vec<Conduction<'_>> = volumes
        .iter()
        .map(|volume| {
            Conduction::new(volume)
                .conductivity(1, 1.0)
                .expect("a label")
        })
        .collect();
    println!("{count} volumes of {side}^3 to 0.1 %");
    let questions: Vec<Question<'_>> = problems.iter().map(|it| (it, Axis::Z)).collect();
    let tolerance = Tolerance::default();
    timed("host, one after the other", count, || {
        for (problem, axis) in &questions {
            let solution = problem.solve(*axis, tolerance, &Backend::Host, &mut Silent);
            solution.expect("a solution");
        }
    });
    timed("host, together", count, || {
        let asked = (tolerance, &Backend::Host);
        solve_batch(&questions, asked, drop, &mut Silent).expect("solutions");
    });
    let stencils: Vec<Stencil> = problems.iter().map(|it| it.stencil(Axis::Z)).collect();
    on_device(&stencils, tolerance);
    timed("device, together, set-up included", count, || {
        let asked = (tolerance, &Backend::Device { name: None });
        solve_batch(&questions, asked, drop, &mut Silent).expect("solutions");
    });
}

/// A thresholded sum of waves with phases of its own: bicontinuous, about half of it label 1, the same on every machine.
fn medium(n: usize, seed: usize) -> Volume {
    let wave = |v: usize, k: f64, phase: f64| {
        (std::f64::consts::TAU * k * v as f64 / n as f64 + phase + 0.7 * seed as f64).sin()
    };
    let labels = ndarray::Array3::from_shape_fn((n, n, n), |(z, y, x)| {
        let sum: f64 = (1..=6u32)
            .map(|i| {
                let (a, b) = (f64::from(i * 7 % 5 + 2), f64::from(i * 11 % 7 + 1));
                wave(z, a, b) * wave(y, b, a) + wave(x, a + 1.0, b + a) * wave(z, b, 0.3)
            })
            .sum();
        u8::from(sum > 0.0)
    });
    Volume::from_labels(&labels)
}

fn timed(name: &str, count: usize, body: impl FnOnce()) {
    let start = Instant::now();
    body();
    let seconds = start.elapsed().as_secs_f64();
    println!("{name:36} {:9.2} ms a volume", 1e3 * seconds / count as f64);
}

/// What a device is asked for, hierarchies at hand.
fn on_device(stencils: &[Stencil], tolerance: Tolerance) {
    let start = Instant::now();
    let gpu = Arc::new(Gpu::open(&Selection::Best).expect("an adapter"));
    let opened = start.elapsed().as_secs_f64();
    warm_up::<f32>(&gpu).expect("kernels");
    let compiled = start.elapsed().as_secs_f64() - opened;
    println!(
        "{}: opened in {:.0} ms, kernels in {:.0} ms",
        gpu.info(),
        1e3 * opened,
        1e3 * compiled
    );
    let start = Instant::now();
    let items: Vec<&Stencil> = stencils.iter().collect();
    let hierarchies = crowd::each(items, Hierarchy::<f32>::new, |_| {});
    let each = 1e3 * start.elapsed().as_secs_f64() / stencils.len() as f64;
    println!("{:36} {each:9.2} ms a volume", "hierarchies, on the host");
    let ledgers: Vec<_> = stencils.iter().map(|it| Ledger::new(it, ENDS)).collect();
    let systems: Vec<System<'_, f32>> = (0..stencils.len())
        .map(|i| System {
            stencil: &stencils[i],
            hierarchy: &hierarchies[i],
            audit: &ledgers[i],
        })
        .collect();
    let (alike, others): (Vec<_>, Vec<_>) = systems
        .iter()
        .copied()
        .partition(|it| together(&systems[0], it));
    let all = |it: &System<'_, f32>| bytes(it.stencil, it.hierarchy) as f64;
    let voxels: usize = stencils.iter().map(Stencil::len).sum();
    let each = systems.iter().map(all).sum::<f64>() / voxels as f64;
    println!("{each:.1} bytes per voxel on the device");
    println!(
        "{} in the first batch, {} in others",
        alike.len(),
        others.len()
    );
    let asked = |name: &str, body: &mut dyn FnMut() -> usize| {
        let (before, start) = (gpu.tally(), Instant::now());
        let iterations = body();
        let seconds = start.elapsed().as_secs_f64();
        report(
            name,
            (before, gpu.tally()),
            (alike.len(), iterations, seconds),
        );
    };
    asked("device, one by one", &mut || {
        alike
            .iter()
            .map(|system| alone(&gpu, system, tolerance))
            .sum()
    });
    asked("device, together", &mut || {
        let voxels = alike[0].stencil.len();
        let machine = Device::<f32>::batch(Arc::clone(&gpu), alike.len(), voxels).expect("room");
        let levels = batch_levels(&machine, &alike).expect("room");
        let mut unknowns = vec![vec![0.0; voxels].into(); alike.len()];
        let unknown = (&mut *unknowns, tolerance);
        let outcomes = batch_solve(&machine, levels, &alike, unknown, &mut Silent);
        let iterations = outcomes
            .into_iter()
            .map(|it| it.expect("a solution").iterations);
        iterations.sum()
    });
}

/// Iterations of one volume by itself.
fn alone(gpu: &Arc<Gpu>, system: &System<'_, f32>, tolerance: Tolerance) -> usize {
    let machine = Device::<f32>::new(Arc::clone(gpu)).expect("a device");
    let levels = levels(&machine, system.stencil, system.hierarchy).expect("room");
    let mut x = vec![0.0; system.stencil.len()].into();
    let unknown = (&mut x, tolerance);
    let certified = refinement::solve(&machine, levels, system, unknown, &mut Silent);
    certified.expect("a solution").iterations
}

fn report(
    name: &str,
    (before, after): (Tally, Tally),
    (count, iterations, seconds): (usize, usize, f64),
) {
    let each = |number: u64| number as f64 / count as f64;
    println!(
        "{name:36} {:9.2} ms a volume, {:.1} iterations, {:.1} launches, {:.2} submissions, {:.2} waits for a transfer",
        1e3 * seconds / count as f64,
        iterations as f64 / count as f64,
        each(after.launches - before.launches),
        each(after.submissions - before.submissions),
        each(after.transfers - before.transfers),
    );
}
