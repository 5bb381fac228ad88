//! The files that a run leaves: fields, the picture of the deformed slice, JSON.

use super::{
    super::{
        files::{Planned, not_written},
        interrupt::Interrupt,
        provenance::provenance,
    },
    Answer, json,
    question::Question,
};
use anyhow::Result;
use std::{fs, path::Path};
use voxion::{
    io::{Inputs, IoError, write_atomically},
    report::{deformation, stress},
};

/// The picture of a state, by its place: "deformed.png", or "deformed_1.png" and on where there are several.
fn picture(place: usize, states: usize) -> String {
    match states {
        1 => "deformed.png".to_owned(),
        _ => format!("deformed_{}.png", place + 1),
    }
}

/// Whether everything that is asked for can be written; makes the folder for slices.
pub(super) fn check(question: &Question) -> voxion::Result<()> {
    let output = &question.output;
    let states = question.converted.len();
    let pictures = output
        .slices
        .iter()
        .flat_map(|folder| (0..states).map(|place| folder.join(picture(place, states))));
    let files = output.json.iter().chain(&output.fields).cloned();
    let planned = Planned {
        folder: output.slices.as_ref(),
        files: files.chain(pictures).collect(),
        overwrite: output.overwrite,
    };
    let mut inputs = Inputs::default();
    let volume = question.volume.file().map(|file| &file.source);
    let sources = volume.into_iter().chain(&question.fractions);
    sources.for_each(|source| inputs.add(source.path()));
    if let Some(origin) = &output.origin {
        inputs.add(&origin.name);
    }
    Ok(planned.check(&inputs)?)
}

/// Writes what is asked for.
pub(super) fn write(answer: &Answer<'_>, interrupt: &Interrupt) -> Result<()> {
    let output = &answer.question.output;
    let volume = &answer.reading.volume;
    if let Some(path) = &output.json {
        let text = json::answer(answer)?;
        let unwritable = |source| IoError::Unwritable {
            path: path.clone(),
            source,
        };
        let write = |temporary: &Path| Ok(fs::write(temporary, &text).map_err(unwritable)?);
        write_atomically(path, output.overwrite, write).map_err(not_written)?;
    }
    if let (Some(path), Some(last)) = (&output.fields, answer.states.last()) {
        let provenance = provenance(
            (&answer.question.volume, answer.reading),
            &json::parameters(answer.question),
            output,
            answer.started,
        )?;
        write_atomically(path, output.overwrite, |temporary| {
            stress::write(temporary, volume, &last.deformed, &provenance)
                .map_err(|error| error.of(path))?;
            interrupt.check()
        })
        .map_err(not_written)?;
    }
    let folder = output.slices.iter();
    for (folder, (place, state)) in
        folder.flat_map(|folder| answer.states.iter().enumerate().map(move |s| (folder, s)))
    {
        let path = folder.join(picture(place, answer.states.len()));
        let drawn = deformation::draw(volume, &state.deformed);
        write_atomically(&path, output.overwrite, |temporary| {
            drawn.write(temporary).map_err(|error| error.of(&path))?;
            interrupt.check()
        })
        .map_err(not_written)?;
    }
    Ok(())
}
