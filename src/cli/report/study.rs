//! The page of a study.

use super::{
    histograms,
    plots::{plots, without_effect},
    relative,
};
use serde_json::Value;
use std::path::Path;
use voxion::{
    report::{
        html::{Dot, Plot, Report, Shape, Sheet, labels},
        numbers::{plain, with_bound},
    },
    study::{
        Table,
        table::{Column, Kind, Values},
    },
};

const NOTE: &str = "A point is the mean over repeats where there are several, and its bar their standard deviation; else the bar \
is the certified bound of the algebraic error, which says nothing of voxel size, sample size, or whether the model is right. \
Hover over a point for its value.";

const AGAIN: &str = "Finished cases are not run again; solved on the host, the same files give the same digits. The texts of the \
files are below.";

/// What the reader is told.
pub(super) fn page(path: &Path, table: &Table, provenance: &Value) -> Report {
    let text = |key: &str| provenance[key].as_str().map(str::to_owned);
    let lines = |key: &str| -> Vec<String> {
        let list = provenance[key].as_array().into_iter().flatten();
        list.filter_map(|line| line.as_str().map(str::to_owned))
            .collect()
    };
    let file_name = path.file_name().unwrap_or_default().to_string_lossy();
    let mut plots = plots(table, provenance);
    plots.extend(relative::plot(&plots, table, provenance));
    Report {
        title: text("title").unwrap_or_else(|| file_name.clone().into_owned()),
        question: text("question"),
        summary: summary(table),
        validation: beside(&plots),
        plots,
        plot_note: NOTE.to_owned(),
        histograms: histograms::of_study(&table.gallery.histograms),
        histogram_note: histograms::NOTE.to_owned(),
        pictures: table
            .gallery
            .slices
            .iter()
            .filter_map(|slice| labels(slice.title.clone(), &slice.rows, &slice.phases))
            .collect(),
        table: sheet(table),
        lists: vec![
            ("Fitted".to_owned(), lines("fitted")),
            ("Predicted".to_owned(), lines("predicted")),
            (
                "Materials and their sources".to_owned(),
                table.phases.clone(),
            ),
            (
                "Measured values".to_owned(),
                sources(&provenance["measured"], table),
            ),
            ("Warnings".to_owned(), table.warnings.clone()),
            ("Failed".to_owned(), failures(table)),
        ],
        provenance: origin(provenance, &file_name),
        again: vec![AGAIN.to_owned()],
        commands: commands(provenance, &file_name),
        files: files(provenance),
    }
}

fn shown(dot: &Dot) -> String {
    match dot.error {
        0.0 => plain(dot.y),
        error => with_bound(dot.y, error),
    }
}

/// Every measured value beside what was computed at the same place.
fn beside(plots: &[Plot]) -> Sheet {
    let header = ["result", "parameter", "computed", "measured", "difference"];
    let mut rows = Vec::new();
    for plot in plots {
        let of = |rings: bool| {
            let series = plot
                .series
                .iter()
                .filter(move |own| (own.shape == Shape::Rings) == rings);
            series.flat_map(|series| &series.dots)
        };
        for measured in of(true) {
            let place = match plot
                .names
                .iter()
                .enumerate()
                .find(|(place, _)| *place as f64 == measured.x)
            {
                Some((_, name)) => name.clone(),
                None => plain(measured.x),
            };
            rows.extend(of(false).filter(|dot| dot.x == measured.x).map(|dot| {
                vec![
                    plot.up.clone(),
                    format!("{} = {place}", plot.across),
                    shown(dot),
                    plain(measured.y),
                    format!("{:+.1} %", 100.0 * (dot.y / measured.y - 1.0)),
                ]
            }));
        }
    }
    Sheet {
        header: header.map(str::to_owned).to_vec(),
        rows,
    }
}

fn summary(table: &Table) -> Vec<String> {
    let parameters = table
        .columns
        .iter()
        .filter(|column| column.kind == Kind::Parameter);
    let names: Vec<&str> = parameters.map(|column| column.name.as_str()).collect();
    let mut lines = vec![format!(
        "{} results; varied: {}",
        table.rows(),
        names.join(", ")
    )];
    let idle = without_effect(table).into_iter();
    lines.extend(idle.map(|name| format!("{name} changes no result")));
    if table.unfinished > 0 {
        lines.push(format!(
            "{} cases were not finished when this was made",
            table.unfinished
        ));
    }
    lines
}

