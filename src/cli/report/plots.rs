//! Every result against every swept parameter: repeats become a mean with a bar, the other parameters become series.

use super::study::header;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use voxion::{
    report::{
        html::{Dot, Plot, Series, Shape, Spacing},
        numbers::{plain, with_bound},
    },
    scenario::{
        quantity,
        sweep::{Along, is_seed},
    },
    study::{
        Table,
        table::{Column, Kind, Values},
    },
};

/// More combinations of the other parameters are a cloud.
const MOST_SERIES: usize = 8;
/// More seeds have no name each along an axis.
const MOST_NAMES: usize = 12;

/// The plots, result by result.
pub(super) fn plots(table: &Table, provenance: &Value) -> Vec<Plot> {
    let all = 0..table.columns.len();
    let results = all.filter(|&place| table.columns[place].kind == Kind::Result);
    let varied = |column: &&Column| column.kind == Kind::Parameter && is_varied(column);
    let parameters: Vec<&Column> = table.columns.iter().filter(varied).collect();
    let across = parameters
        .iter()
        .filter(|column| !is_seed(&column.name) || parameters.len() == 1);
    let across: Vec<&Column> = across.copied().collect();
    let across = firsts(&across);
    results
        .flat_map(|place| {
            across
                .iter()
                .filter_map(move |parameter| plot(table, parameter, place, provenance))
        })
        .collect()
}

/// Parameters that go hand in hand with an earlier one say nothing new.
fn firsts<'a>(parameters: &[&'a Column]) -> Vec<&'a Column> {
    let mut firsts: Vec<&Column> = Vec::new();
    for &own in parameters {
        let same = |other: &&Column| follows(own, other) && follows(other, own);
        if !firsts.iter().any(same) {
            firsts.push(own);
        }
    }
    firsts
}

/// Whether a column goes hand in hand with a parameter: rows that agree in the one agree in the other, and numbers rise or fall
/// together, which those of samples do not.
fn follows(own: &Column, parameter: &Column) -> bool {
    if let (Values::Numbers(own), Values::Numbers(parameter)) = (&own.values, &parameter.values) {
        let mut pairs: Vec<(f64, f64)> =
            parameter.iter().copied().zip(own.iter().copied()).collect();
        pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
        if !pairs.is_sorted_by(|a, b| a.1 <= b.1) && !pairs.is_sorted_by(|a, b| a.1 >= b.1) {
            return false;
        }
    }
    let mut known = BTreeMap::new();
    (0..own.values.len()).all(|row| {
        let value = label(own, row);
        *known
            .entry(label(parameter, row))
            .or_insert_with(|| value.clone())
            == value
    })
}

/// What tells rows apart: parameters and the axis.
fn settings(table: &Table) -> impl Iterator<Item = &Column> {
    let columns = table.columns.iter();
    columns.filter(|column| column.kind == Kind::Parameter || column.name == "axis")
}

/// Parameters, or the axis, that do not change a result: wherever one of them alone differs, the result is the same.
fn idle<'a>(table: &'a Table, result: &Column) -> Vec<&'a Column> {
    let is_idle = |column: &&Column| {
        let others: Vec<&Column> = settings(table)
            .filter(|other| other.name != column.name)
            .collect();
        let mut firsts: BTreeMap<Vec<String>, usize> = BTreeMap::new();
        let mut told = false;
        for row in finite(result) {
            let key = others.iter().map(|other| label(other, row)).collect();
            let first = *firsts.entry(key).or_insert(row);
            told |= label(column, row) != label(column, first);
            if label(result, row) != label(result, first) {
                return false;
            }
        }
        told
    };
    settings(table).filter(is_idle).collect()
}

/// Parameters that are varied and change no result at all, so that nothing is plotted against them.
pub(super) fn without_effect(table: &Table) -> Vec<String> {
    let is_result = |own: &&Column| own.kind == Kind::Result && finite(own).next().is_some();
    let results = table.columns.iter().filter(is_result);
    let idle: Vec<Vec<&Column>> = results.map(|result| idle(table, result)).collect();
    let parameters = table.columns.iter();
    let parameters = parameters.filter(|own| own.kind == Kind::Parameter && !is_seed(&own.name));
    let is_idle = |parameter: &&Column| {
        let mut of_results = idle.iter();
        !idle.is_empty() && of_results.all(|idle| idle.iter().any(|own| own.name == parameter.name))
    };
    parameters
        .filter(is_idle)
        .map(|own| own.name.clone())
        .collect()
}

