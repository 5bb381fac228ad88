//! Where values stand along an axis of a plot: evenly, by powers of ten, or side by side under names.

use super::super::numbers::{exponent, power_of_ten, ticks};
use std::ops::RangeInclusive;

/// An axis.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Scale {
    Linear { low: f64, high: f64 },
    Log { low: f64, high: f64 },
}

/// Beyond this ratio of the largest to the smallest value, an axis has powers of ten.
const LOG_FROM: f64 = 50.0;

/// How places along a parameter are spaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Spacing {
    /// As the values themselves are: by powers of ten where they go by factors rather than by steps.
    #[default]
    Own,
    /// Evenly.
    Even,
    /// By powers of ten.
    Factors,
}

/// Up to so many decades, ticks at 2 and 5 have room beside each other.
const TWO_AND_FIVE: f64 = 2.2;
/// Ticks of powers of ten that are read more easily as numbers.
const WRITTEN_OUT: RangeInclusive<f64> = 1e-3..=1e4;

/// Where listed values go by factors, an axis has powers of ten from this ratio of the largest to the smallest on.
const FACTORS_FROM: f64 = 8.0;

impl Scale {
    /// For the places along a parameter.
    pub(super) fn along(values: &[f64], spacing: Spacing) -> Self {
        let finite = values.iter().copied().filter(|value| value.is_finite());
        let mut sorted: Vec<f64> = finite.collect();
        sorted.sort_by(f64::total_cmp);
        sorted.dedup();
        let factors = match spacing {
            Spacing::Own => goes_by_factors(&sorted),
            Spacing::Even => false,
            Spacing::Factors => sorted.first().is_some_and(|&low| low > 0.0) && sorted.len() > 1,
        };
        match (factors, sorted.as_slice()) {
            (true, [low, .., high]) => {
                let room = (high / low).powf(0.05);
                Self::Log {
                    low: low / room,
                    high: high * room,
                }
            }
            _ => Self::linear(&sorted, Start::Lowest),
        }
    }

    /// For these values; those that are not finite do not count. With `zero`, a linear axis begins at 0 where all are
    /// positive.
    pub(super) fn of(values: &[f64], start: Start) -> Self {
        let (low, high) = ends(values);
        if low > 0.0 && low < high && high / low > LOG_FROM {
            let room = (high / low).powf(0.05);
            return Self::Log {
                low: low / room,
                high: high * room,
            };
        }
        Self::linear(values, start)
    }

    fn linear(values: &[f64], start: Start) -> Self {
        let (low, high) = ends(values);
        if low > high {
            return Self::Linear {
                low: 0.0,
                high: 1.0,
            };
        }
        let width = if high > low {
            high - low
        } else {
            high.abs().max(1.0)
        };
        let below = match start {
            Start::Zero if low >= 0.0 => 0.0,
            _ => low - 0.06 * width,
        };
        Self::Linear {
            low: below,
            high: high + 0.06 * width,
        }
    }

    /// The place from 0 to 1; none outside of a logarithm.
    pub(super) fn place(&self, value: f64) -> Option<f64> {
        let place = match *self {
            Self::Linear { low, high } => (value - low) / (high - low),
            Self::Log { low, high } => (value / low).ln() / (high / low).ln(),
        };
        place.is_finite().then_some(place.clamp(0.0, 1.0))
    }

    /// The power of ten in which the texts of an even axis count, so that they are short; it stands beside the unit.
    pub(super) fn power(&self) -> i32 {
        let Self::Linear { low, high } = *self else {
            return 0;
        };
        let far = low.abs().max(high.abs());
        match (1e-4..1e6).contains(&far) {
            true => 0,
            false => exponent(far).div_euclid(3) * 3,
        }
    }

    /// Values with their texts.
    pub(super) fn ticks(&self, wanted: f64) -> Vec<(f64, String)> {
        match *self {
            Self::Linear { low, high } => {
                let unit = 10f64.powi(self.power());
                let (values, decimals) = ticks(low / unit, high / unit, wanted);
                let tick = |value: f64| (value * unit, format!("{value:.decimals$}"));
                values.into_iter().map(tick).collect()
            }
            Self::Log { low, high } => powers(low, high, wanted),
        }
    }
}

/// The least and the largest of those that are finite.
fn ends(values: &[f64]) -> (f64, f64) {
    let finite = || values.iter().copied().filter(|value| value.is_finite());
    let low = finite().fold(f64::INFINITY, f64::min);
    (low, finite().fold(f64::NEG_INFINITY, f64::max))
}

/// Whether ascending values have more even ratios than differences, over a wide enough range; of two, which have one of
/// either, the range alone tells.
fn goes_by_factors(sorted: &[f64]) -> bool {
    let [low, .., high] = *sorted else {
        return false;
    };
    if low <= 0.0 || high / low < FACTORS_FROM {
        return false;
    }
    if sorted.len() == 2 {
        return high / low > LOG_FROM;
    }
    let unevenness = |gap: fn(f64, f64) -> f64| {
        let gaps = || sorted.windows(2).map(|pair| gap(pair[0], pair[1]));
        gaps().fold(0.0, f64::max) / gaps().fold(f64::INFINITY, f64::min)
    };
    unevenness(|a, b| (b / a).ln()) < unevenness(|a, b| b - a)
}

/// Where a linear axis begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    Zero,
    Lowest,
}

/// "2 × 10⁻⁷", shortly.
fn scientific(value: f64) -> String {
    let power = exponent(value);
    let mantissa = (value / 10f64.powi(power) * 100.0).round() / 100.0;
    match mantissa {
        1.0 => power_of_ten(power),
        mantissa => format!("{mantissa}·{}", power_of_ten(power)),
    }
}

