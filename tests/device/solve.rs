//! Whole solves: the same numbers as the host's, in the same bits every time.

use crate::cases::{Case, device, numbers};
use ndarray::Array3;
use std::sync::Arc;
use voxion::{
    field::{Backend, Device, Host},
    gpu::{Gpu, GpuError, KernelTime, LimitsOverride, Selection, WorkgroupShape},
    microstructure::{Axis, Volume},
    physics::conduction::Conduction,
    solve::{
        Continue, Observer, Progress, Silent, SolveError, Tolerance,
        balance::Ledger,
        cg::ConjugateGradients,
        device::{DeviceLedger, bytes, levels, profile},
        hierarchy::Hierarchy,
        host,
        multigrid::Multigrid,
        refinement::{self, Approximation, Certified, System},
        stencil::{Lateral, Stencil},
    },
};

const TOLERANCE: Tolerance = Tolerance {
    relative_error: 1e-10,
    max_iterations: 500,
};

const ENDS: [f64; 2] = [1.0, 0.0];

const MEDIA: [Case; 3] = [
    Case {
        shape: [20, 16, 16],
        sigma: &[1.0, 1e-2],
        lateral: Lateral::Mirror,
        slab: Some(4),
    },
    Case {
        shape: [33, 30, 31],
        sigma: &[1.0, 1e-6, 1e3],
        lateral: Lateral::Periodic,
        slab: None,
    },
    Case {
        shape: [18, 40, 24],
        sigma: &[1e-8, 1.0],
        lateral: Lateral::Mirror,
        slab: Some(6),
    },
];

fn on_device(device: &Device<f32>, stencil: &Stencil) -> (Certified, Vec<f64>) {
    let hierarchy = Hierarchy::<f32>::new(stencil);
    let ledger = DeviceLedger::new(Arc::clone(device.gpu()), (stencil, ENDS), 0).unwrap();
    let system = System {
        stencil,
        hierarchy: &hierarchy,
        audit: &ledger,
    };
    let mut x = Approximation::from(vec![0.0; stencil.len()]);
    let levels = levels(device, stencil, &hierarchy).unwrap();
    let outcome = refinement::solve(device, levels, &system, (&mut x, TOLERANCE), &mut Silent);
    (outcome.unwrap(), x.x)
}

fn on_host(stencil: &Stencil) -> Certified {
    let hierarchy = Hierarchy::<f64>::new(stencil);
    let system = System {
        stencil,
        hierarchy: &hierarchy,
        audit: &Ledger::new(stencil, ENDS),
    };
    let (machine, mut x) = (Host::<f64>::default(), vec![0.0; stencil.len()].into());
    let levels = host::levels(stencil, &hierarchy);
    refinement::solve(&machine, levels, &system, (&mut x, TOLERANCE), &mut Silent).unwrap()
}

#[test]
#[ignore = "device test: cargo test -- --ignored device_"]
fn device_solves_reach_what_the_host_reaches() {
    for case in MEDIA {
        let stencil = case.stencil();
        let (found, _) = on_device(&case.device(), &stencil);
        let expected = on_host(&stencil);
        let (a, b) = (found.balance.energy, expected.balance.energy);
        println!(
            "{case:?}: {} iterations, {} on the host",
            found.iterations, expected.iterations
        );
        assert!((a - b).abs() < 1e-9 * b, "{case:?} {a} {b}");
        assert!(found.error() <= 1e-10 * a, "{case:?} {found:?}");
    }
}

#[test]
#[ignore = "device test: cargo test -- --ignored device_"]
fn device_solves_have_the_same_bits_in_every_run() {
    let stencil = MEDIA[0].stencil();
    let device = MEDIA[0].device();
    let (first, x) = on_device(&device, &stencil);
    let (second, again) = on_device(&device, &stencil);
    assert_eq!(
        first.balance.energy.to_bits(),
        second.balance.energy.to_bits()
    );
    assert!(
        x.iter()
            .zip(&again)
            .all(|(a, b)| a.to_bits() == b.to_bits())
    );
}

