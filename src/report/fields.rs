//! The fields of a run as one HDF5 file that ParaView opens as it is (VTKHDF image data).
//!
//! ```text
//! /voxion                     program, version, date, input, sha256, parameters (JSON), voxel_size (m; z, y, x), conductivity_unit
//!   labels                    original label values, smallest integer type; phase labels, names, fractions, conductivities
//!   z, y, x                   a group per solved axis, the reported numbers as its attributes
//!     potential               V, f32; NaN where no current can flow
//!     current_density_magnitude  unit beside it, f32; at a potential difference of 1 V
//! /VTKHDF                     Spacing and Origin in um (voxels where no size is known), order x, y, z
//!   CellData                  the same data under labels, potential_z, ...: hard links, nothing is stored twice
//! ```
//!
//! Arrays are `[z][y][x]`, x fastest. Fields are f32: rounding is 6e-8 of the value, far below what a picture or a filter
//! shows, and the file is half as large and written in half the time; the reported numbers are f64 attributes. NaN is
//! kept rather than replaced by a number that would look like a potential: ParaView paints it in its own colour.
//! The file format is that of HDF5 1.8, which every reader in use understands.

use super::{Fields, Phase, ReportError, Transport};
use crate::{
    io::{VOXEL_SIZE_ATTRIBUTE, check_room},
    physics::conduction::Boundary,
};
use hdf5::{
    Dataset, File, Group, H5Type, Location,
    plist::file_access::LibraryVersion,
    types::{FixedAscii, VarLenUnicode},
};
use ndarray::{Array3, ArrayView3, s};
use std::{path::Path, time::SystemTime};

/// Voxels of a chunk along (z, y, x): half a mebibyte of f32, near a cube, so that slices along any axis read little more
/// than they show.
const CHUNK: [usize; 3] = [32, 64, 64];
/// Fields hardly shrink further at higher levels of deflate, which are many times slower.
const DEFLATE_LEVEL: u8 = 1;

/// Bytes that must be free besides those of the next slab. HDF5 does not survive a full disk: what it could not write stays
/// in its cache, and closing the file crashes. So nothing is given to it that has no room.
const SPARE: u64 = 4 << 20;

/// Where a result came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provenance {
    /// The input as the user named it.
    pub input: String,
    /// SHA-256 of the input file, hexadecimal.
    pub sha256: String,
    /// Every parameter of the run, as JSON text.
    pub parameters: String,
    /// When the run was started.
    pub date: SystemTime,
}

/// Writes the fields to `path`, replacing what is there.
///
/// # Errors
/// [`ReportError::Shape`] where a field does not belong to the volume, [`ReportError::Hdf5`] where the file cannot be written.
pub fn write(path: &Path, fields: &Fields<'_>, provenance: &Provenance) -> Result<(), ReportError> {
    fields.check()?;
    let hdf5 = |source| ReportError::Hdf5 {
        path: path.to_owned(),
        source,
    };
    write_file(path, fields, provenance).map_err(hdf5)
}

fn write_file(path: &Path, fields: &Fields<'_>, provenance: &Provenance) -> hdf5::Result<()> {
    let version = LibraryVersion::V18;
    let file = File::with_options()
        .with_fapl(|p| p.libver_bounds(version, version))
        .create(path)?;
    let results = file.create_group("voxion")?;
    let cell_data = write_image_header(&file, fields)?;
    write_provenance(&results, fields, provenance)?;
    write_labels(&results, fields)?;
    cell_data.link_hard("/voxion/labels", "labels")?;
    for transport in &fields.transports {
        let axis = transport.effective.axis.name();
        write_transport(&results.create_group(axis)?, fields, transport)?;
        for name in ["potential", "current_density_magnitude"] {
            cell_data.link_hard(&format!("/voxion/{axis}/{name}"), &format!("{name}_{axis}"))?;
        }
    }
    file.flush()?;
    file.close()
}

