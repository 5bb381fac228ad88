//! From grey values to labels: histogram and thresholds, a median filter against noise, and what is done to labels before
//! they are used: cutting out, renumbering, merging voxels. [`porosity`] counts pores, with the confidence of the count.

mod data_bar;
pub mod edit;
mod median;
pub mod porosity;
pub mod threshold;

pub use data_bar::data_bar;
pub use median::median;
pub use threshold::{Clip, Cuts, Histogram, Threshold, segment};

/// Grey values or labels that cannot be treated as asked.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SegmentError {
    /// A threshold that leaves nothing on one side.
    #[error(
        "the threshold {threshold} lies outside of the grey values, which run from {} to {}; \
         choose one between them",
        brief(*least), brief(*most)
    )]
    Outside {
        /// The threshold, as typed.
        threshold: String,
        /// The smallest grey value.
        least: f64,
        /// The largest.
        most: f64,
    },
    /// No value left to count.
    #[error(
        "no grey value lies from {} to {}; they run from {} to {}; give --clip a range that holds some",
        brief(*low), brief(*high), brief(*least), brief(*most)
    )]
    NothingLeft {
        /// Smallest value to count.
        low: f64,
        /// Largest value to count.
        high: f64,
        /// The smallest grey value.
        least: f64,
        /// The largest.
        most: f64,
    },
    /// Nothing to tell apart.
    #[error(
        "every grey value is {value}, so no threshold can divide them; check the picture or the region"
    )]
    Uniform {
        /// The only value.
        value: f64,
    },
    /// Fewer different grey values than classes.
    #[error("{classes} classes need as many different grey values, and there are {values}")]
    TooFewValues {
        /// The classes asked for.
        classes: usize,
        /// Different values.
        values: usize,
    },
    /// A region that reaches beyond the volume, or holds nothing.
    #[error(
        "the region {region} along {axis} does not lie inside 0:{length}; give first:end with first < end <= {length}"
    )]
    Region {
        /// The region, as typed.
        region: String,
        /// "z", "y" or "x".
        axis: &'static str,
        /// Voxels along that axis.
        length: usize,
    },
    /// A label to renumber that is not there.
    #[error("label {label} is to be renumbered, but the volume holds {present}")]
    UnknownLabel {
        /// The label named.
        label: i64,
        /// The labels there are.
        present: String,
    },
    /// Blocks larger than the volume.
    #[error(
        "blocks of {factor} voxels do not fit into {length} along {axis}; give a smaller factor"
    )]
    Factor {
        /// Voxels of a block along each axis.
        factor: usize,
        /// "z", "y" or "x".
        axis: &'static str,
        /// Voxels along that axis.
        length: usize,
    },
    /// A picture too small for its confidence.
    #[error(
        "{pixels} pixels along {axis} are too few for sub-windows; take a region of at least {least}"
    )]
    TooSmall {
        /// Pixels along that axis.
        pixels: usize,
        /// "z", "y" or "x".
        axis: &'static str,
        /// The fewest that are taken.
        least: usize,
    },
}

/// Six digits, which is what an f32 holds.
fn brief(value: f64) -> String {
    let rounded: Result<f64, _> = format!("{value:.5e}").parse();
    rounded.unwrap_or(value).to_string()
}
