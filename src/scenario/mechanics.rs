//! The section `[stress]` of a scenario: moduli, what swells, how the cell is held.
//!
//! ```toml
//! [stress]                        # its presence makes the run one of stress
//! hold = "film"                   # "free", "clamped", "film", or { xx = 0, zz = "-50 MPa" }: the others free of stress
//! converted = [0.1, 0.5, 1]       # fractions of the conversion, a state each
//! fractions = { path = "state.h5", dataset = "/converted" }   # of each voxel, 0 to 1; `converted` multiplies them
//! bond = "50 MPa"                 # traction at which faces between phases open; strength = "80 MPa" for those within one
//! stiffness = true                # the effective stiffness, too
//! rtol = 1e-3                     # error of the means
//! max_iterations = 2000           # of one linear solve
//!
//! [stress.phases.active]          # where the library's modulus is not meant
//! young = "18 GPa"                # with poisson = 0.34; or material = "S"; or void = true
//! yield = "0.45 GPa"              # von Mises stress at which it flows; hardening = "2 GPa"
//! conversion = "S to Li2S"        # or "Li2S to S", or eigenstrain = 0.05, or [x, y, z]
//! ```
//!
//! A phase without material and without modulus that does not conduct is a pore.

use super::{
    Inconsistency, Phase, Voxels,
    error::Fault,
    file::{Checked, Node, at},
    grains,
    quantity::{self, Kind, Quantity, Range, Unit},
    section::{Named, Section},
    words::{self, alternatives, nearest},
};
use crate::{
    io::VolumeSource,
    materials::{self, Material, Property},
    physics::{
        elasticity::{Held, Hold, Solid, Yield},
        swelling::Swelling,
    },
    solve::Tolerance,
};
use std::path::Path;

/// What to ask about stress.
#[derive(Debug, Clone)]
pub struct Mechanics {
    /// How the cell is held.
    pub hold: Hold,
    /// Fractions converted, a state each.
    pub converted: Vec<f64>,
    /// Fractions of each voxel, which those above multiply.
    pub fractions: Option<VolumeSource>,
    /// Traction at which a face between two phases opens, Pa.
    pub bond: Option<f64>,
    /// Traction at which a face within a phase opens, Pa.
    pub strength: Option<f64>,
    /// Whether the effective stiffness is asked for.
    pub stiffness: bool,
    /// Relative error of the means, and iterations of one linear solve.
    pub tolerance: Tolerance,
    /// What each phase is, in the order of the scenario's phases.
    pub phases: Vec<MechanicalPhase>,
}

/// A phase, mechanically.
#[derive(Debug, Clone, PartialEq)]
pub struct MechanicalPhase {
    /// Its moduli.
    pub solid: Solid,
    /// When it yields, if it does.
    pub limit: Option<Yield>,
    /// What it does when it is converted.
    pub swelling: Swelling,
    /// Where the moduli come from: "Li2S of the library (Buehrer et al. (1991), averaged)".
    pub origin: String,
}

const KEYS: [&str; 9] = [
    "hold",
    "converted",
    "fractions",
    "bond",
    "strength",
    "stiffness",
    "rtol",
    "max_iterations",
    "phases",
];
const PHASE: [&str; 8] = [
    "young",
    "poisson",
    "material",
    "void",
    "yield",
    "hardening",
    "conversion",
    "eigenstrain",
];

/// The section, where a file has it.
pub(super) fn read(
    root: &Section<'_>,
    (volume, folder): (&Voxels, &Path),
    phases: &[Phase],
) -> Checked<Option<Mechanics>> {
    if root.place("stress").is_none() {
        return Ok(None);
    }
    let section = root.section("stress", &KEYS)?;
    let described = section.named("phases")?;
    refuse_unknown(&section, &described, phases)?;
    let built = volume.phases()?;
    let mechanical = |phase: &Phase| {
        let title = phase.title();
        let heading = format!("[stress.phases.{title}]");
        let own = match described.iter().find(|entry| entry.name.value == title) {
            Some(entry) => section.open(heading, entry.node, &PHASE)?,
            None => section.absent(heading),
        };
        let of_generator = built.iter().find(|(name, _)| *name == title);
        let used = phase.material.as_ref().map(|used| used.material);
        let material = used.or(of_generator.map(|(_, material)| material.as_str()));
        let (solid, origin) = solid(&own, phase, material)?;
        Ok(MechanicalPhase {
            solid,
            limit: limit(&own)?,
            swelling: swelling(&own)?,
            origin,
        })
    };
    let number = |key: &str, kind: Kind, range: Range| match section.quantity(key)? {
        Some(typed) => at(
            &section,
            &typed,
            quantity::parse_in(typed.value, kind, range, key),
        )
        .map(Some),
        None => Ok(None),
    };
    Ok(Some(Mechanics {
        hold: hold(&section)?,
        converted: converted(&section)?,
        fractions: grains::dataset(&section, "fractions", folder)?,
        bond: number("bond", Kind::Pressure, Range::NotNegative)?,
        strength: number("strength", Kind::Pressure, Range::NotNegative)?,
        stiffness: section.flag("stiffness")?,
        tolerance: Tolerance {
            relative_error: number("rtol", Kind::Dimensionless, Range::Fraction)?
                .unwrap_or(Tolerance::default().relative_error),
            max_iterations: iterations(&section)?,
        },
        phases: phases.iter().map(mechanical).collect::<Checked<_>>()?,
    }))
}

