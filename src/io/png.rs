//! PNG slices: grey values of 1 to 16 bits as they are stored, and palette images by the number of the colour, which
//! is how programs save label maps. Nothing is scaled: a 1-bit image has the labels 0 and 1.

use super::{
    Contents, Format, IoError, ReadOptions, file_size,
    grey::greys,
    labels::Collect,
    pages::{MAX_PAGE_BYTES, Page, stack},
};
use png::{BitDepth, ColorType, Decoder, Limits, Reader, Transformations};
use std::{fs::File, io::BufReader, path::Path};
use tiff::decoder::DecodingResult;

/// One image, as a volume one voxel thick.
pub(super) fn read<C: Collect>(
    path: &Path,
    options: &ReadOptions,
) -> Result<Contents<C::Output>, IoError> {
    let (volume, sample_type) = stack::<C>(
        path,
        options,
        1,
        file_size(path)?,
        std::iter::once(read_page(path, C::GREY)),
    )?;
    Ok(Contents {
        volume,
        dataset: None,
        voxel_size: None,
        notes: Vec::new(),
        names: Vec::new(),
        file_type: format!("{} {sample_type}", Format::Png),
    })
}

/// The image of a file; colours become greys where that is asked for, those of a palette too.
pub(super) fn read_page(path: &Path, grey: bool) -> Result<Page, IoError> {
    let malformed = |reason: String| IoError::malformed(path, Format::Png, reason);
    let mut reader = open(path, grey)?;
    let (color, depth) = reader.output_color_type();
    if !grey && !matches!(color, ColorType::Grayscale | ColorType::Indexed) {
        return Err(IoError::Colour {
            path: path.to_owned(),
            found: format!("{color:?}"),
        });
    }
    let length = reader
        .output_buffer_size()
        .filter(|&length| length <= MAX_PAGE_BYTES);
    let too_large = || format!("it claims more than {MAX_PAGE_BYTES} bytes of pixels");
    let length = length.ok_or_else(|| malformed(too_large()))?;
    let mut bytes = vec![0; length];
    let frame = reader
        .next_frame(&mut bytes)
        .map_err(|error| malformed(error.to_string()))?;
    if frame.buffer_size() != length {
        let reason = "its first frame does not cover the image".to_owned();
        return Err(malformed(reason));
    }
    let colours = grey && matches!(color, ColorType::Rgb | ColorType::Rgba);
    Ok(Page {
        name: path.file_name().unwrap_or_default().display().to_string(),
        size: [frame.height as usize, frame.width as usize],
        bits: depth as u8,
        colour: colours.then(|| format!("{color:?}")),
        samples: greys(decoded(bytes, depth), color.samples()),
    })
}

fn open(path: &Path, grey: bool) -> Result<Reader<BufReader<File>>, IoError> {
    let file = File::open(path).map_err(|error| IoError::os(path, error))?;
    let limits = Limits {
        bytes: MAX_PAGE_BYTES,
    };
    let mut decoder = Decoder::new_with_limits(BufReader::new(file), limits);
    decoder.set_transformations(match grey {
        true => Transformations::EXPAND,
        false => Transformations::IDENTITY,
    });
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    decoder
        .read_info()
        .map_err(|error| IoError::malformed(path, Format::Png, error.to_string()))
}

/// Samples of 16 bits, or what they are.
fn decoded(bytes: Vec<u8>, depth: BitDepth) -> DecodingResult {
    let pair = |pair: &[u8]| u16::from_be_bytes([pair[0], pair[1]]);
    match depth {
        BitDepth::Sixteen => DecodingResult::U16(bytes.chunks_exact(2).map(pair).collect()),
        _ => DecodingResult::U8(bytes),
    }
}
