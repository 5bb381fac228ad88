//! Pictures of slices through the middle of a volume: labels, potential and current density.
//!
//! Per axis three pages, each with the slice in which current flows from the left to the right edge and the slice across
//! it: `labels_z.png`, `potential_z.png`, `current_density_z.png`. Small volumes are enlarged by a whole number of pixels
//! per voxel, large ones are subsampled; nothing is interpolated, so that one sees the voxels that were solved.

use super::{
    ConductivityUnit, Fields, Phase, ReportError, Transport,
    colour::{INFERNO, NO_PATH, PAPER, VIRIDIS, of_code},
    figure::{Bar, Beyond, Figure, edge, length_unit},
    numbers::{brief, chosen, inverse_with_bound, with_bound},
    plane::{Plane, Scale},
};
use crate::{
    microstructure::{Axis, Volume},
    physics::conduction::Boundary,
};
use image::{ImageFormat, Rgb, RgbImage};
use std::{
    fs,
    io::{self, Cursor},
    path::Path,
};

/// Labels that a legend lists one by one.
const LEGEND: usize = 12;
/// Percentile of the current density at which its colours end: constrictions carry so much that they would hide the rest.
const PERCENTILE: usize = 99;

/// A picture, ready to be stored.
#[derive(Debug, Clone)]
pub struct Picture {
    file_name: String,
    image: RgbImage,
}

impl Picture {
    /// A picture and the name of the file it is for.
    pub(super) fn new(file_name: String, image: RgbImage) -> Self {
        Self { file_name, image }
    }

    /// The same for another file.
    #[must_use]
    pub fn named(self, file_name: String) -> Self {
        Self { file_name, ..self }
    }

    /// "potential_z.png".
    pub fn file_name(&self) -> &str {
        &self.file_name
    }

    /// The pixels.
    pub fn image(&self) -> &RgbImage {
        &self.image
    }

    /// Writes a PNG to `path`, whatever its name ends with, replacing what is there.
    ///
    /// # Errors
    /// [`ReportError::Png`] where the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), ReportError> {
        let mut encoded = Cursor::new(Vec::new());
        let written = self
            .image
            .write_to(&mut encoded, ImageFormat::Png)
            .map_err(io::Error::other)
            .and_then(|()| fs::write(path, encoded.into_inner()));
        written.map_err(|source| ReportError::Png {
            path: path.to_owned(),
            source,
        })
    }
}

/// Draws labels, potential and current density for every transport of `fields`.
///
/// # Errors
/// [`ReportError::Shape`] where a field does not belong to the volume.
pub fn draw(fields: &Fields<'_>) -> Result<Vec<Picture>, ReportError> {
    fields.check()?;
    let labels = |fields: &Fields<'_>, transport: &Transport<'_>| {
        draw_labels(fields, transport.effective.axis, "Microstructure")
    };
    let pages = [labels, potential, current_density];
    let transports = fields.transports.iter();
    Ok(transports
        .flat_map(|transport| pages.map(|page| page(fields, transport)))
        .collect())
}

/// Draws the labels alone, as transport along `axis` sees them, under the name of what they are.
pub fn draw_labels(fields: &Fields<'_>, axis: Axis, name: &str) -> Picture {
    let codes = fields.volume.codes();
    let paint = |voxel: [usize; 3]| of_code(codes[voxel]);
    let mut figure = Figure {
        subtitle: size_of(fields.volume),
        legend: label_legend(fields),
        ..page_of(fields, axis, name, &paint)
    };
    if figure.legend.len() > LEGEND {
        let more = figure.legend.len() - LEGEND;
        figure.legend.truncate(LEGEND);
        figure
            .caption
            .push(format!("{more} more labels are not listed."));
    }
    figure.picture("labels", axis)
}

