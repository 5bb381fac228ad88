//! The tensor of a cell, for people and for programs; both have it in the order x, y, z.

use super::{
    numbers::by_axis,
    solve::Outcome,
    table::{plain_table, unit},
};
use serde_json::{Value, json};
use voxion::{
    physics::conduction::{Effective, Principal, Tensor},
    report::numbers::{plain, with_bound},
    scenario::words,
};

/// What the sides of a cell are.
pub(super) const EXPLANATION: &str = "\
The columns z, y, x are drops of the potential across the whole cell, the diagonal of the tensor. Percolating is the part of
what conducts in clusters that reach their own image along the axis; all others carry exactly nothing.";

const NAMES: [&str; 3] = ["x", "y", "z"];

/// Rows and columns (z, y, x) as (x, y, z).
fn xyz<T: Copy>(values: [T; 3]) -> [T; 3] {
    let [z, y, x] = values;
    [x, y, z]
}

fn matrix(values: [[f64; 3]; 3]) -> [[f64; 3]; 3] {
    xyz(values).map(xyz)
}

/// The tensor with its bounds, and its principal values; empty where there is none.
pub(super) fn text(outcome: &Outcome<'_>) -> String {
    let Some(tensor) = &outcome.tensor else {
        return String::new();
    };
    let (values, bounds) = (matrix(tensor.conductivity), matrix(tensor.error_bound));
    let mut table = plain_table(&[
        format!("tensor{}", unit(outcome.scenario)),
        "x".to_owned(),
        "y".to_owned(),
        "z".to_owned(),
        "principal".to_owned(),
        "along (x, y, z)".to_owned(),
    ]);
    let principal = tensor.principal();
    for (row, name) in NAMES.into_iter().enumerate() {
        let entry = |column: usize| with_bound(values[row][column], bounds[row][column]);
        let Principal { value, direction } = principal[row];
        let direction = match told(tensor, row) {
            true => by_axis(xyz(direction).map(|part| format!("{part:.3}"))).replace(" x ", ", "),
            false => "any, within the bounds".to_owned(),
        };
        table.add_row([
            name.to_owned(),
            entry(0),
            entry(1),
            entry(2),
            plain(value),
            direction,
        ]);
    }
    table.to_string()
}

/// Whether a principal value differs from the two others by more than the bounds allow, so that its direction means something.
fn told(tensor: &Tensor, row: usize) -> bool {
    let squares = tensor
        .error_bound
        .iter()
        .flatten()
        .map(|bound| bound * bound);
    let room = 2.0 * squares.sum::<f64>().sqrt();
    let principal = tensor.principal();
    let differs = |other: usize| (principal[row].value - principal[other].value).abs() > room;
    (0..3).all(|other| other == row || differs(other))
}

/// The one row of `results`.
pub(super) fn json(outcome: &Outcome<'_>, tensor: &Tensor) -> Value {
    let each = |value: fn(&Effective) -> f64| xyz(tensor.axes.each_ref().map(value)).map(number);
    let principal = tensor.principal();
    json!({
        "boundary": words::BOUNDARIES.word(tensor.axes[0].boundary),
        "order": "x, y, z",
        "tensor": matrix(tensor.conductivity),
        "tensor_error_bound": matrix(tensor.error_bound),
        "principal_conductivities": principal.map(|principal| principal.value),
        "principal_directions": principal.map(|principal| xyz(principal.direction)),
        "relative_conductivity": each(|e| e.relative_conductivity),
        "tortuosity_factor": each(|e| e.tortuosity_factor),
        "macmullin_number": each(|e| e.macmullin_number),
        "conducting_fraction": tensor.axes[0].conducting_fraction,
        "percolating_fraction": each(|e| e.percolating_fraction),
        "iterations": xyz(tensor.axes.each_ref().map(|e| e.iterations)),
        "seconds": tensor.seconds,
        "read_seconds": outcome.read_seconds,
        "peak_bytes": outcome.results.last().and_then(|solved| solved.peak_bytes),
        "adapter": tensor.axes[0].adapter,
        "extrapolation": outcome.trends.as_ref().map(|trends| trends.json_of_tensor()),
    })
}

fn number(value: f64) -> Value {
    if value.is_infinite() {
        "inf".into()
    } else {
        value.into()
    }
}
