//! Voxel sizes in TIFF files: ImageJ, OME, tifffile and SCIFIO descriptions, records of Zeiss and FEI microscopes, and the
//! resolution tags.
//!
//! A size is used only where all three edges are stated. The resolution tags know no z, and programs for pictures write the
//! resolution of a screen or printer there; a note says what was found and why it is not used.

use super::{
    super::{IoError, ReadOptions, StatedVoxelSize, calibration::metres_per},
    directory::{Directory, Tag, TiffFile},
    ome,
    series::lines,
};
use serde_json::Value;
use std::path::Path;

/// Pixels of the resolution of a printer or screen are larger than this (m), those of a microstructure smaller: 1200 per
/// inch are 21 um.
const PICTURE: f64 = 20e-6;

/// Edges from which on a note asks whether they are meant (m).
const LARGE: f64 = 1e-4;

const RESOLUTION: &str = "the resolution tags";

/// Edges along z, y, x in metres, as far as one place of a file states them.
struct Edges {
    metres: [Option<f64>; 3],
    stated_in: &'static str,
    /// Whether this may be the resolution of a screen or printer.
    is_resolution: bool,
}

/// What a file says about the size of its voxels.
#[derive(Default)]
pub(in super::super) struct Scale {
    pub(in super::super) voxel_size: Option<StatedVoxelSize>,
    pub(in super::super) notes: Vec<String>,
}

impl Scale {
    /// From the first page of a stack of so many layers.
    ///
    /// # Errors
    /// [`IoError::Contradiction`] where two places state edges that differ by more than 1 %.
    pub(super) fn new(
        file: &TiffFile,
        first: &Directory,
        layers: usize,
        options: &ReadOptions,
    ) -> Result<Self, IoError> {
        let stated = edges(file, first);
        if options.has_voxel_size {
            let used = stated.iter().find_map(|edges| edges.whole(layers));
            return Ok(Self {
                voxel_size: used,
                notes: Vec::new(),
            });
        }
        Self::from_edges(&file.path, &stated, layers)
    }

    /// From pixels per metre along (y, x) alone, as PNG has them.
    pub(in super::super) fn of_density(
        path: &Path,
        per_metre: [f64; 2],
        stated_in: &'static str,
        layers: usize,
    ) -> Result<Self, IoError> {
        let [y, x] = per_metre.map(|density| Some(1.0 / density));
        let edges = Edges::new([None, y, x], stated_in).map(|edges| Edges {
            is_resolution: true,
            ..edges
        });
        Self::from_edges(path, edges.as_slice(), layers)
    }

    fn from_edges(path: &Path, stated: &[Edges], layers: usize) -> Result<Self, IoError> {
        let rest = |at: usize| &stated[at + 1..];
        for (at, one) in stated.iter().enumerate() {
            if let Some(other) = rest(at).iter().find(|other| one.differs(other)) {
                return Err(IoError::Contradiction {
                    path: path.to_owned(),
                    first: format!("{} in {}", one.words(), one.stated_in),
                    second: format!("{} in {}", other.words(), other.stated_in),
                    advice: "give --voxel-size",
                });
            }
        }
        let used = stated.iter().find_map(|edges| edges.whole(layers));
        let mut notes = Vec::new();
        match (&used, stated.first()) {
            (None, Some(edges)) => {
                let why = match edges.metres[0] {
                    _ if edges.is_picture() => ", the resolution of a picture",
                    None => ", but not the distance of the layers",
                    Some(_) => ", but not all edges",
                };
                notes.push(format!(
                    "{}: {}{why}; it is not used, and voxels are cubes unless --voxel-size is given",
                    edges.stated_in,
                    edges.words()
                ));
            }
            (Some(size), _) if size.metres.iter().any(|&edge| edge >= LARGE) => notes.push(format!(
                "voxels of {} are large for a microstructure; correct them with --voxel-size if they are not meant",
                words(size.metres.map(Some))
            )),
            _ => {}
        }
        Ok(Self {
            voxel_size: used,
            notes,
        })
    }
}

