//! `voxion convert`: a volume or a grey-scale stack in, labels in another file out.

use super::{
    args::VolumeArguments,
    exit::NotWritten,
    greys::threshold_doubts,
    interrupt::Interrupt,
    numbers::{by_axis, grouped},
    progress::Steps,
    resolve::Verbosity,
    stdout,
    table::{fraction, heading, plain_table},
    treat::{self, LabelChange},
};
use anyhow::Result;
use clap::Args;
use std::path::PathBuf;
use voxion::{
    Error,
    io::{
        self, Inputs, IoError, Overwrite, Reading, StatedVoxelSize, check_writable,
        write_atomically, write_volume,
    },
    microstructure::{
        Axis, Volume,
        segment::{
            Clip, Cuts, Histogram, Threshold,
            edit::{self, Region},
            median, segment,
        },
    },
};

#[derive(Debug, Args)]
pub(crate) struct ConvertArguments {
    #[command(flatten)]
    volume: VolumeArguments,
    /// The file to write: .h5 (with the voxel size), .npy, .tif or .raw
    #[arg(value_name = "OUT")]
    out: PathBuf,
    /// Keep only these voxels: first:end along z, y and x, the end not included; : is all
    #[arg(long, value_name = "Z0:Z1,Y0:Y1,X0:X1", value_parser = treat::region)]
    crop: Option<Region>,
    /// Smooth grey values by the median over a cube of 2 RADIUS + 1 voxels, before the threshold
    #[arg(long, value_name = "RADIUS", requires = "threshold", value_parser = clap::value_parser!(u8).range(1..=5))]
    median: Option<u8>,
    /// Turn grey values into labels 0, 1, ... from dark to bright: otsu, multi-otsu (three classes), one or more values; LOW..HIGH
    /// makes 0 inside and 1 outside
    #[arg(long, value_name = "otsu|multi-otsu|VALUE,...|LOW..HIGH", allow_hyphen_values = true, value_parser = treat::threshold)]
    threshold: Option<Threshold>,
    /// Leave values outside of a range, or of percentiles, out of the histogram in which otsu and multi-otsu find their thresholds
    /// [default: all but outliers]
    #[arg(long, value_name = "LOW..HIGH|LOW%..HIGH%", requires = "threshold", allow_hyphen_values = true, value_parser = treat::clip)]
    clip: Option<Clip>,
    /// Renumber labels, all at once; nan=NEW gives a label to voxels without a number (NaN, infinity)
    #[arg(long, value_name = "OLD=NEW,...", value_delimiter = ',', allow_hyphen_values = true, value_parser = treat::label_change)]
    map: Vec<LabelChange>,
    /// Merge blocks of N x N x N voxels into one with their most frequent label (the lowest of several)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(2..=64))]
    resample: Option<u8>,
    /// Only warnings and errors on stderr: no progress
    #[arg(long)]
    quiet: bool,
    /// Replace the output if it exists
    #[arg(long)]
    force: bool,
}

/// The label of voxels without a number until labels are renumbered; no reader gives it to any other.
const NO_NUMBER: i64 = i64::MIN + 1;

/// Reads, treats, writes, and shows what was written.
pub(crate) fn convert(arguments: ConvertArguments) -> Result<()> {
    let interrupt = Interrupt::listen()?;
    let overwrite = check_output(&arguments).map_err(Error::from)?;
    let mut steps = Steps::new(3, Verbosity::from_flag(arguments.quiet));
    steps.begin("reading");
    let (reading, cuts) = read(&arguments)?;
    interrupt.check()?;
    steps.begin("renumbering and merging");
    let volume = treated(&arguments, &reading.volume).map_err(Error::from)?;
    interrupt.check()?;
    steps.begin("writing");
    let out = &arguments.out;
    let write = |temporary: &std::path::Path| {
        write_volume(temporary, &volume).map_err(|error| error.of(out))
    };
    write_atomically(out, overwrite, write).map_err(|error| match error {
        IoError::Unwritable { .. } => NotWritten(error.into()).into(),
        error => anyhow::Error::from(Error::from(error)),
    })?;
    steps.end();
    stdout::print(&summary(&arguments, &reading, cuts.as_ref(), &volume))
}

/// Whether the output can be written, before anything is read.
fn check_output(arguments: &ConvertArguments) -> Result<Overwrite, IoError> {
    let overwrite = match arguments.force {
        true => Overwrite::Replace,
        false => Overwrite::Keep,
    };
    let (input, out) = (arguments.volume.source.path(), &arguments.out);
    io::check_output_format(out)?;
    let mut inputs = Inputs::default();
    inputs.add(input);
    inputs.check([out])?;
    check_writable(out, overwrite)?;
    Ok(overwrite)
}

