//! A chart of results against a parameter: computed values joined by a line, measured ones as rings.

use super::{
    canvas::{Anchor, Area, Canvas, Style, wrapped},
    colour::{FAINT, INK, blend, of_code},
    numbers::ticks,
    slices::Picture,
};
use image::Rgb;

/// Width and height of the area with the points.
const SIZE: [i32; 2] = [760, 440];
const MARGIN: i32 = 28;
const GUTTER: i32 = 110;
const TITLE: f32 = 27.0;
const BODY: f32 = 21.0;
const SMALL: f32 = 19.0;
const PALE: Rgb<u8> = Rgb([225, 225, 225]);
/// Code of the colour of the first computed values; all others take those that follow.
const FIRST: u8 = 4;

/// What is shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    /// The name of the file to write.
    pub file_name: String,
    /// What is compared.
    pub title: String,
    /// The parameter with its unit.
    pub across: String,
    /// The result with its unit.
    pub up: String,
    /// Where cases stand along the parameter.
    pub places: Places,
    /// What the axes show.
    pub range: Range,
    /// Computed values by name, NaN where there is none.
    pub computed: Vec<(String, Vec<f64>)>,
    /// Measured values by source, NaN where there is none.
    pub measured: Vec<(String, Vec<f64>)>,
    /// What the reader must know.
    pub caption: Vec<String>,
}

/// What the axes of a chart show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Range {
    /// Results from zero.
    #[default]
    FromZero,
    /// The same, as long per unit upwards as across, so that half-circles look like such.
    Equal,
    /// Results from the least to the most, such as logarithms.
    Around,
}

/// Where cases stand along the parameter.
#[derive(Debug, Clone, PartialEq)]
pub enum Places {
    /// At numbers.
    Numbers(Vec<f64>),
    /// Side by side, under their names.
    Names(Vec<String>),
}

impl Places {
    fn all(&self) -> Vec<f64> {
        match self {
            Self::Numbers(numbers) => numbers.clone(),
            Self::Names(names) => (0u32..).map(f64::from).take(names.len()).collect(),
        }
    }

    /// Places and texts of ticks from `low` to `high`.
    fn ticks(&self, low: f64, high: f64) -> Vec<(f64, String)> {
        match self {
            Self::Names(names) => self.all().into_iter().zip(names.iter().cloned()).collect(),
            Self::Numbers(_) => texts(ticks(low, high, 9.0)),
        }
    }
}

fn texts((values, decimals): (Vec<f64>, usize)) -> Vec<(f64, String)> {
    let text = |value: f64| (value, format!("{value:.decimals$}"));
    values.into_iter().map(text).collect()
}

/// The area with the points, and the numbers at its edges.
struct Frame {
    area: Area,
    across: [f64; 2],
    up: [f64; 2],
}

impl Frame {
    fn x(&self, value: f64) -> i32 {
        let [low, high] = self.across;
        self.area.x + rounded((value - low) / (high - low) * f64::from(self.area.width))
    }

    fn y(&self, value: f64) -> i32 {
        let [low, high] = self.up;
        let part = (value - low) / (high - low);
        self.area.y + self.area.height - rounded(part * f64::from(self.area.height))
    }
}

impl Chart {
    /// Draws the sheet.
    pub fn draw(&self) -> Picture {
        let [width, height] = SIZE;
        let whole = MARGIN + GUTTER + width + 2 * MARGIN;
        let lines: Vec<String> = self
            .caption
            .iter()
            .flat_map(|sentence| wrapped(sentence, SMALL, width))
            .collect();
        let entries = self.computed.len() + self.measured.len() + lines.len();
        let entries = i32::try_from(entries).unwrap_or(0);
        let mut canvas = Canvas::new(whole, height + 260 + 32 * entries);
        let left = MARGIN + GUTTER;
        canvas.text(left, MARGIN + 12, &self.title, style(TITLE, Anchor::Left));
        let frame = self.frame(Area {
            x: left,
            y: MARGIN + 50,
            width,
            height,
        });
        self.axes(&mut canvas, &frame);
        self.points(&mut canvas, &frame);
        let mut y = frame.area.y + height + 100;
        y = self.legend(&mut canvas, left, y);
        for line in &lines {
            let faint = Style {
                colour: FAINT,
                ..style(SMALL, Anchor::Left)
            };
            canvas.text(left, y, line, faint);
            y += 26;
        }
        Picture::new(self.file_name.clone(), canvas.cut_below(y + MARGIN / 2))
    }

    fn frame(&self, area: Area) -> Frame {
        let all = self.computed.iter().chain(&self.measured);
        let values = all.flat_map(|(_, values)| values).copied();
        let values: Vec<f64> = values.filter(|v| v.is_finite()).collect();
        let (mut across, mut up) = (around(&self.places.all()), around(&values));
        if self.range != Range::Around {
            let most = values.iter().copied().fold(0.0, f64::max);
            up = [0.0, if most > 0.0 { 1.08 * most } else { 1.0 }];
        }
        if self.range == Range::Equal {
            let per_pixel = |[low, high]: [f64; 2], pixels: i32| (high - low) / f64::from(pixels);
            let unit = per_pixel(across, area.width).max(per_pixel(up, area.height));
            across[1] = across[0] + unit * f64::from(area.width);
            up[1] = up[0] + unit * f64::from(area.height);
        }
        Frame { area, across, up }
    }

