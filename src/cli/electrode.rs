//! What `voxion run` says of an electrode: one table that shows where the resistance sits and how much active material is
//! reached, the same as JSON, pictures and fields.

use super::{files::not_written, interrupt::Interrupt, json, solve::Outcome, table::plain_table};
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use voxion::{
    io::{Overwrite, write_atomically},
    microstructure::Volume,
    physics::carriers::{Drive, Operation},
    report::{electrode, numbers::plain, slices::Picture},
    scenario::{Scenario, SitePlan, Worked, words},
};

/// One column for each electrode, under its name.
pub(crate) fn table(electrodes: &[(String, Option<&Operation>)]) -> String {
    let mut header = vec!["electrode".to_owned()];
    header.extend(electrodes.iter().map(|(name, _)| name.clone()));
    let mut table = plain_table(&header);
    let mut add = |name: &str, show: &dyn Fn(&Operation) -> String| {
        let cells = electrodes
            .iter()
            .map(|(_, o)| o.map_or("failed".to_owned(), show));
        let row: Vec<String> = std::iter::once(name.to_owned()).chain(cells).collect();
        table.add_row(row);
    };
    add("overpotential, mV", &|o| digits(1e3 * o.overpotential));
    add("current density, mA/cm2", &|o| {
        digits(0.1 * o.current_density)
    });
    add("resistance, Ohm cm2", &|o| digits(1e4 * o.parts.total()));
    for (name, part) in PARTS {
        add(&format!("  {name}"), &|o| {
            let share = 100.0 * part(o) / o.parts.total();
            match o.parts.total().is_finite() {
                true => format!("{} ({share:.1} %)", digits(1e4 * part(o))),
                false => "-".to_owned(),
            }
        });
    }
    add("  homogenised, at rest", &|o| {
        digits(1e4 * o.homogenised.resistance)
    });
    add("ionic conductivity, S/m", &|o| {
        digits(o.homogenised.conductivity[0])
    });
    add("electronic conductivity, S/m", &|o| {
        digits(o.homogenised.conductivity[1])
    });
    add("penetration depth, um", &|o| {
        o.penetration.map_or("-".to_owned(), |found| {
            let from = if found.from_separator {
                "separator"
            } else {
                "collector"
            };
            format!("{} from the {from}", digits(1e6 * found.depth))
        })
    });
    add("sites that both carriers reach", &|o| percent(o.reached));
    add("sites that carry over half the mean", &|o| {
        percent(o.utilisation)
    });
    add("active material within reach", &|o| {
        dead(o, |dead| dead.alive())
    });
    add("  dead for want of ions", &|o| dead(o, |dead| dead.ions));
    add("  dead for want of electrons", &|o| {
        dead(o, |dead| dead.electrons)
    });
    add("  dead for want of both", &|o| dead(o, |dead| dead.both));
    table.to_string()
}

type Part = fn(&Operation) -> f64;

const PARTS: [(&str, Part); 4] = [
    ("ions on their way", |o| o.parts.ionic),
    ("electrons on theirs", |o| o.parts.electronic),
    ("contacts and films", |o| o.parts.contact),
    ("charge transfer", |o| o.parts.kinetic),
];

/// Four digits.
fn digits(value: f64) -> String {
    plain(format!("{value:.3e}").parse().unwrap_or(value) + 0.0)
}

fn percent(part: f64) -> String {
    format!("{:.1} %", 100.0 * part)
}

fn dead(operation: &Operation, part: fn(&voxion::physics::carriers::Dead) -> f64) -> String {
    operation
        .dead
        .as_ref()
        .map_or("-".to_owned(), |dead| percent(part(dead) + 0.0))
}

/// How to read the table.
pub(crate) const EXPLANATION: &str = "\
Resistance: overpotential over current density, per cross-section. Its parts are the dissipation in each over the square of the
current, so they add up. Homogenised: Newman and Tobias with the conductivities below it and the reaction spread evenly.
Reached: both carriers come there from their own terminals. Penetration depth: the layer that carries 63 % of the reaction.
Dead: active material farther from an attached conductor than the reach, or, without one, not touched by it.";

/// The numbers of an electrode, in SI units; infinity is the string \"inf\".
pub(crate) fn document(operation: &Operation) -> Value {
    let Operation {
        parts,
        profile,
        homogenised,
        ..
    } = operation;
    let list = |values: &[f64]| values.iter().copied().map(number).collect::<Vec<_>>();
    json!({
        "overpotential_V": operation.overpotential,
        "current_density_A_m2": operation.current_density,
        "resistance_ohm_m2": number(parts.total()),
        "ionic_ohm_m2": number(parts.ionic),
        "electronic_ohm_m2": number(parts.electronic),
        "contact_ohm_m2": number(parts.contact),
        "kinetic_ohm_m2": number(parts.kinetic),
        "relative_error": operation.error,
        "charge_imbalance": operation.charge_imbalance,
        "energy_imbalance": operation.energy_imbalance,
        "utilisation": number(operation.utilisation),
        "reached_sites": number(operation.reached),
        "penetration_depth_m": operation.penetration.map(|found| found.depth),
        "penetration_from": operation.penetration.map(|found| {
            if found.from_separator { "separator" } else { "collector" }
        }),
        "dead": operation.dead.map(|dead| json!({
            "alive": dead.alive(),
            "for_want_of_ions": dead.ions,
            "for_want_of_electrons": dead.electrons,
            "for_want_of_both": dead.both,
        })),
        "homogenised": {
            "resistance_ohm_m2": number(homogenised.resistance),
            "ionic_conductivity_S_m": homogenised.conductivity[0],
            "electronic_conductivity_S_m": homogenised.conductivity[1],
            "transfer_conductance_S_m3": homogenised.transfer,
        },
        "profile": {
            "distance_from_separator_m": list(&profile.distance),
            "ionic_potential_V": list(&profile.ionic),
            "electronic_potential_V": list(&profile.electronic),
            "reaction_current_A_m3": list(&profile.reaction),
        },
        "newton_steps": operation.steps,
        "iterations": operation.iterations,
        "seconds": operation.seconds,
        "adapter": operation.adapter,
    })
}

