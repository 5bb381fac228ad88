//! `voxion bench`: how fast this machine solves, on the host and on every device, measured against how fast it copies memory.

mod kernels;
mod measure;
mod show;

use super::{
    interrupt::Interrupt,
    memory,
    progress::Steps,
    resolve::{Form, Verbosity},
    solve::set_threads,
    stdout, values,
};
use anyhow::{Result, bail};
use clap::Args;
use kernels::Kernel;
use measure::{Measured, Place};
use voxion::{
    field::Backend,
    gpu::{AdapterInfo, adapters},
    microstructure::{Volume, generate::blobs},
    physics::conduction::{Conduction, MemoryMode},
    scenario::words::Words,
};

/// Which machines are measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Machines {
    All,
    Host,
    Device,
}

const MACHINES: Words<Machines> = Words::new(&[
    ("all", Machines::All),
    ("host", Machines::Host),
    ("device", Machines::Device),
]);

#[derive(Debug, Args)]
pub(crate) struct BenchArguments {
    /// Voxels along each side of the medium
    #[arg(long, value_name = "N", default_value = "128", value_parser = clap::value_parser!(u16).range(16..=2048))]
    size: u16,
    /// all: the host and every device, those that emulate one in software too
    #[arg(long, default_value = "all", value_parser = values::choice(&MACHINES))]
    backend: Machines,
    /// Threads on the host [default: all cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=4096))]
    threads: Option<u16>,
    /// Show the time of each kernel too, with the bytes it must move
    #[arg(long)]
    kernels: bool,
    /// Print one JSON object instead of tables
    #[arg(long)]
    json: bool,
}

/// The medium that is solved: half of it conducts, in blobs eight voxels wide.
const WIDTH: f64 = 8.0;
const FRACTION: f64 = 0.5;
const SEED: u64 = 1;

/// What was measured.
struct Report {
    size: usize,
    threads: usize,
    measured: Vec<Measured>,
    /// Kernels of each place that was asked for them.
    kernels: Vec<(String, Vec<Kernel>)>,
    /// What could not be measured, a sentence each.
    notes: Vec<String>,
}

impl Report {
    fn voxels(&self) -> f64 {
        (self.size * self.size * self.size) as f64
    }
}

/// Measures and shows.
pub(crate) fn bench(arguments: &BenchArguments) -> Result<()> {
    let interrupt = Interrupt::listen()?;
    set_threads(arguments.threads.map(usize::from))?;
    let places = places(arguments.backend)?;
    let size = usize::from(arguments.size);
    let mut steps = Steps::new(places.len() + 1, Verbosity::Normal);
    steps.begin(format!(
        "building a medium of {size} x {size} x {size} voxels"
    ));
    let volume = blobs([size; 3], WIDTH, FRACTION, SEED);
    let mut report = Report {
        size,
        threads: rayon::current_num_threads(),
        measured: Vec::new(),
        kernels: Vec::new(),
        notes: Vec::new(),
    };
    let idle = memory::resident_bytes();
    for place in &places {
        interrupt.check()?;
        steps.begin(place.title());
        report.add(place, (&volume, idle), (&interrupt, arguments.kernels))?;
    }
    steps.end();
    stdout::print(&match Form::from_flag(arguments.json) {
        Form::Json => show::document(&report)?,
        Form::Table => show::tables(&report),
    })
}

/// Where to measure.
fn places(machines: Machines) -> Result<Vec<Place>> {
    let modes = [MemoryMode::Full, MemoryMode::Lean];
    let host = modes.map(Place::Host);
    let both = |adapter: AdapterInfo| modes.map(|mode| Place::Device(adapter.clone(), mode));
    let devices = adapters().into_iter().flat_map(both);
    let places: Vec<Place> = match machines {
        Machines::Host => host.to_vec(),
        Machines::Device => devices.collect(),
        Machines::All => host.into_iter().chain(devices).collect(),
    };
    if places.is_empty() {
        bail!("no adapter is present (no Vulkan, Metal or DX12 driver); measure --backend host");
    }
    Ok(places)
}

impl Report {
    /// Measures a place, or notes why that cannot be done.
    fn add(
        &mut self,
        place: &Place,
        (volume, idle): (&Volume, Option<u64>),
        (interrupt, kernels): (&Interrupt, bool),
    ) -> Result<()> {
        let problem = Conduction::new(volume).conductivity(1, 1.0)?;
        if let Some(why) = place.hindered(&problem) {
            self.notes.push(format!("{}: {why}", place.title()));
            return Ok(());
        }
        match measure::measure(place, (&problem, idle), interrupt) {
            Ok((measured, notices)) => {
                let notices = notices.into_iter();
                self.notes
                    .extend(notices.map(|notice| format!("{}: {notice}", place.title())));
                self.measured.push(measured);
                if kernels && place.mode() != MemoryMode::Lean {
                    self.add_kernels(place, &problem);
                }
            }
            Err(error) => {
                interrupt.check()?;
                self.notes.push(format!("{}: {error}", place.title()));
            }
        }
        Ok(())
    }
}

impl Report {
    fn add_kernels(&mut self, place: &Place, problem: &Conduction<'_>) {
        match kernels::of(place, problem) {
            Ok(kernels) => self.kernels.push((place.title(), kernels)),
            Err(error) => self
                .notes
                .push(format!("kernels of {}: {error}", place.title())),
        }
    }
}

impl Place {
    /// What solves there.
    fn backend(&self) -> Backend {
        match self {
            Self::Host(_) => Backend::Host,
            Self::Device(adapter, _) => Backend::Device {
                name: Some(adapter.name.clone()),
            },
        }
    }
}
