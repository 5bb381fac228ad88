//! Otsu against brute force, histograms, the median filter, and porosity of pictures.

use crate::media::Dice;
use ndarray::Array3;
use proptest::prelude::*;
use voxion::microstructure::{
    Volume,
    segment::{
        Cuts, Histogram, SegmentError, Threshold,
        edit::{Region, coarsen, crop, renumber},
        median,
        porosity::porosity,
        segment,
    },
};

#[expect(clippy::cast_possible_truncation, reason = "grey values are f32")]
fn narrowed(value: f64) -> f32 {
    value as f32
}

fn picture(values: &[f32]) -> Array3<f32> {
    Array3::from_shape_vec([1, 1, values.len()], values.to_vec()).unwrap()
}

/// Variance between the classes that cuts make of values, times their number, but for a constant.
fn between(values: &[f32], cuts: &[f64]) -> f64 {
    let class = |value: f64| cuts.iter().filter(|&&cut| value > cut).count();
    (0..=cuts.len())
        .map(|wanted| {
            let inside = values
                .iter()
                .map(|&v| f64::from(v))
                .filter(|&v| class(v) == wanted);
            let (count, sum) = inside.fold((0.0, 0.0), |(n, s), v| (n + 1.0, s + v));
            if count > 0.0 {
                sum * sum / count
            } else {
                f64::NEG_INFINITY
            }
        })
        .sum()
}

proptest! {
    #[test]
    fn otsu_is_the_best_of_all_cuts(values in prop::collection::vec(0u8..40, 8..60)) {
        let values: Vec<f32> = values.into_iter().map(f32::from).collect();
        let histogram = Histogram::of(&picture(&values));
        let mut levels = values.clone();
        levels.sort_by(f32::total_cmp);
        levels.dedup();
        prop_assume!(levels.len() > 3);
        let levels: Vec<f64> = levels.into_iter().map(f64::from).collect();
        let two = histogram.otsu(2).unwrap();
        let best = levels.iter().map(|&cut| between(&values, &[cut])).fold(f64::NEG_INFINITY, f64::max);
        prop_assert!((between(&values, &two) - best).abs() <= 1e-9 * best);
        let three = histogram.otsu(3).unwrap();
        let pairs = levels.iter().flat_map(|&a| levels.iter().map(move |&b| [a, b]));
        let best = pairs.filter(|[a, b]| a < b).map(|cuts| between(&values, &cuts)).fold(f64::NEG_INFINITY, f64::max);
        prop_assert!((between(&values, &three) - best).abs() <= 1e-9 * best);
        // The test of the test: the first level alone is seldom best, and then it is seen.
        let worst = levels.iter().map(|&cut| between(&values, &[cut])).fold(f64::INFINITY, f64::min);
        prop_assert!(worst <= between(&values, &two));
    }
}

#[test]
fn two_peaks_are_parted_between_them() {
    let mut dice = Dice(5);
    let values = Array3::from_shape_simple_fn([4, 50, 50], || {
        let peak = if dice.real() < 0.3 { 1000.0 } else { 3000.0 };
        narrowed(peak + 400.0 * (dice.real() - 0.5))
    });
    let cuts = Threshold::Otsu { classes: 2 }
        .cuts(&Histogram::of(&values))
        .unwrap();
    let Cuts::Steps(steps) = &cuts else {
        panic!("{cuts:?}")
    };
    assert!((1190.0..2800.0).contains(&steps[0]), "{steps:?}");
    let dark = segment(&values, &cuts).counts()[0] as f64 / values.len() as f64;
    assert!((dark - 0.3).abs() < 0.02, "{dark}");
}

