//! Many questions at once: studies are made of small volumes, and one of them fills neither a GPU nor a processor.
//!
//! On a device, volumes of equal size run as one problem (`solve::device::batch`). On the host each has a thread of its own.
//! A volume comes out as it does alone; large ones are solved one after the other by all threads.

use super::{Conduction, Solution, assembled::ENDS, assembly::Assembly};
use crate::{
    Result,
    field::{Backend, Device},
    gpu::{Gpu, GpuError},
    microstructure::Axis,
    physics::machine::{self, Failure},
    solve::{
        Continue, Observer, Progress, SolveError, Tolerance,
        balance::Ledger,
        crowd, device,
        hierarchy::Hierarchy,
        refinement::{Approximation, Certified, System},
    },
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

/// A problem, and the axis along which it is asked for.
pub type Question<'q> = (&'q Conduction<'q>, Axis);

/// Voxels of the largest volume that is small.
const SMALL: u64 = 1 << 22;

/// Voxels that are prepared and solved together: enough for any GPU, and about 1.2 GB of the host.
const TOGETHER: u64 = 1 << 24;

/// Solves many problems, each as [`Conduction::solve`] does it; of each solution remains what `keep` makes of it, as a solution
/// holds its potential. One that fails does not stop the others; in a batch of a device `seconds` is the volume's share of the
/// time of all.
///
/// ```
/// use voxion::{field::Backend, microstructure::{Axis, Volume}, physics::conduction::{Conduction, solve_batch}};
/// use voxion::solve::{Silent, Tolerance};
///
/// # fn main() -> voxion::Result<()> {
/// let layered = |period| ndarray::Array3::from_shape_fn((8, 8, 8), move |(_, y, _)| u8::from(y % period == 0));
/// let volumes = [2, 4, 8].map(|period| Volume::from_labels(&layered(period)));
/// let problems = volumes.each_ref().map(|volume| Conduction::new(volume).conductivity(1, 1.0));
/// let [a, b, c] = problems;
/// let (a, b, c) = (a?, b?, c?);
/// let questions = [(&a, Axis::Z), (&b, Axis::Z), (&c, Axis::Z)];
/// let asked = (Tolerance::default(), &Backend::Host);
/// let found = solve_batch(&questions, asked, |solution| solution.effective, &mut Silent)?;
/// for (found, expected) in found.into_iter().zip([0.5, 0.25, 0.125]) {
///     assert!((found?.effective_conductivity - expected).abs() < 1e-3);
/// }
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`GpuError`] where a device was demanded and there is none; [`SolveError::Interrupted`] where the observer said stop.
pub fn solve_batch<T: Send>(
    questions: &[Question<'_>],
    (tolerance, backend): (Tolerance, &Backend),
    keep: impl Fn(Solution) -> T + Sync,
    observer: &mut dyn Observer,
) -> Result<Vec<Result<T>>> {
    let gpu = machine::opened(machine::ready(backend), backend, observer)?;
    let mut batch = Batch {
        gpu,
        tolerance,
        backend,
        keep: &keep,
        solutions: (0..questions.len()).map(|_| None).collect(),
    };
    let mut small = Vec::new();
    for (place, (problem, axis)) in questions.iter().enumerate() {
        match problem.check(*axis, tolerance) {
            Err(error) => batch.solutions[place] = Some(Err(error.into())),
            // Faces that codes do not describe have no batch on a device.
            Ok(())
                if problem.voxels() <= SMALL && !(batch.gpu.is_some() && problem.needs_faces()) =>
            {
                small.push(place);
            }
            Ok(()) => {
                let solution = problem.solve(*axis, tolerance, backend, observer);
                batch.settle(place, solution.map(&keep), observer)?;
            }
        }
    }
    batch.small(questions, &small, observer)?;
    Ok(batch.solutions.into_iter().flatten().collect())
}

/// A batch on its way.
struct Batch<'b, T> {
    /// The device, until it fails.
    gpu: Option<Arc<Gpu>>,
    tolerance: Tolerance,
    backend: &'b Backend,
    keep: &'b (dyn Fn(Solution) -> T + Sync),
    /// What remains of each that is done.
    solutions: Vec<Option<Result<T>>>,
}

/// A small volume that is ready for a device.
struct Case<'q> {
    place: usize,
    problem: &'q Conduction<'q>,
    assembly: Assembly,
    x: Approximation,
    hierarchy: Hierarchy<f32>,
}

