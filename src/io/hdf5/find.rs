//! The datasets of an HDF5 file: a named one, or the only one that may be meant.

use super::{
    super::{Format, IoError, error::commas},
    bytes::{Bytes, Decoded},
    escaped, few,
    object::{Object, Space, Target},
    types::DataType,
};
use std::{
    collections::{HashSet, VecDeque},
    path::{Component, Path, PathBuf},
    rc::Rc,
};

/// Groups and datasets that are looked at to find the volume.
const MAX_OBJECTS: usize = 10_000;

/// Links that are followed one after the other.
const MAX_LINKS: usize = 16;

/// Groups of MATLAB and Imaris that hold parts of other variables.
const INTERNAL: [&str; 2] = ["#refs#", "#subsystem#"];

/// A file that is open, and its name.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) path: PathBuf,
    pub(super) bytes: Bytes,
}

impl Source {
    /// Opens a file and checks that it is whole and that nobody is writing it.
    pub(super) fn open(path: &Path) -> Result<Rc<Self>, IoError> {
        let bytes =
            Bytes::open(path)?.map_err(|fault| IoError::malformed(path, Format::Hdf5, fault.0))?;
        if bytes.is_open_for_writing {
            return Err(IoError::OpenForWriting {
                path: path.to_owned(),
                advice: "close it there; if no program has it open, run h5clear -s on it",
            });
        }
        if bytes.stated_end > bytes.length {
            let reason = format!("it has {} of {} bytes", bytes.length, bytes.stated_end);
            return Err(IoError::malformed(path, Format::Hdf5, reason));
        }
        Ok(Rc::new(Self {
            path: path.to_owned(),
            bytes,
        }))
    }

    /// A decoded part, or the error that names this file.
    pub(super) fn sound<T>(&self, decoded: Decoded<T>) -> Result<T, IoError> {
        decoded.map_err(|fault| IoError::malformed(&self.path, Format::Hdf5, fault.0))
    }

    pub(super) fn object(&self, address: u64) -> Result<Object, IoError> {
        self.sound(Object::open(&self.bytes, address))
    }
}

/// A group or dataset, and the way to it.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) source: Rc<Source>,
    /// Names from the root on.
    pub(super) names: Vec<String>,
    /// Addresses of the root, of the groups below it, and of the object itself.
    pub(super) addresses: Vec<u64>,
}

impl Place {
    pub(super) fn root(source: &Rc<Source>) -> Self {
        Self {
            source: Rc::clone(source),
            names: Vec::new(),
            addresses: vec![source.bytes.root],
        }
    }

    fn child(&self, name: &str, address: u64) -> Self {
        let mut child = self.clone();
        child.names.push(name.to_owned());
        child.addresses.push(address);
        child
    }

    fn address(&self) -> u64 {
        self.addresses
            .last()
            .copied()
            .unwrap_or(self.source.bytes.root)
    }

    pub(super) fn object(&self) -> Result<Object, IoError> {
        self.source.object(self.address())
    }

    /// "/group/image".
    pub(super) fn path(&self) -> String {
        format!("/{}", self.names.join("/"))
    }

    /// The group that holds it, or the root itself.
    pub(super) fn parent(&self) -> Self {
        let mut parent = self.clone();
        if parent.names.pop().is_some() {
            parent.addresses.pop();
        }
        parent
    }

    /// The object of a path, from this group on unless it starts with a slash; none where there is no such object.
    pub(super) fn find(&self, text: &str) -> Result<Option<Self>, IoError> {
        self.follow(text, 0)
    }

    fn follow(&self, text: &str, depth: usize) -> Result<Option<Self>, IoError> {
        if depth > MAX_LINKS {
            return Ok(None);
        }
        let mut place = if text.starts_with('/') {
            Self::root(&self.source)
        } else {
            self.clone()
        };
        for name in text
            .split('/')
            .filter(|name| !name.is_empty() && *name != ".")
        {
            let object = place.object()?;
            if !object.is_group() {
                return Ok(None);
            }
            let links = place.source.sound(object.links(&place.source.bytes))?;
            let Some(link) = links.into_iter().find(|link| link.name == name) else {
                return Ok(None);
            };
            place = match link.target {
                Target::Hard(address) => place.child(name, address),
                Target::Soft(path) => match place.follow(&path, depth + 1)? {
                    Some(place) => place,
                    None => return Ok(None),
                },
                Target::External { file, object } => {
                    let source = external(&place, name, &file, &object)?;
                    match Self::root(&source).follow(&object, depth + 1)? {
                        Some(place) => place,
                        None => return Err(missing(&place, name, &file, &object)),
                    }
                }
            };
        }
        Ok(Some(place))
    }
}

