//! Do raw voxels of every type, and those behind MetaImage and NRRD headers, give the volume, its size and no other?

use crate::files::{assert_holds, folder, labelled, npy, npy_header};
use flate2::{Compression, write::GzEncoder};
use ndarray::Array3;
use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};
use voxion::io::{Inputs, IoError, ReadOptions, Reading, VolumeSource, read};

/// Little-endian bytes of a type, and big-endian ones.
fn encoded(volume: &Array3<i64>, sample_type: &str) -> Vec<u8> {
    let number = |&label: &i64| -> Vec<u8> {
        match sample_type.trim_end_matches("be") {
            "u8" | "i8" => vec![label.to_le_bytes()[0]],
            "u16" | "i16" => label.to_le_bytes()[..2].to_vec(),
            "u32" | "i32" => label.to_le_bytes()[..4].to_vec(),
            "u64" | "i64" => label.to_le_bytes().to_vec(),
            "f32" => (label as f32).to_le_bytes().to_vec(),
            "f64" => (label as f64).to_le_bytes().to_vec(),
            other => panic!("{other}"),
        }
    };
    let turned = |mut bytes: Vec<u8>| {
        if sample_type.ends_with("be") {
            bytes.reverse();
        }
        bytes
    };
    volume
        .iter()
        .flat_map(|label| turned(number(label)))
        .collect()
}

fn read_raw(path: &Path, sample_type: &str, offset: Option<u64>) -> Result<Reading, IoError> {
    read(&VolumeSource::new(path).with_options(ReadOptions {
        shape: Some([5, 6, 7]),
        sample_type: Some(sample_type.parse().unwrap()),
        offset,
        ..ReadOptions::default()
    }))
}

#[test]
fn raw_voxels_of_every_type_behind_a_header() {
    let folder = folder();
    let path = folder.path().join("a.raw");
    for sample_type in [
        "u8", "i8", "u16", "u16be", "i16", "i16be", "u32", "u32be", "i32", "i32be", "u64", "u64be",
        "i64", "i64be", "f32", "f32be", "f64", "f64be",
    ] {
        let labels = match sample_type {
            "u8" => [0, 7, 255],
            "i8" => [-128, 0, 127],
            s if s.starts_with('u') => [0, 258, 65_535],
            _ => [-300, 0, 515],
        };
        let volume = labelled(&labels);
        let data = encoded(&volume, sample_type);
        fs::write(&path, [vec![9; 513], data].concat()).unwrap();
        assert_holds(&read_raw(&path, sample_type, Some(513)).unwrap(), &volume);
    }
}

#[test]
fn a_raw_file_of_another_size_says_what_would_fit() {
    let folder = folder();
    let path = folder.path().join("a.raw");
    let volume = labelled(&[0, 1]);
    fs::write(&path, encoded(&volume, "u16be")).unwrap();
    let said = read_raw(&path, "u8", None).unwrap_err().to_string();
    assert!(said.contains("--type u16 or u16be"), "{said}");
    fs::write(&path, [vec![0; 512], encoded(&volume, "u8")].concat()).unwrap();
    let said = read_raw(&path, "u8", None).unwrap_err().to_string();
    assert!(said.contains("--offset 512"), "{said}");
    let said = read_raw(&path, "u8", Some(600)).unwrap_err();
    assert!(matches!(said, IoError::DataSize { .. }), "{said}");
}

#[test]
fn options_of_raw_files_are_refused_elsewhere() {
    let folder = folder();
    let path = folder.path().join("a.npy");
    fs::write(
        &path,
        npy(&npy_header("|u1", "False", "(1, 2, 2)"), &[0, 1, 0, 1]),
    )
    .unwrap();
    let options = ReadOptions {
        offset: Some(3),
        ..ReadOptions::default()
    };
    let error = read(&VolumeSource::new(&path).with_options(options)).unwrap_err();
    assert!(
        matches!(
            error,
            IoError::RawOption {
                option: "--offset",
                ..
            }
        ),
        "{error}"
    );
}

