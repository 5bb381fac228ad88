//! Inverts a translation-invariant operator on a periodic grid: transform, one 3x3 block per wave vector, transform back.
//!
//! Three real components per grid point, `[plane][component][row][number]`. A real transform along x and complex ones along y
//! and z; blocks act where z is contiguous, between its forward and its backward transform. Two spectra of half the grid live
//! as long as the [`Fourier`]; each pass reads one and writes the other, so that threads share nothing. The cost is three
//! passes over the memory and `5 N log2 N` operations per component and direction.

use crate::field::{Real, vectorised};
use rayon::prelude::*;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};
use rustfft::{Fft, FftNum, FftPlanner, num_complex::Complex};
use std::sync::Arc;

/// Numbers that are both field values and Fourier coefficients.
pub trait Spectral: Real + FftNum {}
impl<T: Real + FftNum> Spectral for T {}

/// Multiplies the three components at wave vectors.
pub trait Symbol<T>: Sync {
    /// Multiplies `components[c][z]` of the column (y, x) of wave vectors, for all z.
    fn multiply(&self, column: [usize; 2], components: [&mut [Complex<T>]; 3]);
}

/// The longest transform on a device: what the memory of a workgroup holds twice.
pub const ROOM: usize = 1024;

/// Whether a device transforms so many points: 2^a 3^b 5^c 7^d of them, at most [`ROOM`].
pub fn transformable(points: usize) -> bool {
    let without = |rest: usize, factor: usize| {
        let mut rest = rest;
        while rest > 1 && rest.is_multiple_of(factor) {
            rest /= factor;
        }
        rest
    };
    (1..=ROOM).contains(&points) && [2, 3, 5, 7].into_iter().fold(points, without) == 1
}

/// The nearest numbers of points that a device transforms: the largest not above, and the smallest not below where there is one.
pub fn nearest_transformable(points: usize) -> (usize, Option<usize>) {
    let below = (1..=points).rev().find(|&n| transformable(n));
    (
        below.unwrap_or(1),
        (points..=ROOM).find(|&n| transformable(n)),
    )
}

/// Columns that are transformed together: a cache line or two.
const COLUMNS: usize = 8;

type Both<T> = [Arc<dyn Fft<T>>; 2];

/// Plans and spectra for one grid.
pub struct Fourier<T: Spectral> {
    shape: [usize; 3],
    /// Wave numbers along x.
    half: usize,
    x: (Arc<dyn RealToComplex<T>>, Arc<dyn ComplexToReal<T>>),
    y: Both<T>,
    z: Both<T>,
    /// `[z][component][y][x]`.
    by_plane: Vec<Complex<T>>,
    /// `[y][component][z][x]`.
    by_row: Vec<Complex<T>>,
}

/// Scratch of a thread.
struct Scratch<T> {
    row: Vec<T>,
    plane: Vec<Complex<T>>,
    columns: Vec<Complex<T>>,
    work: Vec<Complex<T>>,
}

impl<T: Spectral> Fourier<T> {
    /// Plans for a grid of (z, y, x) points.
    pub fn new(shape: [usize; 3]) -> Self {
        let [nz, ny, nx] = shape;
        let (mut real, mut complex) = (RealFftPlanner::new(), FftPlanner::new());
        let mut both = |n| [complex.plan_fft_forward(n), complex.plan_fft_inverse(n)];
        let half = nx / 2 + 1;
        let spectrum = vec![Complex::new(T::default(), T::default()); 3 * nz * ny * half];
        Self {
            shape,
            half,
            x: (real.plan_fft_forward(nx), real.plan_fft_inverse(nx)),
            y: both(ny),
            z: both(nz),
            by_plane: spectrum.clone(),
            by_row: spectrum,
        }
    }

    /// `z = F^-1 S F r`; the symbol holds the factor `1 / points` of the transform pair.
    pub fn solve(&mut self, r: &[T], z: &mut [T], symbol: &impl Symbol<T>) {
        let [nz, ny, nx] = self.shape;
        let half = self.half;
        let mut by_plane = std::mem::take(&mut self.by_plane);
        let mut by_row = std::mem::take(&mut self.by_row);
        let planes = by_plane.par_chunks_mut(3 * ny * half);
        planes.zip(r.par_chunks(3 * ny * nx)).for_each_init(
            || self.scratch(),
            |scratch, (spectrum, plane)| self.forward(plane, spectrum, scratch),
        );
        by_row
            .par_chunks_mut(3 * nz * half)
            .enumerate()
            .for_each_init(
                || self.scratch(),
                |scratch, (y, row)| self.middle(y, &by_plane, (row, symbol), scratch),
            );
        z.par_chunks_mut(3 * ny * nx).enumerate().for_each_init(
            || self.scratch(),
            |scratch, (z, plane)| self.backward(z, &by_row, plane, scratch),
        );
        (self.by_plane, self.by_row) = (by_plane, by_row);
    }

    fn scratch(&self) -> Scratch<T> {
        let [nz, ny, nx] = self.shape;
        let zero = Complex::new(T::default(), T::default());
        let plans = self
            .y
            .iter()
            .chain(&self.z)
            .map(|plan| plan.get_inplace_scratch_len());
        let rows = [self.x.0.get_scratch_len(), self.x.1.get_scratch_len()];
        let work = plans.chain(rows).max().unwrap_or(0);
        Scratch {
            row: vec![T::default(); nx],
            plane: vec![zero; ny * self.half],
            columns: vec![zero; 3 * COLUMNS * ny.max(nz)],
            work: vec![zero; work],
        }
    }

