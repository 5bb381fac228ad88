//! Geodesic tortuosity: straight and inclined channels, dead ends, corners.

use crate::{media::blobs, shapes::slanted_strip};
use ndarray::Array3;
use voxion::microstructure::{
    Axis, Volume,
    measure::{geodesic::geodesic, phases::phases},
};

fn channel(shape: [usize; 3], inside: impl Fn([usize; 3]) -> bool) -> Volume {
    let labels = Array3::from_shape_fn(shape, |(z, y, x)| u8::from(inside([z, y, x])));
    Volume::from_labels(&labels)
}

#[test]
fn a_straight_channel_is_as_long_as_the_volume() {
    for axis in Axis::ALL {
        let volume = channel([9, 10, 11], |place| {
            let across = [(axis.index() + 1) % 3, (axis.index() + 2) % 3];
            across.iter().all(|&k| (3..6).contains(&place[k]))
        });
        let ways = geodesic(&volume.with_spacing([3e-9, 2e-9, 1e-9])).unwrap();
        let along = ways[1][axis.index()].unwrap();
        assert!((along.tortuosity - 1.0).abs() < 1e-6, "{along:?}");
        assert_eq!(along.reached, 1.0);
        assert!(
            ways[1]
                .iter()
                .enumerate()
                .all(|(k, way)| way.is_some() == (k == axis.index()))
        );
    }
}

/// One voxel to the side per layer: diagonal steps but for half a voxel at either end. Blocked walls on both sides.
#[test]
fn an_inclined_channel_is_longer_by_its_slope() {
    let layers = 40;
    let volume = channel([layers, layers + 2, 3], |[z, y, _]| (z..z + 2).contains(&y));
    let way = geodesic(&volume).unwrap()[1][0].unwrap();
    // The shortest ways from the two voxels of the first layer to those of the last.
    let steps = (layers - 1) as f64;
    let near = (steps - 1.0) * 2f64.sqrt() + 1.0 + 1.0;
    let far = steps * 2f64.sqrt() + 1.0;
    let exact = (near + far) / 2.0 / layers as f64;
    assert!((way.tortuosity - exact).abs() < 1e-5, "{way:?} {exact}");
    assert!((way.shortest - near / layers as f64).abs() < 1e-5);
    let wrong = 2f64.sqrt() * 1.1;
    assert!(
        (way.tortuosity - wrong).abs() > 0.05,
        "the test of the test"
    );
}

/// Voxels that touch along an edge alone do not percolate, so no way may lead through.
#[test]
fn no_way_squeezes_between_voxels() {
    let volume = channel([6, 6, 3], |[z, y, _]| z == y);
    assert!(geodesic(&volume).unwrap()[1][0].is_none());
    assert_eq!(phases(&volume)[1].percolating, [0.0, 0.0, 1.0]);
    let space = slanted_strip();
    let way = geodesic(&space).unwrap()[1][0].unwrap();
    assert!((way.tortuosity - 3f64.sqrt()).abs() < 0.08, "{way:?}");
}

#[test]
fn ways_lead_through_where_phases_percolate() {
    for seed in 0..20 {
        let volume = blobs([20, 22, 18], 1, 0.8, seed);
        let ways = geodesic(&volume).unwrap();
        for (phase, ways) in phases(&volume).iter().zip(ways) {
            for (percolating, way) in phase.percolating.iter().zip(ways) {
                assert_eq!(*percolating > 0.0, way.is_some());
                assert!(way.is_none_or(|way| way.tortuosity >= 1.0 - 1e-6));
            }
        }
    }
}
