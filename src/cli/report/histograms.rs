//! How local current is distributed, as histograms.

use voxion::{
    physics::conduction::CURRENT_CLASSES,
    report::{
        html::{Dot, Plot, Series, Shape, Spacing},
        numbers::plain,
    },
    study::gallery::Histogram,
};

/// What is shown.
pub(super) const NOTE: &str = "Voxels by the magnitude of the current density in them over that of the whole sample; voxels \
without current are left out. In a uniform sample all have 1; the farther to the right, the narrower the paths. The last class \
holds everything above.";

/// Where the last class begins.
const LAST: f64 = 0.5 * (CURRENT_CLASSES - 1) as f64;

/// The histograms of some cases in one plot; none where there is none.
pub(super) fn of_study(histograms: &[Histogram]) -> Vec<Plot> {
    let series: Vec<Series> = histograms
        .iter()
        .map(|own| series(own.title.clone(), &own.parts))
        .collect();
    plot(series).into_iter().collect()
}

/// Series under their names in one plot; none where there is none.
pub(super) fn plot(series: Vec<Series>) -> Option<Plot> {
    (!series.is_empty()).then(|| Plot {
        title: "local current density".to_owned(),
        across: format!(
            "local over mean current density (last: {} and more)",
            plain(LAST)
        ),
        up: "voxels with current (%)".to_owned(),
        names: Vec::new(),
        spacing: Spacing::Even,
        series,
    })
}

/// Parts of all voxels with current by class.
pub(super) fn series(name: String, parts: &[f64]) -> Series {
    let dot = |(class, &part): (usize, &f64)| {
        let low = 0.5 * class as f64;
        let percent = 100.0 * part;
        let class = match class + 1 {
            CURRENT_CLASSES => format!("{} and more", plain(low)),
            _ => format!("{} to {}", plain(low), plain(low + 0.5)),
        };
        Dot {
            x: low + 0.25,
            y: percent,
            error: 0.0,
            words: format!("{class}: {percent:.2} %"),
        }
    };
    Series {
        name,
        shape: Shape::Steps,
        dots: parts.iter().enumerate().map(dot).collect(),
    }
}
