//! The numbers for people: one table per measure, each with the sentence that says how to read it.

use super::{
    super::{
        numbers::{grouped, length},
        table::{heading, plain_table},
    },
    results::{Edge, Results, Unit},
};
use comfy_table::Table;
use voxion::{io::Reading, report::numbers::plain};

/// What `voxion measure` prints.
pub(crate) fn tables(reading: &Reading, results: &Results, unit: Unit) -> String {
    let names = Names(results);
    let parts = [
        Some(format!("{}\nSHA-256 {}", heading(reading), reading.sha256)),
        fractions(results, &names),
        surfaces(results, &names, unit),
        interfaces(results, &names, unit),
        lines(results, &names, unit),
        boundary(results, unit),
        thickness(results, &names, unit),
        chords(results, &names, unit),
        correlation(results, &names, unit),
        geodesic(results, &names),
        representative(results, &names, reading),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join("\n\n") + "\n"
}

/// How labels are called.
struct Names<'a>(&'a Results);

impl Names<'_> {
    /// "0", or "pore (0)".
    fn of(&self, label: i64) -> String {
        let phase = self.0.phases.iter().find(|phase| phase.label == label);
        match phase.and_then(|phase| phase.name.as_ref()) {
            Some(name) => format!("{name} ({label})"),
            None => label.to_string(),
        }
    }

    fn all(&self, labels: &[i64]) -> String {
        let names: Vec<String> = labels.iter().map(|&label| self.of(label)).collect();
        names.join(" | ")
    }
}

/// Four significant digits; "-" for nothing.
fn brief(value: f64) -> String {
    format!("{value:.3e}")
        .parse()
        .map_or_else(|_| plain(value), plain)
}

/// Rows of a table of pairs or triples.
const SHOWN: usize = 20;

/// The rows with the largest numbers, in their own order, and how many are left out.
fn largest<T>(rows: &[T], number: impl Fn(&T) -> f64) -> (Vec<&T>, String) {
    let mut sorted: Vec<f64> = rows.iter().map(&number).collect();
    sorted.sort_by(|a, b| b.total_cmp(a));
    let least = sorted.get(SHOWN).copied();
    let shown = rows
        .iter()
        .filter(|row| least.is_none_or(|least| number(row) > least));
    let shown: Vec<&T> = shown.collect();
    let rest = match rows.len() - shown.len() {
        0 => String::new(),
        rest => format!("\nThe largest of all; {rest} more are in --json."),
    };
    (shown, rest)
}

fn or_dash(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), brief)
}

fn part(value: &f64) -> String {
    format!("{value:.4}")
}

/// A table under its title, and a sentence.
fn section(title: &str, table: &Table, sentence: &str) -> Option<String> {
    Some(format!("{title}\n{table}\n{sentence}"))
}

fn fractions(results: &Results, names: &Names<'_>) -> Option<String> {
    let through = ["z", "y", "x"].map(|axis| format!("through {axis}"));
    let columns = [
        &["label", "voxels", "fraction"].map(str::to_owned)[..],
        &through[..],
    ];
    let last = ["open", "components", "largest"].map(str::to_owned);
    let mut table = plain_table(&[&columns.concat()[..], &last[..]].concat());
    for row in results.fractions.as_ref()? {
        let [z, y, x] = row.percolating_fraction.each(part);
        let (label, voxels) = (names.of(row.label), grouped(row.voxels));
        let [fraction, open, largest] =
            [&row.fraction, &row.open, &row.largest_component].map(part);
        let components = grouped(row.components);
        table.add_row([label, voxels, fraction, z, y, x, open, components, largest]);
    }
    let sentence = "Through: the part of the phase in components that join both ends (neighbours share a face). Open: in \
                    components\nthat reach a side of the volume. Largest: in the largest component.";
    section(
        "Phases",
        &table,
        &format!("{sentence}{}", porosity(results, names)),
    )
}

fn porosity(results: &Results, names: &Names<'_>) -> String {
    let sentence = results.porosity.as_ref().map(|porosity| {
        let values = [&porosity.total, &porosity.open, &porosity.closed];
        let [total, open, closed] = values.map(part);
        let label = names.of(porosity.label);
        format!("\nPorosity (label {label}): total {total}, open {open}, closed {closed}.")
    });
    sentence.unwrap_or_default()
}

