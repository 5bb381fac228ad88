//! Does the program say what it should, and exit as documented? The real binary, in a fresh folder each time.

mod bench;
mod cells;
mod files;
mod generate;
mod help;
mod many;
mod measure;
#[path = "../common/program.rs"]
mod program;
mod real_greys;
mod refusals;
mod results;

use program::{stderr, stdout, voxion};
use std::fs;
use tempfile::TempDir;

/// A folder with the files that the tests name.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| fs::write(folder.path().join(name), bytes).unwrap();
    // 8 x 6 x 4 voxels: label 1 in the left half of x, label 0 in the right half.
    let halves: Vec<u8> = (0..8 * 6 * 4)
        .map(|voxel| u8::from(voxel % 4 < 2))
        .collect();
    file("halves.raw", &halves);
    file("flat.raw", &halves[..6 * 4]);
    file("short.raw", &halves[1..]);
    file("empty.raw", b"");
    file(
        "broken.h5",
        b"\x89HDF\r\n\x1a\nand then nothing that makes sense",
    );
    file("broken.tif", b"II*\0\xff\xff\xff\xff");
    file("notes.txt", b"no volume");
    file("kept.h5", b"something precious");
    file("run.toml", SCENARIO.as_bytes());
    let contact = "[[contact]]\nbetween = [\"pore\", \"solid\"]\nresistance = \"1 Ohm cm2\"\n";
    file("contact.toml", format!("{SCENARIO}{contact}").as_bytes());
    folder
}

const SCENARIO: &str = r#"
[volume]
path = "halves.raw"
shape = [8, 6, 4]

[phases.pore]
label = 0
conductivity = "10 mS/cm"

[phases.solid]
label = 1
conductivity = 0

[run]
backend = "host"

[output]
json = "run.json"
"#;

const HALVES: &str = "solve halves.raw --shape 8,6,4 --backend host";

/// The program must refuse with exit code 2 and this sentence, and print nothing else.
#[track_caller]
fn refused_in(folder: &TempDir, arguments: &str, sentence: &str) {
    let assert = voxion(folder.path(), arguments).code(2);
    let said = stderr(&assert);
    assert!(
        said.contains(sentence),
        "voxion {arguments}\nsaid:\n{said}\nnot:\n{sentence}"
    );
    assert_eq!(stdout(&assert), "", "voxion {arguments}");
}