impl Edges {
    /// None unless at least one edge is stated.
    fn new(metres: [Option<f64>; 3], stated_in: &'static str) -> Option<Self> {
        let metres = metres.map(|edge| edge.filter(|edge| edge.is_finite() && *edge > 0.0));
        let is_stated = metres.iter().any(Option::is_some);
        is_stated.then_some(Self {
            metres,
            stated_in,
            is_resolution: stated_in == RESOLUTION,
        })
    }

    /// The size of a voxel, unless it is that of a printed picture. One layer has no distance to the next: it is taken to be as thick as a pixel is high.
    fn whole(&self, layers: usize) -> Option<StatedVoxelSize> {
        let [z, y, x] = self.metres;
        if self.is_picture() {
            return None;
        }
        let z = z.or(y.filter(|_| layers == 1))?;
        StatedVoxelSize::new([z, y?, x?], self.stated_in)
    }

    fn is_picture(&self) -> bool {
        self.is_resolution && self.metres[2].is_some_and(|x| x >= PICTURE)
    }

    fn differs(&self, other: &Self) -> bool {
        let mut pairs = self.metres.iter().zip(&other.metres);
        !self.is_picture()
            && !other.is_picture()
            && pairs.any(|pair| match pair {
                (Some(a), Some(b)) => (a - b).abs() > 0.01 * a.max(*b),
                _ => false,
            })
    }

    fn words(&self) -> String {
        words(self.metres)
    }
}

/// "0.5 x 0.1 x 0.1 um", or "a pixel of 0.1 x 0.1 um" where z is not known.
fn words(metres: [Option<f64>; 3]) -> String {
    let known = metres.into_iter().flatten();
    let (factor, unit) = match known.clone().fold(0.0, f64::max) {
        edge if edge < 1e-7 => (1e9, "nm"),
        edge if edge < 1e-3 => (1e6, "um"),
        edge if edge < 1.0 => (1e3, "mm"),
        _ => (1.0, "m"),
    };
    // Six digits: what the change of units leaves behind them is no information.
    let rounded = known.map(|edge| format!("{:.5e}", edge * factor).parse().unwrap_or(edge));
    let edges: Vec<String> = rounded.map(|edge: f64| edge.to_string()).collect();
    let pixel = if metres[0].is_none() {
        "a pixel of "
    } else {
        ""
    };
    format!("{pixel}{} {unit}", edges.join(" x "))
}

