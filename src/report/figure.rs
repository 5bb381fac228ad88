//! The page of a picture: title, two slices with axes, a colour bar or a legend, and what the reader must know.

use super::{
    canvas::{Anchor, Area, Canvas, Style, text_width, wrapped},
    colour::{ColourMap, FAINT, INK},
    numbers::{LengthUnit, chosen, exponent, power_of_ten, ticks},
    plane::{Plane, Scale},
};
use crate::microstructure::{Axis, Volume};
use image::{Rgb, RgbImage};

const MARGIN: i32 = 28;
/// Room at the left of a slice for its tick labels and the name of its axis.
const GUTTER: i32 = 84;
const GAP: i32 = 44;
const MIN_WIDTH: i32 = 860;
const TICK: i32 = 6;
/// Lines below this length have no room for two ticks.
const SHORT: i32 = 60;
const SWATCH: i32 = 22;
const BAR: [i32; 2] = [460, 22];
const TITLE: f32 = 27.0;
const BODY: f32 = 21.0;
const SMALL: f32 = 19.0;

/// What is on the page.
pub(super) struct Figure<'a> {
    /// What is shown.
    pub(super) title: String,
    /// The numbers that belong to it.
    pub(super) subtitle: String,
    /// Whose slices they are.
    pub(super) volume: &'a Volume,
    /// The slices, and the sentence above each.
    pub(super) slices: [(Plane, String); 2],
    /// The colour of a voxel `[z, y, x]`.
    pub(super) paint: &'a dyn Fn([usize; 3]) -> Rgb<u8>,
    /// The scale of the colours, where they stand for numbers.
    pub(super) bar: Option<Bar>,
    /// Colours that stand for something with a name.
    pub(super) legend: Vec<(Rgb<u8>, String)>,
    /// What the reader must know.
    pub(super) caption: Vec<String>,
}

/// A colour bar from zero up.
pub(super) struct Bar {
    /// The colours.
    pub(super) map: ColourMap,
    /// The number of the last colour.
    pub(super) top: f64,
    /// The quantity.
    pub(super) quantity: &'static str,
    /// Its unit.
    pub(super) unit: &'static str,
    /// What lies beyond the last colour.
    pub(super) beyond: Beyond,
}

/// What lies beyond the last colour of a bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Beyond {
    /// Nothing.
    Nothing,
    /// Larger numbers in the last colour, which an arrow shows.
    Larger,
}

impl Figure<'_> {
    /// Draws the page.
    pub(super) fn draw(&self) -> RgbImage {
        let scale = Scale::new(self.volume, [self.slices[0].0, self.slices[1].0]);
        let slot = |(plane, sentence): &(Plane, String)| {
            GUTTER + scale.size(*plane)[0].max(text_width(sentence, BODY))
        };
        let slots = [slot(&self.slices[0]), slot(&self.slices[1])];
        let content = (slots[0] + GAP + slots[1]).max(MIN_WIDTH);
        let tallest = self
            .slices
            .iter()
            .map(|(plane, _)| scale.size(*plane)[1])
            .max()
            .unwrap_or(0);
        let rows = i32::try_from(self.legend.len() + 4 * self.caption.len()).unwrap_or(0);
        let height = tallest + 420 + 34 * rows;
        let mut page = Page {
            canvas: Canvas::new(content + 2 * MARGIN, height),
            left: MARGIN + GUTTER,
            right: MARGIN + content,
            y: MARGIN,
        };
        page.headline(&self.title, &self.subtitle);
        let top = page.y;
        for (slice, left) in self.slices.iter().zip([MARGIN, MARGIN + slots[0] + GAP]) {
            (page.left, page.y) = (left + GUTTER, top);
            page.slice(self, slice, &scale);
        }
        (page.left, page.y) = (MARGIN + GUTTER, top + 36 + tallest + 84);
        self.bar.iter().for_each(|bar| page.bar(bar));
        page.legend(&self.legend);
        self.caption
            .iter()
            .for_each(|sentence| page.sentence(sentence));
        page.canvas.cut_below(page.y + MARGIN)
    }
}

