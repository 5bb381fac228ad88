//! Object headers: what a group or dataset of an HDF5 file is, and the messages that describe it.

use super::{
    bytes::{Bytes, Cursor, Decoded, Fault},
    heaps::{FractalHeap, local_heap, records, tree_leaves},
    types::DataType,
};

/// Blocks of one object header.
const MAX_BLOCKS: usize = 1 << 12;

/// Bytes of one object header.
const MAX_HEADER: u64 = 1 << 24;

/// Kinds of messages (HDF5 File Format Specification, IV.A.2).
pub(super) mod kind {
    pub(in super::super) const DATASPACE: u16 = 0x01;
    pub(in super::super) const LINK_INFO: u16 = 0x02;
    pub(in super::super) const DATATYPE: u16 = 0x03;
    pub(in super::super) const OLD_FILL_VALUE: u16 = 0x04;
    pub(in super::super) const FILL_VALUE: u16 = 0x05;
    pub(in super::super) const LINK: u16 = 0x06;
    pub(in super::super) const EXTERNAL_FILES: u16 = 0x07;
    pub(in super::super) const LAYOUT: u16 = 0x08;
    pub(in super::super) const FILTERS: u16 = 0x0b;
    pub(in super::super) const ATTRIBUTE: u16 = 0x0c;
    pub(in super::super) const CONTINUATION: u16 = 0x10;
    pub(in super::super) const SYMBOL_TABLE: u16 = 0x11;
    pub(in super::super) const ATTRIBUTE_INFO: u16 = 0x15;
}

/// One message of an object header.
#[derive(Debug)]
pub(super) struct Message {
    kind: u16,
    /// Whether the bytes say where the message is, instead of being it.
    is_shared: bool,
    pub(super) bytes: Vec<u8>,
}

/// A group, dataset or named type.
#[derive(Debug)]
pub(super) struct Object {
    messages: Vec<Message>,
}

/// Where a name of a group leads.
#[derive(Debug, Clone)]
pub(super) enum Target {
    /// An object of this file.
    Hard(u64),
    /// A path in this file.
    Soft(String),
    /// An object of another file.
    External { file: String, object: String },
}

/// A name in a group.
#[derive(Debug, Clone)]
pub(super) struct Link {
    pub(super) name: String,
    pub(super) target: Target,
}

/// How the elements of a dataset lie in the file.
#[derive(Debug, Clone)]
pub(super) enum Layout {
    /// In the object header.
    Compact(Vec<u8>),
    /// In one piece; none where nothing was written.
    Contiguous { address: Option<u64> },
    /// In chunks. `tree` is the address of a version 1 B-tree, none where nothing was written.
    Chunked {
        lengths: Vec<u64>,
        tree: Option<u64>,
        is_old_tree: bool,
    },
    /// In other datasets; the mapping is an object of the global heap.
    Virtual { heap: Option<u64>, index: u32 },
    /// Of a version that is not known here.
    Unknown,
}

/// One stage of the filter pipeline of a dataset with chunks.
#[derive(Debug, Clone)]
pub(super) struct Filter {
    pub(super) id: usize,
    pub(super) name: String,
    pub(super) values: Vec<u32>,
}

/// Lengths along the axes of a dataset or attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Space {
    /// One element has none.
    Simple(Vec<u64>),
    /// No element at all.
    Null,
}

impl Space {
    /// Elements, without overflow.
    pub(super) fn elements(&self) -> u64 {
        match self {
            Self::Null => 0,
            Self::Simple(lengths) => lengths.iter().fold(1, |all: u64, &n| all.saturating_mul(n)),
        }
    }

    pub(super) fn decode(cursor: &mut Cursor<'_>) -> Decoded<Self> {
        let version = cursor.u8()?;
        let rank = usize::from(cursor.u8()?);
        cursor.u8()?;
        let is_null = match version {
            1 => {
                cursor.skip(5)?;
                false
            }
            2 => cursor.u8()? == 2,
            _ => return Err(Fault::new("a dataspace in it has an unknown version")),
        };
        if rank > 32 {
            return Err(Fault::new(format!("a dataspace in it has {rank} axes")));
        }
        let lengths = (0..rank).map(|_| cursor.size()).collect::<Decoded<_>>()?;
        Ok(if is_null {
            Self::Null
        } else {
            Self::Simple(lengths)
        })
    }
}

