//! `voxion porosity`: how much of pictures is pore, by a threshold, side by side, and how sure that is.

use super::{
    args::ReadArguments,
    convert::{colours, described},
    exit::NotWritten,
    files::Planned,
    greys::{data_bar_doubt, threshold_doubts},
    interrupt::Interrupt,
    json::stated,
    numbers::by_axis,
    progress::Steps,
    resolve::{Form, Verbosity},
    stdout,
    table::plain_table,
    treat, values,
};
use anyhow::Result;
use clap::Args;
use serde::Serialize;
use serde_json::Value;
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};
use voxion::{
    Error,
    io::{self, GreyReading, Inputs, IoError, Overwrite, VolumeSource, write_atomically},
    microstructure::segment::{
        Clip, Cuts, Histogram, Threshold,
        edit::Region,
        median,
        porosity::{self, Porosity},
        segment,
    },
    report::{numbers::plain, slices::Picture, threshold::Thresholded},
};

#[derive(Debug, Args)]
pub(crate) struct PorosityArguments {
    /// Pictures (PNG, JPEG, TIFF) or grey volumes (multi-page TIFF, a folder of numbered images, HDF5, .npy, .raw with --shape)
    #[arg(value_name = "IMAGE_OR_VOLUME", required = true, value_parser = values::source())]
    sources: Vec<VolumeSource>,
    /// What is pore: up to Otsu's threshold, the darkest of three classes (multi-otsu), up to a grey value, or in a range; several
    /// grey values give a column each, which shows how much the porosity depends on the threshold
    #[arg(
        long,
        value_name = "otsu|multi-otsu|VALUE,...|LOW..HIGH",
        required = true,
        allow_hyphen_values = true,
        value_parser = treat::threshold
    )]
    threshold: Threshold,
    /// Leave values outside of a range, or of percentiles, out of the histogram in which otsu and multi-otsu find their thresholds
    /// [default: all but outliers]
    #[arg(long, value_name = "LOW..HIGH|LOW%..HIGH%", allow_hyphen_values = true, value_parser = treat::clip)]
    clip: Option<Clip>,
    /// Region of interest, which leaves out the data bar of a micrograph: first:end along y and x (and z of a volume); : is all
    #[arg(long, value_name = "[Z0:Z1,]Y0:Y1,X0:X1", value_parser = treat::region)]
    roi: Option<Region>,
    /// Smooth by the median over a square (cube) of 2 RADIUS + 1 pixels first
    #[arg(long, value_name = "RADIUS", value_parser = clap::value_parser!(u8).range(1..=5))]
    median: Option<u8>,
    /// One threshold for all files, found from all together, and differences from the first file
    #[arg(long)]
    compare: bool,
    #[command(flatten)]
    read: ReadArguments,
    /// Write for each file a picture of its grey values, what is pore, and the histogram with the threshold
    #[arg(short, long, value_name = "FOLDER")]
    output: Option<PathBuf>,
    /// Print one JSON object instead of a table
    #[arg(long)]
    json: bool,
    /// Only warnings and errors on stderr: no progress
    #[arg(long)]
    quiet: bool,
    /// Replace pictures that exist
    #[arg(long)]
    force: bool,
}

/// A file and what was found in it.
struct Sample {
    reading: GreyReading,
    histogram: Histogram,
    /// One for each threshold.
    counted: Vec<Counted>,
    /// What makes the numbers doubtful, a sentence each.
    doubts: Vec<String>,
}

/// A threshold and the porosity that it makes.
struct Counted {
    cuts: Cuts,
    porosity: Porosity,
}

/// Reads, cuts, counts and shows.
pub(crate) fn porosity(arguments: PorosityArguments) -> Result<()> {
    let interrupt = Interrupt::listen()?;
    let pictures = arguments.pictures().map_err(Error::from)?;
    let mut steps = Steps::new(
        arguments.sources.len() + 1,
        Verbosity::from_flag(arguments.quiet),
    );
    let mut readings = Vec::new();
    for source in &arguments.sources {
        steps.begin(source.to_string());
        readings.push(read(&arguments, source)?);
        interrupt.check()?;
    }
    steps.begin("counting");
    let samples = samples(&arguments, readings)?;
    let text = match Form::from_flag(arguments.json) {
        Form::Json => document(&arguments, &samples)?,
        Form::Table => table(&arguments, &samples),
    };
    steps.end();
    stdout::print(&text)?;
    draw(&arguments, &samples, &pictures, &interrupt)
}

