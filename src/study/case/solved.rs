//! What is effective along an axis, at one resolution or several, and of a cell in all directions: with the bound of each number.

use super::{number, object};
use crate::{
    microstructure::{Axis, Volume},
    physics::conduction::{CURRENT_CLASSES, Effective, Solution, Tensor, Trend},
};
use serde_json::{Map, Value, json};

/// What is effective along an axis.
#[derive(Debug, Clone)]
pub struct Solved {
    /// The numbers.
    pub effective: Effective,
    /// How many voxels carry how much current ([`Solution::current_classes`]); none of a cell without electrodes.
    pub current: Option<[u64; CURRENT_CLASSES]>,
    /// The numbers at half and quarter resolution, where that is asked for.
    pub coarser: Vec<Effective>,
    /// All directions of a cell at each resolution, its own first; none between electrodes.
    pub tensors: Vec<Tensor>,
}

impl From<Solution> for Solved {
    fn from(solution: Solution) -> Self {
        Self {
            current: solution.current_classes(),
            effective: solution.effective,
            coarser: Vec::new(),
            tensors: Vec::new(),
        }
    }
}

impl Solved {
    /// What a cell says of an axis.
    pub(super) fn of_cell(tensor: &Tensor, axis: Axis) -> Self {
        Self {
            effective: tensor.axes[axis.index()].clone(),
            current: None,
            coarser: Vec::new(),
            tensors: vec![tensor.clone()],
        }
    }

    /// The next coarser resolution.
    pub(super) fn add_coarser(&mut self, more: Self) {
        self.coarser.push(more.effective);
        self.tensors.extend(more.tensors);
    }
}

/// A number at several resolutions with its bounds, the finest first.
struct Series(Vec<[f64; 2]>);

impl Series {
    /// The extrapolated number, the bound that follows for `2 f_1 - f_2` from those of both, and the observed order; nothing where
    /// there is one resolution.
    fn extrapolated(&self) -> Option<[Value; 3]> {
        let [[_, fine], [_, half], ..] = *self.0.as_slice() else {
            return None;
        };
        let trend = Trend(self.0.iter().map(|[value, _]| *value).collect());
        let limit = trend.extrapolated();
        let bound = limit.map(|_| number(2.0 * fine + half));
        Some([json!(limit.map(number)), json!(bound), json!(trend.order())])
    }
}

/// The numbers of an axis. Area-specific resistance is length over conductivity, in voxels where no size is known.
pub(super) fn numbers(solved: &Solved, volume: &Volume) -> Map<String, Value> {
    let Solved {
        effective, current, ..
    } = solved;
    let axis = effective.axis.index();
    let length = volume.shape()[axis] as f64 * volume.spacing().map_or(1.0, |size| size[axis]);
    let (conductivity, bound) = (effective.effective_conductivity, effective.error_bound);
    tracing::info!(
        axis = effective.axis.name(),
        iterations = effective.iterations,
        seconds = effective.seconds,
        "effective conductivity {conductivity} +- {bound}",
    );
    let mut numbers = object([
        ("axis", effective.axis.name().into()),
        ("effective_conductivity", number(conductivity)),
        ("error_bound", number(bound)),
        (
            "relative_conductivity",
            number(effective.relative_conductivity),
        ),
        ("tortuosity_factor", number(effective.tortuosity_factor)),
        ("macmullin_number", number(effective.macmullin_number)),
        ("area_resistance", number(length / conductivity)),
        ("conducting_fraction", effective.conducting_fraction.into()),
        (
            "percolating_fraction",
            effective.percolating_fraction.into(),
        ),
        ("iterations", effective.iterations.into()),
        ("adapter", json!(effective.adapter)),
        ("current_classes", json!(current.map(Vec::from))),
    ]);
    let all = std::iter::once(effective).chain(&solved.coarser);
    let all = all.map(|own| [own.effective_conductivity, own.error_bound]);
    if let Some([limit, bound, order]) = Series(all.collect()).extrapolated() {
        let coarser = solved.coarser.iter();
        let coarser: Vec<Value> = coarser
            .map(|own| number(own.effective_conductivity))
            .collect();
        numbers.extend(object([
            ("coarser_conductivities", coarser.into()),
            ("extrapolated_conductivity", limit),
            ("extrapolated_conductivity_bound", bound),
            ("observed_order", order),
        ]));
    }
    numbers
}

/// The entries of the tensor of a cell by name, and where they go; nothing between electrodes.
pub(super) fn tensors(solved: &Solved) -> Map<String, Value> {
    let mut parts: [Map<String, Value>; 4] = Default::default();
    if solved.tensors.is_empty() {
        return Map::new();
    }
    for (name, [i, j]) in Tensor::ENTRIES {
        let entry = |tensor: &Tensor| [tensor.conductivity[i][j], tensor.error_bound[i][j]];
        let all = Series(solved.tensors.iter().map(entry).collect());
        let [value, bound] = all.0[0].map(number);
        let [limit, limit_bound, _] = all.extrapolated().unwrap_or_default();
        for (part, value) in parts.iter_mut().zip([value, bound, limit, limit_bound]) {
            part.insert(name.to_owned(), value);
        }
    }
    let names = ["conductivity_tensor", "conductivity_tensor_bound"];
    let limits = ["extrapolated_tensor", "extrapolated_tensor_bound"];
    let named = names.into_iter().chain(limits);
    let wanted = if solved.coarser.is_empty() { 2 } else { 4 };
    named
        .zip(parts)
        .take(wanted)
        .map(|(name, part)| (name.to_owned(), part.into()))
        .collect()
}
