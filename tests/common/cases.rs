//! Known answers as tables: what is solved, what comes out, and from where that number is known. The host and the
//! device run the same tables.

use super::{
    case::{Case, Expected},
    problem::Problem,
    shapes::{self, Lattice},
};
use voxion::{
    microstructure::{Axis, Volume},
    physics::conduction::{Boundary, Electrode, Sides},
};

/// No path: exactly zero, so infinitely tortuous.
const BLOCKED: Expected = Expected::Conductivity(0.0);

/// Half a unit of a decimal: what is known of a printed number.
fn digits(decimals: i32) -> f64 {
    0.5001 * 10f64.powi(-decimals)
}

/// Uniform blocks, bars, dead ends and blocked paths.
pub(crate) fn paths() -> Vec<Case> {
    let mut cases = Vec::new();
    for shape in [
        [8, 8, 8],
        [7, 5, 3],
        [2, 9, 4],
        [16, 1, 1],
        [5, 6, 1],
        [3, 1, 11],
    ] {
        let problem = Problem::new(shapes::uniform(shape), &[(1, 3.5)]);
        let name = format!("uniform block {shape:?}");
        cases.push(Case::new(
            name.clone(),
            problem.clone(),
            Expected::Tortuosity(1.0),
        ));
        cases.push(Case::new(name, problem, Expected::Conductivity(3.5)));
    }
    for boundary in [Boundary::Face, Boundary::Centre] {
        let whole = Problem::new(shapes::bar(None), &[(1, 2.0)]).boundary(boundary);
        let cut = Problem::new(shapes::bar(Some(6)), &[(1, 2.0)]).boundary(boundary);
        let comb = Problem::new(shapes::bar_with_dead_ends(), &[(1, 2.0)]).boundary(boundary);
        // 6 of 72 columns conduct, and dead ends add nothing
        let share = Expected::Conductivity(2.0 * 6.0 / 72.0);
        cases.push(Case::new(
            "straight strip",
            whole.clone(),
            Expected::Tortuosity(1.0),
        ));
        cases.push(Case::new(
            "strip across its axis",
            whole.along(Axis::X),
            BLOCKED,
        ));
        cases.push(Case::new("interrupted strip", cut, BLOCKED));
        cases.push(Case::new("strip with dead ends", comb, share));
    }
    cases
}

/// Layers in series and in parallel, along every axis.
pub(crate) fn laminates() -> Vec<Case> {
    let mut cases = Vec::new();
    for (a, b, series, parallel) in [
        (10.0, 1.0, 20.0 / 11.0, 5.5),
        (0.71, 0.32, 2.0 / (1.0 / 0.71 + 1.0 / 0.32), 0.515),
    ] {
        for stacked in Axis::ALL {
            let volume = shapes::laminate([12, 12, 12], stacked, &[(1, 2), (2, 2), (2, 1), (1, 1)]);
            for axis in Axis::ALL {
                for sides in [Sides::Mirror, Sides::Periodic] {
                    let problem = Problem::new(volume.clone(), &[(1, a), (2, b)]);
                    let name = format!("{a} / {b} across {stacked:?}, along {axis:?}, {sides:?}");
                    let expected = if axis == stacked { series } else { parallel };
                    let problem = problem.along(axis).sides(sides);
                    cases.push(Case::new(name, problem, Expected::Conductivity(expected)));
                }
            }
        }
    }
    cases
}

