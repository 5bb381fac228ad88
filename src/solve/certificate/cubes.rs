//! Cubes of eight unknowns, many side by side: the members of each aggregate settled among themselves.

use std::array;

/// Cubes that are settled at once.
pub(super) const LANES: usize = 8;

/// A number of each cube.
type Lanes = [f64; LANES];

/// Cubes of 2x2x2 unknowns, corner `4 z + 2 y + x`.
pub(super) struct Cubes {
    /// Aggregate of each corner; any number where there is no unknown.
    pub(super) aggregates: [[u32; LANES]; 8],
    /// What is to be settled at each corner.
    pub(super) charges: [Lanes; 8],
    /// Upper half of the operator.
    operator: [[Lanes; 8]; 8],
    /// Potentials after [`Cubes::settle`], the last of each aggregate at zero.
    pub(super) potentials: [Lanes; 8],
}

impl Default for Cubes {
    fn default() -> Self {
        Self {
            aggregates: [[u32::MAX; LANES]; 8],
            charges: [[0.0; LANES]; 8],
            operator: [[[0.0; LANES]; 8]; 8],
            potentials: [[0.0; LANES]; 8],
        }
    }
}

impl Cubes {
    /// Corners from which an edge leads ahead, and its axis.
    #[inline(always)]
    pub(super) fn edges() -> impl Iterator<Item = (usize, usize)> {
        let axes = |corner: usize| (0..3).filter(move |axis| corner & (4 >> axis) == 0);
        (0..8).flat_map(move |corner| axes(corner).map(move |axis| (corner, axis)))
    }

    /// Couples the ends of an edge, if they are of one aggregate.
    #[inline(always)]
    pub(super) fn couple(&mut self, (corner, axis): (usize, usize), weights: Lanes) {
        let other = corner | 4 >> axis;
        for lane in 0..LANES {
            let one = self.aggregates[corner][lane] == self.aggregates[other][lane];
            let weight = if one { weights[lane] } else { 0.0 };
            self.operator[corner][corner][lane] += weight;
            self.operator[other][other][lane] += weight;
            self.operator[corner][other][lane] -= weight;
        }
    }

    /// Whether any corner of each cube has this aggregate.
    #[inline(always)]
    pub(super) fn any(&self, aggregate: u32) -> [bool; LANES] {
        let mut any = [false; LANES];
        for corner in &self.aggregates {
            for lane in 0..LANES {
                any[lane] |= corner[lane] == aggregate;
            }
        }
        any
    }

    /// Solves for the potentials; returns the dissipation in each cube. The last member of each aggregate is grounded, so that
    /// every other pivot is positive.
    #[inline(always)]
    pub(super) fn settle(&mut self) -> Lanes {
        let Self {
            aggregates,
            charges,
            operator,
            potentials,
        } = self;
        let (mut rest, mut inverse) = (*charges, [[0.0; LANES]; 8]);
        for k in 0..8 {
            let pivot = operator[k][k];
            let mut later = [false; LANES];
            for other in &aggregates[k + 1..] {
                for lane in 0..LANES {
                    later[lane] |= other[lane] == aggregates[k][lane];
                }
            }
            for lane in 0..LANES {
                let counts = later[lane] & (pivot[lane] > 0.0);
                let safe = if counts { pivot[lane] } else { 1.0 };
                inverse[k][lane] = if counts { 1.0 / safe } else { 0.0 };
            }
            for i in k + 1..8 {
                let factor: Lanes = array::from_fn(|lane| operator[k][i][lane] * inverse[k][lane]);
                for j in i..8 {
                    for lane in 0..LANES {
                        operator[i][j][lane] -= factor[lane] * operator[k][j][lane];
                    }
                }
                for lane in 0..LANES {
                    rest[i][lane] -= factor[lane] * rest[k][lane];
                }
            }
        }
        let mut energy = [0.0; LANES];
        for k in (0..8).rev() {
            let mut sum = rest[k];
            for j in k + 1..8 {
                for lane in 0..LANES {
                    sum[lane] -= operator[k][j][lane] * potentials[j][lane];
                }
            }
            for lane in 0..LANES {
                potentials[k][lane] = sum[lane] * inverse[k][lane];
                energy[lane] += potentials[k][lane] * charges[k][lane];
            }
        }
        energy
    }
}
