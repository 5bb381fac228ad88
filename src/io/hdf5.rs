//! HDF5 files: any dataset of three dimensions with integers, booleans, enumerations or whole floating-point numbers.
//!
//! It is read in blocks that follow its chunks, so that no chunk is decompressed twice and memory holds the volume
//! plus one block. The library's own reports on stderr are switched off by the binding; they end in the errors here.
//!
//! The voxel size is taken from the dataset's attribute [`VOXEL_SIZE_ATTRIBUTE`], or [`ELEMENT_SIZE_ATTRIBUTE`]. The
//! `Spacing` of VTKHDF has no unit and is left alone.

use super::{
    Contents, Format, IoError, ReadOptions, StatedVoxelSize,
    error::commas,
    file_size,
    labels::{Collect, Sample, allocate},
};
use hdf5::{
    Dataset, File, Group, H5Type, IndexType, IterationOrder, LinkType, LocationType,
    types::{FloatSize, IntSize, TypeDescriptor, VarLenUnicode},
};
use ndarray::{Array3, Ix3, s};
use std::{ops::Range, path::Path};

/// Attribute of a dataset: voxel size in metres, three floats (z, y, x). Voxion's own result files have it.
pub const VOXEL_SIZE_ATTRIBUTE: &str = "voxel_size_m";

/// Attribute of a dataset: voxel size in micrometres, three floats (z, y, x), as ilastik and Fiji write it.
pub const ELEMENT_SIZE_ATTRIBUTE: &str = "element_size_um";

/// Samples in one block, if the chunks of the file allow.
const BLOCK_SAMPLES: usize = 1 << 22;

/// Groups and datasets that are looked at to find the volume.
const MAX_OBJECTS: usize = 10_000;

/// A dataset, by name or as the only one that may be meant.
pub(super) fn read<C: Collect>(
    path: &Path,
    wanted: Option<&str>,
    options: &ReadOptions,
) -> Result<Contents<C::Output>, IoError> {
    let malformed = |error: hdf5::Error| IoError::malformed(path, Format::Hdf5, error);
    // Opened by the standard library first, whose errors are clear about files that may not be read.
    std::fs::File::open(path).map_err(|error| IoError::os(path, error))?;
    let file = File::open(path).map_err(malformed)?;
    let found = match wanted {
        Some(name) => named(path, &file, name)?,
        None => only_volume(path, &file, C::GREY)?,
    };
    let shape = <[usize; 3]>::try_from(found.shape.as_slice()).map_err(|_| IoError::Rank {
        path: path.to_owned(),
        shape: found.shape.clone(),
    })?;
    let volume = match found.ty {
        Some(TypeDescriptor::Boolean) => found.volume::<C, u8>(path, options, shape),
        Some(TypeDescriptor::Enum(ref ty)) => {
            found.integers::<C>(path, options, shape, &ty.base_type())
        }
        Some(TypeDescriptor::Float(FloatSize::U4)) => found.volume::<C, f32>(path, options, shape),
        Some(TypeDescriptor::Float(FloatSize::U8)) => found.volume::<C, f64>(path, options, shape),
        Some(ref ty) => found.integers::<C>(path, options, shape, ty),
        None => Err(found.unusable(path)),
    }?;
    let voxel_size = voxel_size(&found.dataset);
    let names = phase_names(&found.dataset).unwrap_or_default();
    let file_type = format!("{} {}", Format::Hdf5, found.type_name());
    Ok(Contents {
        volume,
        dataset: Some(found.name),
        voxel_size,
        notes: Vec::new(),
        names,
        file_type,
    })
}

/// A dataset and what is known before its data are read.
struct Found {
    name: String,
    shape: Vec<usize>,
    /// None for types that the binding has no words for.
    ty: Option<TypeDescriptor>,
    dataset: Dataset,
}

impl Found {
    fn new(name: String, dataset: Dataset) -> Result<Self, hdf5::Error> {
        let shape = dataset.space()?.shape();
        let ty = dataset.dtype()?.to_descriptor().ok();
        Ok(Self {
            name,
            shape,
            ty,
            dataset,
        })
    }

