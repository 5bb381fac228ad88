//! Voxels that are no cubes (5:1:1, along any axis): lengths, areas and widths against formulas.

use crate::{
    media::{blobs, noise},
    shapes::laminate,
};
use ndarray::Array3;
use std::f64::consts::{FRAC_PI_4, PI, SQRT_2};
use voxion::microstructure::{
    Axis, Volume,
    measure::{
        area::Areas,
        chords::chords,
        distribution::Distribution,
        geodesic::geodesic,
        representative::{integral_range, study},
        thickness::local_thickness,
        triple_line::triple_lines,
        two_point::correlation,
    },
};

/// Edges of 500 x 100 x 100 nm, the long one along each axis.
const EDGES: [[f64; 3]; 3] = [[5e-7, 1e-7, 1e-7], [1e-7, 5e-7, 1e-7], [1e-7, 1e-7, 5e-7]];

/// Label 1 where the point (z, y, x) in metres, counted from the middle, belongs to a body; voxels of these edges in a box
/// of this half width along each axis.
fn body(edges: [f64; 3], half: [f64; 3], inside: impl Fn([f64; 3]) -> bool) -> Volume {
    let shape: [usize; 3] = std::array::from_fn(|k| voxels(2.0 * half[k] / edges[k]));
    let centre =
        |k: usize, i: usize| (i as f64 + 0.5 - shape[k] as f64 / 2.0) * edges[k] + 0.31 * edges[k];
    let labels = Array3::from_shape_fn(shape, |(z, y, x)| {
        u8::from(inside([centre(0, z), centre(1, y), centre(2, x)]))
    });
    Volume::from_labels(&labels).with_spacing(edges)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a small positive number"
)]
fn voxels(count: f64) -> usize {
    count.ceil() as usize
}

fn sphere(edges: [f64; 3], radius: f64) -> Volume {
    let half = edges.map(|edge| radius + 1.5 * edge);
    body(edges, half, |p| {
        p.iter().map(|c| c * c).sum::<f64>() <= radius * radius
    })
}

fn thickness(volume: &Volume, code: u8) -> Distribution {
    let found = local_thickness(volume, code).unwrap().unwrap();
    Distribution::of_positive(found.as_slice().unwrap()).unwrap()
}

fn within(value: f64, exact: f64, error: std::ops::Range<f64>) {
    let found = value / exact - 1.0;
    assert!(
        error.contains(&found),
        "{value:e} for {exact:e}: {found:+.4}"
    );
}

#[test]
fn slabs_are_as_thick_as_they_are() {
    for edges in EDGES {
        for axis in Axis::ALL {
            for width in [1, 2, 3, 5, 8] {
                let volume = laminate([19, 20, 21], axis, &[(1, 3), (0, width), (1, 18)]);
                let exact = width as f64 * edges[axis.index()];
                let volume = volume.with_spacing(edges);
                let found = local_thickness(&volume, 0).unwrap().unwrap();
                for (&code, &found) in volume.codes().iter().zip(&found) {
                    let expected = if code == 0 { exact } else { 0.0 };
                    assert!(
                        (f64::from(found) - expected).abs() < 1e-6 * exact,
                        "{found}"
                    );
                }
                // The test of the test: the cube root of the voxel's volume instead of its edge is seen.
                let root = edges.iter().product::<f64>().cbrt();
                let wrong = exact + edges[axis.index()] - root;
                assert!((wrong - exact).abs() > 1e-3 * exact);
            }
        }
    }
}

/// The nearest voxel outside may be as near as the surface: up to its extent too thin.
#[test]
fn spheres_and_cylinders_have_their_diameters() {
    for edges in EDGES {
        for radius in [2e-6, 3e-6] {
            let found = thickness(&sphere(edges, radius), 1);
            within(found.percentiles[1], 2.0 * radius, -0.12..0.04);
            within(found.mean, 2.0 * radius, -0.15..0.03);
        }
        for axis in Axis::ALL {
            let mut half = edges.map(|edge| 2e-6 + 1.5 * edge);
            half[axis.index()] = 4.0 * edges[axis.index()];
            let cylinder = body(edges, half, |p| {
                let across = (0..3).filter(|&k| k != axis.index());
                across.map(|k| p[k] * p[k]).sum::<f64>() <= 4e-12
            });
            let found = thickness(&cylinder, 1);
            within(found.percentiles[1], 4e-6, -0.12..0.04);
            within(found.mean, 4e-6, -0.15..0.03);
        }
    }
    // The test of the test: a voxel size that is not the one of the body.
    let wrong = sphere(EDGES[0], 2e-6).with_spacing([4e-7, 1e-7, 1e-7]);
    assert!((thickness(&wrong, 1).mean / 4e-6 - 1.0).abs() > 0.15);
}

