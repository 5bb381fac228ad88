//! The fields of a run as one HDF5 file that ParaView opens as it is (VTKHDF image data).
//!
//! ```text
//! /voxion                     provenance ([`super::provenance`]), voxel_size (m; z, y, x), conductivity_unit
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

use super::{
    Fields, Phase, ReportError, Transport,
    provenance::{self, Provenance},
};
use crate::{
    io::{
        VOXEL_SIZE_ATTRIBUTE,
        image_data::{
            list, text, unicode, write_field, write_file, write_image_header, write_label_values,
        },
    },
    physics::conduction::Boundary,
};
use hdf5::{File, Group};
use std::path::Path;

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
    let voxels = fields.volume.codes().len() as u64;
    let bytes = voxels * (LABEL_BYTES + FIELDS_BYTES * fields.transports.len() as u64);
    write_file(path, bytes, |file| write_all(file, fields, provenance)).map_err(hdf5)
}

/// Bytes of a voxel: its label at most, and potential and current density of each transport.
const LABEL_BYTES: u64 = 8;
const FIELDS_BYTES: u64 = 8;

fn write_all(file: &File, fields: &Fields<'_>, provenance: &Provenance) -> hdf5::Result<()> {
    let results = file.create_group("voxion")?;
    let cell_data = write_image_header(file, fields.volume)?;
    provenance::write(&results, provenance)?;
    text(&results, "conductivity_unit", fields.unit.symbol())?;
    let spacing = fields.volume.spacing();
    spacing.map_or(Ok(()), |spacing| list(&results, "voxel_size", &spacing))?;
    write_labels(&results, fields)?;
    cell_data.link_hard("/voxion/labels", "labels")?;
    for transport in &fields.transports {
        let axis = transport.effective.axis.name();
        write_transport(&results.create_group(axis)?, fields, transport)?;
        for name in ["potential", "current_density_magnitude"] {
            cell_data.link_hard(&format!("/voxion/{axis}/{name}"), &format!("{name}_{axis}"))?;
        }
    }
    Ok(())
}

fn write_labels(group: &Group, fields: &Fields<'_>) -> hdf5::Result<()> {
    let dataset = write_label_values(group, fields.volume)?;
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
        Boundary::Periodic => "periodic",
        Boundary::MirrorPeriodic => "mirror-periodic",
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

#[expect(
    clippy::cast_possible_truncation,
    reason = "rounding is what this function is for"
)]
fn single(value: &f64) -> f32 {
    *value as f32
}
