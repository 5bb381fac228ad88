//! Writing: complete or not there.

use crate::files::{cast, folder, labelled, read_path};
use std::{
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};
use voxion::io::{IoError, Overwrite, check_room, check_writable, write_atomically};

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

#[cfg(unix)]
#[test]
fn a_full_disk_is_told_before_it_is_written_to() {
    let folder = folder();
    assert_eq!(check_room(folder.path(), 1), Ok(()));
    let sentence = check_room(folder.path(), u64::MAX).unwrap_err();
    assert!(sentence.contains(&u64::MAX.to_string()), "{sentence}");
}
