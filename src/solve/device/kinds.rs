//! The codes of a stencil as the kernels see them: numbered without gaps, so that their table is small and a code shares a byte
//! with a layer.

use crate::{
    field::device::{Cut, Element},
    solve::{
        blocks::{Blocks, NO_LAYER},
        stencil::{DEAD, Stencil, pair},
    },
};
use rayon::prelude::*;
use std::borrow::Cow;

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

    /// Cells of a cut and of a plane on either side: numbers of codes, and layers, which ghosts have none of, and nobody without
    /// blocks. A cell has so many bytes, see [`width`].
    pub(super) fn cells(
        &self,
        stencil: &Stencil,
        blocks: Option<&Blocks>,
        (cut, width): (&Cut, usize),
    ) -> Vec<u8> {
        let (plane, planes) = (stencil.plane(), &cut.planes);
        let places = planes.start * plane..(planes.end + 2) * plane;
        let inner = planes.start.saturating_sub(1)..(planes.end + 1).min(stencil.shape[0]);
        let before = (inner.start + 1) * plane;
        let layers = blocks.map_or(Cow::default(), |blocks| blocks.layers(stencil, inner));
        let layer = |place: usize| {
            let layer = place.checked_sub(before).and_then(|at| layers.get(at));
            layer
                .filter(|layer| **layer != NO_LAYER)
                .map_or(0, |&it| it)
        };
        let cells = places.into_par_iter().map(|place| {
            let number = self.number[usize::from(stencil.codes[place])];
            u16::from(number) << 3 | u16::from(layer(place))
        });
        cells
            .flat_map_iter(|cell| cell.to_le_bytes().into_iter().take(width))
            .collect()
    }
}

/// Bytes of a cell: three bits are the layer, the others the number of one of so many codes.
pub(super) fn width(codes: usize) -> usize {
    if codes <= 32 { 1 } else { 2 }
}
