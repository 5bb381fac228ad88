//! `voxion materials`: what the library knows, and who says so.

use super::{args::MaterialsArguments, resolve::Form, stdout, table::plain_table};
use anyhow::Result;
use comfy_table::CellAlignment;
use serde_json::{Value as Json, json};
use voxion::{
    materials::{Carrier, Material, Property, Value, library},
    report::numbers::plain,
};

/// Shows one material, or all.
pub(crate) fn materials(arguments: &MaterialsArguments) -> Result<()> {
    let temperature = arguments.temperature;
    stdout::print(&match (Form::from_flag(arguments.json), arguments.name) {
        (Form::Json, name) => {
            let shown = name.map_or(library(), std::slice::from_ref);
            let document = |material| document(material, temperature);
            stdout::json(&json!({
                "voxion": env!("CARGO_PKG_VERSION"),
                "reference_temperature_k": voxion::materials::REFERENCE_TEMPERATURE,
                "materials": shown.iter().map(document).collect::<Vec<_>>(),
            }))?
        }
        (Form::Table, Some(material)) => one(material, temperature),
        (Form::Table, None) => all(temperature),
    })
}

/// The columns of the overview.
const OVERVIEW: [(&str, Property); 6] = [
    ("ionic S/cm", Property::IonicConductivity),
    ("Ea eV", Property::ActivationEnergy),
    ("electronic S/cm", Property::ElectronicConductivity),
    ("E GPa", Property::YoungsModulus),
    ("nu", Property::PoissonRatio),
    ("g/cm3", Property::Density),
];

fn all(temperature: Option<f64>) -> String {
    let warm = temperature.map(|t| format!("ionic at {}", celsius(t)));
    let titles = OVERVIEW.iter().map(|(title, _)| (*title).to_owned());
    let header: Vec<String> = ["material".to_owned()]
        .into_iter()
        .chain(titles)
        .chain(warm)
        .collect();
    let mut table = plain_table(&header);
    for material in library() {
        let number = |property| {
            material
                .get(property)
                .map_or("-".to_owned(), |v| short(v.value))
        };
        let warm = temperature.map(|t| at(material, Carrier::Ionic, t).unwrap_or("-".to_owned()));
        let numbers = OVERVIEW.iter().map(|&(_, property)| number(property));
        let row = [material.name.clone()]
            .into_iter()
            .chain(numbers)
            .chain(warm);
        table.add_row(row.collect::<Vec<_>>());
    }
    format!(
        "{table}\n\nValues at 25 C; a dash where the library has none. `voxion materials NAME` shows every value with its \
         unit, source and mark.\n"
    )
}

fn one(material: &Material, temperature: Option<f64>) -> String {
    let mut table = plain_table(&["value", "at 25 C", "range", "unit", "mark", "source"]);
    for column in table.column_iter_mut().skip(3) {
        column.set_cell_alignment(CellAlignment::Left);
    }
    for value in &material.values {
        table.add_row([
            value.property.name().to_owned(),
            short(value.value),
            range(value),
            value.unit.symbol().to_owned(),
            value.mark.name().to_owned(),
            source(value),
        ]);
    }
    let carriers = [
        ("ionic", Carrier::Ionic),
        ("electronic", Carrier::Electronic),
    ];
    let warm: String = temperature
        .into_iter()
        .flat_map(|t| carriers.map(|(name, carrier)| (t, name, carrier)))
        .filter_map(|(t, name, carrier)| Some((t, name, at(material, carrier, t)?)))
        .map(|(t, name, value)| format!("\n{name} conductivity at {}: {value} S/cm", celsius(t)))
        .collect();
    let lead = format!("{}: {}", material.name, material.title);
    format!(
        "{lead}\n{table}\n{warm}{}\n",
        if warm.is_empty() { "" } else { ARRHENIUS }
    )
}

const ARRHENIUS: &str = "\nBy Arrhenius from the activation energy; what has none stays at its value for 25 C and says so.";

/// The conductivity at a temperature in K, in S/cm, with a word where it does not depend on it.
fn at(material: &Material, carrier: Carrier, temperature: f64) -> Option<String> {
    let taken = material.conductivity(carrier, temperature)?;
    let constant = if taken.activation_energy.is_some() || taken.value == 0.0 {
        ""
    } else {
        " (of 25 C)"
    };
    Some(format!("{}{constant}", significant(taken.value / 1e2)))
}

/// Four digits.
fn significant(value: f64) -> String {
    let rounded: f64 = format!("{value:.3e}").parse().unwrap_or(value);
    short(rounded)
}

/// As it stands in the library: "3.07e-3" as "0.00307", "1e-13" as it is.
fn short(value: f64) -> String {
    if value == 0.0 || (1e-3..1e5).contains(&value) {
        plain(value)
    } else {
        format!("{value:e}")
    }
}

fn celsius(kelvin: f64) -> String {
    format!("{} C", ((kelvin - 273.15) * 100.0).round() / 100.0)
}

fn range(value: &Value) -> String {
    let spread = |[low, high]: [f64; 2]| format!("{} to {}", short(low), short(high));
    value.range.map_or("-".to_owned(), spread)
}

fn source(value: &Value) -> String {
    let note = value.note.iter().map(|note| format!(" ({note})"));
    value.source.clone() + &note.collect::<String>()
}

fn document(material: &Material, temperature: Option<f64>) -> Json {
    let value = |value: &Value| {
        json!({
            "property": value.property.name(),
            "value": value.value,
            "range": value.range,
            "unit": value.unit.symbol(),
            "si": value.si(),
            "mark": value.mark.name(),
            "source": value.source,
            "note": value.note,
        })
    };
    let warm = |carrier| {
        let taken = material.conductivity(carrier, temperature?)?;
        Some(json!({ "s_per_m": taken.value, "activation_energy_ev": taken.activation_energy }))
    };
    json!({
        "name": material.name,
        "title": material.title,
        "values": material.values.iter().map(value).collect::<Vec<_>>(),
        "temperature_k": temperature,
        "ionic_at_temperature": warm(Carrier::Ionic),
        "electronic_at_temperature": warm(Carrier::Electronic),
    })
}
