//! The material: labelled voxels, their phases and how they connect.

pub mod connectivity;
pub mod generate;
mod percolation;
mod volume;

pub use percolation::percolating_fractions;
pub use volume::{Axis, Volume};
