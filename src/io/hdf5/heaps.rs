//! Heaps and trees of an HDF5 file: the global heap (variable-length values), the local heap (names of old groups),
//! fractal heaps and their B-trees (links and attributes of large objects).

use super::bytes::{Bytes, Decoded, Fault, encoded_size};
use std::collections::HashSet;

/// Bytes of one collection of the global heap that are looked through.
const MAX_COLLECTION: u64 = 1 << 22;

/// Nodes of one tree that are visited.
const MAX_NODES: usize = 1 << 20;

/// One object of the global heap.
pub(super) fn global_object(bytes: &Bytes, address: u64, index: u32) -> Decoded<Vec<u8>> {
    let head = bytes.read(address, 16)?;
    let mut cursor = bytes.cursor(&head);
    cursor.signature(b"GCOL")?;
    cursor.skip(4)?;
    let size = cursor.size()?;
    if size > MAX_COLLECTION {
        return Err(Fault::new("its global heap states a huge size"));
    }
    let collection = bytes.read(address, size)?;
    let mut cursor = bytes.cursor(&collection);
    cursor.skip(8)?;
    cursor.size()?;
    let mut found = None;
    // The whole collection is looked through, since the C library, which reads it later, loops over an object 0 of size 0.
    while cursor.left() >= 16 {
        let id = cursor.u16()?;
        cursor.skip(6)?;
        let size = cursor.size()?;
        if id == 0 {
            if size == 0 {
                return Err(Fault::new("its global heap holds an object of no size"));
            }
            break;
        }
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let object = cursor.take(size)?;
        if u32::try_from(id) == Ok(index) {
            found = Some(object.to_vec());
        }
        cursor.skip((size.next_multiple_of(8) - size).min(cursor.left()))?;
    }
    found.ok_or_else(|| Fault::new(format!("object {index} of its global heap is missing")))
}

/// The data segment of a local heap.
pub(super) fn local_heap(bytes: &Bytes, address: u64) -> Decoded<Vec<u8>> {
    let head = bytes.read_up_to(address, 40)?;
    let mut cursor = bytes.cursor(&head);
    cursor.signature(b"HEAP")?;
    cursor.skip(4)?;
    let size = cursor.size()?;
    cursor.size()?;
    let start = cursor.address()?;
    bytes.read(
        start.ok_or_else(|| Fault::new("a local heap is empty"))?,
        size,
    )
}

/// An entry of a leaf of a version 1 B-tree.
pub(super) struct Leaf {
    pub(super) key: Vec<u8>,
    pub(super) child: u64,
}

/// All leaves of a version 1 B-tree of this kind (0 for groups, 1 for chunks), whose keys have `key` bytes.
pub(super) fn tree_leaves(bytes: &Bytes, root: u64, kind: u8, key: usize) -> Decoded<Vec<Leaf>> {
    let mut leaves = Vec::new();
    let mut seen = HashSet::new();
    let mut open = vec![(root, None)];
    while let Some((address, expected)) = open.pop() {
        if !seen.insert(address) || seen.len() > MAX_NODES {
            return Err(Fault::new("a tree in it is circular or too large"));
        }
        let head_size = 8 + 2 * bytes.offset_size();
        let head = bytes.read(address, head_size as u64)?;
        let mut cursor = bytes.cursor(&head);
        cursor.signature(b"TREE")?;
        let (found, level) = (cursor.u8()?, cursor.u8()?);
        let entries = cursor.u16()?;
        if found != kind || expected.is_some_and(|expected| level != expected) {
            return Err(Fault::new("a tree in it is of the wrong kind"));
        }
        let entry = key + bytes.offset_size();
        if (leaves.len() * entry) as u64 > 2 * bytes.length {
            return Err(Fault::new("a tree in it is larger than the file"));
        }
        let body = bytes.read(address + head_size as u64, (entries * entry) as u64)?;
        let mut cursor = bytes.cursor(&body);
        for _ in 0..entries {
            let key = cursor.take(key)?.to_vec();
            let child = cursor.address()?;
            let child = child.ok_or_else(|| Fault::new("a tree in it has an empty branch"))?;
            if level == 0 {
                leaves.push(Leaf { key, child });
            } else {
                open.push((child, Some(level - 1)));
            }
        }
    }
    Ok(leaves)
}

