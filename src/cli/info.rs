//! `voxion info`: what a volume holds, before anyone decides what conducts.

use super::{
    args::InfoArguments,
    greys::{MANY_LABELS, label_doubt, many},
    json::stated,
    numbers::{by_axis, grouped},
    resolve::Form,
    stdout,
    table::{axis_title, fraction, heading, plain_table},
};
use anyhow::Result;
use serde::Serialize;
use serde_json::Value;
use voxion::{
    Error,
    io::{self, IoError, Reading, ValueCount, ValueReading, VolumeSource},
    microstructure::{Axis, Volume, percolating_fractions},
};

/// Rows of a table of very many labels or values.
const SHOWN_LABELS: usize = 8;

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
    let source = input.source.clone().with_nan_label(arguments.nan.nan_label);
    let mut reading = match io::read(&source) {
        Err(IoError::TooManyLabels { .. }) => {
            let values = io::read_values(&source).map_err(Error::from)?;
            let shown = Values {
                source: &source,
                voxel_size: input.voxel_size,
                values: &values,
            };
            say!("warning: {}", many(source.path(), values.counts.len()));
            return stdout::print(&match form {
                Form::Json => shown.document()?,
                Form::Table => shown.table(),
            });
        }
        reading => reading.map_err(Error::from)?,
    };
    reading.volume = input.sized(reading.volume);
    if let Some(doubt) = label_doubt(&reading) {
        say!("warning: {doubt}");
    }
    let labels = labels(&reading.volume);
    stdout::print(&match form {
        Form::Json => document(&reading, &labels)?,
        Form::Table => tables(&reading, &labels),
    })
}

/// A volume with too many different values to be labels.
struct Values<'a> {
    source: &'a VolumeSource,
    /// Given by the user, in metres.
    voxel_size: Option<[f64; 3]>,
    values: &'a ValueReading,
}

impl Values<'_> {
    /// The most frequent values, ascending.
    fn most_frequent(&self) -> Vec<ValueCount> {
        let mut counts = self.values.counts.clone();
        counts.sort_by_key(|count| std::cmp::Reverse(count.voxels));
        counts.truncate(SHOWN_LABELS);
        counts.sort_unstable_by_key(|count| count.value);
        counts
    }

    fn range(&self) -> [i64; 2] {
        let counts = &self.values.counts;
        let ends = [counts.first(), counts.last()];
        ends.map(|count| count.map_or(0, |count| count.value))
    }

    fn voxels(&self) -> usize {
        self.values.shape.iter().product()
    }

    fn table(&self) -> String {
        let mut table = plain_table(&["value", "voxels", "fraction"]);
        for ValueCount { value, voxels } in self.most_frequent() {
            table.add_row([
                value.to_string(),
                grouped(voxels),
                fraction(voxels, self.voxels()),
            ]);
        }
        let notes: String = self
            .values
            .notes
            .iter()
            .map(|note| format!("{note}\n"))
            .collect();
        let [least, most] = self.range();
        format!(
            "{}: {}, {} voxels (z, y, x)\nSHA-256 {}\n{notes}\n{table}\n\n\
             The {SHOWN_LABELS} most frequent of {} different values from {least} to {most}.\n",
            self.source,
            self.values.file_type,
            by_axis(self.values.shape),
            self.values.sha256,
            self.values.counts.len()
        )
    }

    fn document(&self) -> Result<String> {
        let stated_size = self.values.voxel_size.as_ref();
        let total = self.voxels();
        let value = |ValueCount { value, voxels }: ValueCount| {
            serde_json::json!({
                "value": value, "voxels": voxels, "fraction": voxels as f64 / total as f64,
            })
        };
        let frequent: Vec<Value> = self.most_frequent().into_iter().map(value).collect();
        stdout::json(&serde_json::json!({
            "voxion": env!("CARGO_PKG_VERSION"),
            "path": self.source.path().display().to_string(),
            "dataset": self.source.dataset(),
            "file_type": self.values.file_type,
            "checksum": format!("sha256:{}", self.values.sha256),
            "shape": self.values.shape,
            "voxel_size_m": self.voxel_size.or(stated_size.map(|size| size.metres)),
            "stated_voxel_size": stated_size.map(stated),
            "notes": self.values.notes,
            "different_values": self.values.counts.len(),
            "value_range": self.range(),
            "most_frequent_values": frequent,
        }))
    }
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
    let mut shown: Vec<&Label> = labels.iter().collect();
    let mut rest = String::new();
    if labels.len() > MANY_LABELS {
        shown.sort_by_key(|label| std::cmp::Reverse(label.voxels));
        shown.truncate(SHOWN_LABELS);
        shown.sort_unstable_by_key(|label| label.label);
        rest = format!(
            "The most frequent labels; {} more are in --json.\n",
            labels.len() - SHOWN_LABELS
        );
    }
    for label in shown {
        let [z, y, x] = label.percolating.map(|part| format!("{part:.4}"));
        let (voxels, part) = (grouped(label.voxels), fraction(label.voxels, total));
        table.add_row([label.label.to_string(), voxels, part, z, y, x]);
    }
    format!(
        "{}\nSHA-256 {}\n\n{table}\n\n{rest}\
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