/// Laminates with contact and electrode resistances: length over the sum of all resistances of a column.
pub(crate) fn resistances() -> Vec<Case> {
    let (spacing, contact, film) = ([0.5e-6, 0.2e-6, 2e-6], 3e-7, 5e-7);
    let mut cases = Vec::new();
    for axis in Axis::ALL {
        // 1 1 1 2 2 | 1 1 1 2 2: three interfaces, phase 1 at the inlet, phase 2 at the outlet
        let mut shape = [4, 3, 5];
        shape[axis.index()] = 10;
        let length = 10.0 * spacing[axis.index()];
        let layers = length * (0.6 / 2.0 + 0.4 / 0.1);
        let problem = Problem::new(
            shapes::laminate(shape, axis, &[(1, 3), (2, 2)]),
            &[(1, 2.0), (2, 0.1)],
        )
        .along(axis)
        .spacing(spacing);
        let films = |problem: Problem| {
            problem
                .electrode(Electrode::Inlet, 1, film)
                .electrode(Electrode::Outlet, 2, 2.0 * film)
        };
        let plain = Expected::Conductivity(length / layers);
        let contacts = Expected::Conductivity(length / (layers + 3.0 * contact));
        let all = Expected::Conductivity(length / (layers + 3.0 * contact + 3.0 * film));
        let touching = problem.clone().contact(2, 1, contact);
        cases.push(Case::new(
            format!("no resistance along {axis:?}"),
            problem,
            plain,
        ));
        cases.push(Case::new(
            format!("contacts along {axis:?}"),
            touching.clone(),
            contacts,
        ));
        cases.push(Case::new(
            format!("contacts and films along {axis:?}"),
            films(touching),
            all,
        ));
    }
    cases
}

/// The slanted strip, also with voxels that are not cubes.
pub(crate) fn slanted_strips() -> Vec<Case> {
    let problem = Problem::new(shapes::slanted_strip(), &[(1, 1.0)]);
    let mut cases = vec![
        Case::new(
            "slanted strip, face",
            problem.clone(),
            Expected::Tortuosity(451.0 / 60.0),
        ),
        Case::new(
            "slanted strip, centre",
            problem.clone().boundary(Boundary::Centre),
            Expected::Tortuosity(148.0 / 19.0),
        ),
    ];
    for (along, across) in [(1.0, 1.0), (2.0, 0.5), (0.3, 1.7)] {
        let expected = Expected::Conductivity(slanted_strip_conductivity(along, across));
        let stretched = problem
            .clone()
            .spacing([along, across, across].map(|h| h * 1e-6));
        cases.push(Case::new(
            format!("slanted strip, voxels {along} x {across}"),
            stretched,
            expected,
        ));
    }
    cases
}

/// The strip is a chain: 19 single contacts between layers, 18 squares crossed from corner to corner (two paths of two
/// resistors each), and at either end a square with an electrode on its four voxels.
fn slanted_strip_conductivity(along: f64, across: f64) -> f64 {
    let step = along / (across * across); // resistance between layers
    let side = 1.0 / along; // resistance between neighbours within a layer
    let (electrode, lateral) = (2.0 / step, 1.0 / side);
    let around = electrode + 2.0 * lateral;
    let neighbour = lateral / (around - 2.0 * lateral * lateral / around);
    let end = 1.0 / (electrode + 2.0 * lateral * (1.0 - neighbour));
    let resistance = 19.0 * step + 18.0 * side + 2.0 * end;
    20.0 * along / (21.0 * 21.0 * across * across) / resistance
}

/// Zig-zag, diagonals, discs and the void between spheres, from an independent code in f64; `edges` of the latter.
pub(crate) fn converged(edges: &[(usize, f64)]) -> Vec<Case> {
    let one = |volume: Volume| Problem::new(volume, &[(1, 1.0)]);
    let mut cases = Vec::new();
    for (factor, tau) in [
        (1.0, 1.6077533),
        (0.1, 4.8634538),
        (10.0, 4.8634538),
        (0.5, 1.8087225),
        (2.0, 1.8087225),
    ] {
        let problem = Problem::new(shapes::zigzag(), &[(1, 1.0), (2, factor)]);
        let expected = Expected::TortuosityWithin(tau, digits(7));
        cases.push(Case::new(
            format!("zig-zag, second half {factor}"),
            problem,
            expected,
        ));
    }
    for &(edge, tau) in edges {
        let problem = one(shapes::face_centred_void(edge));
        let expected = Expected::TortuosityWithin(tau, digits(7));
        cases.push(Case::new(
            format!("void between spheres, {edge}^3"),
            problem,
            expected,
        ));
    }
    let periodic = |volume| one(volume).sides(Sides::Periodic);
    let discs = one(shapes::disc_lattice()).boundary(Boundary::Centre);
    for (name, problem, tau) in [
        (
            "diagonal stripes, periodic",
            periodic(shapes::diagonal_stripes()),
            2.0099710,
        ),
        (
            "diagonal slabs, mirror",
            one(shapes::diagonal_slabs()),
            2.4363439,
        ),
        (
            "diagonal slabs, periodic",
            periodic(shapes::diagonal_slabs()),
            1.4585804,
        ),
        ("discs, centre", discs, 1.3599475),
    ] {
        cases.push(Case::new(
            name,
            problem,
            Expected::TortuosityWithin(tau, digits(7)),
        ));
    }
    cases
}