/// Rows in which a result has a value.
fn finite(result: &Column) -> impl Iterator<Item = usize> {
    let is_finite = |&row: &usize| match &result.values {
        Values::Numbers(numbers) => numbers[row].is_finite(),
        Values::Texts(_) => false,
    };
    (0..result.values.len()).filter(is_finite)
}

fn is_varied(column: &Column) -> bool {
    (1..column.values.len()).any(|row| label(column, row) != label(column, 0))
}

fn label(column: &Column, row: usize) -> String {
    match &column.values {
        Values::Texts(texts) => texts[row].clone(),
        Values::Numbers(numbers) => plain(numbers[row]),
    }
}

/// Values of one place of one series.
#[derive(Default)]
struct Group {
    values: Vec<f64>,
    bounds: Vec<f64>,
}

fn plot(table: &Table, parameter: &Column, place: usize, provenance: &Value) -> Option<Plot> {
    let result = &table.columns[place];
    let idle = idle(table, result);
    if idle.iter().any(|column| column.name == parameter.name) {
        return None;
    }
    let (names, xs) = places(parameter);
    let groups = groups(table, (parameter, &idle), place, &xs);
    let cloud = groups.len() > MOST_SERIES;
    // A line would say that there is something between two categories.
    let shape = match cloud || !names.is_empty() {
        true => Shape::Cloud,
        false => Shape::Line,
    };
    let mut series: Vec<Series> = Vec::new();
    for (name, dots) in groups {
        let dots = dots
            .into_iter()
            .filter_map(|(at, group)| dot(&group, (parameter, result), (xs[at], at)));
        let dots: Vec<Dot> = dots.collect();
        match series.first_mut() {
            Some(all) if cloud => all.dots.extend(dots),
            _ => series.push(Series { name, shape, dots }),
        }
    }
    for series in &mut series {
        series.dots.sort_by(|a, b| a.x.total_cmp(&b.x));
    }
    series.retain(|series| !series.dots.is_empty());
    if series.is_empty() {
        return None;
    }
    let measured = beside(&provenance["measured"], parameter, &result.name, &names);
    if let ([own], [_, ..]) = (series.as_mut_slice(), measured.as_slice()) {
        own.name = "computed".to_owned();
    }
    series.extend(measured);
    Some(Plot {
        title: format!("{} against {}", plain_name(result), plain_name(parameter)),
        across: header(parameter),
        up: header(result),
        names,
        spacing: spacing(parameter, &provenance["along"]),
        series,
    })
}

/// As the study spreads the parameter; a seed is a count.
fn spacing(parameter: &Column, along: &Value) -> Spacing {
    let along = along[&parameter.name].as_str().and_then(Along::of_word);
    match along {
        _ if is_seed(&parameter.name) => Spacing::Even,
        Some(Along::Even) => Spacing::Even,
        Some(Along::Factors) => Spacing::Factors,
        Some(Along::List) | None => Spacing::Own,
    }
}

pub(super) fn plain_name(column: &Column) -> String {
    let header = header(column);
    header.split(" (").next().unwrap_or_default().to_owned()
}

/// " mS/cm"; nothing for plain numbers and texts.
fn unit(column: &Column) -> String {
    match column.unit.as_str() {
        "" | "1" => String::new(),
        unit => format!(" {unit}"),
    }
}

/// Names of places, where the parameter has no numbers or is one of a few seeds, and the place of each row.
fn places(parameter: &Column) -> (Vec<String>, Vec<f64>) {
    let texts = match &parameter.values {
        Values::Numbers(_) if is_seed(&parameter.name) => (0..parameter.values.len())
            .map(|row| label(parameter, row))
            .collect(),
        Values::Numbers(_) => Vec::new(),
        Values::Texts(texts) => texts.clone(),
    };
    let distinct: BTreeSet<&String> = texts.iter().collect();
    match &parameter.values {
        Values::Numbers(numbers) if !(1..=MOST_NAMES).contains(&distinct.len()) => {
            (Vec::new(), numbers.clone())
        }
        _ => {
            let mut names: Vec<String> = Vec::new();
            let place = |text: &String| {
                let found = names.iter().position(|name| name == text);
                let place = found.unwrap_or_else(|| {
                    names.push(text.clone());
                    names.len() - 1
                });
                place as f64
            };
            let xs = texts.iter().map(place).collect();
            (names, xs)
        }
    }
}

