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
        parameters: serde_json::to_string(parameters).context("the parameters do not fit JSON")?,
        command: typed(),
        origin: output.origin.clone(),
        date,
    })
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
