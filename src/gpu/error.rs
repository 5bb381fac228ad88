//! What can go wrong on a device, each as one sentence with the numbers and what to do.

/// No usable adapter, not enough memory, or a lost device.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum GpuError {
    /// No adapter present fits the selection.
    #[error(
        "no adapter fits: wanted is {wanted}, and present is {present}; solve on the host, or see what `voxion devices` says"
    )]
    NoAdapter {
        /// The selection, in words.
        wanted: String,
        /// Names of the adapters present, or "none".
        present: String,
    },
    /// The driver refused to open the adapter.
    #[error(
        "the adapter {adapter} cannot be opened ({reason}); solve on the host, or update its driver"
    )]
    Open {
        /// Name of the adapter.
        adapter: String,
        /// The driver's or wgpu's reason.
        reason: String,
    },
    /// One buffer larger than the device binds to a kernel at once.
    #[error(
        "a buffer of {needed} bytes is larger than the {limit} bytes that the device binds at once; split it into more slabs"
    )]
    TooLarge {
        /// Bytes asked for.
        needed: u64,
        /// Largest storage binding, in bytes.
        limit: u64,
    },
    /// The device has no room for another buffer. The device stays usable.
    #[error(
        "the device has no room for {needed} bytes besides the {allocated} bytes in use; take a smaller volume, another device, or the host"
    )]
    OutOfMemory {
        /// Bytes asked for; 0 where the driver did not say.
        needed: u64,
        /// Bytes of the buffers alive on this device.
        allocated: u64,
    },
    /// A range that does not lie inside a buffer.
    #[error(
        "elements {start}..{end} do not lie inside a buffer of {len} elements; take a range inside it"
    )]
    OutOfRange {
        /// First element.
        start: usize,
        /// One past the last element.
        end: usize,
        /// Elements of the buffer.
        len: usize,
    },
    /// A range of small elements that does not fall on whole 32-bit words, in which devices copy.
    #[error(
        "bytes {start}..{end} of a buffer are not whole 4-byte words; start and end on multiples of 4 bytes, or at the end of the buffer"
    )]
    Misaligned {
        /// First byte.
        start: u64,
        /// One past the last byte.
        end: u64,
    },
    /// A grid that no dispatch can cover.
    #[error(
        "a launch of {groups:?} workgroups exceeds the limit of {limit} per dimension; launch over smaller slabs"
    )]
    Grid {
        /// Workgroups asked for, x y z.
        groups: [u64; 3],
        /// Largest count per dimension.
        limit: u32,
    },
    /// A kernel that does not compile.
    #[error("kernel {kernel} does not compile: {message}")]
    Kernel {
        /// Entry point.
        kernel: String,
        /// The compiler's message.
        message: String,
    },
    /// A launch whose buffers or parameters differ in number or size from what the kernel declares.
    #[error("kernel {kernel} takes {expected} {what}, but the launch gave {given}")]
    Launch {
        /// Entry point.
        kernel: String,
        /// What is counted: "buffers" or "bytes of parameters".
        what: &'static str,
        /// What the kernel declares.
        expected: usize,
        /// What the launch gave.
        given: usize,
    },
    /// A line of threads for a kernel whose workgroups are none.
    #[error(
        "kernel {kernel} has workgroups of {workgroup:?} threads, but a line takes @workgroup_size(LANES); launch it over a box"
    )]
    NotALine {
        /// Entry point.
        kernel: String,
        /// Threads of its workgroups, x y z.
        workgroup: [u32; 3],
    },
    /// A kernel in f64 on an adapter that has none.
    #[error(
        "the adapter {adapter} computes in f32 only; take f32 kernels and correct in f64 on the host"
    )]
    NoDoublePrecision {
        /// Name of the adapter.
        adapter: String,
    },
    /// Times of kernels on an adapter that keeps none.
    #[error("the adapter {adapter} keeps no time of its kernels; time whole solves instead")]
    NoTimestamps {
        /// Name of the adapter.
        adapter: String,
    },
    /// The device refused a command: an error of this program, not of its user.
    #[error("the device refused a command ({message}); please report this with the command line")]
    Validation {
        /// wgpu's message.
        message: String,
    },
    /// The device is gone; every later call on it gives this error.
    #[error("the device was lost ({reason}); solve on the host, or take a smaller volume")]
    Lost {
        /// The driver's reason.
        reason: String,
    },
}
