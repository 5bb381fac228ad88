//! CCITT compressions of 1-bit images: modified Huffman, Group 3 of one and two dimensions, Group 4 (ITU-T T.4 and T.6,
//! TIFF 6.0 sections 10 and 11). Black is 1, as libtiff has it, whatever the photometric interpretation says.

use fax::{
    BitReader,
    maps::{Mode, black, mode, white},
};

/// How rows are coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scheme {
    /// Runs, each row starting at a byte.
    Huffman,
    /// Runs, each row starting at a pair of bytes.
    HuffmanWords,
    /// Runs behind an end-of-line code.
    Group3,
    /// Runs or differences to the row before, as a bit behind the end-of-line code says.
    Group3TwoDimensional,
    /// Differences to the row before.
    Group4,
}

/// Bits, highest first; behind the end stand 32 zeros, since codes are looked up a few bits at a time.
struct Bits<'a> {
    bytes: &'a [u8],
    place: usize,
}

impl BitReader for Bits<'_> {
    type Error = ();

    fn peek(&self, bits: u8) -> Option<u16> {
        if self.place > 8 * self.bytes.len() + 32 || bits > 16 {
            return None;
        }
        let byte = |at: usize| u32::from(self.bytes.get(at).copied().unwrap_or(0));
        let first = self.place / 8;
        let window = byte(first) << 24 | byte(first + 1) << 16 | byte(first + 2) << 8;
        let window = window << (self.place % 8);
        Some(u16::try_from(window.checked_shr(32 - u32::from(bits)).unwrap_or(0)).unwrap_or(0))
    }

    fn consume(&mut self, bits: u8) -> Result<(), ()> {
        self.place += usize::from(bits);
        Ok(())
    }

    fn bits_to_byte_boundary(&self) -> u8 {
        u8::try_from((8 - self.place % 8) % 8).unwrap_or(0)
    }
}

impl Bits<'_> {
    fn align(&mut self, bytes: usize) {
        self.place = self.place.next_multiple_of(8 * bytes);
    }

    /// Passes over an end-of-line code, eleven zeros or more and a one, if there is one.
    fn end_of_line(&mut self) -> bool {
        if self.peek(11) != Some(0) {
            return false;
        }
        let mut place = self.place;
        while place < 8 * self.bytes.len() {
            let is_one = self.bytes[place / 8] >> (7 - place % 8) & 1 == 1;
            place += 1;
            if is_one {
                self.place = place;
                return true;
            }
        }
        false
    }

    /// A run of pixels: make-up codes of multiples of 64, then a terminating code.
    fn run(&mut self, is_black: bool) -> Option<usize> {
        let mut length = 0usize;
        loop {
            let code = match is_black {
                true => black::decode(self),
                false => white::decode(self),
            }?;
            length = length.checked_add(usize::from(code))?;
            if code < 64 {
                return Some(length);
            }
        }
    }
}

/// Places where the colour changes in a row that begins white, in order.
type Changes = Vec<usize>;

/// Rows of packed bits, highest first, each starting at a byte; `row` counts from 0 in errors.
pub(super) fn decode(
    bytes: &[u8],
    scheme: Scheme,
    width: usize,
    rows: usize,
) -> Result<Vec<u8>, String> {
    let mut bits = Bits { bytes, place: 0 };
    let row_bytes = width.div_ceil(8);
    let (mut packed, mut above) = (Vec::new(), Changes::new());
    for row in 0..rows {
        let start = packed.len();
        let changes = match next_row(&mut bits, scheme, width, &above) {
            Some(Row::Changes(changes)) => changes,
            // Encoders may leave out white rows at the end.
            Some(Row::EndOfBlock) => {
                packed.resize(row_bytes * rows, 0);
                return Ok(packed);
            }
            None => return Err(format!("row {row} of a strip is damaged or cut short")),
        };
        packed.resize(start + row_bytes, 0);
        for run in changes.chunks(2) {
            let end = run.get(1).copied().unwrap_or(width);
            blacken(&mut packed[start..], run[0], end);
        }
        above = changes;
    }
    Ok(packed)
}