/// A page being filled from the top.
struct Page {
    canvas: Canvas,
    left: i32,
    right: i32,
    y: i32,
}

fn style(size: f32, anchor: Anchor) -> Style {
    Style {
        size,
        colour: INK,
        anchor,
    }
}

impl Page {
    fn headline(&mut self, title: &str, subtitle: &str) {
        self.canvas
            .text(self.left, self.y + 12, title, style(TITLE, Anchor::Left));
        let faint = Style {
            colour: FAINT,
            ..style(BODY, Anchor::Left)
        };
        self.canvas.text(self.left, self.y + 46, subtitle, faint);
        self.y += 76;
    }

    /// A slice below its sentence, framed, with ticks at the left and below.
    fn slice(&mut self, figure: &Figure<'_>, (plane, sentence): &(Plane, String), scale: &Scale) {
        self.canvas
            .text(self.left, self.y + 12, sentence, style(BODY, Anchor::Left));
        let [width, height] = scale.size(*plane);
        let area = Area {
            x: self.left,
            y: self.y + 36,
            width,
            height,
        };
        for y in 0..height {
            for x in 0..width {
                let colour = (figure.paint)(scale.voxel(*plane, x, y));
                self.canvas.dot(area.x + x, area.y + y, colour);
            }
        }
        self.canvas.frame(area, INK);
        self.axis_below(figure.volume, plane.right, area);
        self.axis_at_left(figure.volume, plane.down, area);
    }

    fn axis_below(&mut self, volume: &Volume, axis: Axis, area: Area) {
        let foot = area.y + area.height + 1;
        for (place, label) in Ruler::of(volume, axis).marks(area.width) {
            let x = area.x + place;
            self.canvas.fill(
                Area {
                    x,
                    y: foot,
                    width: 1,
                    height: TICK,
                },
                INK,
            );
            self.canvas
                .text(x, foot + TICK + 12, &label, style(SMALL, Anchor::Centre));
        }
        let name = Ruler::of(volume, axis).name + " →";
        let middle = area.x + area.width / 2;
        self.canvas
            .text(middle, foot + TICK + 38, &name, style(BODY, Anchor::Centre));
    }

    fn axis_at_left(&mut self, volume: &Volume, axis: Axis, area: Area) {
        let edge = area.x - 1;
        for (place, label) in Ruler::of(volume, axis).marks(area.height) {
            let y = area.y + place;
            self.canvas.fill(
                Area {
                    x: edge - TICK,
                    y,
                    width: TICK,
                    height: 1,
                },
                INK,
            );
            self.canvas
                .text(edge - TICK - 5, y, &label, style(SMALL, Anchor::Right));
        }
        // It reads upwards while the axis runs down: the arrow that points down is the one that points left here.
        let name = String::from("← ") + &Ruler::of(volume, axis).name;
        let middle = area.y + area.height / 2;
        self.canvas
            .text_upwards(edge - 68, middle, &name, style(BODY, Anchor::Centre));
    }

    /// Colours with their numbers below and the quantity at the right.
    fn bar(&mut self, bar: &Bar) {
        let [width, height] = BAR;
        let area = Area {
            x: self.left,
            y: self.y,
            width,
            height,
        };
        for x in 0..width {
            let colour = bar.map.at(f64::from(x) / f64::from(width - 1));
            self.canvas.fill(
                Area {
                    x: area.x + x,
                    width: 1,
                    ..area
                },
                colour,
            );
        }
        self.canvas.frame(area, INK);
        let mut end = area.x + width;
        if bar.beyond == Beyond::Larger {
            end += self.arrow_head(end + 1, area, bar.map.at(1.0));
        }
        let power = Some(exponent(bar.top))
            .filter(|e| !(-2..=3).contains(e))
            .unwrap_or(0);
        let ruler = Ruler {
            length: bar.top / 10f64.powi(power),
            name: bar.label(power),
        };
        let foot = area.y + height + 1;
        for (place, label) in ruler.marks(width) {
            self.canvas.fill(
                Area {
                    x: area.x + place,
                    y: foot,
                    width: 1,
                    height: TICK,
                },
                INK,
            );
            let place = area.x + place;
            self.canvas.text(
                place,
                foot + TICK + 12,
                &label,
                style(SMALL, Anchor::Centre),
            );
        }
        self.canvas.text(
            end + 16,
            area.y + height / 2,
            &ruler.name,
            style(BODY, Anchor::Left),
        );
        self.y += height + 54;
    }

