//! The files that the tests read, written with the formats' own libraries.

use ndarray::{Array3, ArrayView2, Axis};
use std::{
    fs::{self, File},
    io::BufWriter,
    path::{Path, PathBuf},
};
use tempfile::TempDir;
use tiff::encoder::{Compression, TiffEncoder, TiffValue, colortype::ColorType};
use voxion::io::{IoError, Reading, VolumeSource, read};

/// A folder for one test.
pub(crate) fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// A small volume whose three sides differ and whose labels are `labels`, all present.
pub(crate) fn labelled(labels: &[i64]) -> Array3<i64> {
    Array3::from_shape_fn((5, 6, 7), |(z, y, x)| {
        labels[(z * z + 3 * y + x * y) % labels.len()]
    })
}

/// The same in the sample type of a file.
pub(crate) fn cast<T: TryFrom<i64>>(volume: &Array3<i64>) -> Array3<T>
where
    T::Error: std::fmt::Debug,
{
    volume.mapv(|label| T::try_from(label).unwrap())
}

/// Reads a path or `file:dataset`.
pub(crate) fn read_path(path: &Path) -> Result<Reading, IoError> {
    read(&VolumeSource::new(path))
}

/// Asserts that a reading holds exactly this volume.
#[track_caller]
pub(crate) fn assert_holds(reading: &Reading, expected: &Array3<i64>) {
    let labels = reading.volume.labels();
    assert!(labels.is_sorted(), "labels ascend: {labels:?}");
    let found = reading
        .volume
        .codes()
        .mapv(|code| labels[usize::from(code)]);
    assert_eq!(&found, expected, "{}", reading.file_type);
}

/// Writes a volume with these labels, reads it, and compares.
#[track_caller]
pub(crate) fn check(
    source: &VolumeSource,
    labels: &[i64],
    words: &str,
    write: &dyn Fn(&Array3<i64>),
) {
    let volume = labelled(labels);
    write(&volume);
    let reading = read(source).unwrap();
    assert_holds(&reading, &volume);
    assert_eq!(reading.file_type, words);
}

/// Pages of a TIFF stack.
pub(crate) fn write_tiff<C: ColorType>(
    path: &Path,
    volume: &Array3<C::Inner>,
    compression: Compression,
) where
    C::Inner: Clone,
    [C::Inner]: TiffValue,
{
    let file = BufWriter::new(File::create(path).unwrap());
    let mut encoder = TiffEncoder::new(file)
        .unwrap()
        .with_compression(compression);
    for page in volume.outer_iter() {
        let [height, width] = [page.nrows(), page.ncols()].map(|n| u32::try_from(n).unwrap());
        let samples: Vec<C::Inner> = page.iter().cloned().collect();
        encoder.write_image::<C>(width, height, &samples).unwrap();
    }
}

/// A 1-bit TIFF stack, put together by hand since the encoder has none: a header, then for each page its directory
/// (seven tags) and its rows, each starting at a byte.
pub(crate) fn one_bit_tiff(volume: &Array3<i64>, white_is_zero: bool) -> Vec<u8> {
    let (pages, height, width) = volume.dim();
    let mut bytes = b"II\x2a\0\x08\0\0\0".to_vec();
    for (index, page) in volume.outer_iter().enumerate() {
        let data_start = bytes.len() + 2 + 7 * 12 + 4;
        let data = pack(page, 1);
        let tags = [
            (256, width),
            (257, height),
            (258, 1),
            (262, usize::from(!white_is_zero)),
            (273, data_start),
            (278, height),
            (279, data.len()),
        ];
        bytes.extend(7u16.to_le_bytes());
        for (tag, value) in tags {
            bytes.extend(
                [u16::try_from(tag).unwrap(), 4]
                    .into_iter()
                    .flat_map(u16::to_le_bytes),
            );
            bytes.extend(
                [1, u32::try_from(value).unwrap()]
                    .into_iter()
                    .flat_map(u32::to_le_bytes),
            );
        }
        let next = if index + 1 < pages {
            data_start + data.len()
        } else {
            0
        };
        bytes.extend(u32::try_from(next).unwrap().to_le_bytes());
        bytes.extend(data);
    }
    bytes
}

/// Samples of a few bits, highest first, each row starting at a byte.
pub(crate) fn pack(page: ArrayView2<i64>, bits: u8) -> Vec<u8> {
    let per_byte = usize::from(8 / bits);
    let pack_byte = |samples: &[i64]| {
        samples
            .iter()
            .zip((0..8 / bits).rev())
            .fold(0, |byte, (&sample, place)| {
                byte | (u8::try_from(sample).unwrap() << (bits * place))
            })
    };
    page.rows()
        .into_iter()
        .flat_map(|row| {
            row.to_vec()
                .chunks(per_byte)
                .map(pack_byte)
                .collect::<Vec<u8>>()
        })
        .collect()
}

/// PNG slices `slice_<z>.png`, without leading zeros, so that their names do not sort as their numbers do.
pub(crate) fn write_png_slices(
    folder: &Path,
    volume: &Array3<i64>,
    color: png::ColorType,
    depth: png::BitDepth,
) -> Vec<PathBuf> {
    let write = |(z, page): (usize, ArrayView2<i64>)| {
        let path = folder.join(format!("slice_{}.png", z + 8));
        let bytes = match depth {
            png::BitDepth::Sixteen => page
                .iter()
                .flat_map(|&label| u16::try_from(label).unwrap().to_be_bytes())
                .collect(),
            depth => pack(page, depth as u8),
        };
        write_png(&path, [page.ncols(), page.nrows()], (color, depth), &bytes);
        path
    };
    volume.axis_iter(Axis(0)).enumerate().map(write).collect()
}

/// One PNG image of the given (width, height).
pub(crate) fn write_png(
    path: &Path,
    size: [usize; 2],
    (color, depth): (png::ColorType, png::BitDepth),
    bytes: &[u8],
) {
    let [width, height] = size.map(|n| u32::try_from(n).unwrap());
    let mut encoder = png::Encoder::new(File::create(path).unwrap(), width, height);
    encoder.set_color(color);
    encoder.set_depth(depth);
    if color == png::ColorType::Indexed {
        encoder.set_palette([0u8, 200, 30].repeat(256));
    }
    encoder
        .write_header()
        .unwrap()
        .write_image_data(bytes)
        .unwrap();
}

/// A NumPy array whose header says what is given and whose data are the samples in the order given.
pub(crate) fn npy(header: &str, data: &[u8]) -> Vec<u8> {
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend(u16::try_from(header.len()).unwrap().to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(data);
    bytes
}

/// A NumPy header for this shape.
pub(crate) fn npy_header(descr: &str, fortran: &str, shape: &str) -> String {
    format!("{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {shape}, }}\n")
}

/// Asserts that reading fails with an error of this kind whose sentence has all these words.
macro_rules! assert_error {
    ($result:expr, $kind:pat, $($words:expr),+) => {{
        let error = $result.map(|reading| reading.file_type).unwrap_err();
        let sentence = error.to_string();
        assert!(matches!(error, $kind), "{error:?}");
        $(assert!(sentence.contains(&$words.to_string()), "\"{}\" in: {sentence}", $words);)+
        assert!(!sentence.contains('\n'), "{sentence}");
    }};
}
pub(crate) use assert_error;

/// A file of these bytes for one check.
pub(crate) fn with_bytes(name: &str, bytes: &[u8], check: impl FnOnce(&Path)) {
    let folder = folder();
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    check(&path);
}
