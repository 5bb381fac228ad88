//! Samples of TIFF files as they are stored, whatever tags say about how to show, pack or compress them.

use crate::{
    files::{assert_error, assert_holds, folder, labelled, read_path},
    tiff_files::{
        BIG_ENDIAN, LITTLE, Layout, Samples, TiffPage, U8, Value, layouts, plain, stack, tiff,
    },
};
use ndarray::{Array3, ArrayView2, array};
use std::{fs, io::Write};
use voxion::io::{GreyReading, IoError, ReadOptions, Reading, VolumeSource, read, read_grey};

fn reading(bytes: &[u8]) -> Result<Reading, IoError> {
    let folder = folder();
    let path = folder.path().join("a.tif");
    fs::write(&path, bytes).unwrap();
    read_path(&path)
}

fn grey(bytes: &[u8]) -> Result<GreyReading, IoError> {
    let folder = folder();
    let path = folder.path().join("a.tif");
    fs::write(&path, bytes).unwrap();
    read_grey(&VolumeSource::new(path))
}

fn channel(bytes: &[u8], channel: &[usize]) -> Result<Reading, IoError> {
    let folder = folder();
    let path = folder.path().join("a.tif");
    fs::write(&path, bytes).unwrap();
    let channel = channel.to_vec();
    read(&VolumeSource::new(path).with_options(ReadOptions {
        channel,
        ..ReadOptions::default()
    }))
}

/// Labels that the samples hold, the largest and smallest among them.
fn volume_of(samples: Samples) -> Array3<i64> {
    let labels: &[i64] = match (samples.format, samples.bits) {
        (1, 1) => &[0, 1, 1],
        (1, 2) => &[0, 1, 3],
        (1, 4) => &[0, 9, 15],
        (1, 8) => &[0, 1, 255],
        (1, bits) => &[0, 1, (1 << bits.min(62)) - 1],
        (2, 8) => &[-128, 0, 127],
        (3, 16) => &[-3, 0, 1025],
        _ => &[-3, 0, 32767],
    };
    labelled(labels)
}

const TYPES: [(usize, u16, &str); 20] = [
    (1, 1, "1-bit"),
    (2, 1, "2-bit"),
    (3, 1, "3-bit"),
    (4, 1, "4-bit"),
    (5, 1, "5-bit"),
    (8, 1, "uint8"),
    (10, 1, "10-bit"),
    (12, 1, "12-bit"),
    (14, 1, "14-bit"),
    (16, 1, "uint16"),
    (24, 1, "uint24"),
    (32, 1, "uint32"),
    (64, 1, "uint64"),
    (8, 2, "int8"),
    (16, 2, "int16"),
    (32, 2, "int32"),
    (64, 2, "int64"),
    (16, 3, "float16"),
    (32, 3, "float32"),
    (64, 3, "float64"),
];

#[test]
fn white_is_zero_inverts_no_value_of_any_type() {
    for layout in layouts() {
        for (bits, format, words) in TYPES {
            let samples = Samples { bits, format };
            let volume = volume_of(samples);
            let pages = stack(layout, samples, &volume);
            let plain = reading(&tiff(layout, &pages)).unwrap();
            assert_holds(&plain, &volume);
            assert_eq!(plain.file_type, format!("TIFF {words}"), "{layout:?}");
            assert!(plain.notes.is_empty(), "{:?}", plain.notes);
            // Every second page, the first among them.
            let white = pages
                .into_iter()
                .enumerate()
                .map(|(at, page)| match at % 2 {
                    0 => page.with(262, 0),
                    _ => page,
                });
            let white = reading(&tiff(layout, &white.collect::<Vec<_>>())).unwrap();
            assert_holds(&white, &volume);
            assert!(white.notes[0].contains("WhiteIsZero"), "{:?}", white.notes);
        }
    }
    let page = plain(LITTLE, U8, array![[0, 7], [200, 255]].view()).with(262, 0);
    let values = grey(&tiff(LITTLE, &[page])).unwrap().values;
    assert_eq!(values.into_raw_vec_and_offset().0, [0.0, 7.0, 200.0, 255.0]);
}

fn reversed(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().map(|byte| byte.reverse_bits()).collect()
}

