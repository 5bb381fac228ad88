//! Where the numbers of a run come from, as its file of fields says it.

use anyhow::{Context, Result};
use serde_json::Value;
use std::{borrow::Cow, env, time::SystemTime};
use voxion::{
    io::Reading,
    report::provenance::Provenance,
    scenario::{Output, Voxels},
};

/// Of a run that began at a time.
pub(crate) fn provenance(
    (volume, reading): (&Voxels, &Reading),
    parameters: &Value,
    output: &Output,
    date: SystemTime,
) -> Result<Provenance> {
    Ok(Provenance {
        input: match volume.file() {
            Some(file) => file.source.to_string(),
            None => format!("{}, {}", reading.path.display(), reading.file_type),
        },
        sha256: reading.sha256.clone(),
        notes: notes(reading),
        parameters: serde_json::to_string(parameters).context("the parameters do not fit JSON")?,
        command: typed(),
        origin: output.origin.clone(),
        date,
    })
}

/// What was decided from the metadata of the input, a line each.
fn notes(reading: &Reading) -> String {
    let stated = reading.voxel_size.iter().map(|size| {
        let [z, y, x] = size.metres;
        format!(
            "voxel size {z:e}, {y:e}, {x:e} m (z, y, x) from {}",
            size.stated_in
        )
    });
    stated
        .chain(reading.notes.iter().cloned())
        .collect::<Vec<_>>()
        .join("\n")
}

/// The command as it was typed, quoted for a shell; where the program lies does not matter. None where it is no text.
fn typed() -> Option<String> {
    let words: Option<Vec<String>> = env::args_os()
        .skip(1)
        .map(|word| word.into_string().ok())
        .collect();
    let words = words?;
    let quoted: Result<Vec<Cow<'_, str>>, _> =
        words.iter().map(|word| shlex::try_quote(word)).collect();
    Some(format!("voxion {}", quoted.ok()?.join(" ")))
}
