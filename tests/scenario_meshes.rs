//! Are the meshes that ship what meshes/README.md says, and do the scenarios that ship fit them?

use std::path::{Path, PathBuf};
use voxion::{
    field::Backend,
    io,
    microstructure::{Axis, percolating_fractions},
    physics::conduction::Conduction,
    scenario::Scenario,
    solve::{Silent, Tolerance},
};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
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

/// The label of a voxel of cathode-32.npy.
fn cathode_label(centres: &[[f64; 3]], voxel: [usize; 3]) -> i64 {
    const SIDE: f64 = 32.0;
    const RADIUS: f64 = 4.0;
    const NECK: f64 = 2.0;
    let surface = |centre: &[f64; 3]| {
        let across = |axis: usize| {
            let distance = (voxel[axis] as f64 + 0.5 - centre[axis]).abs();
            distance.min(SIDE - distance).powi(2)
        };
        (across(0) + across(1) + across(2)).sqrt() - RADIUS
    };
    let mut surfaces: Vec<f64> = centres.iter().map(surface).collect();
    surfaces.sort_by(f64::total_cmp);
    match surfaces[..] {
        [nearest, ..] if nearest <= 0.0 => 1,
        [nearest, second, ..] if nearest + second <= NECK => 2,
        _ => 0,
    }
}

#[test]
fn the_cathode_is_its_formula() {
    let mut random = SplitMix64(1);
    let centres: Vec<[f64; 3]> = (0..70)
        .map(|_| std::array::from_fn(|_| 32.0 * random.next()))
        .collect();
    let source = io::VolumeSource::new(root().join("meshes/cathode-32.npy"));
    let volume = io::read(&source).unwrap().volume;
    assert_eq!(volume.shape(), [32; 3]);
    assert_eq!(volume.labels(), [0, 1, 2]);
    assert_eq!(volume.counts(), [14_567, 14_601, 3_600]);
    for ((z, y, x), &code) in volume.codes().indexed_iter() {
        let label = volume.labels()[usize::from(code)];
        assert_eq!(
            label,
            cathode_label(&centres, [z, y, x]),
            "voxel {z}, {y}, {x}"
        );
    }
}

#[test]
fn each_phase_of_the_cathode_percolates_as_its_page_says() {
    let source = io::VolumeSource::new(root().join("meshes/cathode-32.npy"));
    let fractions = percolating_fractions(&io::read(&source).unwrap().volume);
    for (found, stated) in fractions.iter().zip([0.9999, 0.8506, 0.6139]) {
        for axis in Axis::ALL {
            assert!(
                (found[axis.index()] - stated).abs() < 1e-4,
                "{found:?} {stated}"
            );
        }
    }
}

/// Tortuosity factors of meshes/README.md, from a separate program; the number of digits given there is the tolerance.
#[test]
fn the_cathode_has_the_tortuosity_that_its_page_states() {
    let expected = [
        [2.134_330_05, 1.870_141_17, 2.041_090_16],
        [6.201_838_51, 3.959_096_66, 8.381_437_56],
        [100.394_902, 45.466_520_8, 59.960_291_8],
    ];
    let source = io::VolumeSource::new(root().join("meshes/cathode-32.npy"));
    let volume = io::read(&source).unwrap().volume;
    let tolerance = Tolerance {
        relative_error: 1e-10,
        ..Tolerance::default()
    };
    for (label, expected) in (0..3).zip(expected) {
        let problem = Conduction::new(&volume).conductivity(label, 1.0).unwrap();
        for axis in Axis::ALL {
            let solution = problem
                .solve(axis, tolerance, &Backend::Host, &mut Silent)
                .unwrap();
            let found = solution.effective.tortuosity_factor;
            let ratio = found / expected[axis.index()];
            assert!(
                (ratio - 1.0).abs() < 5e-9,
                "label {label}, {axis:?}: {found}"
            );
        }
    }
}

fn scenarios() -> Vec<PathBuf> {
    let files = std::fs::read_dir(root().join("scenarios")).unwrap();
    let paths = files.map(|file| file.unwrap().path());
    paths
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .collect()
}

#[test]
fn every_scenario_that_ships_is_sound_and_fits_its_volume() {
    let scenarios = scenarios();
    assert!(!scenarios.is_empty());
    for path in scenarios {
        let scenario = Scenario::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let volume = scenario.volume.volume().unwrap().0.volume;
        scenario
            .problem(&volume)
            .unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        assert_eq!(
            scenario.absent_phases(&volume).count(),
            0,
            "{}",
            path.display()
        );
    }
}
