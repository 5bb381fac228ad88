//! The lean solve: the numbers of the host within the bounds of both, in three vectors, in one slab and in several.

use crate::cases::Case;
use ndarray::Array3;
use std::sync::Arc;
use voxion::{
    field::{Backend, Device, Host},
    gpu::{Gpu, LimitsOverride, Selection},
    microstructure::{Axis, Volume},
    physics::conduction::{Conduction, MemoryMode},
    solve::{
        Continue, Observer, Progress, Silent, SolveError, Tolerance,
        balance::Ledger,
        device::{DeviceLean, lean_bytes},
        hierarchy::Hierarchy,
        host,
        refinement::{self, Approximation, Certified, System},
        stencil::{Lateral, Stencil, pair},
    },
};

const ENDS: [f64; 2] = [1.0, 0.0];

const MEDIA: [Case; 5] = [
    Case {
        shape: [20, 16, 16],
        sigma: &[1.0, 1e-2],
        lateral: Lateral::Mirror,
        slab: Some(4),
    },
    Case {
        shape: [33, 30, 31],
        sigma: &[1.0, 1e-3, 1e2],
        lateral: Lateral::Periodic,
        slab: None,
    },
    Case {
        shape: [18, 41, 24],
        sigma: &[0.0, 1.0, 0.5],
        lateral: Lateral::Mirror,
        slab: Some(6),
    },
    Case {
        shape: [33, 33, 35],
        sigma: &[1.0],
        lateral: Lateral::Periodic,
        slab: Some(10),
    },
    Case {
        shape: [8, 6, 5],
        sigma: &[1.0, 0.1],
        lateral: Lateral::Mirror,
        slab: None,
    },
];

fn tolerance(relative_error: f64) -> Tolerance {
    Tolerance {
        relative_error,
        max_iterations: 500,
    }
}

/// A straight line from one end to the other.
fn ramp(stencil: &Stencil) -> Vec<f64> {
    let (plane, depth) = (stencil.plane(), stencil.shape[0] as f64);
    let height = |i: usize| 1.0 - ((i / plane) as f64 + 0.5) / depth;
    let live = |i: usize| f64::from(u8::from(stencil.codes[plane + i] != 0));
    (0..stencil.len()).map(|i| live(i) * height(i)).collect()
}

/// A certified energy, the potential, and the bytes that the solve took.
fn on_device(
    device: &Device<f32>,
    [stencil, given]: [&Stencil; 2],
    (wanted, observer): (f64, &mut dyn Observer),
) -> (Result<Certified, SolveError>, Vec<f64>, u64) {
    let hierarchy = Hierarchy::<f32>::new(stencil);
    let system = System {
        stencil,
        hierarchy: &hierarchy,
        audit: &Ledger::new(stencil, ENDS),
    };
    let mut reached = Approximation::from(ramp(stencil));
    let before = device.gpu().allocated_bytes();
    let lean = DeviceLean::new(device, (given, &hierarchy), (ENDS, &reached.x)).unwrap();
    let used = device.gpu().allocated_bytes() - before;
    let outcome = lean.solve(&system, (&mut reached, tolerance(wanted)), observer);
    (outcome, reached.x, used)
}

fn on_host(stencil: &Stencil, wanted: f64) -> Certified {
    let hierarchy = Hierarchy::<f64>::new(stencil);
    let system = System {
        stencil,
        hierarchy: &hierarchy,
        audit: &Ledger::new(stencil, ENDS),
    };
    let (machine, mut x) = (Host::<f64>::default(), ramp(stencil).into());
    let levels = host::levels(stencil, &hierarchy);
    let unknown = (&mut x, tolerance(wanted));
    refinement::solve(&machine, levels, &system, unknown, &mut Silent).unwrap()
}

/// How far two results are apart, over what their bounds allow.
fn disagreement(a: &Certified, b: &Certified) -> f64 {
    (a.energy() - b.energy()).abs() / (a.error() + b.error())
}