/// Iterations of one linear solve.
fn iterations(section: &Section<'_>) -> Checked<usize> {
    let (key, expected) = ("max_iterations", "a whole number from 1 on, such as 5000");
    if section.place(key).is_none() {
        return Ok(Tolerance::default().max_iterations);
    }
    let node = section.required(key)?;
    match section.integer::<usize>(key, node, expected)? {
        0 => {
            let (key, found) = (key.to_owned(), "0");
            let fault = Fault::WrongType {
                key,
                found,
                expected,
            };
            Err(section.fault(fault, node.span()))
        }
        count => Ok(count),
    }
}

fn refuse_unknown(section: &Section<'_>, described: &[Named<'_>], phases: &[Phase]) -> Checked<()> {
    let titles: Vec<String> = phases.iter().map(Phase::title).collect();
    let names = || titles.iter().map(String::as_str);
    let Some(Named { name, .. }) = described
        .iter()
        .find(|entry| names().all(|known| known != entry.name.value))
    else {
        return Ok(());
    };
    let fault = Fault::UnknownPhase {
        name: name.value.to_owned(),
        nearest: nearest(name.value, names()).map(str::to_owned),
        known: alternatives(names()),
    };
    Err(section.fault(fault, name.span.clone()))
}

/// The fractions converted; all of it where none is given.
fn converted(section: &Section<'_>) -> Checked<Vec<f64>> {
    let fractions = section.list("converted");
    if fractions.is_empty() {
        return Ok(vec![1.0]);
    }
    let fraction = |node: &Node<'_>| {
        let typed = section.quantity_of("converted", node)?;
        let read = quantity::parse_in(
            typed.value,
            Kind::Dimensionless,
            Range::NotNegative,
            "converted",
        );
        let value = at(section, &typed, read)?;
        if value <= 1.0 {
            return Ok(value);
        }
        let (found, expected) = ("above 1", "a fraction from 0 to 1");
        Err(section.fault(
            Fault::WrongType {
                key: "converted".to_owned(),
                found,
                expected,
            },
            typed.span,
        ))
    };
    fractions.iter().map(fraction).collect()
}

/// Moduli of its own, of the material that is named, or of the phase's material; else a pore.
fn solid(own: &Section<'_>, phase: &Phase, material: Option<&str>) -> Checked<(Solid, String)> {
    if own.flag("void")? {
        return Ok((Solid::Void, "void".to_owned()));
    }
    if own.place("young").is_some() || own.place("poisson").is_some() {
        let typed = own.quantity_of("young", own.required("young")?)?;
        let young = at(
            own,
            &typed,
            quantity::parse_in(typed.value, Kind::Pressure, Range::Positive, "young"),
        )?;
        let poisson = plain(own, "poisson", own.required("poisson")?)?;
        return Ok((Solid::Isotropic { young, poisson }, "given here".to_owned()));
    }
    let named = match own.text("material")? {
        None => material.and_then(materials::find),
        Some(name) => {
            let names = || {
                materials::library()
                    .iter()
                    .map(|material| material.name.as_str())
            };
            let unknown = || Fault::UnknownWord {
                key: "material".to_owned(),
                found: name.value.to_owned(),
                nearest: nearest(name.value, names()).map(str::to_owned),
                known: alternatives(names()),
            };
            Some(
                materials::find(name.value)
                    .ok_or_else(|| own.fault(unknown(), name.span.clone()))?,
            )
        }
    };
    match named.map(moduli) {
        Some(Some(found)) => Ok(found),
        None if phase.conductivity.value == 0.0 => Ok((Solid::Void, "void".to_owned())),
        _ => own.required("young").map(|_| (Solid::Void, String::new())),
    }
}

