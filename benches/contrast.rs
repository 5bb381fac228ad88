//! Does the number of iterations depend on the contrast? `cargo bench --bench contrast [SIZE...]` (64 and 128 if none is given).
//!
//! Periodic blobs about eight voxels wide. Iterations until the energy is certified to 1e-8: 30 % of a good phase in a weak one,
//! three phases a third each, and two nets with a skin of one voxel between them; between electrodes, and, for the first, as
//! the tensor of the cell with the seconds that it takes to 1e-3 and to 1e-8.

use ndarray::Array3;
use voxion::{
    field::Backend,
    microstructure::{Axis, Volume, generate::blobs},
    physics::conduction::{Boundary, Conduction, Sides},
    solve::{Silent, Tolerance},
};

const WIDTH: f64 = 8.0;
const CONTRASTS: [f64; 9] = [1.0, 1e-1, 1e-2, 1e-4, 1e-6, 1e-8, 1e-10, 1e-12, 0.0];

fn tolerance(relative_error: f64) -> Tolerance {
    Tolerance {
        relative_error,
        ..Tolerance::default()
    }
}

fn problem<'a>(volume: &'a Volume, sigma: &[f64]) -> Conduction<'a> {
    let new = Conduction::new(volume).sides(Sides::Periodic);
    (0..).zip(sigma).fold(new, |problem, (label, &sigma)| {
        problem.conductivity(label, sigma).expect("a label")
    })
}

/// Iterations between electrodes, or what was said instead.
fn between(volume: &Volume, sigma: &[f64]) -> String {
    let run = (tolerance(1e-8), &Backend::Host);
    match problem(volume, sigma).solve(Axis::Z, run.0, run.1, &mut Silent) {
        Ok(solution) => solution.effective.iterations.to_string(),
        Err(error) => error.to_string(),
    }
}

/// Iterations of the three drops of a cell and seconds of all.
fn tensor(volume: &Volume, sigma: &[f64], relative_error: f64) -> String {
    let problem = problem(volume, sigma).boundary(Boundary::Periodic);
    match problem.tensor(tolerance(relative_error), &Backend::Host, &mut Silent) {
        Ok(solution) => {
            let counts = solution.tensor.axes.each_ref().map(|axis| axis.iterations);
            format!("{counts:?} in {:.2} s", solution.tensor.seconds)
        }
        Err(error) => error.to_string(),
    }
}

/// A third each of 0, 1 and 2.
fn three(n: usize) -> Volume {
    let (first, second) = (
        blobs([n; 3], WIDTH, 1.0 / 3.0, 1),
        blobs([n; 3], WIDTH, 0.5, 2),
    );
    let codes = Array3::from_shape_fn((n, n, n), |at| {
        match (first.codes()[at], second.codes()[at]) {
            (1, _) => 2,
            (_, other) => other,
        }
    });
    Volume::from_labels(&codes)
}

/// Two nets, 0 and 2, with a skin 1 between them.
fn nets(n: usize) -> Volume {
    let blobs = blobs([n; 3], WIDTH, 0.5, 1);
    let code = |z: usize, y: usize, x: usize| blobs.codes()[[z % n, y % n, x % n]];
    let codes = Array3::from_shape_fn((n, n, n), |(z, y, x)| {
        let behind = [code(z + 1, y, x), code(z, y + 1, x), code(z, y, x + 1)];
        let before = [
            code(z + n - 1, y, x),
            code(z, y + n - 1, x),
            code(z, y, x + n - 1),
        ];
        match code(z, y, x) {
            1 => 2,
            _ if behind.contains(&1) || before.contains(&1) => 1,
            _ => 0u8,
        }
    });
    Volume::from_labels(&codes)
}

fn main() {
    let sizes: Vec<usize> = std::env::args()
        .filter_map(|size| size.parse().ok())
        .collect();
    let sizes = if sizes.is_empty() {
        vec![64, 128]
    } else {
        sizes
    };
    for size in sizes {
        println!(
            "{size}^3, {} threads, iterations to 1e-8",
            rayon::current_num_threads()
        );
        let two = blobs([size; 3], WIDTH, 0.3, 1);
        for weak in CONTRASTS {
            println!("  30 % of 1 in {weak:e}: {}", between(&two, &[weak, 1.0]));
        }
        let (three, nets) = (three(size), nets(size));
        for sigma in [
            [1e-6, 1.0, 1e3],
            [1e-12, 1.0, 1e3],
            [0.0, 1e-4, 1e1],
            [1e-30, 1e-3, 1e1],
        ] {
            println!("  three phases {sigma:?}: {}", between(&three, &sigma));
        }
        for sigma in [[1.0, 0.0, 1.0], [1.0, 1e-6, 1e3], [1.0, 1e-12, 1e3]] {
            println!(
                "  skin between two nets {sigma:?}: {}",
                between(&nets, &sigma)
            );
        }
        for weak in [0.1, 1e-8, 1e-12] {
            let (fast, exact) = (
                tensor(&two, &[weak, 1.0], 1e-3),
                tensor(&two, &[weak, 1.0], 1e-8),
            );
            println!("  tensor, 30 % of 1 in {weak:e}: 1e-3 {fast}, 1e-8 {exact}");
        }
    }
}
