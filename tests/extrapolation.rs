//! Is what `--extrapolate` says nearer to the continuum than the volume's own number, on arrays of spheres?

mod common;

use common::{
    problem::Problem,
    shapes::{Lattice, sphere_octant},
    spheres::{CONTINUUM, SPHERE},
};
use voxion::{
    field::Backend,
    microstructure::{coarsen, connectivity::Wraps},
    physics::conduction::Trend,
};

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
