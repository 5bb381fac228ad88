//! A folder of numbered slices, one image per z.
//!
//! Names may have several numbers; the one that changes counts, so slice_9 comes before slice_10 and the 001 of
//! Series001_z00 does not matter. Where several change, they are channels, frames or positions beside the slices. All images
//! must be of one kind and one series, and no number may be missing: a hole would shift everything behind it. Files that are
//! not images, hidden ones and thumbnails are passed over.

use super::{
    Contents, IoError, ReadOptions,
    axes::{AxisKind, FileAxis, Taken, select},
    file_size,
    labels::Collect,
    pages::{Page, Samples, Wanted, stack},
    png,
    tiff::{self, Scale},
};
use std::{
    collections::{BTreeSet, HashSet},
    path::{Path, PathBuf},
};

/// Parts of names that tell a small copy of the images from the images.
const COPIES: [&str; 2] = ["thumb", "preview"];

/// Images that differ in nothing but a number behind `c` or `ch` are channels of one layer up to here, slices beyond.
const MAX_CHANNELS: usize = 8;

/// Kinds of image that a slice may be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Png,
    Tiff,
}

impl Kind {
    fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "png" => Some(Self::Png),
            "tif" | "tiff" => Some(Self::Tiff),
            _ => None,
        }
    }
}

/// A name taken apart: the texts between its numbers, which all slices of a series share, and its numbers.
struct Name {
    path: PathBuf,
    kind: Kind,
    /// In lower case, one more than there are numbers.
    texts: Vec<String>,
    /// Digits, at least one run of them.
    digits: Vec<String>,
}

impl Name {
    fn new(path: PathBuf, kind: Kind) -> Result<Self, IoError> {
        let (mut texts, mut digits) = (vec![String::new()], Vec::new());
        let stem = path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .to_lowercase();
        let mut in_number = false;
        for letter in stem.chars() {
            if letter.is_ascii_digit() {
                if !in_number {
                    digits.push(String::new());
                    texts.push(String::new());
                }
                if let Some(run) = digits.last_mut() {
                    run.push(letter);
                }
            } else if let Some(text) = texts.last_mut() {
                text.push(letter);
            }
            in_number = letter.is_ascii_digit();
        }
        match digits.is_empty() {
            true => Err(IoError::SliceNumber { path }),
            false => Ok(Self {
                path,
                kind,
                texts,
                digits,
            }),
        }
    }

    /// A number that changes from slice to slice.
    fn number(&self, run: usize) -> Result<u64, IoError> {
        self.digits[run].parse().map_err(|_| IoError::SliceNumber {
            path: self.path.clone(),
        })
    }
}

/// The images of a folder as an array without rows and columns.
struct Series {
    /// Slowest first, in the order of the numbers in the names.
    axes: Vec<FileAxis>,
    /// As many as all axes make up, the last axis fastest.
    files: Vec<PathBuf>,
    notes: Vec<String>,
}

/// The images of a folder in slice order.
pub(super) fn slices(path: &Path) -> Result<Vec<PathBuf>, IoError> {
    Series::new(path).map(|series| series.files)
}

impl Series {
    fn new(path: &Path) -> Result<Self, IoError> {
        let Names { mut names, notes } = names(path)?;
        let Some(first) = names.first() else {
            return Err(IoError::NoSlices {
                path: path.to_owned(),
            });
        };
        let is_alike = |name: &&Name| name.kind == first.kind && name.texts == first.texts;
        if let Some(other) = names.iter().find(|name| !is_alike(name)) {
            return Err(two_series(first, other));
        }
        let mut series = Self {
            axes: Vec::new(),
            files: Vec::new(),
            notes,
        };
        let runs = 0..first.digits.len();
        let changing: Vec<Run> = runs
            .clone()
            .map(|run| Run::new(&names, run))
            .filter(|run| run.as_ref().is_none_or(|run| run.values.len() > 1))
            .collect::<Option<_>>()
            .ok_or_else(|| too_long(&names))?;
        let taken = if changing.is_empty() {
            vec![Run::new(&names, runs.end - 1).ok_or_else(|| too_long(&names))?]
        } else {
            series.axes_of(path, &names, changing)?
        };
        let key = |name: &Name| -> Vec<u64> {
            let numbers = taken.iter().map(|run| name.number(run.place).unwrap_or(0));
            numbers.collect()
        };
        names.sort_by_cached_key(|name| (key(name), name.path.clone()));
        if let Some(pair) = names.windows(2).find(|pair| key(&pair[0]) == key(&pair[1])) {
            return Err(two_series(&pair[0], &pair[1]));
        }
        for (axis, run) in series.axes.iter().zip(&taken) {
            if axis.kind == AxisKind::Z {
                run.check_gaps(&names)?;
            }
        }
        if series.axes.is_empty() {
            series.axes.push(FileAxis::new(AxisKind::Z, names.len()));
        }
        series.files = names.into_iter().map(|name| name.path).collect();
        Ok(series)
    }