/// Powers of ten, every n-th where there are many, with 2 and 5 where there are few; written out where that is short.
fn powers(low: f64, high: f64, wanted: f64) -> Vec<(f64, String)> {
    let (first, last) = (exponent(low), exponent(high) + 1);
    let inside = |value: f64| value >= low && value <= high;
    let decades = f64::from(last - first);
    let factors: &[f64] = if (high / low).log10() <= TWO_AND_FIVE {
        &[1.0, 2.0, 5.0]
    } else {
        &[1.0]
    };
    let mut step = 1;
    while decades / f64::from(step) > wanted.max(1.0) {
        step += 1;
    }
    let values: Vec<f64> = (first..=last)
        .filter(|power| power.rem_euclid(step) == 0)
        .flat_map(|power| factors.iter().map(move |factor| (factor, power)))
        .filter_map(|(factor, power)| format!("{factor}e{power}").parse::<f64>().ok())
        .filter(|&value| inside(value))
        .collect();
    let written = |value: f64| match values.iter().all(|value| WRITTEN_OUT.contains(value)) {
        true => value.to_string(),
        false => scientific(value),
    };
    values
        .iter()
        .map(|&value| (value, written(value)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_ranges_have_powers_of_ten_and_narrow_ones_do_not() {
        assert!(matches!(
            Scale::of(&[1e-9, 1e-4], Start::Zero),
            Scale::Log { .. }
        ));
        assert!(matches!(
            Scale::of(&[0.0, 1e4], Start::Zero),
            Scale::Linear { low: 0.0, .. }
        ));
        assert!(matches!(
            Scale::of(&[2.0, 3.0], Start::Lowest),
            Scale::Linear { .. }
        ));
        let nothing = Scale::of(&[f64::NAN, f64::INFINITY], Start::Zero);
        assert_eq!(
            nothing,
            Scale::Linear {
                low: 0.0,
                high: 1.0
            }
        );
    }

    #[test]
    fn an_axis_is_spaced_as_its_parameter_is() {
        let is_log =
            |values: &[f64], spacing| matches!(Scale::along(values, spacing), Scale::Log { .. });
        // Seeds and counts go by steps however far they go, and what is asked for holds.
        let seeds: Vec<f64> = (1..=100).map(f64::from).collect();
        assert!(!is_log(&seeds, Spacing::Own) && !is_log(&seeds, Spacing::Even));
        assert!(is_log(&seeds, Spacing::Factors));
        assert!(is_log(&[1e-9, 1e-8, 1e-7], Spacing::Own));
        assert!(!is_log(&[1e-9, 1e-4], Spacing::Even));
        // Lists by their spread: 1, 10, 30 um; 4, 8, 12 nm; cycles from none on; two values.
        assert!(is_log(&[1.0, 10.0, 30.0], Spacing::Own));
        assert!(!is_log(&[4.0, 8.0, 12.0], Spacing::Own));
        assert!(!is_log(&[0.0, 20.0, 40.0, 60.0, 80.0, 150.0], Spacing::Own));
        assert!(!is_log(&[10.0, 60.0], Spacing::Own) && is_log(&[1.0, 1e3], Spacing::Own));
        assert!(!is_log(&[1.0], Spacing::Factors) && !is_log(&[0.0, 1.0], Spacing::Factors));
    }

    #[test]
    fn ends_are_inside_and_order_is_kept() {
        for values in [[1e-9, 1e-4], [2.0, 3.0], [5.0, 5.0], [-1.0, 1.0]] {
            let scale = Scale::of(&values, Start::Lowest);
            let places = values.map(|value| scale.place(value).unwrap());
            assert!(
                places[0] <= places[1] && places[0] > 0.0 && places[1] < 1.0,
                "{values:?} {places:?}"
            );
            let ticks = scale.ticks(6.0);
            assert!((2..=10).contains(&ticks.len()), "{values:?} {ticks:?}");
        }
    }

    #[test]
    fn small_numbers_are_written_shortly() {
        assert_eq!(scientific(2e-7), "2·10⁻⁷");
        let linear = |low: f64, high: f64| {
            let scale = Scale::Linear { low, high };
            let ticks = scale.ticks(3.0).into_iter();
            (
                scale.power(),
                ticks.map(|(_, text)| text).collect::<Vec<_>>(),
            )
        };
        let texts = |texts: [&str; 3]| texts.map(str::to_owned).to_vec();
        assert_eq!(linear(0.0, 1.4e9), (9, texts(["0.0", "0.5", "1.0"])));
        assert_eq!(linear(-4.5e7, 1e6), (6, texts(["-40", "-20", "0"])));
        assert_eq!(linear(0.0, 1.3e-7), (-9, texts(["0", "50", "100"])));
        assert_eq!(linear(0.0, 1.4), (0, texts(["0.0", "0.5", "1.0"])));
        let texts: Vec<String> = powers(1e-9, 1e-4, 6.0)
            .into_iter()
            .map(|(_, text)| text)
            .collect();
        assert_eq!(texts, ["10⁻⁹", "10⁻⁸", "10⁻⁷", "10⁻⁶", "10⁻⁵", "10⁻⁴"]);
        let short = |low: f64, high: f64| -> Vec<String> {
            let ticks = powers(low, high, 6.0).into_iter();
            ticks.map(|(_, text)| text).collect()
        };
        assert_eq!(short(0.8, 36.0), ["1", "2", "5", "10", "20"]);
        assert_eq!(short(0.008, 30.0), ["0.01", "0.1", "1", "10"]);
        assert_eq!(short(2e-4, 2e-3), ["2·10⁻⁴", "5·10⁻⁴", "10⁻³", "2·10⁻³"]);
    }
}