/// The file that an external link names, or an error that does.
fn external(place: &Place, name: &str, file: &str, object: &str) -> Result<Rc<Source>, IoError> {
    match beside(&place.source.path, file) {
        Beside::Found(path) => Source::open(&path),
        Beside::Missing => Err(missing(place, name, file, object)),
        Beside::Outside => Err(IoError::OutsideSource {
            path: place.source.path.clone(),
            dataset: escaped(&place.child(name, 0).path()),
            source_file: escaped(file),
        }),
    }
}

fn missing(place: &Place, name: &str, file: &str, object: &str) -> IoError {
    IoError::MissingSource {
        path: place.source.path.clone(),
        dataset: escaped(&place.child(name, 0).path()),
        source_file: format!(
            "{}:/{}",
            escaped(file),
            escaped(object.trim_start_matches('/'))
        ),
    }
}

/// Where a file lies that another one refers to.
pub(super) enum Beside {
    Found(PathBuf),
    Missing,
    /// Not in the folder of the file, or below it: a file from somebody else could copy private data into results.
    Outside,
}

/// The file of this name in the folder of another or below it. An absolute name that does not exist is looked for in the
/// folder, too, as HDF5 does for files that were moved together.
pub(super) fn beside(file: &Path, name: &str) -> Beside {
    let folder = file
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let name = Path::new(name);
    if name.is_absolute() && !name.exists() {
        let moved = name.file_name().map(|name| folder.join(name));
        return moved
            .filter(|path| path.is_file())
            .map_or(Beside::Missing, Beside::Found);
    }
    let climbs = name.components().any(|part| part == Component::ParentDir);
    let path = folder.join(name);
    match [folder.canonicalize(), path.canonicalize()] {
        [Ok(folder), Ok(real)] if real.starts_with(&folder) && real.is_file() => {
            Beside::Found(path)
        }
        [_, Err(_)] if !climbs && !name.is_absolute() => Beside::Missing,
        _ => Beside::Outside,
    }
}

/// A dataset and what is known before its elements are read.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) place: Place,
    /// The name by which the user knows it, which for external links is not its own.
    pub(super) name: String,
    pub(super) space: Space,
    pub(super) ty: DataType,
}

impl Found {
    fn new(place: Place, name: String, object: &Object) -> Result<Self, IoError> {
        let source = &place.source;
        let space = source.sound(object.space(&source.bytes))?;
        let ty = source.sound(object.data_type(&source.bytes))?;
        Ok(Self {
            place,
            name,
            space,
            ty,
        })
    }

    /// Lengths along the axes.
    pub(super) fn lengths(&self) -> Vec<usize> {
        match &self.space {
            Space::Null => Vec::new(),
            Space::Simple(lengths) => lengths
                .iter()
                .map(|&n| usize::try_from(n).unwrap_or(usize::MAX))
                .collect(),
        }
    }

    /// How likely it is meant by somebody who names no dataset, the lowest first; none where it cannot be.
    fn rank(&self, grey: bool) -> Option<u8> {
        let axes = self.lengths().len();
        match (axes, self.ty.is_whole()) {
            _ if !self.ty.is_number() => None,
            (3..=6, true) => Some(0),
            (3..=6, false) => Some(u8::from(!grey)),
            (2, true) => Some(2),
            (2, false) if grey => Some(2),
            _ => None,
        }
    }

    fn words(&self) -> String {
        let lengths = self.lengths();
        let lengths = if lengths.is_empty() {
            "one element".to_owned()
        } else {
            commas(&lengths)
        };
        format!("{} ({lengths} {})", escaped(&self.name), self.ty.words())
    }
}

/// The dataset of this name.
pub(super) fn named(source: &Rc<Source>, name: &str) -> Result<Found, IoError> {
    let full = format!("/{}", name.trim_start_matches('/'));
    if let Some(place) = Place::root(source).find(&full)? {
        let object = place.object()?;
        if object.is_dataset() {
            return Found::new(place, full, &object);
        }
        let survey = survey(source)?;
        let inside: Vec<Found> = survey
            .found
            .into_iter()
            .filter(|found| {
                found
                    .name
                    .starts_with(&format!("{}/", full.trim_end_matches('/')))
            })
            .collect();
        let wanted = format!("dataset {}, which is a group", escaped(&full));
        return Err(no_such_dataset(&source.path, wanted, &inside));
    }
    let survey = survey(source)?;
    Err(no_such_dataset(
        &source.path,
        format!("dataset {}", escaped(name)),
        &survey.found,
    ))
}

