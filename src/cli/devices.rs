//! `voxion devices`: which adapters there are, what they can do, and which one `--backend auto` takes.

use super::{numbers::grouped, resolve::Form, stdout, table::plain_table};
use anyhow::Result;
use indicatif::BinaryBytes;
use serde::Serialize;
use voxion::gpu::{AdapterInfo, AdapterKind, adapters};

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
    if adapters.is_empty() {
        return format!("No adapter is present (no Vulkan, Metal or DX12 driver).\n{auto}");
    }
    let names: Vec<&str> = adapters
        .iter()
        .map(|adapter| adapter.name.as_str())
        .collect();
    let mut table = plain_table(&[&["device"], names.as_slice()].concat());
    let mut add = |title: &str, value: fn(&AdapterInfo) -> String| {
        let cells = adapters.iter().map(value);
        table.add_row(
            std::iter::once(title.to_owned())
                .chain(cells)
                .collect::<Vec<_>>(),
        );
    };
    add("kind", |adapter| adapter.kind.to_string());
    add("driver", |adapter| adapter.driver.clone());
    add("reached through", |adapter| adapter.api.to_owned());
    add("f64", |adapter| {
        (if adapter.double_precision {
            "yes"
        } else {
            "no"
        })
        .to_owned()
    });
    add("largest buffer", |adapter| {
        BinaryBytes(adapter.max_buffer_bytes).to_string()
    });
    add("largest binding", |adapter| {
        BinaryBytes(adapter.max_binding_bytes).to_string()
    });
    add("threads per workgroup", |adapter| {
        adapter.workgroup.threads.to_string()
    });
    add("memory per workgroup", |adapter| {
        BinaryBytes(adapter.workgroup.shared_bytes.into()).to_string()
    });
    add("workgroups per dimension", |adapter| {
        usize::try_from(adapter.workgroup.groups).map_or_else(|_| "many".to_owned(), grouped)
    });
    format!("{table}\n\n{auto}")
}

#[derive(Serialize)]
struct Document<'a> {
    voxion: &'static str,
    devices: Vec<Device<'a>>,
    auto: &'a str,
}

#[derive(Serialize)]
struct Device<'a> {
    name: &'a str,
    kind: String,
    driver: &'a str,
    api: &'static str,
    f64: bool,
    max_buffer_bytes: u64,
    max_binding_bytes: u64,
    workgroup_threads: u32,
    workgroup_shared_bytes: u32,
    workgroups_per_dimension: u32,
}

fn document(adapters: &[AdapterInfo]) -> Result<String> {
    let devices = adapters.iter().map(|adapter| Device {
        name: &adapter.name,
        kind: adapter.kind.to_string(),
        driver: &adapter.driver,
        api: adapter.api,
        f64: adapter.double_precision,
        max_buffer_bytes: adapter.max_buffer_bytes,
        max_binding_bytes: adapter.max_binding_bytes,
        workgroup_threads: adapter.workgroup.threads,
        workgroup_shared_bytes: adapter.workgroup.shared_bytes,
        workgroups_per_dimension: adapter.workgroup.groups,
    });
    stdout::json(&Document {
        voxion: env!("CARGO_PKG_VERSION"),
        devices: devices.collect(),
        auto: taken_by_auto(adapters).map_or("host", |adapter| &adapter.name),
    })
}
