//! HDF5: all that a report needs.
//!
//! ```text
//! /study                  attributes: program, version, title, question, provenance (JSON: files, inputs, phases, ...)
//!   table/NAME            a dataset for each column, with name, units, kind and place as attributes; a / in the name is %2F
//!   slices/0              rows of codes of some cases, with title and phases as attributes
//!   histograms/0          parts of the voxels of some cases by local current density, with title
//! ```
//!
//! In Python: `{name: data[()] for name, data in h5py.File("coating.h5")["study/table"].items()}`.

use super::super::{
    gallery::{Gallery, Histogram, Slice},
    table::{Column, Kind, Table, Values},
};
use crate::io::image_data::{long_text, open, text, unicode, write_file};
use hdf5::{File, Group, types::VarLenUnicode};
use ndarray::Array2;
use serde_json::Value;
use std::{io, path::Path};

const KINDS: [(&str, Kind); 4] = [
    ("case", Kind::Case),
    ("parameter", Kind::Parameter),
    ("result", Kind::Result),
    ("bound", Kind::Bound),
];

pub(super) fn write(path: &Path, table: &Table, provenance: &Value) -> io::Result<()> {
    // The table is in memory, so its file may be, whatever its size.
    write_file(path, 0, |file| write_all(file, table, provenance))
}

fn write_all(file: &File, table: &Table, provenance: &Value) -> hdf5::Result<()> {
    let study = group(file, "study")?;
    for key in ["program", "version", "title", "question"] {
        if let Some(value) = provenance[key].as_str() {
            text(&study, key, value)?;
        }
    }
    long_text(&study, "provenance", &provenance.to_string())?;
    let columns = group(&study, "table")?;
    for (place, column) in (0i64..).zip(&table.columns) {
        write_column(&columns, column, place)?;
    }
    let slices = group(&study, "slices")?;
    for (place, slice) in table.gallery.slices.iter().enumerate() {
        write_slice(&slices, &place.to_string(), slice)?;
    }
    let histograms = group(&study, "histograms")?;
    for (place, histogram) in table.gallery.histograms.iter().enumerate() {
        let builder = histograms.new_dataset::<f64>().obj_track_times(false);
        let dataset = builder
            .shape(histogram.parts.len())
            .create(place.to_string().as_str())?;
        dataset.write_raw(&histogram.parts)?;
        text(&dataset, "title", &histogram.title)?;
    }
    Ok(())
}

/// A group without the time of its making.
fn group(parent: &Group, name: &str) -> hdf5::Result<Group> {
    let builder = parent.create_group_builder().obj_track_times(false);
    builder.create(name)
}

/// A name as a dataset may have it: "/" would make groups.
fn link_name(name: &str) -> String {
    match name.contains('/') || name.contains("%2F") {
        true => name.replace('%', "%25").replace('/', "%2F"),
        false => name.to_owned(),
    }
}

fn write_column(group: &Group, column: &Column, place: i64) -> hdf5::Result<()> {
    let link = link_name(&column.name);
    let dataset = match &column.values {
        Values::Numbers(numbers) => {
            let builder = group.new_dataset::<f64>().obj_track_times(false);
            let dataset = builder.shape(numbers.len()).create(link.as_str())?;
            dataset.write_raw(numbers)?;
            dataset
        }
        Values::Texts(texts) => {
            let texts = texts
                .iter()
                .map(|text| unicode(text))
                .collect::<hdf5::Result<Vec<_>>>()?;
            let builder = group.new_dataset::<VarLenUnicode>().obj_track_times(false);
            let dataset = builder.shape(texts.len()).create(link.as_str())?;
            dataset.write_raw(&texts)?;
            dataset
        }
    };
    let kind = KINDS.iter().find(|(_, kind)| *kind == column.kind);
    text(&dataset, "name", &column.name)?;
    text(&dataset, "units", &column.unit)?;
    text(&dataset, "kind", kind.map_or("", |(word, _)| word))?;
    dataset
        .new_attr::<i64>()
        .create("place")?
        .write_scalar(&place)
}

fn write_slice(group: &Group, name: &str, slice: &Slice) -> hdf5::Result<()> {
    let width = slice.rows.first().map_or(0, Vec::len);
    let codes: Vec<u8> = slice.rows.iter().flatten().copied().collect();
    let codes = Array2::from_shape_vec((slice.rows.len(), width), codes)
        .map_err(|error| error.to_string())?;
    let dataset = group
        .new_dataset::<u8>()
        .obj_track_times(false)
        .shape(codes.dim())
        .create(name)?;
    dataset.write(&codes)?;
    text(&dataset, "title", &slice.title)?;
    text(&dataset, "phases", &slice.phases.join("\n"))
}

