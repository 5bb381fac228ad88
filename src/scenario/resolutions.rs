//! Whether the discretisation error is estimated, and the coarser volumes that this takes.

use super::{Inconsistency, Scenario};
use crate::{
    microstructure::{Axis, Volume, coarsen, coarsen_ids, connectivity::Wraps},
    physics::conduction::{Boundary, Sides},
};
use ndarray::Array3;

/// At how many resolutions a volume is solved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Resolutions {
    /// As it is.
    #[default]
    One,
    /// At half and quarter resolution, too, from which the discretisation error is estimated.
    Three,
}

impl Resolutions {
    /// How many at most, the volume's own included.
    pub fn count(self) -> usize {
        match self {
            Self::One => 1,
            Self::Three => 3,
        }
    }
}

/// A volume at half resolution, with its particle ids.
pub type Coarser = (Volume, Option<Array3<u32>>);

impl Scenario {
    /// Whether a volume of this shape (z, y, x) can be halved, where that is wanted.
    ///
    /// # Errors
    /// [`Inconsistency::OddVoxels`].
    pub fn check_resolutions(&self, shape: [usize; 3]) -> Result<(), Inconsistency> {
        match odd(shape) {
            Some(axis) if self.transport.resolutions != Resolutions::One => {
                let (axis, voxels) = (axis.name(), shape[axis.index()]);
                Err(Inconsistency::OddVoxels { axis, voxels })
            }
            _ => Ok(()),
        }
    }

    /// The volume at half resolution; none where it cannot be halved.
    pub fn coarser(&self, volume: &Volume, ids: Option<&Array3<u32>>) -> Option<Coarser> {
        if odd(volume.shape()).is_some() {
            return None;
        }
        let coarse = coarsen(volume, self.wraps());
        let ids = ids.map(|ids| coarsen_ids(ids, volume, &coarse));
        Some((coarse, ids))
    }

    /// Where the volume goes on beyond its ends.
    fn wraps(&self) -> [Wraps; 3] {
        let transport = &self.transport;
        let lateral = transport.sides == Sides::Periodic;
        Axis::ALL.map(|axis| {
            let electrodes = transport.axes.contains(&axis);
            match transport.boundary {
                Boundary::Periodic => Wraps::Yes,
                Boundary::Face | Boundary::Centre if lateral && !electrodes => Wraps::Yes,
                _ => Wraps::No,
            }
        })
    }
}

/// An axis that cannot be halved; one voxel stays one.
fn odd(shape: [usize; 3]) -> Option<Axis> {
    let voxels = |axis: &Axis| shape[axis.index()];
    let halves = |axis: &Axis| voxels(axis) == 1 || (voxels(axis) > 2 && voxels(axis) % 2 == 0);
    Axis::ALL.into_iter().find(|axis| !halves(axis))
}
