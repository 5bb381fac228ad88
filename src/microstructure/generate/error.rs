//! Why a microstructure cannot be built.

/// A recipe that does not work out.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum GenerateError {
    /// Parts of the whole that are not the whole.
    #[error("the fractions of {what} add up to {sum:.4}, not to 1; change one of them")]
    Fractions {
        /// The phases.
        what: &'static str,
        /// Their sum.
        sum: f64,
    },
    /// A value that a recipe cannot use.
    #[error("{parameter} is {value}, but it must be {limit}")]
    Parameter {
        /// Its name.
        parameter: &'static str,
        /// As given.
        value: f64,
        /// In words.
        limit: &'static str,
    },
    /// A packing that stops before its density.
    #[error(
        "the particles (with their shells, if any, which are at least a voxel thick) cannot be packed to a volume fraction of \
         {wanted:.3}: the packing stopped at {reached:.3}; ask for less, for smaller voxels where a shell is thinner than one, or \
         for a wider distribution of sizes"
    )]
    TooDense {
        /// The fraction asked for.
        wanted: f64,
        /// The fraction of the last state without overlaps.
        reached: f64,
    },
    /// A particle that is too large for the box.
    #[error(
        "a particle of {} does not fit a box whose shortest edge is {}: at most half of it; take more or larger voxels",
        super::nanometres(*diameter), super::nanometres(*room)
    )]
    TooLarge {
        /// Diameter, m.
        diameter: f64,
        /// Shortest edge of the box, m.
        room: f64,
    },
    /// A particle that voxels cannot show.
    #[error(
        "particles of {} are too small for voxels of {}: they have to be {} voxels across; take voxels of {} or less",
        super::nanometres(*diameter), super::nanometres(*voxel), super::FEWEST_ACROSS,
        super::nanometres(*diameter / super::FEWEST_ACROSS)
    )]
    TooSmall {
        /// Typical diameter, m.
        diameter: f64,
        /// Edge of a voxel, m.
        voxel: f64,
    },
    /// Not one particle.
    #[error(
        "the box of {} is too small for a single particle at a volume fraction of {fraction:.3}; take more or larger voxels",
        super::nanometres(*room)
    )]
    Empty {
        /// The fraction asked for.
        fraction: f64,
        /// Shortest edge of the box, m.
        room: f64,
    },
    /// Layers that do not fit the box.
    #[error(
        "collector, sheets and cover take {needed} voxels along z, and the volume has {found}; take more voxels along z or \
         larger ones"
    )]
    TooHigh {
        /// Voxels needed.
        needed: usize,
        /// Voxels there are.
        found: usize,
    },
    /// No room for the rest of the carbon.
    #[error(
        "the carbon finds no room beyond a volume fraction of {reached:.4}, and {wanted:.4} is asked for; ask for less"
    )]
    NoRoom {
        /// The fraction asked for.
        wanted: f64,
        /// The fraction placed.
        reached: f64,
    },
    /// A volume without voxels, or beyond what memory can hold.
    #[error("{} x {} x {} voxels cannot be built; take 8 to 2048 along each axis", shape[0], shape[1], shape[2])]
    Shape {
        /// Voxels along (z, y, x).
        shape: [usize; 3],
    },
}

impl GenerateError {
    /// Whether a value lies within limits, both included.
    pub(super) fn check(
        parameter: &'static str,
        value: f64,
        (low, high): (f64, f64),
        limit: &'static str,
    ) -> Result<(), Self> {
        if (low..=high).contains(&value) {
            return Ok(());
        }
        Err(Self::Parameter {
            parameter,
            value,
            limit,
        })
    }
}
