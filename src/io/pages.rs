//! Images that lie on top of each other: what a multi-page TIFF and a folder of slices have in common.

use super::{
    IoError, ReadOptions,
    labels::{Collect, Sample, allocate},
};
use ndarray::{Array3, ArrayViewMut2};
use std::path::Path;
use tiff::decoder::DecodingResult;

/// Bytes that one decoded page may take: 32768 x 32768 one-byte pixels.
pub(super) const MAX_PAGE_BYTES: usize = 1 << 30;

/// What the sample type of converted colours says.
pub(super) const CONVERTED: &str = "turned into grey values";

/// A decoded image.
pub(super) struct Page {
    /// How errors call it: "page 3", or the name of a file.
    pub(super) name: String,
    /// Pixels along (y, x).
    pub(super) size: [usize; 2],
    /// Bits per sample in the file; below 8 the samples are packed, each row starting at a byte.
    pub(super) bits: u8,
    /// The colours that the samples were made from, if they were.
    pub(super) colour: Option<String>,
    /// Row by row, x fastest.
    pub(super) samples: DecodingResult,
}

impl Page {
    /// "1-bit", "uint8", ...
    fn sample_type(&self) -> String {
        use DecodingResult as D;
        if let Some(colour) = &self.colour {
            return format!("{colour}, {CONVERTED}");
        }
        match &self.samples {
            D::U8(_) if self.bits < 8 => return format!("{}-bit", self.bits),
            D::U8(_) => u8::NAME,
            D::U16(_) => u16::NAME,
            D::U32(_) => u32::NAME,
            D::U64(_) => u64::NAME,
            D::I8(_) => i8::NAME,
            D::I16(_) => i16::NAME,
            D::I32(_) => i32::NAME,
            D::I64(_) => i64::NAME,
            D::F16(_) => "float16",
            D::F32(_) => f32::NAME,
            D::F64(_) => f64::NAME,
        }
        .to_owned()
    }

    fn encode<C: Collect>(
        self,
        encoder: &mut C,
        codes: ArrayViewMut2<C::Cell>,
    ) -> Result<(), IoError> {
        use DecodingResult as D;
        match self.samples {
            D::U8(v) if self.bits < 8 => encoder.encode(unpack(&v, self.size[1], self.bits), codes),
            D::U8(v) => encoder.encode(v, codes),
            D::U16(v) => encoder.encode(v, codes),
            D::U32(v) => encoder.encode(v, codes),
            D::U64(v) => encoder.encode(v, codes),
            D::I8(v) => encoder.encode(v, codes),
            D::I16(v) => encoder.encode(v, codes),
            D::I32(v) => encoder.encode(v, codes),
            D::I64(v) => encoder.encode(v, codes),
            D::F16(v) => encoder.encode(v.into_iter().map(f32::from), codes),
            D::F32(v) => encoder.encode(v, codes),
            D::F64(v) => encoder.encode(v, codes),
        }
    }
}

/// Samples of 1, 2 or 4 bits, highest bits first.
fn unpack(packed: &[u8], width: usize, bits: u8) -> impl Iterator<Item = u8> {
    let per_byte = usize::from(8 / bits);
    let mask = u8::MAX >> (8 - bits);
    packed
        .chunks(width.div_ceil(per_byte))
        .flat_map(move |row| {
            let samples = row.iter().flat_map(move |byte| {
                (1..=8 / bits).map(move |place| (byte >> (8 - bits * place)) & mask)
            });
            samples.take(width)
        })
}

/// Stacks `count` pages, the first at z = 0, and says their sample type; `stored` is the size of their files.
pub(super) fn stack<C: Collect>(
    path: &Path,
    options: &ReadOptions,
    count: usize,
    stored: u64,
    mut pages: impl Iterator<Item = Result<Page, IoError>>,
) -> Result<(C::Output, String), IoError> {
    let first = pages.next().unwrap_or_else(|| {
        Err(IoError::NoSlices {
            path: path.to_owned(),
        })
    })?;
    let (size, sample_type) = (first.size, first.sample_type());
    let mut codes: Array3<C::Cell> = allocate(path, [count, size[0], size[1]], stored)?;
    let mut encoder = C::new(path, options);
    for (page, plane) in std::iter::once(Ok(first))
        .chain(pages)
        .zip(codes.outer_iter_mut())
    {
        let page = page?;
        if page.size != size {
            let (path, found) = (path.to_owned(), page.size);
            return Err(IoError::PageSize {
                path,
                page: page.name,
                found,
                expected: size,
            });
        }
        page.encode(&mut encoder, plane)?;
    }
    Ok((encoder.finish(codes)?, sample_type))
}