#[test]
fn fill_order_2_turns_the_bits_of_each_byte() {
    let ones = Array3::from_elem((4, 4, 12), 1i64);
    for samples in [1, 2, 4, 8, 12].map(|bits| Samples { bits, format: 1 }) {
        for (volume, number) in [
            (&ones, 1),
            (&volume_of(samples), 1),
            (&volume_of(samples), 32773),
            (&volume_of(samples), 8),
        ] {
            let pages = stack(LITTLE, samples, volume).into_iter().map(|page| {
                let encoded = page.compressed(number, |bytes| encoded(number, bytes));
                encoded.compressed(number, reversed).with(266, 2)
            });
            assert_holds(
                &reading(&tiff(LITTLE, &pages.collect::<Vec<_>>())).unwrap(),
                volume,
            );
        }
    }
}

/// Bytes put through a compression.
fn encoded(number: u16, bytes: &[u8]) -> Vec<u8> {
    match number {
        1 => bytes.to_vec(),
        5 => weezl::encode::Encoder::with_tiff_size_switch(weezl::BitOrder::Msb, 8)
            .encode(bytes)
            .unwrap(),
        8 | 32946 => {
            let mut encoder =
                flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        }
        // Runs of one byte: a literal, so that nothing has to be found.
        32773 => bytes.iter().flat_map(|&byte| [0, byte]).collect(),
        50000 | 34926 => zstd::bulk::compress(bytes, 3).unwrap(),
        other => panic!("{other}"),
    }
}

#[test]
fn lossless_compressions_with_every_predictor() {
    for layout in [LITTLE, BIG_ENDIAN] {
        for (bits, format, _) in TYPES {
            let samples = Samples { bits, format };
            let volume = volume_of(samples);
            for number in [5, 8, 32946, 32773, 50000, 34926] {
                let pages = stack(layout, samples, &volume);
                let compress =
                    |page: TiffPage| page.compressed(number, |bytes| encoded(number, bytes));
                let plain: Vec<TiffPage> = pages.iter().cloned().map(compress).collect();
                assert_holds(&reading(&tiff(layout, &plain)).unwrap(), &volume);
                if matches!(bits, 8 | 16 | 32 | 64) {
                    let bytes = bits / 8;
                    let predicted = pages.iter().map(|page| {
                        let page = page
                            .clone()
                            .compressed(number, |rows| differences(layout, rows, bytes));
                        compress(page).with(317, 2)
                    });
                    assert_holds(
                        &reading(&tiff(layout, &predicted.collect::<Vec<_>>())).unwrap(),
                        &volume,
                    );
                }
                if format == 3 {
                    let predicted = pages.iter().map(|page| {
                        let page = page
                            .clone()
                            .compressed(number, |rows| planes(layout, rows, bits / 8));
                        compress(page).with(317, 3)
                    });
                    assert_holds(
                        &reading(&tiff(layout, &predicted.collect::<Vec<_>>())).unwrap(),
                        &volume,
                    );
                }
            }
        }
    }
}

/// Columns of the volumes above.
const COLUMNS: usize = 7;

/// Each number as the difference to the one before it in its row.
fn differences(layout: Layout, rows: &[u8], bytes: usize) -> Vec<u8> {
    let value = |chunk: &[u8]| {
        let join = |number: u64, &byte: &u8| number << 8 | u64::from(byte);
        match layout.is_big_endian {
            true => chunk.iter().fold(0, join),
            false => chunk.iter().rev().fold(0, join),
        }
    };
    let rows = rows.chunks(COLUMNS * bytes);
    rows.flat_map(|row| {
        let numbers: Vec<u64> = row.chunks(bytes).map(value).collect();
        let before = [0].into_iter().chain(numbers.clone());
        let pairs = numbers.into_iter().zip(before).collect::<Vec<_>>();
        pairs
            .into_iter()
            .flat_map(move |(now, before)| layout.number(now.wrapping_sub(before), bytes))
    })
    .collect()
}

/// The bytes of each row by place, the highest first, each as the difference to the one before it.
fn planes(layout: Layout, rows: &[u8], bytes: usize) -> Vec<u8> {
    let rows = rows.chunks(COLUMNS * bytes);
    rows.flat_map(|row| {
        let place = |place: usize| {
            if layout.is_big_endian {
                place
            } else {
                bytes - 1 - place
            }
        };
        let by_place: Vec<u8> = (0..bytes)
            .flat_map(|at| {
                row.chunks(bytes)
                    .map(move |number| number[place(at)])
                    .collect::<Vec<_>>()
            })
            .collect();
        let before = [0].into_iter().chain(by_place.clone());
        by_place
            .clone()
            .into_iter()
            .zip(before)
            .map(|(now, before)| now.wrapping_sub(before))
            .collect::<Vec<_>>()
    })
    .collect()
}

