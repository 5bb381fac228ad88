//! HDF5 files, whatever their ending: any dataset of numbers from which a volume can be made.
//!
//! Metadata are decoded here ([`object`], [`attributes`]), so that a damaged or hostile file is refused before the C
//! library sees it; the library undoes filters and converts types. Elements are read in blocks that follow the chunks, so
//! that no chunk is decompressed twice and memory holds the volume plus one block.

mod attributes;
mod bytes;
mod conventions;
mod find;
mod heaps;
mod library;
mod mapping;
mod object;
mod storage;
mod types;

use super::{
    Contents, Format, IoError, ReadOptions,
    axes::{Selection, Taken, select},
    file_size,
    labels::{Collect, Sample, allocate},
};
use attributes::Attributes;
use find::Source;
use hdf5::{H5Type, Hyperslab, SliceOrIndex};
use ndarray::{Array3, IxDyn, s};
use std::{ops::Range, path::Path};
use types::{Class, Value};

/// Attribute of a dataset: voxel size in metres, three floats (z, y, x). Voxion's own result files have it.
pub const VOXEL_SIZE_ATTRIBUTE: &str = "voxel_size_m";

/// Attribute of a dataset: voxel size in micrometres, three floats (z, y, x), as ilastik and Fiji write it.
pub const ELEMENT_SIZE_ATTRIBUTE: &str = "element_size_um";

/// Samples in one block, if the chunks of the file allow.
const BLOCK_SAMPLES: usize = 1 << 22;

/// Things that a sentence lists before it counts the others.
const MAX_LISTED: usize = 8;

/// A dataset, by name or as the only one that may be meant.
pub(super) fn read<C: Collect>(
    path: &Path,
    wanted: Option<&str>,
    options: &ReadOptions,
) -> Result<Contents<C::Output>, IoError> {
    let _lock = storage::lock(path)?;
    let source = Source::open(path)?;
    let mut notes = Vec::new();
    let found = match wanted {
        Some(name) => find::named(&source, name)?,
        None => find::only_volume(&source, C::GREY, &mut notes)?,
    };
    if !found.ty.is_number() {
        return Err(IoError::SampleType {
            path: path.to_owned(),
            found: found.ty.words(),
        });
    }
    let lengths = found.lengths();
    if lengths.len() < 2 || lengths.contains(&0) {
        return Err(match <[usize; 3]>::try_from(lengths.as_slice()) {
            Ok(shape) => IoError::Empty {
                path: path.to_owned(),
                shape,
            },
            Err(_) => IoError::Rank {
                path: path.to_owned(),
                shape: lengths,
            },
        });
    }
    let description = conventions::describe(&found, options)?;
    let selection = select(path, &description.axes, &options.channel)?;
    notes.extend(description.notes);
    notes.extend(selection.notes.iter().cloned());
    let chunk = storage::check(&found, &mut notes)?;
    let stored = file_size(&found.place.source.path)?;
    let cells = allocate::<C::Cell>(path, selection.shape, stored)?;
    let dataset = library::dataset(&found)?;
    let reading = Blocks {
        path,
        options,
        dataset,
        selection,
        chunk,
    };
    let volume = match (&found.ty.class, found.ty.size) {
        (
            Class::Enumeration {
                is_boolean: true, ..
            },
            _,
        ) => reading.read::<C, u8>(cells),
        (
            Class::Unsigned
            | Class::Enumeration {
                is_signed: false, ..
            },
            bytes,
        ) => match bytes {
            1 => reading.read::<C, u8>(cells),
            2 => reading.read::<C, u16>(cells),
            3 | 4 => reading.read::<C, u32>(cells),
            _ => reading.read::<C, u64>(cells),
        },
        (Class::Float { .. }, bytes) if bytes <= 4 => reading.read::<C, f32>(cells),
        (Class::Float { .. }, _) => reading.read::<C, f64>(cells),
        (_, 1) => reading.read::<C, i8>(cells),
        (_, 2) => reading.read::<C, i16>(cells),
        (_, 3 | 4) => reading.read::<C, i32>(cells),
        _ => reading.read::<C, i64>(cells),
    }?;
    Ok(Contents {
        volume,
        names: phase_names(&description.attributes),
        file_type: format!("{} {}", Format::Hdf5, found.ty.words()),
        dataset: Some(found.name),
        voxel_size: description.voxel_size,
        notes,
    })
}

/// A dataset that is read in blocks.
struct Blocks<'a> {
    path: &'a Path,
    options: &'a ReadOptions,
    dataset: library::Open,
    selection: Selection,
    /// Lengths of the chunks, for data in chunks.
    chunk: Option<Vec<usize>>,
}

