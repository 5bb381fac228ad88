//! One opened device: allocation, transfers, kernels and launches.

use std::{
    collections::HashMap,
    ops::RangeBounds,
    sync::{Arc, Mutex, MutexGuard},
};

use bytemuck::Pod;

use super::{
    AdapterInfo, Binding, Buffer, GpuError, Grid, Kernel, KernelTime, Precision, Selection,
    WorkgroupShape,
    adapter::{self, REQUIRED},
    buffer::byte_count,
    link::{Link, lock},
    memory::Memory,
    recorder::{Dispatch, Recorder, Tally},
    shader::Shader,
};

/// Used where the adapter has them: f64, workgroup-wide operations in hardware, times of kernels.
const WANTED: wgpu::Features = wgpu::Features::SHADER_F64
    .union(wgpu::Features::SUBGROUP)
    .union(wgpu::Features::TIMESTAMP_QUERY);

/// Limits below the adapter's own, so that a small test meets what a large run meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LimitsOverride {
    /// Largest buffer that a kernel can see, in bytes.
    pub max_binding_bytes: Option<u64>,
    /// Largest sum of all buffers, in bytes.
    pub max_total_bytes: Option<u64>,
}

/// One opened device. Its methods take `&self` and may be called from several threads.
#[derive(Debug)]
pub struct Gpu {
    // Dropped first: its open pass and encoder belong to the device.
    recorder: Mutex<Recorder>,
    link: Link,
    info: AdapterInfo,
    memory: Arc<Memory>,
    /// Of kernels that are compiled from now on.
    shape: Mutex<WorkgroupShape>,
    /// What has been compiled.
    kernels: Mutex<HashMap<Source, Kernel>>,
}

/// Text, entry point, and what `real` and the shape of a workgroup mean.
type Source = (String, String, (Precision, WorkgroupShape));

impl Gpu {
    /// Opens the selected adapter with all of its limits.
    ///
    /// # Errors
    /// [`GpuError::NoAdapter`] where none fits, [`GpuError::Open`] where the driver refuses.
    pub fn open(selection: &Selection) -> Result<Self, GpuError> {
        Self::open_with(selection, LimitsOverride::default())
    }

    /// Opens the selected adapter with limits lowered on request.
    ///
    /// # Errors
    /// As [`Gpu::open`].
    pub fn open_with(selection: &Selection, lowered: LimitsOverride) -> Result<Self, GpuError> {
        let (adapter, mut info) = adapter::select(selection)?;
        let mut limits = adapter.limits();
        if let Some(bytes) = lowered.max_binding_bytes {
            limits.max_storage_buffer_binding_size = bytes.min(info.max_binding_bytes);
        }
        info.max_binding_bytes = limits.max_storage_buffer_binding_size;
        let request = wgpu::DeviceDescriptor {
            label: Some("voxion"),
            required_features: REQUIRED | (adapter.features() & WANTED),
            required_limits: limits,
            memory_hints: wgpu::MemoryHints::MemoryUsage,
            ..Default::default()
        };
        let (device, queue) =
            pollster::block_on(adapter.request_device(&request)).map_err(|error| {
                GpuError::Open {
                    adapter: info.name.clone(),
                    reason: error.to_string(),
                }
            })?;
        let link = Link::new(device, queue);
        let recorder = Mutex::new(link.scoped(|| Recorder::new(&link.device))?);
        Ok(Self {
            recorder,
            link,
            info,
            memory: Memory::new(lowered.max_total_bytes),
            shape: Mutex::default(),
            kernels: Mutex::default(),
        })
    }

    /// The adapter, with the limits that hold for this device.
    pub fn info(&self) -> &AdapterInfo {
        &self.info
    }

    /// How threads lie in a box of cells, in kernels that are compiled from now on; results do not depend on it.
    pub fn set_workgroup(&self, shape: WorkgroupShape) {
        *lock(&self.shape) = shape;
    }

    /// What [`Gpu::set_workgroup`] was told.
    pub fn workgroup(&self) -> WorkgroupShape {
        *lock(&self.shape)
    }

    /// Most elements of one buffer: the size of a slab.
    pub fn max_len<T: Pod>(&self) -> usize {
        let bytes = usize::try_from(self.max_bytes()).unwrap_or(usize::MAX);
        bytes / size_of::<T>().max(1)
    }

