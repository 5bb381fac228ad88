//! Rows as bits, 64 voxels to a word, where all that conducts connects: runs begin and end where neighbouring bits differ, and two
//! rows touch where both have a bit. The processor need not guess voxel by voxel, nor run by run.

use super::{Rules, Run};

/// Bits of a row's conducting voxels.
type Bits = [u64];

impl Rules {
    /// Bits of up to 64 codes that conduct.
    pub(super) fn word(&self, codes: &[u8]) -> u64 {
        let bits = codes.iter().map(|&code| self.conducts[usize::from(code)]);
        (0..)
            .zip(bits)
            .fold(0, |word, (place, bit)| word | u64::from(bit) << place)
    }
}

/// The runs of a row of so many voxels.
pub(super) fn runs_of(bits: &Bits, length: u32, runs: &mut Vec<Run>) {
    let mut before = 0;
    for (&word, base) in bits.iter().zip((0..).step_by(64)) {
        // Where a run begins or the voxel behind its last is, in turn.
        let mut edges = word ^ (word << 1 | before);
        let mut inside = before == 1;
        while edges != 0 {
            let place = base + edges.trailing_zeros();
            match runs.last_mut().filter(|_| inside) {
                Some(run) => run.end = place,
                None => runs.push(Run {
                    start: place,
                    end: length,
                }),
            }
            inside = !inside;
            edges &= edges - 1;
        }
        before = word >> 63;
    }
}

/// Reports each pair of runs of two rows that have a voxel side by side, by their place among the runs of each.
pub(super) fn contacts_of(a: &Bits, b: &Bits, mut found: impl FnMut(usize, usize)) {
    let mut before = [0; 3];
    let mut counts = [0; 2];
    for (&a, &b) in a.iter().zip(b) {
        let words = [a, b, a & b];
        let [starts_a, starts_b, mut starts] =
            [0, 1, 2].map(|row| words[row] & !(words[row] << 1 | before[row]));
        before = words.map(|word| word >> 63);
        while starts != 0 {
            // All bits up to the first of the contact.
            let up_to = starts ^ (starts - 1);
            let [i, j] = [starts_a, starts_b].map(|starts| (starts & up_to).count_ones() as usize);
            found(counts[0] + i - 1, counts[1] + j - 1);
            starts &= starts - 1;
        }
        counts[0] += starts_a.count_ones() as usize;
        counts[1] += starts_b.count_ones() as usize;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A row of noise whose length is no multiple of 64, and its bits.
    fn noise(seed: u32) -> (Vec<bool>, Vec<u64>) {
        let mut state = seed;
        let row: Vec<bool> = (0..200)
            .map(|x| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                // Long runs across words, too.
                x / 50 % 2 == 1 && state >> 16 & 15 > 0 || state >> 16 & 3 == 0
            })
            .collect();
        let word = |part: &[bool]| {
            (0..)
                .zip(part)
                .fold(0, |word, (k, &on)| word | u64::from(on) << k)
        };
        let bits = row.chunks(64).map(word).collect();
        (row, bits)
    }

    /// Run of each voxel, none where it is off.
    fn runs(row: &[bool]) -> Vec<Option<usize>> {
        let mut count = 0;
        let place = |x: usize| {
            let begins = row[x] && (x == 0 || !row[x - 1]);
            count += usize::from(begins);
            row[x].then(|| count - 1)
        };
        (0..row.len()).map(place).collect()
    }

    #[test]
    fn bits_say_what_voxel_by_voxel_says() {
        let ([a, b], [bits_a, bits_b]): ([_; 2], [_; 2]) = {
            let [a, b] = [3, 5].map(noise);
            ([a.0, b.0], [a.1, b.1])
        };
        let mut found = Vec::new();
        runs_of(&bits_a, 200, &mut found);
        let of = runs(&a);
        let expected: Vec<Run> = (0..found.len())
            .filter_map(|run| {
                let at = |place: &Option<usize>| *place == Some(run);
                let (first, last) = (of.iter().position(at)?, of.iter().rposition(at)?);
                let [start, end] = [first, last + 1].map(super::super::index);
                Some(Run { start, end })
            })
            .collect();
        assert!(found.len() > 20 && found == expected);
        assert_eq!(of.iter().flatten().max(), Some(&(found.len() - 1)));

        let contacts = |bits_b: &[u64]| {
            let mut contacts = Vec::new();
            contacts_of(&bits_a, bits_b, |i, j| contacts.push((i, j)));
            contacts
        };
        let mut expected: Vec<_> = of
            .iter()
            .zip(runs(&b))
            .filter_map(|(i, j)| Some(((*i)?, j?)))
            .collect();
        expected.dedup();
        assert_eq!(contacts(&bits_b), expected);
        let mut wrong = bits_b;
        wrong[1] = !wrong[1];
        assert_ne!(contacts(&wrong), expected, "wrong voxels would pass");
    }
}
