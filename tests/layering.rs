//! Does the source tree keep to ARCHITECTURE.md? Arrows between modules go down only, wgpu is named in one module,
//! anyhow in the binary alone, and no shader outgrows its limit.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Modules and what each may name, besides itself and the crate's `Error` and `Result`. A module that is not here
/// fails the test: give it its place.
const MAY_USE: [(&str, &[&str]); 11] = [
    ("microstructure", &[]),
    ("materials", &[]),
    ("io", &["microstructure"]),
    ("gpu", &[]),
    ("field", &["gpu", "microstructure"]),
    ("solve", &["field", "gpu", "microstructure"]),
    (
        "physics",
        &["solve", "field", "gpu", "microstructure", "materials"],
    ),
    (
        "scenario",
        &[
            "physics",
            "solve",
            "field",
            "gpu",
            "microstructure",
            "materials",
            "io",
        ],
    ),
    ("study", ABOVE_SCENARIO),
    ("report", ABOVE_SCENARIO),
    (
        "cli",
        &[
            "study",
            "report",
            "scenario",
            "physics",
            "solve",
            "field",
            "gpu",
            "microstructure",
            "materials",
            "io",
        ],
    ),
];

const ABOVE_SCENARIO: &[&str] = &[
    "scenario",
    "physics",
    "solve",
    "field",
    "gpu",
    "microstructure",
    "materials",
    "io",
];

/// What equations share, and the equations, which it may not know.
const SHARED: [&str; 3] = ["assembled", "machine", "network"];
const EQUATIONS: [&str; 4] = ["conduction", "carriers", "kinetics", "elasticity"];

/// Files of the root: the table of contents, the sum of all errors, and the program that only calls `cli`.
const ROOT: [&str; 3] = ["lib.rs", "error.rs", "main.rs"];

/// A source file: path below the repository and text.
struct Source {
    path: PathBuf,
    text: String,
}

impl Source {
    fn new(path: impl Into<PathBuf>, text: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            text: text.into(),
        }
    }

    /// The folder or file of `src` it belongs to; none for shaders.
    fn module(&self) -> Option<String> {
        let inside = self.path.strip_prefix("src").ok()?;
        let first = inside.components().next()?.as_os_str().to_str()?;
        Some(first.trim_end_matches(".rs").to_owned())
    }

    fn is_root(&self) -> bool {
        ROOT.iter()
            .any(|name| self.path == Path::new("src").join(name))
    }

    /// The text without comments.
    fn code(&self) -> String {
        let code = |line: &str| line.split("//").next().unwrap_or_default().to_owned() + "\n";
        self.text.lines().map(code).collect()
    }

    fn lines(&self) -> usize {
        self.text.lines().count()
    }

    fn complaint(&self, what: impl std::fmt::Display) -> String {
        format!("{}: {what}", self.path.display())
    }
}

/// Words directly behind `crate::` or `voxion::`, those of a braced list included.
fn named_modules(code: &str) -> BTreeSet<String> {
    let mut named = BTreeSet::new();
    for root in ["crate::", "voxion::"] {
        for (at, _) in code.match_indices(root) {
            let rest = &code[at + root.len()..];
            match rest.strip_prefix('{') {
                Some(list) => named.extend(heads(list)),
                None => named.extend(word(rest)),
            }
        }
    }
    named
}

