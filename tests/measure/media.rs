//! Random media, the same on every machine.

use ndarray::{Array3, Axis as Dimension};
use voxion::microstructure::Volume;

/// SplitMix64 (Steele, Lea, Flood 2014).
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    /// In [0, 1).
    pub(crate) fn real(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// Independent voxels: label 1 with this probability. The first voxel is 1, the last 0, so that both labels occur.
pub(crate) fn noise(shape: [usize; 3], zeros: f64, seed: u64) -> Volume {
    let mut dice = Dice(seed);
    let mut labels = Array3::from_shape_simple_fn(shape, || u8::from(dice.real() >= zeros));
    if let Some(labels) = labels.as_slice_mut() {
        labels[0] = 1;
    }
    Volume::from_codes(labels, vec![0, 1])
}

/// Noise, smoothed three times over boxes of `2 reach + 1` voxels (wrapped round), label 1 where it is above its quantile.
pub(crate) fn blobs(shape: [usize; 3], reach: isize, zeros: f64, seed: u64) -> Volume {
    let mut dice = Dice(seed);
    let mut field = Array3::from_shape_simple_fn(shape, || dice.real());
    for _ in 0..2 {
        for axis in 0..3 {
            for mut lane in field.lanes_mut(Dimension(axis)) {
                let old = lane.to_vec();
                let length = old.len().cast_signed();
                for (i, value) in (0..length).zip(lane.iter_mut()) {
                    let near =
                        (i - reach..=i + reach).map(|j| old[j.rem_euclid(length).cast_unsigned()]);
                    *value = near.sum();
                }
            }
        }
    }
    let mut sorted: Vec<f64> = field.iter().copied().collect();
    sorted.sort_by(f64::total_cmp);
    let below = |value: &&f64| sorted.partition_point(|other| other < value) as f64;
    let cut = sorted
        .iter()
        .find(|value| below(value) >= zeros * sorted.len() as f64);
    let cut = cut.copied().unwrap_or(f64::INFINITY);
    Volume::from_labels(&field.mapv(|value| u8::from(value >= cut)))
}
