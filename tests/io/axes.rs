//! Do NumPy arrays with more or fewer axes than three give the volume that is in them, and only that one?

use crate::files::{assert_holds, cast, folder, labelled, npy, npy_header};
use ndarray::Array3;
use std::{fs, path::Path};
use voxion::io::{IoError, ReadOptions, Reading, VolumeSource, read};

const LABELS: [i64; 3] = [0, 1, 2];

/// Bytes of an array in C order whose entry at each index is given.
fn bytes(shape: &[usize], entry: impl Fn(&[usize]) -> i64) -> Vec<u8> {
    let count = shape.iter().product();
    let index = |flat: usize| {
        let mut rest = flat;
        let mut index: Vec<usize> = shape
            .iter()
            .rev()
            .map(|&length| {
                let place = rest % length;
                rest /= length;
                place
            })
            .collect();
        index.reverse();
        index
    };
    (0..count)
        .map(|flat| u8::try_from(entry(&index(flat))).unwrap())
        .collect()
}

fn write(path: &Path, order: &str, shape: &[usize], data: &[u8]) {
    let shape = format!("{shape:?}").replace('[', "(").replace(']', ",)");
    fs::write(path, npy(&npy_header("|u1", order, &shape), data)).unwrap();
}

fn read_channel(path: &Path, channel: &[usize]) -> Result<Reading, IoError> {
    read(&VolumeSource::new(path).with_options(ReadOptions {
        channel: channel.to_vec(),
        ..ReadOptions::default()
    }))
}

#[test]
fn axes_of_length_one_do_not_count() {
    let volume = labelled(&LABELS);
    let data: Vec<u8> = cast(&volume).iter().copied().collect();
    let folder = folder();
    let path = folder.path().join("a.npy");
    for shape in [&[1, 5, 6, 7][..], &[5, 6, 7, 1], &[1, 5, 6, 7, 1]] {
        write(&path, "False", shape, &data);
        let reading = read_channel(&path, &[]).unwrap();
        assert_holds(&reading, &volume);
        assert!(
            reading.notes[0].contains("length one"),
            "{:?}",
            reading.notes
        );
    }
    write(&path, "False", &[6, 7], &data[..42]);
    let layer = volume.slice(ndarray::s![..1, .., ..]).to_owned();
    assert_holds(&read_channel(&path, &[]).unwrap(), &layer);
}

#[test]
fn one_of_several_channels_is_read_where_it_is_named() {
    let volume = labelled(&LABELS);
    let of =
        |z: usize, y: usize, x: usize, channel: usize| (volume[[z, y, x]] + channel as i64) % 3;
    let second: Array3<i64> = volume.mapv(|label| (label + 1) % 3);
    let folder = folder();
    let path = folder.path().join("a.npy");
    for order in ["False", "True"] {
        // Fortran order is C order of the reversed shape.
        let last = bytes(&[5, 6, 7, 2], |i| of(i[0], i[1], i[2], i[3]));
        let last_fortran = bytes(&[2, 7, 6, 5], |i| of(i[3], i[2], i[1], i[0]));
        let data = if order == "True" { last_fortran } else { last };
        write(&path, order, &[5, 6, 7, 2], &data);
        let error = read_channel(&path, &[]).unwrap_err();
        assert!(
            matches!(&error, IoError::SeveralVolumes { .. })
                && error.to_string().contains("2 channels")
                && error.to_string().contains("--channel 0"),
            "{error}"
        );
        assert_holds(&read_channel(&path, &[0]).unwrap(), &volume);
        assert_holds(&read_channel(&path, &[1]).unwrap(), &second);
        let error = read_channel(&path, &[2]).unwrap_err();
        assert!(matches!(error, IoError::NoSuchChannel { .. }), "{error}");
    }
    write(
        &path,
        "False",
        &[2, 5, 6, 7],
        &bytes(&[2, 5, 6, 7], |i| of(i[1], i[2], i[3], i[0])),
    );
    assert_holds(&read_channel(&path, &[1]).unwrap(), &second);
    let frames = bytes(&[3, 5, 6, 7, 2], |i| of(i[1], i[2], i[3], i[0] * i[4]));
    write(&path, "False", &[3, 5, 6, 7, 2], &frames);
    assert_holds(&read_channel(&path, &[1, 1]).unwrap(), &second);
    assert_holds(&read_channel(&path, &[2, 0]).unwrap(), &volume);
}

/// The comparison above, on a channel that is not the one asked for.
#[test]
#[should_panic(expected = "NPY uint8")]
fn another_channel_would_be_noticed() {
    let volume = labelled(&LABELS);
    let folder = folder();
    let path = folder.path().join("a.npy");
    let data = bytes(&[5, 6, 7, 2], |i| {
        (volume[[i[0], i[1], i[2]]] + i[3] as i64) % 3
    });
    write(&path, "False", &[5, 6, 7, 2], &data);
    assert_holds(&read_channel(&path, &[1]).unwrap(), &volume);
}
