//! Whole solves: the same numbers as the host's, in the same bits every time.

use crate::cases::{Case, device};
use voxion::{
    field::{Device, Host},
    solve::{
        Silent, Tolerance,
        device::{bytes, levels},
        hierarchy::Hierarchy,
        host,
        refinement::{self, Certified, System},
        stencil::{Lateral, Stencil},
    },
};

const TOLERANCE: Tolerance = Tolerance {
    relative_error: 1e-10,
    max_iterations: 500,
};

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
    let system = System {
        stencil,
        hierarchy: &hierarchy,
        ends: [1.0, 0.0],
    };
    let mut x = vec![0.0; stencil.len()];
    let levels = levels(device, stencil, &hierarchy).unwrap();
    let outcome = refinement::solve(device, levels, &system, (&mut x, TOLERANCE), &mut Silent);
    (outcome.unwrap(), x)
}

fn on_host(stencil: &Stencil) -> Certified {
    let hierarchy = Hierarchy::<f64>::new(stencil);
    let system = System {
        stencil,
        hierarchy: &hierarchy,
        ends: [1.0, 0.0],
    };
    let (machine, mut x) = (Host::<f64>::default(), vec![0.0; stencil.len()]);
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
        assert!(found.bound <= 1e-10 * a, "{case:?} {found:?}");
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
fn device_bytes_are_known_before_anything_is_allocated() {
    let stencil = MEDIA[1].stencil();
    let hierarchy = Hierarchy::<f32>::new(&stencil);
    let device = device::<f32>(None);
    on_device(&device, &stencil);
    let (estimate, peak) = (bytes(&stencil, &hierarchy), device.gpu().peak_bytes());
    let ratio = peak as f64 / estimate as f64;
    assert!(
        (0.99..1.02).contains(&ratio),
        "{peak} used, {estimate} foreseen"
    );
}
