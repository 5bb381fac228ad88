//! Percolation of every label by itself: which part of its voxels lies in clusters that join both ends of an axis.
//!
//! Voxels are neighbours where they share a face. It describes a volume before anyone has said what conducts; the solver
//! has its own connectivity, which follows conductivities.

use super::{Components, Volume};

/// The percolating part of each code's voxels along (z, y, x), from 0 to 1; 0 for a code without voxels.
pub fn percolating_fractions(volume: &Volume) -> Vec<[f64; 3]> {
    percolating(volume, &Components::of(volume))
}

/// The same from components that are known already.
pub(super) fn percolating(volume: &Volume, components: &Components) -> Vec<[f64; 3]> {
    let mut joined = vec![[0usize; 3]; volume.labels().len()];
    for component in components.all() {
        let code = &mut joined[usize::from(component.code)];
        for (voxels, touches) in code.iter_mut().zip(component.touches) {
            if touches == [true; 2] {
                *voxels += component.voxels;
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