/// Reads the table of a merged study, and where it comes from; none where the file is something else.
///
/// # Errors
/// What HDF5 says of a file that it cannot read.
pub fn read(path: &Path) -> hdf5::Result<Option<(Table, Value)>> {
    let file = open(path)?;
    if !file.link_exists("study") {
        return Ok(None);
    }
    let study = file.group("study")?;
    let provenance = study
        .dataset("provenance")?
        .read_scalar::<VarLenUnicode>()?;
    let provenance: Value = serde_json::from_str(provenance.as_str()).map_err(|e| e.to_string())?;
    let group = study.group("table")?;
    let mut columns = Vec::new();
    for name in group.member_names()? {
        columns.push(read_column(&group, &name)?);
    }
    columns.sort_by_key(|(place, _)| *place);
    let columns: Vec<Column> = columns.into_iter().map(|(_, column)| column).collect();
    let rows = columns.first().map_or(0, |column| column.values.len());
    if columns.iter().any(|column| column.values.len() != rows) {
        return Err("the columns of the table differ in length".into());
    }
    let texts = |key: &str| -> Vec<String> {
        let list = provenance[key].as_array().into_iter().flatten();
        list.filter_map(|line| line.as_str().map(str::to_owned))
            .collect()
    };
    let table = Table {
        columns,
        unfinished: provenance["unfinished"]
            .as_u64()
            .and_then(|n| usize::try_from(n).ok())
            .unwrap_or(0),
        phases: texts("phases"),
        warnings: texts("warnings"),
        gallery: Gallery {
            slices: each(&study.group("slices")?, read_slice)?,
            histograms: match study.link_exists("histograms") {
                true => each(&study.group("histograms")?, read_histogram)?,
                false => Vec::new(),
            },
        },
    };
    Ok(Some((table, provenance)))
}

fn attribute(dataset: &hdf5::Dataset, name: &str) -> hdf5::Result<String> {
    let value = dataset.attr(name)?.read_scalar::<VarLenUnicode>()?;
    Ok(value.as_str().to_owned())
}

fn read_column(group: &Group, name: &str) -> hdf5::Result<(i64, Column)> {
    let dataset = group.dataset(name)?;
    let word = attribute(&dataset, "kind")?;
    let kind = KINDS.iter().find(|(known, _)| *known == word);
    let values = match dataset.dtype()?.is::<f64>() {
        true => Values::Numbers(dataset.read_raw::<f64>()?),
        false => {
            let texts = dataset.read_raw::<VarLenUnicode>()?;
            Values::Texts(texts.iter().map(|text| text.as_str().to_owned()).collect())
        }
    };
    let column = Column {
        // Files of earlier versions have none.
        name: attribute(&dataset, "name").unwrap_or_else(|_| name.to_owned()),
        unit: attribute(&dataset, "units")?,
        kind: kind
            .map(|(_, kind)| *kind)
            .ok_or_else(|| format!("\"{word}\" is no kind of column"))?,
        values,
    };
    Ok((dataset.attr("place")?.read_scalar::<i64>()?, column))
}

/// The datasets "0", "1", ... of a group.
fn each<T>(
    group: &Group,
    read: impl Fn(&hdf5::Dataset) -> hdf5::Result<T>,
) -> hdf5::Result<Vec<T>> {
    let count = usize::try_from(group.len()).unwrap_or(0);
    (0..count)
        .map(|place| read(&group.dataset(&place.to_string())?))
        .collect()
}

fn read_slice(dataset: &hdf5::Dataset) -> hdf5::Result<Slice> {
    let codes = dataset.read_2d::<u8>()?;
    let phases = attribute(dataset, "phases")?;
    Ok(Slice {
        title: attribute(dataset, "title")?,
        phases: phases.lines().map(str::to_owned).collect(),
        rows: codes.rows().into_iter().map(|row| row.to_vec()).collect(),
    })
}

fn read_histogram(dataset: &hdf5::Dataset) -> hdf5::Result<Histogram> {
    Ok(Histogram {
        title: attribute(dataset, "title")?,
        parts: dataset.read_raw::<f64>()?,
    })
}