/// Chess-boards of square tiles (fully periodic, by symmetry) and of single voxels.
pub(crate) fn chess_boards() -> Vec<Case> {
    let mut cases = Vec::new();
    for (tile, contrast, k, decimals) in [
        (8, 10.0, 2.775, 3),
        (32, 10.0, 3.025, 3),
        (128, 10.0, 3.115, 3),
        (8, 100.0, 4.10, 2),
        (32, 100.0, 5.45, 2),
        (128, 100.0, 6.57, 2),
    ] {
        let problem = Problem::new(shapes::chess_board(tile), &[(0, 1.0), (1, contrast)]);
        let expected = Expected::ConductivityWithin(k, digits(decimals));
        cases.push(Case::new(
            format!("chess-board 1 / {contrast}, tile {tile}"),
            problem,
            expected,
        ));
    }
    for contrast in [10.0, 100.0, 1e6] {
        // every face joins the two phases, so between voxel centres the network is uniform
        let problem = Problem::new(shapes::voxel_board([6, 5, 4]), &[(0, 1.0), (1, contrast)]);
        let expected = Expected::Conductivity(2.0 * contrast / (1.0 + contrast));
        let name = format!("voxel board 1 / {contrast}");
        cases.push(Case::new(
            name,
            problem.boundary(Boundary::Centre),
            expected,
        ));
    }
    cases
}

/// Spheres on a simple cubic lattice, volume fraction 0.30: continuum conductivity and the deviation in per cent of
/// plain 7-point harmonic differences with 16, 32, 64 and 96 voxels a cell; the smallest `resolutions` of these.
pub(crate) fn sphere_arrays(resolutions: usize) -> Vec<Case> {
    let mut cases = Vec::new();
    for (sphere, continuum, deviations) in [
        (
            0.0,
            0.605661,
            [(-4.0, 0.05), (-2.2, 0.05), (-1.2, 0.05), (-0.9, 0.05)],
        ),
        (
            10.0,
            1.887740,
            [
                (-1.0, 0.05),
                (-0.19, 0.0055),
                (-0.02, 0.0055),
                (0.08, 0.0055),
            ],
        ),
        (
            100.0,
            2.274567,
            [
                (0.66, 0.0055),
                (0.59, 0.0055),
                (0.44, 0.0055),
                (0.45, 0.0055),
            ],
        ),
    ] {
        let cells = [16, 32, 64, 96]
            .into_iter()
            .zip(deviations)
            .take(resolutions);
        for (cell, (percent, rounding)) in cells {
            let volume = shapes::sphere_octant(Lattice::SimpleCubic, 0.30, cell / 2);
            let problem = Problem::new(volume, &[(0, 1.0), (1, sphere)]);
            let expected = Expected::ConductivityWithin(
                continuum * (1.0 + percent / 100.0),
                continuum * rounding / 100.0,
            );
            cases.push(Case::new(
                format!("spheres of {sphere}, {cell} a cell"),
                problem,
                expected,
            ));
        }
    }
    cases
}