impl Object {
    /// Reads the header at an address.
    pub(super) fn open(bytes: &Bytes, address: u64) -> Decoded<Self> {
        let head = bytes.read_up_to(address, 16)?;
        let mut object = Self {
            messages: Vec::new(),
        };
        let mut cursor = bytes.cursor(&head);
        if head.starts_with(b"OHDR") {
            object.read_new(bytes, address)?;
        } else {
            let version = cursor.u8()?;
            cursor.skip(7)?;
            let size = cursor.u32()?;
            if version != 1 {
                return Err(Fault::new("an object header in it is missing"));
            }
            let start = address.saturating_add(16);
            object.read_blocks(
                bytes,
                Piece {
                    address: start,
                    size: u64::from(size),
                },
                Version::Old,
            )?;
        }
        Ok(object)
    }

    fn read_new(&mut self, bytes: &Bytes, address: u64) -> Decoded<()> {
        let head = bytes.read_up_to(address, 34)?;
        let mut cursor = bytes.cursor(&head);
        cursor.signature(b"OHDR")?;
        cursor.u8()?;
        let flags = cursor.u8()?;
        if flags & 0x20 != 0 {
            cursor.skip(16)?;
        }
        if flags & 0x10 != 0 {
            cursor.skip(4)?;
        }
        let size = cursor.number(1 << (flags & 3))?;
        let used = (head.len() - cursor.left()) as u64;
        let has_order = flags & 4 != 0;
        let piece = Piece {
            address: address.saturating_add(used),
            size,
        };
        self.read_blocks(bytes, piece, Version::New { has_order })
    }

    fn read_blocks(&mut self, bytes: &Bytes, first: Piece, version: Version) -> Decoded<()> {
        let mut pieces = vec![first];
        let (mut at, mut total) = (0, 0u64);
        while let Some(piece) = pieces.get(at) {
            total = total.saturating_add(piece.size);
            if at > MAX_BLOCKS || total > MAX_HEADER {
                return Err(Fault::new(
                    "an object header in it is circular or too large",
                ));
            }
            let block = bytes.read(piece.address, piece.size)?;
            let mut cursor = bytes.cursor(&block);
            if at > 0 && version != Version::Old {
                cursor.signature(b"OCHK")?;
                let inside = cursor.left().saturating_sub(4); // a checksum ends the block
                cursor = bytes.cursor(&cursor.rest()[..inside]);
            }
            at += 1;
            let head = version.head();
            while cursor.left() >= head {
                let message = version.message(&mut cursor)?;
                if message.kind == kind::CONTINUATION {
                    let mut inner = bytes.cursor(&message.bytes);
                    if let Some(address) = inner.address()? {
                        pieces.push(Piece {
                            address,
                            size: inner.size()?,
                        });
                    }
                } else {
                    self.messages.push(message);
                }
            }
        }
        Ok(())
    }

    /// The first message of a kind, followed to where it is shared.
    pub(super) fn message(&self, bytes: &Bytes, kind: u16) -> Decoded<Option<Vec<u8>>> {
        match self.messages.iter().find(|message| message.kind == kind) {
            Some(message) if message.is_shared => shared(bytes, &message.bytes, kind).map(Some),
            Some(message) => Ok(Some(message.bytes.clone())),
            None => Ok(None),
        }
    }

    /// All messages of a kind that are not shared.
    pub(super) fn messages(&self, kind: u16) -> impl Iterator<Item = &Message> {
        self.messages
            .iter()
            .filter(move |message| message.kind == kind && !message.is_shared)
    }

    pub(super) fn has(&self, kind: u16) -> bool {
        self.messages.iter().any(|message| message.kind == kind)
    }

    pub(super) fn is_dataset(&self) -> bool {
        self.has(kind::LAYOUT) && self.has(kind::DATATYPE)
    }

    pub(super) fn is_group(&self) -> bool {
        self.has(kind::SYMBOL_TABLE) || self.has(kind::LINK_INFO) || self.has(kind::LINK)
    }

    pub(super) fn space(&self, bytes: &Bytes) -> Decoded<Space> {
        let message = self.message(bytes, kind::DATASPACE)?;
        let message = message.ok_or_else(|| Fault::new("a dataset in it has no dataspace"))?;
        Space::decode(&mut bytes.cursor(&message))
    }

