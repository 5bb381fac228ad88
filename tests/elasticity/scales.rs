//! Units and scales do not matter, extremes are refused, and a solve that stops early keeps numbers with valid bounds.

use super::{Phase, Random, deviation, noise, problem, tolerance};
use ndarray::Array3;
use voxion::{
    Error,
    microstructure::Volume,
    physics::elasticity::{
        Deformed, Elasticity, ElasticityError, Held, Hold, NotConverged, Reached, Shortfall, Solid,
        Yield,
    },
    solve::{Silent, Tolerance},
};

/// Factors of all moduli, yield stresses and prescribed stresses, and of the voxel size.
#[derive(Clone, Copy)]
struct Units {
    pascal: f64,
    metre: f64,
}

const PLAIN: Units = Units {
    pascal: 1.0,
    metre: 1.0,
};

/// A medium with pores under eigenstrains and a stress, optionally with a phase that yields.
fn scaled(units: Units, yields: bool, third: f64) -> Deformed {
    let Units { pascal, metre } = units;
    let size = [0.5e-6 * metre, 0.4e-6 * metre, 0.7e-6 * metre];
    let volume = noise([8, 6, 7], &[0.2, 0.4, 0.4], 5).with_spacing(size);
    let phases = [
        Phase::VOID,
        Phase::new(20e9 * pascal, 0.3, 0.0),
        Phase::new(80e9 * pascal * third, 0.2, 0.01),
    ];
    let mut hold = Hold::FILM;
    hold.0[2] = Held::Stress(-50e6 * pascal);
    let mut problem = problem(&volume, &phases);
    if yields {
        let limit = Yield {
            stress: 0.3e9 * pascal,
            hardening: 1e9 * pascal,
        };
        problem = problem.yielding(1, limit).unwrap();
    }
    problem.deform(hold, tolerance(1e-6), &mut Silent).unwrap()
}

#[test]
fn all_units_give_the_same_strains_and_relative_bounds() {
    for yields in [false, true] {
        let plain = scaled(PLAIN, yields, 1.0);
        for factor in [1e-12, 1e-6, 1e6, 1e12] {
            for units in [
                Units {
                    pascal: factor,
                    metre: 1.0,
                },
                Units {
                    pascal: 1.0,
                    metre: factor,
                },
                Units {
                    pascal: factor,
                    metre: 1.0 / factor,
                },
            ] {
                let found = scaled(units, yields, 1.0);
                let stress = found.mean_stress.map(|s| s / units.pascal);
                let differ = deviation(&found.mean_strain, &plain.mean_strain)
                    .max(deviation(&stress, &plain.mean_stress));
                assert!(differ < 3e-6, "{factor}: {differ}");
                let [moved, expected] = [(&found, units.metre), (&plain, 1.0)]
                    .map(|(state, metre)| state.displacement([3, 2, 1]).map(|u| u / metre));
                assert!(
                    deviation(&moved, &expected) < 1e-4,
                    "{moved:?} {expected:?}"
                );
                if !yields {
                    let ratio = found.mean_strain_bound[2] / plain.mean_strain_bound[2];
                    let of_stress = found.mean_stress_bound[0] / units.pascal;
                    let of_stress = of_stress / plain.mean_stress_bound[0];
                    assert!((0.5..2.0).contains(&ratio), "{factor}: {ratio}");
                    assert!((0.5..2.0).contains(&of_stress), "{factor}: {of_stress}");
                }
            }
        }
        // Were one phase alone scaled, the comparison would tell.
        let other = scaled(PLAIN, yields, 1.001);
        assert!(deviation(&other.mean_strain, &plain.mean_strain) > 3e-6);
    }
}

#[test]
fn powers_of_two_change_no_digit() {
    let plain = scaled(PLAIN, false, 1.0);
    for pascal in [f64::powi(2.0, 40), f64::powi(2.0, -40)] {
        let found = scaled(Units { pascal, metre: 1.0 }, false, 1.0);
        assert_eq!(found.mean_strain, plain.mean_strain);
        assert_eq!(found.mean_strain_bound, plain.mean_strain_bound);
        assert_eq!(found.mean_stress.map(|s| s / pascal), plain.mean_stress);
        assert_eq!(found.iterations, plain.iterations);
    }
}

