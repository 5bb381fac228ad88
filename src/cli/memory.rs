//! How much memory the process has taken.

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
