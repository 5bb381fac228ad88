//! One image of a TIFF file: its strips or tiles put together, its samples as they are stored.
//!
//! No sample is inverted or scaled, whatever the photometric interpretation: labels are the numbers in the file, as NumPy,
//! Fiji and scikit-image have them.

use super::{
    super::{
        IoError,
        grey::luma,
        pages::{MAX_PAGE_BYTES, Wanted, pick, unpack},
    },
    compression::{Chunk, Compression, Predictor, Rows},
    directory::{Directory, Tag, TiffFile},
};
use tiff::decoder::DecodingResult;

/// What the bits of a sample mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SampleFormat {
    Unsigned,
    Signed,
    Float,
}

/// Photometric interpretations.
const WHITE_IS_ZERO: u64 = 0;
const BLACK_IS_ZERO: u64 = 1;
const RGB: u64 = 2;
const PALETTE: u64 = 3;
const YCBCR: u64 = 6;

/// How an image lies in the file.
#[derive(Debug, Clone)]
pub(super) struct Image {
    pub(super) width: usize,
    pub(super) height: usize,
    bits: usize,
    /// Samples of a pixel, transparency included.
    samples: usize,
    /// Samples of a pixel that stand last and mean transparency.
    alphas: usize,
    format: SampleFormat,
    photometric: u64,
    compression: Compression,
    predictor: Predictor,
    is_planar: bool,
    is_reversed: bool,
    is_tiled: bool,
    /// Rows and columns of a strip or tile.
    chunk_rows: usize,
    chunk_columns: usize,
    offsets: Vec<u64>,
    /// Empty where the file does not say.
    byte_counts: Vec<u64>,
    jpeg_tables: Vec<u8>,
    palette: Option<Vec<u64>>,
}

impl Image {
    pub(super) fn new(file: &TiffFile, directory: &Directory) -> Result<Self, IoError> {
        let or = |tag, default| file.or(directory, tag, default);
        let side = |tag| {
            let side = file.first(directory, tag)?.unwrap_or(0);
            match usize::try_from(side) {
                Ok(side) if (1..1 << 31).contains(&side) => Ok(side),
                _ => Err(file.malformed(format!("its image has {side} rows or columns"))),
            }
        };
        let (width, height) = (side(Tag::ImageWidth)?, side(Tag::ImageLength)?);
        if or(Tag::ImageDepth, 1)? > 1 {
            return Err(file.unsupported("several layers in one page, ImageDepth"));
        }
        let samples = usize::try_from(or(Tag::SamplesPerPixel, 1)?).unwrap_or(0);
        if samples == 0 || samples > usize::from(u16::MAX) {
            return Err(file.malformed(format!("it has {samples} samples per pixel")));
        }
        let (bits, format) = sample_type(file, directory)?;
        let photometric = or(Tag::PhotometricInterpretation, BLACK_IS_ZERO)?;
        let code = or(Tag::Compression, 1)?;
        let compression = Compression::from_tags(code, or(Tag::T4Options, 0)? & 1 == 1)
            .map_err(|name| file.unsupported(format!("{name} compression")))?;
        if matches!(compression, Compression::Fax(_)) && (bits, samples) != (1, 1) {
            return Err(file.malformed(format!("CCITT compression of {bits}-bit samples")));
        }
        let predictor = match or(Tag::Predictor, 1)? {
            1 => Predictor::None,
            _ if matches!(compression, Compression::Fax(_) | Compression::Jpeg) => Predictor::None,
            2 if matches!(bits, 8 | 16 | 32 | 64) => Predictor::Horizontal,
            3 if format == SampleFormat::Float => Predictor::FloatingPoint,
            other => {
                return Err(file.unsupported(format!("predictor {other} of {bits}-bit samples")));
            }
        };
        let extra = file.list(directory, Tag::ExtraSamples)?.unwrap_or_default();
        let alphas = extra
            .iter()
            .rev()
            .take_while(|kind| matches!(kind, 1 | 2))
            .count();
        let is_tiled = directory.has(Tag::TileOffsets);
        let (offsets, byte_counts) = match is_tiled {
            true => (Tag::TileOffsets, Tag::TileByteCounts),
            false => (Tag::StripOffsets, Tag::StripByteCounts),
        };
        let clamped = |tag, default: usize| -> Result<usize, IoError> {
            let length = or(tag, default as u64)?;
            Ok(usize::try_from(length).unwrap_or(default).clamp(1, 1 << 31))
        };
        let (chunk_rows, chunk_columns) = match is_tiled {
            true => (
                clamped(Tag::TileLength, height)?,
                clamped(Tag::TileWidth, width)?,
            ),
            false => (clamped(Tag::RowsPerStrip, height)?.min(height), width),
        };
        Ok(Self {
            width,
            height,
            bits,
            samples,
            alphas: alphas.min(samples - 1),
            format,
            photometric,
            compression,
            predictor,
            is_planar: or(Tag::PlanarConfiguration, 1)? == 2 && samples > 1,
            is_reversed: or(Tag::FillOrder, 1)? == 2,
            is_tiled,
            chunk_rows,
            chunk_columns,
            offsets: file.list(directory, offsets)?.unwrap_or_default(),
            byte_counts: file.list(directory, byte_counts)?.unwrap_or_default(),
            jpeg_tables: file.blob(directory, Tag::JpegTables).unwrap_or_default(),
            palette: match photometric {
                PALETTE => file.list(directory, Tag::ColorMap)?,
                _ => None,
            },
        })
    }