    pub(super) fn data_type(&self, bytes: &Bytes) -> Decoded<DataType> {
        let message = self.message(bytes, kind::DATATYPE)?;
        let message = message.ok_or_else(|| Fault::new("a dataset in it has no type"))?;
        DataType::decode(&mut bytes.cursor(&message))
    }

    /// The names of a group, in the order of the file.
    pub(super) fn links(&self, bytes: &Bytes) -> Decoded<Vec<Link>> {
        let mut links = Vec::new();
        if let Some(message) = self.message(bytes, kind::SYMBOL_TABLE)? {
            let mut cursor = bytes.cursor(&message);
            if let (Some(tree), Some(heap)) = (cursor.address()?, cursor.address()?) {
                links.extend(symbols(bytes, tree, heap)?);
            }
        }
        for message in self.messages(kind::LINK) {
            links.push(link(&mut bytes.cursor(&message.bytes))?);
        }
        if let Some(message) = self.message(bytes, kind::LINK_INFO)? {
            let mut cursor = bytes.cursor(&message);
            cursor.u8()?;
            let flags = cursor.u8()?;
            cursor.skip(if flags & 1 == 1 { 8 } else { 0 })?;
            if let (Some(heap), Some(tree)) = (cursor.address()?, cursor.address()?) {
                let heap = FractalHeap::open(bytes, heap)?;
                for record in records(bytes, tree)? {
                    // Hash of the name, then the id.
                    let object = heap.object(record.get(4..).unwrap_or_default())?;
                    links.push(link(&mut bytes.cursor(&object))?);
                }
            }
        }
        links.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(links)
    }

    pub(super) fn layout(&self, bytes: &Bytes) -> Decoded<Layout> {
        let message = self.message(bytes, kind::LAYOUT)?.unwrap_or_default();
        let mut cursor = bytes.cursor(&message);
        let version = cursor.u8()?;
        match version {
            1 | 2 => old_layout(&mut cursor),
            3..=5 => layout(&mut cursor, version),
            _ => Ok(Layout::Unknown),
        }
    }

    /// The filters of a dataset, in the order in which they were applied when writing.
    pub(super) fn filters(&self, bytes: &Bytes) -> Decoded<Vec<Filter>> {
        let Some(message) = self.message(bytes, kind::FILTERS)? else {
            return Ok(Vec::new());
        };
        let mut cursor = bytes.cursor(&message);
        let version = cursor.u8()?;
        let count = cursor.u8()?;
        if !(1..=2).contains(&version) || count > 32 {
            return Err(Fault::new("a filter pipeline in it has an unknown version"));
        }
        cursor.skip(if version == 1 { 6 } else { 0 })?;
        let mut filters = Vec::new();
        for _ in 0..count {
            let id = cursor.u16()?;
            let name_bytes = if version == 1 || id >= 256 {
                cursor.u16()?
            } else {
                0
            };
            cursor.u16()?;
            let values = cursor.u16()?;
            let padded = if version == 1 {
                name_bytes.next_multiple_of(8)
            } else {
                name_bytes
            };
            let name = super::bytes::text(cursor.take(padded)?);
            let values = (0..values)
                .map(|_| cursor.u32())
                .collect::<Decoded<Vec<u32>>>()?;
            if version == 1 && values.len() % 2 == 1 {
                cursor.skip(4)?;
            }
            filters.push(Filter { id, name, values });
        }
        Ok(filters)
    }

    /// The bytes of the value that stands where nothing was written; none where it is zero or undefined.
    pub(super) fn fill_value(&self, bytes: &Bytes) -> Decoded<Option<Vec<u8>>> {
        if let Some(message) = self.message(bytes, kind::FILL_VALUE)? {
            let mut cursor = bytes.cursor(&message);
            let version = cursor.u8()?;
            let is_stated = match version {
                1 | 2 => {
                    cursor.skip(2)?;
                    cursor.u8()? == 1 || version == 1
                }
                3 => cursor.u8()? & 0x20 != 0,
                _ => false,
            };
            if !is_stated {
                return Ok(None);
            }
            let size = cursor.u32()? as usize;
            return Ok((size > 0).then_some(cursor.take(size)?.to_vec()));
        }
        if let Some(message) = self.message(bytes, kind::OLD_FILL_VALUE)? {
            let mut cursor = bytes.cursor(&message);
            let size = cursor.u32()? as usize;
            return Ok((size > 0).then_some(cursor.take(size)?.to_vec()));
        }
        Ok(None)
    }

