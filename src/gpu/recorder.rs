//! Commands in order: recorded into one encoder, submitted in batches, two batches in flight.
//!
//! A batch ends after so many dispatches or threads that it stays well below the quarter of a second after which
//! drivers give a device up. Transfers go through two staging buffers that are made when the device is opened, so that a
//! full device can still be read and written: wgpu's own staging would lose it.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use super::{
    GpuError, KernelTime,
    kernel::Kernel,
    link::{Link, lock},
    timing::Timing,
};

/// Bytes of each staging buffer.
const STAGING: u64 = 8 << 20;
/// Dispatches of one submission.
const DISPATCHES: u32 = 512;
/// Threads of one submission: some 50 ms where 20 bytes a thread meet 50 GB/s.
const THREADS: u64 = 1 << 27;
/// Submissions in flight.
const IN_FLIGHT: usize = 2;

/// One dispatch: what runs, on what, how wide.
#[derive(Debug)]
pub(super) struct Dispatch<'a> {
    pub(super) kernel: &'a Kernel,
    pub(super) bindings: wgpu::BindGroup,
    pub(super) params: &'a [u8],
    pub(super) groups: [u32; 3],
    /// Bytes of the buffers, as [`KernelTime::bytes`] counts them.
    pub(super) bytes: u64,
}

/// Bytes of a buffer: which, from where.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) buffer: &'a wgpu::Buffer,
    pub(super) offset: u64,
}

impl Place<'_> {
    fn after(self, bytes: u64) -> Self {
        Self {
            offset: self.offset + bytes,
            ..self
        }
    }
}

/// What has been asked of a device so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Kernels launched.
    pub launches: u64,
    /// Batches of commands submitted.
    pub submissions: u64,
    /// Times that the host stood still to read or write a staging buffer; a long transfer takes several.
    pub transfers: u64,
}

/// The commands of one device that have not run yet.
#[derive(Debug)]
pub(super) struct Recorder {
    // The pass ends when dropped, and must end before its encoder.
    pass: Option<wgpu::ComputePass<'static>>,
    encoder: Option<wgpu::CommandEncoder>,
    dispatches: u32,
    threads: u64,
    in_flight: VecDeque<wgpu::SubmissionIndex>,
    to_device: wgpu::Buffer,
    to_host: wgpu::Buffer,
    tally: Tally,
    timing: Option<Timing>,
}

impl Recorder {
    pub(super) fn new(device: &wgpu::Device) -> Self {
        use wgpu::BufferUsages as Use;
        let staging = |label, usage| {
            let size = STAGING.min(device.limits().max_buffer_size);
            let label = Some(label);
            device.create_buffer(&wgpu::BufferDescriptor {
                label,
                size,
                usage,
                mapped_at_creation: false,
            })
        };
        Self {
            pass: None,
            encoder: None,
            dispatches: 0,
            threads: 0,
            in_flight: VecDeque::new(),
            to_device: staging("to device", Use::MAP_WRITE | Use::COPY_SRC),
            to_host: staging("to host", Use::MAP_READ | Use::COPY_DST),
            tally: Tally::default(),
            timing: None,
        }
    }

    pub(super) fn tally(&self) -> Tally {
        self.tally
    }

    /// Records a dispatch; submits when the batch is full.
    pub(super) fn dispatch(&mut self, link: &Link, it: &Dispatch<'_>) -> Result<(), GpuError> {
        let [x, y, z] = it.groups;
        self.begin_timed(link, it)?;
        let pass = self.pass(link);
        pass.set_pipeline(it.kernel.pipeline());
        pass.set_bind_group(0, &it.bindings, &[]);
        if !it.params.is_empty() {
            pass.set_immediates(0, it.params);
        }
        pass.dispatch_workgroups(x, y, z);
        if self.timing.is_some() {
            self.pass = None;
        }
        self.dispatches += 1;
        self.tally.launches += 1;
        self.threads += it.kernel.threads(it.groups);
        if self.dispatches >= DISPATCHES || self.threads >= THREADS {
            self.flush(link)?;
        }
        link.check()
    }

    /// From now on every launch is timed.
    pub(super) fn start_timing(&mut self, link: &Link) -> Result<(), GpuError> {
        self.finish(link)?;
        self.timing = Some(Timing::new(link)?);
        Ok(())
    }

    /// What was timed since [`Recorder::start_timing`].
    pub(super) fn stop_timing(&mut self, link: &Link) -> Result<Vec<KernelTime>, GpuError> {
        let read = self.read_times(link);
        let times = self.timing.take().map(Timing::into_times);
        read.map(|()| times.unwrap_or_default())
    }

    /// Opens the pass of a launch that is timed.
    fn begin_timed(&mut self, link: &Link, it: &Dispatch<'_>) -> Result<(), GpuError> {
        if self.timing.as_ref().is_some_and(Timing::is_full) {
            self.read_times(link)?;
        }
        if self.timing.is_none() {
            return Ok(());
        }
        self.encoder(link);
        if let (Some(timing), Some(encoder)) = (&mut self.timing, &mut self.encoder) {
            let described = wgpu::ComputePassDescriptor {
                label: None,
                timestamp_writes: Some(timing.begin(it.kernel.name(), it.bytes)),
            };
            self.pass = Some(encoder.begin_compute_pass(&described).forget_lifetime());
        }
        Ok(())
    }

