//! The effective conductivity of a cell as a tensor: three macroscopic drops, one along each axis.
//!
//! With the potentials `phi_i` under unit gradients `D_ij = <grad phi_i . sigma grad phi_j>`: the energies of the three, and
//! their products. All three share the cell's clusters, network and levels. Each approximation has an error e_i that is a
//! periodic fluctuation, to which the exact field is orthogonal, so the product of two approximations is `D_ij + a(e_i, e_j)`:
//! too large by the squared energy norm of the error on the diagonal, which the certificate bounds by `b_i` (the middle of
//! the interval is reported, half of it is the bound), and off it wrong by at most `sqrt(b_i b_j)` (Cauchy and Schwarz). So
//! off-diagonals converge like the square of the flux, too. The tensor is symmetric by construction.
//!
//! `mirror-periodic` makes a cell of any volume by reflecting it in all three axes. A drop along an axis is then odd in the
//! mirrors across it and even in the others: the potential is fixed on the two faces of the volume and no current passes
//! its sides. So this is three solves between electrodes on the volume itself, and off-diagonals are exactly 0.

mod principal;

pub use principal::Principal;

use super::{
    Boundary, Conduction, Effective, ProblemError, Sides, Solution,
    assembly::number,
    cell::{Cell, CellLedger},
};
use crate::{
    Result,
    field::Backend,
    microstructure::Axis,
    physics::machine,
    solve::{
        Observer, Tolerance,
        balance::Balance,
        limits::Storage,
        refinement::{Approximation, Certified},
    },
};
use ndarray::Array3;
use std::time::Instant;

/// An effective conductivity in all directions; rows and columns in the order (z, y, x).
#[derive(Debug, Clone)]
pub struct Tensor {
    /// In the units of the given conductivities (S/m); symmetric.
    pub conductivity: [[f64; 3]; 3],
    /// Certified absolute error of each entry, same units: that of the discrete equations lies within it. The discretisation
    /// error is not part of it.
    pub error_bound: [[f64; 3]; 3],
    /// What there is to say about a drop along each axis, the diagonal of the tensor being its conductivity.
    pub axes: [Effective; 3],
    /// Seconds from labels in memory to the tensor.
    pub seconds: f64,
}

impl Tensor {
    /// What the six entries are called, and where they stand.
    pub const ENTRIES: [(&'static str, [usize; 2]); 6] = [
        ("xx", [2, 2]),
        ("yy", [1, 1]),
        ("zz", [0, 0]),
        ("xy", [1, 2]),
        ("xz", [0, 2]),
        ("yz", [0, 1]),
    ];

    /// Principal conductivities, the largest first, and their directions.
    pub fn principal(&self) -> [Principal; 3] {
        principal::of(self.conductivity)
    }
}

/// A solved cell: the tensor, and the potentials from which fields are made.
#[derive(Debug)]
pub struct TensorSolution {
    /// The reported numbers.
    pub tensor: Tensor,
    fields: Fields,
}

/// Where fields come from.
#[derive(Debug)]
enum Fields {
    Cell(Box<Cell>, [Vec<f64>; 3]),
    Mirrored(Box<[Solution; 3]>),
}

impl Conduction<'_> {
    /// Effective conductivity of a periodic cell in all directions, with the bound of each entry.
    ///
    /// # Errors
    /// As [`Conduction::solve`], and [`ProblemError::TensorWithElectrodes`] or [`ProblemError::ElectrodeWhenPeriodic`].
    pub fn tensor(
        &self,
        tolerance: Tolerance,
        backend: &Backend,
        observer: &mut dyn Observer,
    ) -> Result<TensorSolution> {
        self.check_tensor(tolerance)?;
        if self.boundary == Boundary::MirrorPeriodic {
            return self.mirrored(tolerance, backend, observer);
        }
        let start = Instant::now();
        let cell = Cell::new(self);
        let mut solved = Vec::with_capacity(3);
        for axis in Axis::ALL {
            solved.push(self.drive((&cell, axis), (tolerance, backend), observer)?);
        }
        let solved: [Fluctuation; 3] = solved
            .try_into()
            .unwrap_or_else(|_| unreachable!("there are three axes"));
        let tensor = self.evaluate(&cell, &solved, start);
        for numbers in &tensor.axes {
            numbers.check(self)?;
        }
        let potentials = solved.map(|solved| solved.x);
        Ok(TensorSolution {
            tensor,
            fields: Fields::Cell(Box::new(cell), potentials),
        })
    }

