//! TIFF files of any tags, put together by hand: the kinds of file that no encoder at hand writes.

use ndarray::{Array3, ArrayView2};

/// The value of a tag.
#[derive(Clone)]
pub(crate) enum Value {
    Short(Vec<u16>),
    Long(Vec<u32>),
    Rational([u32; 2]),
    Double(f64),
    Text(String),
    Bytes(Vec<u8>),
}

/// One page: its tags, without those for the places of its strips or tiles, and the strips or tiles as they are stored.
#[derive(Clone)]
pub(crate) struct TiffPage {
    pub(crate) tags: Vec<(u16, Value)>,
    pub(crate) chunks: Vec<Vec<u8>>,
    pub(crate) is_tiled: bool,
}

/// Byte order and kind of a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Layout {
    pub(crate) is_big_endian: bool,
    pub(crate) is_big_tiff: bool,
}

pub(crate) const LITTLE: Layout = Layout {
    is_big_endian: false,
    is_big_tiff: false,
};
pub(crate) const BIG_ENDIAN: Layout = Layout {
    is_big_endian: true,
    is_big_tiff: false,
};

/// All four kinds.
pub(crate) fn layouts() -> Vec<Layout> {
    let flags = [false, true];
    let pairs = flags
        .iter()
        .flat_map(|&end| flags.iter().map(move |&big| (end, big)));
    pairs
        .map(|(is_big_endian, is_big_tiff)| Layout {
            is_big_endian,
            is_big_tiff,
        })
        .collect()
}

impl Layout {
    /// A number of `bytes` bytes in the order of the file.
    pub(crate) fn number(self, value: u64, bytes: usize) -> Vec<u8> {
        let mut written = value.to_le_bytes()[..bytes].to_vec();
        if self.is_big_endian {
            written.reverse();
        }
        written
    }

    fn offset(self, value: usize) -> Vec<u8> {
        self.number(value as u64, if self.is_big_tiff { 8 } else { 4 })
    }

    fn value(self, value: &Value) -> (u16, usize, Vec<u8>) {
        let numbers = |list: Vec<u64>, bytes: usize| -> Vec<u8> {
            list.into_iter()
                .flat_map(|n| self.number(n, bytes))
                .collect()
        };
        match value {
            Value::Short(list) => (
                3,
                list.len(),
                numbers(list.iter().map(|&n| n.into()).collect(), 2),
            ),
            Value::Long(list) => (
                4,
                list.len(),
                numbers(list.iter().map(|&n| n.into()).collect(), 4),
            ),
            Value::Rational(pair) => (5, 1, numbers(pair.map(u64::from).to_vec(), 4)),
            Value::Double(value) => (12, 1, self.number(value.to_bits(), 8)),
            Value::Text(text) => {
                let bytes = [text.as_bytes(), &[0]].concat();
                (2, bytes.len(), bytes)
            }
            Value::Bytes(bytes) => (7, bytes.len(), bytes.clone()),
        }
    }
}

/// The bytes of a file with these pages.
pub(crate) fn tiff(layout: Layout, pages: &[TiffPage]) -> Vec<u8> {
    let mut bytes = if layout.is_big_endian {
        b"MM".to_vec()
    } else {
        b"II".to_vec()
    };
    bytes.extend(layout.number(if layout.is_big_tiff { 43 } else { 42 }, 2));
    if layout.is_big_tiff {
        bytes.extend(layout.number(8, 2));
        bytes.extend(layout.number(0, 2));
    }
    let mut link = bytes.len();
    bytes.extend(layout.offset(0));
    for page in pages {
        let mut places = Vec::new();
        for chunk in &page.chunks {
            places.push(u32::try_from(bytes.len()).unwrap());
            bytes.extend(chunk);
            bytes.resize(bytes.len().next_multiple_of(2), 0);
        }
        let lengths = page
            .chunks
            .iter()
            .map(|chunk| u32::try_from(chunk.len()).unwrap());
        let mut tags = page.tags.clone();
        let (offsets, counts) = if page.is_tiled {
            (324, 325)
        } else {
            (273, 279)
        };
        tags.push((offsets, Value::Long(places)));
        tags.push((counts, Value::Long(lengths.collect())));
        tags.sort_by_key(|(tag, _)| *tag);
        let inline = if layout.is_big_tiff { 8 } else { 4 };
        let mut entries = Vec::new();
        for (tag, value) in &tags {
            let (kind, count, mut data) = layout.value(value);
            entries.extend(layout.number((*tag).into(), 2));
            entries.extend(layout.number(kind.into(), 2));
            entries.extend(layout.offset(count));
            if data.len() <= inline {
                data.resize(inline, 0);
                entries.extend(data);
            } else {
                entries.extend(layout.offset(bytes.len()));
                bytes.extend(data);
                bytes.resize(bytes.len().next_multiple_of(2), 0);
            }
        }
        let directory = layout.offset(bytes.len());
        bytes[link..link + directory.len()].copy_from_slice(&directory);
        bytes.extend(layout.number(tags.len() as u64, if layout.is_big_tiff { 8 } else { 2 }));
        bytes.extend(entries);
        link = bytes.len();
        bytes.extend(layout.offset(0));
    }
    bytes
}

