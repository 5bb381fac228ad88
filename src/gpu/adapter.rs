//! Which devices are there, what they can do, and which one a run takes.

use std::{fmt, sync::LazyLock};

use super::{GpuError, quiet::quietly, visible};

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
    /// Its place among those present, from 1: what "#1" means where a device is chosen.
    pub place: usize,
    /// Name, such as "NVIDIA H200".
    pub name: String,
    /// Where it sits on the PCI bus, such as "0000:65:00.0"; empty where the driver does not say.
    pub address: String,
    /// Number of its maker.
    pub(super) vendor: u32,
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
            place: 0,
            name: info.name,
            address: info.device_pci_bus_id,
            vendor: info.vendor,
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
    /// The best whose name or PCI address contains the text, in any case of letters; "#2" is the second of those present.
    Named(String),
}

impl fmt::Display for Selection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Real => f.write_str("a real GPU"),
            Self::Best => f.write_str("any adapter"),
            Self::Named(text) if number(text).is_some() => write!(f, "the adapter {text}"),
            Self::Named(text) => write!(f, "one with \"{text}\" in its name or PCI address"),
        }
    }
}

impl Selection {
    fn admits(&self, info: &AdapterInfo) -> bool {
        match self {
            Self::Real => info.kind != AdapterKind::Software,
            Self::Best => true,
            Self::Named(text) => match number(text) {
                Some(place) => info.place == place,
                None => [&info.name, &info.address]
                    .iter()
                    .any(|own| own.to_lowercase().contains(&text.to_lowercase())),
            },
        }
    }
}

/// The place that "#2" means.
fn number(text: &str) -> Option<usize> {
    text.strip_prefix('#')?.trim().parse().ok()
}

/// The adapters present, best first; empty where there is no driver or no Vulkan loader.
pub fn adapters() -> Vec<AdapterInfo> {
    present().into_iter().map(|(_, info)| info).collect()
}

/// Every adapter that a selection admits, at least one, best first, software only where there is nothing else: what work is
/// spread over.
///
/// # Errors
/// [`GpuError::NoAdapter`].
pub fn admitted(selection: &Selection) -> Result<Vec<AdapterInfo>, GpuError> {
    let present = adapters();
    let mut admitted = present.clone();
    admitted.retain(|info| selection.admits(info));
    if admitted.is_empty() {
        return Err(none_fits(selection, &present));
    }
    let software = |info: &AdapterInfo| info.kind == AdapterKind::Software;
    if !admitted.iter().all(software) {
        admitted.retain(|info| !software(info));
    }
    Ok(admitted)
}

fn none_fits(selection: &Selection, present: &[AdapterInfo]) -> GpuError {
    let names = present.iter().map(|info| format!("#{} {info}", info.place));
    let names: Vec<String> = names.collect();
    GpuError::NoAdapter {
        wanted: selection.to_string(),
        present: match names.as_slice() {
            [] => "none".to_owned(),
            names => names.join(", "),
        },
    }
}

/// What an environment variable says of the adapters that this process may take, where it says something that can be told
/// from here: a line for `voxion devices`.
pub fn masks() -> Vec<String> {
    let infos: Vec<AdapterInfo> = found().into_iter().map(|(_, info)| info).collect();
    visible::told(&infos)
}

/// The adapter that a selection means.
pub(super) fn select(selection: &Selection) -> Result<(wgpu::Adapter, AdapterInfo), GpuError> {
    let present = present();
    let infos: Vec<AdapterInfo> = present.iter().map(|(_, info)| info.clone()).collect();
    present
        .into_iter()
        .find(|(_, info)| selection.admits(info))
        .ok_or_else(|| none_fits(selection, &infos))
}

/// Those of which the environment makes use, numbered.
fn present() -> Vec<(wgpu::Adapter, AdapterInfo)> {
    let mut found = found();
    let infos: Vec<AdapterInfo> = found.iter().map(|(_, info)| info.clone()).collect();
    let mut admitted = visible::of(&infos).into_iter();
    found.retain(|_| admitted.next().unwrap_or(true));
    for (place, (_, info)) in found.iter_mut().enumerate() {
        info.place = place + 1;
    }
    found
}

fn found() -> Vec<(wgpu::Adapter, AdapterInfo)> {
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
    found.sort_by(|(_, a), (_, b)| (a.kind, &a.address).cmp(&(b.kind, &b.address)));
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
            place: 1,
            name: name.to_owned(),
            address: String::new(),
            vendor: 0,
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
    fn cards_of_one_name_are_told_apart_by_place_and_address() {
        let card = |place: usize, address: &str| AdapterInfo {
            place,
            address: address.to_owned(),
            ..info("NVIDIA H100", AdapterKind::Discrete)
        };
        let cards = [card(1, "0000:18:00.0"), card(2, "0000:5E:00.0")];
        let chosen = |text: &str| -> Vec<usize> {
            let selection = Selection::Named(text.to_owned());
            let admitted = cards.iter().filter(|card| selection.admits(card));
            admitted.map(|card| card.place).collect()
        };
        assert_eq!(chosen("h100"), [1, 2]);
        assert_eq!((chosen("#2"), chosen("5e:00")), (vec![2], vec![2]));
        assert_eq!(chosen("#3"), Vec::<usize>::new());
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
