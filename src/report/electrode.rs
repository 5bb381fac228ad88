//! Pictures and fields of an electrode: how far each potential has dropped from its terminal, and where charge passes.
//!
//! In the file of fields, beside `labels`: `ionic_potential` and `electronic_potential` (V; NaN where the carrier does not get),
//! `reaction_current` (A/m3), each under `/voxion` and linked into `/VTKHDF/CellData`, so that ParaView opens it as it is.

use super::{
    ReportError,
    colour::{INFERNO, NO_PATH, PAPER, VIRIDIS},
    figure::{Bar, Beyond, Figure},
    numbers::brief,
    plane::Plane,
    provenance::{self, Provenance},
    slices::{Picture, page, place_of},
};
use crate::{
    io::image_data::{text, write_field, write_file, write_image_header, write_label_values},
    microstructure::{Axis, Volume},
    physics::carriers::{ElectrodeFields, End, Operation},
};
use hdf5::File;
use image::Rgb;
use ndarray::Array3;
use std::path::Path;

/// An electrode at work, ready to be drawn or stored.
#[derive(Debug, Clone, Copy)]
pub struct Sheet<'a> {
    /// Its voxels.
    pub volume: &'a Volume,
    /// From separator to collector, or back.
    pub axis: Axis,
    /// Where the separator is.
    pub separator: End,
    /// Whether each code conducts ions, electrons.
    pub conducts: &'a [[bool; 2]],
    /// The numbers.
    pub operation: &'a Operation,
    /// The fields behind them.
    pub fields: &'a ElectrodeFields,
}

/// Percentile of the reaction current at which its colours end.
const PERCENTILE: usize = 99;

/// The names of the pictures, as [`draw`] makes them: "ionic_potential.png".
pub const PICTURES: [&str; 3] = [
    "ionic_potential",
    "electronic_potential",
    "reaction_current",
];

/// Draws both potentials and the reaction current.
pub fn draw(sheet: &Sheet<'_>) -> Vec<Picture> {
    let overpotential = sheet.operation.overpotential;
    let ionic = sheet.fields.ionic.mapv(|volts| 1e3 * volts.abs());
    let electronic = sheet
        .fields
        .electronic
        .mapv(|volts| 1e3 * (overpotential - volts).abs());
    let reaction = sheet.fields.reaction.mapv(|current| 1e-6 * current.abs());
    let top = |values: &Array3<f64>| shown(sheet, values, 100);
    vec![
        sheet.figure(
            (
                "Ionic potential: drop from the separator",
                PICTURES[0],
                Some(0),
            ),
            &ionic,
            (VIRIDIS, top(&ionic), "drop of the ionic potential", "mV"),
        ),
        sheet.figure(
            (
                "Electronic potential: drop from the collector",
                PICTURES[1],
                Some(1),
            ),
            &electronic,
            (
                VIRIDIS,
                top(&electronic),
                "drop of the electronic potential",
                "mV",
            ),
        ),
        sheet.figure(
            ("Reaction current", PICTURES[2], None),
            &reaction,
            (
                INFERNO,
                shown(sheet, &reaction, PERCENTILE),
                "reaction current",
                "A/cm³",
            ),
        ),
    ]
}

/// A percentile of the values on the slices shown, of those that are not zero.
fn shown(sheet: &Sheet<'_>, values: &Array3<f64>, percentile: usize) -> f64 {
    let planes = Plane::pair(sheet.axis).into_iter();
    let voxels = planes.flat_map(|plane| plane.voxels(sheet.volume.shape()));
    let mut found: Vec<f64> = voxels
        .map(|voxel| values[voxel])
        .filter(|v| *v > 0.0)
        .collect();
    found.sort_unstable_by(f64::total_cmp);
    let last = found.len().saturating_sub(1);
    found
        .get((found.len() * percentile / 100).min(last))
        .copied()
        .unwrap_or(1.0)
}

