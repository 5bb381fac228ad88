//! The tensor of a small periodic cell by Gaussian elimination on the potentials of all voxels: an independent reference.

use ndarray::Array3;

/// A cell, its conductivities per label, and its voxel edges.
pub(crate) struct DenseCell {
    shape: [usize; 3],
    sigma: Vec<f64>,
    edges: [f64; 3],
}

/// An entry of a tensor and what it should be.
pub(crate) struct Entry {
    pub(crate) found: f64,
    pub(crate) expected: f64,
}

impl Entry {
    pub(crate) fn check(&self, allowed: f64) -> Result<(), String> {
        let Self { found, expected } = self;
        if (found - expected).abs() <= allowed {
            Ok(())
        } else {
            Err(format!("{found} instead of {expected}"))
        }
    }
}

impl DenseCell {
    pub(crate) fn new(labels: &Array3<u8>, sigma: &[f64], edges: [f64; 3]) -> Self {
        let (z, y, x) = labels.dim();
        let sigma = labels.iter().map(|&label| sigma[usize::from(label)]);
        Self {
            shape: [z, y, x],
            sigma: sigma.collect(),
            edges,
        }
    }

    /// Every face as (voxel, next voxel, axis, conductance).
    fn faces(&self) -> Vec<(usize, usize, usize, f64)> {
        let [depth, rows, columns] = self.shape;
        let place = |[z, y, x]: [usize; 3]| (z * rows + y) * columns + x;
        let mut faces = Vec::new();
        for i in 0..depth * rows * columns {
            let voxel = [i / (rows * columns), i / columns % rows, i % columns];
            for axis in 0..3 {
                let mut next = voxel;
                next[axis] = (voxel[axis] + 1) % self.shape[axis];
                let (a, b) = (self.sigma[i], self.sigma[place(next)]);
                if a > 0.0 && b > 0.0 {
                    let area = self.edges.iter().product::<f64>() / self.edges[axis];
                    let conductance = area / self.edges[axis] * 2.0 * a * b / (a + b);
                    faces.push((i, place(next), axis, conductance));
                }
            }
        }
        faces
    }

    /// `D_ij` from the products of the fields under unit gradients.
    pub(crate) fn tensor(&self) -> [[f64; 3]; 3] {
        let faces = self.faces();
        let fields = [0, 1, 2].map(|axis| self.fluctuation(&faces, axis));
        let volume = self.edges.iter().product::<f64>() * self.sigma.len() as f64;
        let fall = |k: usize, face: &(usize, usize, usize, f64)| {
            let step = if face.2 == k { self.edges[k] } else { 0.0 };
            fields[k][face.0] - fields[k][face.1] + step
        };
        let entry = |i: usize, j: usize| {
            let terms = faces
                .iter()
                .map(|face| face.3 * fall(i, face) * fall(j, face));
            terms.sum::<f64>() / volume
        };
        [0, 1, 2].map(|i| [0, 1, 2].map(|j| entry(i, j)))
    }

    /// The fluctuation under a unit gradient; a pivot lost to rounding belongs to a constant, which is set to 0.
    fn fluctuation(&self, faces: &[(usize, usize, usize, f64)], axis: usize) -> Vec<f64> {
        let n = self.sigma.len();
        let (mut a, mut b) = (vec![vec![0.0; n]; n], vec![0.0; n]);
        for &(i, j, along, conductance) in faces {
            let step = if along == axis { self.edges[axis] } else { 0.0 };
            a[i][i] += conductance;
            a[j][j] += conductance;
            a[i][j] -= conductance;
            a[j][i] -= conductance;
            b[i] -= conductance * step;
            b[j] += conductance * step;
        }
        let scale: Vec<f64> = (0..n).map(|i| a[i][i]).collect();
        for k in 0..n {
            if a[k][k] <= 1e-11 * scale[k] {
                (k..n).for_each(|i| a[k][i] = 0.0);
                (k..n).for_each(|i| a[i][k] = 0.0);
                (a[k][k], b[k]) = (1.0, 0.0);
                continue;
            }
            for i in k + 1..n {
                let factor = a[i][k] / a[k][k];
                if factor != 0.0 {
                    (k..n).for_each(|j| a[i][j] -= factor * a[k][j]);
                    b[i] -= factor * b[k];
                }
            }
        }
        let mut x = vec![0.0; n];
        for k in (0..n).rev() {
            let known: f64 = (k + 1..n).map(|j| a[k][j] * x[j]).sum();
            x[k] = (b[k] - known) / a[k][k];
        }
        x
    }
}
