//! How much of each phase there is, and how it connects.
//!
//! Neighbours share a face. A component is *open* where it reaches any of the six sides of the volume, *closed* where it
//! does not; it percolates along an axis where it joins both ends. All come from one pass over the components.

use crate::microstructure::{Components, Volume, percolation::percolating};

/// One phase of a volume. Parts of a phase without voxels are 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Phase {
    /// Its label.
    pub label: i64,
    /// How many voxels.
    pub voxels: usize,
    /// The part of the volume it fills.
    pub fraction: f64,
    /// The part of the phase in components that join both ends, along (z, y, x).
    pub percolating: [f64; 3],
    /// The part of the phase in components that reach a side of the volume.
    pub open: f64,
    /// How many components.
    pub components: usize,
    /// The part of the phase in the largest component.
    pub largest: f64,
}

impl Phase {
    /// The part of the volume in components that reach a side: of a pore phase, the open porosity.
    pub fn open_fraction(&self) -> f64 {
        self.fraction * self.open
    }

    /// The part of the volume in components that reach no side: of a pore phase, the closed porosity.
    pub fn closed_fraction(&self) -> f64 {
        self.fraction * (1.0 - self.open)
    }
}

/// Every phase, in the order of the volume's labels.
pub fn phases(volume: &Volume) -> Vec<Phase> {
    let components = Components::of(volume);
    let total = volume.codes().len().max(1) as f64;
    let counted = volume.labels().iter().zip(volume.counts());
    let mut phases: Vec<Phase> = counted
        .zip(percolating(volume, &components))
        .map(|((&label, voxels), percolating)| Phase {
            label,
            voxels,
            fraction: voxels as f64 / total,
            percolating,
            open: 0.0,
            components: 0,
            largest: 0.0,
        })
        .collect();
    let mut open = vec![0usize; phases.len()];
    for component in components.all() {
        let code = usize::from(component.code);
        let phase = &mut phases[code];
        phase.components += 1;
        phase.largest = phase
            .largest
            .max(component.voxels as f64 / phase.voxels as f64);
        open[code] += if component.is_open() {
            component.voxels
        } else {
            0
        };
    }
    for (phase, open) in phases.iter_mut().zip(open) {
        phase.open = open as f64 / phase.voxels.max(1) as f64;
    }
    phases
}
