//! Conductivities of periodic arrays of spheres in a matrix of 1, of the continuum.

use super::shapes::Lattice;

/// Conductivities of the spheres; the last one stands for perfect conductors.
pub(crate) const SPHERE: [f64; 6] = [0.0, 0.01, 0.1, 10.0, 100.0, 1e8];

/// Lattice, volume fraction, and the continuum's conductivity for each of [`SPHERE`].
pub(crate) const CONTINUUM: [(Lattice, f64, [f64; 6]); 7] = [
    (
        Lattice::SimpleCubic,
        0.10,
        [0.857112, 0.859145, 0.876693, 1.243339, 1.322682, 1.333559],
    ),
    (
        Lattice::SimpleCubic,
        0.20,
        [0.726703, 0.730434, 0.762798, 1.531724, 1.727953, 1.755876],
    ),
    (
        Lattice::SimpleCubic,
        0.30,
        [0.605661, 0.610880, 0.656290, 1.887740, 2.274567, 2.332885],
    ),
    (
        Lattice::SimpleCubic,
        0.40,
        [0.490110, 0.496763, 0.554625, 2.364431, 3.133363, 3.262566],
    ),
    (
        Lattice::FaceCentredCubic,
        0.10,
        [0.857141, 0.859173, 0.876711, 1.243250, 1.322489, 1.333348],
    ),
    (
        Lattice::FaceCentredCubic,
        0.30,
        [0.608390, 0.613492, 0.658034, 1.872463, 2.236023, 2.289787],
    ),
    (
        Lattice::FaceCentredCubic,
        0.50,
        [0.396538, 0.403870, 0.468361, 2.829953, 3.920242, 4.105738],
    ),
];
