//! Do the corrected areas of voxel faces add up to the area of the smooth surface that they stand for?

use ndarray::Array3;
use std::f64::consts::PI;
use voxion::microstructure::{Axis, Interfaces, Volume, connectivity::Wraps};

/// Corrected and plain area of all faces of a periodic volume, in square voxels.
fn areas(volume: &Volume, grains: Option<&Array3<u32>>) -> [f64; 2] {
    let interfaces = Interfaces::new(volume, [Wraps::Yes; 3]).with_grains(grains);
    let part = |voxel: [usize; 3]| (volume.codes()[voxel], grains.map(|grains| grains[voxel]));
    let shape = volume.shape();
    let mut sums = [0.0; 2];
    for ((z, y, x), _) in volume.codes().indexed_iter() {
        for axis in Axis::ALL {
            let here = [z, y, x];
            let mut next = here;
            next[axis.index()] = (next[axis.index()] + 1) % shape[axis.index()];
            if part(here) != part(next) {
                sums[0] += interfaces.area_factor(here, axis);
                sums[1] += 1.0;
            }
        }
    }
    sums
}

fn volume(size: usize, inside: impl Fn([f64; 3]) -> bool) -> Volume {
    let centre = |i: usize| f64::from(u32::try_from(i).expect("small")) + 0.5;
    Volume::from_labels(&Array3::from_shape_fn((size, size, size), |(z, y, x)| {
        u8::from(inside([z, y, x].map(centre)))
    }))
}

fn within(found: f64, expected: f64, allowed: f64) -> Result<(), String> {
    let error = found / expected - 1.0;
    if error.abs() <= allowed {
        Ok(())
    } else {
        Err(format!(
            "{found} instead of {expected}: {:+.2} %",
            100.0 * error
        ))
    }
}

/// The corrected area is right to this part, the number of faces is not.
fn check([corrected, faces]: [f64; 2], expected: f64, allowed: f64) {
    println!(
        "{:+.2} % corrected, {:+.2} % plain",
        100.0 * (corrected / expected - 1.0),
        100.0 * (faces / expected - 1.0)
    );
    within(corrected, expected, allowed).unwrap();
    within(faces, expected, allowed).expect_err("plain faces are the wrong area");
}

#[test]
fn planes_of_any_tilt_have_their_true_area() {
    let size = 40.0;
    for normal in [
        [1.0, 1.0, 0.0],
        [1.0, 1.0, 1.0],
        [2.0, 1.0, 0.0],
        [2.0, 2.0, 1.0],
        [1.0, 3.0, 2.0],
    ] {
        let slabs = volume(40, |at| {
            let phase: f64 = at.iter().zip(normal).map(|(a, n)| a * n / size).sum();
            (phase + 0.13).fract() < 0.5
        });
        let length = normal.iter().map(|n: &f64| n * n).sum::<f64>().sqrt();
        check(areas(&slabs, None), 2.0 * length * size * size, 0.015);
    }
}

#[test]
fn planes_along_the_grid_are_counted_whole() {
    let slabs = volume(12, |[z, ..]| z < 5.0);
    assert_eq!(areas(&slabs, None), [2.0 * 144.0; 2]);
}

#[test]
fn spheres_and_cylinders_have_their_true_area() {
    for radius in [3.0, 5.3, 9.0, 14.0] {
        let centre = [18.1, 18.4, 17.8];
        let squares = |at: [f64; 3], axes: &[usize]| {
            let square = |&k: &usize| (at[k] - centre[k]) * (at[k] - centre[k]);
            axes.iter().map(square).sum::<f64>()
        };
        let sphere = volume(36, |at| squares(at, &[0, 1, 2]) <= radius * radius);
        check(areas(&sphere, None), 4.0 * PI * radius * radius, 0.03);
        let cylinder = volume(36, |at| squares(at, &[0, 2]) <= radius * radius);
        check(areas(&cylinder, None), 2.0 * PI * radius * 36.0, 0.04);
    }
}

/// Grains of one phase, told apart by their ids alone.
#[test]
fn grain_boundaries_have_the_normal_of_the_grains() {
    let labels = Array3::from_elem((40, 40, 40), 1u8);
    let volume = Volume::from_labels(&labels);
    let grains = Array3::from_shape_fn((40, 40, 40), |(z, y, x)| {
        u32::from((2 * z + y + 2 * x) % 40 < 20)
    });
    let expected = 2.0 * 3.0 * 40.0 * 40.0;
    check(areas(&volume, Some(&grains)), expected, 0.015);
}
