//! Main memory that the process can still take.
//!
//! Three limits hold at once: memory that the kernel counts as available, the control groups of the process and all of their
//! ancestors (containers, Slurm steps, `systemd-run -p MemoryMax=`), and the limit of the address space (`ulimit -v`).

use std::{
    fs,
    path::{Component, Path, PathBuf},
};

/// Bytes of main memory that the process can still take; none where the system does not tell.
pub fn available_bytes() -> Option<u64> {
    available_below(Path::new("/"))
}

/// Available bytes as `proc` and `sys` below a root folder tell them.
fn available_below(root: &Path) -> Option<u64> {
    let meminfo = fs::read_to_string(root.join("proc/meminfo")).ok()?;
    let available = kibibytes(&meminfo, "MemAvailable:")?;
    let groups = groups(root).into_iter().filter_map(|group| group.room());
    Some(groups.chain(address_space(root)).fold(available, u64::min))
}

/// Files in which a version of control groups keeps its limits.
struct Version {
    limits: &'static [&'static str],
    usage: &'static str,
    /// Line of `memory.stat` with the bytes of files that were read and can be given back.
    reclaimable: &'static str,
}

/// Control groups version 2. Above `memory.high` the kernel stalls the group, which is as good as a limit.
const UNIFIED: Version = Version {
    limits: &["memory.max", "memory.high"],
    usage: "memory.current",
    reclaimable: "inactive_file ",
};

/// The memory controller of version 1.
const LEGACY: Version = Version {
    limits: &["memory.limit_in_bytes"],
    usage: "memory.usage_in_bytes",
    reclaimable: "total_inactive_file ",
};

/// A control group: its folder, and how to read it.
struct Group {
    folder: PathBuf,
    version: &'static Version,
}

/// The memory groups of this process, each with all its ancestors up to the mount point.
fn groups(root: &Path) -> Vec<Group> {
    let table = fs::read_to_string(root.join("proc/self/cgroup")).unwrap_or_default();
    let mount = root.join("sys/fs/cgroup");
    // A container may hide its path, but not its own limits, which are at the mount point.
    let mut own = vec![(mount.clone(), Path::new(""), &UNIFIED)];
    own.push((mount.join("memory"), Path::new(""), &LEGACY));
    for line in table.lines() {
        let mut fields = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (fields.next(), fields.next()) else {
            continue;
        };
        let path = Path::new(path);
        match controllers {
            "" => {
                own.push((mount.clone(), path, &UNIFIED));
                own.push((mount.join("unified"), path, &UNIFIED));
            }
            list if list.split(',').any(|name| name == "memory") => {
                own.push((mount.join("memory"), path, &LEGACY));
            }
            _ => {}
        }
    }
    own.into_iter()
        .flat_map(|(mount, path, version)| {
            let names = path.components().filter_map(|part| match part {
                Component::Normal(name) => Some(name),
                _ => None,
            });
            let below = names.scan(mount.clone(), |folder, name| {
                folder.push(name);
                Some(folder.clone())
            });
            let folders: Vec<PathBuf> = std::iter::once(mount).chain(below).collect();
            folders
                .into_iter()
                .map(move |folder| Group { folder, version })
        })
        .collect()
}

impl Group {
    /// Bytes that the group may still take; none without a limit.
    fn room(&self) -> Option<u64> {
        let text = |name: &str| fs::read_to_string(self.folder.join(name)).ok();
        let number = |name: &&str| text(name)?.trim().parse::<u64>().ok();
        let limit = self.version.limits.iter().filter_map(number).min()?;
        let stat = text("memory.stat").unwrap_or_default();
        let files = stat.lines().find_map(|line| {
            let bytes = line.strip_prefix(self.version.reclaimable)?;
            bytes.trim().parse::<u64>().ok()
        });
        let usage = number(&self.version.usage)?.saturating_sub(files.unwrap_or(0));
        Some(limit.saturating_sub(usage))
    }
}

