//! Parts of sentences about files.

use std::path::Path;

/// "100,100,50", as a shape is typed.
pub(super) fn commas(shape: impl AsRef<[usize]>) -> String {
    shape
        .as_ref()
        .iter()
        .map(usize::to_string)
        .collect::<Vec<_>>()
        .join(",")
}

/// "1 volume", "2 volumes".
pub(super) fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// The name of a file without its folder.
pub(super) fn name(path: &Path) -> String {
    path.file_name()
        .unwrap_or(path.as_os_str())
        .to_string_lossy()
        .into_owned()
}
