//! The material: labelled voxels, their phases and how they connect.

mod coarsen;
mod components;
pub mod connectivity;
mod distance;
pub mod generate;
mod interface;
pub mod measure;
mod percolation;
pub mod segment;
mod volume;
pub mod wrapping;

pub use coarsen::{coarsen, coarsen_ids};
pub use components::{Component, Components};
pub(crate) use distance::squared_distances;
pub use interface::Interfaces;
pub use percolation::percolating_fractions;
pub use volume::{Axis, Volume};