/// The only volume of a file; of volumes at several resolutions the finest, with a note.
pub(super) fn only_volume(
    source: &Rc<Source>,
    grey: bool,
    notes: &mut Vec<String>,
) -> Result<Found, IoError> {
    let survey = survey(source)?;
    let best = survey
        .found
        .iter()
        .filter_map(|found| found.rank(grey))
        .min();
    let (volumes, others): (Vec<Found>, Vec<Found>) = survey
        .found
        .into_iter()
        .partition(|found| best.is_some() && found.rank(grey) == best);
    let (mut volumes, coarser) = finest(volumes);
    match (volumes.len(), survey.unreachable) {
        (0, Some(error)) => Err(error),
        (0, None) => Err(no_such_dataset(
            &source.path,
            "volume of integers".to_owned(),
            &others,
        )),
        (1, _) => {
            if !coarser.is_empty() {
                notes.push(format!(
                    "the full resolution {} was read; coarser ones are {}",
                    escaped(&volumes[0].name),
                    few(coarser.iter().map(Found::words))
                ));
            }
            Ok(volumes.remove(0))
        }
        (count, _) => {
            let first = escaped(&volumes[0].name);
            volumes.extend(coarser);
            Err(IoError::SeveralDatasets {
                path: source.path.clone(),
                count,
                first,
                candidates: few(volumes.iter().map(Found::words)),
            })
        }
    }
}

/// Volumes at the finest resolution, and the others: Imaris numbers `ResolutionLevel 0`, BigDataViewer `s00`.
fn finest(volumes: Vec<Found>) -> (Vec<Found>, Vec<Found>) {
    let (fine, coarse): (Vec<Found>, Vec<Found>) = volumes
        .into_iter()
        .partition(|found| level(&found.place.names).is_none_or(|level| level == 0));
    if fine.is_empty() {
        (coarse, fine)
    } else {
        (fine, coarse)
    }
}

/// The level of resolution that a path states.
pub(super) fn level(names: &[String]) -> Option<usize> {
    let imaris = names
        .iter()
        .find_map(|name| name.strip_prefix("ResolutionLevel "));
    let big_data_viewer = || match names {
        [.., time, setup, level, cells]
            if cells == "cells" && numbered(time, 't') && numbered(setup, 's') =>
        {
            Some(level.as_str())
        }
        _ => None,
    };
    imaris.or_else(big_data_viewer)?.trim().parse().ok()
}

/// Whether a name is a letter and digits, as in "t00000".
fn numbered(name: &str, letter: char) -> bool {
    name.strip_prefix(letter)
        .is_some_and(|digits| digits.parse::<u32>().is_ok())
}

fn no_such_dataset(path: &Path, wanted: String, found: &[Found]) -> IoError {
    let candidates = match found {
        [] => "no dataset at all".to_owned(),
        found => format!(
            "{}; name one of them, as in scan.h5:/image",
            few(found.iter().map(Found::words))
        ),
    };
    IoError::NoSuchDataset {
        path: path.to_owned(),
        wanted,
        candidates,
    }
}

/// All datasets of a file.
struct Survey {
    found: Vec<Found>,
    /// The first external link whose file is missing or may not be read.
    unreachable: Option<IoError>,
}

/// All datasets that hard and external links lead to, each once: groups may form cycles, and result files link a dataset
/// twice.
fn survey(source: &Rc<Source>) -> Result<Survey, IoError> {
    let mut survey = Survey {
        found: Vec::new(),
        unreachable: None,
    };
    let mut seen = HashSet::from([source.bytes.root]);
    let mut groups = VecDeque::from([Place::root(source)]);
    while let Some(group) = groups.pop_front() {
        let object = group.object()?;
        for link in source.sound(object.links(&source.bytes))? {
            if seen.len() > MAX_OBJECTS
                || group.names.is_empty() && INTERNAL.contains(&link.name.as_str())
            {
                continue;
            }
            match link.target {
                Target::Hard(address) => {
                    if !seen.insert(address) {
                        continue;
                    }
                    let place = group.child(&link.name, address);
                    let object = place.object()?;
                    if object.is_dataset() {
                        let name = place.path();
                        survey.found.push(Found::new(place, name, &object)?);
                    } else if object.is_group() {
                        groups.push_back(place);
                    }
                }
                Target::External { .. } => match group.find(&link.name) {
                    Ok(Some(place)) => {
                        let object = place.object()?;
                        if object.is_dataset() {
                            let name = group.child(&link.name, 0).path();
                            survey.found.push(Found::new(place, name, &object)?);
                        }
                    }
                    Ok(None) => {}
                    Err(error) => {
                        survey.unreachable.get_or_insert(error);
                    }
                },
                Target::Soft(_) => {}
            }
        }
    }
    Ok(survey)
}
