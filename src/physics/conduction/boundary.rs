//! The choices at the ends and sides of a volume.

/// Where the potential is fixed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Boundary {
    /// On the outer faces of the first and last layer, half a voxel from their centres.
    #[default]
    Face,
    /// On the centres of the first and last layer; the length is one voxel less.
    Centre,
    /// Nowhere: the volume is a cell that repeats itself, under a macroscopic gradient. It has a tensor.
    Periodic,
    /// The same for the volume and its mirror images, which make a cell of any volume; its tensor is diagonal.
    MirrorPeriodic,
}

impl Boundary {
    /// Whether the volume is a cell without electrodes.
    pub fn is_cell(self) -> bool {
        matches!(self, Self::Periodic | Self::MirrorPeriodic)
    }
}

/// What happens on the four sides that carry no electrode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sides {
    /// No flux through them.
    #[default]
    Mirror,
    /// They wrap round.
    Periodic,
}

/// An electrode: the inlet lies before the first layer of the axis, the outlet behind the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Electrode {
    /// Potential 1.
    Inlet,
    /// Potential 0.
    Outlet,
}
