//! The bytes of an HDF5 file: superblock, addresses, and a cursor that never reads past its end.
//!
//! Metadata are decoded here and not by the C library, which trusts lengths and names that a file states: every length is
//! compared with the size of the file before anything is allocated (HDF5 File Format Specification, version 3.0).

use super::super::IoError;
use std::{
    fs::File,
    io::{Read, Seek, SeekFrom},
    path::Path,
};

/// Why metadata cannot be decoded: a reason that completes "is not a sound HDF5 file: ...".
#[derive(Debug, Clone)]
pub(super) struct Fault(pub(super) String);

impl Fault {
    pub(super) fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

pub(super) type Decoded<T> = Result<T, Fault>;

/// Where a superblock may stand: at the start, or behind a user block of 512 bytes times a power of two.
const SIGNATURE: &[u8; 8] = b"\x89HDF\r\n\x1a\n";

/// Largest user block that is skipped.
const MAX_USER_BLOCK: u64 = 1 << 24;

/// An open HDF5 file and what its superblock states.
#[derive(Debug)]
pub(super) struct Bytes {
    file: File,
    /// Bytes of the file.
    pub(super) length: u64,
    /// Position of the superblock, from which addresses count.
    base: u64,
    offset_size: usize,
    length_size: usize,
    /// Address of the root group's object header.
    pub(super) root: u64,
    /// End of the file as the superblock has it.
    pub(super) stated_end: u64,
    /// Whether the superblock says that a writer has the file open.
    pub(super) is_open_for_writing: bool,
}

impl Bytes {
    /// Reads the superblock.
    pub(super) fn open(path: &Path) -> Result<Decoded<Self>, IoError> {
        let os = |error| IoError::os(path, error);
        let file = File::open(path).map_err(os)?;
        let length = file.metadata().map_err(os)?.len();
        Ok(Self::decode(file, length))
    }

    fn decode(file: File, length: u64) -> Decoded<Self> {
        let mut bytes = Self {
            file,
            length,
            base: 0,
            offset_size: 8,
            length_size: 8,
            root: 0,
            stated_end: 0,
            is_open_for_writing: false,
        };
        loop {
            if bytes.read(0, 8).is_ok_and(|head| head == SIGNATURE) {
                break;
            }
            bytes.base = (bytes.base * 2).max(512);
            if bytes.base > MAX_USER_BLOCK || bytes.base >= length {
                return Err(Fault::new("its signature is missing"));
            }
        }
        let head = bytes.read(0, (length - bytes.base).min(128))?;
        let mut cursor = bytes.cursor(&head);
        cursor.skip(8)?;
        let version = cursor.u8()?;
        match version {
            0 | 1 => {
                cursor.skip(4)?;
                bytes.offset_size = usize::from(cursor.u8()?);
                bytes.length_size = usize::from(cursor.u8()?);
                cursor.skip(if version == 0 { 9 } else { 13 })?;
            }
            2 | 3 => {
                bytes.offset_size = usize::from(cursor.u8()?);
                bytes.length_size = usize::from(cursor.u8()?);
                bytes.is_open_for_writing = cursor.u8()? & 1 == 1 && version == 3;
            }
            other => {
                return Err(Fault::new(format!(
                    "its superblock has version {other}, which is not known"
                )));
            }
        }
        if ![2, 4, 8].contains(&bytes.offset_size) || ![2, 4, 8].contains(&bytes.length_size) {
            return Err(Fault::new("its superblock states impossible sizes"));
        }
        let rest = cursor.rest();
        let mut cursor = bytes.cursor(rest);
        cursor.skip(2 * bytes.offset_size)?; // base address; free space or superblock extension
        let end = cursor.address()?;
        let root = if version < 2 {
            cursor.skip(2 * bytes.offset_size)?; // driver information; name of the root group
            cursor.address()?
        } else {
            cursor.address()?
        };
        bytes.root = root.ok_or_else(|| Fault::new("it has no root group"))?;
        bytes.stated_end = end.unwrap_or(0);
        Ok(bytes)
    }

    /// Bytes from an address on.
    pub(super) fn read(&self, address: u64, length: u64) -> Decoded<Vec<u8>> {
        let end = address
            .checked_add(self.base)
            .and_then(|start| start.checked_add(length));
        if end.is_none_or(|end| end > self.length) {
            return Err(Fault::new(format!(
                "it refers to {length} bytes at {address}, beyond its end"
            )));
        }
        let length = usize::try_from(length).map_err(|_| Fault::new("it states a huge length"))?;
        let mut bytes = vec![0; length];
        let mut file = &self.file;
        file.seek(SeekFrom::Start(self.base + address))
            .and_then(|_| file.read_exact(&mut bytes))
            .map_err(|error| Fault::new(error.to_string()))?;
        Ok(bytes)
    }