/// The labels of the region asked for, and where grey values were cut.
fn read(arguments: &ConvertArguments) -> Result<(Reading, Option<Cuts>)> {
    let region = arguments.crop.unwrap_or_default();
    let nan = arguments.map.iter().any(|change| change.from.is_none());
    let VolumeArguments {
        source,
        read,
        voxel_size,
    } = &arguments.volume;
    let source = read.of(source.clone()).with_voxel_size(*voxel_size);
    let source = source.with_nan_label(nan.then_some(NO_NUMBER));
    let sized = |volume: Volume, stated: Option<&StatedVoxelSize>| {
        let size = arguments
            .volume
            .voxel_size
            .or(stated.map(|stated| stated.metres));
        match size {
            Some(size) => volume.with_spacing(size),
            None => volume,
        }
    };
    let Some(threshold) = &arguments.threshold else {
        let mut reading = io::read(&source).map_err(Error::from)?;
        let volume = edit::crop(&reading.volume, &region).map_err(Error::from)?;
        reading.volume = sized(volume, reading.voxel_size.as_ref());
        return Ok((reading, None));
    };
    let grey = io::read_grey(&source).map_err(Error::from)?;
    if grey.is_from_colours() {
        say!("warning: {}", colours(&grey.path));
    }
    let mut values = region.cut(&grey.values).map_err(Error::from)?;
    if let Some(radius) = arguments.median {
        values = median(&values, radius.into());
    }
    let histogram = Histogram::of_several(&[&values], arguments.clip.unwrap_or_default());
    let cuts = threshold.cuts(&histogram).map_err(Error::from)?;
    let mut segmented = segment(&values, &cuts);
    threshold_doubts(threshold, &histogram, &segmented)
        .iter()
        .for_each(|doubt| say!("warning: {doubt}"));
    let behind = i64::try_from(cuts.classes()).unwrap_or(i64::MAX);
    if segmented.code(behind).is_some() {
        segmented = edit::renumber(&segmented, &[(behind, NO_NUMBER)]).map_err(Error::from)?;
    }
    let reading = Reading {
        volume: sized(segmented, grey.voxel_size.as_ref()),
        voxel_size: grey.voxel_size,
        notes: grey.notes,
        names: Vec::new(),
        path: grey.path,
        dataset: source.dataset().map(str::to_owned),
        file_type: grey.file_type,
        sha256: grey.sha256,
    };
    Ok((reading, Some(cuts)))
}

/// What is said of a colour picture.
pub(crate) fn colours(path: &std::path::Path) -> String {
    format!(
        "{} holds colours; they were turned into grey values as bright as they look (ITU-R BT.709)",
        path.display()
    )
}

fn treated(
    arguments: &ConvertArguments,
    volume: &Volume,
) -> Result<Volume, voxion::microstructure::segment::SegmentError> {
    let changes = arguments.map.iter().filter_map(|change| match change.from {
        Some(from) => Some((from, change.to)),
        None => volume.code(NO_NUMBER).map(|_| (NO_NUMBER, change.to)),
    });
    let volume = edit::renumber(volume, &changes.collect::<Vec<_>>())?;
    let Some(factor) = arguments.resample.map(usize::from) else {
        return Ok(volume);
    };
    for axis in Axis::ALL {
        let rest = volume.shape()[axis.index()] % factor;
        if rest > 0 && volume.shape()[axis.index()] >= factor {
            say!(
                "warning: the last {rest} of {} layers along {} fill no block of {factor} and are left out",
                volume.shape()[axis.index()],
                axis.name()
            );
        }
    }
    edit::coarsen(&volume, factor)
}

fn summary(
    arguments: &ConvertArguments,
    reading: &Reading,
    cuts: Option<&Cuts>,
    volume: &Volume,
) -> String {
    let mut table = plain_table(&["label", "voxels", "fraction"]);
    for (label, count) in volume.labels().iter().zip(volume.counts()) {
        let total = volume.codes().len();
        table.add_row([label.to_string(), grouped(count), fraction(count, total)]);
    }
    let cuts = cuts.map_or_else(String::new, |cuts| format!("{}\n", described(cuts)));
    format!(
        "{}\n{cuts}{}: {} voxels (z, y, x)\n\n{table}\n",
        heading(reading),
        arguments.out.display(),
        by_axis(volume.shape())
    )
}

/// "threshold 117", "thresholds 60 and 120", "range 60..120".
pub(crate) fn described(cuts: &Cuts) -> String {
    let value = voxion::report::numbers::plain;
    match cuts {
        Cuts::Range(low, high) => format!("range {}..{}", value(*low), value(*high)),
        Cuts::Steps(cuts) => {
            let values: Vec<String> = cuts.iter().map(|&cut| value(cut)).collect();
            match values.split_last() {
                Some((last, rest)) if !rest.is_empty() => {
                    format!("thresholds {} and {last}", rest.join(", "))
                }
                _ => format!("threshold {}", values.concat()),
            }
        }
    }
}
