//! All results of a study as one table: a row for each case and axis, in the order of the study.

use super::{Gallery, Plan, State, Store, StudyError};
use crate::{
    Result,
    scenario::{
        quantity,
        sweep::{Collected, Part, Point},
    },
};
use serde_json::Value;

/// A column.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// "generate.cycles", "effective_conductivity", "effective_conductivity_bound".
    pub name: String,
    /// "1" for plain numbers, empty for texts.
    pub unit: String,
    /// What it is.
    pub kind: Kind,
    /// One value for each row.
    pub values: Values,
}

/// What a column is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Which case, which axis, why it failed.
    Case,
    /// Varied.
    Parameter,
    /// A result.
    Result,
    /// The certified bound of the result before it: the exact value lies within it.
    Bound,
}

/// The values of a column.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// Texts.
    Texts(Vec<String>),
    /// Numbers; NaN where there is none.
    Numbers(Vec<f64>),
}

/// All results of a study.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Cases and parameters, then results.
    pub columns: Vec<Column>,
    /// Cases that are neither finished nor failed, which have no row.
    pub unfinished: usize,
    /// A sentence for each phase and where its conductivity comes from.
    pub phases: Vec<String>,
    /// What was to be said of some case.
    pub warnings: Vec<String>,
    /// Some cases, spread over the study, to look at.
    pub gallery: Gallery,
}

/// What a failed case has instead of a record.
static NOTHING: Value = Value::Null;

/// A row: which point, along which axis, and what came of it.
struct Row<'a> {
    point: &'a Point,
    key: &'a str,
    record: &'a Value,
    /// The numbers of the axis.
    numbers: &'a Value,
    error: &'a str,
}

impl Table {
    /// Reads all results that are there.
    ///
    /// # Errors
    /// [`StudyError::NothingFinished`], [`StudyError::Foreign`] and [`StudyError::Folder`].
    pub fn read(plan: &Plan, store: &Store) -> Result<Self> {
        let states = plan.keys.iter().map(|key| store.state(key));
        let states = states.collect::<Result<Vec<State>>>()?;
        let rows: Vec<Row<'_>> = (0..states.len())
            .flat_map(|place| rows(plan, place, &states[place]))
            .collect();
        if rows.iter().all(|row| row.record.is_null()) {
            return Err(StudyError::NothingFinished.into());
        }
        let mut columns = vec![texts("case", rows.iter().map(|row| row.key.to_owned()))];
        columns.extend(parameters(plan, &rows));
        columns.push(texts(
            "axis",
            rows.iter().map(|row| text(&row.numbers["axis"])),
        ));
        let absolute = rows.iter().all(|row| row.record["units"] != "relative");
        for &result in &plan.sweep.collected {
            columns.extend(results(result, absolute, &rows));
        }
        columns.push(texts("error", rows.iter().map(|row| row.error.to_owned())));
        Ok(Self {
            unfinished: states.iter().filter(|state| **state == State::Open).count(),
            phases: by_name(distinct(rows.iter().flat_map(|row| sources(row)))),
            warnings: distinct(rows.iter().flat_map(|row| warnings(row.record))),
            gallery: Gallery::of(plan, &states),
            columns,
        })
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.columns.first().map_or(0, |column| column.values.len())
    }
}

