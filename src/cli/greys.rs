//! Doubts about grey values and what was made of them: outliers, classes of a few pixels, data bars, grey values taken for labels.

use std::path::Path;
use voxion::{
    io::Reading,
    microstructure::{
        Volume,
        segment::{Histogram, Threshold, data_bar, edit::Region},
    },
    report::numbers::plain,
};

/// Labels from which on a volume looks like grey values rather than phases.
pub(crate) const MANY_LABELS: usize = 32;

/// Part of the pixels below which a class that a criterion found may be outliers.
const RARE: f64 = 1e-3;

/// A sentence for everything that makes a threshold found by a criterion doubtful; those that were typed are not doubted.
pub(crate) fn threshold_doubts(
    threshold: &Threshold,
    histogram: &Histogram,
    segmented: &Volume,
) -> Vec<String> {
    if !matches!(threshold, Threshold::Otsu { .. }) {
        return Vec::new();
    }
    let mut doubts = Vec::new();
    let counts = segmented.counts();
    let total: usize = counts.iter().sum();
    if histogram.left_out > 0 {
        doubts.push(format!(
            "{} of {total} values lie outside of {} to {}, far from all others, and are left out in finding the threshold; \
             --clip 0%..100% takes all",
            histogram.left_out,
            plain(histogram.low),
            plain(histogram.high)
        ));
    }
    for (class, &count) in counts.iter().enumerate() {
        let part = count as f64 / total.max(1) as f64;
        if part < RARE {
            doubts.push(format!(
                "class {class} of the threshold holds {count} of {total} values ({} %); if these are outliers, leave them out \
                 with --clip LOW..HIGH or --clip 0.1%..99.9%",
                plain((part * 1e6).round() / 1e4)
            ));
        }
    }
    doubts
}

/// Says that rows of a picture look like a data bar, and which region leaves them out; `region` is the one that was cut out.
pub(crate) fn data_bar_doubt(
    values: &ndarray::Array3<f32>,
    region: Option<Region>,
) -> Option<String> {
    if values.dim().0 != 1 {
        return None;
    }
    let picture = values.index_axis(ndarray::Axis(0), 0);
    let kept = data_bar(picture)?;
    let [_, y, x] = region.unwrap_or_default().0;
    let first = y.map_or(0, |(first, _)| first);
    let columns = x.map_or_else(|| ":".to_owned(), |(first, end)| format!("{first}:{end}"));
    let (side, rows) = match kept.start {
        0 => ("last", picture.nrows() - kept.end),
        _ => ("first", kept.start),
    };
    Some(format!(
        "the {side} {rows} of {} rows hold nearly one value and look like a data bar; leave them out with --roi {}:{},{columns}",
        picture.nrows(),
        first + kept.start,
        first + kept.end
    ))
}

/// Says that a volume has so many labels that they look like grey values.
pub(crate) fn label_doubt(reading: &Reading) -> Option<String> {
    let labels = reading.volume.labels().len();
    (labels > MANY_LABELS).then(|| many(&reading.path, labels))
}

/// What many different values may be, and what to do with either.
pub(crate) fn many(path: &Path, values: usize) -> String {
    format!(
        "{} holds {values} different values, which looks like grey values; segment them: voxion convert IN OUT --threshold otsu; \
         of particle ids ask for one label, as in --phase 0, or make two: voxion convert IN OUT --threshold 0",
        path.display()
    )
}