    /// Transforms a plane along x and y.
    fn forward(&self, values: &[T], spectrum: &mut [Complex<T>], scratch: &mut Scratch<T>) {
        let [_, ny, nx] = self.shape;
        let Scratch {
            row, columns, work, ..
        } = scratch;
        for (values, spectrum) in values
            .chunks(ny * nx)
            .zip(spectrum.chunks_mut(ny * self.half))
        {
            for (values, line) in values.chunks(nx).zip(spectrum.chunks_mut(self.half)) {
                row.copy_from_slice(values);
                let done = self.x.0.process_with_scratch(row, line, work);
                done.expect("buffers were made for this plan");
            }
            for first in (0..self.half).step_by(COLUMNS) {
                let width = COLUMNS.min(self.half - first);
                gather(
                    spectrum,
                    (first, self.half),
                    width,
                    &mut columns[..width * ny],
                );
                self.y[0].process_with_scratch(&mut columns[..width * ny], work);
                scatter(&columns[..width * ny], width, (first, self.half), spectrum);
            }
        }
    }

    /// Transforms the planes of one y along z, multiplies, and transforms back.
    fn middle(
        &self,
        y: usize,
        spectrum: &[Complex<T>],
        (row, symbol): (&mut [Complex<T>], &impl Symbol<T>),
        scratch: &mut Scratch<T>,
    ) {
        let [nz, ny, _] = self.shape;
        let (half, stride) = (self.half, 3 * ny * self.half);
        for first in (0..half).step_by(COLUMNS) {
            let width = COLUMNS.min(half - first);
            let part = width * nz;
            let columns = &mut scratch.columns[..3 * part];
            for (c, columns) in columns.chunks_mut(part).enumerate() {
                gather(
                    &spectrum[(c * ny + y) * half..],
                    (first, stride),
                    width,
                    columns,
                );
            }
            self.z[0].process_with_scratch(columns, &mut scratch.work);
            let (a, rest) = columns.split_at_mut(part);
            let (b, c) = rest.split_at_mut(part);
            let triples = a.chunks_mut(nz).zip(b.chunks_mut(nz)).zip(c.chunks_mut(nz));
            vectorised(
                #[inline(always)]
                || {
                    for (x, ((a, b), c)) in triples.enumerate() {
                        symbol.multiply([y, first + x], [a, b, c]);
                    }
                },
            );
            self.z[1].process_with_scratch(columns, &mut scratch.work);
            for (columns, plane) in columns.chunks(part).zip(row.chunks_mut(nz * half)) {
                scatter(columns, width, (first, half), plane);
            }
        }
    }

    /// Transforms a plane back along y and x.
    fn backward(
        &self,
        z: usize,
        spectrum: &[Complex<T>],
        values: &mut [T],
        scratch: &mut Scratch<T>,
    ) {
        let [nz, ny, nx] = self.shape;
        let (half, stride) = (self.half, 3 * nz * self.half);
        let Scratch {
            plane,
            columns,
            work,
            ..
        } = scratch;
        for (c, values) in values.chunks_mut(ny * nx).enumerate() {
            let spectrum = &spectrum[(c * nz + z) * half..];
            for first in (0..half).step_by(COLUMNS) {
                let width = COLUMNS.min(half - first);
                gather(spectrum, (first, stride), width, &mut columns[..width * ny]);
                self.y[1].process_with_scratch(&mut columns[..width * ny], work);
                scatter(&columns[..width * ny], width, (first, half), plane);
            }
            for (line, values) in plane.chunks_mut(half).zip(values.chunks_mut(nx)) {
                line[0].im = T::default();
                if nx.is_multiple_of(2) {
                    line[half - 1].im = T::default();
                }
                let done = self.x.1.process_with_scratch(line, values, work);
                done.expect("the ends of the spectrum are real");
            }
        }
    }
}

/// Copies `width` columns, which begin at `first` of lines `stride` apart, to contiguous columns.
fn gather<T: Copy>(lines: &[T], (first, stride): (usize, usize), width: usize, columns: &mut [T]) {
    let height = columns.len() / width;
    for (line, source) in lines.chunks(stride).take(height).enumerate() {
        let source = &source[first..first + width];
        for (column, &value) in columns.chunks_mut(height).zip(source) {
            column[line] = value;
        }
    }
}

/// The way back.
fn scatter<T: Copy>(columns: &[T], width: usize, (first, stride): (usize, usize), lines: &mut [T]) {
    let height = columns.len() / width;
    for (line, target) in lines.chunks_mut(stride).take(height).enumerate() {
        let target = &mut target[first..first + width];
        for (column, value) in columns.chunks(height).zip(target) {
            *value = column[line];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_for_a_device_are_products_of_small_primes() {
        let good: Vec<usize> = (1..=16).filter(|&n| transformable(n)).collect();
        assert_eq!(good, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 15, 16]);
        assert!(transformable(ROOM) && !transformable(2 * ROOM) && !transformable(0));
        assert_eq!(nearest_transformable(11), (10, Some(12)));
        assert_eq!(nearest_transformable(127), (126, Some(128)));
        assert_eq!(nearest_transformable(5000), (ROOM, None));
    }
}