/// All records of a version 2 B-tree.
pub(super) fn records(bytes: &Bytes, header: u64) -> Decoded<Vec<Vec<u8>>> {
    let head = bytes.read_up_to(header, 64)?;
    let mut cursor = bytes.cursor(&head);
    cursor.signature(b"BTHD")?;
    cursor.skip(2)?;
    let node_size = cursor.u32()?;
    let (record, depth) = (cursor.u16()?, cursor.u16()?);
    cursor.skip(2)?;
    let Some(root) = cursor.address()? else {
        return Ok(Vec::new());
    };
    let count = cursor.u16()?;
    if record == 0 || depth > 8 || u64::from(node_size) > bytes.length {
        return Err(Fault::new("a tree in it states impossible sizes"));
    }
    // Widths of the counts in pointers to children, by the largest counts that fit a node (H5B2hdr.c).
    let node_space = (node_size as usize).saturating_sub(10);
    let leaf_limit = (node_space / record) as u64;
    let count_size = encoded_size(leaf_limit);
    let mut total_sizes = vec![0];
    let mut total_limit = leaf_limit;
    for level in 1..=depth {
        let pointer = bytes.offset_size() + count_size + total_sizes[level - 1];
        let limit = (node_space.saturating_sub(pointer) / (record + pointer)) as u64;
        total_limit = (limit + 1)
            .saturating_mul(total_limit)
            .saturating_add(limit);
        total_sizes.push(encoded_size(total_limit));
    }
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    let mut open = vec![(root, count, depth)];
    while let Some((address, count, level)) = open.pop() {
        if !seen.insert(address) || seen.len() > MAX_NODES {
            return Err(Fault::new("a tree in it is circular or too large"));
        }
        if seen.len() as u64 * u64::from(node_size) > 4 * bytes.length {
            return Err(Fault::new("a tree in it is larger than the file"));
        }
        let node = bytes.read_up_to(address, u64::from(node_size))?;
        let mut cursor = bytes.cursor(&node);
        cursor.signature(if level == 0 { b"BTLF" } else { b"BTIN" })?;
        cursor.skip(2)?;
        for _ in 0..count {
            found.push(cursor.take(record)?.to_vec());
        }
        if level > 0 {
            for _ in 0..=count {
                let child = cursor.address()?;
                let child = child.ok_or_else(|| Fault::new("a tree in it has an empty branch"))?;
                let count = cursor.number(count_size)?;
                cursor.skip(total_sizes[level - 1])?;
                open.push((
                    child,
                    usize::try_from(count).unwrap_or(usize::MAX),
                    level - 1,
                ));
            }
        }
    }
    Ok(found)
}

/// A fractal heap, whose objects are found by their ids.
pub(super) struct FractalHeap<'a> {
    bytes: &'a Bytes,
    width: usize,
    starting_size: u64,
    max_direct_size: u64,
    offset_bytes: usize,
    length_bytes: usize,
    root: Option<u64>,
    root_rows: usize,
}

impl<'a> FractalHeap<'a> {
    pub(super) fn open(bytes: &'a Bytes, address: u64) -> Decoded<Self> {
        let head = bytes.read_up_to(address, 160)?;
        let mut cursor = bytes.cursor(&head);
        cursor.signature(b"FRHP")?;
        cursor.skip(3)?;
        let filters = cursor.u16()?;
        if filters > 0 {
            return Err(Fault::new("a heap in it is compressed, which is not read"));
        }
        cursor.skip(1)?;
        let max_object = u64::from(cursor.u32()?);
        cursor.size()?;
        cursor.address()?;
        cursor.size()?;
        cursor.address()?;
        for _ in 0..8 {
            cursor.size()?;
        }
        let width = cursor.u16()?;
        let starting_size = cursor.size()?;
        let max_direct_size = cursor.size()?;
        let heap_bits = cursor.u16()?;
        cursor.skip(2)?;
        let root = cursor.address()?;
        let root_rows = cursor.u16()?;
        let sound = width > 0
            && starting_size.is_power_of_two()
            && max_direct_size.is_power_of_two()
            && max_direct_size >= starting_size
            && (1..=64).contains(&heap_bits)
            && starting_size.checked_mul(width as u64).is_some();
        if !sound {
            return Err(Fault::new("a heap in it states impossible sizes"));
        }
        let direct_bytes = (max_direct_size.ilog2() as usize).div_ceil(8);
        Ok(Self {
            bytes,
            width,
            starting_size,
            max_direct_size,
            offset_bytes: heap_bits.div_ceil(8),
            length_bytes: direct_bytes.min(encoded_size(max_object)),
            root,
            root_rows,
        })
    }

