//! Is a number independent of its units? All conductivities times 1e-12 and 1e12, then all lengths: the relative result and the relative bound
//! of every kind of conduction problem stay what they are, so no threshold of a solve has a unit.

use ndarray::Array3;
use voxion::{
    field::Backend,
    microstructure::{Axis, Volume},
    physics::{
        conduction::{Boundary, Conduction, Effective, MemoryMode, solve_batch},
        elasticity::Face,
        opened::Opened,
    },
    solve::{Silent, Tolerance},
};

const TOLERANCE: Tolerance = Tolerance {
    relative_error: 1e-5,
    max_iterations: 2000,
};

/// Factors of conductivities and of lengths.
#[derive(Debug, Clone, Copy)]
struct Units {
    conductivity: f64,
    length: f64,
}

const NONE: Units = Units {
    conductivity: 1.0,
    length: 1.0,
};

const SCALED: [Units; 4] = [
    Units {
        conductivity: 1e-12,
        ..NONE
    },
    Units {
        conductivity: 1e12,
        ..NONE
    },
    Units {
        length: 1e-12,
        ..NONE
    },
    Units {
        length: 1e12,
        ..NONE
    },
];

/// Conductivities of four phases, in siemens per metre.
const SIGMA: [f64; 4] = [0.03, 1.0, 7.0, 0.2];

/// Blobs of four phases.
fn volume(units: Units) -> Volume {
    let labels = Array3::from_shape_fn((18, 16, 14), |(z, y, x)| {
        let [z, y, x] = [z, y, x].map(|i| i as f64);
        let wave = (0.63 * z + 0.2 * x).sin() + (0.51 * y).sin() + (0.57 * x + 0.3 * y).sin();
        match wave {
            w if w > 1.1 => 3u8,
            w if w > 0.3 => 2,
            w if w > -0.6 => 1,
            _ => 0,
        }
    });
    Volume::from_labels(&labels).with_spacing([2e-6, 1e-6, 1.5e-6].map(|h| h * units.length))
}

fn problem<'a>(volume: &'a Volume, units: Units, sigma: &[f64; 4]) -> Conduction<'a> {
    let phases = (0..).zip(sigma);
    phases.fold(Conduction::new(volume), |problem, (label, &sigma)| {
        problem
            .conductivity(label, sigma * units.conductivity)
            .unwrap()
    })
}

/// An area-specific resistance of about a voxel, in these units.
fn resistance(units: Units) -> f64 {
    1e-6 * units.length / units.conductivity
}

/// A number and its bound, in the units of a problem.
#[derive(Debug, Clone, Copy)]
struct Found {
    value: f64,
    bound: f64,
}

impl From<Effective> for Found {
    fn from(effective: Effective) -> Self {
        Self {
            value: effective.effective_conductivity,
            bound: effective.error_bound,
        }
    }
}

/// A kind of problem, solved in some units.
type Kind = fn(Units, &[f64; 4]) -> Found;

fn along_y(problem: &Conduction<'_>) -> Found {
    let solution = problem.solve(Axis::Y, TOLERANCE, &Backend::Host, &mut Silent);
    solution.unwrap().effective.into()
}

fn one_phase(units: Units, sigma: &[f64; 4]) -> Found {
    let volume = volume(units);
    let problem = Conduction::new(&volume);
    along_y(
        &problem
            .conductivity(1, sigma[1] * units.conductivity)
            .unwrap(),
    )
}

fn phases(units: Units, sigma: &[f64; 4]) -> Found {
    along_y(&problem(&volume(units), units, sigma))
}

fn extremes(units: Units, sigma: &[f64; 4]) -> Found {
    let sigma = [sigma[0] * 1e-17, sigma[1], sigma[2], sigma[3] * 1e11];
    along_y(&problem(&volume(units), units, &sigma))
}

fn lean(units: Units, sigma: &[f64; 4]) -> Found {
    along_y(&problem(&volume(units), units, sigma).memory(MemoryMode::Lean))
}

fn contacts(units: Units, sigma: &[f64; 4]) -> Found {
    let volume = volume(units);
    let problem = problem(&volume, units, sigma).contact_resistance(1, 2, resistance(units));
    along_y(&problem.unwrap())
}

fn cell(units: Units, sigma: &[f64; 4]) -> Found {
    let volume = volume(units);
    let problem = problem(&volume, units, sigma).boundary(Boundary::Periodic);
    let tensor = problem.tensor(TOLERANCE, &Backend::Host, &mut Silent);
    let tensor = tensor.unwrap().tensor;
    Found {
        value: tensor.conductivity[0][2],
        bound: tensor.error_bound[0][2],
    }
}

fn batch(units: Units, sigma: &[f64; 4]) -> Found {
    let volume = volume(units);
    let problem = problem(&volume, units, sigma);
    let questions = [(&problem, Axis::Z), (&problem, Axis::X)];
    let asked = (TOLERANCE, &Backend::Host);
    let found = solve_batch(
        &questions,
        asked,
        |solution| solution.effective,
        &mut Silent,
    );
    found.unwrap().pop().unwrap().unwrap().into()
}

fn opened(units: Units, sigma: &[f64; 4]) -> Found {
    let volume = volume(units);
    let faces: Vec<Face> = (0..14)
        .map(|x| Face {
            voxel: [9, 8, x],
            axis: Axis::Y,
        })
        .collect();
    let sigma = sigma.map(|sigma| [sigma * units.conductivity; 3]);
    let opened = Opened::new(&volume, sigma.to_vec(), &faces);
    let asked = (TOLERANCE, &Backend::Host);
    let remaining = opened.solve(Axis::Y, asked, &mut Silent).unwrap();
    Found {
        value: remaining.effective_conductivity,
        bound: remaining.error_bound,
    }
}

const KINDS: [(&str, Kind); 8] = [
    ("one phase", one_phase),
    ("several phases", phases),
    ("extremes", extremes),
    ("lean", lean),
    ("contacts", contacts),
    ("cell", cell),
    ("batch", batch),
    ("opened faces", opened),
];

/// Whether a number in other units is the same: farther apart than a tenth of the bound it is not.
fn is_same(found: Found, units: Units, expected: Found) -> bool {
    let value = found.value / units.conductivity / expected.value - 1.0;
    let bound = found.bound / units.conductivity / expected.bound - 1.0;
    let room = 0.1 * expected.bound / expected.value.abs() + 1e-13;
    value.abs() <= room && bound.abs() <= 0.1
}

#[test]
fn units_change_neither_a_number_nor_its_bound() {
    for (name, solve) in KINDS {
        let expected = solve(NONE, &SIGMA);
        assert!(expected.bound > 0.0, "{name}: {expected:?}");
        for units in SCALED {
            let found = solve(units, &SIGMA);
            assert!(
                is_same(found, units, expected),
                "{name}, {units:?}: {found:?} for {expected:?}"
            );
        }
        let other = SIGMA.map(|sigma| 1.0001 * sigma);
        let wrong = solve(NONE, &other);
        assert!(
            !is_same(wrong, NONE, expected),
            "{name}: a wrong number would pass"
        );
    }
}
