//! How numbers look: as many digits as are certain.

/// "0.192329 ± 0.000082": the value rounded where the bound has its second digit, and the bound rounded up so
/// that it holds for the rounded value too.
pub(crate) fn with_bound(value: f64, bound: f64) -> String {
    if !value.is_finite() || !bound.is_finite() {
        return format!("{} ± {}", plain(value), plain(bound));
    }
    if bound == 0.0 {
        return format!("{} (exact)", plain(value));
    }
    let place = exponent(bound) - 1;
    let scale = 10f64.powi(-place);
    let rounding = (value - (value * scale).round() / scale).abs();
    // Less than a billionth above a digit is the noise of this very arithmetic.
    let bound = ((bound + rounding) * scale * (1.0 - 1e-9)).ceil() / scale;
    let leading = if value == 0.0 { place } else { exponent(value) };
    if (-4..6).contains(&leading) && place < 6 {
        let digits = digits(-place);
        return format!("{value:.digits$} ± {bound:.digits$}");
    }
    let unit = 10f64.powi(leading);
    let digits = digits(leading - place);
    format!(
        "({:.digits$} ± {:.digits$})e{leading}",
        value / unit,
        bound / unit
    )
}

/// Six significant digits; "inf" for infinity.
pub(crate) fn plain(value: f64) -> String {
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

/// The place of the first digit: 0 for 1 to 9, -1 for 0.1 to 0.9.
fn exponent(value: f64) -> i32 {
    let scientific = format!("{:e}", value.abs());
    scientific
        .split_once('e')
        .and_then(|(_, place)| place.parse().ok())
        .unwrap_or(0)
}

fn digits(count: i32) -> usize {
    usize::try_from(count.clamp(0, 17)).unwrap_or(0)
}

/// 16777216 as "16 777 216".
pub(crate) fn grouped(count: usize) -> String {
    let digits = count.to_string();
    let first = digits.len() % 3;
    let (head, tail) = digits.split_at(first);
    let mut groups: Vec<&str> = if head.is_empty() {
        Vec::new()
    } else {
        vec![head]
    };
    groups.extend(
        (0..tail.len())
            .step_by(3)
            .map(|start| &tail[start..start + 3]),
    );
    groups.join(" ")
}

/// Metres as people write voxel sizes: "390 nm", "1.2 um".
pub(crate) fn length(metres: f64) -> String {
    let (factor, unit) = match metres {
        m if m < 1e-6 => (1e9, "nm"),
        m if m < 1e-3 => (1e6, "um"),
        m if m < 1.0 => (1e3, "mm"),
        _ => (1.0, "m"),
    };
    format!("{} {unit}", plain(metres * factor))
}

/// "256 x 256 x 256", or one value where all three are the same and `join` is not needed.
pub(crate) fn by_axis<T: ToString>(values: [T; 3]) -> String {
    values.map(|value| value.to_string()).join(" x ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_has_the_digits_that_its_bound_leaves() {
        for (value, bound, text) in [
            (0.192_328_88, 0.000_081, "0.192329 ± 0.000082"),
            (2.077_256_5, 0.001_9, "2.0773 ± 0.0020"),
            (1.0, 0.0, "1 (exact)"),
            (1.234e-7, 3.1e-10, "(1.2340 ± 0.0031)e-7"),
            (123.456, 12.0, "123 ± 13"),
            (0.456, 0.0099, "0.4560 ± 0.0099"),
            (5.0, 0.000_999, "5.00000 ± 0.00100"),
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
    fn counts_and_lengths_read_well() {
        assert_eq!(grouped(16_777_216), "16 777 216");
        assert_eq!(grouped(100), "100");
        assert_eq!(length(390e-9), "390 nm");
        assert_eq!(length(1.2e-6), "1.2 um");
    }
}
