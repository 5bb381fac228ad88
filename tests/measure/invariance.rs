//! Nothing depends on how axes are called or labels are numbered.

use crate::media::{blobs, noise};
use ndarray::Array3;
use proptest::prelude::*;
use voxion::microstructure::{
    Axis, Volume,
    measure::{
        area::Areas, chords::chords, distribution::Distribution, geodesic::geodesic,
        phases::phases, representative::study, thickness::local_thickness,
        triple_line::triple_lines, two_point::correlation,
    },
};

/// Three labels and a voxel that is no cube.
fn medium(seed: u64) -> Volume {
    let (one, two) = (
        blobs([14, 17, 12], 1, 0.5, seed),
        noise([14, 17, 12], 0.8, seed),
    );
    let labels = Array3::from_shape_fn(one.codes().dim(), |place| match two.codes()[place] {
        1 => 2,
        _ => one.codes()[place],
    });
    Volume::from_labels(&labels).with_spacing([2e-9, 3e-9, 5e-9])
}

/// The same volume with array axis `order[k]` as axis k.
fn turned(volume: &Volume, order: [usize; 3]) -> Volume {
    let codes = volume.codes().clone().permuted_axes(order);
    let spacing = volume.spacing().unwrap();
    Volume::from_codes(codes, volume.labels().to_vec()).with_spacing(order.map(|k| spacing[k]))
}

/// Labels 0, 1, 2 called 9, -4 and 5: codes change places.
fn renamed(volume: &Volume) -> Volume {
    let codes = volume.codes().mapv(|code| [2, 0, 1][usize::from(code)]);
    Volume::from_codes(codes, vec![-4, 5, 9]).with_spacing(volume.spacing().unwrap())
}

/// Every number per code, those that belong to an axis in the order (z, y, x).
fn numbers(volume: &Volume) -> Vec<(Vec<f64>, [Vec<f64>; 3])> {
    let (phases, areas) = (phases(volume), Areas::of(volume));
    let (ways, chords) = (
        geodesic(volume).unwrap(),
        Axis::ALL.map(|axis| chords(volume, axis)),
    );
    let codes = 0..volume.labels().len();
    codes
        .map(|code| {
            let label = u8::try_from(code).unwrap();
            let thickness = local_thickness(volume, label).unwrap().unwrap();
            let spread = Distribution::of_positive(thickness.as_slice().unwrap()).unwrap();
            let phase = &phases[code];
            let whole = vec![
                phase.fraction,
                phase.open,
                phase.components as f64,
                phase.largest,
                areas.around(code),
                areas.faces_around(code),
                spread.mean,
                spread.deviation,
            ];
            let by_axis = Axis::ALL.map(|axis| {
                let k = axis.index();
                let s2 = correlation(volume, label, axis).s2;
                vec![
                    phase.percolating[k],
                    chords[k][code].mean().unwrap_or(0.0),
                    ways[code][k].map_or(0.0, |way| way.tortuosity),
                    s2[1],
                    s2[5],
                ]
            });
            (whole, by_axis)
        })
        .collect()
}

fn close(a: &[f64], b: &[f64]) -> bool {
    let pairs = a.iter().zip(b);
    pairs
        .clone()
        .all(|(a, b)| (a - b).abs() <= 1e-5 * a.abs().max(b.abs()))
        && a.len() == b.len()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn axes_may_be_exchanged(seed in any::<u64>()) {
        let volume = medium(seed);
        let before = numbers(&volume);
        for order in [[1, 0, 2], [2, 0, 1], [0, 2, 1]] {
            let turned = turned(&volume, order);
            for (a, b) in before.iter().zip(numbers(&turned)) {
                prop_assert!(close(&a.0, &b.0), "{order:?} {a:?} {b:?}");
                for (k, along) in b.1.iter().enumerate() {
                    prop_assert!(close(&a.1[order[k]], along), "{order:?} {a:?} {b:?}");
                }
            }
            let (a, b) = (triple_lines(&volume)[&[0, 1, 2]], triple_lines(&turned)[&[0, 1, 2]]);
            prop_assert!(close(&[a.edges, a.smoothed], &[b.edges, b.smoothed]));
        }
    }

    #[test]
    fn labels_may_be_renamed(seed in any::<u64>()) {
        let volume = medium(seed);
        let (before, after) = (numbers(&volume), numbers(&renamed(&volume)));
        for (code, other) in [(0, 2), (1, 0), (2, 1)] {
            prop_assert!(close(&before[code].0, &after[other].0));
            for k in 0..3 {
                prop_assert!(close(&before[code].1[k], &after[other].1[k]));
            }
        }
        let (a, b) = (triple_lines(&volume)[&[0, 1, 2]], triple_lines(&renamed(&volume))[&[0, 1, 2]]);
        prop_assert!(close(&[a.edges, a.smoothed], &[b.edges, b.smoothed]));
    }

    /// The test of the test: another voxel size is not the same medium.
    #[test]
    fn edges_do_not_go_unnoticed(seed in any::<u64>()) {
        let volume = medium(seed);
        let other = numbers(&volume.clone().with_spacing([2e-9, 3e-9, 5.5e-9]));
        prop_assert!(!close(&numbers(&volume)[0].0, &other[0].0));
    }
}

/// Sums run over fixed chunks, and whole numbers are counted: the same bits on one thread and on three.
#[test]
fn threads_do_not_change_a_bit() {
    let volume = blobs([60, 61, 62], 2, 0.5, 3).with_spacing([2e-9, 3e-9, 5e-9]);
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        let pool = pool.build().unwrap();
        pool.install(|| (numbers(&volume), triple_lines(&volume), study(&volume)))
    };
    assert_eq!(on(1), on(3));
}
