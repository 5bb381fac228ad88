//! The full solve on the host, without a potential in f64: it is a guess that depends on the plane alone, plus the correction.
//!
//! The sum is formed plane by plane where the certificate asks for it, with residuals and dissipation in f64 as ever: it is
//! `base + x + B r` with x what conjugate gradients have summed up and `B r` what stands ready for their next step. Only where a
//! second correction begins, which single precision needs below errors of some 1e-12, does the base become a field. That takes 16
//! bytes per voxel less than a potential and a residual in f64, and to be handed that memory takes as long as half an iteration.

#[cfg(test)]
mod tests;

use super::{
    Observer, SolveError, Tolerance,
    balance::{Balance, Buffers, Ledger, Passing},
    certificate::{Coarser, Slab, sound},
    cg::{ConjugateGradients, Iteration, Progress},
    hierarchy::Hierarchy,
    host,
    multigrid::Multigrid,
    pairwise,
    refinement::{self, Approximation, Certified, Equations},
    stencil::Stencil,
};
use crate::{
    field::{Host, Real},
    gpu::GpuError,
};
use rayon::prelude::*;
use std::{
    cell::RefCell,
    ops::Range,
    sync::{Mutex, PoisonError},
};

/// A potential, summed up where it is asked for.
#[derive(Debug, Clone)]
pub enum Sum {
    /// A number for each plane, and what is added to it in each voxel.
    Planes(Vec<f64>, Vec<f32>),
    /// A number for each voxel.
    Voxels(Vec<f64>),
}

impl Sum {
    /// The potential of an unknown.
    pub fn at(&self, unknown: usize) -> f64 {
        match self {
            Self::Planes(planes, x) => {
                planes[unknown * planes.len() / x.len()] + f64::from(x[unknown])
            }
            Self::Voxels(x) => x[unknown],
        }
    }
}

/// Certifies a potential between ghosts at the potentials `ends`, from a guess for each plane.
///
/// # Errors
/// As every solve; with the potential that was reached.
pub fn solve(
    (stencil, hierarchy): (&Stencil, &Hierarchy<f32>),
    (ends, guess): ([f64; 2], Vec<f64>),
    tolerance: Tolerance,
    observer: &mut dyn Observer,
) -> Result<(Certified, Sum), (SolveError, Approximation)> {
    let machine = Host::<f32>::default();
    let levels = host::levels(stencil, hierarchy);
    let cg = Multigrid::new(&machine, levels)
        .and_then(|multigrid| ConjugateGradients::new(&machine, multigrid));
    let cg = cg.map_err(|error| (error.into(), Approximation::default()))?;
    let corrected = Corrected {
        audit: Audit {
            stencil,
            ledger: Ledger::new(stencil, ends),
            buffers: Mutex::default(),
        },
        hierarchy,
        state: RefCell::new(State {
            base: Base::Planes(guess),
            cg,
            begun: false,
            sums: Vec::new(),
        }),
    };
    let mut spent = Approximation::default();
    let unknown = (&mut spent, tolerance);
    let outcome = refinement::improve(&mut &corrected, &&corrected, unknown, observer);
    let mut state = corrected.state.into_inner();
    match outcome {
        Ok(certified) => Ok((certified, state.sum())),
        Err(error) => {
            let (x, iterations) = (state.folded(), spent.iterations);
            Err((error, Approximation { x, iterations }))
        }
    }
}

/// What is corrected.
enum Base {
    /// A number for each plane.
    Planes(Vec<f64>),
    /// A number for each voxel.
    Voxels(Vec<f64>),
}

/// A solve on the host and the potential that it is about.
struct Corrected<'a> {
    audit: Audit<'a>,
    hierarchy: &'a Hierarchy<f32>,
    state: RefCell<State<'a>>,
}

/// Who balances sums.
struct Audit<'a> {
    stencil: &'a Stencil,
    ledger: Ledger<'a>,
    /// Planes at work, kept from pass to pass.
    buffers: Mutex<Vec<Buffers>>,
}

