//! A folder of numbered slices, one image per z.
//!
//! The number is the last run of digits in a file's name, so slice_9 comes before slice_10. All images must be of one
//! kind and one series, and no number may be missing: a hole would shift everything behind it. Files that are not
//! images, and hidden ones, are passed over.

use super::{Contents, IoError, ReadOptions, file_size, labels::Collect, pages::stack, png, tiff};
use std::path::{Path, PathBuf};

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

/// The place of a slice: its number, and the rest of the name, which all slices of a series share.
struct Slice {
    path: PathBuf,
    kind: Kind,
    number: u64,
    series: (String, String),
}

impl Slice {
    fn new(path: PathBuf, kind: Kind) -> Result<Self, IoError> {
        let parts = path
            .file_stem()
            .and_then(|stem| stem.to_str())
            .and_then(|stem| {
                let end = stem.rfind(|c: char| c.is_ascii_digit())? + 1;
                let start = stem[..end]
                    .trim_end_matches(|c: char| c.is_ascii_digit())
                    .len();
                let series = (stem[..start].to_owned(), stem[end..].to_owned());
                Some((stem[start..end].parse().ok()?, series))
            });
        match parts {
            Some((number, series)) => Ok(Self {
                path,
                kind,
                number,
                series,
            }),
            None => Err(IoError::SliceNumber { path }),
        }
    }
}

/// The images of a folder in slice order.
pub(super) fn slices(path: &Path) -> Result<Vec<PathBuf>, IoError> {
    let os = |error| IoError::os(path, error);
    let mut slices = Vec::new();
    for entry in path.read_dir().map_err(os)? {
        let file = entry.map_err(os)?.path();
        let hidden = file
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if let Some(kind) = Kind::of(&file).filter(|_| !hidden && file.is_file()) {
            slices.push(Slice::new(file, kind)?);
        }
    }
    slices.sort_by(|a, b| (a.number, &a.path).cmp(&(b.number, &b.path)));
    slices
        .windows(2)
        .try_for_each(|pair| follows(&pair[0], &pair[1]))?;
    match slices.is_empty() {
        true => Err(IoError::NoSlices {
            path: path.to_owned(),
        }),
        false => Ok(slices.into_iter().map(|slice| slice.path).collect()),
    }
}

fn follows(before: &Slice, after: &Slice) -> Result<(), IoError> {
    let (first, second) = (before.path.clone(), after.path.clone());
    if before.kind != after.kind || before.series != after.series || before.number == after.number {
        return Err(IoError::TwoSeries { first, second });
    }
    match before.number + 1 {
        missing if missing < after.number => Err(IoError::SliceGap {
            missing,
            before: first,
            after: second,
        }),
        _ => Ok(()),
    }
}

/// The stack of all slices, given in order.
pub(super) fn read<C: Collect>(
    path: &Path,
    slices: &[PathBuf],
    options: &ReadOptions,
) -> Result<Contents<C::Output>, IoError> {
    let stored = slices
        .iter()
        .map(|slice| file_size(slice))
        .sum::<Result<u64, IoError>>()?;
    let kind = slices.first().and_then(|slice| Kind::of(slice));
    let pages = slices.iter().map(|slice| match kind {
        Some(Kind::Tiff) => tiff::read_page(slice, C::GREY),
        _ => png::read_page(slice, C::GREY),
    });
    let (volume, sample_type) = stack::<C>(path, options, slices.len(), stored, pages)?;
    let name = if kind == Some(Kind::Tiff) {
        "TIFF"
    } else {
        "PNG"
    };
    let file_type = format!("{name} {sample_type}, {} slices", slices.len());
    Ok(Contents {
        volume,
        dataset: None,
        voxel_size: None,
        notes: Vec::new(),
        names: Vec::new(),
        file_type,
    })
}