impl Values {
    /// How many values there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Texts(texts) => texts.len(),
            Self::Numbers(numbers) => numbers.len(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A row for each axis of a finished case, one without numbers for a failed one, none for one that is open.
fn rows<'a>(plan: &'a Plan, place: usize, state: &'a State) -> Vec<Row<'a>> {
    let row = |record, numbers, error| Row {
        point: &plan.sweep.points[place],
        key: &plan.keys[place],
        record,
        numbers,
        error,
    };
    match state {
        State::Open => Vec::new(),
        State::Failed(reason) => vec![row(&NOTHING, &NOTHING, reason)],
        State::Finished(record) => {
            let axes = record["results"].as_array().into_iter().flatten();
            axes.map(|numbers| row(record, numbers, "")).collect()
        }
    }
}

fn texts(name: &str, values: impl Iterator<Item = String>) -> Column {
    Column {
        name: name.to_owned(),
        unit: String::new(),
        kind: Kind::Case,
        values: Values::Texts(values.collect()),
    }
}

/// A column for each parameter: numbers in the unit of the first value that has one, where all its values are quantities of one
/// kind, else texts.
fn parameters(plan: &Plan, rows: &[Row<'_>]) -> Vec<Column> {
    let column = |(place, name): (usize, &String)| {
        let typed: Vec<&str> = rows
            .iter()
            .map(|row| row.point.values[place].as_str())
            .collect();
        let (unit, values) = match quantities(&typed) {
            Some(Quantities { unit, values }) => (unit, Values::Numbers(values)),
            None => {
                let texts = typed.iter().map(|&text| text.to_owned());
                (String::new(), Values::Texts(texts.collect()))
            }
        };
        Column {
            name: name.clone(),
            unit,
            kind: Kind::Parameter,
            values,
        }
    };
    plan.sweep
        .parameters
        .iter()
        .enumerate()
        .map(column)
        .collect()
}

/// A column of quantities.
struct Quantities {
    unit: String,
    values: Vec<f64>,
}

/// Quantities of one kind in the unit of the first that has one; 0 has every unit.
fn quantities(typed: &[&str]) -> Option<Quantities> {
    let mut units = typed.iter().map(|text| quantity::split(text.trim()).1);
    let unit = units.find(|unit| !unit.is_empty()).unwrap_or("1");
    let first = typed.first().map(|text| quantity::split(text.trim()));
    // "0.5" and "50 %" are both fractions: those of the first.
    let unit = match first {
        Some((number, "")) if number.parse::<f64>() != Ok(0.0) => "1",
        _ => unit,
    };
    let values = typed.iter().map(|text| quantity::in_unit(text, unit));
    Some(Quantities {
        values: values.collect::<Option<_>>()?,
        unit: unit.to_owned(),
    })
}

/// The columns of a result, each with that of its bound where it has one: one for the result of a case, and where that is one for
/// each phase or component, one for each of these ("von_mises.filling").
fn results(result: Collected, absolute: bool, rows: &[Row<'_>]) -> Vec<Column> {
    let word = result.word();
    let named = rows.iter().filter_map(|row| row.of(word).as_object());
    let parts = distinct(named.flat_map(|parts| parts.keys().cloned()));
    if parts.is_empty() {
        return column_and_bound((result, None), absolute, rows);
    }
    let of_part = |part: &String| column_and_bound((result, Some(part.as_str())), absolute, rows);
    parts.iter().flat_map(of_part).collect()
}

fn column_and_bound(
    (result, part): (Collected, Option<&str>),
    absolute: bool,
    rows: &[Row<'_>],
) -> Vec<Column> {
    let word = result.word();
    let of = |value: &Value| number(part.map_or(value, |part| &value[part]));
    let column = |ending: &str, kind, values: Vec<f64>| Column {
        name: part.map_or(word.to_owned(), |part| format!("{word}.{part}")) + ending,
        unit: result.unit(absolute).to_owned(),
        kind,
        values: Values::Numbers(values),
    };
    let values: Vec<f64> = rows.iter().map(|row| of(row.of(word))).collect();
    if !result.has_bound() {
        return vec![column("", Kind::Result, values)];
    }
    let bounds = rows
        .iter()
        .zip(&values)
        .map(|(row, &value)| match result.part() {
            Part::Conduction => bound(result, row.numbers, value),
            _ => of(row.of(&format!("{word}_bound"))),
        });
    let bounds = bounds.collect();
    vec![
        column("", Kind::Result, values),
        column("_bound", Kind::Bound, bounds),
    ]
}

impl Row<'_> {
    /// What is stored under a name: of the axis, or of the whole case.
    fn of(&self, name: &str) -> &Value {
        let own = &self.numbers[name];
        if own.is_null() {
            &self.record[name]
        } else {
            own
        }
    }
}

/// The bound of a result: of the conductivity as certified, of what is inversely proportional to it as it follows.
fn bound(result: Collected, numbers: &Value, value: f64) -> f64 {
    let (conductivity, error) = (
        number(&numbers["effective_conductivity"]),
        number(&numbers["error_bound"]),
    );
    if result == Collected::EffectiveConductivity {
        return error;
    }
    let relative = error / conductivity;
    match value.is_infinite() {
        true => 0.0,
        false => value * relative / (1.0 - relative).max(f64::EPSILON),
    }
}

/// NaN where there is none.
fn number(value: &Value) -> f64 {
    match value.as_str() {
        Some("inf") => f64::INFINITY,
        _ => value.as_f64().unwrap_or(f64::NAN),
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// A sentence for each phase, and for each number of the library that a cell rests on.
fn sources(row: &Row<'_>) -> Vec<String> {
    let cell = row.of("cell_sources").as_array().into_iter().flatten();
    phases(row.record)
        .into_iter()
        .chain(cell.map(text))
        .collect()
}

/// "coating: ionic conductivity of ... (source)", or that it insulates.
fn phases(record: &Value) -> Vec<String> {
    let unit = if record["units"] == "S/m" { " S/m" } else { "" };
    let phase = |phase: &Value| {
        let name = match phase["name"].as_str() {
            Some(name) => name.to_owned(),
            None => format!("label {}", phase["label"]),
        };
        if let Some(carriers) = phase["carriers"].as_str() {
            return format!("{name}: {carriers}");
        }
        let conductivity = number(&phase["conductivity"]);
        let origin = phase["origin"]
            .as_str()
            .map_or(String::new(), |origin| format!(", {origin}"));
        match conductivity {
            0.0 if origin.is_empty() => format!("{name}: insulates"),
            value => format!("{name}: {}{unit}{origin}", rounded(value)),
        }
    };
    record["phases"]
        .as_array()
        .into_iter()
        .flatten()
        .map(phase)
        .collect()
}

/// Six significant digits: what is typed stays, what is computed at a temperature is short.
fn rounded(value: f64) -> f64 {
    format!("{value:.5e}").parse().unwrap_or(value)
}

/// Lines about one name together, in the order of its first.
fn by_name(mut lines: Vec<String>) -> Vec<String> {
    let name = |line: &String| line.split(':').next().unwrap_or_default().to_owned();
    let names: Vec<String> = lines.iter().map(name).collect();
    lines.sort_by_key(|line| names.iter().position(|own| *own == name(line)));
    lines
}

fn warnings(record: &Value) -> Vec<String> {
    record["warnings"]
        .as_array()
        .into_iter()
        .flatten()
        .map(text)
        .collect()
}

/// Each once, in the order of its first; an end is put to lists that nobody reads.
fn distinct(lines: impl Iterator<Item = String>) -> Vec<String> {
    const MOST: usize = 200;
    let mut seen = std::collections::BTreeSet::new();
    lines
        .filter(|line| seen.insert(line.clone()))
        .take(MOST)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_has_the_unit_of_its_first_value() {
        let column = |typed: &[&str]| quantities(typed).map(|found| (found.unit, found.values));
        let numbers = |unit: &str, values: &[f64]| Some((unit.to_owned(), values.to_vec()));
        assert_eq!(
            column(&["510 MPa", "1 GPa", "2 GPa"]),
            numbers("MPa", &[510.0, 1000.0, 2000.0])
        );
        assert_eq!(
            column(&["0", "4 nm", "1 um"]),
            numbers("nm", &[0.0, 4.0, 1000.0])
        );
        assert_eq!(column(&["25 C", "333.15 K"]), numbers("C", &[25.0, 60.0]));
        assert_eq!(column(&["0.5", "40 %"]), numbers("1", &[0.5, 0.4]));
        assert_eq!(column(&["40 %", "0.5"]), numbers("%", &[40.0, 50.0]));
        assert_eq!(column(&["1", "2"]), numbers("1", &[1.0, 2.0]));
        assert_eq!(column(&["fibres", "sheets"]), None);
        assert_eq!(column(&["1 nm", "1 MPa"]), None);
        assert_eq!(column(&["1", "1 nm"]), None);
    }
}