    /// Up to `length` bytes from an address on, fewer at the end of the file.
    pub(super) fn read_up_to(&self, address: u64, length: u64) -> Decoded<Vec<u8>> {
        let left = self
            .length
            .saturating_sub(self.base.saturating_add(address));
        self.read(address, length.min(left))
    }

    pub(super) fn cursor<'a>(&self, bytes: &'a [u8]) -> Cursor<'a> {
        Cursor {
            bytes,
            offset_size: self.offset_size,
            length_size: self.length_size,
        }
    }

    /// Bytes of a length.
    pub(super) fn size_bytes(&self) -> usize {
        self.length_size
    }

    /// Bytes of an address.
    pub(super) fn offset_size(&self) -> usize {
        self.offset_size
    }
}

/// Bytes that are decoded from the front.
#[derive(Debug, Clone)]
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    offset_size: usize,
    length_size: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn take(&mut self, count: usize) -> Decoded<&'a [u8]> {
        let (taken, rest) = self
            .bytes
            .split_at_checked(count)
            .ok_or_else(|| Fault::new("a part of its metadata is cut short"))?;
        self.bytes = rest;
        Ok(taken)
    }

    pub(super) fn skip(&mut self, count: usize) -> Decoded<()> {
        self.take(count).map(|_| ())
    }

    pub(super) fn rest(&self) -> &'a [u8] {
        self.bytes
    }

    pub(super) fn left(&self) -> usize {
        self.bytes.len()
    }

    /// A little-endian number of up to eight bytes.
    pub(super) fn number(&mut self, bytes: usize) -> Decoded<u64> {
        let taken = self.take(bytes)?;
        if bytes > 8 {
            return Err(Fault::new("it states a number of more than eight bytes"));
        }
        Ok(little_endian(taken))
    }

    pub(super) fn u8(&mut self) -> Decoded<u8> {
        Ok(self.take(1)?[0])
    }

    pub(super) fn u16(&mut self) -> Decoded<usize> {
        let taken = self.take(2)?;
        Ok(usize::from(u16::from_le_bytes([taken[0], taken[1]])))
    }

    pub(super) fn u32(&mut self) -> Decoded<u32> {
        let taken = self.take(4)?;
        Ok(u32::from_le_bytes([taken[0], taken[1], taken[2], taken[3]]))
    }

    /// An address; none where it is undefined (all bits set).
    pub(super) fn address(&mut self) -> Decoded<Option<u64>> {
        let value = self.number(self.offset_size)?;
        let undefined = u64::MAX >> (64 - 8 * self.offset_size);
        Ok((value != undefined).then_some(value))
    }

    /// A size of the file's own width.
    pub(super) fn size(&mut self) -> Decoded<u64> {
        self.number(self.length_size)
    }

    /// Text up to a zero byte, which is passed over.
    pub(super) fn text(&mut self) -> Decoded<String> {
        let end = self.bytes.iter().position(|&byte| byte == 0);
        let end = end.ok_or_else(|| Fault::new("a name in it has no end"))?;
        let text = text(&self.bytes[..end]);
        self.bytes = &self.bytes[end + 1..];
        Ok(text)
    }

    /// Text up to a zero byte in a field whose length is a multiple of eight, as in the older versions of messages.
    pub(super) fn padded_text(&mut self) -> Decoded<String> {
        let before = self.left();
        let text = self.text()?;
        let used = before - self.left();
        self.skip(used.next_multiple_of(8) - used)?;
        Ok(text)
    }

    pub(super) fn signature(&mut self, signature: &[u8; 4]) -> Decoded<()> {
        if self.take(4)? == signature {
            Ok(())
        } else {
            Err(Fault::new(format!(
                "a block of kind {} is missing",
                String::from_utf8_lossy(signature)
            )))
        }
    }
}

/// The number that up to eight bytes make.
pub(super) fn little_endian(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .rev()
        .fold(0, |number, &byte| number << 8 | u64::from(byte))
}

/// Text of a file up to its first zero byte; what is no UTF-8 is taken for Latin-1, in which older programs wrote units.
pub(super) fn text(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|&byte| byte == 0);
    let bytes = &bytes[..end.unwrap_or(bytes.len())];
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|&byte| char::from(byte)).collect(),
    }
}

/// Bytes that a number up to `limit` needs.
pub(super) fn encoded_size(limit: u64) -> usize {
    limit.checked_ilog2().unwrap_or(0) as usize / 8 + 1
}
