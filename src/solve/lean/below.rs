//! The coarse levels of a lean solve: those of the full one.

use crate::{
    field::{Host, HostField, Machine, host::dot},
    gpu::GpuError,
    solve::{
        hierarchy::Hierarchy,
        host::{HostDirect, below},
        multigrid::{ALPHA, Levels, Multigrid},
    },
};

/// Everything below the voxels, with the two vectors that pass between.
pub(super) struct Below<'a> {
    solver: Solver<'a>,
    /// Sums of what the first sweep leaves.
    pub(super) b: HostField<f32>,
    /// The correction.
    pub(super) e: HostField<f32>,
    /// How far it is stretched.
    pub(super) stretch: f32,
}

/// How the first graph is solved.
enum Solver<'a> {
    /// It is the coarsest.
    Direct(HostDirect<'a, f32>),
    /// By a W step, with its residual and second correction.
    Cycle(Box<Multigrid<'a, Host<f32>>>, [HostField<f32>; 2]),
}

impl<'a> Below<'a> {
    /// Allocates the vectors of every level.
    pub(super) fn new(
        machine: &'a Host<f32>,
        hierarchy: &'a Hierarchy<f32>,
    ) -> Result<Self, GpuError> {
        let (mut coarse, coarsest) = below(hierarchy);
        if coarse.is_empty() {
            let field = || HostField::zeros(coarsest.shape());
            let (b, e) = (field(), field());
            return Ok(Self {
                solver: Solver::Direct(coarsest),
                b,
                e,
                stretch: 1.0,
            });
        }
        let finest = coarse.remove(0);
        let field = || HostField::zeros(finest.shape());
        let (b, e, again) = (field(), field(), [field(), field()]);
        let levels = Levels {
            finest,
            coarse,
            coarsest,
            w_levels: hierarchy.w_levels() - 1,
        };
        let multigrid = Box::new(Multigrid::new(machine, levels)?);
        Ok(Self {
            solver: Solver::Cycle(multigrid, again),
            b,
            e,
            stretch: crate::field::Real::of(ALPHA),
        })
    }

    /// Finds the correction; returns `stretch (b, e)`.
    pub(super) fn correct(&mut self) -> f64 {
        let Self { b, e, .. } = self;
        match &mut self.solver {
            Solver::Direct(coarsest) => coarsest.solve(b, e),
            Solver::Cycle(multigrid, [residual, second]) => {
                multigrid.precondition(b, e);
                multigrid.finest.residual(b, e, residual);
                multigrid.precondition(residual, second);
                Host::default().add(second, e);
            }
        }
        f64::from(self.stretch) * dot(&self.b.data, &self.e.data)
    }
}
