//! How threads of a workgroup lie in a box of cells: adapters differ, so a few shapes are tried once on each and the fastest is
//! kept in the user's cache directory. Results do not depend on it.

use std::{
    env, fmt, fs,
    path::{Path, PathBuf},
};

use super::AdapterInfo;

/// Threads along x, y and z of a workgroup that works on a box.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct WorkgroupShape([u32; 3]);

impl Default for WorkgroupShape {
    fn default() -> Self {
        Self::ALL[0]
    }
}

impl fmt::Display for WorkgroupShape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [x, y, z] = self.0;
        write!(f, "{x} x {y} x {z}")
    }
}

impl WorkgroupShape {
    /// Those that are tried: along rows, along rows and flat, nearly a cube.
    pub const ALL: [Self; 3] = [Self([32, 4, 2]), Self([64, 4, 1]), Self([16, 4, 4])];

    /// As kernels see it.
    pub(super) fn constants(self) -> String {
        let [x, y, z] = self.0;
        format!("const WIDE: u32 = {x}u; const HIGH: u32 = {y}u; const DEEP: u32 = {z}u;\n")
    }
}

/// What was chosen for each adapter: a file each, whose name tells adapter, driver and the version of Voxion.
#[derive(Debug, Clone)]
pub struct Choices {
    folder: Option<PathBuf>,
}

impl Choices {
    /// In `voxion` below `XDG_CACHE_HOME`, else below the system's folder for such files; without one nothing is kept.
    pub fn of_the_user() -> Self {
        let folder = |name, below: &str| {
            let folder = PathBuf::from(env::var_os(name)?).join(below);
            folder.is_absolute().then_some(folder)
        };
        let folders = [
            ("XDG_CACHE_HOME", ""),
            ("LOCALAPPDATA", ""),
            ("HOME", ".cache"),
        ];
        let found = folders.iter().find_map(|(name, below)| folder(name, below));
        Self {
            folder: found.map(|folder| folder.join("voxion")),
        }
    }

    /// In a folder.
    pub fn below(folder: &Path) -> Self {
        Self {
            folder: Some(folder.to_owned()),
        }
    }

    /// What was chosen for an adapter.
    pub fn known(&self, adapter: &AdapterInfo) -> Option<WorkgroupShape> {
        let text = fs::read_to_string(self.file(adapter)?).ok()?;
        let shapes = WorkgroupShape::ALL.into_iter();
        shapes
            .into_iter()
            .find(|shape| shape.to_string() == text.trim())
    }

    /// Keeps a choice if it can: without it the adapter is measured anew next time.
    pub fn keep(&self, adapter: &AdapterInfo, shape: WorkgroupShape) {
        let Some(file) = self.file(adapter) else {
            return;
        };
        let draft = file.with_extension(format!("{}", std::process::id()));
        let kept = file
            .parent()
            .map_or(Ok(()), fs::create_dir_all)
            .and_then(|()| fs::write(&draft, format!("{shape}\n")))
            .and_then(|()| fs::rename(&draft, &file));
        if let Err(error) = kept {
            tracing::debug!("the choice of workgroups is not kept: {error}");
        }
    }

    fn file(&self, adapter: &AdapterInfo) -> Option<PathBuf> {
        let AdapterInfo { name, driver, .. } = adapter;
        let all = format!("{name} {driver} voxion {}", env!("CARGO_PKG_VERSION"));
        let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
        let name: String = all.chars().map(plain).take(200).collect();
        Some(self.folder.as_ref()?.join(name + ".workgroup"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gpu::{AdapterKind, adapter::tests::info};

    fn adapter(driver: &str) -> AdapterInfo {
        AdapterInfo {
            driver: driver.to_owned(),
            ..info("a GPU (of ours)", AdapterKind::Discrete)
        }
    }

    #[test]
    fn a_choice_holds_for_one_adapter_with_one_driver() {
        let folder = tempfile::tempdir().unwrap();
        let choices = Choices::below(&folder.path().join("new"));
        let (one, other) = (adapter("1.0"), adapter("1.1"));
        assert_eq!(choices.known(&one), None);
        for shape in WorkgroupShape::ALL {
            choices.keep(&one, shape);
            assert_eq!(
                (choices.known(&one), choices.known(&other)),
                (Some(shape), None)
            );
        }
        fs::write(choices.file(&one).unwrap(), "7 x 7 x 7\n").unwrap();
        assert_eq!(choices.known(&one), None);
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_no_failure() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for choices in [Choices::below(file.path()), Choices { folder: None }] {
            choices.keep(&adapter("1.0"), WorkgroupShape::default());
            assert_eq!(choices.known(&adapter("1.0")), None);
        }
    }
}