/// What a scenario says of its electrode.
pub(crate) fn plan(scenario: &Scenario) -> Option<Value> {
    let plan = scenario.electrode.as_ref()?;
    let title = |&place: &usize| scenario.phases[place].title();
    let titles = |places: &[usize]| places.iter().map(title).collect::<Vec<_>>();
    let by_phase = |values: &[f64]| -> Value {
        let entries = values
            .iter()
            .enumerate()
            .map(|(place, &sigma)| (title(&place), sigma.into()));
        Value::Object(entries.collect())
    };
    let site = |site: &SitePlan| {
        json!({
            "kind": format!("{:?}", site.kind).to_lowercase(),
            "ions": titles(&site.roles[0]),
            "electrons": titles(&site.roles[1]),
            "active": titles(&site.roles[2]),
            "exchange_current_A_per_m2_m3_or_m": site.exchange,
            "film_resistance_ohm_m2": site.film,
            "equilibrium_potential_V": site.equilibrium,
            "capacitance_F_m2": site.capacitance,
        })
    };
    let drive = match plan.drive {
        Drive::Overpotential(value) => json!({ "overpotential_V": value }),
        Drive::Voltage(value) => json!({ "voltage_V": value }),
        Drive::CurrentDensity(value) => json!({ "current_density_A_m2": value }),
    };
    Some(json!({
        "separator": words::ELECTRODE_ENDS.word(plan.separator),
        "ionic_conductivity_S_m": by_phase(&plan.conductivity[0]),
        "electronic_conductivity_S_m": by_phase(&plan.conductivity[1]),
        "kinetics": words::KINETICS.word(plan.kinetics.law),
        "transfer_coefficients": plan.kinetics.transfer,
        "temperature_K": plan.kinetics.temperature,
        "drive": drive,
        "active": titles(&plan.active),
        "reach_m": plan.reach,
        "sites": plan.sites.iter().map(site).collect::<Vec<_>>(),
    }))
}

/// A number, or "inf", or null where there is none.
fn number(value: f64) -> Value {
    match value {
        value if value.is_infinite() => "inf".into(),
        value if value.is_nan() => Value::Null,
        value => value.into(),
    }
}

/// The pictures of an electrode that worked.
pub(crate) fn pictures(scenario: &Scenario, volume: &Volume, worked: &Worked) -> Vec<Picture> {
    sheet(scenario, volume, worked).map_or(Vec::new(), |sheet| electrode::draw(&sheet))
}

fn sheet<'a>(
    scenario: &Scenario,
    volume: &'a Volume,
    worked: &'a Worked,
) -> Option<electrode::Sheet<'a>> {
    Some(electrode::Sheet {
        volume,
        axis: scenario.transport.axes[0],
        separator: scenario.electrode.as_ref()?.separator,
        conducts: &worked.conducts,
        operation: &worked.operation,
        fields: &worked.fields,
    })
}

/// The files that an electrode leaves besides those of conduction.
pub(crate) fn outputs(scenario: &Scenario) -> Vec<PathBuf> {
    if scenario.electrode.is_none() {
        return Vec::new();
    }
    let fields = scenario.output.fields.as_deref().map(beside);
    let folder = scenario.output.slices.iter();
    let pictures = folder
        .flat_map(|folder| electrode::PICTURES.map(|name| folder.join(format!("{name}.png"))));
    fields.into_iter().chain(pictures).collect()
}

/// "fields-electrode.h5" for "fields.h5".
fn beside(fields: &Path) -> PathBuf {
    let stem = fields.file_stem().unwrap_or_default().to_string_lossy();
    let end = fields
        .extension()
        .map(|end| format!(".{}", end.to_string_lossy()));
    fields.with_file_name(format!("{stem}-electrode{}", end.unwrap_or_default()))
}

/// Writes the files of an electrode.
///
/// # Errors
/// The first file that cannot be written.
pub(crate) fn write(outcome: &Outcome<'_>, worked: &Worked, interrupt: &Interrupt) -> Result<()> {
    let (scenario, volume) = (outcome.scenario, &outcome.reading.volume);
    let overwrite = scenario.output.overwrite;
    if let (Some(path), Some(sheet)) = (&scenario.output.fields, sheet(scenario, volume, worked)) {
        let path = beside(path);
        let parameters = serde_json::to_string(&json::parameters(scenario))
            .context("the parameters do not fit JSON")?;
        write_atomically(&path, overwrite, |temporary| {
            electrode::write(temporary, &sheet, &parameters).map_err(|error| error.of(&path))?;
            interrupt.check()
        })
        .map_err(not_written)?;
    }
    if let Some(folder) = &scenario.output.slices {
        write_pictures(
            folder,
            &pictures(scenario, volume, worked),
            (overwrite, interrupt),
        )?;
    }
    Ok(())
}

fn write_pictures(
    folder: &Path,
    pictures: &[Picture],
    (overwrite, interrupt): (Overwrite, &Interrupt),
) -> Result<()> {
    for picture in pictures {
        let path = folder.join(picture.file_name());
        write_atomically(&path, overwrite, |temporary| {
            picture.write(temporary).map_err(|error| error.of(&path))?;
            interrupt.check()
        })
        .map_err(not_written)?;
    }
    Ok(())
}
