//! Flow: exact in uniform solids, Hill's cavity around a swelling core.

use super::{Phase, deviation, problem, spheres, tolerance};
use ndarray::Array3;
use voxion::{
    microstructure::Volume,
    physics::elasticity::{Deformed, Held, Hold, Yield},
    solve::Silent,
};

fn deform(
    volume: &Volume,
    phases: &[Phase],
    (label, limit): (i64, Yield),
    hold: Hold,
    rtol: f64,
) -> Deformed {
    let problem = problem(volume, phases).yielding(label, limit).unwrap();
    problem.deform(hold, tolerance(rtol), &mut Silent).unwrap()
}

fn uniform() -> Volume {
    Volume::from_labels(&Array3::zeros((4, 3, 5)))
}

const SOLID: Phase = Phase {
    young: 20e9,
    poisson: 0.3,
    swelling: 0.0,
};

/// `Y / sqrt(3)`, however far it is sheared; and never beyond the limit in tension, with hardening along its line.
#[test]
fn uniform_solids_flow_at_their_limit() {
    let limit = Yield {
        stress: 0.4e9,
        hardening: 0.0,
    };
    let mut sheared = Hold::FREE;
    sheared.0[5] = Held::Strain(0.08);
    let done = deform(&uniform(), &[SOLID], (0, limit), sheared, 1e-8);
    let expected = limit.stress / 3f64.sqrt();
    assert!(
        (done.mean_stress[5] / expected - 1.0).abs() < 1e-6,
        "{:?}",
        done.mean_stress
    );
    assert!((done.mean_stress[5] / expected - 1.0001).abs() > 1e-5);
    // The work of perfect flow is the limit times the plastic strain.
    let (strain, work) = done.plastic([0, 0, 0]);
    assert!((work / (limit.stress * strain) - 1.0).abs() < 1e-6 && strain > 0.028);

    let hardening = 2e9;
    let mut stretched = Hold::FREE;
    stretched.0[0] = Held::Strain(0.05);
    let done = deform(
        &uniform(),
        &[SOLID],
        (0, Yield { hardening, ..limit }),
        stretched,
        1e-8,
    );
    let expected = (limit.stress + hardening * 0.05) / (1.0 + hardening / SOLID.young);
    assert!(
        deviation(&done.mean_stress, &[expected, 0.0, 0.0, 0.0, 0.0, 0.0]) < 1e-6,
        "{:?}",
        done.mean_stress
    );
    assert!(done.increments > 1);
}

#[test]
fn a_limit_that_is_not_reached_changes_nothing() {
    let volume = spheres(12, 3.0, 5.0);
    let phases = [
        Phase::VOID,
        Phase::new(83e9, 0.19, 0.01),
        Phase::new(22e9, 0.37, 0.0),
    ];
    let high = Yield {
        stress: 1e12,
        hardening: 0.0,
    };
    let elastic = super::deform(&volume, &phases, Hold::FREE, 1e-8);
    let limited = deform(&volume, &phases, (2, high), Hold::FREE, 1e-8);
    let stresses = |done: &Deformed| done.map(|point| point.von_mises());
    assert!(deviation(&stresses(&limited), &stresses(&elastic)) < 1e-5);
    let low = Yield {
        stress: 1e8,
        hardening: 0.0,
    };
    let flown = deform(&volume, &phases, (2, low), Hold::FREE, 1e-6);
    assert!(deviation(&stresses(&flown), &stresses(&elastic)) > 0.1);
    let most = flown.map(|point| {
        if point.code == 2 {
            point.von_mises()
        } else {
            0.0
        }
    });
    assert!(most.into_iter().fold(0.0, f64::max) <= 1e8 * (1.0 + 1e-9));
}

/// A core that swells in a shell that flows, free outside (R. Hill, The Mathematical Theory of Plasticity, 1950, ch. V): with a
/// plastic zone of radius c in a shell from a to b, all over a, the pressure is `(2 Y / 3) (1 + 3 ln c - (c/b)^3)`, and the inner
/// surface moves by `(Y / E) ((1 - nu) c^3 - (2/3) (1 - 2 nu) (1 + 3 ln c - (c/b)^3))`. Gives the pressure and c.
fn hill((core, solid): (Phase, Phase), limit: f64, outer: f64) -> [f64; 2] {
    let nu = solid.poisson;
    let depth = |c: f64| 1.0 + 3.0 * c.ln() - (c / outer).powi(3);
    let pressure = |c: f64| 2.0 * limit / 3.0 * depth(c);
    let moved = |c: f64| {
        limit / solid.young * ((1.0 - nu) * c.powi(3) - 2.0 / 3.0 * (1.0 - 2.0 * nu) * depth(c))
    };
    let (mut low, mut high) = (1.0, outer);
    for _ in 0..60 {
        let c = 0.5 * (low + high);
        let room = core.swelling - pressure(c) / (3.0 * core.bulk()) - moved(c);
        if room > 0.0 { low = c } else { high = c }
    }
    [pressure(low), low]
}

/// Relative error of the core's pressure: a core of an eighth of the cell in a shell of 0.4 of it, pores around.
fn error_of_the_cavity(size: u32, limit: f64, expected: f64) -> f64 {
    let (core, solid) = (Phase::new(83e9, 0.19, 0.05), Phase::new(22.1e9, 0.3, 0.0));
    let volume = spheres(size as usize, f64::from(size) / 8.0, 0.4 * f64::from(size));
    let perfect = Yield {
        stress: limit,
        hardening: 0.0,
    };
    let phases = [Phase::VOID, core, solid];
    let done = deform(&volume, &phases, (2, perfect), Hold::FREE, 1e-3);
    let found = done.phases(&volume);
    let inside = found.iter().find(|phase| phase.label == 1).unwrap();
    // The outer radius that has as many voxels.
    let counts = volume.counts();
    let outer = ((counts[1] + counts[2]) as f64 / counts[1] as f64).cbrt();
    let [pressure, zone] = hill((core, solid), expected, outer);
    println!(
        "{size}, limit {limit:.1e}: zone {zone:.2} of {outer:.2}, {:.1} %",
        100.0 * (-inside.hydrostatic.mean / pressure - 1.0)
    );
    -inside.hydrostatic.mean / pressure - 1.0
}

#[test]
fn a_core_that_swells_meets_hills_pressure() {
    let limit = 0.45e9;
    let errors = [16, 32].map(|size| error_of_the_cavity(size, limit, limit));
    let approaches = |[coarse, fine]: [f64; 2]| 0.0 < fine && fine < 0.32 && fine < 0.7 * coarse;
    assert!(approaches(errors), "{errors:?}");
    assert!(!approaches([errors[1], errors[0]]));
    // Without flow it would be nearly twice as high.
    assert!(error_of_the_cavity(32, 1e12, limit) > 0.6);
}

#[test]
fn limits_that_make_no_sense_are_refused() {
    let volume = uniform();
    let refused = |stress: f64, hardening: f64| {
        let limited = problem(&volume, &[SOLID]).yielding(0, Yield { stress, hardening });
        limited.unwrap_err().to_string()
    };
    assert!(refused(0.0, 0.0).contains("is 0e0 Pa"));
    assert!(refused(f64::NAN, 0.0).contains("NaN"));
    assert!(refused(1e8, -1.0).contains("-1"));
}