/// What changes.
struct State<'a> {
    base: Base,
    cg: ConjugateGradients<'a, Host<f32>>,
    /// Whether conjugate gradients have begun, so that there is a correction.
    begun: bool,
    /// Sums of the last currents over the unknowns of the first graph.
    sums: Vec<f64>,
}

impl State<'_> {
    /// The correction, `x + B r`.
    fn correction(&self) -> Option<[&[f32]; 2]> {
        let parts = [&self.cg.x, &self.cg.work].map(|part| part.data.as_slice());
        self.begun.then_some(parts)
    }

    /// Base and correction in one, but for numbers that went astray; the base is gone then.
    fn folded(&mut self) -> Vec<f64> {
        let (size, voxels) = (self.cg.x.shape.plane, self.cg.x.data.len());
        let mut sum = match std::mem::replace(&mut self.base, Base::Planes(Vec::new())) {
            Base::Voxels(sum) => sum,
            Base::Planes(planes) => {
                let mut sum = vec![0.0; voxels];
                let voxels = sum.par_chunks_mut(size).zip(planes);
                voxels.for_each(|(sum, value)| sum.fill(value));
                sum
            }
        };
        if let Some([x, z]) = self.correction() {
            let planes = sum.par_chunks_mut(size);
            let parts = x.par_chunks(size).zip(z.par_chunks(size));
            planes.zip(parts).for_each(|(sum, (x, z))| {
                for ((sum, &x), &z) in sum.iter_mut().zip(x).zip(z) {
                    let correction = f64::from(x) + f64::from(z);
                    if correction.is_finite() {
                        *sum += correction;
                    }
                }
            });
        }
        sum
    }

    /// The potential, at the end.
    fn sum(mut self) -> Sum {
        match self.base {
            Base::Voxels(_) => Sum::Voxels(self.folded()),
            Base::Planes(planes) => {
                self.cg.take_correction();
                Sum::Planes(planes, self.cg.x.data)
            }
        }
    }
}

impl Audit<'_> {
    /// Balances a sum; `sink(target, plane of blocks, currents)` gets what its voxels lack, two planes of blocks at a time, with one
    /// target for each of [`Audit::tasks`].
    fn run<S: Send>(
        &self,
        (base, correction): (&Base, Option<[&[f32]; 2]>),
        targets: impl IndexedParallelIterator<Item = S>,
        sink: impl Fn(&mut S, usize, &[f64]) + Sync,
    ) -> Balance {
        let size = self.stencil.plane();
        let make = |place: usize, out: &mut [f64]| {
            let z = place - 1;
            let plane = z * size..(z + 1) * size;
            match base {
                Base::Planes(planes) => out.fill(planes[z]),
                Base::Voxels(base) => out.copy_from_slice(&base[plane.clone()]),
            }
            if let Some([x, z]) = correction {
                for (out, (&x, &z)) in out.iter_mut().zip(x[plane.clone()].iter().zip(&z[plane])) {
                    *out += f64::from(x) + f64::from(z);
                }
            }
        };
        let tasks = targets.zip(self.tasks());
        let parts = tasks.map(|(mut target, planes)| {
            let mut passing = Passing::new(&self.ledger, planes, self.take_buffers());
            for place in passing.wanted() {
                let sink = |bz, currents: &[f64]| sink(&mut target, bz, currents);
                passing.push(place, |out| make(place, out), sink);
            }
            let (parts, buffers) =
                passing.finish(|bz, currents: &[f64]| sink(&mut target, bz, currents));
            self.give_back(buffers);
            parts
        });
        Balance::of(&parts.collect::<Vec<_>>().concat())
    }

    /// Planes of a task: so many that few are made twice, and that all threads have some.
    fn thickness(&self) -> usize {
        let tasks = 4 * rayon::current_num_threads();
        (self.stencil.shape[0] / tasks)
            .next_multiple_of(4)
            .clamp(4, 32)
    }

    /// Planes of each task, counted with the ghosts.
    fn tasks(&self) -> Vec<Range<usize>> {
        let (depth, thick) = (self.stencil.shape[0], self.thickness());
        let starts = (0..depth).step_by(thick);
        starts.map(|z| z + 1..(z + thick).min(depth) + 1).collect()
    }

    fn take_buffers(&self) -> Buffers {
        let mut pool = self.buffers.lock().unwrap_or_else(PoisonError::into_inner);
        pool.pop().unwrap_or_default()
    }

    fn give_back(&self, buffers: Buffers) {
        let mut pool = self.buffers.lock().unwrap_or_else(PoisonError::into_inner);
        pool.push(buffers);
    }

    /// Puts the residual of the base where conjugate gradients begin.
    fn store_residual(&self, state: &mut State<'_>) -> Balance {
        let (size, r) = (self.stencil.plane(), &mut state.cg.r.data);
        let store = |r: &mut [f32], currents: &[f64]| {
            let pairs = r.iter_mut().zip(currents);
            pairs.for_each(|(r, &current)| *r = f32::of(current));
        };
        if let Base::Planes(even) = &state.base {
            let planes = r.par_chunks_mut(size).enumerate();
            let currents = || vec![0.0; size];
            let parts = planes.map_init(currents, |currents, (z, r)| {
                let balance = self.ledger.on_even_plane(z, even, currents);
                store(r, currents);
                balance
            });
            return Balance::of(&parts.collect::<Vec<_>>());
        }
        let thick = self.thickness();
        let targets = r.par_chunks_mut(thick * size).enumerate();
        self.run((&state.base, None), targets, |(task, r), bz, currents| {
            store(&mut r[(2 * bz - *task * thick) * size..], currents);
        })
    }
}

