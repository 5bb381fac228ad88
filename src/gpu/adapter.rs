//! Which devices are there, what they can do, and which one a run takes.

use std::{fmt, sync::LazyLock};

use super::{GpuError, quiet::quietly};

/// What an adapter is made of, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AdapterKind {
    /// A GPU with its own memory.
    Discrete,
    /// A GPU that shares the host's memory.
    Integrated,
    /// A GPU handed through by a hypervisor.
    Virtual,
    /// The driver does not say.
    Other,
    /// A CPU that emulates a GPU, such as lavapipe: right, and slower than the host backend.
    Software,
}

impl fmt::Display for AdapterKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Discrete => "discrete",
            Self::Integrated => "integrated",
            Self::Virtual => "virtual",
            Self::Other => "unknown kind",
            Self::Software => "software",
        })
    }
}

/// What workgroups of a device can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkgroupLimits {
    /// Threads in one workgroup.
    pub threads: u32,
    /// Bytes of memory shared by one workgroup.
    pub shared_bytes: u32,
    /// Workgroups per dimension of one launch.
    pub groups: u32,
}

/// An adapter and its limits, as the driver states them. wgpu tells no adapter's memory: its allocator report knows only what
/// this process has taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdapterInfo {
    /// Name, such as "NVIDIA H200".
    pub name: String,
    /// Driver and its version.
    pub driver: String,
    /// What the adapter is made of.
    pub kind: AdapterKind,
    /// Graphics API it is reached through: "Vulkan", "Metal" or "DX12".
    pub api: &'static str,
    /// Whether kernels can compute in f64.
    pub double_precision: bool,
    /// Largest buffer, in bytes.
    pub max_buffer_bytes: u64,
    /// Largest part of a buffer that one kernel can see, in bytes: the size of a slab.
    pub max_binding_bytes: u64,
    /// Limits of workgroups.
    pub workgroup: WorkgroupLimits,
}

impl fmt::Display for AdapterInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}, {})", self.name, self.kind, self.api)
    }
}

impl AdapterInfo {
    pub(super) fn of(adapter: &wgpu::Adapter) -> Self {
        let (info, limits) = (adapter.get_info(), adapter.limits());
        Self {
            name: info.name,
            driver: format!("{} {}", info.driver, info.driver_info)
                .trim()
                .to_owned(),
            kind: kind(info.device_type),
            api: api(info.backend),
            double_precision: adapter.features().contains(wgpu::Features::SHADER_F64),
            max_buffer_bytes: limits.max_buffer_size,
            max_binding_bytes: limits.max_storage_buffer_binding_size,
            workgroup: WorkgroupLimits {
                threads: limits.max_compute_invocations_per_workgroup,
                shared_bytes: limits.max_compute_workgroup_storage_size,
                groups: limits.max_compute_workgroups_per_dimension,
            },
        }
    }
}

fn kind(device_type: wgpu::DeviceType) -> AdapterKind {
    match device_type {
        wgpu::DeviceType::DiscreteGpu => AdapterKind::Discrete,
        wgpu::DeviceType::IntegratedGpu => AdapterKind::Integrated,
        wgpu::DeviceType::VirtualGpu => AdapterKind::Virtual,
        wgpu::DeviceType::Other => AdapterKind::Other,
        wgpu::DeviceType::Cpu => AdapterKind::Software,
    }
}

fn api(backend: wgpu::Backend) -> &'static str {
    match backend {
        wgpu::Backend::Vulkan => "Vulkan",
        wgpu::Backend::Metal => "Metal",
        wgpu::Backend::Dx12 => "DX12",
        wgpu::Backend::Gl => "OpenGL",
        wgpu::Backend::BrowserWebGpu => "WebGPU",
        wgpu::Backend::Noop => "none",
    }
}

/// Which adapter a run takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    /// The best real GPU, never a software adapter.
    Real,
    /// The best adapter present, software included.
    Best,
    /// The best whose name contains the text, in any case of letters.
    Named(String),
}

