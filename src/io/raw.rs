//! Raw bytes: one unsigned byte per voxel, x fastest, and nothing else in the file.

use super::{
    Contents, Format, IoError, file_size,
    labels::{Collect, Sample, allocate, voxels},
};
use std::{
    fs::File,
    io::{BufReader, Read},
    path::Path,
};

/// A volume of the shape given.
pub(super) fn read<C: Collect>(
    path: &Path,
    shape: Option<[usize; 3]>,
) -> Result<Contents<C::Output>, IoError> {
    let shape = shape.ok_or_else(|| IoError::ShapeMissing {
        path: path.to_owned(),
    })?;
    let (expected, found) = (voxels(shape), file_size(path)?);
    if expected != u128::from(found) {
        let path = path.to_owned();
        return Err(IoError::DataSize {
            path,
            shape,
            sample_bytes: 1,
            expected,
            found,
        });
    }
    let mut codes = allocate(path, shape, found)?;
    let mut encoder = C::new(path);
    let mut file = BufReader::new(File::open(path).map_err(|error| IoError::os(path, error))?);
    let mut labels = vec![0u8; shape[1] * shape[2]];
    for plane in codes.outer_iter_mut() {
        file.read_exact(&mut labels)
            .map_err(|error| IoError::os(path, error))?;
        encoder.encode(labels.iter().copied(), plane)?;
    }
    let file_type = format!("{} {}", Format::Raw, u8::NAME);
    Ok(Contents {
        volume: encoder.finish(codes)?,
        dataset: None,
        spacing: None,
        names: Vec::new(),
        file_type,
    })
}
