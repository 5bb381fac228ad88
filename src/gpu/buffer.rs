//! Typed device memory and the transfers into and out of it.

use std::{
    marker::PhantomData,
    ops::{Bound, Range, RangeBounds},
};

use bytemuck::Pod;

use super::{GpuError, memory::Claim, recorder::Place};

/// Elements of one type in the memory of one device; freed when dropped.
///
/// WGSL has no bytes: a kernel sees a `Buffer<u8>` as `array<u32>`, four elements a word, zeros behind the last.
#[derive(Debug)]
pub struct Buffer<T> {
    inner: wgpu::Buffer,
    len: usize,
    _claim: Claim,
    _elements: PhantomData<T>,
}

/// A buffer as a kernel sees it. No kernel may see one buffer twice where it writes to it.
#[derive(Debug, Clone, Copy)]
pub struct Binding<'a>(pub(super) &'a wgpu::Buffer);

impl<T: Pod> Buffer<T> {
    pub(super) fn new(inner: wgpu::Buffer, len: usize, claim: Claim) -> Self {
        Self {
            inner,
            len,
            _claim: claim,
            _elements: PhantomData,
        }
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The whole buffer, for a launch.
    pub fn binding(&self) -> Binding<'_> {
        Binding(&self.inner)
    }

    pub(super) fn place(&self, offset: u64) -> Place<'_> {
        Place {
            buffer: &self.inner,
            offset,
        }
    }

    /// Checks a range of elements: inside the buffer, and whole words.
    pub(super) fn part(&self, range: impl RangeBounds<usize>) -> Result<Part, GpuError> {
        let start = match range.start_bound() {
            Bound::Included(&at) => at,
            Bound::Excluded(&at) => at.saturating_add(1),
            Bound::Unbounded => 0,
        };
        let end = match range.end_bound() {
            Bound::Included(&at) => at.saturating_add(1),
            Bound::Excluded(&at) => at,
            Bound::Unbounded => self.len,
        };
        if start > end || end > self.len {
            return Err(GpuError::OutOfRange {
                start,
                end,
                len: self.len,
            });
        }
        let bytes = byte_count::<T>(start)..byte_count::<T>(end);
        if !bytes.start.is_multiple_of(4) || (!bytes.end.is_multiple_of(4) && end < self.len) {
            return Err(GpuError::Misaligned {
                start: bytes.start,
                end: bytes.end,
            });
        }
        Ok(Part {
            elements: start..end,
            bytes,
        })
    }
}

/// A checked range of a buffer.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) elements: Range<usize>,
    pub(super) bytes: Range<u64>,
}

impl Part {
    /// Length in bytes, rounded up to whole words.
    pub(super) fn padded_bytes(&self) -> u64 {
        (self.bytes.end - self.bytes.start).next_multiple_of(4)
    }
}

/// Bytes of so many elements.
pub(super) fn byte_count<T>(len: usize) -> u64 {
    (len as u64).saturating_mul(size_of::<T>() as u64)
}
