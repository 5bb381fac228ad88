//! A real electrode: numbers that SciPy and NumPy give for it (label, distance_transform_edt, sums of shifted arrays), with
//! the 13 directions summed by a program of its own.

use std::path::Path;
use voxion::{
    io::{VolumeSource, read},
    microstructure::{
        Axis, Volume,
        measure::{
            area::Areas, chords::chords, distance::distances, phases::phases,
            two_point::correlation,
        },
    },
};

fn electrode() -> Volume {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/electrode_256.tiff");
    read(&VolumeSource::new(path))
        .expect("the electrode")
        .volume
}

fn close(found: f64, expected: f64, tolerance: f64) {
    assert!(
        (found / expected - 1.0).abs() < tolerance,
        "{found} {expected}"
    );
}

#[test]
#[ignore = "needs ../shared/data"]
fn data_an_electrode_has_the_measures_that_others_find() {
    let volume = electrode();
    let areas = Areas::of(&volume);
    let voxels = volume.codes().len() as f64;
    let chords = chords(&volume, Axis::X);
    let expected = [
        (
            2317,
            0.998_933_543_3,
            0.196_109_5,
            0.315_196_367_85,
            7.817_786_528,
            21.377_56,
        ),
        (
            121,
            0.961_133_759_3,
            0.096_180_2,
            0.290_291_896_38,
            15.320_260_814,
            16.911_53,
        ),
        (
            18132,
            0.973_979_590_8,
            0.214_497_0,
            0.029_238_757_86,
            2.477_234_4,
            2.828_427,
        ),
    ];
    for ((code, phase), expected) in (0u8..).zip(phases(&volume)).zip(expected) {
        let (components, largest, area, s2, chord, farthest) = expected;
        assert_eq!(phase.components, components);
        close(phase.largest, largest, 1e-9);
        close(areas.around(code.into()) / voxels, area, 1e-4);
        close(correlation(&volume, code, Axis::Z).s2[5], s2, 1e-9);
        close(chords[usize::from(code)].mean().unwrap(), chord, 1e-8);
        let squared = distances(&volume, code).squared;
        let largest = squared.iter().copied().fold(0.0, f32::max);
        close(f64::from(largest).sqrt(), farthest, 1e-6);
    }
}
