//! Random numbers that are the same on every machine: PCG64 (O'Neill 2014) with one stream per purpose, so that a change
//! in one place leaves the others alone; exponentials from `libm`, which is software, rather than from the system.

use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};
use rand_pcg::Pcg64;

/// What random numbers are drawn for; each has a stream of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stream {
    /// Sizes of particles.
    Sizes,
    /// Places of particles.
    Places,
    /// Particles of carbon.
    Carbon,
    /// Noise that shapes pores.
    Pores,
    /// Sheets of graphene.
    Sheets,
    /// Points round which grains lie.
    Grains,
}

/// The numbers of one stream.
#[derive(Debug)]
pub(super) struct Random(Pcg64);

impl Random {
    pub(super) fn new(seed: u64, stream: Stream) -> Self {
        Self(Pcg64::new(u128::from(seed), stream as u128))
    }

    /// In [0, 1).
    pub(super) fn unit(&mut self) -> f64 {
        self.0.random()
    }

    /// A point of a box.
    pub(super) fn point(&mut self, sides: [f64; 3]) -> [f64; 3] {
        sides.map(|side| side * self.unit())
    }

    /// Mean 0, variance 1, no further out than `limit`.
    pub(super) fn normal(&mut self, limit: f64) -> f64 {
        loop {
            let value: f64 = StandardNormal.sample(&mut self.0);
            if value.abs() <= limit {
                return value;
            }
        }
    }

    /// A direction, all alike.
    pub(super) fn direction(&mut self) -> [f64; 3] {
        loop {
            let point = [(); 3].map(|()| 2.0 * self.unit() - 1.0);
            let square: f64 = point.iter().map(|x| x * x).sum();
            if square > 1e-4 && square <= 1.0 {
                return point.map(|x| x / square.sqrt());
            }
        }
    }
}

/// Two numbers in [0, 1) that belong to an unordered pair (SplitMix64: Steele, Lea, Flood 2014).
pub(super) fn of_pair(seed: u64, a: u32, b: u32) -> [f64; 2] {
    let pair = u64::from(a.min(b)) << 32 | u64::from(a.max(b));
    let start = mix(seed ^ mix(pair));
    [1, 2].map(|i| (mix(start.wrapping_add(i)) >> 11) as f64 / (1u64 << 53) as f64)
}

fn mix(state: u64) -> u64 {
    let z = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
