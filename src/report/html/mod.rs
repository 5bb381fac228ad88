//! A report as one HTML file: no network, no script that is needed, light and dark, printable.
//!
//! A [`Report`] is what the reader is told, in the order in which it is told: question, plots, pictures, table, materials,
//! warnings, where it comes from, how to make it again. Whoever has results turns them into one; nothing here computes.

mod page;
mod plot;
mod scale;

pub use page::render;
pub use plot::{Dot, Plot, Series, Shape};
pub use scale::Spacing;

/// All that a report says.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// What it is about.
    pub title: String,
    /// What one wants to know.
    pub question: Option<String>,
    /// A line below: "30 cases, each with 5 seeds".
    pub summary: Vec<String>,
    /// Results against parameters.
    pub plots: Vec<Plot>,
    /// What error bars are.
    pub plot_note: String,
    /// How something is distributed.
    pub histograms: Vec<Plot>,
    /// What the classes of histograms are.
    pub histogram_note: String,
    /// What was computed beside what was measured.
    pub validation: Sheet,
    /// What was looked at.
    pub pictures: Vec<Picture>,
    /// All numbers.
    pub table: Sheet,
    /// Lists with a heading: fitted, predicted, materials, warnings.
    pub lists: Vec<(String, Vec<String>)>,
    /// Where it comes from: names and values.
    pub provenance: Vec<(String, String)>,
    /// What is said before the commands that make it again.
    pub again: Vec<String>,
    /// These commands.
    pub commands: Vec<String>,
    /// Files that these commands need, with their texts.
    pub files: Vec<(String, String)>,
}

/// A picture.
#[derive(Debug, Clone)]
pub struct Picture {
    /// What it shows.
    pub title: String,
    /// PNG.
    pub png: Vec<u8>,
    /// Names of what is in it with their colours, "#56b4e9".
    pub legend: Vec<(String, String)>,
    /// Whether a pixel stands for a voxel and is shown as a square.
    pub pixels: Pixels,
}

/// How a picture is enlarged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pixels {
    /// To squares.
    Voxels,
    /// Smoothly.
    Drawing,
}

/// A table.
#[derive(Debug, Clone, Default)]
pub struct Sheet {
    /// Names with units.
    pub header: Vec<String>,
    /// Cells.
    pub rows: Vec<Vec<String>>,
}

/// A picture of labels, each code in the colour that slices have, from rows of codes.
pub fn labels(title: String, rows: &[Vec<u8>], phases: &[String]) -> Option<Picture> {
    let (height, width) = (rows.len(), rows.first()?.len());
    let pixels: Vec<u8> = rows
        .iter()
        .flatten()
        .flat_map(|&code| super::colour::of_code(code).0)
        .collect();
    let (wide, high) = (u32::try_from(width).ok()?, u32::try_from(height).ok()?);
    let image = image::RgbImage::from_raw(wide, high, pixels)?;
    let mut png = Vec::new();
    let mut out = std::io::Cursor::new(&mut png);
    image.write_to(&mut out, image::ImageFormat::Png).ok()?;
    let colour = |code: u8| {
        let [r, g, b] = super::colour::of_code(code).0;
        format!("#{r:02x}{g:02x}{b:02x}")
    };
    let legend = (0u8..)
        .zip(phases)
        .map(|(code, name)| (name.clone(), colour(code)));
    Some(Picture {
        title,
        png,
        legend: legend.collect(),
        pixels: Pixels::Voxels,
    })
}
