//! Volumes as HDF5 that ParaView opens as it is (VTKHDF image data): what result files and microstructures have in common.
//!
//! Data lie once under `/voxion` and are hard-linked into `/VTKHDF/CellData`. Arrays are `[z][y][x]`, x fastest. The file
//! format is that of HDF5 1.8, which every reader in use understands.

use crate::microstructure::Volume;
use hdf5::{
    Dataset, File, Group, H5Type, Location,
    plist::file_access::{FileDriver, LibraryVersion},
    types::{FixedAscii, VarLenUnicode},
};
use ndarray::{ArrayView3, s};
use std::{io, mem, path::Path};

/// Voxels of a chunk along (z, y, x): half a mebibyte of f32, near a cube, so that slices along any axis read little more
/// than they show.
const CHUNK: [usize; 3] = [32, 64, 64];
/// Fields hardly shrink further at higher levels of deflate, which are many times slower.
const DEFLATE_LEVEL: u8 = 1;

/// Files up to so many bytes of data are built in memory and written at once.
const IN_MEMORY: u64 = 128 << 20;

/// Bytes by which such a file grows in memory.
const INCREMENT: usize = 4 << 10;

/// Writes an HDF5 file, replacing what is there; `bytes` is the size of its data before compression.
///
/// A write that fails (a full disk, a quota, a fault of the disk) is reported wherever it happens: HDF5 hides failures of
/// closing and crashes when it closes a file that it could not write, so everything is flushed while it is open, and a file
/// that failed is never closed: HDF5 forgets it when the process ends.
///
/// # Errors
/// What the operating system or HDF5 says.
pub fn write_file(
    path: &Path,
    bytes: u64,
    write: impl FnOnce(&File) -> hdf5::Result<()>,
) -> io::Result<()> {
    let version = LibraryVersion::V18;
    let file = File::with_options()
        .with_fapl(|access| {
            let access = access.libver_bounds(version, version);
            match bytes <= IN_MEMORY {
                true => access.core_options(INCREMENT, true),
                false => access,
            }
        })
        .with_fcpl(|creation| creation.obj_track_times(false))
        .create(path)
        .map_err(|error| system_error(&error))?;
    if let Err(error) = write(&file).and_then(|()| file.flush()) {
        mem::forget(file);
        return Err(system_error(&error));
    }
    file.close().map_err(|error| system_error(&error))?;
    // HDF5 compares the length that it wrote down with that of the file.
    let reopened = File::open(path).map(drop);
    reopened.map_err(|error| system_error(&error))
}

/// An error of HDF5 without its buffers, descriptors and times: that of the operating system where there is one.
pub fn system_error(error: &hdf5::Error) -> io::Error {
    let text = error.to_string();
    let code = text.split_once("errno = ").and_then(|(_, rest)| {
        let end = rest.find(|c: char| !c.is_ascii_digit())?;
        rest[..end].parse().ok()
    });
    match code {
        Some(code) => io::Error::from_raw_os_error(code),
        None => io::Error::other(without_details(&text).to_owned()),
    }
}

/// A message of HDF5 up to the details that only its developers can use.
fn without_details(text: &str) -> &str {
    let details = [": time = ", ", time = ", " (file ", ", buf = ", ", ptr = "];
    let ends = details.iter().filter_map(|detail| text.find(detail));
    &text[..ends.min().unwrap_or(text.len())]
}

/// An existing file for reading, without HDF5's locks, which some file systems lack.
///
/// # Errors
/// What HDF5 says.
pub fn open(path: &Path) -> hdf5::Result<File> {
    File::with_options()
        .with_fapl(|list| list.file_locking(false))
        .open(path)
}

