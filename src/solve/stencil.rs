//! The finest level: a seven-point operator on a voxel grid, made on the fly from one byte per voxel.
//!
//! `(A x)_i = sum_j k(c_i, c_j) (x_i - x_j)` over the six neighbours, with a conductance per axis and pair of codes.
//! Differences are formed before anything is summed: with a contrast of 1e8 a diagonal in f32 would lose the weak faces.
//! Along the first axis one plane of *ghosts* lies on either side; their codes stand for the electrodes, their values are
//! fixed (0 for corrections). The other two axes end in mirrors or wrap round.
//!
//! Cost: a pass reads its vectors once and one byte per voxel; conductances come from a table in cache.

mod rows;
mod single;

pub(crate) use rows::{Planes, Side, Tables, Weights};
pub(crate) use single::{CodeScratch, Single};

/// Conductances of one axis for every ordered pair of codes, index `a << 8 | b`.
pub type PairTable = Vec<f64>;

/// How the second and third axis end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lateral {
    /// No coupling through the sides.
    Mirror,
    /// First and last row (column) are neighbours.
    Periodic,
}

/// A seven-point operator described by codes and pair tables; the first axis is the one between the electrodes.
#[derive(Debug, Clone)]
pub struct Stencil {
    /// Unknowns along (first, second, third) axis, ghosts not counted.
    pub shape: [usize; 3],
    /// One code per voxel, `shape[0] + 2` planes: ghost, unknowns, ghost.
    pub codes: Vec<u8>,
    /// Conductance tables, one per axis.
    pub tables: [PairTable; 3],
    /// How the second and third axis end.
    pub lateral: Lateral,
}

/// The code of voxels without an unknown: they insulate, or hang on no path between the electrodes.
pub const DEAD: u8 = 0;

/// Entries of a pair table.
pub const TABLE: usize = 1 << 16;

/// The index of a pair of codes in a [`PairTable`].
pub fn pair(a: u8, b: u8) -> usize {
    usize::from(a) << 8 | usize::from(b)
}

impl Stencil {
    /// Unknowns of one plane.
    pub fn plane(&self) -> usize {
        self.shape[1] * self.shape[2]
    }

    /// All unknowns, dead voxels included.
    pub fn len(&self) -> usize {
        self.shape[0] * self.plane()
    }

    /// Whether there is no unknown at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Smallest conductance that is not zero, whether or not its codes meet.
    pub(crate) fn weakest(&self) -> f64 {
        let positive = self.tables.iter().flatten().filter(|&&k| k > 0.0);
        positive.copied().fold(f64::INFINITY, f64::min)
    }

    /// Codes that may carry an unknown, ascending.
    pub(crate) fn live_codes(&self) -> Vec<u8> {
        let couples = |&code: &u8| {
            self.tables
                .iter()
                .any(|table| table[pair(code, code)] > 0.0)
        };
        (1..=u8::MAX).filter(couples).collect()
    }

    /// The conductance of an axis between voxels with an unknown, where it is the same for all.
    pub(crate) fn same(&self, axis: usize, live: &[u8]) -> Option<f64> {
        let pairs = live
            .iter()
            .flat_map(|&a| live.iter().map(move |&b| pair(a, b)));
        let mut values = pairs.map(|pair| self.tables[axis][pair]);
        let first = values.next()?;
        values.all(|value| value == first).then_some(first)
    }

    /// Conductances along the axes, where each has only one.
    pub(crate) fn uniform(&self) -> Option<[f64; 3]> {
        let live = self.live_codes();
        Some([
            self.same(0, &live)?,
            self.same(1, &live)?,
            self.same(2, &live)?,
        ])
    }

    /// Codes of one row; `plane` counts ghosts, so the first plane of unknowns is 1.
    pub(crate) fn row(&self, plane: usize, y: usize) -> &[u8] {
        let start = (plane * self.shape[1] + y) * self.shape[2];
        &self.codes[start..start + self.shape[2]]
    }

    /// The row before and after `y`, where the second axis has one.
    pub(crate) fn neighbours(&self, y: usize) -> [Option<usize>; 2] {
        let n = self.shape[1];
        match self.lateral {
            Lateral::Periodic => [Some((y + n - 1) % n), Some((y + 1) % n)],
            Lateral::Mirror => [y.checked_sub(1), Some(y + 1).filter(|&y| y < n)],
        }
    }

    /// The neighbours of a voxel with an unknown as `(axis, [plane, y, x])`, planes counting ghosts.
    pub(crate) fn around(&self, voxel: [usize; 3]) -> impl Iterator<Item = (usize, [usize; 3])> {
        self.around_planes(voxel, [Some(voxel[0] - 1), Some(voxel[0] + 1)])
    }

    fn around_planes(
        &self,
        [plane, y, x]: [usize; 3],
        planes: [Option<usize>; 2],
    ) -> impl Iterator<Item = (usize, [usize; 3])> {
        let n = self.shape[2];
        let columns = match self.lateral {
            Lateral::Periodic => [Some((x + n - 1) % n), Some((x + 1) % n)],
            Lateral::Mirror => [x.checked_sub(1), Some(x + 1).filter(|&x| x < n)],
        };
        let first = planes
            .into_iter()
            .flatten()
            .map(move |plane| (0, [plane, y, x]));
        let second = self
            .neighbours(y)
            .into_iter()
            .flatten()
            .map(move |y| (1, [plane, y, x]));
        let third = columns
            .into_iter()
            .flatten()
            .map(move |x| (2, [plane, y, x]));
        first.chain(second).chain(third)
    }

    /// The neighbours of any voxel, ghosts included.
    pub(crate) fn around_any(
        &self,
        voxel: [usize; 3],
    ) -> impl Iterator<Item = (usize, [usize; 3])> {
        let last = self.shape[0] + 1;
        self.around_planes(
            voxel,
            [
                voxel[0].checked_sub(1),
                Some(voxel[0] + 1).filter(|&z| z <= last),
            ],
        )
    }

    /// Place of a voxel in a field, ghosts not counted.
    pub(crate) fn index(&self, [z, y, x]: [usize; 3]) -> usize {
        (z * self.shape[1] + y) * self.shape[2] + x
    }

    /// The code of a voxel, plane counting ghosts.
    pub(crate) fn code(&self, [plane, y, x]: [usize; 3]) -> u8 {
        self.codes[self.index([plane, y, x])]
    }
}
