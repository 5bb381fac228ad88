//! Which machine solves, and what it needs: shared by every equation that stands assembled ([`Assembled`]); others take from it
//! how a device is opened and what is said where it fails.

mod failure;

use super::assembled::{Assembled, Leveled};
use crate::{
    Result,
    field::{Backend, Device, Host, Real},
    gpu::{Choices, Gpu, GpuError, Selection},
    solve::{
        Continue, Observer, Progress, SolveError, Tolerance, device,
        refinement::{self, Approximation, Certified},
    },
};
pub(crate) use failure::Failure;
use failure::not_enough;
use std::{panic::resume_unwind, sync::Arc, thread};

/// Smallest conductance, relative to the largest, that single precision is given: its range ends at 1e-38, and energies
/// are squares.
pub(super) const WEAKEST: f64 = 1e-18;

/// Certifies a potential on the machine asked for; the name of the adapter comes with it.
pub(crate) fn certify<A: Assembled>(
    assembly: &A,
    x: &mut Approximation,
    (tolerance, backend): (Tolerance, &Backend),
    observer: &mut dyn Observer,
) -> Result<(Certified, Option<String>)> {
    still_wanted(observer)?;
    let (gpu, levels) = opened_beside(backend, || single_levels(assembly));
    let gpu = opened(gpu, backend, observer)?;
    on_best(gpu, (assembly, levels), (x, tolerance, backend), observer)
}

/// Opens the device while something is built.
pub(super) fn opened_beside<T>(backend: &Backend, build: impl FnOnce() -> T) -> (Opened, T) {
    thread::scope(|scope| {
        let opening = scope.spawn(|| ready(backend));
        let built = build();
        let gpu = opening.join().unwrap_or_else(|panic| resume_unwind(panic));
        (gpu, built)
    })
}

/// A device, or none where the host is to solve.
pub(crate) type Opened = std::result::Result<Option<Arc<Gpu>>, GpuError>;

/// The levels in single precision, where that has a number for every conductance.
pub(super) fn single_levels<A: Assembled>(assembly: &A) -> Option<A::Levels<f32>> {
    (assembly.weakest() >= WEAKEST).then(|| assembly.levels::<f32>())
}

/// Asks the observer between the steps of the set-up.
pub(super) fn still_wanted(observer: &mut dyn Observer) -> Result<()> {
    let progress = Progress {
        iterations: 0,
        residual: 1.0,
        error_bound: None,
        expected_error: 1.0,
    };
    match observer.progress(&progress) {
        Continue::Yes => Ok(()),
        Continue::No => Err(SolveError::Interrupted.into()),
    }
}

/// In single precision, and in double on the host where single does not carry the contrast.
pub(super) fn on_best<A: Assembled>(
    gpu: Option<Arc<Gpu>>,
    (assembly, levels): (&A, Option<A::Levels<f32>>),
    (x, tolerance, backend): (&mut Approximation, Tolerance, &Backend),
    observer: &mut dyn Observer,
) -> Result<(Certified, Option<String>)> {
    if let Some(levels) = levels {
        let unknown = (&mut *x, tolerance, backend);
        let system = (assembly, &levels);
        if let Some(certified) = in_single(gpu, system, unknown, observer)? {
            return Ok(certified);
        }
    } else if let Some(gpu) = gpu {
        observer.notice(&not_enough(&gpu.info().name));
    }
    let levels = assembly.levels::<f64>();
    let system = Leveled {
        equations: assembly,
        levels: &levels,
        audit: &*assembly.audit(),
    };
    Ok((on_host(&system, (x, tolerance), observer)?, None))
}

/// On the device, if there is one; on the host, if there is none or where it gives up. None where f32 stagnates.
fn in_single<A: Assembled>(
    gpu: Option<Arc<Gpu>>,
    (assembly, levels): (&A, &A::Levels<f32>),
    (x, tolerance, backend): (&mut Approximation, Tolerance, &Backend),
    observer: &mut dyn Observer,
) -> Result<Option<(Certified, Option<String>)>> {
    still_wanted(observer)?;
    let system = Leveled {
        equations: assembly,
        levels,
        audit: &*assembly.audit(),
    };
    if let Some(gpu) = gpu {
        let adapter = gpu.info().name.clone();
        match on_device(gpu, &system, (x, tolerance), observer) {
            Ok(certified) => return Ok(Some((certified, Some(adapter)))),
            Err(failure) => {
                let stagnated = failure.stagnated();
                observer.notice(&failure.excuse(&adapter, backend)?);
                if stagnated {
                    return Ok(None);
                }
            }
        }
    }
    match on_host(&system, (x, tolerance), observer) {
        Err(SolveError::Stagnated { .. }) => Ok(None),
        certified => Ok(Some((certified?, None))),
    }
}

