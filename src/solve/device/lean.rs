//! Conjugate gradients in little memory on a device: the potential, a direction and one work vector in f32.
//!
//! The iteration of [`cg`](crate::solve::cg) under the same cycle, with one sweep on either side of the correction instead of
//! two. The residual is that of the potential itself and is formed again wherever it is needed (`shaders/solve/lean.wgsl`), and
//! as the cycle is symmetric its number comes from what goes down, see [`lean`](crate::solve::lean):
//! `(r, B r) = (r, v) + (v, r - A v) + alpha (P^T (r - A v), e)`.
//!
//! What rounding leaves is that of the potential in f32, some 1e-8 of the energy.

use super::{
    below, lean_bytes,
    stencil::{self, Correct},
    voxels::{self, DeviceVoxels, Each, part},
    whole,
};
use crate::{
    field::{
        Machine, Quotient, Shape,
        device::{Device, DeviceField, DeviceNumber, Element},
    },
    gpu::{GpuError, Kernel},
    solve::{
        SolveError, Tolerance,
        cg::{Iteration, Progress as Step},
        hierarchy::Hierarchy,
        multigrid::{ALPHA, Direct, Levels, Multigrid, OMEGA},
        refinement::{Approximation, Certified, Equations, improve},
        stencil::Stencil,
    },
};
use std::rc::Rc;

/// The text of these kernels, behind that of the stencil.
const SOURCE: &str = include_str!("../../../shaders/solve/lean.wgsl");

/// A solve in little memory, ready to run.
pub struct DeviceLean<'a, R: Element> {
    device: &'a Device<R>,
    kernels: Kernels,
    voxels: Rc<DeviceVoxels<R>>,
    below: Below<'a, R>,
    potential: DeviceField<R>,
    direction: DeviceField<R>,
    /// `v = omega D^-1 r`, then `v + alpha P e`.
    swept: DeviceField<R>,
    /// `(r, B r)` and its quotient with the one before, once there is a residual.
    numbers: Option<[DeviceNumber; 2]>,
}

#[derive(Debug)]
pub(super) struct Kernels {
    sweep: Kernel,
    restrict: Kernel,
    redirect: Kernel,
    curvature: Kernel,
    correct: Correct,
}

impl Kernels {
    pub(super) fn new<R: Element>(device: &Device<R>) -> Result<Self, GpuError> {
        let text = [voxels::SOURCE, stencil::SOURCE, SOURCE].concat();
        let kernel = |entry| -> Result<Kernel, GpuError> {
            let kernel = device.gpu().kernel(&text, entry, R::PRECISION)?;
            Ok(kernel.of("lean"))
        };
        Ok(Self {
            sweep: kernel("sweep_potential")?,
            restrict: kernel("restrict_and_sum")?,
            redirect: kernel("redirect")?,
            curvature: kernel("curvature")?,
            correct: Correct::new(device)?,
        })
    }
}

/// The levels below the voxels, with the two vectors that pass between.
struct Below<'a, R: Element> {
    solver: Solver<'a, R>,
    b: DeviceField<R>,
    e: DeviceField<R>,
    /// How far the correction is stretched.
    stretch: f64,
}

