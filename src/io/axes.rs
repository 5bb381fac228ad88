//! Axes of arrays and stacks: which of them are z, y and x, and what becomes of the others.
//!
//! Axes of length one are dropped. A channel, frame or position axis that is longer holds several volumes; one of them is
//! taken where the user says which, and refused where not.

use super::IoError;
use std::{fmt, path::Path};

/// An axis of a file, by its name or its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AxisKind {
    Z,
    Y,
    X,
    Channel,
    Time,
    Position,
    /// Samples of a pixel, such as red, green and blue.
    Samples,
    /// Without a name: the order decides.
    Unknown,
}

impl AxisKind {
    /// From the letter of tifffile, OME, ImageJ and vigra; a letter that is none of theirs has no meaning here.
    pub(super) fn from_letter(letter: char) -> Self {
        match letter.to_ascii_lowercase() {
            'z' => Self::Z,
            'y' => Self::Y,
            'x' => Self::X,
            'c' => Self::Channel,
            't' => Self::Time,
            's' => Self::Samples,
            'p' | 'r' | 'm' | 'v' | 'i' => Self::Position,
            _ => Self::Unknown,
        }
    }

    fn noun(self) -> &'static str {
        match self {
            Self::Z => "layer",
            Self::Y => "row",
            Self::X => "column",
            Self::Channel => "channel",
            Self::Time => "frame",
            Self::Position => "position",
            Self::Samples => "sample",
            Self::Unknown => "volume",
        }
    }
}

/// An axis of a file and how many entries it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FileAxis {
    pub(super) kind: AxisKind,
    pub(super) length: usize,
}

impl FileAxis {
    pub(super) fn new(kind: AxisKind, length: usize) -> Self {
        Self { kind, length }
    }
}

impl fmt::Display for FileAxis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.length == 1 { "" } else { "s" };
        write!(f, "{} {}{plural}", self.length, self.kind.noun())
    }
}

/// What becomes of one axis of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    /// It is this axis of the volume: 0 is z, 1 y, 2 x.
    Along(usize),
    /// One entry of it is read.
    At(usize),
}

/// How a volume lies in the array of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Selection {
    /// For each axis of the file, in its order.
    pub(super) taken: Vec<Taken>,
    /// Voxels along (z, y, x).
    pub(super) shape: [usize; 3],
    /// Sentences on what was decided.
    pub(super) notes: Vec<String>,
}

impl Selection {
    /// The axis of the file that is z, y and x of the volume; none where the volume is one voxel thick.
    pub(super) fn places(&self) -> [Option<usize>; 3] {
        std::array::from_fn(|axis| {
            self.taken
                .iter()
                .position(|&taken| taken == Taken::Along(axis))
        })
    }
}

/// Finds z, y and x among the axes of a file; `chosen` are the entries to take along the others, in the file's order.
///
/// Without names the last three axes longer than one are z, y, x, unless there are more: then the first or the last, the
/// shorter of the two, is no axis of the volume.
///
/// # Errors
/// [`IoError::SeveralVolumes`] where there are several volumes and none, or not enough, is chosen;
/// [`IoError::NoSuchChannel`] for an entry that is not there; [`IoError::Rank`] where no volume can be made out.
pub(super) fn select(
    path: &Path,
    axes: &[FileAxis],
    chosen: &[usize],
) -> Result<Selection, IoError> {
    let mut axes = axes.to_vec();
    name(path, &mut axes)?;
    let mut taken = Vec::new();
    let (mut shape, mut dropped, mut notes) = ([1; 3], 0, Vec::new());
    let extra: Vec<FileAxis> = axes
        .iter()
        .copied()
        .filter(|axis| place(axis.kind).is_none() && axis.length != 1)
        .collect();
    let chosen = entries(path, &extra, chosen)?;
    let mut entry = chosen.iter();
    for axis in &axes {
        taken.push(match place(axis.kind) {
            Some(place) => {
                shape[place] = axis.length;
                Taken::Along(place)
            }
            None if axis.length == 1 => {
                dropped += 1;
                Taken::At(0)
            }
            None => Taken::At(*entry.next().unwrap_or(&0)),
        });
    }
    if dropped > 0 {
        let of = axes
            .iter()
            .map(|axis| axis.length.to_string())
            .collect::<Vec<_>>()
            .join(",");
        notes.push(match dropped {
            1 => format!("an axis of length one was dropped (shape {of})"),
            several => format!("{several} axes of length one were dropped (shape {of})"),
        });
    }
    for (axis, entry) in extra.iter().zip(&chosen) {
        notes.push(format!(
            "{} {entry} of {} was read",
            axis.kind.noun(),
            axis.length
        ));
    }
    Ok(Selection {
        taken,
        shape,
        notes,
    })
}

