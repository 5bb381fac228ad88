//! The picture of a threshold: grey values, what was taken for pore, and where the histogram was cut.
//!
//! Of a volume the slice in the middle along z is shown. Every pixel of the sheet shows one pixel of the picture, never a mean
//! of several.

use super::{
    canvas::{Anchor, Area, Canvas, Style, text_width, wrapped},
    colour::{FAINT, INK, of_code},
    numbers::ticks,
    slices::Picture,
};
use crate::microstructure::segment::{Cuts, Histogram};
use image::Rgb;
use ndarray::ArrayView2;

const MARGIN: i32 = 28;
const GAP: i32 = 32;
/// The longer side of a picture on the sheet.
const SIDE: i32 = 620;
const CHART: i32 = 200;
const TITLE: f32 = 27.0;
const BODY: f32 = 21.0;
const SMALL: f32 = 19.0;
/// How much of the colour of a class lies over the grey value.
const VEIL: f64 = 0.55;

/// What is shown.
#[derive(Debug)]
pub struct Thresholded<'a> {
    /// The name of the file to write.
    pub file_name: String,
    /// What was thresholded.
    pub title: String,
    /// The numbers.
    pub subtitle: String,
    /// Grey values `[y][x]`.
    pub values: ArrayView2<'a, f32>,
    /// Grey values of all, and how often each occurs.
    pub histogram: &'a Histogram,
    /// Where they were cut; class 0 is pore.
    pub cuts: &'a Cuts,
    /// What the reader must know.
    pub caption: Vec<String>,
}