#[test]
#[ignore = "device test: cargo test -- --ignored device_"]
fn device_lean_solves_reach_what_the_host_reaches() {
    for case in MEDIA {
        let (stencil, device) = (case.stencil(), case.device());
        let expected = on_host(&stencil, 1e-9);
        for wanted in [1e-2, 1e-3, 1e-6] {
            let asked = (wanted, &mut Silent as &mut dyn Observer);
            let (found, ..) = on_device(&device, [&stencil; 2], asked);
            let found = found.unwrap_or_else(|error| panic!("{case:?}: {error}"));
            let full = on_host(&stencil, wanted).iterations;
            println!(
                "{case:?} to {wanted:e}: {} iterations, {full} of the full solve on the host",
                found.iterations
            );
            assert!(disagreement(&found, &expected) <= 1.0, "{case:?} {found:?}");
            assert!(
                found.error() <= wanted * found.energy(),
                "{case:?} {found:?}"
            );
            assert!(found.iterations <= 2 * full + 2, "{case:?} {found:?}");
        }
    }
}

#[test]
#[ignore = "device test: cargo test -- --ignored device_"]
fn device_a_lean_solve_with_a_wrong_conductance_is_not_certified() {
    let stencil = MEDIA[0].stencil();
    let mut wrong = stencil.clone();
    wrong.tables[0][pair(3, 3)] *= 1.01;
    let device = MEDIA[0].device();
    let (found, ..) = on_device(&device, [&stencil, &wrong], (1e-6, &mut Silent));
    assert!(
        matches!(
            found,
            Err(SolveError::Stagnated { .. } | SolveError::NotConverged { .. })
        ),
        "{found:?}"
    );
}

#[test]
#[ignore = "device test: cargo test -- --ignored device_"]
fn device_lean_solves_have_the_same_bits_in_every_run() {
    let (stencil, device) = (MEDIA[2].stencil(), MEDIA[2].device());
    let run = || on_device(&device, [&stencil; 2], (1e-5, &mut Silent)).1;
    let (first, second) = (run(), run());
    let pairs = first.iter().zip(&second);
    assert!(pairs.clone().all(|(a, b)| a.to_bits() == b.to_bits()));
}

#[test]
#[ignore = "device test: cargo test -- --ignored device_"]
fn device_lean_bytes_are_known_before_anything_is_allocated() {
    // The others are cut, or so small that their tables, which are not counted, count.
    let (device, stencil) = (MEDIA[1].device(), MEDIA[1].stencil());
    let (_, _, used) = on_device(&device, [&stencil; 2], (1e-1, &mut Silent));
    let foreseen = lean_bytes(&stencil, &Hierarchy::<f32>::new(&stencil));
    let ratio = used as f64 / foreseen as f64;
    assert!(
        (0.999..1.001).contains(&ratio),
        "{used} used, {foreseen} foreseen"
    );
}

#[test]
fn a_lean_solve_takes_less_than_twenty_bytes_per_voxel() {
    let per_voxel = |sigma| {
        let shape = [96, 96, 96];
        let stencil = Case {
            sigma,
            shape,
            ..MEDIA[1]
        }
        .stencil();
        let bytes = lean_bytes(&stencil, &Hierarchy::<f32>::new(&stencil));
        println!("{sigma:?}: {:.1}", bytes as f64 / stencil.len() as f64);
        bytes as f64 / stencil.len() as f64
    };
    assert!(per_voxel(&[1.0]) < 20.0 && per_voxel(&[1.0, 0.0]) < 20.0);
    // Three phases that all conduct, in blobs three voxels wide: many layers.
    assert!(per_voxel(&[1.0, 1e-3, 1e2]) > 20.0);
}

/// Loses the device after an iteration.
struct Loss<'a>(&'a Device<f32>);