/// Yield stress and hardening, where there is one.
fn limit(own: &Section<'_>) -> Checked<Option<Yield>> {
    let pressure = |key: &str, range: Range| match own.quantity(key)? {
        Some(typed) => at(
            own,
            &typed,
            quantity::parse_in(typed.value, Kind::Pressure, range, key),
        )
        .map(Some),
        None => Ok(None),
    };
    let hardening = pressure("hardening", Range::NotNegative)?;
    match pressure("yield", Range::Positive)? {
        Some(stress) => Ok(Some(Yield {
            stress,
            hardening: hardening.unwrap_or(0.0),
        })),
        None if hardening.is_some() => own.required("yield").map(|_| None),
        None => Ok(None),
    }
}

/// The moduli that the library has of a material.
fn moduli(material: &Material) -> Option<(Solid, String)> {
    let young = material.get(Property::YoungsModulus)?;
    let poisson = material.get(Property::PoissonRatio)?.si();
    let note = young
        .note
        .iter()
        .map(|note| format!("; {note}"))
        .collect::<String>();
    let origin = format!(
        "{} of the library ({}; {}{note})",
        material.name,
        young.source,
        young.mark.name()
    );
    Some((
        Solid::Isotropic {
            young: young.si(),
            poisson,
        },
        origin,
    ))
}

fn swelling(own: &Section<'_>) -> Checked<Swelling> {
    if let (Some(_), Some(place)) = (own.place("conversion"), own.place("eigenstrain")) {
        let (first, second) = ("conversion", "eigenstrain");
        return Err(own.fault(Inconsistency::Twice { first, second }, place));
    }
    if let Some(node) = own.place("conversion").map(|_| own.required("conversion")) {
        return Ok(Swelling::Reaction(own.word_of(
            "conversion",
            node?,
            &words::CONVERSIONS,
        )?));
    }
    let strain = |node: &Node<'_>| plain(own, "eigenstrain", node);
    match *own.list("eigenstrain") {
        [] => Ok(Swelling::Strain([0.0; 3])),
        [one] => Ok(Swelling::Strain([strain(&one)?; 3])),
        [x, y, z] => Ok(Swelling::Strain([strain(&x)?, strain(&y)?, strain(&z)?])),
        [other, ..] => {
            let (found, expected) = (
                "a list of another length",
                "one strain, or three, [x, y, z],",
            );
            Err(own.fault(
                Fault::WrongType {
                    key: "eigenstrain".to_owned(),
                    found,
                    expected,
                },
                other.span(),
            ))
        }
    }
}

/// A number without unit.
fn plain(section: &Section<'_>, key: &str, node: Node<'_>) -> Checked<f64> {
    let typed = section.quantity_of(key, node)?;
    Ok(at(
        section,
        &typed,
        Quantity::parse(typed.value, Kind::Dimensionless, key),
    )?
    .value)
}

fn hold(section: &Section<'_>) -> Checked<Hold> {
    let Some(node) = section.place("hold").map(|_| section.required("hold")) else {
        return Ok(Hold::FREE);
    };
    let node = node?;
    if !node.get_ref().is_table() {
        return section.word_of("hold", node, &words::HOLDS);
    }
    let components = section.section("hold", &words::COMPONENTS)?;
    let mut hold = Hold::FREE;
    for (place, key) in words::COMPONENTS.into_iter().enumerate() {
        if let Some(typed) = components.quantity(key)? {
            hold.0[place] = at(&components, &typed, held(typed.value, key))?;
        }
    }
    Ok(hold)
}

/// A mean strain where there is no unit, a mean stress where there is one: "0", "1 %", "-50 MPa".
///
/// # Errors
/// No number, or a unit of another kind.
pub fn held(text: &str, field: &str) -> Result<Held, quantity::QuantityError> {
    if let Ok(strain) = Quantity::parse(text, Kind::Dimensionless, field) {
        return Ok(Held::Strain(strain.value));
    }
    let read = Quantity::parse(text, Kind::Pressure, field)?;
    Ok(match read.unit {
        Unit::Given => Held::Stress(read.value),
        Unit::Absent => Held::Strain(read.value),
    })
}
