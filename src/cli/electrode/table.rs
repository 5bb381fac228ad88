//! The table of electrodes: where the resistance sits, and how much active material is reached.

use crate::cli::table::plain_table;
use voxion::{
    physics::carriers::{Dead, Operation},
    report::numbers::plain,
};

/// One column for each electrode, under its name.
pub(crate) fn table(electrodes: &[(String, Option<&Operation>)]) -> String {
    let mut header = vec!["electrode".to_owned()];
    header.extend(electrodes.iter().map(|(name, _)| name.clone()));
    let mut table = plain_table(&header);
    for (name, show) in ROWS {
        let cells = electrodes
            .iter()
            .map(|(_, operation)| operation.map_or("failed".to_owned(), show));
        let row: Vec<String> = std::iter::once(name.to_owned()).chain(cells).collect();
        table.add_row(row);
    }
    table.to_string()
}

/// What a row says of an electrode.
type Show = fn(&Operation) -> String;

const ROWS: [(&str, Show); 18] = [
    ("overpotential, mV", |o| digits(1e3 * o.overpotential)),
    ("current density, mA/cm2", |o| {
        digits(0.1 * o.current_density)
    }),
    ("  relative error, at most", |o| format!("{:.0e}", o.error)),
    ("resistance, Ohm cm2", |o| digits(1e4 * o.parts.total())),
    ("  ions on their way", |o| part(o, o.parts.ionic)),
    ("  electrons on theirs", |o| part(o, o.parts.electronic)),
    ("  contacts and films", |o| part(o, o.parts.contact)),
    ("  charge transfer", |o| part(o, o.parts.kinetic)),
    ("  homogenised, at rest", |o| {
        digits(1e4 * o.homogenised.resistance)
    }),
    ("ionic conductivity, S/m", |o| {
        digits(o.homogenised.conductivity[0])
    }),
    ("electronic conductivity, S/m", |o| {
        digits(o.homogenised.conductivity[1])
    }),
    ("penetration depth, um", penetration),
    ("sites that both carriers reach", |o| percent(o.reached)),
    ("active sites (over half the mean)", |o| {
        percent(o.active_sites)
    }),
    ("utilisation of active material", |o| dead(o, Dead::alive)),
    ("  dead for want of ions", |o| dead(o, |dead| dead.ions)),
    ("  dead for want of electrons", |o| {
        dead(o, |dead| dead.electrons)
    }),
    ("  dead for want of both", |o| dead(o, |dead| dead.both)),
];

/// A part of the resistance, and its share of the whole.
fn part(operation: &Operation, part: f64) -> String {
    let whole = operation.parts.total();
    if !whole.is_finite() {
        return "-".to_owned();
    }
    format!("{} ({:.1} %)", digits(1e4 * part), 100.0 * part / whole)
}

fn penetration(operation: &Operation) -> String {
    let Some(found) = operation.penetration else {
        return "-".to_owned();
    };
    let from = if found.from_separator {
        "separator"
    } else {
        "collector"
    };
    format!("{} from the {from}", digits(1e6 * found.depth))
}

/// Four digits.
fn digits(value: f64) -> String {
    plain(format!("{value:.3e}").parse().unwrap_or(value) + 0.0)
}

fn percent(part: f64) -> String {
    format!("{:.1} %", 100.0 * part)
}

fn dead(operation: &Operation, part: fn(&Dead) -> f64) -> String {
    let dead = operation.dead.as_ref();
    dead.map_or("-".to_owned(), |dead| percent(part(dead) + 0.0))
}

/// How to read the table.
pub(crate) const EXPLANATION: &str = "\
Resistance: overpotential over current density, per cross-section. Its parts are the dissipation in each over the square of the
current, so they add up. Error: a bound, certified for these voxels as that of conduction is; that of the voxels themselves is
not in it. Homogenised: Newman and Tobias with the conductivities below it and the reaction spread evenly.
Reached: both carriers come there from their own terminals. Penetration depth: the layer that carries 63 % of the reaction.
Active sites carry more than half the mean of all sites. Utilisation: active material within reach of both carriers.
Dead: active material farther from an attached conductor than the reach, or, without one, not touched by it.";
