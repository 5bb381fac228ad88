//! `voxion devices`: which adapters there are, what they can do, and which one `--backend auto` takes.

use super::{resolve::Form, stdout, table::plain_table};
use anyhow::Result;
use comfy_table::Table;
use indicatif::BinaryBytes;
use serde::Serialize;
use std::iter::once;
use voxion::gpu::{AdapterInfo, AdapterKind, Choices, adapters, masks};

/// Shows every adapter.
pub(crate) fn devices(form: Form) -> Result<()> {
    let adapters = adapters();
    stdout::print(&match form {
        Form::Json => document(&adapters)?,
        Form::Table => tables(&adapters),
    })
}

/// The best real GPU; none means the host.
fn taken_by_auto(adapters: &[AdapterInfo]) -> Option<&AdapterInfo> {
    adapters
        .iter()
        .find(|adapter| adapter.kind != AdapterKind::Software)
}

fn tables(adapters: &[AdapterInfo]) -> String {
    let auto = match taken_by_auto(adapters) {
        Some(adapter) => format!("--backend auto takes {}.\n", adapter.name),
        None => "--backend auto takes the host: there is no real GPU here.\n".to_owned(),
    };
    let masks: String = masks().iter().map(|line| format!("{line}\n")).collect();
    match adapters {
        [] => format!(
            "No adapter is present (no Vulkan, Metal or DX12 driver).\n{masks}{auto}{ABSENT}"
        ),
        _ => format!("{}\n\n{masks}{auto}", table(adapters)),
    }
}

/// What to look for where a card is known to be there.
const ABSENT: &str = "\
If there is a card: is the Vulkan loader installed (libvulkan.so.1), is the driver's file in /usr/share/vulkan/icd.d or
/etc/vulkan/icd.d, or named by VK_DRIVER_FILES, and may this user open /dev/nvidia* or /dev/dri/renderD*? docs/gpu-nodes.md has
the steps for NVIDIA, AMD and Intel, and for containers.
";

/// One column per adapter.
fn table(adapters: &[AdapterInfo]) -> Table {
    let names: Vec<&str> = adapters
        .iter()
        .map(|adapter| adapter.name.as_str())
        .collect();
    let mut table = plain_table(&[&["device"], names.as_slice()].concat());
    let mut add = |title: &str, value: fn(&AdapterInfo) -> String| {
        table.add_row(
            once(title.to_owned())
                .chain(adapters.iter().map(value))
                .collect::<Vec<_>>(),
        );
    };
    add("chosen by", |a| format!("--device '#{}'", a.place));
    add("PCI address", |a| match a.address.as_str() {
        "" => "not told".to_owned(),
        address => address.to_owned(),
    });
    add("kind", |a| a.kind.to_string());
    add("driver", |a| a.driver.clone());
    add("reached through", |a| a.api.to_owned());
    add("f64", |a| {
        (if a.double_precision { "yes" } else { "no" }).to_owned()
    });
    add("memory", |_| "not told by the driver interface".to_owned());
    add("largest buffer", |a| {
        BinaryBytes(a.max_buffer_bytes).to_string()
    });
    add("largest binding", |a| {
        BinaryBytes(a.max_binding_bytes).to_string()
    });
    add("threads per workgroup", |a| a.workgroup.threads.to_string());
    add("memory per workgroup", |a| {
        BinaryBytes(a.workgroup.shared_bytes.into()).to_string()
    });
    add("workgroups per dimension", |a| {
        a.workgroup.groups.to_string()
    });
    add("shape of a workgroup", |a| {
        let known = Choices::of_the_user().known(a);
        known.map_or("not measured yet".to_owned(), |shape| shape.to_string())
    });
    table
}

#[derive(Serialize)]
struct Document<'a> {
    voxion: &'static str,
    devices: Vec<Device<'a>>,
    auto: &'a str,
}

#[derive(Serialize)]
struct Device<'a> {
    place: usize,
    name: &'a str,
    pci_address: &'a str,
    kind: String,
    driver: &'a str,
    api: &'static str,
    f64: bool,
    max_buffer_bytes: u64,
    max_binding_bytes: u64,
    workgroup_threads: u32,
    workgroup_shared_bytes: u32,
    workgroups_per_dimension: u32,
    /// None until it is measured.
    workgroup_shape: Option<String>,
}

fn document(adapters: &[AdapterInfo]) -> Result<String> {
    let devices = adapters.iter().map(|adapter| Device {
        place: adapter.place,
        name: &adapter.name,
        pci_address: &adapter.address,
        kind: adapter.kind.to_string(),
        driver: &adapter.driver,
        api: adapter.api,
        f64: adapter.double_precision,
        max_buffer_bytes: adapter.max_buffer_bytes,
        max_binding_bytes: adapter.max_binding_bytes,
        workgroup_threads: adapter.workgroup.threads,
        workgroup_shared_bytes: adapter.workgroup.shared_bytes,
        workgroups_per_dimension: adapter.workgroup.groups,
        workgroup_shape: Choices::of_the_user()
            .known(adapter)
            .map(|shape| shape.to_string()),
    });
    stdout::json(&Document {
        voxion: env!("CARGO_PKG_VERSION"),
        devices: devices.collect(),
        auto: taken_by_auto(adapters).map_or("host", |adapter| &adapter.name),
    })
}