/// Gives the axes without a name one, by their order and lengths.
fn name(path: &Path, axes: &mut [FileAxis]) -> Result<(), IoError> {
    use AxisKind::{Channel, Time, Unknown, X, Y, Z};
    if axes.iter().all(|axis| axis.kind != Unknown) {
        return Ok(());
    }
    let rank = || IoError::Rank {
        path: path.to_owned(),
        shape: axes.iter().map(|axis| axis.length).collect(),
    };
    // The names that are still to be given, and the axes that may have them.
    let free: Vec<AxisKind> = [Z, Y, X]
        .into_iter()
        .filter(|&kind| axes.iter().all(|axis| axis.kind != kind))
        .collect();
    let mut open: Vec<usize> = (0..axes.len())
        .filter(|&i| axes[i].kind == Unknown)
        .collect();
    if open.len() > free.len() {
        open.retain(|&i| axes[i].length != 1);
    }
    let (mut channel, mut time) = (None, None);
    match open.len().saturating_sub(free.len()) {
        0 => {}
        1 if free.len() == 3 => {
            let last = open.len() - 1;
            let place = if axes[open[0]].length < axes[open[last]].length {
                0
            } else {
                last
            };
            channel = Some(open.remove(place));
        }
        2 if free.len() == 3 => {
            time = Some(open.remove(0));
            channel = open.pop();
        }
        _ => return Err(rank()),
    }
    for (&i, &kind) in open.iter().rev().zip(free.iter().rev()) {
        axes[i].kind = kind;
    }
    for (place, kind) in [(channel, Channel), (time, Time)] {
        if let Some(i) = place {
            axes[i].kind = kind;
        }
    }
    Ok(())
}

fn place(kind: AxisKind) -> Option<usize> {
    match kind {
        AxisKind::Z => Some(0),
        AxisKind::Y => Some(1),
        AxisKind::X => Some(2),
        _ => None,
    }
}

