//! One file per equation.

pub(crate) mod assembled;
pub mod conduction;
pub mod elasticity;
pub mod network;

pub use conduction::{Conduction, ProblemError};
pub use elasticity::{Elasticity, ElasticityError};
