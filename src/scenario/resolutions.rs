//! Whether the discretisation error is estimated.

/// At how many resolutions a volume is solved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Resolutions {
    /// As it is.
    #[default]
    One,
    /// At half and quarter resolution, too, from which the discretisation error is estimated.
    Three,
}
