//! Bytes alive on one device: counted here because wgpu does not tell, and capped where a test or a user asks.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use super::GpuError;

/// Bytes in use on a device, the most there ever were, and a cap.
#[derive(Debug)]
pub(super) struct Memory {
    used: AtomicU64,
    peak: AtomicU64,
    cap: u64,
}

impl Memory {
    pub(super) fn new(cap: Option<u64>) -> Arc<Self> {
        let cap = cap.unwrap_or(u64::MAX);
        Arc::new(Self {
            used: AtomicU64::new(0),
            peak: AtomicU64::new(0),
            cap,
        })
    }

    pub(super) fn used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }

    pub(super) fn peak(&self) -> u64 {
        self.peak.load(Ordering::Relaxed)
    }

    /// Sets bytes aside until the claim is dropped.
    pub(super) fn claim(self: &Arc<Self>, bytes: u64) -> Result<Claim, GpuError> {
        let add = |used: u64| used.checked_add(bytes).filter(|&sum| sum <= self.cap);
        let before = self
            .used
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, add)
            .map_err(|allocated| GpuError::OutOfMemory {
                needed: bytes,
                allocated,
            })?;
        self.peak.fetch_max(before + bytes, Ordering::Relaxed);
        Ok(Claim {
            memory: Arc::clone(self),
            bytes,
        })
    }
}

/// Bytes of one buffer, given back on drop.
#[derive(Debug)]
pub(super) struct Claim {
    memory: Arc<Memory>,
    bytes: u64,
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.memory.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_are_capped_counted_and_given_back() {
        let memory = Memory::new(Some(100));
        let first = memory.claim(60).unwrap();
        let refused = memory.claim(50).unwrap_err();
        assert!(matches!(
            refused,
            GpuError::OutOfMemory {
                needed: 50,
                allocated: 60
            }
        ));
        drop(first);
        let _second = memory.claim(50).unwrap();
        assert_eq!((memory.used(), memory.peak()), (50, 60));
        assert!(memory.claim(u64::MAX).is_err());
    }
}
