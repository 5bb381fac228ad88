//! A labelled volume: one byte per voxel and the label each byte stands for.
//!
//! Arrays are `[z][y][x]` with x fastest, as TIFF stacks, HDF5 and VTK image data have them. Files carry labels of any
//! integer type (0/85/170, -1, 300); inside, a voxel is a *code*, the index of its label in an ascending list, so that
//! every table per phase is a short array.

use ndarray::Array3;
use rayon::prelude::*;

/// A direction of the grid; output names it with its array axis, "z (array axis 0)".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Axis {
    /// Array axis 0, slowest.
    Z,
    /// Array axis 1.
    Y,
    /// Array axis 2, fastest.
    X,
}

impl Axis {
    /// The three axes in array order.
    pub const ALL: [Axis; 3] = [Axis::Z, Axis::Y, Axis::X];

    /// Position in shapes and spacings, which are always (z, y, x).
    pub fn index(self) -> usize {
        self as usize
    }

    /// "z", "y" or "x".
    pub fn name(self) -> &'static str {
        ["z", "y", "x"][self.index()]
    }
}

/// A labelled microstructure.
#[derive(Debug, Clone)]
pub struct Volume {
    codes: Array3<u8>,
    labels: Vec<i64>,
    spacing: Option<[f64; 3]>,
}

impl Volume {
    /// From codes `[z][y][x]` and the label of each code; `codes` must stay below `labels.len()`.
    ///
    /// # Panics
    /// If a code has no label: readers build both together.
    pub fn from_codes(codes: Array3<u8>, labels: Vec<i64>) -> Self {
        assert!(
            codes.iter().all(|&code| usize::from(code) < labels.len()),
            "a code without label"
        );
        Self {
            codes: if codes.is_standard_layout() {
                codes
            } else {
                codes.as_standard_layout().into_owned()
            },
            labels,
            spacing: None,
        }
    }

    /// From small labels `[z][y][x]`, each byte being its own label.
    pub fn from_labels(labels: &Array3<u8>) -> Self {
        let mut present = [false; 256];
        labels
            .iter()
            .for_each(|&label| present[usize::from(label)] = true);
        let values: Vec<u8> = (0..=255u8)
            .filter(|&label| present[usize::from(label)])
            .collect();
        let mut code_of = [0u8; 256];
        for (code, &label) in (0..=255u8).zip(&values) {
            code_of[usize::from(label)] = code;
        }
        let codes = labels.mapv(|label| code_of[usize::from(label)]);
        Self::from_codes(codes, values.into_iter().map(i64::from).collect())
    }

    /// The same volume with a voxel size in metres, (z, y, x).
    pub fn with_spacing(mut self, spacing: [f64; 3]) -> Self {
        self.spacing = Some(spacing);
        self
    }

    /// Codes `[z][y][x]`, contiguous.
    pub fn codes(&self) -> &Array3<u8> {
        &self.codes
    }

    /// The label of each code, ascending.
    pub fn labels(&self) -> &[i64] {
        &self.labels
    }

    /// The code of a label, if a voxel may have it.
    pub fn code(&self, label: i64) -> Option<u8> {
        let position = self.labels.iter().position(|&l| l == label)?;
        u8::try_from(position).ok()
    }

    /// Voxels along (z, y, x).
    pub fn shape(&self) -> [usize; 3] {
        let (z, y, x) = self.codes.dim();
        [z, y, x]
    }

    /// Voxel size in metres, (z, y, x), where the file or the user gave one.
    pub fn spacing(&self) -> Option<[f64; 3]> {
        self.spacing
    }

    /// Voxels of each code.
    pub fn counts(&self) -> Vec<usize> {
        let codes = self.codes.as_slice().unwrap_or_default();
        let histogram = |codes: &[u8]| {
            let mut counts = [0usize; 256];
            codes
                .iter()
                .for_each(|&code| counts[usize::from(code)] += 1);
            counts
        };
        let sum = |a: [usize; 256], b: [usize; 256]| std::array::from_fn(|code| a[code] + b[code]);
        let counts = codes
            .par_chunks(1 << 20)
            .map(histogram)
            .reduce(|| [0; 256], sum);
        counts[..self.labels.len()].to_vec()
    }
}
