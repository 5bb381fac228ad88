//! Sizes of particles: drawn until their volume is the one asked for, then scaled by the little that is missing.

use super::{
    FEWEST_ACROSS, GenerateError,
    grid::Grid,
    nanometres,
    packing::volume,
    random::{Random, Stream},
};

/// A distribution of diameters, by number, cut at 2.5 standard deviations.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Sizes {
    /// The logarithm is normal.
    LogNormal {
        /// Half of the particles are smaller, m.
        median: f64,
        /// Standard deviation of the natural logarithm.
        spread: f64,
    },
    /// The diameter itself is normal.
    Normal {
        /// Mean, m.
        mean: f64,
        /// Standard deviation, m.
        deviation: f64,
    },
}

/// Standard deviations beyond which no particle is drawn.
const LIMIT: f64 = 2.5;
/// Below this number of particles, statistics are poor.
const FEW: usize = 20;

/// Radii in voxels, and what is to be said about them.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Radii {
    pub(super) radii: Vec<f64>,
    pub(super) notes: Vec<String>,
}

impl Sizes {
    fn centre(self) -> f64 {
        match self {
            Self::LogNormal { median, .. } => median,
            Self::Normal { mean, .. } => mean,
        }
    }

    fn diameter(self, normal: f64) -> f64 {
        match self {
            Self::LogNormal { median, spread } => median * libm::exp(spread * normal),
            Self::Normal { mean, deviation } => mean + deviation * normal,
        }
    }

    /// How far out can be drawn so that no particle, with `margin` around it, is wider than half of the box.
    fn limit(self, widest: f64) -> f64 {
        let fits = |limit: &f64| self.diameter(*limit) <= widest && self.diameter(-limit) > 0.0;
        (0..=50)
            .rev()
            .map(|i| LIMIT * f64::from(i) / 50.0)
            .find(fits)
            .unwrap_or(-1.0)
    }

    /// Radii whose spheres have `fraction` of the volume of the box; `margin` (m) is kept around each.
    pub(super) fn radii(
        self,
        fraction: f64,
        grid: &Grid,
        margin: f64,
        seed: u64,
    ) -> Result<Radii, GenerateError> {
        let room = grid.sides().into_iter().fold(f64::INFINITY, f64::min) * grid.voxel;
        let (diameter, voxel) = (self.centre(), grid.voxel);
        if diameter < FEWEST_ACROSS * voxel {
            return Err(GenerateError::TooSmall { diameter, voxel });
        }
        let limit = self.limit(room / 2.0 - 2.0 * margin);
        if limit < 0.5 {
            let diameter = self.diameter(LIMIT.min(1.0)) + 2.0 * margin;
            return Err(GenerateError::TooLarge { diameter, room });
        }
        let wanted = fraction * grid.volume();
        let mut random = Random::new(seed, Stream::Sizes);
        let (mut radii, mut sum) = (Vec::new(), 0.0);
        while sum < wanted {
            let radius = grid.in_voxels(self.diameter(random.normal(limit))) / 2.0;
            let next = sum + volume(radius);
            if next - wanted > wanted - sum {
                break;
            }
            radii.push(radius);
            sum = next;
        }
        if radii.is_empty() {
            return Err(GenerateError::Empty { fraction, room });
        }
        let scale = libm::cbrt(wanted / sum);
        radii.iter_mut().for_each(|radius| *radius *= scale);
        Ok(Radii {
            notes: self.notes(limit, scale, radii.len()),
            radii,
        })
    }

    fn notes(self, limit: f64, scale: f64, particles: usize) -> Vec<String> {
        let mut notes = Vec::new();
        if limit < LIMIT {
            notes.push(format!(
                "particles wider than {} are left out, because they do not fit half of the box; take a larger volume",
                nanometres(self.diameter(limit))
            ));
        }
        if particles < FEW {
            notes.push(format!(
                "only {particles} particle(s) fit, so one seed says little; take a larger volume"
            ));
        }
        if (scale - 1.0).abs() > 0.02 {
            notes.push(format!(
                "diameters are {:.1} % {} than drawn, so that a whole number of particles has the volume asked for",
                100.0 * (scale - 1.0).abs(),
                if scale > 1.0 { "larger" } else { "smaller" }
            ));
        }
        notes
    }

    /// Whether the numbers make a distribution.
    pub(super) fn check(self) -> Result<(), GenerateError> {
        GenerateError::check(
            "the diameter",
            self.centre(),
            (f64::MIN_POSITIVE, 1.0),
            "above 0 and below 1 m",
        )?;
        match self {
            Self::LogNormal { spread, .. } => GenerateError::check(
                "the spread",
                spread,
                (0.0, 1.0),
                "from 0 to 1 (of the natural logarithm)",
            ),
            Self::Normal { mean, deviation } => GenerateError::check(
                "the deviation of diameters, as a part of their mean,",
                deviation / mean,
                (0.0, 0.35),
                "from 0 to 0.35",
            ),
        }
    }
}
