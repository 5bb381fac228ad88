//! The point at which an electrode works: current, where the resistance sits, and how well the active material is used.

use super::{
    Cell, Dead, Drive, ELECTRONS, Electrode, ElectrodeError, ElectrodeFields, End, Homogenised,
    assembly::Assembly,
    bound::Floor,
    reach,
    sums::{Driven, Layer},
};
use crate::{
    Result,
    field::Backend,
    physics::kinetics::Law,
    solve::{Observer, Tolerance},
};
use std::time::Instant;

/// Voltage drops in series, each over the current: they add up to the whole.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Parts {
    /// Ions on their way, Ohm m2.
    pub ionic: f64,
    /// Electrons on theirs, Ohm m2.
    pub electronic: f64,
    /// Contacts between phases, between grains, at terminals, and films, Ohm m2.
    pub contact: f64,
    /// Charge transfer, Ohm m2.
    pub kinetic: f64,
}

impl Parts {
    /// The whole, Ohm m2.
    pub fn total(&self) -> f64 {
        self.ionic + self.electronic + self.contact + self.kinetic
    }
}

/// How deep the reaction reaches.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Penetration {
    /// Thickness of the layer that carries 1 - 1/e = 63 % of the reaction, m.
    pub depth: f64,
    /// Whether that layer begins at the separator; else at the collector.
    pub from_separator: bool,
}

/// Means over the layers of voxels, from the separator on.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Profile {
    /// Distance of each layer's middle from the separator, m.
    pub distance: Vec<f64>,
    /// Mean ionic potential, V; NaN in a layer without.
    pub ionic: Vec<f64>,
    /// Mean electronic potential less the equilibrium potential, V; NaN in a layer without.
    pub electronic: Vec<f64>,
    /// Reaction current per volume, A/m3.
    pub reaction: Vec<f64>,
}

/// An electrode at work.
#[derive(Debug, Clone)]
pub struct Operation {
    /// Collector against separator less the equilibrium potential, V.
    pub overpotential: f64,
    /// Current per cross-section, A/m2, positive for a positive overpotential.
    pub current_density: f64,
    /// Where the resistance sits; all infinite where no charge passes.
    pub parts: Parts,
    /// Bound on the relative error of the whole: of the power where the kinetics are linear, of the current where they are not.
    pub error: f64,
    /// Difference between the current at a terminal and that of all sites, over the current.
    pub charge_imbalance: f64,
    /// Difference between current times overpotential and all dissipation, over the latter.
    pub energy_imbalance: f64,
    /// Part of all sites that carries more than half the mean of all, reached or not.
    pub active_sites: f64,
    /// Part of all sites that both carriers reach.
    pub reached: f64,
    /// How deep the reaction reaches; none where no charge passes.
    pub penetration: Option<Penetration>,
    /// Which active material is dead; none where there is none.
    pub dead: Option<Dead>,
    /// Layer by layer.
    pub profile: Profile,
    /// The homogenised electrode at rest.
    pub homogenised: Homogenised,
    /// Steps of Newton's method.
    pub steps: usize,
    /// Iterations of conjugate gradients.
    pub iterations: usize,
    /// Seconds, without the homogenised electrode.
    pub seconds: f64,
    /// Name of the adapter that solved, where a device did.
    pub adapter: Option<String>,
}

/// Part of the reaction that lies within the penetration depth.
const WITHIN: f64 = 0.632_120_558_828_557_7;

pub(super) fn solve(
    problem: &Electrode<'_>,
    drive: Drive,
    run: (Tolerance, &Backend),
    observer: &mut dyn Observer,
) -> Result<(Operation, ElectrodeFields)> {
    let start = Instant::now();
    let assembly = Assembly::new(problem, Cell::Electrode)?;
    assembly.check_sites(problem)?;
    let mut x = vec![0.0; assembly.cells.len()];
    let curved = problem.kinetics.law != Law::Linear;
    let floor = curved.then(|| Floor::new(&assembly, &problem.kinetics));
    let mut driven = Driven {
        assembly: &assembly,
        kinetics: &problem.kinetics,
        overpotential: 0.0,
        floor: floor.as_ref(),
    };
    let newton = driven.drive(problem, drive, (&mut x, run, observer))?;
    let seconds = start.elapsed().as_secs_f64();
    let transfer = assembly.transfer(problem.kinetics.slope(0.0));
    let homogenised = problem.homogenised(run, transfer, observer)?;
    let mut operation = driven.operation(problem, &x, homogenised);
    operation.dead = reach::dead(problem, &assembly);
    let power =
        (operation.overpotential * operation.current_density).abs() * problem.cross_section();
    operation.error = if power > 0.0 {
        newton.error / power
    } else {
        0.0
    };
    (operation.steps, operation.iterations) = (newton.steps, newton.iterations);
    (operation.seconds, operation.adapter) = (seconds, newton.adapter);
    let fields = ElectrodeFields::new(problem, &driven, &x);
    Ok((operation, fields))
}