#[test]
fn a_threshold_outside_says_where_the_values_are() {
    let histogram = Histogram::of(&picture(&[10.0, 20.0, 200.5]));
    let said = |threshold: Threshold| threshold.cuts(&histogram).unwrap_err().to_string();
    for threshold in [vec![9.0], vec![200.5], vec![15.0, 300.0]] {
        let said = said(Threshold::Values(threshold));
        assert!(said.contains("run from 10 to 200.5"), "{said}");
    }
    assert!(said(Threshold::Range(201.0, 300.0)).contains("201..300"));
    assert!(said(Threshold::Range(0.0, 300.0)).contains("0..300"));
    assert!(Threshold::Values(vec![10.0]).cuts(&histogram).is_ok());
    let uniform = Histogram::of(&picture(&[7.0; 9]));
    let error = Threshold::Otsu { classes: 2 }.cuts(&uniform).unwrap_err();
    assert_eq!(error, SegmentError::Uniform { value: 7.0 });
    let few = Threshold::Otsu { classes: 3 }.cuts(&Histogram::of(&picture(&[1.0, 2.0])));
    assert_eq!(
        few.unwrap_err(),
        SegmentError::TooFewValues {
            classes: 3,
            values: 2
        }
    );
}

#[test]
fn the_median_is_the_middle_of_the_neighbours() {
    let mut dice = Dice(3);
    let values = Array3::from_shape_simple_fn([5, 6, 7], || narrowed(dice.real()));
    let filtered = median(&values, 1);
    for ((z, y, x), &found) in filtered.indexed_iter() {
        let near = |a: usize, b: usize| a.abs_diff(b) <= 1;
        let all = values.indexed_iter();
        let mut around: Vec<f32> = all
            .filter(|&((a, b, c), _)| near(a, z) && near(b, y) && near(c, x))
            .map(|(_, &value)| value)
            .collect();
        around.sort_by(f32::total_cmp);
        assert_eq!(found, around[(around.len() - 1) / 2]);
    }
    // A speckle goes, an edge stays.
    let mut edge = Array3::from_shape_fn([1, 9, 9], |(_, _, x)| if x < 4 { 0.0 } else { 1.0 });
    let clean = edge.clone();
    edge[[0, 4, 1]] = 1.0;
    assert_eq!(median(&edge, 1), clean);
}

/// Independent pixels: the interval holds the truth about 95 times of 100.
#[test]
fn the_confidence_interval_holds_the_truth() {
    let mut dice = Dice(77);
    let truth = 0.3;
    let mut inside = 0;
    for _ in 0..400 {
        let codes = Array3::from_shape_simple_fn([1, 40, 48], || u8::from(dice.real() >= truth));
        let found = porosity(&Volume::from_codes(codes, vec![0, 1])).unwrap();
        assert_eq!(found.windows.len(), 16);
        inside += usize::from((found.value - truth).abs() <= found.half_width);
    }
    // 380 expected, standard deviation 4.4.
    assert!((364..=394).contains(&inside), "{inside}");
}

#[test]
fn voxels_are_cut_out_renumbered_and_merged() {
    let labels = Array3::from_shape_fn([4, 5, 6], |(z, y, x)| {
        [0u8, 85, 170][(z / 2 + y / 2 + x / 2) % 3]
    });
    let volume = Volume::from_labels(&labels).with_spacing([1e-9, 2e-9, 3e-9]);
    let part = crop(&volume, &Region([Some((0, 2)), None, Some((2, 4))])).unwrap();
    assert_eq!(part.shape(), [2, 5, 2]);
    assert_eq!(part.spacing(), volume.spacing());
    let outside = crop(&volume, &Region([None, Some((3, 9)), None])).unwrap_err();
    assert!(outside.to_string().contains("3:9 along y"), "{outside}");

    let exchanged = renumber(&volume, &[(85, 0), (0, 85)]).unwrap();
    assert_eq!(exchanged.labels(), [0, 85, 170]);
    assert_eq!(exchanged.counts()[0], volume.counts()[1]);
    let joined = renumber(&volume, &[(85, -1), (170, -1)]).unwrap();
    assert_eq!(joined.labels(), [-1, 0]);
    assert_eq!(joined.counts()[0], volume.counts()[1] + volume.counts()[2]);
    assert!(renumber(&volume, &[(1, 0)]).is_err());

    let merged = coarsen(&volume, 2).unwrap();
    assert_eq!(merged.shape(), [2, 2, 3]);
    assert_eq!(merged.spacing().unwrap(), [2e-9, 4e-9, 6e-9]);
    for ((z, y, x), &code) in merged.codes().indexed_iter() {
        let expected = i64::from(labels[[2 * z, 2 * y, 2 * x]]);
        assert_eq!(merged.labels()[usize::from(code)], expected);
    }
    assert!(coarsen(&volume, 5).is_err());
}