    /// A triangle that points to the right from the end of a bar; returns its width.
    fn arrow_head(&mut self, x: i32, bar: Area, colour: Rgb<u8>) -> i32 {
        let half = bar.height / 2;
        for step in 0..half {
            let column = Area {
                x: x + step,
                y: bar.y + step,
                width: 1,
                height: bar.height - 2 * step,
            };
            self.canvas.fill(column, colour);
            self.canvas.dot(column.x, column.y - 1, INK);
            self.canvas.dot(column.x, column.y + column.height, INK);
        }
        half
    }

    fn legend(&mut self, entries: &[(Rgb<u8>, String)]) {
        let mut x = self.left;
        for (colour, name) in entries {
            let width = SWATCH + 10 + text_width(name, BODY) + 32;
            if x > self.left && x + width > self.right {
                (x, self.y) = (self.left, self.y + SWATCH + 12);
            }
            let area = Area {
                x: x + 1,
                y: self.y,
                width: SWATCH,
                height: SWATCH,
            };
            self.canvas.fill(area, *colour);
            self.canvas.frame(area, INK);
            let middle = self.y + SWATCH / 2;
            self.canvas
                .text(x + SWATCH + 10, middle, name, style(BODY, Anchor::Left));
            x += width;
        }
        self.y += if entries.is_empty() { 0 } else { SWATCH + 20 };
    }

    fn sentence(&mut self, sentence: &str) {
        for line in wrapped(sentence, SMALL, self.right - self.left) {
            let faint = Style {
                colour: FAINT,
                ..style(SMALL, Anchor::Left)
            };
            self.canvas.text(self.left, self.y + 8, &line, faint);
            self.y += 26;
        }
    }
}

impl Bar {
    fn label(&self, power: i32) -> String {
        let power = if power == 0 {
            String::new()
        } else {
            format!("{} ", power_of_ten(power))
        };
        format!("{} ({power}{})", self.quantity, self.unit)
    }
}

/// A scale from zero to a length.
struct Ruler {
    length: f64,
    name: String,
}

impl Ruler {
    fn of(volume: &Volume, axis: Axis) -> Self {
        let unit = length_unit(volume);
        let length = volume.shape()[axis.index()] as f64 * edge(volume, axis) / unit.size;
        Self {
            length,
            name: format!("{} ({})", axis.name(), unit.symbol),
        }
    }

    /// Pixel and text of each tick on a line of `pixels`; a short line has room for its length alone.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "inside the line, which has few pixels"
    )]
    fn marks(&self, pixels: i32) -> Vec<(i32, String)> {
        if pixels < SHORT {
            return vec![(pixels - 1, chosen(self.length))];
        }
        let (values, decimals) = ticks(0.0, self.length, (f64::from(pixels) / 90.0).max(2.0));
        let place = |value: f64| (value / self.length * f64::from(pixels - 1)).round() as i32;
        values
            .into_iter()
            .map(|value| (place(value), format!("{value:.decimals$}")))
            .collect()
    }
}

/// Edge of a voxel in metres, or 1 where no voxel size is known.
pub(super) fn edge(volume: &Volume, axis: Axis) -> f64 {
    volume
        .spacing()
        .map_or(1.0, |spacing| spacing[axis.index()])
}

/// The unit of every length in pictures of a volume.
pub(super) fn length_unit(volume: &Volume) -> LengthUnit {
    let lengths = Axis::ALL.map(|axis| volume.shape()[axis.index()] as f64 * edge(volume, axis));
    match volume.spacing() {
        Some(_) => LengthUnit::for_metres(lengths.into_iter().fold(0.0, f64::max)),
        None => LengthUnit::voxels(),
    }
}