/// How samples are stored.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Samples {
    pub(crate) bits: usize,
    /// SampleFormat: 1 unsigned, 2 signed, 3 floating point.
    pub(crate) format: u16,
}

pub(crate) const U8: Samples = Samples { bits: 8, format: 1 };

impl Samples {
    /// The bytes of one row: whole bytes in the order of the file, others packed with the highest bits first.
    pub(crate) fn row(self, layout: Layout, labels: &[i64]) -> Vec<u8> {
        if self.bits.is_multiple_of(8) {
            let bits = |label: i64| match (self.format, self.bits) {
                (3, 16) => half(label),
                (3, 32) => u64::from((label as f32).to_bits()),
                (3, _) => (label as f64).to_bits(),
                _ => label.cast_unsigned(),
            };
            return labels
                .iter()
                .flat_map(|&label| layout.number(bits(label), self.bits / 8))
                .collect();
        }
        let mut row = vec![0u8; (labels.len() * self.bits).div_ceil(8)];
        for (at, label) in labels.iter().enumerate() {
            for bit in 0..self.bits {
                let place = at * self.bits + bit;
                if label >> (self.bits - 1 - bit) & 1 == 1 {
                    row[place / 8] |= 0x80 >> (place % 8);
                }
            }
        }
        row
    }
}

/// Whole numbers below 2048 as floating-point numbers of 16 bits.
fn half(label: i64) -> u64 {
    if label == 0 {
        return 0;
    }
    let exponent = label.unsigned_abs().ilog2();
    let fraction = (label.unsigned_abs() << (10 - exponent)) & 0x3ff;
    u64::from(label < 0) << 15 | u64::from(exponent + 15) << 10 | fraction
}

/// A page of one strip of plain rows, black as zero.
pub(crate) fn plain(layout: Layout, samples: Samples, page: ArrayView2<i64>) -> TiffPage {
    let rows = page.rows().into_iter();
    let rows: Vec<u8> = rows
        .flat_map(|row| samples.row(layout, &row.to_vec()))
        .collect();
    let side = |length: usize| Value::Long(vec![u32::try_from(length).unwrap()]);
    let short = |value: usize| Value::Short(vec![u16::try_from(value).unwrap()]);
    TiffPage {
        tags: vec![
            (256, side(page.ncols())),
            (257, side(page.nrows())),
            (258, short(samples.bits)),
            (259, short(1)),
            (262, short(1)),
            (277, short(1)),
            (278, side(page.nrows())),
            (339, Value::Short(vec![samples.format])),
        ],
        chunks: vec![rows],
        is_tiled: false,
    }
}

impl TiffPage {
    /// With a tag of one short number more, or another in its place.
    pub(crate) fn with(self, tag: u16, value: u16) -> Self {
        self.with_value(tag, Value::Short(vec![value]))
    }

    pub(crate) fn with_value(mut self, tag: u16, value: Value) -> Self {
        self.tags.retain(|(known, _)| *known != tag);
        self.tags.push((tag, value));
        self
    }

    /// With a description, in the first page of a file.
    pub(crate) fn described(self, text: &str) -> Self {
        self.with_value(270, Value::Text(text.to_owned()))
    }

    /// With its only strip put through a compression of this number.
    pub(crate) fn compressed(mut self, number: u16, encode: impl Fn(&[u8]) -> Vec<u8>) -> Self {
        self.chunks = self.chunks.iter().map(|chunk| encode(chunk)).collect();
        self.with(259, number)
    }
}

/// A stack of plain pages.
pub(crate) fn stack(layout: Layout, samples: Samples, volume: &Array3<i64>) -> Vec<TiffPage> {
    volume
        .outer_iter()
        .map(|page| plain(layout, samples, page))
        .collect()
}