    /// Bytes of all buffers alive.
    pub fn allocated_bytes(&self) -> u64 {
        self.memory.used()
    }

    /// Most bytes of buffers that were ever alive together.
    pub fn peak_bytes(&self) -> u64 {
        self.memory.peak()
    }

    /// What has been asked of the device so far.
    pub fn tally(&self) -> Tally {
        self.recorder().tally()
    }

    /// Checks that so many bytes more stay below the cap, where there is one; drivers tell only when asked for memory.
    ///
    /// # Errors
    /// [`GpuError::OutOfMemory`].
    pub fn check_room(&self, bytes: u64) -> Result<(), GpuError> {
        self.memory.claim(bytes).map(drop)
    }

    /// A buffer of zeros.
    ///
    /// # Errors
    /// [`GpuError::TooLarge`] beyond [`Gpu::max_len`], [`GpuError::OutOfMemory`] where the device has no room; it stays
    /// usable after both.
    pub fn zeros<T: Pod>(&self, len: usize) -> Result<Buffer<T>, GpuError> {
        let size = byte_count::<T>(len).max(4);
        let size = size.checked_next_multiple_of(4).unwrap_or(u64::MAX);
        if size > self.max_bytes() {
            return Err(GpuError::TooLarge {
                needed: size,
                limit: self.max_bytes(),
            });
        }
        let claim = self.memory.claim(size)?;
        let usage = wgpu::BufferUsages::STORAGE
            | wgpu::BufferUsages::COPY_SRC
            | wgpu::BufferUsages::COPY_DST;
        let allocated = self.allocated_bytes() - size;
        let described = wgpu::BufferDescriptor {
            label: None,
            size,
            usage,
            mapped_at_creation: false,
        };
        let inner = self
            .link
            .scoped(|| self.link.device.create_buffer(&described));
        let inner = inner.map_err(|error| match error {
            GpuError::OutOfMemory { .. } => GpuError::OutOfMemory {
                needed: size,
                allocated,
            },
            other => other,
        })?;
        Ok(Buffer::new(inner, len, claim))
    }

    /// A buffer with a copy of the data.
    ///
    /// # Errors
    /// As [`Gpu::zeros`].
    pub fn upload<T: Pod>(&self, data: &[T]) -> Result<Buffer<T>, GpuError> {
        let buffer = self.zeros(data.len())?;
        self.write(&buffer, 0, data)?;
        Ok(buffer)
    }

    /// Copies data into a buffer from element `start` on, after everything launched so far.
    ///
    /// # Errors
    /// [`GpuError::OutOfRange`], [`GpuError::Misaligned`], or a lost device.
    pub fn write<T: Pod>(&self, to: &Buffer<T>, start: usize, data: &[T]) -> Result<(), GpuError> {
        let part = to.part(start..start.saturating_add(data.len()))?;
        let data = bytemuck::cast_slice(data);
        self.recorder()
            .write(&self.link, to.place(part.bytes.start), data)
    }

    /// Copies a range of elements to the host, after everything launched so far. Waits.
    ///
    /// # Errors
    /// [`GpuError::OutOfRange`], [`GpuError::Misaligned`], a lost device, or an error of an earlier launch.
    pub fn download<T: Pod>(
        &self,
        from: &Buffer<T>,
        range: impl RangeBounds<usize>,
    ) -> Result<Vec<T>, GpuError> {
        let part = from.part(range)?;
        let mut data = vec![T::zeroed(); part.elements.len()];
        let bytes = bytemuck::cast_slice_mut(&mut data);
        self.recorder()
            .read(&self.link, from.place(part.bytes.start), bytes)?;
        Ok(data)
    }

    /// Copies a range of elements from one buffer to another, from element `start` on, on the device.
    ///
    /// # Errors
    /// [`GpuError::OutOfRange`], [`GpuError::Misaligned`], or a lost device.
    pub fn copy<T: Pod>(
        &self,
        from: &Buffer<T>,
        range: impl RangeBounds<usize>,
        to: &Buffer<T>,
        start: usize,
    ) -> Result<(), GpuError> {
        let source = from.part(range)?;
        let target = to.part(start..start.saturating_add(source.elements.len()))?;
        let bytes = source.padded_bytes();
        let (source, target) = (from.place(source.bytes.start), to.place(target.bytes.start));
        self.recorder().copy(&self.link, source, target, bytes);
        self.link.check()
    }