/// Series by what the other parameters and the axis say, in the order of the table; in each, groups of repeats by their place,
/// named by the first row that has it.
fn groups(
    table: &Table,
    (parameter, idle): (&Column, &[&Column]),
    place: usize,
    xs: &[f64],
) -> Vec<(String, BTreeMap<usize, Group>)> {
    let told = |column: &Column| {
        let idle = idle.iter().any(|own| own.name == column.name);
        !is_seed(&column.name) && !idle && is_varied(column) && !follows(column, parameter)
    };
    let others: Vec<&Column> = settings(table).filter(|column| told(column)).collect();
    // Of rows that differ in an idle parameter alone, the first counts.
    let reference = finite(&table.columns[place]).next().unwrap_or(0);
    let first = |row: usize| {
        idle.iter()
            .all(|column| label(column, row) == label(column, reference))
    };
    let Values::Numbers(values) = &table.columns[place].values else {
        return Vec::new();
    };
    let bounds = match table.columns.get(place + 1) {
        Some(Column {
            kind: Kind::Bound,
            values: Values::Numbers(bounds),
            ..
        }) => Some(bounds),
        _ => None,
    };
    let mut series: Vec<(String, BTreeMap<usize, Group>)> = Vec::new();
    for row in finite(&table.columns[place]).filter(|&row| first(row)) {
        let words: Vec<String> = others
            .iter()
            .map(|column| {
                format!(
                    "{} {}{}",
                    plain_name(column),
                    label(column, row),
                    unit(column)
                )
            })
            .collect();
        let name = words.join(", ");
        let found = series.iter().position(|(known, _)| *known == name);
        let found = found.unwrap_or_else(|| {
            series.push((name, BTreeMap::new()));
            series.len() - 1
        });
        let groups = &mut series[found].1;
        let first = groups
            .keys()
            .copied()
            .find(|&other| xs[other] == xs[row])
            .unwrap_or(row);
        let group = groups.entry(first).or_default();
        group.values.push(values[row]);
        group.bounds.push(bounds.map_or(0.0, |bounds| bounds[row]));
    }
    series
}

/// Mean and standard deviation of repeats, or the value and its bound.
fn dot(
    group: &Group,
    (parameter, result): (&Column, &Column),
    (x, row): (f64, usize),
) -> Option<Dot> {
    let count = group.values.len();
    let mean = group.values.iter().sum::<f64>() / count as f64;
    if !(mean.is_finite() && x.is_finite()) {
        return None;
    }
    let unit = unit(result);
    let place = format!("{} = {}", header(parameter), label(parameter, row));
    let (error, words) = if count > 1 {
        let squares: f64 = group
            .values
            .iter()
            .map(|value| (value - mean).powi(2))
            .sum();
        let deviation = (squares / (count - 1) as f64).sqrt();
        let shown = with_bound(mean, deviation);
        (
            deviation,
            format!("{place}: {shown}{unit} (mean and standard deviation of {count})"),
        )
    } else {
        let bound = group.bounds[0];
        let shown = match bound > 0.0 {
            true => with_bound(mean, bound),
            false => plain(mean),
        };
        (bound, format!("{place}: {shown}{unit}"))
    };
    Some(Dot {
        x,
        y: mean,
        error,
        words,
    })
}

/// The place of a value along a parameter, as typed.
pub(super) fn place(text: &str, parameter: &Column, names: &[String]) -> Option<f64> {
    match names.iter().position(|name| name == text) {
        Some(place) => Some(place as f64),
        None if names.is_empty() => quantity::in_unit(text, &parameter.unit),
        None => None,
    }
}

/// Measured values of this result against this parameter.
pub(super) fn beside(
    measured: &Value,
    parameter: &Column,
    result: &str,
    names: &[String],
) -> Vec<Series> {
    if measured["parameter"] != parameter.name.as_str() {
        return Vec::new();
    }
    let at: Vec<&str> = measured["at"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let all = measured["series"].as_array().into_iter().flatten();
    let own = all.filter(|series| series["result"] == result);
    own.map(|series| {
        let source = series["source"].as_str().unwrap_or_default();
        let values = series["values"].as_array().into_iter().flatten();
        let dot = |(at, value): (&&str, &Value)| {
            let (x, y) = (place(at, parameter, names)?, value.as_f64()?);
            let words = format!("measured at {at}: {}", plain(y));
            Some(Dot {
                x,
                y,
                error: 0.0,
                words,
            })
        };
        Series {
            name: format!("measured: {source}"),
            shape: Shape::Rings,
            dots: at.iter().zip(values).filter_map(dot).collect(),
        }
    })
    .collect()
}
