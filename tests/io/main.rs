//! Does every supported file give the volume that was put into it, and every unusable one a clear error?

mod axes;
mod data;
mod errors;
mod errors_by_format;
mod files;
mod hdf5_files;
mod headers;
mod mutations;
mod output;
mod round_trips;
mod round_trips_images;
mod slices;
mod tiff_files;
mod tiff_samples;
mod tiff_stacks;
mod written;