fn surfaces(results: &Results, names: &Names<'_>, unit: Unit) -> Option<String> {
    let per = format!("1/{}", unit.name);
    let mut table = plain_table(&[
        "label".to_owned(),
        format!("specific surface ({per})"),
        format!("by voxel faces ({per})"),
        format!("per volume of the phase ({per})"),
    ]);
    for row in results.surfaces.as_ref()? {
        let values = [row.specific, row.specific_by_faces, row.per_phase_volume];
        let [specific, faces, own] = values.map(|value| brief(value * unit.size));
        table.add_row([names.of(row.label), specific, faces, own]);
    }
    let sentence = "Area per volume of the whole, by Crofton's formula over 13 directions, which corrects the staircase of \
                    voxel faces;\nfor planes along the grid the faces are exact and the formula is 7.4 % low.";
    section("Surfaces", &table, sentence)
}

fn interfaces(results: &Results, names: &Names<'_>, unit: Unit) -> Option<String> {
    let interfaces = results
        .interfaces
        .as_ref()
        .filter(|interfaces| interfaces.len() > 1)?;
    let per = format!("1/{}", unit.name);
    let columns = [
        "between".to_owned(),
        format!("area per volume ({per})"),
        format!("by voxel faces ({per})"),
    ];
    let mut table = plain_table(&columns);
    let (rows, rest) = largest(interfaces, |row| row.specific);
    for row in rows {
        let [specific, faces] =
            [row.specific, row.specific_by_faces].map(|value| brief(value * unit.size));
        table.add_row([names.all(&row.labels), specific, faces]);
    }
    Some(format!("Interfaces\n{table}{rest}"))
}

fn lines(results: &Results, names: &Names<'_>, unit: Unit) -> Option<String> {
    let lines = results.triple_lines.as_ref()?;
    if lines.is_empty() {
        return Some("Triple-phase boundary: no three phases meet.".to_owned());
    }
    let per = format!("1/{}2", unit.name);
    let columns = [
        "where these meet".to_owned(),
        format!("length per volume ({per})"),
        format!("by voxel edges ({per})"),
    ];
    let mut table = plain_table(&columns);
    let (rows, rest) = largest(lines, |row| row.density);
    for row in rows {
        let [density, edges] =
            [row.density, row.density_by_edges].map(|value| brief(value * unit.size.powi(2)));
        table.add_row([names.all(&row.labels), density, edges]);
    }
    let sentence = "Length with the corners of the staircase cut; the voxel edges alone are about 1.5 times too long where \
                    lines are slanted.";
    section(
        "Triple-phase boundary",
        &table,
        &format!("{sentence}{rest}"),
    )
}

fn boundary(results: &Results, unit: Unit) -> Option<String> {
    let boundary = results.triple_phase_boundary.as_ref()?;
    let per = format!("1/{}2", unit.name);
    let density = |value: f64| brief(value * unit.size.powi(2));
    let share = match boundary.total {
        0.0 => "no such boundary".to_owned(),
        total => format!("{:.1} %", 100.0 * boundary.active / total),
    };
    Some(format!(
        "Active material | electrolyte | carbon: total {} {per}, active {} {per} ({share}).\n\
         Active: the electrolyte's component reaches the separator, before the {} layer along {}, and that of the carbon \
         the\ncollector on the other side.",
        density(boundary.total),
        density(boundary.active),
        boundary.separator.unwrap_or_default(),
        boundary.axis,
    ).replace("before the last", "behind the last"))
}

fn thickness(results: &Results, names: &Names<'_>, unit: Unit) -> Option<String> {
    let unit_name = unit.name;
    let columns = ["mean", "deviation", "d10", "d50", "d90", "largest"];
    let columns = columns.map(|column| format!("{column} ({unit_name})"));
    let mut table = plain_table(&[&["label".to_owned()][..], &columns[..]].concat());
    for row in results.thickness.as_ref()? {
        let values = [
            row.mean,
            row.deviation,
            row.d10,
            row.d50,
            row.d90,
            row.largest,
        ];
        let values = values.map(|value| brief(value / unit.size));
        table.add_row([&[names.of(row.label)][..], &values[..]].concat());
    }
    let sentence = "Diameter of the largest sphere in the phase that covers a voxel, over its voxels; of the pore, the pore \
                    size.";
    section("Local thickness", &table, sentence)
}

