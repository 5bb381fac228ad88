//! Which machine corrects, and what it needs. Residuals, bounds and loads under which a phase flows are the host's always.

use super::{
    device::{self, DeviceSystem},
    element::Hooke,
    equilibrium::{Ending, Equilibrium, Load, Reached},
    system::HostSystem,
};
use crate::{
    Result,
    field::{Backend, Device, Host, Real},
    gpu::Gpu,
    physics::machine::{Failure, open, opened},
    solve::{
        Observer, SolveError,
        cg::ConjugateGradients,
        fourier::{ROOM, Spectral, nearest_transformable, transformable},
    },
};
use std::sync::Arc;

/// The device that corrects, as long as it does.
pub(super) struct Machine<'a> {
    backend: &'a Backend,
    gpu: Option<Arc<Gpu>>,
}

impl<'a> Machine<'a> {
    /// The device asked for, or the host where there is none, or where the device does not transform such a grid.
    pub(super) fn new(
        backend: &'a Backend,
        shape: [usize; 3],
        observer: &mut dyn Observer,
    ) -> Result<Self> {
        let mut gpu = opened(open(backend), backend, observer)?;
        if let (Some(opened), false) = (&gpu, device::has_lengths(shape)) {
            observer.notice(&format!(
                "the host solves, because {} transforms lengths 2^a 3^b 5^c 7^d up to {ROOM} only, and {}",
                opened.info().name,
                other_lengths(shape)
            ));
            gpu = None;
        }
        Ok(Self { backend, gpu })
    }

    /// Name of the device, if every correction so far was made there.
    pub(super) fn adapter(&self) -> Option<String> {
        self.gpu.as_ref().map(|gpu| gpu.info().name.clone())
    }

    /// Solves a load; where the device gives up, the host goes on, and solves what comes after, too.
    pub(super) fn solve(
        &mut self,
        load: &Load<'_>,
        observer: &mut dyn Observer,
    ) -> Result<Equilibrium> {
        let mut reached = load.start();
        let mut in_double = false;
        if let Some(gpu) = &self.gpu {
            match on_device(gpu, load, &mut reached, observer) {
                Ok(solved) => return Ok(solved),
                Err(failure) => {
                    in_double = failure.stagnated();
                    observer.notice(&failure.excuse(&gpu.info().name, self.backend)?);
                    self.gpu = None;
                }
            }
        }
        if !in_double {
            // Corrections in single precision are twice as fast.
            let solved = on_host::<f32>(load, &mut reached, observer)?;
            if solved.ending != Ending::Rounding {
                return Ok(solved);
            }
            reached.go_on_from(solved);
        }
        Ok(on_host::<f64>(load, &mut reached, observer)?)
    }
}

fn on_host<T: Spectral>(
    load: &Load<'_>,
    reached: &mut Reached,
    observer: &mut dyn Observer,
) -> std::result::Result<Equilibrium, SolveError> {
    let machine = Host::<T>::default();
    let system: HostSystem<'_, T> = HostSystem::new(load.medium, load.free(), Hooke);
    let mut cg = ConjugateGradients::new(&machine, system)?;
    load.refine((&machine, T::REDUCTION), &mut cg, reached, observer)
}

fn on_device(
    gpu: &Arc<Gpu>,
    load: &Load<'_>,
    reached: &mut Reached,
    observer: &mut dyn Observer,
) -> std::result::Result<Equilibrium, Failure> {
    gpu.check_room(device::bytes(load.medium.shape))
        .map_err(Failure::SetUp)?;
    let machine = Device::<f32>::new(Arc::clone(gpu)).map_err(Failure::SetUp)?;
    let system = DeviceSystem::new(&machine, load.medium, load.free()).map_err(Failure::SetUp)?;
    let mut cg = ConjugateGradients::new(&machine, system).map_err(Failure::SetUp)?;
    let solved = load.refine((&machine, f32::REDUCTION), &mut cg, reached, observer)?;
    if solved.ending == Ending::Rounding {
        let stagnated = SolveError::Stagnated {
            reached: solved.relative_bound,
            wanted: load.tolerance.relative_error,
        };
        reached.go_on_from(solved);
        return Err(stagnated.into());
    }
    Ok(solved)
}

