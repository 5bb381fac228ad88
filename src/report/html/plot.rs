//! A plot as SVG: points with error bars, joined by lines where they belong together, values on hover.

use super::{
    super::numbers::power_of_ten,
    page::escaped,
    scale::{Scale, Spacing, Start},
};
use std::fmt::Write;

/// Results against a parameter.
#[derive(Debug, Clone, Default)]
pub struct Plot {
    /// What it shows.
    pub title: String,
    /// The parameter with its unit.
    pub across: String,
    /// The result with its unit.
    pub up: String,
    /// Names of the places along the parameter, where it has no numbers.
    pub names: Vec<String>,
    /// How the places along the parameter are spaced, where it has numbers.
    pub spacing: Spacing,
    /// Points that belong together.
    pub series: Vec<Series>,
}

/// Points that belong together.
#[derive(Debug, Clone)]
pub struct Series {
    /// What they have in common; may be empty where there is one series.
    pub name: String,
    /// How they look.
    pub shape: Shape,
    /// The points, by ascending place.
    pub dots: Vec<Dot>,
}

/// How points look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Discs joined by a line.
    Line,
    /// Discs alone.
    Cloud,
    /// Rings: what was measured.
    Rings,
    /// A histogram: each point is the middle of a class, all of which are equally wide.
    Steps,
}

/// A point.
#[derive(Debug, Clone, PartialEq)]
pub struct Dot {
    /// Along the parameter; of names, their place from 0.
    pub x: f64,
    /// The value.
    pub y: f64,
    /// Half of the error bar.
    pub error: f64,
    /// What is said of it on hover.
    pub words: String,
}

impl Series {
    /// Half the width of a class of a histogram.
    fn half_class(&self) -> f64 {
        match self.dots.as_slice() {
            [first, second, ..] => 0.5 * (second.x - first.x),
            _ => 0.5,
        }
    }
}

const WIDTH: f64 = 560.0;
const HEIGHT: f64 = 360.0;
const LEFT: f64 = 74.0;
const RIGHT: f64 = 14.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 56.0;
/// Of the name beside the upright axis.
const MOST_LETTERS: usize = 34;
/// Series have one of so many colours.
const COLOURS: usize = 8;

/// The axes of a plot.
struct Frame {
    x: Scale,
    y: Scale,
}

impl Frame {
    fn of(plot: &Plot) -> Self {
        let dots = || plot.series.iter().flat_map(|series| &series.dots);
        if plot
            .series
            .iter()
            .any(|series| series.shape == Shape::Steps)
        {
            return Self::of_classes(&plot.series);
        }
        let x = match plot.names.len() {
            0 => Scale::along(&dots().map(|dot| dot.x).collect::<Vec<_>>(), plot.spacing),
            count => Scale::Linear {
                low: -0.5,
                high: count as f64 - 0.5,
            },
        };
        let ends = dots().flat_map(|dot| [dot.y - dot.error, dot.y, dot.y + dot.error]);
        let own: Vec<f64> = dots().map(|dot| dot.y).collect();
        // A bar that reaches zero does not keep values that span decades from having powers of ten; that of every other value does.
        let reaching = dots().filter(|dot| dot.y <= dot.error).count();
        let y = match Scale::of(&own, Start::Zero) {
            log @ Scale::Log { .. } if 2 * reaching < own.len() => log,
            _ => Scale::of(&ends.collect::<Vec<_>>(), Start::Zero),
        };
        Self {
            x,
            y: linear_from(y, &own),
        }
    }

    /// From the beginning of the first class to the end of the last, and to the fullest.
    fn of_classes(series: &[Series]) -> Self {
        let ends = series.iter().flat_map(|series| {
            let half = series.half_class();
            let ends = move |dot: &Dot| [dot.x - half, dot.x + half];
            series.dots.iter().flat_map(ends)
        });
        let ends: Vec<f64> = ends.collect();
        let fullest = series
            .iter()
            .flat_map(|series| &series.dots)
            .map(|dot| dot.y);
        Self {
            x: Scale::Linear {
                low: ends.iter().copied().fold(f64::INFINITY, f64::min),
                high: ends.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            },
            y: Scale::Linear {
                low: 0.0,
                high: 1.06 * fullest.fold(0.0, f64::max),
            },
        }
    }

