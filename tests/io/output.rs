//! Writing: complete or not there.

use crate::files::{cast, folder, labelled, read_path};
use ndarray::Array3;
use std::{
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};
use voxion::io::{Inputs, IoError, Overwrite, check_writable, image_data, write_atomically};

fn names(folder: &Path) -> Vec<String> {
    let name =
        |entry: std::io::Result<fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
    folder.read_dir().unwrap().map(name).collect()
}

fn put(path: &Path, overwrite: Overwrite, text: &str) -> Result<(), IoError> {
    write_atomically(path, overwrite, |partial| {
        fs::write(partial, text).unwrap();
        Ok(())
    })
}

#[test]
fn a_new_file_appears_and_nothing_else() {
    let folder = folder();
    let path = folder.path().join("out.txt");
    check_writable(&path, Overwrite::Keep).unwrap();
    assert!(names(folder.path()).is_empty());
    put(&path, Overwrite::Keep, "done").unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "done");
    assert_eq!(names(folder.path()), ["out.txt"]);
}

#[test]
fn an_existing_file_is_kept_unless_it_may_be_replaced() {
    let folder = folder();
    let path = folder.path().join("out.txt");
    put(&path, Overwrite::Keep, "old").unwrap();
    let error = put(&path, Overwrite::Keep, "new").unwrap_err();
    assert!(matches!(error, IoError::OutputExists { .. }));
    assert!(error.to_string().contains("--force"), "{error}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "old");
    put(&path, Overwrite::Replace, "new").unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "new");
    assert_eq!(names(folder.path()), ["out.txt"]);
}

#[test]
fn a_file_that_appears_meanwhile_is_kept() {
    let folder = folder();
    let path = folder.path().join("out.txt");
    let written: Result<(), IoError> = write_atomically(&path, Overwrite::Keep, |partial| {
        fs::write(partial, "mine").unwrap();
        fs::write(&path, "theirs").unwrap();
        Ok(())
    });
    assert!(matches!(written, Err(IoError::OutputExists { .. })));
    assert_eq!(fs::read_to_string(&path).unwrap(), "theirs");
    assert_eq!(names(folder.path()), ["out.txt"]);
}

#[test]
fn failure_and_panic_leave_nothing_new() {
    let folder = folder();
    let path = folder.path().join("out.txt");
    put(&path, Overwrite::Keep, "old").unwrap();
    let failed: Result<(), IoError> = write_atomically(&path, Overwrite::Replace, |partial| {
        fs::write(partial, "half").unwrap();
        Err(IoError::UnknownFormat {
            path: partial.to_owned(),
        })
    });
    assert!(matches!(failed, Err(IoError::UnknownFormat { .. })));
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        write_atomically(
            &path,
            Overwrite::Replace,
            |partial| -> Result<(), IoError> {
                fs::write(partial, "half").unwrap();
                panic!("the run went wrong")
            },
        )
    }));
    assert!(panicked.is_err());
    assert_eq!(fs::read_to_string(&path).unwrap(), "old");
    assert_eq!(names(folder.path()), ["out.txt"]);
}

#[test]
fn an_output_that_cannot_be_written_is_known_before_the_run() {
    let folder = folder();
    for path in [
        folder.path().join("missing/out.h5"),
        folder.path().to_owned(),
        "/".into(),
    ] {
        let error = check_writable(&path, Overwrite::Replace).unwrap_err();
        assert!(matches!(error, IoError::Unwritable { .. }), "{error}");
    }
}

#[test]
fn writers_that_take_a_path_work() {
    let folder = folder();
    let path = folder.path().join("out.h5");
    let volume = labelled(&[0, 1]);
    let written: Result<(), IoError> = write_atomically(&path, Overwrite::Keep, |partial| {
        assert_eq!(partial.extension(), path.extension());
        let file = hdf5::File::create(partial).unwrap();
        let labels = cast::<u8>(&volume);
        file.new_dataset_builder()
            .with_data(&labels)
            .create("labels")
            .unwrap();
        Ok(())
    });
    written.unwrap();
    crate::files::assert_holds(&read_path(&path).unwrap(), &volume);
    assert_eq!(names(folder.path()), ["out.h5"]);
}

#[cfg(unix)]
#[test]
fn a_result_has_the_permissions_of_any_new_file() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder();
    let (path, plain) = (
        folder.path().join("out.txt"),
        folder.path().join("plain.txt"),
    );
    put(&path, Overwrite::Keep, "done").unwrap();
    fs::write(&plain, "done").unwrap();
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode();
    assert_eq!(mode(&path), mode(&plain));
}

