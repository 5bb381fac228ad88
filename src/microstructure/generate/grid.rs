//! The cubic voxels that a microstructure is built on, and how their sides end. Lengths inside the generators are in
//! voxels; a voxel's centre is at its index + 1/2.

/// What lies beyond the sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Ends {
    /// The structure repeats.
    #[default]
    Periodic,
    /// Walls, which no particle crosses.
    Walled,
}

/// Cubic voxels in a box.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Grid {
    /// Voxels along (z, y, x).
    pub shape: [usize; 3],
    /// Edge of a voxel, m.
    pub voxel: f64,
    /// How all sides end; generators with a bottom and a top say themselves what they do along z.
    pub ends: Ends,
}

impl Grid {
    /// Voxels in all.
    pub fn voxels(&self) -> usize {
        self.shape.iter().product()
    }

    /// Edges of the box in voxels.
    pub(super) fn sides(&self) -> [f64; 3] {
        self.shape.map(|n| n as f64)
    }

    /// The volume in voxels.
    pub(super) fn volume(&self) -> f64 {
        self.voxels() as f64
    }

    /// Metres in voxels.
    pub(super) fn in_voxels(&self, metres: f64) -> f64 {
        metres / self.voxel
    }

    /// From `a` to `b` by the shortest way.
    pub(super) fn between(&self, a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
        std::array::from_fn(|axis| self.shortest(axis, b[axis] - a[axis]))
    }

    /// A difference along an axis by the shortest way.
    pub(super) fn shortest(&self, axis: usize, difference: f64) -> f64 {
        let side = self.shape[axis] as f64;
        match self.ends {
            Ends::Walled => difference,
            Ends::Periodic if difference > side / 2.0 => difference - side,
            Ends::Periodic if difference < -side / 2.0 => difference + side,
            Ends::Periodic => difference,
        }
    }

    /// The planes (along `axis`) whose centres lie within `reach` of `centre`: index and signed distance.
    pub(super) fn within(
        &self,
        axis: usize,
        centre: f64,
        reach: f64,
    ) -> impl Iterator<Item = (usize, f64)> + use<> {
        let n = self.shape[axis];
        let (first, last) = (
            (centre - reach - 0.5).ceil(),
            (centre + reach - 0.5).floor(),
        );
        let periodic = self.ends == Ends::Periodic;
        let (low, high) = if periodic {
            (first, last)
        } else {
            (first.max(0.0), last.min(n as f64 - 1.0))
        };
        // A reach beyond half the box would meet voxels twice.
        let high = if periodic {
            high.min(low + n as f64 - 1.0)
        } else {
            high
        };
        (whole(low)..=whole(high)).map(move |plane| {
            let distance = plane as f64 + 0.5 - centre;
            (wrapped(plane, n), distance)
        })
    }
}

/// A finite number cut to a whole one.
#[expect(
    clippy::cast_possible_truncation,
    reason = "coordinates of voxels are far below 2^63"
)]
pub(super) fn whole(value: f64) -> i64 {
    value as i64
}

/// A number that is not negative, rounded.
#[expect(
    clippy::cast_possible_truncation,
    reason = "counts of voxels and particles are far below 2^63 and not negative"
)]
pub(super) fn count(value: f64) -> usize {
    value.max(0.0).round() as usize
}

/// An index beyond the ends of a periodic axis, brought back.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the remainder is between 0 and n, and n fits"
)]
pub(super) fn wrapped(index: i64, n: usize) -> usize {
    index.rem_euclid(n as i64) as usize
}

/// Half precision is enough for distances that are only compared.
#[expect(
    clippy::cast_possible_truncation,
    reason = "rounding is what this function is for"
)]
pub(super) fn single(value: f64) -> f32 {
    value as f32
}
