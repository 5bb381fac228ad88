//! A sheet of paper: rectangles, pixels and text in the font that travels inside the program.

use super::colour::{PAPER, blend};
use ab_glyph::{Font, FontRef, Glyph, PxScaleFont, ScaleFont, point};
use image::{Rgb, RgbImage, imageops};
use std::sync::LazyLock;

/// DejaVu Sans (Bitstream Vera licence, free to embed), read once.
static FONT: LazyLock<FontRef<'static>> = LazyLock::new(|| {
    FontRef::try_from_slice(dejavu::sans::regular())
        .expect("the embedded font is a valid TrueType font")
});

/// Where a text stands relative to the point it is written at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    /// The point is its left end.
    Left,
    /// The point is its middle.
    Centre,
    /// The point is its right end.
    Right,
}

/// A rectangle of pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Area {
    /// Left edge.
    pub(super) x: i32,
    /// Upper edge.
    pub(super) y: i32,
    /// Width.
    pub(super) width: i32,
    /// Height.
    pub(super) height: i32,
}

/// How a text looks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Style {
    /// Pixels from the highest ascender to the lowest descender.
    pub(super) size: f32,
    /// Colour.
    pub(super) colour: Rgb<u8>,
    /// Horizontal placement.
    pub(super) anchor: Anchor,
}

/// The sheet.
#[derive(Debug)]
pub(super) struct Canvas {
    image: RgbImage,
}

impl Canvas {
    /// An empty sheet.
    pub(super) fn new(width: i32, height: i32) -> Self {
        let [width, height] = [width, height].map(|side| u32::try_from(side).unwrap_or(0));
        Self {
            image: RgbImage::from_pixel(width, height, PAPER),
        }
    }

    /// The upper part of the sheet.
    pub(super) fn cut_below(&self, height: i32) -> RgbImage {
        let height = u32::try_from(height).unwrap_or(0).min(self.image.height());
        imageops::crop_imm(&self.image, 0, 0, self.image.width(), height).to_image()
    }

    /// One pixel; nothing outside the sheet.
    pub(super) fn dot(&mut self, x: i32, y: i32, colour: Rgb<u8>) {
        self.stain(x, y, colour, 1.0);
    }

    /// A colour over a pixel, which shows through.
    pub(super) fn veil(&mut self, x: i32, y: i32, colour: Rgb<u8>, share: f64) {
        self.stain(x, y, colour, share);
    }

    fn stain(&mut self, x: i32, y: i32, colour: Rgb<u8>, share: f64) {
        let (Ok(x), Ok(y)) = (u32::try_from(x), u32::try_from(y)) else {
            return;
        };
        if let Some(pixel) = self.image.get_pixel_mut_checked(x, y) {
            *pixel = blend(*pixel, colour, share);
        }
    }

    /// A filled rectangle.
    pub(super) fn fill(&mut self, area: Area, colour: Rgb<u8>) {
        for y in area.y..area.y + area.height {
            for x in area.x..area.x + area.width {
                self.dot(x, y, colour);
            }
        }
    }

    /// A line of one pixel round a rectangle, outside of it.
    pub(super) fn frame(&mut self, area: Area, colour: Rgb<u8>) {
        let Area {
            x,
            y,
            width,
            height,
        } = area;
        for edge in [y - 1, y + height] {
            self.fill(
                Area {
                    x: x - 1,
                    y: edge,
                    width: width + 2,
                    height: 1,
                },
                colour,
            );
        }
        for edge in [x - 1, x + width] {
            self.fill(
                Area {
                    x: edge,
                    y,
                    width: 1,
                    height,
                },
                colour,
            );
        }
    }

    /// A line of text whose vertical middle is at `y`.
    pub(super) fn text(&mut self, x: i32, y: i32, text: &str, style: Style) {
        write(text, style, |along, across, share| {
            self.stain(x + along, y + across, style.colour, share);
        });
    }

    /// The same, reading upwards: `x` is the vertical middle of the letters, `y` the place of the anchor.
    pub(super) fn text_upwards(&mut self, x: i32, y: i32, text: &str, style: Style) {
        write(text, style, |along, across, share| {
            self.stain(x + across, y - along, style.colour, share);
        });
    }
}

/// Width of a text in pixels.
pub(super) fn text_width(text: &str, size: f32) -> i32 {
    pixel(glyphs(text, size).1)
}

/// Lines of `text` that are not wider than `width`.
pub(super) fn wrapped(text: &str, size: f32, width: i32) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if text_width(&format!("{line} {word}"), size) <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// Calls `stain(along, across, share)` for each pixel that letters touch, from the anchor and the middle of the line.
fn write(text: &str, style: Style, mut stain: impl FnMut(i32, i32, f64)) {
    let (glyphs, width) = glyphs(text, style.size);
    let start = match style.anchor {
        Anchor::Left => 0,
        Anchor::Centre => -pixel(width / 2.0),
        Anchor::Right => -pixel(width),
    };
    // Capitals and digits of DejaVu Sans are 0.73 em high; an em is 0.86 of the size here.
    let baseline = pixel(style.size * 0.315);
    for outline in glyphs
        .into_iter()
        .filter_map(|glyph| FONT.outline_glyph(glyph))
    {
        let corner = outline.px_bounds().min;
        let (left, top) = (start + pixel(corner.x), baseline + pixel(corner.y));
        outline.draw(|x, y, share| {
            stain(
                left + x.cast_signed(),
                top + y.cast_signed(),
                f64::from(share),
            );
        });
    }
}

/// The letters of a text side by side on a baseline at 0, and their width.
fn glyphs(text: &str, size: f32) -> (Vec<Glyph>, f32) {
    let font: PxScaleFont<&FontRef<'_>> = FONT.as_scaled(size);
    let mut glyphs: Vec<Glyph> = Vec::with_capacity(text.len());
    let mut end = 0.0;
    for letter in text.chars() {
        let mut glyph = font.scaled_glyph(letter);
        end += glyphs
            .last()
            .map_or(0.0, |previous| font.kern(previous.id, glyph.id));
        glyph.position = point(end, 0.0);
        end += font.h_advance(glyph.id);
        glyphs.push(glyph);
    }
    (glyphs, end)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "pictures have a few thousand pixels"
)]
fn pixel(length: f32) -> i32 {
    length.round() as i32
}