    /// Finds out what the numbers that change count, and which of them place a slice.
    fn axes_of(
        &mut self,
        path: &Path,
        names: &[Name],
        changing: Vec<Run>,
    ) -> Result<Vec<Run>, IoError> {
        if let [run] = changing.as_slice() {
            let count = run.values.len();
            let is_channel = run.kind == AxisKind::Channel && count <= MAX_CHANNELS;
            let kind = if is_channel {
                AxisKind::Channel
            } else {
                AxisKind::Z
            };
            self.axes = vec![FileAxis::new(kind, count)];
            return Ok(changing);
        }
        let several = |runs: &[Run]| IoError::SeveralNumbers {
            path: path.to_owned(),
            numbers: runs
                .iter()
                .map(Run::to_string)
                .collect::<Vec<_>>()
                .join(" and "),
        };
        let product = changing
            .iter()
            .try_fold(1usize, |product, run| product.checked_mul(run.values.len()));
        if product == Some(names.len()) {
            let mut kinds: Vec<AxisKind> = changing.iter().map(|run| run.kind).collect();
            let count = |kinds: &[AxisKind], kind| kinds.iter().filter(|&&k| k == kind).count();
            if count(&kinds, AxisKind::Z) == 0 && count(&kinds, AxisKind::Unknown) == 1 {
                let unknown = kinds.iter_mut().filter(|kind| **kind == AxisKind::Unknown);
                unknown.for_each(|kind| *kind = AxisKind::Z);
            }
            if count(&kinds, AxisKind::Z) != 1 {
                return Err(several(&changing));
            }
            let axes = kinds.into_iter().zip(&changing).map(|(kind, run)| {
                let named = kind != AxisKind::Unknown;
                FileAxis::new(
                    if named { kind } else { AxisKind::Position },
                    run.values.len(),
                )
            });
            self.axes = axes.collect();
            return Ok(changing);
        }
        // Beside the number of the slice may stand a time or a depth that changes with it.
        let counts = |run: &Run| run.values.len() == names.len() && run.is_consecutive();
        let mut counting: Vec<Run> = changing.iter().filter(|run| counts(run)).cloned().collect();
        match counting.pop() {
            Some(run) if counting.iter().all(|other| other.has_order_of(&run, names)) => {
                self.notes.push(format!(
                    "slices were put in the order of {run} in their names"
                ));
                self.axes = vec![FileAxis::new(AxisKind::Z, names.len())];
                Ok(vec![run])
            }
            _ => Err(several(&changing)),
        }
    }
}

/// A number that stands at one place of all names.
#[derive(Clone)]
struct Run {
    place: usize,
    kind: AxisKind,
    /// The text in front of it.
    text: String,
    values: BTreeSet<u64>,
}

