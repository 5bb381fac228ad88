//! Does the estimate of a stress solve's memory hold? Alone in its process, because the peak is the process's.
#![cfg(target_os = "linux")]

use ndarray::Array3;
use std::fs;
use voxion::{
    microstructure::Volume,
    physics::elasticity::{Elasticity, Hold, Solid, Yield},
    solve::{Silent, Tolerance},
};

/// Peak resident memory since the last reset, bytes.
fn peak() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = line.unwrap().trim().trim_end_matches(" kB");
    kibibytes.parse::<f64>().unwrap() * 1024.0
}

/// A gyroid: label 0 a fifth of the cell, labels 1 and 2 in turns.
fn gyroid(size: usize) -> Volume {
    let turn = std::f64::consts::TAU / size as f64;
    Volume::from_labels(&Array3::from_shape_fn((size, size, size), |(z, y, x)| {
        let [x, y, z] = [x, y, z].map(|i| i as f64 * turn);
        let value = x.sin() * y.cos() + y.sin() * z.cos() + z.sin() * x.cos();
        match value {
            below if below < -0.9 => 0_u8,
            below if below < 0.0 => 1,
            _ => 2,
        }
    }))
}

struct Kind {
    name: &'static str,
    size: usize,
    stiffness: bool,
    yields: bool,
}

#[test]
fn the_estimate_is_near_the_peak() {
    let kind = |name, size, stiffness, yields| Kind {
        name,
        size,
        stiffness,
        yields,
    };
    let kinds = [
        kind("state", 64, false, false),
        kind("stiffness", 64, true, false),
        kind("state", 96, false, false),
        kind("yielding", 64, false, true),
    ];
    for Kind {
        name,
        size,
        stiffness,
        yields,
    } in kinds
    {
        let volume = gyroid(size);
        let solid = |young: f64| Solid::Isotropic {
            young,
            poisson: 0.3,
        };
        let mut problem = Elasticity::new(&volume)
            .solid(0, Solid::Void)
            .and_then(|problem| problem.solid(1, solid(20e9)))
            .and_then(|problem| problem.solid(2, solid(80e9)))
            .and_then(|problem| problem.eigenstrain(2, [0.01; 3]))
            .unwrap();
        if yields {
            let limit = Yield {
                stress: 0.1e9,
                hardening: 1e9,
            };
            problem = problem.yielding(1, limit).unwrap();
        }
        let tolerance = Tolerance {
            relative_error: 1e-2,
            ..Tolerance::default()
        };
        let estimate = problem.memory_estimate(1, stiffness).host as f64;
        // Documented in proc(5): the peak begins anew.
        fs::write("/proc/self/clear_refs", "5").unwrap();
        if stiffness {
            problem.stiffness(tolerance, &mut Silent).unwrap();
        }
        let state = problem.deform(Hold::FREE, tolerance, &mut Silent).unwrap();
        assert!(!state.phases(&volume).is_empty());
        let ratio = estimate / peak();
        println!("{name} at {size}^3: estimate over peak {ratio:.3}");
        assert!((0.7..1.35).contains(&ratio), "{name} at {size}^3: {ratio}");
    }
}
