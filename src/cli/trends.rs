//! `--extrapolate`: the same question at half and quarter resolution, and where the answers go.

use super::{
    numbers::by_axis,
    progress::Watch,
    solve::{All, Outcome, solve_all},
    table::plain_table,
};
use anyhow::Result;
use ndarray::Array3;
use serde_json::{Value, json};
use voxion::{
    microstructure::Volume,
    physics::conduction::{Tensor, Trend},
    report::numbers::plain,
    scenario::{Output, Resolutions, Scenario},
};

/// Every reported number at every resolution.
pub(crate) struct Trends {
    /// Voxels along (z, y, x) at each resolution, the finest first.
    shapes: Vec<[usize; 3]>,
    names: Vec<String>,
    trends: Vec<Trend>,
}

/// Solves at coarser resolutions, as far as the volume can be halved.
pub(crate) fn solve(
    (scenario, volume, ids): (&Scenario, &Volume, Option<&Array3<u32>>),
    fine: &All,
    watch: &mut Watch,
) -> Result<Option<Trends>> {
    if scenario.transport.resolutions == Resolutions::One {
        return Ok(None);
    }
    let scenario = Scenario {
        output: Output::default(),
        ..scenario.clone()
    };
    let (mut shapes, mut all) = (vec![volume.shape()], vec![values(fine)]);
    let (mut volume, mut ids) = (volume.clone(), ids.cloned());
    while shapes.len() < scenario.transport.resolutions.count() {
        let Some(coarser) = scenario.coarser(&volume, ids.as_ref()) else {
            break;
        };
        (volume, ids) = coarser;
        let problem = scenario.problem_with(&volume, ids.as_ref())?;
        all.push(values(&solve_all(&scenario, &problem, watch)?));
        shapes.push(volume.shape());
    }
    let of = |place: usize| Trend(all.iter().map(|values| values[place]).collect());
    Ok(Some(Trends {
        shapes,
        names: names(fine),
        trends: (0..all[0].len()).map(of).collect(),
    }))
}

/// The reported numbers: of each axis, or the six of a tensor.
fn values(all: &All) -> Vec<f64> {
    match &all.tensor {
        Some(tensor) => {
            let entry = |&(_, [i, j]): &(&str, [usize; 2])| tensor.conductivity[i][j];
            Tensor::ENTRIES.iter().map(entry).collect()
        }
        None => {
            let value = |solved: &super::solve::Solved| solved.effective.effective_conductivity;
            all.results.iter().map(value).collect()
        }
    }
}

fn names(all: &All) -> Vec<String> {
    match all.tensor {
        Some(_) => Tensor::ENTRIES.map(|(name, _)| name.to_owned()).into(),
        None => {
            let name = |solved: &super::solve::Solved| solved.effective.axis.name().to_owned();
            all.results.iter().map(name).collect()
        }
    }
}

impl Trends {
    fn json(&self, trend: &Trend) -> Value {
        json!({
            "voxels": self.shapes,
            "effective_conductivity": trend.0,
            "extrapolated": trend.extrapolated(),
            "observed_order": trend.order(),
            "regular": trend.is_regular(),
        })
    }

    /// Of the axis at a place of the results.
    pub(crate) fn json_of(&self, place: usize) -> Value {
        self.trends
            .get(place)
            .map_or(Value::Null, |trend| self.json(trend))
    }

    /// Of every entry of the tensor, by name.
    pub(crate) fn json_of_tensor(&self) -> Value {
        let entries = self.names.iter().zip(&self.trends);
        entries
            .map(|(name, trend)| (name.clone(), self.json(trend)))
            .collect::<serde_json::Map<String, Value>>()
            .into()
    }
}

/// One column per number; empty where nothing was extrapolated.
pub(super) fn text(outcome: &Outcome<'_>) -> String {
    let Some(trends) = &outcome.trends else {
        return String::new();
    };
    let header = [
        &["effective conductivity".to_owned()],
        trends.names.as_slice(),
    ]
    .concat();
    let mut table = plain_table(&header);
    let mut add = |name: String, value: &dyn Fn(&Trend) -> String| {
        let cells = trends.trends.iter().map(value);
        table.add_row(std::iter::once(name).chain(cells).collect::<Vec<_>>());
    };
    for (place, shape) in trends.shapes.iter().enumerate() {
        add(format!("{} voxels", by_axis(*shape)), &|trend| {
            plain(trend.0[place])
        });
    }
    let shown = |value: Option<f64>| value.map_or("-".to_owned(), plain);
    add("extrapolated".to_owned(), &|trend| {
        shown(trend.extrapolated())
    });
    add("observed order".to_owned(), &|trend| {
        trend
            .order()
            .map_or("-".to_owned(), |order| format!("{order:.2}"))
    });
    format!("{table}\n{}", ADVICE)
}

const ADVICE: &str = "\
Extrapolated to voxels of no size for an error of first order, twice the first row less the second. An observed order far
from 1, or none, says that the volume is too coarse for that: walls and necks of a voxel or two are lost from row to row.";
