//! Several volumes of one size as one problem on a device: vectors side by side, one launch for all, and of every number one
//! for each volume. They share nothing else: each has its own conjugate gradients, its own energy and its own certificate,
//! and leaves when that is small enough. Per iteration the host waits once, for the numbers of all.

use super::{DeviceStencil, DeviceVoxels, below, bytes};
use crate::{
    field::{
        Machine,
        device::{Device, Element},
    },
    gpu::GpuError,
    solve::{
        Continue, Observer, SolveError, Tolerance,
        cg::{ConjugateGradients, Progress as Step},
        crowd,
        hierarchy::{Coarse, Coarsest},
        multigrid::{Levels, Multigrid},
        refinement::{Approximation, Certified, Refinement, System, Verdict},
    },
};
use std::rc::Rc;

type Outcome = Result<Certified, SolveError>;

/// Whether two systems can be solved together: they are as large and end in the same way, with as many levels.
pub fn together<R: Element>(a: &System<'_, R>, b: &System<'_, R>) -> bool {
    let dense = |system: &System<'_, R>| matches!(system.hierarchy.solver, Coarsest::Dense(_));
    let depth = |system: &System<'_, R>| {
        let hierarchy = system.hierarchy;
        (hierarchy.levels.len(), hierarchy.w_levels())
    };
    let alike = a.stencil.shape == b.stencil.shape && a.stencil.lateral == b.stencil.lateral;
    alike && dense(a) && dense(b) && depth(a) == depth(b)
}

/// The levels of systems that can be solved together, side by side.
///
/// # Errors
/// As [`levels`](super::levels).
pub fn levels<'a, R: Element>(
    device: &'a Device<R>,
    systems: &[System<'_, R>],
) -> Result<Levels<'a, Device<R>>, GpuError> {
    let needed = systems.iter().map(|it| bytes(it.stencil, it.hierarchy));
    device.gpu().check_room(needed.sum())?;
    let hierarchies: Vec<&Coarse<R>> = systems.iter().map(|it| &**it.hierarchy).collect();
    let w_levels = systems.first().map_or(0, |it| it.hierarchy.w_levels());
    let volumes: Vec<_> = systems
        .iter()
        .map(|system| (system.stencil, &system.hierarchy.blocks))
        .collect();
    let voxels = Rc::new(DeviceVoxels::batch(device, &volumes)?);
    let below = (hierarchies.as_slice(), Some(&voxels));
    let (coarse, coarsest) = below::levels(device, below, (0, w_levels))?;
    Ok(Levels {
        finest: Box::new(DeviceStencil::new(device, voxels)?),
        coarse,
        coarsest,
        w_levels,
    })
}

/// Improves the potential of every volume until its energy is certified, on a [`Device::batch`] with these
/// [levels]. A volume that fails does not stop the others; a device that fails leaves each with what it has reached.
pub fn solve<'a, R: Element>(
    device: &'a Device<R>,
    levels: Levels<'a, Device<R>>,
    systems: &[System<'_, R>],
    (unknowns, tolerance): (&mut [Approximation], Tolerance),
    observer: &mut dyn Observer,
) -> Vec<Outcome> {
    let items: Vec<_> = systems.iter().zip(unknowns).collect();
    let runs = crowd::each(
        items,
        |(system, reached)| Refinement::new(*system, (reached, tolerance)),
        |_| {},
    );
    let all = systems.len();
    let begun = || -> Result<Batch<'_, '_, 'a, R>, SolveError> {
        let multigrid = Multigrid::new(device, levels)?;
        Ok(Batch {
            device,
            cg: ConjugateGradients::new(device, multigrid)?,
            runs: runs.into_iter().collect::<Result<_, _>>()?,
            outcomes: (0..all).map(|_| None).collect(),
        })
    };
    let mut batch = match begun() {
        Ok(batch) => batch,
        Err(error) => return (0..all).map(|_| Err(for_each(&error))).collect(),
    };
    let failure = batch.run(observer).err().unwrap_or(SolveError::Interrupted);
    let outcomes = batch.outcomes.into_iter();
    outcomes
        .map(|outcome| outcome.unwrap_or_else(|| Err(for_each(&failure))))
        .collect()
}

/// What ends all volumes, told of one.
fn for_each(error: &SolveError) -> SolveError {
    match error {
        SolveError::Machine(error) => SolveError::Machine(error.clone()),
        _ => SolveError::Interrupted,
    }
}

struct Batch<'s, 't, 'a, R: Element> {
    device: &'a Device<R>,
    cg: ConjugateGradients<'a, Device<R>>,
    runs: Vec<Refinement<'s, System<'t, R>>>,
    /// How each volume has ended.
    outcomes: Vec<Option<Outcome>>,
}

