//! Files that other programs wrote. They are not part of the repository; run with
//! `cargo test --release --test io -- --ignored data_` where `../shared/data` is there.

use std::path::{Path, PathBuf};
use voxion::io::{Reading, VolumeSource, read};

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../shared/data")
        .join(name)
}

/// Reads a file and compares shape, labels and their fractions, given to four digits.
#[track_caller]
fn check(name: &str, shape: [usize; 3], fractions: &[(i64, f64)]) -> Reading {
    let reading = read(&VolumeSource::new(data(name))).unwrap();
    let volume = &reading.volume;
    assert_eq!(volume.shape(), shape);
    let labels: Vec<i64> = fractions.iter().map(|&(label, _)| label).collect();
    assert_eq!(volume.labels(), labels);
    for (count, (label, expected)) in volume.counts().into_iter().zip(fractions) {
        let found = count as f64 / volume.codes().len() as f64;
        assert!(
            (found - expected).abs() < 0.5001e-4,
            "{name}: label {label} has {found}"
        );
    }
    reading
}

#[test]
#[ignore = "needs ../shared/data"]
fn data_electrode_tiff() {
    let fractions = [(0, 0.4499), (85, 0.4005), (170, 0.1496)];
    let reading = check("electrode_256.tiff", [256; 3], &fractions);
    assert_eq!(reading.file_type, "TIFF uint8");
}

#[test]
#[ignore = "needs ../shared/data"]
fn data_cathode_ct_tiff() {
    let reading = check(
        "nmc_cathode_ct_128.tif",
        [128; 3],
        &[(0, 0.5797), (1, 0.4203)],
    );
    assert_eq!(reading.file_type, "TIFF int8");
}

#[test]
#[ignore = "needs ../shared/data"]
fn data_one_bit_tiff() {
    let reading = check(
        "two_phase_100_1bit.tif",
        [100; 3],
        &[(0, 0.6017), (1, 0.3983)],
    );
    assert_eq!(reading.file_type, "TIFF 1-bit");
}

#[test]
#[ignore = "needs ../shared/data"]
fn data_two_phase_hdf5() {
    let reading = read(&VolumeSource::new(data("two_phase_100.h5"))).unwrap();
    assert_eq!(reading.volume.shape(), [100; 3]);
    assert_eq!(reading.volume.labels().len(), 2);
    assert_eq!(reading.dataset.as_deref(), Some("/image"));
    assert_eq!(reading.file_type, "HDF5 uint8");
}

#[test]
#[ignore = "needs ../shared/data"]
fn data_blobs_hdf5() {
    for (name, side, fraction) in [
        ("blobs_256_50.h5", 256, 0.50),
        ("blobs_256_30.h5", 256, 0.30),
        ("blobs_128_25.h5", 128, 0.25),
    ] {
        let volume = read(&VolumeSource::new(data(name))).unwrap().volume;
        assert_eq!(volume.shape(), [side; 3]);
        assert_eq!(volume.labels(), [0, 1]);
        let found = volume.counts()[1] as f64 / volume.codes().len() as f64;
        assert!(
            (found - fraction).abs() < 0.005,
            "{name}: label 1 has {found}"
        );
    }
}
