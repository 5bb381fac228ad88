//! How long each kernel takes: the device writes the time before and after every launch.
//!
//! Each launch then has a pass of its own, which keeps a device from running two at once; the times are those of launches
//! that follow each other, as most of ours do.

use super::{GpuError, link::Link};

/// Queries of a set, two for each launch; the most that WebGPU allows.
const QUERIES: u32 = 4096;

/// What a kernel has taken so far.
#[derive(Debug, Clone, PartialEq)]
pub struct KernelTime {
    /// Name of the kernel, such as "stencil apply".
    pub name: String,
    /// Times that it was launched.
    pub launches: u64,
    /// Seconds of all launches, by the device's clock.
    pub seconds: f64,
    /// Bytes of the buffers that it was given, once for reading and once for writing: what it must move at least where it
    /// works on all of each.
    pub bytes: u64,
}

/// Launches that are being timed.
#[derive(Debug)]
pub(super) struct Timing {
    queries: wgpu::QuerySet,
    /// What the queries held when they were last full, in ticks.
    pub(super) ticks: wgpu::Buffer,
    /// Name and bytes of every launch since then.
    launched: Vec<(String, u64)>,
    seconds_per_tick: f64,
    times: Vec<KernelTime>,
}

impl Timing {
    pub(super) fn new(link: &Link) -> Result<Self, GpuError> {
        let queries = wgpu::QuerySetDescriptor {
            label: None,
            ty: wgpu::QueryType::Timestamp,
            count: QUERIES,
        };
        let ticks = wgpu::BufferDescriptor {
            label: None,
            size: 8 * u64::from(QUERIES),
            usage: wgpu::BufferUsages::QUERY_RESOLVE | wgpu::BufferUsages::COPY_SRC,
            mapped_at_creation: false,
        };
        let made = link.scoped(|| {
            let device = &link.device;
            (
                device.create_query_set(&queries),
                device.create_buffer(&ticks),
            )
        });
        let (queries, ticks) = made?;
        Ok(Self {
            queries,
            ticks,
            launched: Vec::new(),
            seconds_per_tick: f64::from(link.queue.get_timestamp_period()) * 1e-9,
            times: Vec::new(),
        })
    }

    /// Where the next launch, of this name and with so many bytes, leaves its times.
    pub(super) fn begin(&mut self, name: &str, bytes: u64) -> wgpu::ComputePassTimestampWrites<'_> {
        let first = self.used();
        self.launched.push((name.to_owned(), bytes));
        wgpu::ComputePassTimestampWrites {
            query_set: &self.queries,
            beginning_of_pass_write_index: Some(first),
            end_of_pass_write_index: Some(first + 1),
        }
    }

    /// Whether the queries must be read before the next launch.
    pub(super) fn is_full(&self) -> bool {
        self.used() + 2 > QUERIES
    }

    fn used(&self) -> u32 {
        u32::try_from(2 * self.launched.len()).unwrap_or(QUERIES)
    }

    /// Puts the queries where they can be read; bytes that they take there.
    pub(super) fn resolve(&self, encoder: &mut wgpu::CommandEncoder) -> usize {
        if self.used() > 0 {
            encoder.resolve_query_set(&self.queries, 0..self.used(), &self.ticks, 0);
        }
        16 * self.launched.len()
    }

    /// Adds up what was read.
    pub(super) fn add(&mut self, ticks: &[u64]) {
        for ((name, bytes), pair) in self.launched.drain(..).zip(ticks.chunks_exact(2)) {
            let seconds = pair[1].saturating_sub(pair[0]) as f64 * self.seconds_per_tick;
            let known = self.times.iter().position(|time| time.name == name);
            let place = known.unwrap_or_else(|| {
                self.times.push(KernelTime {
                    name,
                    launches: 0,
                    seconds: 0.0,
                    bytes: 0,
                });
                self.times.len() - 1
            });
            let time = &mut self.times[place];
            time.launches += 1;
            time.seconds += seconds;
            time.bytes += bytes;
        }
    }

    /// Kernels by their time, the longest first.
    pub(super) fn into_times(mut self) -> Vec<KernelTime> {
        self.times.sort_by(|a, b| b.seconds.total_cmp(&a.seconds));
        self.times
    }
}
