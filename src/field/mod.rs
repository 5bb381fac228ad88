//! Vectors of unknowns on two machines.

/// Where a solve runs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Backend {
    /// A real GPU where there is one, else the host. Never a software adapter.
    #[default]
    Auto,
    /// The CPU, with rayon.
    Host,
    /// The best adapter present, software included; or the first whose name contains the text, case-insensitively.
    Device {
        /// Part of the adapter's name.
        name: Option<String>,
    },
}
