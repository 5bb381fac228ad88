//! Numbers as people read them: round ticks, powers of ten, a value with as many digits as its error allows.

/// Round numbers (1, 2 or 5 times a power of ten apart) from `low` to `high`, about `wanted` of them, and the decimals
/// they need.
pub(super) fn ticks(low: f64, high: f64, wanted: f64) -> (Vec<f64>, usize) {
    let rough = (high - low) / wanted.max(1.0);
    if !(rough.is_finite() && rough > 0.0) {
        return (vec![low], 0);
    }
    let power = 10f64.powi(exponent(rough));
    let step = [1.0, 2.0, 5.0]
        .into_iter()
        .find(|m| m * power >= rough * 0.999)
        .unwrap_or(10.0);
    let step = step * power;
    let tolerance = step * 1e-6;
    let first = ((low - tolerance) / step).ceil();
    let values = (0..100).map(|i| (first + f64::from(i)) * step);
    let values = values
        .take_while(|value| *value <= high + tolerance)
        .map(|value| value + 0.0);
    (values.collect(), decimals(step))
}

/// The decimals that show the first digit of `step`.
fn decimals(step: f64) -> usize {
    usize::try_from(-exponent(step * 1.000_001)).unwrap_or(0)
}

/// The power of ten of the first digit; 0 for 0.
pub(super) fn exponent(value: f64) -> i32 {
    let scientific = format!("{:e}", value.abs());
    let power = scientific.split_once('e').map(|(_, power)| power);
    power.and_then(|power| power.parse().ok()).unwrap_or(0)
}

/// "10⁻³".
pub(super) fn power_of_ten(exponent: i32) -> String {
    let raised = |c| match c {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        digit => char::from_u32('⁰' as u32 + digit as u32 - '0' as u32).unwrap_or(digit),
    };
    let exponent: String = exponent.to_string().chars().map(raised).collect();
    format!("10{exponent}")
}

/// "0.192329 ± 0.000082": the value rounded where the bound has its second digit, and the bound rounded up so
/// that it holds for the rounded value too; "1 (exact)" where the bound is 0.
pub fn with_bound(value: f64, bound: f64) -> String {
    if !value.is_finite() || !bound.is_finite() {
        return format!("{} ± {}", plain(value), plain(bound));
    }
    if bound == 0.0 {
        return format!("{} (exact)", plain(value));
    }
    // Beyond the digits that an f64 holds there is nothing to say.
    let place = (exponent(bound) - 1).max(exponent(value) - 14);
    let scale = 10f64.powi(-place);
    let rounding = (value - (value * scale).round() / scale).abs();
    // Less than a billionth above a digit is the noise of this very arithmetic.
    let bound = ((bound + rounding) * scale * (1.0 - 1e-9)).ceil() / scale;
    // A value that is lost in its bound is 0, not minus 0.
    let value = (value * scale).round() / scale + 0.0;
    let leading = match value {
        0.0 => exponent(bound),
        value => exponent(value).max(exponent(bound)),
    };
    if (-4..6).contains(&leading) && place < 6 {
        let digits = digits(-place);
        return format!("{value:.digits$} ± {bound:.digits$}");
    }
    let unit = 10f64.powi(leading);
    let digits = digits(leading - place);
    format!(
        "({:.digits$} ± {:.digits$}) × {}",
        value / unit,
        bound / unit,
        power_of_ten(leading)
    )
}

/// Six significant digits; "inf" for infinity.
pub fn plain(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return format!("{value}");
    }
    let leading = exponent(value);
    if (-4..6).contains(&leading) {
        let digits = digits(5 - leading);
        let text = format!("{value:.digits$}");
        let short = if text.contains('.') {
            text.trim_end_matches('0')
        } else {
            &text
        };
        return short.trim_end_matches('.').to_owned();
    }
    format!("{value:.5e}")
}

/// The same for a number that is inversely proportional to one whose relative error is at most `relative`.
pub fn inverse_with_bound(value: f64, relative: f64) -> String {
    if value.is_infinite() {
        return plain(value);
    }
    with_bound(value, value * relative / (1.0 - relative).max(f64::EPSILON))
}

fn digits(count: i32) -> usize {
    usize::try_from(count.clamp(0, 17)).unwrap_or(0)
}