    /// Samples of a pixel without transparency.
    pub(super) fn data_samples(&self) -> usize {
        self.samples - self.alphas
    }

    pub(super) fn has_alpha(&self) -> bool {
        self.alphas > 0
    }

    pub(super) fn is_white_zero(&self) -> bool {
        self.photometric == WHITE_IS_ZERO
    }

    pub(super) fn is_lossy(&self) -> bool {
        self.compression.is_lossy()
    }

    pub(super) fn is_palette(&self) -> bool {
        self.palette.is_some()
    }

    /// The kind of colours that make up a pixel, such as "RGB(8)"; none where its samples stand for themselves.
    pub(super) fn colours(&self) -> Option<String> {
        let name = match self.photometric {
            RGB => "RGB",
            YCBCR => "YCbCr",
            5 => "CMYK",
            8..=10 => "Lab",
            _ => return None,
        };
        let name = if self.alphas > 0 && self.photometric == RGB {
            "RGBA"
        } else {
            name
        };
        (self.data_samples() > 1).then(|| format!("{name}({})", self.bits))
    }

    /// Whether a grey value can be made of each pixel.
    pub(super) fn has_luma(&self) -> bool {
        let is_rgb = self.photometric == RGB || self.photometric == YCBCR && self.is_lossy();
        self.is_palette() || is_rgb && self.data_samples() == 3 && matches!(self.bits, 8 | 16)
    }

    /// "1-bit", "uint8", "float16", and how many samples where a pixel has several.
    pub(super) fn sample_type(&self) -> String {
        let kind = match self.format {
            SampleFormat::Unsigned => "uint",
            SampleFormat::Signed => "int",
            SampleFormat::Float => "float",
        };
        match self.bits {
            8 | 16 | 24 | 32 | 64 => format!("{kind}{}", self.bits),
            odd => format!("{odd}-bit"),
        }
    }

    /// Bytes of the page; of planes, of one.
    fn plane_bytes(&self) -> Option<u64> {
        Some(self.row_bytes(self.width)? as u64 * self.height as u64)
    }

    fn interleaved(&self) -> usize {
        if self.is_planar { 1 } else { self.samples }
    }

    fn row_bytes(&self, columns: usize) -> Option<usize> {
        let bits = columns
            .checked_mul(self.bits)?
            .checked_mul(self.interleaved())?;
        Some(bits.div_ceil(8))
    }

    /// Whether the file is long enough for so many images one behind the other.
    pub(super) fn fits(&self, file: &TiffFile, count: usize) -> bool {
        let planes = if self.is_planar {
            self.samples as u64
        } else {
            1
        };
        let bytes = self
            .plane_bytes()
            .and_then(|bytes| bytes.checked_mul(planes));
        let all = bytes.and_then(|bytes| bytes.checked_mul(count as u64));
        let end = all
            .zip(self.offsets.first())
            .and_then(|(all, first)| all.checked_add(*first));
        self.compression != Compression::None || end.is_some_and(|end| end <= file.length)
    }

