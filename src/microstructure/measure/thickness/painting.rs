//! Paints spheres from the largest down, each voxel once.

use super::{Field, Sphere};
use ndarray::Array3;
use rayon::prelude::*;

/// Planes of a slab.
const PLANES: usize = 16;

/// The diameter of the first sphere that covers each voxel; 0 where none does.
pub(super) fn paint(field: &Field<'_>, spheres: &[Sphere]) -> Array3<f32> {
    let [_, height, width] = field.shape;
    let mut painted = Array3::<f32>::zeros(field.shape);
    if let Some(diameters) = painted.as_slice_mut() {
        diameters
            .par_chunks_mut((PLANES * height * width).max(1))
            .enumerate()
            .for_each(|(slab, diameters)| {
                let mut slab = Slab::new(field, slab * PLANES, diameters);
                spheres.iter().for_each(|sphere| slab.cover(sphere));
            });
    }
    painted
}

/// Some planes, and in each row where the next voxel without colour is.
struct Slab<'a> {
    field: &'a Field<'a>,
    first: usize,
    diameters: &'a mut [f32],
    /// From each voxel of a row to the next unpainted one, itself if it is; one entry more than voxels.
    next: Vec<u32>,
}

impl<'a> Slab<'a> {
    fn new(field: &'a Field<'a>, first: usize, diameters: &'a mut [f32]) -> Self {
        let width = field.shape[2];
        let start = first * field.shape[1] * width;
        let rows = field.squared[start..start + diameters.len()].chunks(width);
        let next = rows.flat_map(unpainted).collect();
        Self {
            field,
            first,
            diameters,
            next,
        }
    }

    fn planes(&self) -> usize {
        self.diameters.len() / (self.field.shape[1] * self.field.shape[2])
    }

    fn cover(&mut self, sphere: &Sphere) {
        let [ez, ey, _] = self.field.edges.map(|edge| edge * edge);
        let [z, y, _] = sphere.centre;
        let squared = f64::from(sphere.squared);
        let reach = steps_below(squared / ez);
        let low = z.saturating_sub(reach).max(self.first);
        let high = (z + reach + 1).min(self.first + self.planes());
        for plane in low..high {
            let left = squared - ez * (plane.abs_diff(z) as f64).powi(2);
            let reach = steps_below(left / ey);
            for row in y.saturating_sub(reach)..(y + reach + 1).min(self.field.shape[1]) {
                let left = left - ey * (row.abs_diff(y) as f64).powi(2);
                self.cover_row(
                    (plane - self.first) * self.field.shape[1] + row,
                    left,
                    sphere,
                );
            }
        }
    }

    fn cover_row(&mut self, row: usize, left: f64, sphere: &Sphere) {
        let width = self.field.shape[2];
        let reach = steps_below(left / self.field.edges[2].powi(2));
        let x = sphere.centre[2];
        let (start, end) = (x.saturating_sub(reach), (x + reach + 1).min(width));
        let next = &mut self.next[row * (width + 1)..][..=width];
        let diameters = &mut self.diameters[row * width..][..width];
        let mut x = find(next, start);
        while x < end {
            diameters[x] = sphere.diameter;
            next[x] += 1;
            x = find(next, x);
        }
    }
}

/// Links of an unpainted row; voxels outside the phase are never painted.
fn unpainted(row: &[f32]) -> impl Iterator<Item = u32> {
    let own = (0u32..).zip(row);
    let links = own.map(|(x, &squared)| if squared > 0.0 { x } else { x + 1 });
    let end = super::super::numbered(row.len());
    links.chain([end])
}

/// Follows the links from `x`, and shortens them.
fn find(next: &mut [u32], x: usize) -> usize {
    let mut x = x;
    while next[x] as usize != x {
        next[x] = next[next[x] as usize];
        x = next[x] as usize;
    }
    x
}

/// The largest whole number whose square is below `bound`, which is positive.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a number of voxels in a row"
)]
fn steps_below(bound: f64) -> usize {
    let root = bound.max(0.0).sqrt();
    (root.ceil() - 1.0).max(0.0) as usize
}