fn chords(results: &Results, names: &Names<'_>, unit: Unit) -> Option<String> {
    let columns = ["z", "y", "x"].map(|axis| format!("mean along {axis} ({})", unit.name));
    let longest = format!("longest ({})", unit.name);
    let columns = [
        &["label".to_owned()][..],
        &columns[..],
        &[longest, "cut".to_owned()],
    ]
    .concat();
    let mut table = plain_table(&columns);
    for row in results.chords.as_ref()? {
        let [z, y, x] = row
            .along
            .each(|along| or_dash(along.mean.map(|mean| mean / unit.size)));
        let longest = row.along.each(|along| along.longest.unwrap_or(0.0));
        let longest = longest.into_iter().fold(0.0, f64::max) / unit.size;
        let [complete, cut] = [
            row.along.each(|along| along.complete).iter().sum::<u64>(),
            row.along.each(|along| along.cut_by_the_sides).iter().sum(),
        ];
        let cut = format!(
            "{:.1} %",
            100.0 * cut as f64 / (cut + complete).max(1) as f64
        );
        table.add_row([names.of(row.label), z, y, x, brief(longest), cut]);
    }
    let sentence = "Lengths of lines inside a phase. Cut: those that end at a side of the volume, which are not counted.";
    section("Chords", &table, sentence)
}

fn correlation(results: &Results, names: &Names<'_>, unit: Unit) -> Option<String> {
    let columns = ["z", "y", "x"].map(|axis| format!("length along {axis} ({})", unit.name));
    let mut table = plain_table(&[&["label".to_owned()][..], &columns[..]].concat());
    for row in results.correlation.as_ref()? {
        let [z, y, x] = row
            .length
            .each(|length| or_dash(length.map(|length| length / unit.size)));
        table.add_row([names.of(row.label), z, y, x]);
    }
    let sentence = "The length over which (S2 - phi2) / (phi - phi2) falls to 1/e; counted directly along the axes. All of S2 is \
                    in --json.";
    section(
        "Two-point correlation",
        &table,
        &sentence.replace("phi2", "phi^2"),
    )
}

fn geodesic(results: &Results, names: &Names<'_>) -> Option<String> {
    let mut table = plain_table(&[
        "label",
        "along z",
        "along y",
        "along x",
        "reached z",
        "reached y",
        "reached x",
    ]);
    for row in results.geodesic.as_ref()? {
        let [z, y, x] = row.along.each(|way| or_dash(way.map(|way| way.tortuosity)));
        let reached = row
            .along
            .each(|way| part(&way.map_or(0.0, |way| way.reached)));
        table.add_row([&[names.of(row.label), z, y, x][..], &reached[..]].concat());
    }
    let sentence = "Mean length of the shortest paths from the first layer to each voxel of the last, per length of the volume; \
                    26 neighbours,\nEuclidean steps (at most 12.8 % too long). Reached: the part of those voxels. Not the \
                    tortuosity factor, which `solve` gives.";
    section("Geodesic tortuosity", &table, sentence)
}

fn representative(results: &Results, names: &Names<'_>, reading: &Reading) -> Option<String> {
    let study = results.representative.as_ref()?;
    let mut table = plain_table(&[
        "label",
        "fraction: edge (voxels)",
        "extrapolated",
        "surface: edge (voxels)",
        "extrapolated",
        "integral range (voxels)",
    ]);
    for row in &study.phases {
        let ([a, b], [c, d]) = (edge(row.fraction.as_ref()), edge(row.surface.as_ref()));
        let range = or_dash(row.integral_range_voxels);
        table.add_row([names.of(row.label), a, b, c, d, range]);
    }
    let sizes = study
        .sizes
        .iter()
        .map(|size| format!("{} ({})", size.voxels, size.cubes));
    let sizes: Vec<String> = sizes.collect();
    let voxels = match reading.volume.spacing() {
        Some([z, y, x]) => format!(" of {}", length(z.max(y).max(x))),
        None => String::new(),
    };
    let sentence = format!(
        "The edge of a cube from which on the spread between cubes (standard deviation / mean) is below {} %; -: none of the\n\
         sizes is large enough. Extrapolated: by the 1/volume law from the largest cubes. Edges studied, in voxels{voxels}, and\n\
         how many cubes: {}.",
        plain(100.0 * study.spread),
        sizes.join(", ")
    );
    section("Representative volume", &table, &sentence)
}

/// The edge studied and the one extrapolated.
fn edge(edge: Option<&Edge>) -> [String; 2] {
    let dash = || "-".to_owned();
    let studied = edge.and_then(|edge| edge.studied);
    let extrapolated = edge.map(|edge| format!("{:.0}", edge.extrapolated.ceil()));
    [
        studied.map_or_else(dash, |edge| edge.to_string()),
        extrapolated.unwrap_or_else(dash),
    ]
}
