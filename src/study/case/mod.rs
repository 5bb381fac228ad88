//! One case, or several side by side: build or read the volume, solve along each axis, measure what is asked for. What comes out
//! is a record without times, so that the same case gives the same bytes whenever and wherever it runs on the host.
//!
//! [`Built`] is a volume, [`solve`] solves many at once as a device likes it, [`record`] says what came of one.

mod cell;
mod described;
mod measured;
mod reaction;
mod solve;
mod solved;
mod stress;

pub use measured::{pores, porosity, surface_porosity};
pub use solve::solve;
pub use solved::Solved;

use crate::{
    Error, Result,
    io::Reading,
    physics::conduction::Conduction,
    scenario::{
        Scenario,
        sweep::{Collected, Part},
    },
    solve::{Observer, SolveError},
};
use ndarray::Array3;
use serde_json::{Map, Value, json};

/// A volume, what there is to say about it, and its particle ids.
#[derive(Debug)]
pub struct Built {
    /// The volume and where it comes from.
    pub reading: Reading,
    /// A sentence for everything that could not be built as asked.
    pub notes: Vec<String>,
    grains: Option<Array3<u32>>,
}

impl Built {
    /// Builds or reads the volume of a scenario.
    ///
    /// # Errors
    /// What reading or building refuses.
    pub fn new(scenario: &Scenario) -> Result<Self> {
        let (reading, notes) = scenario.volume.volume()?;
        let grains = scenario.particle_ids(&reading.volume)?;
        Ok(Self {
            reading,
            notes,
            grains,
        })
    }

    pub(super) fn problem(&self, scenario: &Scenario) -> Result<Conduction<'_>> {
        scenario.problem_with(&self.reading.volume, self.grains.as_ref())
    }
}

fn interrupted() -> Error {
    SolveError::Interrupted.into()
}

/// Runs a case.
///
/// # Errors
/// What reading, building, solving or measuring refuses.
pub fn run(
    scenario: &Scenario,
    collected: &[Collected],
    observer: &mut dyn Observer,
) -> Result<Value> {
    let built = Built::new(scenario)?;
    let solved = solve(&[(scenario, &built)], observer)?.into_iter().next();
    let solved = solved.unwrap_or_else(|| Err(interrupted()))?;
    record((scenario, &built), &solved, collected, observer)
}

/// What came of a case: a document without times.
///
/// # Errors
/// What measuring, and solving for what is asked besides, refuses.
pub fn record(
    (scenario, built): (&Scenario, &Built),
    found: &[Solved],
    collected: &[Collected],
    observer: &mut dyn Observer,
) -> Result<Value> {
    let volume = &built.reading.volume;
    let mut record = described::describe(scenario, &built.reading);
    let mut results = Vec::new();
    for own in found {
        let mut numbers = solved::numbers(own, volume);
        numbers.extend(cell::numbers(scenario, volume, &own.effective));
        results.push(Value::from(numbers));
    }
    record.insert("results".to_owned(), results.into());
    record.extend(found.first().map(solved::tensors).unwrap_or_default());
    record.insert("warnings".to_owned(), json!(built.notes));
    record.extend(measured::porosities(scenario, volume));
    for part in Part::ASKED {
        if !collected.iter().any(|result| result.part() == part) {
            continue;
        }
        record.extend(match part {
            Part::TripleLines => measured::triple_lines(scenario, volume)?,
            Part::Stress => stress::results(scenario, volume, collected, observer)?,
            Part::Reaction => reaction::results(scenario, volume, observer)?,
            // Along each axis, above.
            Part::Cell | Part::Conduction | Part::Resolutions | Part::Tensor => Map::new(),
        });
    }
    Ok(record.into())
}

fn object<const N: usize>(entries: [(&str, Value); N]) -> Map<String, Value> {
    entries
        .map(|(key, value)| (key.to_owned(), value))
        .into_iter()
        .collect()
}

/// A number, or "inf", which JSON has no number for.
fn number(value: f64) -> Value {
    if value.is_infinite() {
        "inf".into()
    } else {
        value.into()
    }
}