fn potential(fields: &Fields<'_>, transport: &Transport<'_>) -> Picture {
    let phases = fields.phase_of_codes();
    let paint = |voxel| match transport.potential[voxel] {
        volts if volts.is_nan() => without_current(fields, &phases, voxel),
        volts => VIRIDIS.at(volts),
    };
    let bar = Bar {
        map: VIRIDIS,
        top: 1.0,
        quantity: "potential",
        unit: "V",
        beyond: Beyond::Nothing,
    };
    Figure {
        subtitle: numbers_of(fields, transport),
        bar: Some(bar),
        legend: current_legend(),
        ..page_of(fields, transport.effective.axis, "Potential", &paint)
    }
    .picture("potential", transport.effective.axis)
}

fn current_density(fields: &Fields<'_>, transport: &Transport<'_>) -> Picture {
    let phases = fields.phase_of_codes();
    let range = Range::of(fields.volume, transport);
    let paint = |voxel| match transport.potential[voxel] {
        volts if volts.is_nan() => without_current(fields, &phases, voxel),
        _ => INFERNO.at(transport.current_density[voxel] / range.top),
    };
    let mut figure = Figure {
        subtitle: numbers_of(fields, transport),
        bar: Some(Bar {
            map: INFERNO,
            top: range.top,
            quantity: "current density at 1 V",
            unit: fields.current_density_unit(),
            beyond: range.beyond,
        }),
        legend: current_legend(),
        ..page_of(fields, transport.effective.axis, "Current density", &paint)
    };
    if range.beyond == Beyond::Larger {
        figure.caption.insert(0, range.sentence(fields));
    }
    figure.picture("current_density", transport.effective.axis)
}

impl Figure<'_> {
    fn picture(&self, quantity: &str, axis: Axis) -> Picture {
        let file_name = format!("{quantity}_{}.png", axis.name());
        Picture {
            file_name,
            image: self.draw(),
        }
    }
}

/// A page of solved fields: a cell has no inlet and no outlet.
fn page_of<'a>(
    fields: &Fields<'a>,
    axis: Axis,
    quantity: &str,
    paint: &'a dyn Fn([usize; 3]) -> Rgb<u8>,
) -> Figure<'a> {
    let mut figure = page(fields.volume, axis, quantity, paint);
    let boundary = fields.transports.first().map(|t| t.effective.boundary);
    if boundary.is_some_and(Boundary::is_cell) {
        let (along, caption) = &mut figure.slices[0];
        let place = place_of(fields.volume, along.normal);
        *caption = format!("{place}: the potential falls to the right");
    }
    figure
}

/// What all pages of a transport along an axis share.
pub(super) fn page<'a>(
    volume: &'a Volume,
    axis: Axis,
    quantity: &str,
    paint: &'a dyn Fn([usize; 3]) -> Rgb<u8>,
) -> Figure<'a> {
    let [along, across] = Plane::pair(axis);
    let skips = Scale::new(volume, [along, across]).skips_voxels();
    let caption = "The volume has more voxels than the picture has pixels: some are not shown.";
    Figure {
        title: format!(
            "{quantity}, transport along {} (array axis {})",
            axis.name(),
            axis.index()
        ),
        subtitle: String::new(),
        volume,
        slices: [
            (
                along,
                format!(
                    "{}: inlet left, outlet right",
                    place_of(volume, along.normal)
                ),
            ),
            (
                across,
                format!("{}: across the transport", place_of(volume, across.normal)),
            ),
        ],
        paint,
        bar: None,
        legend: Vec::new(),
        caption: skips.then(|| caption.to_owned()).into_iter().collect(),
    }
}

/// White where a voxel insulates, grey where it conducts in vain.
fn without_current(fields: &Fields<'_>, phases: &[Phase], voxel: [usize; 3]) -> Rgb<u8> {
    let phase = &phases[usize::from(fields.volume.codes()[voxel])];
    if phase.conductivity > 0.0 {
        NO_PATH
    } else {
        PAPER
    }
}

fn current_legend() -> Vec<(Rgb<u8>, String)> {
    vec![
        (PAPER, "insulating".into()),
        (NO_PATH, "conducting, but on no path".into()),
    ]
}