impl Sheet<'_> {
    fn figure(
        &self,
        (title, file, carrier): (&str, &str, Option<usize>),
        values: &Array3<f64>,
        (map, top, quantity, unit): (super::colour::ColourMap, f64, &'static str, &'static str),
    ) -> Picture {
        let paint = |voxel: [usize; 3]| match values[voxel] {
            value if !value.is_nan() => map.at(value / top),
            _ => self.without(carrier, voxel),
        };
        let largest = values
            .iter()
            .copied()
            .filter(|v| v.is_finite())
            .fold(0.0, f64::max);
        let beyond = if largest > top * 1.001 {
            Beyond::Larger
        } else {
            Beyond::Nothing
        };
        let mut figure = Figure {
            subtitle: self.subtitle(),
            bar: Some(Bar {
                map,
                top,
                quantity,
                unit,
                beyond,
            }),
            legend: legend(carrier),
            ..page(self.volume, self.axis, title, &paint)
        };
        self.name_sides(&mut figure, title);
        if beyond == Beyond::Larger {
            let (largest, top) = (brief(largest), brief(top));
            let sentence = format!(
                "The largest value in the volume is {largest} {unit}; colours end at {top}."
            );
            figure.caption.insert(0, sentence);
        }
        Picture::new(format!("{file}.png"), figure.draw())
    }

    /// Grey where a voxel conducts the carrier in vain, white where it does not.
    fn without(&self, carrier: Option<usize>, voxel: [usize; 3]) -> Rgb<u8> {
        let conducts = self.conducts[usize::from(self.volume.codes()[voxel])];
        let dead = carrier.map_or(conducts != [false; 2], |carrier| conducts[carrier]);
        if dead { NO_PATH } else { PAPER }
    }

    /// Which end of the electrode is where.
    fn name_sides(&self, figure: &mut Figure<'_>, title: &str) {
        figure.title = format!(
            "{title} (along {}, array axis {})",
            self.axis.name(),
            self.axis.index()
        );
        let [along, _] = Plane::pair(self.axis);
        let sides = match self.separator {
            End::First => "separator left, collector right",
            End::Last => "collector left, separator right",
        };
        figure.slices[0].1 = format!("{}: {sides}", place_of(self.volume, along.normal));
        figure.slices[1].1 = figure.slices[1]
            .1
            .replace("across the transport", "across it");
    }

    fn subtitle(&self) -> String {
        let operation = self.operation;
        format!(
            "{} mA/cm² at an overpotential of {} mV",
            brief(0.1 * operation.current_density),
            brief(1e3 * operation.overpotential)
        )
    }
}

fn legend(carrier: Option<usize>) -> Vec<(Rgb<u8>, String)> {
    let words = match carrier {
        Some(0) => ["conducts no ions", "conducts ions, but is cut off"],
        Some(_) => [
            "conducts no electrons",
            "conducts electrons, but is cut off",
        ],
        None => ["conducts nothing", "conducts, but is cut off"],
    };
    vec![(PAPER, words[0].into()), (NO_PATH, words[1].into())]
}

/// Writes labels and fields to `path`, replacing what is there.
///
/// # Errors
/// [`ReportError::Hdf5`] where the file cannot be written.
pub fn write(path: &Path, sheet: &Sheet<'_>, provenance: &Provenance) -> Result<(), ReportError> {
    let hdf5 = |source| ReportError::Hdf5 {
        path: path.to_owned(),
        source,
    };
    let bytes = sheet.volume.codes().len() as u64 * VOXEL_BYTES;
    write_file(path, bytes, |file| write_all(file, sheet, provenance)).map_err(hdf5)
}

/// Bytes of a voxel: its label at most, two potentials and the reaction current.
const VOXEL_BYTES: u64 = 8 + 3 * 4;

fn write_all(file: &File, sheet: &Sheet<'_>, provenance: &Provenance) -> hdf5::Result<()> {
    let group = file.create_group("voxion")?;
    let cells = write_image_header(file, sheet.volume)?;
    provenance::write(&group, provenance)?;
    write_label_values(&group, sheet.volume)?;
    cells.link_hard("/voxion/labels", "labels")?;
    let ElectrodeFields {
        ionic,
        electronic,
        reaction,
    } = sheet.fields;
    for (name, field, units) in [
        ("ionic_potential", ionic, "V"),
        ("electronic_potential", electronic, "V"),
        ("reaction_current", reaction, "A/m3"),
    ] {
        let dataset = write_field(&group, name, field.view(), single)?;
        text(&dataset, "units", units)?;
        text(&dataset, "missing", "NaN where the carrier does not get")?;
        cells.link_hard(&format!("/voxion/{name}"), name)?;
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
