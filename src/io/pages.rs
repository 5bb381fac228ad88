//! Images that lie on top of each other: what a multi-page TIFF and a folder of slices have in common.

use super::{
    IoError, ReadOptions,
    axes::{FileAxis, Selection, Taken},
    labels::{Collect, Sample, allocate},
};
use ndarray::{Array3, ArrayViewMut2};
use std::path::Path;
use tiff::decoder::DecodingResult;

/// Bytes that one decoded page may take: 32768 x 32768 one-byte pixels.
pub(super) const MAX_PAGE_BYTES: usize = 1 << 30;

/// What the sample type of converted colours says.
pub(super) const CONVERTED: &str = "turned into grey values";

/// Which samples of a pixel are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// One, counted from 0.
    Sample(usize),
    /// The grey value that looks as bright as the colour.
    Luma,
}

/// What can be read of a pixel.
#[derive(Debug, Clone, Copy)]
pub(super) struct Samples {
    /// The samples to choose from, where there are several.
    pub(super) axis: Option<FileAxis>,
    /// What is read where none is chosen.
    pub(super) wanted: Wanted,
}

impl Samples {
    /// What is read, where the axis of samples is the one at this place of a selection.
    pub(super) fn wanted(&self, selection: &Selection, place: usize) -> Wanted {
        match (self.axis, selection.taken.get(place)) {
            (Some(_), Some(&Taken::At(sample))) => Wanted::Sample(sample),
            _ => self.wanted,
        }
    }
}

/// A decoded image.
pub(super) struct Page {
    /// How errors call it: "page 3", or the name of a file.
    pub(super) name: String,
    /// Pixels along (y, x).
    pub(super) size: [usize; 2],
    /// Type of the samples in the file: "1-bit", "uint8"; of colours, how they were converted.
    pub(super) sample_type: String,
    /// Row by row, x fastest.
    pub(super) samples: DecodingResult,
}

/// The sample type of samples as they are stored, or of colours made into grey values.
pub(super) fn sample_type(stored: String, colours: Option<String>) -> String {
    match colours {
        Some(colours) => format!("{colours}, {CONVERTED}"),
        None => stored,
    }
}

impl Page {
    fn encode<C: Collect>(
        self,
        encoder: &mut C,
        codes: ArrayViewMut2<C::Cell>,
    ) -> Result<(), IoError> {
        use DecodingResult as D;
        match self.samples {
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

/// Samples of `bits` (1 to 16) bits each, highest bits first, whose rows of `columns` samples start at a byte.
pub(super) fn unpack<T: Sample + TryFrom<u32> + Default>(
    packed: &[u8],
    columns: usize,
    bits: usize,
) -> Vec<T> {
    let mask = (1u32 << bits) - 1;
    let rows = packed.chunks_exact((columns * bits).div_ceil(8).max(1));
    rows.flat_map(|row| {
        let (mut bytes, mut window, mut held) = (row.iter(), 0u32, 0);
        (0..columns).map(move |_| {
            while held < bits {
                window = window << 8 | u32::from(bytes.next().copied().unwrap_or(0));
                held += 8;
            }
            held -= bits;
            T::try_from(window >> held & mask).unwrap_or_default()
        })
    })
    .collect()
}

/// One of the `count` samples of each pixel.
pub(super) fn pick(samples: DecodingResult, count: usize, sample: usize) -> DecodingResult {
    use DecodingResult as D;
    if count == 1 {
        return samples;
    }
    macro_rules! every {
        ($($kind:ident),*) => {
            match samples {
                $(D::$kind(v) => D::$kind(v.into_iter().skip(sample).step_by(count).collect()),)*
            }
        };
    }
    every!(U8, U16, U32, U64, I8, I16, I32, I64, F16, F32, F64)
}

/// Stacks pages to a volume of this shape, (z, y, x), the first at z = 0, and says their sample type; `stored` is the size
/// of their files.
pub(super) fn stack<C: Collect>(
    path: &Path,
    options: &ReadOptions,
    shape: [usize; 3],
    stored: u64,
    pages: impl Iterator<Item = Result<Page, IoError>>,
) -> Result<(C::Output, String), IoError> {
    let mut codes: Array3<C::Cell> = allocate(path, shape, stored)?;
    let mut encoder = C::new(path, options);
    let mut sample_type = None;
    for (page, plane) in pages.zip(codes.outer_iter_mut()) {
        let page = page?;
        if page.size != [shape[1], shape[2]] {
            return Err(IoError::PageSize {
                path: path.to_owned(),
                page: page.name,
                found: page.size,
                expected: [shape[1], shape[2]],
            });
        }
        let expected = sample_type.get_or_insert_with(|| page.sample_type.clone());
        if page.sample_type != *expected {
            return Err(IoError::PageType {
                path: path.to_owned(),
                page: page.name,
                found: page.sample_type,
                expected: expected.clone(),
            });
        }
        page.encode(&mut encoder, plane)?;
    }
    Ok((encoder.finish(codes)?, sample_type.unwrap_or_default()))
}
