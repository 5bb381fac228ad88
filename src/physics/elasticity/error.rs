//! What can be wrong with a question about stress.

/// The question does not fit the volume, or has no answer within reach.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ElasticityError {
    /// A label that the volume does not have.
    #[error("no voxel has label {label}; the volume has {present}")]
    UnknownLabel {
        /// The label asked for.
        label: i64,
        /// Labels of the volume, as a list.
        present: String,
    },
    /// A label without moduli.
    #[error(
        "label {label} has no moduli; give Young's modulus and Poisson's ratio, or void if it is a pore, such as \
         {label}=22.1GPa:0.37 or {label}=void"
    )]
    NotDescribed {
        /// The label.
        label: i64,
    },
    /// A Young's modulus that no solid has.
    #[error(
        "Young's modulus of label {label} is {value} Pa; it must be positive and finite, and a pore is void, not soft"
    )]
    Young {
        /// Label.
        label: i64,
        /// The value, Pa.
        value: f64,
    },
    /// A Poisson's ratio that no stable solid has.
    #[error("Poisson's ratio of label {label} is {value}; it must be above -1 and below 0.5")]
    Poisson {
        /// Label.
        label: i64,
        /// The value.
        value: f64,
    },
    /// An eigenstrain that would turn a solid inside out.
    #[error(
        "the eigenstrain of label {label} is {value}; it must be above -1 and finite, such as 0.216"
    )]
    Eigenstrain {
        /// Label.
        label: i64,
        /// The value.
        value: f64,
    },
    /// A yield stress at which everything flows.
    #[error(
        "the yield stress of label {label} is {value} Pa; it must be positive and finite, such as 0.45 GPa"
    )]
    Yield {
        /// Label.
        label: i64,
        /// The value, Pa.
        value: f64,
    },
    /// Softening, which no voxel size describes.
    #[error("the hardening of label {label} is {value} Pa; it must be zero or positive and finite")]
    Hardening {
        /// Label.
        label: i64,
        /// The value, Pa.
        value: f64,
    },
    /// A field of fractions converted of another shape than the volume.
    #[error(
        "the field of fractions converted has {field:?} voxels along (z, y, x), the volume {volume:?}; they must be equal"
    )]
    FractionShape {
        /// Voxels of the field.
        field: [usize; 3],
        /// Voxels of the volume.
        volume: [usize; 3],
    },
    /// A fraction that is none.
    #[error(
        "the fraction converted of voxel {voxel:?} (z, y, x) is {value}; it must lie between 0 and 1"
    )]
    Fraction {
        /// The value.
        value: f32,
        /// Its voxel.
        voxel: [usize; 3],
    },
    /// Nothing to deform.
    #[error("every voxel is void; give at least one phase a stiffness")]
    AllVoid,
    /// A stress that nothing carries.
    #[error(
        "a mean stress {component} of {stress} Pa cannot be held: no solid crosses the cell along {axis}; prescribe the \
         strain {component}, or a stress of 0"
    )]
    NothingHolds {
        /// "xx" to "xy".
        component: &'static str,
        /// The stress asked for, Pa.
        stress: f64,
        /// Name of the axis.
        axis: &'static str,
    },
    /// Mean strains of a solid that hangs together by edges and corners of voxels.
    #[error(
        "after {iterations} iterations the error of the mean strains is bounded by {reached:.1e}, not yet by {wanted:.1e}: what \
         crosses the cell hangs together by hinges that hardly resist; prescribe strains instead of stresses, or ask for a larger error"
    )]
    Hinged {
        /// Iterations done.
        iterations: usize,
        /// Last bound on the relative error.
        reached: f64,
        /// Requested relative error.
        wanted: f64,
    },
    /// A tolerance out of range.
    #[error("the relative error {value:e} is out of reach; ask for one between 1e-12 and 1")]
    Tolerance {
        /// The value.
        value: f64,
    },
}