/// Writes a header and, beside or behind it, voxels.
fn with_header(
    name: &str,
    header: &str,
    files: &[(&str, Vec<u8>)],
) -> (tempfile::TempDir, PathBuf) {
    let folder = folder();
    for (name, bytes) in files {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    let path = folder.path().join(name);
    let behind = match files {
        [] => encoded(&labelled(&[0, 1, 2]), "u8"),
        _ => Vec::new(),
    };
    fs::write(&path, [header.as_bytes(), &behind].concat()).unwrap();
    (folder, path)
}

#[test]
fn metaimages_give_voxels_and_their_size() {
    let volume = labelled(&[0, 1, 2]);
    let common = "ObjectType = Image\nNDims = 3\nDimSize = 7 6 5\nElementSpacing = 0.1 0.2 0.5\n";
    let local = format!("{common}ElementType = MET_UCHAR\nElementDataFile = LOCAL\n");
    let (_folder, path) = with_header("a.mha", &local, &[]);
    let reading = read(&VolumeSource::new(&path)).unwrap();
    assert_holds(&reading, &volume);
    let [z, y, x] = reading.volume.spacing().unwrap();
    for (found, expected) in [(z, 5e-4), (y, 2e-4), (x, 1e-4)] {
        assert!((found / expected - 1.0).abs() < 1e-12, "{found}");
    }
    let stated = reading.voxel_size.unwrap().stated_in;
    assert!(stated.contains("in mm"), "{stated}");

    let beside = format!(
        "{common}DistanceUnits = um\nElementType = MET_USHORT\nBinaryDataByteOrderMSB = True\nHeaderSize = -1\n\
         ElementDataFile = a.raw\n"
    );
    let data = [vec![1; 99], encoded(&volume, "u16be")].concat();
    let (_folder, path) = with_header("a.mhd", &beside, &[("a.raw", data)]);
    let reading = read(&VolumeSource::new(&path)).unwrap();
    assert_holds(&reading, &volume);
    assert!((reading.volume.spacing().unwrap()[0] / 5e-7 - 1.0).abs() < 1e-12);
    let elsewhere = beside.replace("a.raw", "../a.raw");
    fs::write(&path, elsewhere).unwrap();
    let error = read(&VolumeSource::new(&path)).unwrap_err();
    assert!(matches!(error, IoError::Unsupported { .. }), "{error}");
}

#[test]
fn nrrd_files_give_voxels_and_their_size() {
    let volume = labelled(&[0, 1, 2]);
    let common = "NRRD0004\ntype: uint8\ndimension: 3\nsizes: 7 6 5\n";
    let attached = format!(
        "{common}encoding: raw\nspacings: 0.1 0.2 0.5\nspace units: \"um\" \"um\" \"um\"\n\n"
    );
    let (_folder, path) = with_header("a.nrrd", &attached, &[]);
    let reading = read(&VolumeSource::new(&path)).unwrap();
    assert_holds(&reading, &volume);
    assert!((reading.volume.spacing().unwrap()[0] / 5e-7 - 1.0).abs() < 1e-12);
    // Without a unit there is no size.
    let bare = attached.replace("space units: \"um\" \"um\" \"um\"\n", "");
    let (_folder, path) = with_header("a.nrrd", &bare, &[]);
    assert_eq!(
        read(&VolumeSource::new(&path)).unwrap().volume.spacing(),
        None
    );

    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(&encoded(&volume, "u8")).unwrap();
    let detached = format!(
        "{common}encoding: gzip\nspace: left-posterior-superior\nspace directions: (0.1,0,0) (0,0.2,0) (0,0,0.5)\n\
         data file: a.raw.gz\n\n"
    );
    let (_folder, path) = with_header("a.nhdr", &detached, &[("a.raw.gz", gzip.finish().unwrap())]);
    let reading = read(&VolumeSource::new(&path)).unwrap();
    assert_holds(&reading, &volume);
    assert!((reading.volume.spacing().unwrap()[2] / 1e-4 - 1.0).abs() < 1e-12);
}

#[test]
fn a_dataset_stands_behind_the_longest_file_that_exists() {
    let folder = folder();
    let file = folder.path().join("like.ims:odd");
    fs::write(&file, b"something").unwrap();
    let typed = format!("{}:/DataSet/Channel 0", file.display());
    let source = VolumeSource::from(typed.as_str());
    assert_eq!(source.path(), file);
    assert_eq!(source.dataset(), Some("/DataSet/Channel 0"));
    let whole = VolumeSource::from(file.display().to_string().as_str());
    assert_eq!((whole.path(), whole.dataset()), (file.as_path(), None));
}

#[test]
fn voxels_beside_a_header_are_an_input() {
    let header = "NDims = 3\nDimSize = 7 6 5\nElementType = MET_UCHAR\nElementDataFile = a.raw\n";
    let data = encoded(&labelled(&[0, 1]), "u8");
    let (folder, path) = with_header("a.mhd", header, &[("a.raw", data), ("b.raw", vec![0])]);
    let mut inputs = Inputs::default();
    inputs.add(&path);
    let output = |name: &str| vec![folder.path().join(name)];
    assert!(matches!(
        inputs.check(&output("a.raw")),
        Err(IoError::OutputIsInput { .. })
    ));
    inputs.check(&output("b.raw")).unwrap();
}
