//! Many volumes as one problem: each comes out as it does alone, in the same bits.

use crate::cases::{CASES, Case, device, numbers};
use ndarray::Array3;
use std::sync::Arc;
use voxion::{
    Error,
    field::{Backend, Device},
    microstructure::{Axis, Volume},
    physics::conduction::{Conduction, Question, Solution, solve_batch},
    solve::{
        Continue, Observer, Progress, Silent, SolveError, Tolerance,
        balance::Ledger,
        device::{batch_levels, batch_solve, together},
        hierarchy::Hierarchy,
        refinement::{Certified, System},
        stencil::Stencil,
    },
};

const ON_DEVICE: Backend = Backend::Device { name: None };
const ENDS: [f64; 2] = [1.0, 0.0];

/// Iterations that all media of [`volumes`] need fewer than, but for the one at [`SLOW`].
const LIMIT: usize = 12;
const BLOCKED: usize = 3;
const UNIFORM: usize = 7;
const SLOW: usize = 11;

/// Twenty volumes of 16^3: blobs, a wall that nothing crosses, a solid block, and one that converges slowly.
fn volumes() -> Vec<Volume> {
    let volume = |number: usize| {
        let blobs = numbers(number as u64 + 1, 16 * 16 * 16);
        Volume::from_labels(&Array3::from_shape_fn(
            (16, 16, 16),
            |(z, y, x)| match number {
                BLOCKED => u8::from(z != 8),
                UNIFORM => 1,
                SLOW => u8::from(blobs[(z * 16 + y) * 16 + x] > 0.35),
                _ => u8::from(blobs[(z / 3 * 16 + y / 2) * 16 + x / 4] > -0.3),
            },
        ))
    };
    (0..20).map(volume).collect()
}

fn tolerance(max_iterations: usize) -> Tolerance {
    Tolerance {
        relative_error: 1e-9,
        max_iterations,
    }
}

/// Conduction in one phase, or in two at the slow volume.
fn problems(volumes: &[Volume]) -> Vec<Conduction<'_>> {
    let problem = |(number, volume)| {
        let problem = Conduction::new(volume).conductivity(1, 1.0).unwrap();
        match number {
            SLOW => problem.conductivity(0, 1e-5).unwrap(),
            _ => problem,
        }
    };
    volumes.iter().enumerate().map(problem).collect()
}

