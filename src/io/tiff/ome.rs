//! OME-XML in the description of the first page (OME-TIFF): sizes, the order of the planes, where each plane lies, and the
//! physical size of a pixel. See <https://docs.openmicroscopy.org/ome-model/6.2.2/ome-tiff/specification.html>.

use super::{
    super::{
        IoError,
        axes::{AxisKind, FileAxis},
    },
    directory::{Directory, Tag, TiffFile},
    series::Statement,
};
use roxmltree::{Document, Node};

const STATED_IN: &str = "the OME description";

/// An image of a file, as OME-XML describes it.
struct Pixels<'a, 'input> {
    node: Node<'a, 'input>,
    /// Layers, channels (those that are samples of one pixel counted once), frames.
    sizes: Sizes,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Sizes {
    x: usize,
    y: usize,
    z: usize,
    c: usize,
    t: usize,
}

impl Sizes {
    fn of(&self, dimension: char) -> usize {
        match dimension {
            'Z' => self.z,
            'C' => self.c,
            _ => self.t,
        }
    }

    fn planes(&self) -> Option<usize> {
        self.z.checked_mul(self.c)?.checked_mul(self.t)
    }
}

fn children<'a, 'i>(node: Node<'a, 'i>, name: &'static str) -> impl Iterator<Item = Node<'a, 'i>> {
    node.children()
        .filter(move |child| child.tag_name().name() == name)
}

fn number(node: Node, name: &str) -> Option<usize> {
    node.attribute(name)?.trim().parse().ok()
}

/// The pixels of all images that a description has.
fn pixels<'a, 'i>(document: &'a Document<'i>, samples: usize) -> Vec<Pixels<'a, 'i>> {
    let images = children(document.root_element(), "Image");
    let nodes = images.flat_map(|image| children(image, "Pixels"));
    nodes
        .map(|node| {
            let size = |name| number(node, name).unwrap_or(1).max(1);
            let channels = size("SizeC");
            let per_pixel = children(node, "Channel")
                .find_map(|channel| number(channel, "SamplesPerPixel"))
                .unwrap_or(1)
                .max(samples)
                .max(1);
            let sizes = Sizes {
                x: size("SizeX"),
                y: size("SizeY"),
                z: size("SizeZ"),
                c: if channels.is_multiple_of(per_pixel) {
                    channels / per_pixel
                } else {
                    channels
                },
                t: size("SizeT"),
            };
            Pixels { node, sizes }
        })
        .collect()
}

/// Axes and planes; none where the description has no pixels, as that of a file whose metadata lie in another.
pub(super) fn statement(
    file: &TiffFile,
    first: &Directory,
    text: &str,
    pages: usize,
) -> Result<Option<Statement>, IoError> {
    let document = Document::parse(text).map_err(|error| {
        file.malformed(format!("its OME description is no sound XML ({error})"))
    })?;
    let samples = usize::try_from(file.or(first, Tag::SamplesPerPixel, 1)?).unwrap_or(1);
    let images = pixels(&document, samples);
    let Some(image) = images.first() else {
        return Ok(None);
    };
    let order: Vec<char> = match image.node.attribute("DimensionOrder") {
        Some(order) if order.len() == 5 && order.starts_with("XY") => {
            order.chars().skip(2).collect()
        }
        _ => vec!['Z', 'C', 'T'],
    };
    let mut axes: Vec<FileAxis> = order
        .iter()
        .rev()
        .map(|&letter| FileAxis::new(AxisKind::from_letter(letter), image.sizes.of(letter)))
        .collect();
    let mut notes = Vec::new();
    let is_uniform = images.iter().all(|other| other.sizes == image.sizes);
    let taken = match is_uniform {
        true => &images[..],
        false => {
            notes.push(format!(
                "image 0 of {} that differ in size was read",
                images.len()
            ));
            &images[..1]
        }
    };
    if taken.len() > 1 {
        axes.insert(0, FileAxis::new(AxisKind::Position, taken.len()));
    }
    let mut directories = Vec::new();
    let mut next = 0;
    for image in taken {
        let planes = image.sizes.planes().filter(|&planes| planes <= pages);
        let Some(planes) = planes else {
            return Err(fewer(file, document.root_element(), image, pages));
        };
        let found = places(
            image,
            planes,
            &order,
            own_uuid(document.root_element()),
            next,
        );
        next += planes;
        match found {
            Ok(found) => directories.extend(found),
            Err(Misplaced::Elsewhere(name)) => return Err(elsewhere(file, &name)),
            Err(Misplaced::Missing { placed }) => {
                return Err(IoError::Contradiction {
                    path: file.path.clone(),
                    first: format!("{STATED_IN} states {planes} planes"),
                    second: format!("it places {placed} of them"),
                    advice: "export the stack again, or remove the description",
                });
            }
        }
    }
    Ok(Some(Statement {
        stated_in: STATED_IN,
        axes,
        directories: Some(directories),
        notes,
    }))
}

/// The error for a description of more planes than the file has pages.
fn fewer(file: &TiffFile, root: Node, image: &Pixels, pages: usize) -> IoError {
    let own = own_uuid(root);
    let other = children(image.node, "TiffData").find_map(|data| other_file(data, own));
    match other {
        Some(name) => elsewhere(file, &name),
        None => IoError::Contradiction {
            path: file.path.clone(),
            first: format!(
                "{STATED_IN} states {} layers x {} channels x {} frames",
                image.sizes.z, image.sizes.c, image.sizes.t
            ),
            second: format!("the file has {pages} page(s)"),
            advice: "export the stack again, or remove the description",
        },
    }
}

fn elsewhere(file: &TiffFile, name: &str) -> IoError {
    file.unsupported(format!(
        "planes in other files, as in \"{}\"; combine them to one stack, or give the folder if it holds one slice per file",
        name.escape_debug()
    ))
}

fn own_uuid<'a>(root: Node<'a, '_>) -> Option<&'a str> {
    root.attribute("UUID")
}

/// The file in which planes lie, if it is another than the one read.
fn other_file(data: Node, own: Option<&str>) -> Option<String> {
    let uuid = children(data, "UUID").next()?;
    let is_own = own.is_some() && uuid.text().map(str::trim) == own;
    let name = uuid.attribute("FileName").unwrap_or("unnamed");
    (!is_own).then(|| name.to_owned())
}

enum Misplaced {
    /// Planes lie in this file.
    Elsewhere(String),
    /// Of so many planes alone the description says where they lie.
    Missing { placed: usize },
}

/// The directory of each plane; planes without a place follow one another from `next` on.
fn places(
    image: &Pixels,
    planes: usize,
    order: &[char],
    own: Option<&str>,
    next: usize,
) -> Result<Vec<usize>, Misplaced> {
    let mut places: Vec<usize> = (next..next + planes).collect();
    let mut is_placed = vec![false; planes];
    for data in children(image.node, "TiffData") {
        // One file whose identifier is not that of the document was renamed or edited; several are a set of files.
        if let Some(name) = other_file(data, own).filter(|_| own.is_some()) {
            return Err(Misplaced::Elsewhere(name));
        }
        let start = number(data, "IFD");
        let count = match (number(data, "PlaneCount"), start) {
            (Some(count), _) => count,
            (None, Some(_)) => 1,
            (None, None) => planes,
        };
        let (mut plane, mut stride) = (0, 1);
        for &letter in order {
            let name = ["FirstZ", "FirstC", "FirstT"][match letter {
                'Z' => 0,
                'C' => 1,
                _ => 2,
            }];
            plane += stride * number(data, name).unwrap_or(0).min(planes);
            stride *= image.sizes.of(letter);
        }
        let start = start.unwrap_or(next);
        for at in 0..count.min(planes) {
            if let Some(place) = places.get_mut(plane + at) {
                *place = start.saturating_add(at);
                is_placed[plane + at] = true;
            }
        }
    }
    match is_placed.iter().filter(|&&is_placed| is_placed).count() {
        placed if placed > 0 && placed < planes => Err(Misplaced::Missing { placed }),
        _ => Ok(places),
    }
}

/// The physical size of a pixel along z, y and x in metres, as far as the description states it.
pub(super) fn pixel_size(text: &str) -> Option<[Option<f64>; 3]> {
    let document = Document::parse(text).ok()?;
    let image = pixels(&document, 1).into_iter().next()?;
    Some(["Z", "Y", "X"].map(|axis| {
        let size: f64 = image
            .node
            .attribute(format!("PhysicalSize{axis}").as_str())?
            .trim()
            .parse()
            .ok()?;
        let unit = image
            .node
            .attribute(format!("PhysicalSize{axis}Unit").as_str());
        let metres = super::super::calibration::metres_per(unit.unwrap_or("um"))?;
        (size.is_finite() && size > 0.0).then_some(size * metres)
    }))
}