/// Bytes left of the limit of the address space; none without one.
fn address_space(root: &Path) -> Option<u64> {
    let limits = fs::read_to_string(root.join("proc/self/limits")).ok()?;
    let mut lines = limits.lines();
    let line = lines.find_map(|line| line.strip_prefix("Max address space"))?;
    let limit: u64 = line.split_whitespace().next()?.parse().ok()?;
    let status = fs::read_to_string(root.join("proc/self/status")).ok()?;
    Some(limit.saturating_sub(kibibytes(&status, "VmSize:")?))
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

    const MIB: u64 = 1 << 20;

    #[test]
    fn a_line_of_the_kernel_is_read_in_bytes() {
        let text = "MemTotal:       24000000 kB\nMemAvailable:   23693576 kB\n";
        assert_eq!(kibibytes(text, "MemAvailable:"), Some(23_693_576 * 1024));
        assert_eq!(kibibytes(text, "SwapFree:"), None);
    }

    /// A tree of files with 1000 MiB available, and these files besides.
    fn available(files: &[(&str, String)]) -> Option<u64> {
        let root = tempfile::tempdir().unwrap();
        let meminfo = [("proc/meminfo", "MemAvailable: 1024000 kB\n".to_owned())];
        for (name, text) in meminfo.iter().chain(files) {
            let path = root.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        available_below(root.path())
    }

    fn file(name: &str, text: impl ToString) -> (&str, String) {
        (name, text.to_string())
    }

    #[test]
    fn without_limits_the_kernel_decides() {
        assert_eq!(available(&[]), Some(1000 * MIB));
        let group = [
            file("proc/self/cgroup", "0::/user.slice\n"),
            file("sys/fs/cgroup/user.slice/memory.max", "max\n"),
            file("sys/fs/cgroup/user.slice/memory.current", 5 * MIB),
        ];
        assert_eq!(available(&group), Some(1000 * MIB));
        assert_eq!(available_below(Path::new("/no/such/root")), None);
    }

    #[test]
    fn a_group_at_any_depth_limits() {
        // A step of Slurm: the job has the limit, two levels above the group of the process.
        let job = "sys/fs/cgroup/system.slice/slurmstepd.scope/job_7";
        let slurm = [
            file(
                "proc/self/cgroup",
                "0::/system.slice/slurmstepd.scope/job_7/step_0/user/task_0\n",
            ),
            (&*format!("{job}/memory.max"), (300 * MIB).to_string()),
            (&*format!("{job}/memory.current"), (120 * MIB).to_string()),
            (
                &*format!("{job}/memory.stat"),
                format!("anon 1\ninactive_file {}\n", 20 * MIB),
            ),
            (
                &*format!("{job}/step_0/memory.max"),
                (900 * MIB).to_string(),
            ),
            (
                &*format!("{job}/step_0/memory.current"),
                (90 * MIB).to_string(),
            ),
        ];
        assert_eq!(available(&slurm), Some(200 * MIB));
        // systemd-run: the group itself.
        let scope = [
            file("proc/self/cgroup", "0::/user.slice/run-1.scope\n"),
            file("sys/fs/cgroup/user.slice/run-1.scope/memory.max", 30 * MIB),
            file(
                "sys/fs/cgroup/user.slice/run-1.scope/memory.current",
                4 * MIB,
            ),
        ];
        assert_eq!(available(&scope), Some(26 * MIB));
        // A container with its own namespace: the mount point.
        let container = [
            file("proc/self/cgroup", "0::/\n"),
            file("sys/fs/cgroup/memory.max", "max\n"),
            file("sys/fs/cgroup/memory.high", 64 * MIB),
            file("sys/fs/cgroup/memory.current", 65 * MIB),
        ];
        assert_eq!(available(&container), Some(0));
    }

    #[test]
    fn groups_of_version_1_limit_too() {
        let table = "11:cpu,cpuacct:/slurm\n5:memory:/slurm/uid_1/job_2/step_batch\n0::/\n";
        let job = "sys/fs/cgroup/memory/slurm/uid_1/job_2";
        let files = [
            file("proc/self/cgroup", table),
            file("sys/fs/cgroup/memory/memory.limit_in_bytes", i64::MAX),
            file("sys/fs/cgroup/memory/memory.usage_in_bytes", MIB),
            (
                &*format!("{job}/memory.limit_in_bytes"),
                (200 * MIB).to_string(),
            ),
            (
                &*format!("{job}/memory.usage_in_bytes"),
                (80 * MIB).to_string(),
            ),
            (
                &*format!("{job}/memory.stat"),
                format!("inactive_file 1\ntotal_inactive_file {}\n", 30 * MIB),
            ),
        ];
        assert_eq!(available(&files), Some(150 * MIB));
        // A container of version 1 sees the path of the host, and its own limit at the mount point.
        let container = [
            file("proc/self/cgroup", "5:memory:/docker/0123\n"),
            file("sys/fs/cgroup/memory/memory.limit_in_bytes", 50 * MIB),
            file("sys/fs/cgroup/memory/memory.usage_in_bytes", 20 * MIB),
        ];
        assert_eq!(available(&container), Some(30 * MIB));
    }

    #[test]
    fn the_address_space_limits() {
        let limits = |limit: &str| {
            [
                file(
                    "proc/self/limits",
                    format!(
                        "Limit Soft Hard Units\nMax address space         {limit}            unlimited            bytes\n"
                    ),
                ),
                file("proc/self/status", "Name:\tvoxion\nVmSize:\t  10240 kB\n"),
            ]
        };
        assert_eq!(available(&limits("104857600")), Some(90 * MIB));
        assert_eq!(available(&limits("unlimited")), Some(1000 * MIB));
    }
}
