//! Percolation of every label by itself: which part of its voxels lies in clusters that join both ends of an axis.
//!
//! Voxels are neighbours where they share a face. One pass fills cluster after cluster and notes which of the six sides
//! each touches, so all labels and all axes cost one visit per voxel. It describes a volume before anyone has said what
//! conducts; the solver has its own connectivity, which follows conductivities.

use super::{Axis, Volume};

/// The percolating part of each code's voxels along (z, y, x), from 0 to 1; 0 for a code without voxels.
pub fn percolating_fractions(volume: &Volume) -> Vec<[f64; 3]> {
    let mut fill = Fill::new(volume);
    let mut joined = vec![[0usize; 3]; volume.labels().len()];
    for start in 0..fill.codes.len() {
        let Some(cluster) = fill.cluster(start) else {
            continue;
        };
        for axis in Axis::ALL {
            if cluster.touches[axis.index()] == [true; 2] {
                joined[usize::from(fill.codes[start])][axis.index()] += cluster.voxels;
            }
        }
    }
    let counts = volume.counts().into_iter().map(|count| count.max(1) as f64);
    joined
        .into_iter()
        .zip(counts)
        .map(|(part, count)| part.map(|n| n as f64 / count))
        .collect()
}

/// Connected voxels of one label.
#[derive(Default)]
struct Cluster {
    voxels: usize,
    /// Whether it touches the first and the last layer along (z, y, x).
    touches: [[bool; 2]; 3],
}

/// A flood fill over a volume.
struct Fill<'a> {
    codes: &'a [u8],
    shape: [usize; 3],
    strides: [usize; 3],
    visited: Vec<bool>,
    front: Vec<usize>,
}

impl<'a> Fill<'a> {
    fn new(volume: &'a Volume) -> Self {
        let shape = volume.shape();
        let codes = volume.codes().as_slice().unwrap_or_default();
        let strides = [shape[1] * shape[2], shape[2], 1];
        Self {
            codes,
            shape,
            strides,
            visited: vec![false; codes.len()],
            front: Vec::new(),
        }
    }

    /// The cluster of a voxel, unless it was filled before.
    fn cluster(&mut self, start: usize) -> Option<Cluster> {
        let mut cluster = Cluster::default();
        self.visit(start, self.codes[start]);
        while let Some(voxel) = self.front.pop() {
            cluster.voxels += 1;
            for (axis, sides) in cluster.touches.iter_mut().enumerate() {
                let (stride, length) = (self.strides[axis], self.shape[axis]);
                let place = voxel / stride % length;
                match place {
                    0 => sides[0] = true,
                    _ => self.visit(voxel - stride, self.codes[start]),
                }
                match place + 1 == length {
                    true => sides[1] = true,
                    false => self.visit(voxel + stride, self.codes[start]),
                }
            }
        }
        (cluster.voxels > 0).then_some(cluster)
    }

    fn visit(&mut self, voxel: usize, code: u8) {
        if self.codes[voxel] == code && !self.visited[voxel] {
            self.visited[voxel] = true;
            self.front.push(voxel);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array3;

    #[test]
    fn a_strip_percolates_along_itself_alone_and_an_islet_nowhere() {
        let labels = Array3::from_shape_fn((4, 5, 6), |(z, y, x)| match (z, y, x) {
            (_, 1, 1) => 7,
            (2, 3, 4) => 7,
            _ => 0,
        });
        let fractions = percolating_fractions(&Volume::from_labels(&labels));
        assert_eq!(fractions, [[1.0; 3], [0.8, 0.0, 0.0]]);
    }

    #[test]
    fn voxels_that_share_an_edge_alone_are_no_neighbours() {
        let labels = Array3::from_shape_fn((4, 4, 4), |(z, y, _)| u8::from(z == y));
        let fractions = percolating_fractions(&Volume::from_labels(&labels));
        assert_eq!(fractions[1], [0.0, 0.0, 1.0]);
    }
}
