//! What holds for every microstructure: scaling, symmetry, monotony, bounds, conservation, and the same bits on any
//! number of threads.

mod common;

use common::{problem::Problem, random::medium};
use ndarray::{Array3, Axis as ArrayAxis};
use proptest::{prelude::*, test_runner::RngSeed};
use voxion::{
    field::Backend,
    microstructure::{Axis, Volume},
    physics::conduction::{Boundary, Effective, Electrode, Sides},
};

/// Relative error asked for, and what two answers may then differ by.
const TIGHT: f64 = 1e-10;
const SAME: f64 = 4.0 * TIGHT;

fn solve(problem: &Problem) -> Effective {
    problem.solve(TIGHT, &Backend::Host)
}

fn conductivity(problem: &Problem) -> f64 {
    solve(problem).effective_conductivity
}

fn close(found: f64, expected: f64, relative: f64) -> Result<(), TestCaseError> {
    prop_assert!(
        (found - expected).abs() <= relative * expected.abs(),
        "{found}, not {expected}"
    );
    Ok(())
}

/// The same problem with every conductivity and resistance for a material `factor` times as good.
fn scaled(mut problem: Problem, factor: f64) -> Problem {
    problem
        .conductivity
        .iter_mut()
        .for_each(|(_, sigma)| *sigma *= factor);
    problem
        .contact
        .iter_mut()
        .for_each(|(.., resistance)| *resistance /= factor);
    problem
        .electrode
        .iter_mut()
        .for_each(|(.., resistance)| *resistance /= factor);
    problem
}

/// The same problem on rearranged voxels.
fn rearranged(problem: &Problem, change: impl FnOnce(&Array3<u8>) -> Array3<u8>) -> Problem {
    let old = &problem.volume;
    let volume = Volume::from_codes(change(old.codes()), old.labels().to_vec());
    let spacing = old.spacing().expect("random media have a voxel size");
    Problem {
        volume: volume.with_spacing(spacing),
        ..problem.clone()
    }
}

/// Mirrored along an array axis.
fn flipped(problem: &Problem, axis: Axis) -> Problem {
    rearranged(problem, |codes| {
        let mut view = codes.view();
        view.invert_axis(ArrayAxis(axis.index()));
        view.to_owned()
    })
}

/// z, y, x become y, x, z: array, voxel size and transport axis.
fn rolled(problem: &Problem) -> Problem {
    let codes = problem
        .volume
        .codes()
        .view()
        .permuted_axes([1, 2, 0])
        .to_owned();
    let [dz, dy, dx] = problem
        .volume
        .spacing()
        .expect("random media have a voxel size");
    let volume = Volume::from_codes(codes, problem.volume.labels().to_vec());
    let axis = match problem.axis {
        Axis::Z => Axis::X,
        Axis::Y => Axis::Z,
        Axis::X => Axis::Y,
    };
    Problem {
        volume: volume.with_spacing([dy, dx, dz]),
        axis,
        ..problem.clone()
    }
}

/// Inlet and outlet exchange their places.
fn exchanged(problem: &Problem) -> Problem {
    let mut exchanged = flipped(problem, problem.axis);
    for (electrode, ..) in &mut exchanged.electrode {
        *electrode = match electrode {
            Electrode::Inlet => Electrode::Outlet,
            Electrode::Outlet => Electrode::Inlet,
        };
    }
    exchanged
}

/// Harmonic and arithmetic mean of the conductivity.
fn wiener(problem: &Problem) -> [f64; 2] {
    let sigma = problem.sigma();
    let mean = |values: Array3<f64>| values.mean().expect("a volume has voxels");
    [1.0 / mean(sigma.mapv(f64::recip)), mean(sigma)]
}

/// How far a flux may be from the energy: by Cauchy and Schwarz the square root of the energy's error times the
/// conductance of the electrode, at most that of half a layer of the best phase.
#[expect(
    clippy::cast_precision_loss,
    reason = "a volume of a test has few layers"
)]
fn flux_error(problem: &Problem, found: &Effective) -> f64 {
    let layers = problem.volume.shape()[problem.axis.index()] as f64;
    let best = problem
        .sigma()
        .fold(0.0, |best: f64, &sigma| best.max(sigma));
    let rounding = 1e-12 * found.effective_conductivity;
    (2.0 * layers * best * (found.error_bound + rounding)).sqrt()
}