enum Row {
    Changes(Changes),
    EndOfBlock,
}

fn next_row(bits: &mut Bits, scheme: Scheme, width: usize, above: &[usize]) -> Option<Row> {
    let is_coded_alone = match scheme {
        Scheme::Huffman | Scheme::HuffmanWords => {
            bits.align(if scheme == Scheme::Huffman { 1 } else { 2 });
            true
        }
        Scheme::Group4 => false,
        Scheme::Group3 | Scheme::Group3TwoDimensional => {
            let is_marked = bits.end_of_line();
            let is_coded_alone = match scheme {
                Scheme::Group3TwoDimensional if is_marked => {
                    let tag = bits.peek(1)?;
                    bits.place += 1;
                    tag == 1
                }
                _ => true,
            };
            // Two in a row begin the return to control.
            if is_marked && bits.end_of_line() {
                return Some(Row::EndOfBlock);
            }
            is_coded_alone
        }
    };
    match is_coded_alone {
        true => one_dimensional(bits, width).map(Row::Changes),
        false => two_dimensional(bits, width, above),
    }
}

fn one_dimensional(bits: &mut Bits, width: usize) -> Option<Changes> {
    let (mut changes, mut place, mut is_black) = (Changes::new(), 0, false);
    while place < width {
        place += bits.run(is_black)?;
        is_black = !is_black;
        if place < width {
            toggle(&mut changes, place);
        }
    }
    (place == width).then_some(changes)
}

fn two_dimensional(bits: &mut Bits, width: usize, above: &[usize]) -> Option<Row> {
    let mut changes = Changes::new();
    let (mut next_above, mut is_black) = (0, false);
    // None stands for the white pixel in front of the row.
    let mut place: Option<usize> = None;
    while place.unwrap_or(0) < width {
        while above
            .get(next_above)
            .is_some_and(|&change| place.is_some_and(|place| change <= place))
        {
            next_above += 1;
        }
        let first = next_above + usize::from((next_above % 2 == 1) != is_black);
        let change = |at: usize| above.get(at).copied().unwrap_or(width);
        match mode::decode(bits)? {
            Mode::Pass => place = Some(change(first + 1)),
            Mode::Vertical(delta) => {
                let to = change(first).checked_add_signed(isize::from(delta))?;
                if to > width || place.is_some_and(|place| to < place) {
                    return None;
                }
                toggle(&mut changes, to);
                is_black = !is_black;
                place = Some(to);
            }
            Mode::Horizontal => {
                let to = place.unwrap_or(0).checked_add(bits.run(is_black)?)?;
                let end = to.checked_add(bits.run(!is_black)?)?;
                if end > width {
                    return None;
                }
                toggle(&mut changes, to);
                toggle(&mut changes, end);
                place = Some(end);
            }
            // Behind the end stand zeros, which begin this code, too.
            Mode::EOF if bits.place <= 8 * bits.bytes.len() => {
                return changes.is_empty().then_some(Row::EndOfBlock);
            }
            Mode::EOF => return None,
            Mode::Extension => return None,
        }
    }
    while changes.last() == Some(&width) {
        changes.pop();
    }
    Some(Row::Changes(changes))
}

/// Adds a change of colour; a second one at the same place, behind a run of no pixels, undoes the first.
fn toggle(changes: &mut Changes, place: usize) {
    if changes.last() == Some(&place) {
        changes.pop();
    } else {
        changes.push(place);
    }
}

/// Sets bits `from..to` of a row.
fn blacken(row: &mut [u8], from: usize, to: usize) {
    let (first, last) = (from / 8, to / 8);
    let (head, tail) = (0xffu8 >> (from % 8), !(0xffu8 >> (to % 8)));
    if first == last {
        if let Some(byte) = row.get_mut(first) {
            *byte |= head & tail;
        }
        return;
    }
    row[first] |= head;
    row[first + 1..last].fill(0xff);
    if let Some(byte) = row.get_mut(last) {
        *byte |= tail;
    }
}
