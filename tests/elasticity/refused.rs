//! Questions that make no sense are refused with the number and what to do.

use super::{Phase, problem, tolerance};
use ndarray::Array3;
use voxion::{
    microstructure::Volume,
    physics::elasticity::{Elasticity, Held, Hold, Solid},
    solve::Silent,
};

fn plates() -> Volume {
    Volume::from_labels(&Array3::from_shape_fn((6, 5, 4), |(z, _, _)| {
        u8::from(z < 3)
    }))
}

#[test]
fn moduli_out_of_range_are_refused() {
    let volume = plates();
    let refused = |label: i64, young: f64, poisson: f64| {
        let solid = Solid::Isotropic { young, poisson };
        Elasticity::new(&volume)
            .solid(label, solid)
            .unwrap_err()
            .to_string()
    };
    assert!(refused(1, 1e9, 0.5).contains("above -1 and below 0.5"));
    assert!(refused(1, 1e9, -1.0).contains("-1"));
    assert!(refused(1, 1e9, f64::NAN).contains("NaN"));
    assert!(refused(1, 0.0, 0.3).contains("a pore is void"));
    assert!(refused(1, f64::INFINITY, 0.3).contains("between 1e-30 and 1e30 Pa"));
    assert!(refused(7, 1e9, 0.3).contains("no voxel has label 7"));
    let eigenstrain = Elasticity::new(&volume).eigenstrain(1, [-1.0; 3]);
    assert!(eigenstrain.unwrap_err().to_string().contains("above -1"));
}

#[test]
fn volumes_that_nothing_holds_are_refused() {
    let volume = plates();
    let phases = [Phase::VOID, Phase::new(1e9, 0.3, 0.0)];
    let deform = |phases: &[Phase], hold: Hold, rtol: f64| {
        problem(&volume, phases)
            .deform(hold, tolerance(rtol), &mut Silent)
            .map(|done| done.loose())
    };
    let sentence =
        |result: Result<_, voxion::Error>| result.map(|_: Vec<&str>| ()).unwrap_err().to_string();
    let mut pressed = Hold::FREE;
    pressed.0[2] = Held::Stress(-1e6);
    assert!(sentence(deform(&phases, pressed, 1e-4)).contains("no solid crosses the cell along z"));
    pressed.0 = [
        Held::Stress(-1e6),
        Held::Stress(0.0),
        Held::Strain(0.0),
        Held::Strain(0.0),
        Held::Strain(0.0),
        Held::Stress(0.0),
    ];
    assert!(deform(&phases, pressed, 1e-4).unwrap().is_empty());
    assert_eq!(
        deform(&phases, Hold::FREE, 1e-4).unwrap(),
        ["zz", "yz", "xz"]
    );
    assert!(
        sentence(deform(&[Phase::VOID, Phase::VOID], Hold::FREE, 1e-4))
            .contains("every voxel is void")
    );
    assert!(sentence(deform(&phases[..1], Hold::FREE, 1e-4)).contains("label 1 has no moduli"));
    assert!(sentence(deform(&phases, Hold::FREE, 1e-15)).contains("out of reach"));
}
