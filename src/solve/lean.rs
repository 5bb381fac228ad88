//! Conjugate gradients in little memory: the finest level keeps two vectors in f32, of the voxels that have an unknown, and nothing else.
//!
//! The same iteration as [`super::cg`] under the same multigrid cycle, `z = B (b - A x)`, `p = z + beta p`, `x += alpha p`, but
//! only x and p are stored. The residual `r = b - A x`, its sweeps and z are made again, plane by plane, wherever they are needed
//! (`cascade`), and the numbers of the iteration come from sums that need no stored vector:
//!
//! `(r, B r) = (r, v) + (v, r - A v) + alpha (P^T (r - A v), e)` with v what the sweeps make of r and e the correction from below,
//!
//! because the cycle is symmetric. As r is always the residual of the stored x, f32 costs no drift: what rounding leaves is the
//! rounding of x itself, some 1e-8 of the energy. The certificate is that of `x + z` in f64, formed in planes as well.
//!
//! Cost per voxel with an unknown 8 bytes, per voxel one for its code, one for its layer and those of the graphs; time per
//! iteration about 1.5 times that of the full path.

mod below;
mod cascade;
mod certify;
mod live;

use super::{
    Continue, Observer, Progress, SolveError, Tolerance,
    balance::{Balance, Ledger},
    hierarchy::Hierarchy,
    refinement::{Certified, OVERESTIMATE},
    stencil::Stencil,
};
use crate::field::{Host, Real, host::dot_chunk};
use below::Below;
use cascade::{ALL, BEFORE, Cascade, Finest, PLANES};
use rayon::prelude::*;

/// Iterations without halving `(r, B r)` after which the rounding of x is to blame.
const PATIENCE: usize = 20;

/// A solve in progress.
struct Lean<'a> {
    finest: Finest<'a>,
    below: Below<'a>,
    ledger: Ledger<'a>,
    hierarchy: &'a Hierarchy<f32>,
    /// Potential of the voxels with an unknown.
    x: Vec<f32>,
    /// Direction, likewise.
    p: Vec<f32>,
    tolerance: Tolerance,
    state: Certified,
}

/// Solves between ghosts at the potentials `ends`, from a potential that depends on the plane alone; returns the potential
/// of every voxel, dead ones at 0, with its certified energy. `earlier` iterations were spent by others before.
///
/// # Errors
/// As the full solve, and [`SolveError::SinglePrecision`] where f32 cannot hold a potential as exact as asked for.
pub fn solve(
    (stencil, hierarchy): (&Stencil, Hierarchy<f32>),
    (ends, guess): ([f64; 2], impl Fn(usize) -> f64 + Sync),
    (tolerance, earlier): (Tolerance, usize),
    observer: &mut dyn Observer,
) -> Result<(Certified, Vec<f32>), SolveError> {
    let (state, live, potential) = {
        let machine = Host::<f32>::default();
        let finest = Finest::new(stencil, &hierarchy.blocks, ends);
        let x = finest.live.filled(stencil, guess);
        let mut run = Lean {
            below: Below::new(&machine, &hierarchy)?,
            ledger: Ledger::new(stencil, ends),
            hierarchy: &hierarchy,
            p: vec![0.0; x.len()],
            x,
            finest,
            tolerance,
            state: Certified {
                balance: Balance::default(),
                bound: f64::INFINITY,
                iterations: earlier,
            },
        };
        run.iterate(observer)?;
        run.settle();
        (run.state, run.finest.live, run.p)
    };
    drop(hierarchy);
    Ok((state, live.expanded(stencil, &potential)))
}

