//! File formats only: labelled volumes in, nothing about what they mean.

/// A file that cannot be read as a volume, or a result that cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum IoError {}
