//! Attributes of an object: names and decoded values.

use super::{
    bytes::{Bytes, Cursor, Decoded, Fault},
    heaps::{FractalHeap, records},
    object::{Layout, Object, Space, kind, shared},
    types::{DataType, Value},
};

/// Attributes of one object that are decoded.
const MAX_ATTRIBUTES: usize = 1 << 12;

/// Bytes of a small dataset that is read as a whole.
const MAX_SMALL: u64 = 1 << 20;

/// One attribute.
#[derive(Debug, Clone)]
pub(super) struct Attribute {
    pub(super) name: String,
    pub(super) value: Value,
}

/// The attributes of one object.
#[derive(Debug, Default, Clone)]
pub(super) struct Attributes(Vec<Attribute>);

impl Attributes {
    /// Decodes all attributes. One that is damaged makes the file unsound.
    pub(super) fn read(bytes: &Bytes, object: &Object) -> Decoded<Self> {
        let mut attributes = Vec::new();
        for message in object.messages(kind::ATTRIBUTE) {
            attributes.push(attribute(bytes, &message.bytes)?);
        }
        if let Some(message) = object.message(bytes, kind::ATTRIBUTE_INFO)? {
            let mut cursor = bytes.cursor(&message);
            cursor.u8()?;
            let flags = cursor.u8()?;
            cursor.skip(if flags & 1 == 1 { 2 } else { 0 })?;
            if let (Some(heap), Some(tree)) = (cursor.address()?, cursor.address()?) {
                let heap = FractalHeap::open(bytes, heap)?;
                for record in records(bytes, tree)? {
                    // The id of eight bytes, then flags, of which 2 says that the message is shared.
                    // One of more than 64 KiB, a huge object of the heap, states no voxel size.
                    let is_huge = record.first().is_some_and(|kind| kind >> 4 & 3 == 1);
                    if !is_huge
                        && record.get(8).is_some_and(|flags| flags & 2 == 0)
                        && attributes.len() < MAX_ATTRIBUTES
                    {
                        attributes.push(attribute(bytes, &heap.object(&record[..8])?)?);
                    }
                }
            }
        }
        Ok(Self(attributes))
    }

    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.0
            .iter()
            .find(|attribute| attribute.name == name)
            .map(|attribute| &attribute.value)
    }

    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.get(name)?.text()
    }

    pub(super) fn numbers(&self, name: &str) -> Option<&[f64]> {
        self.get(name)?.numbers()
    }

    /// One number, also where it is written as text, as Imaris does.
    pub(super) fn number(&self, name: &str) -> Option<f64> {
        match self.get(name)? {
            Value::Numbers(numbers) => (numbers.len() == 1).then(|| numbers[0]),
            value => value.text()?.trim().parse().ok(),
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Attribute> {
        self.0.iter()
    }
}

fn attribute(bytes: &Bytes, message: &[u8]) -> Decoded<Attribute> {
    let mut cursor = bytes.cursor(message);
    let version = cursor.u8()?;
    let flags = cursor.u8()?;
    let sizes = [cursor.u16()?, cursor.u16()?, cursor.u16()?];
    match version {
        1 | 2 => {}
        3 => cursor.skip(1)?,
        other => {
            return Err(Fault::new(format!(
                "an attribute in it has the unknown version {other}"
            )));
        }
    }
    let part = |cursor: &mut Cursor<'_>, size: usize| -> Decoded<Vec<u8>> {
        let padded = if version == 1 {
            size.next_multiple_of(8)
        } else {
            size
        };
        Ok(cursor
            .take(padded)?
            .get(..size)
            .unwrap_or_default()
            .to_vec())
    };
    let name = super::bytes::text(&part(&mut cursor, sizes[0])?);
    let mut ty = part(&mut cursor, sizes[1])?;
    let mut space = part(&mut cursor, sizes[2])?;
    if version > 1 && flags & 1 != 0 {
        ty = shared(bytes, &ty, kind::DATATYPE)?;
    }
    if version > 1 && flags & 2 != 0 {
        space = shared(bytes, &space, kind::DATASPACE)?;
    }
    let ty = DataType::decode(&mut bytes.cursor(&ty))?;
    let space = Space::decode(&mut bytes.cursor(&space))?;
    let value = Value::decode(bytes, &ty, space.elements(), cursor.rest())?;
    Ok(Attribute { name, value })
}

/// The value of a small dataset that lies in one piece; none for other layouts.
pub(super) fn small_dataset(bytes: &Bytes, object: &Object) -> Decoded<Option<Value>> {
    if !object.is_dataset() || object.has(kind::EXTERNAL_FILES) {
        return Ok(None);
    }
    let (ty, space) = (object.data_type(bytes)?, object.space(bytes)?);
    let size = space.elements().saturating_mul(ty.size as u64);
    if size > MAX_SMALL {
        return Ok(None);
    }
    let data = match object.layout(bytes)? {
        Layout::Compact(data) => data,
        Layout::Contiguous {
            address: Some(address),
        } => bytes.read(address, size)?,
        _ => return Ok(None),
    };
    Value::decode(bytes, &ty, space.elements(), &data).map(Some)
}