fn within(found: f64, [low, high]: [f64; 2]) -> Result<(), TestCaseError> {
    prop_assert!(found >= low * (1.0 - SAME), "{found} is below {low}");
    prop_assert!(found <= high * (1.0 + SAME), "{found} is above {high}");
    Ok(())
}

proptest! {
    // The same media in every run: where a test fails, the code has changed.
    #![proptest_config(ProptestConfig {
        cases: 24,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(2),
        ..Default::default()
    })]

    #[test]
    fn conductivity_scales_with_the_material(seed: u64, exponent in -6.0..6.0f64) {
        let (problem, factor) = (medium(seed), 10f64.powf(exponent));
        close(conductivity(&scaled(problem.clone(), factor)), factor * conductivity(&problem), SAME)?;
    }

    #[test]
    fn names_of_axes_do_not_matter(seed: u64) {
        let problem = medium(seed);
        close(conductivity(&rolled(&problem)), conductivity(&problem), SAME)?;
    }

    #[test]
    fn mirror_images_conduct_alike(seed: u64, side in 1usize..3) {
        let problem = medium(seed);
        let across = Axis::ALL[(problem.axis.index() + side) % 3];
        close(conductivity(&flipped(&problem, across)), conductivity(&problem), SAME)?;
    }

    #[test]
    fn electrodes_may_be_exchanged(seed: u64) {
        let problem = medium(seed);
        close(conductivity(&exchanged(&problem)), conductivity(&problem), SAME)?;
    }

    #[test]
    fn a_better_phase_never_conducts_less(seed: u64, phase: prop::sample::Index, gain in 0.0..3.0f64) {
        let problem = medium(seed);
        let mut better = problem.clone();
        let improved = phase.index(better.conductivity.len());
        better.conductivity[improved].1 *= 10f64.powf(gain);
        let (before, after) = (conductivity(&problem), conductivity(&better));
        prop_assert!(after >= before * (1.0 - SAME), "{after} after, {before} before");
    }

    #[test]
    fn wiener_bounds_hold(seed: u64) {
        let mut problem = medium(seed).boundary(Boundary::Face);
        problem.contact.clear();
        problem.electrode.clear();
        within(conductivity(&problem), wiener(&problem))?;
    }

    #[test]
    fn what_flows_in_flows_out(seed: u64) {
        let problem = medium(seed);
        let found = solve(&problem);
        let (value, allowed) = (found.effective_conductivity, flux_error(&problem, &found));
        within(found.flux_in, [value - allowed, value + allowed])?;
        within(found.flux_out, [value - allowed, value + allowed])?;
    }

    #[test]
    fn threads_do_not_change_a_bit(seed: u64) {
        let problem = medium(seed);
        let [one, two] = [1, 2].map(|threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
            pool.expect("a pool of one or two threads").install(|| problem.solve(1e-3, &Backend::Host))
        });
        prop_assert_eq!(one.effective_conductivity.to_bits(), two.effective_conductivity.to_bits());
        prop_assert_eq!(one.error_bound.to_bits(), two.error_bound.to_bits());
        prop_assert_eq!(one.iterations, two.iterations);
    }
}

/// Periodic sides add conductances to the network (Rayleigh). Contacts are left out: they hold per true area, and the sides have
/// a say in the normals of interfaces that meet them.
#[test]
fn periodic_sides_never_conduct_less() {
    for seed in 0..24 {
        let mut problem = medium(seed);
        problem.contact.clear();
        let [mirror, periodic] = [Sides::Mirror, Sides::Periodic]
            .map(|sides| conductivity(&problem.clone().sides(sides)));
        assert!(
            periodic >= mirror * (1.0 - SAME),
            "medium {seed}: {periodic}, mirror {mirror}"
        );
    }
}

#[test]
fn differences_are_noticed() {
    close(1.0 + 2.0 * SAME, 1.0, SAME).expect_err("an answer outside of the tolerance");
    within(2.1, [1.0, 2.0]).expect_err("a conductivity above the arithmetic mean");
    within(0.9, [1.0, 2.0]).expect_err("a conductivity below the harmonic mean");
}
