//! Comma-separated values (RFC 4180): one line of names, units in brackets behind them, then a line for each row.
//!
//! `pandas.read_csv("coating.csv")`, `polars.read_csv("coating.csv")`. A number is written so that it is read back to the
//! last digit; one that is missing is empty.

use super::super::table::{Column, Table, Values};
use std::{
    borrow::Cow,
    fs,
    io::{self, BufRead, BufReader, Read},
    path::Path,
};

pub(super) fn write(path: &Path, table: &Table) -> io::Result<()> {
    let mut text = line(table.columns.iter().map(header));
    for row in 0..table.rows() {
        text += &line(table.columns.iter().map(|column| cell(column, row)));
    }
    fs::write(path, text)
}

/// Whether a file begins with the header of a table of cases with these parameters.
pub(super) fn has_columns(path: &Path, parameters: &[String]) -> bool {
    let mut header = String::new();
    let read = fs::File::open(path).and_then(|file| {
        let mut start = BufReader::new(file.take(HEADER));
        start.read_line(&mut header)
    });
    let names: Vec<&str> = header.trim_end().split(',').collect();
    let is_named = |(name, parameter): (&&str, &String)| {
        let rest = name.trim_matches('"').strip_prefix(parameter.as_str());
        rest.is_some_and(|unit| unit.is_empty() || unit.starts_with(" ["))
    };
    read.is_ok()
        && names.first() == Some(&"case")
        && names.len() > parameters.len()
        && names[1..].iter().zip(parameters).all(is_named)
}

/// Bytes of a header at most.
const HEADER: u64 = 1 << 20;

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
        Values::Texts(texts) => quoted(&inert(&texts[row])),
        Values::Numbers(numbers) => match numbers[row] {
            number if number.is_nan() => String::new(),
            number => format!("{number:?}"),
        },
    }
}

/// A text that no spreadsheet takes for a formula: one that begins with `=` or `@`, or with a sign and goes on otherwise than
/// a quantity such as `-20 C`, gets an apostrophe in front, which spreadsheets hide. HDF5 and Parquet hold the text as it is.
fn inert(text: &str) -> Cow<'_, str> {
    let is_quantity = |rest: &str| {
        let plain = |c: char| c.is_alphanumeric() || " .,-/^%\u{b0}".contains(c);
        rest.starts_with(|c: char| c.is_ascii_digit() || c == '.') && rest.chars().all(plain)
    };
    let is_formula = match text.chars().next() {
        Some('=' | '@' | '\t' | '\r') => true,
        Some('+' | '-') => !is_quantity(&text[1..]),
        _ => false,
    };
    match is_formula {
        true => Cow::Owned(format!("'{text}")),
        false => Cow::Borrowed(text),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula_and_quantities_stay() {
        for formula in [
            "=1+1",
            "@SUM(A1)",
            "+cmd|' /C calc'!A0",
            "-2+3+cmd|'x'!A0",
            "\t=1",
            "-x",
        ] {
            assert_eq!(inert(formula), format!("'{formula}"));
        }
        for text in [
            "-20 C",
            "+5 %",
            "-1e-3 mS/cm",
            "-.5",
            "scan=1.h5",
            "a@b",
            "0.1",
            "",
        ] {
            assert_eq!(inert(text), text);
        }
    }
}
