//! Fractions, porosity, components, and how numbers scatter between parts of a volume.

use crate::media::noise;
use ndarray::Array3;
use voxion::microstructure::{
    Volume,
    measure::{
        phases::phases,
        representative::{integral_range, representative, study},
    },
};

/// A closed pore, an open one, and one that joins two sides.
#[test]
fn porosity_is_open_closed_and_through() {
    let labels = Array3::from_shape_fn([10, 8, 9], |place| match place {
        (_, 1, 1) => 0,
        (7.., 6, 6) => 0,
        (4 | 5, 4, 4) => 0,
        _ => 1,
    });
    let pore = phases(&Volume::from_labels(&labels))[0];
    assert_eq!(pore.voxels, 15);
    assert_eq!(pore.components, 3);
    assert!((pore.fraction - 15.0 / 720.0).abs() < 1e-15);
    assert!((pore.open_fraction() - 13.0 / 720.0).abs() < 1e-15);
    assert!((pore.closed_fraction() - 2.0 / 720.0).abs() < 1e-15);
    assert!((pore.largest - 10.0 / 15.0).abs() < 1e-15);
    assert!((pore.percolating[0] - 10.0 / 15.0).abs() < 1e-15);
    assert_eq!(pore.percolating[1..], [0.0, 0.0]);
}

/// Independent voxels: the standard deviation of a fraction is sqrt(phi (1 - phi) / N) to within its own scatter, and the
/// integral range is one voxel.
#[test]
fn the_scatter_of_independent_voxels_falls_as_the_root_of_their_number() {
    let volume = noise([96; 3], 0.3, 11);
    let study = study(&volume);
    assert!(study.len() > 6);
    for size in &study {
        let voxels = (size.edge as f64).powi(3);
        let exact = (0.3f64 * 0.7 / voxels).sqrt();
        let ratio = size.fraction[1].deviation / exact;
        let own = 1.0 / (2.0 * (size.cubes as f64 - 1.0)).sqrt();
        assert!((ratio - 1.0).abs() < 4.0 * own + 0.01, "{size:?}: {ratio}");
        assert!(
            ratio < 2.0 && ratio > 0.4,
            "the test of the test: another power is seen"
        );
    }
    let range = integral_range(&study, 1).unwrap();
    assert!((0.1..4.0).contains(&range), "{range}");
    // 0.7 of the voxels: the spread sqrt(0.3 / 0.7 / V) is 1 % at V = 4286, an edge of 16.2 voxels.
    let found = representative(&study, |size| size.fraction[1], 0.01).unwrap();
    assert!([16, 18, 22, 24].contains(&found.edge.unwrap()), "{found:?}");
    assert!((9.0..30.0).contains(&found.extrapolated), "{found:?}");
}

#[test]
fn a_small_volume_gives_no_study() {
    assert!(!study(&noise([7, 30, 30], 0.5, 1)).is_empty());
    assert!(study(&noise([3, 30, 30], 0.5, 1)).is_empty());
    assert!(study(&noise([4, 4, 30], 0.5, 1)).is_empty());
}
