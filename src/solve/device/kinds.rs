//! The codes of a stencil as the kernels see them: numbered without gaps, so that their table is small.

use crate::{
    field::device::{Cut, Element},
    solve::stencil::{DEAD, Stencil, pair},
};

/// The codes that occur, numbered from 1; 0 is [`DEAD`].
pub(super) struct Kinds {
    codes: Vec<u8>,
    number: [u8; 256],
}

impl Kinds {
    /// Finds the codes that occur.
    pub(super) fn new(stencil: &Stencil) -> Self {
        let mut occurs = [false; 256];
        occurs[usize::from(DEAD)] = true;
        stencil
            .codes
            .iter()
            .for_each(|&code| occurs[usize::from(code)] = true);
        let codes: Vec<u8> = (0..=u8::MAX)
            .filter(|&code| occurs[usize::from(code)])
            .collect();
        let mut number = [0; 256];
        for (n, &code) in (0..=u8::MAX).zip(&codes) {
            number[usize::from(code)] = n;
        }
        Self { codes, number }
    }

    /// How many there are, [`DEAD`] included.
    pub(super) fn len(&self) -> usize {
        self.codes.len()
    }

    /// Conductances `[axis][a][b]` of the codes that occur, filled up with 0 to a table for `count` codes.
    pub(super) fn tables<R: Element>(&self, stencil: &Stencil, count: usize) -> Vec<R> {
        let mut tables = vec![R::default(); 3 * count * count];
        for (axis, table) in stencil.tables.iter().enumerate() {
            for (row, &a) in self.codes.iter().enumerate() {
                let begin = (axis * count + row) * count;
                let pairs = tables[begin..].iter_mut().zip(&self.codes);
                pairs.for_each(|(out, &b)| *out = R::of(table[pair(a, b)]));
            }
        }
        tables
    }

    /// Numbers of the codes of a cut and of a plane on either side.
    pub(super) fn codes(&self, stencil: &Stencil, cut: &Cut) -> Vec<u8> {
        let (plane, planes) = (stencil.plane(), &cut.planes);
        let codes = &stencil.codes[planes.start * plane..(planes.end + 2) * plane];
        let number = |&code: &u8| self.number[usize::from(code)];
        codes.iter().map(number).collect()
    }
}