impl Thresholded<'_> {
    /// Draws the sheet.
    pub fn draw(&self) -> Picture {
        let [width, height] = self.size();
        let content = (2 * width + GAP).max(900);
        let lines: Vec<String> = self
            .caption
            .iter()
            .flat_map(|sentence| wrapped(sentence, SMALL, content))
            .collect();
        let captions = 26 * i32::try_from(lines.len()).unwrap_or(0);
        let mut canvas = Canvas::new(content + 2 * MARGIN, height + CHART + 320 + captions);
        canvas.text(MARGIN, MARGIN + 12, &self.title, style(TITLE));
        canvas.text(MARGIN, MARGIN + 46, &self.subtitle, faint(BODY));
        let top = MARGIN + 112;
        for (panel, name) in [(0, "grey values"), (1, "segmented")] {
            let area = Area {
                x: MARGIN + panel * (width + GAP),
                y: top,
                width,
                height,
            };
            canvas.text(area.x, top - 18, name, style(BODY));
            self.panel(&mut canvas, area, panel == 1);
        }
        let mut y = top + height + 24;
        self.legend(&mut canvas, y);
        y += 56;
        let chart = Area {
            x: MARGIN,
            y,
            width: content,
            height: CHART,
        };
        self.chart(&mut canvas, chart);
        y += CHART + 86;
        for line in &lines {
            canvas.text(MARGIN, y, line, faint(SMALL));
            y += 26;
        }
        Picture::new(self.file_name.clone(), canvas.cut_below(y + MARGIN / 2))
    }

    /// Width and height of a panel in pixels of the sheet.
    fn size(&self) -> [i32; 2] {
        let [height, width] = [self.values.nrows(), self.values.ncols()].map(|side| side as f64);
        let scale = f64::from(SIDE) / height.max(width);
        [width, height].map(|side| rounded(side * scale).max(1))
    }

    fn panel(&self, canvas: &mut Canvas, area: Area, segmented: bool) {
        let place = |at: i32, of: i32, length: usize| {
            let part = (f64::from(at) + 0.5) / f64::from(of) * length as f64;
            usize::try_from(floored(part)).unwrap_or(0).min(length - 1)
        };
        for y in 0..area.height {
            for x in 0..area.width {
                let row = place(y, area.height, self.values.nrows());
                let column = place(x, area.width, self.values.ncols());
                let value = f64::from(self.values[[row, column]]);
                canvas.dot(area.x + x, area.y + y, self.grey(value));
                if segmented {
                    canvas.veil(area.x + x, area.y + y, self.colour(value), VEIL);
                }
            }
        }
        canvas.frame(area, INK);
    }

    fn grey(&self, value: f64) -> Rgb<u8> {
        let (least, most) = (self.histogram.low, self.histogram.high);
        let part = (value - least) / (most - least).max(f64::MIN_POSITIVE);
        let level = u8::try_from(rounded(255.0 * part).clamp(0, 255)).unwrap_or(0);
        Rgb([level; 3])
    }

    fn colour(&self, value: f64) -> Rgb<u8> {
        of_code(self.cuts.class(value))
    }

    fn legend(&self, canvas: &mut Canvas, y: i32) {
        let mut x = MARGIN;
        for (class, name) in (0u8..).zip(self.classes()) {
            let area = Area {
                x: x + 1,
                y,
                width: 22,
                height: 22,
            };
            canvas.fill(area, of_code(class));
            canvas.frame(area, INK);
            canvas.text(x + 32, y + 11, &name, style(BODY));
            x += 64 + text_width(&name, BODY);
        }
    }

    /// How the classes are called.
    fn classes(&self) -> Vec<String> {
        let value = |value: f64| {
            format!("{value:.5}")
                .trim_end_matches('0')
                .trim_end_matches('.')
                .to_owned()
        };
        match self.cuts {
            Cuts::Range(low, high) => vec![
                format!("pore: {} to {}", value(*low), value(*high)),
                "solid: all other".to_owned(),
            ],
            Cuts::Steps(cuts) => {
                let pore = format!("pore: up to {}", value(cuts[0]));
                let solid = cuts
                    .iter()
                    .map(|&cut| format!("solid: above {}", value(cut)));
                std::iter::once(pore).chain(solid).collect()
            }
        }
    }

    /// The histogram, each column in the colour of its class.
    fn chart(&self, canvas: &mut Canvas, area: Area) {
        let columns = self.columns(area.width);
        let highest = ceiling(&self.histogram.counts);
        let (least, most) = (self.histogram.low, self.histogram.high);
        for (x, count) in (0i32..).zip(&columns) {
            let value = least + (f64::from(x) + 0.5) / f64::from(area.width) * (most - least);
            let height = rounded((count / highest).min(1.0) * f64::from(area.height));
            let column = Area {
                x: area.x + x,
                y: area.y + area.height - height,
                width: 1,
                height,
            };
            canvas.fill(column, self.colour(value));
        }
        canvas.frame(area, INK);
        let place =
            |value: f64| area.x + rounded((value - least) / (most - least) * f64::from(area.width));
        let cuts = match self.cuts {
            Cuts::Steps(cuts) => cuts.clone(),
            Cuts::Range(low, high) => vec![*low, *high],
        };
        for cut in cuts.into_iter().filter(|cut| (least..=most).contains(cut)) {
            canvas.fill(
                Area {
                    x: place(cut) - 1,
                    y: area.y - 8,
                    width: 2,
                    height: area.height + 8,
                },
                INK,
            );
        }
        self.ticks(canvas, area, place);
    }

    fn ticks(&self, canvas: &mut Canvas, area: Area, place: impl Fn(f64) -> i32) {
        let foot = area.y + area.height + 1;
        let (values, decimals) = ticks(self.histogram.low, self.histogram.high, 10.0);
        for value in values {
            let x = place(value);
            canvas.fill(
                Area {
                    x,
                    y: foot,
                    width: 1,
                    height: 6,
                },
                INK,
            );
            let label = Style {
                anchor: Anchor::Centre,
                ..style(SMALL)
            };
            canvas.text(x, foot + 18, &format!("{value:.decimals$}"), label);
        }
        let label = Style {
            anchor: Anchor::Centre,
            ..style(BODY)
        };
        canvas.text(
            area.x + area.width / 2,
            foot + 44,
            match self.has_spike() {
                true => "grey value (how often: height; columns at the top are cut off)",
                false => "grey value (how often: height)",
            },
            label,
        );
    }

    /// Whether a column is cut off at the top of the chart.
    fn has_spike(&self) -> bool {
        let highest = ceiling(&self.histogram.counts);
        let counts = self.histogram.counts.iter();
        counts.copied().max().unwrap_or(0) as f64 > highest
    }

    /// Counts for each pixel of the chart; bins wider than a pixel fill several.
    fn columns(&self, width: i32) -> Vec<f64> {
        let counts = &self.histogram.counts;
        let end = |x: i32| {
            let part = f64::from(x) / f64::from(width) * counts.len() as f64;
            usize::try_from(floored(part))
                .unwrap_or(0)
                .min(counts.len() - 1)
        };
        let column = |x: i32| {
            let bins = end(x)..end(x + 1).max(end(x) + 1);
            counts[bins].iter().copied().max().unwrap_or(0) as f64
        };
        (0..width).map(column).collect()
    }
}

/// Spikes that the scale of a chart passes over, at most: a data bar and its letters, pixels that are saturated.
const SPIKES: usize = 4;

/// How much higher than all bins but the higher ones a spike is.
const SPIKE: u64 = 4;

/// Fewer bins with values are peaks, none of which is a spike.
const FEWEST_BINS: usize = 16;

/// Count that takes the whole height of a chart: the largest one that is no spike, which would flatten all others.
fn ceiling(counts: &[u64]) -> f64 {
    let mut sorted: Vec<u64> = counts.iter().copied().filter(|&count| count > 0).collect();
    sorted.sort_unstable_by(|a, b| b.cmp(a));
    let spikes = match sorted.len() < FEWEST_BINS {
        true => 0,
        false => (1..=SPIKES)
            .rev()
            .find(|&place| sorted[place - 1] > SPIKE * sorted[place])
            .unwrap_or(0),
    };
    sorted.get(spikes).copied().unwrap_or(1) as f64
}

fn style(size: f32) -> Style {
    Style {
        size,
        colour: INK,
        anchor: Anchor::Left,
    }
}

fn faint(size: f32) -> Style {
    Style {
        colour: FAINT,
        ..style(size)
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "places on a sheet or in a picture"
)]
fn rounded(value: f64) -> i32 {
    value.round() as i32
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "places on a sheet or in a picture"
)]
fn floored(value: f64) -> i32 {
    value.floor() as i32
}
