//! The C library: opens files without locks and reads blocks of elements.

use super::{
    super::{Format, IoError, image_data::open},
    find::Found,
};
use hdf5::{Dataset, File};
use std::path::Path;

/// A dataset, and the file that has to stay open for it.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) dataset: Dataset,
    _file: File,
}

/// Opens a dataset that was found.
pub(super) fn dataset(found: &Found) -> Result<Open, IoError> {
    let path = &found.place.source.path;
    // Locks are taken by the reader itself: HDF5's fail on file systems without them.
    let file = open(path).map_err(|error| malformed(path, &error))?;
    let dataset = file.dataset(&found.place.path());
    let dataset = dataset.map_err(|error| malformed(path, &error))?;
    Ok(Open {
        dataset,
        _file: file,
    })
}

/// The innermost reason of an error, without functions, addresses and paths of the machine that built the library.
pub(super) fn malformed(path: &Path, error: &hdf5::Error) -> IoError {
    let stack = error.stack();
    let reason = stack
        .as_ref()
        .and_then(|stack| stack.last())
        .map(|frame| frame.desc().to_owned());
    let reason = reason.filter(|reason| !reason.contains(['/', '\\']) && !reason.contains("0x"));
    let reason = reason.unwrap_or_else(|| "the HDF5 library cannot read it".to_owned());
    IoError::malformed(path, Format::Hdf5, reason)
}