/// Every row; results with their bounds.
fn sheet(table: &Table) -> Sheet {
    let axes = table.columns.iter().find(|column| column.name == "axis");
    let several = axes.is_some_and(|column| match &column.values {
        Values::Texts(texts) => texts.iter().any(|text| *text != texts[0]),
        Values::Numbers(_) => false,
    });
    let shown: Vec<(usize, &Column)> = table
        .columns
        .iter()
        .enumerate()
        .filter(|(_, column)| match column.kind {
            Kind::Parameter | Kind::Result => true,
            Kind::Case => several && column.name == "axis",
            Kind::Bound => false,
        })
        .collect();
    let row = |row: usize| {
        let cell =
            |&(place, column): &(usize, &Column)| cell(column, table.columns.get(place + 1), row);
        shown.iter().map(cell).collect()
    };
    Sheet {
        header: shown.iter().map(|(_, column)| header(column)).collect(),
        rows: (0..table.rows()).map(row).collect(),
    }
}

/// "effective conductivity (S/m)".
pub(super) fn header(column: &Column) -> String {
    let name = match column.name.split_once('.') {
        Some(("generate" | "transport" | "phases", key)) => key,
        _ => &column.name,
    };
    let name = name.replace(['_', '.'], " ");
    match column.unit.as_str() {
        "" | "1" => name,
        unit => format!("{name} ({unit})"),
    }
}

fn cell(column: &Column, next: Option<&Column>, row: usize) -> String {
    let number = match &column.values {
        Values::Texts(texts) => return texts[row].clone(),
        Values::Numbers(numbers) => numbers[row],
    };
    if number.is_nan() {
        return "-".to_owned();
    }
    match next.map(|next| (next.kind, &next.values)) {
        Some((Kind::Bound, Values::Numbers(bounds))) if number.is_finite() => {
            with_bound(number, bounds[row])
        }
        _ => plain(number),
    }
}

/// Where measured values come from, and why they stand beside nothing where that is so.
fn sources(measured: &Value, table: &Table) -> Vec<String> {
    let parameter = measured["parameter"].as_str().unwrap_or_default();
    let varied = table.columns.iter().any(|column| column.name == parameter);
    let aside = match varied {
        true => String::new(),
        false => format!(
            " (not compared here: it belongs to values of {parameter}, which this study does not vary)"
        ),
    };
    let series = measured["series"].as_array().into_iter().flatten();
    let line = |series: &Value| {
        let word = |key: &str| series[key].as_str().unwrap_or_default().replace('_', " ");
        format!(
            "{}: {}{aside}",
            word("result"),
            series["source"].as_str().unwrap_or_default()
        )
    };
    series.map(line).collect()
}

fn failures(table: &Table) -> Vec<String> {
    let errors = table.columns.iter().find(|column| column.name == "error");
    let Some(Values::Texts(errors)) = errors.map(|column| &column.values) else {
        return Vec::new();
    };
    let parameters: Vec<&Column> = table
        .columns
        .iter()
        .filter(|column| column.kind == Kind::Parameter)
        .collect();
    let line = |(row, error): (usize, &String)| {
        let case = parameters
            .iter()
            .map(|column| format!("{} = {}", header(column), cell(column, None, row)));
        format!("{}: {error}", case.collect::<Vec<_>>().join(", "))
    };
    errors
        .iter()
        .enumerate()
        .filter(|(_, error)| !error.is_empty())
        .map(line)
        .collect()
}

fn origin(provenance: &Value, file_name: &str) -> Vec<(String, String)> {
    let mut entries = vec![
        ("table".to_owned(), file_name.to_owned()),
        (
            "program".to_owned(),
            format!(
                "voxion {}",
                provenance["version"].as_str().unwrap_or_default()
            ),
        ),
    ];
    for (name, sum) in provenance["inputs"].as_object().into_iter().flatten() {
        entries.push((
            format!("input {name}"),
            sum.as_str().unwrap_or_default().to_owned(),
        ));
    }
    entries
}

fn commands(provenance: &Value, file_name: &str) -> Vec<String> {
    let study = provenance["study"]["name"].as_str().unwrap_or("study.toml");
    vec![
        format!("voxion study run {study}"),
        format!("voxion study merge {study} -o {file_name}"),
        format!("voxion report {file_name} -o report.html"),
    ]
}

fn files(provenance: &Value) -> Vec<(String, String)> {
    let named = ["study", "base"].into_iter().map(|key| &provenance[key]);
    let file = |file: &Value| {
        Some((
            file["name"].as_str()?.to_owned(),
            file["text"].as_str()?.to_owned(),
        ))
    };
    named.filter_map(file).collect()
}
