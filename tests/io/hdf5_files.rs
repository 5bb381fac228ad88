//! Does an HDF5 file give the volume, voxel size and names that the program that wrote it meant, and is a file with
//! missing, foreign or damaged parts refused with a sentence? `files/*.h5` were written with h5py; their volume is
//! `labelled(&[0, 1, 2])`.

use crate::files::{assert_error, assert_holds, cast, folder, labelled, read_path};
use hdf5::{
    File, Location,
    types::{FixedAscii, VarLenUnicode},
};
use ndarray::{Array3, Array4, Axis, stack};
use std::{fs, path::Path};
use voxion::io::{IoError, ReadOptions, Reading, VolumeSource, read};

const LABELS: [i64; 3] = [0, 1, 2];

fn volume() -> Array3<u8> {
    cast(&labelled(&LABELS))
}

fn text(location: &Location, name: &str, value: &str) {
    let value: VarLenUnicode = value.parse().unwrap();
    let attribute = location.new_attr::<VarLenUnicode>().create(name).unwrap();
    attribute.write_scalar(&value).unwrap();
}

fn texts(location: &Location, name: &str, values: &[&str]) {
    let values: Vec<VarLenUnicode> = values.iter().map(|value| value.parse().unwrap()).collect();
    location
        .new_attr_builder()
        .with_data(&values)
        .create(name)
        .unwrap();
}

/// As Imaris writes text and numbers: letters that stand alone.
fn letters(location: &Location, name: &str, value: &str) {
    let letters: Vec<FixedAscii<1>> = value
        .chars()
        .map(|letter| FixedAscii::from_ascii(&[u8::try_from(letter).unwrap()]).unwrap())
        .collect();
    location
        .new_attr_builder()
        .with_data(&letters)
        .create(name)
        .unwrap();
}

fn numbers(location: &Location, name: &str, values: &[f64]) {
    location
        .new_attr_builder()
        .with_data(values)
        .create(name)
        .unwrap();
}

fn of(path: &Path, dataset: &str) -> Result<Reading, IoError> {
    read(&VolumeSource::new(path).with_dataset(dataset))
}

fn channel(path: &Path, channel: usize) -> Result<Reading, IoError> {
    let options = ReadOptions {
        channel: vec![channel],
        ..ReadOptions::default()
    };
    read(&VolumeSource::new(path).with_options(options))
}

/// The file of a test, written by `write`, and its reading.
fn written(name: &str, write: impl FnOnce(&File)) -> Result<Reading, IoError> {
    let folder = folder();
    let path = folder.path().join(name);
    let file = File::create(&path).unwrap();
    write(&file);
    drop(file);
    read_path(&path)
}

#[track_caller]
fn assert_size(reading: &Reading, expected: [f64; 3]) {
    let found = reading.volume.spacing().expect("a voxel size");
    for (found, expected) in found.iter().zip(expected) {
        assert!(
            (found / expected - 1.0).abs() < 1e-6,
            "{found} instead of {expected}"
        );
    }
}

fn committed(name: &str) -> Result<Reading, IoError> {
    read_path(
        &Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/io/files")
            .join(name),
    )
}

/// Writes attributes of a file and its dataset.
type Writer = dyn Fn(&File, &Location);

#[test]
fn files_of_h5py_in_every_layout_are_read() {
    for name in [
        "half.h5",
        "big_endian.h5",
        "named_type.h5",
        "dense.h5",
        "scales.h5",
        "nexus.h5",
    ] {
        assert_holds(&committed(name).unwrap(), &labelled(&LABELS));
    }
    for name in ["dense.h5", "scales.h5", "nexus.h5"] {
        assert_size(&committed(name).unwrap(), [0.5e-6, 0.2e-6, 0.1e-6]);
    }
}

#[test]
fn filters_that_are_not_read_are_named() {
    assert_error!(
        committed("zstd.h5"),
        IoError::Filter { .. },
        "zstd",
        "32015",
        "h5repack"
    );
    assert_error!(
        committed("bitshuffle.h5"),
        IoError::Filter { .. },
        "bitshuffle",
        "/image"
    );
    for lzf in [true, false] {
        let reading = written("a.h5", |file| {
            let builder = file.new_dataset_builder().chunk((2, 3, 4));
            let builder = if lzf {
                builder.lzf()
            } else {
                builder.blosc_zstd(5, true)
            };
            builder.with_data(&volume()).create("image").unwrap();
        });
        assert_holds(&reading.unwrap(), &labelled(&LABELS));
    }
}

