//! `voxion info`: what a volume holds, before anyone decides what conducts.

use super::{
    args::InfoArguments,
    json::stated,
    numbers::grouped,
    resolve::Form,
    stdout,
    table::{axis_title, fraction, heading, plain_table},
};
use anyhow::Result;
use serde::Serialize;
use serde_json::Value;
use voxion::{
    Error,
    io::{self, Reading},
    microstructure::{Axis, Volume, percolating_fractions},
};

/// A label and how it fills the volume.
struct Label {
    label: i64,
    voxels: usize,
    /// The part of its voxels on a path between the two ends, along (z, y, x).
    percolating: [f64; 3],
}

/// Reads a volume and shows what it holds.
pub(crate) fn info(arguments: InfoArguments) -> Result<()> {
    let form = Form::from_flag(arguments.json);
    let input = arguments.volume.resolve();
    let mut reading = io::read(&input.source).map_err(Error::from)?;
    reading.volume = input.sized(reading.volume);
    let labels = labels(&reading.volume);
    stdout::print(&match form {
        Form::Json => document(&reading, &labels)?,
        Form::Table => tables(&reading, &labels),
    })
}

fn labels(volume: &Volume) -> Vec<Label> {
    let counted = volume.labels().iter().zip(volume.counts());
    counted
        .zip(percolating_fractions(volume))
        .map(|((&label, voxels), percolating)| Label {
            label,
            voxels,
            percolating,
        })
        .collect()
}

fn tables(reading: &Reading, labels: &[Label]) -> String {
    let titles = Axis::ALL.map(|axis| format!("along {}", axis_title(axis)));
    let [z, y, x] = titles.each_ref().map(String::as_str);
    let mut table = plain_table(&["label", "voxels", "fraction", z, y, x]);
    let total = labels.iter().map(|label| label.voxels).sum();
    for label in labels {
        let [z, y, x] = label.percolating.map(|part| format!("{part:.4}"));
        let (voxels, part) = (grouped(label.voxels), fraction(label.voxels, total));
        table.add_row([label.label.to_string(), voxels, part, z, y, x]);
    }
    format!(
        "{}\nSHA-256 {}\n\n{table}\n\n\
         Along an axis: the part of the label's voxels in clusters that join both ends (neighbours share a face).\n",
        heading(reading),
        reading.sha256
    )
}

#[derive(Serialize)]
struct Document<'a> {
    voxion: &'static str,
    path: String,
    dataset: Option<&'a str>,
    file_type: &'a str,
    checksum: String,
    shape: [usize; 3],
    voxel_size_m: Option<[f64; 3]>,
    stated_voxel_size: Option<Value>,
    notes: &'a [String],
    labels: Vec<Entry>,
}

#[derive(Serialize)]
struct Entry {
    label: i64,
    voxels: usize,
    fraction: f64,
    percolating_fraction: ByAxis,
}

#[derive(Serialize)]
struct ByAxis {
    z: f64,
    y: f64,
    x: f64,
}

fn document(reading: &Reading, labels: &[Label]) -> Result<String> {
    let total: usize = labels.iter().map(|label| label.voxels).sum();
    let entries = labels.iter().map(
        |&Label {
             label,
             voxels,
             percolating: [z, y, x],
         }| Entry {
            label,
            voxels,
            fraction: voxels as f64 / total as f64,
            percolating_fraction: ByAxis { z, y, x },
        },
    );
    stdout::json(&Document {
        voxion: env!("CARGO_PKG_VERSION"),
        path: reading.path.display().to_string(),
        dataset: reading.dataset.as_deref(),
        file_type: &reading.file_type,
        checksum: format!("sha256:{}", reading.sha256),
        shape: reading.volume.shape(),
        voxel_size_m: reading.volume.spacing(),
        stated_voxel_size: reading.voxel_size.as_ref().map(stated),
        notes: &reading.notes,
        labels: entries.collect(),
    })
}