    /// The `index`th of several images that lie one behind the other, described by the directory of the first.
    pub(super) fn behind(&self, file: &TiffFile, index: usize) -> Result<Self, IoError> {
        let planes = if self.is_planar {
            self.samples as u64
        } else {
            1
        };
        let bytes = self
            .plane_bytes()
            .and_then(|bytes| bytes.checked_mul(planes));
        let offset = bytes
            .and_then(|bytes| bytes.checked_mul(index as u64))
            .zip(self.offsets.first())
            .and_then(|(bytes, first)| bytes.checked_add(*first));
        let gap = self
            .offsets
            .windows(2)
            .zip(&self.byte_counts)
            .any(|(pair, count)| pair[0].checked_add(*count) != Some(pair[1]));
        match offset {
            Some(offset) if self.compression == Compression::None && !self.is_tiled && !gap => {
                let plane = self.plane_bytes().unwrap_or(0);
                Ok(Self {
                    chunk_rows: self.height,
                    offsets: (0..planes)
                        .map(|at| offset.saturating_add(at * plane))
                        .collect(),
                    byte_counts: Vec::new(),
                    ..self.clone()
                })
            }
            _ => Err(file.unsupported(
                "layers without a directory of their own that are compressed or tiled",
            )),
        }
    }

    /// The samples wanted, row by row.
    pub(super) fn read(&self, file: &TiffFile, wanted: Wanted) -> Result<DecodingResult, IoError> {
        let sample = match wanted {
            Wanted::Sample(sample) => sample,
            Wanted::Luma if self.is_palette() => 0,
            Wanted::Luma => return self.read_luma(file),
        };
        let samples = match self.is_planar {
            true => self.plane(file, sample)?,
            false => pick(self.plane(file, 0)?, self.samples, sample),
        };
        match (wanted, &self.palette) {
            (Wanted::Luma, Some(palette)) => self.shades(file, &samples, palette),
            _ => Ok(samples),
        }
    }

    fn read_luma(&self, file: &TiffFile) -> Result<DecodingResult, IoError> {
        use DecodingResult as D;
        let all = match self.is_planar {
            false => self.plane(file, 0)?,
            true => {
                let planes = (0..3).map(|plane| self.plane(file, plane));
                let planes = planes.collect::<Result<Vec<_>, _>>()?;
                match planes.as_slice() {
                    [D::U8(r), D::U8(g), D::U8(b)] => D::U8(interleave([r, g, b])),
                    [D::U16(r), D::U16(g), D::U16(b)] => D::U16(interleave([r, g, b])),
                    _ => return Err(file.unsupported("colours of this type")),
                }
            }
        };
        let per_pixel = if self.is_planar { 3 } else { self.samples };
        match all {
            D::U8(v) => Ok(D::F32(luma(&v, per_pixel))),
            D::U16(v) => Ok(D::F32(luma(&v, per_pixel))),
            _ => Err(file.unsupported("colours of this type")),
        }
    }

    /// The grey values of palette entries: 0 to 255.
    fn shades(
        &self,
        file: &TiffFile,
        indices: &DecodingResult,
        palette: &[u64],
    ) -> Result<DecodingResult, IoError> {
        let third = palette.len() / 3;
        // Colours have 16 bits; some programs write 8.
        let scale = if palette.iter().all(|&level| level < 256) {
            1.0
        } else {
            257.0
        };
        let level = |at: usize| palette[at] as f64 / scale;
        let shades: Vec<f32> = (0..third)
            .flat_map(|at| luma(&[level(at), level(third + at), level(2 * third + at)], 3))
            .collect();
        let shade = |index: usize| {
            let reason = || file.malformed("a pixel has no colour in the palette");
            shades.get(index).copied().ok_or_else(reason)
        };
        let values: Result<Vec<f32>, IoError> = match indices {
            DecodingResult::U8(v) => v.iter().map(|&index| shade(usize::from(index))).collect(),
            DecodingResult::U16(v) => v.iter().map(|&index| shade(usize::from(index))).collect(),
            _ => Err(file.unsupported("a palette of this type")),
        };
        values.map(DecodingResult::F32)
    }

    /// All samples of a plane, and of all where they are interleaved.
    fn plane(&self, file: &TiffFile, plane: usize) -> Result<DecodingResult, IoError> {
        let bytes = self.plane_of_bytes(file, plane)?;
        Ok(self.samples_of(bytes))
    }

