//! Damaged files: valid ones with bytes changed or cut off must be read or refused, never panic, and never take more
//! memory than their size explains. `PROPTEST_CASES=20000` digs deeper.

use crate::files::{
    cast, folder, labelled, npy, npy_header, one_bit_tiff, read_path, write_png, write_tiff,
};
use crate::tiff_files::{LITTLE, Samples, U8, stack, tiff};
use ndarray::Axis;
use proptest::{prelude::*, sample::Index};
use std::{fs, path::Path, sync::LazyLock};
use tempfile::TempDir;
use tiff::encoder::{Compression, colortype};
use voxion::io::{VolumeSource, read, read_grey};

/// What happens to a file: bytes overwritten, then an optional cut. Headers are short, so half of the changes aim at
/// the first hundred bytes.
#[derive(Debug, Clone)]
struct Damage {
    changes: Vec<(Index, Option<u8>, u8)>,
    cut: Option<Index>,
}

fn damage() -> impl Strategy<Value = Damage> {
    let value = prop_oneof![
        Just(0),
        Just(1),
        Just(0x7f),
        Just(0x80),
        Just(0xff),
        any::<u8>()
    ];
    let change = (any::<Index>(), proptest::option::of(0u8..100), value);
    let cut = proptest::option::weighted(0.2, any::<Index>());
    (proptest::collection::vec(change, 0..6), cut)
        .prop_map(|(changes, cut)| Damage { changes, cut })
}

impl Damage {
    fn apply(&self, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        for (anywhere, early, value) in &self.changes {
            let place = early.map_or_else(|| anywhere.index(bytes.len()), usize::from);
            let place = place.min(bytes.len() - 1);
            bytes[place] = *value;
        }
        if let Some(cut) = self.cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        bytes
    }
}

/// Valid bytes, once per kind of file.
fn written(name: &str, write: impl FnOnce(&Path)) -> Vec<u8> {
    let folder = folder();
    let path = folder.path().join(name);
    write(&path);
    fs::read(path).unwrap()
}

fn volume<T: TryFrom<i64>>() -> ndarray::Array3<T>
where
    T::Error: std::fmt::Debug,
{
    cast(&labelled(&[0, 1, 2]))
}

/// A stack whose first page has a description.
fn described(text: &str) -> Vec<u8> {
    let mut pages = stack(LITTLE, U8, &labelled(&[0, 1, 2]));
    pages[0] = pages[0].clone().described(text);
    tiff(LITTLE, &pages)
}

/// A stack under a compression.
fn packed(number: u16, encode: impl Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let pages = stack(LITTLE, U8, &labelled(&[0, 1, 2])).into_iter();
    tiff(
        LITTLE,
        &pages
            .map(|page| page.compressed(number, &encode))
            .collect::<Vec<_>>(),
    )
}

static SCRATCH: LazyLock<TempDir> = LazyLock::new(folder);

/// Reads damaged bytes; the outcome is free, as long as there is one.
fn read_damaged(test: &str, ending: &str, bytes: &[u8]) {
    let path = SCRATCH.path().join(test).with_extension(ending);
    fs::write(&path, bytes).unwrap();
    let source = VolumeSource::new(&path);
    let source = if ending == "raw" {
        source.with_shape([5, 6, 7])
    } else {
        source
    };
    for error in [read(&source).err(), read_grey(&source).err()] {
        let said = error.map(|error| error.to_string()).unwrap_or_default();
        assert!(!said.contains('\n'), "{said}");
    }
    assert_memory_is_bounded();
}

/// Of the whole process since it started: every test here runs beside the others.
#[cfg(target_os = "linux")]
fn assert_memory_is_bounded() {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap();
    let kib: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
    assert!(kib < 3 << 20, "{kib} KiB at the peak");
}

#[cfg(not(target_os = "linux"))]
fn assert_memory_is_bounded() {}

macro_rules! survives {
    ($($name:ident: $ending:literal = $bytes:expr;)*) => {$(
        #[test]
        fn $name() {
            let bytes: Vec<u8> = $bytes;
            read_damaged(stringify!($name), $ending, &bytes);
            let path = SCRATCH.path().join(stringify!($name)).with_extension($ending);
            if $ending != "raw" {
                let grey = read_grey(&VolumeSource::new(&path));
                assert!(read_path(&path).is_ok() || grey.is_ok(), "valid before it is damaged");
            }
            proptest!(ProptestConfig::default(), |(damage in damage())| {
                read_damaged(stringify!($name), $ending, &damage.apply(&bytes));
            });
        }
    )*};
}

