//! What can be wrong with a question about stress.

use super::shortfall::{NotConverged, Shortfall};

/// The question does not fit the volume, or has no answer within reach.
#[derive(Debug, Clone, thiserror::Error)]
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
        "Young's modulus of label {label} is {value:e} Pa; it must lie between 1e-30 and 1e30 Pa; a pore is void, not soft"
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
        "the yield stress of label {label} is {value:e} Pa; it must lie between 1e-30 and 1e30 Pa, such as 0.45 GPa"
    )]
    Yield {
        /// Label.
        label: i64,
        /// The value, Pa.
        value: f64,
    },
    /// Softening, which no voxel size describes.
    #[error("the hardening of label {label} is {value:e} Pa; it must lie between 0 and 1e30 Pa")]
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
    /// The tolerance was not met; the error keeps what was reached, with its bounds.
    #[error("{}", .0.shortfall)]
    NotConverged(Box<NotConverged>),
    /// [`Self::NotConverged`] without what was reached, for whoever has shown that already.
    #[error("{0}")]
    ShownAbove(Shortfall),
    /// Newton's method fails for a share of the load.
    #[error(
        "the load with plasticity could be applied up to {:.1} % in {iterations} iterations; beyond, Newton's method does not converge: \
         phases yield without limit (perfect plasticity), or the tolerance is too small; apply a smaller load, give the phases hardening, \
         or raise rtol",
        100.0 * share
    )]
    Increment {
        /// The share of the load that was reached, 0 to 1.
        share: f64,
        /// Steps of conjugate gradients.
        iterations: usize,
    },
    /// Moduli that differ by more than double precision can tell apart.
    #[error(
        "Young's moduli range from {least:e} to {most:e} Pa, a contrast of more than 1e18; describe the soft phase as void, such as 0=void"
    )]
    Contrast {
        /// The smallest modulus, Pa.
        least: f64,
        /// The largest modulus, Pa.
        most: f64,
    },
    /// Voxel sizes out of range.
    #[error(
        "the voxel size is {} m along (z, y, x); stress needs sizes from 1e-30 m to 1e30 m whose ratio is at most 1e6; correct --voxel-size",
        .spacing.map(|h| format!("{h:e}")).join(" x ")
    )]
    Spacing {
        /// Voxel size along (z, y, x), m.
        spacing: [f64; 3],
    },
    /// A prescribed mean beyond every linear theory.
    #[error(
        "the prescribed {component} is {value:e}; strains must lie between -1000 and 1000, stresses within 1000 times the largest modulus"
    )]
    Prescribed {
        /// "mean strain zz"
        component: String,
        /// Strain, or stress in Pa.
        value: f64,
    },
    /// A tolerance out of range.
    #[error("the relative error {value:e} is out of reach; ask for one between 1e-12 and 1")]
    Tolerance {
        /// The value.
        value: f64,
    },
}
