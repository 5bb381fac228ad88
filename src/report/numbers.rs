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
#[expect(
    clippy::cast_possible_truncation,
    reason = "the exponent of an f64 is below 400"
)]
pub(super) fn exponent(value: f64) -> i32 {
    if value == 0.0 || !value.is_finite() {
        0
    } else {
        value.abs().log10().floor() as i32
    }
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

/// A value and the bound on its error with the decimals that the bound deserves (two digits of it): "0.1923 ± 0.0012".
pub(super) fn with_bound(value: f64, bound: f64) -> String {
    let power = exponent(value);
    if value != 0.0 && !(-3..5).contains(&power) {
        let scale = 10f64.powi(power);
        return format!(
            "({}) × {}",
            with_bound(value / scale, bound / scale),
            power_of_ten(power)
        );
    }
    if bound <= 0.0 {
        return brief(value);
    }
    let decimals = usize::try_from(1 - exponent(bound)).unwrap_or(0).min(12);
    format!("{value:.decimals$} ± {bound:.decimals$}")
}

/// A value with four digits: "0.3917", "12.50", "1.234 × 10⁻⁵".
pub(super) fn brief(value: f64) -> String {
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
        assert_eq!(with_bound(0.192_328_88, 0.000_19), "0.19233 ± 0.00019");
        assert_eq!(with_bound(1.923e-7, 1.9e-10), "(1.9230 ± 0.0019) × 10⁻⁷");
        assert_eq!(with_bound(2.0, 0.0), "2.000");
        assert_eq!(brief(0.39), "0.3900");
        assert_eq!(brief(40_588.0), "4.059 × 10⁴");
        assert_eq!(chosen(0.390_000_000_000_1), "0.39");
        assert_eq!(brief(1.234_4e-5), "1.234 × 10⁻⁵");
        assert_eq!(power_of_ten(-14), "10⁻¹⁴");
    }
}