    fn x(&self, value: f64) -> Option<f64> {
        let place = self.x.place(value)?;
        Some(LEFT + place * (WIDTH - LEFT - RIGHT))
    }

    fn y(&self, value: f64) -> Option<f64> {
        let place = self.y.place(value)?;
        Some(HEIGHT - BOTTOM - place * (HEIGHT - TOP - BOTTOM))
    }
}

/// Where bars turned a linear axis into powers of ten, it stays linear.
fn linear_from(scale: Scale, own: &[f64]) -> Scale {
    match (Scale::of(own, Start::Zero), scale) {
        (Scale::Linear { .. }, Scale::Log { high, .. }) => Scale::Linear { low: 0.0, high },
        (_, scale) => scale,
    }
}

impl Plot {
    /// The figure, with its legend.
    pub(super) fn svg(&self) -> String {
        let frame = Frame::of(self);
        let label = escaped(&format!("{} against {}", self.up, self.across));
        let mut svg = format!(
            "<figure class=\"plot\"><figcaption>{}</figcaption>\n<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{label}\">\n",
            escaped(&self.title)
        );
        self.axes(&mut svg, &frame);
        for (place, series) in self.series.iter().enumerate() {
            draw(&mut svg, series, &frame, place % COLOURS);
        }
        svg += "</svg>\n";
        self.legend(&mut svg);
        svg + "</figure>\n"
    }

    fn axes(&self, svg: &mut String, frame: &Frame) {
        let (right, foot) = (WIDTH - RIGHT, HEIGHT - BOTTOM);
        for (value, text) in frame.y.ticks(6.0) {
            let Some(y) = frame.y(value) else { continue };
            add(
                svg,
                format_args!(
                    "<line class=\"grid\" x1=\"{LEFT}\" y1=\"{y:.1}\" x2=\"{right}\" y2=\"{y:.1}\"/>"
                ),
            );
            add(
                svg,
                format_args!(
                    "<text class=\"tick\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{text}</text>",
                    LEFT - 7.0,
                    y + 4.0
                ),
            );
        }
        for (value, text) in self.places(frame) {
            let Some(x) = frame.x(value) else { continue };
            add(
                svg,
                format_args!(
                    "<line class=\"axis\" x1=\"{x:.1}\" y1=\"{foot}\" x2=\"{x:.1}\" y2=\"{:.1}\"/>",
                    foot + 5.0
                ),
            );
            add(
                svg,
                format_args!(
                    "<text class=\"tick\" x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
                    foot + 19.0,
                    escaped(&text)
                ),
            );
        }
        add(
            svg,
            format_args!("<path class=\"axis\" d=\"M{LEFT} {TOP}V{foot}H{right}\"/>"),
        );
        let middle = (LEFT + right) / 2.0;
        add(
            svg,
            format_args!(
                "<text class=\"name\" x=\"{middle:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
                HEIGHT - 12.0,
                escaped(&counted(&self.across, frame.x.power()))
            ),
        );
        let centre = (TOP + foot) / 2.0;
        add(
            svg,
            format_args!(
                "<text class=\"name\" transform=\"translate(15 {centre:.1}) rotate(-90)\" text-anchor=\"middle\">{}</text>",
                escaped(&shortened(&counted(&self.up, frame.y.power())))
            ),
        );
    }

    /// Ticks along the parameter; long names are cut.
    fn places(&self, frame: &Frame) -> Vec<(f64, String)> {
        if self.names.is_empty() {
            return frame.x.ticks(7.0);
        }
        let room = (76 / self.names.len()).max(4);
        let cut = |name: &String| match name.chars().count() > room {
            true => name.chars().take(room - 1).chain(['…']).collect(),
            false => name.clone(),
        };
        self.names
            .iter()
            .enumerate()
            .map(|(place, name)| (place as f64, cut(name)))
            .collect()
    }

    fn legend(&self, svg: &mut String) {
        if self.series.len() < 2 {
            return;
        }
        *svg += "<ul class=\"legend\">";
        for (place, series) in self.series.iter().enumerate() {
            let ring = if series.shape == Shape::Rings {
                " ring"
            } else {
                ""
            };
            add(
                svg,
                format_args!(
                    "<li><span class=\"key c{}{ring}\"></span>{}</li>",
                    place % COLOURS,
                    escaped(&series.name)
                ),
            );
        }
        *svg += "</ul>\n";
    }
}

