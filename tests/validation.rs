//! Does the host give the known answers? The same tables run on the device in `validation_device.rs`.

mod common;

use common::{case, cases, star_mesh};
use voxion::field::Backend;

/// Relative error allowed where the answer is known to rounding.
const EXACT: f64 = 1e-10;

#[test]
fn paths() {
    case::assert_all(&cases::paths(), &Backend::Host, EXACT);
}

#[test]
fn laminates() {
    case::assert_all(&cases::laminates(), &Backend::Host, EXACT);
}

#[test]
fn contact_and_electrode_resistances() {
    case::assert_all(&cases::resistances(), &Backend::Host, EXACT);
}

#[test]
fn slanted_strips() {
    case::assert_all(&cases::slanted_strips(), &Backend::Host, EXACT);
}

#[test]
fn chess_boards() {
    case::assert_all(&cases::chess_boards(), &Backend::Host, EXACT);
}

#[test]
fn converged_tortuosities() {
    let edges = [
        (32, 3.3070954),
        (64, 2.3481505),
        (100, 2.1844624),
        (128, 2.1066225),
    ];
    case::assert_all(&cases::converged(&edges), &Backend::Host, EXACT);
}

#[test]
fn sphere_arrays() {
    case::assert_all(&cases::sphere_arrays(4), &Backend::Host, EXACT);
}

/// Tables and reference vouch for each other: the direct elimination, which the certificate's test trusts, gives every
/// small answer that is known to rounding.
#[test]
fn reference_gives_the_exact_answers() {
    let tables = [
        cases::paths(),
        cases::laminates(),
        cases::resistances(),
        cases::slanted_strips(),
    ];
    for case in tables.iter().flatten() {
        let found = star_mesh::conductivity(&case.problem);
        case.check_conductivity(found, EXACT)
            .unwrap_or_else(|error| panic!("{error}"));
    }
}

/// Conductances below what single precision can hold are found out, and double precision goes on from there.
#[test]
fn contrasts_beyond_single_precision() {
    let labels = ndarray::Array3::from_shape_fn((8, 6, 6), |(z, _, _)| u8::from(z >= 4));
    let volume = voxion::microstructure::Volume::from_labels(&labels);
    for weak in [1e-20, 1e-45, 1e-59] {
        let problem = voxion::physics::Conduction::new(&volume);
        let problem = problem
            .conductivity(0, 1.0)
            .unwrap()
            .conductivity(1, weak)
            .unwrap();
        let solution = problem.solve(
            voxion::microstructure::Axis::Z,
            voxion::solve::Tolerance {
                relative_error: 1e-9,
                ..Default::default()
            },
            &voxion::field::Backend::Host,
            &mut voxion::solve::Silent,
        );
        let effective = solution.unwrap().effective;
        let exact = 2.0 / (1.0 + 1.0 / weak);
        let error = (effective.effective_conductivity - exact).abs();
        assert!(
            error <= 1e-9 * exact,
            "{weak}: {effective:?}, exactly {exact}"
        );
        let wrong = (effective.effective_conductivity - 1.001 * exact).abs();
        assert!(wrong > 1e-9 * exact, "{weak}: a wrong answer would pass");
    }
}