/// Colour, name and volume fraction of each label that occurs.
fn label_legend(fields: &Fields<'_>) -> Vec<(Rgb<u8>, String)> {
    let voxels = fields.volume.codes().len() as f64;
    let phases = (0..=u8::MAX)
        .zip(fields.phase_of_codes())
        .zip(fields.volume.counts());
    let entries = phases
        .filter(|(_, count)| *count > 0)
        .map(|((code, phase), count)| {
            let percent = 100.0 * count as f64 / voxels;
            (of_code(code), format!("{}  {percent:.1} %", phase.title()))
        });
    entries.collect()
}

/// "slice at y = 49.9 µm".
pub(super) fn place_of(volume: &Volume, axis: Axis) -> String {
    let unit = length_unit(volume);
    let middle = (volume.shape()[axis.index()] / 2) as f64 + 0.5;
    let place = chosen(middle * edge(volume, axis) / unit.size);
    format!("slice at {} = {place} {}", axis.name(), unit.symbol)
}

/// "256 × 256 × 256 voxels (z × y × x)", and how large they are.
fn size_of(volume: &Volume) -> String {
    let [z, y, x] = volume.shape();
    let voxels = format!("{z} × {y} × {x} voxels (z × y × x)");
    let unit = length_unit(volume);
    let [dz, dy, dx] = Axis::ALL.map(|axis| chosen(edge(volume, axis) / unit.size));
    match volume.spacing() {
        None => voxels,
        Some(_) if dz == dy && dy == dx => format!("{voxels} of {dz} {}", unit.symbol),
        Some(_) => format!("{voxels} of {dz} × {dy} × {dx} {}", unit.symbol),
    }
}

/// The reported numbers that the fields belong to.
fn numbers_of(fields: &Fields<'_>, transport: &Transport<'_>) -> String {
    let effective = transport.effective;
    let (value, bound) = (effective.effective_conductivity, effective.error_bound);
    if !effective.tortuosity_factor.is_finite() {
        return "no path from end to end: effective conductivity 0, infinite tortuosity".into();
    }
    let unit = match fields.unit {
        ConductivityUnit::SiemensPerMetre => " S/m",
        ConductivityUnit::Relative => "",
    };
    let tau = inverse_with_bound(effective.tortuosity_factor, bound / value);
    format!(
        "effective conductivity {}{unit}, tortuosity factor {tau}",
        with_bound(value, bound)
    )
}

/// The numbers that the colours of a current density stand for.
struct Range {
    top: f64,
    beyond: Beyond,
    largest: f64,
}

impl Range {
    fn of(volume: &Volume, transport: &Transport<'_>) -> Self {
        let current = &transport.current_density;
        let planes = Plane::pair(transport.effective.axis).into_iter();
        let shown = planes.flat_map(|plane| plane.voxels(volume.shape()));
        let shown = shown.filter(|&voxel| !transport.potential[voxel].is_nan());
        let mut shown: Vec<f64> = shown.map(|voxel| current[voxel]).collect();
        shown.sort_unstable_by(f64::total_cmp);
        let last = shown.last().copied().unwrap_or(0.0);
        let top = shown
            .get(shown.len() * PERCENTILE / 100)
            .copied()
            .unwrap_or(last);
        let largest = current.iter().copied().fold(0.0, f64::max);
        match top {
            top if top > 0.0 && last > top * 1.001 => Self {
                top,
                beyond: Beyond::Larger,
                largest,
            },
            _ => Self {
                top: if last > 0.0 { last } else { 1.0 },
                beyond: Beyond::Nothing,
                largest,
            },
        }
    }

    fn sentence(&self, fields: &Fields<'_>) -> String {
        let unit = fields.current_density_unit();
        format!(
            "Colours end at percentile {PERCENTILE} of the slices shown, {} {unit}; \
             the largest value in the volume is {} {unit}.",
            brief(self.top),
            brief(self.largest),
        )
    }
}
