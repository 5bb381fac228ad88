//! Repeats: each point with several seeds, one after the other. Where grains are built in a volume that is built, too, both have the
//! same seed, so that repeats differ in all that is drawn.

use super::{
    super::{file::Checked, section::Section},
    SweepFault,
    spread::{Parameter, Value},
};

/// The keys that repeats change.
pub(super) const SEED: &str = "generate.seed";
pub(super) const SEED_OF_GRAINS: &str = "grains.seed";

/// What repeats do.
#[derive(Debug)]
pub(super) struct Repeats {
    /// What they change.
    pub(super) key: &'static str,
    /// What they change alike.
    pub(super) too: Option<&'static str>,
    seeds: Vec<Value>,
}

impl Repeats {
    /// `repeats` of `[study]`; none where each point is built once.
    pub(super) fn read(
        study: &Section<'_>,
        scenario_root: &Section<'_>,
        parameters: &[Parameter<'_>],
    ) -> Checked<Option<Self>> {
        let Some(node) = study.list("repeats").into_iter().next() else {
            return Ok(None);
        };
        let span = node.span();
        let refuse = |fault| Err(study.fault(fault, span.clone()));
        let repeats: usize = study.integer("repeats", node, "a whole number")?;
        if !(1..=10_000).contains(&repeats) {
            return refuse(SweepFault::Repeats { repeats });
        }
        let is_varied = |key: &str| parameters.iter().any(|own| own.key.value == key);
        let built = scenario_root.place("generate").is_some();
        let grains = first_of_grains(scenario_root)?;
        let (key, first) = match grains {
            _ if built => (SEED, first_of_volume(scenario_root)?),
            Some(first) => (SEED_OF_GRAINS, first),
            None => return refuse(SweepFault::RepeatsOfFile),
        };
        if is_varied(key) {
            let key = key.to_owned();
            return refuse(SweepFault::Twice { key });
        }
        let value = |seed: u64| Value {
            text: seed.to_string(),
            typed: seed.to_string(),
            span: span.clone(),
        };
        let last = first.saturating_add(repeats as u64 - 1);
        let both = built && grains.is_some() && !is_varied(SEED_OF_GRAINS);
        Ok(Some(Self {
            key,
            too: both.then_some(SEED_OF_GRAINS),
            seeds: (first..=last).map(value).collect(),
        }))
    }
}

fn first_of_volume(root: &Section<'_>) -> Checked<u64> {
    let (_, draft) = super::super::generate::section(root)?;
    Ok(draft.seed.unwrap_or(1))
}

/// The seed of grains that are built; none where they come from a file, or there are none.
fn first_of_grains(root: &Section<'_>) -> Checked<Option<u64>> {
    if root.place("grains").is_none() {
        return Ok(None);
    }
    let section = root.section("grains", &super::super::grains::KEYS)?;
    if section.place("diameter").is_none() {
        return Ok(None);
    }
    let seed = section.list("seed").into_iter().next();
    let seed = seed.map(|node| section.integer("seed", node, "a whole number from 0 on"));
    Ok(Some(seed.transpose()?.unwrap_or(0)))
}

/// Every point with each seed behind its values.
pub(super) fn with(points: &[Vec<Value>], repeats: Option<&Repeats>) -> Vec<Vec<Value>> {
    let Some(repeats) = repeats else {
        return points.to_vec();
    };
    let longer = |point: &Vec<Value>| -> Vec<Vec<Value>> {
        let with = |seed| [point.as_slice(), std::slice::from_ref(seed)].concat();
        repeats.seeds.iter().map(with).collect()
    };
    points.iter().flat_map(longer).collect()
}
