//! Triple-phase boundary: bars, diagonals, and what makes a line active.

use ndarray::{Array3, Axis as Dimension, Slice};
use voxion::microstructure::{
    Axis, Volume,
    measure::{
        MeasureError,
        triple_line::{Length, Roles, Separator, active_boundary, triple_lines},
    },
};

const ALL: [u8; 3] = [0, 1, 2];

fn volume(shape: [usize; 3], label: impl Fn([usize; 3]) -> u8) -> Volume {
    Volume::from_labels(&Array3::from_shape_fn(shape, |(z, y, x)| label([z, y, x])))
}

/// Three bars that meet along one line parallel to an axis.
fn three_bars(axis: Axis, length: usize) -> Volume {
    let mut shape = [6; 3];
    shape[axis.index()] = length;
    volume(shape, |place| {
        let across: Vec<usize> = (0..3)
            .filter(|&k| k != axis.index())
            .map(|k| place[k])
            .collect();
        match (across[0] < 3, across[1] < 2) {
            (true, _) => 0,
            (false, true) => 1,
            (false, false) => 2,
        }
    })
}

#[test]
fn three_bars_meet_along_one_line() {
    for (axis, length) in [(Axis::Z, 11), (Axis::Y, 5), (Axis::X, 17)] {
        let bars = three_bars(axis, length);
        let found = triple_lines(&bars);
        assert_eq!(found.len(), 1);
        let exact = length as f64;
        assert_eq!(
            found[&ALL],
            Length {
                edges: exact,
                smoothed: exact
            }
        );
        // The test of the test: a layer of one phase before the line is seen.
        let mut shorter = bars.codes().clone();
        shorter
            .slice_axis_mut(Dimension(axis.index()), Slice::from(..1))
            .fill(0);
        let shorter = triple_lines(&Volume::from_codes(shorter, vec![0, 1, 2]));
        assert_ne!(shorter[&ALL].edges, exact);
        // With units, and a different edge along each axis.
        let spacing = [3e-9, 5e-9, 7e-9];
        let metres = triple_lines(&bars.with_spacing(spacing))[&ALL].edges;
        let exact = length as f64 * spacing[axis.index()];
        assert!((metres / exact - 1.0).abs() < 1e-12);
    }
}

/// The line follows a staircase at 45 degrees: its edges are sqrt(2) too long, the smoothed length is exact.
#[test]
fn a_diagonal_line_is_smoothed() {
    let n = 32;
    let diagonal = volume([n, n, 4], |[z, y, x]| match (z + y < n, x < 2) {
        (true, _) => 0,
        (false, true) => 1,
        (false, false) => 2,
    });
    let found = triple_lines(&diagonal)[&ALL];
    let exact = 2f64.sqrt() * (n as f64 - 1.0);
    assert!(
        (found.edges / exact - 2f64.sqrt()).abs() < 1e-12,
        "{found:?}"
    );
    assert!((found.smoothed / exact - 1.0).abs() < 0.02, "{found:?}");
    assert!(found.smoothed < found.edges);
}

/// Around a line where four phases meet each of the four triples meets.
#[test]
fn four_phases_make_four_triples() {
    let quarters = volume([4, 4, 5], |[z, y, _]| u8::from(z < 2) * 2 + u8::from(y < 2));
    let found = triple_lines(&quarters);
    let triples: Vec<_> = found.keys().copied().collect();
    assert_eq!(triples, [[0, 1, 2], [0, 1, 3], [0, 2, 3], [1, 2, 3]]);
    assert!(found.values().all(|length| length.edges == 5.0));
}

fn roles() -> Roles {
    Roles {
        active: vec![1],
        electrolyte: vec![2],
        carbon: vec![3],
    }
}

/// Two equal triple lines; a cut in the electrolyte of one and in the carbon of the other.
fn electrode(cut_electrolyte: bool, cut_carbon: bool) -> Volume {
    volume([12, 6, 12], |[z, y, x]| match (x < 6, y < 3) {
        _ if x % 6 == 5 => 0,
        _ if cut_electrolyte && z == 2 && y >= 3 && x % 6 < 3 => 0,
        _ if cut_carbon && x >= 6 && z == 9 && y >= 3 && x % 6 >= 3 => 0,
        (_, true) => 1,
        _ if x % 6 < 3 => 2,
        _ => 3,
    })
}

#[test]
fn a_line_is_active_where_both_carriers_arrive() {
    let measure =
        |volume: &Volume, separator| active_boundary(volume, &roles(), Axis::Z, separator);
    let whole = measure(&electrode(false, false), Separator::First).unwrap();
    assert_eq!(whole.total.edges, 24.0);
    assert_eq!(whole.active, whole.total);
    // Electrolyte cut at layer 2 of 12: the 9 layers behind lose contact to the first side, the 2 before keep it.
    let cut = electrode(true, false);
    let first = measure(&cut, Separator::First).unwrap();
    let last = measure(&cut, Separator::Last).unwrap();
    assert_eq!((first.total.edges, first.active.edges), (22.0, 4.0));
    assert_eq!((last.total.edges, last.active.edges), (22.0, 18.0));
    // Carbon of the second line cut at layer 9: the collector is behind the last layer.
    let cut = electrode(false, true);
    let boundary = measure(&cut, Separator::First).unwrap();
    assert_eq!(
        (boundary.total.edges, boundary.active.edges),
        (23.0, 12.0 + 2.0)
    );
}

#[test]
fn roles_must_be_labels_of_the_volume_and_different() {
    let volume = electrode(false, false);
    let unknown = Roles {
        carbon: vec![7],
        ..roles()
    };
    let error = active_boundary(&volume, &unknown, Axis::Z, Separator::First).unwrap_err();
    assert_eq!(
        error.to_string(),
        "carbon is label 7, which the volume does not hold; it holds 0, 1, 2 and 3"
    );
    let twice = Roles {
        carbon: vec![2],
        ..roles()
    };
    let error = active_boundary(&volume, &twice, Axis::Z, Separator::First).unwrap_err();
    assert!(matches!(error, MeasureError::TwoRoles { label: 2, .. }));
}