    /// Compiles the entry point of a WGSL text, behind `alias real` and the texts of `shaders/common/`; at once where that has
    /// been done before.
    ///
    /// # Errors
    /// [`GpuError::Kernel`] with the compiler's message; [`GpuError::NoDoublePrecision`] for f64 where there is none.
    pub fn kernel(
        &self,
        text: &str,
        entry: &str,
        precision: Precision,
    ) -> Result<Kernel, GpuError> {
        if precision == Precision::F64 && !self.info.double_precision {
            return Err(GpuError::NoDoublePrecision {
                adapter: self.info.name.clone(),
            });
        }
        let meaning = (precision, self.workgroup());
        let key = (text.to_owned(), entry.to_owned(), meaning);
        if let Some(kernel) = lock(&self.kernels).get(&key) {
            self.link.check()?;
            return Ok(kernel.clone());
        }
        let shader = Shader::new(text, entry, meaning)?;
        let kernel = self
            .link
            .scoped(|| Kernel::compile(&self.link.device, shader));
        let kernel = kernel.map_err(|error| match error {
            GpuError::Validation { message } => GpuError::Kernel {
                kernel: entry.to_owned(),
                message,
            },
            other => other,
        })?;
        lock(&self.kernels).insert(key, kernel.clone());
        Ok(kernel)
    }

    /// Records a launch and returns at once. `bindings` are the buffers that the entry point uses, in ascending order
    /// of their `@binding`; `params` has the layout of its `var<immediate>`, `&()` where it has none.
    ///
    /// # Errors
    /// [`GpuError::Launch`] and [`GpuError::Grid`] at once; what the device refuses comes with this call or a later
    /// one, at the latest with the next [`Gpu::finish`] or [`Gpu::download`].
    pub fn launch<P: Pod>(
        &self,
        kernel: &Kernel,
        grid: Grid,
        bindings: &[Binding<'_>],
        params: &P,
    ) -> Result<(), GpuError> {
        kernel.check(bindings.len(), size_of::<P>())?;
        let groups = kernel.groups(grid, self.info.workgroup.groups)?;
        if groups.contains(&0) {
            return Ok(());
        }
        let buffers: Vec<_> = bindings.iter().map(|binding| binding.0).collect();
        let bytes = kernel.bytes(&buffers);
        let bindings = kernel.bind(&self.link.device, &buffers);
        let params = bytemuck::bytes_of(params);
        let dispatch = Dispatch {
            kernel,
            bindings,
            params,
            groups,
            bytes,
        };
        self.recorder().dispatch(&self.link, &dispatch)
    }

    /// Submits what is recorded without waiting for it, so that the device works while the host does.
    ///
    /// # Errors
    /// What the device refused since the last call, or its loss.
    pub fn flush(&self) -> Result<(), GpuError> {
        self.recorder().flush(&self.link)
    }

    /// Submits what is recorded and waits until everything has run.
    ///
    /// # Errors
    /// As [`Gpu::flush`].
    pub fn finish(&self) -> Result<(), GpuError> {
        self.recorder().finish(&self.link)
    }

    /// Times every kernel that some work launches, by the device's own clock; the longest first. Nothing else should be
    /// launched meanwhile.
    ///
    /// # Errors
    /// [`GpuError::NoTimestamps`] where the adapter keeps no time; what the work gives; otherwise as [`Gpu::flush`].
    pub fn timed(
        &self,
        work: impl FnOnce() -> Result<(), GpuError>,
    ) -> Result<Vec<KernelTime>, GpuError> {
        let features = self.link.device.features();
        if !features.contains(wgpu::Features::TIMESTAMP_QUERY) {
            return Err(GpuError::NoTimestamps {
                adapter: self.info.name.clone(),
            });
        }
        self.recorder().start_timing(&self.link)?;
        let done = work();
        let times = self.recorder().stop_timing(&self.link);
        done.and(times)
    }

    /// Gives the device up: every later call gives [`GpuError::Lost`]. What a driver does in its own time, for tests
    /// of what follows.
    pub fn destroy(&self) {
        self.link.lose("given up on request".to_owned());
        self.link.device.destroy();
    }

    fn recorder(&self) -> MutexGuard<'_, Recorder> {
        lock(&self.recorder)
    }

    fn max_bytes(&self) -> u64 {
        self.info.max_binding_bytes.min(self.info.max_buffer_bytes)
    }
}