    /// Names of the files that hold the elements, for raw storage outside.
    pub(super) fn external_files(&self, bytes: &Bytes) -> Decoded<Vec<String>> {
        let Some(message) = self.message(bytes, kind::EXTERNAL_FILES)? else {
            return Ok(Vec::new());
        };
        let mut cursor = bytes.cursor(&message);
        cursor.skip(6)?;
        let used = cursor.u16()?;
        let heap = cursor.address()?;
        let heap = local_heap(
            bytes,
            heap.ok_or_else(|| Fault::new("a local heap is missing"))?,
        )?;
        let mut names = Vec::new();
        for _ in 0..used {
            let name = usize::try_from(cursor.size()?).unwrap_or(usize::MAX);
            cursor.size()?;
            cursor.size()?;
            names.push(super::bytes::text(heap.get(name..).unwrap_or_default()));
        }
        Ok(names)
    }
}

/// A block of an object header.
struct Piece {
    address: u64,
    size: u64,
}

/// Version of an object header.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Version {
    Old,
    New { has_order: bool },
}

impl Version {
    /// Bytes in front of a message.
    fn head(self) -> usize {
        match self {
            Self::Old => 8,
            Self::New { has_order } => 4 + 2 * usize::from(has_order),
        }
    }

    fn message(self, cursor: &mut Cursor<'_>) -> Decoded<Message> {
        let (kind, size, flags);
        match self {
            Self::Old => {
                kind = cursor.u16()?;
                size = cursor.u16()?;
                flags = cursor.u8()?;
                cursor.skip(3)?;
            }
            Self::New { has_order } => {
                kind = usize::from(cursor.u8()?);
                size = cursor.u16()?;
                flags = cursor.u8()?;
                cursor.skip(if has_order { 2 } else { 0 })?;
            }
        }
        Ok(Message {
            kind: u16::try_from(kind).unwrap_or(u16::MAX),
            is_shared: flags & 2 != 0,
            bytes: cursor.take(size)?.to_vec(),
        })
    }
}

/// A message that stands in another object: only named types do so in practice.
pub(super) fn shared(bytes: &Bytes, place: &[u8], kind: u16) -> Decoded<Vec<u8>> {
    let mut cursor = bytes.cursor(place);
    let (version, of) = (cursor.u8()?, cursor.u8()?);
    match version {
        1 => cursor.skip(6)?,
        2 => {}
        3 if of == 2 => {}
        _ => {
            return Err(Fault::new(
                "it shares messages in a heap, which is not read",
            ));
        }
    }
    let address = cursor.address()?;
    let address = address.ok_or_else(|| Fault::new("a shared message in it is missing"))?;
    let object = Object::open(bytes, address)?;
    let mut own = object.messages(kind);
    own.next()
        .map(|message| message.bytes.clone())
        .ok_or_else(|| Fault::new("a shared message in it is missing"))
}

/// The names of a group of the older kind.
fn symbols(bytes: &Bytes, tree: u64, heap: u64) -> Decoded<Vec<Link>> {
    let heap = local_heap(bytes, heap)?;
    let name = |offset: u64| {
        let from = usize::try_from(offset).unwrap_or(usize::MAX);
        super::bytes::text(heap.get(from..).unwrap_or_default())
    };
    let key = bytes.size_bytes();
    let mut links = Vec::new();
    for leaf in tree_leaves(bytes, tree, 0, key)? {
        let head = bytes.read(leaf.child, 8)?;
        let mut cursor = bytes.cursor(&head);
        cursor.signature(b"SNOD")?;
        cursor.skip(2)?;
        let count = cursor.u16()?;
        let entry = 2 * bytes.offset_size() + 24;
        let body = bytes.read(leaf.child.saturating_add(8), (count * entry) as u64)?;
        let mut cursor = bytes.cursor(&body);
        for _ in 0..count {
            let name_at = cursor.number(bytes.offset_size())?;
            let header = cursor.address()?;
            let cached = cursor.u32()?;
            cursor.skip(4)?;
            let scratch = cursor.take(16)?;
            let target = match (cached, header) {
                (2, _) => Target::Soft(name(u64::from(bytes.cursor(scratch).u32()?))),
                (_, Some(address)) => Target::Hard(address),
                (_, None) => continue,
            };
            links.push(Link {
                name: name(name_at),
                target,
            });
        }
        if links.len() as u64 * 40 > 2 * bytes.length {
            return Err(Fault::new("a group in it is larger than the file"));
        }
    }
    Ok(links)
}