    /// Whether [`Self::tensor`] can begin.
    ///
    /// # Errors
    /// [`ProblemError`] where the question does not fit the volume.
    pub fn check_tensor(&self, tolerance: Tolerance) -> std::result::Result<(), ProblemError> {
        self.check_common(tolerance)?;
        if !self.boundary.is_cell() {
            return Err(ProblemError::TensorWithElectrodes);
        }
        if self.has_electrode_resistance() {
            return Err(ProblemError::ElectrodeWhenPeriodic);
        }
        self.check_size(if self.boundary == Boundary::Periodic {
            Storage::Network { per_voxel: 1 }
        } else {
            Storage::Stencil
        })
    }

    /// Three solves between electrodes; an axis of one voxel conducts along it as its laminate does.
    fn mirrored(
        &self,
        tolerance: Tolerance,
        backend: &Backend,
        observer: &mut dyn Observer,
    ) -> Result<TensorSolution> {
        let start = Instant::now();
        let octant = self.clone().boundary(Boundary::Face).sides(Sides::Mirror);
        let mut solutions = Vec::with_capacity(3);
        for axis in Axis::ALL {
            let mut solution =
                super::solution::solve(&octant, (axis, tolerance, backend), observer)?;
            solution.effective.boundary = Boundary::MirrorPeriodic;
            solutions.push(solution);
        }
        let solutions: [Solution; 3] = solutions
            .try_into()
            .unwrap_or_else(|_| unreachable!("there are three axes"));
        let axes = solutions
            .each_ref()
            .map(|solution| solution.effective.clone());
        let diagonal = |value: fn(&Effective) -> f64| {
            let mut tensor = [[0.0; 3]; 3];
            (0..3).for_each(|k| tensor[k][k] = value(&axes[k]));
            tensor
        };
        Ok(TensorSolution {
            tensor: Tensor {
                conductivity: diagonal(|effective| effective.effective_conductivity),
                error_bound: diagonal(|effective| effective.error_bound),
                axes,
                seconds: start.elapsed().as_secs_f64(),
            },
            fields: Fields::Mirrored(Box::new(solutions)),
        })
    }

    fn evaluate(&self, cell: &Cell, solved: &[Fluctuation; 3], start: Instant) -> Tensor {
        let lengths = cell.lengths();
        let volume: f64 = lengths.iter().product();
        let factor = |i: usize, j: usize| cell.network.unit * lengths[i] * lengths[j] / volume;
        let (mut conductivity, mut error_bound) = ([[0.0; 3]; 3], [[0.0; 3]; 3]);
        let ledgers = Axis::ALL.map(|axis| CellLedger::new(cell, axis));
        for i in 0..3 {
            let own = solved[i].certified;
            conductivity[i][i] = own.energy() * factor(i, i);
            error_bound[i][i] = own.error() * factor(i, i);
            for j in 0..i {
                let (value, bound) = off_diagonal([i, j], &ledgers, solved);
                for (i, j) in [(i, j), (j, i)] {
                    conductivity[i][j] = value * factor(i, j);
                    error_bound[i][j] = bound * factor(i, j);
                }
            }
        }
        let numbers = |axis: Axis| self.along((cell, axis), &solved[axis.index()], factor, start);
        Tensor {
            conductivity,
            error_bound,
            axes: Axis::ALL.map(numbers),
            seconds: start.elapsed().as_secs_f64(),
        }
    }

    /// The numbers of one axis.
    fn along(
        &self,
        (cell, axis): (&Cell, Axis),
        solved: &Fluctuation,
        factor: impl Fn(usize, usize) -> f64,
        start: Instant,
    ) -> Effective {
        let k = axis.index();
        let factor = factor(k, k);
        Effective::of(
            self,
            (axis, number(cell.conducting), number(cell.carrying(axis))),
            super::effective::Outcome {
                certified: solved.certified,
                adapter: solved.adapter.clone(),
                start,
            },
            factor,
        )
    }
}

