//! Do the measures give the known answers, whatever the axis, the labels and the voxel size?

#[path = "../common/shapes.rs"]
#[allow(dead_code, reason = "the shapes of other tests")]
mod shapes;

mod data;
mod distances;
mod flat_voxels;
mod invariance;
mod lines;
mod media;
mod samples;
mod surfaces;
mod thresholds;
mod ways;
