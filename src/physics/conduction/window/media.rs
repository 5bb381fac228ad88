//! The two kinds of media: between electrodes, and the cell of an endless repetition.

use super::{
    Outcome, Windowed,
    continued::{End, Link, Medium, continue_to_all, energy, make_even},
    widened,
};
use crate::{
    field::Backend,
    microstructure::Axis,
    physics::{
        conduction::{
            assembly::Assembly,
            cell::{Cell, CellLedger},
            faces::place,
        },
        machine,
    },
    solve::{
        Observer, Tolerance,
        refinement::Approximation,
        stencil::{DEAD, pair},
    },
};
use ndarray::ArrayView3;

/// Conductances of half a voxel are up to twice those between neighbours.
const HALF_VOXEL: f64 = 2.0;

/// A medium between electrodes and its windowed one.
struct Between<'a> {
    full: &'a Assembly,
    inside: &'a Assembly,
    /// Conductance above which links were cut.
    most: f64,
}

impl Medium for Between<'_> {
    fn links(&self, voxel: usize) -> impl Iterator<Item = Link> {
        let stencil = &self.full.stencil;
        let [layers, rows, columns] = stencil.shape;
        let (row, x) = (voxel / columns, voxel % columns);
        let here = [row / rows + 1, row % rows, x];
        let live = stencil.code(here) != DEAD;
        let round = live.then(|| stencil.around(here)).into_iter().flatten();
        round.filter_map(move |(axis, other)| {
            let codes = pair(stencil.code(here), stencil.code(other));
            let conductance = self.full.conductance(axis, here, other);
            (conductance > 0.0).then(|| Link {
                end: match other {
                    [0, ..] => End::Electrode(1.0),
                    [plane, ..] if plane > layers => End::Electrode(0.0),
                    [plane, y, x] => End::Voxel(stencil.index([plane - 1, y, x])),
                },
                conductance,
                rise: 0.0,
                kept: self.inside.stencil.tables[axis][codes] > 0.0,
                cut: conductance > HALF_VOXEL * self.most,
            })
        })
    }
}

impl Assembly {
    /// Certifies the windowed problem, continues its potential `x` and bounds the energy of this one.
    pub(in super::super) fn widen(
        &self,
        x: &mut Approximation,
        windowed: &Windowed<'_>,
        how: (Tolerance, &Backend),
        observer: &mut dyn Observer,
    ) -> Outcome {
        let inside = Self::new(&windowed.problem, self.axis);
        x.x = inside.ramp();
        let (found, adapter) = inside.certify(x, how, observer)?;
        let x = &mut x.x;
        let plane = inside.stencil.plane();
        let codes = &inside.stencil.codes[plane..plane + x.len()];
        let mut known: Vec<bool> = codes.iter().map(|&code| code != DEAD).collect();
        let medium = Between {
            full: self,
            inside: &inside,
            most: windowed.most,
        };
        continue_to_all(&medium, x, &mut known);
        make_even(&medium, x);
        let found = found.times(inside.unit / self.unit);
        Ok((widened(found, energy(&medium, x) / self.unit), adapter))
    }
}

/// A cell under a drop along an axis and its windowed one.
struct Repeated<'a> {
    ledger: CellLedger<'a>,
    /// Codes of the volume.
    codes: ArrayView3<'a, u8>,
    windowed: &'a Windowed<'a>,
    /// Conductance above which links were cut, over the unit of the cell.
    most: f64,
}

impl Medium for Repeated<'_> {
    fn links(&self, voxel: usize) -> impl Iterator<Item = Link> {
        let (depth, rows, columns) = self.codes.dim();
        let shape = [depth, rows, columns];
        let (row, x) = (voxel / columns, voxel % columns);
        let here = [row / rows, row % rows, x];
        let sides = (0..3).flat_map(|axis| [(axis, true), (axis, false)]);
        sides.filter_map(move |(axis, ahead)| {
            let mut other = here;
            let length = shape[axis];
            other[axis] = (here[axis] + if ahead { 1 } else { length - 1 }) % length;
            let (conductance, step) = self.ledger.link(if ahead { here } else { other }, axis)?;
            let conducts = |voxel: [usize; 3]| {
                let sigma = &self.windowed.problem.sigma[usize::from(self.codes[voxel])];
                sigma[axis] > 0.0
            };
            Some(Link {
                end: End::Voxel(place(shape, other)),
                conductance,
                rise: if ahead { step } else { -step },
                kept: conducts(here) && conducts(other),
                cut: conductance > self.most,
            })
        })
    }
}

impl Cell {
    /// Certifies the windowed problem under a drop along an axis, continues its fluctuation to `x` and bounds the energy of
    /// this one.
    pub(in super::super) fn widen(
        &self,
        (axis, x): (Axis, &mut Approximation),
        windowed: &Windowed<'_>,
        how: (Tolerance, &Backend),
        observer: &mut dyn Observer,
    ) -> Outcome {
        let inside = Self::new(&windowed.problem);
        let mut own = Approximation {
            x: vec![0.0; inside.network.len()],
            iterations: x.iterations,
        };
        let (found, adapter) = machine::certify(&inside.driven(axis), &mut own, how, observer)?;
        let medium = Repeated {
            ledger: CellLedger::new(self, axis),
            codes: windowed.problem.volume.codes().view(),
            windowed,
            most: windowed.most / self.network.unit,
        };
        let bit = 1u8 << axis.index();
        let mut known: Vec<bool> = inside.wraps.iter().map(|wraps| wraps & bit != 0).collect();
        let first = |cell: &Self, voxel: usize| cell.network.cells.first[voxel] as usize;
        let mut all: Vec<f64> = (0..known.len())
            .map(|voxel| {
                if known[voxel] {
                    own.x[first(&inside, voxel)]
                } else {
                    0.0
                }
            })
            .collect();
        continue_to_all(&medium, &mut all, &mut known);
        make_even(&medium, &mut all);
        for voxel in (0..all.len()).filter(|&voxel| self.wraps[voxel] != 0) {
            x.x[first(self, voxel)] = all[voxel];
        }
        let found = found.times(inside.network.unit / self.network.unit);
        Ok((widened(found, energy(&medium, &all)), adapter))
    }
}