/// The group that makes the file VTK image data; returns the group of its cell arrays.
fn write_image_header(file: &File, fields: &Fields<'_>) -> hdf5::Result<Group> {
    let group = file.create_group("VTKHDF")?;
    let [nz, ny, nx] = fields.volume.shape();
    let (spacing, unit) = match fields.volume.spacing() {
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

fn write_provenance(
    group: &Group,
    fields: &Fields<'_>,
    provenance: &Provenance,
) -> hdf5::Result<()> {
    text(group, "program", env!("CARGO_PKG_NAME"))?;
    text(group, "version", env!("CARGO_PKG_VERSION"))?;
    text(
        group,
        "date",
        &humantime::format_rfc3339_seconds(provenance.date).to_string(),
    )?;
    text(group, "input", &provenance.input)?;
    text(group, "sha256", &provenance.sha256)?;
    text(group, "parameters", &provenance.parameters)?;
    text(group, "conductivity_unit", fields.unit.symbol())?;
    fields
        .volume
        .spacing()
        .map_or(Ok(()), |spacing| list(group, "voxel_size", &spacing))
}

fn write_labels(group: &Group, fields: &Fields<'_>) -> hdf5::Result<()> {
    let dataset = write_label_values(group, fields)?;
    let phases = fields.phase_of_codes();
    let names = phases.iter().map(Phase::title).map(|name| unicode(&name));
    let counts = fields.volume.counts();
    let voxels = fields.volume.codes().len() as f64;
    let fractions: Vec<f64> = counts
        .into_iter()
        .map(|count| count as f64 / voxels)
        .collect();
    let conductivities: Vec<f64> = phases.iter().map(|phase| phase.conductivity).collect();
    text(&dataset, "units", "1")?;
    list(&dataset, "phase_labels", fields.volume.labels())?;
    list(
        &dataset,
        "phase_names",
        &names.collect::<hdf5::Result<Vec<_>>>()?,
    )?;
    list(&dataset, "phase_fractions", &fractions)?;
    list(&dataset, "phase_conductivities", &conductivities)?;
    let spacing = fields.volume.spacing();
    spacing.map_or(Ok(()), |spacing| {
        list(&dataset, VOXEL_SIZE_ATTRIBUTE, &spacing)
    })
}

/// Labels in the first integer type, from small to large, that holds them all.
fn write_label_values(group: &Group, fields: &Fields<'_>) -> hdf5::Result<Dataset> {
    let (codes, labels) = (fields.volume.codes().view(), fields.volume.labels());
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

fn write_transport(
    group: &Group,
    fields: &Fields<'_>,
    transport: &Transport<'_>,
) -> hdf5::Result<()> {
    write_effective(group, fields, transport)?;
    let potential = write_field(group, "potential", transport.potential.view(), single)?;
    text(&potential, "units", "V")?;
    text(&potential, "missing", "NaN where no current can flow")?;
    let current = transport.current_density.view();
    let current = write_field(group, "current_density_magnitude", current, single)?;
    text(&current, "units", fields.current_density_unit())
}

/// The reported numbers under the names they have in the JSON output.
fn write_effective(
    group: &Group,
    fields: &Fields<'_>,
    transport: &Transport<'_>,
) -> hdf5::Result<()> {
    let effective = transport.effective;
    let boundary = match effective.boundary {
        Boundary::Face => "face",
        Boundary::Centre => "centre",
    };
    text(group, "boundary", boundary)?;
    text(
        group,
        "adapter",
        effective.adapter.as_deref().unwrap_or("host"),
    )?;
    text(group, "conductivity_unit", fields.unit.symbol())?;
    group
        .new_attr::<u64>()
        .create("iterations")?
        .write_scalar(&(effective.iterations as u64))?;
    for (name, value) in [
        ("effective_conductivity", effective.effective_conductivity),
        ("error_bound", effective.error_bound),
        ("relative_conductivity", effective.relative_conductivity),
        ("tortuosity_factor", effective.tortuosity_factor),
        ("macmullin_number", effective.macmullin_number),
        ("conducting_fraction", effective.conducting_fraction),
        ("percolating_fraction", effective.percolating_fraction),
        ("flux_in", effective.flux_in),
        ("flux_out", effective.flux_out),
        ("seconds", effective.seconds),
    ] {
        group.new_attr::<f64>().create(name)?.write_scalar(&value)?;
    }
    Ok(())
}

/// Writes a field one row of chunks at a time, so that the converted copy stays small beside the volume.
fn write_field<S, T: H5Type>(
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
    for first in (0..nz).step_by(CHUNK[0]) {
        let slab = s![first..(first + CHUNK[0]).min(nz), .., ..];
        let values = field.slice(slab).map(&convert);
        check_room(Path::new(&group.filename()), bytes(&values) + SPARE)?;
        dataset.write_slice(&values, slab)?;
    }
    // What is still in HDF5's cache goes out now: when the dataset is closed, a full disk would pass unnoticed.
    dataset.file()?.flush()?;
    Ok(dataset)
}

fn bytes<T>(values: &Array3<T>) -> u64 {
    (values.len() * size_of::<T>()) as u64
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "rounding is what this function is for"
)]
fn single(value: &f64) -> f32 {
    *value as f32
}

fn list<T: H5Type>(location: &Location, name: &str, values: &[T]) -> hdf5::Result<()> {
    location
        .new_attr::<T>()
        .shape(values.len())
        .create(name)?
        .write_raw(values)
}

fn text(location: &Location, name: &str, value: &str) -> hdf5::Result<()> {
    location
        .new_attr::<VarLenUnicode>()
        .create(name)?
        .write_scalar(&unicode(value)?)
}

fn unicode(value: &str) -> hdf5::Result<VarLenUnicode> {
    value
        .parse()
        .map_err(|_| format!("the text {value:?} contains a zero character").into())
}
