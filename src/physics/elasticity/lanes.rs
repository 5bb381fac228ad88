//! A few numbers side by side, which the compiler turns into one wide vector.

use crate::field::Real;
use std::ops::{Add, Mul, Sub};

/// Elements that are treated together.
pub(super) const WIDTH: usize = 8;

/// One number of each of [`WIDTH`] neighbouring elements.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lanes<T>(pub(super) [T; WIDTH]);

impl<T: Real> Lanes<T> {
    /// The same number everywhere.
    #[inline(always)]
    pub(super) fn of(value: T) -> Self {
        Self([value; WIDTH])
    }

    /// The numbers of a row from `start`; the row wraps round.
    #[inline(always)]
    pub(super) fn load(row: &[T], start: usize) -> Self {
        match row.get(start..start + WIDTH) {
            Some(values) => Self(std::array::from_fn(|lane| values[lane])),
            None => Self(std::array::from_fn(|lane| row[(start + lane) % row.len()])),
        }
    }

    /// Writes the lanes to a row that has room for all of them.
    #[inline(always)]
    pub(super) fn store(self, row: &mut [T], start: usize) {
        row[start..start + WIDTH].copy_from_slice(&self.0);
    }

    /// Each number scaled.
    #[inline(always)]
    pub(super) fn times(self, factor: T) -> Self {
        Self(self.0.map(|value| value * factor))
    }
}

macro_rules! elementwise {
    ($trait:ident, $name:ident, $operator:tt) => {
        impl<T: Real> $trait for Lanes<T> {
            type Output = Self;
            #[inline(always)]
            fn $name(self, other: Self) -> Self {
                Self(std::array::from_fn(|lane| self.0[lane] $operator other.0[lane]))
            }
        }
    };
}

elementwise!(Add, add, +);
elementwise!(Sub, sub, -);
elementwise!(Mul, mul, *);