/// All places that state edges, the most explicit first.
fn edges(file: &TiffFile, first: &Directory) -> Vec<Edges> {
    let description = file.text(first, Tag::ImageDescription).unwrap_or_default();
    let text = description.trim();
    let per_unit = [Tag::YResolution, Tag::XResolution].map(|tag| file.positive(first, tag));
    let unit = file.first(first, Tag::ResolutionUnit).ok().flatten();
    // Inches where the tag is missing, by the definition of TIFF; but then the resolution is seldom meant.
    let tag_unit = match unit {
        Some(2) => Some(0.0254),
        Some(3) => Some(0.01),
        _ => None,
    };
    let by_tags = |unit: Option<f64>| per_unit.map(|per| Some(unit? / per?));
    let plain = || {
        let [y, x] = by_tags(tag_unit);
        Edges::new([None, y, x], RESOLUTION)
    };
    let described = match text {
        _ if text.starts_with("ImageJ=") => {
            let stated = imagej(text, by_tags, unit == Some(3));
            return stated.or_else(plain).into_iter().collect();
        }
        _ if text.starts_with("SCIFIO=") => scifio(text),
        _ if text.starts_with('{') => json(text, by_tags),
        _ if text.starts_with('<') => {
            ome::pixel_size(text).and_then(|metres| Edges::new(metres, "the OME description"))
        }
        _ => None,
    };
    [
        described,
        lsm(file, first),
        microscope(file, first),
        plain(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Spacing and unit in lines, pixels per unit in the resolution tags.
fn imagej(
    text: &str,
    by_tags: impl Fn(Option<f64>) -> [Option<f64>; 2],
    is_per_centimetre: bool,
) -> Option<Edges> {
    let lines = lines(text);
    let unit = |key: &str| metres_per(lines.get(key)?);
    let x = unit("unit")?;
    // Micro-Manager names micrometres but counts pixels per centimetre; ImageJ reads that as it is meant.
    let per = if is_per_centimetre && x == 1e-6 {
        0.01
    } else {
        x
    };
    let [y, x_edge] = by_tags(Some(per));
    let y = match unit("yunit") {
        Some(unit) if per == x => y.map(|edge| edge / x * unit),
        _ => y,
    };
    let spacing: Option<f64> = lines
        .get("spacing")
        .and_then(|spacing| spacing.parse().ok());
    let z = spacing.map(|spacing| spacing.abs() * unit("zunit").unwrap_or(x));
    Edges::new([z, y, x_edge], "the ImageJ description")
}

fn scifio(text: &str) -> Option<Edges> {
    let lines = lines(text);
    let list = |key: &str| {
        lines
            .get(key)
            .map(|list| list.split(',').map(str::trim).collect::<Vec<_>>())
    };
    let (names, scales, units) = (list("axes")?, list("scales")?, list("units")?);
    let edge = |name: &str| {
        let at = names.iter().position(|found| *found == name)?;
        Some(
            scales.get(at)?.parse::<f64>().ok()? * metres_per(&units.get(at)?.replace("null", ""))?,
        )
    };
    Edges::new(["Z", "Y", "X"].map(edge), "the SCIFIO description")
}

/// What users of tifffile write: spacing and unit as for ImageJ, or physical sizes as for OME.
fn json(text: &str, by_tags: impl Fn(Option<f64>) -> [Option<f64>; 2]) -> Option<Edges> {
    let json: Value = serde_json::from_str(text).ok()?;
    let number = |key: &str| json.get(key)?.as_f64();
    let unit = json
        .get("unit")
        .and_then(Value::as_str)
        .and_then(metres_per);
    let [y, x] = by_tags(unit);
    let z = unit
        .zip(number("spacing"))
        .map(|(unit, spacing)| unit * spacing);
    let physical = |axis: &str| {
        let unit = json
            .get(format!("PhysicalSize{axis}Unit"))
            .and_then(Value::as_str);
        Some(number(&format!("PhysicalSize{axis}"))? * metres_per(unit.unwrap_or("um"))?)
    };
    let metres = [
        physical("Z").or(z),
        physical("Y").or(y),
        physical("X").or(x),
    ];
    Edges::new(metres, "the tifffile description")
}

fn lsm(file: &TiffFile, first: &Directory) -> Option<Edges> {
    let record = file.blob(first, Tag::ZeissLsm)?;
    let metres = [56, 48, 40].map(|at| {
        let bytes = record.get(at..at + 8)?;
        Some(f64::from_bits(file.number(bytes)))
    });
    Edges::new(metres, "the LSM record")
}

/// Pixel sizes of electron microscopes: FEI in metres, Zeiss with a unit.
fn microscope(file: &TiffFile, first: &Directory) -> Option<Edges> {
    let fei = [Tag::FeiSfeg, Tag::FeiHelios]
        .into_iter()
        .find_map(|tag| file.text(first, tag));
    if let Some(text) = fei {
        let lines = lines(&text);
        let edge = |key: &str| lines.get(key)?.parse().ok();
        return Edges::new(
            [None, edge("PixelHeight"), edge("PixelWidth")],
            "the FEI record",
        );
    }
    let text = file.text(first, Tag::ZeissSem)?;
    let lines = lines(&text);
    let mut words = lines
        .get("Image Pixel Size")
        .or_else(|| lines.get("Pixel Size"))?
        .split_whitespace();
    let size: f64 = words.next()?.parse().ok()?;
    let edge = Some(size * metres_per(words.next()?)?);
    Edges::new([None, edge, edge], "the Zeiss record")
}
