//! One place: its copy bandwidth, two solves watched by the clock, and the memory they took.

use super::super::{interrupt::Interrupt, memory};
use indicatif::BinaryBytes;
use rayon::prelude::*;
use std::time::{Duration, Instant};
use voxion::{
    Error, Result,
    field::available_bytes,
    gpu::{AdapterInfo, AdapterKind, Gpu, Selection},
    microstructure::Axis,
    physics::conduction::{Conduction, Effective, MemoryMode},
    solve::{Continue, Observer, Progress, Tolerance},
};

/// Something that solves.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Place {
    Host(MemoryMode),
    Device(AdapterInfo, MemoryMode),
}

impl Place {
    /// As tables head it.
    pub(super) fn title(&self) -> String {
        let machine = match self {
            Self::Host(_) => "host".to_owned(),
            Self::Device(adapter, _) if adapter.kind == AdapterKind::Software => {
                format!("{} (software)", adapter.name)
            }
            Self::Device(adapter, _) => adapter.name.clone(),
        };
        match self.mode() {
            MemoryMode::Lean => format!("{machine}, lean"),
            _ => machine,
        }
    }

    /// In how much memory.
    pub(super) fn mode(&self) -> MemoryMode {
        match self {
            Self::Host(mode) | Self::Device(_, mode) => *mode,
        }
    }

    /// Why the medium cannot be solved there.
    pub(super) fn hindered(&self, problem: &Conduction<'_>) -> Option<String> {
        let (memory, available) = (problem.memory_estimate(), available_bytes()?);
        let needed = match self {
            Self::Host(MemoryMode::Lean) => memory.lean,
            Self::Host(_) => memory.host,
            Self::Device(..) => return None,
        };
        (needed > available.saturating_add(problem.voxels())).then(|| {
            let (needed, available) = (BinaryBytes(needed), BinaryBytes(available));
            format!("takes about {needed}, and {available} are available")
        })
    }

    /// Bytes that an iteration must move on the voxels, each vector once: two sums 8, direction 12, step 24, operator 9,
    /// restriction 9, prolongation 14. The lean solve has three streams of its two vectors, of live voxels alone, and five of codes.
    pub(super) fn floor_bytes(&self, effective: &Effective) -> f64 {
        match self {
            Self::Host(MemoryMode::Lean) => {
                5.0 + 32.0 * effective.conducting_fraction * effective.percolating_fraction
            }
            // Passes over codes, and over potential, direction and work vector.
            Self::Device(_, MemoryMode::Lean) => 5.0 + (4.0 + 4.0 + 5.0) * 4.0,
            _ => 2.0 * 8.0 + 12.0 + 24.0 + 9.0 + 9.0 + 14.0,
        }
    }
}

/// What was measured at a place.
pub(super) struct Measured {
    pub(super) place: Place,
    /// Bytes read and written per second by a copy.
    pub(super) bandwidth: f64,
    /// Seconds until the first iteration: connectivity and levels.
    pub(super) set_up: f64,
    /// Seconds of an iteration, the median of a solve to 1e-6.
    pub(super) iteration: f64,
    /// Bytes of the process at most, the program itself left out; labels count.
    pub(super) peak: Option<u64>,
    /// The solve to 0.1 %.
    pub(super) effective: Effective,
}

impl Measured {
    /// Time of an iteration over that of moving the bytes that must be moved.
    pub(super) fn ratio(&self, voxels: f64) -> f64 {
        self.iteration * self.bandwidth / (self.place.floor_bytes(&self.effective) * voxels)
    }
}

/// Measures a place; what the solver said besides comes with it. `idle` is what the process takes before any solve.
pub(super) fn measure(
    place: &Place,
    (problem, idle): (&Conduction<'_>, Option<u64>),
    interrupt: &Interrupt,
) -> Result<(Measured, Vec<String>)> {
    let bandwidth = match place {
        Place::Host(_) => copy_bandwidth(),
        Place::Device(adapter, _) => {
            let gpu = Gpu::open(&Selection::Named(adapter.name.clone()));
            gpu.and_then(|gpu| gpu.copy_bandwidth())
                .map_err(Error::from)?
        }
    };
    let problem = problem.clone().memory(place.mode());
    memory::reset_peak();
    let (effective, short) = watched(place, &problem, (1e-3, false, interrupt))?;
    let peak = memory::peak_bytes();
    let (_, long) = watched(place, &problem, (1e-6, true, interrupt))?;
    let measured = Measured {
        place: place.clone(),
        bandwidth,
        set_up: short.set_up().as_secs_f64(),
        iteration: long.iteration().as_secs_f64(),
        peak: peak
            .zip(idle)
            .map(|(peak, idle)| peak.saturating_sub(idle) + problem.voxels()),
        effective,
    };
    Ok((measured, short.notices))
}

/// Solves under the clock, iterations one by one if each is to be timed.
fn watched<'i>(
    place: &Place,
    problem: &Conduction<'_>,
    (relative_error, each, interrupt): (f64, bool, &'i Interrupt),
) -> Result<(Effective, Clock<'i>)> {
    let mut clock = Clock {
        interrupt,
        each,
        start: Instant::now(),
        stamps: Vec::new(),
        notices: Vec::new(),
    };
    let tolerance = Tolerance {
        relative_error,
        ..Tolerance::default()
    };
    let solution = problem.solve(Axis::Z, tolerance, &place.backend(), &mut clock)?;
    Ok((solution.effective, clock))
}

/// Notes when each iteration ended.
struct Clock<'i> {
    interrupt: &'i Interrupt,
    /// Whether iterations are timed one by one.
    each: bool,
    start: Instant,
    /// Iterations done, and when.
    stamps: Vec<(usize, Instant)>,
    notices: Vec<String>,
}

impl Observer for Clock<'_> {
    fn progress(&mut self, progress: &Progress) -> Continue {
        self.stamps.push((progress.iterations, Instant::now()));
        if self.interrupt.requested() {
            Continue::No
        } else {
            Continue::Yes
        }
    }

    fn times_iterations(&self) -> bool {
        self.each
    }

    fn notice(&mut self, sentence: &str) {
        self.notices.push(sentence.to_owned());
    }
}

impl Clock<'_> {
    /// Until the levels were there.
    fn set_up(&self) -> Duration {
        let before = self.stamps.iter().take_while(|stamp| stamp.0 == 0).nth(1);
        before.map_or(Duration::ZERO, |stamp| stamp.1 - self.start)
    }

    /// The median time between two iterations.
    fn iteration(&self) -> Duration {
        let pairs = self
            .stamps
            .windows(2)
            .filter(|pair| pair[1].0 == pair[0].0 + 1);
        let mut times: Vec<Duration> = pairs
            .filter(|pair| pair[0].0 > 0)
            .map(|pair| pair[1].1 - pair[0].1)
            .collect();
        times.sort_unstable();
        times.get(times.len() / 2).copied().unwrap_or_default()
    }
}

/// Bytes read and written per second by the best of five copies of 256 MiB on all threads.
pub(super) fn copy_bandwidth() -> f64 {
    let (source, mut target) = (vec![1u64; 1 << 25], vec![2u64; 1 << 25]);
    let copies = (0..5).map(|_| {
        let start = Instant::now();
        let pieces = target
            .par_chunks_mut(1 << 16)
            .zip(source.par_chunks(1 << 16));
        pieces.for_each(|(target, source)| target.copy_from_slice(source));
        start.elapsed().as_secs_f64()
    });
    2.0 * 8.0 * source.len() as f64 / copies.fold(f64::INFINITY, f64::min)
}
