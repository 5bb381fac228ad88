//! What was measured, as tables for people and as JSON for programs.

use super::{FRACTION, Measured, Report, SEED, WIDTH, kernels::Kernel, measure::Place};
use crate::cli::{numbers::grouped, stdout, table::plain_table};
use anyhow::Result;
use comfy_table::Table;
use serde::Serialize;
use std::iter::once;
use voxion::{
    gpu::AdapterKind,
    physics::conduction::MemoryMode,
    report::numbers::{plain, with_bound},
};

/// Tables and notes.
pub(super) fn tables(report: &Report) -> String {
    let size = report.size;
    let mut text = format!(
        "{size} x {size} x {size} = {} voxels, half of them conduct in blobs {WIDTH} voxels wide; threads on the host: {}\n\n",
        grouped(size * size * size),
        report.threads
    );
    if !report.measured.is_empty() {
        text += &format!("{}\n\n{}\n", places(report), explanation());
    }
    for (title, kernels) in &report.kernels {
        text += &format!("\n{}\n", kernel_table(report, title, kernels));
    }
    for note in &report.notes {
        text += &format!("\n{note}\n");
    }
    text
}

/// One column per place.
fn places(report: &Report) -> Table {
    let titles: Vec<String> = report.measured.iter().map(|m| m.place.title()).collect();
    let mut table = plain_table(&[&["on".to_owned()], titles.as_slice()].concat());
    let mut add = |title: &str, value: &dyn Fn(&Measured) -> String| {
        let values = report.measured.iter().map(value);
        table.add_row(once(title.to_owned()).chain(values).collect::<Vec<_>>());
    };
    let voxels = report.voxels();
    add("copy bandwidth, GB/s", &|m| {
        format!("{:.1}", m.bandwidth * 1e-9)
    });
    add("set-up, s", &|m| format!("{:.3}", m.set_up));
    add("iteration, ms", &|m| format!("{:.1}", m.iteration * 1e3));
    add("over the bandwidth floor", &|m| {
        format!("{:.1}", m.ratio(voxels))
    });
    add("peak bytes per voxel on the host", &|m| {
        m.peak.map_or("-".to_owned(), |peak| {
            format!("{:.1}", peak as f64 / voxels)
        })
    });
    add("iterations to 0.1 %", &|m| {
        m.effective.iterations.to_string()
    });
    add("seconds to 0.1 %", &|m| {
        format!("{:.2}", m.effective.seconds)
    });
    add("effective conductivity", &|m| {
        with_bound(m.effective.effective_conductivity, m.effective.error_bound)
    });
    table
}

fn explanation() -> &'static str {
    "Copy bandwidth counts bytes read and written. The floor of an iteration is the time to move, at that bandwidth, every\n\
     vector of voxels as often as an iteration needs it; coarse levels, which need more, are not in it. Set-up is\n\
     connectivity and levels. Peak bytes count labels and not the program. Seconds run from labels in memory to the number."
}

fn kernel_table(report: &Report, title: &str, kernels: &[Kernel]) -> Table {
    let mut table = plain_table(&[&format!("kernel on {title}"), "ms", "MB", "over the floor"]);
    let place = report.measured.iter().find(|m| m.place.title() == title);
    for kernel in kernels {
        let floor = kernel.bytes.zip(place).map(|(b, m)| b / m.bandwidth);
        table.add_row([
            kernel.name.clone(),
            format!("{:.2}", kernel.seconds * 1e3),
            kernel
                .bytes
                .map_or(String::new(), |b| plain((b * 1e-4).round() * 1e-2)),
            floor.map_or(String::new(), |floor| {
                format!("{:.1}", kernel.seconds / floor)
            }),
        ]);
    }
    table
}

#[derive(Serialize)]
struct Document {
    voxion: &'static str,
    size: usize,
    seed: u64,
    conducting_fraction: f64,
    blob_width_voxels: f64,
    threads: usize,
    backends: Vec<Entry>,
    notes: Vec<String>,
}

#[derive(Serialize)]
struct Entry {
    backend: &'static str,
    lean: bool,
    adapter: Option<String>,
    software: bool,
    copy_bytes_per_second: f64,
    set_up_seconds: f64,
    iteration_seconds: f64,
    iteration_floor_bytes_per_voxel: f64,
    iteration_over_floor: f64,
    peak_bytes: Option<u64>,
    peak_bytes_per_voxel: Option<f64>,
    iterations: usize,
    seconds: f64,
    effective_conductivity: f64,
    error_bound: f64,
    kernels: Vec<KernelEntry>,
}

#[derive(Serialize)]
struct KernelEntry {
    name: String,
    seconds: f64,
    bytes: Option<f64>,
    over_floor: Option<f64>,
}

/// One object with a line end.
pub(super) fn document(report: &Report) -> Result<String> {
    stdout::json(&Document {
        voxion: env!("CARGO_PKG_VERSION"),
        size: report.size,
        seed: SEED,
        conducting_fraction: FRACTION,
        blob_width_voxels: WIDTH,
        threads: report.threads,
        backends: report.measured.iter().map(|m| entry(report, m)).collect(),
        notes: report.notes.clone(),
    })
}

fn entry(report: &Report, measured: &Measured) -> Entry {
    let voxels = report.voxels();
    let adapter = match &measured.place {
        Place::Host(_) => None,
        Place::Device(adapter, _) => Some(adapter),
    };
    let title = measured.place.title();
    let kernels = report.kernels.iter().filter(|(of, _)| *of == title);
    Entry {
        backend: if adapter.is_some() { "device" } else { "host" },
        lean: measured.place.mode() == MemoryMode::Lean,
        adapter: adapter.map(|adapter| adapter.name.clone()),
        software: adapter.is_some_and(|adapter| adapter.kind == AdapterKind::Software),
        copy_bytes_per_second: measured.bandwidth,
        set_up_seconds: measured.set_up,
        iteration_seconds: measured.iteration,
        iteration_floor_bytes_per_voxel: measured.place.floor_bytes(&measured.effective),
        iteration_over_floor: measured.ratio(voxels),
        peak_bytes: measured.peak,
        peak_bytes_per_voxel: measured.peak.map(|peak| peak as f64 / voxels),
        iterations: measured.effective.iterations,
        seconds: measured.effective.seconds,
        effective_conductivity: measured.effective.effective_conductivity,
        error_bound: measured.effective.error_bound,
        kernels: kernels
            .flat_map(|(_, kernels)| kernels)
            .map(|kernel| kernel_entry(kernel, measured.bandwidth))
            .collect(),
    }
}

fn kernel_entry(kernel: &Kernel, bandwidth: f64) -> KernelEntry {
    KernelEntry {
        name: kernel.name.clone(),
        seconds: kernel.seconds,
        bytes: kernel.bytes,
        over_floor: kernel.bytes.map(|bytes| kernel.seconds * bandwidth / bytes),
    }
}