    fn type_name(&self) -> String {
        self.ty
            .as_ref()
            .map_or("unknown type".to_owned(), TypeDescriptor::to_string)
    }

    fn unusable(&self, path: &Path) -> IoError {
        IoError::SampleType {
            path: path.to_owned(),
            found: self.type_name(),
        }
    }

    /// Whether this is what somebody who names no dataset means.
    fn is_volume(&self, grey: bool) -> bool {
        use TypeDescriptor as T;
        let integer = matches!(
            self.ty,
            Some(T::Integer(_) | T::Unsigned(_) | T::Boolean | T::Enum(_))
        );
        self.shape.len() == 3 && (integer || grey && matches!(self.ty, Some(T::Float(_))))
    }

    fn integers<C: Collect>(
        &self,
        path: &Path,
        options: &ReadOptions,
        shape: [usize; 3],
        ty: &TypeDescriptor,
    ) -> Result<C::Output, IoError> {
        use TypeDescriptor::{Integer, Unsigned};
        match ty {
            Unsigned(IntSize::U1) => self.volume::<C, u8>(path, options, shape),
            Unsigned(IntSize::U2) => self.volume::<C, u16>(path, options, shape),
            Unsigned(IntSize::U4) => self.volume::<C, u32>(path, options, shape),
            Unsigned(IntSize::U8) => self.volume::<C, u64>(path, options, shape),
            Integer(IntSize::U1) => self.volume::<C, i8>(path, options, shape),
            Integer(IntSize::U2) => self.volume::<C, i16>(path, options, shape),
            Integer(IntSize::U4) => self.volume::<C, i32>(path, options, shape),
            Integer(IntSize::U8) => self.volume::<C, i64>(path, options, shape),
            _ => Err(self.unusable(path)),
        }
    }

    fn volume<C: Collect, T: Sample + H5Type>(
        &self,
        path: &Path,
        options: &ReadOptions,
        shape: [usize; 3],
    ) -> Result<C::Output, IoError> {
        let mut codes: Array3<C::Cell> = allocate(path, shape, file_size(path)?)?;
        let mut encoder = C::new(path, options);
        let [dz, dy, dx] = block(shape, self.dataset.chunk().as_deref());
        for z in ranges(shape[0], dz) {
            for y in ranges(shape[1], dy) {
                for x in ranges(shape[2], dx) {
                    let block = s![z.clone(), y.clone(), x];
                    let samples = self
                        .dataset
                        .read_slice::<T, _, Ix3>(block)
                        .map_err(|error| IoError::malformed(path, Format::Hdf5, error))?;
                    encoder.encode(samples, codes.slice_mut(block))?;
                }
            }
        }
        encoder.finish(codes)
    }
}

/// The largest blocks of about [`BLOCK_SAMPLES`] that consist of whole chunks, grown along x, then y, then z.
fn block(shape: [usize; 3], chunk: Option<&[usize]>) -> [usize; 3] {
    let mut block = chunk
        .and_then(|chunk| chunk.try_into().ok())
        .unwrap_or([1; 3]);
    for axis in [2, 1, 0] {
        block[axis] = block[axis].clamp(1, shape[axis]);
    }
    for axis in [2, 1, 0] {
        let samples: usize = block.iter().product();
        block[axis] = shape[axis].min(block[axis] * (BLOCK_SAMPLES / samples).max(1));
    }
    block
}

/// `length` cut into pieces of `step`, the last one shorter.
fn ranges(length: usize, step: usize) -> impl Iterator<Item = Range<usize>> {
    (0..length)
        .step_by(step)
        .map(move |start| start..length.min(start + step))
}

/// The dataset of this name.
fn named(path: &Path, file: &File, name: &str) -> Result<Found, IoError> {
    let malformed = |error: hdf5::Error| IoError::malformed(path, Format::Hdf5, error);
    match file.dataset(name) {
        Ok(dataset) => {
            let name = format!("/{}", name.trim_start_matches('/'));
            Found::new(name, dataset).map_err(malformed)
        }
        Err(_) => {
            let found = datasets(file).map_err(malformed)?;
            Err(no_such_dataset(path, format!("dataset {name}"), &found))
        }
    }
}

