//! How much memory the process has taken, and whether it can have more.

use anyhow::{Result, bail};
use indicatif::BinaryBytes;
use voxion::{
    field::Backend,
    gpu::{AdapterInfo, AdapterKind, adapters},
};

/// Peak resident set of the process in bytes, where the system tells it.
pub(crate) fn peak_bytes() -> Option<u64> {
    status("VmHWM:")
}

/// Resident set of the process in bytes, where the system tells it.
pub(crate) fn resident_bytes() -> Option<u64> {
    status("VmRSS:")
}

/// Lets the peak begin anew from what is resident now. Where the system does not allow it, the peak stays what it was.
pub(crate) fn reset_peak() {
    // Documented in proc(5): 5 resets the peak of the process itself.
    std::fs::write("/proc/self/clear_refs", "5").unwrap_or_default();
}

fn status(key: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let kibibytes = status.lines().find_map(|line| line.strip_prefix(key))?;
    kibibytes
        .trim()
        .strip_suffix("kB")?
        .trim()
        .parse::<u64>()
        .ok()
        .map(|peak| peak * 1024)
}

/// Whether the system grants the memory of a solve on the host, asked for in one piece and given back untouched: a limit on the
/// address space (`ulimit -v`), or more than the machine has, would end the run in the middle. A solve on a GPU is let through.
///
/// # Errors
/// A sentence with the bytes.
pub(crate) fn check(needed: u64, backend: &Backend) -> Result<()> {
    let granted = usize::try_from(needed).is_ok_and(|bytes| {
        let mut room = Vec::<u8>::new();
        room.try_reserve_exact(bytes).is_ok()
    });
    if granted || solves_on_device(backend) {
        return Ok(());
    }
    bail!(
        "the solve takes about {} of memory, which the system refuses; raise the limit (ulimit -v), crop or coarsen the \
         volume (voxion convert), or take a larger machine",
        BinaryBytes(needed)
    )
}

fn solves_on_device(backend: &Backend) -> bool {
    let is_gpu = |info: &AdapterInfo| info.kind != AdapterKind::Software;
    match backend {
        Backend::Host => false,
        Backend::Auto => adapters().iter().any(is_gpu),
        Backend::Device { .. } => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_machine_has_is_refused() {
        check(1 << 20, &Backend::Host).unwrap();
        let said = check(1 << 60, &Backend::Host).unwrap_err().to_string();
        assert!(said.contains("EiB") && said.contains("ulimit -v"), "{said}");
    }
}
