//! The page of one run, from the file of fields that it wrote.

use super::{again, histograms, phases};
use anyhow::{Result, bail};
use hdf5::{Group, types::VarLenUnicode};
use serde_json::Value;
use std::path::Path;
use voxion::{
    io::{self, VolumeSource, image_data::open},
    microstructure::Axis,
    physics::conduction::{CURRENT_CLASSES, current_class},
    report::{
        html::{Plot, Report, Sheet, labels},
        numbers::{inverse_with_bound, plain, with_bound},
    },
};

/// What the reader is told.
pub(super) fn page(path: &Path) -> Result<Report> {
    let file = open(path)?;
    if !file.link_exists("voxion") {
        bail!("it has neither a group /study nor a group /voxion");
    }
    let results = file.group("voxion")?;
    let reading = io::read(&VolumeSource::new(path).with_dataset("/voxion/labels"))?;
    if results.attr("conductivity_unit").is_err() {
        return phases::page(path, &results, &reading);
    }
    let input = text(&results, "input")?;
    let parameters: Value = serde_json::from_str(&text(&results, "parameters")?)?;
    let unit = text(&results, "conductivity_unit")?;
    let axes: Vec<Group> = ["z", "y", "x"]
        .into_iter()
        .filter(|axis| results.link_exists(axis))
        .map(|axis| results.group(axis))
        .collect::<hdf5::Result<_>>()?;
    let mut page = Report {
        title: format!("Effective conductivity of {input}"),
        question: Some(
            "How well does this volume conduct from end to end, and how wrong can the number be?"
                .to_owned(),
        ),
        summary: vec![format!(
            "{} voxels (z, y, x)",
            reading
                .volume
                .shape()
                .map(|count| count.to_string())
                .join(" x ")
        )],
        table: sheet(&axes, &unit)?,
        histograms: histograms(&axes, reading.volume.spacing())?,
        histogram_note: histograms::NOTE.to_owned(),
        pictures: slice(&reading).into_iter().collect(),
        lists: vec![(
            "Materials and their sources".to_owned(),
            materials(&parameters, &unit),
        )],
        provenance: vec![
            ("input".to_owned(), input),
            (
                "checksum".to_owned(),
                format!("sha256:{}", text(&results, "sha256")?),
            ),
            (
                "program".to_owned(),
                format!("voxion {}", text(&results, "version")?),
            ),
            ("date".to_owned(), text(&results, "date")?),
            ("parameters".to_owned(), parameters.to_string()),
        ],
        ..Report::default()
    };
    again::fill(&mut page, path, &results);
    Ok(page)
}

pub(super) fn text(place: &hdf5::Location, name: &str) -> Result<String> {
    Ok(place
        .attr(name)?
        .read_scalar::<VarLenUnicode>()?
        .as_str()
        .to_owned())
}

/// How the current is distributed, a series for each axis.
fn histograms(axes: &[Group], spacing: Option<[f64; 3]>) -> Result<Vec<Plot>> {
    let mut all = Vec::new();
    for group in axes {
        let axis = axis_name(group);
        let place = Axis::ALL.into_iter().find(|own| own.name() == axis);
        let Some(place) = place.map(Axis::index) else {
            continue;
        };
        let currents = group.dataset("current_density_magnitude")?;
        let gaps = match text(group, "boundary")?.as_str() {
            "centre" => currents.shape()[place] - 1,
            _ => currents.shape()[place],
        };
        let length = gaps as f64 * spacing.map_or(1.0, |size| size[place]);
        let whole = group.attr("effective_conductivity")?.read_scalar::<f64>()? / length;
        let mut parts = vec![0.0; CURRENT_CLASSES];
        for current in currents
            .read_raw::<f32>()?
            .into_iter()
            .filter(|&current| current > 0.0)
        {
            parts[current_class(f64::from(current) / whole)] += 1.0;
        }
        let total: f64 = parts.iter().sum();
        parts.iter_mut().for_each(|part| *part /= total);
        if total > 0.0 {
            all.push(histograms::series(format!("along {axis}"), &parts));
        }
    }
    Ok(histograms::plot(all).into_iter().collect())
}

fn axis_name(group: &Group) -> String {
    group
        .name()
        .rsplit('/')
        .next()
        .unwrap_or_default()
        .to_owned()
}

/// A row for each number, a column for each axis.
fn sheet(axes: &[Group], unit: &str) -> Result<Sheet> {
    let number =
        |group: &Group, name: &str| -> Result<f64> { Ok(group.attr(name)?.read_scalar()?) };
    let mut header = vec!["along".to_owned()];
    let unit = if unit == "1" { "relative" } else { unit };
    let mut rows = vec![
        vec![format!("effective conductivity ({unit})")],
        vec!["tortuosity factor".to_owned()],
        vec!["MacMullin number".to_owned()],
        vec!["conducting fraction".to_owned()],
        vec!["percolating part of it".to_owned()],
        vec!["iterations".to_owned()],
    ];
    for group in axes {
        header.push(axis_name(group));
        let (value, bound) = (
            number(group, "effective_conductivity")?,
            number(group, "error_bound")?,
        );
        let inverse = |name: &str| -> Result<String> {
            Ok(inverse_with_bound(number(group, name)?, bound / value))
        };
        let cells = [
            with_bound(value, bound),
            inverse("tortuosity_factor")?,
            inverse("macmullin_number")?,
            plain(number(group, "conducting_fraction")?),
            plain(number(group, "percolating_fraction")?),
            group.attr("iterations")?.read_scalar::<u64>()?.to_string(),
        ];
        for (row, cell) in rows.iter_mut().zip(cells) {
            row.push(cell);
        }
    }
    Ok(Sheet { header, rows })
}

/// The plane through the middle of y.
pub(super) fn slice(reading: &io::Reading) -> Option<voxion::report::html::Picture> {
    let codes = reading.volume.codes();
    let plane = codes.index_axis(ndarray::Axis(1), codes.len_of(ndarray::Axis(1)) / 2);
    let rows: Vec<Vec<u8>> = plane.rows().into_iter().map(|row| row.to_vec()).collect();
    let name = |label: &i64| {
        let named = reading.names.iter().find(|(known, _)| known == label);
        named.map_or(format!("label {label}"), |(_, name)| name.clone())
    };
    let phases: Vec<String> = reading.volume.labels().iter().map(name).collect();
    labels(
        "slice through the middle, z downwards and x across".to_owned(),
        &rows,
        &phases,
    )
}

fn materials(parameters: &Value, unit: &str) -> Vec<String> {
    let phase = |phase: &Value| {
        let name = match phase["name"].as_str() {
            Some(name) => name.to_owned(),
            None => format!("labels {}", phase["labels"]),
        };
        let origin = phase["origin"]
            .as_str()
            .map_or(String::new(), |origin| format!(", {origin}"));
        let unit = if unit == "1" {
            String::new()
        } else {
            format!(" {unit}")
        };
        format!("{name}: {}{unit}{origin}", phase["conductivity"])
    };
    parameters["phases"]
        .as_array()
        .into_iter()
        .flatten()
        .map(phase)
        .collect()
}