/// The group that makes the file VTK image data; returns the group of its cell arrays.
///
/// # Errors
/// What HDF5 says.
pub fn write_image_header(file: &File, volume: &Volume) -> hdf5::Result<Group> {
    let group = file.create_group("VTKHDF")?;
    let [nz, ny, nx] = volume.shape();
    let (spacing, unit) = match volume.spacing() {
        Some([z, y, x]) => ([x * 1e6, y * 1e6, z * 1e6], "um"),
        None => ([1.0; 3], "voxel"),
    };
    list(&group, "Version", &[2i64, 3])?;
    let kind = FixedAscii::<9>::from_ascii(b"ImageData").map_err(|e| e.to_string())?;
    group
        .new_attr::<FixedAscii<9>>()
        .create("Type")?
        .write_scalar(&kind)?;
    list(
        &group,
        "WholeExtent",
        &[0, nx as u64, 0, ny as u64, 0, nz as u64].map(u64::cast_signed),
    )?;
    list(&group, "Origin", &[0.0; 3])?;
    list(&group, "Spacing", &spacing)?;
    list(
        &group,
        "Direction",
        &[1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
    )?;
    text(&group, "length_unit", unit)?;
    group.create_group("CellData")
}

/// Labels in the first integer type, from small to large, that holds them all, as the dataset `labels`.
///
/// # Errors
/// What HDF5 says.
pub fn write_label_values(group: &Group, volume: &Volume) -> hdf5::Result<Dataset> {
    let (codes, labels) = (volume.codes().view(), volume.labels());
    macro_rules! first_that_holds {
        ($($integer:ty),+) => {$(
            if let Some(table) = labels_as::<$integer>(labels) {
                return write_field(group, "labels", codes, |&code| table[usize::from(code)]);
            }
        )+};
    }
    first_that_holds!(u8, i8, u16, i16, u32, i32);
    write_field(group, "labels", codes, |&code| labels[usize::from(code)])
}

fn labels_as<T: TryFrom<i64>>(labels: &[i64]) -> Option<Vec<T>> {
    labels
        .iter()
        .map(|&label| T::try_from(label).ok())
        .collect()
}

/// Writes a field one row of chunks at a time, so that the converted copy stays small beside the volume.
///
/// # Errors
/// What HDF5 says.
pub fn write_field<S, T: H5Type>(
    group: &Group,
    name: &str,
    field: ArrayView3<'_, S>,
    convert: impl Fn(&S) -> T,
) -> hdf5::Result<Dataset> {
    let (nz, ny, nx) = field.dim();
    let chunk = (CHUNK[0].min(nz), CHUNK[1].min(ny), CHUNK[2].min(nx));
    let dataset = group
        .new_dataset::<T>()
        .shape(field.dim())
        .chunk(chunk)
        .shuffle()
        .deflate(DEFLATE_LEVEL)
        .create(name)?;
    let slabs = || -> hdf5::Result<()> {
        for first in (0..nz).step_by(CHUNK[0]) {
            let slab = s![first..(first + CHUNK[0]).min(nz), .., ..];
            dataset.write_slice(&field.slice(slab).map(&convert), slab)?;
        }
        // What is still in HDF5's cache goes out now: when the dataset is closed, a failure would pass unnoticed. A file in
        // memory is flushed once, when it is complete.
        let file = dataset.file()?;
        match file.access_plist()?.get_driver()? {
            FileDriver::Core(_) => Ok(()),
            _ => file.flush(),
        }
    };
    if let Err(error) = slabs() {
        // Closing it would free what HDF5 still lists.
        mem::forget(dataset.clone());
        return Err(error);
    }
    Ok(dataset)
}

/// An attribute that is a list.
///
/// # Errors
/// What HDF5 says.
pub fn list<T: H5Type>(location: &Location, name: &str, values: &[T]) -> hdf5::Result<()> {
    location
        .new_attr::<T>()
        .shape(values.len())
        .create(name)?
        .write_raw(values)
}

/// An attribute that is a text.
///
/// # Errors
/// What HDF5 says.
pub fn text(location: &Location, name: &str, value: &str) -> hdf5::Result<()> {
    location
        .new_attr::<VarLenUnicode>()
        .create(name)?
        .write_scalar(&unicode(value)?)
}

/// A dataset that is one text: attributes end at 64 KiB. Without the time of its making.
///
/// # Errors
/// What HDF5 says.
pub fn long_text(group: &Group, name: &str, value: &str) -> hdf5::Result<()> {
    let dataset = group
        .new_dataset::<VarLenUnicode>()
        .obj_track_times(false)
        .create(name)?;
    dataset.write_scalar(&unicode(value)?)
}

/// A text as HDF5 stores it.
///
/// # Errors
/// A zero character.
pub fn unicode(value: &str) -> hdf5::Result<VarLenUnicode> {
    value
        .parse()
        .map_err(|_| format!("the text {value:?} contains a zero character").into())
}
