//! Compressions of strips and tiles, and the predictors that some of them are combined with.
//!
//! Output grows with what the data yield, never with what a header claims alone.

use super::fax::{self, Scheme};
use image::{ImageDecoder, codecs::jpeg::JpegDecoder};
use std::io::{Cursor, Read};

/// Bytes that one byte of deflate can stand for at best.
const MAX_EXPANSION: usize = 1032;

/// How the bytes of a strip or tile are coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compression {
    None,
    Fax(Scheme),
    Lzw,
    Deflate,
    PackBits,
    Jpeg,
    Zstd,
}

impl Compression {
    /// From the tag; of one that is not read, its name.
    pub(super) fn from_tags(code: u64, is_two_dimensional: bool) -> Result<Self, String> {
        Ok(match code {
            0 | 1 => Self::None,
            2 => Self::Fax(Scheme::Huffman),
            3 if is_two_dimensional => Self::Fax(Scheme::Group3TwoDimensional),
            3 => Self::Fax(Scheme::Group3),
            4 => Self::Fax(Scheme::Group4),
            5 => Self::Lzw,
            7 => Self::Jpeg,
            8 | 32946 => Self::Deflate,
            32771 => Self::Fax(Scheme::HuffmanWords),
            32773 => Self::PackBits,
            34926 | 50000 => Self::Zstd,
            6 => return Err("JPEG of the old kind (6)".to_owned()),
            9 | 10 | 34661 => return Err(format!("JBIG ({code})")),
            32809 => return Err("ThunderScan (32809)".to_owned()),
            33003 | 33005 | 34712 => return Err(format!("JPEG 2000 ({code})")),
            34676 | 34677 => return Err(format!("SGI LogLuv ({code})")),
            34887 => return Err("LERC (34887)".to_owned()),
            34925 => return Err("LZMA (34925)".to_owned()),
            34927 | 50001 => return Err(format!("WebP ({code})")),
            34892 => return Err("lossy JPEG of DNG (34892)".to_owned()),
            22610 | 34934 => return Err(format!("JPEG XR ({code})")),
            50002 | 52546 => return Err(format!("JPEG XL ({code})")),
            other => return Err(format!("number {other}")),
        })
    }

    /// Whether decoded values may differ from those that were stored.
    pub(super) fn is_lossy(self) -> bool {
        self == Self::Jpeg
    }
}

/// A strip or tile: its pixels, and what its codec has to know.
pub(super) struct Chunk<'a> {
    pub(super) compression: Compression,
    /// Pixels of a row, and rows.
    pub(super) width: usize,
    pub(super) rows: usize,
    /// Bytes of a decoded row.
    pub(super) row_bytes: usize,
    /// Whether the lowest bit of a byte comes first.
    pub(super) is_reversed: bool,
    /// Tables of JPEG that all chunks share.
    pub(super) jpeg_tables: &'a [u8],
    /// Whether JPEG holds red, green and blue as they are.
    pub(super) is_jpeg_rgb: bool,
}

