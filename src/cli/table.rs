//! Results as tables, for people: what was read, what it is made of, the numbers of each axis, and how to understand them.

use super::{
    electrode,
    numbers::{by_axis, grouped, length, lengths},
    solve::Outcome,
    tensor, trends,
};
use comfy_table::{Cell, CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};
use indicatif::BinaryBytes;
use std::iter::once;
use voxion::{
    io::Reading,
    microstructure::Axis,
    physics::conduction::{Boundary, Effective, Sides},
    report::numbers::{inverse_with_bound, plain, with_bound},
    scenario::{Phase, Scenario},
};

const RULE: LineStyle = LineStyle::none().fill('─').junction('─');
const STYLE: TableStyle = TableStyle::new()
    .top_border(RULE)
    .header_separator(RULE)
    .bottom_border(RULE);

/// What `voxion solve` prints.
pub(crate) fn outcome(outcome: &Outcome<'_>) -> String {
    [
        heading(outcome.reading),
        phases(outcome).to_string() + &origins(outcome.scenario),
        results(outcome).to_string() + "\n" + &machines(outcome) + &peak(outcome),
        tensor::text(outcome),
        trends::text(outcome),
        conventions(outcome.scenario),
    ]
    .into_iter()
    .chain(electrode(outcome))
    .filter(|part| !part.is_empty())
    .collect::<Vec<_>>()
    .join("\n\n")
        + "\n"
}

/// The table of the electrode and how to read it, where there is one.
fn electrode(outcome: &Outcome<'_>) -> Option<String> {
    let worked = outcome.electrode.as_ref()?;
    let column = (String::new(), Some(&worked.operation));
    Some(electrode::table(&[column]) + "\n\n" + electrode::EXPLANATION)
}

/// The file, its type, its shape and voxel size: one line.
pub(crate) fn heading(reading: &Reading) -> String {
    let dataset = reading
        .dataset
        .iter()
        .map(|dataset| format!(":{dataset}"))
        .collect::<String>();
    let shape = by_axis(reading.volume.shape());
    let notes = reading.notes.iter().map(|note| format!("\nnote: {note}"));
    format!(
        "{}{dataset}: {}, {shape} voxels (z, y, x), {}{}",
        reading.path.display(),
        reading.file_type,
        voxel_size(reading),
        notes.collect::<String>()
    )
}

/// Decisions taken from the metadata of a file: the voxel size with its place, and its notes.
pub(crate) fn decisions(reading: &Reading) -> Vec<String> {
    let size = reading.voxel_size.iter().map(|_| voxel_size(reading));
    size.chain(reading.notes.iter().cloned()).collect()
}

/// The voxel size and, where the file states one, its place there, or that another one was given.
fn voxel_size(reading: &Reading) -> String {
    let edges = |[z, y, x]: [f64; 3]| match z == y && y == x {
        true => length(z),
        false => lengths([z, y, x]),
    };
    let Some(used) = reading.volume.spacing() else {
        return "voxel size not known (cubes assumed)".to_owned();
    };
    let stated = reading.voxel_size.as_ref().map(|stated| {
        if stated.metres == used {
            format!(" from {}", stated.stated_in)
        } else {
            format!(
                " as given, not {} from {}",
                edges(stated.metres),
                stated.stated_in
            )
        }
    });
    format!("voxel size {}{}", edges(used), stated.unwrap_or_default())
}

/// A table without vertical lines, its columns right-aligned behind the first.
pub(crate) fn plain_table<T: Clone + Into<Cell>>(header: &[T]) -> Table {
    let mut table = Table::new();
    table
        .load_style(STYLE)
        .set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(header.to_vec());
    table.discover_columns();
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

/// "z (array axis 0)".
pub(crate) fn axis_title(axis: Axis) -> String {
    format!("{} (array axis {})", axis.name(), axis.index())
}

/// One line per label; the names stand in a column of their own where there are any.
fn phases(outcome: &Outcome<'_>) -> Table {
    let (volume, scenario) = (&outcome.reading.volume, outcome.scenario);
    let named = scenario.phases.iter().any(|phase| phase.name.is_some());
    let conductivity = format!("conductivity{}", unit(scenario));
    let columns = ["phase", "label", &conductivity, "voxels", "fraction"];
    let first = usize::from(!named);
    let mut table = plain_table(&columns[first..]);
    let total: usize = volume.shape().iter().product();
    for (&label, count) in volume.labels().iter().zip(volume.counts()) {
        let phase = scenario.phase_of(label);
        let row = [
            phase.map_or_else(|| "-".to_owned(), Phase::title),
            label.to_string(),
            plain(phase.map_or(0.0, |phase| phase.conductivity.value)),
            grouped(count),
            fraction(count, total),
        ];
        table.add_row(&row[first..]);
    }
    table
}

/// Where conductivities come from, a line for each phase that names a material, each behind a line end.
fn origins(scenario: &Scenario) -> String {
    if let Some(plan) = &scenario.electrode {
        let phases = scenario.phases.iter().enumerate();
        let conducts = |(place, phase): (usize, &Phase)| {
            format!("\n{}: {}", phase.title(), plan.conducts(place))
        };
        return phases.map(conducts).collect();
    }
    let origin = |phase: &Phase| Some(format!("\n{}: {}", phase.title(), phase.origin()?));
    let across = |phase: &Phase| {
        let normal = phase.normal?;
        let (axis, value) = (normal.axis.name(), plain(normal.conductivity.value));
        Some(format!("\n{}: {value} along {axis}", phase.title()))
    };
    let phases = || scenario.phases.iter();
    phases()
        .filter_map(origin)
        .chain(phases().filter_map(across))
        .collect()
}

/// "0.4499".
pub(crate) fn fraction(count: usize, total: usize) -> String {
    format!("{:.4}", count as f64 / total.max(1) as f64)
}

pub(crate) fn unit(scenario: &Scenario) -> &'static str {
    if scenario.has_units() {
        " (S/m)"
    } else {
        " (relative)"
    }
}