/// All spheres round all voxels, painted without any short cut.
#[test]
fn few_spheres_do_for_all() {
    for (seed, edges) in (0..).zip(EDGES) {
        let volume = blobs([14, 13, 12], 2, 0.6, seed).with_spacing(edges);
        let places: Vec<([usize; 3], u8)> = volume
            .codes()
            .indexed_iter()
            .map(|((z, y, x), &code)| ([z, y, x], code))
            .collect();
        let apart = |a: [usize; 3], b: [usize; 3]| -> [f64; 2] {
            let steps = [0, 1, 2].map(|k| a[k].abs_diff(b[k]) as f64);
            let squares = (0..3).map(|k| (steps[k] * edges[k]).powi(2));
            [
                squares.sum::<f64>().sqrt(),
                steps.map(|s| s * s).iter().sum::<f64>().sqrt(),
            ]
        };
        let mut exact = Array3::<f64>::zeros(volume.codes().dim());
        for &(centre, _) in places.iter().filter(|(_, code)| *code == 1) {
            let walls = places.iter().filter(|(_, code)| *code == 0);
            let walls: Vec<[f64; 2]> = walls.map(|&(wall, _)| apart(centre, wall)).collect();
            let radius = walls
                .iter()
                .map(|wall| wall[0])
                .fold(f64::INFINITY, f64::min);
            let touched = walls.iter().filter(|wall| wall[0] < radius * (1.0 + 1e-9));
            let steps = touched.map(|wall| wall[1]).fold(0.0, f64::max);
            let diameter = 2.0 * radius - radius / steps;
            for &(place, _) in &places {
                if apart(centre, place)[0] < radius * (1.0 - 1e-9) {
                    exact[place] = exact[place].max(diameter);
                }
            }
        }
        let exact = exact.iter().sum::<f64>() / volume.counts()[1] as f64;
        within(thickness(&volume, 1).mean, exact, -0.08..0.1);
    }
}

/// Radius of the sphere in longest edges, and the errors that docs/measures.md states for it.
#[test]
fn spheres_have_their_area() {
    for edges in EDGES {
        for (layers, error) in [(2.0, -0.08..0.01), (4.0, -0.03..0.01), (8.0, -0.012..0.006)] {
            let radius = layers * 5e-7;
            let areas = Areas::of(&sphere(edges, radius));
            within(areas.between(0, 1), 4.0 * PI * radius * radius, error);
        }
    }
    let wrong = Areas::of(&sphere(EDGES[0], 1.03 * 4e-6)).between(0, 1);
    assert!(
        (wrong / (4.0 * PI * 16e-12) - 1.0).abs() > 0.03,
        "the test of the test"
    );
}

/// A round bar that ends in the sides of the volume: what is seen of it does not depend on how it lies in the voxels.
#[test]
fn bars_have_their_area() {
    for edges in EDGES {
        for axis in Axis::ALL {
            let (radius, k) = (3e-6, axis.index());
            let mut half = edges.map(|edge| radius + 1.5 * edge);
            half[k] = 12.0 * edges[k];
            let bar = body(edges, half, |p| {
                let across = (0..3).filter(|&other| other != k);
                across.map(|k| p[k] * p[k]).sum::<f64>() <= radius * radius
            });
            let length = bar.shape()[k] as f64 * edges[k];
            let exact = 2.0 * PI * radius * length;
            within(Areas::of(&bar).between(0, 1), exact, -0.07..0.02);
        }
    }
}

/// Planes at all tilts about an axis: the bias is that of cubes, -7.4 to +2.4 %, and not -23 to +10 %.
#[test]
fn planes_have_their_area_at_any_tilt() {
    for edges in EDGES {
        for (a, b) in [(0, 1), (1, 2), (0, 2)] {
            for tilt in [0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0] {
                let (sine, cosine) = (tilt * FRAC_PI_4).sin_cos();
                let half = edges.map(|edge| 24.0 * edge.max(2e-7));
                let volume = body(edges, half, |p| p[a] * cosine + p[b] * sine < 0.0);
                // What lies inside the box, by the length of the trace across it.
                let size: [f64; 3] = std::array::from_fn(|k| volume.shape()[k] as f64 * edges[k]);
                let shift: [f64; 3] = edges.map(|edge| 0.31 * edge);
                let trace = trace([size[a], size[b]], [shift[a], shift[b]], [cosine, sine]);
                let exact = trace * size[3 - a - b];
                within(Areas::of(&volume).between(0, 1), exact, -0.085..0.035);
            }
        }
    }
}