impl Chunk<'_> {
    /// Exactly the bytes of all rows.
    pub(super) fn decode(&self, mut bytes: Vec<u8>) -> Result<Vec<u8>, String> {
        // libtiff leaves JPEG as it is.
        if self.is_reversed && self.compression != Compression::Jpeg {
            bytes
                .iter_mut()
                .for_each(|byte| *byte = byte.reverse_bits());
        }
        let expected = self
            .row_bytes
            .checked_mul(self.rows)
            .ok_or("it is too large")?;
        let mut decoded = match self.compression {
            Compression::None => bytes,
            Compression::Fax(scheme) => fax::decode(&bytes, scheme, self.width, self.rows)?,
            Compression::Lzw => lzw(&bytes, expected)?,
            Compression::PackBits => pack_bits(&bytes, expected),
            Compression::Deflate => inflate(
                flate2::read::ZlibDecoder::new(bytes.as_slice()),
                bytes.len(),
                expected,
            )?,
            Compression::Zstd => {
                let decoder = zstd::stream::read::Decoder::with_buffer(bytes.as_slice());
                inflate(
                    decoder.map_err(|error| error.to_string())?,
                    bytes.len(),
                    expected,
                )?
            }
            Compression::Jpeg => self.jpeg(&bytes, expected)?,
        };
        if decoded.len() < expected {
            return Err(format!(
                "a strip or tile holds {} bytes where its pixels need {expected}",
                decoded.len()
            ));
        }
        decoded.truncate(expected);
        Ok(decoded)
    }

    /// A JPEG stream, put together from the shared tables and that of the chunk.
    fn jpeg(&self, bytes: &[u8], expected: usize) -> Result<Vec<u8>, String> {
        const START: [u8; 2] = [0xff, 0xd8];
        // "Adobe", version 100, no flags, and 0: no transformation of colours.
        const AS_STORED: [u8; 16] = *b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0\0";
        let tables = self.jpeg_tables.strip_prefix(&START).unwrap_or(&[]);
        let tables = tables.strip_suffix(&[0xff, 0xd9]).unwrap_or(tables);
        let own = bytes
            .strip_prefix(&START)
            .ok_or("a JPEG signature is missing")?;
        let colours: &[u8] = if self.is_jpeg_rgb { &AS_STORED } else { &[] };
        let stream = [&START, colours, tables, own].concat();
        let decoder = JpegDecoder::new(Cursor::new(stream)).map_err(|error| error.to_string())?;
        let (width, rows) = decoder.dimensions();
        let bytes_per_pixel = usize::from(decoder.color_type().bytes_per_pixel());
        let fits = width as usize == self.width
            && rows as usize >= self.rows
            && self.row_bytes == self.width * bytes_per_pixel
            && decoder.total_bytes() <= (expected as u64).saturating_mul(2).max(1 << 20);
        if !fits {
            return Err(format!(
                "its JPEG has {width} x {rows} pixels of {bytes_per_pixel} samples where {} x {} are stated",
                self.width, self.rows
            ));
        }
        let mut pixels = vec![0; usize::try_from(decoder.total_bytes()).map_err(|_| "too large")?];
        decoder
            .read_image(&mut pixels)
            .map_err(|error| error.to_string())?;
        Ok(pixels)
    }
}

/// All that a decoder yields, up to `expected` bytes.
fn inflate(decoder: impl Read, stored: usize, expected: usize) -> Result<Vec<u8>, String> {
    let mut decoded = Vec::with_capacity(expected.min(stored.saturating_mul(MAX_EXPANSION)));
    let mut limited = decoder.take(expected as u64);
    // Enough bytes are enough: what a damaged end says does not matter, as for libtiff.
    match limited.read_to_end(&mut decoded) {
        Err(error) if decoded.len() < expected => Err(error.to_string()),
        _ => Ok(decoded),
    }
}

fn lzw(bytes: &[u8], expected: usize) -> Result<Vec<u8>, String> {
    use weezl::{BitOrder, LzwStatus, decode::Decoder};
    // Before revision 6 of TIFF the lowest bits came first, and codes grew one later.
    let mut decoder = match bytes {
        [0, second, ..] if second & 1 == 1 => Decoder::new(BitOrder::Lsb, 8),
        _ => Decoder::with_tiff_size_switch(BitOrder::Msb, 8),
    };
    let (mut decoded, mut used, mut filled) = (Vec::new(), 0, 0);
    while filled < expected {
        let room = expected.min(filled + filled.max(8 * bytes.len()).max(1 << 12));
        decoded.resize(room, 0);
        let step = decoder.decode_bytes(&bytes[used..], &mut decoded[filled..]);
        used += step.consumed_in;
        filled += step.consumed_out;
        match step.status {
            Ok(LzwStatus::Ok) if step.consumed_in + step.consumed_out > 0 => {}
            Ok(_) => break,
            Err(error) if filled < expected => return Err(error.to_string()),
            Err(_) => break,
        }
    }
    decoded.truncate(filled);
    Ok(decoded)
}