#[test]
fn small_loads_are_solved_like_large_ones() {
    let volume = noise([8, 6, 7], &[0.2, 0.4, 0.4], 5);
    let strain = |load: f64| {
        let phases = [
            Phase::VOID,
            Phase::new(20e9, 0.3, 0.0),
            Phase::new(80e9, 0.2, 0.01 * load),
        ];
        let problem = problem(&volume, &phases);
        let found = problem.deform(Hold::FREE, tolerance(1e-5), &mut Silent);
        found.unwrap().mean_strain.map(|e| e / load)
    };
    let plain = strain(1.0);
    // Below 1e-18 the energies leave the range of single precision, and double precision takes over.
    for load in [1e-6, 1e-12, 1e-24, 1e-60] {
        let differ = deviation(&strain(load), &plain);
        assert!(differ < 2e-5, "{load}: {differ}");
    }
    assert!(deviation(&plain.map(|e| 1.001 * e), &plain) > 2e-5);
}

fn sentence(result: voxion::Result<Deformed>) -> String {
    result.map(|_| ()).unwrap_err().to_string()
}

#[test]
fn extremes_are_refused_with_a_sentence() {
    let volume = noise([4, 4, 4], &[0.5, 0.5], 1);
    let refused = |young: f64| {
        let solid = Solid::Isotropic {
            young,
            poisson: 0.3,
        };
        Elasticity::new(&volume)
            .solid(1, solid)
            .unwrap_err()
            .to_string()
    };
    for young in [1e-160, 1e160, 1e-31, 1e31] {
        assert!(refused(young).contains("between 1e-30 and 1e30 Pa"));
    }
    let limit = Yield {
        stress: 1e-200,
        hardening: 0.0,
    };
    let limit = Elasticity::new(&volume).yielding(1, limit).unwrap_err();
    assert!(limit.to_string().contains("yield stress"));
    let deform = |volume: &Volume, youngs: [f64; 2], hold: Hold| {
        let phases = youngs.map(|young| Phase::new(young, 0.2, 0.01));
        problem(volume, &phases).deform(hold, tolerance(1e-2), &mut Silent)
    };
    let contrast = sentence(deform(&volume, [1e-10, 1e10], Hold::FREE));
    assert!(
        contrast.contains("more than 1e18") && contrast.contains("void"),
        "{contrast}"
    );
    for spacing in [[1e-320; 3], [1e-31; 3], [1e31; 3], [1e-6, 1e-6, 1e-13]] {
        let tiny = volume.clone().with_spacing(spacing);
        let told = sentence(deform(&tiny, [1e9, 2e9], Hold::FREE));
        assert!(told.contains("voxel size"), "{told}");
    }
    let mut hold = Hold::FREE;
    for held in [
        Held::Strain(1e200),
        Held::Stress(1e200),
        Held::Strain(f64::NAN),
    ] {
        hold.0[3] = held;
        let told = sentence(deform(&volume, [1e9, 2e9], hold));
        assert!(told.contains("prescribed") && told.contains("yz"), "{told}");
    }
}

/// The state of a solve, converged or not; and how it fell short.
fn reached(result: voxion::Result<Deformed>) -> (Deformed, Option<Shortfall>) {
    match result {
        Ok(state) => (state, None),
        Err(Error::Elasticity(ElasticityError::NotConverged(error))) => {
            let NotConverged { shortfall, reached } = *error;
            match reached {
                Reached::State(state) => (state, Some(shortfall)),
                Reached::Stiffness(_) => panic!("a state was asked for"),
            }
        }
        Err(error) => panic!("{error}"),
    }
}

