//! Types of HDF5 elements, in the words of NumPy, and the values of small attributes and datasets.

use super::{
    bytes::{Bytes, Cursor, Decoded, Fault, little_endian, text},
    heaps::global_object,
};

/// Types inside types.
const MAX_NESTED: usize = 8;

/// Elements of one attribute that are decoded.
const MAX_ELEMENTS: u64 = 1 << 16;

/// Elements of variable length in one attribute that are decoded.
const MAX_VARIABLE: u64 = 1 << 10;

/// What an element is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Class {
    Unsigned,
    Signed,
    /// Floating point in one of the formats of IEEE 754, or in another one.
    Float {
        is_ieee: bool,
    },
    /// An enumeration of integers, and whether it is how booleans are stored.
    Enumeration {
        is_signed: bool,
        is_boolean: bool,
    },
    BitField,
    Text,
    VariableText,
    /// Lists of another type.
    Sequence(Box<DataType>),
    Compound(Vec<String>),
    /// The address of an object, of eight bytes in the usual kind.
    Reference,
    Array {
        lengths: Vec<u64>,
        element: Box<DataType>,
    },
    Opaque,
    Time,
    Complex,
}

/// The type of the elements of a dataset or attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DataType {
    pub(super) class: Class,
    /// Bytes of one element in the file.
    pub(super) size: usize,
    pub(super) is_big_endian: bool,
}

impl DataType {
    pub(super) fn decode(cursor: &mut Cursor<'_>) -> Decoded<Self> {
        Self::nested(cursor, 0)
    }

    fn nested(cursor: &mut Cursor<'_>, depth: usize) -> Decoded<Self> {
        if depth > MAX_NESTED {
            return Err(Fault::new("a type in it is nested too deeply"));
        }
        let head = cursor.u8()?;
        let (version, class) = (head >> 4, head & 15);
        let bits = cursor.take(3)?;
        let size = cursor.u32()? as usize;
        let flags = u32::from(bits[0]) | u32::from(bits[1]) << 8 | u32::from(bits[2]) << 16;
        let mut is_big_endian = flags & 1 == 1;
        let class = match class {
            0 => {
                cursor.skip(4)?;
                if flags & 8 == 0 {
                    Class::Unsigned
                } else {
                    Class::Signed
                }
            }
            1 => {
                let head = cursor.take(12)?;
                let precision = u16::from_le_bytes([head[2], head[3]]);
                let known = [(16, 5, 10), (32, 8, 23), (64, 11, 52)];
                let is_ieee = known.contains(&(precision, head[5], head[7]))
                    && size * 8 == usize::from(precision)
                    && flags & 0x41 <= 1;
                Class::Float { is_ieee }
            }
            2 => {
                cursor.skip(2)?;
                Class::Time
            }
            3 => Class::Text,
            4 => {
                cursor.skip(4)?;
                Class::BitField
            }
            5 => {
                let tag = (flags & 0xff) as usize;
                cursor.skip(tag.min(cursor.left()))?;
                Class::Opaque
            }
            6 => Class::Compound(fields(cursor, flags & 0xffff, version, size, depth)?),
            7 => Class::Reference,
            8 => {
                let base = Self::nested(cursor, depth + 1)?;
                let mut names = Vec::new();
                for _ in 0..flags & 0xffff {
                    names.push(if version < 3 {
                        cursor.padded_text()?
                    } else {
                        cursor.text()?
                    });
                }
                cursor.skip((names.len()).saturating_mul(base.size))?;
                is_big_endian = base.is_big_endian;
                Class::Enumeration {
                    is_signed: base.class == Class::Signed,
                    is_boolean: base.size == 1 && names == ["FALSE", "TRUE"],
                }
            }
            9 => {
                let element = Self::nested(cursor, depth + 1)?;
                if flags & 15 == 1 {
                    Class::VariableText
                } else {
                    Class::Sequence(Box::new(element))
                }
            }
            10 => {
                let rank = cursor.u8()?;
                cursor.skip(if version < 3 { 3 } else { 0 })?;
                let lengths = (0..rank).map(|_| Ok(u64::from(cursor.u32()?)));
                let lengths = lengths.collect::<Decoded<Vec<u64>>>()?;
                cursor.skip(if version < 3 {
                    4 * usize::from(rank)
                } else {
                    0
                })?;
                Class::Array {
                    lengths,
                    element: Box::new(Self::nested(cursor, depth + 1)?),
                }
            }
            11 => Class::Complex,
            _ => Class::Opaque,
        };
        if size == 0 {
            return Err(Fault::new("a type in it has no size"));
        }
        Ok(Self {
            class,
            size,
            is_big_endian,
        })
    }

