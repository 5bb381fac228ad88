//! The only module that names wgpu.

/// No usable adapter, not enough memory, or a lost device.
#[derive(Debug, thiserror::Error)]
pub enum GpuError {}
