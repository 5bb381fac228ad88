//! The only module that names wgpu: adapters, typed buffers, kernels, and the order in which they run.
//!
//! A [`Gpu`] is one opened device with its queue; it lives as long as a run and may be shared between threads. A
//! [`Buffer`] is typed device memory and is freed when dropped. A [`Kernel`] is one WGSL entry point, compiled once
//! before the first iteration. [`Gpu::launch`] records a dispatch and returns at once; recorded work is submitted in
//! batches, two at most in flight, and reading back waits. Nothing here panics when a device is lost or runs out of
//! memory: the next call says so with a [`GpuError`].
//!
//! ```no_run
//! use voxion::gpu::{Gpu, GpuError, Grid, Precision, Selection};
//!
//! const SOURCE: &str = "
//!     struct Params { count: u32, factor: f32 }
//!     var<immediate> params: Params;
//!     @group(0) @binding(0) var<storage, read_write> x: array<real>;
//!
//!     @compute @workgroup_size(LANES)
//!     fn scale(@builtin(global_invocation_id) thread: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
//!         let i = line_index(thread, groups);
//!         if i < params.count { x[i] *= real(params.factor); }
//!     }";
//!
//! #[repr(C)]
//! #[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
//! struct Params {
//!     count: u32,
//!     factor: f32,
//! }
//!
//! fn main() -> Result<(), GpuError> {
//!     let gpu = Gpu::open(&Selection::Best)?;
//!     let scale = gpu.kernel(SOURCE, "scale", Precision::F32)?;
//!     let x = gpu.upload(&[1.0_f32, 2.0, 3.0])?;
//!     gpu.launch(&scale, Grid::Line(3), &[x.binding()], &Params { count: 3, factor: 2.0 })?;
//!     assert_eq!(gpu.download(&x, ..)?, [2.0, 4.0, 6.0]);
//!     Ok(())
//! }
//! ```

mod adapter;
mod bandwidth;
mod buffer;
mod device;
mod error;
mod kernel;
mod link;
mod memory;
mod quiet;
mod recorder;
mod shader;
mod timing;
mod visible;
mod workgroup;

pub use adapter::{
    AdapterInfo, AdapterKind, Selection, WorkgroupLimits, adapters, admitted, masks,
};
pub use buffer::{Binding, Buffer};
pub use device::{Gpu, LimitsOverride};
pub use error::GpuError;
pub use kernel::{Grid, Kernel, LANES};
pub use recorder::Tally;
pub use shader::{Precision, validate_wgsl};
pub use timing::KernelTime;
pub use workgroup::{Choices, WorkgroupShape};
