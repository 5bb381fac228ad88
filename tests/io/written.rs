//! Volumes written and read back; grey values of every format; formats that are refused.

use crate::files::{assert_holds, folder, labelled, read_path, write_png_slices, write_tiff};
use image::{ImageFormat, Rgb, RgbImage};
use ndarray::Array3;
use std::{fs, path::Path};
use tiff::encoder::{Compression, colortype};
use voxion::{
    io::{self, IoError, VolumeSource, check_output_format, read_grey, write_volume},
    microstructure::Volume,
};

/// Labels of each type that files have, and a code for each.
fn volume(labels: &[i64]) -> (Array3<i64>, Volume) {
    let expected = labelled(labels);
    let code = |label: &i64| u8::try_from(labels.iter().position(|l| l == label).unwrap()).unwrap();
    let volume = Volume::from_codes(expected.map(code), labels.to_vec());
    (expected, volume.with_spacing([1e-7, 2e-7, 3e-7]))
}

#[test]
fn what_is_written_is_read_back() {
    let folder = folder();
    for labels in [&[0, 85, 170][..], &[3, 300], &[-70_000, 0, 5]] {
        let (expected, volume) = volume(labels);
        for name in ["a.h5", "a.npy", "a.tif"] {
            let path = folder.path().join(name);
            write_volume(&path, &volume).unwrap();
            let reading = read_path(&path).unwrap();
            assert_holds(&reading, &expected);
            let spacing = reading.volume.spacing();
            assert_eq!(spacing.is_some(), name == "a.h5");
            assert!(spacing.is_none_or(|spacing| spacing == [1e-7, 2e-7, 3e-7]));
        }
    }
    let (expected, volume) = volume(&[0, 85, 170]);
    let path = folder.path().join("a.raw");
    write_volume(&path, &volume).unwrap();
    let source = VolumeSource::new(&path).with_shape(volume.shape());
    assert_holds(&io::read(&source).unwrap(), &expected);
}

#[test]
fn labels_beyond_a_format_are_refused() {
    let folder = folder();
    let (expected, large) = volume(&[0, 1 << 40]);
    for name in ["a.h5", "a.npy"] {
        let path = folder.path().join(name);
        write_volume(&path, &large).unwrap();
        assert_holds(&read_path(&path).unwrap(), &expected);
    }
    for (name, labels) in [
        ("a.raw", [0, 256]),
        ("a.tif", [0, 1 << 40]),
        ("a.raw", [0, -1]),
    ] {
        let path = folder.path().join(name);
        let mut labels = labels.to_vec();
        labels.sort_unstable();
        let error = write_volume(&path, &volume(&labels).1).unwrap_err();
        assert!(matches!(error, IoError::OutputLabel { .. }), "{error}");
    }
    for name in ["a.vti", "a.png", "a", "a.jpg"] {
        let error = check_output_format(Path::new(name)).unwrap_err();
        assert!(matches!(error, IoError::UnknownOutput { .. }), "{error}");
    }
}

#[test]
fn grey_values_need_not_be_labels() {
    let folder = folder();
    let path = |name: &str| folder.path().join(name);
    let exact = Array3::from_shape_fn([3, 4, 5], |(z, y, x)| {
        0.25 + 1000.0 * z as f32 + 7.5 * y as f32 + x as f32
    });
    write_tiff::<colortype::Gray32Float>(&path("a.tif"), &exact, Compression::Uncompressed);
    assert!(matches!(
        read_path(&path("a.tif")),
        Err(IoError::Fraction { .. })
    ));
    let file = hdf5::File::create(path("a.h5")).unwrap();
    file.new_dataset_builder()
        .with_data(&exact)
        .create("grey")
        .unwrap();
    file.close().unwrap();
    for name in ["a.tif", "a.h5"] {
        let reading = read_grey(&VolumeSource::new(path(name))).unwrap();
        assert_eq!(reading.values, exact);
        assert!(!reading.is_from_colours());
    }
    let labels = labelled(&[0, 100, 255]);
    fs::create_dir(path("slices")).unwrap();
    write_png_slices(
        &path("slices"),
        &labels,
        png::ColorType::Grayscale,
        png::BitDepth::Eight,
    );
    let reading = read_grey(&VolumeSource::new(path("slices"))).unwrap();
    assert!(
        reading
            .values
            .iter()
            .zip(&labels)
            .all(|(&grey, &label)| f64::from(grey) == label as f64)
    );
    let mut lost = exact.clone();
    lost[[1, 1, 1]] = f32::NAN;
    write_tiff::<colortype::Gray32Float>(&path("b.tif"), &lost, Compression::Uncompressed);
    let error = read_grey(&VolumeSource::new(path("b.tif"))).unwrap_err();
    assert!(matches!(error, IoError::NotFinite { .. }), "{error}");
}

/// Pure red is 0.2126 of white (ITU-R BT.709); JPEG may be off by a little.
#[test]
fn colours_become_as_bright_as_they_look() {
    let folder = folder();
    let red = RgbImage::from_pixel(16, 8, Rgb([255, 0, 0]));
    for (name, format) in [("a.png", ImageFormat::Png), ("a.jpg", ImageFormat::Jpeg)] {
        let path = folder.path().join(name);
        red.save_with_format(&path, format).unwrap();
        let reading = read_grey(&VolumeSource::new(&path)).unwrap();
        assert!(reading.is_from_colours());
        assert_eq!(reading.values.dim(), (1, 8, 16));
        assert!(
            reading.values.iter().all(|grey| (grey - 54.0).abs() < 2.0),
            "{name}"
        );
        assert!(read_path(&path).is_err(), "labels have no colours");
    }
    let path = folder.path().join("a.tif");
    let file = fs::File::create(&path).unwrap();
    let mut encoder = tiff::encoder::TiffEncoder::new(file).unwrap();
    encoder
        .write_image::<colortype::RGB8>(16, 8, red.as_raw())
        .unwrap();
    let reading = read_grey(&VolumeSource::new(&path)).unwrap();
    assert!(reading.is_from_colours() && reading.values.iter().all(|&grey| grey == 54.0));
}

#[test]
fn formats_that_are_not_read_are_named() {
    let folder = folder();
    for (name, words) in [
        ("a.vti", "a VTK image"),
        ("a.CZI", "a Zeiss CZI file"),
        ("a.mat", "a MATLAB file older than version 7.3"),
    ] {
        let path = folder.path().join(name);
        fs::write(&path, b"something").unwrap();
        let said = read_path(&path).unwrap_err().to_string();
        assert!(said.contains(words) && said.contains("not read"), "{said}");
    }
}
