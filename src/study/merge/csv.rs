//! Comma-separated values (RFC 4180): one line of names, units in brackets behind them, then a line for each row.
//!
//! `pandas.read_csv("coating.csv")`, `polars.read_csv("coating.csv")`. A number is written so that it is read back to the
//! last digit; one that is missing is empty.

use super::super::table::{Column, Table, Values};
use std::{fs, io, path::Path};

pub(super) fn write(path: &Path, table: &Table) -> io::Result<()> {
    let mut text = line(table.columns.iter().map(header));
    for row in 0..table.rows() {
        text += &line(table.columns.iter().map(|column| cell(column, row)));
    }
    fs::write(path, text)
}

fn line(cells: impl Iterator<Item = String>) -> String {
    cells.collect::<Vec<_>>().join(",") + "\n"
}

fn header(column: &Column) -> String {
    match column.unit.as_str() {
        "" | "1" => quoted(&column.name),
        unit => quoted(&format!("{} [{unit}]", column.name)),
    }
}

fn cell(column: &Column, row: usize) -> String {
    match &column.values {
        Values::Texts(texts) => quoted(&texts[row]),
        Values::Numbers(numbers) => match numbers[row] {
            number if number.is_nan() => String::new(),
            number => format!("{number:?}"),
        },
    }
}

/// In quotes where it has to be.
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}