impl PorosityArguments {
    /// The pictures of each file, one for each threshold, none without a folder; checked before anything is read.
    fn pictures(&self) -> Result<Vec<PathBuf>, IoError> {
        let Some(folder) = &self.output else {
            return Ok(Vec::new());
        };
        let endings: Vec<String> = match &self.threshold {
            Threshold::Values(values) if values.len() > 1 => values
                .iter()
                .map(|&value| format!("_{}", plain(value)))
                .collect(),
            _ => vec![String::new()],
        };
        let names = |source: &VolumeSource| -> Vec<PathBuf> {
            let stem = source.path().file_stem().unwrap_or_default().display();
            let name = |ending: &String| folder.join(format!("{stem}_porosity{ending}.png"));
            endings.iter().map(name).collect()
        };
        let pictures: Vec<PathBuf> = self.sources.iter().flat_map(names).collect();
        let mut inputs = Inputs::default();
        self.sources
            .iter()
            .for_each(|source| inputs.add(source.path()));
        let planned = Planned {
            folder: Some(folder),
            files: pictures.clone(),
            overwrite: self.overwrite(),
        };
        planned.check(&inputs)?;
        Ok(pictures)
    }

    /// The thresholds, each of which makes a porosity: of several grey values every one.
    fn thresholds(&self) -> Vec<Threshold> {
        match &self.threshold {
            Threshold::Values(values) => {
                let one = |&value: &f64| Threshold::Values(vec![value]);
                values.iter().map(one).collect()
            }
            threshold => vec![threshold.clone()],
        }
    }

    fn overwrite(&self) -> Overwrite {
        match self.force {
            true => Overwrite::Replace,
            false => Overwrite::Keep,
        }
    }
}

/// The region of interest of a file.
fn read(arguments: &PorosityArguments, source: &VolumeSource) -> Result<GreyReading> {
    let mut reading = io::read_grey(&arguments.read.of_one(source.clone())).map_err(Error::from)?;
    if reading.is_from_colours() {
        say!("warning: {}", colours(&reading.path));
    }
    if let Some(region) = arguments.roi {
        reading.values = region
            .cut(&reading.values)
            .map_err(|error| of(&reading, error))?;
    }
    if let Some(radius) = arguments.median {
        reading.values = median(&reading.values, radius.into());
    }
    Ok(reading)
}

/// An error of one of several files, with its name.
fn of(
    reading: &GreyReading,
    error: voxion::microstructure::segment::SegmentError,
) -> anyhow::Error {
    let name = reading.path.display().to_string();
    anyhow::Error::from(Error::from(error)).context(name)
}

fn samples(arguments: &PorosityArguments, readings: Vec<GreyReading>) -> Result<Vec<Sample>> {
    let (thresholds, clip) = (arguments.thresholds(), arguments.clip.unwrap_or_default());
    let common = match arguments.compare {
        false => None,
        true => {
            let all: Vec<_> = readings.iter().map(|reading| &reading.values).collect();
            Some(Histogram::of_several(&all, clip))
        }
    };
    let sample = |reading: GreyReading| {
        let histogram = Histogram::of_several(&[&reading.values], clip);
        let mut doubts: Vec<String> = data_bar_doubt(&reading.values, arguments.roi)
            .into_iter()
            .collect();
        let mut counted = Vec::new();
        for threshold in &thresholds {
            let cuts = match &common {
                Some(common) => threshold.cuts(common).map_err(Error::from)?,
                None => threshold
                    .cuts(&histogram)
                    .map_err(|error| of(&reading, error))?,
            };
            let segmented = segment(&reading.values, &cuts);
            doubts.extend(threshold_doubts(threshold, &histogram, &segmented));
            let porosity = porosity::porosity(&segmented).map_err(|error| of(&reading, error))?;
            counted.push(Counted { cuts, porosity });
        }
        for doubt in &doubts {
            say!("warning: {}: {doubt}", reading.path.display());
        }
        Ok(Sample {
            reading,
            histogram,
            counted,
            doubts,
        })
    };
    readings.into_iter().map(sample).collect()
}

