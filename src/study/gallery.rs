//! What there is to look at of some cases that are spread over a study: a slice of each, and how its current is distributed.

use super::{Plan, State};
use crate::scenario::sweep::is_seed;
use serde_json::Value;
use std::collections::BTreeSet;

/// Slices and histograms.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Gallery {
    /// A slice for each volume.
    pub slices: Vec<Slice>,
    /// A histogram for each case.
    pub histograms: Vec<Histogram>,
}

/// A middle slice of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slice {
    /// The case in words.
    pub title: String,
    /// What is in it, by code.
    pub phases: Vec<String>,
    /// Codes, row by row; all rows are equally long.
    pub rows: Vec<Vec<u8>>,
}

/// How the current of a case is distributed.
#[derive(Debug, Clone, PartialEq)]
pub struct Histogram {
    /// The case in words.
    pub title: String,
    /// Part of the voxels with current in each class of local current density
    /// ([`current_classes`](crate::physics::conduction::Solution::current_classes)).
    pub parts: Vec<f64>,
}

/// The most slices and histograms that are kept.
const SLICES: usize = 12;
const HISTOGRAMS: usize = 8;

impl Gallery {
    /// Of the finished cases with the first seed.
    pub(super) fn of(plan: &Plan, states: &[State]) -> Self {
        let finished: Vec<(usize, &Value)> = (0..states.len())
            .filter(|&place| has_first_seed(plan, place))
            .filter_map(|place| match &states[place] {
                State::Finished(record) => Some((place, record)),
                _ => None,
            })
            .collect();
        let mut seen = BTreeSet::new();
        let is_new =
            |(_, record): &(usize, &Value)| seen.insert(record["input"]["checksum"].to_string());
        let volumes: Vec<(usize, &Value)> = finished.iter().copied().filter(is_new).collect();
        let slices = spread(&volumes, SLICES).map(|(place, record)| slice(plan, place, record));
        let mut drawn = BTreeSet::new();
        let is_other = |(_, record): &(usize, &Value)| {
            drawn.insert(record["results"][0]["current_classes"].to_string())
        };
        let cases: Vec<(usize, &Value)> = finished.into_iter().filter(is_other).collect();
        let histograms =
            spread(&cases, HISTOGRAMS).filter_map(|(place, record)| histogram(plan, place, record));
        Self {
            slices: slices.filter(|slice| !slice.rows.is_empty()).collect(),
            histograms: histograms.collect(),
        }
    }
}

fn has_first_seed(plan: &Plan, place: usize) -> bool {
    let sweep = &plan.sweep;
    let seed = sweep.parameters.iter().position(|key| is_seed(key));
    let first = |seed: usize| sweep.points[place].values[seed] == sweep.points[0].values[seed];
    seed.is_none_or(first) || sweep.parameters.len() == 1
}

/// At most so many, evenly.
fn spread<T: Copy>(all: &[T], most: usize) -> impl Iterator<Item = T> {
    let step = all.len().div_ceil(most).max(1);
    all.iter().copied().step_by(step)
}

fn slice(plan: &Plan, place: usize, record: &Value) -> Slice {
    let phases = record["phases"].as_array().into_iter().flatten();
    Slice {
        title: short_title(plan, place),
        phases: phases.map(name).collect(),
        rows: codes(&record["slice"]),
    }
}

/// Of the first axis; none where it carries no current.
fn histogram(plan: &Plan, place: usize, record: &Value) -> Option<Histogram> {
    let counts = record["results"][0]["current_classes"].as_array()?;
    let counts: Vec<f64> = counts.iter().filter_map(Value::as_f64).collect();
    let total: f64 = counts.iter().sum();
    (total > 0.0).then(|| Histogram {
        title: short_title(plan, place),
        parts: counts.iter().map(|count| count / total).collect(),
    })
}

/// "cycles 20, coating conductivity 0.1 mS/cm": without sections, and without the seed unless it alone is varied.
fn short_title(plan: &Plan, place: usize) -> String {
    let parameters = &plan.sweep.parameters;
    let pairs = parameters.iter().zip(&plan.sweep.points[place].values);
    let shown = pairs.filter(|(key, _)| !is_seed(key) || parameters.len() == 1);
    let word = |(key, value): (&String, &String)| {
        let name = key.split_once('.').map_or(key.as_str(), |(_, name)| name);
        format!("{} {value}", name.replace(['_', '.'], " "))
    };
    shown.map(word).collect::<Vec<_>>().join(", ")
}

fn name(phase: &Value) -> String {
    match phase["name"].as_str() {
        Some(name) => name.to_owned(),
        None => format!("label {}", phase["label"]),
    }
}

/// Rows of codes as a record has them: a digit or letter for each.
fn codes(rows: &Value) -> Vec<Vec<u8>> {
    let code = |letter: char| {
        letter
            .to_digit(36)
            .and_then(|digit| u8::try_from(digit).ok())
    };
    let row = |row: &Value| {
        row.as_str()
            .unwrap_or_default()
            .chars()
            .map(|c| code(c).unwrap_or(u8::MAX))
            .collect()
    };
    rows.as_array().into_iter().flatten().map(row).collect()
}
