//! Voxion: transport through voxelized battery microstructures, with a certified error bound on every number.

mod error;
pub mod field;
pub mod gpu;
pub mod io;
pub mod microstructure;
pub mod physics;
pub mod report;
pub mod scenario;
pub mod solve;

pub use error::{Error, Result};
