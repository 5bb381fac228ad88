//! The page of a run of stress or of an electrode, from the file of fields that it wrote: how each field is distributed over each
//! phase.

use super::{
    again,
    single::{slice, text},
};
use anyhow::{Result, bail};
use hdf5::Group;
use serde_json::Value;
use std::path::Path;
use voxion::{
    io::Reading,
    report::{
        html::{Dot, Plot, Report, Series, Shape, Sheet, Spacing},
        numbers::brief,
    },
};

/// Fields with what they are called and what is said of voxels without.
const FIELDS: [(&str, &str); 4] = [
    ("von_mises", "von Mises stress"),
    ("hydrostatic", "hydrostatic stress"),
    ("largest_principal", "largest principal stress"),
    ("reaction_current", "reaction current"),
];
/// Classes of a histogram.
const CLASSES: usize = 24;
const NOTE: &str = "Voxels of each phase in classes of equal width, in per cent of those of the phase; phases and voxels in which the \
field is zero are left out.";

/// Values of a field in a phase, ascending.
struct Part {
    phase: String,
    values: Vec<f64>,
}

/// What the reader is told.
pub(super) fn page(path: &Path, results: &Group, reading: &Reading) -> Result<Report> {
    let parameters: Value = serde_json::from_str(&text(results, "parameters")?)?;
    let (mut rows, mut histograms) = (Vec::new(), Vec::new());
    for (field, title) in FIELDS
        .into_iter()
        .filter(|(field, _)| results.link_exists(field))
    {
        let dataset = results.dataset(field)?;
        let unit = text(&dataset, "units")?;
        let parts = parts(results, field, (reading, &parameters))?;
        rows.extend(
            parts
                .iter()
                .map(|part| row(&format!("{title} ({unit})"), part)),
        );
        histograms.extend(histogram(title, &unit, &parts));
    }
    if rows.is_empty() {
        bail!("it has none of the fields that a page is made of");
    }
    let known = |(name, label): (&str, &str)| Some((label.to_owned(), text(results, name).ok()?));
    let provenance = [
        ("input", "input"),
        ("sha256", "checksum"),
        ("version", "version of voxion"),
        ("date", "date"),
    ];
    let mut provenance: Vec<(String, String)> = provenance.into_iter().filter_map(known).collect();
    provenance.push(("parameters".to_owned(), parameters.to_string()));
    let input = text(results, "input").unwrap_or_else(|_| path.display().to_string());
    let title = match results.link_exists("von_mises") {
        true => format!("Stress in {input}"),
        false => format!("Reaction in {input}"),
    };
    let mut header = vec!["field".to_owned(), "phase".to_owned(), "mean".to_owned()];
    header.extend(PERCENTS.map(|percent| format!("{percent} % are below")));
    let mut page = Report {
        title,
        question: Some("How is it distributed over the phases?".to_owned()),
        table: Sheet { header, rows },
        histograms,
        histogram_note: NOTE.to_owned(),
        pictures: slice(reading).into_iter().collect(),
        provenance,
        ..Report::default()
    };
    again::fill(&mut page, path, results);
    Ok(page)
}

fn parts(
    results: &Group,
    field: &str,
    (reading, parameters): (&Reading, &Value),
) -> Result<Vec<Part>> {
    let values = results.dataset(field)?.read_raw::<f32>()?;
    let volume = &reading.volume;
    let mut parts: Vec<Part> = volume
        .labels()
        .iter()
        .map(|&label| Part {
            phase: name(label, reading, parameters),
            values: Vec::new(),
        })
        .collect();
    for (&code, &value) in volume.codes().iter().zip(&values) {
        if value.is_finite() && value != 0.0 {
            parts[usize::from(code)].values.push(f64::from(value));
        }
    }
    parts.retain(|part| !part.values.is_empty());
    parts
        .iter_mut()
        .for_each(|part| part.values.sort_by(f64::total_cmp));
    Ok(parts)
}

/// What the file or the parameters call a label.
fn name(label: i64, reading: &Reading, parameters: &Value) -> String {
    let named = reading.names.iter().find(|(known, _)| *known == label);
    let has = |phase: &&Value| {
        let labels = phase["labels"].as_array().into_iter().flatten();
        labels.into_iter().any(|own| own.as_i64() == Some(label))
    };
    let described = parameters["phases"]
        .as_array()
        .into_iter()
        .flatten()
        .find(has);
    let described = described.and_then(|phase| phase["name"].as_str());
    match (described, named) {
        (Some(name), _) => name.to_owned(),
        (None, Some((_, name))) => name.clone(),
        (None, None) => format!("label {label}"),
    }
}

const PERCENTS: [usize; 4] = [5, 50, 95, 100];

fn row(field: &str, part: &Part) -> Vec<String> {
    let count = part.values.len();
    let mean = part.values.iter().sum::<f64>() / count as f64;
    let below = PERCENTS.map(|percent| brief(part.values[((count - 1) * percent + 50) / 100]));
    [field.to_owned(), part.phase.clone(), brief(mean)]
        .into_iter()
        .chain(below)
        .collect()
}

/// One series for each phase, all with the same classes; none where all values are one.
fn histogram(title: &str, unit: &str, parts: &[Part]) -> Option<Plot> {
    let least = parts
        .iter()
        .map(|part| part.values[0])
        .fold(f64::INFINITY, f64::min);
    let most = parts
        .iter()
        .filter_map(|part| part.values.last())
        .copied()
        .fold(f64::NEG_INFINITY, f64::max);
    let width = (most - least) / CLASSES as f64;
    let series = |part: &Part| {
        let end = |class: usize| match class {
            CLASSES => part.values.len(),
            class => part
                .values
                .partition_point(|&value| value < least + class as f64 * width),
        };
        let dot = |class: usize| {
            let percent = 100.0 * (end(class + 1) - end(class)) as f64 / part.values.len() as f64;
            let low = least + class as f64 * width;
            Dot {
                x: low + 0.5 * width,
                y: percent,
                error: 0.0,
                words: format!(
                    "{} to {} {unit}: {percent:.2} %",
                    brief(low),
                    brief(low + width)
                ),
            }
        };
        Series {
            name: part.phase.clone(),
            shape: Shape::Steps,
            dots: (0..CLASSES).map(dot).collect(),
        }
    };
    (width > 0.0).then(|| Plot {
        title: title.to_owned(),
        across: format!("{title} ({unit})"),
        up: "voxels of the phase (%)".to_owned(),
        names: Vec::new(),
        spacing: Spacing::Even,
        series: parts.iter().map(series).collect(),
    })
}
