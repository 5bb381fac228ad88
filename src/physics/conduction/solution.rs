//! A solved problem: the numbers, and the fields behind them.

use super::{
    Boundary, Conduction, Effective,
    assembled::ENDS,
    assembly::{Assembly, restore},
    effective::Outcome,
    memory::{self, leads_to_host},
};
use crate::{
    Result,
    field::Backend,
    microstructure::Axis,
    physics::machine::{self, WEAKEST, still_wanted},
    solve::{
        Observer, SolveError, Tolerance,
        balance::Balance,
        corrected::{self, Sum},
        hierarchy::Hierarchy,
        pairwise,
        refinement::{Approximation, Certified},
        stencil::DEAD,
    },
};
use ndarray::Array3;
use rayon::prelude::*;
use std::time::Instant;

/// A solved problem: the numbers, and the potential from which fields are made.
#[derive(Debug, Clone)]
pub struct Solution {
    /// The reported numbers.
    pub effective: Effective,
    assembly: Assembly,
    boundary: Boundary,
    x: Potential,
}

/// Classes of local current density, each half as wide as the current density of the whole sample.
pub const CURRENT_CLASSES: usize = 21;

/// The class of a local current density over that of the whole sample.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to the classes"
)]
pub fn current_class(ratio: f64) -> usize {
    ((2.0 * ratio).max(0.0) as usize).min(CURRENT_CLASSES - 1)
}

/// Potential of the stencil's unknowns.
#[derive(Debug, Clone)]
pub(super) enum Potential {
    /// Of a full solve.
    Double(Sum),
    /// Of a lean one.
    Single(Vec<f32>),
}

impl From<Vec<f64>> for Potential {
    fn from(x: Vec<f64>) -> Self {
        Self::Double(Sum::Voxels(x))
    }
}

impl Potential {
    fn at(&self, unknown: usize) -> f64 {
        match self {
            Self::Double(x) => x.at(unknown),
            Self::Single(x) => f64::from(x[unknown]),
        }
    }
}

pub(super) fn solve(
    problem: &Conduction<'_>,
    (axis, tolerance, backend): (Axis, Tolerance, &Backend),
    observer: &mut dyn Observer,
) -> Result<Solution> {
    let start = Instant::now();
    let assembly = Assembly::new(problem, axis);
    let (certified, adapter, x) = if assembly.percolating == 0 || assembly.stencil.is_empty() {
        (exact(&assembly), None, assembly.ramp().into())
    } else if assembly.stencil.plane() == 1 {
        let certified = known(in_series(&assembly));
        (certified, None, potential_in_series(&assembly).into())
    } else if problem.is_lean(backend) {
        memory::solve(&assembly, (tolerance, backend), observer)?
    } else {
        full(problem, &assembly, (axis, tolerance, backend), observer)?
    };
    let outcome = (certified, adapter, start);
    Ok(Solution::new(problem, assembly, x, outcome)?)
}

/// By the full solve: on the host as a guess and its correction, unless f32 does not carry that, and elsewhere in f64.
fn full(
    problem: &Conduction<'_>,
    assembly: &Assembly,
    (axis, tolerance, backend): (Axis, Tolerance, &Backend),
    observer: &mut dyn Observer,
) -> Result<(Certified, Option<String>, Potential)> {
    let stencil = &assembly.stencil;
    let tried = leads_to_host(backend) && assembly.faces.is_none() && stencil.weakest() >= WEAKEST;
    let mut x = Approximation::default();
    if tried {
        still_wanted(observer)?;
        let hierarchy = Hierarchy::new(stencil);
        still_wanted(observer)?;
        let guess = (0..stencil.shape[0]).map(|z| assembly.ramp_at(z)).collect();
        let medium = (stencil, &hierarchy);
        match corrected::solve(medium, (ENDS, guess), tolerance, observer) {
            Ok((certified, sum)) => return Ok((certified, None, Potential::Double(sum))),
            Err((SolveError::Stagnated { .. }, reached)) => x = reached,
            Err((error, _)) => return Err(error.into()),
        }
    } else {
        x.x = assembly.ramp();
    }
    let (certified, adapter) = problem.certify_any_contrast(
        (axis, tolerance),
        (&mut x, observer),
        |x, observer| {
            if tried {
                let unknown = (x, tolerance, backend);
                machine::on_best(None, (assembly, None), unknown, observer)
            } else {
                assembly.certify(x, (tolerance, backend), observer)
            }
        },
        |x, windowed, half, observer| assembly.widen(x, windowed, (half, backend), observer),
    )?;
    Ok((certified, adapter, x.x.into()))
}

