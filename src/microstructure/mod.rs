//! The material: labelled voxels, their phases and how they connect.

mod components;
pub mod connectivity;
mod distance;
pub mod generate;
mod interface;
pub mod measure;
mod percolation;
pub mod segment;
mod volume;

pub use components::{Component, Components};
pub use interface::Interfaces;
pub use percolation::percolating_fractions;
pub use volume::{Axis, Volume};