/// Layers across z, held in their plane: `sigma_zz` is one number, whatever the contrast.
#[test]
fn bounds_hold_in_layers_of_any_contrast() {
    let (mut worst, mut converged) = (0.0_f64, 0);
    for seed in 0..120 {
        let mut random = Random(seed * 7919 + 1);
        (0..5).for_each(|_| _ = random.next());
        let order: Vec<u8> = (0..6).map(|_| u8::from(random.next() < 0.5)).collect();
        let layers = Array3::from_shape_fn((6, 3, 4), |(z, _, _)| order[z]);
        let volume = Volume::from_labels(&layers);
        let power = 18.0 * random.next();
        let young = [1e11, 1e11 / 10f64.powf(power)];
        let phases =
            young.map(|young| Phase::new(young, 0.45 * random.next(), 0.02 * random.next()));
        let free = random.next() < 0.5;
        let mut hold = Hold::CLAMPED;
        if free {
            hold.0[2] = Held::Stress(0.0);
        }
        let found = problem(&volume, &phases).deform(hold, tolerance(1e-3), &mut Silent);
        let (state, shortfall) = reached(found);
        converged += usize::from(shortfall.is_none());
        // Moduli of a layer: across, lateral (Lame's lambda), and of its eigenstrain.
        let moduli = |phase: &Phase| {
            let (k, g) = (phase.bulk(), phase.shear());
            (
                k + 4.0 * g / 3.0,
                k - 2.0 * g / 3.0,
                3.0 * k * phase.swelling,
            )
        };
        let mean = |value: &dyn Fn(&Phase) -> f64| {
            let all = order.iter().map(|&code| value(&phases[usize::from(code)]));
            all.sum::<f64>() / 6.0
        };
        let alone = mean(&|phase| moduli(phase).2 / moduli(phase).0);
        let compliance = mean(&|phase| 1.0 / moduli(phase).0);
        let across = if free { 0.0 } else { -alone / compliance };
        let strain = if free { alone } else { 0.0 };
        let lateral = mean(&|phase| {
            let (m, lambda, own) = moduli(phase);
            lambda * (across + own) / m - own
        });
        let checks = [
            (state.mean_stress[0], lateral, state.mean_stress_bound[0]),
            (state.mean_stress[2], across, state.mean_stress_bound[2]),
            (state.mean_strain[2], strain, state.mean_strain_bound[2]),
        ];
        for (found, exact, bound) in checks {
            assert!(bound >= 0.0, "seed {seed}: a bound of {bound}");
            // The closed form itself is rounded.
            let error = (found - exact).abs() - 1e-12 * exact.abs();
            if error > 0.0 {
                worst = worst.max(error / bound);
            }
            assert!(
                error <= bound,
                "seed {seed}, contrast 1e{power:.1}: {found:e} against {exact:e}, ± {bound:e}"
            );
        }
        if let Some(own) = shortfall {
            assert!(own.bound > own.wanted, "{own}");
        }
    }
    println!("worst error over bound {worst}; {converged} of 120 converged");
    assert!(converged > 40, "{converged}");
    // A bound a thousand times tighter would have been broken.
    assert!(worst > 1e-3, "{worst}");
}

/// Means of three phases, one of them 1e3 to 1e9 times softer than the others, against a tight solve.
#[test]
fn bounds_hold_in_random_media_of_high_contrast() {
    let mut worst = 0.0_f64;
    for seed in 0..60 {
        let mut random = Random(seed * 104_729 + 3);
        (0..5).for_each(|_| _ = random.next());
        let volume = noise([5, 6, 4], &[0.3, 0.4, 0.3], seed + 11);
        let soft = 1e10 / 10f64.powf(3.0 + 6.0 * random.next());
        let phases = [
            Phase::new(soft, 0.3, 0.0),
            Phase::new(1e10, 0.2, 0.0),
            Phase::new(8e10, 0.3, 0.01),
        ];
        let hold = if seed % 2 == 0 {
            Hold::FREE
        } else {
            Hold::FILM
        };
        let [loose, tight] = [1e-1, 1e-6].map(|rtol| {
            let found = problem(&volume, &phases).deform(hold, tolerance(rtol), &mut Silent);
            reached(found).0
        });
        for i in 0..6 {
            let pairs = [
                (
                    loose.mean_stress[i],
                    tight.mean_stress[i],
                    loose.mean_stress_bound[i],
                    tight.mean_stress_bound[i],
                ),
                (
                    loose.mean_strain[i],
                    tight.mean_strain[i],
                    loose.mean_strain_bound[i],
                    tight.mean_strain_bound[i],
                ),
            ];
            for (loose, tight, bound, rest) in pairs {
                assert!(bound >= 0.0 && rest >= 0.0);
                let error = (loose - tight).abs() - rest;
                assert!(
                    error <= bound,
                    "seed {seed}: {loose:e} {tight:e} ± {bound:e}"
                );
                if bound > 0.0 {
                    worst = worst.max(error / bound);
                }
            }
        }
    }
    assert!(worst > 1e-5, "{worst}");
}

