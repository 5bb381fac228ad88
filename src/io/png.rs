//! PNG slices: grey values of 1 to 16 bits as they are stored, and palette images by the number of the colour, which
//! is how programs save label maps. Nothing is scaled: a 1-bit image has the labels 0 and 1.

use super::{
    Contents, Format, IoError, ReadOptions,
    axes::{AxisKind, FileAxis, select},
    file_size,
    grey::greys,
    labels::Collect,
    pages::{MAX_PAGE_BYTES, Page, Samples, Wanted, pick, sample_type, stack, unpack},
    tiff::Scale,
};
use png::{BitDepth, ColorType, Decoder, Limits, Reader, Transformations, Unit};
use std::{
    fs::File,
    io::BufReader,
    path::{Path, PathBuf},
};
use tiff::decoder::DecodingResult;

/// One image, as a volume one voxel thick.
pub(super) fn read<C: Collect>(
    path: &Path,
    options: &ReadOptions,
) -> Result<Contents<C::Output>, IoError> {
    let slice = Slice::open(path, C::GREY)?;
    let samples = slice.samples::<C>(!options.channel.is_empty())?;
    let [rows, columns] = slice.size();
    let mut axes: Vec<FileAxis> = samples.axis.into_iter().collect();
    axes.push(FileAxis::new(AxisKind::Y, rows));
    axes.push(FileAxis::new(AxisKind::X, columns));
    let selection = select(path, &axes, &options.channel)?;
    let scale = slice.scale(1)?;
    let page = std::iter::once(slice.page(samples.wanted(&selection, 0)));
    let (volume, sample_type) =
        stack::<C>(path, options, [1, rows, columns], file_size(path)?, page)?;
    Ok(Contents {
        volume,
        dataset: None,
        voxel_size: scale.voxel_size,
        notes: [selection.notes, scale.notes].concat(),
        names: Vec::new(),
        file_type: format!("{} {sample_type}", Format::Png),
    })
}

/// An image whose header is read.
pub(super) struct Slice {
    path: PathBuf,
    reader: Reader<BufReader<File>>,
    color: ColorType,
    depth: BitDepth,
}

impl Slice {
    /// The colours of a palette take the place of their numbers where grey values are asked for.
    pub(super) fn open(path: &Path, is_grey: bool) -> Result<Self, IoError> {
        let malformed =
            |error: png::DecodingError| IoError::malformed(path, Format::Png, error.to_string());
        let file = File::open(path).map_err(|error| IoError::os(path, error))?;
        let limits = Limits {
            bytes: MAX_PAGE_BYTES,
        };
        let mut decoder = Decoder::new_with_limits(BufReader::new(file), limits);
        decoder.set_ignore_text_chunk(true);
        decoder.set_ignore_iccp_chunk(true);
        let is_palette =
            decoder.read_header_info().map_err(malformed)?.color_type == ColorType::Indexed;
        decoder.set_transformations(match is_grey && is_palette {
            true => Transformations::EXPAND,
            false => Transformations::IDENTITY,
        });
        let reader = decoder.read_info().map_err(malformed)?;
        let (color, depth) = reader.output_color_type();
        Ok(Self {
            path: path.to_owned(),
            reader,
            color,
            depth,
        })
    }

    /// Words for what a pixel is.
    pub(super) fn kind(&self) -> String {
        let colours = match self.color {
            ColorType::Grayscale | ColorType::GrayscaleAlpha => "grey values",
            ColorType::Indexed => "colours of a palette",
            ColorType::Rgb | ColorType::Rgba => "colours",
        };
        format!("{colours}, {}", stored(self.depth))
    }

    /// Pixels along (y, x).
    pub(super) fn size(&self) -> [usize; 2] {
        let info = self.reader.info();
        [info.height as usize, info.width as usize]
    }

    /// What can be read of each pixel, transparency aside; `is_chosen` where the user chose a sample.
    pub(super) fn samples<C: Collect>(&self, is_chosen: bool) -> Result<Samples, IoError> {
        let is_colour = matches!(self.color, ColorType::Rgb | ColorType::Rgba);
        let of = |axis, wanted| Ok(Samples { axis, wanted });
        match is_colour {
            true if C::GREY && !is_chosen => of(None, Wanted::Luma),
            true if !is_chosen => Err(IoError::Colour {
                path: self.path.clone(),
                found: format!("{:?}", self.color),
            }),
            true => of(Some(FileAxis::new(AxisKind::Samples, 3)), Wanted::Sample(0)),
            false => of(None, Wanted::Sample(0)),
        }
    }

    /// The voxel size, where the image states a pixel size and is alone.
    pub(super) fn scale(&self, layers: usize) -> Result<Scale, IoError> {
        let mut scale = match self.reader.info().pixel_dims {
            Some(dims) if dims.unit == Unit::Meter && dims.xppu > 0 && dims.yppu > 0 => {
                let density = [f64::from(dims.yppu), f64::from(dims.xppu)];
                Scale::of_density(&self.path, density, "the pHYs chunk", layers)?
            }
            _ => Scale::default(),
        };
        if self.color == ColorType::GrayscaleAlpha {
            let note = "the transparency of the pixels was left out";
            scale.notes.push(note.to_owned());
        }
        Ok(scale)
    }

    /// The samples wanted.
    pub(super) fn page(mut self, wanted: Wanted) -> Result<Page, IoError> {
        let malformed = |reason: String| IoError::malformed(&self.path, Format::Png, reason);
        let length = self
            .reader
            .output_buffer_size()
            .filter(|&length| length <= MAX_PAGE_BYTES);
        let too_large = || format!("it claims more than {MAX_PAGE_BYTES} bytes of pixels");
        let length = length.ok_or_else(|| malformed(too_large()))?;
        let mut bytes = vec![0; length];
        let frame = self
            .reader
            .next_frame(&mut bytes)
            .map_err(|error| malformed(error.to_string()))?;
        if frame.buffer_size() != length {
            let reason = "its first frame does not cover the image".to_owned();
            return Err(malformed(reason));
        }
        let size = [frame.height as usize, frame.width as usize];
        let count = self.color.samples();
        let samples = decoded(bytes, self.depth, size[1] * count);
        let colours = (wanted == Wanted::Luma).then(|| format!("{:?}", self.color));
        Ok(Page {
            name: self
                .path
                .file_name()
                .unwrap_or_default()
                .display()
                .to_string(),
            size,
            sample_type: sample_type(stored(self.depth), colours),
            samples: match wanted {
                Wanted::Luma => greys(samples, count),
                Wanted::Sample(sample) => pick(samples, count, sample),
            },
        })
    }
}

fn stored(depth: BitDepth) -> String {
    match depth {
        BitDepth::Eight | BitDepth::Sixteen => format!("uint{}", depth as u8),
        depth => format!("{}-bit", depth as u8),
    }
}

/// Samples of 16 bits, or what they are.
fn decoded(bytes: Vec<u8>, depth: BitDepth, columns: usize) -> DecodingResult {
    match depth {
        BitDepth::Sixteen => {
            let (pairs, _) = bytes.as_chunks();
            DecodingResult::U16(pairs.iter().map(|&pair| u16::from_be_bytes(pair)).collect())
        }
        BitDepth::Eight => DecodingResult::U8(bytes),
        depth => DecodingResult::U8(unpack(&bytes, columns, depth as usize)),
    }
}