/// One column per axis.
fn results(outcome: &Outcome<'_>) -> Table {
    let effectives = || outcome.results.iter().map(|solved| &solved.effective);
    let titles: Vec<String> = effectives().map(|e| axis_title(e.axis)).collect();
    let mut table = plain_table(&[&["along".to_owned()], titles.as_slice()].concat());
    let conductivity = format!("effective conductivity{}", unit(outcome.scenario));
    let mut add = |name: &str, value: fn(&Effective) -> String| {
        table.add_row(
            once(name.to_owned())
                .chain(effectives().map(value))
                .collect::<Vec<_>>(),
        );
    };
    add(&conductivity, |e| {
        with_bound(e.effective_conductivity, e.error_bound)
    });
    add("tortuosity factor", |e| scaled(e, e.tortuosity_factor));
    add("MacMullin number", |e| scaled(e, e.macmullin_number));
    add("conducting fraction", |e| {
        format!("{:.4}", e.conducting_fraction)
    });
    add("percolating part of it", |e| {
        format!("{:.4}", e.percolating_fraction)
    });
    add("iterations", |e| e.iterations.to_string());
    add("seconds", |e| format!("{:.2}", e.seconds));
    table
}

/// A number that is inversely proportional to the effective conductivity, with the bound that follows for it.
pub(crate) fn scaled(effective: &Effective, value: f64) -> String {
    let relative = effective.error_bound / effective.effective_conductivity;
    inverse_with_bound(value, relative)
}

/// "Solved on the host.", or what solved along each axis where that differs.
fn machines(outcome: &Outcome<'_>) -> String {
    let effectives = outcome.results.iter().map(|solved| &solved.effective);
    let machines: Vec<(Axis, &str)> = effectives
        .map(|e| (e.axis, e.adapter.as_deref().unwrap_or("the host")))
        .collect();
    match machines.as_slice() {
        [(_, first), rest @ ..] if rest.iter().all(|(_, machine)| machine == first) => {
            format!("Solved on {first}.")
        }
        machines => {
            let along = |(axis, machine): &(Axis, &str)| format!("{} on {machine}", axis.name());
            let along: Vec<String> = machines.iter().map(along).collect();
            format!("Solved along {}.", along.join(", "))
        }
    }
}

/// Voxels from which on the memory taken is of interest: 256 cubed.
const LARGE: usize = 1 << 24;

/// " Peak memory 18.20 GiB, 18.2 bytes per voxel." of a large volume.
fn peak(outcome: &Outcome<'_>) -> String {
    let voxels: usize = outcome.reading.volume.shape().iter().product();
    let peaks = outcome
        .results
        .iter()
        .filter_map(|solved| solved.peak_bytes);
    match peaks.max() {
        Some(peak) if voxels >= LARGE => {
            let per_voxel = peak as f64 / voxels as f64;
            format!(
                " Peak memory {}, {per_voxel:.1} bytes per voxel.",
                BinaryBytes(peak)
            )
        }
        _ => String::new(),
    }
}

/// Which conventions the numbers follow, and what the bound bounds.
pub(crate) fn conventions(scenario: &Scenario) -> String {
    let boundary = match scenario.transport.boundary {
        Boundary::Face => {
            "face: the potential is fixed on the outer faces of the first and last layer"
        }
        Boundary::Centre => {
            "centre: the potential is fixed in the centres of the first and last layer"
        }
        Boundary::Periodic => "periodic: the volume repeats itself, under a macroscopic gradient",
        Boundary::MirrorPeriodic => {
            "mirror-periodic: the volume and its mirror images repeat themselves"
        }
    };
    let sides = match scenario.transport.sides {
        _ if scenario.transport.boundary.is_cell() => tensor::EXPLANATION,
        Sides::Mirror => "Sides mirror: no flux through the other four sides.",
        Sides::Periodic => "Sides periodic: the other four sides wrap round.",
    };
    let contacts = contacts(scenario);
    format!(
        "Boundary {boundary}.\n\
         {sides}\n{contacts}\
         Tortuosity factor = mean conductivity of all voxels / effective conductivity; with one conducting phase its\n\
         porosity is the total conducting fraction, dead ends and isolated clusters included.\n\
         The bound (±) is certified for the algebraic error, how far the iteration is from the exact solution on these\n\
         voxels. The discretisation error, how far the voxels are from the real geometry, is separate and not in it."
    )
}

/// What the areas of contacts are, where there are any.
fn contacts(scenario: &Scenario) -> &'static str {
    let grains = scenario
        .phases
        .iter()
        .any(|phase| phase.grain_boundary > 0.0);
    if grains
        || scenario
            .contacts
            .iter()
            .any(|contact| contact.resistance > 0.0)
    {
        "Contact resistances hold for the smooth area of an interface, not for that of its staircase of voxel faces.\n"
    } else {
        ""
    }
}
