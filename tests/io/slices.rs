//! Folders of slices: which number of a name counts, and slices that do not fit together.

use crate::files::{
    assert_error, assert_holds, cast, folder, labelled, read_path, write_png, write_tiff,
};
use ndarray::{Array3, Axis};
use png::{BitDepth, ColorType};
use std::path::Path;
use tiff::encoder::{Compression, colortype};
use voxion::io::{IoError, ReadOptions, VolumeSource, read, read_grey};

/// Writes layers under the names that a function gives them.
fn write(folder: &Path, volume: &Array3<i64>, name: impl Fn(usize) -> String) {
    for z in 0..volume.dim().0 {
        let layer = volume.slice_axis(Axis(0), (z..z + 1).into()).to_owned();
        write_tiff::<colortype::Gray8>(
            &folder.join(name(z)),
            &cast(&layer),
            Compression::Uncompressed,
        );
    }
}

#[test]
fn the_number_that_changes_places_a_slice() {
    let volume = labelled(&[0, 1, 2]);
    let names: [fn(usize) -> String; 7] = [
        |z| format!("Series001_z{z:02}_ch00.tif"),
        |z| format!("2026-12-01_scan_{z}_8bit.TIF"),
        |z| format!("{z}_of_5.tif"),
        |z| {
            format!(
                "{}slice{:0width$}.tiff",
                if z % 2 == 0 { "A" } else { "a" },
                z + 8,
                width = 1 + z % 3
            )
        },
        |z| format!("rec0012345678901234567890_{z:04}.tif"),
        // A depth or a time beside the number of the slice.
        |z| format!("s{:03}_depth{}nm.tif", z, 25 * z),
        |z| format!("2026120{z}_img_{:04}.tif", z + 1),
    ];
    for name in names {
        let folder = folder();
        write(folder.path(), &volume, name);
        std::fs::write(folder.path().join("metadata.txt"), "1").unwrap();
        write_png(
            &folder.path().join("thumbnail.png"),
            [2, 2],
            (ColorType::Grayscale, BitDepth::Eight),
            &[0; 4],
        );
        let reading = read_path(folder.path()).unwrap();
        assert_holds(&reading, &volume);
        assert!(
            reading.notes[0].contains("thumbnail.png"),
            "{:?}",
            reading.notes
        );
    }
}

#[test]
fn channels_in_names_are_chosen_or_refused() {
    let (first, second) = (labelled(&[0, 1]), labelled(&[3, 4, 5]));
    let folder = folder();
    write(folder.path(), &first, |z| {
        format!("Series001_z{z:02}_ch00.tif")
    });
    write(folder.path(), &second, |z| {
        format!("Series001_z{z:02}_ch01.tif")
    });
    let source = |channel: usize| {
        VolumeSource::new(folder.path()).with_options(ReadOptions {
            channel: vec![channel],
            ..ReadOptions::default()
        })
    };
    assert_error!(
        read_path(folder.path()),
        IoError::SeveralVolumes { .. },
        "2 channels",
        "--channel 0"
    );
    assert_holds(&read(&source(0)).unwrap(), &first);
    let taken = read(&source(1)).unwrap();
    assert_holds(&taken, &second);
    assert_eq!(taken.file_type, "TIFF uint8, 5 slices");
    assert_error!(
        read(&source(2)),
        IoError::NoSuchChannel { .. },
        "2 channels"
    );
    let folder = crate::files::folder();
    for channel in 0..2 {
        let layer = first.slice_axis(Axis(0), (0..1).into()).to_owned();
        write(folder.path(), &layer, |_| format!("a_ch0{channel}.tif"));
    }
    assert_error!(
        read_path(folder.path()),
        IoError::SeveralVolumes { .. },
        "2 channels"
    );
}

#[test]
fn several_numbers_without_a_meaning_are_named() {
    let folder = folder();
    let volume = labelled(&[0, 1]);
    write(folder.path(), &volume, |z| format!("a{}_b{}.tif", z / 2, z));
    assert_holds(&read_path(folder.path()).unwrap(), &volume);
    write(folder.path(), &volume, |z| {
        format!("a{}_b{}.tif", z + 3, 3 * z)
    });
    assert_error!(
        read_path(folder.path()),
        IoError::SeveralNumbers { .. },
        "behind \"a\" (0 to 7)",
        "behind \"_b\" (0 to 12)"
    );
}

#[test]
fn slices_of_different_kinds_are_named() {
    let folder = folder();
    let path = |name: &str| folder.path().join(name);
    let grey = (ColorType::Grayscale, BitDepth::Eight);
    write_png(&path("s1.png"), [8, 1], grey, &[255; 8]);
    for (kind, bytes, words) in [
        ((ColorType::Grayscale, BitDepth::One), vec![255], "1-bit"),
        (
            (ColorType::Grayscale, BitDepth::Sixteen),
            vec![0; 16],
            "uint16",
        ),
        ((ColorType::Indexed, BitDepth::Eight), vec![0; 8], "palette"),
    ] {
        write_png(&path("s2.png"), [8, 1], kind, &bytes);
        assert_error!(
            read_path(folder.path()),
            IoError::PageType { .. },
            "s2.png",
            words,
            "uint8"
        );
    }
}

#[test]
fn colours_of_png() {
    let folder = folder();
    let path = folder.path().join("a1.png");
    write_png(
        &path,
        [2, 1],
        (ColorType::GrayscaleAlpha, BitDepth::Sixteen),
        &[1, 0, 255, 255, 2, 0, 0, 0],
    );
    for source in [path.as_path(), folder.path()] {
        let found = read_path(source).unwrap();
        assert_eq!(found.volume.labels(), [256, 512]);
        assert!(found.notes[0].contains("transparency"), "{:?}", found.notes);
    }
    write_png(
        &path,
        [2, 1],
        (ColorType::Rgba, BitDepth::Eight),
        &[1, 2, 3, 255, 4, 5, 6, 255],
    );
    for source in [path.as_path(), folder.path()] {
        assert_error!(
            read_path(source),
            IoError::Colour { .. },
            "Rgba",
            "--channel"
        );
        let options = ReadOptions {
            channel: vec![2],
            ..ReadOptions::default()
        };
        let blue = read(&VolumeSource::new(source).with_options(options)).unwrap();
        assert_eq!(blue.volume.labels(), [3, 6]);
        assert!(
            read_grey(&VolumeSource::new(source))
                .unwrap()
                .is_from_colours()
        );
    }
}
