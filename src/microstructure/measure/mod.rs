//! Measures of a labelled volume: how much of each phase there is, how it connects, how large its surfaces are, where three
//! phases meet, how wide it is, and how large a volume must be to stand for the material.
//!
//! | question | measure | module |
//! |---|---|---|
//! | how much, how connected | volume fraction, percolation, components, open and closed porosity | [`phases`] |
//! | surface and interface area | Crofton's formula over 13 directions; face count | [`area`] |
//! | where three phases meet | triple-phase boundary, total and active | [`triple_line`] |
//! | how far to the next phase | exact Euclidean distance transform | [`distance`] |
//! | how wide | local thickness: the largest inscribed sphere | [`thickness`] |
//! | how long along a line | chord lengths | [`chords`] |
//! | how far order reaches | two-point correlation | [`two_point`] |
//! | how long the way through | geodesic tortuosity | [`geodesic`] |
//! | how large a sample | representative volume | [`representative`] |
//!
//! Lengths are in metres where the volume has a voxel size, else in voxels, which then are cubes. Every measure takes time
//! linear in the voxels ([`thickness`]: times the radius at worst), and gives the same numbers for any number of threads.

pub mod area;
pub mod chords;
pub mod distance;
pub mod distribution;
pub mod geodesic;
pub mod phases;
pub mod representative;
pub mod thickness;
pub mod triple_line;
pub mod two_point;

use super::Volume;

/// A question that does not fit the volume.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MeasureError {
    /// A label that no voxel has.
    #[error(
        "{role} is label {label}, which the volume does not hold; it holds {}",
        listed(present)
    )]
    UnknownLabel {
        /// What the label was named for.
        role: &'static str,
        /// The label named.
        label: i64,
        /// The labels of the volume.
        present: Vec<i64>,
    },
    /// One label in two roles.
    #[error("label {label} is named for {first} and for {second}; a phase has one role")]
    TwoRoles {
        /// The label.
        label: i64,
        /// One role.
        first: &'static str,
        /// The other.
        second: &'static str,
    },
    /// More voxels than a measure can number.
    #[error(
        "{measure} takes at most 2^32 voxels, and the volume has {voxels}; crop or coarsen it with `voxion convert`"
    )]
    TooLarge {
        /// The measure.
        measure: &'static str,
        /// Voxels of the volume.
        voxels: usize,
    },
}

/// Edges of a voxel in metres, (z, y, x), or 1 where no voxel size is known.
pub(crate) fn edges(volume: &Volume) -> [f64; 3] {
    volume.spacing().unwrap_or([1.0; 3])
}

/// The code of a label that at least one voxel has.
///
/// # Errors
/// [`MeasureError::UnknownLabel`].
pub fn code_of(volume: &Volume, label: i64, role: &'static str) -> Result<u8, MeasureError> {
    volume
        .code(label)
        .ok_or_else(|| MeasureError::UnknownLabel {
            role,
            label,
            present: volume.labels().to_vec(),
        })
}

/// Whether a measure that numbers voxels with 32 bits can take the volume.
fn check_size(volume: &Volume, measure: &'static str) -> Result<(), MeasureError> {
    let voxels = volume.codes().len();
    match u32::try_from(voxels) {
        Ok(count) if count < u32::MAX => Ok(()),
        _ => Err(MeasureError::TooLarge { measure, voxels }),
    }
}

/// "0, 85 and 170".
fn listed(labels: &[i64]) -> String {
    let words: Vec<String> = labels.iter().map(i64::to_string).collect();
    match words.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => words.concat(),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "voxels were counted: fewer than 2^32"
)]
fn numbered(voxel: usize) -> u32 {
    voxel as u32
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "kept in f32: 6e-8 of a length"
)]
fn narrowed(length: f64) -> f32 {
    length as f32
}