/// "stress (10⁹ Pa)": what an axis shows, with the power of ten in which it counts.
fn counted(name: &str, power: i32) -> String {
    match (power, name.rsplit_once('(')) {
        (0, _) => name.to_owned(),
        (_, Some((name, unit))) => format!("{name}({} {unit}", power_of_ten(power)),
        (_, None) => format!("{name} ({})", power_of_ten(power)),
    }
}

/// What has room along the upright axis on a narrow screen: the name is cut, the unit stays; the title has it in full.
fn shortened(label: &str) -> String {
    let count = label.chars().count();
    if count <= MOST_LETTERS {
        return label.to_owned();
    }
    let (name, unit) = label.split_at(label.rfind(" (").unwrap_or(label.len()));
    let room = (MOST_LETTERS - 1).saturating_sub(unit.chars().count());
    let cut: String = name.chars().take(room).collect();
    format!("{}…{unit}", cut.trim_end())
}

fn add(svg: &mut String, line: std::fmt::Arguments<'_>) {
    let written = writeln!(svg, "{line}");
    debug_assert!(written.is_ok(), "writing to a text does not fail");
}

fn draw(svg: &mut String, series: &Series, frame: &Frame, colour: usize) {
    let placed = series
        .dots
        .iter()
        .filter_map(|dot| Some((frame.x(dot.x)?, frame.y(dot.y)?, dot)));
    let placed: Vec<(f64, f64, &Dot)> = placed.filter(|(_, _, dot)| dot.y.is_finite()).collect();
    add(svg, format_args!("<g class=\"c{colour}\">"));
    if series.shape == Shape::Line && placed.len() > 1 {
        let points: Vec<String> = placed
            .iter()
            .map(|(x, y, _)| format!("{x:.1},{y:.1}"))
            .collect();
        add(
            svg,
            format_args!("<polyline points=\"{}\"/>", points.join(" ")),
        );
    }
    if series.shape == Shape::Steps {
        let half = series.half_class();
        let corner = |dot: &Dot, x: f64| Some(format!("{:.1},{:.1}", frame.x(x)?, frame.y(dot.y)?));
        let ends = |dot: &Dot| [corner(dot, dot.x - half), corner(dot, dot.x + half)];
        let corners: Vec<String> = series.dots.iter().flat_map(ends).flatten().collect();
        add(
            svg,
            format_args!("<polyline points=\"{}\"/>", corners.join(" ")),
        );
    }
    for &(x, y, dot) in &placed {
        if let Some((low, high)) = bar(frame, dot) {
            add(
                svg,
                format_args!(
                    "<path class=\"bar\" d=\"M{x:.1} {low:.1}V{high:.1}M{:.1} {low:.1}h8M{:.1} {high:.1}h8\"/>",
                    x - 4.0,
                    x - 4.0
                ),
            );
        }
        let ring = if series.shape == Shape::Rings {
            " class=\"ring\""
        } else {
            ""
        };
        add(
            svg,
            format_args!(
                "<circle{ring} cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\" tabindex=\"0\"><title>{}</title></circle>",
                escaped(&dot.words)
            ),
        );
    }
    *svg += "</g>\n";
}

/// The ends of an error bar that can be seen.
fn bar(frame: &Frame, dot: &Dot) -> Option<(f64, f64)> {
    let positive = matches!(frame.y, Scale::Log { .. }) && dot.y - dot.error <= 0.0;
    let foot = if positive {
        HEIGHT - BOTTOM
    } else {
        frame.y(dot.y - dot.error)?
    };
    let head = frame.y(dot.y + dot.error)?;
    (dot.error > 0.0 && foot - head > 1.5).then_some((foot, head))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_count_in_powers_of_ten_and_fit() {
        let name = "hydrostatic stress sheet-normal-x (Pa)";
        let label = counted(name, 9);
        assert_eq!(label, "hydrostatic stress sheet-normal-x (10⁹ Pa)");
        let short = shortened(&label);
        assert_eq!(short, "hydrostatic stress sheet… (10⁹ Pa)");
        assert_eq!(short.chars().count(), MOST_LETTERS);
        assert_eq!(shortened("porosity"), "porosity");
        assert_eq!(counted("current", -3), "current (10⁻³)");
    }
}