impl Equations for &Corrected<'_> {
    type Real = f32;

    /// Of the potential that is kept here.
    fn balance(&self, _: &[f64], _: &mut [f64]) -> Result<Balance, GpuError> {
        let (audit, blocks) = (&self.audit, &self.hierarchy.blocks);
        let state = &mut *self.state.borrow_mut();
        if !state.begun {
            return Ok(audit.store_residual(state));
        }
        let mut sums = std::mem::take(&mut state.sums);
        sums.resize(blocks.len(), 0.0);
        let pieces = blocks.split(audit.thickness() / 2, &mut sums);
        let sum = (&state.base, state.correction());
        let balance = audit.run(sum, pieces.into_par_iter(), |(base, sums), bz, currents| {
            blocks.gather_planes(audit.stencil, (bz, *base), currents, sums);
        });
        state.sums = sums;
        Ok(balance)
    }

    /// Of what was balanced last.
    fn bound(&self, _: &[f64]) -> f64 {
        let audit = &self.audit;
        let state = &mut *self.state.borrow_mut();
        let sums = std::mem::take(&mut state.sums);
        let coarser = Coarser::new(audit.stencil, self.hierarchy, sums);
        let mut energies = vec![Vec::new(); audit.tasks().len()];
        let targets = energies.par_iter_mut();
        let targets = targets.map(|energies| (energies, Slab::default()));
        let sum = (&state.base, state.correction());
        audit.run(sum, targets, |(energies, slab), bz, currents| {
            energies.push(coarser.settle(audit.stencil, (currents, bz), slab));
        });
        let energies: Vec<f64> = energies.into_iter().flatten().collect();
        sound(coarser.energy + pairwise(&energies), self.hierarchy)
    }
}

impl Iteration for &Corrected<'_> {
    const OVERESTIMATE: f64 = refinement::OVERESTIMATE;

    /// Begins with the residual of the potential that is kept here.
    fn start(&mut self, _: &[f64]) -> Result<f64, GpuError> {
        let state = &mut *self.state.borrow_mut();
        if state.begun {
            state.base = Base::Voxels(state.folded());
            self.audit.store_residual(state);
        }
        state.begun = true;
        state.cg.begin()
    }

    fn steps(&mut self, until: (usize, f64)) -> Result<Vec<Progress>, GpuError> {
        self.state.borrow_mut().cg.steps(until)
    }

    /// Nothing is to be brought up to date.
    fn collect(&mut self, _: &mut [f64]) -> Result<(), GpuError> {
        Ok(())
    }
}