#[test]
fn axes_are_those_that_the_file_names() {
    let reversed = |file: &File| {
        let data = volume()
            .permuted_axes([2, 1, 0])
            .as_standard_layout()
            .into_owned();
        file.new_dataset_builder()
            .with_data(&data)
            .create("image")
            .unwrap()
    };
    let tags = r#"{"axes":[{"key":"x","typeFlags":2},{"key":"y","typeFlags":2},{"key":"z","typeFlags":2}]}"#;
    let by_tags = written("a.h5", |file| text(&reversed(file), "axistags", tags)).unwrap();
    let by_labels = written("a.h5", |file| {
        texts(&reversed(file), "DIMENSION_LABELS", &["x", "y", "z"]);
    });
    let by_name = written("a.h5", |file| text(&reversed(file), "axes", "xyz"));
    let unnamed = written("a.h5", |file| drop(reversed(file))).unwrap();
    for reading in [by_tags, by_labels.unwrap(), by_name.unwrap()] {
        assert_holds(&reading, &labelled(&LABELS));
        assert!(
            reading.notes.iter().any(|note| note.contains("axes x,y,z")),
            "{:?}",
            reading.notes
        );
    }
    assert_eq!(unnamed.volume.shape(), [7, 6, 5]);
    let short = r#"{"axes":[{"key":"x"},{"key":"y"}]}"#;
    let contradiction = written("a.h5", |file| text(&reversed(file), "axistags", short));
    assert_error!(
        contradiction,
        IoError::Contradiction { .. },
        "axistags names 2 axes",
        "/image has 3"
    );
}

#[test]
fn channels_are_refused_until_one_is_chosen() {
    let folder = folder();
    let path = folder.path().join("a.h5");
    let other = volume().mapv(|label| 2 - label);
    for last in [true, false] {
        let both = stack(
            Axis(if last { 3 } else { 0 }),
            &[volume().view(), other.view()],
        )
        .unwrap();
        let both: Array4<u8> = both.as_standard_layout().into_owned();
        let file = File::create(&path).unwrap();
        file.new_dataset_builder()
            .chunk((2, 3, 2, 2))
            .with_data(&both)
            .create("image")
            .unwrap();
        drop(file);
        assert_error!(
            read_path(&path),
            IoError::SeveralVolumes { .. },
            "2 channels",
            "--channel 0"
        );
        assert_holds(&channel(&path, 0).unwrap(), &labelled(&LABELS));
        let second = channel(&path, 1).unwrap();
        assert_eq!(second.volume.codes(), &other, "the other volume is noticed");
    }
    let one = volume().insert_axis(Axis(3)).insert_axis(Axis(0));
    let reading = written("b.h5", |file| {
        file.new_dataset_builder()
            .with_data(&one)
            .create("image")
            .unwrap();
    });
    let reading = reading.unwrap();
    assert_holds(&reading, &labelled(&LABELS));
    assert!(
        reading.notes[0].contains("length one"),
        "{:?}",
        reading.notes
    );
}

#[test]
fn voxel_sizes_are_found_under_their_usual_names() {
    let expected = [0.5e-6, 0.1e-6, 0.1e-6];
    let size = |write: &dyn Fn(&File, &Location)| {
        written("a.h5", |file| {
            let group = file.create_group("g").unwrap();
            let image = group
                .new_dataset_builder()
                .with_data(&volume())
                .create("image")
                .unwrap();
            write(file, &image);
        })
    };
    let cases: [&Writer; 8] = [
        &|_, image| numbers(image, "element_size_um", &[0.5, 0.1, 0.1]),
        &|_, image| numbers(image, "voxel_size_m", &[0.5e-6, 0.1e-6, 0.1e-6]),
        &|_, image| {
            numbers(image, "resolution", &[500.0, 100.0, 100.0]);
            text(image, "units", "nm");
        },
        &|file, _| {
            numbers(file, "spacing", &[0.5, 0.1, 0.1]);
            text(file, "unit", "\u{b5}m");
        },
        &|file, _| {
            for (axis, edge) in [("x", 0.1), ("y", 0.1), ("z", 0.5)] {
                numbers(
                    &file.group("g").unwrap(),
                    &format!("pixel_size_{axis}"),
                    &[edge],
                );
            }
            text(&file.group("g").unwrap(), "unit", "micron");
        },
        &|_, image| text(image, "voxel_size", "[0.5, 0.1, 0.1] um"),
        &|_, image| numbers(image, "Voxel Size um", &[0.5, 0.1, 0.1]),
        &|file, image| {
            numbers(image, "element_size_um", &[0.5, 0.1, 0.1]);
            numbers(file, "voxel_size_nm", &[500.0, 100.0, 100.0]);
        },
    ];
    for (index, case) in cases.iter().enumerate() {
        let reading = size(case).unwrap_or_else(|error| panic!("{index}: {error}"));
        assert_size(&reading, expected);
        let stated_in = reading.voxel_size.unwrap().stated_in;
        assert!(stated_in.contains("attribute"), "{stated_in}");
    }
    let cube = size(&|_, image| numbers(image, "pixel_size_um", &[0.25])).unwrap();
    assert_size(&cube, [0.25e-6; 3]);
    let without = size(&|_, image| numbers(image, "resolution", &[4.0, 4.0, 40.0])).unwrap();
    assert!(without.voxel_size.is_none());
    assert!(without.notes[0].contains("no unit"), "{:?}", without.notes);
    let two = size(&|file, image| {
        numbers(image, "element_size_um", &[0.5, 0.1, 0.1]);
        numbers(file, "voxel_size_nm", &[500.0, 100.0, 200.0]);
    });
    assert_error!(
        two,
        IoError::Contradiction { .. },
        "0.5 x 0.1 x 0.1",
        "0.5 x 0.1 x 0.2"
    );
}

