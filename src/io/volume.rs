//! Writes a volume of labels, in a format that the readers here read back with labels, shape and, in HDF5, voxel size.

use super::{
    Format, IoError, VOXEL_SIZE_ATTRIBUTE,
    image_data::{list, write_file, write_label_values},
};
use crate::microstructure::Volume;
use ndarray::Array3;
use npyz::WriterBuilder;
use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::Path,
};
use tiff::{
    TiffError,
    encoder::{
        TiffEncoder,
        colortype::{ColorType, Gray8, Gray16, GrayI32},
    },
};

/// Writes the labels of a volume to `path`, replacing what is there; the ending decides: HDF5 (dataset `/labels` with its
/// voxel size), `.npy`, a TIFF stack, or raw bytes. Labels take the smallest type that holds all.
///
/// # Errors
/// [`IoError::UnknownOutput`], [`IoError::OutputLabel`] and [`IoError::Unwritable`].
pub fn write_volume(path: &Path, volume: &Volume) -> Result<(), IoError> {
    let labels = volume.labels();
    let (least, most) = (
        labels.first().copied().unwrap_or(0),
        labels.last().copied().unwrap_or(0),
    );
    if least >= 0 && most <= i64::from(u8::MAX) {
        write::<u8, Gray8>(path, volume)
    } else if least >= 0 && most <= i64::from(u16::MAX) {
        write::<u16, Gray16>(path, volume)
    } else if least >= i64::from(i32::MIN) && most <= i64::from(i32::MAX) {
        write::<i32, GrayI32>(path, volume)
    } else {
        // No TIFF type is left: i32 stands for it, and its writer refuses.
        match Format::of_output(path)? {
            Format::Hdf5 => hdf5(path, volume),
            Format::Npy => npy(path, &values::<i64>(volume)),
            _ => Err(label(
                path,
                volume,
                "this format",
                "-2147483648 to 2147483647",
            )),
        }
    }
}

/// Whether the ending of an output is one that [`write_volume`] knows.
///
/// # Errors
/// [`IoError::UnknownOutput`].
pub fn check_output_format(path: &Path) -> Result<(), IoError> {
    Format::of_output(path).map(drop)
}

fn write<T, C>(path: &Path, volume: &Volume) -> Result<(), IoError>
where
    T: TryFrom<i64> + Copy + Default + npyz::AutoSerialize + npyz::Serialize,
    C: ColorType<Inner = T>,
    [T]: tiff::encoder::TiffValue,
{
    match Format::of_output(path)? {
        Format::Hdf5 => hdf5(path, volume),
        Format::Npy => npy(path, &values::<T>(volume)),
        Format::Tiff => pages::<T, C>(path, &values::<T>(volume)),
        _ if size_of::<T>() > 1 => Err(label(path, volume, "a raw file", "0 to 255")),
        _ => raw(path, &values::<u8>(volume)),
    }
}

/// The label of each voxel.
fn values<T: TryFrom<i64> + Copy + Default>(volume: &Volume) -> Array3<T> {
    let labels = volume.labels().iter();
    let table: Vec<T> = labels
        .map(|&label| T::try_from(label).unwrap_or_default())
        .collect();
    volume.codes().mapv(|code| table[usize::from(code)])
}

/// The error for the label that is farthest out.
fn label(path: &Path, volume: &Volume, format: &'static str, range: &'static str) -> IoError {
    let labels = volume.labels().iter().copied();
    IoError::OutputLabel {
        path: path.to_owned(),
        label: labels.max_by_key(|label| label.unsigned_abs()).unwrap_or(0),
        format,
        range,
    }
}

fn unwritable(path: &Path) -> impl Fn(io::Error) -> IoError {
    let path = path.to_owned();
    move |source| IoError::Unwritable {
        path: path.clone(),
        source,
    }
}

fn hdf5(path: &Path, volume: &Volume) -> Result<(), IoError> {
    let bytes = volume.codes().len() as u64 * size_of::<i64>() as u64;
    let written = write_file(path, bytes, |file| {
        let dataset = write_label_values(file, volume)?;
        match volume.spacing() {
            Some(spacing) => list(&dataset, VOXEL_SIZE_ATTRIBUTE, &spacing),
            None => Ok(()),
        }
    });
    written.map_err(unwritable(path))
}

fn npy<T>(path: &Path, values: &Array3<T>) -> Result<(), IoError>
where
    T: npyz::AutoSerialize + npyz::Serialize + Copy,
{
    let (z, y, x) = values.dim();
    let written = || -> io::Result<()> {
        let mut file = BufWriter::new(File::create(path)?);
        let mut writer = npyz::WriteOptions::new()
            .default_dtype()
            .shape(&[z as u64, y as u64, x as u64])
            .writer(&mut file)
            .begin_nd()?;
        writer.extend(values.iter().copied())?;
        writer.finish()?;
        file.flush()
    };
    written().map_err(unwritable(path))
}

fn pages<T, C>(path: &Path, values: &Array3<T>) -> Result<(), IoError>
where
    T: Copy,
    C: ColorType<Inner = T>,
    [T]: tiff::encoder::TiffValue,
{
    let side = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
    let written = || -> tiff::TiffResult<()> {
        let mut file = BufWriter::new(File::create(path)?);
        let mut encoder = TiffEncoder::new(&mut file)?;
        for plane in values.outer_iter() {
            let pixels: Vec<T> = plane.iter().copied().collect();
            encoder.write_image::<C>(side(plane.ncols()), side(plane.nrows()), &pixels)?;
        }
        Ok(file.flush()?)
    };
    written().map_err(|error| match error {
        TiffError::IoError(source) => unwritable(path)(source),
        error => unwritable(path)(io::Error::other(error)),
    })
}

fn raw(path: &Path, values: &Array3<u8>) -> Result<(), IoError> {
    let written = || -> io::Result<()> {
        let mut file = BufWriter::new(File::create(path)?);
        for plane in values.outer_iter() {
            file.write_all(&plane.iter().copied().collect::<Vec<u8>>())?;
        }
        file.flush()
    };
    written().map_err(unwritable(path))
}
