//! Reads one table of a scenario file, key by key, so that every fault is told in our words at its place.
//!
//! A [`Section`] declares its keys when it is opened: an unknown one is an error with the nearest known key. Values then
//! come out typed, each with its place, for the checks that follow.

use super::{
    error::{Fault, Located, ScenarioError},
    words::{Words, alternatives, nearest},
};
use std::{borrow::Cow, ops::Range};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

/// The text of a scenario file and the name to show for it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) text: &'a str,
    pub(super) name: &'a str,
}

impl Source<'_> {
    /// The error for a fault at a place.
    pub(super) fn fault(self, fault: impl Into<Fault>, span: Range<usize>) -> ScenarioError {
        Located::new(fault.into(), span, self.text, self.name).into()
    }
}

/// A value and where it stands.
#[derive(Debug, Clone)]
pub(super) struct At<T> {
    pub(super) value: T,
    pub(super) span: Range<usize>,
}

/// An entry of a table whose keys are names.
#[derive(Debug)]
pub(super) struct Named<'a> {
    pub(super) name: At<&'a str>,
    pub(super) node: &'a Spanned<DeValue<'a>>,
}

/// A table whose keys are known to be known.
#[derive(Debug)]
pub(super) struct Section<'a> {
    source: Source<'a>,
    /// As messages call it: "[volume]".
    title: String,
    table: Option<&'a DeTable<'a>>,
    pub(super) span: Range<usize>,
}

impl<'a> Section<'a> {
    /// The whole file.
    pub(super) fn root(
        source: Source<'a>,
        document: &'a Spanned<DeTable<'a>>,
        known: &[&str],
    ) -> Result<Self, ScenarioError> {
        let title = "the scenario".to_owned();
        let root = Self {
            source,
            title,
            table: Some(document.get_ref()),
            span: 0..0,
        };
        root.refuse_unknown(known)?;
        Ok(root)
    }

    /// A table inside this one; empty if it is not there.
    pub(super) fn section(&self, key: &str, known: &[&str]) -> Result<Self, ScenarioError> {
        match self.get(key) {
            Some(value) => self.open(format!("[{key}]"), value, known),
            None => Ok(self.absent(format!("[{key}]"))),
        }
    }

    /// A value of this file that must be a table with these keys.
    pub(super) fn open(
        &self,
        title: String,
        value: &'a Spanned<DeValue<'a>>,
        known: &[&str],
    ) -> Result<Self, ScenarioError> {
        let Some(table) = value.get_ref().as_table() else {
            return Err(self.fault(wrong_type(&title, value, "a table"), value.span()));
        };
        let section = Self {
            source: self.source,
            title,
            table: Some(table),
            span: value.span(),
        };
        section.refuse_unknown(known)?;
        Ok(section)
    }

    /// A table of this file before its keys are known.
    pub(super) fn anything(
        &self,
        key: &str,
        value: &'a Spanned<DeValue<'a>>,
    ) -> Result<Self, ScenarioError> {
        let keys = value
            .get_ref()
            .as_table()
            .into_iter()
            .flat_map(DeTable::keys);
        let keys: Vec<&str> = keys.map(|key| key.get_ref().as_ref()).collect();
        self.open(format!("[{key}]"), value, &keys)
    }

