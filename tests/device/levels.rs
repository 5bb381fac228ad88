//! Whole cycles, the last levels in one launch.

use crate::cases::{Case, device, distance, masked, values};
use voxion::{
    field::{Device, Host, Machine, Shape, device::Element},
    solve::{
        chebyshev::Term,
        device::levels,
        hierarchy::{Coarsest, Hierarchy},
        host,
        multigrid::{Levels, Multigrid},
        stencil::{DEAD, Lateral, Stencil},
    },
};

/// Rounding of f32 through all levels, relative to the largest number; measured: 6e-7.
const SINGLE: f64 = 5e-6;
const DOUBLE: f64 = 1e-12;

const MEDIUM: Case = Case {
    shape: [33, 30, 31],
    sigma: &[1.0, 0.0, 1e-2],
    lateral: Lateral::Mirror,
    slab: None,
};

/// `B r` for a fixed residual.
fn cycle<'a, M: Machine>(machine: &'a M, levels: Levels<'a, M>, stencil: &Stencil) -> Vec<f64> {
    let shape = Shape {
        planes: stencil.shape[0],
        plane: stencil.plane(),
        components: 1,
    };
    let inner = &stencil.codes[stencil.plane()..];
    let live: Vec<bool> = inner.iter().map(|&code| code != DEAD).collect();
    let [mut r, mut z] = [1, 2].map(|seed| masked(machine, shape, seed, &live));
    let mut multigrid = Multigrid::new(machine, levels).unwrap();
    multigrid.precondition(&mut r, &mut z);
    values(machine, shape, &z)
}

/// The same on a device, and the launches it takes.
fn on_device<R: Element>(
    device: &Device<R>,
    stencil: &Stencil,
    change: impl Fn(&mut Hierarchy<R>),
) -> (Vec<f64>, u64) {
    let mut hierarchy = Hierarchy::<R>::new(stencil);
    change(&mut hierarchy);
    let levels = levels(device, stencil, &hierarchy).unwrap();
    let before = device.gpu().tally().launches;
    let values = cycle(device, levels, stencil);
    (values, device.gpu().tally().launches - before)
}

fn on_host(stencil: &Stencil, change: impl Fn(&mut Hierarchy<f64>)) -> Vec<f64> {
    let mut hierarchy = Hierarchy::<f64>::new(stencil);
    change(&mut hierarchy);
    let machine = Host::<f64>::default();
    cycle(&machine, host::levels(stencil, &hierarchy), stencil)
}

/// As a medium of many islands would have it.
fn polynomial<T>(hierarchy: &mut Hierarchy<T>) {
    let term = |gain, momentum| Term { gain, momentum };
    hierarchy.solver = Coarsest::Chebyshev(vec![term(0.9, 0.0), term(1.1, 0.3), term(1.3, 0.4)]);
}

#[test]
#[ignore = "device test: cargo test -- --ignored device_"]
fn device_cycles_are_those_of_the_host() {
    let stencil = MEDIUM.stencil();
    let double = device::<f64>(None);
    let (found, launches) = on_device(&double, &stencil, |_| {});
    let expected = on_host(&stencil, |_| {});
    assert!(
        distance(&found, &expected) < DOUBLE,
        "{:e}",
        distance(&found, &expected)
    );
    let (found, _) = on_device(&device::<f32>(None), &stencil, |_| {});
    assert!(
        distance(&found, &expected) < SINGLE,
        "{:e}",
        distance(&found, &expected)
    );

    println!("{launches} launches of a cycle");
    assert!(launches < 20, "{launches}");
}

#[test]
#[ignore = "device test: cargo test -- --ignored device_"]
fn device_cycles_that_end_in_a_polynomial_are_those_of_the_host() {
    let stencil = MEDIUM.stencil();
    let (found, _) = on_device(&device::<f64>(None), &stencil, polynomial);
    let expected = on_host(&stencil, polynomial);
    assert!(
        distance(&found, &expected) < DOUBLE,
        "{:e}",
        distance(&found, &expected)
    );
}

#[test]
#[ignore = "device test: cargo test -- --ignored device_"]
fn device_a_wrong_weight_of_the_last_levels_is_seen() {
    let stencil = MEDIUM.stencil();
    let wrong = |hierarchy: &mut Hierarchy<f64>| {
        let (graph, _) = hierarchy.levels.last_mut().unwrap();
        let largest = graph.weights.iter_mut().max_by(|a, b| a.total_cmp(b));
        *largest.unwrap() *= 1.0 + 1e-4;
    };
    let (found, _) = on_device(&device::<f64>(None), &stencil, wrong);
    let expected = on_host(&stencil, |_| {});
    assert!(distance(&found, &expected) > 1e3 * DOUBLE);
}
