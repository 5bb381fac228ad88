//! The phases of a scenario file: those of a file's labels, and those of a generator, which has names and materials of
//! its own.

use super::{
    Inconsistency, Phase, Used, Voxels, electrode,
    error::Fault,
    file::{Checked, Node, area_resistance, at, resistance},
    material::Conditions,
    quantity::{self, Quantity},
    section::{At, Named, Section},
    words::{alternatives, nearest},
};

/// The phases in the order of the file, or of the generator, and where each name stands.
pub(super) fn read<'a>(
    root: &Section<'a>,
    volume: &Voxels,
) -> Checked<(Vec<Phase>, Vec<At<&'a str>>)> {
    let conditions = Conditions::read(root)?;
    if volume.file().is_none() {
        return generated(root, &volume.phases()?, conditions);
    }
    root.required("phases")?;
    let mut phases = Vec::new();
    let mut names = Vec::new();
    for Named { name, node } in root.named("phases")? {
        let section = root.open(format!("[phases.{}]", name.value), node, &PHASE)?;
        let labels = labels(&section)?;
        let mut phase = match electrode::of_phase(root, (&section, name.value), conditions)? {
            Some(of_carrier) => Phase {
                name: Some(name.value.to_owned()),
                labels,
                ..of_carrier
            },
            None => {
                let own = || own_conductivity(&section, name.value);
                let (conductivity, material) = conditions.conductivity(&section, own)?;
                let name = Some(name.value.to_owned());
                Phase {
                    material,
                    ..Phase::new(name, labels, conductivity)
                }
            }
        };
        complete(&mut phase, &section, conditions)?;
        phases.push(phase);
        names.push(name);
    }
    Ok((phases, names))
}

const PHASE: [&str; 11] = [
    "label",
    "labels",
    "conductivity",
    "material",
    "normal",
    "across",
    "electrode_resistance",
    "grain_boundary",
    "activation_energy",
    "reference_temperature",
    "prefactor",
];

/// What a phase has besides labels and conductivity.
fn complete(phase: &mut Phase, section: &Section<'_>, conditions: Conditions) -> Checked<()> {
    phase.normal = conditions.normal(section, phase.material.as_ref())?;
    [phase.inlet_resistance, phase.outlet_resistance] = electrode_resistances(section)?;
    if let [node] = *section.list("grain_boundary") {
        phase.grain_boundary = resistance(section, "grain_boundary", node)?;
    }
    if let Some(activation) = conditions.activation(section, phase.material.as_ref())? {
        phase.activate(activation);
    }
    Ok(())
}

/// The phases of a generator, by ascending label from 0.
fn generated<'a>(
    root: &Section<'a>,
    known: &[(&'static str, String)],
    conditions: Conditions,
) -> Checked<(Vec<Phase>, Vec<At<&'a str>>)> {
    let described = root.named("phases")?;
    refuse_unknown(root, &described, known)?;
    let mut phases = Vec::new();
    for (label, (name, material)) in (0..).zip(known) {
        let title = format!("[phases.{name}]");
        let section = match described.iter().find(|entry| entry.name.value == *name) {
            Some(entry) => root.open(title, entry.node, &PHASE[2..])?,
            None => root.absent(title),
        };
        let named = electrode::of_phase(root, (&section, name), conditions)?;
        let mut phase = match named {
            Some(of_carrier) => of_carrier,
            None => {
                let (conductivity, material) = told(root, &section, (name, material), conditions)?;
                Phase {
                    material,
                    ..Phase::new(None, Vec::new(), conductivity)
                }
            }
        };
        (phase.name, phase.labels) = (Some((*name).to_owned()), vec![label]);
        complete(&mut phase, &section, conditions)?;
        phases.push(phase);
    }
    let names = described.into_iter().map(|entry| entry.name).collect();
    Ok((phases, names))
}

/// The conductivity of a generator's phase: what the file says of it, or else that of the generator's material.
fn told(
    root: &Section<'_>,
    section: &Section<'_>,
    (name, material): (&str, &str),
    conditions: Conditions,
) -> Checked<(Quantity, Option<Used>)> {
    let own = ["material", "conductivity", "prefactor"];
    if own.iter().any(|key| section.place(key).is_some()) {
        return conditions.conductivity(section, || own_conductivity(section, name));
    }
    conditions
        .of_library(material)
        .map_err(|fault| root.fault(fault, root.place("generate").unwrap_or(0..0)))
}

fn refuse_unknown(
    root: &Section<'_>,
    described: &[Named<'_>],
    known: &[(&'static str, String)],
) -> Checked<()> {
    let names = || known.iter().map(|(name, _)| *name);
    let strange = |entry: &&Named<'_>| names().all(|known| known != entry.name.value);
    let Some(Named { name, .. }) = described.iter().find(strange) else {
        return Ok(());
    };
    let fault = Fault::UnknownKey {
        key: name.value.to_owned(),
        section: "[phases]: the generator has no such phase".to_owned(),
        nearest: nearest(name.value, names()).map(str::to_owned),
        known: alternatives(names()),
    };
    Err(root.fault(fault, name.span.clone()))
}

fn labels<'a>(section: &Section<'a>) -> Checked<Vec<i64>> {
    let expected = "a whole number";
    let one = section.list("label");
    let many = section.list("labels");
    match (one.as_slice(), many.as_slice()) {
        ([label], []) => Ok(vec![section.integer("label", label, expected)?]),
        ([], [_, ..]) => {
            let label = |node: &Node<'a>| section.integer("labels", node, expected);
            many.iter().map(label).collect()
        }
        _ => {
            let fault = Fault::Labels {
                section: section.title().to_owned(),
            };
            Err(section.fault(fault, section.span.clone()))
        }
    }
}

/// The key `conductivity`, or else `prefactor`, of a section of one phase.
pub(super) fn own_conductivity(section: &Section<'_>, name: &str) -> Checked<Quantity> {
    let (key, other) = ("conductivity", "prefactor");
    let key = match (section.place(key), section.place(other)) {
        (Some(_), Some(place)) => {
            let (first, second) = (key, other);
            return Err(section.fault(Inconsistency::Twice { first, second }, place));
        }
        (None, Some(_)) => other,
        _ => key,
    };
    let typed = section.quantity_of(key, section.required(key)?)?;
    let field = format!("{key} of \"{name}\"");
    let read = quantity::parse_conductivity(typed.value, &field);
    at(section, &typed, read)
}

/// One resistance for both electrodes, or a table with `inlet` and `outlet`.
fn electrode_resistances(section: &Section<'_>) -> Checked<[f64; 2]> {
    const KEY: &str = "electrode_resistance";
    let [node] = *section.list(KEY) else {
        return Ok([0.0; 2]);
    };
    if !node.get_ref().is_table() {
        return Ok([resistance(section, KEY, node)?; 2]);
    }
    let ends = section.section(KEY, &["inlet", "outlet"])?;
    let end = |key| match ends.quantity(key)? {
        Some(typed) => at(&ends, &typed, area_resistance(typed.value, key)),
        None => Ok(0.0),
    };
    Ok([end("inlet")?, end("outlet")?])
}