impl Observer for Loss<'_> {
    fn progress(&mut self, progress: &Progress) -> Continue {
        if progress.iterations == 3 {
            self.0.gpu().destroy();
        }
        Continue::Yes
    }
}

#[test]
#[ignore = "device test: cargo test -- --ignored device_"]
fn device_a_loss_in_the_middle_of_a_lean_solve_is_told() {
    let (stencil, device) = (MEDIA[1].stencil(), MEDIA[1].device());
    let asked = (1e-7, &mut Loss(&device) as &mut dyn Observer);
    let (outcome, x, _) = on_device(&device, [&stencil; 2], asked);
    assert!(
        matches!(outcome, Err(SolveError::Machine(_))),
        "{outcome:?}"
    );
    assert!(x.iter().all(|value| (0.0..=1.0).contains(value)));
}

/// A medium of waves, half of which conducts.
fn waves(shape: (usize, usize, usize)) -> Volume {
    Volume::from_labels(&Array3::from_shape_fn(shape, |(z, y, x)| {
        let wave = |v: usize, k: f64| (v as f64 * k).sin();
        u8::from(wave(z, 0.7) * wave(y, 0.9) + wave(x, 0.8) * wave(z, 0.5) > -0.2)
    }))
}

#[test]
#[ignore = "device test: cargo test -- --ignored device_"]
fn device_lean_memory_leads_to_the_numbers_of_the_full_solve() {
    let volume = waves((24, 22, 20));
    let problem = Conduction::new(&volume).conductivity(1, 1.0).unwrap();
    let backend = Backend::Device { name: None };
    let solve = |mode, wanted| {
        let problem = problem.clone().memory(mode);
        problem.solve(Axis::Z, tolerance(wanted), &backend, &mut Silent)
    };
    let [full, lean] = [(MemoryMode::Full, 1e-9), (MemoryMode::Lean, 1e-4)]
        .map(|(mode, wanted)| solve(mode, wanted).unwrap().effective);
    let apart = (full.effective_conductivity - lean.effective_conductivity).abs();
    assert!(apart <= full.error_bound + lean.error_bound);
    assert!(full.adapter.is_some() && full.adapter == lean.adapter);
    let error = solve(MemoryMode::Lean, 1e-13).unwrap_err().to_string();
    assert!(error.contains("single precision"), "{error}");
}

#[test]
#[ignore = "device test: cargo test -- --ignored device_"]
fn device_estimates_are_right_before_anything_is_built() {
    for two_phases in [false, true] {
        let volume = waves((60, 62, 64));
        let mut problem = Conduction::new(&volume).conductivity(1, 1.0).unwrap();
        if two_phases {
            problem = problem.conductivity(0, 0.1).unwrap();
        }
        let stencil = problem.stencil(Axis::Z);
        let hierarchy = Hierarchy::<f32>::new(&stencil);
        let estimate = problem.memory_estimate();
        let taken = lean_bytes(&stencil, &hierarchy);
        let ratio = estimate.lean_device as f64 / taken as f64;
        println!(
            "{:.1} bytes per voxel, {ratio:.2}",
            taken as f64 / stencil.len() as f64
        );
        // Weak phases join strong ones in a block, which the estimate does not look at.
        let most = if two_phases { 1.5 } else { 1.25 };
        assert!((1.0..most).contains(&ratio), "{ratio}");
        let full = voxion::solve::device::bytes(&stencil, &hierarchy);
        let lowered = LimitsOverride {
            max_total_bytes: Some(full),
            ..Default::default()
        };
        let gpu = Gpu::open_with(&Selection::Best, lowered).unwrap();
        let device = Device::<f32>::new(Arc::new(gpu)).unwrap();
        // Where the full solve has no room the lean one has.
        assert!(voxion::solve::device::levels(&device, &stencil, &hierarchy).is_err());
        let x = ramp(&stencil);
        assert!(DeviceLean::new(&device, (&stencil, &hierarchy), (ENDS, &x)).is_ok());
    }
}