    fn plane_of_bytes(&self, file: &TiffFile, plane: usize) -> Result<Vec<u8>, IoError> {
        let limit = MAX_PAGE_BYTES;
        let too_large = || file.unsupported(format!("a page takes more than {limit} bytes"));
        let whole = self.plane_bytes().filter(|&bytes| bytes <= limit as u64);
        whole.ok_or_else(too_large)?;
        let row_bytes = self.row_bytes(self.width).ok_or_else(too_large)?;
        let coded_row_bytes = self.row_bytes(self.chunk_columns).ok_or_else(too_large)?;
        if self.is_tiled && coded_row_bytes.saturating_mul(self.chunk_rows) > limit {
            return Err(too_large());
        }
        let across = self.width.div_ceil(self.chunk_columns);
        let down = self.height.div_ceil(self.chunk_rows);
        if across > 1 && !(self.chunk_columns * self.bits * self.interleaved()).is_multiple_of(8) {
            return Err(file.unsupported(format!("tiles of {} columns", self.chunk_columns)));
        }
        let planes = if self.is_planar { self.samples } else { 1 };
        let chunks = across
            .checked_mul(down)
            .and_then(|count| count.checked_mul(planes));
        if chunks.is_none_or(|chunks| chunks > self.offsets.len()) {
            return Err(file.malformed(format!(
                "it lists {} strips or tiles where its {} x {} pixels need more",
                self.offsets.len(),
                self.height,
                self.width
            )));
        }
        let mut bytes = Vec::new();
        for band in 0..down {
            let rows = self.chunk_rows.min(self.height - band * self.chunk_rows);
            let coded_rows = if self.is_tiled { self.chunk_rows } else { rows };
            let start = bytes.len();
            for column in 0..across {
                let index = (plane * down + band) * across + column;
                let mut chunk = self.chunk(file, index, coded_rows, coded_row_bytes)?;
                if self.bits.is_multiple_of(8) {
                    let rows = Rows {
                        row_bytes: coded_row_bytes,
                        samples: self.interleaved(),
                        sample_bytes: self.bits / 8,
                        predictor: self.predictor,
                        is_big_endian: file.is_big_endian,
                    };
                    rows.restore(&mut chunk);
                }
                if !self.is_tiled {
                    if bytes.is_empty() {
                        bytes = chunk;
                    } else {
                        bytes.extend_from_slice(&chunk);
                    }
                    continue;
                }
                bytes.resize(start + rows * row_bytes, 0);
                let left = column * coded_row_bytes;
                let length = coded_row_bytes.min(row_bytes - left);
                let target = bytes[start..].chunks_exact_mut(row_bytes);
                for (to, from) in target.zip(chunk.chunks_exact(coded_row_bytes)) {
                    to[left..left + length].copy_from_slice(&from[..length]);
                }
            }
        }
        Ok(bytes)
    }

    /// The decoded rows of a strip or tile; one that the file leaves out is zero.
    fn chunk(
        &self,
        file: &TiffFile,
        index: usize,
        rows: usize,
        row_bytes: usize,
    ) -> Result<Vec<u8>, IoError> {
        let needed = (rows as u64).saturating_mul(row_bytes as u64);
        let is_plain = self.compression == Compression::None;
        let offset = self.offsets[index];
        let count = match self.byte_counts.get(index) {
            Some(0) if offset == 0 => {
                let bytes = usize::try_from(needed).unwrap_or(0);
                return Ok(vec![0; bytes]);
            }
            Some(&count) if count > 0 => count.min(if is_plain { needed } else { count }),
            _ if is_plain => needed,
            // One strip without a length ends where the file ends.
            None if self.offsets.len() == 1 => file.length.saturating_sub(offset),
            _ => return Err(file.malformed("a strip or tile has no length")),
        };
        let chunk = Chunk {
            compression: self.compression,
            width: self.chunk_columns,
            rows,
            row_bytes,
            is_reversed: self.is_reversed,
            jpeg_tables: &self.jpeg_tables,
            is_jpeg_rgb: self.photometric == RGB,
        };
        let decoded = chunk.decode(file.chunk(offset, count)?);
        decoded.map_err(|reason| file.malformed(reason))
    }