    /// The object of an id.
    pub(super) fn object(&self, id: &[u8]) -> Decoded<Vec<u8>> {
        let mut cursor = self.bytes.cursor(id);
        let flags = cursor.u8()?;
        match flags >> 4 & 3 {
            0 => {
                let offset = cursor.number(self.offset_bytes)?;
                let length = cursor.number(self.length_bytes)?;
                let root = self
                    .root
                    .ok_or_else(|| Fault::new("a heap in it is empty"))?;
                let block = if self.root_rows == 0 {
                    Block {
                        address: root,
                        offset: 0,
                        size: self.starting_size.max(offset.saturating_add(1)),
                    }
                } else {
                    self.block(root, self.root_rows, offset, 0, 0)?
                };
                let inside = offset - block.offset;
                if inside.saturating_add(length) > block.size && self.root_rows > 0 {
                    return Err(Fault::new("an object of a heap in it is cut short"));
                }
                self.bytes
                    .read(block.address.saturating_add(inside), length)
            }
            2 => {
                let length = usize::from(flags & 15) + 1;
                Ok(cursor.take(length)?.to_vec())
            }
            _ => Err(Fault::new("a huge attribute in it is not read")),
        }
    }

    fn row_size(&self, row: usize) -> Option<u64> {
        let doublings = u32::try_from(row.saturating_sub(1)).ok()?;
        self.starting_size.checked_mul(1u64.checked_shl(doublings)?)
    }

    /// The direct block that holds an offset, found from the indirect block at `address`.
    fn block(
        &self,
        address: u64,
        rows: usize,
        offset: u64,
        start: u64,
        depth: usize,
    ) -> Decoded<Block> {
        let fault = || Fault::new("a heap in it is inconsistent");
        if depth > 8 || rows > 64 {
            return Err(fault());
        }
        let direct_rows = (self.max_direct_size / self.starting_size).ilog2() as usize + 2;
        let mut at = start;
        for row in 0..rows {
            let size = self.row_size(row).ok_or_else(fault)?;
            let row_end = size
                .checked_mul(self.width as u64)
                .and_then(|all| at.checked_add(all));
            let row_end = row_end.ok_or_else(fault)?;
            if offset >= row_end {
                at = row_end;
                continue;
            }
            let column = (offset - at) / size;
            let first = at + column * size;
            let column = usize::try_from(column).map_err(|_| fault())?;
            let head = 5 + self.bytes.offset_size() + self.offset_bytes;
            let entry = head + (row * self.width + column) * self.bytes.offset_size();
            let place = address.checked_add(entry as u64).ok_or_else(fault)?;
            let child = self.bytes.read(place, self.bytes.offset_size() as u64)?;
            let child = self.bytes.cursor(&child).address()?.ok_or_else(fault)?;
            if row < direct_rows {
                return Ok(Block {
                    address: child,
                    offset: first,
                    size,
                });
            }
            let child_rows = (size / (self.starting_size * self.width as u64)).checked_ilog2();
            let child_rows = child_rows.ok_or_else(fault)? as usize + 1;
            return self.block(child, child_rows, offset, first, depth + 1);
        }
        Err(fault())
    }
}

/// A direct block of a fractal heap.
struct Block {
    address: u64,
    /// Offset of its first byte in the heap.
    offset: u64,
    size: u64,
}
