//! Where values stand along an axis of a plot: evenly, by powers of ten, or side by side under names.

use super::super::numbers::{exponent, power_of_ten, ticks};

/// An axis.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Scale {
    Linear { low: f64, high: f64 },
    Log { low: f64, high: f64 },
}

/// Beyond this ratio of the largest to the smallest value, an axis has powers of ten.
const LOG_FROM: f64 = 50.0;

impl Scale {
    /// For these values; those that are not finite do not count. With `zero`, a linear axis begins at 0 where all are
    /// positive.
    pub(super) fn of(values: &[f64], start: Start) -> Self {
        let finite = || values.iter().copied().filter(|value| value.is_finite());
        let low = finite().fold(f64::INFINITY, f64::min);
        let high = finite().fold(f64::NEG_INFINITY, f64::max);
        if low > high {
            return Self::Linear {
                low: 0.0,
                high: 1.0,
            };
        }
        if low > 0.0 && high / low > LOG_FROM {
            let room = (high / low).powf(0.05);
            return Self::Log {
                low: low / room,
                high: high * room,
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

    /// For the values of a parameter: powers of ten only where those are what it was swept by, so that the middle value is
    /// nearer to the geometric than to the arithmetic mean of the ends.
    pub(super) fn of_parameter(values: &[f64]) -> Self {
        let scale = Self::of(values, Start::Lowest);
        let mut distinct: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
        distinct.sort_by(f64::total_cmp);
        distinct.dedup();
        let (Self::Log { .. }, [low, .., high]) = (&scale, distinct.as_slice()) else {
            return scale;
        };
        let far = |mean: f64| (distinct[distinct.len() / 2] / mean).ln().abs();
        if distinct.len() > 2 && far(0.5 * (low + high)) < far((low * high).sqrt()) {
            let room = 0.06 * (high - low);
            return Self::Linear {
                low: low - room,
                high: high + room,
            };
        }
        scale
    }

    /// The place from 0 to 1; none outside of a logarithm.
    pub(super) fn place(&self, value: f64) -> Option<f64> {
        let place = match *self {
            Self::Linear { low, high } => (value - low) / (high - low),
            Self::Log { low, high } => (value / low).ln() / (high / low).ln(),
        };
        place.is_finite().then_some(place.clamp(0.0, 1.0))
    }

    /// Values with their texts.
    pub(super) fn ticks(&self, wanted: f64) -> Vec<(f64, String)> {
        match *self {
            Self::Linear { low, high } => {
                let (values, decimals) = ticks(low, high, wanted);
                let far = low.abs().max(high.abs());
                let text = |value: f64| match far {
                    far if !(1e-4..1e6).contains(&far) => scientific(value),
                    _ => format!("{value:.decimals$}"),
                };
                values
                    .into_iter()
                    .map(|value| (value, text(value)))
                    .collect()
            }
            Self::Log { low, high } => powers(low, high, wanted),
        }
    }
}

/// Where a linear axis begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    Zero,
    Lowest,
}

/// "2 × 10⁻⁷", shortly.
fn scientific(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let power = exponent(value);
    let mantissa = (value / 10f64.powi(power) * 100.0).round() / 100.0;
    match mantissa {
        1.0 => power_of_ten(power),
        mantissa => format!("{mantissa}·{}", power_of_ten(power)),
    }
}

/// Powers of ten, every n-th where there are many, with 2 and 5 where there are few.
fn powers(low: f64, high: f64, wanted: f64) -> Vec<(f64, String)> {
    let (first, last) = (exponent(low), exponent(high) + 1);
    let inside = |value: f64| value >= low && value <= high;
    let decades = f64::from(last - first);
    let factors: &[f64] = if decades <= 2.0 {
        &[1.0, 2.0, 5.0]
    } else {
        &[1.0]
    };
    let mut step = 1;
    while decades / f64::from(step) > wanted.max(1.0) {
        step += 1;
    }
    (first..=last)
        .filter(|power| power.rem_euclid(step) == 0)
        .flat_map(|power| factors.iter().map(move |factor| (factor, power)))
        .filter_map(|(factor, power)| format!("{factor}e{power}").parse::<f64>().ok())
        .filter(|&value| inside(value))
        .map(|value| (value, scientific(value)))
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
    fn a_parameter_has_the_axis_that_it_was_swept_by() {
        let even: Vec<f64> = (0..12).map(|step| 1.0 + 9.0 * f64::from(step)).collect();
        assert!(matches!(Scale::of_parameter(&even), Scale::Linear { .. }));
        for decades in [
            &[1e-3, 1e-2, 1e-1, 1.0][..],
            &[1.0, 1e4],
            &[1.0, 100.0, 1e4],
        ] {
            assert!(matches!(Scale::of_parameter(decades), Scale::Log { .. }));
        }
        // As results, both have powers of ten.
        assert!(matches!(Scale::of(&even, Start::Zero), Scale::Log { .. }));
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
        assert_eq!(scientific(0.0), "0");
        let texts: Vec<String> = powers(1e-9, 1e-4, 6.0)
            .into_iter()
            .map(|(_, text)| text)
            .collect();
        assert_eq!(texts, ["10⁻⁹", "10⁻⁸", "10⁻⁷", "10⁻⁶", "10⁻⁵", "10⁻⁴"]);
    }
}