/// First words of the entries of a list that ends with its closing brace.
fn heads(list: &str) -> Vec<String> {
    let mut heads = Vec::new();
    let (mut depth, mut entry) = (1, 0);
    for (at, symbol) in list.char_indices() {
        match symbol {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 || (depth == 1 && symbol == ',') {
            heads.extend(word(list[entry..at].trim_start()));
            entry = at + 1;
        }
        if depth == 0 {
            break;
        }
    }
    heads
}

fn word(text: &str) -> Option<String> {
    let end = text
        .find(|c: char| !c.is_alphanumeric() && c != '_')
        .unwrap_or(text.len());
    (end > 0).then(|| text[..end].to_owned())
}

/// Whether an identifier occurs in code.
fn names(code: &str, identifier: &str) -> bool {
    code.split(|c: char| !c.is_alphanumeric() && c != '_')
        .any(|token| token == identifier)
}

fn arrows(source: &Source) -> Vec<String> {
    let Some(module) = source.module().filter(|_| !source.is_root()) else {
        return Vec::new();
    };
    let Some((_, allowed)) = MAY_USE.iter().find(|(name, _)| *name == module) else {
        return vec![source.complaint(format!("module `{module}` has no place in the layers"))];
    };
    let is_module = |name: &String| MAY_USE.iter().any(|(known, _)| known == name);
    let upward = |name: &String| *name != module && !allowed.contains(&name.as_str());
    named_modules(&source.code())
        .iter()
        .filter(|name| is_module(name) && upward(name))
        .map(|name| source.complaint(format!("`{module}` may not know `{name}`")))
        .collect()
}

/// Whether a file is one of those that all equations share.
fn is_shared(path: &Path) -> bool {
    let Ok(inside) = path.strip_prefix("src/physics") else {
        return false;
    };
    let first = inside.components().next().map(|first| first.as_os_str());
    SHARED.iter().any(|name| {
        first.is_some_and(|first| first == *name || first == format!("{name}.rs").as_str())
    })
}

fn equations(source: &Source) -> Vec<String> {
    let code = source.code();
    let named = EQUATIONS.iter().filter(|name| names(&code, name));
    named
        .filter(|_| is_shared(&source.path))
        .map(|name| source.complaint(format!("all equations share it; it may not know `{name}`")))
        .collect()
}

fn crates(source: &Source) -> Vec<String> {
    let module = source.module().unwrap_or_default();
    let places = [("wgpu", vec!["gpu"]), ("anyhow", vec!["cli", "main"])];
    places
        .iter()
        .filter(|(name, homes)| names(&source.code(), name) && !homes.contains(&module.as_str()))
        .map(|(name, homes)| source.complaint(format!("names {name}, which belongs to {homes:?}")))
        .collect()
}

fn size(source: &Source) -> Option<String> {
    // A file is cut where a reader would, not at a number of lines: the limit leaves room for that.
    let limit = match source.path.extension()?.to_str()? {
        "wgsl" => 150,
        _ if source.path == Path::new("src/main.rs") => 60,
        // A file of Rust is cut where a reader would cut it.
        _ => return None,
    };
    let lines = source.lines();
    (lines > limit).then(|| source.complaint(format!("{lines} lines, at most {limit}")))
}

fn complaints(source: &Source) -> Vec<String> {
    let mut complaints = size(source).into_iter().collect::<Vec<_>>();
    if source.path.starts_with("src") {
        complaints.extend(arrows(source));
        complaints.extend(equations(source));
        complaints.extend(crates(source));
    }
    complaints
}

/// Rust and WGSL files of the repository's folders that exist, in a fixed order.
fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = ["src", "shaders", "tests", "benches"].map(|folder| root.join(folder));
    let mut folders: Vec<PathBuf> = folders.into_iter().filter(|path| path.is_dir()).collect();
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a readable folder") {
            let path = entry.expect("a readable entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path
                .extension()
                .is_some_and(|end| end == "rs" || end == "wgsl")
            {
                let text = fs::read_to_string(&path).expect("sources are UTF-8");
                let inside = path.strip_prefix(root).expect("found below the root");
                sources.push(Source::new(inside, text));
            }
        }
    }
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    sources
}

#[test]
fn source_tree_keeps_to_the_architecture() {
    let sources = sources();
    assert!(
        sources
            .iter()
            .any(|source| source.path == Path::new("src/lib.rs"))
    );
    let complaints: Vec<String> = sources.iter().flat_map(complaints).collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

/// Each line breaks one rule and must give exactly one complaint.
#[test]
fn broken_rules_are_found() {
    for (path, text) in [
        (
            "src/solve/cg.rs",
            "use crate::physics::Conduction;".to_owned(),
        ),
        (
            "src/solve/cg.rs",
            "use crate::{field::{Backend, Host}, physics, Error};".to_owned(),
        ),
        (
            "src/physics/conduction.rs",
            "fn f() { crate::report::slices::write() }".to_owned(),
        ),
        ("src/microstructure/volume.rs", "use crate::io;".to_owned()),
        (
            "src/physics/machine/failure.rs",
            "use crate::physics::conduction::Effective;".to_owned(),
        ),
        (
            "src/physics/network.rs",
            "use super::elasticity;".to_owned(),
        ),
        ("src/report/mod.rs", "use crate::study;".to_owned()),
        ("src/gpu/mod.rs", "use crate::field::Backend;".to_owned()),
        ("src/field/device.rs", "use wgpu::Buffer;".to_owned()),
        ("src/io/mod.rs", "use anyhow::Context;".to_owned()),
        ("src/helpers/mod.rs", String::new()),
        ("src/main.rs", "\n".repeat(61)),
        ("shaders/physics/conduction.wgsl", "\n".repeat(151)),
    ] {
        let found = complaints(&Source::new(path, text.as_str()));
        assert_eq!(found.len(), 1, "{path}: {found:?}");
    }
}

#[test]
fn kept_rules_are_not_complained_about() {
    for (path, text) in [
        (
            "src/solve/cg.rs",
            "//! See [`crate::physics`].\nuse crate::{Result, field::Backend};",
        ),
        (
            "src/physics/conduction.rs",
            "use crate::{solve::{cg, multigrid}, field};",
        ),
        ("src/gpu/mod.rs", "use wgpu::Buffer;"),
        (
            "src/physics/elasticity/machine.rs",
            "use super::elasticity; use crate::physics::machine;",
        ),
        (
            "src/cli/mod.rs",
            "use anyhow::Context;\nuse voxion::report::slices;",
        ),
        (
            "src/error.rs",
            "use crate::{scenario::ScenarioError, gpu::GpuError};",
        ),
    ] {
        let found = complaints(&Source::new(path, text));
        assert!(found.is_empty(), "{path}: {found:?}");
    }
}
