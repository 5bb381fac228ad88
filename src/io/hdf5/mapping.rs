//! Mappings of virtual datasets, decoded from the global heap: "VDS global heap block" and "dataspace selections" of the
//! HDF5 file format specification, version 3.

use super::bytes::{Cursor, Decoded, Fault};

/// One source of a virtual dataset.
pub(super) struct Mapping {
    pub(super) file: String,
    pub(super) dataset: String,
    /// Elements of the virtual dataset that it fills; none where it fills all, or grows without limit.
    pub(super) elements: Option<u64>,
}

/// All sources, from the heap object of the layout message.
pub(super) fn mappings(cursor: &mut Cursor<'_>) -> Decoded<Vec<Mapping>> {
    let version = cursor.u8()?;
    if version != 0 {
        return Err(Fault::new(format!(
            "its mapping of virtual datasets has version {version}, which is not read"
        )));
    }
    let count = cursor.size()?;
    let mut found = Vec::new();
    for _ in 0..count {
        let (file, dataset) = (cursor.text()?, cursor.text()?);
        selected(cursor)?;
        found.push(Mapping {
            file,
            dataset,
            elements: selected(cursor)?,
        });
    }
    Ok(found)
}

/// Elements of a selection; none of one that selects all, or has no end.
fn selected(cursor: &mut Cursor<'_>) -> Decoded<Option<u64>> {
    let (kind, version) = (cursor.u32()?, cursor.u32()?);
    match (kind, version) {
        (0, _) => cursor.skip(8).map(|()| Some(0)),
        (3, _) => cursor.skip(8).map(|()| None),
        (1, 1) | (2, 1) => {
            cursor.skip(4)?;
            let length = cursor.u32()? as usize;
            let count = |bytes: &[u8]| bytes.get(4..8).map(super::bytes::little_endian);
            let body = cursor.take(length)?;
            // Of blocks only the number is stated in front; few files have more than one.
            Ok(if kind == 1 { count(body) } else { blocks(body) })
        }
        (2, 2) => {
            cursor.skip(1)?;
            let length = cursor.u32()? as usize;
            let body = cursor.take(length)?;
            Ok(regular(body.get(4..).unwrap_or_default(), 8))
        }
        (2, 3) => {
            let (flags, size) = (cursor.u8()?, usize::from(cursor.u8()?));
            let rank = cursor.u32()? as usize;
            if flags & 1 == 1 {
                let body = cursor.take(rank.saturating_mul(4 * size))?;
                return Ok(regular(body, size));
            }
            let count = usize::try_from(cursor.number(size)?).unwrap_or(usize::MAX);
            cursor.skip(count.saturating_mul(2 * rank * size))?;
            Ok(None)
        }
        (1, 2) => {
            let size = usize::from(cursor.u8()?);
            let rank = cursor.u32()? as usize;
            let count = cursor.number(size)?;
            let points = usize::try_from(count).unwrap_or(usize::MAX);
            cursor.skip(points.saturating_mul(rank * size))?;
            Ok(Some(count))
        }
        _ => Err(Fault::new(
            "a selection of its virtual dataset is of an unknown kind",
        )),
    }
}

/// Elements of blocks in version 1: rank, number of blocks, and for each its first and last place along every axis.
fn blocks(body: &[u8]) -> Option<u64> {
    let number = |place: usize| {
        body.get(4 * place..4 * place + 4)
            .map(super::bytes::little_endian)
    };
    let (rank, count) = (
        usize::try_from(number(0)?).ok()?,
        usize::try_from(number(1)?).ok()?,
    );
    if count > body.len() {
        return None;
    }
    let mut all = 0u64;
    for block in 0..count {
        let start = 2 + 2 * rank * block;
        let mut elements = 1u64;
        for axis in 0..rank {
            let (first, last) = (number(start + axis)?, number(start + rank + axis)?);
            elements = elements.saturating_mul(last.checked_sub(first)?.saturating_add(1));
        }
        all = all.saturating_add(elements);
    }
    Some(all)
}

/// Elements of a regular selection: start, stride, count and block along every axis.
fn regular(body: &[u8], size: usize) -> Option<u64> {
    if !(1..=8).contains(&size) {
        return None;
    }
    let mut all = 1u64;
    for axis in body.chunks_exact(4 * size) {
        let number =
            |place: usize| super::bytes::little_endian(&axis[place * size..(place + 1) * size]);
        let unlimited = u64::MAX >> (64 - 8 * size);
        if number(2) == unlimited || number(3) == unlimited {
            return None;
        }
        all = all.saturating_mul(number(2)).saturating_mul(number(3));
    }
    Some(all)
}