/// An Imaris file whose chunks pad the volume to (8, 8, 8); the image is `sizes` voxels along z, y, x.
fn imaris(file: &File, channels: usize, sizes: [&str; 3]) {
    let mut padded = Array3::<u8>::zeros((8, 8, 8));
    padded
        .slice_mut(ndarray::s![..5, ..6, ..7])
        .assign(&volume());
    for level in 0..2 {
        for channel in 0..channels {
            let name = format!("DataSet/ResolutionLevel {level}/TimePoint 0/Channel {channel}");
            let group = file.create_group(&name).unwrap();
            for (axis, size) in ["Z", "Y", "X"].iter().zip(sizes) {
                letters(&group, &format!("ImageSize{axis}"), size);
            }
            group
                .new_dataset_builder()
                .chunk((4, 4, 4))
                .with_data(&padded)
                .create("Data")
                .unwrap();
        }
    }
    let image = file.create_group("DataSetInfo/Image").unwrap();
    for (index, (axis, extent)) in [("X", "10.7"), ("Y", "11.2"), ("Z", "12.5")]
        .iter()
        .enumerate()
    {
        letters(&image, axis, ["7", "6", "5"][index]);
        letters(&image, &format!("ExtMin{index}"), "10");
        letters(&image, &format!("ExtMax{index}"), extent);
    }
    letters(&image, "Unit", "um");
}

#[test]
fn imaris_files_lose_their_padding_and_keep_their_voxel_size() {
    let reading = written("a.ims", |file| imaris(file, 1, ["5", "6", "7"])).unwrap();
    assert_holds(&reading, &labelled(&LABELS));
    assert_size(&reading, [0.5e-6, 0.2e-6, 0.1e-6]);
    let said = reading.notes.join("; ");
    assert!(
        said.contains("5,6,7 of 8,8,8") && said.contains("full resolution"),
        "{said}"
    );
    let two = written("a.ims", |file| imaris(file, 2, ["5", "6", "7"]));
    assert_error!(
        two,
        IoError::SeveralDatasets { count: 2, .. },
        "/DataSet/ResolutionLevel 0/"
    );
    let wrong = written("a.ims", |file| imaris(file, 1, ["8", "6", "7"]));
    assert_error!(
        wrong,
        IoError::Contradiction { .. },
        "8 x 6 x 7",
        "5 x 6 x 7"
    );
}

#[test]
fn dream3d_files_have_their_spacing() {
    let write = |file: &File, dimensions: [i64; 3]| {
        let group = file.create_group("DataContainers/Image").unwrap();
        let cells = group.create_group("CellData").unwrap();
        let ids = volume().mapv(i32::from).insert_axis(Axis(3));
        cells
            .new_dataset_builder()
            .with_data(&ids)
            .create("FeatureIds")
            .unwrap();
        let geometry = group.create_group("_SIMPL_GEOMETRY").unwrap();
        geometry
            .new_dataset_builder()
            .with_data(&dimensions)
            .create("DIMENSIONS")
            .unwrap();
        geometry
            .new_dataset_builder()
            .with_data(&[0.1f32, 0.2, 0.5])
            .create("SPACING")
            .unwrap();
    };
    let reading = written("a.dream3d", |file| write(file, [7, 6, 5])).unwrap();
    assert_holds(&reading, &labelled(&LABELS));
    assert_size(&reading, [0.5e-6, 0.2e-6, 0.1e-6]);
    let wrong = written("a.dream3d", |file| write(file, [5, 6, 7]));
    assert_error!(
        wrong,
        IoError::Contradiction { .. },
        "7 x 6 x 5",
        "5 x 6 x 7"
    );
}