/// Without unknowns: nothing flows, or two electrode layers face each other.
fn exact(assembly: &Assembly) -> Certified {
    let [layers, rows, columns] = assembly.stencil.shape;
    let facing = (0..rows * columns).filter(|_| layers == 0);
    let energy = facing
        .map(|i| [i / columns, i % columns])
        .map(|[y, x]| assembly.conductance(0, [0, y, x], [1, y, x]) / assembly.unit)
        .fold(0.0, |energy, conductance| energy + conductance); // an empty sum is -0
    known(energy)
}

/// An energy that is known but for rounding.
fn known(energy: f64) -> Certified {
    let balance = Balance {
        energy,
        inflow: energy,
        outflow: energy,
    };
    Certified {
        balance,
        bound: 0.0,
        iterations: 0,
    }
}

/// Resistances of a column of single voxels, from one electrode to the other, over the unit.
fn resistances(assembly: &Assembly) -> impl Iterator<Item = f64> + '_ {
    (0..=assembly.stencil.shape[0]).map(|plane| {
        let [here, behind] = [plane, plane + 1].map(|plane| [plane, 0, 0]);
        assembly.unit / assembly.conductance(0, here, behind)
    })
}

/// Energy of such a column: a sum, where multigrid would need many iterations for millions of layers that alternate between
/// conductivities far apart.
fn in_series(assembly: &Assembly) -> f64 {
    1.0 / pairwise(&resistances(assembly).collect::<Vec<_>>())
}

fn potential_in_series(assembly: &Assembly) -> Vec<f64> {
    let current = in_series(assembly);
    let potentials = resistances(assembly).scan(0.0, |passed, resistance| {
        *passed += resistance;
        Some((1.0 - *passed * current).max(0.0))
    });
    potentials.take(assembly.stencil.shape[0]).collect()
}

impl Solution {
    /// From how a solve ended, on which adapter, and when it began.
    pub(super) fn new(
        problem: &Conduction<'_>,
        assembly: Assembly,
        x: impl Into<Potential>,
        (certified, adapter, start): (Certified, Option<String>, Instant),
    ) -> std::result::Result<Self, SolveError> {
        let outcome = Outcome {
            certified,
            adapter,
            start,
        };
        let effective = Effective::new(problem, &assembly, outcome);
        effective.check(problem)?;
        Ok(Self {
            effective,
            assembly,
            boundary: problem.boundary,
            x: x.into(),
        })
    }

    /// Potential `[z][y][x]` for 1 at the inlet and 0 at the outlet; NaN where no current can flow.
    pub fn potential(&self) -> Array3<f64> {
        let plane = self.assembly.stencil.plane();
        let electrode = |value: f64| -> Vec<f64> {
            let layers = usize::from(self.boundary == Boundary::Centre);
            std::iter::repeat_n(value, layers * plane).collect()
        };
        let unknowns = 0..self.assembly.stencil.len();
        let inside = unknowns.into_par_iter().map(|unknown| self.x.at(unknown));
        let mut values = [electrode(1.0), inside.collect(), electrode(0.0)].concat();
        let codes = &self.assembly.stencil.codes;
        let codes = if self.boundary == Boundary::Centre {
            &codes[..]
        } else {
            &codes[plane..]
        };
        for (value, &code) in values.iter_mut().zip(codes) {
            if code == DEAD {
                *value = f64::NAN;
            }
        }
        self.shaped(values)
    }

