//! Is stress right? Known answers on any voxel image, closed forms approached with resolution, numbers of other codes, and
//! bounds that hold. Each comparison is shown to fail once.

mod bounds;
mod converging;
mod exact;
mod graded;
mod plastic;
mod radau;
mod refused;
mod scales;

use ndarray::Array3;
use voxion::{
    microstructure::Volume,
    physics::elasticity::{Deformed, Elasticity, Hold, Solid, Stiffness},
    solve::{Silent, Tolerance},
};

/// A phase: Young's modulus (Pa), Poisson's ratio, eigenstrain.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Phase {
    pub(crate) young: f64,
    pub(crate) poisson: f64,
    pub(crate) swelling: f64,
}

impl Phase {
    pub(crate) const VOID: Self = Self {
        young: 0.0,
        poisson: 0.0,
        swelling: 0.0,
    };

    pub(crate) fn new(young: f64, poisson: f64, swelling: f64) -> Self {
        Self {
            young,
            poisson,
            swelling,
        }
    }

    pub(crate) fn bulk(&self) -> f64 {
        self.young / (3.0 * (1.0 - 2.0 * self.poisson))
    }

    pub(crate) fn shear(&self) -> f64 {
        self.young / (2.0 * (1.0 + self.poisson))
    }

    fn solid(&self) -> Solid {
        match self.young {
            0.0 => Solid::Void,
            young => Solid::Isotropic {
                young,
                poisson: self.poisson,
            },
        }
    }
}

/// The problem whose label i is phase i.
pub(crate) fn problem<'a>(volume: &'a Volume, phases: &[Phase]) -> Elasticity<'a> {
    let mut problem = Elasticity::new(volume);
    for (label, phase) in (0..)
        .zip(phases)
        .filter(|(label, _)| volume.code(*label).is_some())
    {
        problem = problem.solid(label, phase.solid()).unwrap();
        problem = problem.eigenstrain(label, [phase.swelling; 3]).unwrap();
    }
    problem
}

pub(crate) fn tolerance(relative_error: f64) -> Tolerance {
    Tolerance {
        relative_error,
        ..Tolerance::default()
    }
}

pub(crate) fn deform(volume: &Volume, phases: &[Phase], hold: Hold, rtol: f64) -> Deformed {
    problem(volume, phases)
        .deform(hold, tolerance(rtol), &mut Silent)
        .unwrap()
}

pub(crate) fn stiffness(volume: &Volume, phases: &[Phase], rtol: f64) -> Stiffness {
    problem(volume, phases)
        .stiffness(tolerance(rtol), &mut Silent)
        .unwrap()
}

/// Random numbers in [0, 1), the same on every machine.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f64 / (1u64 << 24) as f64
    }
}

/// Voxels drawn one by one; phase i with the i-th share.
pub(crate) fn noise(shape: [usize; 3], shares: &[f64], seed: u64) -> Volume {
    let mut random = Random(seed);
    let mut draw = || {
        let mut place = random.next();
        let phase = shares.iter().position(|share| {
            place -= share;
            place < 0.0
        });
        u8::try_from(phase.unwrap_or(shares.len() - 1)).unwrap()
    };
    Volume::from_labels(&Array3::from_shape_simple_fn(shape, &mut draw))
}

/// Label 1 closer to the middle of a cube than the radius, label 2 closer than the second one, else 0. Distances are measured
/// between the middle and the lower corners of voxels, in voxels.
pub(crate) fn spheres(size: usize, inner: f64, outer: f64) -> Volume {
    let middle = size as f64 / 2.0;
    let label = |(z, y, x): (usize, usize, usize)| {
        let square: f64 = [z, y, x].iter().map(|&i| (i as f64 - middle).powi(2)).sum();
        if square < inner * inner {
            1
        } else if square < outer * outer {
            2
        } else {
            0
        }
    };
    Volume::from_labels(&Array3::from_shape_fn((size, size, size), label))
}

/// The largest difference relative to the largest of the expected values.
pub(crate) fn deviation(found: &[f64], expected: &[f64]) -> f64 {
    let largest = expected.iter().fold(0.0f64, |most, e| most.max(e.abs()));
    let difference = found
        .iter()
        .zip(expected)
        .fold(0.0f64, |most, (f, e)| most.max((f - e).abs()));
    difference / largest
}
