//! Do the cells that ship hold what meshes/README.md says: the formula voxel by voxel, and numbers of a separate program?

use ndarray::Array3;
use std::{
    fs,
    path::{Path, PathBuf},
};
use voxion::{
    field::Backend,
    io,
    physics::conduction::Tensor,
    scenario::{Scenario, ScenarioError, Study},
    solve::Silent,
};

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// SplitMix64: uniform numbers in [0, 1).
struct SplitMix64(u64);

impl SplitMix64 {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// Label and grain of a voxel of the polycrystal.
fn grain(centres: &[[f64; 3]], voxel: [usize; 3]) -> (i64, usize) {
    let distance = |centre: &[f64; 3]| {
        let across = |axis: usize| {
            let distance = (voxel[axis] as f64 + 0.5 - centre[axis]).abs();
            distance.min(32.0 - distance).powi(2)
        };
        (across(0) + across(1) + across(2)).sqrt()
    };
    let distances: Vec<f64> = centres.iter().map(distance).collect();
    let nearest = (0..centres.len()).min_by(|&a, &b| distances[a].total_cmp(&distances[b]));
    let mut sorted = distances;
    sorted.sort_by(f64::total_cmp);
    (i64::from(sorted[3] - sorted[0] > 2.0), nearest.unwrap())
}

#[test]
fn the_polycrystal_is_its_formula() {
    let mut random = SplitMix64(2);
    let centres: Vec<[f64; 3]> = (0..24)
        .map(|_| std::array::from_fn(|_| 32.0 * random.next()))
        .collect();
    let volume = io::read(&io::VolumeSource::new(root("meshes/polycrystal-32.npy")))
        .unwrap()
        .volume;
    let particles = io::read(&io::VolumeSource::new(root(
        "meshes/polycrystal-32-particles.npy",
    )))
    .unwrap()
    .volume;
    for ((z, y, x), &code) in volume.codes().indexed_iter() {
        let (label, nearest) = grain(&centres, [z, y, x]);
        assert_eq!(volume.labels()[usize::from(code)], label);
        assert_eq!(usize::from(particles.codes()[[z, y, x]]), nearest);
    }
}

#[test]
fn the_sphere_is_its_formula() {
    let volume = io::read(&io::VolumeSource::new(root("meshes/sphere-array-32.npy")))
        .unwrap()
        .volume;
    let radius = 32.0 * (0.9 / (4.0 * std::f64::consts::PI)).cbrt();
    let expected = Array3::from_shape_fn((32, 32, 32), |(z, y, x)| {
        let squares = [z, y, x].map(|i| (i as f64 + 0.5 - 16.0).powi(2));
        u8::from(squares.iter().sum::<f64>() <= radius * radius)
    });
    assert_eq!(volume.codes(), expected);
}

fn tensor(scenario: &str) -> Tensor {
    let scenario = Scenario::read(&root(scenario)).unwrap();
    let (reading, _) = scenario.volume.volume().unwrap();
    let ids = scenario.particle_ids(&reading.volume).unwrap();
    let problem = scenario
        .problem_with(&reading.volume, ids.as_ref())
        .unwrap();
    let solved = problem.tensor(scenario.tolerance(), &Backend::Host, &mut Silent);
    solved.unwrap().tensor
}

/// Tensors in the order z, y, x, from a separate program.
const SPHERES: [[f64; 3]; 3] = [
    [0.59214746, 0.0, 0.0],
    [0.0, 0.59214746, 0.0],
    [0.0, 0.0, 0.59214746],
];
const GRAINS: [[f64; 3]; 3] = [
    [0.13662436, -0.00133999, 0.00086363],
    [-0.00133999, 0.13531403, -0.00097114],
    [0.00086363, -0.00097114, 0.14381134],
];

fn compare(found: &Tensor, expected: &[[f64; 3]; 3]) -> Result<(), String> {
    for (i, j) in (0..3).flat_map(|i| (0..3).map(move |j| (i, j))) {
        let (value, bound) = (found.conductivity[i][j], found.error_bound[i][j]);
        if (value - expected[i][j]).abs() > bound + 1e-6 * expected[0][0] {
            return Err(format!("{value} +- {bound} instead of {}", expected[i][j]));
        }
    }
    Ok(())
}

#[test]
fn scenarios_of_cells_give_the_numbers_of_a_separate_program() {
    for (scenario, expected) in [
        ("scenarios/sphere-array.toml", SPHERES),
        ("scenarios/polycrystal.toml", GRAINS),
    ] {
        let found = tensor(scenario);
        compare(&found, &expected).unwrap();
        let mut wrong = expected;
        wrong[0][0] *= 1.0 + 1e-4;
        compare(&found, &wrong).expect_err("a wrong number passes too");
    }
}

#[test]
fn the_sweep_over_temperature_has_its_cases() {
    let study = Study::read(&root("scenarios/activation.toml"))
        .unwrap()
        .unwrap();
    let sigma =
        |case: usize, phase: usize| study.cases[case].scenario.phases[phase].conductivity.value;
    assert!(
        (sigma(3, 0) - 0.1).abs() < 1e-15,
        "the polymer at its reference"
    );
    assert!(sigma(0, 1) < sigma(1, 1) && sigma(1, 1) < 0.03 && 0.03 < sigma(2, 1));
}

/// The polycrystal with another `[grains]` and voxels of this size.
fn regrained(grains: &str, voxel_size: &str) -> Result<Scenario, String> {
    let text = fs::read_to_string(root("scenarios/polycrystal.toml")).unwrap();
    let own = "path = \"../meshes/polycrystal-32-particles.npy\"";
    assert!(text.contains(own) && text.contains("\"100 nm\""));
    let text = text.replace(own, grains).replace("\"100 nm\"", voxel_size);
    let text = text.replace("../meshes", root("meshes").to_str().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("scenario.toml");
    fs::write(&file, text).unwrap();
    Scenario::read(&file).map_err(|error| match error {
        ScenarioError::Fault(fault) => fault.fault.to_string(),
        other => other.to_string(),
    })
}

fn ids(scenario: &Scenario) -> Result<Array3<u32>, String> {
    let (reading, _) = scenario.volume.volume().unwrap();
    let ids = scenario.particle_ids(&reading.volume);
    ids.map(Option::unwrap).map_err(|error| error.to_string())
}

#[test]
fn grains_that_nobody_measured_are_built() {
    let grains = |diameter: &str| {
        let scenario = regrained(
            &format!("diameter = \"{diameter}\"\nseed = 3"),
            "\"100 nm\"",
        );
        ids(&scenario.unwrap()).unwrap()
    };
    let fine = grains("1 um");
    assert_eq!(fine.dim(), (32, 32, 32));
    assert_eq!(fine, grains("1 um"));
    // As many as spheres of that diameter have the volume of the cell.
    let expected = 3.2f64.powi(3) * 6.0 / std::f64::consts::PI;
    let found = f64::from(fine.iter().max().unwrap() + 1);
    assert!(
        (found / expected - 1.0).abs() < 0.05,
        "{found} for {expected}"
    );
    assert!(grains("2 um").iter().max() < fine.iter().max());
}

#[test]
fn grains_that_cannot_be_built_are_refused_with_a_sentence() {
    let both = "path = \"ids.npy\"\ndiameter = \"1 um\"";
    let refused = regrained(both, "\"100 nm\"").unwrap_err();
    assert!(refused.contains("either the path"), "{refused}");
    let refused = regrained("diameter = \"0 um\"", "\"100 nm\"").unwrap_err();
    assert!(refused.contains("greater than zero"), "{refused}");
    let slabs = regrained("diameter = \"1 um\"", "[\"1 um\", \"1 um\", \"2 um\"]").unwrap();
    let refused = ids(&slabs).unwrap_err();
    assert!(refused.contains("cubes of a known size"), "{refused}");
}