fn pack_bits(mut bytes: &[u8], expected: usize) -> Vec<u8> {
    let mut decoded = Vec::new();
    while let [length, rest @ ..] = bytes {
        bytes = rest;
        if decoded.len() >= expected {
            break;
        }
        match (length.cast_signed(), rest) {
            (-128, _) => {}
            (0.., _) => {
                let count = (usize::from(*length) + 1).min(rest.len());
                decoded.extend_from_slice(&rest[..count]);
                bytes = &rest[count..];
            }
            (_, [value, rest @ ..]) => {
                decoded.resize(decoded.len() + 257 - usize::from(*length), *value);
                bytes = rest;
            }
            (_, []) => break,
        }
    }
    decoded
}

/// What is stored in place of the samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Predictor {
    None,
    /// Differences to the pixel before.
    Horizontal,
    /// Differences of the bytes of floating-point numbers, the highest byte of all samples first.
    FloatingPoint,
}

/// Rows of samples of whole bytes, as they are stored.
pub(super) struct Rows {
    pub(super) row_bytes: usize,
    /// Samples of a pixel that stand side by side.
    pub(super) samples: usize,
    pub(super) sample_bytes: usize,
    pub(super) predictor: Predictor,
    pub(super) is_big_endian: bool,
}

impl Rows {
    /// Takes the prediction back and puts the lowest byte of each sample first.
    pub(super) fn restore(&self, bytes: &mut [u8]) {
        match self.predictor {
            Predictor::FloatingPoint => return self.restore_planes(bytes),
            _ if self.is_big_endian => match self.sample_bytes {
                1 => {}
                2 => bytes
                    .as_chunks_mut::<2>()
                    .0
                    .iter_mut()
                    .for_each(|b| b.reverse()),
                4 => bytes
                    .as_chunks_mut::<4>()
                    .0
                    .iter_mut()
                    .for_each(|b| b.reverse()),
                8 => bytes
                    .as_chunks_mut::<8>()
                    .0
                    .iter_mut()
                    .for_each(|b| b.reverse()),
                other => bytes.chunks_exact_mut(other).for_each(<[u8]>::reverse),
            },
            _ => {}
        }
        if self.predictor != Predictor::Horizontal {
            return;
        }
        for row in bytes.chunks_exact_mut(self.row_bytes) {
            match self.sample_bytes {
                1 => sum::<1>(row, self.samples, |a, b| [a[0].wrapping_add(b[0])]),
                2 => sum::<2>(row, self.samples, |a, b| {
                    u16::from_le_bytes(a)
                        .wrapping_add(u16::from_le_bytes(b))
                        .to_le_bytes()
                }),
                4 => sum::<4>(row, self.samples, |a, b| {
                    u32::from_le_bytes(a)
                        .wrapping_add(u32::from_le_bytes(b))
                        .to_le_bytes()
                }),
                _ => sum::<8>(row, self.samples, |a, b| {
                    u64::from_le_bytes(a)
                        .wrapping_add(u64::from_le_bytes(b))
                        .to_le_bytes()
                }),
            }
        }
    }

    /// Of floating-point numbers, whose bytes are stored by place.
    fn restore_planes(&self, bytes: &mut [u8]) {
        let count = self.row_bytes / self.sample_bytes;
        let mut planes = vec![0; self.row_bytes];
        for row in bytes.chunks_exact_mut(self.row_bytes) {
            for at in self.samples..self.row_bytes {
                row[at] = row[at].wrapping_add(row[at - self.samples]);
            }
            planes.copy_from_slice(row);
            for (at, byte) in row.iter_mut().enumerate() {
                let place = self.sample_bytes - 1 - at % self.sample_bytes;
                *byte = planes[place * count + at / self.sample_bytes];
            }
        }
    }
}

/// Adds to each number the one `distance` numbers before it.
fn sum<const N: usize>(row: &mut [u8], distance: usize, add: fn([u8; N], [u8; N]) -> [u8; N]) {
    let (numbers, _) = row.as_chunks_mut::<N>();
    for at in distance..numbers.len() {
        numbers[at] = add(numbers[at], numbers[at - distance]);
    }
}