#[test]
fn a_wrong_predictor_gives_other_labels() {
    let samples = Samples {
        bits: 16,
        format: 1,
    };
    let pages = stack(LITTLE, samples, &labelled(&[1, 2, 3])).into_iter();
    let pages: Vec<TiffPage> = pages
        .map(|page| page.compressed(8, |bytes| encoded(8, bytes)).with(317, 2))
        .collect();
    assert_ne!(
        reading(&tiff(LITTLE, &pages)).unwrap().volume.labels(),
        [1, 2, 3]
    );
}

fn bit_rows(page: ArrayView2<i64>) -> TiffPage {
    plain(LITTLE, Samples { bits: 1, format: 1 }, page)
}

/// Bits written as zeros and ones, blanks between them.
fn bits(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text
        .bytes()
        .filter(|b| b"01".contains(b))
        .map(|b| b - b'0')
        .collect();
    digits
        .chunks(8)
        .map(|byte| {
            byte.iter()
                .zip((0..8).rev())
                .fold(0, |sum, (bit, place)| sum | bit << place)
        })
        .collect()
}

#[test]
fn ccitt_compressions_of_known_bits() {
    // White 4, black 4, white 8; twice, then eight white and eight black.
    let page = array![
        [0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1],
    ];
    const EOL: &str = "000000000001";
    let (first, last) = ("1011 011 10011", "10011 000101");
    let rows = [first, first, last];
    let coded = |row: &str| bits(row);
    let huffman: Vec<u8> = rows.iter().flat_map(|row| coded(row)).collect();
    let group3 = rows.map(|row| format!("{EOL}{row}")).join("") + &EOL.repeat(6);
    // The second row is as the first; of the third the change to black is 4 later, too far for a vertical mode.
    let rest = "001 10011 000101";
    let mixed = format!("{EOL}1{first}{EOL}0 1 1 1{EOL}0{rest}") + &format!("{EOL}1").repeat(6);
    let group4 = format!("001 1011 011 1 1 1 1 {rest} {EOL}{EOL}");
    let strip = |compression: u16, bytes: Vec<u8>| {
        bit_rows(page.view())
            .compressed(compression, |_| bytes.clone())
            .with(262, 0)
    };
    let volume = page.clone().insert_axis(ndarray::Axis(0));
    for (compression, bytes, options) in [
        (2, huffman.clone(), 0),
        (3, bits(&group3), 0),
        (3, bits(&mixed), 1),
        (4, bits(&group4), 0),
    ] {
        let page = strip(compression, bytes.clone()).with(292, options);
        let found = reading(&tiff(LITTLE, std::slice::from_ref(&page))).unwrap();
        assert_holds(&found, &volume);
        let turned = page.compressed(compression, reversed).with(266, 2);
        assert_holds(&reading(&tiff(LITTLE, &[turned])).unwrap(), &volume);
        let cut = strip(compression, bytes[..2].to_vec()).with(292, options);
        assert_error!(
            reading(&tiff(LITTLE, &[cut])),
            IoError::Malformed { .. },
            "row",
            "cut short"
        );
    }
}

#[test]
fn group_4_of_random_rows() {
    use fax::{Color, VecWriter, encoder::Encoder};
    for width in [1usize, 7, 64, 1000] {
        let page = ndarray::Array2::from_shape_fn((9, width), |(y, x)| {
            i64::from((x * 2654435761 + y * y * 40503) % 97 % (2 + y) == 0)
        });
        let mut encoder = Encoder::new(VecWriter::new());
        for row in page.rows() {
            let pixels = row.iter().map(|&label| {
                if label == 1 {
                    Color::Black
                } else {
                    Color::White
                }
            });
            encoder
                .encode_line(pixels, u16::try_from(width).unwrap())
                .unwrap();
        }
        let bytes = encoder.finish().unwrap().finish();
        let strip = bit_rows(page.view()).compressed(4, |_| bytes.clone());
        assert_holds(
            &reading(&tiff(LITTLE, &[strip])).unwrap(),
            &page.insert_axis(ndarray::Axis(0)),
        );
    }
}

#[test]
fn compressions_and_types_that_are_not_read_are_named() {
    let page = || plain(LITTLE, U8, array![[1, 2], [3, 4]].view());
    for (number, name) in [
        (34887, "LERC"),
        (50001, "WebP"),
        (34712, "JPEG 2000"),
        (50002, "JPEG XL"),
        (34925, "LZMA"),
        (6, "JPEG of the old kind"),
        (65000, "65000"),
    ] {
        let bytes = tiff(LITTLE, &[page().with(259, number)]);
        assert_error!(
            reading(&bytes),
            IoError::Unsupported { .. },
            name,
            "compression",
            "export"
        );
    }
    let complex = tiff(LITTLE, &[page().with(339, 6).with(258, 64)]);
    assert_error!(reading(&complex), IoError::SampleType { .. }, "complex");
    let many = Value::Short((0..3000).map(|at| 5 + at % 2).collect());
    let bytes = tiff(LITTLE, &[page().with(277, 3000).with_value(258, many)]);
    let error = reading(&bytes).unwrap_err().to_string();
    assert!(error.len() < 300 && error.contains("5 and 6"), "{error}");
}

