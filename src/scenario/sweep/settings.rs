//! Every setting of a study as one flat list, so that two states of it can be compared line by line.

use super::super::{quantity, section::Section};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

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

/// Sections of a scenario that results depend on. Files are known by their content, and who solves does not matter.
const DECIDING: [&str; 8] = [
    "volume",
    "phases",
    "contact",
    "grains",
    "transport",
    "stress",
    "reaction",
    "cell",
];

/// Settings that name files.
const PATHS: [&str; 2] = ["volume.path", "grains.path"];

/// Settings of `[transport]` that belong to the electrode.
const OF_ELECTRODE: [&str; 3] = ["ionic", "electronic", "separator"];

/// SHA-256 of the settings of each section, with those of `[transport]` that belong to an electrode under "electrode".
pub(super) fn digests(tables: &Spanned<DeTable<'_>>) -> BTreeMap<&'static str, [u8; 32]> {
    let mut found = BTreeMap::new();
    for section in DECIDING {
        let Some(value) = tables.get_ref().get(section) else {
            continue;
        };
        let mut settings = BTreeMap::new();
        add(&mut settings, section.to_owned(), value.get_ref());
        settings.retain(|key, _| !PATHS.contains(&key.as_str()));
        let is_of_electrode = |key: &str| {
            let inner = key.strip_prefix("transport.");
            let first = inner.and_then(|key| key.split('.').next());
            first.is_some_and(|first| OF_ELECTRODE.contains(&first))
        };
        let (electrode, own): (BTreeMap<_, _>, BTreeMap<_, _>) = settings
            .into_iter()
            .partition(|(key, _)| is_of_electrode(key));
        found.insert(section, digest(&own));
        if !electrode.is_empty() {
            found.insert("electrode", digest(&electrode));
        }
    }
    found
}

/// SHA-256 of lines "key = value", sorted by key, with quantities in SI. Lengths before texts keep two lines apart from one.
fn digest(settings: &BTreeMap<String, String>) -> [u8; 32] {
    let mut hash = Sha256::new();
    for (key, value) in settings {
        // A dataset may be called "01", which is no number.
        let value = match key.ends_with(".dataset") {
            true => value.clone(),
            false => quantity::canonical(value),
        };
        hash.update(format!("{} {key} = {} {value}\n", key.len(), value.len()));
    }
    hash.finalize().into()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn sections(text: &str) -> BTreeMap<&'static str, [u8; 32]> {
        digests(&DeTable::parse(text).unwrap())
    }

    #[test]
    fn what_is_equal_has_one_digest_and_what_differs_another() {
        let text =
            "[phases.a]\nlabel = 1\nconductivity = \"3.07 mS/cm\"\n[transport]\nrtol = 1e-3\n";
        let first = sections(text);
        let respelled = "[transport]\nrtol = \"0.1 %\"\n[phases.a] # pore\nconductivity = \"0.307 S/m\"\nlabel = 1\n";
        assert_eq!(first["phases"], sections(respelled)["phases"]);
        let other = sections(&text.replace("3.07", "3.08"));
        assert_ne!(first["phases"], other["phases"]);
        assert_eq!(first["transport"], other["transport"]);
        let dataset = |name| sections(&format!("[volume]\npath = \"a\"\ndataset = \"{name}\"\n"));
        assert_ne!(dataset("1")["volume"], dataset("01")["volume"]);
        let moved = sections("[volume]\npath = \"b\"\ndataset = \"1\"\n");
        assert_eq!(dataset("1")["volume"], moved["volume"]);
        let with = sections(&format!("{text}ionic = {{ a = \"1 S/m\" }}\n"));
        assert_eq!(first["transport"], with["transport"]);
        assert!(with.contains_key("electrode") && !first.contains_key("electrode"));
    }

    #[test]
    fn digests_do_not_depend_on_the_program() {
        let text = "[phases.a]\nlabel = 1\nconductivity = \"1 S/m\"\n";
        let settings = BTreeMap::from([
            ("phases.a.conductivity".to_owned(), "1 S/m".to_owned()),
            ("phases.a.label".to_owned(), "1".to_owned()),
        ]);
        let lines = "21 phases.a.conductivity = 7 1e0 S/m\n14 phases.a.label = 3 1e0\n";
        let written: [u8; 32] = Sha256::digest(lines).into();
        assert_eq!(sections(text)["phases"], digest(&settings));
        assert_eq!(digest(&settings), written);
    }
}