/// A link message.
fn link(cursor: &mut Cursor<'_>) -> Decoded<Link> {
    cursor.u8()?;
    let flags = cursor.u8()?;
    let kind = if flags & 8 != 0 { cursor.u8()? } else { 0 };
    cursor.skip(if flags & 4 != 0 { 8 } else { 0 })?;
    cursor.skip(usize::from(flags & 16 != 0))?;
    let length = cursor.number(1 << (flags & 3))?;
    let name = super::bytes::text(cursor.take(usize::try_from(length).unwrap_or(usize::MAX))?);
    let target = match kind {
        0 => {
            let address = cursor.address()?;
            Target::Hard(address.ok_or_else(|| Fault::new("a link in it leads nowhere"))?)
        }
        1 => {
            let length = cursor.u16()?;
            Target::Soft(super::bytes::text(cursor.take(length)?))
        }
        64 => {
            let length = cursor.u16()?;
            let value = cursor.take(length)?;
            let mut value = value.get(1..).unwrap_or_default().split(|&byte| byte == 0);
            let mut text = || super::bytes::text(value.next().unwrap_or_default());
            Target::External {
                file: text(),
                object: text(),
            }
        }
        _ => return Err(Fault::new("a link in it is of an unknown kind")),
    };
    Ok(Link { name, target })
}

fn old_layout(cursor: &mut Cursor<'_>) -> Decoded<Layout> {
    let rank = usize::from(cursor.u8()?);
    let class = cursor.u8()?;
    cursor.skip(5)?;
    let address = if class == 0 { None } else { cursor.address()? };
    let lengths = (0..rank)
        .map(|_| Ok(u64::from(cursor.u32()?)))
        .collect::<Decoded<Vec<u64>>>()?;
    Ok(match class {
        0 => {
            let size = cursor.u32()? as usize;
            Layout::Compact(cursor.take(size)?.to_vec())
        }
        1 => Layout::Contiguous { address },
        2 => Layout::Chunked {
            lengths: without_last(lengths),
            tree: address,
            is_old_tree: true,
        },
        _ => Layout::Unknown,
    })
}

fn layout(cursor: &mut Cursor<'_>, version: u8) -> Decoded<Layout> {
    let class = cursor.u8()?;
    Ok(match (class, version) {
        (0, _) => {
            let size = cursor.u16()?;
            Layout::Compact(cursor.take(size)?.to_vec())
        }
        (1, _) => Layout::Contiguous {
            address: cursor.address()?,
        },
        (2, 3) => {
            let rank = usize::from(cursor.u8()?);
            let tree = cursor.address()?;
            let lengths = (0..rank).map(|_| Ok(u64::from(cursor.u32()?)));
            let lengths = lengths.collect::<Decoded<Vec<u64>>>()?;
            Layout::Chunked {
                lengths: without_last(lengths),
                tree,
                is_old_tree: true,
            }
        }
        (2, _) => {
            cursor.u8()?;
            let rank = usize::from(cursor.u8()?);
            let width = usize::from(cursor.u8()?);
            let lengths = (0..rank).map(|_| cursor.number(width));
            let lengths = lengths.collect::<Decoded<Vec<u64>>>()?;
            Layout::Chunked {
                lengths: without_last(lengths),
                tree: None,
                is_old_tree: false,
            }
        }
        (3, _) => Layout::Virtual {
            heap: cursor.address()?,
            index: cursor.u32()?,
        },
        _ => Layout::Unknown,
    })
}

/// The lengths of a chunk without the last entry, which is the bytes of an element.
fn without_last(mut lengths: Vec<u64>) -> Vec<u64> {
    lengths.pop();
    lengths
}
