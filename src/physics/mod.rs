//! One file per equation.

pub(crate) mod assembled;
pub mod conduction;
pub mod network;

pub use conduction::{Conduction, ProblemError};