survives! {
    hdf5_contiguous: "h5" = written("a.h5", |path| {
        let file = hdf5::File::create(path).unwrap();
        file.new_dataset_builder().with_data(&volume::<u8>()).create("image").unwrap();
    });
    hdf5_chunked: "h5" = written("a.h5", |path| {
        let builder = hdf5::File::create(path).unwrap().new_dataset_builder().chunk((2, 3, 4));
        builder.shuffle().deflate(4).with_data(&volume::<u16>()).create("image").unwrap();
    });
    tiff_plain: "tif" = written("a.tif", |path| {
        write_tiff::<colortype::Gray8>(path, &volume(), Compression::Uncompressed);
    });
    tiff_lzw: "tif" = written("a.tif", |path| {
        write_tiff::<colortype::Gray16>(path, &volume(), Compression::Lzw);
    });
    tiff_deflate: "tif" = written("a.tif", |path| {
        write_tiff::<colortype::Gray32>(path, &volume(), Compression::Deflate(Default::default()));
    });
    tiff_one_bit: "tif" = one_bit_tiff(&labelled(&[0, 1]), false);
    tiff_imagej: "tif" = described("ImageJ=1.54f\nimages=5\nslices=5\nunit=um\nspacing=0.5\n");
    tiff_ome: "tif" = described(
        "<?xml version=\"1.0\"?><OME><Image><Pixels DimensionOrder=\"XYZCT\" SizeZ=\"5\" PhysicalSizeX=\"1\"><TiffData IFD=\"0\" \
         PlaneCount=\"5\"/></Pixels></Image></OME>",
    );
    tiff_shaped: "tif" = described("{\"shape\": [5, 6, 7], \"axes\": \"ZYX\"}");
    tiff_zstd: "tif" = packed(50000, |rows| zstd::bulk::compress(rows, 3).unwrap());
    tiff_pack_bits: "tif" = packed(32773, |rows| rows.iter().flat_map(|&byte| [0, byte]).collect());
    tiff_group_4: "tif" = {
        let rows = [0b1111_1100u8, 0, 0b0100_0000, 0b0000_0100];
        let page = crate::tiff_files::plain(LITTLE, Samples { bits: 1, format: 1 }, labelled(&[0]).index_axis(Axis(0), 0));
        tiff(LITTLE, &[page.compressed(4, |_| rows.to_vec())])
    };
    png_grey: "png" = written("a.png", |path| {
        let kind = (png::ColorType::Grayscale, png::BitDepth::Sixteen);
        write_png(path, [4, 6], kind, &[7; 48]);
    });
    png_colours: "png" = written("a.png", |path| {
        let kind = (png::ColorType::Rgba, png::BitDepth::Eight);
        write_png(path, [4, 6], kind, &[7; 96]);
    });
    tiff_colours: "tif" = written("a.tif", |path| {
        let mut encoder = tiff::encoder::TiffEncoder::new(fs::File::create(path).unwrap()).unwrap();
        encoder.write_image::<colortype::RGB8>(4, 6, &[7; 72]).unwrap();
    });
    jpeg_colours: "jpg" = written("a.jpg", |path| {
        let gradient = image::RgbImage::from_fn(40, 30, |x, y| image::Rgb([x, y, x + y].map(|v| u8::try_from(v).unwrap())));
        gradient.save(path).unwrap();
    });
    npy_array: "npy" = npy(&npy_header("<u2", "True", "(5, 6, 7)"), &[1; 420]);
    raw_bytes: "raw" = vec![3; 210];
}

#[test]
fn hdf5_headers_of_every_byte() {
    let bytes = written("a.h5", |path| {
        let builder = hdf5::File::create(path)
            .unwrap()
            .new_dataset_builder()
            .chunk((2, 3, 4));
        builder
            .deflate(4)
            .with_data(&volume::<u8>())
            .create("image")
            .unwrap();
    });
    for place in 0..bytes.len() {
        for value in [0, 0xff] {
            let mut damaged = bytes.clone();
            damaged[place] = value;
            read_damaged("every_byte", "h5", &damaged);
        }
    }
}

/// A small generator of numbers (SplitMix64), so that a run can be repeated.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).unwrap()
    }
}

/// One change of a few bytes: to numbers that break arithmetic, to zeros, to bytes from elsewhere in the file.
fn change(bytes: &mut Vec<u8>, numbers: &mut Numbers) {
    let at = numbers.below(bytes.len());
    let left = bytes.len() - at;
    match numbers.below(6) {
        0 => bytes[at] = u8::try_from(numbers.below(256)).unwrap(),
        1 => bytes[at] ^= 1 << numbers.below(8),
        2 => {
            let value = [0, 1, 0x7f, 0xff, 0x80][numbers.below(5)];
            let length = [2, 4, 8, 16][numbers.below(4)].min(left);
            bytes[at..at + length].fill(value);
        }
        3 => {
            let value = [
                1 << 16,
                1 << 31,
                u64::from(u32::MAX),
                1 << 40,
                bytes.len() as u64,
            ][numbers.below(5)];
            let length = [2, 4, 8][numbers.below(3)].min(left);
            bytes[at..at + length].copy_from_slice(&value.to_le_bytes()[..length]);
        }
        4 => {
            let length = numbers.below(32).min(left);
            let from = numbers.below(bytes.len() - length);
            bytes.copy_within(from..from + length, at);
        }
        _ if numbers.below(10) == 0 => bytes.truncate(at.max(1)),
        _ => bytes[at] = bytes[at].wrapping_add(1),
    }
}

/// `MUTATIONS=100000` digs deeper; what is read last stays in the folder for temporary files if the process dies.
#[test]
fn hdf5_files_of_other_programs_changed_anywhere() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/io/files");
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    names.sort();
    let files: Vec<Vec<u8>> = names.iter().map(|name| fs::read(name).unwrap()).collect();
    let rounds = std::env::var("MUTATIONS").map_or(300, |count| count.parse().unwrap());
    let mut slowest = std::time::Duration::ZERO;
    for round in 0..rounds {
        let mut numbers = Numbers(round);
        let mut bytes = files[numbers.below(files.len())].clone();
        for _ in 0..=numbers.below(5) {
            change(&mut bytes, &mut numbers);
        }
        let start = std::time::Instant::now();
        read_damaged("changed_anywhere", "h5", &bytes);
        slowest = slowest.max(start.elapsed());
    }
    println!("{rounds} files, the slowest in {slowest:?}");
}
