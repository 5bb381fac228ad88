//! A conduction problem's equations as every machine takes them.

use super::{MemoryMode, assembly::Assembly};
use crate::{
    field::{Device, Host, Real},
    gpu::{Gpu, GpuError},
    physics::assembled::Assembled,
    solve::{
        balance::{Audit, Ledger},
        certificate,
        device::{self, DeviceLean, DeviceLedger},
        hierarchy::Hierarchy,
        host,
        multigrid::Levels,
    },
};
use std::sync::Arc;

/// Potentials before the first and behind the last plane of unknowns.
pub(super) const ENDS: [f64; 2] = [1.0, 0.0];

impl Assembled for Assembly {
    type Levels<T: Real> = Hierarchy<T>;

    fn weakest(&self) -> f64 {
        self.stencil.weakest()
    }

    fn levels<T: Real>(&self) -> Hierarchy<T> {
        Hierarchy::new(&self.stencil)
    }

    fn bound<T: Real>(&self, levels: &Hierarchy<T>, residual: &[f64]) -> f64 {
        certificate::bound(&self.stencil, levels, residual)
    }

    fn audit(&self) -> Box<dyn Audit + '_> {
        Box::new(Ledger::new(&self.stencil, ENDS))
    }

    fn on_host<'a, T: Real>(&'a self, levels: &'a Hierarchy<T>) -> Levels<'a, Host<T>> {
        host::levels(&self.stencil, levels)
    }

    fn on_device<'a>(
        &'a self,
        device: &'a Device<f32>,
        levels: &'a Hierarchy<f32>,
    ) -> Result<Levels<'a, Device<f32>>, GpuError> {
        device::levels(device, &self.stencil, levels)
    }

    fn may_be_lean(&self) -> bool {
        self.memory == MemoryMode::Auto
    }

    fn lean_on_device<'a>(
        &'a self,
        device: &'a Device<f32>,
        levels: &'a Hierarchy<f32>,
        x: &[f64],
    ) -> Result<DeviceLean<'a, f32>, GpuError> {
        DeviceLean::new(device, (&self.stencil, levels), (ENDS, x))
    }

    fn device_audit(
        &self,
        gpu: &Arc<Gpu>,
        levels: &Hierarchy<f32>,
    ) -> Result<Option<Box<dyn Audit>>, GpuError> {
        let solve = device::bytes(&self.stencil, levels);
        match DeviceLedger::new(Arc::clone(gpu), (&self.stencil, ENDS), solve) {
            Err(
                GpuError::NoDoublePrecision { .. }
                | GpuError::TooLarge { .. }
                | GpuError::OutOfMemory { .. },
            ) => Ok(None),
            ledger => Ok(Some(Box::new(ledger?))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::Conduction, *};
    use crate::{
        Result,
        field::Backend,
        microstructure::{Axis, Volume},
        physics::{
            assembled::Leveled,
            machine::{
                certify, on_best, on_host, single_levels,
                tests::{Watch, gpu},
            },
        },
        solve::{Silent, SolveError, Tolerance, refinement::Approximation},
    };
    use ndarray::Array3;

    const ON_DEVICE: Backend = Backend::Device { name: None };

    fn assembly() -> Assembly {
        let labels = Array3::from_shape_fn((20, 20, 20), |(z, y, x)| {
            u8::from((z / 3 + y / 4 * (x / 5)) % 3 != 0)
        });
        of(&labels, 1e-3)
    }

    /// 1 conducts 1, 0 hardly.
    fn of(labels: &Array3<u8>, weak: f64) -> Assembly {
        let volume = Volume::from_labels(labels);
        let problem = Conduction::new(&volume).conductivity(1, 1.0).unwrap();
        let problem = problem.conductivity(0, weak).unwrap();
        Assembly::new(&problem, Axis::Z)
    }

    /// Solves on a device with so much memory, which is lost after so many iterations.
    fn watched(room: Option<u64>, loss: usize, backend: &Backend) -> (Result<f64>, Vec<String>) {
        to(1e-9, room, (loss, backend))
    }

    fn to(
        relative_error: f64,
        room: Option<u64>,
        (loss, backend): (usize, &Backend),
    ) -> (Result<f64>, Vec<String>) {
        let (gpu, assembly) = (gpu(room), assembly());
        let mut x = Approximation::from(assembly.ramp());
        let mut watch = Watch {
            gpu: Arc::clone(&gpu),
            loss,
            notices: Vec::new(),
        };
        let tolerance = Tolerance {
            relative_error,
            ..Default::default()
        };
        let unknown = (&mut x, tolerance, backend);
        let system = (&assembly, single_levels(&assembly));
        let outcome = on_best(Some(gpu), system, unknown, &mut watch);
        let expected = certify(
            &assembly,
            &mut assembly.ramp().into(),
            (tolerance, &Backend::Host),
            &mut Silent,
        );
        let expected = expected.unwrap().0.balance.energy;
        let error = outcome.map(|(found, _)| (found.balance.energy / expected - 1.0).abs());
        (error, watch.notices)
    }

    #[test]
    #[ignore = "device test: cargo test -- --ignored device_"]
    fn device_a_loss_in_the_middle_ends_on_the_host() {
        for backend in [ON_DEVICE, Backend::Auto] {
            let (error, notices) = watched(None, 3, &backend);
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
    fn device_without_room_for_a_ledger_solves_with_that_of_the_host() {
        let assembly = assembly();
        let levels = assembly.levels::<f32>();
        // Beyond levels and vectors: partial sums, numbers and tables, but no window of 20 planes in f64.
        let room = device::bytes(&assembly.stencil, &levels) + (1 << 16);
        let own = |room| {
            assembly
                .device_audit(&gpu(room), &levels)
                .unwrap()
                .is_some()
        };
        assert!(own(None) && !own(Some(room)));
        let (error, notices) = watched(Some(room), usize::MAX, &ON_DEVICE);
        assert!(error.unwrap() < 2e-9 && notices.is_empty(), "{notices:?}");
    }

    #[test]
    #[ignore = "device test: cargo test -- --ignored device_"]
    fn device_without_room_for_the_full_solve_takes_the_lean_one() {
        let assembly = assembly();
        let full = device::bytes(&assembly.stencil, &assembly.levels::<f32>());
        let (error, notices) = to(1e-5, Some(full), (usize::MAX, &ON_DEVICE));
        assert!(error.unwrap() < 2e-5 && notices.is_empty(), "{notices:?}");
        // What f32 does not carry then ends on the host.
        let (error, notices) = to(1e-13, Some(full), (usize::MAX, &ON_DEVICE));
        assert!(error.unwrap() < 2e-13);
        assert!(notices[0].contains("single precision"), "{notices:?}");
    }

    #[test]
    #[ignore = "device test: cargo test -- --ignored device_"]
    fn device_too_little_memory_is_told_and_ends_on_the_host_where_it_may() {
        let (error, notices) = watched(Some(1 << 16), usize::MAX, &Backend::Auto);
        assert!(error.unwrap() < 2e-9);
        assert!(
            notices.len() == 1 && notices[0].contains("no room"),
            "{notices:?}"
        );
        let (error, notices) = watched(Some(1 << 16), usize::MAX, &ON_DEVICE);
        let sentence = error.unwrap_err().to_string();
        assert!(
            sentence.contains("no room for") && notices.is_empty(),
            "{sentence}"
        );
    }

    /// On the host, in one precision alone.
    fn in_one<T: Real>(assembly: &Assembly, x: &mut Approximation) -> Option<usize> {
        let levels = assembly.levels::<T>();
        let system = Leveled {
            equations: assembly,
            levels: &levels,
            audit: &*assembly.audit(),
        };
        match on_host(&system, (x, EXACT), &mut Silent) {
            Err(SolveError::Stagnated { .. }) => None,
            certified => Some(certified.unwrap().iterations),
        }
    }

    const EXACT: Tolerance = Tolerance {
        relative_error: 1e-9,
        max_iterations: 2000,
    };

    #[test]
    fn iterations_in_single_precision_count_where_double_takes_over() {
        let islands = Array3::from_shape_fn((20, 20, 20), |(z, y, x)| {
            u8::from([z, y, x].iter().all(|place| place % 5 > 0))
        });
        let assembly = of(&islands, 1e-11);
        let mut x = Approximation::from(assembly.ramp());
        assert!(in_one::<f32>(&assembly, &mut x).is_none());
        let single = x.iterations;
        let double = in_one::<f64>(&assembly, &mut x.x.clone().into()).unwrap();
        let asked = (EXACT, &Backend::Host);
        let whole = certify(&assembly, &mut assembly.ramp().into(), asked, &mut Silent);
        let whole = whole.unwrap().0.iterations;
        assert!(single > 0 && double > 0, "{single} and {double}");
        assert_eq!(whole, single + double);
        // Were those of single precision dropped, it would be the others alone.
        assert_ne!(whole, double);
    }
}
