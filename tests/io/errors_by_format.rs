//! What can be wrong with one format only: datasets, series of slices, headers, shapes.

use crate::files::{
    assert_error, cast, folder, labelled, npy, npy_header, one_bit_tiff, read_path, with_bytes,
    write_png, write_png_slices,
};
use ndarray::{Array2, Array3, Array4};
use std::fs;
use voxion::io::{IoError, Reading, VolumeSource, read};

#[test]
fn hdf5_without_a_volume() {
    let folder = folder();
    let path = folder.path().join("a.h5");
    drop(hdf5::File::create(&path).unwrap());
    assert_error!(
        read_path(&path),
        IoError::NoSuchDataset { .. },
        "no dataset at all"
    );
    let file = hdf5::File::append(&path).unwrap();
    file.new_dataset_builder()
        .with_data(&Array2::<f64>::zeros((3, 4)))
        .create("plane")
        .unwrap();
    file.new_dataset_builder()
        .with_data(&[1, 2])
        .create("list")
        .unwrap();
    drop(file);
    assert_error!(
        read_path(&path),
        IoError::NoSuchDataset { .. },
        "/plane (3,4 float64)",
        "scan.h5:/image"
    );
    let of = |name: &str| read(&VolumeSource::new(&path).with_dataset(name));
    assert_error!(of("list"), IoError::Rank { .. }, "1 dimensions (2)");
    assert_eq!(of("plane").unwrap().volume.shape(), [1, 3, 4]);
}

#[test]
fn hdf5_with_two_volumes() {
    let folder = folder();
    let path = folder.path().join("a.h5");
    let volume: Array3<u8> = cast(&labelled(&[0, 1]));
    let file = hdf5::File::create(&path).unwrap();
    for name in ["a", "b"] {
        file.new_dataset_builder()
            .with_data(&volume)
            .create(name)
            .unwrap();
    }
    drop(file);
    assert_error!(
        read_path(&path),
        IoError::SeveralDatasets { count: 2, .. },
        "2 volumes",
        "a.h5:/a",
        "/a (5,6,7 uint8), /b (5,6,7 uint8)"
    );
    let of = |dataset: &str| read(&VolumeSource::new(&path).with_dataset(dataset));
    assert_error!(
        of("/c"),
        IoError::NoSuchDataset { .. },
        "dataset /c",
        "/b (5,6,7 uint8)"
    );
    assert_error!(of("/"), IoError::NotADataset { .. }, "scan.h5:/image");
    assert_error!(of(""), IoError::NotADataset { .. }, "scan.h5:/image");
    let tiff = VolumeSource::new(folder.path()).with_dataset("image");
    assert_error!(read(&tiff), IoError::NotADataset { .. }, "image");
}

#[test]
fn hdf5_datasets_that_are_no_volume() {
    let folder = folder();
    let path = folder.path().join("a.h5");
    let file = hdf5::File::create(&path).unwrap();
    let text = hdf5::types::FixedAscii::<3>::from_ascii("abc").unwrap();
    let text = Array3::from_elem((1, 1, 1), text);
    file.new_dataset_builder()
        .with_data(&text)
        .create("text")
        .unwrap();
    let four = Array4::<u8>::zeros((2, 3, 4, 5));
    file.new_dataset_builder()
        .with_data(&four)
        .create("four")
        .unwrap();
    for (name, shape) in [
        ("empty", (0, 3, 3)),
        ("huge", (1 << 20, 1 << 20, 1)),
        ("bomb", (1 << 20, 1 << 10, 60)),
    ] {
        file.new_dataset::<u8>()
            .shape(shape)
            .chunk((1, 1, 1))
            .create(name)
            .unwrap();
    }
    drop(file);
    let of = |dataset: &str| read(&VolumeSource::new(&path).with_dataset(dataset));
    assert_error!(of("text"), IoError::SampleType { .. }, "string");
    assert_error!(of("empty"), IoError::Empty { .. }, "0,3,3");
    assert_error!(
        of("four"),
        IoError::SeveralVolumes { .. },
        "2 channels",
        "--channel 0"
    );
    assert_error!(of("huge"), IoError::TooLarge { .. }, 1u64 << 40, 1u64 << 36);
    assert_error!(
        of("bomb"),
        IoError::Implausible { .. },
        60u64 << 30,
        "bytes"
    );
}

const GREY: (png::ColorType, png::BitDepth) = (png::ColorType::Grayscale, png::BitDepth::Eight);

/// Reads a folder of small images with these names.
fn folder_of(names: &[&str]) -> Result<Reading, IoError> {
    let folder = folder();
    for name in names {
        write_png(&folder.path().join(name), [2, 2], GREY, &[0; 4]);
    }
    read_path(folder.path())
}

#[test]
fn folders_that_are_no_series() {
    let of = folder_of;
    assert_error!(of(&[]), IoError::NoSlices { .. }, "no PNG or TIFF");
    assert_error!(
        of(&["a.png"]),
        IoError::SliceNumber { .. },
        "a.png",
        "slice_0001.png"
    );
    assert_error!(
        of(&["a1.png", "b2.png"]),
        IoError::TwoSeries { .. },
        "a1.png",
        "b2.png"
    );
    assert_error!(
        of(&["a1.png", "a01.png"]),
        IoError::TwoSeries { .. },
        "a1.png",
        "a01.png"
    );
    assert_error!(
        of(&["a1.png", "a2.tif"]),
        IoError::TwoSeries { .. },
        "a1.png",
        "a2.tif"
    );
    assert_error!(
        of(&["a8.png", "a9.png", "a12.png"]),
        IoError::SliceGap { missing: 10, .. },
        "slice 10",
        "a9.png",
        "a12.png"
    );
    assert_error!(
        of(&["a99999999999999999999999.png"]),
        IoError::SliceNumber { .. },
        "a99999999999999999999999.png"
    );
}

