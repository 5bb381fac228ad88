//! JPEG pictures, grey or colour, for thresholds. Not for labels: the compression blurs them.

use super::{
    Contents, Format, IoError, ReadOptions, file_size,
    grey::luma,
    labels::Collect,
    pages::{MAX_PAGE_BYTES, Page, sample_type, stack},
};
use image::{DynamicImage, ImageDecoder, ImageError, codecs::jpeg::JpegDecoder};
use std::{fs::File, io::BufReader, path::Path};
use tiff::decoder::DecodingResult;

/// One picture, as a volume one voxel thick.
pub(super) fn read<C: Collect>(
    path: &Path,
    options: &ReadOptions,
) -> Result<Contents<C::Output>, IoError> {
    if !C::GREY {
        return Err(IoError::Unsupported {
            path: path.to_owned(),
            format: Format::Jpeg,
            reason: "its compression blurs labels; `voxion convert` takes it with a --threshold"
                .to_owned(),
        });
    }
    let page = read_page(path)?;
    let shape = [1, page.size[0], page.size[1]];
    let pages = std::iter::once(Ok(page));
    let (volume, sample_type) = stack::<C>(path, options, shape, file_size(path)?, pages)?;
    Ok(Contents {
        volume,
        dataset: None,
        voxel_size: None,
        notes: Vec::new(),
        names: Vec::new(),
        file_type: format!("{} {sample_type}", Format::Jpeg),
    })
}

/// The picture of a file.
fn read_page(path: &Path) -> Result<Page, IoError> {
    let malformed = |error: ImageError| IoError::malformed(path, Format::Jpeg, error);
    let file = File::open(path).map_err(|error| IoError::os(path, error))?;
    let decoder = JpegDecoder::new(BufReader::new(file)).map_err(malformed)?;
    if decoder.total_bytes() > MAX_PAGE_BYTES as u64 {
        let reason = format!("it claims more than {MAX_PAGE_BYTES} bytes of pixels");
        return Err(IoError::malformed(path, Format::Jpeg, reason));
    }
    let image = DynamicImage::from_decoder(decoder).map_err(malformed)?;
    let size = [image.height() as usize, image.width() as usize];
    let (colour, samples) = match image {
        DynamicImage::ImageLuma8(grey) => (None, DecodingResult::U8(grey.into_raw())),
        colour => {
            let rgb = colour.to_rgb8().into_raw();
            (Some("RGB".to_owned()), DecodingResult::F32(luma(&rgb, 3)))
        }
    };
    Ok(Page {
        name: path.file_name().unwrap_or_default().display().to_string(),
        size,
        sample_type: sample_type("uint8".to_owned(), colour),
        samples,
    })
}