/// A fluctuation and how well it is known.
struct Fluctuation {
    x: Vec<f64>,
    certified: Certified,
    adapter: Option<String>,
}

impl Conduction<'_> {
    /// Solves under a drop along an axis; where no cluster carries along it the answer is exactly 0.
    fn drive(
        &self,
        (cell, axis): (&Cell, Axis),
        (tolerance, backend): (Tolerance, &Backend),
        observer: &mut dyn Observer,
    ) -> Result<Fluctuation> {
        let mut x = Approximation::from(vec![0.0; cell.network.len()]);
        let nothing = Certified {
            balance: Balance::default(),
            bound: 0.0,
            iterations: 0,
        };
        let (certified, adapter) = match cell.carrying(axis) {
            0 => (nothing, None),
            _ => self.certify_any_contrast(
                (axis, tolerance),
                (&mut x, observer),
                |x, observer| {
                    machine::certify(&cell.driven(axis), x, (tolerance, backend), observer)
                },
                |x, windowed, half, observer| {
                    cell.widen((axis, x), windowed, (half, backend), observer)
                },
            )?,
        };
        Ok(Fluctuation {
            x: x.x,
            certified,
            adapter,
        })
    }
}

/// Product of two fluctuations and its bound, the rounding of a sum of products included.
fn off_diagonal(
    [i, j]: [usize; 2],
    ledgers: &[CellLedger<'_>; 3],
    solved: &[Fluctuation; 3],
) -> (f64, f64) {
    let [a, b] = [i, j].map(|k| solved[k].certified);
    if a.balance.energy == 0.0 || b.balance.energy == 0.0 {
        return (0.0, 0.0);
    }
    let (product, rounding) = ledgers[i].product(&solved[i].x, (&ledgers[j], &solved[j].x));
    (product, (a.bound * b.bound).sqrt() + rounding)
}

impl TensorSolution {
    /// Potential `[z][y][x]` for a drop of 1 along an axis, 1 at the first face and 0 at the last but for the fluctuation,
    /// whose mean over the volume is 0; NaN where no current can flow.
    pub fn potential(&self, axis: Axis) -> Array3<f64> {
        let (cell, x) = match &self.fields {
            Fields::Mirrored(solutions) => return solutions[axis.index()].potential(),
            Fields::Cell(cell, potentials) => (cell, &potentials[axis.index()]),
        };
        let length = number(cell.shape[axis.index()]);
        let mean = x.iter().sum::<f64>() / number(x.len()).max(1.0);
        let mut unknowns = x.iter();
        Array3::from_shape_fn(cell.shape, |(z, y, x)| {
            let voxel = [z, y, x];
            let wraps = cell.wraps[super::faces::place(cell.shape, voxel)];
            let own = if wraps == 0 { None } else { unknowns.next() };
            let ramp = 1.0 - (number(voxel[axis.index()]) + 0.5) / length;
            match own {
                Some(own) if wraps >> axis.index() & 1 == 1 => ramp + own - mean,
                _ => f64::NAN,
            }
        })
    }

    /// Magnitude of the current density `[z][y][x]` at voxel centres for a drop of 1 V along an axis, as
    /// [`Solution::current_density`] has it.
    pub fn current_density(&self, axis: Axis) -> Array3<f64> {
        let (cell, x) = match &self.fields {
            Fields::Mirrored(solutions) => return solutions[axis.index()].current_density(),
            Fields::Cell(cell, potentials) => (cell, &potentials[axis.index()]),
        };
        let ledger = CellLedger::new(cell, axis);
        let volume: f64 = cell.spacing.iter().product();
        Array3::from_shape_fn(cell.shape, |(z, y, column)| {
            let voxel = [z, y, column];
            if cell.wraps[super::faces::place(cell.shape, voxel)] == 0 {
                return 0.0;
            }
            let density = |k: usize| {
                let [behind, before] = ledger.currents(x, voxel, k);
                0.5 * (behind + before) * cell.network.unit * cell.spacing[k] / volume
            };
            (0..3).map(|k| density(k).powi(2)).sum::<f64>().sqrt()
        })
    }
}
