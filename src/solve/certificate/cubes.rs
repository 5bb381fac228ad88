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
    /// Upper half of the operator; pivots follow from it.
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
        let ends = [corner, other].map(|corner| self.aggregates[corner]);
        for (lane, weight) in weights.into_iter().enumerate() {
            let weight = if ends[0][lane] == ends[1][lane] {
                weight
            } else {
                0.0
            };
            self.operator[corner][other][lane] -= weight;
        }
    }

    /// Whether any corner of each cube has this aggregate.
    #[inline(always)]
    pub(super) fn any(&self, aggregate: u32) -> [bool; LANES] {
        among(&self.aggregates, [aggregate; LANES])
    }

    /// Solves for the potentials; returns the dissipation in each cube. The last member of each aggregate is grounded. A pivot is the
    /// sum of the weights that are left to its corner and the dissipation a sum of squares, as in [`Local`](crate::solve::settle::Local).
    #[inline(always)]
    pub(super) fn settle(&mut self) -> Lanes {
        let (mut rest, mut inverse) = (self.charges, [[0.0; LANES]; 8]);
        let mut energy = [0.0; LANES];
        for k in 0..8 {
            let (done, below) = self.operator.split_at_mut(k + 1);
            let row = &done[k];
            let goes_on = among(&self.aggregates[k + 1..], self.aggregates[k]);
            let mut pivots = [0.0; LANES];
            for ahead in &row[k + 1..] {
                let pairs = pivots.iter_mut().zip(ahead);
                pairs.for_each(|(pivot, entry)| *pivot -= entry);
            }
            let inverted = inverse[k].iter_mut().zip(pivots).zip(goes_on);
            for ((inverse, pivot), goes_on) in inverted {
                let safe = 1.0 / pivot.max(f64::MIN_POSITIVE);
                *inverse = if goes_on { safe } else { 0.0 };
            }
            let own = rest[k];
            for (lane, energy) in energy.iter_mut().enumerate() {
                *energy += own[lane] * (own[lane] * inverse[k][lane]);
            }
            for (i, other) in (k + 1..8).zip(below) {
                let factor = times(&row[i], &inverse[k]);
                for (out, entry) in other[i..].iter_mut().zip(&row[i..]) {
                    subtract(out, &factor, entry);
                }
                subtract(&mut rest[i], &factor, &own);
            }
        }
        for k in (0..8).rev() {
            let mut sum = rest[k];
            for (entry, potential) in self.operator[k].iter().zip(&self.potentials).skip(k + 1) {
                subtract(&mut sum, entry, potential);
            }
            self.potentials[k] = times(&sum, &inverse[k]);
        }
        energy
    }
}

/// Whether any of these aggregates is the one of each cube.
#[inline(always)]
fn among(aggregates: &[[u32; LANES]], own: [u32; LANES]) -> [bool; LANES] {
    let mut any = [false; LANES];
    for others in aggregates {
        for (any, (other, own)) in any.iter_mut().zip(others.iter().zip(&own)) {
            *any |= other == own;
        }
    }
    any
}

/// `a b`.
#[inline(always)]
fn times(a: &Lanes, b: &Lanes) -> Lanes {
    array::from_fn(|lane| a[lane] * b[lane])
}

/// `out -= a b`.
#[inline(always)]
fn subtract(out: &mut Lanes, a: &Lanes, b: &Lanes) {
    for (out, (a, b)) in out.iter_mut().zip(a.iter().zip(b)) {
        *out -= a * b;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cubes_are_settled_aggregate_by_aggregate() {
        // In cube 0 all corners belong together, in cube 1 the near and the far face, in cube 2 only two corners exist.
        let aggregate = |corner: usize, lane: usize| match lane {
            1 => [5, 6][corner / 4],
            2 if corner < 2 => 7,
            2 => u32::MAX,
            _ => 1,
        };
        let weight = |corner: usize, axis: usize| 1.0 + 0.25 * (corner + 3 * axis) as f64;
        let mut cubes = Cubes::default();
        for (corner, lane) in (0..8).flat_map(|corner| (0..LANES).map(move |lane| (corner, lane))) {
            cubes.aggregates[corner][lane] = aggregate(corner, lane);
            let charge = [1.0, -2.0, 3.0, -2.0, 0.5, -0.5, 1.5, -1.5][corner];
            let pair = if corner == 0 { 1.0 } else { -1.0 };
            cubes.charges[corner][lane] = match lane {
                2 if corner > 1 => 0.0,
                2 => pair,
                _ => charge,
            };
        }
        for (corner, axis) in Cubes::edges() {
            let there = |lane: usize| lane != 2 || (corner, axis) == (0, 2);
            let weights = |lane| {
                if there(lane) {
                    weight(corner, axis)
                } else {
                    0.0
                }
            };
            cubes.couple((corner, axis), array::from_fn(weights));
        }
        let energy = cubes.settle();
        let unbalanced = |cubes: &Cubes, lane: usize| {
            let mut left: [f64; 8] = array::from_fn(|corner| cubes.charges[corner][lane]);
            let mut dissipation = 0.0;
            for (corner, axis) in Cubes::edges() {
                let other = corner | 4 >> axis;
                if aggregate(corner, lane) == aggregate(other, lane) {
                    let drop = cubes.potentials[corner][lane] - cubes.potentials[other][lane];
                    let flow = if lane == 2 && (corner, axis) != (0, 2) {
                        0.0
                    } else {
                        weight(corner, axis) * drop
                    };
                    left[corner] -= flow;
                    left[other] += flow;
                    dissipation += flow * drop;
                }
            }
            let left = left
                .iter()
                .fold(0.0, |most: f64, left| most.max(left.abs()));
            left.max((dissipation - energy[lane]).abs())
        };
        for lane in 0..LANES {
            assert!(unbalanced(&cubes, lane) < 1e-12, "{lane}");
        }
        assert!(energy[2] > 0.0 && energy[0] > energy[2]);
        cubes.potentials[1][0] += 1e-3;
        assert!(unbalanced(&cubes, 0) > 1e-6, "a wrong potential would pass");
    }
}