#[test]
#[ignore = "device test: cargo test -- --ignored device_"]
fn device_results_do_not_depend_on_the_shape_of_workgroups() {
    for case in [MEDIA[0], MEDIA[1]] {
        let stencil = case.stencil();
        let bits = |shape| {
            let device = case.device();
            device.gpu().set_workgroup(shape);
            let (found, x) = on_device(&device, &stencil);
            assert_eq!(device.gpu().workgroup(), shape);
            let potential: Vec<u64> = x.into_iter().map(f64::to_bits).collect();
            (found.iterations, potential)
        };
        let [first, rest @ ..] = WorkgroupShape::ALL.map(bits);
        assert!(rest.iter().all(|other| *other == first), "{case:?}");
    }
}

/// The energy and the iterations of conjugate gradients when so many are queued at once, and the waits of all.
fn queued(count: usize) -> (Vec<u64>, usize, u64) {
    let stencil = MEDIA[1].stencil();
    let hierarchy = Hierarchy::<f32>::new(&stencil);
    let device = device::<f32>(None);
    let multigrid = Multigrid::new(&device, levels(&device, &stencil, &hierarchy).unwrap());
    let mut cg = ConjugateGradients::new(&device, multigrid.unwrap()).unwrap();
    let mut residual = vec![0.0; stencil.len()];
    Ledger::new(&stencil, ENDS).balance(&vec![0.0; stencil.len()], &mut residual);
    let stop = 1e-6 * cg.start(&residual).unwrap();
    let (mut steps, before) = (0, device.gpu().tally().transfers);
    loop {
        let done = cg.steps((count, stop)).unwrap();
        steps += done.len();
        if done.iter().any(|step| step.rz <= stop) {
            break;
        }
    }
    let waits = device.gpu().tally().transfers - before;
    // Two more, so that what goes on from a stop is seen too.
    cg.steps((2, 0.0)).unwrap();
    let mut x = vec![0.0; stencil.len()];
    cg.collect(&mut x).unwrap();
    (x.into_iter().map(f64::to_bits).collect(), steps, waits)
}

#[test]
#[ignore = "device test: cargo test -- --ignored device_"]
fn device_iterations_queued_in_vain_change_nothing() {
    let (one, steps, waits) = queued(1);
    assert_eq!(waits, steps as u64);
    for count in [3, 8] {
        let (several, same, fewer) = queued(count);
        println!("{steps} iterations, {count} at once: {fewer} waits");
        assert!(several == one && same == steps && fewer < waits);
    }
}

/// Counts what it is told, and the transfers meanwhile.
struct Timer<'a> {
    device: &'a Device<f32>,
    one_by_one: bool,
    told: Vec<u64>,
}

impl Observer for Timer<'_> {
    fn progress(&mut self, _progress: &Progress) -> Continue {
        self.told.push(self.device.gpu().tally().transfers);
        Continue::Yes
    }

    fn times_iterations(&self) -> bool {
        self.one_by_one
    }
}

#[test]
#[ignore = "device test: cargo test -- --ignored device_"]
fn device_iterations_that_are_timed_are_waited_for_one_by_one() {
    let stencil = MEDIA[1].stencil();
    let hierarchy = Hierarchy::<f32>::new(&stencil);
    let waits = |one_by_one| {
        let device = device::<f32>(None);
        let system = System {
            stencil: &stencil,
            hierarchy: &hierarchy,
            audit: &Ledger::new(&stencil, ENDS),
        };
        let levels = levels(&device, &stencil, &hierarchy).unwrap();
        let mut timer = Timer {
            device: &device,
            one_by_one,
            told: Vec::new(),
        };
        let (mut x, told) = (vec![0.0; stencil.len()].into(), &mut timer);
        refinement::solve(&device, levels, &system, (&mut x, TOLERANCE), told).unwrap();
        let pairs = timer.told.windows(2);
        pairs.filter(|pair| pair[0] == pair[1]).count()
    };
    assert_eq!(waits(true), 0);
    assert!(waits(false) > 0);
}

