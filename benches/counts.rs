//! Iterations to certified errors on the host and on the device, full and lean, and what they ask of the device:
//! `cargo bench --bench counts -- LABEL VOLUME...`. No figure here is a time.

use std::{env, sync::Arc};
use voxion::{
    field::{Backend, Device},
    gpu::{Gpu, Selection},
    io::VolumeSource,
    microstructure::{Axis, Volume},
    physics::conduction::{Conduction, MemoryMode},
    solve::{
        Silent, Tolerance,
        balance::Ledger,
        device::{DeviceLean, levels},
        hierarchy::Hierarchy,
        refinement::{self, Approximation, Certified, System},
        stencil::Stencil,
    },
};

const ENDS: [f64; 2] = [1.0, 0.0];
const ERRORS: [f64; 3] = [1e-3, 1e-6, 1e-8];

fn main() {
    let arguments: Vec<String> = env::args().skip(1).filter(|it| it != "--bench").collect();
    let (label, paths) = arguments.split_first().expect("LABEL VOLUME...");
    let label: i64 = label.parse().expect("a label");
    println!(
        "iterations to {ERRORS:?}; of a device with bytes per voxel, and launches, submissions and waits per iteration"
    );
    for path in paths {
        let reading = voxion::io::read(&VolumeSource::from(path.as_str())).expect("a volume");
        let volume: Volume = reading.volume;
        let problem = Conduction::new(&volume)
            .conductivity(label, 1.0)
            .expect("a label");
        println!("{path} {:?}", volume.shape());
        let [host, lean] = [MemoryMode::Full, MemoryMode::Lean].map(|mode| on_host(&problem, mode));
        println!("  host {host:?}, lean {lean:?}");
        let stencil = problem.stencil(Axis::Z);
        on_device("device", &stencil, false);
        on_device("device, lean", &stencil, true);
    }
}

fn tolerance(relative_error: f64) -> Tolerance {
    Tolerance {
        relative_error,
        ..Tolerance::default()
    }
}

/// Iterations, or none where the precision does not carry.
fn on_host(problem: &Conduction<'_>, mode: MemoryMode) -> [Option<usize>; 3] {
    let problem = problem.clone().memory(mode);
    ERRORS.map(|error| {
        let solution = problem.solve(Axis::Z, tolerance(error), &Backend::Host, &mut Silent);
        solution.ok().map(|it| it.effective.iterations)
    })
}

fn on_device(name: &str, stencil: &Stencil, lean: bool) {
    let hierarchy = Hierarchy::<f32>::new(stencil);
    let counts = ERRORS.map(|error| {
        let gpu = Arc::new(Gpu::open(&Selection::Best).expect("an adapter"));
        let device = Device::<f32>::new(Arc::clone(&gpu)).expect("a device");
        let set_up = gpu.tally();
        let found = solved(&device, (stencil, &hierarchy), (error, lean));
        let tally = gpu.tally();
        let count = found.map(|found| found.iterations);
        let each =
            |after: u64, before: u64| (after - before) as f64 / count.unwrap_or(1).max(1) as f64;
        let asked = [
            each(tally.launches, set_up.launches),
            each(tally.submissions, set_up.submissions),
            each(tally.transfers, set_up.transfers),
        ];
        (count, asked, gpu.peak_bytes() as f64 / stencil.len() as f64)
    });
    print!("  {name}:");
    for (count, [launches, submissions, waits], bytes) in counts {
        let count = count.map_or("-".to_owned(), |count| count.to_string());
        print!(" {count} ({bytes:.1} B; {launches:.1}, {submissions:.2}, {waits:.2})");
    }
    println!();
}

/// A solve from a straight line, with balances on the host, so that the device is asked for iterations alone.
fn solved(
    device: &Device<f32>,
    (stencil, hierarchy): (&Stencil, &Hierarchy<f32>),
    (error, lean): (f64, bool),
) -> Option<Certified> {
    let system = System {
        stencil,
        hierarchy,
        audit: &Ledger::new(stencil, ENDS),
    };
    let (plane, depth) = (stencil.plane(), stencil.shape[0] as f64);
    let height = |i: usize| 1.0 - ((i / plane) as f64 + 0.5) / depth;
    let live = |i: usize| f64::from(u8::from(stencil.codes[plane + i] != 0));
    let ramp: Vec<f64> = (0..stencil.len()).map(|i| live(i) * height(i)).collect();
    let mut x = Approximation::from(ramp);
    if lean {
        let solve = DeviceLean::new(device, (stencil, hierarchy), (ENDS, &x.x)).expect("room");
        return solve
            .solve(&system, (&mut x, tolerance(error)), &mut Silent)
            .ok();
    }
    let levels = levels(device, stencil, hierarchy).expect("room");
    refinement::solve(
        device,
        levels,
        &system,
        (&mut x, tolerance(error)),
        &mut Silent,
    )
    .ok()
}
