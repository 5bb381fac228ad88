//! One file per equation.

pub(crate) mod assembled;
pub mod carriers;
pub mod conduction;
pub mod elasticity;
pub mod energy_density;
pub mod kinetics;
pub(crate) mod machine;
pub mod network;
pub mod opened;
pub mod swelling;

pub use carriers::ElectrodeError;
pub use conduction::{Conduction, ProblemError};
pub use elasticity::{Elasticity, ElasticityError};
