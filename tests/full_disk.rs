//! Does HDF5 report every write that fails, whatever the size of the file? Limits of file sizes stand for quotas and full disks.
//!
//! A program of its own: processes that are started inherit the files that HDF5 has open in other tests, and their locks.

use ndarray::Array3;
use std::{fs, path::Path, process::Command};
use voxion::io::{IoError, Overwrite, image_data, write_atomically};

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let name =
        |entry: std::io::Result<fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
    folder.read_dir().unwrap().map(name).collect()
}

/// A file of HDF5 with two fields, written as one of the given size of data: small ones are built in memory, large ones are
/// written piece by piece.
fn write_fields(path: &Path, bytes: u64) -> std::io::Result<()> {
    let noise = Array3::from_shape_fn((40, 30, 20), |(z, y, x)| {
        ((z * 7919 + y * 104_729 + x * 1_299_709) % 10_007) as f32
    });
    image_data::write_file(path, bytes, |file| {
        let group = file.create_group("fields")?;
        for name in ["a", "b"] {
            let dataset = image_data::write_field(&group, name, noise.view(), |&value| value)?;
            image_data::text(&dataset, "units", "V")?;
        }
        Ok(())
    })
}

const SMALL: u64 = 0;
const LARGE: u64 = u64::MAX;

/// The part of `a_limit_of_file_sizes_is_reported_by_hdf5` that runs under a limit, in a process of its own: writes both kinds
/// and prints how that went.
#[test]
#[ignore = "run by a_limit_of_file_sizes_is_reported_by_hdf5"]
fn limited_child() {
    for (name, bytes) in [("small.h5", SMALL), ("large.h5", LARGE)] {
        let written: Result<(), IoError> =
            write_atomically(Path::new(name), Overwrite::Keep, |partial| {
                write_fields(partial, bytes).map_err(|source| IoError::Unwritable {
                    path: name.into(),
                    source,
                })
            });
        println!(
            "{name}: {}",
            written.map_or_else(|error| error.to_string(), |()| "whole".to_owned())
        );
    }
}

#[cfg(unix)]
#[test]
fn a_limit_of_file_sizes_is_reported_by_hdf5() {
    let whole = folder();
    write_fields(&whole.path().join("whole.h5"), SMALL).unwrap();
    let size = whole.path().join("whole.h5").metadata().unwrap().len() / 1024;
    let program = std::env::current_exe().unwrap();
    for limit in (0..size + 16).step_by(3) {
        let folder = folder();
        let script = format!(
            "trap '' XFSZ; ulimit -f {limit}; exec '{}' --exact limited_child --ignored --nocapture",
            program.display()
        );
        let output = Command::new("bash")
            .args(["-c", &script])
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert!(output.status.success(), "{limit}: {output:?}");
        let said = String::from_utf8(output.stdout).unwrap();
        let mut expected = Vec::new();
        for name in ["small.h5", "large.h5"] {
            let (fine, refused) = (
                format!("{name}: whole"),
                format!("{name} cannot be written: File too large"),
            );
            assert!(
                said.contains(&fine) || said.contains(&refused),
                "{limit}: {said}"
            );
            assert!(!said.contains("errno") && !said.contains("buf"), "{said}");
            if said.contains(&fine) {
                let file = hdf5::File::open(folder.path().join(name)).unwrap();
                assert_eq!(file.dataset("fields/b").unwrap().size(), 24_000);
                expected.push(name.to_owned());
            }
        }
        let mut left = names(folder.path());
        left.sort();
        expected.sort();
        assert_eq!(left, expected, "{limit}");
        assert!(
            limit < size + 12 || left.len() == 2,
            "{limit} is enough: {said}"
        );
    }
}