    /// Whether the elements can be labels or grey values.
    pub(super) fn is_number(&self) -> bool {
        match self.class {
            Class::Unsigned | Class::Signed | Class::Enumeration { .. } => self.size <= 8,
            Class::Float { .. } => self.size <= 16,
            _ => false,
        }
    }

    /// Whether the elements are whole by their type.
    pub(super) fn is_whole(&self) -> bool {
        self.is_number() && !matches!(self.class, Class::Float { .. })
    }

    /// The type in words: those of NumPy where it has some.
    pub(super) fn words(&self) -> String {
        let bits = 8 * self.size;
        match &self.class {
            Class::Unsigned => format!("uint{bits}"),
            Class::Signed => format!("int{bits}"),
            Class::Float { .. } => format!("float{bits}"),
            Class::Enumeration {
                is_boolean: true, ..
            } => "bool".to_owned(),
            Class::Enumeration { is_signed, .. } => {
                format!("enum ({}int{bits})", if *is_signed { "" } else { "u" })
            }
            Class::BitField => format!("bit field of {bits} bits"),
            Class::Text => format!("string (len {})", self.size),
            Class::VariableText => "string (variable length)".to_owned(),
            Class::Sequence(element) => format!("lists of {}", element.words()),
            Class::Compound(names) => format!(
                "compound ({})",
                super::few(names.iter().map(|n| super::escaped(n)))
            ),
            Class::Reference => "references to objects".to_owned(),
            Class::Array { lengths, element } => {
                let lengths: Vec<String> = lengths.iter().map(u64::to_string).collect();
                format!("arrays ({}) of {}", lengths.join(","), element.words())
            }
            Class::Opaque => format!("opaque data of {} bytes", self.size),
            Class::Time => "time".to_owned(),
            Class::Complex => format!("complex numbers of {bits} bits"),
        }
    }

    /// The number that the bytes of one element make; none for what is no number, or in an unusual format.
    pub(super) fn number(&self, bytes: &[u8]) -> Option<f64> {
        let mut bytes = bytes.get(..self.size)?.to_vec();
        if self.is_big_endian {
            bytes.reverse();
        }
        match self.class {
            Class::Float { is_ieee: true } => Some(match bytes.as_slice() {
                [a, b] => half(u16::from_le_bytes([*a, *b])),
                [a, b, c, d] => f64::from(f32::from_le_bytes([*a, *b, *c, *d])),
                all => f64::from_le_bytes(all.try_into().ok()?),
            }),
            Class::Float { .. } => None,
            Class::Unsigned
            | Class::Enumeration {
                is_signed: false, ..
            }
            | Class::BitField => (self.size <= 8).then(|| little_endian(&bytes) as f64),
            Class::Signed | Class::Enumeration { .. } if self.size <= 8 => {
                let unused = 64 - 8 * self.size;
                Some(((little_endian(&bytes) << unused).cast_signed() >> unused) as f64)
            }
            _ => None,
        }
    }
}

/// The value of a number of 16 bits in IEEE 754.
fn half(bits: u16) -> f64 {
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f64::from(bits & 0x3ff));
    let magnitude = match exponent {
        0 => fraction * 2f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (1024.0 + fraction) * 2f64.powi(exponent - 25),
    };
    if bits >> 15 == 1 {
        -magnitude
    } else {
        magnitude
    }
}

/// Names of the fields of a compound type.
fn fields(
    cursor: &mut Cursor<'_>,
    count: u32,
    version: u8,
    size: usize,
    depth: usize,
) -> Decoded<Vec<String>> {
    let mut names = Vec::new();
    for _ in 0..count {
        names.push(if version < 3 {
            cursor.padded_text()?
        } else {
            cursor.text()?
        });
        match version {
            1 => cursor.skip(32)?,
            2 => cursor.skip(4)?,
            _ => cursor.skip(super::bytes::encoded_size(size as u64))?,
        }
        DataType::nested(cursor, depth + 1)?;
    }
    Ok(names)
}