    /// All that this table holds; of one that is not there, nothing.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&'a str, &'a DeValue<'a>)> {
        let table = self.table.into_iter().flat_map(DeTable::iter);
        table.map(|(key, value)| (key.get_ref().as_ref(), value.get_ref()))
    }

    /// Where a value of this table stands, if it has one.
    pub(super) fn place(&self, key: &str) -> Option<Range<usize>> {
        self.get(key).map(Spanned::span)
    }

    /// A table that this file does not have.
    pub(super) fn absent(&self, title: String) -> Self {
        Self {
            source: self.source,
            title,
            table: None,
            span: self.span.clone(),
        }
    }

    /// A fault where the table has a key that is not known.
    pub(super) fn refuse_unknown(&self, known: &[&str]) -> Result<(), ScenarioError> {
        let keys = self.table.into_iter().flat_map(DeTable::keys);
        let Some(key) = keys
            .into_iter()
            .find(|key| !known.contains(&key.get_ref().as_ref()))
        else {
            return Ok(());
        };
        let typed = key.get_ref().as_ref();
        let fault = Fault::UnknownKey {
            key: typed.to_owned(),
            section: self.title.clone(),
            nearest: nearest(typed, known.iter().copied()).map(str::to_owned),
            known: alternatives(known.iter().copied()),
        };
        Err(self.source.fault(fault, key.span()))
    }

    fn get(&self, key: &str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.table?.get(key)
    }

    /// Every key with its value, in the order of the file: for tables whose keys are names.
    pub(super) fn named(&self, key: &str) -> Result<Vec<Named<'a>>, ScenarioError> {
        let Some(value) = self.get(key) else {
            return Ok(Vec::new());
        };
        let Some(table) = value.get_ref().as_table() else {
            return Err(self.fault(wrong_type(key, value, "a table"), value.span()));
        };
        let named = |(key, node): (&'a Spanned<Cow<'a, str>>, _)| {
            let name = At {
                value: key.get_ref().as_ref(),
                span: key.span(),
            };
            Named { name, node }
        };
        let mut entries: Vec<Named<'a>> = table.iter().map(named).collect();
        entries.sort_by_key(|entry| entry.name.span.start);
        Ok(entries)
    }

    /// The elements of a list; a single value counts as a list of one. Empty if the key is not there.
    pub(super) fn list(&self, key: &str) -> Vec<&'a Spanned<DeValue<'a>>> {
        let Some(value) = self.get(key) else {
            return Vec::new();
        };
        match value.get_ref().as_array() {
            Some(elements) => elements.iter().collect(),
            None => vec![value],
        }
    }

    /// Where a list without elements stands.
    pub(super) fn empty_list(&self, key: &str) -> Option<Range<usize>> {
        let value = self.get(key)?;
        let list = value.get_ref().as_array()?;
        list.is_empty().then(|| value.span())
    }

    /// A value that must be there, whatever it is.
    pub(super) fn required(&self, key: &str) -> Result<&'a Spanned<DeValue<'a>>, ScenarioError> {
        self.get(key).ok_or_else(|| {
            let (key, section) = (key.to_owned(), self.title.clone());
            self.fault(Fault::MissingKey { key, section }, self.span.clone())
        })
    }

    /// A text.
    pub(super) fn text(&self, key: &str) -> Result<Option<At<&'a str>>, ScenarioError> {
        let Some(value) = self.get(key) else {
            return Ok(None);
        };
        self.text_of(key, value).map(Some)
    }

    /// The same for a value already in hand.
    pub(super) fn text_of(
        &self,
        key: &str,
        value: &'a Spanned<DeValue<'a>>,
    ) -> Result<At<&'a str>, ScenarioError> {
        match value.get_ref().as_str() {
            Some(text) => Ok(At {
                value: text,
                span: value.span(),
            }),
            None => Err(self.fault(wrong_type(key, value, "a text in quotes"), value.span())),
        }
    }

    /// A number or a text with a number and a unit, as typed.
    pub(super) fn quantity(&self, key: &str) -> Result<Option<At<&'a str>>, ScenarioError> {
        let Some(value) = self.get(key) else {
            return Ok(None);
        };
        self.quantity_of(key, value).map(Some)
    }

    /// The same for a value already in hand.
    pub(super) fn quantity_of(
        &self,
        key: &str,
        value: &'a Spanned<DeValue<'a>>,
    ) -> Result<At<&'a str>, ScenarioError> {
        let text = match value.get_ref() {
            DeValue::String(text) => text.as_ref(),
            DeValue::Float(number) => number.as_str(),
            DeValue::Integer(number) if number.radix() == 10 => number.as_str(),
            _ => {
                let expected = "a number, or a text in quotes with a number and a unit";
                return Err(self.fault(wrong_type(key, value, expected), value.span()));
            }
        };
        Ok(At {
            value: text,
            span: value.span(),
        })
    }

    /// A whole number.
    pub(super) fn integer<N: TryFrom<i64>>(
        &self,
        key: &str,
        value: &'a Spanned<DeValue<'a>>,
        expected: &'static str,
    ) -> Result<N, ScenarioError> {
        value
            .get_ref()
            .as_integer()
            .and_then(|number| i64::from_str_radix(number.as_str(), number.radix()).ok())
            .and_then(|number| N::try_from(number).ok())
            .ok_or_else(|| self.fault(wrong_type(key, value, expected), value.span()))
    }

    /// true or false; false if the key is not there.
    pub(super) fn flag(&self, key: &str) -> Result<bool, ScenarioError> {
        let Some(value) = self.get(key) else {
            return Ok(false);
        };
        value
            .get_ref()
            .as_bool()
            .ok_or_else(|| self.fault(wrong_type(key, value, "true or false"), value.span()))
    }

    /// One of a closed list of words; the type's default if the key is not there.
    pub(super) fn word<T>(&self, key: &str, words: &Words<T>) -> Result<T, ScenarioError>
    where
        T: Copy + PartialEq + Default,
    {
        let Some(value) = self.get(key) else {
            return Ok(T::default());
        };
        self.word_of(key, value, words)
    }

    /// The same for a value already in hand.
    pub(super) fn word_of<T: Copy + PartialEq>(
        &self,
        key: &str,
        value: &'a Spanned<DeValue<'a>>,
        words: &Words<T>,
    ) -> Result<T, ScenarioError> {
        let typed = self.text_of(key, value)?;
        words.value(typed.value).ok_or_else(|| {
            let fault = Fault::UnknownWord {
                key: key.to_owned(),
                found: typed.value.to_owned(),
                nearest: nearest(typed.value, words.all()).map(str::to_owned),
                known: alternatives(words.all()),
            };
            self.fault(fault, typed.span)
        })
    }

    /// The error for a fault at a place in this file.
    pub(super) fn fault(&self, fault: impl Into<Fault>, span: Range<usize>) -> ScenarioError {
        self.source.fault(fault, span)
    }

    /// As messages call this table.
    pub(super) fn title(&self) -> &str {
        &self.title
    }
}

fn wrong_type(key: &str, value: &Spanned<DeValue<'_>>, expected: &'static str) -> Fault {
    let found = match value.get_ref() {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a decimal number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    };
    Fault::WrongType {
        key: key.to_owned(),
        found,
        expected,
    }
}