/// A value with four digits: "0.3917", "12.50", "1.234 × 10⁻⁵".
pub fn brief(value: f64) -> String {
    let power = exponent(value);
    if value != 0.0 && !(-3..4).contains(&power) {
        return format!("{:.3} × {}", value / 10f64.powi(power), power_of_ten(power));
    }
    let decimals = usize::try_from(3 - power).unwrap_or(0);
    format!("{value:.decimals$}")
}

/// A value that somebody chose, without the zeros that four digits would add: "0.39".
pub(super) fn chosen(value: f64) -> String {
    format!("{value:.3e}")
        .parse::<f64>()
        .unwrap_or(value)
        .to_string()
}

/// A unit of length for pictures.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct LengthUnit {
    /// "µm".
    pub(super) symbol: &'static str,
    /// Metres (or voxels) of one.
    pub(super) size: f64,
}

impl LengthUnit {
    /// The unit that writes `metres` with few digits.
    pub(super) fn for_metres(metres: f64) -> Self {
        match metres {
            m if m >= 2e-3 => Self {
                symbol: "mm",
                size: 1e-3,
            },
            m if m >= 2e-6 => Self {
                symbol: "µm",
                size: 1e-6,
            },
            _ => Self {
                symbol: "nm",
                size: 1e-9,
            },
        }
    }

    /// Where no voxel size is known.
    pub(super) fn voxels() -> Self {
        Self {
            symbol: "voxels",
            size: 1.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_inside() {
        assert_eq!(
            ticks(0.0, 1.0, 5.0),
            (vec![0.0, 0.2, 0.4, 0.600_000_000_000_000_1, 0.8, 1.0], 1)
        );
        assert_eq!(
            ticks(0.0, 99.84, 5.0),
            (vec![0.0, 20.0, 40.0, 60.0, 80.0], 0)
        );
        assert_eq!(ticks(0.0, 0.0, 5.0), (vec![0.0], 0));
        assert_eq!(ticks(0.0, f64::NAN, 5.0).0, vec![0.0]);
        assert!(ticks(0.0, 7.3e-5, 4.0).0.len() >= 3);
    }

    #[test]
    fn digits_follow_the_bound() {
        assert_eq!(brief(0.39), "0.3900");
        assert_eq!(brief(40_588.0), "4.059 × 10⁴");
        assert_eq!(chosen(0.390_000_000_000_1), "0.39");
        assert_eq!(brief(1.234_4e-5), "1.234 × 10⁻⁵");
        assert_eq!(power_of_ten(-14), "10⁻¹⁴");
    }

    #[test]
    fn a_value_has_the_digits_that_its_bound_leaves() {
        for (value, bound, text) in [
            (0.192_328_88, 0.000_081, "0.192329 ± 0.000082"),
            (2.077_256_5, 0.001_9, "2.0773 ± 0.0020"),
            (1.0, 0.0, "1 (exact)"),
            (1.234e-7, 3.1e-10, "(1.2340 ± 0.0031) × 10⁻⁷"),
            (123.456, 12.0, "123 ± 13"),
            (0.456, 0.0099, "0.4560 ± 0.0099"),
            (5.0, 0.000_999, "5.00000 ± 0.00100"),
            (
                1.000_000_000_000_000_2,
                1e-17,
                "1.00000000000000 ± 0.00000000000001",
            ),
            (-2e-20, 7.34e-15, "(0.0 ± 7.4) × 10⁻¹⁵"),
            (-1e-9, 0.0019, "0.0000 ± 0.0020"),
            (f64::INFINITY, 0.0, "inf ± 0"),
        ] {
            assert_eq!(with_bound(value, bound), text);
        }
    }

    #[test]
    fn plain_numbers_have_six_digits() {
        for (value, text) in [
            (0.5, "0.5"),
            (0.449_912_3, "0.449912"),
            (120.0, "120"),
            (1e-9, "1.00000e-9"),
            (0.0, "0"),
            (f64::INFINITY, "inf"),
        ] {
            assert_eq!(plain(value), text);
        }
    }

    #[test]
    fn an_inverse_has_the_larger_bound_of_its_smallest_value() {
        assert_eq!(inverse_with_bound(2.0, 0.2), "2.00 ± 0.50");
        assert_eq!(inverse_with_bound(f64::INFINITY, 0.0), "inf");
    }
}
