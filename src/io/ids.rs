//! Particle ids: whole numbers, as many different ones as there are particles, numbered by first appearance.

use super::{
    IoError,
    labels::{Collect, NotALabel, Sample},
};
use ndarray::Array3;
use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

/// Turns samples into numbers of particles.
pub(super) struct Ids {
    path: PathBuf,
    known: HashMap<i64, u32>,
}

impl Collect for Ids {
    type Cell = u32;
    type Output = Array3<u32>;
    const GREY: bool = false;

    fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            known: HashMap::new(),
        }
    }

    fn encode<'a, T: Sample>(
        &mut self,
        samples: impl IntoIterator<Item = T>,
        cells: impl IntoIterator<Item = &'a mut u32>,
    ) -> Result<(), IoError> {
        // Neighbours mostly belong to one particle, so the last answer is kept.
        let mut last = None;
        for (sample, cell) in samples.into_iter().zip(cells) {
            *cell = match last {
                Some((known, id)) if known == sample => id,
                _ => self.id(sample)?,
            };
            last = Some((sample, *cell));
        }
        Ok(())
    }

    fn finish(self, cells: Array3<u32>) -> Result<Array3<u32>, IoError> {
        Ok(cells)
    }
}

impl Ids {
    fn id<T: Sample>(&mut self, sample: T) -> Result<u32, IoError> {
        let path = || self.path.clone();
        let id = sample.label().map_err(|why| match why {
            NotALabel::Fraction(value) => IoError::Fraction {
                path: path(),
                value,
            },
            NotALabel::TooLarge(value) => IoError::LabelRange {
                path: path(),
                value,
            },
        })?;
        let next = u32::try_from(self.known.len()).map_err(|_| IoError::LabelRange {
            path: path(),
            value: id.to_string(),
        })?;
        Ok(*self.known.entry(id).or_insert(next))
    }
}
