//! TIFF stacks: one page per z, grey, 1 to 64 bits, integer or floating point, strips or tiles, plain, LZW, deflate
//! or PackBits. In a file that says "white is zero" the values are inverted, as the format asks for.

use super::{
    Contents, Format, IoError, ReadOptions, file_size,
    grey::greys,
    labels::Collect,
    pages::{MAX_PAGE_BYTES, Page, stack},
};
use std::{fs::File, io::BufReader, path::Path};
use tiff::{
    ColorType, TiffError,
    decoder::{Decoder, DecodingResult, Limits},
    tags::Tag,
};

/// All pages of a file.
pub(super) fn read<C: Collect>(
    path: &Path,
    options: &ReadOptions,
) -> Result<Contents<C::Output>, IoError> {
    let mut decoder = open(path)?;
    let announced = announced_images(&mut decoder);
    let count = count_pages(path, &mut decoder)?;
    if let Some(images) = announced.filter(|&images| images > count) {
        let reason = format!("ImageJ announces {images} images in a file of {count} page(s)");
        return Err(unsupported(path, reason));
    }
    let pages = (0..count).map(|index| {
        decoder
            .seek_to_image(index)
            .map_err(|error| sorted(path, error))?;
        page(path, &mut decoder, format!("page {}", index + 1), C::GREY)
    });
    let (volume, sample_type) = stack::<C>(path, options, count, file_size(path)?, pages)?;
    Ok(Contents {
        volume,
        dataset: None,
        voxel_size: None,
        notes: Vec::new(),
        names: Vec::new(),
        file_type: format!("{} {sample_type}", Format::Tiff),
    })
}

/// The only page of a file.
pub(super) fn read_page(path: &Path, grey: bool) -> Result<Page, IoError> {
    let mut decoder = open(path)?;
    if decoder.more_images() {
        return Err(IoError::SliceWithPages {
            path: path.to_owned(),
        });
    }
    page(
        path,
        &mut decoder,
        path.file_name().unwrap_or_default().display().to_string(),
        grey,
    )
}

fn open(path: &Path) -> Result<Decoder<BufReader<File>>, IoError> {
    let file = File::open(path).map_err(|error| IoError::os(path, error))?;
    let mut limits = Limits::default();
    limits.decoding_buffer_size = MAX_PAGE_BYTES;
    limits.intermediate_buffer_size = MAX_PAGE_BYTES;
    let decoder = Decoder::new(BufReader::new(file)).map_err(|error| sorted(path, error))?;
    Ok(decoder.with_limits(limits))
}

/// Images by the description that ImageJ writes. Stacks above 4 GiB have all of them behind one page, and a file that
/// was cut by another program fewer pages than it says: both would pass for a thinner volume.
fn announced_images(decoder: &mut Decoder<BufReader<File>>) -> Option<usize> {
    let description = decoder.get_tag_ascii_string(Tag::ImageDescription).ok()?;
    let images = description
        .lines()
        .find_map(|line| line.strip_prefix("images="))?;
    images.trim().parse().ok()
}

fn count_pages(path: &Path, decoder: &mut Decoder<BufReader<File>>) -> Result<usize, IoError> {
    let mut count = 1;
    while decoder.more_images() {
        decoder.next_image().map_err(|error| sorted(path, error))?;
        count += 1;
    }
    Ok(count)
}

fn page(
    path: &Path,
    decoder: &mut Decoder<BufReader<File>>,
    name: String,
    grey: bool,
) -> Result<Page, IoError> {
    let colours = decoder.colortype().map_err(|error| sorted(path, error))?;
    let (bits, per_pixel) = match colours {
        ColorType::Gray(bits) => (bits, 1),
        ColorType::RGB(bits @ (8 | 16)) if grey => (bits, 3),
        ColorType::RGBA(bits @ (8 | 16)) if grey => (bits, 4),
        other => {
            let (path, found) = (path.to_owned(), format!("{name}: {other:?}"));
            return Err(IoError::Colour { path, found });
        }
    };
    let (width, height) = decoder.dimensions().map_err(|error| sorted(path, error))?;
    let samples = decoder.read_image().map_err(|error| sorted(path, error))?;
    let samples = greys(samples, per_pixel);
    let pixels = u64::from(width) * u64::from(height);
    if matches!(&samples, DecodingResult::F32(v) if per_pixel > 1 && v.len() as u64 != pixels) {
        let reason = format!("{name} keeps its colours in separate planes");
        return Err(unsupported(path, reason));
    }
    if bits < 8 && !(matches!(samples, DecodingResult::U8(_)) && matches!(bits, 1 | 2 | 4)) {
        return Err(unsupported(
            path,
            format!("{name} has samples of {bits} bits"),
        ));
    }
    Ok(Page {
        name,
        size: [height as usize, width as usize],
        bits,
        colour: (per_pixel > 1).then(|| format!("{colours:?}")),
        samples,
    })
}

/// What the decoder found, sorted by whether the file or this program is to blame.
fn sorted(path: &Path, error: TiffError) -> IoError {
    match error {
        TiffError::UnsupportedError(reason) => unsupported(path, reason.to_string()),
        TiffError::LimitsExceeded => unsupported(
            path,
            format!("a page takes more than {MAX_PAGE_BYTES} bytes, or a header more than 1 MiB"),
        ),
        other => IoError::malformed(path, Format::Tiff, other),
    }
}

fn unsupported(path: &Path, reason: String) -> IoError {
    IoError::Unsupported {
        path: path.to_owned(),
        format: Format::Tiff,
        reason,
    }
}
