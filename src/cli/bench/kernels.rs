//! The kernels of an iteration, on the host by the wall clock, on a device by its own, with the bytes that they must move.

use super::measure::Place;
use std::{sync::Arc, time::Instant};
use voxion::{
    Result,
    field::{Host, HostField, Machine, Step},
    gpu::{AdapterInfo, Gpu, KernelTime, Selection},
    microstructure::Axis,
    physics::conduction::Conduction,
    solve::{
        balance::Ledger, certificate, device::profile, hierarchy::Hierarchy, host,
        multigrid::Multigrid, stencil::Stencil,
    },
};

/// A kernel and its time.
pub(super) struct Kernel {
    pub(super) name: String,
    pub(super) seconds: f64,
    /// Bytes that it must move, every vector once; none where levels of all sizes are at work.
    pub(super) bytes: Option<f64>,
}

/// Iterations over which a device is timed.
const ITERATIONS: usize = 4;

/// Times the kernels of a place, the longest of a device first.
pub(super) fn of(place: &Place, problem: &Conduction<'_>) -> Result<Vec<Kernel>> {
    match place {
        Place::Host(_) => host(problem),
        Place::Device(adapter, _) => device(adapter, problem),
    }
}

/// The kernels of a device, each with all its launches of an iteration.
fn device(adapter: &AdapterInfo, problem: &Conduction<'_>) -> Result<Vec<Kernel>> {
    let stencil = problem.stencil(Axis::Z);
    let hierarchy = Hierarchy::<f32>::new(&stencil);
    let gpu = Arc::new(Gpu::open(&Selection::Named(adapter.name.clone()))?);
    let times = profile(&gpu, (&stencil, &hierarchy), ITERATIONS)?;
    let each = 1.0 / ITERATIONS as f64;
    let kernel = |time: KernelTime| Kernel {
        name: format!("{}, {:.1} launches", time.name, time.launches as f64 * each),
        seconds: time.seconds * each,
        bytes: Some(time.bytes as f64 * each),
    };
    Ok(times.into_iter().map(kernel).collect())
}

/// Times every kernel of the host on a problem.
fn host(problem: &Conduction<'_>) -> Result<Vec<Kernel>> {
    let stencil = problem.stencil(Axis::Z);
    let mut kernels = Vec::new();
    let start = Instant::now();
    let hierarchy = Hierarchy::<f32>::new(&stencil);
    kernels.push(Kernel {
        name: "levels, once".to_owned(),
        seconds: start.elapsed().as_secs_f64(),
        bytes: None,
    });
    cycle(&stencil, &hierarchy, &mut kernels)?;
    audit(&stencil, &hierarchy, &mut kernels);
    Ok(kernels)
}

/// The fastest of five runs.
fn time(name: &'static str, bytes: Option<f64>, mut body: impl FnMut()) -> Kernel {
    let runs = (0..5).map(|_| {
        let start = Instant::now();
        body();
        start.elapsed().as_secs_f64()
    });
    Kernel {
        name: name.to_owned(),
        seconds: runs.fold(f64::INFINITY, f64::min),
        bytes,
    }
}

/// What an iteration does.
fn cycle(stencil: &Stencil, hierarchy: &Hierarchy<f32>, kernels: &mut Vec<Kernel>) -> Result<()> {
    let voxels = stencil.len() as f64;
    let bytes = |per_voxel: f64| Some(per_voxel * voxels);
    let machine = Host::<f32>::default();
    let levels = host::levels(stencil, hierarchy);
    let below = levels
        .coarse
        .first()
        .map_or(levels.coarsest.shape(), |level| level.shape());
    let mut coarse = HostField::zeros(below);
    let mut fields: [HostField<f32>; 4] =
        std::array::from_fn(|_| HostField::zeros(levels.finest.shape()));
    for field in &mut fields {
        let pattern = (0u16..1000).cycle().map(|i| f32::from(i) * 1e-3);
        field.data.iter_mut().zip(pattern).for_each(|(x, v)| *x = v);
    }
    let [x, r, p, q] = &mut fields;
    kernels.push(time("apply", bytes(9.0), || levels.finest.apply(p, q)));
    kernels.push(time("restrict", bytes(9.0), || {
        levels.finest.restrict(r, q, &mut coarse)
    }));
    kernels.push(time("prolong", bytes(14.0), || {
        levels.finest.prolong(r, (1.0, &coarse), q)
    }));
    kernels.push(time("dot", bytes(8.0), || {
        std::hint::black_box(machine.dot(p, q));
    }));
    kernels.push(time("redirect", bytes(12.0), || {
        machine.redirect(q, &0.5, p)
    }));
    kernels.push(time("advance", bytes(24.0), || {
        machine.advance(&1e-3, Step { x, r, p, q });
    }));
    let mut multigrid = Multigrid::new(&machine, levels)?;
    kernels.push(time("cycle, all levels", None, || {
        multigrid.precondition(r, q)
    }));
    Ok(())
}

/// What bounds the error, once or twice in a solve.
fn audit(stencil: &Stencil, hierarchy: &Hierarchy<f32>, kernels: &mut Vec<Kernel>) {
    let ledger = Ledger::new(stencil, [1.0, 0.0]);
    let (potential, mut residual) = (vec![0.5; stencil.len()], vec![0.0; stencil.len()]);
    let bytes = Some(17.0 * stencil.len() as f64);
    kernels.push(time("balance in f64", bytes, || {
        std::hint::black_box(ledger.balance(&potential, &mut residual));
    }));
    kernels.push(time("certificate", None, || {
        std::hint::black_box(certificate::bound(stencil, hierarchy, &residual));
    }));
}