impl fmt::Display for Selection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Real => f.write_str("a real GPU"),
            Self::Best => f.write_str("any adapter"),
            Self::Named(text) => write!(f, "one with \"{text}\" in its name"),
        }
    }
}

impl Selection {
    fn admits(&self, info: &AdapterInfo) -> bool {
        match self {
            Self::Real => info.kind != AdapterKind::Software,
            Self::Best => true,
            Self::Named(text) => info.name.to_lowercase().contains(&text.to_lowercase()),
        }
    }
}

/// The adapters present, best first; empty where there is no driver or no Vulkan loader.
pub fn adapters() -> Vec<AdapterInfo> {
    present().into_iter().map(|(_, info)| info).collect()
}

/// The adapter that a selection means.
pub(super) fn select(selection: &Selection) -> Result<(wgpu::Adapter, AdapterInfo), GpuError> {
    let present = present();
    let names: Vec<_> = present.iter().map(|(_, info)| info.to_string()).collect();
    present
        .into_iter()
        .find(|(_, info)| selection.admits(info))
        .ok_or_else(|| {
            let present = if names.is_empty() {
                "none".to_owned()
            } else {
                names.join(", ")
            };
            GpuError::NoAdapter {
                wanted: selection.to_string(),
                present,
            }
        })
}

fn present() -> Vec<(wgpu::Adapter, AdapterInfo)> {
    let search = || pollster::block_on(INSTANCE.enumerate_adapters(wgpu::Backends::all()));
    let found = quietly(search);
    let mut found: Vec<_> = found
        .into_iter()
        .filter(|adapter| adapter.features().contains(REQUIRED))
        .map(|adapter| {
            let info = AdapterInfo::of(&adapter);
            (adapter, info)
        })
        .collect();
    found.sort_by_key(|(_, info)| info.kind);
    found
}

/// Kernels take their parameters as immediates; every Vulkan, Metal and DX12 adapter has them.
pub(super) const REQUIRED: wgpu::Features = wgpu::Features::IMMEDIATES;

/// One for the process: some drivers do not survive being unloaded and loaded again.
static INSTANCE: LazyLock<wgpu::Instance> = LazyLock::new(|| {
    wgpu::Instance::new(wgpu::InstanceDescriptor {
        flags: wgpu::InstanceFlags::empty(),
        ..wgpu::InstanceDescriptor::new_without_display_handle()
    })
});

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(crate) fn info(name: &str, kind: AdapterKind) -> AdapterInfo {
        AdapterInfo {
            name: name.to_owned(),
            driver: String::new(),
            kind,
            api: "Vulkan",
            double_precision: true,
            max_buffer_bytes: 1 << 31,
            max_binding_bytes: 1 << 27,
            workgroup: WorkgroupLimits {
                threads: 256,
                shared_bytes: 1 << 14,
                groups: 65_535,
            },
        }
    }

    #[test]
    fn software_is_never_a_real_gpu_but_can_be_named() {
        let software = info("llvmpipe (LLVM 15)", AdapterKind::Software);
        assert!(!Selection::Real.admits(&software));
        assert!(Selection::Best.admits(&software));
        assert!(Selection::Named("LLVMpipe".to_owned()).admits(&software));
        assert!(!Selection::Named("NVIDIA".to_owned()).admits(&software));
        assert!(Selection::Real.admits(&info("NVIDIA H200", AdapterKind::Discrete)));
    }

    #[test]
    fn the_best_kind_comes_first() {
        assert!(AdapterKind::Discrete < AdapterKind::Integrated);
        assert!(AdapterKind::Other < AdapterKind::Software);
    }

    #[test]
    fn an_adapter_that_is_not_there_is_named_with_those_that_are() {
        let wanted = Selection::Named("no such adapter".to_owned());
        let sentence = select(&wanted).unwrap_err().to_string();
        assert!(
            sentence.contains("no such adapter") && sentence.contains("present is"),
            "{sentence}"
        );
    }
}
