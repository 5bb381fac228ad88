//! Voxel sizes as files state them: lengths with units in the many spellings that microscopes and image programs use.

/// A voxel size that a file states, and where it does.
#[derive(Debug, Clone, PartialEq)]
pub struct StatedVoxelSize {
    /// Edges in metres, (z, y, x).
    pub metres: [f64; 3],
    /// The place in words that complete "voxel size ... from", such as "the ImageJ description".
    pub stated_in: String,
}

impl StatedVoxelSize {
    /// A voxel size from edges in metres, (z, y, x); none unless all are positive and finite.
    pub(super) fn new(metres: [f64; 3], stated_in: impl Into<String>) -> Option<Self> {
        let sound = |edge: &f64| edge.is_finite() && *edge > 0.0;
        metres.iter().all(sound).then(|| Self {
            metres,
            stated_in: stated_in.into(),
        })
    }

    /// Whether another voxel size agrees to 0.1 %, which covers values rounded for a text.
    pub(super) fn agrees(&self, other: &Self) -> bool {
        let pairs = self.metres.iter().zip(&other.metres);
        pairs
            .into_iter()
            .all(|(a, b)| (a - b).abs() <= 1e-3 * a.max(*b))
    }
}

/// Metres in one of a unit of length: SI prefixes from pm to m, their English names, the micrometre in all its spellings,
/// angstrom, inch and thou. None for pixels, voxels, an empty text and everything else.
pub(super) fn metres_per(unit: &str) -> Option<f64> {
    // ImageJ writes the sign of micro as an escape.
    let unit = unit.trim().replace("\\u00B5", "u").replace("\\u00b5", "u");
    let unit = unit.replace(['\u{b5}', '\u{3bc}'], "u");
    if unit == "Mm" {
        return None; // a megametre is a slip of the pen
    }
    let unit = unit.to_lowercase();
    let singular = match unit.as_str() {
        "inches" => "inch",
        other => other
            .strip_suffix('s')
            .filter(|rest| rest.len() > 2)
            .unwrap_or(other),
    };
    Some(match singular {
        "m" | "meter" | "metre" => 1.0,
        "dm" | "decimeter" | "decimetre" => 1e-1,
        "cm" | "centimeter" | "centimetre" => 1e-2,
        "mm" | "millimeter" | "millimetre" => 1e-3,
        "um" | "micron" | "micrometer" | "micrometre" | "mikrometer" | "mcm" => 1e-6,
        "nm" | "nanometer" | "nanometre" => 1e-9,
        "a" | "\u{e5}" | "\u{212b}" | "angstrom" | "\u{e5}ngstr\u{f6}m" => 1e-10,
        "pm" | "picometer" | "picometre" => 1e-12,
        "inch" | "in" | "\"" => 0.0254,
        "mil" | "thou" => 2.54e-5,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_of_length_are_known_in_every_spelling() {
        for unit in [
            "um",
            "\u{b5}m",
            "\u{3bc}m",
            "\\u00B5m",
            "micron",
            "microns",
            "Micrometers",
            " um ",
        ] {
            assert_eq!(metres_per(unit), Some(1e-6), "{unit}");
        }
        assert_eq!(metres_per("nm"), Some(1e-9));
        assert_eq!(metres_per("inches"), Some(0.0254));
        assert_eq!(metres_per("metres"), Some(1.0));
        for unit in ["", "pixel", "pixels", "voxel", "Mm", "s", "px"] {
            assert_eq!(metres_per(unit), None, "{unit}");
        }
    }

    #[test]
    fn a_voxel_size_is_positive_and_finite() {
        assert!(StatedVoxelSize::new([1.0, 0.0, 1.0], "x").is_none());
        assert!(StatedVoxelSize::new([1.0, f64::NAN, 1.0], "x").is_none());
        let [a, b] =
            [1e-6, 1.0009e-6].map(|edge| StatedVoxelSize::new([edge; 3], "x").expect("sound"));
        assert!(a.agrees(&b));
        let c = StatedVoxelSize::new([1e-6, 1e-6, 1.1e-6], "x").expect("sound");
        assert!(!a.agrees(&c));
    }
}
