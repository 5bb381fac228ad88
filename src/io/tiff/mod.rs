//! TIFF and BigTIFF stacks: grey, 1 to 64 bits, integer or floating point, strips or tiles, plain or compressed without loss.
//!
//! `directory` reads tags, `image` puts one page together, `series` finds out from the description which pages are layers and
//! which are channels or frames, `scale` how large a voxel is.

mod compression;
mod directory;
mod fax;
mod image;
mod ome;
mod scale;
mod series;

pub(super) use scale::Scale;

use super::{
    Contents, Format, IoError, ReadOptions,
    axes::{AxisKind, FileAxis, Selection, Taken, select},
    labels::Collect,
    pages::{Page, Samples, Wanted, sample_type, stack},
};
use directory::{Directory, TiffFile};
use image::Image;
use series::{Place, Series};
use std::path::Path;

/// All pages of a file.
pub(super) fn read<C: Collect>(
    path: &Path,
    options: &ReadOptions,
) -> Result<Contents<C::Output>, IoError> {
    let (file, directories) = TiffFile::open(path)?;
    let series = Series::new(&file, &directories)?;
    let first_directory = &directories[series.places[0].directory];
    let first = Image::new(&file, first_directory)?;
    let samples = samples::<C>(&file, &first, options.channel.len() > series.choices())?;
    let mut axes = series.axes.clone();
    axes.extend(samples.axis);
    axes.extend([
        FileAxis::new(AxisKind::Y, first.height),
        FileAxis::new(AxisKind::X, first.width),
    ]);
    let selection = select(path, &axes, &options.channel)?;
    let wanted = samples.wanted(&selection, series.axes.len());
    let layers = series.layers(&selection);
    let scale = Scale::new(&file, first_directory, layers.len(), options)?;
    let pages = layers.iter().map(|place| {
        let image = match place.behind {
            0 => Image::new(&file, &directories[place.directory])?,
            behind => first.behind(&file, behind)?,
        };
        let number = place.directory + place.behind + 1;
        page(&file, &image, &first, wanted, format!("page {number}"))
    });
    let (volume, sample_type) = stack::<C>(path, options, selection.shape, file.length, pages)?;
    let notes = [
        series.notes,
        selection.notes,
        first.notes(C::GREY),
        scale.notes,
    ];
    Ok(Contents {
        volume,
        dataset: None,
        voxel_size: scale.voxel_size,
        notes: notes.concat(),
        names: Vec::new(),
        file_type: format!("{} {sample_type}", Format::Tiff),
    })
}

/// What can be read of the pixels of an image; `is_chosen` where the user chose a sample.
fn samples<C: Collect>(
    file: &TiffFile,
    image: &Image,
    is_chosen: bool,
) -> Result<Samples, IoError> {
    let axis = FileAxis::new(AxisKind::Samples, image.data_samples());
    match image.colours() {
        _ if C::GREY && image.has_luma() && !is_chosen => Ok(Samples {
            axis: None,
            wanted: Wanted::Luma,
        }),
        Some(found) if !is_chosen => Err(IoError::Colour {
            path: file.path.clone(),
            found,
        }),
        _ => Ok(Samples {
            axis: Some(axis).filter(|axis| axis.length > 1),
            wanted: Wanted::Sample(0),
        }),
    }
}

impl Series {
    /// Axes of which one entry has to be chosen.
    fn choices(&self) -> usize {
        let others = self.axes.iter().filter(|axis| axis.kind != AxisKind::Z);
        others.count()
    }

    /// The images of the layers, from z = 0 on.
    fn layers(&self, selection: &Selection) -> Vec<Place> {
        let place = |z: usize| {
            let axes = self.axes.iter().zip(&selection.taken);
            let index = axes.fold(0, |index, (axis, taken)| {
                let entry = match taken {
                    Taken::Along(_) => z,
                    Taken::At(entry) => *entry,
                };
                index * axis.length + entry
            });
            self.places[index]
        };
        (0..selection.shape[0]).map(place).collect()
    }
}