#[test]
fn matlab_arrays_are_turned() {
    let folder = folder();
    let path = folder.path().join("seg.mat");
    let file = File::with_options()
        .with_fcpl(|list| list.userblock(512))
        .create(&path)
        .unwrap();
    let turned = volume()
        .permuted_axes([0, 2, 1])
        .as_standard_layout()
        .into_owned();
    let image = file
        .new_dataset_builder()
        .with_data(&turned)
        .create("seg")
        .unwrap();
    let class = FixedAscii::<8>::from_ascii("uint8").unwrap();
    image
        .new_attr::<FixedAscii<8>>()
        .create("MATLAB_class")
        .unwrap()
        .write_scalar(&class)
        .unwrap();
    drop((image, file));
    let reading = read_path(&path).unwrap();
    assert_holds(&reading, &labelled(&LABELS));
    assert!(reading.notes[0].contains("MATLAB"), "{:?}", reading.notes);
}

/// A virtual dataset of `rows` layers, the first five of which are `/d` of another file.
fn virtual_of(path: &Path, rows: usize, other: &str) {
    let file = File::create(path).unwrap();
    let builder = file.new_dataset::<u8>().shape((rows, 6, 7)).fill_value(2u8);
    let builder = builder.virtual_map(
        other,
        "d",
        (5, 6, 7),
        (.., .., ..),
        (rows, 6, 7),
        (0..5, .., ..),
    );
    builder.create("data").unwrap();
}

#[test]
fn virtual_datasets_are_read_from_their_own_folder() {
    let folder = folder();
    let path = folder.path().join("vds.h5");
    let other = folder.path().join("src.h5");
    virtual_of(&path, 5, "src.h5");
    assert_error!(
        read_path(&path),
        IoError::MissingSource { .. },
        "src.h5:/d",
        "missing"
    );
    let file = File::create(&other).unwrap();
    file.new_dataset_builder()
        .with_data(&volume())
        .create("d")
        .unwrap();
    drop(file);
    assert_holds(&read_path(&path).unwrap(), &labelled(&LABELS));
    virtual_of(&path, 10, "src.h5");
    let half = read_path(&path).unwrap();
    assert!(
        half.notes[0].contains("50 %") && half.notes[0].contains("fill value 2"),
        "{:?}",
        half.notes
    );
    let below = folder.path().join("below");
    fs::create_dir(&below).unwrap();
    for name in ["../src.h5".to_owned(), other.display().to_string()] {
        virtual_of(&below.join("vds.h5"), 5, &name);
        assert_error!(
            read_path(&below.join("vds.h5")),
            IoError::OutsideSource { .. },
            name
        );
    }
}

#[test]
fn external_links_are_followed_in_their_own_folder() {
    let folder = folder();
    let path = folder.path().join("a.h5");
    let file = File::create(&path).unwrap();
    file.link_external("src.h5", "/d", "image").unwrap();
    drop(file);
    assert_error!(
        read_path(&path),
        IoError::MissingSource { .. },
        "src.h5:/d",
        "/image"
    );
    assert_error!(
        of(&path, "/image"),
        IoError::MissingSource { .. },
        "src.h5:/d"
    );
    let file = File::create(folder.path().join("src.h5")).unwrap();
    file.new_dataset_builder()
        .with_data(&volume())
        .create("d")
        .unwrap();
    drop(file);
    for reading in [read_path(&path), of(&path, "image")] {
        let reading = reading.unwrap();
        assert_holds(&reading, &labelled(&LABELS));
        assert_eq!(reading.dataset.as_deref(), Some("/image"));
    }
    let raw = written("b.h5", |file| {
        let builder = file.new_dataset::<u8>().shape((2, 3, 4));
        builder
            .external("/etc/passwd", 0, 24)
            .create("image")
            .unwrap();
    });
    assert_error!(raw, IoError::OutsideSource { .. }, "/etc/passwd");
}

