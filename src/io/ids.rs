//! Particle ids: whole numbers, as many different ones as there are particles, numbered by first appearance.

use super::{
    IoError, ReadOptions,
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
    nan_label: Option<i64>,
}

/// Numbers of particles, and the ids that they have in the file.
pub(super) struct Particles {
    /// `[z][y][x]`, from 0 by first appearance.
    pub(super) numbers: Array3<u32>,
    /// The id of each number.
    pub(super) ids: Vec<i64>,
}

impl Collect for Ids {
    type Cell = u32;
    type Output = Particles;
    const GREY: bool = false;

    fn new(path: &Path, options: &ReadOptions) -> Self {
        Self {
            path: path.to_owned(),
            known: HashMap::new(),
            nan_label: options.nan_label,
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

    fn finish(self, numbers: Array3<u32>) -> Result<Particles, IoError> {
        let mut known: Vec<(u32, i64)> = self.known.into_iter().map(|(id, n)| (n, id)).collect();
        known.sort_unstable();
        let ids = known.into_iter().map(|(_, id)| id).collect();
        Ok(Particles { numbers, ids })
    }
}

impl Ids {
    fn id<T: Sample>(&mut self, sample: T) -> Result<u32, IoError> {
        let path = || self.path.clone();
        let label = match (sample.label(), self.nan_label) {
            (Err(NotALabel::Fraction(value)), Some(label)) if !value.is_finite() => Ok(label),
            (label, _) => label,
        };
        let id = label.map_err(|why| match why {
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