impl Image {
    /// What was decided from its tags.
    fn notes(&self, is_grey: bool) -> Vec<String> {
        let notes = [
            (
                self.is_white_zero(),
                "the file displays zero as white (WhiteIsZero); its values were read as stored, not inverted",
            ),
            (
                self.has_alpha() && self.colours().is_none(),
                "the transparency of the pixels was left out",
            ),
            (
                self.is_lossy() && !is_grey,
                "the file is compressed with JPEG, which changes values; labels may be wrong at edges",
            ),
            (
                self.is_palette() && !is_grey,
                "the file has a colour table; labels are the numbers of the colours",
            ),
        ];
        let said = notes.into_iter().filter(|(is_so, _)| *is_so);
        said.map(|(_, note)| note.to_owned()).collect()
    }
}

/// The samples wanted of an image that has to be of the kind of the first.
fn page(
    file: &TiffFile,
    image: &Image,
    first: &Image,
    wanted: Wanted,
    name: String,
) -> Result<Page, IoError> {
    if image.data_samples() != first.data_samples() || image.is_palette() != first.is_palette() {
        return Err(IoError::PageType {
            path: file.path.clone(),
            page: name,
            found: image.kind(),
            expected: first.kind(),
        });
    }
    let colours = match wanted {
        Wanted::Luma if image.is_palette() => Some("palette".to_owned()),
        Wanted::Luma => image.colours(),
        Wanted::Sample(_) => None,
    };
    Ok(Page {
        size: [image.height, image.width],
        sample_type: sample_type(image.sample_type(), colours),
        samples: match [image.height, image.width] == [first.height, first.width] {
            true => image.read(file, wanted)?,
            // The caller refuses it.
            false => tiff::decoder::DecodingResult::U8(Vec::new()),
        },
        name,
    })
}

impl Image {
    /// Words for what a pixel is.
    fn kind(&self) -> String {
        match self.data_samples() {
            _ if self.is_palette() => "colours of a palette".to_owned(),
            1 => self.sample_type(),
            several => format!("{several} samples of {}", self.sample_type()),
        }
    }
}

/// One slice of a folder: an open file of one page.
pub(super) struct Slice {
    file: TiffFile,
    image: Image,
    directory: Directory,
}

impl Slice {
    /// # Errors
    /// [`IoError::SliceWithPages`] for a stack.
    pub(super) fn open(path: &Path) -> Result<Self, IoError> {
        let (file, directories) = TiffFile::open(path)?;
        let pages = series::pages(&file, &directories)?;
        let [page] = pages.kept.as_slice() else {
            return Err(IoError::SliceWithPages {
                path: path.to_owned(),
            });
        };
        let directory = directories[*page].clone();
        let image = Image::new(&file, &directory)?;
        Ok(Self {
            file,
            image,
            directory,
        })
    }

    /// Pixels along (y, x).
    pub(super) fn size(&self) -> [usize; 2] {
        [self.image.height, self.image.width]
    }

    /// What can be read of each pixel; `is_chosen` where the user chose a sample.
    pub(super) fn samples<C: Collect>(&self, is_chosen: bool) -> Result<Samples, IoError> {
        samples::<C>(&self.file, &self.image, is_chosen)
    }

    /// The voxel size and what was decided from the tags.
    pub(super) fn scale(
        &self,
        layers: usize,
        is_grey: bool,
        options: &ReadOptions,
    ) -> Result<Scale, IoError> {
        let mut scale = Scale::new(&self.file, &self.directory, layers, options)?;
        scale.notes.extend(self.image.notes(is_grey));
        Ok(scale)
    }

    /// The samples of a slice like the first of its folder.
    pub(super) fn page(&self, first: &Self, wanted: Wanted, name: String) -> Result<Page, IoError> {
        page(&self.file, &self.image, &first.image, wanted, name)
    }
}