/// Watches the device between iterations.
struct Watch<'a> {
    device: &'a Device<f32>,
    allocated: u64,
    /// Iteration after which the device is lost.
    loss: usize,
}

impl Observer for Watch<'_> {
    fn progress(&mut self, progress: &Progress) -> Continue {
        self.allocated = self.device.gpu().allocated_bytes();
        if progress.iterations >= self.loss {
            self.device.gpu().destroy();
        }
        Continue::Yes
    }
}

fn watched(
    stencil: &Stencil,
    loss: usize,
) -> (Result<Certified, SolveError>, Approximation, [u64; 2]) {
    let hierarchy = Hierarchy::<f32>::new(stencil);
    let device = device::<f32>(None);
    let before = device.gpu().allocated_bytes();
    let system = System {
        stencil,
        hierarchy: &hierarchy,
        audit: &Ledger::new(stencil, ENDS),
    };
    let mut x = Approximation::from(vec![0.0; stencil.len()]);
    let levels = levels(&device, stencil, &hierarchy).unwrap();
    let mut watch = Watch {
        device: &device,
        allocated: 0,
        loss,
    };
    let outcome = refinement::solve(&device, levels, &system, (&mut x, TOLERANCE), &mut watch);
    let used = watch.allocated - before;
    (outcome, x, [used, bytes(stencil, &hierarchy)])
}

#[test]
#[ignore = "device test: cargo test -- --ignored device_"]
fn device_bytes_are_known_before_anything_is_allocated() {
    let (_, _, [used, foreseen]) = watched(&MEDIA[1].stencil(), usize::MAX);
    let ratio = used as f64 / foreseen as f64;
    println!("{} bytes per voxel", used / MEDIA[1].stencil().len() as u64);
    assert!(
        (0.999..1.001).contains(&ratio),
        "{used} used, {foreseen} foreseen"
    );
}

#[test]
#[ignore = "device test: cargo test -- --ignored device_"]
fn device_too_large_a_volume_is_refused_before_anything_is_allocated() {
    let stencil = MEDIA[1].stencil();
    let hierarchy = Hierarchy::<f32>::new(&stencil);
    let needed = bytes(&stencil, &hierarchy);
    let lowered = LimitsOverride {
        max_total_bytes: Some(needed),
        ..Default::default()
    };
    let gpu = Gpu::open_with(&Selection::Best, lowered).unwrap();
    let device = Device::<f32>::new(Arc::new(gpu)).unwrap();
    let before = device.gpu().peak_bytes();
    let refused = levels(&device, &stencil, &hierarchy).map(drop).unwrap_err();
    assert!(
        refused.to_string().contains(&needed.to_string()),
        "{refused}"
    );
    assert_eq!(device.gpu().peak_bytes(), before);
}

#[test]
#[ignore = "device test: cargo test -- --ignored device_"]
fn device_a_coarse_level_too_large_for_a_binding_is_refused_with_the_numbers() {
    let stencil = MEDIA[1].stencil();
    let hierarchy = Hierarchy::<f32>::new(&stencil);
    // Four planes: enough for slabs of the finest level, too few for a vector of the next.
    let device = device::<f32>(Some(4 * stencil.plane()));
    assert!(hierarchy.blocks.len() > 4 * stencil.plane());
    let refused = levels(&device, &stencil, &hierarchy).map(drop).unwrap_err();
    let (needed, limit) = (4 * hierarchy.blocks.len(), 16 * stencil.plane());
    let sentence = refused.to_string();
    for number in [needed, limit] {
        assert!(sentence.contains(&number.to_string()), "{sentence}");
    }
}