/// The only volume of integers in a file.
fn only_volume(path: &Path, file: &File, grey: bool) -> Result<Found, IoError> {
    let found = datasets(file).map_err(|error| IoError::malformed(path, Format::Hdf5, error))?;
    let (mut volumes, others): (Vec<Found>, Vec<Found>) =
        found.into_iter().partition(|found| found.is_volume(grey));
    match (volumes.pop(), volumes.first()) {
        (Some(volume), None) => Ok(volume),
        (Some(last), Some(first)) => {
            let first = first.name.clone();
            volumes.push(last);
            let (path, count, candidates) = (path.to_owned(), volumes.len(), listed(&volumes));
            Err(IoError::SeveralDatasets {
                path,
                count,
                first,
                candidates,
            })
        }
        (None, _) => Err(no_such_dataset(
            path,
            "volume of integers".to_owned(),
            &others,
        )),
    }
}

fn no_such_dataset(path: &Path, wanted: String, found: &[Found]) -> IoError {
    let candidates = match found {
        [] => "no dataset at all".to_owned(),
        found => format!("{}; name one of them, as in scan.h5:/image", listed(found)),
    };
    IoError::NoSuchDataset {
        path: path.to_owned(),
        wanted,
        candidates,
    }
}

/// "/image (100,100,100 uint8), /phi (100,100,100 float64)".
fn listed(found: &[Found]) -> String {
    let words = |f: &Found| {
        let name = f.name.replace(char::is_control, " ");
        format!("{name} ({} {})", commas(&f.shape), f.type_name())
    };
    found.iter().map(words).collect::<Vec<_>>().join(", ")
}

/// All datasets that hard links lead to, each once: groups may form cycles, and result files link a dataset twice.
fn datasets(file: &File) -> Result<Vec<Found>, hdf5::Error> {
    let mut found = Vec::new();
    let mut seen = vec![file.loc_info()?.token];
    let mut groups: Vec<(String, Group)> = vec![(String::new(), file.as_group()?)];
    while let Some((prefix, group)) = groups.pop() {
        for (name, link) in group.links(IndexType::Name, IterationOrder::Increasing)? {
            if link.link_type != LinkType::Hard || seen.len() > MAX_OBJECTS {
                continue;
            }
            let info = group.loc_info_by_name(&name)?;
            if seen.contains(&info.token) {
                continue;
            }
            seen.push(info.token);
            let full = format!("{prefix}/{name}");
            match info.loc_type {
                LocationType::Group => groups.push((full, group.group(&name)?)),
                LocationType::Dataset => found.push(Found::new(full, group.dataset(&name)?)?),
                _ => {}
            }
        }
    }
    Ok(found)
}

/// Voxel size in metres, (z, y, x), where the dataset states one that makes sense.
fn voxel_size(dataset: &Dataset) -> Option<StatedVoxelSize> {
    let attributes = [(VOXEL_SIZE_ATTRIBUTE, 1.0), (ELEMENT_SIZE_ATTRIBUTE, 1e-6)];
    attributes.iter().find_map(|&(name, metres)| {
        let attribute = dataset.attr(name).ok()?;
        if attribute.shape() != [3] {
            return None;
        }
        let size: [f64; 3] = attribute.read_raw::<f64>().ok()?.try_into().ok()?;
        StatedVoxelSize::new(
            size.map(|length| length * metres),
            format!("attribute {name}"),
        )
    })
}

/// Labels and names of the phases, where the dataset states them as a generated microstructure does.
fn phase_names(dataset: &Dataset) -> Option<Vec<(i64, String)>> {
    let [labels, names] = ["phase_labels", "phase_names"].map(|name| dataset.attr(name).ok());
    let (labels, names) = (labels?, names?);
    let count = labels.size();
    let text = names.dtype().ok()?.to_descriptor().ok()? == TypeDescriptor::VarLenUnicode;
    if !text || names.size() != count || count > 256 {
        return None;
    }
    let labels = labels.read_raw::<i64>().ok()?;
    let names = names.read_raw::<VarLenUnicode>().ok()?;
    let named = names.iter().map(|name| name.as_str().to_owned());
    Some(labels.into_iter().zip(named).collect())
}
