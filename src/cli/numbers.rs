//! How counts and lengths look.

use voxion::report::numbers::plain;

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

/// Three edges in metres in one unit: "0.5 x 0.1 x 0.1 um".
pub(crate) fn lengths(edges: [f64; 3]) -> String {
    let (factor, unit) = match edges.into_iter().fold(0.0, f64::max) {
        m if m < 1e-7 => (1e9, "nm"),
        m if m < 1e-4 => (1e6, "um"),
        m if m < 0.1 => (1e3, "mm"),
        _ => (1.0, "m"),
    };
    format!("{} {unit}", by_axis(edges.map(|edge| plain(edge * factor))))
}

/// "256 x 256 x 256", or one value where all three are the same and `join` is not needed.
pub(crate) fn by_axis<T: ToString>(values: [T; 3]) -> String {
    values.map(|value| value.to_string()).join(" x ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_lengths_read_well() {
        assert_eq!(grouped(16_777_216), "16 777 216");
        assert_eq!(grouped(100), "100");
        assert_eq!(length(390e-9), "390 nm");
        assert_eq!(length(1.2e-6), "1.2 um");
        assert_eq!(lengths([5e-7, 1e-7, 1e-7]), "0.5 x 0.1 x 0.1 um");
    }
}
