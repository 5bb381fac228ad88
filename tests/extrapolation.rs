//! Is what `--extrapolate` says nearer to the continuum than the volume's own number, on arrays of spheres?

mod common;

use common::{
    problem::Problem,
    shapes::{Lattice, sphere_octant},
};
use voxion::{
    field::Backend,
    microstructure::{coarsen, connectivity::Wraps},
    physics::conduction::Trend,
};

const SPHERE: [f64; 6] = [0.0, 0.01, 0.1, 10.0, 100.0, 1e8];

/// The continuum's conductivity for each of [`SPHERE`].
const CONTINUUM: [(Lattice, f64, [f64; 6]); 7] = [
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

/// Conductivities at full, half and quarter resolution.
fn trend(lattice: Lattice, fraction: f64, sphere: f64) -> Trend {
    let mut volume = sphere_octant(lattice, fraction, 32);
    let mut values = Vec::new();
    for _ in 0..3 {
        let problem = Problem::new(volume.clone(), &[(0, 1.0), (1, sphere)]);
        values.push(problem.solve(1e-7, &Backend::Host).effective_conductivity);
        volume = coarsen(&volume, [Wraps::No; 3]);
    }
    Trend(values)
}

#[test]
fn extrapolated_sphere_arrays_are_nearer_in_most_rows() {
    let (mut nearer, mut backwards, mut rows) = (0, 0, 0);
    for (lattice, fraction, row) in CONTINUUM {
        for (sphere, continuum) in SPHERE.into_iter().zip(row) {
            let trend = trend(lattice, fraction, sphere);
            let off = |value: f64| 100.0 * (value / continuum - 1.0);
            let (plain, best) = (off(trend.0[0]), off(trend.extrapolated().unwrap()));
            let wrong = off(trend.0[1]);
            println!(
                "{lattice:?} {fraction} sphere {sphere}: {plain:+.2} -> {best:+.2} %, order {:.2?}",
                trend.order()
            );
            nearer += usize::from(best.abs() < plain.abs());
            backwards += usize::from(wrong.abs() < plain.abs());
            rows += 1;
            assert!(
                sphere > 1.0 || best.abs() < 0.5 * plain.abs(),
                "insulating spheres"
            );
        }
    }
    println!("nearer in {nearer} of {rows} rows, half resolution alone in {backwards}");
    assert!(3 * nearer > 2 * rows, "{nearer} of {rows}");
    assert!(
        2 * backwards < rows,
        "half resolution alone is no better: {backwards}"
    );
}