/// Length of the line `n . p = 0` in a rectangle of this size whose middle lies at `shift`.
fn trace(size: [f64; 2], shift: [f64; 2], normal: [f64; 2]) -> f64 {
    let along = [-normal[1], normal[0]];
    let (mut from, mut to) = (f64::NEG_INFINITY, f64::INFINITY);
    for k in 0..2 {
        let ends = [shift[k] - size[k] / 2.0, shift[k] + size[k] / 2.0];
        if along[k].abs() > 1e-12 {
            let cuts = ends.map(|end| end / along[k]);
            from = f64::max(from, cuts[0].min(cuts[1]));
            to = f64::min(to, cuts[0].max(cuts[1]));
        }
    }
    to - from
}

#[test]
fn chords_and_correlation_of_stripes_are_their_widths() {
    for edges in EDGES {
        for axis in Axis::ALL {
            let edge = edges[axis.index()];
            let mut shape = [8; 3];
            shape[axis.index()] = 400;
            let volume = laminate(shape, axis, &[(0, 4), (1, 6)]).with_spacing(edges);
            let found = chords(&volume, axis);
            assert!((found[0].mean().unwrap() / (4.0 * edge) - 1.0).abs() < 1e-12);
            assert!((found[1].mean().unwrap() / (6.0 * edge) - 1.0).abs() < 1e-12);
            let found = correlation(&volume, 1, axis);
            assert!((found.edge / edge - 1.0).abs() < 1e-15);
            // S2 falls from 0.6 to 0.36 + 0.24 / e at the start of a triangle of slope -1 / period.
            let exact = (0.24 - 0.24 / 1f64.exp()) * 10.0 * edge;
            within(found.length().unwrap(), exact, -0.03..0.03);
        }
    }
}

/// A channel at 45 degrees in metres, in the plane of a long and a short edge.
#[test]
fn an_inclined_channel_is_longer_by_its_slope() {
    for edges in EDGES {
        let long = edges.iter().position(|&edge| edge > 2e-7).unwrap();
        let short = (long + 1) % 3;
        let half: [f64; 3] = std::array::from_fn(|k| match k {
            k if k == long => 10e-6,
            k if k == short => 11e-6,
            _ => 2.0 * edges[k],
        });
        let channel = body(edges, half, |p| (p[long] - p[short]).abs() < 7e-7);
        let way = geodesic(&channel).unwrap()[1][long].unwrap();
        within(way.tortuosity, SQRT_2, -0.05..0.03);
        // The test of the test: steps to 26 neighbours of flat voxels would be 29 % too long.
        assert!((9.1 / 50f64.sqrt() - 1.0) > 0.2);
    }
}

/// Lines of three phases: exact along the grid; at 45 degrees in metres at most 29 % too long, as documented.
#[test]
fn triple_lines_are_as_long_as_documented() {
    for edges in EDGES {
        let long = edges.iter().position(|&edge| edge > 2e-7).unwrap();
        let (short, across) = ((long + 1) % 3, (long + 2) % 3);
        let mut shape = [100; 3];
        shape[long] = 20;
        shape[across] = 4;
        let labels = Array3::from_shape_fn(shape, |(z, y, x)| {
            let place = [z, y, x];
            match (5 * place[long] + place[short] < 100, place[across] < 2) {
                (true, _) => 0,
                (false, true) => 1,
                (false, false) => 2,
            }
        });
        let volume = Volume::from_labels(&labels).with_spacing(edges);
        let found = triple_lines(&volume)[&[0, 1, 2]];
        within(found.smoothed, SQRT_2 * 20.0 * 5e-7, 0.2..0.29);
        within(found.edges, 2.0 * 20.0 * 5e-7, -0.06..0.01);
    }
}

/// Boxes are as near to cubes as whole voxels allow, and scatter as their number of voxels says.
#[test]
fn representative_boxes_are_cubes_in_metres() {
    for edges in EDGES {
        let shape = edges.map(|edge| if edge > 2e-7 { 24 } else { 120 });
        let volume = noise(shape, 0.3, 11).with_spacing(edges);
        let study = study(&volume);
        assert!(study.len() > 2);
        for size in &study {
            let metres: [f64; 3] = std::array::from_fn(|k| size.shape[k] as f64 * edges[k]);
            assert!(
                metres
                    .iter()
                    .all(|edge| (edge / metres[0] - 1.0).abs() < 1e-9)
            );
            assert!((metres[0] / (size.edge as f64 * 5e-7) - 1.0).abs() < 1e-9);
            let voxels: usize = size.shape.iter().product();
            let exact = (0.21 / voxels as f64).sqrt();
            let own = 1.0 / (2.0 * (size.cubes as f64 - 1.0)).sqrt();
            let ratio = size.fraction[1].deviation / exact;
            assert!((ratio - 1.0).abs() < 4.0 * own + 0.01, "{size:?}: {ratio}");
        }
        let range = integral_range(&study, 1).unwrap();
        assert!((0.1..4.0).contains(&range), "{range}");
    }
}