/// How the first graph is solved.
enum Solver<'a, R: Element> {
    /// With all below in one launch.
    Direct(Box<dyn Direct<Field = DeviceField<R>> + 'a>),
    /// By a W step, with its residual and second correction.
    Cycle(Box<Multigrid<'a, Device<R>>>, [DeviceField<R>; 2]),
}

impl<'a, R: Element> Below<'a, R> {
    fn new(
        device: &'a Device<R>,
        voxels: &Rc<DeviceVoxels<R>>,
        hierarchy: &Hierarchy<R>,
    ) -> Result<Self, GpuError> {
        let w_levels = hierarchy.w_levels();
        let levels = (&[&**hierarchy][..], Some(voxels));
        let (mut coarse, coarsest) = below::levels(device, levels, (0, w_levels))?;
        let field = |shape: Shape| device.zeros(shape);
        if coarse.is_empty() {
            let (b, e) = (field(coarsest.shape())?, field(coarsest.shape())?);
            return Ok(Self {
                solver: Solver::Direct(coarsest),
                b,
                e,
                stretch: 1.0,
            });
        }
        let finest = coarse.remove(0);
        let shape = finest.shape();
        let levels = Levels {
            finest,
            coarse,
            coarsest,
            w_levels: w_levels - 1,
        };
        let multigrid = Box::new(Multigrid::new(device, levels)?);
        Ok(Self {
            solver: Solver::Cycle(multigrid, [field(shape)?, field(shape)?]),
            b: field(shape)?,
            e: field(shape)?,
            stretch: ALPHA,
        })
    }

    /// Finds the correction.
    fn correct(&mut self, device: &Device<R>) {
        let Self { b, e, .. } = self;
        match &mut self.solver {
            Solver::Direct(coarsest) => coarsest.solve(b, e),
            Solver::Cycle(multigrid, [residual, second]) => {
                multigrid.precondition(b, e);
                multigrid.finest.residual(b, e, residual);
                multigrid.precondition(residual, second);
                device.add(second, e);
            }
        }
    }
}

impl<'a, R: Element> DeviceLean<'a, R> {
    /// Uploads a potential between ghosts at the potentials `ends`, and the levels.
    ///
    /// # Errors
    /// As [`levels`](super::levels).
    pub fn new(
        device: &'a Device<R>,
        (stencil, hierarchy): (&Stencil, &Hierarchy<R>),
        (ends, potential): ([f64; 2], &[f64]),
    ) -> Result<Self, GpuError> {
        device.gpu().check_room(lean_bytes(stencil, hierarchy))?;
        let voxels = DeviceVoxels::new(device, stencil, &hierarchy.blocks)?;
        let voxels = Rc::new(voxels.between(ends));
        let field = || device.zeros(voxels.shape);
        let mut x = field()?;
        device.store(potential, &mut x)?;
        Ok(Self {
            device,
            kernels: Kernels::new(device)?,
            below: Below::new(device, &voxels, hierarchy)?,
            potential: x,
            direction: field()?,
            swept: field()?,
            voxels,
            numbers: None,
        })
    }

    /// Improves a potential until its energy is certified; `x` is the one that the solve began with, and receives the result.
    ///
    /// # Errors
    /// As the full solve; [`SolveError::Stagnated`] where f32 cannot hold a potential as exact as asked for.
    pub fn solve<S: Equations>(
        mut self,
        system: &S,
        unknown: (&mut Approximation, Tolerance),
        observer: &mut dyn crate::solve::Observer,
    ) -> Result<Certified, SolveError> {
        improve(&mut self, system, unknown, observer)
    }

    /// Prepares `z = B r` up to its last sweep; returns `(r, z)` and its quotient with the number before.
    fn precondition(&mut self, before: &DeviceNumber) -> [DeviceNumber; 2] {
        let (device, voxels) = (self.device, &self.voxels);
        self.potential.exchange(device);
        let kernel = (&self.kernels.sweep, OMEGA, Each::Voxel);
        voxels.launch(device, kernel, |index, slab| {
            let own = [slab.cells.binding(), voxels.tables.binding()];
            let fields = [&self.potential, &self.swept].map(|field| part(field, index));
            [own[0], own[1], fields[0], fields[1]]
        });
        self.swept.exchange(device);
        let groups = voxels.shares(device.most_sums());
        let kernel = (&self.kernels.restrict, OMEGA, Each::Share(groups));
        voxels.launch(device, kernel, |index, slab| {
            [
                slab.cells.binding(),
                voxels.tables.binding(),
                slab.first.binding(),
                part(&self.swept, index),
                whole(&self.below.b),
                device.sums(),
            ]
        });
        self.below.correct(device);
        let Below { b, e, stretch, .. } = &self.below;
        let correction = (*stretch, e);
        self.kernels
            .correct
            .launch(device, voxels, correction, &self.swept);
        self.swept.exchange(device);
        let sums = voxels.slabs() * groups as usize;
        device.total_with_dot(sums, (*stretch, [b, e]), Quotient::OfDot(before))
    }

    /// `p = z + beta p`.
    fn redirect(&self, beta: &DeviceNumber) {
        let (device, voxels) = (self.device, &self.voxels);
        let kernel = (&self.kernels.redirect, OMEGA, Each::Voxel);
        voxels.launch_with(device, kernel, device.place(beta), |index, slab| {
            [
                slab.cells.binding(),
                voxels.tables.binding(),
                part(&self.potential, index),
                device.numbers(),
                part(&self.swept, index),
                part(&self.direction, index),
                device.chosen(),
            ]
        });
        self.direction.exchange(device);
    }

    /// `(r, z) / (p, A p)`.
    fn alpha(&self, rz: &DeviceNumber) -> DeviceNumber {
        let (device, voxels) = (self.device, &self.voxels);
        let groups = voxels.shares(device.most_sums());
        let kernel = (&self.kernels.curvature, 0.0, Each::Share(groups));
        voxels.launch(device, kernel, |index, slab| {
            let own = [slab.cells.binding(), voxels.tables.binding()];
            [own[0], own[1], part(&self.direction, index), device.sums()]
        });
        let sums = voxels.slabs() * groups as usize;
        let [_, alpha] = device.total_and_ratio(sums, Quotient::ByDot(rz));
        alpha
    }
}

impl<R: Element> DeviceLean<'_, R> {
    /// One step, not waited for: alpha, and `(r, B r)` before and after it; and beta.
    fn queue(&mut self) -> ([DeviceNumber; 3], DeviceNumber) {
        let [before, beta] = self
            .numbers
            .take()
            .expect("start comes before the first step");
        self.redirect(&beta);
        let alpha = self.alpha(&before);
        self.device
            .axpy(&alpha, &self.direction, &mut self.potential);
        let [rz, beta] = self.precondition(&before);
        self.numbers = Some([rz.clone(), beta.clone()]);
        ([alpha, before, rz], beta)
    }
}

impl<R: Element> Iteration for DeviceLean<'_, R> {
    /// The residual of a potential in f32 is worse than its energy: measured 1.0 to 2.1.
    const OVERESTIMATE: f64 = 1.5;

    /// From the potential that there is: a residual in f64 says no more than that.
    fn start(&mut self, _residual: &[f64]) -> Result<f64, GpuError> {
        self.device.stand_still_below(f64::MIN);
        let zero = self.device.zero()?;
        let numbers = self.precondition(&zero);
        let [rz] = self.device.read([&numbers[0]])?;
        self.numbers = Some(numbers);
        Ok(rz)
    }

    fn steps(&mut self, (count, stop): (usize, f64)) -> Result<Vec<Step>, GpuError> {
        let device = self.device;
        device.stand_still_below(stop);
        let mut queued = Vec::with_capacity(count);
        for _ in 0..count.min(device.ahead(self.voxels.shape)) {
            queued.push(self.queue());
        }
        let numbers: Vec<_> = queued.iter().flat_map(|step| step.0.clone()).collect();
        let steps = Step::until(stop, &device.read_many(&numbers)?);
        if let Some(([.., rz], beta)) = queued.into_iter().nth(steps.len() - 1) {
            self.numbers = Some([rz, beta]);
        }
        Ok(steps)
    }

    fn collect(&mut self, values: &mut [f64]) -> Result<(), GpuError> {
        self.device
            .fetch_each(&self.potential, values, |value, found| *value = found)
    }
}
