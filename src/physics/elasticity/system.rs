//! The equations as conjugate gradients see them: displacements of all nodes, then the six mean strains.
//!
//! Where a mean stress is prescribed the mean strain is one unknown more, and the mean stress its force. The reference medium
//! does not couple mean strains with displacements, so its inverse is the transform for these and a 6x6 block for those.

use super::{
    device::DeviceSystem,
    element::{Elements, Hooke, Law, Voigt},
    hold::Hold,
    matrix,
    medium::{Medium, isotropic},
    symbol::UniformInverse,
};
use crate::{
    field::{Device, Host, HostField, Shape, device::Element},
    gpu::GpuError,
    solve::{
        cg::Preconditioned,
        fourier::{Fourier, Spectral},
    },
};

/// Which mean strains are unknown, in Voigt order.
pub(super) type Free = [bool; 6];

/// The equations of an elastic volume whose mean strains are prescribed or free.
pub struct Equations {
    medium: Medium,
    free: Free,
}

impl Equations {
    pub(super) fn new(medium: Medium, hold: Hold) -> Self {
        let free = hold.free();
        Self { medium, free }
    }

    /// On the host.
    pub fn on_host<T: Spectral>(&self) -> impl Preconditioned<Host<T>> {
        HostSystem::new(&self.medium, self.free, Hooke)
    }

    /// On a device; fields are laid out as on the host.
    ///
    /// # Errors
    /// What does not fit the device, or what the driver refuses.
    pub fn on_device<'a, R: Element>(
        &self,
        device: &'a Device<R>,
    ) -> Result<impl Preconditioned<Device<R>> + use<'a, R>, GpuError> {
        DeviceSystem::new(device, &self.medium, self.free)
    }
}

/// The system on the host.
pub(super) struct HostSystem<'a, T: Spectral, L = Hooke> {
    law: L,
    elements: Elements<'a, T>,
    fourier: Fourier<T>,
    inverse: UniformInverse<T>,
    free: Free,
    /// The inverse of the reference for mean strains.
    compliance: [Voigt<f64>; 6],
    unknowns: usize,
}

/// The inverse of the reference's stiffness on free mean strains.
pub(super) fn reference_compliance(medium: &Medium, free: Free) -> [Voigt<f64>; 6] {
    let stiffness = isotropic(medium.reference());
    matrix::inverse_of_part(&stiffness, free).unwrap_or_default()
}

impl<'a, T: Spectral, L: Law<T>> HostSystem<'a, T, L> {
    /// With the law of the operator; the preconditioner is that of the medium's reference.
    pub(super) fn new(medium: &'a Medium, free: Free, law: L) -> Self {
        let voxels = medium.voxels() as f64;
        Self {
            law,
            elements: medium.elements(),
            fourier: Fourier::new(medium.shape),
            inverse: UniformInverse::new(medium.shape, medium.spacing, medium.reference()),
            free,
            compliance: reference_compliance(medium, free)
                .map(|row| row.map(|value| value / voxels)),
            unknowns: medium.unknowns(),
        }
    }
}

/// The six numbers behind the displacements.
fn tail<T: Spectral>(numbers: &[T]) -> Voigt<f64> {
    std::array::from_fn(|i| numbers[i].wide())
}

impl<T: Spectral, L: Law<T>> Preconditioned<Host<T>> for HostSystem<'_, T, L> {
    fn shape(&self) -> Shape {
        Shape::flat(self.unknowns + 6)
    }

    fn apply(&mut self, x: &mut HostField<T>, y: &mut HostField<T>) {
        let (u, strain) = x.data.split_at(self.unknowns);
        let (forces, stress) = y.data.split_at_mut(self.unknowns);
        let sum = self.elements.forces(&self.law, tail(strain), u, forces);
        for (i, stress) in stress.iter_mut().enumerate() {
            *stress = T::of(if self.free[i] { sum[i] } else { 0.0 });
        }
    }

    fn precondition(&mut self, b: &mut HostField<T>, x: &mut HostField<T>) {
        let (forces, stress) = b.data.split_at(self.unknowns);
        let (u, strain) = x.data.split_at_mut(self.unknowns);
        self.fourier.solve(forces, u, &self.inverse);
        let solved = matrix::product(&self.compliance, &tail(stress));
        strain
            .iter_mut()
            .zip(solved)
            .for_each(|(strain, value)| *strain = T::of(value));
    }
}