/// On the host, with corrections in the precision of the system's levels: f32 is faster and enough for nearly every medium,
/// contrasts beyond 1e7 can need f64.
pub(super) fn on_host<A: Assembled, T: Real>(
    system: &Leveled<'_, A, T>,
    unknown: (&mut Approximation, Tolerance),
    observer: &mut dyn Observer,
) -> std::result::Result<Certified, SolveError> {
    let machine = Host::<T>::default();
    let levels = system.equations.on_host(system.levels);
    refinement::solve(&machine, levels, system, unknown, observer)
}

/// The device asked for, with its kernels, or none where the host is to solve.
pub(crate) fn ready(backend: &Backend) -> Opened {
    let gpu = open(backend)?;
    gpu.iter().try_for_each(|gpu| {
        device::tune(gpu, &Choices::of_the_user());
        device::warm_up::<f32>(gpu)
    })?;
    Ok(gpu)
}

/// The device asked for, or none where the host is to solve.
pub(crate) fn open(backend: &Backend) -> Opened {
    let selection = match backend {
        Backend::Host => return Ok(None),
        Backend::Auto => Selection::Real,
        Backend::Device { name: None } => Selection::Best,
        Backend::Device { name: Some(name) } => Selection::Named(name.clone()),
    };
    Ok(Some(Arc::new(Gpu::open(&selection)?)))
}

/// The same with what is said where it cannot be had.
pub(crate) fn opened(
    gpu: Opened,
    backend: &Backend,
    observer: &mut dyn Observer,
) -> Result<Option<Arc<Gpu>>> {
    match (gpu, backend) {
        (Ok(gpu), _) => Ok(gpu),
        (Err(GpuError::NoAdapter { .. }), Backend::Auto) => Ok(None),
        (Err(error), Backend::Auto) => {
            observer.notice(&format!("the host solves, because {error}"));
            Ok(None)
        }
        (Err(error), _) => Err(error.into()),
    }
}

/// By the full solve, or the lean one where that does not fit and may be taken.
fn on_device<A: Assembled>(
    gpu: Arc<Gpu>,
    system: &Leveled<'_, A, f32>,
    (x, tolerance): (&mut Approximation, Tolerance),
    observer: &mut dyn Observer,
) -> std::result::Result<Certified, Failure> {
    let unknown = (&mut *x, tolerance);
    match on_device_full(Arc::clone(&gpu), system, unknown, observer) {
        Err(failure) if failure.is_full() && system.equations.may_be_lean() => {
            let problem = (system.equations, system.levels);
            on_device_lean(gpu, problem, (x, tolerance), observer)
        }
        outcome => outcome,
    }
}

/// In little memory, with balances on the host.
pub(super) fn on_device_lean<A: Assembled>(
    gpu: Arc<Gpu>,
    (equations, levels): (&A, &A::Levels<f32>),
    (x, tolerance): (&mut Approximation, Tolerance),
    observer: &mut dyn Observer,
) -> std::result::Result<Certified, Failure> {
    let machine = Device::<f32>::new(gpu).map_err(Failure::SetUp)?;
    let lean = equations.lean_on_device(&machine, levels, &x.x);
    let lean = lean.map_err(Failure::SetUp)?;
    let system = Leveled {
        equations,
        levels,
        audit: &*equations.audit(),
    };
    Ok(lean.solve(&system, (x, tolerance), observer)?)
}

fn on_device_full<A: Assembled>(
    gpu: Arc<Gpu>,
    system: &Leveled<'_, A, f32>,
    unknown: (&mut Approximation, Tolerance),
    observer: &mut dyn Observer,
) -> std::result::Result<Certified, Failure> {
    let machine = Device::<f32>::new(gpu).map_err(Failure::SetUp)?;
    let equations = system.equations;
    let own = equations.device_audit(machine.gpu(), system.levels);
    let own = own.map_err(Failure::SetUp)?;
    let levels = equations.on_device(&machine, system.levels);
    let levels = levels.map_err(Failure::SetUp)?;
    let system = Leveled {
        audit: own.as_deref().unwrap_or(system.audit),
        ..*system
    };
    Ok(refinement::solve(
        &machine, levels, &system, unknown, observer,
    )?)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::gpu::LimitsOverride;

    /// Collects notices, and loses a device after some iterations.
    pub(crate) struct Watch {
        pub(crate) gpu: Arc<Gpu>,
        pub(crate) loss: usize,
        pub(crate) notices: Vec<String>,
    }

    impl Observer for Watch {
        fn progress(&mut self, progress: &Progress) -> Continue {
            if progress.iterations == self.loss {
                self.gpu.destroy();
            }
            Continue::Yes
        }

        fn notice(&mut self, sentence: &str) {
            self.notices.push(sentence.to_owned());
        }
    }

    /// A device with so much memory.
    pub(crate) fn gpu(room: Option<u64>) -> Arc<Gpu> {
        let lowered = LimitsOverride {
            max_total_bytes: room,
            ..Default::default()
        };
        let gpu = Gpu::open_with(&Selection::Best, lowered);
        Arc::new(gpu.expect("device tests need a GPU or lavapipe"))
    }
}
