//! Do studies make the cases that they say, run each once, survive whatever kills them, and end with the same bytes?

mod browser;
mod cases;
mod collected;
mod device;
mod faults;
mod kills;
mod launcher;
mod memory;
mod merge;
mod page;
#[path = "../common/program.rs"]
mod program;
mod runs;
mod slurm;
mod starts;
mod systems;

use program::{stderr, stdout, voxion};
use std::{collections::BTreeMap, fs, path::Path};
use tempfile::TempDir;

/// Six small pellets: three thicknesses of coating, two seeds each.
const PELLETS: &str = r#"
[scenario]
title = "Pellets"

[study]
repeats = 2
results = ["effective_conductivity", "porosity"]

[[parameter]]
key = "generate.cycles"
values = [0, 20, 40]

[generate]
generator = "pellet"
seed = 3
size = 16
voxel_size = "200 nm"

[transport]
sides = "periodic"

[run]
backend = "host"
"#;

/// A folder with a study.
fn folder(text: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("study.toml"), text).unwrap();
    folder
}

/// Everything that a study leaves, but for its logs, which have times.
fn results(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for part in ["", "cases", "failed", "locks"] {
        for entry in fs::read_dir(folder.join("study.results").join(part)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                let name = path.strip_prefix(folder).unwrap().display().to_string();
                found.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    found
}