    fn axes(&self, canvas: &mut Canvas, frame: &Frame) {
        let area = frame.area;
        let foot = area.y + area.height;
        for (value, text) in texts(ticks(frame.up[0], frame.up[1], 6.0)) {
            let y = frame.y(value);
            canvas.fill(
                Area {
                    y,
                    height: 1,
                    ..area
                },
                PALE,
            );
            canvas.text(area.x - 12, y, &text, style(SMALL, Anchor::Right));
        }
        for (value, text) in self.places.ticks(frame.across[0], frame.across[1]) {
            let x = frame.x(value);
            let tick = Area {
                x,
                y: foot + 1,
                width: 1,
                height: 6,
            };
            canvas.fill(tick, INK);
            canvas.text(x, foot + 20, &text, style(SMALL, Anchor::Centre));
        }
        canvas.frame(area, INK);
        let (middle, centred) = (area.x + area.width / 2, style(BODY, Anchor::Centre));
        canvas.text(middle, foot + 52, &self.across, centred);
        canvas.text_upwards(MARGIN, area.y + area.height / 2, &self.up, centred);
    }

    /// Measured rings on top of the computed line, so that both are seen where they agree.
    fn points(&self, canvas: &mut Canvas, frame: &Frame) {
        let places = self.places.all();
        let at = |values: &[f64]| -> Vec<Option<[i32; 2]>> {
            let place = |(&x, &value): (&f64, &f64)| {
                value.is_finite().then(|| [frame.x(x), frame.y(value)])
            };
            places.iter().zip(values).map(place).collect()
        };
        let mut colours = (FIRST..).map(of_code);
        for ((_, values), colour) in self.computed.iter().zip(&mut colours) {
            let computed = at(values);
            for pair in computed.windows(2) {
                if let [Some(from), Some(to)] = *pair {
                    line(canvas, from, to, colour);
                }
            }
            for &point in computed.iter().flatten() {
                disc(canvas, point, 0.0, colour);
            }
        }
        for ((_, values), colour) in self.measured.iter().zip(colours) {
            for &point in at(values).iter().flatten() {
                disc(canvas, point, 5.0, colour);
            }
        }
    }

    /// A line for each kind of point; returns where the next text may stand.
    fn legend(&self, canvas: &mut Canvas, left: i32, mut y: i32) -> i32 {
        let computed = self.computed.iter().map(|(name, _)| (name.clone(), 0.0));
        let measured = self.measured.iter();
        let measured = measured.map(|(source, _)| (format!("measured: {source}"), 5.0));
        for (code, (words, hole)) in (FIRST..).zip(computed.chain(measured)) {
            disc(canvas, [left + 12, y], hole, of_code(code));
            let room = SIZE[0] - 34;
            for text in wrapped(&words, BODY, room) {
                canvas.text(left + 34, y, &text, style(BODY, Anchor::Left));
                y += 30;
            }
        }
        y
    }
}

/// From the least to the most, with some room.
fn around(values: &[f64]) -> [f64; 2] {
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let room = if high > low { 0.04 * (high - low) } else { 0.5 };
    [low - room, high + room]
}

/// A disc of radius 8, or a ring round a hole.
fn disc(canvas: &mut Canvas, [x, y]: [i32; 2], hole: f64, colour: Rgb<u8>) {
    for down in -10..=10 {
        for right in -10..=10 {
            let distance = f64::from(down * down + right * right).sqrt();
            let inside = (8.5 - distance).clamp(0.0, 1.0);
            let outside = (distance - hole + 0.5).clamp(0.0, 1.0);
            let share = if hole > 0.0 { inside * outside } else { inside };
            canvas.veil(x + right, y + down, colour, share);
        }
    }
}

/// A straight line three pixels wide.
fn line(canvas: &mut Canvas, from: [i32; 2], to: [i32; 2], colour: Rgb<u8>) {
    let [right, down] = [to[0] - from[0], to[1] - from[1]];
    let steps = right.abs().max(down.abs()).max(1);
    let pale = blend(colour, PALE, 0.3);
    for step in 0..=steps {
        let part = f64::from(step) / f64::from(steps);
        let x = from[0] + rounded(part * f64::from(right));
        let y = from[1] + rounded(part * f64::from(down));
        let dot = Area {
            x: x - 1,
            y: y - 1,
            width: 3,
            height: 3,
        };
        canvas.fill(dot, pale);
    }
}

fn style(size: f32, anchor: Anchor) -> Style {
    Style {
        size,
        colour: INK,
        anchor,
    }
}

#[expect(clippy::cast_possible_truncation, reason = "places on a sheet")]
fn rounded(value: f64) -> i32 {
    value.round() as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(range: Range, values: Vec<f64>) -> Frame {
        let chart = Chart {
            file_name: String::new(),
            title: String::new(),
            across: String::new(),
            up: String::new(),
            places: Places::Numbers(vec![1.0, 2.0, 3.0]),
            range,
            computed: vec![(String::new(), values)],
            measured: Vec::new(),
            caption: Vec::new(),
        };
        chart.frame(Area {
            x: 0,
            y: 0,
            width: 760,
            height: 440,
        })
    }

    #[test]
    fn a_half_circle_looks_like_one() {
        let half_circle = || vec![0.0, 1.0, 0.0];
        let lengths = |frame: Frame| [frame.x(3.0) - frame.x(1.0), frame.y(0.0) - frame.y(1.0)];
        let [across, up] = lengths(frame(Range::Equal, half_circle()));
        assert!((across - 2 * up).abs() <= 1, "{across} across, {up} up");
        let [across, up] = lengths(frame(Range::FromZero, half_circle()));
        assert!((across - 2 * up).abs() > 10, "{across} across, {up} up");
    }

    #[test]
    fn logarithms_below_zero_are_inside() {
        let inside = |range| (0..440).contains(&frame(range, vec![-2.0, 0.5, 3.0]).y(-2.0));
        assert!(inside(Range::Around) && !inside(Range::FromZero));
    }
}