impl<R: Element> Batch<'_, '_, '_, R> {
    /// Until every volume has ended.
    fn run(&mut self, observer: &mut dyn Observer) -> Result<(), SolveError> {
        let residuals: Vec<&[f64]> = self.runs.iter().map(|run| &*run.residual).collect();
        self.device.put(&residuals.concat(), (&mut self.cg.r, 0))?;
        let all: Vec<usize> = (0..self.runs.len()).collect();
        let ready = self.begin(&all)?;
        self.certify(ready)?;
        while self.running().next().is_some() {
            let numbers = self.cg.queue();
            let steps = self.device.read_each(numbers.each_ref())?;
            let ready = self.take(&steps);
            self.certify(ready)?;
            self.tell(observer)?;
        }
        Ok(())
    }

    fn running(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.runs.len()).filter(|&volume| self.outcomes[volume].is_none())
    }

    /// Corrections of these volumes begin, from the residuals that lie on the device; says which end at once.
    fn begin(&mut self, volumes: &[usize]) -> Result<Vec<usize>, SolveError> {
        let cg = &mut self.cg;
        cg.system.precondition(&mut cg.r, &mut cg.work);
        let rz = self.device.dot(&cg.r, &cg.work);
        let firsts = self.device.read_each([&rz])?;
        cg.rz = Some(rz);
        for &volume in volumes {
            self.runs[volume].begin(firsts[volume][0]);
        }
        let ends = |volume: &usize| firsts[*volume][0] == 0.0;
        Ok(volumes.iter().copied().filter(ends).collect())
    }

    /// Takes note of a step of every volume; says which ask for their certificate.
    fn take(&mut self, steps: &[[f64; 3]]) -> Vec<usize> {
        let mut ready = Vec::new();
        for volume in self.running().collect::<Vec<_>>() {
            match self.runs[volume].take(&Step::of(steps[volume])) {
                Ok(true) => ready.push(volume),
                Ok(false) => {}
                Err(error) => self.outcomes[volume] = Some(Err(error)),
            }
        }
        ready
    }

    /// Certifies volumes; those that need another correction begin it, and may ask again at once.
    fn certify(&mut self, mut ready: Vec<usize>) -> Result<(), SolveError> {
        while !ready.is_empty() {
            self.collect(&ready)?;
            let is_ready = |volume: &usize| ready.contains(volume);
            let runs = (0..).zip(&mut self.runs);
            let runs: Vec<_> = runs.filter(|(volume, _)| is_ready(volume)).collect();
            let verdicts = crowd::each(runs, |(volume, run)| (volume, run.certify()), |_| {});
            let mut again = Vec::new();
            for (volume, verdict) in verdicts {
                match verdict {
                    Ok(Verdict::On) => {}
                    Ok(Verdict::Again) => again.push(volume),
                    Ok(Verdict::Met) => self.outcomes[volume] = Some(Ok(self.runs[volume].state)),
                    Err(error) => self.outcomes[volume] = Some(Err(error)),
                }
            }
            ready = self.restart(&again)?;
            self.device
                .choose(|volume| self.outcomes[volume].is_none())?;
        }
        Ok(())
    }

    /// Moves the solutions so far of these volumes to the host, as [`ConjugateGradients::collect`] does.
    fn collect(&mut self, ready: &[usize]) -> Result<(), SolveError> {
        let (device, cg) = (self.device, &mut self.cg);
        device.choose(|volume| ready.contains(&volume))?;
        device.add_chosen(&cg.work, &mut cg.x);
        for volumes in ready.chunk_by(|a, b| a + 1 == *b) {
            let (first, count) = (volumes[0], volumes.len());
            let values = device.fetch(&cg.x, first..first + count)?;
            let pieces = values.chunks(values.len() / count);
            for (run, piece) in self.runs[first..].iter_mut().zip(pieces) {
                let pairs = run.reached.x.iter_mut().zip(piece);
                pairs.for_each(|(x, value)| *x += value.wide());
            }
        }
        device.negate(&cg.work, &mut cg.x);
        Ok(())
    }

    /// New corrections, from the residuals on the host.
    fn restart(&mut self, volumes: &[usize]) -> Result<Vec<usize>, SolveError> {
        if volumes.is_empty() {
            return Ok(Vec::new());
        }
        let (device, cg) = (self.device, &mut self.cg);
        for &volume in volumes {
            let residual = &self.runs[volume].residual;
            device.put(residual, (&mut cg.r, volume))?;
            device.put(&vec![0.0; residual.len()], (&mut cg.x, volume))?;
            if let Some(beta) = &cg.beta {
                device.set(beta, volume, 0.0)?;
            }
        }
        self.begin(volumes)
    }

    /// Tells the observer of the volume that is furthest from its end, and ends those that have had all their iterations.
    fn tell(&mut self, observer: &mut dyn Observer) -> Result<(), SolveError> {
        let told = self.running().map(|volume| self.runs[volume].progress());
        let last = told.max_by(|a, b| a.expected_error.total_cmp(&b.expected_error));
        if last.is_some_and(|last| observer.progress(&last) == Continue::No) {
            return Err(SolveError::Interrupted);
        }
        for volume in self.running().collect::<Vec<_>>() {
            if let Err(error) = self.runs[volume].check_limit() {
                self.outcomes[volume] = Some(Err(error));
            }
        }
        Ok(())
    }
}
