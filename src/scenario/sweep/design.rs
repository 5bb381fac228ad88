//! From parameters to points: every combination, hand in hand, or samples that fill the space.
//!
//! - *grid*: every value with every other, the last parameter fastest.
//! - *list*: the first values together, then the second ones, and so on.
//! - *latin-hypercube*: `samples` points; each parameter is cut into as many equal parts, and each part is met once
//!   (M. D. McKay, R. J. Beckman, W. J. Conover, Technometrics 21, 239, 1979). Parts are shuffled by PCG64, a stream per
//!   parameter.
//! - *sobol*: `samples` points of the Owen-scrambled Sobol sequence (B. Burley, JCGT 9, 1, 2020), which fill the space
//!   most evenly where `samples` is a power of two.

use super::{
    super::{file::Checked, section::Section, words::Words},
    SweepFault,
    spread::{Parameter, Spread, Value},
};
use rand::{RngExt, seq::SliceRandom};
use rand_pcg::Pcg64;
use std::ops::Range;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Design {
    #[default]
    Grid,
    List,
    LatinHypercube,
    Sobol,
}

const DESIGNS: Words<Design> = Words::new(&[
    ("grid", Design::Grid),
    ("list", Design::List),
    ("latin-hypercube", Design::LatinHypercube),
    ("sobol", Design::Sobol),
]);

/// The most cases of a study.
const MOST: usize = 100_000;
/// The longest Sobol sequence that is taken: that of the crate.
const MOST_SAMPLES: usize = 1 << 16;
/// The most parameters: dimensions of the Sobol sequence.
const MOST_PARAMETERS: usize = 256;

/// What `[study]` says of the design.
#[derive(Debug)]
pub(super) struct Plan {
    design: Design,
    samples: Option<usize>,
    seed: u32,
    /// Where faults of the whole are told.
    place: Range<usize>,
}

impl Plan {
    /// The keys `design`, `samples` and `seed`.
    pub(super) fn read(section: &Section<'_>) -> Checked<Self> {
        let one = |key: &str| section.list(key).into_iter().next();
        let design = section.word("design", &DESIGNS)?;
        let samples = one("samples")
            .map(|node| section.integer("samples", node, "a whole number"))
            .transpose()?;
        let seed = one("seed")
            .map(|node| section.integer("seed", node, "a whole number, zero or positive"))
            .transpose()?;
        let place = |key| section.place(key);
        Ok(Self {
            design,
            samples,
            seed: seed.unwrap_or(0),
            place: place("samples")
                .or_else(|| place("design"))
                .unwrap_or_else(|| section.span.clone()),
        })
    }

    /// The points, each with a value for every parameter.
    pub(super) fn points(
        &self,
        section: &Section<'_>,
        parameters: &[Parameter<'_>],
    ) -> Checked<Vec<Vec<Value>>> {
        let refuse = |(fault, place)| section.fault(fault, place);
        self.check(parameters).map_err(refuse)?;
        if matches!(self.design, Design::Grid | Design::List) {
            let values: Vec<Vec<Value>> = parameters.iter().map(|p| p.spread.all()).collect();
            return Ok(match self.design {
                Design::Grid => combined(&values),
                _ => together(&values),
            });
        }
        let samples = self.samples.unwrap_or(0);
        let columns: Vec<Vec<f64>> = (0u32..)
            .take(parameters.len())
            .map(|column| self.places(samples, column))
            .collect();
        let point = |row: usize| {
            let columns = parameters.iter().zip(&columns);
            columns
                .filter_map(|(parameter, places)| parameter.spread.at(places[row]))
                .collect()
        };
        Ok((0..samples).map(point).collect())
    }

    /// Places from 0 to below 1 of one parameter in all samples.
    fn places(&self, samples: usize, column: u32) -> Vec<f64> {
        if self.design == Design::Sobol {
            let sample = |row| f64::from(sobol_burley::sample(row, column, self.seed));
            return (0u32..).take(samples).map(sample).collect();
        }
        let mut random = Pcg64::new(u128::from(self.seed), u128::from(column));
        let mut parts: Vec<usize> = (0..samples).collect();
        parts.shuffle(&mut random);
        let inside = |part: usize| (part as f64 + random.random::<f64>()) / samples as f64;
        parts.into_iter().map(inside).collect()
    }

    fn check(&self, parameters: &[Parameter<'_>]) -> Result<(), (SweepFault, Range<usize>)> {
        let at = |fault: SweepFault| Err((fault, self.place.clone()));
        let design = DESIGNS.word(self.design).unwrap_or_default();
        let sampled = matches!(self.design, Design::LatinHypercube | Design::Sobol);
        match (sampled, self.samples) {
            (false, Some(_)) => return at(SweepFault::SamplesOfGrid { design }),
            (true, samples) if !(1..=MOST_SAMPLES).contains(&samples.unwrap_or(0)) => {
                let (samples, limit) = (samples.unwrap_or(0), MOST_SAMPLES);
                return at(SweepFault::Samples { samples, limit });
            }
            _ => {}
        }
        if parameters.len() > MOST_PARAMETERS {
            let (count, limit) = (parameters.len() as u128, MOST_PARAMETERS);
            return at(SweepFault::TooMany { count, limit });
        }
        for parameter in parameters {
            if let Spread::Range(range) = &parameter.spread {
                let fault = match (sampled, range.count) {
                    (true, Some(_)) => SweepFault::Count { design },
                    (false, None) => SweepFault::NoCount { design },
                    _ => continue,
                };
                return Err((fault, range.span.clone()));
            }
        }
        match self.design {
            Design::Grid => self.check_size(parameters),
            Design::List => check_lengths(parameters),
            _ => Ok(()),
        }
    }

    fn check_size(&self, parameters: &[Parameter<'_>]) -> Result<(), (SweepFault, Range<usize>)> {
        let counts = parameters.iter().map(|p| p.spread.count() as u128);
        let count = counts.fold(1u128, u128::saturating_mul);
        let limit = MOST;
        if count > limit as u128 {
            return Err((SweepFault::TooMany { count, limit }, self.place.clone()));
        }
        Ok(())
    }
}

fn check_lengths(parameters: &[Parameter<'_>]) -> Result<(), (SweepFault, Range<usize>)> {
    let first = parameters.first().map_or(0, |p| p.spread.count());
    match parameters.iter().find(|p| p.spread.count() != first) {
        None => Ok(()),
        Some(parameter) => {
            let (key, count) = (parameter.key.value.to_owned(), parameter.spread.count());
            let fault = SweepFault::Lengths { key, count, first };
            Err((fault, parameter.key.span.clone()))
        }
    }
}

/// Every value with every other, the last fastest.
fn combined(values: &[Vec<Value>]) -> Vec<Vec<Value>> {
    values.iter().fold(vec![Vec::new()], |points, values| {
        let longer = |point: &Vec<Value>| -> Vec<Vec<Value>> {
            let with = |value: &Value| [point.as_slice(), std::slice::from_ref(value)].concat();
            values.iter().map(with).collect()
        };
        points.iter().flat_map(longer).collect()
    })
}

/// The first values, then the second ones.
fn together(values: &[Vec<Value>]) -> Vec<Vec<Value>> {
    let rows = values.first().map_or(0, Vec::len);
    let row = |row: usize| values.iter().map(|values| values[row].clone()).collect();
    (0..rows).map(row).collect()
}
