//! Every setting of a study as one flat list, so that two states of it can be compared line by line.

use super::super::section::Section;
use std::collections::BTreeMap;
use toml::{Spanned, de::DeValue};

/// Sections on which no result depends.
const BESIDE: [&str; 4] = ["scenario", "measured", "run", "output"];

/// "transport.rtol" = "1e-3" for every value of the files; the last wins.
pub(super) fn of(roots: [&Section<'_>; 2]) -> BTreeMap<String, String> {
    let mut settings = BTreeMap::new();
    for (key, value) in roots.iter().flat_map(|root| root.entries()) {
        if !BESIDE.contains(&key) {
            add(&mut settings, key.to_owned(), value);
        }
    }
    settings
}

fn add(settings: &mut BTreeMap<String, String>, name: String, value: &DeValue<'_>) {
    match value {
        DeValue::Table(table) => {
            for (key, value) in table.iter() {
                add(
                    settings,
                    format!("{name}.{}", key.get_ref()),
                    value.get_ref(),
                );
            }
        }
        DeValue::Array(values) if values.iter().any(|value| value.get_ref().is_table()) => {
            for (place, value) in values.iter().enumerate() {
                let inner = format!("{name}[{}]", place + 1);
                add(settings, inner, value.get_ref());
            }
        }
        other => drop(settings.insert(name, text(other))),
    }
}

fn text(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => text.to_string(),
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        DeValue::Boolean(flag) => flag.to_string(),
        DeValue::Datetime(date) => date.to_string(),
        DeValue::Array(values) => {
            let texts: Vec<String> = values
                .iter()
                .map(|v: &Spanned<_>| text(v.get_ref()))
                .collect();
            format!("[{}]", texts.join(", "))
        }
        DeValue::Table(_) => "a table".to_owned(),
    }
}
