//! How fast a device copies its own memory: what the time of every kernel is held against.

use super::{Gpu, GpuError};
use std::time::Instant;

/// Elements of a buffer that is copied, 256 MiB, where a binding can be so large.
const LEN: usize = 1 << 26;
/// Copies are queued until they take so long together that waiting for them, a millisecond on some cards, does not count.
const SECONDS: f64 = 0.05;

impl Gpu {
    /// Bytes read and written per second by copies from buffer to buffer, the best of three rows of them.
    ///
    /// # Errors
    /// Two buffers of at most 256 MiB that do not fit, or a lost device.
    pub fn copy_bandwidth(&self) -> Result<f64, GpuError> {
        let len = self.max_len::<f32>().min(LEN);
        let (from, to) = (self.zeros::<f32>(len)?, self.zeros::<f32>(len)?);
        let row = |copies: u32| {
            let start = Instant::now();
            for _ in 0..copies {
                self.copy(&from, .., &to, 0)?;
            }
            self.finish()?;
            Ok(start.elapsed().as_secs_f64() / f64::from(copies))
        };
        row(1)?; // Buffers are cleared when they are first used.
        let mut copies = 1;
        while row(copies)? * f64::from(copies) < SECONDS && copies < 1 << 12 {
            copies *= 2;
        }
        let mut best = f64::INFINITY;
        for _ in 0..3 {
            best = best.min(row(copies)?);
        }
        Ok(2.0 * 4.0 * len as f64 / best)
    }
}
