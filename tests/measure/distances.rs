//! Distance transform against brute force, local thickness of slabs and spheres, chords and correlation of stripes.

use crate::{media::noise, shapes::laminate, surfaces::sphere};
use ndarray::Array3;
use proptest::prelude::*;
use voxion::microstructure::{
    Axis, Volume,
    measure::{
        chords::chords, distance::distances, distribution::Distribution,
        thickness::local_thickness, two_point::correlation,
    },
};

/// Squared distance to the nearest voxel of another code, by trying all.
fn by_trying(volume: &Volume, code: u8, edges: [f64; 3]) -> Array3<f64> {
    let outside: Vec<_> = volume
        .codes()
        .indexed_iter()
        .filter(|&(_, &other)| other != code)
        .map(|(place, _)| place)
        .collect();
    Array3::from_shape_fn(volume.codes().dim(), |(z, y, x)| {
        let to = |&(a, b, c): &(usize, usize, usize)| {
            let steps = [a.abs_diff(z), b.abs_diff(y), c.abs_diff(x)];
            let squares = steps
                .iter()
                .zip(edges)
                .map(|(&s, e)| (s as f64 * e).powi(2));
            squares.sum::<f64>()
        };
        outside.iter().map(to).fold(f64::INFINITY, f64::min)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn distances_are_those_of_brute_force(
        seed in any::<u64>(),
        shape in prop::array::uniform3(1usize..14),
        fraction in 0.5..0.99f64,
    ) {
        let volume = noise(shape, fraction, seed);
        let exact = by_trying(&volume, 0, [1.0; 3]);
        let found = distances(&volume, 0);
        prop_assert!(found.squared.iter().zip(&exact).all(|(&a, &b)| f64::from(a) == b));
        // The test of the test: one voxel more outside is seen.
        if let Some(inside) = volume.codes().iter().position(|&code| code == 0) {
            let mut codes = volume.codes().clone();
            codes.as_slice_mut().unwrap()[inside] = 1;
            let other = distances(&Volume::from_codes(codes, vec![0, 1]), 0);
            prop_assert!(other.squared != found.squared);
        }
        let edges = [3.0, 1.0, 1.7];
        let exact = by_trying(&volume, 0, edges);
        let found = distances(&volume.with_spacing(edges.map(|e| e * 1e-9)), 0);
        for (&a, &b) in found.squared.iter().zip(&exact) {
            prop_assert!(f64::from(a) == b || (f64::from(a) / b - 1.0).abs() < 1e-6, "{a} {b}");
        }
    }
}

/// Even and odd widths, along each axis, with a wall on either side.
#[test]
fn a_slab_is_as_thick_as_it_is() {
    for axis in Axis::ALL {
        for width in [1, 2, 3, 4, 7, 10, 15] {
            let volume = laminate([21, 21, 21], axis, &[(1, 3), (0, width), (1, 18)]);
            let volume = volume.with_spacing([20e-9; 3]);
            let thickness = local_thickness(&volume, 0).unwrap().unwrap();
            let exact = width as f64 * 20e-9;
            for (&code, &found) in volume.codes().iter().zip(&thickness) {
                let expected = if code == 0 { exact } else { 0.0 };
                assert!(
                    (f64::from(found) - expected).abs() < 1e-6 * exact,
                    "{width}: {found}"
                );
            }
        }
    }
}

#[test]
fn a_sphere_is_as_thick_as_its_diameter() {
    for radius in [6.0, 9.5, 14.0] {
        let volume = sphere(34, radius);
        let thickness = local_thickness(&volume, 1).unwrap().unwrap();
        let spread = Distribution::of_positive(thickness.as_slice().unwrap()).unwrap();
        // A voxel beyond a curved surface may be as near as the surface: up to one voxel too little.
        let [mean, middle] = [spread.mean, spread.percentiles[1]].map(|found| found - 2.0 * radius);
        assert!((-1.1..0.1).contains(&middle), "{radius}: {spread:?}");
        assert!((-1.3..0.1).contains(&mean), "{radius}: {spread:?}");
        assert_eq!(spread.count, volume.counts()[1]);
    }
}

/// Every sphere, painted without any short cut.
fn thickness_by_trying(volume: &Volume, code: u8) -> Array3<f64> {
    let squared = by_trying(volume, code, [1.0; 3]);
    let mut thickness = Array3::zeros(squared.dim());
    for ((cz, cy, cx), &radius) in squared.indexed_iter().filter(|(_, d)| **d > 0.0) {
        for ((z, y, x), value) in thickness.indexed_iter_mut() {
            let steps = [cz.abs_diff(z), cy.abs_diff(y), cx.abs_diff(x)];
            if ((steps.iter().map(|s| s * s).sum::<usize>()) as f64) < radius {
                *value = f64::max(*value, 2.0 * radius.sqrt() - 1.0);
            }
        }
    }
    thickness
}

/// Each voxel as eight.
fn refined(volume: &Volume) -> Volume {
    let [z, y, x] = volume.shape().map(|length| 2 * length);
    let codes = volume.codes();
    let fine = Array3::from_shape_fn((z, y, x), |(z, y, x)| codes[[z / 2, y / 2, x / 2]]);
    Volume::from_codes(fine, volume.labels().to_vec())
}

fn mean(thickness: impl Iterator<Item = f64>) -> f64 {
    let values: Vec<f64> = thickness.filter(|value| *value > 0.0).collect();
    values.iter().sum::<f64>() / values.len() as f64
}

/// What is left out, and what is found between voxels, changes little against all spheres round all voxels, and round all
/// eighths of voxels, where it comes nearer to the truth.
#[test]
fn few_spheres_do_for_all() {
    for seed in 0..4 {
        let volume = crate::media::blobs([14, 13, 12], 2, 0.6, seed);
        let found = local_thickness(&volume, 1).unwrap().unwrap();
        let exact = thickness_by_trying(&volume, 1);
        for (&found, &exact) in found.iter().zip(&exact) {
            assert_eq!(found > 0.0, exact > 0.0);
        }
        let found = mean(found.iter().map(|&value| f64::from(value)));
        let fine = mean(thickness_by_trying(&refined(&volume), 1).into_iter()) / 2.0;
        let coarse = mean(exact.into_iter());
        assert!((found / coarse - 1.0).abs() < 0.08, "{found} {coarse}");
        assert!((found / fine - 1.0).abs() < 0.1, "{found} {fine}");
    }
}

#[test]
fn a_phase_without_end_has_no_thickness() {
    let volume = Volume::from_labels(&Array3::from_elem([4; 3], 3));
    assert!(local_thickness(&volume, 0).unwrap().is_none());
}

#[test]
fn chords_of_stripes_are_their_widths() {
    for axis in Axis::ALL {
        let volume = laminate([30, 30, 30], axis, &[(0, 3), (1, 7)]);
        let found = chords(&volume.with_spacing([2e-9; 3]), axis);
        // Stripes of 3 at 0, 10, 20, of 7 at 3, 13, 23; the first and the last are cut.
        assert_eq!((found[0].counts[3], found[0].cut), (2 * 900, 900));
        assert_eq!((found[1].counts[7], found[1].cut), (2 * 900, 900));
        assert!((found[0].mean().unwrap() - 6e-9).abs() < 1e-18);
        // The test of the test: a stripe that is one voxel wider is seen.
        let wider = laminate([30, 30, 30], axis, &[(0, 4), (1, 6)]);
        assert_ne!(chords(&wider, axis)[0].counts[3], found[0].counts[3]);
        assert_eq!(found[0].deviation().unwrap(), 0.0);
        let other = Axis::ALL[(axis.index() + 1) % 3];
        let along = chords(&volume_along(axis), other);
        assert_eq!((along[0].count(), along[0].mean()), (0, None));
    }
}

fn volume_along(axis: Axis) -> Volume {
    laminate([30, 30, 30], axis, &[(0, 3), (1, 7)])
}

/// Stripes of one half and the other, period 20: S2 is a triangle wave between 1/2 and 0.
#[test]
fn two_point_correlation_of_stripes_is_a_triangle() {
    for axis in Axis::ALL {
        let volume = laminate([200, 200, 200], axis, &[(0, 10), (1, 10)]);
        let found = correlation(&volume, 1, axis);
        assert_eq!(found.s2.len(), 101);
        for (lag, s2) in found.s2.iter().enumerate() {
            // All pairs inside 200 voxels, by hand.
            let inside = (0..200 - lag).filter(|i| i / 10 % 2 == 1 && (i + lag) / 10 % 2 == 1);
            let exact = inside.count() as f64 / (200 - lag) as f64;
            assert!((s2 - exact).abs() < 1e-14, "{lag}: {s2} {exact}");
        }
        // The test of the test: another period is seen.
        let other = laminate([200, 200, 200], axis, &[(0, 11), (1, 10)]);
        assert!((correlation(&other, 1, axis).s2[20] - found.s2[20]).abs() > 0.01);
        let across = Axis::ALL[(axis.index() + 1) % 3];
        assert!(
            correlation(&volume, 1, across)
                .s2
                .iter()
                .all(|s2| *s2 == 0.5)
        );
    }
}

#[test]
fn the_correlation_at_0_is_the_fraction() {
    for seed in 0..3 {
        let volume = noise([67, 13, 130], 0.3, seed);
        let total = volume.codes().len() as f64;
        for axis in Axis::ALL {
            for (code, count) in (0u8..).zip(volume.counts()) {
                let s2 = correlation(&volume, code, axis).s2;
                assert_eq!(s2[0], count as f64 / total);
                // Independent voxels: phi^2 at once.
                let fraction = s2[0];
                assert!((s2[1] - fraction * fraction).abs() < 0.01, "{}", s2[1]);
            }
        }
    }
}
