//! How much main memory there is still to be had.

/// Bytes of main memory that the process can take, where the system tells it: what Linux counts as available, and no more than
/// its group (a container, a batch job) may still use.
pub fn available_bytes() -> Option<u64> {
    let meminfo = std::fs::read_to_string("/proc/meminfo").ok()?;
    let available = kibibytes(&meminfo, "MemAvailable:")?;
    Some(group().map_or(available, |group| group.min(available)))
}

/// What the control group still allows; none where it sets no limit.
fn group() -> Option<u64> {
    let number = |name: &str| -> Option<u64> {
        let text = std::fs::read_to_string(format!("/sys/fs/cgroup/{name}")).ok()?;
        text.trim().parse().ok()
    };
    let stat = std::fs::read_to_string("/sys/fs/cgroup/memory.stat").unwrap_or_default();
    // Pages of files that were read can be given back.
    let files = stat
        .lines()
        .find_map(|line| line.strip_prefix("inactive_file ")?.trim().parse().ok());
    let taken = number("memory.current")?.saturating_sub(files.unwrap_or(0));
    Some(number("memory.max")?.saturating_sub(taken))
}

/// A line such as `MemAvailable:   23693576 kB`, in bytes.
fn kibibytes(text: &str, key: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(key))?;
    let number: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(number * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_kernel_is_read_in_bytes() {
        let text = "MemTotal:       24000000 kB\nMemAvailable:   23693576 kB\n";
        assert_eq!(kibibytes(text, "MemAvailable:"), Some(23_693_576 * 1024));
        assert_eq!(kibibytes(text, "SwapFree:"), None);
    }
}
