//! Every unusable input: one sentence, with the value at fault and what to do.

use crate::files::{
    assert_error, cast, folder, labelled, read_path, with_bytes, write_png, write_tiff,
};
use ndarray::Array3;
use std::fs;
use tiff::encoder::{Compression, TiffEncoder, colortype};
use voxion::io::{IoError, VolumeSource, read};

#[test]
fn nothing_there() {
    for name in ["no.h5", "no.tif", "no.npy", "no", "no.h5:/image"] {
        assert_error!(
            read(&name.into()),
            IoError::NotFound { .. },
            "does not exist"
        );
    }
}

#[test]
fn a_file_of_no_known_format() {
    with_bytes("notes.txt", b"hello", |path| {
        assert_error!(
            read_path(path),
            IoError::UnknownFormat { .. },
            "notes.txt",
            "HDF5"
        );
    });
    with_bytes("empty", b"", |path| {
        assert_error!(read_path(path), IoError::UnknownFormat { .. }, "empty");
    });
}

#[test]
fn a_file_that_is_not_what_its_name_says() {
    for name in ["a.h5", "a.tif", "a.png", "a.npy"] {
        for bytes in [
            &b""[..],
            b"hello",
            b"\x89HDF\r\n\x1a\n",
            b"II\x2a\0\x08\0\0\0",
            b"\x93NUMPY\x01\0\xff\xff{",
        ] {
            with_bytes(name, bytes, |path| {
                assert_error!(read_path(path), IoError::Malformed { .. }, name, "damaged");
            });
        }
    }
}

#[test]
fn a_truncated_file() {
    let folder = folder();
    let path = |name: &str| folder.path().join(name);
    let volume: Array3<u8> = cast(&labelled(&[0, 1]));
    let file = hdf5::File::create(path("a.h5")).unwrap();
    let builder = file
        .new_dataset_builder()
        .chunk((1, 6, 7))
        .deflate(4)
        .with_data(&volume);
    builder.create("image").unwrap();
    drop((builder, file));
    write_tiff::<colortype::Gray8>(&path("a.tif"), &volume, Compression::Uncompressed);
    write_png(
        &path("a.png"),
        [6, 6],
        (png::ColorType::Grayscale, png::BitDepth::Eight),
        &[1; 36],
    );
    for name in ["a.h5", "a.tif", "a.png"] {
        let bytes = fs::read(path(name)).unwrap();
        fs::write(path(name), &bytes[..bytes.len() * 2 / 3]).unwrap();
        assert_error!(
            read_path(&path(name)),
            IoError::Malformed { .. },
            name,
            "cut short"
        );
    }
}

#[test]
fn grey_scale_images() {
    let folder = folder();
    let path = folder.path().join("a.tif");
    let grey = Array3::from_shape_fn((4, 20, 20), |(z, y, x)| {
        u16::try_from(400 * z + 20 * y + x).unwrap()
    });
    write_tiff::<colortype::Gray16>(&path, &grey, Compression::Lzw);
    assert_error!(
        read_path(&path),
        IoError::TooManyLabels { .. },
        "exactly 1600",
        "segment"
    );

    let grey = Array3::from_shape_fn((4, 200, 200), |(z, y, x)| {
        u32::try_from(40000 * z + 200 * y + x).unwrap()
    });
    write_tiff::<colortype::Gray32>(&path, &grey, Compression::Lzw);
    assert_error!(
        read_path(&path),
        IoError::TooManyLabels { .. },
        "more than 65536"
    );

    let mut grey = Array3::from_elem((1, 2, 2), 0.37);
    write_tiff::<colortype::Gray64Float>(&path, &grey, Compression::Uncompressed);
    assert_error!(
        read_path(&path),
        IoError::Fraction { .. },
        "0.37",
        "segment"
    );
    grey.fill(3.0);
    grey[[0, 1, 0]] = f64::NAN;
    grey[[0, 1, 1]] = f64::INFINITY;
    write_tiff::<colortype::Gray64Float>(&path, &grey, Compression::Uncompressed);
    let share = "2 of 4 voxels";
    assert_error!(
        read_path(&path),
        IoError::NotFinite { .. },
        share,
        "50.000 %",
        "nan=255"
    );
    let named = read(&VolumeSource::new(&path).with_nan_label(Some(-1))).unwrap();
    assert_eq!(named.volume.labels(), [-1, 3]);
    assert_eq!(named.volume.counts(), [2, 2]);
    write_tiff::<colortype::Gray64>(
        &path,
        &Array3::from_elem((1, 2, 2), u64::MAX),
        Compression::Uncompressed,
    );
    assert_error!(read_path(&path), IoError::LabelRange { .. }, u64::MAX);
}

#[test]
fn just_as_many_labels_as_there_may_be() {
    let folder = folder();
    let path = folder.path().join("a.tif");
    let labels = Array3::from_shape_fn((1, 16, 16), |(_, y, x)| {
        u16::try_from(7 * (16 * y + x)).unwrap()
    });
    write_tiff::<colortype::Gray16>(&path, &labels, Compression::Lzw);
    assert_eq!(read_path(&path).unwrap().volume.labels().len(), 256);
    let labels = Array3::from_shape_fn((1, 1, 257), |(_, _, x)| u16::try_from(x).unwrap());
    write_tiff::<colortype::Gray16>(&path, &labels, Compression::Lzw);
    assert_error!(
        read_path(&path),
        IoError::TooManyLabels { .. },
        "exactly 257"
    );
}

#[test]
fn colour_images() {
    let folder = folder();
    let path = folder.path().join("a.tif");
    let mut encoder = TiffEncoder::new(fs::File::create(&path).unwrap()).unwrap();
    encoder
        .write_image::<colortype::RGB8>(2, 2, &[0; 12])
        .unwrap();
    assert_error!(read_path(&path), IoError::Colour { .. }, "RGB");
    let path = folder.path().join("a.png");
    write_png(
        &path,
        [2, 2],
        (png::ColorType::Rgba, png::BitDepth::Eight),
        &[0; 16],
    );
    assert_error!(read_path(&path), IoError::Colour { .. }, "Rgba", "grey");
}

#[test]
fn pages_of_different_size() {
    let folder = folder();
    let path = folder.path().join("a.tif");
    let mut encoder = TiffEncoder::new(fs::File::create(&path).unwrap()).unwrap();
    encoder
        .write_image::<colortype::Gray8>(2, 3, &[0; 6])
        .unwrap();
    encoder
        .write_image::<colortype::Gray8>(3, 2, &[0; 6])
        .unwrap();
    assert_error!(
        read_path(&path),
        IoError::PageSize { .. },
        "page 2",
        "2,3",
        "3,2"
    );
}

#[test]
fn an_imagej_stack_with_fewer_pages_than_it_announces() {
    let folder = folder();
    let path = folder.path().join("a.tif");
    let mut encoder = TiffEncoder::new(fs::File::create(&path).unwrap()).unwrap();
    let mut image = encoder.new_image::<colortype::Gray8>(2, 2).unwrap();
    let description = "ImageJ=1.54f\nimages=300\nslices=300\n";
    image
        .encoder()
        .write_tag(tiff::tags::Tag::ImageDescription, description)
        .unwrap();
    image.write_data(&[0; 4]).unwrap();
    drop(encoder);
    assert_error!(
        read_path(&path),
        IoError::Contradiction { .. },
        "300 images",
        "1 page"
    );
}
