//! Is a network of conductances solved like the stencil that it spells out? Same number within both bounds on random media,
//! on the host and on a device; two nets that nothing joins do not disturb one another.

mod common;

use common::random::medium;
use voxion::{
    field::{Backend, Host},
    physics::network,
    solve::{
        Silent, Tolerance,
        balance::Ledger,
        hierarchy::Hierarchy,
        host,
        network::Network,
        refinement::{self, Approximation, Certified, System},
        stencil::{DEAD, Lateral, Stencil, pair},
    },
};

const TOLERANCE: Tolerance = Tolerance {
    relative_error: 1e-9,
    max_iterations: 500,
};

/// The neighbours of a voxel: axis and place, which lies outside along the first axis where the electrodes are.
fn around(stencil: &Stencil, voxel: [usize; 3]) -> Vec<(usize, Result<[usize; 3], f64>)> {
    let mut found = Vec::new();
    for axis in 0..3 {
        let (n, at) = (stencil.shape[axis], voxel[axis]);
        for ahead in [false, true] {
            let edge = if ahead { at + 1 == n } else { at == 0 };
            let mut other = voxel;
            other[axis] = if ahead {
                (at + 1) % n
            } else {
                (at + n - 1) % n
            };
            if !edge || (axis > 0 && stencil.lateral == Lateral::Periodic) {
                found.push((axis, Ok(other)));
            } else if axis == 0 {
                found.push((axis, Err(if ahead { 0.0 } else { 1.0 })));
            }
        }
    }
    found
}

fn code(stencil: &Stencil, [z, y, x]: [usize; 3]) -> u8 {
    stencil.codes[((z + 1) * stencil.shape[1] + y) * stencil.shape[2] + x]
}

/// The network of a stencil, in as many copies as asked, side by side in the same cells, with `tie` between them.
fn network(stencil: &Stencil, copies: u32, tie: f64) -> Network {
    let live = |voxel| code(stencil, voxel) != DEAD;
    let count = |voxel| if live(voxel) { copies } else { 0 };
    Network::new(stencil.shape, count, |cells, voxel, copy, row| {
        let here = code(stencil, voxel);
        let plane = stencil.shape[1] * stencil.shape[2];
        for (axis, beyond) in around(stencil, voxel) {
            match beyond {
                Ok(other) if live(other) => {
                    let weight = stencil.tables[axis][pair(here, code(stencil, other))];
                    row.link(cells.unknowns(other).start + copy, weight);
                }
                Ok(_) => {}
                Err(potential) => {
                    let ghosts = if potential == 1.0 {
                        0
                    } else {
                        stencil.codes.len() - plane
                    };
                    let ghost = stencil.codes[ghosts + voxel[1] * stencil.shape[2] + voxel[2]];
                    row.leak(stencil.tables[0][pair(here, ghost)], potential);
                }
            }
        }
        if copies == 2 {
            row.link(cells.unknowns(voxel).start + 1 - copy, tie);
        }
    })
}

fn by_stencil(stencil: &Stencil) -> Certified {
    let hierarchy = Hierarchy::<f64>::new(stencil);
    let system = System {
        stencil,
        hierarchy: &hierarchy,
        audit: &Ledger::new(stencil, [1.0, 0.0]),
    };
    let (machine, levels) = (Host::<f64>::default(), host::levels(stencil, &hierarchy));
    let mut x = vec![0.0; stencil.len()].into();
    refinement::solve(&machine, levels, &system, (&mut x, TOLERANCE), &mut Silent).unwrap()
}

fn by_network(network: &Network, backend: &Backend) -> (Certified, Vec<f64>) {
    let mut x = Approximation::from(vec![0.0; network.len()]);
    let run = (TOLERANCE, backend);
    let (mut certified, _) =
        network::certify((network, |_, _| 0.0), &mut x, run, &mut Silent).unwrap();
    certified.balance.energy *= network.unit;
    certified.balance.inflow *= network.unit;
    certified.bound *= network.unit;
    (certified, x.x)
}

/// Stencils of random media that conduct, up to a ratio of 1e9.
fn stencils(count: u64) -> Vec<Stencil> {
    let stencil = |seed| {
        let problem = medium(seed);
        let stencil = problem.describe().unwrap().stencil(problem.axis);
        let live = stencil.shape[0] > 0
            && (0..stencil.len()).any(|i| stencil.codes[i + stencil.plane()] != DEAD);
        live.then_some(stencil)
    };
    (0..count).filter_map(stencil).collect()
}

/// What is wrong between two numbers that claim to be the same.
fn disagreement(a: &Certified, b: &Certified) -> Option<f64> {
    let apart = (a.energy() - b.energy()).abs();
    (apart > a.error() + b.error() + 1e-12 * a.energy()).then_some(apart / a.energy())
}

#[test]
fn a_network_gives_the_number_of_its_stencil() {
    let stencils = stencils(60);
    assert!(stencils.len() > 30);
    for (seed, stencil) in stencils.iter().enumerate() {
        let expected = by_stencil(stencil);
        let (found, _) = by_network(&network(stencil, 1, 0.0), &Backend::Host);
        assert_eq!(disagreement(&expected, &found), None, "medium {seed}");
        let balance = found.balance;
        assert!(
            (balance.inflow / balance.energy - 1.0).abs() < 1e-2,
            "medium {seed}: {balance:?}"
        );
    }
}

#[test]
fn a_link_too_weak_by_a_thousandth_is_caught() {
    let stencil = &stencils(3)[0];
    let mut network = network(stencil, 1, 0.0);
    let expected = by_stencil(stencil);
    network
        .graph
        .weights
        .iter_mut()
        .for_each(|weight| *weight *= 0.999);
    let (found, _) = by_network(&network, &Backend::Host);
    assert!(disagreement(&expected, &found).is_some());
}

/// Two copies in the same cells: twice the current, whatever joins them, since nothing flows between equals; and where nothing
/// joins them they take the same iterations as one.
#[test]
fn two_nets_in_the_same_cells_stay_apart() {
    for stencil in &stencils(12) {
        let single = by_stencil(stencil);
        for tie in [0.0, 1e-6, 1.0] {
            let (both, _) = by_network(&network(stencil, 2, tie), &Backend::Host);
            let apart = (both.energy() - 2.0 * single.energy()).abs();
            let allowed = both.error() + 2.0 * single.error() + 1e-12 * both.energy();
            assert!(apart <= allowed, "{apart:e}, tie {tie}");
            assert!(
                both.iterations <= single.iterations + 12,
                "{} against {}",
                both.iterations,
                single.iterations
            );
        }
    }
}

#[test]
fn the_same_bits_for_any_number_of_threads() {
    let stencil = &stencils(5)[1];
    let network = network(stencil, 2, 1e-3);
    let solve = |threads| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| by_network(&network, &Backend::Host).1)
    };
    assert_eq!(solve(1), solve(3));
}

#[test]
#[ignore = "device test: cargo test -- --ignored device_"]
fn device_networks_are_solved_as_on_the_host() {
    for stencil in &stencils(12) {
        for copies in [1, 2] {
            let network = network(stencil, copies, 1e-3);
            let (host, _) = by_network(&network, &Backend::Host);
            let (device, _) = by_network(&network, &Backend::Device { name: None });
            assert_eq!(disagreement(&host, &device), None);
        }
    }
}
