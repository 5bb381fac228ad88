//! The microstructures of the known answers, as formulas. Voxel `i` has its centre at `i + 1/2`.

use ndarray::Array3;
use voxion::microstructure::{Axis, Volume};

/// Centre of a voxel along each array axis, in voxels.
#[expect(
    clippy::cast_precision_loss,
    reason = "a voxel index of a test is small"
)]
fn centre(index: (usize, usize, usize)) -> [f64; 3] {
    [
        index.0 as f64 + 0.5,
        index.1 as f64 + 0.5,
        index.2 as f64 + 0.5,
    ]
}

fn squared_distance(a: [f64; 3], b: [f64; 3]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum()
}

/// Label 1 where `inside` the indices, else 0.
fn two_phases(shape: [usize; 3], inside: impl Fn([usize; 3]) -> bool) -> Volume {
    let labels = Array3::from_shape_fn(shape, |(z, y, x)| u8::from(inside([z, y, x])));
    Volume::from_labels(&labels)
}

/// One label, 1.
pub(crate) fn uniform(shape: [usize; 3]) -> Volume {
    two_phases(shape, |_| true)
}

/// Layers across an axis, repeated until the shape is filled: each entry a label and its thickness in voxels.
pub(crate) fn laminate(shape: [usize; 3], axis: Axis, layers: &[(u8, usize)]) -> Volume {
    let period: Vec<u8> = layers
        .iter()
        .flat_map(|&(label, thickness)| vec![label; thickness])
        .collect();
    let labels = Array3::from_shape_fn(shape, |(z, y, x)| {
        period[[z, y, x][axis.index()] % period.len()]
    });
    Volume::from_labels(&labels)
}

/// A bar of 3 x 2 voxels along z in a void; `gap` is a layer without it.
pub(crate) fn bar(gap: Option<usize>) -> Volume {
    two_phases([11, 8, 9], |[z, y, x]| {
        gap != Some(z) && (2..5).contains(&y) && (4..6).contains(&x)
    })
}

/// The bar with a comb of dead ends: arms that leave it and touch neither an electrode nor each other.
pub(crate) fn bar_with_dead_ends() -> Volume {
    two_phases([11, 8, 9], |[z, y, x]| {
        let bar = (2..5).contains(&y) && (4..6).contains(&x);
        let arm = z == 5 && y == 3 && x >= 6;
        let island = z == 8 && y == 7 && x == 0;
        bar || arm || island
    })
}

/// 20 x 21 x 21; layer i conducts at rows i, i + 1 and columns i, i + 1.
pub(crate) fn slanted_strip() -> Volume {
    two_phases([20, 21, 21], |[z, y, x]| {
        (z..z + 2).contains(&y) && (z..z + 2).contains(&x)
    })
}

/// Void (label 1) between nearly touching spheres on the corners and face centres of a cube.
#[expect(clippy::cast_precision_loss, reason = "edge lengths are small")]
pub(crate) fn face_centred_void(edge: usize) -> Volume {
    let length = edge as f64;
    let radius = 2f64.sqrt() / 4.0 * length / (1.0 - 0.05 / 2.0);
    let halves = ndarray::indices((3, 3, 3)).into_iter();
    let on_lattice = halves.filter(|&(a, b, c)| {
        let faces = [a, b, c].iter().filter(|&&half| half == 1).count();
        faces == 0 || faces == 2
    });
    let spheres: Vec<[f64; 3]> = on_lattice
        .map(|(a, b, c)| [a, b, c].map(|half| half as f64 * length / 2.0))
        .collect();
    two_phases([edge; 3], |[z, y, x]| {
        let here = centre((z, y, x));
        spheres
            .iter()
            .all(|&sphere| squared_distance(here, sphere) > radius * radius)
    })
}

/// A lattice of equal spheres.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lattice {
    /// One sphere per cell.
    SimpleCubic,
    /// Four spheres per cell.
    FaceCentredCubic,
}

/// The octant of a periodic cell of `2 half` voxels: spheres (label 1) in a matrix (label 0).
///
/// The planes through the sphere centres and half-way between them are mirror planes of both lattices, so a gradient
/// along an axis makes those across it equipotentials and those along it free of flux: the octant with face
/// electrodes and mirror sides has the effective conductivity of the periodic lattice, voxels included.
#[expect(clippy::cast_precision_loss, reason = "edge lengths are small")]
pub(crate) fn sphere_octant(lattice: Lattice, fraction: f64, half: usize) -> Volume {
    let (cell, corner) = (2.0 * half as f64, half as f64);
    let mut spheres = vec![[0.0; 3]];
    if lattice == Lattice::FaceCentredCubic {
        spheres.extend([
            [0.0, corner, corner],
            [corner, 0.0, corner],
            [corner, corner, 0.0],
        ]);
    }
    let volume = fraction * cell.powi(3) / spheres.len() as f64;
    let squared_radius = (volume * 3.0 / (4.0 * std::f64::consts::PI)).powf(2.0 / 3.0);
    two_phases([half; 3], |[z, y, x]| {
        let here = centre((z, y, x));
        spheres
            .iter()
            .any(|&sphere| squared_distance(here, sphere) <= squared_radius)
    })
}

/// Diagonal stripes in the plane of z and y, 64 x 64: label 1 where `floor((z + y) / 16)` is odd.
pub(crate) fn diagonal_stripes() -> Volume {
    two_phases([64, 64, 1], |[z, y, _]| (z + y + 1) / 16 % 2 == 1)
}

/// Diagonal slabs, 64^3: label 1 where `floor((z + y + x) / 32)` is odd, coordinates being voxel *indices*.
///
/// The table of known answers writes 64; only 32 = N/2 and indices give its digits (see docs/validation.md).
pub(crate) fn diagonal_slabs() -> Volume {
    two_phases([64; 3], |[z, y, x]| (z + y + x) / 32 % 2 == 1)
}

/// Zig-zag, 64^3: diagonal stripes of width 32 in the first half of z, mirrored in the second. Label 0 insulates,
/// label 1 conducts in the first half, label 2 is the same stripe in the second half.
pub(crate) fn zigzag() -> Volume {
    let labels = Array3::from_shape_fn([64; 3], |(z, y, _)| {
        let folded = z.min(63 - z);
        match ((folded + y) / 32 % 2 == 1, z < 32) {
            (false, _) => 0,
            (true, true) => 1,
            (true, false) => 2,
        }
    });
    Volume::from_labels(&labels)
}

/// Discs of radius 8 at 8, 34, 60, ... in 200 x 200 pixels, distances measured between pixel indices; label 1 is the
/// rest.
pub(crate) fn disc_lattice() -> Volume {
    let from_centre = |i: usize| {
        let offset = i % 26;
        offset.abs_diff(8).pow(2)
    };
    two_phases([200, 200, 1], |[z, y, _]| {
        from_centre(z) + from_centre(y) >= 64
    })
}

/// A chess-board of tiles of `tile` voxels between the mirror planes of two neighbouring tiles: four quarter tiles.
///
/// A plane through the centres of tiles mirrors the infinite board onto itself, so this cell with face electrodes and
/// mirror sides is the fully periodic board. `tile` must be even.
pub(crate) fn chess_board(tile: usize) -> Volume {
    two_phases([tile, tile, 1], |[z, y, _]| {
        (z < tile / 2) != (y < tile / 2)
    })
}

/// A chess-board of single voxels.
pub(crate) fn voxel_board(shape: [usize; 3]) -> Volume {
    two_phases(shape, |[z, y, x]| (z + y + x) % 2 == 1)
}
