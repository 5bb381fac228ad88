//! One file per equation.

pub mod conduction;
pub mod elasticity;
pub mod swelling;

pub use conduction::{Conduction, ProblemError};
pub use elasticity::{Elasticity, ElasticityError};