impl Blocks<'_> {
    fn read<C: Collect, T: Sample + H5Type>(
        self,
        mut cells: Array3<C::Cell>,
    ) -> Result<C::Output, IoError> {
        let mut encoder = C::new(self.path, self.options);
        // Axes of the volume as they follow each other in the file, those that the file lacks first.
        let places = self.selection.places();
        let mut order = [0, 1, 2];
        order.sort_by_key(|&axis| places[axis]);
        let shape = order.map(|axis| self.selection.shape[axis]);
        let chunk = order.map(|axis| match (places[axis], &self.chunk) {
            (Some(place), Some(chunk)) => chunk[place],
            _ => 1,
        });
        // From the order in the file to z, y, x.
        let back = [0, 1, 2].map(|axis| {
            order
                .iter()
                .position(|&other| other == axis)
                .unwrap_or(axis)
        });
        let mut stored = cells.view_mut().permuted_axes(order);
        let steps = block(shape, chunk);
        for a in ranges(shape[0], steps[0]) {
            for b in ranges(shape[1], steps[1]) {
                for c in ranges(shape[2], steps[2]) {
                    let block = [a.clone(), b.clone(), c.clone()];
                    let samples = self
                        .dataset
                        .dataset
                        .as_reader()
                        .read_slice::<T, _, IxDyn>(self.hyperslab(&back, &block))
                        .map_err(|error| library::malformed(self.path, &error))?;
                    let sides = block.clone().map(|side| side.len());
                    let samples = samples
                        .into_shape_with_order(sides)
                        .map_err(|error| IoError::malformed(self.path, Format::Hdf5, error))?;
                    let [a, b, c] = block;
                    encoder.encode(samples, stored.slice_mut(s![a, b, c]))?;
                }
            }
        }
        encoder.finish(cells)
    }

    /// The part of the dataset that a block is, whose sides are in the order of the file.
    fn hyperslab(&self, back: &[usize; 3], block: &[Range<usize>; 3]) -> Hyperslab {
        let side = |taken: &Taken| match *taken {
            Taken::At(entry) => SliceOrIndex::Index(entry),
            Taken::Along(axis) => {
                let Range { start, end } = block[back[axis]];
                SliceOrIndex::SliceTo {
                    start,
                    step: 1,
                    end,
                    block: 1,
                }
            }
        };
        self.selection
            .taken
            .iter()
            .map(side)
            .collect::<Vec<_>>()
            .into()
    }
}

/// The largest blocks of about [`BLOCK_SAMPLES`] that consist of whole chunks, grown from the last axis to the first.
fn block(shape: [usize; 3], chunk: [usize; 3]) -> [usize; 3] {
    let mut block = chunk;
    for axis in [2, 1, 0] {
        block[axis] = block[axis].clamp(1, shape[axis]);
    }
    for axis in [2, 1, 0] {
        let samples: usize = block.iter().product();
        block[axis] = shape[axis].min(block[axis] * (BLOCK_SAMPLES / samples).max(1));
    }
    block
}

/// `length` cut into pieces of `step`, the last one shorter.
fn ranges(length: usize, step: usize) -> impl Iterator<Item = Range<usize>> {
    (0..length)
        .step_by(step)
        .map(move |start| start..length.min(start + step))
}

/// Labels and names of the phases, where the dataset states them as a generated microstructure does.
fn phase_names(attributes: &Attributes) -> Vec<(i64, String)> {
    let labels = attributes.numbers("phase_labels");
    let names = attributes.get("phase_names").and_then(Value::texts);
    let (Some(labels), Some(names)) = (labels, names) else {
        return Vec::new();
    };
    let is_label = |label: &f64| label.fract() == 0.0 && label.abs() < (1u64 << 53) as f64;
    if labels.len() != names.len() || labels.len() > 256 || !labels.iter().all(is_label) {
        return Vec::new();
    }
    #[expect(clippy::cast_possible_truncation, reason = "whole and below 2^53")]
    let named = labels
        .iter()
        .zip(names)
        .map(|(&label, name)| (label as i64, name.clone()));
    named.collect()
}

/// A name for a sentence: control characters, and marks that turn the direction of writing, are written as escapes.
fn escaped(name: &str) -> String {
    let is_harmful = |letter: char| {
        letter.is_control()
            || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    name.chars().fold(String::new(), |mut text, letter| {
        if is_harmful(letter) {
            text.extend(letter.escape_unicode());
        } else {
            text.push(letter);
        }
        text
    })
}

/// "a, b, c and 2992 more".
fn few(items: impl ExactSizeIterator<Item = String>) -> String {
    let more = items.len().saturating_sub(MAX_LISTED);
    let listed: Vec<String> = items.take(MAX_LISTED).collect();
    match more {
        0 => listed.join(", "),
        more => format!("{} and {more} more", listed.join(", ")),
    }
}