impl Run {
    /// None where a number has more digits than can be counted with, unless it is the same everywhere.
    fn new(names: &[Name], place: usize) -> Option<Self> {
        let written: HashSet<&str> = names
            .iter()
            .map(|name| name.digits[place].as_str())
            .collect();
        let values = match written.len() {
            1 if names.len() > 1 => BTreeSet::from([0]),
            _ => written
                .into_iter()
                .map(|digits| digits.parse().ok())
                .collect::<Option<_>>()?,
        };
        let text = names[0].texts[place].clone();
        let word = text
            .rsplit(|letter: char| !letter.is_alphabetic())
            .find(|word| !word.is_empty());
        let kind = match word.unwrap_or_default() {
            "z" | "slice" | "slices" | "layer" | "section" | "plane" => AxisKind::Z,
            "c" | "ch" | "chan" | "channel" | "w" => AxisKind::Channel,
            "t" | "time" | "frame" | "tp" => AxisKind::Time,
            "p" | "pos" | "position" | "s" | "site" | "x" | "y" | "xy" => AxisKind::Position,
            _ => AxisKind::Unknown,
        };
        Some(Self {
            place,
            kind,
            text,
            values,
        })
    }

    fn is_consecutive(&self) -> bool {
        let (first, last) = (self.values.first(), self.values.last());
        first
            .zip(last)
            .is_some_and(|(first, last)| last - first == self.values.len() as u64 - 1)
    }

    fn has_order_of(&self, other: &Self, names: &[Name]) -> bool {
        let mut pairs: Vec<[u64; 2]> = names
            .iter()
            .map(|name| [self.place, other.place].map(|place| name.number(place).unwrap_or(0)))
            .collect();
        pairs.sort_unstable();
        pairs.windows(2).all(|pair| pair[0][1] < pair[1][1])
    }

    /// `names` in the order of their numbers.
    fn check_gaps(&self, names: &[Name]) -> Result<(), IoError> {
        for (before, after) in self.values.iter().zip(self.values.iter().skip(1)) {
            if before + 1 < *after {
                let name = |value: &u64| {
                    let mut found = names.iter();
                    found.find(|name| name.number(self.place).ok().as_ref() == Some(value))
                };
                let path = |value| {
                    name(value)
                        .map(|name| name.path.clone())
                        .unwrap_or_default()
                };
                return Err(IoError::SliceGap {
                    missing: before + 1,
                    before: path(before),
                    after: path(after),
                });
            }
        }
        Ok(())
    }
}

impl std::fmt::Display for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (first, last) = (self.values.first(), self.values.last());
        let (first, last) = (first.copied().unwrap_or(0), last.copied().unwrap_or(0));
        match self.text.is_empty() {
            true => write!(f, "the first number ({first} to {last})"),
            false => {
                write!(
                    f,
                    "the number behind \"{}\" ({first} to {last})",
                    self.text.escape_debug()
                )
            }
        }
    }
}

/// The names of the images of a folder.
struct Names {
    names: Vec<Name>,
    notes: Vec<String>,
}

/// The names of all images, in their own order, and notes on those that are passed over.
fn names(path: &Path) -> Result<Names, IoError> {
    let os = |error| IoError::os(path, error);
    let mut files = Vec::new();
    for entry in path.read_dir().map_err(os)? {
        let file = entry.map_err(os)?.path();
        let name = file
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .to_lowercase();
        if let Some(kind) = Kind::of(&file).filter(|_| !name.starts_with('.') && file.is_file()) {
            let is_copy = COPIES.iter().any(|word| name.contains(word));
            files.push((file, kind, is_copy));
        }
    }
    files.sort_by(|a, b| a.0.cmp(&b.0));
    let (mut names, mut notes) = (Vec::new(), Vec::new());
    let are_all_copies = files.iter().all(|(_, _, is_copy)| *is_copy);
    for (file, kind, is_copy) in files {
        if is_copy && !are_all_copies {
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            notes.push(format!(
                "{} was left out, as a small copy",
                name.escape_debug()
            ));
        } else {
            names.push(Name::new(file, kind)?);
        }
    }
    if notes.len() > 3 {
        notes = vec![format!(
            "{} files were left out, as small copies",
            notes.len()
        )];
    }
    Ok(Names { names, notes })
}

fn two_series(first: &Name, second: &Name) -> IoError {
    IoError::TwoSeries {
        first: first.path.clone(),
        second: second.path.clone(),
    }
}

/// The error for a number of too many digits.
fn too_long(names: &[Name]) -> IoError {
    let is_long = |name: &&Name| name.digits.iter().any(|run| run.parse::<u64>().is_err());
    let name = names.iter().find(is_long).unwrap_or(&names[0]);
    IoError::SliceNumber {
        path: name.path.clone(),
    }
}

