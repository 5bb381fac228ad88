//! Do phases that conduct differently along each axis give known answers? A block, a laminate, and a random medium that
//! other voxel sizes make isotropic.

use ndarray::Array3;
use voxion::{
    field::Backend,
    microstructure::{Axis, Volume},
    physics::conduction::Conduction,
    scenario::Scenario,
    solve::{Silent, Tolerance},
};

fn effective_on(backend: &Backend, problem: &Conduction<'_>, axis: Axis) -> f64 {
    let tolerance = Tolerance {
        relative_error: 1e-10,
        ..Tolerance::default()
    };
    let solution = problem.solve(axis, tolerance, backend, &mut Silent);
    solution.unwrap().effective.effective_conductivity
}

fn effective(problem: &Conduction<'_>, axis: Axis) -> f64 {
    effective_on(&Backend::Host, problem, axis)
}

fn close(found: f64, expected: f64) -> bool {
    (found / expected - 1.0).abs() < 1e-8
}

#[test]
fn a_block_conducts_along_each_axis_as_it_is_told() {
    let volume = Volume::from_labels(&Array3::zeros((4, 5, 6))).with_spacing([3e-6, 2e-6, 1e-6]);
    let problem = Conduction::new(&volume)
        .orthotropic(0, [1.0, 20.0, 300.0])
        .unwrap();
    for (axis, expected) in Axis::ALL.into_iter().zip([1.0, 20.0, 300.0]) {
        assert!(close(effective(&problem, axis), expected), "{axis:?}");
    }
}

#[test]
fn a_laminate_has_the_means_of_its_layers() {
    // Sheets across x, every other layer, in a filling of 2.
    let labels = Array3::from_shape_fn((6, 6, 8), |(_, _, x)| u8::from(x % 2 == 0));
    let volume = Volume::from_labels(&labels);
    let problem = Conduction::new(&volume).conductivity(0, 2.0).unwrap();
    let problem = problem.orthotropic(1, [50.0, 50.0, 0.5]).unwrap();
    assert!(close(effective(&problem, Axis::Z), 26.0));
    assert!(close(effective(&problem, Axis::Y), 26.0));
    assert!(close(
        effective(&problem, Axis::X),
        2.0 / (1.0 / 2.0 + 1.0 / 0.5)
    ));
}

/// Three labels, without pattern.
fn medium() -> Array3<u8> {
    let mut state = 1u32;
    Array3::from_shape_simple_fn((12, 13, 14), || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        u8::try_from(state >> 24).unwrap() % 3
    })
}

/// Where every phase has the same ratios `k` between its axes, voxels of size h / sqrt k make it isotropic.
#[test]
fn stretched_voxels_give_the_same_as_an_orthotropic_medium() {
    let (ratios, phases) = ([4.0, 1.0, 0.25], [1.0, 10.0, 0.1]);
    let stretched =
        Volume::from_labels(&medium()).with_spacing(ratios.map(|k: f64| 1e-6 / k.sqrt()));
    let cubes = Volume::from_labels(&medium()).with_spacing([1e-6; 3]);
    let mut isotropic = Conduction::new(&stretched);
    let mut orthotropic = Conduction::new(&cubes);
    let mut swapped = Conduction::new(&cubes);
    for (label, phase) in (0..).zip(phases) {
        isotropic = isotropic.conductivity(label, phase).unwrap();
        orthotropic = orthotropic
            .orthotropic(label, ratios.map(|k| k * phase))
            .unwrap();
        let [z, y, x] = ratios.map(|k| k * phase);
        swapped = swapped.orthotropic(label, [y, z, x]).unwrap();
    }
    for axis in Axis::ALL {
        let expected = ratios[axis.index()] * effective(&isotropic, axis);
        assert!(close(effective(&orthotropic, axis), expected), "{axis:?}");
        // The comparison, shown to notice axes in another order.
        assert!(!close(effective(&swapped, axis), expected), "{axis:?}");
    }
}

#[test]
#[ignore = "device test: cargo test -- --ignored device_"]
fn device_gives_the_same_for_an_orthotropic_medium() {
    let volume = Volume::from_labels(&medium()).with_spacing([1e-6; 3]);
    let mut problem = Conduction::new(&volume);
    for (label, phase) in (0..).zip([1.0, 10.0, 0.1]) {
        let sigma = [4.0 * phase, phase, 0.25];
        problem = problem.orthotropic(label, sigma).unwrap();
    }
    for axis in Axis::ALL {
        let device = effective_on(&Backend::Device { name: None }, &problem, axis);
        assert!(close(device, effective(&problem, axis)), "{axis:?}");
    }
}

#[test]
fn a_scenario_gives_sheets_their_normal() {
    let sheets = |phase: &str| {
        let text = format!(
            "[volume]\npath = \"a.h5\"\n[transport]\ncarrier = \"electronic\"\n[phases.sheets]\nlabel = 1\n{phase}\n"
        );
        Scenario::parse(&text)
            .map(|scenario| scenario.phases[0].along())
            .map_err(|e| e.to_string())
    };
    let graphene = sheets("material = \"graphene\"\nnormal = \"x\"").unwrap();
    assert!(close(graphene[0], 1e5) && close(graphene[1], 1e5) && close(graphene[2], 300.0));
    let own = sheets("conductivity = \"1 S/cm\"\nnormal = \"y\"\nacross = \"1 mS/cm\"").unwrap();
    assert!(close(own[0], 100.0) && close(own[1], 0.1) && close(own[2], 100.0));
    for (phase, words) in [
        (
            "conductivity = \"1 S/cm\"\nnormal = \"y\"",
            "needs the key \"across\"",
        ),
        (
            "conductivity = \"1 S/cm\"\nacross = \"1 S/cm\"",
            "needs the key \"normal\"",
        ),
        (
            "conductivity = \"1 S/cm\"\nacross = 1\nnormal = \"y\"",
            "without unit",
        ),
        (
            "conductivity = \"1 S/cm\"\nacross = \"1 S/cm\"\nnormal = \"w\"",
            "expected z, y or x",
        ),
    ] {
        let found = sheets(phase).unwrap_err();
        assert!(found.contains(words), "{found}");
    }
}