    /// Magnitude of the current density `[z][y][x]` at voxel centres for a potential difference of 1 V, the mean of opposite
    /// faces along each axis (A/m2 for S/m; with a voxel length of 1 where no voxel size is known); 0 where no current flows.
    pub fn current_density(&self) -> Array3<f64> {
        let (stencil, layers) = (&self.assembly.stencil, self.assembly.shape[0]);
        let (plane, width) = (stencil.plane(), stencil.shape[2]);
        // Planes count ghosts, so the first layer of the volume is plane 0 with `centre` and 1 with `face`.
        let first = usize::from(self.boundary == Boundary::Face);
        let mut values = vec![0.0; layers * plane];
        values
            .par_chunks_mut(width)
            .enumerate()
            .for_each(|(row, out)| {
                let (z, y) = (row / stencil.shape[1], row % stencil.shape[1]);
                out.iter_mut()
                    .enumerate()
                    .for_each(|(x, out)| *out = self.magnitude([z + first, y, x]));
            });
        self.shaped(values)
    }

    /// How many voxels carry how much: local current density over that of the whole sample, in classes of half a unit from 0
    /// on, the last one open; voxels without current do not count. None where no current flows.
    pub fn current_classes(&self) -> Option<[u64; CURRENT_CLASSES]> {
        let [layers, rows, columns] = self.assembly.shape;
        let whole = self.effective.effective_conductivity / self.assembly.length();
        let first = usize::from(self.boundary == Boundary::Face);
        let of_layer = |z: usize| {
            let mut classes = [0; CURRENT_CLASSES];
            for (y, x) in (0..rows * columns).map(|i| (i / columns, i % columns)) {
                let local = self.magnitude([z + first, y, x]);
                if local > 0.0 {
                    classes[current_class(local / whole)] += 1;
                }
            }
            classes
        };
        let sum = |a: [u64; CURRENT_CLASSES], b: [u64; CURRENT_CLASSES]| {
            std::array::from_fn(|class| a[class] + b[class])
        };
        (whole > 0.0).then(|| {
            (0..layers)
                .into_par_iter()
                .map(of_layer)
                .reduce(|| [0; CURRENT_CLASSES], sum)
        })
    }

    fn magnitude(&self, voxel: [usize; 3]) -> f64 {
        let stencil = &self.assembly.stencil;
        if stencil.code(voxel) == DEAD {
            return 0.0;
        }
        let [dz, dy, dx] = self.assembly.spacing;
        let areas = [dy * dx, dz * dx, dz * dy];
        let mut density = [0.0; 3];
        for (axis, other) in stencil.around_any(voxel) {
            let conductance = self.assembly.conductance(axis, voxel, other);
            let drop = self.value(voxel) - self.value(other);
            let ahead = other[axis] == voxel[axis] + 1 || other[axis] + 1 < voxel[axis];
            density[axis] += if ahead { 0.5 } else { -0.5 } * conductance * drop / areas[axis];
        }
        density.iter().map(|j| j * j).sum::<f64>().sqrt()
    }

    /// Potential of a voxel, planes counting ghosts.
    fn value(&self, [plane, y, x]: [usize; 3]) -> f64 {
        let stencil = &self.assembly.stencil;
        match plane {
            0 => 1.0,
            plane if plane > stencil.shape[0] => 0.0,
            plane => self.x.at(stencil.index([plane - 1, y, x])),
        }
    }

    fn shaped(&self, values: Vec<f64>) -> Array3<f64> {
        let values =
            Array3::from_shape_vec(self.assembly.shape, values).expect("one value per voxel");
        restore(values, self.assembly.axis)
    }
}
