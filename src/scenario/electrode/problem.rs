//! From a scenario and its volume to the electrode.

use super::{ElectrodePlan, SiteKind, SitePlan};
use crate::{
    Result,
    microstructure::Volume,
    physics::carriers::{Electrode, ElectrodeFields, End, Operation, Place, Site},
    scenario::Scenario,
    solve::{Observer, Tolerance},
};

/// An electrode at work and its fields.
#[derive(Debug)]
pub struct Worked {
    /// Its numbers.
    pub operation: Operation,
    /// Potentials, currents and where the reaction is.
    pub fields: ElectrodeFields,
    /// Whether each phase of the volume conducts ions, and electrons.
    pub conducts: Vec<[bool; 2]>,
}

/// Sums of many parts are shown to more digits than conductivities: at least this error is asked for.
const TOLERANCE: f64 = 1e-6;

impl Scenario {
    /// Puts the electrode on a volume to work, if the scenario describes one.
    ///
    /// # Errors
    /// As [`Scenario::electrode`], and what the solve refuses.
    pub fn work(&self, volume: &Volume, observer: &mut dyn Observer) -> Result<Option<Worked>> {
        let (Some(problem), Some(plan)) = (self.electrode(volume)?, &self.electrode) else {
            return Ok(None);
        };
        let tolerance = Tolerance {
            relative_error: self.transport.relative_error.min(TOLERANCE),
            ..self.tolerance()
        };
        let run = (tolerance, &self.execution.backend);
        let (operation, fields) = problem.solve(plan.drive, run, observer)?;
        Ok(Some(Worked {
            operation,
            fields,
            conducts: problem.conducts(),
        }))
    }

    /// The electrode on a volume, if the scenario describes one.
    ///
    /// # Errors
    /// Labels that no phase names.
    pub fn electrode<'a>(&self, volume: &'a Volume) -> Result<Option<Electrode<'a>>> {
        let Some(plan) = &self.electrode else {
            return Ok(None);
        };
        self.check_named(volume)?;
        let phase = |label: &i64| {
            self.phases
                .iter()
                .position(|phase| phase.labels.contains(label))
        };
        let of_code: Vec<Option<usize>> = volume.labels().iter().map(phase).collect();
        let codes = |phases: &[usize]| -> Vec<u8> {
            let named = |place: &Option<usize>| place.is_some_and(|place| phases.contains(&place));
            (0u8..)
                .zip(&of_code)
                .filter(|(_, place)| named(place))
                .map(|(code, _)| code)
                .collect()
        };
        let mut electrode = Electrode::new(volume, self.transport.axes[0], plan.kinetics);
        (electrode.separator, electrode.sides) = (plan.separator, self.transport.sides);
        electrode.reach = plan.reach;
        self.describe_phases((&mut electrode, plan), &of_code);
        self.describe_contacts(&mut electrode, &codes);
        electrode.sites = plan.sites.iter().map(|site| site.on(&codes)).collect();
        Ok(Some(electrode))
    }

    /// Conductivities and resistances at the terminals.
    fn describe_phases(
        &self,
        (electrode, plan): (&mut Electrode<'_>, &ElectrodePlan),
        of_code: &[Option<usize>],
    ) {
        for (code, place) in of_code.iter().enumerate() {
            let Some(place) = *place else { continue };
            for carrier in 0..2 {
                electrode.conductivity[carrier][code] = [plan.conductivity[carrier][place]; 3];
                let first = (plan.separator == End::First) == (carrier == 0);
                let phase = &self.phases[place];
                let resistance = if first {
                    phase.inlet_resistance
                } else {
                    phase.outlet_resistance
                };
                electrode.terminal[carrier][code] = resistance;
            }
            electrode.active[code] = plan.active.contains(&place);
        }
    }

    /// Resistances between phases, the same for both carriers.
    fn describe_contacts(
        &self,
        electrode: &mut Electrode<'_>,
        codes: &impl Fn(&[usize]) -> Vec<u8>,
    ) {
        let phases = electrode.active.len();
        for contact in &self.contacts {
            let [a, b] = contact.between.map(|place| codes(&[place]));
            for (&a, &b) in a.iter().flat_map(|a| b.iter().map(move |b| (a, b))) {
                let (a, b) = (usize::from(a), usize::from(b));
                for pairs in &mut electrode.contact {
                    pairs[a * phases + b] = contact.resistance;
                    pairs[b * phases + a] = contact.resistance;
                }
            }
        }
    }
}

impl SitePlan {
    fn on(&self, codes: &impl Fn(&[usize]) -> Vec<u8>) -> Site {
        let [ions, electrons, active] = [0, 1, 2].map(|role| codes(&self.roles[role]));
        Site {
            place: match self.kind {
                SiteKind::Faces => Place::Faces { electrons, ions },
                SiteKind::Volume => Place::Volume { mixed: ions },
                SiteKind::Edges => Place::Edges {
                    active,
                    electrons,
                    ions,
                },
            },
            exchange: self.exchange,
            film: self.film,
            equilibrium: self.equilibrium,
            capacitance: self.capacitance,
        }
    }
}
