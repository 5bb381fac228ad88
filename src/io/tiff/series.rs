//! Which pages of a TIFF file make up which axes: layers, channels, frames, positions.
//!
//! Programs say so in the description of the first page: ImageJ in lines, OME in XML, tifffile in JSON, SCIFIO in lines.
//! Where a file says more or fewer pages than it has, it is refused with both numbers: a stack that was cut, or whose
//! description is that of another, passes for a different volume.

use super::{
    super::{
        IoError,
        axes::{AxisKind, FileAxis},
    },
    directory::{Directory, Tag, TiffFile},
    image::Image,
    ome,
};
use std::collections::BTreeMap;

/// Where an image of the stack lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// Number of its directory.
    pub(super) directory: usize,
    /// How many images lie between its data and those of the directory.
    pub(super) behind: usize,
}

/// The images of a file as an array without rows and columns.
pub(super) struct Series {
    /// Slowest first; none has length one.
    pub(super) axes: Vec<FileAxis>,
    /// As many as all axes make up, the last axis fastest.
    pub(super) places: Vec<Place>,
    pub(super) notes: Vec<String>,
}

/// What the description of the first page states.
pub(super) struct Statement {
    /// Its place in words, such as "the ImageJ description".
    pub(super) stated_in: &'static str,
    /// Axes without rows and columns, slowest first.
    pub(super) axes: Vec<FileAxis>,
    /// Directory of each image, where that is stated.
    pub(super) directories: Option<Vec<usize>>,
    pub(super) notes: Vec<String>,
}

/// The lines "key=value" of a description of ImageJ or SCIFIO.
pub(super) fn lines(description: &str) -> BTreeMap<&str, &str> {
    let pairs = description.lines().filter_map(|line| line.split_once('='));
    pairs
        .map(|(key, value)| (key.trim(), value.trim()))
        .collect()
}

impl Series {
    pub(super) fn new(file: &TiffFile, directories: &[Directory]) -> Result<Self, IoError> {
        let Pages {
            kept: pages,
            mut notes,
        } = pages(file, directories)?;
        let first = &directories[pages[0]];
        let description = file.text(first, Tag::ImageDescription).unwrap_or_default();
        let statement = statement(file, first, &description, pages.len())?;
        let Some(Statement {
            stated_in,
            mut axes,
            directories: stated,
            notes: more,
        }) = statement
        else {
            return Ok(Self {
                axes: vec![FileAxis::new(AxisKind::Z, pages.len())],
                places: pages.into_iter().map(Place::at).collect(),
                notes,
            });
        };
        notes.extend(more);
        axes.retain(|axis| axis.length != 1);
        let count = axes
            .iter()
            .try_fold(1usize, |count, axis| count.checked_mul(axis.length))
            .unwrap_or(usize::MAX);
        let contradiction = |found: usize| IoError::Contradiction {
            path: file.path.clone(),
            first: format!("{stated_in} states {count} images"),
            second: format!("the file has {found} page(s)"),
            advice: "export the stack again, or remove the description",
        };
        let places: Vec<Place> = match stated {
            Some(stated) => {
                let outside = stated.len() != count
                    || stated
                        .iter()
                        .any(|&directory| directory >= directories.len());
                if outside {
                    return Err(contradiction(pages.len()));
                }
                stated.into_iter().map(Place::at).collect()
            }
            None if pages.len() == count => pages.into_iter().map(Place::at).collect(),
            // Above 4 GiB ImageJ writes one directory, and so does MetaMorph; the other images lie behind the first.
            None if pages.len() == 1
                && count > 1
                && count as u64 <= file.length
                && Image::new(file, first)?.fits(file, count) =>
            {
                let place = |behind| Place {
                    directory: pages[0],
                    behind,
                };
                (0..count).map(place).collect()
            }
            None => return Err(contradiction(pages.len())),
        };
        single_axis(&mut axes, &mut notes);
        Ok(Self {
            axes,
            places,
            notes,
        })
    }
}

impl Place {
    fn at(directory: usize) -> Self {
        Self {
            directory,
            behind: 0,
        }
    }
}

/// Pages that are images of their own.
pub(super) struct Pages {
    /// Numbers of their directories.
    pub(super) kept: Vec<usize>,
    notes: Vec<String>,
}

