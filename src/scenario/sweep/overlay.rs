//! What a study says over its base: sections of a scenario in a study file, key by key in place of those of the base.

use super::{
    super::{
        file::{Checked, Node},
        section::Section,
    },
    SweepFault,
};
use std::borrow::Cow;
use toml::{
    Spanned,
    de::{DeArray, DeTable, DeValue},
};

/// Sections of a study file that has a base: its own, and those laid over the base. Files are named by the base alone, because
/// paths are relative to where they stand.
const LAID: [&str; 9] = [
    "generate",
    "grains",
    "phases",
    "contact",
    "transport",
    "stress",
    "reaction",
    "cell",
    "run",
];
const OWN: [&str; 3] = ["scenario", "study", "parameter"];

/// Puts the sections of a study over the tables of its base, whose text is so long: places in the study are moved behind its end.
pub(super) fn lay<'a>(
    root: &Section<'_>,
    document: &'a Spanned<DeTable<'a>>,
    (base, shift): (&mut Spanned<DeTable<'a>>, usize),
) -> Checked<()> {
    root.refuse_unknown(&[OWN.as_slice(), &LAID].concat())?;
    let grains = root.section("grains", &super::super::grains::KEYS)?;
    if let Some(place) = grains.place("path") {
        let key = "grains.path";
        return Err(root.fault(SweepFault::FileOfStudy { key }, place));
    }
    for (key, value) in document.get_ref() {
        if !OWN.contains(&key.get_ref().as_ref()) {
            lay_one(base.get_mut(), (key, value), shift);
        }
    }
    Ok(())
}

/// A table is laid key by key, everything else takes the place of what is there.
fn lay_one<'a>(
    base: &mut DeTable<'a>,
    (key, value): (&'a Spanned<Cow<'a, str>>, Node<'a>),
    shift: usize,
) {
    let under = base.get_mut(key.get_ref().as_ref()).map(Spanned::get_mut);
    if let (DeValue::Table(over), Some(DeValue::Table(under))) = (value.get_ref(), under) {
        for entry in over {
            lay_one(under, entry, shift);
        }
        return;
    }
    let key = Spanned::new(moved(key, shift), key.get_ref().clone());
    base.insert(key, shifted(value, shift));
}

fn moved<T>(spanned: &Spanned<T>, shift: usize) -> std::ops::Range<usize> {
    let span = spanned.span();
    span.start + shift..span.end + shift
}

/// The value with all its places moved.
fn shifted<'a>(value: Node<'a>, shift: usize) -> Spanned<DeValue<'a>> {
    let inner = match value.get_ref() {
        DeValue::Array(values) => {
            let mut array = DeArray::new();
            values
                .iter()
                .for_each(|value| array.push(shifted(value, shift)));
            DeValue::Array(array)
        }
        DeValue::Table(table) => {
            let mut moved_table = DeTable::new();
            for (key, value) in table {
                let key = Spanned::new(moved(key, shift), key.get_ref().clone());
                moved_table.insert(key, shifted(value, shift));
            }
            DeValue::Table(moved_table)
        }
        other => other.clone(),
    };
    Spanned::new(moved(value, shift), inner)
}