impl<'q> Case<'q> {
    /// None where no device is needed, or none would do.
    fn new(place: usize, (problem, axis): Question<'q>) -> Option<Self> {
        let assembly = Assembly::new(problem, axis);
        let x = Approximation::from(assembly.ramp());
        let solvable = assembly.percolating > 0 && !x.x.is_empty() && assembly.faces.is_none();
        let hierarchy = solvable.then(|| machine::single_levels(&assembly))??;
        Some(Self {
            place,
            problem,
            assembly,
            x,
            hierarchy,
        })
    }
}

impl<T: Send> Batch<'_, T> {
    /// Notes a result and tells how many there are.
    fn settle(
        &mut self,
        place: usize,
        solution: Result<T>,
        observer: &mut dyn Observer,
    ) -> Result<()> {
        if let Err(crate::Error::Solve(SolveError::Interrupted)) = solution {
            return Err(SolveError::Interrupted.into());
        }
        self.solutions[place] = Some(solution);
        let done = self.solutions.iter().flatten().count();
        match observer.solved(done, self.solutions.len()) {
            Continue::Yes => Ok(()),
            Continue::No => Err(SolveError::Interrupted.into()),
        }
    }

    /// Small volumes, in portions that the host has room for.
    fn small(
        &mut self,
        questions: &[Question<'_>],
        places: &[usize],
        observer: &mut dyn Observer,
    ) -> Result<()> {
        let mut rest = places;
        while !rest.is_empty() {
            let mut voxels = 0;
            let fits = |place: &&usize| {
                voxels += questions[**place].0.voxels();
                voxels <= TOGETHER
            };
            // A small volume always fits.
            let count = rest.iter().take_while(fits).count();
            let (portion, others) = rest.split_at(count.max(1));
            rest = others;
            let left = match self.gpu.clone() {
                Some(gpu) => self.on_device(&gpu, questions, portion, observer)?,
                None => portion.iter().map(|&place| (place, 0)).collect(),
            };
            self.on_host(questions, &left, observer)?;
        }
        Ok(())
    }

    /// A thread for each volume; with its place come the iterations that a device has spent on it.
    fn on_host(
        &mut self,
        questions: &[Question<'_>],
        left: &[(usize, usize)],
        observer: &mut dyn Observer,
    ) -> Result<()> {
        let (stop, tolerance) = (AtomicBool::new(false), self.tolerance);
        let before = self.solutions.iter().flatten().count();
        let (keep, all) = (self.keep, self.solutions.len());
        let task = |(place, earlier): (usize, usize)| {
            let (problem, axis) = questions[place];
            let solution = problem.solve(axis, tolerance, &Backend::Host, &mut Stop(&stop));
            solution.map(|mut solution| {
                solution.effective.iterations += earlier;
                keep(solution)
            })
        };
        let told = |done| {
            if observer.solved(before + done, all) == Continue::No {
                stop.store(true, Ordering::Relaxed);
            }
        };
        let solutions = crowd::each(left.to_vec(), task, told);
        if stop.into_inner() {
            return Err(SolveError::Interrupted.into());
        }
        for (&(place, _), solution) in left.iter().zip(solutions) {
            self.solutions[place] = Some(solution);
        }
        Ok(())
    }

    /// Volumes of equal size together; those that a device is not needed for, or has failed on, are left, with the iterations
    /// spent on them.
    fn on_device(
        &mut self,
        gpu: &Arc<Gpu>,
        questions: &[Question<'_>],
        places: &[usize],
        observer: &mut dyn Observer,
    ) -> Result<Vec<(usize, usize)>> {
        let prepare = |place: usize| Case::new(place, questions[place]).ok_or(place);
        let mut left = Vec::new();
        let mut groups: Vec<Vec<Case<'_>>> = Vec::new();
        for case in crowd::each(places.to_vec(), prepare, |_| {}) {
            let case = match case {
                Ok(case) => case,
                Err(place) => {
                    left.push((place, 0));
                    continue;
                }
            };
            match groups.iter_mut().find(|group| alike(&group[0], &case)) {
                Some(group) => group.push(case),
                None => groups.push(vec![case]),
            }
        }
        for mut group in groups {
            let most = (gpu.max_len::<f32>() / group[0].x.x.len().max(1)).max(1);
            while !group.is_empty() {
                let others = group.split_off(group.len().min(most));
                left.extend(self.together(gpu, group, observer)?);
                group = others;
            }
        }
        Ok(left)
    }

    /// One batch on the device; the places of the volumes that it leaves to the host.
    fn together(
        &mut self,
        gpu: &Arc<Gpu>,
        mut cases: Vec<Case<'_>>,
        observer: &mut dyn Observer,
    ) -> Result<Vec<(usize, usize)>> {
        let untried: Vec<_> = cases.iter().map(|case| (case.place, 0)).collect();
        if self.gpu.is_none() {
            return Ok(untried);
        }
        let start = Instant::now();
        let outcomes = match solve(gpu, &mut cases, self.tolerance, observer) {
            Ok(outcomes) => outcomes,
            Err(error) => {
                self.gives_up(Failure::SetUp(error), observer)?;
                return Ok(untried);
            }
        };
        let share = start.elapsed().as_secs_f64() / cases.len() as f64;
        let mut left = Vec::new();
        for (case, outcome) in cases.into_iter().zip(outcomes) {
            let tried = (case.place, case.x.iterations);
            match outcome {
                Err(SolveError::Stagnated { .. }) => left.push(tried),
                Err(SolveError::Machine(error)) => {
                    left.push(tried);
                    self.gives_up(Failure::Solve(SolveError::Machine(error)), observer)?;
                }
                Err(error) => self.settle(case.place, Err(error.into()), observer)?,
                Ok(certified) => {
                    let adapter = Some(gpu.info().name.clone());
                    let (problem, assembly) = (case.problem, case.assembly);
                    let outcome = (certified, adapter, start);
                    let solution = Solution::new(problem, assembly, case.x.x, outcome);
                    let solution = solution.map(|mut solution| {
                        solution.effective.seconds = share;
                        (self.keep)(solution)
                    });
                    self.settle(case.place, solution.map_err(Into::into), observer)?;
                }
            }
        }
        Ok(left)
    }

    /// The host takes over, which is said once, unless it must not.
    fn gives_up(&mut self, failure: Failure, observer: &mut dyn Observer) -> Result<()> {
        if let Some(gpu) = self.gpu.take() {
            observer.notice(&failure.excuse(&gpu.info().name, self.backend)?);
        }
        Ok(())
    }
}

fn system<'c>(case: &'c Case<'_>, audit: &'c Ledger<'_>) -> System<'c, f32> {
    System {
        stencil: &case.assembly.stencil,
        hierarchy: &case.hierarchy,
        audit,
    }
}

/// Whether two volumes can be in one batch.
fn alike(a: &Case<'_>, b: &Case<'_>) -> bool {
    let [ledger, other] = [a, b].map(|case| Ledger::new(&case.assembly.stencil, ENDS));
    device::together(&system(a, &ledger), &system(b, &other))
}

/// Solves volumes that are alike on a device.
fn solve(
    gpu: &Arc<Gpu>,
    cases: &mut [Case<'_>],
    tolerance: Tolerance,
    observer: &mut dyn Observer,
) -> std::result::Result<Vec<std::result::Result<Certified, SolveError>>, GpuError> {
    let mut unknowns: Vec<Approximation> = cases
        .iter_mut()
        .map(|case| std::mem::take(&mut case.x))
        .collect();
    let ledgers: Vec<_> = cases
        .iter()
        .map(|case| Ledger::new(&case.assembly.stencil, ENDS))
        .collect();
    let systems: Vec<_> = cases
        .iter()
        .zip(&ledgers)
        .map(|(case, ledger)| system(case, ledger))
        .collect();
    let machine = Device::<f32>::batch(Arc::clone(gpu), cases.len(), unknowns[0].x.len())?;
    let levels = device::batch_levels(&machine, &systems)?;
    let unknown = (&mut *unknowns, tolerance);
    let outcomes = device::batch_solve(&machine, levels, &systems, unknown, observer);
    cases
        .iter_mut()
        .zip(unknowns)
        .for_each(|(case, x)| case.x = x);
    Ok(outcomes)
}

/// Tells a solve on another thread to stop.
struct Stop<'s>(&'s AtomicBool);

impl Observer for Stop<'_> {
    fn progress(&mut self, _progress: &Progress) -> Continue {
        if self.0.load(Ordering::Relaxed) {
            Continue::No
        } else {
            Continue::Yes
        }
    }
}