#[test]
fn slices_that_do_not_fit_together() {
    let folder = folder();
    write_png_slices(folder.path(), &labelled(&[0, 1]), GREY.0, GREY.1);
    write_png(&folder.path().join("slice_13.png"), [7, 5], GREY, &[0; 35]);
    assert_error!(
        read_path(folder.path()),
        IoError::PageSize { .. },
        "slice_13.png",
        "5,7"
    );
    let stack = folder.path().join("tiff");
    fs::create_dir(&stack).unwrap();
    fs::write(
        stack.join("a1.tif"),
        one_bit_tiff(&labelled(&[0, 1]), false),
    )
    .unwrap();
    assert_error!(
        read_path(&stack),
        IoError::SliceWithPages { .. },
        "a1.tif",
        "several pages"
    );
}

#[test]
fn numpy_arrays_that_are_no_volume() {
    let of = |descr: &str, shape: &str, data: &[u8]| {
        let folder = folder();
        let path = folder.path().join("a.npy");
        fs::write(&path, npy(&npy_header(descr, "False", shape), data)).unwrap();
        read_path(&path)
    };
    assert_error!(
        of("|u1", "(2, 2, 2, 2, 2, 2)", &[0; 64]),
        IoError::Rank { .. },
        "6 dimensions (2,2,2,2,2,2)"
    );
    assert_error!(
        of("|u1", "(2, 2, 2)", &[0; 7]),
        IoError::DataSize { .. },
        "7 bytes",
        "need 8"
    );
    assert_error!(
        of("<i4", "(2, 2, 2)", &[0; 8]),
        IoError::DataSize { .. },
        "8 bytes",
        "need 32"
    );
    assert_error!(of("|u1", "(0, 2, 2)", &[]), IoError::Empty { .. }, "0,2,2");
    assert_error!(
        of("<c8", "(1, 1, 1)", &[0; 8]),
        IoError::SampleType { .. },
        "<c8"
    );
    assert_error!(
        of("|S1", "(1, 1, 1)", &[0; 1]),
        IoError::SampleType { .. },
        "|S1"
    );
    assert_error!(
        of("|b1", "(1, 1, 1)", &[2]),
        IoError::Malformed { .. },
        "invalid value for bool"
    );
    let big = u64::MAX;
    let shape = format!("({big}, {big}, {big})");
    assert_error!(of("|u1", &shape, &[0]), IoError::DataSize { .. }, "1 bytes");
}

#[test]
fn numpy_headers_that_would_exhaust_the_parser() {
    with_bytes("deep.npy", &npy(&"(".repeat(9000), &[]), |path| {
        assert_error!(read_path(path), IoError::Malformed { .. }, "brackets");
    });
    with_bytes("long.npy", b"\x93NUMPY\x02\0\xff\xff\xff\xff{", |path| {
        assert_error!(read_path(path), IoError::Malformed { .. }, u32::MAX);
    });
}

#[test]
fn raw_bytes_that_do_not_make_up_the_shape() {
    with_bytes("a.raw", &[0; 7], |path| {
        assert_error!(read_path(path), IoError::ShapeMissing { .. }, "z,y,x");
        let of = |shape| read(&VolumeSource::new(path).with_shape(shape));
        assert_error!(
            of([2, 2, 2]),
            IoError::DataSize { .. },
            "7 bytes",
            "2,2,2",
            "need 8"
        );
        assert_error!(
            of([0, 2, 2]),
            IoError::DataSize { .. },
            "7 bytes",
            "0,2,2",
            "need 0"
        );
        assert_error!(of([usize::MAX; 3]), IoError::DataSize { .. }, "7 bytes");
    });
    with_bytes("empty.raw", &[], |path| {
        let empty = VolumeSource::new(path).with_shape([0, 2, 2]);
        assert_error!(read(&empty), IoError::Empty { .. }, "0,2,2");
    });
    with_bytes("a.tif", &one_bit_tiff(&labelled(&[0, 1]), false), |path| {
        let shaped = VolumeSource::new(path).with_shape([5, 6, 7]);
        assert_error!(
            read(&shaped),
            IoError::ShapeNotNeeded { .. },
            "5,6,7",
            "TIFF"
        );
    });
}

#[test]
fn png_headers_that_claim_more_than_there_is() {
    let folder = folder();
    let path = folder.path().join("a.png");
    for side in [60_000, u32::MAX >> 1] {
        let mut encoder = png::Encoder::new(fs::File::create(&path).unwrap(), side, side);
        encoder.set_depth(png::BitDepth::One);
        encoder
            .write_header()
            .unwrap()
            .write_chunk(png::chunk::IDAT, &[0; 10])
            .unwrap();
        let error = read_path(&path).unwrap_err();
        let is_expected = match side {
            60_000 => matches!(error, IoError::Implausible { .. }),
            _ => matches!(error, IoError::TooLarge { .. }),
        };
        assert!(is_expected, "{error:?}");
    }
}
