//! What has changed since a study was last run, and the file that remembers it.

use super::{Plan, Store, StudyError};
use crate::Result;
use serde_json::{Map, Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

/// What differs between a study and its last run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changes {
    /// A line for each setting, input or version that differs.
    pub what: Vec<String>,
    /// Cases that the last run did not have.
    pub new: usize,
    /// Cases of the last run that the study no longer has; their results stay where they are.
    pub gone: usize,
}

impl Changes {
    /// Compares a study with what the folder remembers; none where nothing is remembered or nothing has changed.
    ///
    /// # Errors
    /// [`StudyError::ForeignManifest`] and [`StudyError::Folder`].
    pub fn since_last_run(plan: &Plan, store: &Store) -> Result<Option<Self>> {
        let Some(old) = remembered(store)? else {
            return Ok(None);
        };
        let new = manifest(plan);
        if old == new {
            return Ok(None);
        }
        let keys = |manifest: &Value| -> BTreeSet<String> {
            let cases = manifest["cases"].as_array().into_iter().flatten();
            cases
                .filter_map(|case| case["case"].as_str().map(str::to_owned))
                .collect()
        };
        let (before, now) = (keys(&old), keys(&new));
        Ok(Some(Self {
            what: differences(&old, &new),
            new: now.difference(&before).count(),
            gone: before.difference(&now).count(),
        }))
    }
}

/// Remembers a study, where it is not what is remembered already.
pub(super) fn remember(plan: &Plan, store: &Store) -> Result<()> {
    let new = manifest(plan);
    store.with_manifest(|| match remembered(store)? {
        Some(old) if old == new => Ok(()),
        _ => store.keep(&store.manifest_path(), &new),
    })
}

fn remembered(store: &Store) -> Result<Option<Value>> {
    let path = store.manifest_path();
    if !path.is_file() {
        return Ok(None);
    }
    let bytes = fs::read(&path).map_err(|source| StudyError::Folder {
        path: path.clone(),
        source,
    })?;
    let foreign = |error: serde_json::Error| StudyError::ForeignManifest {
        path,
        reason: error.to_string(),
    };
    Ok(Some(serde_json::from_slice(&bytes).map_err(foreign)?))
}

/// The study as a document: version, settings, inputs by their names as seen from the study, cases.
fn manifest(plan: &Plan) -> Value {
    let cases = plan.keys.iter().zip(&plan.sweep.points);
    let cases = cases.map(|(key, point)| json!({ "case": key, "values": point.values }));
    let folder = plan.path.parent().unwrap_or(Path::new(""));
    let inputs: BTreeMap<String, &String> = plan
        .inputs
        .iter()
        .map(|(path, sum)| {
            let seen = path.strip_prefix(folder).unwrap_or(path);
            (seen.display().to_string(), sum)
        })
        .collect();
    json!({
        "voxion": env!("CARGO_PKG_VERSION"),
        "settings": plan.sweep.settings,
        "inputs": inputs,
        "parameters": plan.sweep.parameters,
        "cases": cases.collect::<Vec<_>>(),
    })
}

fn differences(old: &Value, new: &Value) -> Vec<String> {
    let mut lines = Vec::new();
    if old["voxion"] != new["voxion"] {
        lines.push(format!(
            "version: {} -> {}",
            shown(&old["voxion"]),
            shown(&new["voxion"])
        ));
    }
    let empty = Map::new();
    let tables = |key| [old, new].map(|manifest| manifest[key].as_object().unwrap_or(&empty));
    let [before, now] = tables("settings");
    for key in names(before, now) {
        if before.get(key) != now.get(key) {
            let words =
                [before, now].map(|settings| settings.get(key).map_or("none".to_owned(), shown));
            lines.push(format!("{key}: {} -> {}", words[0], words[1]));
        }
    }
    let [before, now] = tables("inputs");
    for key in names(before, now) {
        match (before.get(key), now.get(key)) {
            (Some(old), Some(new)) if old != new => lines.push(format!("{key}: other content")),
            _ => {}
        }
    }
    lines
}

fn names<'a>(a: &'a Map<String, Value>, b: &'a Map<String, Value>) -> BTreeSet<&'a String> {
    a.keys().chain(b.keys()).collect()
}

fn shown(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}