/// An image whose header is read.
enum Slice {
    Png(Box<png::Slice>),
    Tiff(Box<tiff::Slice>),
}

impl Slice {
    fn open(path: &Path, is_grey: bool) -> Result<Self, IoError> {
        match Kind::of(path) {
            Some(Kind::Tiff) => tiff::Slice::open(path).map(Box::new).map(Self::Tiff),
            _ => png::Slice::open(path, is_grey).map(Box::new).map(Self::Png),
        }
    }

    fn size(&self) -> [usize; 2] {
        match self {
            Self::Png(slice) => slice.size(),
            Self::Tiff(slice) => slice.size(),
        }
    }

    fn samples<C: Collect>(&self, is_chosen: bool) -> Result<Samples, IoError> {
        match self {
            Self::Png(slice) => slice.samples::<C>(is_chosen),
            Self::Tiff(slice) => slice.samples::<C>(is_chosen),
        }
    }

    fn scale(&self, layers: usize, is_grey: bool, options: &ReadOptions) -> Result<Scale, IoError> {
        match self {
            Self::Png(slice) => slice.scale(layers),
            Self::Tiff(slice) => slice.scale(layers, is_grey, options),
        }
    }
}

/// The stack of all slices.
pub(super) fn read<C: Collect>(
    path: &Path,
    slices: &[PathBuf],
    options: &ReadOptions,
) -> Result<Contents<C::Output>, IoError> {
    let series = Series::new(path)?;
    let stored = slices
        .iter()
        .map(|slice| file_size(slice))
        .sum::<Result<u64, IoError>>()?;
    let first = Slice::open(&series.files[0], C::GREY)?;
    let others = series.axes.iter().filter(|axis| axis.kind != AxisKind::Z);
    let choices = others.count();
    let samples = first.samples::<C>(options.channel.len() > choices)?;
    let [rows, columns] = first.size();
    let mut axes = series.axes.clone();
    axes.extend(samples.axis);
    axes.push(FileAxis::new(AxisKind::Y, rows));
    axes.push(FileAxis::new(AxisKind::X, columns));
    let selection = select(path, &axes, &options.channel)?;
    let wanted = samples.wanted(&selection, series.axes.len());
    let file = |z: usize| {
        let axes = series.axes.iter().zip(&selection.taken);
        let index = axes.fold(0, |index, (axis, taken)| {
            index * axis.length
                + match taken {
                    Taken::Along(_) => z,
                    Taken::At(entry) => *entry,
                }
        });
        &series.files[index]
    };
    let layers = selection.shape[0];
    let scale = first.scale(layers, C::GREY, options)?;
    let pages = (0..layers).map(|z| page(file(z), &first, wanted, C::GREY));
    let (volume, sample_type) = stack::<C>(path, options, selection.shape, stored, pages)?;
    let kind = match first {
        Slice::Png(_) => "PNG",
        Slice::Tiff(_) => "TIFF",
    };
    Ok(Contents {
        volume,
        dataset: None,
        voxel_size: scale.voxel_size,
        notes: [series.notes, selection.notes, scale.notes].concat(),
        names: Vec::new(),
        file_type: format!("{kind} {sample_type}, {layers} slices"),
    })
}

/// The samples wanted of a slice that has to be of the kind of the first.
fn page(path: &Path, first: &Slice, wanted: Wanted, is_grey: bool) -> Result<Page, IoError> {
    let name = path.file_name().unwrap_or_default().display().to_string();
    match (Slice::open(path, is_grey)?, first) {
        (Slice::Tiff(slice), Slice::Tiff(first)) => slice.page(first, wanted, name),
        (Slice::Png(slice), Slice::Png(first)) if slice.kind() != first.kind() => {
            Err(IoError::PageType {
                path: path.parent().unwrap_or(path).to_owned(),
                page: name,
                found: slice.kind(),
                expected: first.kind(),
            })
        }
        (Slice::Png(slice), _) => slice.page(wanted),
        (Slice::Tiff(slice), _) => slice.page(&slice, wanted, name),
    }
}
