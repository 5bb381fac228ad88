//! The values of one parameter: a list, or a range that is linear or logarithmic.

use super::{
    super::{
        file::{Checked, Node},
        quantity,
        section::{At, Section},
        study::{check_parameter, values},
        words::Words,
    },
    SweepFault,
};
use std::ops::Range as Span;

/// How a parameter is spread.
#[derive(Debug)]
pub(super) struct Parameter<'a> {
    pub(super) key: At<&'a str>,
    pub(super) spread: Spread,
}

/// How the values of a parameter follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Along {
    /// As somebody listed them.
    List,
    /// Evenly.
    Even,
    /// By factors.
    Factors,
}

impl Along {
    const WORDS: Words<Self> = Words::new(&[
        ("list", Self::List),
        ("linear", Self::Even),
        ("log", Self::Factors),
    ]);

    /// "list", "linear" or "log".
    pub fn word(self) -> &'static str {
        Self::WORDS.word(self).unwrap_or_default()
    }

    /// From its word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::WORDS.value(word)
    }
}

/// A value.
#[derive(Debug, Clone)]
pub(super) struct Value {
    /// As it is shown.
    pub(super) text: String,
    /// As TOML has it.
    pub(super) typed: String,
    /// Where it stands; of a range, where that stands.
    pub(super) span: Span<usize>,
}

#[derive(Debug)]
pub(super) enum Spread {
    List(Vec<Value>),
    Range(Range),
}

/// Numbers of one unit between two ends.
#[derive(Debug)]
pub(super) struct Range {
    ends: [f64; 2],
    unit: String,
    scale: Scale,
    whole: bool,
    pub(super) count: Option<usize>,
    pub(super) span: Span<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Scale {
    #[default]
    Linear,
    Log,
}

const SCALES: Words<Scale> = Words::new(&[("linear", Scale::Linear), ("log", Scale::Log)]);
const KEYS: [&str; 7] = ["key", "values", "from", "to", "scale", "count", "whole"];
/// The most values of a range.
const MOST: usize = 100_000;

impl<'a> Parameter<'a> {
    /// One `[[parameter]]`, whose key is one of the scenario of `base`.
    pub(super) fn read(
        root: &Section<'a>,
        node: Node<'a>,
        (base, text): (&Section<'_>, &str),
    ) -> Checked<Self> {
        let section = root.open("[[parameter]]".to_owned(), node, &KEYS)?;
        let key = section.text_of("key", section.required("key")?)?;
        check_parameter(base, &section, ("key", &key))?;
        let ranged = ["from", "to", "scale", "count", "whole"];
        let spread = match ranged.iter().find_map(|key| section.place(key)) {
            Some(place) if section.place("values").is_some() => {
                return Err(section.fault(SweepFault::ListAndRange, place));
            }
            Some(_) => Spread::Range(range(&section)?),
            None => {
                let (nodes, texts) = values(&section)?;
                Spread::listed(&nodes, texts, text)
            }
        };
        Ok(Self { key, spread })
    }
}

impl Spread {
    /// A list of the nodes of a text.
    pub(super) fn listed(nodes: &[Node<'_>], texts: Vec<String>, whole: &str) -> Self {
        let value = |(node, text): (&Node<'_>, String)| Value {
            text,
            typed: whole.get(node.span()).unwrap_or_default().to_owned(),
            span: node.span(),
        };
        Self::List(nodes.iter().zip(texts).map(value).collect())
    }

    /// How its values follow each other.
    pub(super) fn along(&self) -> Along {
        match self {
            Self::List(_) => Along::List,
            Self::Range(range) => match range.scale {
                Scale::Linear => Along::Even,
                Scale::Log => Along::Factors,
            },
        }
    }

    /// Every value, in order.
    pub(super) fn all(&self) -> Vec<Value> {
        match self {
            Self::List(values) => values.clone(),
            Self::Range(range) => {
                let last = range.count.unwrap_or(1).max(2) - 1;
                let place = |i: usize| i as f64 / last as f64;
                (0..=last).map(|i| range.at(place(i))).collect()
            }
        }
    }

    /// How many values there are; of a range, what its count says.
    pub(super) fn count(&self) -> usize {
        match self {
            Self::List(values) => values.len(),
            Self::Range(range) => range.count.unwrap_or(0),
        }
    }

    /// The value at a place from 0 to below 1.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "from 0 to below the number of values"
    )]
    pub(super) fn at(&self, place: f64) -> Option<Value> {
        match self {
            Self::List(values) => {
                let index = (place * values.len() as f64) as usize;
                values
                    .get(index.min(values.len().saturating_sub(1)))
                    .cloned()
            }
            Self::Range(range) => Some(range.at(place)),
        }
    }
}

impl Range {
    /// The value at a place from 0 (the first end) to 1 (the last), rounded to twelve digits, so that a tenth of 1 is 0.1.
    fn at(&self, place: f64) -> Value {
        let [from, to] = self.ends;
        let exact = match self.scale {
            Scale::Linear => from + place * (to - from),
            Scale::Log => (from.ln() + place * (to.ln() - from.ln())).exp(),
        };
        let rounded = if self.whole {
            exact.round()
        } else {
            format!("{exact:.11e}").parse().unwrap_or(exact)
        };
        let number = if rounded != 0.0 && !(1e-4..1e9).contains(&rounded.abs()) {
            format!("{rounded:e}")
        } else {
            format!("{}", rounded + 0.0)
        };
        let (text, typed) = match self.unit.as_str() {
            "" => (number.clone(), number),
            unit => (format!("{number} {unit}"), format!("\"{number} {unit}\"")),
        };
        let span = self.span.clone();
        Value { text, typed, span }
    }
}

fn range(section: &Section<'_>) -> Checked<Range> {
    let end = |key| section.quantity_of(key, section.required(key)?);
    let (from, to) = (end("from")?, end("to")?);
    let scale = section.word("scale", &SCALES)?;
    let [(first, unit), (last, other)] =
        [from.value, to.value].map(|text| quantity::split(text.trim()));
    let wrong = |fault: fn(String, String) -> SweepFault| {
        let fault = fault(from.value.to_owned(), to.value.to_owned());
        Err(section.fault(fault, to.span.clone()))
    };
    let numbers = [first, last].map(|text| text.parse::<f64>().unwrap_or(f64::NAN));
    if unit != other || !numbers.iter().all(|number| number.is_finite()) {
        return wrong(|from, to| SweepFault::Units { from, to });
    }
    if scale == Scale::Log && !numbers.iter().all(|&number| number > 0.0) {
        return wrong(|from, to| SweepFault::Logarithm { from, to });
    }
    Ok(Range {
        ends: numbers,
        unit: unit.to_owned(),
        scale,
        whole: section.flag("whole")?,
        count: count(section)?,
        span: from.span,
    })
}

fn count(section: &Section<'_>) -> Checked<Option<usize>> {
    let Some(node) = section.list("count").into_iter().next() else {
        return Ok(None);
    };
    let count: usize = section.integer("count", node, "a whole number")?;
    if (2..=MOST).contains(&count) {
        return Ok(Some(count));
    }
    let limit = MOST;
    Err(section.fault(SweepFault::BadCount { count, limit }, node.span()))
}