impl Assembly {
    /// The reactive phases meet, and the active material touches a conductor.
    fn check_sites(&self, problem: &Electrode<'_>) -> std::result::Result<(), ElectrodeError> {
        let exchange: f64 = self.layers(|z| self.exchange(z)).into_iter().sum();
        if exchange > 0.0 {
            return Ok(());
        }
        let conducts = |code: usize| {
            problem
                .conductivity
                .iter()
                .any(|sigma| sigma[code].iter().any(|&s| s > 0.0))
        };
        let lonely = (0..self.codes.len())
            .map(|index| self.voxel(index))
            .all(|voxel| {
                let own = usize::from(self.codes[self.index(voxel)]);
                let round = || (0..3).flat_map(|axis| [false, true].map(|ahead| (axis, ahead)));
                let touches = |(axis, ahead)| {
                    let other = self.beyond(voxel, axis, ahead);
                    other.is_some_and(|other| conducts(usize::from(self.codes[self.index(other)])))
                };
                !problem.active[own] || !(conducts(own) || round().any(touches))
            });
        Err(match problem.active.contains(&true) && lonely {
            true => ElectrodeError::Untouched,
            false => ElectrodeError::NoMeeting,
        })
    }
}

impl Driven<'_> {
    /// The numbers at these potentials, without those that say how they were found.
    fn operation(&self, problem: &Electrode<'_>, x: &[f64], homogenised: Homogenised) -> Operation {
        let layers = self.layers(x);
        let sum = layers
            .iter()
            .fold(Layer::default(), |sum, layer| sum.with(layer));
        let area = problem.cross_section();
        let (power, current) = (sum.dissipation(), sum.reaction);
        let part = |n: usize| {
            if current == 0.0 {
                f64::INFINITY
            } else {
                area * sum.parts[n] / (current * current)
            }
        };
        let relative = |difference: f64, whole: f64| {
            if whole == 0.0 {
                0.0
            } else {
                (difference / whole).abs()
            }
        };
        let terminals = sum
            .terminals
            .map(|terminal| relative(terminal - current, current));
        let driven = self.overpotential * current;
        let (active_sites, reached) = self.active_sites(x);
        Operation {
            overpotential: self.overpotential,
            current_density: current / area,
            parts: Parts {
                ionic: part(0),
                electronic: part(1),
                contact: part(2),
                kinetic: part(3),
            },
            error: 0.0,
            charge_imbalance: terminals[0].max(terminals[1]),
            energy_imbalance: relative(power - driven, power),
            active_sites,
            reached,
            penetration: self.penetration(problem, &layers),
            dead: None,
            profile: self.profile(problem, &layers),
            homogenised,
            steps: 0,
            iterations: 0,
            seconds: 0.0,
            adapter: None,
        }
    }

    /// Part of all sites that carries more than half the mean, and that is reached.
    fn active_sites(&self, x: &[f64]) -> (f64, f64) {
        let assembly = self.assembly;
        let layer = |z| {
            let mut sites: Vec<[f64; 2]> = Vec::new();
            for voxel in assembly.layer(z) {
                let Some(own) = assembly.unknown(voxel, ELECTRONS) else {
                    continue;
                };
                assembly.sites(voxel, ELECTRONS, |other, site| {
                    let state = site
                        .element()
                        .at(self.kinetics, self.voltage(x[own], x[other], &site));
                    sites.push([state.current, site.exchange]);
                });
            }
            sites
        };
        let sites = assembly.layers(layer).concat();
        let all: f64 = assembly.layers(|z| assembly.exchange(z)).into_iter().sum();
        let mean = sites.iter().map(|site| site[0]).sum::<f64>() / all;
        let busy = sites
            .iter()
            .filter(|[current, exchange]| current / exchange / mean > 0.5);
        let busy: f64 = busy.map(|site| site[1]).sum();
        (
            busy / all,
            sites.iter().map(|site| site[1]).sum::<f64>() / all,
        )
    }

    fn outwards<'l>(&self, problem: &Electrode<'_>, layers: &'l [Layer]) -> Vec<&'l Layer> {
        match problem.separator {
            End::First => layers.iter().collect(),
            End::Last => layers.iter().rev().collect(),
        }
    }

    fn penetration(&self, problem: &Electrode<'_>, layers: &[Layer]) -> Option<Penetration> {
        let currents: Vec<f64> = self
            .outwards(problem, layers)
            .iter()
            .map(|layer| layer.reaction)
            .collect();
        let all: f64 = currents.iter().sum();
        if all == 0.0 {
            return None;
        }
        let depth = |currents: &mut dyn Iterator<Item = &f64>| {
            let mut sum = 0.0;
            for (layer, current) in currents.enumerate() {
                let before = sum;
                sum += current / all;
                if sum >= WITHIN {
                    let inside = (WITHIN - before) / (sum - before);
                    return (layer as f64 + inside) * self.assembly.edges[0];
                }
            }
            problem.thickness()
        };
        let (front, back) = (
            depth(&mut currents.iter()),
            depth(&mut currents.iter().rev()),
        );
        Some(Penetration {
            depth: front.min(back),
            from_separator: front <= back,
        })
    }

    fn profile(&self, problem: &Electrode<'_>, layers: &[Layer]) -> Profile {
        let layers = self.outwards(problem, layers);
        let h = self.assembly.edges[0];
        let volume = problem.cross_section() * h;
        let mean = |carrier: usize| {
            let mean = |layer: &&Layer| {
                let (sum, count) = layer.potentials[carrier];
                sum / count as f64
            };
            layers.iter().map(mean).collect()
        };
        Profile {
            distance: (0..layers.len())
                .map(|layer| (layer as f64 + 0.5) * h)
                .collect(),
            ionic: mean(0),
            electronic: mean(1),
            reaction: layers.iter().map(|layer| layer.reaction / volume).collect(),
        }
    }
}