#[test]
fn voxels_that_were_never_written_are_counted() {
    let half = written("a.h5", |file| {
        let builder = file
            .new_dataset::<u8>()
            .chunk((2, 6, 7))
            .shape((8, 6, 7))
            .fill_value(1u8);
        let image = builder.create("image").unwrap();
        image
            .write_slice(&Array3::<u8>::zeros((2, 6, 7)), (0..2, .., ..))
            .unwrap();
    });
    let half = half.unwrap();
    assert_eq!(
        half.notes,
        ["75 % of the voxels of /image were never written to the file and have the fill value 1"]
    );
    let none = written("a.h5", |file| {
        file.new_dataset::<u8>()
            .shape((2, 3, 4))
            .create("image")
            .unwrap();
    });
    assert!(none.unwrap().notes[0].contains("100 %"));
    let all = written("a.h5", |file| {
        file.new_dataset_builder()
            .chunk((2, 4, 4))
            .with_data(&volume())
            .create("image")
            .unwrap();
    });
    assert!(all.unwrap().notes.is_empty());
}

#[test]
fn a_file_that_is_being_written_is_no_damaged_one() {
    let folder = folder();
    let path = folder.path().join("a.h5");
    let file = File::create(&path).unwrap();
    file.new_dataset_builder()
        .with_data(&volume())
        .create("image")
        .unwrap();
    file.flush().unwrap();
    assert_error!(
        read_path(&path),
        IoError::OpenForWriting { .. },
        "another program",
        "open for writing"
    );
    drop(file);
    assert_holds(&read_path(&path).unwrap(), &labelled(&LABELS));
}

#[test]
fn long_lists_are_cut_and_control_characters_escaped() {
    let many = written("a.h5", |file| {
        for index in 0..300 {
            let name = format!("v{index}\u{1b}[31m\u{202e}");
            file.new_dataset_builder()
                .with_data(&volume())
                .create(name.as_str())
                .unwrap();
        }
    });
    let said = many.unwrap_err().to_string();
    assert!(said.len() < 1000 && said.contains("and 292 more"), "{said}");
    assert!(
        said.contains("\\u{1b}") && said.contains("\\u{202e}"),
        "{said}"
    );
}

/// Where these bytes first stand.
fn place(bytes: &[u8], wanted: &[u8]) -> usize {
    bytes
        .windows(wanted.len())
        .position(|window| window == wanted)
        .expect("bytes of the file")
}

/// A file with names of phases, changed by `damage`, and its reading.
fn damaged(damage: impl Fn(&mut Vec<u8>)) -> Result<Reading, IoError> {
    let folder = folder();
    let path = folder.path().join("a.h5");
    let file = File::create(&path).unwrap();
    let image = file
        .new_dataset_builder()
        .chunk((5, 6, 7))
        .deflate(4)
        .with_data(&volume())
        .create("image")
        .unwrap();
    image
        .new_attr_builder()
        .with_data(&[0i64, 1, 2])
        .create("phase_labels")
        .unwrap();
    texts(&image, "phase_names", &["pore", "solid", "binder"]);
    drop((image, file));
    let mut bytes = fs::read(&path).unwrap();
    damage(&mut bytes);
    fs::write(&path, bytes).unwrap();
    read_path(&path)
}

#[test]
fn damaged_heaps_and_lengths_are_refused_at_once() {
    let names: Vec<String> = damaged(|_| {})
        .unwrap()
        .names
        .into_iter()
        .map(|name| name.1)
        .collect();
    assert_eq!(names, ["pore", "solid", "binder"]);
    let zeros = damaged(|bytes| {
        let heap = place(bytes, b"GCOL");
        bytes[heap + 16..heap + 32].fill(0);
    });
    assert_error!(zeros, IoError::Malformed { .. }, "an object of no size");
    // The length of a name stands in front of the address of the heap.
    let long = damaged(|bytes| {
        let heap = u64::try_from(place(bytes, b"GCOL")).unwrap();
        let entry = place(bytes, &heap.to_le_bytes());
        bytes[entry - 4..entry].fill(0xff);
    });
    assert_error!(
        long,
        IoError::Malformed { .. },
        "a value of 4294967295 bytes"
    );
    let latin = damaged(|bytes| {
        let name = place(bytes, b"binder");
        bytes[name + 1] = 0xff;
        bytes[name + 2] = 0x1b;
    });
    assert_eq!(latin.unwrap().names[2].1, "b\u{ff}\u{1b}der");
    // The bytes of the chunk stand in the key of its tree.
    let overlong = damaged(|bytes| {
        let mut at = place(bytes, b"TREE\x01");
        at += 24;
        bytes[at..at + 4].copy_from_slice(&0x20_0000u32.to_le_bytes());
        bytes.resize(bytes.len() + 0x20_0000, 0);
    });
    assert_error!(
        overlong,
        IoError::Malformed { .. },
        "a chunk of /image has 2097152 bytes, unpacked 210"
    );
}
