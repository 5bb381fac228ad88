//! The material: labelled voxels, their phases and how they connect.

mod volume;

pub use volume::{Axis, Volume};