impl Lean<'_> {
    fn iterate(&mut self, observer: &mut dyn Observer) -> Result<(), SolveError> {
        self.state.balance = self.energy();
        let mut energy = self.state.balance.energy;
        let (mut overestimate, mut before) = (OVERESTIMATE, None);
        let (mut first, mut halved, mut idle) = (None, f64::INFINITY, 0);
        loop {
            let rz = self.precondition();
            if !rz.is_finite() {
                return Err(self.stagnated());
            }
            (halved, idle) = if rz <= 0.5 * halved {
                (rz, 0)
            } else {
                (halved, idle + 1)
            };
            let exhausted = rz <= 0.0 || idle >= PATIENCE;
            if exhausted || 0.5 * rz * overestimate <= self.tolerance.relative_error * energy {
                self.certify();
                if self.state.meets(self.tolerance) {
                    return Ok(());
                }
                if exhausted {
                    return Err(self.stagnated());
                }
                if self.state.bound.is_finite() {
                    overestimate = self.state.bound / rz;
                }
                energy = self.state.balance.energy;
            }
            let reduction = rz / *first.get_or_insert(rz);
            let expected = 0.5 * rz * overestimate / energy;
            self.report((reduction, expected), observer)?;
            self.redirect(before.map_or(0.0, |before| rz / before));
            let alpha = rz / self.curvature();
            self.advance(alpha);
            energy -= alpha * rz;
            before = Some(rz);
            self.state.iterations += 1;
        }
    }

    /// Tells how far the solve is; an error where it is to stop.
    fn report(
        &self,
        (reduction, expected_error): (f64, f64),
        observer: &mut dyn Observer,
    ) -> Result<(), SolveError> {
        let progress = Progress {
            iterations: self.state.iterations,
            residual: reduction.max(0.0).sqrt(),
            error_bound: self.state.known_error(),
            expected_error,
        };
        match observer.progress(&progress) {
            Continue::Yes => self.state.check_limit(self.tolerance),
            Continue::No => Err(SolveError::Interrupted),
        }
    }

    fn stagnated(&self) -> SolveError {
        SolveError::SinglePrecision {
            reached: self.state.error() / self.state.balance.energy,
            wanted: self.tolerance.relative_error,
        }
    }

    /// Prepares `z = B r` on the coarse levels; returns `(r, z)`.
    fn precondition(&mut self) -> f64 {
        let Self {
            finest, below, x, ..
        } = self;
        let size = finest.stencil.plane();
        let pieces = finest.blocks.split(PLANES / 2, &mut below.b.data);
        let tasks = pieces.into_par_iter().enumerate();
        let sums: Vec<f64> = tasks
            .map_init(
                || (Cascade::new(BEFORE, size), vec![0.0; 2 * size]),
                |(cascade, pair), (task, (base, coarse))| {
                    let mut sum = 0.0;
                    cascade.run(finest, (x, None), finest.task(task), |place, plane| {
                        let half = (place - 1) % 2;
                        let left = &mut pair[half * size..][..size];
                        plane.left(left);
                        sum +=
                            dot_chunk(plane.swept, plane.residual) + dot_chunk(plane.swept, left);
                        finest.gather_pair((place, base), pair, coarse);
                    });
                    sum
                },
            )
            .collect();
        sums.iter().sum::<f64>() + below.correct()
    }

    /// `p = z + beta p`.
    fn redirect(&mut self, beta: f64) {
        let beta = f32::of(beta);
        self.each_live(|_, z, p| *p = z + beta * *p);
    }

    /// `p = x + z`, once no direction is needed any more.
    fn settle(&mut self) {
        self.each_live(|x, z, p| *p = x + z);
    }

    /// `body(x, z, p)` for every voxel with an unknown.
    fn each_live(&mut self, body: impl Fn(f32, f32, &mut f32) + Sync) {
        let Self {
            finest,
            below,
            x,
            p,
            ..
        } = self;
        let size = finest.stencil.plane();
        let correction = Some((below.stretch, below.e.data.as_slice()));
        let pieces = finest.live.split(PLANES, p).into_par_iter();
        pieces.enumerate().for_each_init(
            || (Cascade::new(ALL, size), vec![0.0; size]),
            |(cascade, z), (task, (base, p))| {
                cascade.run(
                    finest,
                    (x, correction),
                    finest.task(task),
                    |place, plane| {
                        plane.sweep(z);
                        let both = [plane.potential, z.as_slice()];
                        finest
                            .live
                            .each(finest.stencil, place - 1, both, (base, p), &body);
                    },
                );
            },
        );
    }

    /// `(p, A p)`.
    fn curvature(&self) -> f64 {
        let size = self.finest.stencil.plane();
        let finest = &self.finest;
        let parts = finest.by_plane((&self.p, [0.0f32; 2]), |z, planes, scratch| {
            scratch.resize(size, 0.0);
            finest.kernels.apply_plane(z, planes, scratch);
            dot_chunk(planes.here, scratch)
        });
        parts.iter().sum()
    }

    /// `x += alpha p`.
    fn advance(&mut self, alpha: f64) {
        let alpha = f32::of(alpha);
        crate::field::host::pairs(&self.p, &mut self.x, |p, x| {
            x.iter_mut().zip(p).for_each(|(x, &p)| *x += alpha * p)
        });
    }

    /// Energy and currents of x.
    fn energy(&self) -> Balance {
        let (finest, ledger) = (&self.finest, &self.ledger);
        let parts = finest.by_plane((&self.x, finest.ends), |z, planes, scratch| {
            scratch.resize(finest.stencil.plane(), 0.0);
            ledger.on_plane(z, planes, scratch)
        });
        Balance::of(&parts)
    }
}