#[test]
fn names_of_any_length_that_the_system_takes_are_written() {
    let folder = folder();
    for name in [
        "l".repeat(255),
        format!("{}.h5", "m".repeat(252)),
        "\u{5b54}".repeat(85),
    ] {
        let path = folder.path().join(&name);
        put(&path, Overwrite::Keep, "done").unwrap();
        assert_eq!(names(folder.path()), [name]);
        fs::remove_file(path).unwrap();
    }
}

#[test]
fn no_output_is_an_input_under_any_name_nor_joins_its_slices() {
    let folder = folder();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("scan.h5"), "scan").unwrap();
    fs::hard_link(path("scan.h5"), path("hard.h5")).unwrap();
    fs::create_dir(path("slices")).unwrap();
    let mut inputs = Inputs::default();
    inputs.add(path("scan.h5"));
    inputs.add(path("slices"));
    inputs.add(path("missing.h5"));
    let refused = |outputs: &[&str]| {
        let outputs: Vec<_> = outputs.iter().map(|name| path(name)).collect();
        inputs.check(&outputs).unwrap_err()
    };
    for name in ["scan.h5", "slices/../scan.h5", "hard.h5", "slices"] {
        let error = refused(&["new.h5", name]);
        assert!(
            matches!(error, IoError::OutputIsInput { .. }),
            "{name}: {error}"
        );
    }
    let error = refused(&["slices/new.PNG"]);
    assert!(
        matches!(error, IoError::OutputAmongSlices { .. }),
        "{error}"
    );
    for twice in [["a.h5", "a.h5"], ["a.h5", "slices/../a.h5"]] {
        let error = refused(&twice);
        assert!(matches!(error, IoError::OutputTwice { .. }), "{error}");
    }
    let fine = ["a.h5", "b.h5", "slices/notes.json"].map(path);
    inputs.check(&fine).unwrap();
}

#[cfg(unix)]
#[test]
fn links_are_followed_and_stay() {
    use std::os::unix::fs::symlink;
    let folder = folder();
    let path = |name: &str| folder.path().join(name);
    fs::create_dir(path("scratch")).unwrap();
    fs::write(path("scratch/old.txt"), "old").unwrap();
    symlink("scratch/old.txt", path("link.txt")).unwrap();
    symlink("link.txt", path("second.txt")).unwrap();
    let error = put(&path("second.txt"), Overwrite::Keep, "new").unwrap_err();
    assert!(matches!(error, IoError::OutputExists { .. }), "{error}");
    put(&path("second.txt"), Overwrite::Replace, "new").unwrap();
    assert_eq!(fs::read_to_string(path("scratch/old.txt")).unwrap(), "new");
    assert!(path("link.txt").is_symlink() && path("second.txt").is_symlink());
    symlink("scratch/new.txt", path("dangling.txt")).unwrap();
    put(&path("dangling.txt"), Overwrite::Replace, "here").unwrap();
    assert_eq!(fs::read_to_string(path("scratch/new.txt")).unwrap(), "here");
    symlink("circle.txt", path("circle.txt")).unwrap();
    let error = put(&path("circle.txt"), Overwrite::Replace, "new").unwrap_err();
    assert!(error.to_string().contains("circle"), "{error}");
}

#[cfg(unix)]
#[test]
fn what_is_no_regular_file_is_kept_and_force_is_not_proposed() {
    let folder = folder();
    let socket = folder.path().join("socket");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    for path in [
        socket.as_path(),
        Path::new("/dev/null"),
        Path::new("/dev/stdout"),
    ] {
        for overwrite in [Overwrite::Keep, Overwrite::Replace] {
            let error = put(path, overwrite, "new").unwrap_err();
            assert!(matches!(error, IoError::NotAFile { .. }), "{error}");
            assert!(!error.to_string().contains("--force"), "{error}");
        }
    }
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

#[test]
fn small_and_large_files_hold_the_same() {
    let folder = folder();
    let [small, large] = [("small.h5", SMALL), ("large.h5", LARGE)].map(|(name, bytes)| {
        let path = folder.path().join(name);
        write_fields(&path, bytes).unwrap();
        let file = hdf5::File::open(&path).unwrap();
        ["a", "b"].map(|name| {
            let dataset = file.dataset(&format!("fields/{name}")).unwrap();
            dataset.read::<f32, ndarray::Ix3>().unwrap()
        })
    });
    assert!(small == large && small[0].len() == 24_000);
    assert_eq!(small[0], small[1]);
}