fn asked<'q>(problems: &'q [Conduction<'q>]) -> Vec<Question<'q>> {
    problems.iter().map(|problem| (problem, Axis::Z)).collect()
}

fn solved(
    questions: &[Question<'_>],
    limit: usize,
    backend: &Backend,
) -> Vec<Result<Solution, Error>> {
    solve_batch(questions, (tolerance(limit), backend), |it| it, &mut Silent).unwrap()
}

#[test]
#[ignore = "device test: cargo test -- --ignored device_"]
fn device_many_volumes_come_out_as_each_alone() {
    let volumes = volumes();
    let problems = problems(&volumes);
    let questions = asked(&problems);
    let together = solved(&questions, LIMIT, &ON_DEVICE);
    for (number, (question, found)) in questions.iter().zip(&together).enumerate() {
        let alone = solved(std::slice::from_ref(question), LIMIT, &ON_DEVICE).remove(0);
        let host = question
            .0
            .solve(Axis::Z, tolerance(500), &Backend::Host, &mut Silent);
        let host = host.unwrap().effective;
        println!(
            "volume {number}: {} iterations on the host",
            host.iterations
        );
        let (Ok(found), Ok(alone)) = (found, &alone) else {
            let (found, alone) = (found.as_ref().unwrap_err(), alone.unwrap_err());
            assert_eq!((number, found.to_string()), (SLOW, alone.to_string()));
            assert!(found.to_string().contains("iterations"), "{found}");
            continue;
        };
        let [found, alone] = [found, alone].map(|solution| &solution.effective);
        let bits = |value: f64| value.to_bits();
        assert_eq!(
            bits(found.effective_conductivity),
            bits(alone.effective_conductivity),
            "{number}"
        );
        assert_eq!(found.iterations, alone.iterations, "{number}");
        assert!(
            found.iterations.abs_diff(host.iterations) <= 1,
            "{number}: {found:?} {host:?}"
        );
        let apart = (found.effective_conductivity - host.effective_conductivity).abs();
        assert!(
            apart <= found.error_bound + host.error_bound,
            "{number}: {found:?} {host:?}"
        );
    }
    let value = |number: usize| {
        together[number]
            .as_ref()
            .unwrap()
            .effective
            .effective_conductivity
    };
    assert_eq!(value(BLOCKED), 0.0);
    assert!((value(UNIFORM) - 1.0).abs() < 1e-9);
    assert_eq!(together.iter().filter(|one| one.is_err()).count(), 1);
}

/// Certifies volumes whose levels lie on the device in this order.
fn in_order(stencils: &[Stencil], order: &[usize]) -> Vec<Result<Certified, SolveError>> {
    let hierarchies: Vec<_> = stencils.iter().map(Hierarchy::<f32>::new).collect();
    let ledgers: Vec<_> = stencils.iter().map(|it| Ledger::new(it, ENDS)).collect();
    let systems: Vec<_> = (0..stencils.len())
        .map(|i| System {
            stencil: &stencils[i],
            hierarchy: &hierarchies[i],
            audit: &ledgers[i],
        })
        .collect();
    assert!(systems.iter().all(|system| together(&systems[0], system)));
    let voxels = stencils[0].len();
    let gpu = Arc::clone(device::<f32>(None).gpu());
    let machine = Device::<f32>::batch(gpu, systems.len(), voxels).unwrap();
    let on_device: Vec<_> = order.iter().map(|&i| systems[i]).collect();
    let levels = batch_levels(&machine, &on_device).unwrap();
    let mut unknowns = vec![vec![0.0; voxels].into(); systems.len()];
    let unknown = (&mut *unknowns, tolerance(60));
    batch_solve(&machine, levels, &systems, unknown, &mut Silent)
}

/// Stencils of one size whose conductances differ, so that their tables do, too.
fn stencils() -> [Stencil; 3] {
    let case = |sigma| Case { sigma, ..CASES[5] };
    [&[0.3, 1.0, 2.0], &[0.4, 1.1, 1.7], &[0.25, 0.9, 2.2]]
        .map(|sigma: &'static [f64; 3]| case(sigma).stencil())
}

#[test]
#[ignore = "device test: cargo test -- --ignored device_"]
fn device_two_volumes_mixed_up_are_seen() {
    let stencils = stencils();
    let right = in_order(&stencils, &[0, 1, 2]);
    assert!(right.iter().all(Result::is_ok), "{right:?}");
    let wrong = in_order(&stencils, &[1, 0, 2]);
    assert!(wrong[0].is_err() && wrong[1].is_err(), "{wrong:?}");
    let [right, wrong] = [&right[2], &wrong[2]].map(|one| one.as_ref().unwrap());
    assert_eq!(
        right.balance.energy.to_bits(),
        wrong.balance.energy.to_bits()
    );
    assert_eq!(right.iterations, wrong.iterations);
}

#[test]
#[ignore = "device test: cargo test -- --ignored device_"]
fn device_a_volume_in_a_batch_is_that_of_a_whole_solve() {
    let stencils = stencils();
    for (stencil, found) in stencils.iter().zip(in_order(&stencils, &[0, 1, 2])) {
        let hierarchy = Hierarchy::<f32>::new(stencil);
        let machine = device::<f32>(None);
        let system = System {
            stencil,
            hierarchy: &hierarchy,
            audit: &Ledger::new(stencil, ENDS),
        };
        let levels = voxion::solve::device::levels(&machine, stencil, &hierarchy).unwrap();
        let mut x = vec![0.0; stencil.len()].into();
        let unknown = (&mut x, tolerance(60));
        let alone =
            voxion::solve::refinement::solve(&machine, levels, &system, unknown, &mut Silent);
        let (alone, found) = (alone.unwrap(), found.unwrap());
        assert_eq!(alone.iterations, found.iterations);
        assert_eq!(
            alone.balance.energy.to_bits(),
            found.balance.energy.to_bits()
        );
    }
}

/// Stops when so many iterations are done, and loses nothing else.
struct Impatient(usize);

impl Observer for Impatient {
    fn progress(&mut self, progress: &Progress) -> Continue {
        if progress.iterations >= self.0 {
            Continue::No
        } else {
            Continue::Yes
        }
    }
}

#[test]
#[ignore = "device test: cargo test -- --ignored device_"]
fn device_a_batch_stops_when_told() {
    let volumes = volumes();
    let problems = problems(&volumes);
    let outcome = solve_batch(
        &asked(&problems),
        (tolerance(500), &ON_DEVICE),
        drop,
        &mut Impatient(2),
    );
    assert!(matches!(
        outcome,
        Err(Error::Solve(SolveError::Interrupted))
    ));
}

#[test]
#[ignore = "device test: cargo test -- --ignored device_"]
fn device_iterations_of_a_batch_count_where_the_host_takes_over() {
    // Islands in what hardly conducts: more than single precision carries.
    let labels = Array3::from_shape_fn((20, 20, 20), |(z, y, x)| {
        u8::from([z, y, x].iter().all(|place| place % 5 > 0))
    });
    let volume = Volume::from_labels(&labels);
    let of = |weak: f64| {
        let problem = Conduction::new(&volume).conductivity(1, 1.0).unwrap();
        problem.conductivity(0, weak).unwrap()
    };
    let problems = [of(1e-11), of(0.1)];
    let found = solved(&asked(&problems), 500, &ON_DEVICE);
    let host = solved(&asked(&problems), 500, &Backend::Host);
    let counts = |solutions: &[Result<Solution, Error>]| -> Vec<usize> {
        let count = |it: &Result<Solution, Error>| it.as_ref().unwrap().effective.iterations;
        solutions.iter().map(count).collect()
    };
    let (found_counts, host_counts) = (counts(&found), counts(&host));
    let adapters: Vec<bool> = found
        .iter()
        .map(|it| it.as_ref().unwrap().effective.adapter.is_some())
        .collect();
    assert_eq!(adapters, [false, true]);
    // The host began anew; were those of the device dropped, there would be as many as there.
    assert!(
        found_counts[0] > host_counts[0],
        "{found_counts:?} {host_counts:?}"
    );
    assert!(
        found_counts[1].abs_diff(host_counts[1]) <= 1,
        "{found_counts:?} {host_counts:?}"
    );
}