/// Pages that are images of their own: neither reduced copies of one nor masks.
pub(super) fn pages(file: &TiffFile, directories: &[Directory]) -> Result<Pages, IoError> {
    let is_copy = |directory: &Directory| -> Result<bool, IoError> {
        let kind = file.or(directory, Tag::NewSubfileType, 0)?;
        let old = file.or(directory, Tag::SubfileType, 0)?;
        let photometric = file.or(directory, Tag::PhotometricInterpretation, 1)?;
        Ok(kind & 5 != 0 || old == 2 || photometric == 4)
    };
    let mut kept = Vec::new();
    for (at, directory) in directories.iter().enumerate() {
        if !is_copy(directory)? {
            kept.push(at);
        }
    }
    // Some programs mark all pages.
    if kept.is_empty() {
        kept = (0..directories.len()).collect();
    }
    let copies = directories.len() - kept.len();
    let note = format!("{copies} page(s) marked as reduced images or masks were left out");
    Ok(Pages {
        kept,
        notes: Some(note).filter(|_| copies > 0).into_iter().collect(),
    })
}

/// A stack along one axis, whatever its name is, is a volume, unless its images are channels.
fn single_axis(axes: &mut [FileAxis], notes: &mut Vec<String>) {
    if let [axis] = axes
        && matches!(
            axis.kind,
            AxisKind::Time | AxisKind::Position | AxisKind::Unknown
        )
    {
        if axis.kind != AxisKind::Unknown {
            notes.push(format!(
                "{axis} of one layer each were read as the layers of a volume"
            ));
        }
        axis.kind = AxisKind::Z;
    }
}

fn statement(
    file: &TiffFile,
    first: &Directory,
    description: &str,
    pages: usize,
) -> Result<Option<Statement>, IoError> {
    let planes = file.first_count(first, Tag::MetaMorphPlanes);
    if planes > 1 {
        return Ok(Some(Statement::of_axes(
            "the MetaMorph tag",
            vec![FileAxis::new(AxisKind::Z, planes)],
        )));
    }
    if let Some(axes) = lsm(file, first) {
        return Ok(Some(Statement::of_axes("the LSM record", axes)));
    }
    let text = description.trim_start();
    if text.starts_with("ImageJ=") {
        return imagej(file, text, pages).map(Some);
    }
    if text.starts_with("SCIFIO=") {
        return Ok(scifio(text));
    }
    if text.starts_with('{') || text.starts_with("shape=") {
        return Ok(shaped(file, first, text));
    }
    if text.starts_with('<') && text.contains("OME") {
        return ome::statement(file, first, text, pages);
    }
    Ok(None)
}

impl Statement {
    fn of_axes(stated_in: &'static str, axes: Vec<FileAxis>) -> Self {
        Self {
            stated_in,
            axes,
            directories: None,
            notes: Vec::new(),
        }
    }
}

impl TiffFile {
    fn first_count(&self, directory: &Directory, tag: Tag) -> usize {
        usize::try_from(directory.count(tag)).unwrap_or(0)
    }
}

/// Frames, layers, channels, the last fastest: the order of ImageJ.
fn imagej(file: &TiffFile, text: &str, pages: usize) -> Result<Statement, IoError> {
    let lines = lines(text);
    let number = |key| -> Option<usize> { lines.get(key)?.parse().ok() };
    let stated = |key| number(key).unwrap_or(1).max(1);
    let (frames, channels) = (stated("frames"), stated("channels"));
    let others = frames.saturating_mul(channels);
    let images = number("images").unwrap_or(pages);
    let slices = match number("slices") {
        Some(slices) => slices.max(1),
        None => (images / others).max(1),
    };
    let product = slices.saturating_mul(others);
    // A picture of colours counts as one image of three channels.
    let is_picture = images == 1 && product == channels;
    if lines.contains_key("images") && images != product && !is_picture {
        return Err(IoError::Contradiction {
            path: file.path.clone(),
            first: format!("its ImageJ description states {images} images"),
            second: format!("{channels} channels x {slices} slices x {frames} frames"),
            advice: "export the stack again",
        });
    }
    let axes = vec![
        FileAxis::new(AxisKind::Time, frames),
        FileAxis::new(AxisKind::Z, slices),
        FileAxis::new(AxisKind::Channel, if is_picture { 1 } else { channels }),
    ];
    Ok(Statement::of_axes("the ImageJ description", axes))
}

