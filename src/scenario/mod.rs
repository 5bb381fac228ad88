//! A run as data: read, check (units, ranges, names), and turn into a problem.

/// A scenario file or a quantity that cannot be understood.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {}
