//! Electrodes to be solved.

use ndarray::Array3;
use voxion::{
    field::Backend,
    microstructure::{Axis, Volume},
    physics::{
        carriers::{Drive, Electrode, ElectrodeFields, Operation, Place, Site},
        conduction::Sides,
        kinetics::{Kinetics, Law},
    },
    solve::{Silent, Tolerance},
};

pub(crate) const LINEAR: Kinetics = Kinetics {
    law: Law::Linear,
    transfer: [0.5, 0.5],
    temperature: 298.15,
};

pub(crate) const BUTLER_VOLMER: Kinetics = Kinetics {
    law: Law::ButlerVolmer,
    ..LINEAR
};

pub(crate) fn solve_on(
    electrode: &Electrode<'_>,
    drive: Drive,
    relative_error: f64,
    backend: &Backend,
) -> (Operation, ElectrodeFields) {
    let tolerance = Tolerance {
        relative_error,
        max_iterations: 500,
    };
    electrode
        .solve(drive, (tolerance, backend), &mut Silent)
        .unwrap()
}

pub(crate) fn solve(electrode: &Electrode<'_>, drive: Drive) -> (Operation, ElectrodeFields) {
    solve_on(electrode, drive, 1e-11, &Backend::Host)
}

pub(crate) fn site(place: Place, exchange: f64) -> Site {
    Site {
        place,
        exchange,
        film: 0.0,
        equilibrium: 0.0,
        capacitance: 0.0,
    }
}

/// A bar of `cells` voxels: thickness 1 m, cross-section 1 m2.
pub(crate) fn bar(cells: usize) -> Volume {
    let codes = Array3::from_elem((cells, 1, 1), 0);
    Volume::from_labels(&codes).with_spacing([1.0 / cells as f64, 1.0, 1.0])
}

/// A bar that conducts both and reacts everywhere.
pub(crate) fn homogeneous<'a>(
    volume: &'a Volume,
    [ions, electrons]: [f64; 2],
    (kinetics, exchange): (Kinetics, f64),
) -> Electrode<'a> {
    let mut electrode = Electrode::new(volume, Axis::Z, kinetics);
    electrode.conductivity = [vec![[ions; 3]], vec![[electrons; 3]]];
    electrode.sites = vec![site(Place::Volume { mixed: vec![0] }, exchange)];
    electrode
}

/// Three phases in blobs: 0 electrolyte, 1 carbon, 2 active.
pub(crate) fn composite(n: usize) -> Volume {
    let codes = Array3::from_shape_fn((n, n, n), |(z, y, x)| {
        let [z, y, x] = [z, y, x].map(|i| i as f64);
        let (a, b, c) = (0.63 * z + 0.2 * x, 0.51 * y, 0.57 * x + 0.3 * y);
        let first = a.sin() + b.sin() + c.sin();
        let second = a.cos() * b.cos() + c.cos();
        match (first, second) {
            (f, _) if f > 0.7 => 2,
            (_, s) if s > 0.45 => 1,
            _ => 0,
        }
    });
    Volume::from_labels(&codes).with_spacing([1e-7; 3])
}

pub(crate) fn three_phases<'a>(
    volume: &'a Volume,
    kinetics: Kinetics,
    place: Place,
    exchange: f64,
) -> Electrode<'a> {
    let mut electrode = Electrode::new(volume, Axis::Z, kinetics);
    electrode.sides = Sides::Periodic;
    electrode.conductivity = [
        vec![[0.1; 3], [0.0; 3], [0.0; 3]],
        vec![[1e-7; 3], [1e3; 3], [1e-28; 3]],
    ];
    electrode.active = vec![false, false, true];
    let site = site(place, exchange);
    electrode.sites = vec![Site {
        film: 1e-4,
        equilibrium: 2.1,
        ..site
    }];
    electrode
}

pub(crate) fn on_faces() -> Place {
    Place::Faces {
        electrons: vec![1],
        ions: vec![0],
    }
}

pub(crate) fn on_edges() -> Place {
    Place::Edges {
        active: vec![2],
        electrons: vec![1],
        ions: vec![0],
    }
}
