//! The pictures of a comparison: a slice of every case, and a chart of every result against the parameter.

use super::{
    super::{files::not_written, interrupt::Interrupt},
    Row, activation,
};
use anyhow::Result;
use std::path::PathBuf;
use voxion::{
    io::write_atomically,
    microstructure::Volume,
    report::{
        ConductivityUnit, Fields, Phase,
        chart::{Chart, Places, Range},
        electrode,
        slices::{Picture, draw_labels},
    },
    scenario::{Case, Quantified, Study, Worked, words::RESULTS},
};

/// Every picture that is to be written.
pub(super) fn names(study: &Study) -> Vec<PathBuf> {
    let output = &study.cases[0].scenario.output;
    let Some(folder) = &output.slices else {
        return Vec::new();
    };
    let labels = study.cases.iter().map(|case| labels_name(study, case));
    let arrhenius =
        (study.parameter == "transport.temperature").then(|| activation::CHART.to_owned());
    let charts = RESULTS.all().map(chart_name).chain(arrhenius);
    let electrodes = study.cases.iter().flat_map(|case| {
        let wanted = case.scenario.electrode.is_some();
        let names = electrode::PICTURES.into_iter().filter(move |_| wanted);
        names.map(move |name| electrode_name(name, study, case))
    });
    let names = labels.chain(charts).chain(electrodes);
    names.map(|name| folder.join(name)).collect()
}

/// "labels_cycles_20.png".
fn labels_name(study: &Study, case: &Case) -> String {
    let plain = |c: char| {
        if c.is_alphanumeric() || c == '.' {
            c
        } else {
            '-'
        }
    };
    let words = case.value.replace('%', "percent");
    let value: String = words.chars().map(plain).collect();
    format!("labels_{}_{value}.png", parameter(study))
}

fn chart_name(result: &str) -> String {
    format!("{result}.png")
}

/// The parameter without its section: "cycles", "coating conductivity" as one word.
fn parameter(study: &Study) -> String {
    let behind = study.parameter.split_once('.');
    behind
        .map_or(&*study.parameter, |(_, key)| key)
        .replace('.', "-")
}

/// The slices of a case, where pictures are wanted.
pub(super) fn labels(study: &Study, case: &Case, volume: &Volume) -> Option<Picture> {
    let scenario = &case.scenario;
    scenario.output.slices.as_ref()?;
    let phase = |&label: &i64| {
        let phase = scenario.phase_of(label)?;
        Some(Phase {
            label,
            name: phase.name.clone(),
            conductivity: phase.conductivity.value,
        })
    };
    let fields = Fields {
        volume,
        phases: volume.labels().iter().filter_map(phase).collect(),
        unit: ConductivityUnit::Relative,
        transports: Vec::new(),
    };
    let name = format!("{} = {}", parameter(study).replace('-', " "), case.value);
    let picture = draw_labels(&fields, scenario.transport.axes[0], &name);
    Some(picture.named(labels_name(study, case)))
}

/// The pictures of a case's electrode, where pictures are wanted and there is one.
pub(super) fn electrode(
    (study, case): (&Study, &Case),
    volume: &Volume,
    worked: Option<&Worked>,
) -> Vec<Picture> {
    let (Some(worked), Some(_)) = (worked, &case.scenario.output.slices) else {
        return Vec::new();
    };
    let pictures = super::super::electrode::pictures(&case.scenario, volume, worked);
    let named = |picture: Picture| {
        let name = electrode_name(picture.file_name(), study, case);
        picture.named(name)
    };
    pictures.into_iter().map(named).collect()
}

/// "reaction_current_carbon_shape_fibres.png".
fn electrode_name(picture: &str, study: &Study, case: &Case) -> String {
    let labels = labels_name(study, case);
    let stem = picture.trim_end_matches(".png");
    format!("{stem}_{}", labels.trim_start_matches("labels_"))
}

/// Writes slices and charts.
pub(super) fn write(
    study: &Study,
    rows: &[Row<'_>],
    labels: Vec<Picture>,
    interrupt: &Interrupt,
) -> Result<()> {
    let output = &study.cases[0].scenario.output;
    let Some(folder) = &output.slices else {
        return Ok(());
    };
    let charts = RESULTS.all().filter_map(|word| {
        let chart = chart(study, rows, RESULTS.value(word)?, word)?;
        Some(chart.draw())
    });
    let arrhenius = activation::chart(study, rows).map(|chart| chart.draw());
    for picture in labels.into_iter().chain(charts).chain(arrhenius) {
        let path = folder.join(picture.file_name());
        write_atomically(&path, output.overwrite, |temporary| {
            picture.write(temporary).map_err(|error| error.of(&path))?;
            interrupt.check()
        })
        .map_err(not_written)?;
    }
    Ok(())
}

/// The chart of a result; none where no case has it.
fn chart(study: &Study, rows: &[Row<'_>], result: Quantified, word: &str) -> Option<Chart> {
    let (factor, unit) = match result {
        Quantified::Porosity | Quantified::SurfacePorosity | Quantified::PercolatingFraction => {
            (100.0, " (%)")
        }
        Quantified::EffectiveConductivity if study.cases[0].scenario.has_units() => (1.0, " (S/m)"),
        _ => (1.0, ""),
    };
    let value = |row: &Row<'_>| row.outcome.as_ref().ok().and_then(|n| n.get(result));
    let computed: Vec<f64> = rows
        .iter()
        .map(|row| value(row).map_or(f64::NAN, |value| factor * value))
        .collect();
    if !computed.iter().any(|value| value.is_finite()) {
        return None;
    }
    let scaled = |value: &Option<f64>| value.map_or(f64::NAN, |value| factor * value);
    let measured = study.measured.iter().filter(|m| m.result == result);
    let (places, suffix) = places(study);
    Some(Chart {
        file_name: chart_name(word),
        title: study.about.title.clone().unwrap_or(word.replace('_', " ")),
        across: format!("{}{suffix}", parameter(study).replace(['_', '-'], " ")),
        up: format!("{}{unit}", word.replace('_', " ")),
        places,
        range: Range::FromZero,
        computed: vec![("computed".to_owned(), computed)],
        measured: measured
            .map(|m| (m.source.clone(), m.values.iter().map(scaled).collect()))
            .collect(),
        caption: Vec::new(),
    })
}

/// Numbers where all values are numbers with one unit, else names; and the unit.
fn places(study: &Study) -> (Places, String) {
    let split = |case: &Case| {
        let text = case.value.as_str();
        let end = text
            .find(|c: char| !(c.is_ascii_digit() || ".+-".contains(c)))
            .unwrap_or(text.len());
        let (number, unit) = text.split_at(end);
        Some((number.parse::<f64>().ok()?, unit.trim().to_owned()))
    };
    let split: Option<Vec<(f64, String)>> = study.cases.iter().map(split).collect();
    match split {
        Some(parts) if parts.iter().all(|(_, unit)| *unit == parts[0].1) => {
            let unit = match parts[0].1.as_str() {
                "" => String::new(),
                unit => format!(" ({unit})"),
            };
            let numbers = parts.into_iter().map(|(number, _)| number).collect();
            (Places::Numbers(numbers), unit)
        }
        _ => {
            let names = study.cases.iter().map(|case| case.value.clone()).collect();
            (Places::Names(names), String::new())
        }
    }
}