    fn read_times(&mut self, link: &Link) -> Result<(), GpuError> {
        let Some(timing) = self.timing.take() else {
            return Ok(());
        };
        let bytes = timing.resolve(self.encoder(link));
        let mut ticks = vec![0_u64; bytes / 8];
        let from = Place {
            buffer: &timing.ticks,
            offset: 0,
        };
        let read = self.read(link, from, bytemuck::cast_slice_mut(&mut ticks));
        let mut timing = timing;
        timing.add(&ticks);
        self.timing = Some(timing);
        read
    }

    /// Records a copy from one buffer to another.
    pub(super) fn copy(&mut self, link: &Link, from: Place<'_>, to: Place<'_>, bytes: u64) {
        self.encoder(link).copy_buffer_to_buffer(
            from.buffer,
            from.offset,
            to.buffer,
            to.offset,
            bytes,
        );
    }

    /// Submits what is recorded; waits while more than two batches are in flight.
    pub(super) fn flush(&mut self, link: &Link) -> Result<(), GpuError> {
        self.pass = None;
        if let Some(encoder) = self.encoder.take() {
            let submission = link.queue.submit([encoder.finish()]);
            (self.dispatches, self.threads) = (0, 0);
            self.tally.submissions += 1;
            link.check()?;
            self.in_flight.push_back(submission);
        }
        while self.in_flight.len() > IN_FLIGHT {
            link.wait(self.in_flight.pop_front())?;
        }
        link.check()
    }

    /// Submits what is recorded and waits until everything has run.
    pub(super) fn finish(&mut self, link: &Link) -> Result<(), GpuError> {
        self.flush(link)?;
        self.in_flight.clear();
        link.wait(None)?;
        link.check()
    }

    /// Writes bytes to a buffer, after everything recorded; a last incomplete word is filled with zeros.
    pub(super) fn write(
        &mut self,
        link: &Link,
        to: Place<'_>,
        data: &[u8],
    ) -> Result<(), GpuError> {
        let staging = self.to_device.clone();
        let mut to = to;
        for chunk in data.chunks(chunk_bytes(&staging)) {
            let words = chunk.len().next_multiple_of(4);
            let bytes = words as u64;
            self.tally.transfers += 1;
            map(link, &staging, wgpu::MapMode::Write)?;
            let mut view = staging.get_mapped_range_mut(..bytes).map_err(unmapped)?;
            view.slice(..chunk.len()).copy_from_slice(chunk);
            view.slice(chunk.len()..words).fill(0);
            drop(view);
            staging.unmap();
            self.copy(
                link,
                Place {
                    buffer: &staging,
                    offset: 0,
                },
                to,
                bytes,
            );
            self.finish(link)?;
            to = to.after(bytes);
        }
        Ok(())
    }

    /// Reads bytes of a buffer, after everything recorded. Waits.
    pub(super) fn read(
        &mut self,
        link: &Link,
        from: Place<'_>,
        out: &mut [u8],
    ) -> Result<(), GpuError> {
        let staging = self.to_host.clone();
        let mut from = from;
        for chunk in out.chunks_mut(chunk_bytes(&staging)) {
            let bytes = chunk.len().next_multiple_of(4) as u64;
            self.copy(
                link,
                from,
                Place {
                    buffer: &staging,
                    offset: 0,
                },
                bytes,
            );
            self.flush(link)?;
            self.tally.transfers += 1;
            map(link, &staging, wgpu::MapMode::Read)?;
            let view = staging.get_mapped_range(..bytes).map_err(unmapped)?;
            chunk.copy_from_slice(&view[..chunk.len()]);
            drop(view);
            staging.unmap();
            from = from.after(bytes);
        }
        Ok(())
    }

    fn encoder(&mut self, link: &Link) -> &mut wgpu::CommandEncoder {
        self.pass = None;
        self.encoder
            .get_or_insert_with(|| link.device.create_command_encoder(&Default::default()))
    }

    /// The open pass: dispatches in a row share one, unless they are timed.
    fn pass(&mut self, link: &Link) -> &mut wgpu::ComputePass<'static> {
        if self.pass.is_none() {
            let pass = self
                .encoder(link)
                .begin_compute_pass(&Default::default())
                .forget_lifetime();
            return self.pass.insert(pass);
        }
        self.pass.as_mut().expect("just seen")
    }
}

fn chunk_bytes(staging: &wgpu::Buffer) -> usize {
    usize::try_from(staging.size()).unwrap_or(usize::MAX) / 4 * 4
}

/// Maps a staging buffer, once the submissions that use it have run.
fn map(link: &Link, staging: &wgpu::Buffer, mode: wgpu::MapMode) -> Result<(), GpuError> {
    link.check()?;
    let outcome = Arc::new(Mutex::new(None));
    let told = Arc::clone(&outcome);
    staging.map_async(mode, .., move |result| *lock(&told) = Some(result));
    link.wait(None)?;
    if matches!(*lock(&outcome), Some(Ok(()))) {
        return Ok(());
    }
    link.check()?;
    Err(unmapped("the staging buffer was not mapped"))
}

fn unmapped(reason: impl ToString) -> GpuError {
    GpuError::Validation {
        message: reason.to_string(),
    }
}
