//! Residuals, energies and end currents in f64: those of the host, in one window and in many.

use crate::cases::{CASES, Case, distance, numbers};
use std::sync::Arc;
use voxion::{
    gpu::GpuError,
    solve::{
        balance::{Audit, Ledger},
        device::DeviceLedger,
        stencil::{Stencil, pair},
    },
};

const DOUBLE: f64 = 1e-12;
const ENDS: [f64; 2] = [1.0, -0.25];

/// Distances of residual, energy and end currents, each relative to its largest number.
fn distances(case: &Case, on_device: (&Stencil, [f64; 2]), stencil: &Stencil) -> [f64; 3] {
    let x = numbers(3, stencil.len());
    let (mut found, mut expected) = (vec![f64::NAN; x.len()], vec![0.0; x.len()]);
    let device = case.device::<f32>();
    let ledger = DeviceLedger::new(Arc::clone(device.gpu()), on_device, 0).unwrap();
    let a = ledger.balance(&x, &mut found).unwrap();
    let b = Ledger::new(stencil, ENDS).balance(&x, &mut expected);
    [
        distance(&found, &expected),
        distance(&[a.energy], &[b.energy]),
        distance(&[a.inflow, a.outflow], &[b.inflow, b.outflow]),
    ]
}

#[test]
#[ignore = "device test: cargo test -- --ignored device_"]
fn device_balances_are_those_of_the_host() {
    for case in CASES {
        let stencil = case.stencil();
        let found = distances(&case, (&stencil, ENDS), &stencil);
        println!("{case:?}\n  {found:?}");
        assert!(found.iter().all(|&d| d < DOUBLE), "{case:?} {found:?}");
    }
}

#[test]
#[ignore = "device test: cargo test -- --ignored device_"]
fn device_a_wrong_conductance_or_end_is_seen_in_a_balance() {
    for (case, code, ghost) in [(CASES[0], 3, 41), (CASES[5], 6, 42)] {
        let stencil = case.stencil();
        let mut wrong = stencil.clone();
        wrong.tables[0][pair(code, code)] *= 1.0 + 1e-9;
        wrong.tables[0][pair(code, ghost)] *= 1.0 + 1e-9;
        let seen = distances(&case, (&wrong, ENDS), &stencil);
        assert!(seen.iter().all(|&d| d > DOUBLE), "conductance: {seen:?}");
        for ends in [[ENDS[0] + 1e-8, ENDS[1]], [ENDS[0], ENDS[1] - 1e-8]] {
            let seen = distances(&case, (&stencil, ends), &stencil);
            assert!(seen.iter().all(|&d| d > DOUBLE), "ends: {seen:?}");
        }
    }
}

#[test]
#[ignore = "device test: cargo test -- --ignored device_"]
fn device_a_plane_too_large_for_f64_is_refused_with_the_numbers() {
    let case = Case {
        slab: Some(2),
        ..CASES[3]
    };
    let (stencil, device) = (case.stencil(), case.device::<f32>());
    let refused = DeviceLedger::new(Arc::clone(device.gpu()), (&stencil, ENDS), 0).unwrap_err();
    let (needed, limit) = (3 * 8 * 256, 4 * 4 * 256);
    assert!(
        matches!(refused, GpuError::TooLarge { needed: n, limit: l } if (n, l) == (needed, limit)),
        "{refused}"
    );
}
