//! The preconditioner: one multigrid cycle on layered aggregates.
//!
//! `B b`: `v = omega D^-1 b`; restrict `b - A v`; correct on the level below; `v += alpha P e`;
//! `v += omega D^-1 (b - A v)`; on the finest level two sweeps on either side instead of one. On the first few coarse levels the correction is a W step, `y = B b`, `y += B (b - A y)`,
//! below them a V step. Piecewise constants overestimate the energy of smooth errors, so corrections from a W level are
//! stretched by alpha = 1.9: a W step maps the spectrum (0, alpha] of `B A` into (0, 1], so the cycle stays positive
//! definite as long as nothing above 1 is stretched, and corrections from V levels are not.
//!
//! Written once: a machine supplies the operators, this file the order in which they act. The work is fixed and linear,
//! without inner products, so plain conjugate gradients take it.

use crate::{
    field::{Machine, Shape},
    gpu::GpuError,
};

/// Damping of the Jacobi sweeps.
pub const OMEGA: f64 = 0.8;
/// Sweeps before and after a correction on the finest level, where they are cheapest.
pub const SWEEPS: usize = 2;
/// Stretch of corrections that come from a W level.
pub(super) const ALPHA: f64 = 1.9;

/// What multigrid and conjugate gradients ask of a level.
pub trait Operator {
    /// The machine's field.
    type Field;
    /// Size of its fields.
    fn shape(&self) -> Shape;
    /// `y = A x`.
    fn apply(&self, x: &mut Self::Field, y: &mut Self::Field);
    /// `r = b - A x`.
    fn residual(&self, b: &Self::Field, x: &mut Self::Field, r: &mut Self::Field);
    /// `coarse = P^T (b - A v)` after the level's sweeps from zero, the first of which is `v = omega D^-1 b`. What it leaves in
    /// `x` is for [`Operator::prolong`].
    fn restrict(&self, b: &mut Self::Field, x: &mut Self::Field, coarse: &mut Self::Field);
    /// As many sweeps `x += omega D^-1 (b - A x)` from `x = v + alpha P e`, with b, x and v of [`Operator::restrict`]; the
    /// correction is `(alpha, e)`.
    fn prolong(&self, b: &Self::Field, correction: (f64, &Self::Field), x: &mut Self::Field);
}

/// Solves the coarsest level.
pub trait Direct {
    /// The machine's field.
    type Field;
    /// Size of its fields.
    fn shape(&self) -> Shape;
    /// `x = A^-1 b`.
    fn solve(&self, b: &Self::Field, x: &mut Self::Field);
}

/// The operators of all levels on one machine, finest first.
pub struct Levels<'a, M: Machine> {
    /// The system to be solved.
    pub finest: Box<dyn Operator<Field = M::Field> + 'a>,
    /// Levels between.
    pub coarse: Vec<Box<dyn Operator<Field = M::Field> + 'a>>,
    /// The coarsest level.
    pub coarsest: Box<dyn Direct<Field = M::Field> + 'a>,
    /// How many of the coarse levels take a W step.
    pub w_levels: usize,
}

/// A coarse level with its vectors; they live as long as the solve.
struct Level<'a, M: Machine> {
    operator: Box<dyn Operator<Field = M::Field> + 'a>,
    b: M::Field,
    x: M::Field,
    /// Residual and second correction of a W step.
    again: Option<[M::Field; 2]>,
}

/// One cycle, ready to run.
pub struct Multigrid<'a, M: Machine> {
    machine: &'a M,
    /// The system to be solved.
    pub finest: Box<dyn Operator<Field = M::Field> + 'a>,
    below: Below<'a, M>,
}

struct Below<'a, M: Machine> {
    levels: Vec<Level<'a, M>>,
    coarsest: Box<dyn Direct<Field = M::Field> + 'a>,
    b: M::Field,
    x: M::Field,
}

impl<'a, M: Machine> Multigrid<'a, M> {
    /// Allocates the vectors of every level.
    pub fn new(machine: &'a M, levels: Levels<'a, M>) -> Result<Self, GpuError> {
        let shape = levels.coarsest.shape();
        let mut below = Vec::with_capacity(levels.coarse.len());
        for (index, operator) in levels.coarse.into_iter().enumerate() {
            let field = || machine.zeros(operator.shape());
            let again = if index < levels.w_levels {
                Some([field()?, field()?])
            } else {
                None
            };
            let (b, x) = (field()?, field()?);
            below.push(Level {
                operator,
                b,
                x,
                again,
            });
        }
        let (b, x) = (machine.zeros(shape)?, machine.zeros(shape)?);
        let below = Below {
            levels: below,
            coarsest: levels.coarsest,
            b,
            x,
        };
        Ok(Self {
            machine,
            finest: levels.finest,
            below,
        })
    }

    /// `z = B r`.
    pub fn precondition(&mut self, r: &mut M::Field, z: &mut M::Field) {
        let Below {
            levels,
            coarsest,
            b,
            x,
        } = &mut self.below;
        cycle(
            &*self.finest,
            r,
            z,
            &mut Rest {
                machine: self.machine,
                levels,
                coarsest: &**coarsest,
                b,
                x,
            },
        );
    }
}

/// The levels below the one at work.
struct Rest<'r, 'a, M: Machine> {
    machine: &'r M,
    levels: &'r mut [Level<'a, M>],
    coarsest: &'r (dyn Direct<Field = M::Field> + 'a),
    b: &'r mut M::Field,
    x: &'r mut M::Field,
}

/// One cycle from a level down, `x = B b`.
fn cycle<'a, M: Machine>(
    operator: &(dyn Operator<Field = M::Field> + 'a),
    b: &mut M::Field,
    x: &mut M::Field,
    rest: &mut Rest<'_, 'a, M>,
) {
    let Some((level, levels)) = rest.levels.split_first_mut() else {
        operator.restrict(b, x, rest.b);
        rest.coarsest.solve(rest.b, rest.x);
        return operator.prolong(b, (1.0, rest.x), x);
    };
    let mut rest = Rest {
        machine: rest.machine,
        levels,
        coarsest: rest.coarsest,
        b: rest.b,
        x: rest.x,
    };
    let Level {
        operator: coarse,
        b: rhs,
        x: correction,
        again,
    } = level;
    operator.restrict(b, x, rhs);
    cycle(&**coarse, rhs, correction, &mut rest);
    let alpha = if let Some([residual, second]) = again {
        coarse.residual(rhs, correction, residual);
        cycle(&**coarse, residual, second, &mut rest);
        rest.machine.add(second, correction);
        ALPHA
    } else {
        1.0
    };
    operator.prolong(b, (alpha, correction), x);
}
