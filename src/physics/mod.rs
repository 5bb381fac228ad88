//! One file per equation.

pub mod conduction;

pub use conduction::{Conduction, ProblemError};
