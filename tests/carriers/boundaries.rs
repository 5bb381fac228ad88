//! Grain boundaries and contacts in an electrode, and conductivities that are far apart.

use crate::common::{
    BUTLER_VOLMER, LINEAR, composite, on_faces, site, solve, solve_on, three_phases,
};
use ndarray::Array3;
use voxion::{
    field::Backend,
    microstructure::{Axis, Volume},
    physics::{
        carriers::{Drive, Electrode, Operation},
        kinetics::Kinetics,
    },
    solve::{Silent, Tolerance},
};

const H: f64 = 1e-6;

/// Ten layers of electrolyte before ten of carbon: everything in series.
fn sandwich() -> Volume {
    let codes = Array3::from_shape_fn((20, 2, 2), |(z, _, _)| u8::from(z >= 10));
    Volume::from_labels(&codes).with_spacing([H; 3])
}

fn in_series(volume: &Volume) -> Electrode<'_> {
    let mut electrode = Electrode::new(volume, Axis::Z, LINEAR);
    electrode.conductivity = [vec![[0.3; 3], [0.0; 3]], vec![[0.0; 3], [7.0; 3]]];
    electrode.sites = vec![site(on_faces(), 40.0)];
    electrode
}

#[test]
fn grain_boundaries_are_in_series_with_what_lies_between_them() {
    let (volume, boundary) = (sandwich(), [2e-6, 5e-7]);
    // Grains of three layers: boundaries at 3, 6, 9 in the electrolyte, at 12, 15, 18 in the carbon.
    let ids = Array3::from_shape_fn((20, 2, 2), |(z, _, _)| u32::try_from(z / 3).unwrap());
    let mut electrode = in_series(&volume);
    (electrode.grain_boundary, electrode.grains) = (boundary.to_vec(), Some(ids));
    let (operation, _) = solve(&electrode, Drive::Overpotential(0.01));
    let contact = 3.0 * (boundary[0] + boundary[1]);
    let kinetic = 1.0 / (40.0 * LINEAR.slope(0.0));
    let expected = 10.0 * H / 0.3 + 10.0 * H / 7.0 + kinetic + contact;
    let close = |a: f64, b: f64| (a / b - 1.0).abs() < 1e-9;
    let parts = operation.parts;
    assert!(close(parts.total(), expected), "{parts:?} for {expected}");
    // Parts are of first order in the error of the potential, their sum of second.
    assert!((parts.contact / contact - 1.0).abs() < 1e-6, "{parts:?}");
    let wrong = expected - boundary[1];
    assert!(!close(parts.total(), wrong));
    let homogenised = operation.homogenised.conductivity;
    assert_eq!(homogenised, [0.0; 2], "neither carrier gets through alone");
}

/// Cubes of five voxels are grains; their boundaries in the electrolyte resist as much as two voxels of it, times `share`.
fn grainy(volume: &Volume, kinetics: Kinetics, share: f64) -> Electrode<'_> {
    let mut electrode = three_phases(volume, kinetics, on_faces(), 1.0);
    electrode.grain_boundary = vec![2e-6 * share, 1e-9 * share, 0.0];
    let grain = |(z, y, x): (usize, usize, usize)| u32::try_from((z / 5 * 4 + y / 5) * 4 + x / 5);
    let ids = Array3::from_shape_fn((20, 20, 20), |at| grain(at).unwrap());
    electrode.grains = Some(ids);
    electrode
}

#[test]
#[ignore = "device test: cargo test -- --ignored device_"]
fn device_grain_boundaries_are_those_of_the_host() {
    let volume = composite(20);
    let (drive, on_device) = (Drive::Overpotential(0.1), Backend::Device { name: None });
    for kinetics in [LINEAR, BUTLER_VOLMER] {
        let electrode = grainy(&volume, kinetics, 1.0);
        let (host, _) = solve_on(&electrode, drive, 1e-8, &Backend::Host);
        let (device, _) = solve_on(&electrode, drive, 1e-8, &on_device);
        assert!(device.adapter.is_some() && host.adapter.is_none());
        let apart = |other: &Operation| (other.current_density / host.current_density - 1.0).abs();
        assert!(apart(&device) < 1e-7, "{:e}", apart(&device));
        let contact = device.parts.contact / host.parts.contact - 1.0;
        assert!(
            host.parts.contact > 0.0 && contact.abs() < 1e-5,
            "{contact:e}"
        );
        // Boundaries a hundredth weaker would be seen.
        let weaker = grainy(&volume, kinetics, 0.99);
        let (weaker, _) = solve_on(&weaker, drive, 1e-8, &on_device);
        assert!(apart(&weaker) > 1e-6, "{:e}", apart(&weaker));
    }
}