/// What an attribute or a small dataset holds.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Numbers(Vec<f64>),
    Texts(Vec<String>),
    /// Addresses of objects; of lists of them the first of each.
    References(Vec<u64>),
    /// Something that is not decoded.
    Other,
}

impl Value {
    /// The value of elements of this type; what cannot be decoded is [`Value::Other`].
    pub(super) fn decode(
        bytes: &Bytes,
        ty: &DataType,
        elements: u64,
        data: &[u8],
    ) -> Decoded<Self> {
        if elements > MAX_ELEMENTS {
            return Ok(Self::Other);
        }
        if let Class::Array { lengths, element } = &ty.class {
            let inside = lengths
                .iter()
                .fold(elements, |all, &n| all.saturating_mul(n));
            let is_nested = matches!(element.class, Class::Array { .. });
            return if is_nested {
                Ok(Self::Other)
            } else {
                Self::decode(bytes, element, inside, data)
            };
        }
        let count = usize::try_from(elements).unwrap_or(usize::MAX);
        let mut parts = data.chunks_exact(ty.size).take(count);
        if parts.len() < count {
            return Err(Fault::new("an attribute in it is cut short"));
        }
        if elements > MAX_VARIABLE && matches!(ty.class, Class::VariableText | Class::Sequence(_)) {
            return Ok(Self::Other);
        }
        Ok(match &ty.class {
            Class::Text => Self::Texts(
                parts
                    .map(|part| match text(part) {
                        text if ty.size > 1 => text.trim_end_matches(' ').to_owned(),
                        letter => letter,
                    })
                    .collect(),
            ),
            Class::VariableText => {
                let texts = parts.map(|part| variable(bytes, part, 1).map(|value| text(&value)));
                Self::Texts(texts.collect::<Decoded<_>>()?)
            }
            Class::Reference if ty.size == 8 => {
                Self::References(parts.map(little_endian).collect())
            }
            Class::Sequence(element) if element.class == Class::Reference && element.size == 8 => {
                let first = |part| {
                    Ok(little_endian(
                        variable(bytes, part, 8)?.get(..8).unwrap_or_default(),
                    ))
                };
                Self::References(parts.map(first).collect::<Decoded<_>>()?)
            }
            _ => {
                let numbers: Option<Vec<f64>> =
                    parts.by_ref().map(|part| ty.number(part)).collect();
                numbers.map_or(Self::Other, Self::Numbers)
            }
        })
    }

    pub(super) fn numbers(&self) -> Option<&[f64]> {
        match self {
            Self::Numbers(numbers) => Some(numbers),
            _ => None,
        }
    }

    pub(super) fn texts(&self) -> Option<&[String]> {
        match self {
            Self::Texts(texts) => Some(texts),
            _ => None,
        }
    }

    /// The one text; letters that stand alone, as Imaris writes its attributes, are put together.
    pub(super) fn text(&self) -> Option<String> {
        match self {
            Self::Texts(texts) if texts.len() == 1 => Some(texts[0].clone()),
            Self::Texts(texts) if texts.iter().all(|text| text.chars().count() <= 1) => {
                Some(texts.concat())
            }
            _ => None,
        }
    }
}

/// A variable-length value: its bytes from the global heap, whose object must have the length that is stated.
fn variable(bytes: &Bytes, part: &[u8], element: usize) -> Decoded<Vec<u8>> {
    let mut cursor = bytes.cursor(part);
    let length = cursor.u32()? as usize;
    let (Some(address), index) = (cursor.address()?, cursor.u32()?) else {
        return Ok(Vec::new());
    };
    if length == 0 || address == 0 {
        return Ok(Vec::new());
    }
    let mut object = global_object(bytes, address, index)?;
    let length = length.saturating_mul(element);
    if object.len() < length {
        return Err(Fault::new(format!(
            "a value of {length} bytes in it has only {}",
            object.len()
        )));
    }
    object.truncate(length);
    Ok(object)
}
