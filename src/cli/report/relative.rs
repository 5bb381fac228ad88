//! The effective conductivity over that of the first value of a parameter, where measured values are given so.

use super::plots::{beside, place, plain_name};
use serde_json::Value;
use voxion::{
    report::{
        html::{Dot, Plot, Series, Shape},
        numbers::{plain, with_bound},
    },
    study::Table,
};

const RESULT: &str = "relative_to_first";

/// The plot, made of that of the effective conductivity; none where nothing was measured so, or the first value is not there.
pub(super) fn plot(plots: &[Plot], table: &Table, provenance: &Value) -> Option<Plot> {
    let measured = &provenance["measured"];
    let key = measured["parameter"].as_str()?;
    let parameter = table.columns.iter().find(|column| column.name == key)?;
    let title = format!("effective conductivity against {}", plain_name(parameter));
    let own = plots.iter().find(|plot| plot.title == title)?;
    let rings = beside(measured, parameter, RESULT, &own.names);
    if rings.is_empty() {
        return None;
    }
    let first = measured["at"].get(0)?.as_str()?;
    let x = place(first, parameter, &own.names)?;
    let computed = own.series.iter();
    let computed = computed.filter(|series| series.shape != Shape::Rings);
    let mut series: Vec<Series> = computed.filter_map(|own| over(own, x)).collect();
    if series.is_empty() {
        return None;
    }
    series.extend(rings);
    Some(Plot {
        title: format!(
            "{} over that at {first} against {}",
            "effective conductivity",
            plain_name(parameter)
        ),
        up: "relative to first".to_owned(),
        series,
        ..own.clone()
    })
}

/// Values over that at a place; bars are those of the values alone.
fn over(series: &Series, x: f64) -> Option<Series> {
    let first = series.dots.iter().find(|dot| dot.x == x)?.y;
    let dot = |dot: &Dot| {
        let (y, error) = (dot.y / first, dot.error / first);
        let shown = match error {
            0.0 => plain(y),
            error => with_bound(y, error),
        };
        let place = dot.words.split(": ").next().unwrap_or_default();
        let words = format!("{place}: {shown} of the first");
        Dot {
            x: dot.x,
            y,
            error,
            words,
        }
    };
    (first > 0.0).then(|| Series {
        dots: series.dots.iter().map(dot).collect(),
        ..series.clone()
    })
}
