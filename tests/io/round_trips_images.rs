//! TIFF stacks and folders of slices: what was written is what is read.

use crate::files::{
    assert_holds, cast, check, folder, labelled, one_bit_tiff, read_path, write_png_slices,
    write_tiff,
};
use ndarray::Array3;
use std::fs;
use tiff::encoder::{Compression, colortype};
use voxion::io::VolumeSource;

const SMALL: [i64; 3] = [0, 85, 170];
const SIGNED: [i64; 3] = [-100, 0, 101];

#[test]
fn tiff_of_every_sample_type_and_compression() {
    use Compression::{Deflate, Lzw, Packbits, Uncompressed};
    let folder = folder();
    let path = folder.path().join("a.TIF");
    let source = VolumeSource::new(&path);
    let check = |labels: &[i64], words: &str, write: &dyn Fn(&Array3<i64>)| {
        check(&source, labels, words, write);
    };
    for compression in [Uncompressed, Lzw, Deflate(Default::default()), Packbits] {
        check(&SMALL, "TIFF uint8", &|v| {
            write_tiff::<colortype::Gray8>(&path, &cast(v), compression)
        });
        check(&[3, 300], "TIFF uint16", &|v| {
            write_tiff::<colortype::Gray16>(&path, &cast(v), compression)
        });
    }
    check(&SIGNED, "TIFF int8", &|v| {
        write_tiff::<colortype::GrayI8>(&path, &cast(v), Lzw)
    });
    check(&SIGNED, "TIFF int16", &|v| {
        write_tiff::<colortype::GrayI16>(&path, &cast(v), Lzw)
    });
    check(&SMALL, "TIFF uint32", &|v| {
        write_tiff::<colortype::Gray32>(&path, &cast(v), Lzw)
    });
    check(&SIGNED, "TIFF int32", &|v| {
        write_tiff::<colortype::GrayI32>(&path, &cast(v), Lzw)
    });
    check(&SMALL, "TIFF uint64", &|v| {
        write_tiff::<colortype::Gray64>(&path, &cast(v), Lzw)
    });
    check(&SIGNED, "TIFF int64", &|v| {
        write_tiff::<colortype::GrayI64>(&path, v, Lzw)
    });
    check(&SIGNED, "TIFF float32", &|v| {
        let floats = cast::<i16>(v).mapv(f32::from);
        write_tiff::<colortype::Gray32Float>(&path, &floats, Uncompressed)
    });
    check(&SIGNED, "TIFF float64", &|v| {
        let floats = cast::<i16>(v).mapv(f64::from);
        write_tiff::<colortype::Gray64Float>(&path, &floats, Uncompressed)
    });
}

#[test]
fn tiff_of_one_bit() {
    let folder = folder();
    let path = folder.path().join("a.tif");
    let volume = labelled(&[0, 1, 1]);
    fs::write(&path, one_bit_tiff(&volume, false)).unwrap();
    let reading = read_path(&path).unwrap();
    assert_holds(&reading, &volume);
    assert_eq!(reading.file_type, "TIFF 1-bit");
    fs::write(&path, one_bit_tiff(&volume, true)).unwrap();
    assert_holds(&read_path(&path).unwrap(), &volume);
}

#[test]
fn png_slices_in_the_order_of_their_numbers() {
    use png::{BitDepth as B, ColorType as C};
    for (labels, color, depth, words) in [
        (&[0, 1][..], C::Grayscale, B::One, "PNG 1-bit, 5 slices"),
        (&[0, 2, 3], C::Grayscale, B::Two, "PNG 2-bit, 5 slices"),
        (&[0, 7, 15], C::Grayscale, B::Four, "PNG 4-bit, 5 slices"),
        (&SMALL, C::Grayscale, B::Eight, "PNG uint8, 5 slices"),
        (&SMALL, C::Indexed, B::Eight, "PNG uint8, 5 slices"),
        (&[0, 3], C::Indexed, B::Two, "PNG 2-bit, 5 slices"),
        (
            &[7, 60000],
            C::Grayscale,
            B::Sixteen,
            "PNG uint16, 5 slices",
        ),
    ] {
        let folder = folder();
        let volume = labelled(labels);
        write_png_slices(folder.path(), &volume, color, depth);
        fs::write(folder.path().join("notes.txt"), "not an image").unwrap();
        fs::write(folder.path().join("._slice_8.png"), "not an image").unwrap();
        let reading = read_path(folder.path()).unwrap();
        assert_holds(&reading, &volume);
        assert_eq!(reading.file_type, words);
    }
}

#[test]
fn tiff_slices() {
    let folder = folder();
    let volume = labelled(&SMALL);
    for (z, page) in volume.outer_iter().enumerate() {
        let page = cast(&page.insert_axis(ndarray::Axis(0)).to_owned());
        let path = folder.path().join(format!("s{z:03}_labels.tiff"));
        write_tiff::<colortype::Gray8>(&path, &page, Compression::Lzw);
    }
    assert_holds(&read_path(folder.path()).unwrap(), &volume);
}
