//! Stress and displacement as one HDF5 file that ParaView opens as it is (VTKHDF image data).
//!
//! ```text
//! /voxion                provenance ([`super::provenance`])
//!   labels               original label values
//!   stress_xx ... _xy    Pa, f32, mean over each voxel
//!   von_mises, hydrostatic, largest_principal    Pa, f32
//!   energy_density       J/m3, f32, of the mean strain of each voxel
//!   displacement_x, _y, _z    m (voxels where no size is known), f32, of the voxel's lowest node, mean strain included
//! /VTKHDF                CellData: the same under the same names
//! ```

use super::{
    ReportError,
    provenance::{self, Provenance},
};
use crate::{
    io::image_data::{text, write_field, write_file, write_image_header, write_label_values},
    microstructure::Volume,
    physics::elasticity::{Deformed, Point},
};
use hdf5::File;
use ndarray::ArrayView3;
use std::path::Path;

/// A number of a voxel.
type Quantity = fn(&Point) -> f64;

const STRESSES: [(&str, Quantity); 9] = [
    ("stress_xx", |point| point.stress[0]),
    ("stress_yy", |point| point.stress[1]),
    ("stress_zz", |point| point.stress[2]),
    ("stress_yz", |point| point.stress[3]),
    ("stress_xz", |point| point.stress[4]),
    ("stress_xy", |point| point.stress[5]),
    ("von_mises", Point::von_mises),
    ("hydrostatic", Point::hydrostatic),
    ("largest_principal", Point::largest_principal),
];

/// Writes the fields to `path`, replacing what is there.
///
/// # Errors
/// [`ReportError::Shape`] where the state does not belong to the volume, [`ReportError::Hdf5`] where the file cannot be written.
pub fn write(
    path: &Path,
    volume: &Volume,
    deformed: &Deformed,
    provenance: &Provenance,
) -> Result<(), ReportError> {
    let (found, expected) = (deformed.shape(), volume.shape());
    if found != expected {
        return Err(ReportError::Shape {
            field: "stress",
            found,
            expected,
        });
    }
    let hdf5 = |source| ReportError::Hdf5 {
        path: path.to_owned(),
        source,
    };
    let bytes = volume.codes().len() as u64 * VOXEL_BYTES;
    write_file(path, bytes, |file| {
        write_all(file, volume, deformed, provenance)
    })
    .map_err(hdf5)
}

/// Bytes of a voxel: its label at most, stresses, energy density and displacement.
const VOXEL_BYTES: u64 = 8 + 4 * (STRESSES.len() as u64 + 4);

fn write_all(
    file: &File,
    volume: &Volume,
    deformed: &Deformed,
    provenance: &Provenance,
) -> hdf5::Result<()> {
    let group = file.create_group("voxion")?;
    let cell_data = write_image_header(file, volume)?;
    provenance::write(&group, provenance)?;
    write_label_values(&group, volume)?;
    cell_data.link_hard("/voxion/labels", "labels")?;
    let dimensions = volume.shape();
    let write = |name: &str, unit: &str, values: Vec<f64>| -> hdf5::Result<()> {
        // One number per voxel was made a moment ago, so the shape fits.
        let Ok(view) = ArrayView3::from_shape(dimensions, &values) else {
            return Ok(());
        };
        text(&*write_field(&group, name, view, single)?, "units", unit)?;
        cell_data.link_hard(&format!("/voxion/{name}"), name)
    };
    for (name, value) in STRESSES {
        write(name, "Pa", deformed.map(|point| value(&point)))?;
    }
    write("energy_density", "J/m3", deformed.map(|point| point.energy))?;
    let unit = if volume.spacing().is_some() {
        "m"
    } else {
        "voxels"
    };
    for (axis, name) in ["displacement_x", "displacement_y", "displacement_z"]
        .into_iter()
        .enumerate()
    {
        let [nz, ny, nx] = dimensions;
        let nodes = (0..nz * ny * nx).map(|i| [i / (ny * nx), i / nx % ny, i % nx]);
        write(
            name,
            unit,
            nodes
                .map(|node| deformed.displacement(node)[axis])
                .collect(),
        )?;
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