#[test]
fn tiles_strips_and_planes() {
    let volume = labelled(&[0, 3, 200]);
    let (_, height, width) = volume.dim();
    let (tile, pad) = (16usize, 99i64);
    for layout in layouts() {
        let samples = Samples {
            bits: 16,
            format: 1,
        };
        let tiles = volume.outer_iter().map(|page| {
            let padded = ndarray::Array2::from_shape_fn((tile, tile), |(y, x)| {
                page.get([y, x]).copied().unwrap_or(pad)
            });
            let mut tiled = plain(layout, samples, padded.view());
            tiled.is_tiled = true;
            let side = |n: usize| u16::try_from(n).unwrap();
            tiled.tags.retain(|(tag, _)| *tag != 278);
            tiled
                .with(256, side(width))
                .with(257, side(height))
                .with(322, side(tile))
                .with(323, side(tile))
        });
        assert_holds(
            &reading(&tiff(layout, &tiles.collect::<Vec<_>>())).unwrap(),
            &volume,
        );
        let strips = stack(layout, samples, &volume).into_iter().map(|mut page| {
            page.chunks = page.chunks[0]
                .chunks(4 * width)
                .map(<[u8]>::to_vec)
                .collect();
            page.with(278, 2)
        });
        assert_holds(
            &reading(&tiff(layout, &strips.collect::<Vec<_>>())).unwrap(),
            &volume,
        );
    }
}

#[test]
fn samples_of_a_pixel_are_channels_and_transparency_is_none() {
    let rgb = |planar: bool| {
        let mut page = plain(LITTLE, U8, array![[10, 20, 30, 11, 21, 31]].view()).with(256, 2);
        if planar {
            page.chunks = vec![vec![10, 11], vec![20, 21], vec![30, 31]];
            page = page.with(284, 2);
        }
        page.with(277, 3)
            .with(262, 2)
            .with_value(258, Value::Short(vec![8; 3]))
    };
    for planar in [false, true] {
        let bytes = tiff(LITTLE, &[rgb(planar)]);
        assert_error!(
            reading(&bytes),
            IoError::Colour { .. },
            "RGB(8)",
            "--channel"
        );
        for (sample, labels) in [(0, [10, 11]), (1, [20, 21]), (2, [30, 31])] {
            assert_eq!(channel(&bytes, &[sample]).unwrap().volume.labels(), labels);
        }
        assert_error!(
            channel(&bytes, &[3]),
            IoError::NoSuchChannel { .. },
            "3 samples"
        );
        let values = grey(&bytes).unwrap();
        assert!(values.is_from_colours());
        assert_eq!(values.values.into_raw_vec_and_offset().0, [19.0, 20.0]);
    }
    let alpha = plain(LITTLE, U8, array![[1, 255, 2, 0]].view())
        .with(256, 2)
        .with(277, 2)
        .with(338, 2);
    let found = reading(&tiff(LITTLE, std::slice::from_ref(&alpha))).unwrap();
    assert_eq!(found.volume.labels(), [1, 2]);
    assert!(found.notes[0].contains("transparency"));
    let bands = tiff(LITTLE, &[alpha.with(338, 0)]);
    assert_error!(reading(&bands), IoError::SeveralVolumes { .. }, "2 samples");
    assert_eq!(channel(&bands, &[1]).unwrap().volume.labels(), [0, 255]);
}

#[test]
fn palettes_are_numbers_for_labels_and_luma_for_greys() {
    let mut colours = vec![0u16; 3 * 256];
    colours[1] = 65535;
    colours[256 + 2] = 65535;
    let page = plain(LITTLE, U8, array![[0, 1, 2]].view())
        .with(262, 3)
        .with_value(320, Value::Short(colours));
    let bytes = tiff(LITTLE, &[page]);
    let found = reading(&bytes).unwrap();
    assert_eq!(found.volume.labels(), [0, 1, 2]);
    assert!(found.notes[0].contains("colour table"));
    let values = grey(&bytes).unwrap();
    assert!(values.is_from_colours());
    assert_eq!(
        values.values.into_raw_vec_and_offset().0,
        [0.0, 54.0, 182.0]
    );
}