/// "30.02 ± 1.10".
fn percent(value: f64, half_width: f64) -> String {
    format!("{:.2} ± {:.2}", 100.0 * value, 100.0 * half_width)
}

fn size(reading: &GreyReading) -> String {
    match reading.values.dim() {
        (1, height, width) => format!("{height} x {width}"),
        (depth, height, width) => by_axis([depth, height, width]),
    }
}

fn table(arguments: &PorosityArguments, samples: &[Sample]) -> String {
    let compared = arguments.compare && samples.len() > 1;
    let first = &samples[0].counted;
    let is_one = first.len() == 1;
    let mut columns = ["file", "pixels", "type"].map(str::to_owned).to_vec();
    match is_one {
        true => columns.extend(["pore", "porosity (%)"].map(str::to_owned)),
        false => columns.extend(first.iter().map(|one| format!("{} (%)", pore(&one.cuts)))),
    }
    if compared {
        columns.extend(first.iter().map(|one| match is_one {
            true => "difference (%)".to_owned(),
            false => format!("difference {} (%)", pore(&one.cuts)),
        }));
    }
    let mut table = plain_table(&columns);
    for (place, sample) in samples.iter().enumerate() {
        let mut row = vec![
            sample.reading.path.display().to_string(),
            size(&sample.reading),
            sample.reading.file_type.clone(),
        ];
        if is_one {
            row.push(pore(&sample.counted[0].cuts));
        }
        let porosities = sample.counted.iter().map(|counted| &counted.porosity);
        row.extend(porosities.clone().map(|p| percent(p.value, p.half_width)));
        if compared {
            row.extend(porosities.zip(first).map(|(porosity, first)| {
                let (value, half_width) = porosity.difference(&first.porosity);
                match place {
                    0 => "-".to_owned(),
                    _ => percent(value, half_width),
                }
            }));
        }
        table.add_row(row);
    }
    let notes = samples.iter().flat_map(|sample| {
        let path = sample.reading.path.display();
        sample
            .reading
            .notes
            .iter()
            .map(move |note| format!("{path}: {note}\n"))
    });
    format!(
        "{table}\n{}{}",
        notes.collect::<String>(),
        explanation(samples, compared)
    )
}

/// Which grey values are pore.
fn pore(cuts: &Cuts) -> String {
    match cuts {
        Cuts::Steps(cuts) => format!("up to {}", plain(cuts[0])),
        Cuts::Range(low, high) => format!("{} to {}", plain(*low), plain(*high)),
    }
}

fn explanation(samples: &[Sample], compared: bool) -> String {
    let windows = samples
        .iter()
        .map(|sample| sample.counted[0].porosity.windows.len());
    let windows: BTreeSet<usize> = windows.collect();
    let windows: Vec<String> = windows.iter().map(usize::to_string).collect();
    let difference = match compared {
        true => "\nDifference: from the first file, under one threshold for all.",
        false => "",
    };
    format!(
        "\u{b1}: 95 % confidence interval from the scatter of {} sub-windows; too narrow where pores are as large as \
         windows, and\nwithout the choice of the threshold. A picture shows the porosity of a surface, not of the volume \
         behind it.{difference}\n",
        windows.join(" or ")
    )
}

#[derive(Serialize)]
struct Document {
    voxion: &'static str,
    confidence: f64,
    samples: Vec<Entry>,
}

#[derive(Serialize)]
struct Entry {
    path: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stated_voxel_size: Option<Value>,
    file_type: String,
    checksum: String,
    from_colours: bool,
    shape: [usize; 3],
    thresholds: Option<Vec<f64>>,
    range: Option<[f64; 2]>,
    grey_values: [f64; 2],
    /// Values that took no part in finding the threshold.
    left_out: u64,
    porosity: f64,
    half_width: f64,
    windows: Vec<f64>,
    difference: Option<f64>,
    difference_half_width: Option<f64>,
}