/// "y has 127 voxels (126 and 128 would do)"
fn other_lengths(shape: [usize; 3]) -> String {
    let axes = ["z", "y", "x"].into_iter().zip(shape);
    let one = |(axis, points): (&str, usize)| {
        let would = match nearest_transformable(points) {
            (below, Some(above)) => format!("{below} and {above} would do"),
            (below, None) => format!("{below} would do"),
        };
        format!("{axis} has {points} voxels ({would})")
    };
    let others = axes.filter(|&(_, points)| !transformable(points)).map(one);
    others.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::super::{
        Elasticity, Hold, Solid,
        equilibrium::{Goal, Swelling},
        medium::Medium,
    };
    use super::*;
    use crate::{
        gpu::{LimitsOverride, Selection},
        microstructure::Volume,
        physics::machine::tests::Watch,
        solve::{Silent, Tolerance},
    };
    use ndarray::Array3;

    const ON_DEVICE: Backend = Backend::Device { name: None };

    fn medium() -> Medium {
        medium_of([Solid::Void, solid(22e9, 0.37), solid(83e9, 0.19)])
    }

    fn solid(young: f64, poisson: f64) -> Solid {
        Solid::Isotropic { young, poisson }
    }

    fn medium_of(solids: [Solid; 3]) -> Medium {
        let labels = Array3::from_shape_fn((12, 16, 20), |(z, y, x)| {
            u8::try_from((z / 3 + y / 4 * (x / 5)) % 3).unwrap()
        });
        let volume = Volume::from_labels(&labels);
        let mut problem = Elasticity::new(&volume).eigenstrain(2, [0.01; 3]).unwrap();
        for (label, solid) in (0..).zip(solids) {
            problem = problem.solid(label, solid).unwrap();
        }
        problem.medium(Tolerance::default()).unwrap()
    }

    /// Solves with a device of so much memory, which is lost after so many iterations; how far the stress is from the host's.
    fn watched(room: Option<u64>, loss: usize, backend: &Backend) -> (Result<f64>, Vec<String>) {
        let lowered = LimitsOverride {
            max_total_bytes: room,
            ..Default::default()
        };
        let gpu = Gpu::open_with(&Selection::Best, lowered);
        let gpu = Arc::new(gpu.expect("device tests need a GPU or lavapipe"));
        let medium = medium();
        let tolerance = Tolerance {
            relative_error: 1e-9,
            ..Tolerance::default()
        };
        let load = Load {
            medium: &medium,
            hold: Hold::CLAMPED,
            goal: Goal::Means,
            tolerance,
            swelling: Swelling::On,
        };
        let mut watch = Watch {
            gpu: Arc::clone(&gpu),
            loss,
            notices: Vec::new(),
        };
        let mut machine = Machine {
            backend,
            gpu: Some(gpu),
        };
        let found = machine.solve(&load, &mut watch);
        let mut host = Machine {
            backend: &Backend::Host,
            gpu: None,
        };
        let expected = host.solve(&load, &mut watch).unwrap();
        let error = found.map(|found| (found.stress[0] / expected.stress[0] - 1.0).abs());
        assert_eq!(
            machine.adapter().is_some(),
            error.is_err() || watch.notices.is_empty()
        );
        (error, watch.notices)
    }

    #[test]
    #[ignore = "device test: cargo test -- --ignored device_"]
    fn device_a_loss_in_the_middle_ends_on_the_host() {
        for backend in [ON_DEVICE, Backend::Auto] {
            let (error, notices) = watched(None, 5, &backend);
            assert!(error.unwrap() < 2e-9);
            assert!(
                notices.len() == 1 && notices[0].contains("was lost"),
                "{notices:?}"
            );
        }
        let (error, notices) = watched(None, usize::MAX, &ON_DEVICE);
        assert!(error.unwrap() < 2e-9 && notices.is_empty(), "{notices:?}");
    }

    #[test]
    #[ignore = "device test: cargo test -- --ignored device_"]
    fn device_too_little_memory_is_told_and_ends_on_the_host_where_it_may() {
        let room = device::bytes([12, 16, 20]) + (1 << 17);
        let (error, notices) = watched(Some(room), usize::MAX, &ON_DEVICE);
        assert!(error.unwrap() < 2e-9 && notices.is_empty(), "{notices:?}");
        for room in [1 << 12, device::bytes([12, 16, 20]) + (1 << 10)] {
            let (error, notices) = watched(Some(room), usize::MAX, &Backend::Auto);
            assert!(error.unwrap() < 2e-9);
            assert!(
                notices.len() == 1 && notices[0].contains("no room"),
                "{notices:?}"
            );
            let (error, notices) = watched(Some(room), usize::MAX, &ON_DEVICE);
            let sentence = error.unwrap_err().to_string();
            assert!(
                sentence.contains("no room for") && notices.is_empty(),
                "{sentence}"
            );
        }
    }

    #[test]
    fn iterations_in_single_precision_count_where_double_takes_over() {
        let medium = medium_of([1.0, 83e9, 22e9].map(|young| solid(young, 0.3)));
        let load = Load {
            medium: &medium,
            hold: Hold::FREE,
            goal: Goal::Means,
            tolerance: Tolerance {
                relative_error: 5e-5,
                ..Tolerance::default()
            },
            swelling: Swelling::On,
        };
        let mut reached = load.start();
        let single = on_host::<f32>(&load, &mut reached, &mut Silent);
        let single = single.unwrap();
        assert_eq!(single.ending, Ending::Rounding);
        reached.go_on_from(single);
        let single = std::mem::take(&mut reached.iterations);
        let double = on_host::<f64>(&load, &mut reached, &mut Silent).unwrap();
        let mut host = Machine {
            backend: &Backend::Host,
            gpu: None,
        };
        let whole = host.solve(&load, &mut Silent).unwrap().iterations;
        assert!(single > 0 && double.iterations > 0, "{single}");
        assert_eq!(whole, single + double.iterations);
        // Were those of single precision dropped, it would be the others alone.
        assert_ne!(whole, double.iterations);
    }

    #[test]
    fn other_lengths_are_named_with_the_nearest_good_ones() {
        let told = other_lengths([64, 127, 2000]);
        assert_eq!(
            told,
            "y has 127 voxels (126 and 128 would do), x has 2000 voxels (1024 would do)"
        );
    }

    #[test]
    fn a_device_takes_at_most_80_bytes_a_voxel() {
        for shape in [[64; 3], [128; 3], [96, 100, 98]] {
            let voxels = shape.iter().product::<usize>() as f64;
            let each = device::bytes(shape) as f64 / voxels;
            assert!((60.0..64.0).contains(&each), "{each}");
        }
    }
}
