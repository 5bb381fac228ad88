//! A device field: one buffer per slab of planes.
//!
//! A field that fits one binding is one slab. A larger one is cut at even planes, so that no block of 2x2x2 voxels is cut,
//! and every slab has a *ghost* plane on either side for the last plane of the neighbour before and the first of the one
//! behind. Ghosts are brought up to date with [`DeviceField::exchange`] before a kernel looks over the edge; the outermost
//! ones stay zero.

use super::{Device, Element};
use crate::{
    field::Shape,
    gpu::{Buffer, GpuError},
};
use std::ops::Range;

/// A vector of unknowns in the memory of a device.
#[derive(Debug)]
pub struct DeviceField<R> {
    /// Its size.
    pub shape: Shape,
    pub(crate) slabs: Vec<Slab<R>>,
}

/// Consecutive planes of a field.
#[derive(Debug)]
pub(crate) struct Slab<R> {
    pub(crate) cut: Cut,
    pub(crate) buffer: Buffer<R>,
}

/// Which planes a slab owns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cut {
    /// Planes of the field that the slab owns.
    pub(crate) planes: Range<usize>,
    /// Ghost planes on either side: 1 where the field is cut, else 0.
    pub(crate) ghosts: usize,
}

impl Cut {
    /// Cuts a field into slabs of at most `limit` numbers, ghosts included.
    pub(crate) fn slabs(shape: Shape, limit: usize) -> Option<Vec<Self>> {
        if shape.len() <= limit {
            return Some(vec![Self {
                planes: 0..shape.planes,
                ghosts: 0,
            }]);
        }
        let depth = (limit / shape.stride()).saturating_sub(2) / 2 * 2;
        if depth == 0 || shape.planes == 1 {
            return None;
        }
        let cut = |start| Self {
            planes: start..(start + depth).min(shape.planes),
            ghosts: 1,
        };
        Some((0..shape.planes).step_by(depth).map(cut).collect())
    }

    /// Numbers of the slab, ghosts included.
    pub(crate) fn len(&self, shape: Shape) -> usize {
        (self.planes.len() + 2 * self.ghosts) * shape.stride()
    }

    /// Places of the numbers that the slab owns.
    pub(crate) fn own(&self, shape: Shape) -> Range<usize> {
        let start = self.ghosts * shape.stride();
        start..start + self.planes.len() * shape.stride()
    }
}

impl<R: Element> DeviceField<R> {
    pub(super) fn zeros(device: &Device<R>, shape: Shape) -> Result<Self, GpuError> {
        let slabs = device.cut(shape)?.into_iter().map(|cut| {
            let buffer = device.gpu().zeros(cut.len(shape))?;
            Ok(Slab { cut, buffer })
        });
        Ok(Self {
            shape,
            slabs: slabs.collect::<Result<_, GpuError>>()?,
        })
    }

    /// Number of slabs.
    pub fn slabs(&self) -> usize {
        self.slabs.len()
    }

    /// Copies the outermost planes of every slab to the ghosts of its neighbours.
    pub(crate) fn exchange(&self, device: &Device<R>) {
        let stride = self.shape.stride();
        for pair in self.slabs.windows(2) {
            let [lower, upper] = pair else { continue };
            let (last, first) = (
                lower.cut.own(self.shape).end,
                upper.cut.own(self.shape).start,
            );
            let copy = |from: &Slab<R>, start: usize, to: &Slab<R>, place| {
                let range = start..start + stride;
                device.note(device.gpu().copy(&from.buffer, range, &to.buffer, place));
            };
            copy(lower, last - stride, upper, first - stride);
            copy(upper, first, lower, last);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(planes: usize) -> Shape {
        Shape {
            planes,
            plane: 10,
            components: 2,
        }
    }

    #[test]
    fn a_field_that_fits_is_one_slab_without_ghosts() {
        let cuts = Cut::slabs(shape(7), 140).unwrap();
        assert_eq!(cuts.len(), 1);
        assert_eq!(
            (cuts[0].len(shape(7)), cuts[0].own(shape(7))),
            (140, 0..140)
        );
    }

    #[test]
    fn a_larger_field_is_cut_at_even_planes() {
        let cuts = Cut::slabs(shape(9), 139).unwrap();
        let planes: Vec<_> = cuts.iter().map(|cut| cut.planes.clone()).collect();
        assert_eq!(planes, [0..4, 4..8, 8..9]);
        assert!(cuts.iter().all(|cut| cut.len(shape(9)) <= 139));
        assert_eq!(cuts[2].own(shape(9)), 20..40);
    }

    #[test]
    fn planes_too_large_for_a_binding_cannot_be_cut() {
        assert_eq!(Cut::slabs(shape(9), 79), None);
        assert_eq!(Cut::slabs(Shape::flat(80), 79), None);
    }
}
