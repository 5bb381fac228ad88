//! `[reaction.faces]`, `[reaction.volume]` and `[reaction.edges]`: where charge passes.

use super::{one, places, potential, wrong};
use crate::materials::{REFERENCE_TEMPERATURE, arrhenius_from};
use crate::scenario::{
    Phase,
    file::Checked,
    quantity::{Kind, Range},
    section::Section,
};

/// A kind of place where charge passes.
#[derive(Debug, Clone, PartialEq)]
pub struct SitePlan {
    /// Faces, voxels or edges.
    pub kind: SiteKind,
    /// Phases that bring ions, electrons, and active ones; mixed conductors bring both.
    pub roles: [Vec<usize>; 3],
    /// Exchange current: A/m2, A/m3 or A/m.
    pub exchange: f64,
    /// Resistance of a film on faces, Ohm m2.
    pub film: f64,
    /// Equilibrium potential, V.
    pub equilibrium: f64,
    /// Of the double layer on faces, F/m2.
    pub capacitance: f64,
}

/// Kinds of places where charge passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SiteKind {
    /// Where two phases meet.
    Faces,
    /// Inside mixed conductors.
    Volume,
    /// Where three phases meet.
    Edges,
}

impl SiteKind {
    /// Every kind, with its name in a file.
    const ALL: [(&str, Self); 3] = [
        ("faces", Self::Faces),
        ("volume", Self::Volume),
        ("edges", Self::Edges),
    ];

    /// The keys that name its phases, in the order of [`SitePlan::roles`].
    fn roles(self) -> &'static [&'static str] {
        match self {
            Self::Faces => &["ions", "electrons"],
            Self::Volume => &["phases", "phases"],
            Self::Edges => &["ions", "electrons", "active"],
        }
    }

    /// The keys that it has besides those of all kinds.
    fn own(self) -> &'static [&'static str] {
        match self {
            Self::Faces => &["film_resistance", "capacitance"],
            Self::Volume | Self::Edges => &[],
        }
    }

    /// What its exchange current is measured in.
    fn exchange(self) -> Kind {
        match self {
            Self::Faces => Kind::CurrentDensity,
            Self::Volume => Kind::CurrentPerVolume,
            Self::Edges => Kind::CurrentPerLength,
        }
    }
}

impl SitePlan {
    /// Its phases that count as active material where none is named: those of edges, else those that bring electrons.
    pub(super) fn active(&self) -> Vec<usize> {
        let role = if self.kind == SiteKind::Edges { 2 } else { 1 };
        self.roles[role].clone()
    }
}

/// The sites of `[reaction]`, at least one.
pub(super) fn read(
    reaction: &Section<'_>,
    phases: &[Phase],
    temperature: f64,
) -> Checked<Vec<SitePlan>> {
    let equilibrium = potential(reaction, "equilibrium_potential")?.unwrap_or(0.0);
    let mut sites = Vec::new();
    for (key, kind) in SiteKind::ALL {
        for node in reaction.list(key) {
            let known = [kind.roles(), kind.own(), &COMMON].concat();
            let section = reaction.open(format!("[reaction.{key}]"), node, &known)?;
            let mut site = site(&section, kind, (phases, equilibrium))?;
            site.exchange *= activated(&section, temperature)?;
            sites.push(site);
        }
    }
    if sites.is_empty() {
        let fault = wrong(
            "faces",
            "not there",
            "at least one of faces, volume and edges",
        );
        return Err(reaction.fault(fault, reaction.span.clone()));
    }
    Ok(sites)
}

/// Keys of every kind.
const COMMON: [&str; 4] = [
    "exchange_current",
    "equilibrium_potential",
    "activation_energy",
    "reference_temperature",
];

/// Exchange current at the run's temperature over that at its reference.
fn activated(section: &Section<'_>, temperature: f64) -> Checked<f64> {
    let keys = ["activation_energy", "reference_temperature"];
    if keys.iter().all(|key| section.place(key).is_none()) {
        return Ok(1.0);
    }
    section.required("exchange_current")?;
    section.required("activation_energy")?;
    let energy = one(section, keys[0], (Kind::Energy, Range::NotNegative))?;
    let reference = one(section, keys[1], (Kind::Temperature, Range::Positive))?;
    let reference = reference.unwrap_or(REFERENCE_TEMPERATURE);
    Ok(arrhenius_from(
        reference,
        energy.unwrap_or(0.0),
        temperature,
    ))
}

fn site(
    section: &Section<'_>,
    kind: SiteKind,
    (phases, equilibrium): (&[Phase], f64),
) -> Checked<SitePlan> {
    let mut roles: [Vec<usize>; 3] = Default::default();
    for (role, key) in roles.iter_mut().zip(kind.roles()) {
        section.required(key)?;
        *role = places(section, key, phases)?;
    }
    let capacitance = one(
        section,
        "capacitance",
        (Kind::AreaCapacitance, Range::Positive),
    )?;
    if capacitance.is_none() {
        section.required("exchange_current")?;
    }
    let exchange = one(
        section,
        "exchange_current",
        (kind.exchange(), Range::Positive),
    )?;
    let film = one(
        section,
        "film_resistance",
        (Kind::AreaResistance, Range::NotNegative),
    )?;
    Ok(SitePlan {
        kind,
        roles,
        exchange: exchange.unwrap_or(0.0),
        film: film.unwrap_or(0.0),
        equilibrium: potential(section, "equilibrium_potential")?.unwrap_or(equilibrium),
        capacitance: capacitance.unwrap_or(0.0),
    })
}
