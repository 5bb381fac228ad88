//! Colours: perceptually even maps for numbers, a colour-blind safe palette for labels, greys for what has no number.

use image::Rgb;

/// Text and frames.
pub(super) const INK: Rgb<u8> = Rgb([26, 26, 26]);
/// Secondary text.
pub(super) const FAINT: Rgb<u8> = Rgb([92, 92, 92]);
/// Voxels that insulate, and the paper.
pub(super) const PAPER: Rgb<u8> = Rgb([255, 255, 255]);
/// Voxels that conduct but belong to no path between the electrodes.
pub(super) const NO_PATH: Rgb<u8> = Rgb([158, 158, 158]);

/// A colour map: evenly spaced control points, straight lines in sRGB between them.
#[derive(Debug, Clone, Copy)]
pub(super) struct ColourMap([[u8; 3]; 10]);

/// Control points of viridis (S. van der Walt, N. Smith, matplotlib 1.5, CC0), for potentials.
pub(super) const VIRIDIS: ColourMap = ColourMap([
    [0x44, 0x01, 0x54],
    [0x48, 0x28, 0x78],
    [0x3e, 0x4a, 0x89],
    [0x31, 0x68, 0x8e],
    [0x26, 0x82, 0x8e],
    [0x1f, 0x9e, 0x89],
    [0x35, 0xb7, 0x79],
    [0x6d, 0xcd, 0x59],
    [0xb4, 0xde, 0x2c],
    [0xfd, 0xe7, 0x25],
]);

/// Control points of inferno (the same authors, CC0), for magnitudes: black is nothing. The last point stays short of
/// inferno's pale yellow, which would be mistaken for paper.
pub(super) const INFERNO: ColourMap = ColourMap([
    [0x00, 0x00, 0x04],
    [0x1b, 0x0c, 0x42],
    [0x4b, 0x0c, 0x6b],
    [0x78, 0x1c, 0x6d],
    [0xa5, 0x2c, 0x60],
    [0xcf, 0x44, 0x46],
    [0xed, 0x69, 0x25],
    [0xfb, 0x9a, 0x06],
    [0xf7, 0xd0, 0x3c],
    [0xf6, 0xe6, 0x60],
]);

impl ColourMap {
    /// The colour at `position`, 0 to 1; outside, the nearest end.
    pub(super) fn at(&self, position: f64) -> Rgb<u8> {
        let last = self.0.len() - 1;
        let place = position.clamp(0.0, 1.0) * last as f64;
        let below = (0..last)
            .rev()
            .find(|&point| place >= point as f64)
            .unwrap_or(0);
        let (from, to) = (Rgb(self.0[below]), Rgb(self.0[below + 1]));
        blend(from, to, place - below as f64)
    }
}

/// `share` of the second colour on the first, 0 to 1.
pub(super) fn blend(under: Rgb<u8>, over: Rgb<u8>, share: f64) -> Rgb<u8> {
    let channel = |i: usize| {
        let (under, over) = (f64::from(under[i]), f64::from(over[i]));
        byte(under + share * (over - under))
    };
    Rgb([channel(0), channel(1), channel(2)])
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to the range of a byte"
)]
fn byte(value: f64) -> u8 {
    value.round().clamp(0.0, 255.0) as u8
}

/// Hues that colour-blind readers tell apart (M. Okabe and K. Ito, 2008).
const OKABE_ITO: [[u8; 3]; 8] = [
    [86, 180, 233],
    [230, 159, 0],
    [0, 158, 115],
    [240, 228, 66],
    [0, 114, 178],
    [213, 94, 0],
    [204, 121, 167],
    [64, 64, 64],
];

/// The colour of a code: eight hues, then the same ever paler.
pub(super) fn of_code(code: u8) -> Rgb<u8> {
    let hue = usize::from(code) % OKABE_ITO.len();
    let round = code / 8;
    blend(
        PAPER,
        Rgb(OKABE_ITO[hue]),
        0.6f64.powi(i32::from(round.min(3))),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Perceived lightness (CIE L*) of a colour.
    fn lightness(Rgb(channels): Rgb<u8>) -> f64 {
        let linear = channels.map(|c| (f64::from(c) / 255.0).powf(2.2));
        let luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
        116.0 * luminance.cbrt() - 16.0
    }

    #[test]
    fn maps_rise_in_lightness_and_end_where_they_should() {
        for map in [VIRIDIS, INFERNO] {
            let light: Vec<f64> = (0..=50u8)
                .map(|i| lightness(map.at(f64::from(i) / 50.0)))
                .collect();
            assert!(light.windows(2).all(|pair| pair[1] > pair[0]), "{light:?}");
            assert_eq!(map.at(-1.0), Rgb(map.0[0]));
            assert_eq!(map.at(2.0), Rgb(map.0[9]));
        }
    }

    #[test]
    fn sixteen_labels_have_sixteen_colours_and_none_is_paper() {
        let colours: std::collections::HashSet<_> = (0..16).map(|code| of_code(code).0).collect();
        assert_eq!(colours.len(), 16);
        assert!(!colours.contains(&PAPER.0) && !colours.contains(&NO_PATH.0));
    }
}