fn document(arguments: &PorosityArguments, samples: &[Sample]) -> Result<String> {
    let entries = samples.iter().enumerate().flat_map(|(place, sample)| {
        let pairs = sample.counted.iter().zip(&samples[0].counted);
        pairs.map(move |(counted, first)| {
            let difference = counted.porosity.difference(&first.porosity);
            let difference = (arguments.compare && place > 0).then_some(difference);
            entry(sample, counted, difference)
        })
    });
    stdout::json(&Document {
        voxion: env!("CARGO_PKG_VERSION"),
        confidence: 0.95,
        samples: entries.collect(),
    })
}

/// A file under one threshold; the difference from the first file and half the width of its confidence interval.
fn entry(sample: &Sample, counted: &Counted, difference: Option<(f64, f64)>) -> Entry {
    let (z, y, x) = sample.reading.values.dim();
    Entry {
        path: sample.reading.path.display().to_string(),
        notes: sample.reading.notes.clone(),
        warnings: sample.doubts.clone(),
        stated_voxel_size: sample.reading.voxel_size.as_ref().map(stated),
        file_type: sample.reading.file_type.clone(),
        checksum: format!("sha256:{}", sample.reading.sha256),
        from_colours: sample.reading.is_from_colours(),
        shape: [z, y, x],
        thresholds: match &counted.cuts {
            Cuts::Steps(cuts) => Some(cuts.clone()),
            Cuts::Range(..) => None,
        },
        range: match counted.cuts {
            Cuts::Steps(_) => None,
            Cuts::Range(low, high) => Some([low, high]),
        },
        grey_values: [sample.histogram.least, sample.histogram.most],
        left_out: sample.histogram.left_out,
        porosity: counted.porosity.value,
        half_width: counted.porosity.half_width,
        windows: counted.porosity.windows.clone(),
        difference: difference.map(|pair| pair.0),
        difference_half_width: difference.map(|pair| pair.1),
    }
}

fn draw(
    arguments: &PorosityArguments,
    samples: &[Sample],
    pictures: &[PathBuf],
    interrupt: &Interrupt,
) -> Result<()> {
    let counted = samples
        .iter()
        .flat_map(|sample| sample.counted.iter().map(move |counted| (sample, counted)));
    for ((sample, counted), path) in counted.zip(pictures) {
        let picture = picture(sample, counted, path);
        let write = |temporary: &Path| -> voxion::Result<()> {
            picture.write(temporary).map_err(|error| error.of(path))?;
            interrupt.check()
        };
        let written = write_atomically(path, arguments.overwrite(), write);
        written.map_err(|error| match error {
            Error::Solve(_) => anyhow::Error::from(error),
            error => NotWritten(error).into(),
        })?;
    }
    Ok(())
}

fn picture(sample: &Sample, counted: &Counted, path: &Path) -> Picture {
    let (depth, ..) = sample.reading.values.dim();
    let slice = match depth {
        1 => String::new(),
        depth => format!(" The slice at z = {} of {depth} is shown.", depth / 2),
    };
    let file = sample.reading.path.file_name().unwrap_or_default();
    let Porosity {
        value, half_width, ..
    } = counted.porosity;
    let thresholded = Thresholded {
        file_name: path.file_name().unwrap_or_default().display().to_string(),
        title: format!("Porosity of {}", file.display()),
        subtitle: format!(
            "{} % of {} pixels, {}",
            percent(value, half_width),
            size(&sample.reading),
            described(&counted.cuts)
        ),
        values: sample
            .reading
            .values
            .index_axis(ndarray::Axis(0), depth / 2),
        histogram: &sample.histogram,
        cuts: &counted.cuts,
        caption: vec![format!(
            "\u{b1} is the 95 % confidence interval from the scatter of {} sub-windows.{slice}",
            counted.porosity.windows.len()
        )],
    };
    thresholded.draw()
}