/// Whatever the limit of iterations: an error names a number whose bound is too large, and success means that none is.
#[test]
fn what_is_said_to_be_too_large_is() {
    let volume = noise([10, 9, 8], &[0.45, 0.4, 0.15], 3);
    let phases = [
        Phase::VOID,
        Phase::new(140e9, 0.3, 0.01),
        Phase::new(2e9, 0.3, 0.0),
    ];
    let rtol = 1e-2;
    let solve = |max_iterations: usize| {
        let tolerance = Tolerance {
            relative_error: rtol,
            max_iterations,
        };
        reached(problem(&volume, &phases).deform(Hold::FILM, tolerance, &mut Silent))
    };
    let (exact, none) = {
        let tight = tolerance(1e-6);
        reached(problem(&volume, &phases).deform(Hold::FILM, tight, &mut Silent))
    };
    assert!(none.is_none());
    let mut limit = 1;
    let mut shortfalls = 0;
    loop {
        let (state, shortfall) = solve(limit);
        for i in 0..6 {
            let error = (state.mean_strain[i] - exact.mean_strain[i]).abs();
            let room = state.mean_strain_bound[i] + exact.mean_strain_bound[i];
            assert!(error <= room, "limit {limit}: {error} {room}");
        }
        let Some(own) = shortfall else {
            let largest = |values: [f64; 6]| values.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
            let bounds = [
                largest(state.mean_stress_bound),
                largest(state.mean_strain_bound),
            ];
            assert!(bounds[0] <= rtol * largest(state.mean_stress));
            assert!(bounds[1] <= rtol * largest(state.mean_strain));
            break;
        };
        shortfalls += 1;
        assert!(own.bound > own.wanted, "limit {limit}: {own}");
        assert!(own.iterations <= limit, "{own}");
        let told = own.to_string();
        assert!(
            told.contains(own.component) && told.contains("max_iterations"),
            "{told}"
        );
        // Only who left a strain free is told to prescribe it.
        assert_eq!(
            told.contains("prescribe"),
            told.contains("mean strain"),
            "{told}"
        );
        limit += 1;
    }
    assert!(shortfalls > 10, "{shortfalls}");
}

/// Four fifths of pores: the solve converges, or a sentence says what stands in its way, and never tells to prescribe what is.
#[test]
fn four_fifths_of_pores_converge_or_say_why_not() {
    let volume = noise([16, 16, 16], &[0.8, 0.1, 0.1], 2);
    let phases = [
        Phase::VOID,
        Phase::new(22e9, 0.3, 0.0),
        Phase::new(80e9, 0.2, 0.01),
    ];
    let found = problem(&volume, &phases).deform(Hold::CLAMPED, tolerance(1e-2), &mut Silent);
    assert!(found.is_ok(), "{}", sentence(found));
    let short = Tolerance {
        relative_error: 1e-2,
        max_iterations: 60,
    };
    let told = sentence(problem(&volume, &phases).deform(Hold::CLAMPED, short, &mut Silent));
    assert!(told.contains("mean stress") && told.contains("±"), "{told}");
    assert!(
        told.contains("thin necks") && told.contains("raise max_iterations"),
        "{told}"
    );
    assert!(!told.contains("prescribe"), "{told}");
}

#[test]
fn a_stiffness_that_falls_short_is_kept_with_its_bounds() {
    let volume = noise([10, 9, 8], &[0.45, 0.4, 0.15], 3);
    let phases = [
        Phase::VOID,
        Phase::new(140e9, 0.3, 0.01),
        Phase::new(2e9, 0.3, 0.0),
    ];
    let tight = problem(&volume, &phases)
        .stiffness(tolerance(1e-6), &mut Silent)
        .unwrap();
    let short = Tolerance {
        relative_error: 1e-3,
        max_iterations: 12,
    };
    let found = problem(&volume, &phases).stiffness(short, &mut Silent);
    let Err(Error::Elasticity(ElasticityError::NotConverged(error))) = found else {
        panic!("12 iterations are enough");
    };
    let told = error.shortfall.to_string();
    assert!(
        told.contains("effective stiffness xx") && told.contains("Pa"),
        "{told}"
    );
    let NotConverged {
        shortfall,
        reached: Reached::Stiffness(found),
    } = *error
    else {
        panic!("a stiffness was asked for");
    };
    assert!(shortfall.bound > shortfall.wanted);
    for i in 0..6 {
        for j in 0..6 {
            let error = (found.matrix[i][j] - tight.matrix[i][j]).abs();
            assert!(error <= found.bound[i][j] + tight.bound[i][j]);
        }
    }
}
