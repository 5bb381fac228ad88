//! The material: labelled voxels, their phases and how they connect.

pub mod connectivity;
mod volume;

pub use volume::{Axis, Volume};
