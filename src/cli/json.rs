//! Results as one JSON object, for programs. Numbers are JSON numbers in SI units; infinity is the string "inf".

use super::{
    electrode,
    solve::{Outcome, Solved},
    stdout, tensor,
};
use anyhow::Result;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};
use voxion::{
    field::Backend,
    io::{Reading, StatedVoxelSize},
    scenario::{Phase, Resolutions, Scenario, words},
};

#[derive(Serialize)]
struct Document<'a> {
    voxion: &'static str,
    backend: &'static str,
    adapter: Option<&'a str>,
    results: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    electrode: Option<Value>,
    units: &'static str,
    tolerance: f64,
    input: Input,
    parameters: Value,
    warnings: Vec<String>,
}

/// Which voxels a result is about.
#[derive(Serialize)]
pub(crate) struct Input {
    path: String,
    dataset: Option<String>,
    file_type: String,
    checksum: String,
    shape: [usize; 3],
    voxel_size_m: Option<[f64; 3]>,
    /// Where the file states its voxel size, and which.
    #[serde(skip_serializing_if = "Option::is_none")]
    stated_voxel_size: Option<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
}

impl Input {
    pub(crate) fn of(reading: &Reading) -> Self {
        Self {
            path: reading.path.display().to_string(),
            dataset: reading.dataset.clone(),
            file_type: reading.file_type.clone(),
            checksum: format!("sha256:{}", reading.sha256),
            shape: reading.volume.shape(),
            voxel_size_m: reading.volume.spacing(),
            stated_voxel_size: reading.voxel_size.as_ref().map(stated),
            notes: reading.notes.clone(),
        }
    }
}

/// A voxel size that a file states: edges in metres (z, y, x), and the place.
pub(crate) fn stated(size: &StatedVoxelSize) -> Value {
    json!({ "metres": size.metres, "stated_in": size.stated_in })
}

/// The numbers of one axis.
#[derive(Serialize)]
pub(crate) struct Row {
    axis: &'static str,
    boundary: Option<&'static str>,
    #[serde(serialize_with = "number")]
    effective_conductivity: f64,
    #[serde(serialize_with = "number")]
    relative_conductivity: f64,
    #[serde(serialize_with = "number")]
    error_bound: f64,
    #[serde(serialize_with = "number")]
    tortuosity_factor: f64,
    #[serde(serialize_with = "number")]
    macmullin_number: f64,
    conducting_fraction: f64,
    percolating_fraction: f64,
    #[serde(serialize_with = "number")]
    flux_in: f64,
    #[serde(serialize_with = "number")]
    flux_out: f64,
    iterations: usize,
    seconds: f64,
    read_seconds: f64,
    peak_bytes: Option<u64>,
    adapter: Option<String>,
}

/// The object that `--json` prints, with a line end.
pub(crate) fn outcome(outcome: &Outcome<'_>) -> Result<String> {
    let reading = outcome.reading;
    let adapter = outcome.adapter();
    let document = Document {
        voxion: env!("CARGO_PKG_VERSION"),
        backend: if adapter.is_some() { "device" } else { "host" },
        adapter,
        results: results(outcome)?,
        electrode: outcome
            .electrode
            .as_ref()
            .map(|worked| electrode::document(&worked.operation)),
        units: if outcome.scenario.has_units() {
            "S/m"
        } else {
            "relative"
        },
        tolerance: outcome.scenario.transport.relative_error,
        input: Input::of(reading),
        parameters: parameters(outcome.scenario),
        warnings: outcome.advice.iter().map(ToString::to_string).collect(),
    };
    stdout::json(&document)
}

/// A row for each axis, or one for the tensor; each with its trend over resolutions where there is one.
fn results(outcome: &Outcome<'_>) -> Result<Vec<Value>> {
    if let Some(tensor) = &outcome.tensor {
        return Ok(vec![tensor::json(outcome, tensor)]);
    }
    let mut rows = Vec::new();
    for (place, solved) in outcome.results.iter().enumerate() {
        let mut row = serde_json::to_value(row(solved, outcome.read_seconds))?;
        if let (Some(trends), Some(row)) = (&outcome.trends, row.as_object_mut()) {
            row.insert("extrapolation".to_owned(), trends.json_of(place));
        }
        rows.push(row);
    }
    Ok(rows)
}

pub(crate) fn row(solved: &Solved, read_seconds: f64) -> Row {
    let effective = &solved.effective;
    Row {
        axis: effective.axis.name(),
        boundary: words::BOUNDARIES.word(effective.boundary),
        effective_conductivity: effective.effective_conductivity,
        relative_conductivity: effective.relative_conductivity,
        error_bound: effective.error_bound,
        tortuosity_factor: effective.tortuosity_factor,
        macmullin_number: effective.macmullin_number,
        conducting_fraction: effective.conducting_fraction,
        percolating_fraction: effective.percolating_fraction,
        flux_in: effective.flux_in,
        flux_out: effective.flux_out,
        iterations: effective.iterations,
        seconds: effective.seconds,
        read_seconds,
        peak_bytes: solved.peak_bytes,
        adapter: effective.adapter.clone(),
    }
}

/// Every parameter of a run: with the input, all that is needed to repeat it.
pub(crate) fn parameters(scenario: &Scenario) -> Value {
    let transport = &scenario.transport;
    let contact = |contact: &voxion::scenario::Contact| {
        let between = contact.between.map(|place| scenario.phases[place].title());
        json!({ "between": between, "resistance_ohm_m2": contact.resistance })
    };
    json!({
        "phases": scenario.phases.iter().map(phase).collect::<Vec<_>>(),
        "contacts": scenario.contacts.iter().map(contact).collect::<Vec<_>>(),
        "particles": scenario.grains.as_ref().map(ToString::to_string),
        "axes": (!transport.boundary.is_cell())
            .then(|| transport.axes.iter().map(|axis| axis.name()).collect::<Vec<_>>()),
        "boundary": words::BOUNDARIES.word(transport.boundary),
        "sides": words::SIDES.word(transport.sides),
        "rtol": transport.relative_error,
        "temperature_k": transport.temperature,
        "extrapolate": transport.resolutions == Resolutions::Three,
        "backend": backend(&scenario.execution.backend),
        "threads": scenario.execution.threads,
        "electrode": electrode::plan(scenario),
        "memory": words::MEMORY.word(scenario.execution.memory),
    })
}

fn phase(phase: &Phase) -> Value {
    json!({
        "name": phase.name,
        "labels": phase.labels,
        "material": phase.material.as_ref().map(|used| used.material),
        "origin": phase.origin(),
        "conductivity": phase.conductivity.value,
        "conductivity_along": phase.normal.map(|_| phase.along()),
        "inlet_resistance_ohm_m2": phase.inlet_resistance,
        "outlet_resistance_ohm_m2": phase.outlet_resistance,
        "grain_boundary_ohm_m2": phase.grain_boundary,
        "activation_energy_ev": phase.activation.map(|activation| activation.energy),
    })
}

/// What was asked for.
pub(crate) fn backend(backend: &Backend) -> String {
    match backend {
        Backend::Auto => "auto".to_owned(),
        Backend::Host => "host".to_owned(),
        Backend::Device { name: None } => "device".to_owned(),
        Backend::Device { name: Some(name) } => format!("device {name}"),
    }
}

/// A number, or "inf", which JSON has no number for; what is not known is null.
fn number<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    if value.is_infinite() {
        serializer.serialize_str("inf")
    } else {
        value.serialize(serializer)
    }
}
