//! The directories of a TIFF file: tags, types and values, classic and BigTIFF, of either byte order.
//!
//! Nothing is believed: a value lies inside the file or is an error, the chain of directories has no loop, and all entries
//! together take no more room than the file has. Values are read when they are asked for.

use super::super::{Format, IoError, file_size};
use std::{
    cell::{Cell, RefCell},
    collections::HashSet,
    fs::File,
    io::{Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};

/// Bytes of compressed data that may be read of a file of no size: chunks may share their bytes, but not without limit.
const SHARED_BYTES: u64 = 1 << 26;

/// Bytes of the longest text that is read, such as an OME description.
const MAX_TEXT: u64 = 1 << 26;

/// Tags that are read here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u16)]
pub(super) enum Tag {
    NewSubfileType = 254,
    SubfileType = 255,
    ImageWidth = 256,
    ImageLength = 257,
    BitsPerSample = 258,
    Compression = 259,
    PhotometricInterpretation = 262,
    FillOrder = 266,
    ImageDescription = 270,
    StripOffsets = 273,
    SamplesPerPixel = 277,
    RowsPerStrip = 278,
    StripByteCounts = 279,
    XResolution = 282,
    YResolution = 283,
    PlanarConfiguration = 284,
    T4Options = 292,
    ResolutionUnit = 296,
    Predictor = 317,
    ColorMap = 320,
    TileWidth = 322,
    TileLength = 323,
    TileOffsets = 324,
    TileByteCounts = 325,
    ExtraSamples = 338,
    SampleFormat = 339,
    JpegTables = 347,
    ImageDepth = 32997,
    /// MetaMorph: an entry for each plane of a stack that lies behind one directory.
    MetaMorphPlanes = 33629,
    /// Zeiss SmartSEM: settings as text.
    ZeissSem = 34118,
    /// Zeiss LSM: sizes as a binary record.
    ZeissLsm = 34412,
    /// FEI and Thermo Fisher: settings as text.
    FeiSfeg = 34680,
    /// FEI and Thermo Fisher, of Helios microscopes.
    FeiHelios = 34682,
}

/// An entry of a directory.
#[derive(Debug, Clone, Copy)]
struct Entry {
    tag: u16,
    kind: u16,
    count: u64,
    /// The value, or where it stands, as in the file.
    value: [u8; 8],
}

/// The entries of one image.
#[derive(Debug, Clone, Default)]
pub(super) struct Directory(Vec<Entry>);

impl Directory {
    pub(super) fn has(&self, tag: Tag) -> bool {
        self.find(tag).is_some()
    }

    /// Values that an entry claims.
    pub(super) fn count(&self, tag: Tag) -> u64 {
        self.find(tag).map_or(0, |entry| entry.count)
    }

    fn find(&self, tag: Tag) -> Option<&Entry> {
        self.0.iter().find(|entry| entry.tag == tag as u16)
    }
}

/// An open TIFF file.
pub(super) struct TiffFile {
    pub(super) path: PathBuf,
    file: RefCell<File>,
    pub(super) length: u64,
    pub(super) is_big_endian: bool,
    is_big_tiff: bool,
    /// Bytes of chunks that may still be read.
    budget: Cell<u64>,
}

impl TiffFile {
    /// The file and its chain of directories.
    pub(super) fn open(path: &Path) -> Result<(Self, Vec<Directory>), IoError> {
        let file = File::open(path).map_err(|error| IoError::os(path, error))?;
        let length = file_size(path)?;
        let mut tiff = Self {
            path: path.to_owned(),
            file: RefCell::new(file),
            length,
            is_big_endian: false,
            is_big_tiff: false,
            budget: Cell::new(length.saturating_mul(4).saturating_add(SHARED_BYTES)),
        };
        let head = tiff.bytes(0, 8)?;
        (tiff.is_big_endian, tiff.is_big_tiff) = match head.as_slice() {
            [b'I', b'I', 42, 0, ..] => (false, false),
            [b'M', b'M', 0, 42, ..] => (true, false),
            [b'I', b'I', 43, 0, ..] => (false, true),
            [b'M', b'M', 0, 43, ..] => (true, true),
            _ => return Err(tiff.malformed("its signature is missing")),
        };
        let first = match tiff.is_big_tiff {
            true => tiff.number(&tiff.bytes(8, 8)?),
            false => tiff.number(&head[4..]),
        };
        let directories = tiff.directories(first)?;
        Ok((tiff, directories))
    }

    fn directories(&self, mut offset: u64) -> Result<Vec<Directory>, IoError> {
        let (counter, size, link) = if self.is_big_tiff {
            (8, 20, 8)
        } else {
            (2, 12, 4)
        };
        let (mut directories, mut seen, mut room) = (Vec::new(), HashSet::new(), self.length);
        while offset != 0 {
            if !seen.insert(offset) {
                return Err(self.malformed("its directories form a loop"));
            }
            let count = self.number(&self.bytes(offset, counter)?);
            let bytes = count.checked_mul(size).filter(|&bytes| bytes <= room);
            let bytes = bytes
                .ok_or_else(|| self.malformed(format!("a directory claims {count} entries")))?;
            room -= bytes;
            let block = self.bytes(offset + counter, bytes + link)?;
            let (entries, next) = block.split_at(usize::try_from(bytes).unwrap_or(0));
            let entries = entries.chunks_exact(usize::try_from(size).unwrap_or(12));
            directories.push(Directory(entries.map(|entry| self.entry(entry)).collect()));
            offset = self.number(next);
        }
        match directories.is_empty() {
            true => Err(self.malformed("it has no directory")),
            false => Ok(directories),
        }
    }

    fn entry(&self, bytes: &[u8]) -> Entry {
        let short = |at: usize| u16::try_from(self.number(&bytes[at..at + 2])).unwrap_or(0);
        let half = (bytes.len() - 4) / 2;
        let mut value = [0; 8];
        value[..half].copy_from_slice(&bytes[4 + half..]);
        Entry {
            tag: short(0),
            kind: short(2),
            count: self.number(&bytes[4..4 + half]),
            value,
        }
    }

    /// An unsigned number of up to eight bytes in the order of the file.
    pub(super) fn number(&self, bytes: &[u8]) -> u64 {
        let join = |number: u64, &byte: &u8| number << 8 | u64::from(byte);
        match self.is_big_endian {
            true => bytes.iter().fold(0, join),
            false => bytes.iter().rev().fold(0, join),
        }
    }

    /// Bytes of the file; what it does not have is an error before anything is allocated.
    pub(super) fn bytes(&self, offset: u64, count: u64) -> Result<Vec<u8>, IoError> {
        let end = offset.checked_add(count).filter(|&end| end <= self.length);
        let (Some(_), Ok(count)) = (end, usize::try_from(count)) else {
            return Err(self.malformed(format!(
                "{count} bytes are expected at {offset}, but the file ends at {}",
                self.length
            )));
        };
        let mut bytes = vec![0; count];
        let mut file = self.file.borrow_mut();
        file.seek(SeekFrom::Start(offset))
            .and_then(|_| file.read_exact(&mut bytes))
            .map_err(|error| IoError::os(&self.path, error))?;
        Ok(bytes)
    }

    /// Bytes of a strip or tile. Chunks that share bytes are sound, but may not multiply the work without limit.
    pub(super) fn chunk(&self, offset: u64, count: u64) -> Result<Vec<u8>, IoError> {
        let left = self.budget.get().checked_sub(count);
        self.budget.set(left.ok_or_else(|| {
            self.malformed("its strips or tiles overlap, or lie outside the file")
        })?);
        self.bytes(offset, count)
    }

    pub(super) fn malformed(&self, reason: impl ToString) -> IoError {
        IoError::malformed(&self.path, Format::Tiff, reason)
    }

    /// A part of the format that is not read.
    pub(super) fn unsupported(&self, reason: impl Into<String>) -> IoError {
        IoError::Unsupported {
            path: self.path.clone(),
            format: Format::Tiff,
            reason: reason.into(),
        }
    }

    /// The bytes of a value and the size of each of its numbers.
    fn value(&self, entry: &Entry) -> Result<(Vec<u8>, usize), IoError> {
        let size = match entry.kind {
            1 | 2 | 6 | 7 => 1,
            3 | 8 => 2,
            4 | 9 | 11 | 13 => 4,
            5 | 10 | 12 | 16 | 17 | 18 => 8,
            other => {
                return Err(self.malformed(format!("tag {} has the type {other}", entry.tag)));
            }
        };
        let bytes = entry.count.checked_mul(size as u64);
        let bytes = bytes.ok_or_else(|| self.malformed("a tag claims more than there is"))?;
        let inline = if self.is_big_tiff { 8 } else { 4 };
        let bytes = match usize::try_from(bytes) {
            Ok(count) if count <= inline => entry.value[..count].to_vec(),
            _ => self.bytes(self.number(&entry.value[..inline]), bytes)?,
        };
        Ok((bytes, size))
    }

    /// Unsigned whole numbers of a tag; none where it is absent.
    pub(super) fn list(&self, from: &Directory, tag: Tag) -> Result<Option<Vec<u64>>, IoError> {
        let Some(entry) = from.find(tag) else {
            return Ok(None);
        };
        if !matches!(entry.kind, 1 | 3 | 4 | 6 | 7 | 8 | 9 | 13 | 16 | 17 | 18) {
            return Err(self.malformed(format!("tag {} is no whole number", entry.tag)));
        }
        let (bytes, size) = self.value(entry)?;
        Ok(Some(
            bytes.chunks_exact(size).map(|n| self.number(n)).collect(),
        ))
    }

    /// The first whole number of a tag.
    pub(super) fn first(&self, from: &Directory, tag: Tag) -> Result<Option<u64>, IoError> {
        Ok(self.list(from, tag)?.and_then(|list| list.first().copied()))
    }

    /// The first whole number of a tag, or what stands for it where the tag is absent.
    pub(super) fn or(&self, from: &Directory, tag: Tag, default: u64) -> Result<u64, IoError> {
        Ok(self.first(from, tag)?.unwrap_or(default))
    }

    /// A fraction, or a floating-point number, that is positive and finite; one that is damaged counts as absent.
    pub(super) fn positive(&self, from: &Directory, tag: Tag) -> Option<f64> {
        let entry = from.find(tag)?;
        let (bytes, _) = self.value(entry).ok()?;
        let value = match entry.kind {
            5 => self.number(bytes.get(..4)?) as f64 / self.number(bytes.get(4..8)?) as f64,
            11 => {
                let bits = u32::try_from(self.number(bytes.get(..4)?)).ok()?;
                f64::from(f32::from_bits(bits))
            }
            12 => f64::from_bits(self.number(bytes.get(..8)?)),
            _ => self.number(bytes.get(..bytes.len().min(4))?) as f64,
        };
        (value.is_finite() && value > 0.0).then_some(value)
    }

    /// The bytes of a tag as they are; none where it is absent or damaged.
    pub(super) fn blob(&self, from: &Directory, tag: Tag) -> Option<Vec<u8>> {
        let entry = from.find(tag).filter(|entry| entry.count <= MAX_TEXT)?;
        Some(self.value(entry).ok()?.0)
    }

    /// A text up to its zero; one that is no UTF-8 is taken as Latin-1.
    pub(super) fn text(&self, from: &Directory, tag: Tag) -> Option<String> {
        let mut bytes = self.blob(from, tag)?;
        bytes.truncate(bytes.iter().position(|&b| b == 0).unwrap_or(bytes.len()));
        let latin = |error: std::string::FromUtf8Error| {
            error.into_bytes().into_iter().map(char::from).collect()
        };
        Some(String::from_utf8(bytes).unwrap_or_else(latin))
    }
}