#[test]
fn ids_of_another_shape_are_refused() {
    let volume = sandwich();
    let mut electrode = in_series(&volume);
    electrode.grains = Some(Array3::zeros((20, 2, 3)));
    let run = (Tolerance::default(), &Backend::Host);
    let refused = electrode.solve(Drive::Overpotential(0.01), run, &mut Silent);
    let sentence = refused.unwrap_err().to_string();
    assert!(sentence.contains("20 x 2 x 3"), "{sentence}");
}

/// A composite whose carbon, electrolyte and active material conduct electrons so.
fn with_electrons(volume: &Volume, [electrolyte, carbon, active]: [f64; 3]) -> Operation {
    let mut electrode = three_phases(volume, LINEAR, on_faces(), 1.0);
    electrode.conductivity[1] = vec![[electrolyte; 3], [carbon; 3], [active; 3]];
    let drive = Drive::Overpotential(0.01);
    solve_on(&electrode, drive, 1e-6, &Backend::Host).0
}

/// Electrolyte 1e-3, carbon 1e1, sulphur 0 or 1e-30 S/cm, and what lies between: a weaker phase never helps, and what is
/// negligible changes nothing.
#[test]
fn weak_phases_of_any_conductivity_just_work() {
    let volume = composite(24);
    let none = with_electrons(&volume, [0.0, 1e3, 0.0]);
    let mut before = none.parts.total() * (1.0 + none.error);
    for weak in [1e-28, 1e-20, 1e-13, 1e-11, 1e-9, 1e-6, 1e-3] {
        let found = with_electrons(&volume, [0.0, 1e3, weak]);
        let resistance = found.parts.total();
        println!(
            "{weak:e} S/m: {resistance:e} Ohm m2, {} iterations",
            found.iterations
        );
        assert!(found.error <= 1e-6, "{weak:e}: {:e}", found.error);
        assert!(
            resistance <= before,
            "{weak:e}: {resistance:e} after {before:e}"
        );
        if weak <= 1e-9 {
            let apart = resistance / none.parts.total() - 1.0;
            assert!(apart.abs() < 1e-5, "{weak:e}: {apart:e}");
        }
        before = resistance * (1.0 + 2e-6);
    }
    let other = with_electrons(&volume, [0.0, 1e3, 1e2]);
    assert!((other.parts.total() / none.parts.total() - 1.0).abs() > 1e-5);
}

/// Islands of carbon in a matrix that conducts up to fourteen powers of ten worse are perfect ones.
#[test]
fn islands_of_carbon_just_work() {
    let codes = Array3::from_shape_fn((24, 24, 24), |(z, y, x)| {
        let [z, y, x] = [z, y, x].map(|i| i as f64);
        let wave = (0.63 * z + 0.2 * x).sin() + (0.51 * y).sin() + (0.57 * x + 0.3 * y).sin();
        u8::from(wave > 1.3)
    });
    let volume = Volume::from_labels(&codes).with_spacing([1e-7; 3]);
    let resistance = |carbon: f64| {
        let mut electrode = three_phases(&volume, LINEAR, on_faces(), 1.0);
        let two = |sigma: [f64; 2]| sigma.map(|s| [s; 3]).to_vec();
        electrode.conductivity = [two([0.1, 0.0]), two([1e-7, carbon])];
        electrode.contact = [vec![0.0; 4], vec![0.0; 4]];
        electrode.terminal = [vec![0.0; 2], vec![0.0; 2]];
        (electrode.active, electrode.grain_boundary) = (vec![false; 2], vec![0.0; 2]);
        let drive = Drive::Overpotential(0.01);
        let (operation, _) = solve_on(&electrode, drive, 1e-6, &Backend::Host);
        println!("carbon {carbon:e}: {} iterations", operation.iterations);
        assert!(operation.error <= 1e-6, "{carbon:e}: {:e}", operation.error);
        operation.parts.total()
    };
    let good = resistance(1e2);
    for carbon in [1e3, 1e5, 1e7] {
        let apart = resistance(carbon) / good - 1.0;
        assert!(apart.abs() < 1e-4, "{carbon:e}: {apart:e}");
    }
    assert!((resistance(1e-7) / good - 1.0).abs() > 1e-4);
}