    /// Numbers from rows of bytes.
    fn samples_of(&self, bytes: Vec<u8>) -> DecodingResult {
        use DecodingResult as D;
        use SampleFormat::{Float, Signed, Unsigned};
        macro_rules! numbers {
            ($kind:ident, $number:ty) => {
                D::$kind(
                    bytes
                        .as_chunks()
                        .0
                        .iter()
                        .map(|&chunk| <$number>::from_le_bytes(chunk))
                        .collect(),
                )
            };
        }
        match (self.format, self.bits) {
            (Unsigned, 8) => D::U8(bytes),
            (Unsigned, 16) => numbers!(U16, u16),
            (Unsigned, 24) => {
                let triples = bytes.as_chunks::<3>().0.iter();
                D::U32(
                    triples
                        .map(|&[a, b, c]| u32::from_le_bytes([a, b, c, 0]))
                        .collect(),
                )
            }
            (Unsigned, 32) => numbers!(U32, u32),
            (Unsigned, 64) => numbers!(U64, u64),
            (Signed, 8) => D::I8(bytes.into_iter().map(u8::cast_signed).collect()),
            (Signed, 16) => numbers!(I16, i16),
            (Signed, 32) => numbers!(I32, i32),
            (Signed, _) => numbers!(I64, i64),
            (Float, 16) => {
                let pairs = bytes.as_chunks::<2>().0.iter();
                D::F32(pairs.map(|&pair| half(u16::from_le_bytes(pair))).collect())
            }
            (Float, 32) => numbers!(F32, f32),
            (Float, _) => numbers!(F64, f64),
            (Unsigned, bits) => {
                let columns = self.width * self.interleaved();
                match bits {
                    ..8 => D::U8(unpack(&bytes, columns, bits)),
                    _ => D::U16(unpack(&bytes, columns, bits)),
                }
            }
        }
    }
}

/// Bits and meaning of the samples, which are the same for all of a pixel.
fn sample_type(file: &TiffFile, directory: &Directory) -> Result<(usize, SampleFormat), IoError> {
    let same = |tag, default: u64, what: &str| -> Result<u64, IoError> {
        let list = file.list(directory, tag)?.unwrap_or_default();
        match list.iter().find(|&&value| value != list[0]) {
            Some(other) => Err(file.unsupported(format!(
                "samples of one pixel that differ in {what}: {} and {other}",
                list[0]
            ))),
            None => Ok(list.first().copied().unwrap_or(default)),
        }
    };
    let bits = same(Tag::BitsPerSample, 1, "bits")?;
    let format = match same(Tag::SampleFormat, 1, "format")? {
        2 => SampleFormat::Signed,
        3 => SampleFormat::Float,
        5 | 6 => {
            return Err(IoError::SampleType {
                path: file.path.clone(),
                found: format!("complex of {bits} bits"),
            });
        }
        _ => SampleFormat::Unsigned,
    };
    match (format, bits) {
        (SampleFormat::Unsigned, 1..=16 | 24 | 32 | 64)
        | (SampleFormat::Signed, 8 | 16 | 32 | 64)
        | (SampleFormat::Float, 16 | 32 | 64) => Ok((usize::try_from(bits).unwrap_or(0), format)),
        (SampleFormat::Unsigned, _) => Err(file.unsupported(format!("samples of {bits} bits"))),
        (SampleFormat::Signed, _) => {
            Err(file.unsupported(format!("signed samples of {bits} bits")))
        }
        (SampleFormat::Float, _) => {
            Err(file.unsupported(format!("floating-point samples of {bits} bits")))
        }
    }
}

fn interleave<T: Copy>([red, green, blue]: [&Vec<T>; 3]) -> Vec<T> {
    let pixels = red.iter().zip(green).zip(blue);
    pixels.flat_map(|((&r, &g), &b)| [r, g, b]).collect()
}

/// A floating-point number of 16 bits (IEEE 754 binary16).
fn half(bits: u16) -> f32 {
    let (exponent, fraction) = (bits >> 10 & 0x1f, f32::from(bits & 0x3ff) / 1024.0);
    let size = match exponent {
        0 => fraction * 2f32.powi(-14),
        31 if fraction == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        _ => (1.0 + fraction) * 2f32.powi(i32::from(exponent) - 15),
    };
    if bits >> 15 == 1 { -size } else { size }
}