#[test]
#[ignore = "device test: cargo test -- --ignored device_"]
fn device_a_loss_in_the_middle_keeps_what_was_reached() {
    let stencil = MEDIA[1].stencil();
    let hierarchy = Hierarchy::<f64>::new(&stencil);
    let system = System {
        stencil: &stencil,
        hierarchy: &hierarchy,
        audit: &Ledger::new(&stencil, ENDS),
    };
    let energy = |x: &[f64]| {
        let mut residual = vec![0.0; x.len()];
        Ledger::new(&stencil, ENDS).balance(x, &mut residual).energy
    };
    let (outcome, mut x, _) = watched(&stencil, 13);
    let lost = matches!(outcome, Err(SolveError::Machine(GpuError::Lost { .. })));
    assert!(lost, "{outcome:?}");
    assert!(energy(&x.x) < 0.5 * energy(&vec![0.0; x.x.len()]));
    let before = x.iterations;
    assert_eq!(before, 13);
    let (machine, levels) = (Host::<f64>::default(), host::levels(&stencil, &hierarchy));
    let goes_on =
        refinement::solve(&machine, levels, &system, (&mut x, TOLERANCE), &mut Silent).unwrap();
    let whole = on_host(&stencil);
    let own = goes_on.iterations - before;
    assert!(own > 0 && own < whole.iterations, "{goes_on:?}");
    assert!((goes_on.balance.energy - whole.balance.energy).abs() < 1e-9 * whole.balance.energy);
}

#[test]
#[ignore = "device test: cargo test -- --ignored device_"]
fn device_conduction_is_that_of_the_host() {
    let (size, blobs) = (64, numbers(5, 1 << 18));
    let labels = Array3::from_shape_fn((size, size, size), |(z, y, x)| {
        let blob = ((z / 4) * size + y / 5) * size + x / 3;
        u8::from(blobs[blob] > -0.2)
    });
    let volume = Volume::from_labels(&labels);
    let question = Conduction::new(&volume).conductivity(1, 1.0).unwrap();
    let solve = |backend| {
        let tolerance = Tolerance {
            relative_error: 1e-9,
            ..Default::default()
        };
        let solution = question.solve(Axis::Y, tolerance, &backend, &mut Silent);
        solution.unwrap().effective
    };
    let [host, found] = [Backend::Host, Backend::Device { name: None }].map(solve);
    println!(
        "64^3: {:.2} s and {} iterations on {}, {:.2} s and {} on the host",
        found.seconds,
        found.iterations,
        found.adapter.as_deref().unwrap_or("nothing"),
        host.seconds,
        host.iterations
    );
    let (a, b) = (found.effective_conductivity, host.effective_conductivity);
    assert!(found.adapter.is_some() && host.adapter.is_none());
    assert!((a - b).abs() < 2e-9 * b && b > 0.1, "{a} {b}");
}

#[test]
#[ignore = "device test: cargo test -- --ignored device_"]
fn device_every_kernel_is_timed_and_counted() {
    const ITERATIONS: usize = 240;
    let stencil = MEDIA[0].stencil();
    let hierarchy = Hierarchy::<f32>::new(&stencil);
    let device = device::<f32>(None);
    let before = device.gpu().tally().launches;
    let times = profile(device.gpu(), (&stencil, &hierarchy), ITERATIONS).unwrap();
    let launches = device.gpu().tally().launches - before;
    let of = |name: &str| times.iter().find(|time| time.name == name).unwrap();
    let iterations = ITERATIONS as u64;
    assert_eq!(of("stencil apply").launches, iterations);
    assert_eq!(of("stencil restrict_residual").launches, iterations);
    // Codes once, the table, x and y.
    let voxels = stencil.len() as u64;
    let bytes = of("stencil apply").bytes / iterations;
    assert!(
        bytes > 9 * voxels && bytes < 10 * voxels,
        "{bytes} {voxels}"
    );
    let timed: u64 = times.iter().map(|time| time.launches).sum();
    assert!(timed > 2048 && timed < launches, "{timed} {launches}");
    let descends = |pair: &[KernelTime]| pair[0].seconds >= pair[1].seconds;
    assert!(times.windows(2).all(descends));
    assert!(
        times
            .iter()
            .all(|time| time.seconds > 0.0 && time.seconds < 60.0),
        "{times:?}"
    );
    // Nothing is timed any more.
    device.gpu().finish().unwrap();
    assert!(device.gpu().timed(|| Ok(())).unwrap().is_empty());
}