/// The entry to read along each axis that is none of the volume's.
fn entries(path: &Path, extra: &[FileAxis], chosen: &[usize]) -> Result<Vec<usize>, IoError> {
    let listed = || {
        extra
            .iter()
            .map(FileAxis::to_string)
            .collect::<Vec<_>>()
            .join(" of ")
    };
    let needless =
        chosen.len() > extra.len() && chosen[extra.len()..].iter().any(|&entry| entry > 0);
    if chosen.len() < extra.len() {
        return Err(IoError::SeveralVolumes {
            path: path.to_owned(),
            axes: listed(),
            example: vec!["0"; extra.len()].join(","),
        });
    }
    let outside = extra
        .iter()
        .zip(chosen)
        .find(|(axis, entry)| **entry >= axis.length);
    if let (Some((axis, entry)), _) = (outside, needless) {
        return Err(IoError::NoSuchChannel {
            path: path.to_owned(),
            chosen: *entry,
            found: format!("{axis}, counted from 0"),
        });
    }
    if needless {
        return Err(IoError::NoSuchChannel {
            path: path.to_owned(),
            chosen: chosen.iter().copied().max().unwrap_or(0),
            found: if extra.is_empty() {
                "one volume".to_owned()
            } else {
                listed()
            },
        });
    }
    Ok(chosen[..extra.len()].to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(axes: &str, lengths: &[usize]) -> Vec<FileAxis> {
        let kinds = axes.chars().map(AxisKind::from_letter);
        kinds
            .zip(lengths)
            .map(|(kind, &length)| FileAxis::new(kind, length))
            .collect()
    }

    fn taken(axes: &[FileAxis], chosen: &[usize]) -> (Vec<Taken>, [usize; 3]) {
        let selection = select(Path::new("f"), axes, chosen).expect("a volume");
        (selection.taken, selection.shape)
    }

    #[test]
    fn axes_of_length_one_are_dropped() {
        use Taken::{Along, At};
        let volume = [8, 12, 20];
        for (lengths, expected) in [
            (vec![8, 12, 20], vec![Along(0), Along(1), Along(2)]),
            (
                vec![8, 12, 20, 1],
                vec![Along(0), Along(1), Along(2), At(0)],
            ),
            (
                vec![1, 8, 12, 20],
                vec![At(0), Along(0), Along(1), Along(2)],
            ),
            (
                vec![1, 8, 12, 20, 1],
                vec![At(0), Along(0), Along(1), Along(2), At(0)],
            ),
        ] {
            assert_eq!(
                taken(&named("?????", &lengths), &[]),
                (expected, volume),
                "{lengths:?}"
            );
        }
        assert_eq!(taken(&named("??", &[12, 20]), &[]).1, [1, 12, 20]);
        assert_eq!(taken(&named("???", &[1, 12, 20]), &[]).1, [1, 12, 20]);
        assert_eq!(taken(&named("????", &[1, 1, 12, 20]), &[]).1, [1, 12, 20]);
    }

    #[test]
    fn several_volumes_are_refused_until_one_is_chosen() {
        use Taken::{Along, At};
        let hyperstack = named("ZCYX", &[6, 2, 5, 4]);
        let error = select(Path::new("f"), &hyperstack, &[]).expect_err("two channels");
        assert!(
            matches!(&error, IoError::SeveralVolumes { axes, .. } if axes == "2 channels"),
            "{error}"
        );
        assert_eq!(
            taken(&hyperstack, &[1]),
            (vec![Along(0), At(1), Along(1), Along(2)], [6, 5, 4])
        );
        let error = select(Path::new("f"), &hyperstack, &[2]).expect_err("no third channel");
        assert!(
            matches!(error, IoError::NoSuchChannel { chosen: 2, .. }),
            "{error}"
        );
        let both = named("TZCYX", &[3, 6, 2, 5, 4]);
        assert!(matches!(
            select(Path::new("f"), &both, &[1]),
            Err(IoError::SeveralVolumes { .. })
        ));
        assert_eq!(
            taken(&both, &[2, 0]).0,
            [At(2), Along(0), At(0), Along(1), Along(2)]
        );
    }

    #[test]
    fn channels_without_a_name_are_the_shorter_of_first_and_last() {
        use Taken::{Along, At};
        assert_eq!(
            taken(&named("????", &[8, 12, 20, 2]), &[1]).0,
            [Along(0), Along(1), Along(2), At(1)]
        );
        assert_eq!(
            taken(&named("????", &[2, 8, 12, 20]), &[1]).0,
            [At(1), Along(0), Along(1), Along(2)]
        );
        assert!(matches!(
            select(Path::new("f"), &named("????", &[8, 12, 20, 2]), &[]),
            Err(IoError::SeveralVolumes { .. })
        ));
        assert!(matches!(
            select(
                Path::new("f"),
                &named("??????", &[2, 3, 8, 12, 20, 2]),
                &[0]
            ),
            Err(IoError::Rank { .. })
        ));
    }

    #[test]
    fn the_first_of_one_may_be_chosen_anywhere_and_no_other() {
        let plain = named("ZYX", &[8, 12, 20]);
        assert_eq!(taken(&plain, &[0]).1, [8, 12, 20]);
        assert!(matches!(
            select(Path::new("f"), &plain, &[1]),
            Err(IoError::NoSuchChannel { .. })
        ));
        let reversed = named("XYZ", &[20, 12, 8]);
        let selection = select(Path::new("f"), &reversed, &[]).expect("a volume");
        assert_eq!(selection.shape, [8, 12, 20]);
        assert_eq!(selection.places(), [Some(2), Some(1), Some(0)]);
    }
}
