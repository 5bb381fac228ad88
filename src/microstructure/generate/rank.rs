//! Exactly so many voxels, in the order of a field: the smallest first, equal ones by their place. This is how every
//! generator hits a fraction to the voxel: a surface is moved outwards or inwards, together everywhere, until it fits.
//! Cost: three passes, no sorting.

use rayon::prelude::*;

/// Where a field is cut.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Cut {
    /// The key of the last value taken.
    key: u32,
    /// How many voxels of that very value are taken, in the order of their places.
    ties: usize,
}

/// An unsigned number with the order of the floating-point one.
fn key(value: f32) -> u32 {
    let bits = value.to_bits();
    if bits >> 31 == 1 {
        !bits
    } else {
        bits | 1 << 31
    }
}

fn value(key: u32) -> f32 {
    f32::from_bits(if key >> 31 == 1 {
        key & !(1 << 31)
    } else {
        !key
    })
}

impl Cut {
    /// The cut that takes `wanted` voxels of those that `counts`; all of them where there are fewer.
    pub(super) fn find(
        field: &[f32],
        wanted: usize,
        counts: impl Fn(usize) -> bool + Sync,
    ) -> Self {
        let high = histogram(field, &counts, |key| Some(key >> 16));
        let (upper, before) = bin(&high, wanted);
        let low = histogram(field, &counts, |key| {
            (key >> 16 == upper).then_some(key & 0xffff)
        });
        let (lower, ties) = bin(&low, wanted - before.min(wanted));
        Self {
            key: upper << 16 | lower,
            ties: wanted.saturating_sub(before).saturating_sub(ties),
        }
    }

    /// The value at which the field is cut.
    pub(super) fn value(self) -> f32 {
        value(self.key)
    }

    /// Calls `take` for every voxel taken, in the order of places.
    pub(super) fn take(
        self,
        field: &[f32],
        counts: impl Fn(usize) -> bool,
        mut take: impl FnMut(usize),
    ) {
        let mut ties = self.ties;
        for (voxel, &value) in field.iter().enumerate() {
            let key = key(value);
            if key > self.key || !counts(voxel) {
                continue;
            }
            if key == self.key {
                if ties == 0 {
                    continue;
                }
                ties -= 1;
            }
            take(voxel);
        }
    }
}

/// How many voxels fall into each of 65536 bins.
fn histogram(
    field: &[f32],
    counts: &(impl Fn(usize) -> bool + Sync),
    bin: impl Fn(u32) -> Option<u32> + Sync,
) -> Vec<usize> {
    const CHUNK: usize = 1 << 22;
    let count = |(chunk, values): (usize, &[f32])| {
        let mut bins = vec![0usize; 1 << 16];
        for (i, &value) in values.iter().enumerate() {
            if let Some(bin) = bin(key(value)).filter(|_| counts(chunk * CHUNK + i)) {
                bins[bin as usize] += 1;
            }
        }
        bins
    };
    let sum = |mut a: Vec<usize>, b: Vec<usize>| {
        a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
        a
    };
    let chunks = field.par_chunks(CHUNK).enumerate().map(count);
    chunks.reduce(|| vec![0; 1 << 16], sum)
}

/// The bin that holds the `wanted`th voxel, and how many lie before it.
fn bin(bins: &[usize], wanted: usize) -> (u32, usize) {
    let mut before = 0;
    let mut last = (0, 0);
    for (bin, &count) in (0u32..).zip(bins) {
        if count > 0 {
            last = (bin, before);
            if before + count >= wanted {
                return (bin, before);
            }
        }
        before += count;
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(field: &[f32], wanted: usize) -> Vec<usize> {
        let mut taken = Vec::new();
        Cut::find(field, wanted, |_| true).take(field, |_| true, |voxel| taken.push(voxel));
        taken
    }

    #[test]
    fn the_smallest_are_taken_and_ties_by_place() {
        let field = [3.0, -1.0, 2.5, -1.0, 0.0, 2.5, -7.5];
        assert!(taken(&field, 0).is_empty());
        assert_eq!(taken(&field, 1), [6]);
        assert_eq!(taken(&field, 2), [1, 6]);
        assert_eq!(taken(&field, 4), [1, 3, 4, 6]);
        assert_eq!(taken(&field, 5), [1, 2, 3, 4, 6]);
        assert_eq!(taken(&field, 9), [0, 1, 2, 3, 4, 5, 6]);
        assert_eq!(Cut::find(&field, 5, |_| true).value(), 2.5);
    }

    #[test]
    fn voxels_that_do_not_count_are_passed_over() {
        let field = [1.0, 2.0, 3.0, 4.0];
        let mut taken = Vec::new();
        let odd = |voxel: usize| voxel % 2 == 1;
        Cut::find(&field, 1, odd).take(&field, odd, |voxel| taken.push(voxel));
        assert_eq!(taken, [1]);
    }
}