/// Axes and lengths in lines, the fastest first.
fn scifio(text: &str) -> Option<Statement> {
    let lines = lines(text);
    let lengths = lines
        .get("lengths")?
        .split(',')
        .map(|n| n.trim().parse().ok());
    let lengths = lengths.collect::<Option<Vec<usize>>>()?;
    let names: Vec<&str> = lines.get("axes")?.split(',').map(str::trim).collect();
    let axes = names.iter().zip(lengths).rev();
    let axes = axes.filter(|(name, _)| !matches!(**name, "X" | "Y"));
    let axes = axes.map(|(name, length)| FileAxis::new(kind(name), length));
    Some(Statement::of_axes("the SCIFIO description", axes.collect()))
}

fn kind(name: &str) -> AxisKind {
    match name.to_ascii_lowercase().as_str() {
        "z" => AxisKind::Z,
        "channel" | "c" => AxisKind::Channel,
        "time" | "t" => AxisKind::Time,
        "series" | "position" => AxisKind::Position,
        _ => AxisKind::Unknown,
    }
}

/// The shape of the array that tifffile wrote, and its axes where it says them.
fn shaped(file: &TiffFile, first: &Directory, text: &str) -> Option<Statement> {
    let shape: Vec<usize> = match text.strip_prefix("shape=") {
        Some(list) => {
            let numbers = list.trim().trim_matches(['(', ')']).split(',');
            let numbers = numbers.map(str::trim).filter(|n| !n.is_empty());
            numbers.map(|n| n.parse().ok()).collect::<Option<_>>()?
        }
        None => {
            let json: serde_json::Value = serde_json::from_str(text.trim_end()).ok()?;
            let numbers = json.get("shape")?.as_array()?.iter();
            let numbers = numbers.map(|n| usize::try_from(n.as_u64()?).ok());
            numbers.collect::<Option<_>>()?
        }
    };
    let letters: Option<Vec<char>> = serde_json::from_str::<serde_json::Value>(text.trim_end())
        .ok()
        .and_then(|json| Some(json.get("axes")?.as_str()?.chars().collect()))
        .filter(|letters: &Vec<char>| letters.len() == shape.len());
    let samples = usize::try_from(file.or(first, Tag::SamplesPerPixel, 1).ok()?).ok()?;
    let is_planar = file.or(first, Tag::PlanarConfiguration, 1).ok()? == 2;
    // The axes of one page: rows, columns and samples, which stand last or, in planes, before the rows.
    let mut within = match letters {
        Some(_) => 0,
        None => 2 + usize::from(samples > 1),
    };
    let mut axes = Vec::new();
    for (at, &length) in shape.iter().enumerate().rev() {
        let letter = letters
            .as_ref()
            .map(|letters| letters[at].to_ascii_uppercase());
        if within > 0 {
            within -= 1;
            continue;
        }
        let kind = match letter {
            Some('X' | 'Y' | 'S') => continue,
            Some('C') if samples > 1 && is_planar && length == samples => continue,
            Some(letter) => AxisKind::from_letter(letter),
            None => AxisKind::Unknown,
        };
        axes.insert(0, FileAxis::new(kind, length));
    }
    if letters.is_none() {
        // Of axes without a name the last is z.
        let long = axes.iter_mut().rev().find(|axis| axis.length > 1);
        if let Some(axis) = long {
            axis.kind = AxisKind::Z;
        }
        for axis in axes
            .iter_mut()
            .filter(|axis| axis.kind == AxisKind::Unknown)
        {
            axis.kind = AxisKind::Position;
        }
    }
    Some(Statement::of_axes("the tifffile description", axes))
}

/// Frames and layers of a Zeiss LSM file; its channels are samples of a pixel.
fn lsm(file: &TiffFile, first: &Directory) -> Option<Vec<FileAxis>> {
    let record = file.blob(first, Tag::ZeissLsm)?;
    let number = |at: usize| usize::try_from(file.number(record.get(at..at + 4)?)).ok();
    let (layers, frames) = (number(16)?.max(1), number(24)?.max(1));
    Some(vec![
        FileAxis::new(AxisKind::Time, frames),
        FileAxis::new(AxisKind::Z, layers),
    ])
}
